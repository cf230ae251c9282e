//! Groups as people look through them: filters, orders, cursors, and what is around one.

use rollcall_core::Code;
use rollcall_core::groups::{self, COUNTED, GroupFilter, GroupOrder, MemberFilter, Source};
use rollcall_core::policy::Permission;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::hands::{group_id, hand, see};
use crate::setting::{active, given, group, kept_by_the_directory, role, state, statements};

fn found(acme: &TestRollcall, filter: &GroupFilter, limit: u32) -> Vec<String> {
    let filter = filter.clone();
    let rows = acme.read(move |view| groups::find(view, &filter, limit)).unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

/// Every page of a filter, by its cursors.
fn paged(acme: &TestRollcall, filter: &GroupFilter) -> Vec<String> {
    let (mut filter, mut out) = (filter.clone(), Vec::new());
    loop {
        let asked = filter.clone();
        let rows = acme.read(move |view| groups::find(view, &asked, 2)).unwrap();
        let Some(last) = rows.last() else { return out };
        filter.after = last.cursor.clone();
        out.extend(rows.into_iter().map(|row| row.name));
    }
}

fn with_groups() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.apply(State {
        users: vec![active("ada@acme.test"), active("Bo_b@acme.test"), active("cy@acme.test")],
        roles: vec![role(RoleKind::Admin, "Auditor", &json!({}))],
        groups: vec![
            group("West 100%", &["ada@acme.test", "Bo_b@acme.test", "cy@acme.test"], &["Ost"]),
            group("Ost", &[], &["Straße"]),
            group("Straße", &["cy@acme.test"], &[]),
            group("Nobody", &[], &[]),
            group("Directory", &[], &[]),
        ],
        assignments: vec![given("Auditor", None, &[], &["West 100%"])],
        ..state()
    })
    .unwrap();
    kept_by_the_directory(&acme, "Directory");
    acme
}

#[test]
fn groups_are_found_by_any_part_of_their_name_by_source_and_by_being_empty() {
    let acme = with_groups();
    let all = GroupFilter::default();
    let text = |text: &str| GroupFilter { text: text.into(), ..GroupFilter::default() };
    assert_eq!(found(&acme, &all, 50), ["Directory", "Nobody", "Ost", "Straße", "West 100%"]);
    assert_eq!(found(&acme, &text("ST"), 50), ["Ost", "Straße", "West 100%"]);
    assert_eq!(found(&acme, &text("STRASSE"), 50), ["Straße"]);
    assert_eq!(found(&acme, &text("0%"), 50), ["West 100%"]);
    assert_eq!(found(&acme, &text("%"), 50), ["West 100%"], "a sign of patterns is a sign like others");
    assert_eq!(found(&acme, &text("_"), 50), Vec::<String>::new());
    assert_eq!(found(&acme, &text("a\0\u{7}' or 1=1"), 50), Vec::<String>::new());
    let source = |source| GroupFilter { source: Some(source), ..GroupFilter::default() };
    assert_eq!(found(&acme, &source(Source::Directory), 50), ["Directory"]);
    assert_eq!(found(&acme, &source(Source::Local), 1), ["Nobody"]);
    assert_eq!(found(&acme, &GroupFilter { is_empty: true, ..all }, 50), ["Directory", "Nobody"]);
}

#[test]
fn every_order_goes_on_where_its_cursor_says() {
    let acme = with_groups();
    let orders = [
        (GroupOrder::Name, vec!["Directory", "Nobody", "Ost", "Straße", "West 100%"]),
        (GroupOrder::NameDown, vec!["West 100%", "Straße", "Ost", "Nobody", "Directory"]),
        (GroupOrder::Newest, vec!["Directory", "Nobody", "Straße", "Ost", "West 100%"]),
    ];
    for (order, names) in orders {
        assert_eq!(paged(&acme, &GroupFilter { order, ..GroupFilter::default() }), names, "{order:?}");
    }
}

