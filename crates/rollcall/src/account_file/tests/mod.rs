//! Tests of account files as a whole; those of a single part stand beside it.

mod demo;
mod faults;
mod round_trip;

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

/// The example of the format's description.
const EXAMPLE: &str = r#"rollcall: 1
account: { name: Acme }
bots:
  - name: Travel desk
    published: true
    audience: enterprise
    dialogs: [{ name: Book a flight }]
    owner: ada@acme.test
roles:
  - { kind: admin, name: Auditor, description: Reads the audit log, permissions: { View and Run Audit Reports: "YES" } }
users:
  - { email: ada@acme.test, firstName: Ada, lastName: Obi, orgUserId: A-1, status: active }
  - { email: sam@acme.test, firstName: Sam, status: not active, canCreateBot: false }
groups:
  - { name: Audit, description: Audit Team, members: [ada@acme.test], groups: [] }
  - { name: Everyone in risk, members: [], groups: [Audit] }
assignments:
  - { role: admin, users: [ada@acme.test] }
  - { role: Auditor, groups: [Audit] }
  - { role: Bot Developer, bot: Travel desk, users: [sam@acme.test], groups: [Audit] }
apps:
  - { name: ci, scopes: [user-management, role-management] }
"#;

/// Everything else that can be said, and null where it can be.
const REST: &str = r##"
assignments:
  - {role: admin, users: , groups: null, expires: ~}
  - {role: Auditor, users: [], expires: 2026-11-21T09:00:00.5+01:00}
apps:
  - {name: ci, clientId: cs-06b41cdd-7678-5394-b958-40ca5662f502, clientSecret: "#1", algorithm: HS512, enforceJti: true, expires: 2027-01-01T01:00:00+01:00}
  - {name: turning, credentials: [{clientSecret: old, expires: 2026-12-01T00:00:00Z}, {clientSecret: new, expires: null}], enforceJwe: false, expires: ~}
  - name: signer
    algorithm: RS256
    publicKey: |
KEY
users:
  - email: ada@acme.test
    id: u-06b41cdd-7678-5394-b958-40ca5662f502
    zip: 02139
    suiteNo: 1e3
    state: "true"
    jTitle:
    profColour: ""
    orgUserId: null
    isDeveloper: true
    dataTables: false
    status: inactive
    tasks: [{bot: B}, {bot: C, dialogs: []}, {bot: D, dialogs: [x]}]
  - {email: sam@acme.test, tasks: null}
roles:
  - kind: bot
    name: R
    id: 5d9d920dabdc1e6e8ec99342
    refId: 7
    description: null
    permissions: {a: YES, b: true, c: null, d: [VIEW, false, 1], e: {f: 1.50}, g: 007, h: "1", i: [], j: "two\nlines", k: 18446744073709551616}
bots:
  - {name: B, description: , owner: null, dialogs: [x, {name: Z, id: dg-06b41cdd-7678-5394-b958-40ca5662f502}]}
groups: null
account: {name: Acme, owner: ada@acme.test}
rollcall: 1
"##;

/// A public key, as openssl prints it.
const KEY: &str = include_str!("key.pem");

/// The key in the place of its name.
fn with_key(text: &str) -> String {
    let key: Vec<String> = KEY.lines().map(|line| format!("      {line}")).collect();
    text.replace("KEY\n", &format!("{}\n", key.join("\n")))
}

