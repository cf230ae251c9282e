//! Roles from elsewhere: which is which, what is made, changed and removed, what is refused, and what all of it costs.

use rollcall_core::id::role_reference;
use rollcall_core::op::Mode;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::import::{self, CheckedRoles, Imported, ImportedRole, Part};
use rollcall_core::roles::{RoleDetails, RoleKind, listing};
use rollcall_core::sync::{AssignmentState, State};
use rollcall_core::{Code, Fault, Result};
use rollcall_testkit::{START, TestRollcall};
use serde_json::{Value, json};

use crate::setting::{HOUR, active, app, audit_texts, column, given, group, role, state, statements};

fn place(number: usize, part: Part<'_>) -> String {
    format!("{number} {part:?}")
}

/// Roles as `[name, reference, permissions]`, null for no reference.
fn check(kind: RoleKind, roles: &Value) -> Result<CheckedRoles, Vec<Fault>> {
    let read = |(number, role): (usize, &Value)| ImportedRole {
        number,
        ref_id: role[1].as_str().map(str::to_owned),
        name: role[0].as_str().unwrap().into(),
        description: role[3].as_str().unwrap_or_default().into(),
        permissions: role[2].as_object().cloned().unwrap_or_default(),
    };
    import::check(kind, roles.as_array().unwrap().iter().enumerate().map(read).collect(), place)
}

fn bring(acme: &TestRollcall, kind: RoleKind, roles: &Value, prune: bool) -> Result<Imported> {
    let checked = check(kind, roles).unwrap();
    let actor = app(acme, &[Scope::RoleManagement]);
    let work = move |op: &mut rollcall_core::op::Op<'_>| import::import(op, &checked, prune);
    acme.rollcall().write(actor, Permission::ManageRoles, Mode::Real, work).wait()
}

fn all(acme: &TestRollcall, kind: RoleKind) -> Vec<RoleDetails> {
    acme.rollcall().read(acme.host_actor(), Permission::ViewRoles, move |view| listing::all(view, kind)).wait().unwrap()
}

/// The custom roles of a kind: name, reference, permissions.
fn custom(acme: &TestRollcall, kind: RoleKind) -> Value {
    let roles = all(acme, kind).into_iter().filter(|role| !role.built_in);
    roles.map(|role| json!([role.name, role.ref_id, role.permissions])).collect()
}

fn refused(acme: &TestRollcall, kind: RoleKind, roles: &Value, prune: bool) -> Vec<String> {
    let before = (acme.snapshot(), acme.sealed_events());
    let error = bring(acme, kind, roles, prune).unwrap_err();
    assert_eq!((acme.snapshot(), acme.sealed_events()), before, "{error}");
    error.each_fault().iter().map(ToString::to_string).collect()
}

/// The names of the newest events, oldest first.
fn events(acme: &TestRollcall, since: u64) -> Vec<String> {
    acme.sealed_events();
    column(acme, &format!("select name || ' ' || target from audit_events where seq > {since} order by seq"))
}

const BOT: RoleKind = RoleKind::Bot;

/// "Acme" with the bot roles A (r-a), B (r-b) and C (r-c).
fn three() -> TestRollcall {
    let acme = TestRollcall::new();
    let roles = json!([["A", "r-a", {"Tasks": "FULL"}], ["B", "r-b", {}], ["C", "r-c", {"x": [1]}]]);
    bring(&acme, BOT, &roles, false).unwrap();
    assert_eq!(custom(&acme, BOT), roles);
    acme
}

