//! Paging: `offset` counts pages, `limit` is 1 to 50, and a walk over the pages tells each thing once.

use rollcall_core::policy::Scope;
use rollcall_core::sync::State;
use rollcall_testkit::{Caller, TestRollcall};
use serde_json::{Value, json};

use crate::acme::group;

const SCOPE: [Scope; 1] = [Scope::RoleManagement];

fn add(acme: &TestRollcall, state: State) {
    acme.apply(State { name: "Acme".into(), ..state }).expect("it is applied");
}

/// Groups named `g-000`, `g-001` …
fn many_groups(count: usize) -> TestRollcall {
    let acme = TestRollcall::new();
    let groups = (0..count).map(|n| group(&format!("g-{n:03}"), "", &[], &[])).collect();
    add(&acme, State { groups, ..State::default() });
    acme
}

/// The names on a page, its total, and whether there is more.
async fn page(app: &Caller, query: &str) -> (Vec<String>, u64, bool) {
    let reply = app.get(&format!("groups{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    let body = reply.json();
    let names = body["groups"].as_array().expect("a list").iter().map(|g| g["gN"].as_str().expect("a name").to_owned());
    (names.collect(), body["total"].as_u64().expect("a number"), body["availableMore"].as_bool().expect("a boolean"))
}

#[tokio::test]
async fn offset_counts_pages_and_limit_is_at_most_fifty() {
    let app = many_groups(120).app(&SCOPE);
    // (query, first on the page, how many, whether there is more)
    let table = [
        ("", "g-000", 50, true),
        ("?offset=0&limit=2", "g-000", 2, true),
        ("?offset=1&limit=2", "g-002", 2, true),
        ("?limit=2&offset=59", "g-118", 2, false),
        ("?offset=39&limit=3", "g-117", 3, false),
        ("?offset=17&limit=7", "g-119", 1, false),
        ("?limit=50", "g-000", 50, true),
        ("?limit=51", "g-000", 50, true),
        ("?limit=18446744073709551616", "g-000", 50, true),
        ("?offset=1&limit=1000", "g-050", 50, true),
        ("?offset=2", "g-100", 20, false),
        ("?offset=%32&colour=red", "g-100", 20, false),
        ("?", "g-000", 50, true),
    ];
    for (query, first, count, more) in table {
        let (names, total, available_more) = page(&app, query).await;
        assert_eq!((names[0].as_str(), names.len(), total, available_more), (first, count, 120, more), "{query}");
    }
}

#[tokio::test]
async fn a_page_beyond_the_last_is_empty_and_not_an_error() {
    let app = many_groups(3).app(&SCOPE);
    for query in [
        "?offset=1",
        "?offset=2&limit=2",
        "?offset=9223372036854775807",
        "?offset=18446744073709551615&limit=50",
        "?offset=99999999999999999999999999",
    ] {
        assert_eq!(page(&app, query).await, (vec![], 3, false), "{query}");
    }
}

#[tokio::test]
async fn a_walk_over_the_pages_tells_each_group_once_also_when_groups_are_added_meanwhile() {
    let acme = many_groups(10);
    let app = acme.app(&SCOPE);
    let (mut told, mut offset) = (Vec::new(), 0);
    loop {
        let (names, _, more) = page(&app, &format!("?offset={offset}&limit=4")).await;
        told.extend(names);
        if !more {
            break;
        }
        if offset == 0 {
            add(&acme, State { groups: vec![group("a comes first by name", "", &[], &[])], ..State::default() });
        }
        offset += 1;
    }
    let mut expected: Vec<String> = (0..10).map(|n| format!("g-{n:03}")).collect();
    expected.push("a comes first by name".into());
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_wrong_page_is_refused_and_the_parameter_named() {
    let app = many_groups(1).app(&SCOPE);
    let table = [
        ("limit=0", vec!["limit: expected a whole number from 1 on, found \"0\""]),
        ("limit=-1", vec!["limit: expected a whole number from 1 on, found \"-1\""]),
        ("limit=", vec!["limit: expected a whole number from 1 on, found \"\""]),
        ("limit=ten", vec!["limit: expected a whole number from 1 on, found \"ten\""]),
        ("limit=1.5", vec!["limit: expected a whole number from 1 on, found \"1.5\""]),
        ("limit=1e3", vec!["limit: expected a whole number from 1 on, found \"1e3\""]),
        ("limit=%201", vec!["limit: expected a whole number from 1 on, found \" 1\""]),
        ("limit=%D9%A1", vec!["limit: expected a whole number from 1 on, found \"١\""]),
        ("offset=-1", vec!["offset: expected a whole number from 0 on, found \"-1\""]),
        ("offset=", vec!["offset: expected a whole number from 0 on, found \"\""]),
        ("offset=x", vec!["offset: expected a whole number from 0 on, found \"x\""]),
        (
            "offset=a&limit=b",
            vec![
                "offset: expected a whole number from 0 on, found \"a\"",
                "limit: expected a whole number from 1 on, found \"b\"",
            ],
        ),
        ("limit=1&limit=2", vec!["limit: is given more than once"]),
        ("offset=0&offset=0", vec!["offset: is given more than once"]),
    ];
    for (query, messages) in table {
        let reply = app.get(&format!("groups?{query}")).await;
        let errors: Vec<Value> = messages.into_iter().map(|msg| json!({ "msg": msg, "code": 400 })).collect();
        assert_eq!(reply.told(), json!({"status": 400, "body": {"errors": errors}}), "{query}");
    }
}
