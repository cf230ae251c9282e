//! Where a description meets the rules of the domain: cycles, the last admin, owners, names and ids that change hands,
//! what is pruned.

use rollcall_core::change::Change;
use rollcall_core::op::Mode;
use rollcall_core::sync::{BotState, State, UserState};
use rollcall_core::users::Status;
use rollcall_core::{Code, Error};
use rollcall_testkit::{TestRollcall, user};

use crate::setting::{active, bot, export, given, group, kept_by_the_directory, prune, state};

fn with_admin() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("ada");
    acme
}

/// Why a description is refused; and that nothing was changed.
fn refusal(acme: &TestRollcall, file: State, should_prune: bool) -> Error {
    let seen = || (acme.snapshot(), acme.sealed_events());
    let before = seen();
    let apply = |file, mode| acme.rollcall().apply(acme.host(), file, should_prune, mode).wait().unwrap_err();
    let rehearsed = apply(file.clone(), Mode::DryRun).to_string();
    let error = apply(file, Mode::Real);
    assert_eq!((seen(), error.to_string()), (before, rehearsed));
    error
}

#[test]
fn a_cycle_of_groups_is_refused_with_its_path() {
    let acme = with_admin();
    let groups = vec![group("A", &[], &["B"]), group("B", &[], &["C"]), group("C", &[], &[])];
    acme.apply(State { groups, ..state() }).unwrap();
    let of = |parent: &str, child: &str| {
        refusal(&acme, State { groups: vec![group(parent, &[], &[child])], ..state() }, false).to_string()
    };
    assert_eq!(of("C", "A"), "groups[0].groups[0]: groups would contain each other: C › A › B › C");
    assert_eq!(of("B", "b"), "groups[0].groups[0]: groups would contain each other: B › B");
    let file = State { groups: vec![group("X", &[], &["A", "Y"]), group("Y", &[], &["X"])], ..state() };
    assert_eq!(
        refusal(&acme, file, true).each_fault().iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "groups[0].groups[0]: unknown group \"A\": nothing in this file has a group of this name, and the rest is pruned",
            "groups[0].groups[1]: groups would contain each other: X › Y › X",
        ]
    );
    acme.apply(State { groups: vec![group("A", &[], &["C"])], ..state() }).unwrap();
}

#[test]
fn a_cycle_through_a_group_that_the_directory_keeps_is_refused_too() {
    let acme = TestRollcall::new();
    acme.apply(State { groups: vec![group("Staff", &[], &["Ops"]), group("Ops", &[], &[])], ..state() }).unwrap();
    kept_by_the_directory(&acme, "Staff");
    let error = refusal(&acme, State { groups: vec![group("Ops", &[], &["Staff"])], ..state() }, true);
    let path = "groups would contain each other: Staff › Ops › Staff";
    assert_eq!((error.code(), error.to_string()), (Code::Conflict, path.into()));
}

#[test]
fn a_description_that_turns_an_edge_round_is_no_cycle_where_it_is_the_whole() {
    let acme = with_admin();
    acme.apply(State { groups: vec![group("A", &[], &["B"]), group("B", &[], &[])], ..state() }).unwrap();
    let mut file = export(&acme);
    file.groups = vec![group("A", &[], &[]), group("B", &[], &["A"])];
    let both = refusal(&acme, file.clone(), false).to_string();
    assert!(both.contains("B › A › B"), "without pruning both edges are meant: {both}");
    prune(&acme, file).unwrap();
    let groups = export(&acme).groups;
    assert_eq!((groups[0].groups.clone(), groups[1].groups.clone()), (vec![], vec!["A".to_owned()]));
}

#[test]
fn an_account_never_loses_its_last_active_admin() {
    let acme = with_admin();
    acme.apply(State { users: vec![active("bo@acme.test")], ..state() }).unwrap();
    let ada = |status| State { users: vec![user("ada@acme.test", status), active("bo@acme.test")], ..state() };
    for status in [Status::Suspended, Status::Locked, Status::Invited] {
        let error = refusal(&acme, ada(status), false);
        assert_eq!(error.code(), Code::Conflict);
        assert!(error.to_string().contains("without an active holder of the built-in admin role"), "{error}");
    }
    // Nor by pruning: of the assignment, or of the user.
    assert_eq!(refusal(&acme, ada(Status::Active), true).code(), Code::Conflict);
    assert_eq!(refusal(&acme, State { users: vec![active("bo@acme.test")], ..state() }, true).code(), Code::Conflict);
    let handed_on = State { assignments: vec![given("admin", None, &["bo@acme.test"], &[])], ..ada(Status::Suspended) };
    prune(&acme, handed_on).unwrap();
    assert_eq!(export(&acme).assignments[0].users, ["bo@acme.test"]);
}

#[test]
fn an_account_that_never_had_an_admin_may_be_without_one() {
    let acme = TestRollcall::new();
    acme.apply(State { users: vec![user("ada@acme.test", Status::Invited)], ..state() }).unwrap();
    let admin = State { assignments: vec![given("admin", None, &["ada@acme.test"], &[])], ..state() };
    acme.apply(admin).unwrap();
    prune(&acme, State { users: vec![user("ada@acme.test", Status::Invited)], ..state() }).unwrap();
    assert!(export(&acme).assignments.is_empty());
}

