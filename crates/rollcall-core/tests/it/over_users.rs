//! What administrators do to users, each way that there is: nobody changes anything about somebody who may do more than they
//! may, and nobody gives an admin right that nobody looks at.

use rollcall_core::actor::Actor;
use rollcall_core::admins::gains;
use rollcall_core::change::Change;
use rollcall_core::clock::Clock as _;
use rollcall_core::groups::manage;
use rollcall_core::op::Op;
use rollcall_core::policy::Permission;
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::{Operation, assign_admin};
use rollcall_core::roles::give::{self, Giving};
use rollcall_core::roles::manage::{self as role_manage, RoleText};
use rollcall_core::roles::rights::AdminRight;
use rollcall_core::sync::State;
use rollcall_core::users::act::{self as acts, Action, Whom};
use rollcall_core::users::{self, Flags, Lookup, NewUser, ProfileField, RoleOnBot, UserUpdate};
use rollcall_core::{Code, Error, Result};
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::hands::{act, act_unseen, group_id, hand, role_id};
use crate::setting::{active, details, given, group, role, state, statements};

const ROOT: &str = "root@acme.test";
const BO: &str = "bo@acme.test";

/// "Plain" carries nothing, "Nothing" gives nothing; Root and Bo are in the one and have the other.
fn world() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("root");
    acme.apply(State {
        users: vec![active(BO)],
        roles: vec![
            role(RoleKind::Admin, "Nothing", &json!({})),
            role(RoleKind::Admin, "Neither", &json!({})),
            role(RoleKind::Admin, "Auditor", &json!({"View and Run Audit Reports": "YES"})),
        ],
        groups: vec![group("Plain", &[ROOT, BO], &[]), group("Other", &[], &[]), group("Auditors", &[], &[])],
        assignments: vec![given("Nothing", None, &[ROOT, BO], &[]), given("Auditor", None, &[], &["Auditors"])],
        ..state()
    })
    .unwrap();
    acme
}

type Work = Box<dyn Fn(&mut Op<'_>) -> Result<Result<(), String>> + Send>;
/// Something that is done to a user: what, by which permission, and how.
type Way = (String, Permission, Work);

/// A way whose faults are an outcome, in words.
fn way<T: 'static, F: 'static>(
    name: &str,
    permission: Permission,
    work: impl Fn(&mut Op<'_>) -> Result<Result<T, F>> + Send + 'static,
    told: fn(F) -> String,
) -> Way {
    (name.to_owned(), permission, Box::new(move |op| Ok(work(op)?.map(|_| ()).map_err(told))))
}

/// A way whose faults are an error.
fn plain<T: 'static>(
    name: &str,
    permission: Permission,
    work: impl Fn(&mut Op<'_>) -> Result<T> + Send + 'static,
) -> Way {
    way(name, permission, move |op| Ok(Ok::<_, String>(work(op)?)), |why| why)
}

#[allow(clippy::needless_pass_by_value, reason = "it is what outcomes give")]
fn first<F: std::fmt::Display>(faults: Vec<F>) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Every way in which a user is named to be changed, and what changes them: those who are wanted last, as they are gone then.
fn ways(acme: &TestRollcall, email: &str) -> Vec<Way> {
    let lookup = || Lookup::Email(email.to_owned());
    let update = |change: fn(&mut UserUpdate, &TestRollcall)| {
        let mut update = UserUpdate::of(lookup());
        change(&mut update, acme);
        update
    };
    let role_of = |acme: &TestRollcall, name: &str| RoleOnBot { role: role_id(acme, name), bot: None };
    let updates = [
        ("names", update(|u, _| u.profile = vec![(ProfileField::FirstName, Change::Set("X".into()))])),
        ("flags", update(|u, _| u.is_developer = Some(true))),
        ("groups", update(|u, acme| u.add_groups = vec![group_id(acme, "Other")])),
        ("groups left", update(|u, acme| u.remove_groups = vec![group_id(acme, "Other")])),
        ("roles", {
            let mut update = UserUpdate::of(lookup());
            update.add_roles = vec![role_of(acme, "Neither")];
            update
        }),
        ("roles lost", {
            let mut update = UserUpdate::of(lookup());
            update.remove_roles = vec![role_of(acme, "Neither")];
            update
        }),
    ];
    let mut all: Vec<Way> = Vec::new();
    for (name, asked) in updates {
        let work = move |op: &mut Op<'_>| Ok(users::update(op, std::slice::from_ref(&asked))?.remove(0));
        all.push(way(&format!("update: {name}"), Permission::ManageUsers, work, first));
    }
    let emails = vec![email.to_owned()];
    let flags = Flags { data_tables: Some(true), ..Flags::default() };
    let of = emails.clone();
    let set = move |op: &mut Op<'_>| users::set_access(op, &of, flags);
    all.push(way("flags of many", Permission::ManageAccess, set, |why| format!("{why:?}")));
    for (name, is_given) in [("given", true), ("taken", false)] {
        let asked = Giving { role: role_id(acme, "Neither"), users: emails.clone(), ..Giving::default() };
        all.push(plain(&format!("a role is {name}"), Permission::ManageRoles, move |op| match is_given {
            true => give::give(op, &asked),
            false => give::take(op, &asked),
        }));
        let mut operation = Operation { role: role_id(acme, "Neither"), ..Operation::default() };
        let list = if is_given { &mut operation.add_users } else { &mut operation.remove_users };
        list.push(lookup());
        let assign = move |op: &mut Op<'_>| Ok(assign_admin(op, std::slice::from_ref(&operation))?.remove(0));
        all.push(way(&format!("a role is {name} in an assignment"), Permission::ManageRoles, assign, first));
    }
    let id = details(acme, email).id.to_string();
    for action in [Action::EndSessions, Action::Suspend] {
        let many = Whom::These(vec![id.clone()]);
        let act = move |op: &mut Op<'_>| {
            let left = acts::act(op, &many, action)?.expect("these, and not all").left;
            Ok(if left.is_empty() { Ok(()) } else { Err(left.into_iter().map(|left| left.why).collect::<Vec<_>>()) })
        };
        all.push(way(&format!("{action:?} of many"), action.permission(), act, first));
    }
    let again = Action::Reactivate;
    all.push(plain("let in again", again.permission(), move |op| acts::act_on_one(op, &id, again)));
    let remove = move |op: &mut Op<'_>| {
        let stays = users::remove(op, &[Lookup::Email(emails[0].clone())])?;
        Ok(if stays.is_empty() {
            Ok(())
        } else {
            Err(stays.into_iter().flat_map(|stay| stay.faults).collect::<Vec<_>>())
        })
    };
    all.push(way("removed", Permission::ManageUsers, remove, first));
    all
}

