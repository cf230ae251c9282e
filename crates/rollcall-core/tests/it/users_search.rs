//! Lists of users by what is asked for, and the index behind them.

use rollcall_core::clock::Time;
use rollcall_core::op::View;
use rollcall_core::policy::Permission;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{State, UserState};
use rollcall_core::users::search::{self, Filter, Flag, Part, Sort, Wanted};
use rollcall_core::users::{ProfileField, Status};
use rollcall_core::{Code, Result};
use rollcall_testkit::{TestRollcall, user};

use crate::model::role_id;
use crate::setting::{export, given, group, number, state, statements, texts};
use crate::users::furnished;

fn named(email: &str, first: &str, last: &str) -> UserState {
    let text = |field, text: &str| (field, rollcall_core::change::Change::Set(text.to_owned()));
    let profile = vec![text(ProfileField::FirstName, first), text(ProfileField::LastName, last)];
    UserState { profile, ..user(email, Status::Active) }
}

/// Ada the admin, and people of whom some have names that look alike.
fn people() -> TestRollcall {
    let acme = furnished();
    let users = vec![
        named("zoe@bücher.test", "Zoë", "Ångström"),
        named("bo@acme.test", "Bo", "STRASSE"),
        named("ann@acme.test", "Ann", "Straße"),
        UserState { status: Some(Status::Suspended), ..named("cy@acme.test", "Cy", "Young") },
        UserState { data_tables: Some(true), ..user("dee_50%@acme.test", Status::Active) },
    ];
    acme.apply(State { users, ..state() }).unwrap();
    acme
}

fn find(acme: &TestRollcall, wanted: Wanted) -> Result<Part> {
    let host = acme.host_actor();
    acme.rollcall().read(host, Permission::ViewUsers, move |view: &View<'_>| search::find(view, &wanted)).wait()
}

fn emails(acme: &TestRollcall, filter: Filter) -> Vec<String> {
    let part = find(acme, Wanted { filter, sort: Sort::Email, limit: 2_000, ..Wanted::default() }).unwrap();
    assert_eq!(part.total, Some(part.users.len() as u64));
    part.users.into_iter().map(|user| user.email).collect()
}

fn text(text: &str) -> Filter {
    Filter { text: text.into(), ..Filter::default() }
}

fn index_all(acme: &TestRollcall) {
    while acme.write(|op| search::index(op, true)).unwrap() {}
}

#[test]
fn a_part_of_a_name_an_address_or_an_org_user_id_finds_whoever_has_it_as_names_are_compared() {
    let acme = people();
    let table: [(&str, &[&str]); 9] = [
        ("strasse", &["ann@acme.test", "bo@acme.test"]),
        ("STRAß", &["ann@acme.test", "bo@acme.test"]),
        ("ann straße", &["ann@acme.test"]),
        ("ångström", &["zoe@bücher.test"]),
        ("BÜCHER", &["zoe@bücher.test"]),
        ("xn--bcher", &["zoe@bücher.test"]),
        ("_50%", &["dee_50%@acme.test"]),
        ("y", &["cy@acme.test"]),
        ("nobody", &[]),
    ];
    for (asked, expected) in table {
        assert_eq!(emails(&acme, text(asked)), expected, "{asked}");
    }
    assert_eq!(emails(&acme, text("   ")).len(), 6);
}

#[test]
fn a_list_is_of_those_of_whom_all_is_so() {
    let acme = people();
    acme.apply(State {
        groups: vec![group("Ops", &["bo@acme.test", "cy@acme.test"], &[]), group("Interns", &["zoe@bücher.test"], &[])],
        assignments: vec![given("Auditor", None, &["bo@acme.test"], &[])],
        ..state()
    })
    .unwrap();
    let id = |name: &str| export(&acme).groups.into_iter().find(|g| g.name == name).and_then(|g| g.id);
    let auditor = Some(role_id(RoleKind::Admin, "Auditor"));
    let ops = Filter { group: id("Ops"), ..Filter::default() };
    assert_eq!(emails(&acme, ops.clone()), ["bo@acme.test", "cy@acme.test"]);
    assert_eq!(emails(&acme, Filter { status: Some(Status::Active), ..ops.clone() }), ["bo@acme.test"]);
    assert_eq!(emails(&acme, Filter { text: "cy".into(), ..ops.clone() }), ["cy@acme.test"]);
    assert_eq!(emails(&acme, Filter { role: auditor.clone(), ..ops }), ["bo@acme.test"]);
    // Interns are in Auditors, which have the role.
    assert_eq!(emails(&acme, Filter { role: auditor, ..text("") }), ["bo@acme.test", "zoe@bücher.test"]);
    assert_eq!(emails(&acme, Filter { status: Some(Status::Suspended), ..text("") }), ["cy@acme.test"]);
    assert_eq!(emails(&acme, Filter { flag: Some(Flag::UsesDataTables), ..text("") }), ["dee_50%@acme.test"]);
    let strange = Filter { group: Some("g-none".into()), ..text("") };
    assert_eq!(
        find(&acme, Wanted { filter: strange, limit: 5, ..Wanted::default() }).unwrap_err().code(),
        Code::NotFound
    );
}

#[test]
fn every_order_goes_on_where_it_stopped_and_misses_nobody() {
    let acme = people();
    for (n, email) in ["ann@acme.test", "ada@acme.test", "bo@acme.test"].into_iter().enumerate() {
        let sql =
            format!("update users set last_login_at = {0}, last_login_key = {0} where email = '{email}'", 1000 + n);
        assert_eq!(acme.database().execute(&sql), 1);
    }
    let filters = [text(""), text("acme"), text("e"), Filter { status: Some(Status::Active), ..text("") }];
    for filter in filters {
        for sort in [Sort::Created, Sort::Name, Sort::Email, Sort::LastSignIn] {
            for descending in [false, true] {
                let wanted = Wanted { filter: filter.clone(), sort, descending, limit: 50, ..Wanted::default() };
                let whole = find(&acme, wanted.clone()).unwrap().users;
                let (mut parts, mut after) = (Vec::new(), String::new());
                loop {
                    let part = find(&acme, Wanted { after, limit: 2, ..wanted.clone() }).unwrap();
                    parts.extend(part.users);
                    let Some(next) = part.next else { break };
                    after = next;
                }
                assert_eq!(parts, whole, "{filter:?} {sort:?} {descending}");
                let keys: Vec<_> = whole.iter().map(|u| u.last_login.map(|Time(at)| at)).collect();
                if sort == Sort::LastSignIn {
                    assert!(keys.is_sorted_by(|a, b| if descending { a >= b } else { a <= b }), "{keys:?}");
                }
            }
        }
    }
    let names = find(&acme, Wanted { sort: Sort::Name, limit: 50, ..Wanted::default() }).unwrap().users;
    let names: Vec<_> = names.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["", "", "Ann Straße", "Bo STRASSE", "Cy Young", "Zoë Ångström"]);
}

