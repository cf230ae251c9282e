//! Bodies to throw at the routes: any JSON at all, and JSON that is nearly or wholly what a route takes.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::acme::{admin_role, bot_id, bot_role, dialog_id, group_id};

/// Texts that mean something to some route, and texts that mean nothing.
pub(super) fn text() -> BoxedStrategy<String> {
    let words = [
        "",
        " ",
        "ada@acme.test",
        "SAM@acme.test",
        "A-1",
        "Audit",
        "active",
        "all",
        "\u{0}",
        "x\u{301}",
        "enable",
        "oidc",
        "https://idp.example.com",
        "AAAA",
    ];
    let ids =
        [admin_role("Auditor"), admin_role("admin"), bot_role("Bot Tester"), bot_id("Travel desk"), group_id("Desk")];
    let known: Vec<String> = words.into_iter().map(str::to_owned).chain(ids).collect();
    prop_oneof![3 => select(known), 1 => any::<String>()].boxed()
}

/// Keys that some route reads, and others.
fn key() -> BoxedStrategy<String> {
    const KNOWN: [&str; 36] = [
        "users",
        "userInfo",
        "emailId",
        "orgUserId",
        "firstName",
        "groups",
        "roles",
        "roleId",
        "botId",
        "streamId",
        "assignBotTasks",
        "dialogs",
        "canCreateBot",
        "isDeveloper",
        "sendEmail",
        "emailIds",
        "orgUserIds",
        "status",
        "Status",
        "addUsers",
        "removeUsers",
        "addGroups",
        "removeGroups",
        "addTo",
        "removeFrom",
        "deleteEmailIds",
        "hasDataTableAndViewAccess",
        "userIds",
        "botIds",
        "RemoveDataFromAllBots",
        "SSO_Authentication",
        "SSOProtocol",
        "IssuerURL",
        "Certificate",
        "SAMLAttributeMapping",
        "AttributeMapping",
    ];
    prop_oneof![9 => select(&KNOWN[..]).prop_map(str::to_owned), 1 => any::<String>()].boxed()
}

/// Any JSON.
pub(super) fn value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        2 => any::<bool>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        6 => text().prop_map(Value::from),
    ];
    let object = |pairs: Vec<(String, Value)>| Value::Object(pairs.into_iter().collect::<Map<_, _>>());
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..6).prop_map(object),
        ]
    })
    .boxed()
}

/// Mostly one of these, sometimes any text.
fn mostly(known: Vec<String>) -> BoxedStrategy<String> {
    prop_oneof![12 => select(known), 1 => text()].boxed()
}