/// Somebody who has every right but one.
fn less(acme: &TestRollcall) -> Actor {
    let lacks = AdminRight::ChatHistory;
    let keys: Vec<&str> = AdminRight::ALL.into_iter().filter(|r| *r != lacks).map(AdminRight::key).collect();
    hand(acme, "less", &keys)
}

#[test]
fn nobody_changes_anything_about_somebody_who_may_do_more_by_any_way() {
    let acme = world();
    let less = less(&acme);
    let before = acme.snapshot();
    for (name, permission, work) in ways(&acme, ROOT) {
        let done = act(&acme, &less, permission, work);
        let said = match &done {
            Ok(outcome) => outcome.clone().expect_err(&name),
            Err(error) => error.to_string(),
        };
        assert!(
            said.contains("rights that they do not have themselves (View and Run Bot Chat History)"),
            "{name}: {said}"
        );
        assert_eq!(acme.snapshot(), before, "{name}");
    }
    // That they may do all of it to others shows that this alone was in the way.
    for (name, permission, work) in ways(&acme, BO) {
        let done = act(&acme, &less, permission, work);
        let said = done.as_ref().map_or_else(|error| Some(error.to_string()), |done| done.clone().err());
        let has_none = name == "EndSessions of many";
        assert_eq!(said.is_some(), has_none, "{name}: {said:?}");
    }
}

#[test]
fn a_group_that_carries_nothing_takes_anybody() {
    let acme = world();
    let less = less(&acme);
    for (name, is_in) in [("Plain", true), ("Other", false)] {
        let id = group_id(&acme, name);
        let moved = act(&acme, &less, Permission::ManageGroups, move |op| match is_in {
            true => manage::remove_members(op, &id, &[ROOT.to_owned()]),
            false => manage::add_members(op, &id, &[ROOT.to_owned()]),
        });
        assert_eq!(moved.unwrap().emails, [ROOT], "{name}");
    }
}

