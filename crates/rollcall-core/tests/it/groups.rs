//! The page of groups: its order, its totals, its cost at any depth.

use rollcall_core::Code;
use rollcall_core::groups::{self, GroupEntry};
use rollcall_core::page::{Page, Paged};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::sync::State;
use rollcall_core::users::Status;
use rollcall_testkit::{TestRollcall, user};

use crate::setting::{active, app, details, export, given, group, prune, role, state, statements};

fn page(acme: &TestRollcall, number: u64, limit: u64) -> Paged<GroupEntry> {
    acme.read(move |view| groups::page(view, Page::new(number, limit).unwrap())).unwrap().1
}

fn names(page: &Paged<GroupEntry>) -> Vec<&str> {
    page.items.iter().map(|g| g.name.as_str()).collect()
}

/// As many groups, each with a member and a child.
fn with_groups(count: usize) -> TestRollcall {
    let acme = TestRollcall::new();
    let name = |n: usize| format!("g{n:04}");
    let groups = (0..count).map(|n| {
        let child = name(n + 1);
        let children: &[&str] = if n + 1 < count { &[&child] } else { &[] };
        group(&name(n), &["ada@acme.test"], children)
    });
    acme.apply(State { users: vec![active("ada@acme.test")], groups: groups.collect(), ..state() }).unwrap();
    acme
}

#[test]
fn a_page_costs_the_same_at_the_beginning_in_the_middle_and_at_the_end() {
    let acme = with_groups(3_000);
    let needed = [(0, "g0000"), (29, "g1450"), (59, "g2950")].map(|(number, first)| {
        let (needed, page) = statements(&acme, || page(&acme, number, 50));
        assert_eq!((page.total, page.more, page.items.len()), (3_000, number != 59, 50));
        assert_eq!(page.items[0].name, first);
        assert!(page.items.is_sorted_by(|a, b| a.name < b.name), "in order of creation");
        assert!(page.items.iter().all(|g| g.members.len() == 1));
        needed
    });
    assert_eq!(needed, [6; 3], "six statements, as its doc comment promises");
    let beyond = page(&acme, 60, 50);
    assert_eq!((beyond.total, beyond.more, beyond.items.len()), (3_000, false, 0));
    assert_eq!(page(&acme, u64::MAX, 50).items.len(), 0);
}

#[test]
fn a_page_of_fifty_groups_needs_the_statements_of_one() {
    let acme = with_groups(60);
    let needed = [1, 50].map(|limit| statements(&acme, || page(&acme, 0, limit)).0);
    assert_eq!(needed[0], needed[1]);
}

#[test]
fn pages_are_right_after_groups_have_gone_and_come() {
    let acme = with_groups(2_500);
    let mut left = export(&acme);
    left.groups.retain(|g| g.name.ends_with('7'));
    left.groups.iter_mut().for_each(|g| g.groups.clear());
    prune(&acme, left.clone()).unwrap();
    let last = page(&acme, 4, 50);
    assert_eq!((last.total, last.more, last.items.len()), (250, false, 50));
    assert_eq!((last.items[0].name.as_str(), last.items[49].name.as_str()), ("g2007", "g2497"));

    acme.apply(State { groups: vec![group("newest", &[], &[])], ..state() }).unwrap();
    let end = page(&acme, 5, 50);
    assert_eq!((end.total, end.more, names(&end)), (251, false, vec!["newest"]));
    assert_eq!(names(&page(&acme, 125, 2)), ["newest"]);
    prune(&acme, State { groups: vec![], users: vec![], ..left }).unwrap();
    assert_eq!((page(&acme, 0, 50).total, page(&acme, 0, 50).items.len()), (0, 0));
}

#[test]
fn a_group_shows_its_direct_children_by_name_and_its_direct_members_by_address() {
    let acme = TestRollcall::new();
    acme.apply(State {
        users: vec![active("zoe@acme.test"), user("Bo@acme.test", Status::Suspended), active("cy@acme.test")],
        groups: vec![
            group("Top", &["zoe@acme.test", "Bo@acme.test"], &["west", "East"]),
            group("west", &["cy@acme.test"], &[]),
            group("East", &[], &["Deep"]),
            group("Deep", &[], &[]),
        ],
        ..state()
    })
    .unwrap();
    let page = page(&acme, 0, 50);
    assert_eq!(names(&page), ["Top", "west", "East", "Deep"]);
    let top = &page.items[0];
    assert_eq!(top.children.iter().map(|(_, name, _)| name.as_str()).collect::<Vec<_>>(), ["East", "west"]);
    let members: Vec<_> = top.members.iter().map(|m| (m.email.as_str(), m.status)).collect();
    assert_eq!(members, [("Bo@acme.test", Status::Suspended), ("zoe@acme.test", Status::Active)]);
}

#[test]
fn a_role_reaches_through_nested_groups_and_names_those_that_carry_it() {
    let acme = TestRollcall::new();
    acme.apply(State {
        users: vec![active("ada@acme.test")],
        roles: vec![role(rollcall_core::roles::RoleKind::Admin, "Auditor", &serde_json::json!({}))],
        groups: vec![
            group("Left", &[], &["Middle"]),
            group("Right", &[], &["Middle"]),
            group("Middle", &[], &["Leaf"]),
            group("Leaf", &["ada@acme.test"], &[]),
            group("Below", &[], &[]),
        ],
        assignments: vec![given("Auditor", None, &["ada@acme.test"], &["Left", "Right", "Below"])],
        ..state()
    })
    .unwrap();
    let roles = details(&acme, "ada@acme.test").roles;
    assert_eq!(roles.len(), 1, "one role, however many ways lead to it: {roles:?}");
    let mut groups = roles[0].groups.clone();
    groups.sort_unstable();
    assert_eq!((roles[0].direct, groups), (true, vec!["Left".to_owned(), "Right".to_owned()]));
}

#[test]
fn listing_groups_takes_role_management() {
    let acme = TestRollcall::new();
    let ask = |scope| {
        let actor = app(&acme, &[scope]);
        let work = |view: &rollcall_core::op::View<'_>| groups::page(view, Page::new(0, 1).unwrap()).map(|_| ());
        acme.rollcall().read(actor, Permission::ViewGroups, work).wait().map_err(|e| e.code())
    };
    assert_eq!(ask(Scope::RoleManagement), Ok(()));
    assert_eq!(ask(Scope::UserManagement), Err(Code::Forbidden));
}