#[test]
fn a_list_takes_the_same_statements_for_two_as_for_many_and_indexed_or_not() {
    let acme = people();
    let search = |limit: usize| {
        let wanted = Wanted { filter: text("acme"), sort: Sort::Name, limit, ..Wanted::default() };
        statements(&acme, || find(&acme, wanted).unwrap()).0
    };
    let few = search(2);
    let users = (0..600).map(|n| named(&format!("u{n}@acme.test"), "Many", &format!("Of{n}"))).collect();
    acme.apply(State { users, ..state() }).unwrap();
    assert_eq!(search(2), few);
    assert_eq!(search(500), few);
    assert!(few <= 12, "{few}");
}

/// Makes the ids of the next users begin in a later block, so that those who are there can be indexed.
fn further(acme: &TestRollcall, email: &str) {
    acme.apply(State { users: vec![named(email, "Far", "Away")], ..state() }).unwrap();
    let sql = format!("update users set id = id + 20000 where email = '{email}'");
    assert_eq!(acme.database().execute(&sql), 1);
}

#[test]
fn the_index_knows_of_changes_of_those_who_go_and_of_those_who_come_after() {
    let acme = people();
    assert!(!acme.write(|op| search::index(op, true)).unwrap(), "more may come into the only block");
    further(&acme, "far@acme.test");
    assert!(acme.read(|view| search::is_index_due(view, false)).unwrap());
    index_all(&acme);
    assert_eq!(number(&acme, "select count(*) from search_blocks"), 1);
    assert!(!acme.read(|view| search::is_index_due(view, true)).unwrap());
    assert_eq!(emails(&acme, text("straße")), ["ann@acme.test", "bo@acme.test"]);
    assert_eq!(emails(&acme, text("far away")), ["far@acme.test"]);
    // A new name is found at once, and the old one no more; so before and after the block is indexed anew.
    acme.apply(State { users: vec![named("bo@acme.test", "Bo", "Newname")], ..state() }).unwrap();
    for _ in 0..2 {
        assert_eq!(emails(&acme, text("newname")), ["bo@acme.test"]);
        assert_eq!(emails(&acme, text("strasse")), ["ann@acme.test"]);
        index_all(&acme);
    }
    assert_eq!(number(&acme, "select count(*) from search_changes"), 0);
    // Who goes is not found, and whoever gets their number is.
    acme.write(|op| {
        let asked = ["far@acme.test", "dee_50%@acme.test"].map(|e| rollcall_core::users::Lookup::Email(e.into()));
        assert_eq!(rollcall_core::users::remove(op, &asked)?, []);
        Ok(())
    })
    .unwrap();
    assert_eq!(emails(&acme, text("far away")), [""; 0]);
    acme.apply(State { users: vec![named("eve@acme.test", "Eve", "Latecomer")], ..state() }).unwrap();
    assert_eq!(emails(&acme, text("latecomer")), ["eve@acme.test"]);
}

