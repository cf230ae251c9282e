//! The pages of roles: found, looked at, made, changed, given, taken and removed.

use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{BotState, RoleState, State};
use rollcall_core::users::Status;
use rollcall_core::{bots::Audience, change::Change};
use rollcall_testkit::{TestRollcall, user};
use serde_json::{Value, json};

use super::person::{Person, between, faults, first_column, given, group, id_of, role_id, said, state};

fn role(kind: RoleKind, name: &str, words: &Value) -> RoleState {
    let permissions = words.as_object().cloned();
    RoleState { id: None, ref_id: None, kind, name: name.into(), description: None, permissions }
}

pub(super) fn bot(name: &str) -> BotState {
    BotState {
        id: None,
        name: name.into(),
        description: None,
        owner: Change::Keep,
        published: Some(true),
        audience: Some(Audience::Enterprise),
        dialogs: Vec::new(),
    }
}

fn with_roles() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.apply(State {
        users: ["ada@acme.test", "bo@acme.test"].map(|email| user(email, Status::Active)).into(),
        roles: vec![
            role(RoleKind::Admin, "Auditor", &json!({"View and Run Audit Reports": "YES", "Else": {"x": "<b>"}})),
            role(RoleKind::Bot, "Mender", &json!({"Tasks": "VIEW"})),
        ],
        groups: vec![group("Staff", &["bo@acme.test"], &[])],
        bots: vec![bot("Leave"), bot("Pay")],
        assignments: vec![given("Auditor", None, &["ada@acme.test"], &[])],
        ..state()
    })
    .expect("roles");
    acme
}

#[tokio::test]
async fn roles_are_listed_filtered_and_had_as_a_file() {
    let acme = with_roles();
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let all = first_column(&root.get("/console/roles").await);
    assert_eq!(all, ["admin", "Auditor", "Bot Developer", "Bot Owner", "Bot Tester", "Mender"]);
    assert_eq!(first_column(&root.get("/console/roles?custom=1&sort=-name").await), ["Mender", "Auditor"]);
    assert_eq!(first_column(&root.get("/console/roles?kind=admin&q=A").await), ["admin", "Auditor"]);
    let file = root.get("/console/roles?custom=1&format=csv").await;
    let lines: Vec<&str> = file.text.lines().map(|line| line.split_once(',').expect("columns").1).collect();
    assert!(lines[1].starts_with("Auditor,admin,no,,View and Run Audit Reports,1,"), "{lines:?}");
    assert!(root.get("/console/roles?q=nowhere").await.text.contains("No role is as you asked for."));
}

#[tokio::test]
async fn a_role_is_made_changed_and_removed() {
    let acme = with_roles();
    let mut rita = Person::with(&acme, "rita", &["Manage Custom Admin Roles", "Invite"]).await;
    let form = rita.get("/console/roles/new?kind=admin").await;
    assert_eq!(form.text.matches("type=\"radio\"").count(), 40, "YES and NO for each key");
    assert_eq!(form.text.matches("value=\"NO\" checked").count(), 20);
    let said_of = [("name", "Greeter"), ("description", "Says hello"), ("word:Invite", "YES")];
    let (at, page) = rita.does("/console/roles/new?kind=admin", &said_of).await;
    assert_eq!(said(&page), "The role Greeter is made. Now give it to somebody.");
    assert!(
        page.text.contains("<th scope=\"row\">Invite</th><td><span class=\"tag good\">YES</span>"),
        "{}",
        page.text
    );
    let edit = rita.get(&format!("{at}/edit")).await;
    assert_eq!(edit.text.matches(" checked").count(), 20);
    let (_, page) = rita.does(&format!("{at}/edit"), &[("name", "Host"), ("word:Invite", "NO")]).await;
    assert_eq!(said(&page), "The role Host is changed.");
    assert!(page.text.contains("<th scope=\"row\">Invite</th><td><span class=\"soft\">NO</span>"));
    let asked = rita.get(&format!("{at}/remove")).await;
    assert!(asked.text.contains("Remove the role Host?") && asked.text.contains("0 users, 0 groups"), "{}", asked.text);
    let (to, page) = rita.does(&format!("{at}/remove"), &[]).await;
    assert_eq!((to.as_str(), said(&page).as_str()), ("/console/roles", "The role Host is removed."));
    assert_eq!(rita.get(&at).await.status, 404);
}

