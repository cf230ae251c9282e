//! What is exported here and imported elsewhere is exported there as it was, whatever the permissions are; and what is
//! imported where it came from changes nothing.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use rollcall_core::policy::Scope;
use rollcall_testkit::{Caller, TestRollcall};
use serde_json::{Map, Value, json};

use crate::form::uploaded;

/// Any JSON, numbers with all their digits.
fn value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        select(vec!["YES", "FULL", "NO"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..3)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
    .boxed()
}

/// A permission: a known one with one of its words, in either form, or an unknown one with anything.
fn permission(kind: &'static str) -> BoxedStrategy<(String, Value)> {
    let (keys, words) = match kind {
        "admin" => (vec!["Invite", "Single Sign On", "Domain Management"], vec!["YES", "NO"]),
        _ => (vec!["Tasks", "Testing", "Storyboard"], vec!["FULL", "VIEW", "NO"]),
    };
    let known = (select(keys), select(words), any::<bool>())
        .prop_map(|(key, word, is_list)| (key.to_owned(), if is_list { json!([word]) } else { json!(word) }));
    prop_oneof![2 => known, 1 => (any::<String>().prop_map(|key| format!("own {key}")), value())].boxed()
}

/// Roles with names and references of their own; some without a reference.
fn roles(kind: &'static str) -> impl Strategy<Value = Value> {
    let permissions = prop::collection::vec(permission(kind), 0..6)
        .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>()));
    let role = ("[a-zA-Z\u{e9}\u{5d0}\u{1f980}' ]{0,8}", "[ -~]{0,12}", permissions, prop::option::of(0..20_u8));
    prop::collection::vec(role, 0..8).prop_map(|roles| {
        let roles = roles.into_iter().enumerate().map(|(n, (name, description, permissions, reference))| {
            let reference = reference.map(|reference| format!("r-{n}-{reference}"));
            json!({"role": format!("{n} {name}"), "rDesc": description, "permissions": permissions, "refId": reference})
        });
        roles.collect()
    })
}

async fn import(app: &Caller, kind: &str, roles: &[u8]) -> (u16, Value) {
    let file = uploaded(app, roles).await;
    let reply = app.post(&format!("roles/import?roleType={kind}&fullImport=true"), &json!({ "fileId": file })).await;
    (reply.status.as_u16(), reply.json())
}

async fn export(app: &Caller, kind: &str) -> String {
    app.get(&format!("roles/export?roleType={kind}")).await.text
}

/// What two accounts can have in common: no ids, nor the references of roles that each account has from the start.
fn comparable(export: &str) -> Vec<Value> {
    let mut roles: Vec<Value> = serde_json::from_str(export).expect("a list");
    for role in &mut roles {
        let built_in = ["admin", "Bot Owner", "Bot Developer", "Bot Tester"].iter().any(|name| role["role"] == *name);
        let role = role.as_object_mut().expect("an object");
        role.shift_remove("_id");
        if built_in {
            role.shift_remove("refId");
        }
    }
    roles.sort_by_key(|role| role["role"].as_str().map(str::to_owned));
    roles
}

fn round_trip(kind: &'static str) {
    let acme = TestRollcall::new();
    let here = acme.app(&[Scope::RoleManagement]);
    let there = acme.app_of(&acme.found("Beta"), &[Scope::RoleManagement]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    proptest!(config, |(roles in roles(kind))| runtime.block_on(async {
        let (status, told) = import(&here, kind, roles.to_string().as_bytes()).await;
        prop_assert_eq!(status, 200, "{}", told);
        let exported = export(&here, kind).await;
        for (wanted, told) in roles.as_array().expect("a list").iter().zip(told.as_array().expect("a list")) {
            prop_assert_eq!(wanted["role"].as_str().map(str::trim), told["role"].as_str());
            for (key, value) in wanted["permissions"].as_object().expect("an object").iter().filter(|(key, _)| key.starts_with("own ")) {
                prop_assert_eq!(&told["permissions"][key], value, "verbatim: {}", key);
            }
        }
        let (status, told) = import(&there, kind, exported.as_bytes()).await;
        prop_assert_eq!(status, 200, "{}", told);
        prop_assert_eq!(comparable(&export(&there, kind).await), comparable(&exported));
        let events = "select count(*) from audit_events where category = 'Role Management'";
        let before = acme.database().number(events);
        let (status, told) = import(&here, kind, exported.as_bytes()).await;
        prop_assert_eq!(status, 200, "{}", told);
        prop_assert_eq!((export(&here, kind).await, acme.database().number(events)), (exported, before));
        Ok(())
    })?);
}

#[test]
fn admin_roles_come_back_as_they_went() {
    round_trip("admin");
}

#[test]
fn bot_roles_come_back_as_they_went() {
    round_trip("bot");
}
