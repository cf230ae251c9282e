//! Remembered lists: told again without being read again, never after anything has changed, whoever changed it; in codings,
//! each with its tag.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use rollcall_core::accounts::AccountInfo;
use rollcall_core::apps;
use rollcall_core::change::Change;
use rollcall_core::clock::Clock as _;
use rollcall_core::erasures;
use rollcall_core::op::Mode;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{self, AssignmentState, State, UserState};
use rollcall_core::users::{ProfileField, Status};
use rollcall_testkit::{Caller, TestRollcall, user};
use rollcall_web::Site;
use serde_json::{Value, json};

use crate::acme::{acme, admin_role, bot_id, bot_role, group, group_id, held, letters, state};

const SCOPES: [Scope; 4] = [Scope::UserManagement, Scope::RoleManagement, Scope::AuditLogs, Scope::EraseUsersData];

/// Every list that is remembered, in parts of which one is found again after a change of another.
const LISTS: [&str; 11] = [
    "groups",
    "groups?limit=2",
    "groups?limit=2&offset=1",
    "alluserroles",
    "alluserroles?limit=2&offset=3",
    "bots",
    "roles?roleType=admin",
    "roles?roleType=bot&limit=1",
    "roles/export?roleType=bot",
    "auditlogs",
    "auditlogs?fromDate=2020-01-01&toDate=2030-01-01",
];

/// The same caller of faces that remember nothing.
fn forgetful(app: &Caller) -> Caller {
    app.at(Site { remembered: 0, ..Site::default() })
}

async fn assert_right(app: &Caller, when: &str) {
    assert_told(app, &forgetful(app), when).await;
}

/// Compares with faces that remember nothing, of the same process or of another.
async fn assert_told(app: &Caller, forgetful: &Caller, when: &str) {
    for list in LISTS {
        // In the same order, so that both find the log sealed.
        let expected = forgetful.get(list).await;
        assert_eq!(expected.status, 200, "{list} {when}");
        // Once to remember, once to be told what is remembered.
        for _ in 0..2 {
            let told = app.get(list).await;
            assert_eq!((told.status, &told.text), (expected.status, &expected.text), "{list} {when}");
            assert_eq!(told.header("etag"), expected.header("etag"), "{list} {when}");
        }
    }
}

fn statements_of(acme: &TestRollcall, before: u64) -> u64 {
    acme.rollcall().statements() - before
}

#[tokio::test]
async fn a_list_that_was_told_before_costs_a_look_at_the_revision() {
    let acme = acme();
    let app = acme.app(&SCOPES);
    for (list, look) in [("groups", 1), ("roles?roleType=admin", 1), ("alluserroles", 2)] {
        let mut needed = Vec::new();
        for _ in 0..3 {
            let before = acme.rollcall().statements();
            assert_eq!(app.get(list).await.status, 200);
            needed.push(statements_of(&acme, before));
        }
        assert!(needed[0] > look, "{list}: {needed:?}");
        assert_eq!(needed[1..], [look; 2], "{list}");
    }
}

#[tokio::test]
async fn of_a_page_of_groups_only_those_are_read_again_that_have_changed() {
    let acme = acme();
    let app = acme.app(&SCOPES);
    app.get("groups").await;
    let mut needed = Vec::new();
    // Nobody in any group; then one of two.
    for address in ["nobody@acme.test", "lou@acme.test"] {
        let email = vec![user(address, Status::Suspended)];
        acme.apply(State { name: "Acme".into(), users: email, ..State::default() }).unwrap();
        let before = acme.rollcall().statements();
        assert_eq!(app.get("groups").await.status, 200);
        needed.push(statements_of(&acme, before));
    }
    assert_eq!(needed[1] - needed[0], 2, "children and members of the groups that have changed: {needed:?}");
}