#[tokio::test]
async fn nobody_makes_or_mends_a_role_that_gives_what_they_lack() {
    let acme = with_roles();
    let mut rita = Person::with(&acme, "rita", &["Manage Custom Admin Roles"]).await;
    let before = acme.snapshot();
    let words = [("name", "Over"), ("word:API Scopes", "YES")];
    let refused = rita.post("/console/roles/new?kind=admin", &words).await;
    assert_eq!(refused.status, 403);
    assert!(faults(&refused)[0].contains("API Scopes"), "{:?}", faults(&refused));
    let kept = between(&refused.text, "aria-label=\"API Scopes\"", "</div>");
    assert!(kept.contains("value=\"YES\" checked"), "what was chosen stays chosen: {kept}");
    for name in ["Auditor", "Role of rita"] {
        let path = format!("/console/roles/{}/edit", role_id(&acme, name));
        assert_eq!(rita.post(&path, &words).await.status, 403, "{name}");
    }
    assert_eq!(rita.post("/console/roles/new?kind=bot", &[("name", "On bots")]).await.status, 403);
    assert_eq!(acme.snapshot(), before);
}

#[tokio::test]
async fn every_fault_stands_beside_its_field() {
    let acme = with_roles();
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let before = acme.snapshot();
    let fields = [("name", "admin"), ("word:Invite", "MAYBE")];
    let wrong = root.post("/console/roles/new?kind=admin", &fields).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(faults(&wrong), ["\"admin\" is the name of a built-in role", "\"MAYBE\" is none of YES, NO"]);
    assert_eq!(acme.snapshot(), before);
}

#[tokio::test]
async fn built_in_roles_are_shown_as_text_and_stay() {
    let acme = with_roles();
    let mut root = Person::everything(&acme, "root@acme.test").await;
    for name in ["admin", "Bot Owner"] {
        let at = format!("/console/roles/{}", role_id(&acme, name));
        let page = root.get(&at).await;
        assert!(!page.text.contains("type=\"radio\"") && !page.text.contains(&format!("{at}/edit")), "{name}");
        assert_eq!(root.post(&format!("{at}/edit"), &[("name", "x")]).await.status, 409, "{name}");
        assert_eq!(root.post(&format!("{at}/remove"), &[]).await.status, 409, "{name}");
    }
    let auditor = root.get(&format!("/console/roles/{}", role_id(&acme, "Auditor"))).await;
    assert!(
        auditor.text.contains("<code>{&#34;x&#34;:&#34;&#60;b&#62;&#34;}</code>"),
        "what no catalogue knows, as text"
    );
}

#[tokio::test]
async fn a_role_is_given_and_taken_and_either_is_undone() {
    let acme = with_roles();
    let rights = ["Manage Custom Admin Roles", "View and Run Audit Reports"];
    let mut rita = Person::with(&acme, "rita", &rights).await;
    let at = format!("/console/roles/{}", role_id(&acme, "Auditor"));
    let fields = [("users", "BO@acme.test"), ("groups", "staff\n"), ("until", "2026-02-01T10:30")];
    let (_, page) = rita.does(&format!("{at}/give"), &fields).await;
    assert_eq!(said(&page), "bo@acme.test, Staff got the role Auditor.");
    assert_eq!(first_column(&page), ["ada@acme.test", "bo@acme.test", "Staff"]);
    assert!(
        page.text.contains("datetime=\"2026-02-01T10:30:00") && page.text.contains("(2 users, one group)"),
        "{}",
        page.text
    );
    assert_eq!(rita.undo(&page).await, "The role Auditor was taken from bo@acme.test, Staff.");
    let (_, page) = rita.does(&format!("{at}/give"), &fields).await;
    assert!(said(&page).contains("got the role"));
    let staff = id_of(&acme, "groups", "Staff");
    let (_, page) = rita.does(&format!("{at}/take"), &[("groups", &staff)]).await;
    assert_eq!(said(&page), "The role Auditor was taken from Staff.");
    assert_eq!(rita.undo(&page).await, "Staff got the role Auditor.");
    let page = rita.get(&at).await;
    let given = page.text.split("<section id=\"who\">").next().expect("a part");
    assert_eq!(given.matches("datetime=\"2026-02-01T10:30:00").count(), 2, "until when it was");
    let (_, page) = rita.does(&format!("{at}/take"), &[("users", "ada@acme.test"), ("bot", "")]).await;
    assert_eq!(said(&page), "The role Auditor was taken from ada@acme.test.");
    let file = rita.get(&format!("{at}?format=csv&q=acme.test")).await;
    assert_eq!(file.text.lines().count(), 2, "exactly what is filtered: {}", file.text);
}

