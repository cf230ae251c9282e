//! `POST /btroles/assignments/`: as for admin roles, each on a bot. What both have in common is tested there.

use insta::assert_json_snapshot;
use rollcall_core::policy::Scope;
use rollcall_core::sync;
use rollcall_testkit::TestRollcall;
use serde_json::{Value, json};

use crate::acme::{acme, admin_role, bot_id, bot_role, everything};

const SCOPE: [Scope; 1] = [Scope::RoleManagement];
const PATH: &str = "btroles/assignments/";
const TESTER: &str = "Bot Tester";
const BOT: &str = "Travel desk";

/// Who holds a role on a bot of Acme directly: addresses, then names of groups.
fn holders(acme: &TestRollcall, role: &str, bot: &str) -> (Vec<String>, Vec<String>) {
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    let held = state.assignments.into_iter().find(|a| a.role == role && a.bot.as_deref() == Some(bot));
    let (mut users, mut groups) = held.map(|a| (a.users, a.groups)).unwrap_or_default();
    users.sort_unstable();
    groups.sort_unstable();
    (users, groups)
}

fn on(bot: &str, more: &Value) -> Value {
    let mut operation = json!({"roleId": bot_role(TESTER), "botId": bot_id(bot)});
    operation.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    operation
}

#[tokio::test]
async fn a_bot_role_is_given_and_taken_on_one_bot_and_said_in_the_audit_log() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = holders(&acme, TESTER, BOT);
    // As the vendor's clients send it: placeholders, and everything that there is.
    let give = on(
        BOT,
        &json!({"addUsers": ["GRACE@acme.test", ""], "removeUsers": [""], "addGroups": ["desk"], "removeGroups": [""]}),
    );
    let reply = app.post(PATH, &json!([give])).await;
    assert_json_snapshot!(reply.told(), @r#"
    {
      "status": 200,
      "body": [
        {
          "status": "success",
          "roleId": "30ad176be2c95f5caf74a91d"
        }
      ]
    }
    "#);
    let (users, groups) = holders(&acme, TESTER, BOT);
    assert!(
        users.contains(&"grace@acme.test".to_owned()) && groups.contains(&"Desk".to_owned()),
        "{users:?} {groups:?}"
    );
    let told = |limit: usize| {
        let sql = format!("select name || ': ' || description from audit_events order by id desc limit {limit}");
        acme.database().query(&sql).into_iter().flatten().flatten().collect::<Vec<_>>()
    };
    assert_eq!(
        told(2),
        [
            "Bot Role Assigned to Users: Role \"Bot Tester\" on the bot \"Travel desk\" was given to user(s) grace@acme.test",
            "Role Assigned to Groups: Role \"Bot Tester\" on the bot \"Travel desk\" was given to group(s) Desk",
        ]
    );
    let known = acme.app(&[Scope::UserManagement]).post("usersInfo", &json!({"emailIds": ["grace@acme.test"]})).await;
    let roles = known.json()[0]["roles"]["btRoles"].clone();
    assert!(roles.to_string().contains(&bot_id(BOT)), "{roles}");

    let take = on(BOT, &json!({"removeUsers": ["grace@acme.test"], "removeGroups": ["Desk"]}));
    assert_eq!(app.post(PATH, &json!([take])).await.json()[0]["status"], "success");
    assert_eq!(holders(&acme, TESTER, BOT), before);
    assert_eq!(
        told(2),
        [
            "Bot Role Deleted for Users: Role \"Bot Tester\" on the bot \"Travel desk\" was taken from user(s) grace@acme.test",
            "Role Deleted for Groups: Role \"Bot Tester\" on the bot \"Travel desk\" was taken from group(s) Desk",
        ]
    );
    acme.sealed_events();
}

#[tokio::test]
async fn a_role_on_one_bot_is_none_on_another() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    let other = state.bots.iter().map(|bot| bot.name.clone()).find(|name| name != BOT).expect("a second bot");
    let before = holders(&acme, TESTER, &other);
    let operations = json!([
        on(BOT, &json!({"addUsers": ["grace@acme.test"]})),
        on(&other, &json!({"removeUsers": ["grace@acme.test"]})),
    ]);
    assert_eq!(app.post(PATH, &operations).await.status, 200);
    assert!(holders(&acme, TESTER, BOT).0.contains(&"grace@acme.test".to_owned()));
    assert_eq!(holders(&acme, TESTER, &other), before);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_every_fault_and_changes_nothing() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    let admin = admin_role("Auditor");
    let table = [
        (
            json!({"roleId": admin, "botId": bot_id(BOT), "addUsers": ["grace@acme.test"]}),
            vec![format!("The role \"Auditor\" ({admin}) is an admin role, not a bot role")],
        ),
        (
            json!({"roleId": "64b8d1862f377730a77548c4", "botId": "st-nothing", "addUsers": ["a3q4"], "addGroups": ["Nobody"]}),
            [
                "Unknown role id 64b8d1862f377730a77548c4",
                "Unknown bot id st-nothing",
                "Unknown user a3q4",
                "Unknown group Nobody",
            ]
            .map(str::to_owned)
            .to_vec(),
        ),
        (
            on(BOT, &json!({"addUsers": ["grace@acme.test"], "removeUsers": ["grace@acme.test"]})),
            vec!["User grace@acme.test is both to be added and to be removed".to_owned()],
        ),
    ];
    for (operation, faults) in table {
        let reply = app.post(PATH, &json!([operation])).await;
        let errors = reply.json()[0]["errors"].as_array().cloned().unwrap_or_default();
        let told: Vec<_> = errors.iter().map(|e| e["msg"].as_str().expect("a message").to_owned()).collect();
        assert_eq!((reply.status.as_u16(), told), (200, faults), "{operation}");
    }
    let refused = app.post(PATH, &json!([{"roleId": bot_role(TESTER), "addUsers": ["grace@acme.test"]}])).await;
    assert_eq!((refused.status.as_u16(), refused.messages()), (400, vec!["[0].botId: is missing".to_owned()]));
    assert_eq!(everything(&acme), before);
}