/// Something that changes what a list tells.
type Step = (&'static str, fn(&TestRollcall, &AccountInfo));

fn apply(acme: &TestRollcall, state: State) {
    acme.apply(State { name: "Acme".into(), ..state }).expect("it is applied");
}

fn prune(acme: &TestRollcall, change: impl Fn(&mut State)) {
    let apps = acme.read(|view| sync::export(view, true)).expect("an export").apps;
    let mut whole = State { apps, ..state() };
    change(&mut whole);
    acme.rollcall().apply(acme.host(), whole, true, Mode::Real).wait().expect("it is applied");
}

/// By the host, as the command line and a directory do: whatever is shown of a group, in every way that it can change.
const STEPS: [Step; 16] = [
    ("a user is created", |acme, _| {
        apply(acme, State { users: vec![user("new@acme.test", Status::Active)], ..State::default() });
    }),
    ("a member's name changes", |acme, _| {
        let profile = vec![(ProfileField::LastName, Change::Set("Lovelace".into()))];
        let ada = UserState { profile, ..user("ada@acme.test", Status::Active) };
        apply(acme, State { users: vec![ada], ..State::default() });
    }),
    ("a member's status changes", |acme, _| {
        apply(acme, State { users: vec![user("grace@acme.test", Status::Suspended)], ..State::default() });
    }),
    ("a group gets a member", |acme, _| {
        apply(acme, State { groups: vec![group("Board", "", &["sue@acme.test"], &[])], ..State::default() });
    }),
    ("a child group is described anew", |acme, _| {
        apply(acme, State { groups: vec![group("Audit", "Those who look", &[], &[])], ..State::default() });
    }),
    ("a group gets a child", |acme, _| {
        apply(acme, State { groups: vec![group("Desk", "", &[], &["Audit"])], ..State::default() });
    }),
    ("a group is made", |acme, _| {
        apply(acme, State { groups: vec![group("Late", "", &["ada@acme.test"], &[])], ..State::default() });
    }),
    ("a group gets a role", |acme, _| {
        apply(acme, State { assignments: vec![held("Reviewer", None, &[], &["Desk"])], ..State::default() });
    }),
    ("all is as it was", |acme, _| prune(acme, |_| ())),
    ("members leave", |acme, _| prune(acme, |state| state.groups[0].members.truncate(1))),
    ("a child leaves", |acme, _| {
        prune(acme, |state| {
            state.groups[0].members.truncate(1);
            state.groups[2].groups.truncate(1);
        });
    }),
    ("a child goes", |acme, _| {
        prune(acme, |state| {
            state.groups.retain(|group| group.name != "Audit");
            state.groups[0].groups.clear();
            state.assignments[1].groups.retain(|group| group != "Audit");
        });
    }),
    ("an empty group is made", |acme, _| {
        apply(acme, State { groups: vec![group("Last", "The first of its name", &[], &[])], ..State::default() });
    }),
    ("it goes", |acme, _| prune(acme, |_| ())),
    ("another gets its number", |acme, _| {
        apply(acme, State { groups: vec![group("Last", "The second", &[], &[])], ..State::default() });
    }),
    ("a member goes", |acme, _| {
        prune(acme, |state| {
            state.users.retain(|user| user.email != "lou@acme.test");
            state.groups[3].members.clear();
        });
    }),
];

#[tokio::test]
async fn no_list_is_told_from_before_a_change_of_the_hosts() {
    let acme = acme();
    let app = acme.app(&SCOPES);
    assert_right(&app, "in the beginning").await;
    for (what, step) in STEPS {
        step(&acme, &acme.account);
        assert_right(&app, &format!("after {what}")).await;
    }
}

#[tokio::test]
async fn no_list_is_told_from_before_a_change_at_another_replica() {
    let acme = acme();
    let app = acme.app(&SCOPES);
    let other = app.on(Arc::new(acme.replica().0));
    // A third process, that reads as little as it can before it is asked.
    let fresh = || forgetful(&app.on(Arc::new(acme.replica().0)));
    let give = |role, bot: Option<String>| json!([{ "roleId": role, "botId": bot.unwrap_or_default(), "addUsers": ["lou@acme.test"] }]);
    let new = json!({ "userInfo": { "emailId": "new@acme.test" }, "groups": [group_id("Desk")] });
    let renamed = json!({ "userInfo": { "emailId": "lou@acme.test", "firstName": "Lou" } });
    let changes: [(Method, &str, Value); 7] = [
        (Method::POST, "users", json!({ "users": [new] })),
        (Method::PUT, "users", json!({ "users": [renamed] })),
        (Method::POST, "useraccess", json!({ "emailIds": ["grace@acme.test"], "isDeveloper": true })),
        (Method::POST, "adminroles/assignments", give(admin_role("Auditor"), None)),
        (Method::POST, "btroles/assignments", give(bot_role("Bot Tester"), Some(bot_id("Travel desk")))),
        (Method::DELETE, "users", json!({ "deleteEmailIds": ["sue@acme.test"] })),
        (Method::DELETE, "bot/eraseUsersData", json!({ "userIds": ["lou@acme.test"], "RemoveDataFromAllBots": true })),
    ];
    for (method, path, body) in changes {
        for caller in [&app, &other] {
            assert_right(caller, &format!("before {method} {path}")).await;
        }
        let done = other.ask(method.clone(), path, body.to_string()).await;
        // What is to be erased is erased afterwards.
        while acme.write(|op| erasures::run(op, 100)).expect("the job runs") {}
        assert!(done.status.is_success() && !done.text.contains("rror"), "{method} {path}: {}", done.text);
        for caller in [&app, &other] {
            assert_told(caller, &fresh(), &format!("after {method} {path}")).await;
        }
    }
}

#[tokio::test]
async fn no_list_is_told_from_before_an_invitation_was_accepted() {
    let acme = acme();
    let app = acme.app(&SCOPES);
    let new = json!({ "userInfo": { "emailId": "new@acme.test" }, "groups": [group_id("Desk")], "sendEmail": true });
    app.post("users", &json!({ "users": [new] })).await;
    assert_right(&app, "before").await;
    let link = format!("/activate/{}", letters(&acme).last().expect("a letter").token.expose());
    acme.visitor().ask(Method::POST, &link, Body::empty()).await;
    assert!(!app.get("groups?limit=1&offset=3").await.text.contains("inactive"));
    assert_right(&app, "after").await;
}

#[tokio::test]
async fn a_role_that_runs_out_is_told_no_more_though_nothing_was_changed() {
    let acme = acme();
    let app = acme.app(&SCOPES);
    let soon = acme.clock.now().plus_millis(1_000);
    let ending = AssignmentState { expires: Some(soon), ..held("Auditor", None, &["lou@acme.test"], &[]) };
    apply(&acme, State { assignments: vec![ending], ..State::default() });
    let has_role = async || app.get("alluserroles").await.json()["users"][4].to_string().contains("Auditor");
    assert!(has_role().await && has_role().await);
    acme.clock.advance(999);
    assert!(has_role().await);
    acme.clock.advance(1);
    assert!(!has_role().await);
    assert_right(&app, "after the role has run out").await;
}

#[tokio::test]
async fn what_is_remembered_is_for_those_alone_who_may_see_it() {
    let acme = acme();
    let app = acme.app(&SCOPES);
    for list in LISTS {
        assert_eq!(app.get(list).await.status, 200, "{list}");
    }
    let (poor, stranger) = (acme.app(&[Scope::SsoConfiguration]), acme.visitor());
    let globex = acme.found("Globex");
    let other = acme.app_of(&globex, &SCOPES);
    for list in LISTS {
        assert_eq!(
            (poor.get(list).await.status, stranger.get(list).await.status),
            (403.try_into().unwrap(), 401.try_into().unwrap()),
            "{list}"
        );
        assert!(!other.get(list).await.text.contains("acme.test"), "{list}");
    }
    let id = app.client_id().to_string();
    acme.write(move |op| apps::revoke(op, &id)).expect("it is revoked");
    for list in LISTS {
        assert_eq!(app.get(list).await.status, 401, "{list}");
    }
}

#[tokio::test]
async fn a_list_is_told_in_the_coding_that_the_client_likes_with_a_tag_of_its_own() {
    let acme = acme();
    let app = acme.app(&SCOPES);
    let plain = app.get("groups").await;
    let mut tags = vec![plain.header("etag").to_owned()];
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
    for (accepted, coding) in [("gzip", "gzip"), ("zstd", "zstd"), ("gzip, deflate, br, zstd", "zstd")] {
        let asking = app.with_header("accept-encoding", accepted);
        for _ in 0..2 {
            let told = asking.get("groups").await;
            assert_eq!((told.header("content-encoding"), told.header("vary")), (coding, "accept-encoding"));
            assert_eq!(told.text, plain.text, "{accepted}");
            tags.push(told.header("etag").to_owned());
        }
        let length = asking.ask(Method::HEAD, "groups", Body::empty()).await;
        assert_eq!((length.status.as_u16(), length.text.as_str()), (200, ""));
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3, "one for each way to write it: {tags:?}");
    for tag in &tags {
        for accepted in ["identity", "gzip", "zstd"] {
            let asking = app.with_header("if-none-match", tag.as_str()).with_header("accept-encoding", accepted);
            let reply = asking.get("groups").await;
            assert_eq!((reply.status.as_u16(), reply.text.as_str()), (304, ""), "{tag} {accepted}");
            assert_eq!(reply.header("content-encoding"), "");
        }
    }
    let (small, long) = (
        app.with_header("accept-encoding", "gzip"),
        json!({ "emailIds": ["ada@acme.test", "sam@acme.test", "lou@acme.test"] }),
    );
    assert_eq!(
        small.get("roles?roleType=bot&limit=1&offset=9").await.header("content-encoding"),
        "",
        "it is too short"
    );
    assert_eq!(small.post("usersInfo", &long).await.header("content-encoding"), "gzip", "also what is no list");
    assert_eq!(small.post("usersInfo", &json!([])).await.header("content-encoding"), "", "no refusal");
}
