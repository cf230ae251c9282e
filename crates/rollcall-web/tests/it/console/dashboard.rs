//! The first page: what wants looking after, each with where; and on the page of a user what happened to them last.

use rollcall_core::mail;
use rollcall_core::policy::Scope;
use rollcall_core::sync::State;
use rollcall_core::users::Status;
use rollcall_testkit::{TestRollcall, user};
use serde_json::json;

use super::person::{Person, between, state};

const DAY: i64 = 24 * 3_600_000;

/// What is to be looked after, as people read it, and where it leads.
async fn warnings(person: &mut Person) -> Vec<(String, String)> {
    let page = person.get("/console").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let part = between(&page.text, "<h2>To look after</h2>", "</main>");
    let part = part.split("<h2>").next().unwrap_or_default();
    let lines = part.split("<li><a href=\"").skip(1).map(|line| {
        let (to, rest) = line.split_once("\">").expect("an address");
        (between(rest, "", "</a>").to_owned(), to.replace("&#38;", "&"))
    });
    lines.collect()
}

#[tokio::test]
async fn whoever_waits_is_told_of_on_the_first_page() {
    let acme = TestRollcall::new();
    let app = acme.app(&[Scope::UserManagement]);
    let everything = || Person::everything(&acme, "root@acme.test");
    let quiet = warnings(&mut everything().await).await;
    assert_eq!(quiet, []);
    acme.apply(State { users: vec![user("lo@acme.test", Status::Locked)], ..state() }).expect("somebody is locked");
    for (name, wait) in [("one", 2 * DAY), ("two", 2 * DAY)] {
        let new = json!({"users": [{"userInfo": {"emailId": format!("{name}@acme.test")}}]});
        assert_eq!(app.post("users", &new).await.status, 200);
        acme.clock.advance(wait);
    }
    let due = acme.read(|view| mail::due(view, 10)).expect("letters");
    assert_eq!(due.len(), 2);
    let failed = vec![(due[0].id, due[0].attempts, "no route to host".to_owned())];
    acme.write(move |op| mail::settle(op, &[], &failed)).expect("one could not be delivered");
    let expected = |lines: &[(&str, &str)]| -> Vec<_> {
        lines.iter().map(|(text, to)| ((*text).to_owned(), (*to).to_owned())).collect()
    };
    let invited = "/console/users?status=invited&sort=created";
    let locked = ("One user is locked out", "/console/users?status=locked");
    let failing = ("One letter could not be delivered so far", "/console/settings");
    let letters = ("2 letters wait to be delivered", "/console/settings");
    let unsealed =
        ("Events have waited for more than ten minutes to be sealed: is the server at work?", "/console/audit");
    let waiting = ("One invitation has waited for more than three days", invited);
    let told = warnings(&mut everything().await).await;
    assert_eq!(told, expected(&[locked, waiting, failing, letters, unsealed]));
    // Sealed, and later: one is over, the other waits.
    acme.sealed_events();
    acme.clock.advance(12 * DAY);
    let over = ("One invitation was not used in its time: send another one", invited);
    let told = warnings(&mut everything().await).await;
    assert_eq!(told, expected(&[locked, over, waiting, failing, letters]));
    // Whoever sees no users and no log is told nothing of them.
    let told = warnings(&mut Person::with(&acme, "ida", &["API Scopes"]).await).await;
    assert_eq!(told, []);
}

#[tokio::test]
async fn the_page_of_a_user_tells_what_happened_to_them_last() {
    let acme = TestRollcall::new();
    acme.apply(State { users: vec![user("bo@acme.test", Status::Active)], ..state() }).expect("Bo");
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let rows = acme.database().query("select public_id from users where email = 'bo@acme.test'");
    let at = format!("/console/users/{}", rows[0][0].as_deref().expect("an id"));
    for action in ["suspend", "reactivate", "suspend", "reactivate", "suspend"] {
        assert_eq!(root.post(&at, &[("action", action)]).await.status, 303, "{action}");
    }
    acme.sealed_events();
    let page = root.get(&at).await;
    let part = between(&page.text, "<h2>What happened last</h2>", "<p><a href=\"/console/audit?target=");
    assert_eq!(part.matches("<li><a href=\"/console/audit/").count(), 5, "no more than a few: {part}");
    assert!(
        part.contains("User bo@acme.test was changed")
            && part.contains("<bdi>root@acme.test</bdi>")
            && !part.contains("created"),
        "{part}"
    );
    let mut mona = Person::with(&acme, "mona", &["Manage Users"]).await;
    let page = mona.get(&at).await;
    assert!(page.status == 200 && !page.text.contains("What happened last"), "only for whoever may see the log");
}
