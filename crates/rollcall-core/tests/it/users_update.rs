//! Changing users: what only the core can be asked about. What clients see is tested with the faces.

use rollcall_core::actor::Actor;
use rollcall_core::change::Change;
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{AssignmentState, State};
use rollcall_core::users::{self, Flags, Lookup, ProfileField, RoleOnBot, TaskGrant, UpdateOutcome, UserUpdate};
use rollcall_core::{Code, Result};
use rollcall_testkit::{START, TestRollcall};

use crate::model::role_id;
use crate::setting::{
    DAY, active, app, details, export, given, group, kept_by_the_directory, number, state, statements,
};
use crate::users::furnished;

fn update(acme: &TestRollcall, scopes: &[Scope], mode: Mode, asked: &[UserUpdate]) -> Result<Vec<UpdateOutcome>> {
    update_as(acme, &app(acme, scopes), mode, asked)
}

fn update_as(acme: &TestRollcall, actor: &Actor, mode: Mode, asked: &[UserUpdate]) -> Result<Vec<UpdateOutcome>> {
    let asked = asked.to_vec();
    acme.rollcall().write(actor.clone(), Permission::ManageUsers, mode, move |op| users::update(op, &asked)).wait()
}

fn of(email: &str) -> UserUpdate {
    UserUpdate::of(Lookup::Email(email.into()))
}

fn auditor() -> RoleOnBot {
    RoleOnBot { role: role_id(RoleKind::Admin, "Auditor"), bot: None }
}

fn group_id(acme: &TestRollcall, name: &str) -> String {
    export(acme).groups.into_iter().find(|g| g.name == name).and_then(|g| g.id).unwrap()
}