#[test]
fn nothing_gives_an_admin_right_that_nobody_looks_at() {
    let acme = world();
    let root = hand(&acme, "hand", &AdminRight::ALL.map(AdminRight::key));
    let (auditors, auditor) = (group_id(&acme, "Auditors"), role_id(&acme, "Auditor"));
    let bo = || vec![BO.to_owned()];
    let (to, by) = (auditors.clone(), Giving { role: auditor.clone(), users: bo(), ..Giving::default() });
    let by_group = Giving { role: auditor.clone(), groups: vec!["Plain".into()], ..Giving::default() };
    let mut joins = UserUpdate::of(Lookup::Email(BO.into()));
    joins.add_groups = vec![auditors.clone()];
    let mut gains = UserUpdate::of(Lookup::Email(BO.into()));
    gains.add_roles = vec![RoleOnBot { role: auditor, bot: None }];
    let new = NewUser { groups: vec![auditors], ..NewUser::with_email("new@acme.test") };
    let rights = RoleText {
        name: "Nothing".into(),
        description: String::new(),
        words: vec![("Manage Users".into(), "YES".into())],
    };
    let nothing = role_id(&acme, "Nothing");
    let giving: Vec<Way> = vec![
        plain("a member", Permission::ManageGroups, move |op| manage::add_members(op, &to, &bo())),
        plain("a group in a group", Permission::ManageGroups, |op| manage::nest(op, "Auditors", "Plain")),
        plain("a role", Permission::ManageRoles, move |op| give::give(op, &by)),
        plain("a role to a group", Permission::ManageRoles, move |op| give::give(op, &by_group)),
        plain("a role that permits more", Permission::ManageRoles, move |op| {
            role_manage::change(op, &nothing, &rights)
        }),
        plain("a group of a user", Permission::ManageUsers, move |op| users::update(op, std::slice::from_ref(&joins))),
        plain("a role of a user", Permission::ManageUsers, move |op| users::update(op, std::slice::from_ref(&gains))),
        plain("a new user", Permission::ManageUsers, move |op| users::create_many(op, vec![new.clone()])),
    ];
    let before = acme.snapshot();
    for (name, permission, work) in giving {
        let refused = act_unseen(&acme, &root, permission, work).map(|_| ()).expect_err(&name);
        assert_eq!((refused.code(), refused.cause().is_some()), (Code::Internal, true), "{name}");
        assert_eq!(acme.snapshot(), before, "{name}");
    }
    let is_done =
        |done: Result<Result<(), String>>| done.map_err(|error: Error| error.to_string()).and_then(|done| done);
    let other = ["update: names", "update: flags", "flags of many", "Suspend of many", "let in again", "removed"];
    for (name, permission, work) in ways(&acme, BO) {
        if other.contains(&name.as_str()) {
            assert_eq!(is_done(act_unseen(&acme, &root, permission, work)), Ok(()), "{name} gives nobody anything");
        }
    }
}

#[test]
fn who_has_a_right_already_does_not_gain_it_by_having_it_for_a_shorter_time() {
    let acme = world();
    let root = hand(&acme, "hand", &AdminRight::ALL.map(AdminRight::key));
    let role = role_id(&acme, "Auditor");
    let give = |until: Option<i64>| {
        let until = until.map(|seconds| acme.clock.now().plus_millis(seconds * 1000));
        let giving = Giving { role: role.clone(), users: vec![BO.to_owned()], until, ..Giving::default() };
        let work = move |op: &mut Op<'_>| gains::of(op, |op| give::give(op, &giving)).map(|(_, gained)| gained);
        act_unseen(&acme, &root, Permission::ManageRoles, work).unwrap()
    };
    assert_eq!(give(Some(3_600)).named.len(), 1);
    assert!(give(Some(1_800)).is_empty(), "it is theirs already");
    assert!(give(None).is_empty(), "and for longer");
}

#[test]
fn a_change_that_gives_nobody_anything_is_not_asked_about() {
    let acme = world();
    let root = hand(&acme, "hand", &AdminRight::ALL.map(AdminRight::key));
    let set = |is_seen: bool, is_given: bool| {
        let work = move |op: &mut Op<'_>| {
            users::set_access(op, &[BO.to_owned()], Flags { data_tables: Some(is_given), ..Flags::default() })
        };
        let permission = Permission::ManageAccess;
        let done = || match is_seen {
            true => act(&acme, &root, permission, work),
            false => act_unseen(&acme, &root, permission, work),
        };
        let (count, done) = statements(&acme, done);
        done.unwrap().unwrap();
        count
    };
    set(false, true);
    assert_eq!(set(true, false), set(false, true));
}