#[test]
fn a_role_is_known_by_its_reference_and_then_by_its_name() {
    let acme = three();
    let ids: Vec<String> = all(&acme, BOT).iter().map(|role| role.id.to_string()).collect();
    let before = acme.sealed_events();
    acme.clock.advance(HOUR);
    // Renamed; known by its name, without and with another reference; new.
    let roles = json!([
        ["Z", "r-a", {"Tasks": ["VIEW"]}, "The last"],
        ["b", null, {}],
        ["C", "r-other", {"x": [1]}],
        ["A", "r-new", {}],
        ["D", null, {}],
    ]);
    let imported = bring(&acme, BOT, &roles, false).unwrap().roles;
    assert_eq!(
        custom(&acme, BOT),
        json!([
            ["Z", "r-a", {"Tasks": "VIEW"}],
            ["b", "r-b", {}],
            ["C", "r-other", {"x": [1]}],
            ["A", "r-new", {}],
            ["D", role_reference("Acme", "bot/D"), {}],
        ])
    );
    assert_eq!(imported, all(&acme, BOT)[3..], "what was answered is what is there");
    let id = |n: usize| imported[n].id.to_string();
    assert_eq!([id(0), id(1), id(2)], ids[3..6]);
    assert_eq!(
        events(&acme, before),
        [
            format!("Role Updated {}", id(0)),
            format!("Role Permissions Updated {}", id(0)),
            format!("Role Updated {}", id(1)),
            format!("Role Updated {}", id(2)),
            format!("Role Created {}", id(3)),
            format!("Role Created {}", id(4)),
        ]
    );
    let now = acme.rollcall().now();
    let by = app(&acme, &[Scope::RoleManagement]);
    let rollcall_core::actor::Actor::App(by) = by else { panic!("an app") };
    let by = Some(by.client_id().to_string());
    for role in &imported {
        assert_eq!((role.updated_at, &role.updated_by, &role.created_by), (now, &by, &by), "{}", role.name);
    }
    assert_eq!((imported[0].created_at, imported[3].created_at), (START, now));
}

#[test]
fn names_can_be_swapped_and_passed_round() {
    let acme = three();
    let ids = |acme: &TestRollcall| all(acme, BOT).into_iter().map(|role| (role.id, role.ref_id)).collect::<Vec<_>>();
    let before = ids(&acme);
    for names in [["B", "A", "C"], ["C", "B", "A"], ["B", "C", "A"], ["a", "b", "c"]] {
        let roles = json!([[names[0], "r-a", {}], [names[1], "r-b", {}], [names[2], "r-c", {}]]);
        bring(&acme, BOT, &roles, false).unwrap();
        assert_eq!(custom(&acme, BOT), roles);
    }
    assert_eq!(ids(&acme), before);
    let unique = "select count(distinct name_key) from roles where kind = 'bot'";
    assert_eq!(column(&acme, unique), ["6"]);
}

#[test]
fn what_is_there_already_is_not_changed_however_it_is_written() {
    let acme = three();
    let before = (acme.sealed_events(), all(&acme, BOT), acme.read(|view| view.mark()).unwrap());
    acme.clock.advance(HOUR);
    let roles = json!([[" C ", "r-c", {"x": [1]}], ["A", null, {"Tasks": ["FULL"]}], ["B", "r-b", {}], ["Bot Owner", "r-x", {}]]);
    bring(&acme, BOT, &roles, true).unwrap();
    assert_eq!((acme.sealed_events(), all(&acme, BOT), acme.read(|view| view.mark()).unwrap()), before);
}

#[test]
fn an_event_tells_what_differs_and_nothing_else() {
    let acme = TestRollcall::new();
    bring(&acme, BOT, &json!([["A", "r-a", {"Tasks": "FULL", "keep": {"k": 1}, "gone": 2}, "One"]]), false).unwrap();
    let before = acme.sealed_events();
    bring(&acme, BOT, &json!([["A", "r-a", {"Tasks": "NO", "keep": {"k": 1}, "new": null}, "Two"]]), false).unwrap();
    acme.sealed_events();
    let sql =
        format!("select state_before || ' > ' || state_after from audit_events where seq > {before} order by seq");
    assert_eq!(
        column(&acme, &sql),
        [
            r#"{"description":"One"} > {"description":"Two"}"#,
            r#"{"permissions":{"Tasks":"FULL","gone":2}} > {"permissions":{"Tasks":"NO","new":null}}"#,
        ]
    );
}