fn refused(outcome: &UpdateOutcome) -> Vec<String> {
    outcome.as_ref().unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_role_that_has_expired_is_given_anew_and_one_that_runs_stays_as_it_is() {
    let acme = furnished();
    let until = |days: i64| Some(START.plus_millis(days * DAY));
    let expiring =
        |email: &str, days| AssignmentState { expires: until(days), ..given("Auditor", None, &[email], &[]) };
    let users = vec![active("bo@acme.test"), active("cy@acme.test")];
    let assignments = vec![expiring("bo@acme.test", 1), expiring("cy@acme.test", 9)];
    acme.apply(State { users, assignments, ..state() }).unwrap();
    acme.clock.advance(2 * DAY);
    let roles = |email: &str| details(&acme, email).roles.len();
    assert_eq!((roles("bo@acme.test"), roles("cy@acme.test")), (0, 1));
    let events = number(&acme, "select count(*) from audit_events");
    let asked = ["bo@acme.test", "cy@acme.test"].map(|email| UserUpdate { add_roles: vec![auditor()], ..of(email) });
    assert_eq!(update(&acme, &Scope::ALL, Mode::Real, &asked).unwrap(), [Ok(()), Ok(())]);
    assert_eq!(number(&acme, "select count(*) from audit_events"), events + 2, "the app, and the role given anew");
    acme.clock.advance(8 * DAY);
    assert_eq!((roles("bo@acme.test"), roles("cy@acme.test")), (1, 0));
    let asked = [UserUpdate { remove_roles: vec![auditor()], ..of("cy@acme.test") }];
    assert_eq!(update(&acme, &Scope::ALL, Mode::Real, &asked).unwrap(), [Ok(())]);
    assert_eq!(number(&acme, "select count(*) from assignments where expires_at is not null"), 0, "it is gone");
}

#[test]
fn the_directory_alone_says_who_is_in_its_groups() {
    let acme = furnished();
    acme.apply(State { groups: vec![group("Staff", &["ada@acme.test"], &[])], ..state() }).unwrap();
    kept_by_the_directory(&acme, "Staff");
    let staff = vec![group_id(&acme, "Staff")];
    let why = "The members of the group \"Staff\" come from the directory alone";
    let joins = UserUpdate { add_groups: staff.clone(), ..of("ada@acme.test") };
    let leaves = UserUpdate { remove_groups: staff, ..of("ada@acme.test") };
    for asked in [joins, leaves] {
        let outcomes = update(&acme, &Scope::ALL, Mode::Real, &[asked]).unwrap();
        assert_eq!(refused(&outcomes[0]), [why]);
    }
    assert_eq!(details(&acme, "ada@acme.test").groups.len(), 1);
}

#[test]
fn a_role_on_one_bot_may_be_given_while_it_is_taken_on_another() {
    let acme = furnished();
    let bots = export(&acme).bots;
    let on = |bot: usize| RoleOnBot { role: role_id(RoleKind::Bot, "Curator"), bot: bots[bot].id.clone() };
    let asked = [UserUpdate { add_roles: vec![on(0)], ..of("ada@acme.test") }];
    assert_eq!(update(&acme, &Scope::ALL, Mode::Real, &asked).unwrap(), [Ok(())]);
    let asked = [UserUpdate { add_roles: vec![on(1)], remove_roles: vec![on(0)], ..of("ada@acme.test") }];
    assert_eq!(update(&acme, &Scope::ALL, Mode::Real, &asked).unwrap(), [Ok(())]);
    let held: Vec<_> = details(&acme, "ada@acme.test").roles.into_iter().filter_map(|r| r.bot).map(|b| b.1).collect();
    assert_eq!(held, [bots[1].name.clone()]);
    let asked = [UserUpdate { add_roles: vec![on(1)], remove_roles: vec![on(1)], ..of("ada@acme.test") }];
    let outcomes = update(&acme, &Scope::ALL, Mode::Real, &asked).unwrap();
    assert_eq!(refused(&outcomes[0]), ["The role \"Curator\" is both to be given and to be taken away"]);
}

#[test]
fn a_rehearsal_answers_the_same_and_changes_nothing() {
    let acme = furnished();
    let city = |text: &str| vec![(ProfileField::City, Change::Set(text.to_owned()))];
    let asked = [
        UserUpdate { profile: city("Leeds"), add_roles: vec![auditor()], ..of("ada@acme.test") },
        UserUpdate { profile: city("York"), ..of("bo@acme.test") },
    ];
    app(&acme, &Scope::ALL);
    let (before, events) = (acme.snapshot(), number(&acme, "select count(*) from audit_events"));
    let rehearsed = update(&acme, &Scope::ALL, Mode::DryRun, &asked).unwrap();
    assert_eq!((acme.snapshot(), number(&acme, "select count(*) from audit_events")), (before.clone(), events));
    assert_eq!(update(&acme, &Scope::ALL, Mode::Real, &asked).unwrap(), rehearsed);
    assert_eq!((rehearsed[0].is_ok(), rehearsed[1].is_ok(), acme.snapshot() == before), (true, false, false));
}

#[test]
fn changing_and_removing_users_and_their_access_needs_the_same_statements_for_one_as_for_five_hundred() {
    let acme = furnished();
    let emails: Vec<String> = (0..501).map(|n| format!("u{n}@acme.test")).collect();
    let members: Vec<&str> = emails.iter().map(String::as_str).collect();
    acme.apply(State {
        users: members.iter().map(|email| active(email)).collect(),
        groups: vec![group("Staff", &members, &[])],
        assignments: vec![given("Curator", Some("Helper"), &members, &[])],
        ..state()
    })
    .unwrap();
    let helper = export(&acme).bots[0].id.clone().unwrap();
    let (staff, ops) = (group_id(&acme, "Staff"), group_id(&acme, "Ops"));
    let change = |email: &String| UserUpdate {
        profile: vec![(ProfileField::City, Change::Set("Leeds".into()))],
        add_groups: vec![ops.clone()],
        remove_groups: vec![staff.clone()],
        add_roles: vec![auditor()],
        remove_roles: vec![RoleOnBot { role: role_id(RoleKind::Bot, "Curator"), bot: Some(helper.clone()) }],
        tasks: Some(vec![TaskGrant { bot: helper.clone(), dialogs: None }]),
        ..of(email)
    };
    let actor = app(&acme, &Scope::ALL);
    let parts = [&emails[..1], &emails[1..]];
    let of_changes = parts.map(|emails| {
        let asked: Vec<UserUpdate> = emails.iter().map(change).collect();
        let (needed, outcomes) = statements(&acme, || update_as(&acme, &actor, Mode::Real, &asked).unwrap());
        assert!(outcomes.iter().all(std::result::Result::is_ok), "{outcomes:?}");
        needed
    });
    let of_access = parts.map(|emails| {
        let (emails, actor) = (emails.to_vec(), actor.clone());
        let flags = Flags { data_tables: Some(true), ..Flags::default() };
        let work = move |op: &mut Op<'_>| users::set_access(op, &emails, flags);
        let work = || acme.rollcall().write(actor, Permission::ManageAccess, Mode::Real, work).wait().unwrap();
        let (needed, given) = statements(&acme, work);
        assert_eq!(given, Ok(()));
        needed
    });
    let of_removals = parts.map(|emails| {
        let (asked, actor) = (emails.iter().cloned().map(Lookup::Email).collect::<Vec<_>>(), actor.clone());
        let work = move |op: &mut Op<'_>| users::remove(op, &asked);
        let work = || acme.rollcall().write(actor, Permission::ManageUsers, Mode::Real, work).wait().unwrap();
        let (needed, stays) = statements(&acme, work);
        assert_eq!(stays, []);
        needed
    });
    for needed in [of_changes, of_access, of_removals] {
        assert_eq!(needed[0], needed[1]);
    }
    assert_eq!(export(&acme).users.len(), 1, "the admin stays");
}

#[test]
fn only_who_may_gets_a_transaction() {
    let acme = furnished();
    let (people, roles) = (app(&acme, &[Scope::UserManagement]), app(&acme, &[Scope::RoleManagement]));
    let (needed, codes) = statements(&acme, || {
        let changes = vec![of("ada@acme.test")];
        let gone = vec![Lookup::Email("ada@acme.test".into())];
        let one = acme
            .rollcall()
            .write(roles.clone(), Permission::ManageUsers, Mode::Real, move |op| users::update(op, &changes));
        let two = acme.rollcall().write(roles, Permission::ManageUsers, Mode::Real, move |op| users::remove(op, &gone));
        let three = acme.rollcall().write(people, Permission::ManageAccess, Mode::Real, |op| {
            users::set_access(op, &["ada@acme.test".to_owned()], Flags::default())
        });
        [one.wait().unwrap_err().code(), two.wait().unwrap_err().code(), three.wait().unwrap_err().code()]
    });
    assert_eq!((needed, codes), (0, [Code::Forbidden; 3]));
}
