//! The audit log in the console: what is found, by what, and page by page.

use rollcall_core::policy::Scope;
use rollcall_testkit::TestRollcall;
use serde_json::json;

use super::{ADA, by_link, with_rights};

/// The numbers of the events on a page.
fn numbers(page: &str) -> Vec<u32> {
    let links = page.split("href=\"/console/audit/").skip(1);
    links.filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

#[tokio::test]
async fn events_are_found_by_time_actor_name_and_target_the_newest_first() {
    let acme = TestRollcall::new();
    let app = acme.app(&[Scope::UserManagement]);
    acme.clock.advance(24 * 3_600_000);
    let mut ada = by_link(&acme, ADA).await;
    let user = json!({"users": [{"userInfo": {"emailId": "new@acme.test"}}]});
    assert_eq!(app.post("users", &user).await.status, 200);
    let all = ada.get("/console/audit").await.text;
    let found = numbers(&all);
    assert!(found.len() > 3 && found.windows(2).all(|pair| pair[0] == pair[1] + 1), "{found:?}");
    for (query, expected, other) in [
        ("event=User+Created&actor=app+user-management", "new@acme.test", "signed in"),
        ("event=Signed+In", "signed in by a link", "new@acme.test"),
        ("actor=ada@acme.test", "signed in by a link", "new@acme.test"),
    ] {
        let page = ada.get(&format!("/console/audit?{query}")).await.text;
        assert!(page.contains(expected) && !page.contains(other), "{query}: {page}");
    }
    let day = acme.rollcall().now().to_string()[..10].to_owned();
    let today = ada.get(&format!("/console/audit?from={day}&to={day}")).await.text;
    assert!(today.contains("new@acme.test") && !today.contains("was founded"), "{today}");
    let wrong = ada.get("/console/audit?from=yesterday").await.text;
    assert!(wrong.contains("is not a time like"), "{wrong}");
    let nothing = ada.get("/console/audit?target=nobody").await.text;
    assert!(nothing.contains("No event.") && nothing.contains("All events"), "{nothing}");

    let one = ada.get(&format!("/console/audit/{}", found[0])).await.text;
    assert!(
        one.contains("new@acme.test") && one.contains("192.0.2.7") && one.contains("<th scope=\"col\">After</th>"),
        "{one}"
    );
    for unknown in ["0", "99999", "x"] {
        assert_eq!(ada.get(&format!("/console/audit/{unknown}")).await.status, 404);
    }
}

#[tokio::test]
async fn pages_of_the_log_have_every_event_once_and_the_file_too() {
    let acme = TestRollcall::new();
    let mut ada = by_link(&acme, ADA).await;
    let app = acme.app(&[Scope::UserManagement]);
    let users: Vec<_> = (0..120).map(|n| json!({"userInfo": {"emailId": format!("u{n}@acme.test")}})).collect();
    assert_eq!(app.post("users", &json!({ "users": users })).await.status, 200);
    let (mut path, mut seen) = ("/console/audit?event=User+Created&actor=app+user-management".to_owned(), Vec::new());
    loop {
        let page = ada.get(&path).await.text;
        seen.extend(numbers(&page));
        let Some(rest) = page.split("rel=\"next\" href=\"").nth(1) else { break };
        path = rest.split('"').next().expect("an end").replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!(seen.len(), 120);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]));
    let file = ada.get("/console/audit?event=User+Created&actor=app+user-management&format=csv").await;
    assert_eq!((file.text.lines().count(), file.header("content-type")), (121, "text/csv; charset=utf-8"));
}

#[tokio::test]
async fn whoever_may_not_read_the_log_does_not_and_the_first_page_does_not_tell_it() {
    let acme = TestRollcall::new();
    let mut deputy = with_rights(&acme, "deputy", &["Manage Groups"]).await;
    for path in ["/console/audit", "/console/audit/1", "/console/apps"] {
        let page = deputy.get(path).await;
        assert!(page.status == 403 && page.text.contains("none of their roles gives"), "{path}: {}", page.text);
    }
    let first = deputy.get("/console").await.text;
    assert!(!first.contains("/console/audit") && !first.contains("/console/apps"), "{first}");
    assert!(first.contains("/console/groups"), "{first}");
}

#[tokio::test]
async fn the_chain_is_checked_and_what_is_wrong_with_it_is_said() {
    let acme = TestRollcall::new();
    let mut ada = by_link(&acme, ADA).await;
    let list = ada.get("/console/audit").await.text;
    assert!(list.contains("none signed yet") && list.contains("href=\"/console/audit/check\""), "{list}");
    while acme.write(rollcall_core::audit::seal_and_sign).expect("sealing") > 0 {}
    let list = ada.get("/console/audit").await.text;
    assert!(list.contains("signed, <time datetime=") && list.contains("by the key <code>"), "{list}");
    let page = ada.get("/console/audit/check").await;
    assert!(page.status == 200 && page.text.contains("These events are as they were written."), "{}", page.text);
    assert!(page.text.contains("These are all events that are sealed") && page.text.contains("rollcall audit verify"));
    acme.database().execute("update audit_events set description = 'nothing happened' where seq = 2");
    let page = ada.get("/console/audit/check").await.text;
    assert!(page.contains("Event 2 is not as it was written.") && page.contains("altered:"), "{page}");
    assert!(!page.contains("These events are as they were written."), "{page}");
}

#[tokio::test]
async fn what_was_there_before_stands_beside_what_is_there_after() {
    let acme = TestRollcall::new();
    let mut ada = by_link(&acme, ADA).await;
    let user = |status| rollcall_core::sync::State {
        name: "Acme".into(),
        users: vec![rollcall_testkit::user("bo@acme.test", status)],
        ..Default::default()
    };
    acme.apply(user(rollcall_core::users::Status::Active)).expect("Bo");
    acme.apply(user(rollcall_core::users::Status::Suspended)).expect("Bo again");
    let found = numbers(&ada.get("/console/audit?event=User+Modified").await.text);
    let one = ada.get(&format!("/console/audit/{}", found[0])).await.text;
    let row = one.split("<tr><th scope=\"row\"><bdi>status</bdi>").nth(1).and_then(|rest| rest.split("</tr>").next());
    let row = row.unwrap_or_else(|| panic!("a row for the status: {one}"));
    let cells: Vec<&str> = row.split("<pre>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(cells, ["active", "suspended"]);
    assert!(row.starts_with(" <span class=\"tag accent\">changed</span></th>"), "{row}");
}
