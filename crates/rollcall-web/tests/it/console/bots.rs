//! The pages of bots: found, looked at, and who may do what with one.

use rollcall_core::change::Change;
use rollcall_core::sync::{BotState, DialogState, State, TaskState, UserState};
use rollcall_core::users::Status;
use rollcall_testkit::{TestRollcall, user};

use super::person::{Person, faults, first_column, given, group, id_of, role_id, said, state};
use super::roles::bot;

fn with_bots() -> TestRollcall {
    let acme = TestRollcall::new();
    let dialogs = ["Ask", "Cancel"].map(|name| DialogState { id: None, name: name.into() }).into();
    let task = |dialogs| TaskState { bot: "Leave".into(), dialogs };
    acme.apply(State {
        users: vec![
            UserState { tasks: Some(vec![task(Some(vec!["Ask".into()]))]), ..user("ada@acme.test", Status::Active) },
            UserState { tasks: Some(vec![task(None)]), ..user("bo@acme.test", Status::Active) },
        ],
        groups: vec![group("Staff", &["bo@acme.test"], &[])],
        bots: vec![
            BotState { dialogs, owner: Change::Set("bo@acme.test".into()), ..bot("Leave") },
            BotState { published: Some(false), ..bot("Pay <i>") },
        ],
        assignments: vec![given("Bot Tester", Some("Leave"), &["ada@acme.test"], &["Staff"])],
        ..state()
    })
    .expect("bots");
    acme
}

#[tokio::test]
async fn bots_are_listed_filtered_and_had_as_a_file() {
    let acme = with_bots();
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let all = root.get("/console/bots").await;
    assert_eq!(first_column(&all), ["Leave", "Pay <i>"]);
    assert!(all.text.contains("<bdi>bo@acme.test</bdi>") && !all.text.contains("<i>"));
    assert_eq!(first_column(&root.get("/console/bots?sort=-name").await), ["Pay <i>", "Leave"]);
    assert_eq!(first_column(&root.get("/console/bots?published=0").await), ["Pay <i>"]);
    assert_eq!(first_column(&root.get("/console/bots?q=LEA&audience=enterprise").await), ["Leave"]);
    let file = root.get("/console/bots?published=1&format=csv").await;
    assert_eq!(file.text.lines().count(), 2);
    assert!(root.get("/console/bots?q=nowhere").await.text.contains("No bot is as you asked for."));
    let empty = TestRollcall::new();
    let mut nobody = Person::everything(&empty, "root@acme.test").await;
    assert!(nobody.get("/console/bots").await.text.contains("rollcall apply account.yaml"));
}

#[tokio::test]
async fn a_bot_shows_roles_and_tasks_and_roles_are_given_on_it() {
    let acme = with_bots();
    let mut bea = Person::with(&acme, "bea", &["Manage Bot Roles"]).await;
    let at = format!("/console/bots/{}", id_of(&acme, "bots", "Leave"));
    let page = bea.get(&at).await;
    assert_eq!(first_column(&page), ["ada@acme.test", "Staff"]);
    for part in ["<bdi>Ask</bdi>", "<bdi>Cancel</bdi>", "All, also those to come", "<bdi>bo@acme.test</bdi>"] {
        assert!(page.text.contains(part), "{part}");
    }
    let none = bea.post(&format!("{at}/give"), &[("users", "bo@acme.test")]).await;
    assert_eq!((none.status.as_u16(), faults(&none)), (422, vec!["Choose a role.".to_owned()]));
    let owner = role_id(&acme, "Bot Owner");
    let (_, page) = bea.does(&format!("{at}/give"), &[("users", "bo@acme.test"), ("role", &owner)]).await;
    assert_eq!(said(&page), "bo@acme.test got the role Bot Owner.");
    assert_eq!(first_column(&page).len(), 3);
    assert_eq!(bea.undo(&page).await, "The role Bot Owner was taken from bo@acme.test.");
    let tester = role_id(&acme, "Bot Tester");
    let staff = id_of(&acme, "groups", "Staff");
    let (_, page) = bea.does(&format!("{at}/take"), &[("groups", &staff), ("role", &tester)]).await;
    assert_eq!(said(&page), "The role Bot Tester was taken from Staff.");
    let file = bea.get(&format!("{at}?format=csv")).await;
    assert_eq!(file.text.lines().count(), 2);
    let admin = role_id(&acme, "admin");
    let refused = bea.post(&format!("{at}/give"), &[("users", "bea@acme.test"), ("role", &admin)]).await;
    assert_eq!(refused.status, 422, "an admin role takes no bot: {:?}", faults(&refused));
}

#[tokio::test]
async fn who_may_see_bots_alone_sees_nobody_on_them() {
    let acme = with_bots();
    let mut eve = Person::with(&acme, "eve", &["Enterprise Bots"]).await;
    let at = format!("/console/bots/{}", id_of(&acme, "bots", "Leave"));
    for path in [at.clone(), "/console/bots".into(), format!("{at}?format=csv"), "/console/bots?format=csv".into()] {
        let page = eve.get(&path).await;
        assert_eq!(page.status, 200);
        for hidden in ["ada@acme.test", "bo@acme.test", "Staff"] {
            assert!(!page.text.contains(hidden), "{path}: {hidden}");
        }
    }
    let fields = [("users", "eve@acme.test"), ("role", "x")];
    assert_eq!(eve.post(&format!("{at}/give"), &fields).await.status, 403);
}

#[tokio::test]
async fn what_is_not_there_or_not_theirs_is_not_found() {
    let acme = with_bots();
    acme.found("Other");
    acme.apply(State { name: "Other".into(), bots: vec![bot("Theirs")], ..State::default() }).expect("a bot");
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let tester = role_id(&acme, "Bot Tester");
    for id in [id_of(&acme, "bots", "Theirs").as_str(), "nonsense"] {
        assert_eq!(root.get(&format!("/console/bots/{id}")).await.status, 404);
        let fields = [("users", "ada@acme.test"), ("role", tester.as_str())];
        let refused = root.post(&format!("/console/bots/{id}/give"), &fields).await;
        assert_eq!(refused.status, 404, "its page is not there either");
    }
}