#[test]
fn what_is_around_a_group_is_told_with_who_made_it_so() {
    let acme = with_groups();
    let id = group_id(&acme, "Ost");
    let (needed, ost) =
        statements(&acme, || acme.read(move |view| groups::around(view, &id, &MemberFilter::default(), 50)).unwrap());
    assert_eq!(needed, 6, "seven at most, as its doc comment promises: nobody here is a user or an app by name");
    let names = |edges: &[groups::Neighbour]| edges.iter().map(|edge| edge.name.clone()).collect::<Vec<_>>();
    assert_eq!((names(&ost.parents), names(&ost.children)), (vec!["West 100%".to_owned()], vec!["Straße".to_owned()]));
    assert_eq!((ost.group.members, ost.group.children, ost.group.parents, ost.group.roles), (0, 1, 1, 0));
    let carried: Vec<_> =
        ost.carried.iter().map(|role| (role.name.as_str(), role.from.as_ref().unwrap().1.as_str())).collect();
    assert_eq!(carried, [("Auditor", "West 100%")], "where it is used from above");
    assert_eq!((ost.who.name(&ost.parents[0].by), ost.parents[0].via.as_str()), ("apply", "file"));
}

#[test]
fn members_are_found_by_any_part_of_their_address_and_page_by_page() {
    let acme = with_groups();
    let id = group_id(&acme, "West 100%");
    let members = |text: &str, after: &str, limit| {
        let (id, filter) = (id.clone(), MemberFilter { text: text.into(), after: after.into() });
        let around = acme.read(move |view| groups::around(view, &id, &filter, limit)).unwrap();
        around.members.into_iter().map(|member| (member.email, member.id.to_string())).collect::<Vec<_>>()
    };
    let emails = |found: Vec<(String, String)>| found.into_iter().map(|(email, _)| email).collect::<Vec<_>>();
    let first = members("", "", 2);
    assert_eq!(emails(members("", &first[1].1, 2)), ["cy@acme.test"]);
    assert_eq!(emails(first), ["ada@acme.test", "Bo_b@acme.test"]);
    assert_eq!(emails(members("o_B@", "", 50)), ["Bo_b@acme.test"]);
    assert_eq!(emails(members("x", "", 50)), Vec::<String>::new());
}

#[test]
fn what_is_counted_stops_somewhere_and_a_page_costs_the_same() {
    let acme = TestRollcall::new();
    let emails: Vec<String> = (0..COUNTED + 20).map(|n| format!("u{n:05}@acme.test")).collect();
    let all: Vec<&str> = emails.iter().map(String::as_str).collect();
    acme.apply(State {
        users: all.iter().map(|email| active(email)).collect(),
        groups: vec![group("Many", &all, &[]), group("Few", &all[..1], &[])],
        ..state()
    })
    .unwrap();
    let (needed, rows) =
        statements(&acme, || acme.read(|view| groups::find(view, &GroupFilter::default(), 50)).unwrap());
    let counts: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.members)).collect();
    assert_eq!((needed, counts), (1, vec![("Few", 1), ("Many", COUNTED + 1)]));
}

#[test]
fn looking_at_groups_takes_a_right_and_shows_none_of_another_account() {
    let acme = with_groups();
    let greta = hand(&acme, "greta", &["Manage Groups"]);
    let otto = hand(&acme, "otto", &["API Scopes", "View and Run Audit Reports"]);
    let list = |actor| see(&acme, actor, Permission::ViewGroups, |v| groups::find(v, &GroupFilter::default(), 9));
    assert_eq!(list(&greta).unwrap().len(), 5);
    assert_eq!(list(&otto).unwrap_err().code(), Code::Forbidden);
    acme.found("Other");
    acme.apply(State { name: "Other".into(), groups: vec![group("Theirs", &[], &[])], ..State::default() }).unwrap();
    assert_eq!(list(&greta).unwrap().len(), 5);
    let theirs = acme.database().query("select public_id from groups where name = 'Theirs'")[0][0].clone().unwrap();
    let look = move |view: &rollcall_core::op::View<'_>| groups::around(view, &theirs, &MemberFilter::default(), 9);
    assert_eq!(see(&acme, &greta, Permission::ViewGroups, look).unwrap_err().code(), Code::NotFound);
}