fn state(text: &str) -> State {
    parse(text)
        .unwrap_or_else(|faults| panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
        .state
}

#[test]
fn the_example_of_the_description_is_read_and_written() {
    let expected = r#"rollcall: 1
account:
  name: Acme
bots:
  - name: Travel desk
    owner: ada@acme.test
    published: true
    audience: enterprise
    dialogs: [Book a flight]
roles:
  - kind: admin
    name: Auditor
    description: Reads the audit log
    permissions:
      View and Run Audit Reports: "YES"
users:
  - email: ada@acme.test
    firstName: Ada
    lastName: Obi
    orgUserId: A-1
    status: active
  - email: sam@acme.test
    firstName: Sam
    status: not active
    canCreateBot: false
groups:
  - name: Audit
    description: Audit Team
    members: [ada@acme.test]
  - name: Everyone in risk
    groups: [Audit]
assignments:
  - role: admin
    users: [ada@acme.test]
  - role: Auditor
    groups: [Audit]
  - role: Bot Developer
    bot: Travel desk
    users: [sam@acme.test]
    groups: [Audit]
apps:
  - name: ci
    scopes: [user-management, role-management]
"#;
    assert_eq!(emit(&state(EXAMPLE)), expected);
    assert_eq!(emit(&state(expected)), expected);
}

#[test]
fn everything_that_can_be_said_is_understood() {
    let expected = r##"rollcall: 1
account:
  name: Acme
  owner: ada@acme.test
bots:
  - name: B
    description: ""
    owner: null
    dialogs:
      - name: x
      - name: Z
        id: dg-06b41cdd-7678-5394-b958-40ca5662f502
roles:
  - kind: bot
    name: R
    id: "5d9d920dabdc1e6e8ec99342"
    refId: "7"
    description: ""
    permissions:
      a: "YES"
      b: true
      c: null
      d: [VIEW, false, 1]
      e:
        f: 1.5
      g: "007"
      h: "1"
      i: []
      j: "two\nlines"
      k: "18446744073709551616"
users:
  - email: ada@acme.test
    id: u-06b41cdd-7678-5394-b958-40ca5662f502
    suiteNo: "1e3"
    zip: "02139"
    state: "true"
    jTitle: null
    profColour: ""
    orgUserId: null
    status: not active
    isDeveloper: true
    dataTables: false
    tasks:
      - bot: B
      - bot: C
        dialogs: []
      - bot: D
        dialogs: [x]
  - email: sam@acme.test
    tasks: []
assignments:
  - role: admin
  - role: Auditor
    expires: "2026-11-21T08:00:00.500Z"
apps:
  - name: ci
    clientId: cs-06b41cdd-7678-5394-b958-40ca5662f502
    clientSecret: "#1"
    algorithm: HS512
    enforceJti: true
    expires: "2027-01-01T00:00:00.000Z"
  - name: turning
    credentials:
      - clientSecret: old
        expires: "2026-12-01T00:00:00.000Z"
      - clientSecret: new
    enforceJwe: false
    expires: null
  - name: signer
    publicKey: |
KEY
    algorithm: RS256
"##;
    let expected = &with_key(expected);
    assert_eq!(emit(&state(&with_key(REST))), *expected);
    assert_eq!(emit(&state(expected)), *expected);
}

#[test]
fn a_file_in_json_says_the_same() {
    for text in [EXAMPLE, DEMO] {
        let state = state(text);
        let json = to_json(&state);
        for written in [json.to_string(), format!("{json:#}"), format!("{json:#}").replace("  ", "\t")] {
            assert_eq!(emit(&self::state(&written)), emit(&state));
        }
    }
    let text = r#"{"rollcall":1,"account":{"name":"\u00c9\ud83d\ude00 a\/b"}}"#;
    assert_eq!(state(text).name, "É😀 a/b");
}

#[test]
fn a_secret_is_in_the_file_and_nowhere_else() {
    let file = parse("rollcall: 1\naccount: {name: A}\napps: [{name: ci, clientSecret: hush}]\n").unwrap();
    assert!(emit(&file.state).contains("hush"));
    assert!(!format!("{file:?}").contains("hush"));
}

/// The keys of an object of the schema, and whether it takes no others.
fn keys_of(schema: &Value) -> (BTreeSet<&str>, bool) {
    let keys = schema["properties"].as_object().expect("properties").keys().map(String::as_str).collect();
    (keys, schema["additionalProperties"] == Value::Bool(false))
}

#[test]
fn the_schema_knows_the_keys_that_are_read_and_tells_what_each_means() {
    let schema = json_schema();
    let user = keys::user();
    let definitions = &schema["$defs"];
    for (place, known) in [
        (&schema, &keys::ROOT[..]),
        (&schema["properties"]["account"], &keys::ACCOUNT),
        (&definitions["bot"], &keys::BOT),
        (&definitions["dialog"], &keys::DIALOG),
        (&definitions["role"], &keys::ROLE),
        (&definitions["user"], &user),
        (&definitions["task"], &keys::TASK),
        (&definitions["group"], &keys::GROUP),
        (&definitions["assignment"], &keys::ASSIGNMENT),
        (&definitions["app"], &keys::APP),
        (&definitions["credential"], &keys::CREDENTIAL),
    ] {
        assert_eq!(keys_of(place), (known.iter().copied().collect(), true), "{known:?}");
        for (key, value) in place["properties"].as_object().expect("properties") {
            assert!(value["description"].as_str().is_some_and(|text| text.ends_with('.')), "{key}: {value}");
        }
    }
}

#[test]
fn the_example_and_the_keys_of_the_documentation_are_those_that_are_read() {
    let page = include_str!("../../../../../docs/account-file.md");
    let (_, rest) = page.split_once("```yaml\n").expect("an example");
    assert!(parse(rest.split_once("```").expect("an end").0).is_ok());
    let (_, tables) = page.split_once("## Keys").expect("tables");
    let user = keys::user();
    let all = [
        &keys::ROOT[..],
        &keys::ACCOUNT,
        &keys::BOT,
        &keys::ROLE,
        &user,
        &keys::GROUP,
        &keys::ASSIGNMENT,
        &keys::APP,
        &keys::CREDENTIAL,
    ];
    for key in all.into_iter().flatten() {
        assert!(tables.contains(&format!("`{key}`")), "{key}");
    }
}