#[test]
fn org_user_ids_change_hands_within_one_file() {
    let acme = with_admin();
    let with = |email: &str, id: Change<String>| UserState { org_user_id: id, ..active(email) };
    let set = |id: &str| Change::Set(id.to_owned());
    let ids = |users: Vec<UserState>| {
        acme.apply(State { users, ..state() }).unwrap();
        export(&acme)
            .users
            .into_iter()
            .map(|u| format!("{}={:?}", &u.email[..2], u.org_user_id))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let first = ids(vec![with("bo@acme.test", set("1")), with("cy@acme.test", set("2"))]);
    assert_eq!(first, r#"ad=Clear bo=Set("1") cy=Set("2")"#);
    let swapped = ids(vec![with("bo@acme.test", set("2")), with("cy@acme.test", set("1"))]);
    assert_eq!(swapped, r#"ad=Clear bo=Set("2") cy=Set("1")"#);
    let moved = ids(vec![
        with("ada@acme.test", set("2")),
        with("new@acme.test", set("1")),
        with("bo@acme.test", Change::Clear),
        with("cy@acme.test", Change::Clear),
    ]);
    assert_eq!(moved, r#"ad=Set("2") bo=Clear cy=Clear ne=Set("1")"#);
    let twice = State { users: vec![with("bo@acme.test", set("9")), with("cy@acme.test", set("9"))], ..state() };
    assert_eq!(
        refusal(&acme, twice, false).to_string(),
        "users[1].orgUserId: the org user id \"9\" belongs to bo@acme.test"
    );
}

#[test]
fn owners_cannot_be_pruned() {
    let acme = with_admin();
    let bots = vec![BotState { owner: Change::Set("bo@acme.test".into()), ..bot("Helper", true, &[]) }];
    let owner = Some("cy@acme.test".to_owned());
    acme.apply(State { users: vec![active("bo@acme.test"), active("cy@acme.test")], bots, owner, ..state() }).unwrap();
    let ada = || vec![active("ada@acme.test")];
    let admin = || vec![given("admin", None, &["ada@acme.test"], &[])];
    let file = || State { users: ada(), assignments: admin(), ..state() };
    let error = refusal(&acme, State { bots: vec![bot("helper", true, &[])], ..file() }, true);
    let places: Vec<String> = error.each_fault().iter().map(ToString::to_string).collect();
    assert_eq!(
        places,
        [
            "bots: bo@acme.test owns the bot \"Helper\" and cannot be removed",
            "account.owner: cy@acme.test owns the account and cannot be removed",
        ]
    );
    prune(&acme, State { owner: Some("ada@acme.test".into()), ..file() }).unwrap();
    let left = export(&acme);
    assert_eq!((left.users.len(), left.bots.len(), left.owner.as_deref()), (1, 0, Some("ada@acme.test")));
}

#[test]
fn pruning_leaves_what_is_built_in_and_what_the_directory_keeps() {
    let acme = with_admin();
    acme.apply(State {
        groups: vec![group("Staff", &["ada@acme.test"], &[]), group("Ops", &["ada@acme.test"], &[])],
        ..state()
    })
    .unwrap();
    kept_by_the_directory(&acme, "Staff");
    let file = State {
        users: vec![active("ada@acme.test")],
        assignments: vec![given("admin", None, &["ada@acme.test"], &[])],
        ..state()
    };
    prune(&acme, file.clone()).unwrap();
    let left = export(&acme).groups;
    assert_eq!(left.iter().map(|g| (g.name.as_str(), g.members.len())).collect::<Vec<_>>(), [("Staff", 1)]);
    let error = refusal(&acme, State { groups: vec![group("Staff", &["ada@acme.test"], &[])], ..file }, false);
    assert_eq!(
        error.to_string(),
        "groups[0].members: the members of the group \"Staff\" come from the directory alone"
    );
    let roles = acme.read(rollcall_core::roles::list).unwrap();
    assert_eq!(roles.iter().filter(|r| r.built_in).count(), 4);
}

#[test]
fn an_empty_account_takes_the_name_of_the_first_file_and_a_further_name_founds_a_further_account() {
    let acme = TestRollcall::new();
    let globex = State { name: " Globex ".into(), users: vec![active("hank@globex.test")], ..State::default() };
    let report = acme.apply(globex.clone()).unwrap();
    assert_eq!(report.changes[0].1, "account \"Acme\" is called \"Globex\"");
    assert!(acme.apply(globex).unwrap().changes.is_empty());
    acme.apply(State { users: vec![active("hank@globex.test")], ..state() }).unwrap();
    let accounts = acme.rollcall().accounts(acme.host()).wait().unwrap();
    assert_eq!(accounts.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["Globex", "Acme"]);
    assert_ne!(accounts[0].id, accounts[1].id);
    let founded = TestRollcall::new();
    founded.apply(State { users: vec![active("hank@globex.test")], ..state() }).unwrap();
    assert_eq!(accounts[1].id, founded.account.id, "ids go with the name, however the account came to it");
    let error = acme.apply(State { name: "\u{7}".into(), ..State::default() }).unwrap_err();
    assert_eq!(error.each_fault()[0].place, "account.name");
}