#[test]
fn what_is_indexed_is_found_as_what_is_not() {
    let acme = people();
    let users = (0..300).map(|n| named(&format!("n{n}@acme.test"), &format!("Näme{}", n % 7), &format!("Of {n}")));
    acme.apply(State { users: users.collect(), ..state() }).unwrap();
    let asked = ["näme3", "of 2", "OF 29", "acme.test", "n1", "e4 of 1", "aaa", "test", "@acme", "ame5 of 25"];
    let before: Vec<_> = asked.iter().map(|asked| emails(&acme, text(asked)).len()).collect();
    further(&acme, "zzz@other.example");
    index_all(&acme);
    assert_eq!(number(&acme, "select count(*) from search_blocks"), 1);
    let after: Vec<_> = asked.iter().map(|asked| emails(&acme, text(asked)).len()).collect();
    assert_eq!(after, before);
    assert!(before.iter().filter(|found| **found > 0).count() >= 7, "{before:?}");
}

#[test]
fn nobody_of_another_account_is_found() {
    let acme = people();
    let other = acme.found("Other");
    let actor = acme.host().actor(&other, "test");
    for asked in ["straße", "bo", ""] {
        let wanted = Wanted { filter: text(asked), limit: 9, ..Wanted::default() };
        let found =
            acme.rollcall().read(actor.clone(), Permission::ViewUsers, move |v: &View<'_>| search::find(v, &wanted));
        assert_eq!(found.wait().unwrap().users, [], "{asked}");
    }
}

#[test]
fn of_too_many_to_sort_nobody_is_missed_and_few_of_a_status_among_them_are_sorted() {
    let acme = people();
    let mut users: Vec<UserState> = (0..3_100).map(|n| user(&format!("many{n}@acme.test"), Status::Active)).collect();
    users[7].status = Some(Status::Locked);
    users[3].status = Some(Status::Locked);
    acme.apply(State { users, ..state() }).unwrap();
    let wanted = |filter: Filter, after: &str| Wanted {
        filter,
        sort: Sort::Email,
        descending: true,
        after: after.into(),
        limit: 1_000,
    };
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let part = find(&acme, wanted(text("MANY"), &after)).unwrap();
        assert_eq!((part.is_sorted, part.total), (false, None));
        found.extend(part.users.into_iter().map(|user| user.email));
        let Some(next) = part.next else { break };
        after = next;
    }
    assert_eq!(found, (0..3_100).map(|n| format!("many{n}@acme.test")).collect::<Vec<_>>());
    let few = find(&acme, wanted(Filter { status: Some(Status::Locked), ..text("many") }, "")).unwrap();
    let emails: Vec<_> = few.users.into_iter().map(|user| user.email).collect();
    assert_eq!((few.is_sorted, emails), (true, texts(&["many7@acme.test", "many3@acme.test"])));
}

#[test]
fn names_from_before_they_were_sorted_are_sorted_once_the_database_is_opened() {
    let mut acme = people();
    assert!(acme.database().execute("update users set name_key = null") > 0);
    let names = |acme: &TestRollcall| -> Vec<String> {
        let part = find(acme, Wanted { sort: Sort::Name, limit: 50, ..Wanted::default() }).unwrap();
        part.users.into_iter().map(|user| user.name).filter(|name| !name.is_empty()).collect()
    };
    assert_ne!(names(&acme), ["Ann Straße", "Bo STRASSE", "Cy Young", "Zoë Ångström"]);
    acme.reopen();
    assert_eq!(names(&acme), ["Ann Straße", "Bo STRASSE", "Cy Young", "Zoë Ångström"]);
}