#[test]
fn built_in_roles_are_left_as_they_are() {
    let acme = three();
    let before = (acme.sealed_events(), all(&acme, BOT), all(&acme, RoleKind::Admin));
    let owner = before.1[0].clone();
    let roles = json!([["bot OWNER", "r-x", {"Tasks": "NO"}], ["Somebody", before.1[1].ref_id, {}, "New"]]);
    let imported = bring(&acme, BOT, &roles, false).unwrap().roles;
    assert_eq!(imported, [owner, before.1[1].clone()]);
    bring(&acme, RoleKind::Admin, &json!([["Admin", null, {}, "Nobody"]]), true).unwrap();
    assert_eq!((acme.sealed_events(), all(&acme, BOT), all(&acme, RoleKind::Admin)), before);
}

#[test]
fn what_contradicts_the_account_is_refused_with_every_place() {
    let acme = three();
    let id = |name: &str| all(&acme, BOT).into_iter().find(|role| role.name == name).unwrap().id;
    let (owner, b) = (all(&acme, BOT)[0].ref_id.clone(), id("B"));
    let roles = json!([["Bot Tester", "r-a", {}], ["B", owner, {}], ["B2", "r-c", {}]]);
    assert_eq!(
        refused(&acme, BOT, &roles, false),
        [
            format!(
                "0 Name: the name \"Bot Tester\" is that of the built-in role {}, which keeps it",
                id("Bot Tester")
            ),
            format!("1 Name: the name \"B\" is that of the role {b}, which keeps it"),
        ]
    );
    let taken = json!([["B", "r-a", {}]]);
    assert_eq!(
        refused(&acme, BOT, &taken, false),
        [format!("0 Name: the name \"B\" is that of the role {b}, which keeps it")]
    );
    assert_eq!(
        refused(&acme, BOT, &json!([["X", "r-a", {}], ["A", null, {}]]), false),
        ["1 Whole: it is the role \"A\" by its name, and so is 0 Whole by its refId"]
    );
    bring(&acme, BOT, &taken, true).unwrap();
    assert_eq!(custom(&acme, BOT), taken, "the name is free where its owner goes");
}

#[test]
fn a_reference_that_several_roles_have_says_nothing_without_the_name() {
    let acme = three();
    assert_eq!(acme.database().execute("update roles set ref_id = 'r-a' where name = 'B'"), 1);
    bring(&acme, BOT, &json!([["b", "r-a", {}]]), false).unwrap();
    assert_eq!(
        refused(&acme, BOT, &json!([["X", "r-a", {}]]), false),
        ["0 RefId: the refId \"r-a\" is that of several roles: \"A\", \"b\""]
    );
}

#[test]
fn references_count_for_roles_of_their_kind_alone() {
    let acme = three();
    let admin = json!([["A", "r-a", {"Invite": "YES"}]]);
    bring(&acme, RoleKind::Admin, &admin, true).unwrap();
    assert_eq!((custom(&acme, RoleKind::Admin), custom(&acme, BOT).as_array().unwrap().len()), (admin, 3));
}

#[test]
fn a_role_without_a_reference_gets_one_that_no_other_has() {
    let acme = TestRollcall::new();
    let derived = role_reference("Acme", "bot/N");
    bring(&acme, BOT, &json!([["Other", derived, {}]]), false).unwrap();
    let made = bring(&acme, BOT, &json!([["N", null, {}]]), false).unwrap().roles.remove(0);
    assert_eq!((made.ref_id == derived, made.ref_id.len()), (false, 36));
}

/// "Acme" with A held by a user, B by a group, C by somebody whose time is over.
fn held() -> TestRollcall {
    let acme = TestRollcall::new();
    let expired =
        AssignmentState { expires: Some(START.plus_millis(HOUR)), ..given("C", None, &["ada@acme.test"], &[]) };
    acme.apply(State {
        users: vec![active("ada@acme.test")],
        groups: vec![group("Ops", &[], &[])],
        roles: ["A", "B", "C", "D"].map(|name| role(RoleKind::Admin, name, &json!({"Invite": "YES"}))).into(),
        assignments: vec![given("A", None, &["ada@acme.test"], &[]), given("B", None, &[], &["Ops"]), expired],
        ..state()
    })
    .unwrap();
    acme.clock.advance(HOUR);
    acme
}