#[tokio::test]
async fn a_bot_role_is_given_on_a_bot_and_shown_with_it() {
    let acme = with_roles();
    let mut bea = Person::with(&acme, "bea", &["Manage Bot Roles"]).await;
    let at = format!("/console/roles/{}", role_id(&acme, "Mender"));
    let wrong = bea.post(&format!("{at}/give"), &[("users", "bo@acme.test no@acme.test"), ("until", "soon")]).await;
    assert_eq!((wrong.status.as_u16(), faults(&wrong).len()), (422, 1), "{:?}", faults(&wrong));
    let wrong = bea.post(&format!("{at}/give"), &[("users", "bo@acme.test no@acme.test")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(
        faults(&wrong),
        ["the role \"Mender\" is a bot role: choose on which bot", "no user has the address \"no@acme.test\""]
    );
    let pay = id_of(&acme, "bots", "Pay");
    let (_, page) = bea.does(&format!("{at}/give"), &[("users", "bo@acme.test"), ("bot", &pay)]).await;
    assert!(page.text.contains(&format!("<a href=\"/console/bots/{pay}\"><bdi>Pay</bdi></a>")));
    assert_eq!(bea.undo(&page).await, "The role Mender was taken from bo@acme.test.");
    let over = bea.post(&format!("{at}/give"), &[("users", "ada@acme.test"), ("bot", &pay)]).await;
    assert!(faults(&over)[0].contains("who has rights that they do not have themselves"), "{:?}", faults(&over));
    let auditor = format!("/console/roles/{}/give", role_id(&acme, "Auditor"));
    assert_eq!(bea.post(&auditor, &[("users", "bea@acme.test")]).await.status, 403);
}

#[tokio::test]
async fn the_last_admin_stays() {
    let acme = TestRollcall::new();
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let at = format!("/console/roles/{}", role_id(&acme, "admin"));
    let refused = root.post(&format!("{at}/take"), &[("users", "root@acme.test")]).await;
    assert_eq!((refused.status.as_u16(), faults(&refused).len()), (409, 1), "{:?}", faults(&refused));
}

#[tokio::test]
async fn what_is_not_there_or_not_theirs_is_not_found() {
    let acme = with_roles();
    acme.found("Other");
    let theirs =
        State { name: "Other".into(), roles: vec![role(RoleKind::Admin, "Theirs", &json!({}))], ..State::default() };
    acme.apply(theirs).expect("a role");
    let mut root = Person::everything(&acme, "root@acme.test").await;
    for id in [id_of(&acme, "roles", "Theirs").as_str(), "nonsense"] {
        for end in ["", "/edit", "/remove"] {
            assert_eq!(root.get(&format!("/console/roles/{id}{end}")).await.status, 404, "{id}{end}");
        }
        for end in ["edit", "remove", "give", "take"] {
            let fields = [("name", "x"), ("users", "ada@acme.test")];
            assert_eq!(root.post(&format!("/console/roles/{id}/{end}"), &fields).await.status, 404, "{id} {end}");
        }
    }
}
