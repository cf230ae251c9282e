//! Pages of roles: by kind, oldest first, counted rightly whoever makes and removes them, and as cheap at any depth.

use rollcall_core::page::Page;
use rollcall_core::policy::Permission;
use rollcall_core::roles::{RoleKind, listing};
use rollcall_core::sync::State;
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::setting::{active, given, prune, role, state, statements};

/// The names on a page, how many roles there are, and whether there is more.
fn page(acme: &TestRollcall, kind: RoleKind, number: u64, limit: u64) -> (Vec<String>, u64, bool) {
    let page = Page::new(number, limit).unwrap();
    let read =
        acme.rollcall().read(acme.host_actor(), Permission::ViewRoles, move |view| listing::page(view, kind, page));
    let found = read.wait().unwrap();
    (found.items.into_iter().map(|role| role.name).collect(), found.total, found.more)
}

/// "Acme" with these many custom roles of each kind, made in turn.
fn with_roles(count: usize) -> TestRollcall {
    let acme = TestRollcall::new();
    let roles = (0..count).flat_map(|n| {
        [RoleKind::Bot, RoleKind::Admin].map(|kind| role(kind, &format!("{kind} {n:04}"), &json!({ "n": n })))
    });
    acme.apply(State { roles: roles.collect(), ..state() }).unwrap();
    acme
}

#[test]
fn built_ins_come_first_and_every_kind_is_counted_by_itself() {
    let acme = with_roles(3);
    let expect = |names: &[&str], total, more| (names.iter().map(|name| (*name).to_owned()).collect(), total, more);
    assert_eq!(page(&acme, RoleKind::Admin, 0, 3), expect(&["admin", "admin 0000", "admin 0001"], 4, true));
    assert_eq!(page(&acme, RoleKind::Admin, 1, 3), expect(&["admin 0002"], 4, false));
    assert_eq!(
        page(&acme, RoleKind::Bot, 0, 4),
        expect(&["Bot Owner", "Bot Developer", "Bot Tester", "bot 0000"], 6, true)
    );
    assert_eq!(page(&acme, RoleKind::Bot, 2, 4), expect(&[], 6, false));
}

#[test]
fn removed_roles_are_not_counted_and_leave_no_gap() {
    let acme = with_roles(5);
    let kept = State {
        users: vec![active("ada@acme.test")],
        roles: vec![role(RoleKind::Admin, "admin 0001", &json!({})), role(RoleKind::Admin, "admin 0004", &json!({}))],
        assignments: vec![given("admin", None, &["ada@acme.test"], &[])],
        ..state()
    };
    prune(&acme, kept).unwrap();
    assert_eq!(page(&acme, RoleKind::Admin, 1, 2), (vec!["admin 0004".into()], 3, false));
    assert_eq!(page(&acme, RoleKind::Bot, 1, 2), (vec!["Bot Tester".into()], 3, false));
}

#[test]
fn an_account_that_is_renamed_while_it_is_empty_keeps_its_count() {
    let acme = TestRollcall::new();
    acme.apply(State { name: "Acme Ltd".into(), ..State::default() }).unwrap();
    assert_eq!(page(&acme, RoleKind::Admin, 0, 50), (vec!["admin".into()], 1, false));
    assert_eq!(page(&acme, RoleKind::Bot, 0, 1).1, 3);
}

#[test]
fn a_page_costs_three_statements_at_any_depth() {
    let acme = with_roles(2_100);
    let (first, _) = statements(&acme, || page(&acme, RoleKind::Admin, 0, 50));
    let (last, found) = statements(&acme, || page(&acme, RoleKind::Admin, 42, 50));
    assert_eq!((first, last, found), (3, 3, (vec!["admin 2099".into()], 2_101, false)));
}