#[test]
fn roles_that_are_held_are_not_removed_and_then_nothing_is_changed() {
    let acme = held();
    app(&acme, &[Scope::RoleManagement]);
    let before = (acme.snapshot(), acme.sealed_events());
    let error = bring(&acme, RoleKind::Admin, &json!([["E", "r-e", {}], ["D", null, {}, "New"]]), true).unwrap_err();
    let id = |name: &str| all(&acme, RoleKind::Admin).into_iter().find(|role| role.name == name).unwrap().id;
    assert_eq!(error.code(), Code::Conflict);
    let named = format!("nothing was changed: \"A\" ({}), \"B\" ({}). Take", id("A"), id("B"));
    assert!(error.to_string().contains(&named), "{error}");
    assert_eq!((acme.snapshot(), acme.sealed_events()), before);
    bring(&acme, RoleKind::Admin, &json!([["E", "r-e", {}], ["A", null, {}], ["B", null, {}]]), true).unwrap();
    let names: Vec<Value> = custom(&acme, RoleKind::Admin).as_array().unwrap().iter().map(|r| r[0].clone()).collect();
    assert_eq!(names, ["A", "B", "E"], "C, which is held no more, and D are gone");
    assert_eq!(audit_texts(&acme).matches("Role Deleted ").count(), 2);
    let sql = "select state_before from audit_events where name = 'Role Deleted' and description like '%\"D\"%'";
    let was = json!({"name": "D", "description": "", "refId": role_reference("Acme", "admin/D"), "permissions": {"Invite": "YES"}});
    assert_eq!(column(&acme, sql), [was.to_string()]);
}

#[test]
fn roles_of_a_kind_are_no_more_than_a_file_can_hold_and_others_make_room() {
    let acme = TestRollcall::new();
    let large = |name: &str, size: usize| json!([[name, null, {"own": "x".repeat(size)}]]);
    let half = import::MAX_KEPT / 2;
    bring(&acme, BOT, &large("A", half), false).unwrap();
    let before = (acme.snapshot(), acme.sealed_events());
    let error = bring(&acme, BOT, &large("B", half), false).unwrap_err();
    assert_eq!(error.code(), Code::Conflict);
    assert!(error.to_string().contains(&import::MAX_KEPT.to_string()), "{error}");
    assert_eq!((acme.snapshot(), acme.sealed_events()), before);
    bring(&acme, BOT, &large("B", half - 1_000), false).unwrap();
    bring(&acme, RoleKind::Admin, &large("B", half), false).unwrap();
    assert_eq!(bring(&acme, BOT, &large("A", half + 1_000), false).unwrap_err().code(), Code::Conflict);
    bring(&acme, BOT, &large("C", half + 1_000), true).unwrap();
}

#[test]
fn without_pruning_nothing_is_removed() {
    let acme = held();
    bring(&acme, RoleKind::Admin, &json!([]), false).unwrap();
    assert_eq!(custom(&acme, RoleKind::Admin).as_array().unwrap().len(), 4);
}

#[test]
fn an_import_costs_as_many_statements_for_a_thousand_roles_as_for_two() {
    let cost = |count: usize| {
        let acme = TestRollcall::new();
        // A third each to be changed, to be removed, and new; names are passed on.
        let roles = |from: usize, shift: usize| -> Value {
            (from..from + count)
                .map(|n| json!([format!("n{}", n + shift), format!("r-{n}"), {"Tasks": "FULL"}]))
                .collect()
        };
        bring(&acme, BOT, &roles(0, 0), false).unwrap();
        let actor = app(&acme, &[Scope::RoleManagement]);
        let checked = check(BOT, &roles(count / 2, 1)).unwrap();
        let work = move |op: &mut rollcall_core::op::Op<'_>| import::import(op, &checked, true);
        let (cost, done) =
            statements(&acme, || acme.rollcall().write(actor, Permission::ManageRoles, Mode::Real, work).wait());
        done.unwrap();
        assert_eq!(custom(&acme, BOT).as_array().unwrap().len(), count);
        cost
    };
    assert_eq!(cost(2), cost(1_000));
}