fn few<T: Strategy>(of: T) -> impl Strategy<Value = Vec<T::Value>> {
    prop::collection::vec(of, 0..3)
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn role() -> BoxedStrategy<Value> {
    prop_oneof![
        4 => Just(json!({"roleId": admin_role("Auditor")})),
        4 => Just(json!({"roleId": bot_role("Bot Tester"), "botId": bot_id("Travel desk")})),
        1 => (text(), prop::option::of(text())).prop_map(|(role, bot)| json!({"roleId": role, "botId": bot})),
    ]
    .boxed()
}

fn task() -> BoxedStrategy<Value> {
    let dialogs = prop::option::of(few(mostly(vec![dialog_id("Travel desk", "Book a flight")])));
    let task = |(bot, dialogs)| json!({"streamId": bot, "dialogs": dialogs});
    (mostly(vec![bot_id("Travel desk")]), dialogs).prop_map(task).boxed()
}

fn group_ids() -> BoxedStrategy<String> {
    mostly(vec![group_id("Audit"), group_id("Desk")])
}

fn person() -> BoxedStrategy<String> {
    mostly(names(&["ada@acme.test", "grace@acme.test", "sam@acme.test", "lou@acme.test", "n1@acme.test", ""]))
}

/// The body of a call that changes, removes or gives access to users.
fn nearly_changes() -> BoxedStrategy<Value> {
    let flag = || prop::option::of(any::<bool>());
    let both = |one, other| json!({"addTo": one, "removeFrom": other});
    let groups =
        prop::option::of((few(group_ids()), few(group_ids())).prop_map(move |(a, b)| both(json!(a), json!(b))));
    let admin = || prop_oneof![3 => role(), 1 => Just(json!({"roleId": admin_role("admin")}))];
    let roles = prop::option::of((few(role()), few(admin())).prop_map(move |(a, b)| both(json!(a), json!(b))));
    let tasks = prop::option::of(few(prop_oneof![4 => task(), 1 => Just(json!({}))]));
    let texts = (prop::option::of(text()), prop_oneof![4 => text().prop_map(Value::from), 1 => value()]);
    let user = (person(), texts, groups, roles, tasks, flag(), flag());
    let user = user.prop_map(|(email, (name, other), groups, roles, tasks, creates, develops)| {
        json!({
            "userInfo": {"emailId": email, "firstName": name, "city": other}, "groups": groups, "roles": roles,
            "assignBotTasks": tasks, "canCreateBot": creates, "isDeveloper": develops,
        })
    });
    let changes = prop::collection::vec(user, 1..4).prop_map(|users| json!({ "users": users }));
    let removals =
        (few(person()), few(text())).prop_map(|(emails, ids)| json!({"deleteEmailIds": emails, "orgUserIds": ids}));
    let access = (few(person()), flag(), flag(), flag()).prop_map(|(emails, creates, develops, tables)| {
        json!({
            "emailIds": emails, "canCreateBot": creates, "isDeveloper": develops, "hasDataTableAndViewAccess": tables,
        })
    });
    prop_oneof![3 => changes, 1 => removals, 2 => access].boxed()
}

/// The body of one of the calls: often one that is done, else with something in it that is not.
pub(super) fn nearly() -> BoxedStrategy<Value> {
    let new = || (0..500_u16).prop_map(|n| format!("n{n}@acme.test"));
    let other = prop_oneof![9 => text().prop_map(Value::from), 1 => value()];
    let email = prop_oneof![9 => new(), 1 => text()];
    let id = prop_oneof![3 => Just(String::new()), 1 => new(), 1 => text()];
    let user = (email, id, few(group_ids()), few(role()), few(task()), other).prop_map(
        |(email, id, groups, roles, tasks, other)| {
            json!({
                "userInfo": {"emailId": email, "orgUserId": id, "lastName": other},
                "groups": groups, "roles": roles, "assignBotTasks": tasks,
            })
        },
    );
    let users = prop::collection::vec(user, 1..4).prop_map(|users| json!({ "users": users }));
    let info = (few(person()), few(person()), text())
        .prop_map(|(emails, ids, status)| json!({"emailIds": emails, "orgUserIds": ids, "status": status}));
    let roles = mostly(vec![admin_role("Auditor"), admin_role("Reviewer"), admin_role("admin")]);
    let group = || mostly(names(&["Audit", "risk", "Desk", ""]));
    let operation = (roles, few(person()), few(person()), few(group()), few(group())).prop_map(|(role, a, b, c, d)| {
        json!({"roleId": role, "addUsers": a, "removeUsers": b, "addGroups": c, "removeGroups": d})
    });
    let operations = prop::collection::vec(operation, 0..4).prop_map(Value::from);
    let sso = (mostly(names(&["enable", "update"])), text(), prop::option::of(value())).prop_map(|(word, issuer, more)| {
        json!({
            "SSO_Authentication": word, "SSOProtocol": "oidc", "IssuerURL": format!("https://idp.example.com/{issuer}"),
            "SAMLAttributeMapping": more.is_some(), "SyncBehaviour": "AddNew_RetainExisting", "AttributeMapping": more,
        })
    });
    let erasure = (few(person()), few(mostly(vec![bot_id("Travel desk")])), any::<bool>())
        .prop_map(|(users, bots, all)| json!({"userIds": users, "botIds": bots, "RemoveDataFromAllBots": all}));
    prop_oneof![3 => users, 1 => info, 3 => operations, 4 => nearly_changes(), 1 => sso, 1 => erasure].boxed()
}
