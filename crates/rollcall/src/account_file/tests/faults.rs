//! Every fault that the form of a file can have, with its exact place, and where faults of the core are found.

use rollcall_core::Fault;

use super::super::{Located, parse};

fn told(text: &str) -> Vec<String> {
    match parse(text) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

/// A file with these lines from line 3 on.
fn with(lines: &str) -> String {
    format!("rollcall: 1\naccount: {{ name: Acme }}\n{lines}\n")
}

#[test]
fn an_unknown_key_is_refused_with_a_suggestion() {
    let table = [
        ("user: []", "3:1: unknown key \"user\"; did you mean \"users\"?"),
        (
            "extra: 1",
            "3:1: unknown key \"extra\"; there are: rollcall, account, bots, roles, users, groups, assignments, apps",
        ),
        (
            "users:\n  - { email: a@b.test, first_name: A }",
            "4:24: users[0]: unknown key \"first_name\"; did you mean \"firstName\"?",
        ),
        (
            "users:\n  - email: a@b.test\n    tasks:\n      - bot: B\n        dialog: x",
            "7:9: users[0].tasks[0]: unknown key \"dialog\"; did you mean \"dialogs\"?",
        ),
        (
            "bots: [{name: B, dialogs: [{name: x, ids: y}]}]",
            "3:38: bots[0].dialogs[0]: unknown key \"ids\"; did you mean \"id\"?",
        ),
        ("roles:\n- {kind: bot, name: R, refid: x}", "4:24: roles[0]: unknown key \"refid\"; did you mean \"refId\"?"),
        ("groups: [{name: G, member: []}]", "3:20: groups[0]: unknown key \"member\"; did you mean \"members\"?"),
        (
            "assignments: [{role: R, expiry: x}]",
            "3:25: assignments[0]: unknown key \"expiry\"; did you mean \"expires\"?",
        ),
        (
            "apps: [{name: A, secret: s}]",
            "3:18: apps[0]: unknown key \"secret\"; there are: clientId, clientSecret, publicKey, credentials, name, algorithm, scopes, enforceJti, enforceJwe, expires",
        ),
        (
            "\"a\\e[2J\": 1",
            "3:1: unknown key \"a\\u{1b}[2J\"; there are: rollcall, account, bots, roles, users, groups, assignments, apps",
        ),
        (
            "\"ÄÖÜ\": 1",
            "3:1: unknown key \"ÄÖÜ\"; there are: rollcall, account, bots, roles, users, groups, assignments, apps",
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(told(&with(lines)), [expected], "{lines}");
    }
}

#[test]
fn a_value_of_the_wrong_type_is_refused_with_what_was_found() {
    let table = [
        ("users: ada@acme.test", "3:8: users: expected a list, found the text \"ada@acme.test\""),
        ("users: {}", "3:8: users: expected a list, found a mapping"),
        ("users: true", "3:8: users: expected a list, found true"),
        ("users: [a@b.test]", "3:9: users[0]: expected a mapping of keys and values, found the text \"a@b.test\""),
        ("users:\n  -\n", "4:4: users[0]: expected a mapping of keys and values, found nothing"),
        ("users: [{email: [a]}]", "3:17: users[0].email: expected a text, found a list"),
        ("users: [{email: }]", "3:10: users[0].email: expected a text, found nothing"),
        (
            "users: [{email: false}]",
            "3:17: users[0].email: expected a text, found false; put it in quotes if it is meant as text",
        ),
        ("users: [{email: a, zip: {}}]", "3:25: users[0].zip: expected a text, found a mapping"),
        (
            "users: [{email: a, canCreateBot: \"true\"}]",
            "3:34: users[0].canCreateBot: expected true or false, found the text \"true\"",
        ),
        (
            "users: [{email: a, dataTables: yes}]",
            "3:32: users[0].dataTables: expected true or false, found the text \"yes\"",
        ),
        ("users: [{email: a, isDeveloper: null}]", "3:33: users[0].isDeveloper: expected true or false, found nothing"),
        (
            "users: [{email: a, tasks: [{bot: B, dialogs: }]}]",
            "3:37: users[0].tasks[0].dialogs: expected a list, found nothing; leave the key out for all dialogs, or say []",
        ),
        (
            "users: [{email: a, tasks: [B]}]",
            "3:28: users[0].tasks[0]: expected a mapping of keys and values, found the text \"B\"",
        ),
        ("groups:\n- name: G\n  members:\n  - a\n  - [b]", "7:5: groups[0].members[1]: expected a text, found a list"),
        ("groups: [{name: G, groups: H}]", "3:28: groups[0].groups: expected a list, found the text \"H\""),
        (
            "roles: [{kind: bot, name: R, permissions: [a]}]",
            "3:43: roles[0].permissions: expected a mapping of permissions, found a list",
        ),
        (
            "roles: [{kind: bot, name: R, permissions: ~}]",
            "3:43: roles[0].permissions: expected a mapping of permissions, found nothing",
        ),
        (
            "bots: [{name: B, dialogs: [true]}]",
            "3:28: bots[0].dialogs[0]: expected a mapping of keys and values, found true",
        ),
        ("apps: [{name: A, clientSecret: [hush]}]", "3:32: apps[0].clientSecret: expected a text, found a list"),
        ("apps: [{name: A, publicKey: [hush]}]", "3:29: apps[0].publicKey: expected a text, found a list"),
        (
            "apps: [{name: A, enforceJti: yes}]",
            "3:30: apps[0].enforceJti: expected true or false, found the text \"yes\"",
        ),
        ("apps: [{name: A, scopes: all}]", "3:26: apps[0].scopes: expected a list, found the text \"all\""),
    ];
    for (lines, expected) in table {
        assert_eq!(told(&with(lines)), [expected], "{lines}");
    }
    assert_eq!(told("- 1\n"), ["1:1: expected a mapping of keys and values, found a list"]);
    assert_eq!(
        told("rollcall: 1\naccount: Acme\n"),
        ["2:10: account: expected a mapping of keys and values, found the text \"Acme\""]
    );
}

#[test]
fn what_an_app_proves_itself_by_is_never_shown() {
    // Not a key; it has the form of one.
    let private =
        "-----BEGIN RSA PRIVATE KEY-----\n        aHVzaC1odXNoLWh1c2g=\n        -----END RSA PRIVATE KEY-----\n";
    let table = [
        (
            format!("apps:\n  - name: A\n    publicKey: |\n        {private}"),
            "6:9: apps[0].publicKey: this is a private key",
        ),
        (
            format!("apps:\n  - name: A\n    credentials:\n      - publicKey: |\n        {private}")
                .replace("\n        ", "\n          "),
            "7:11: apps[0].credentials[0].publicKey: this is a private key",
        ),
        (
            format!("apps: [{{name: A, publicKey: {:?}}}]", private.replace("\n        ", "\n")),
            "3:29: apps[0].publicKey: this is a private key",
        ),
        ("apps: [{name: A, publicKey: aHVzaC1odXNoLWh1c2g=}]".into(), "3:29: apps[0].publicKey: this is no public key"),
        ("apps: [{name: A, credentials: aHVzaC1odXNoLWh1c2g=}]".into(), "3:31: apps[0].credentials: expected entries"),
        (
            "apps: [{name: A, credentials: [aHVzaC1odXNoLWh1c2g=]}]".into(),
            "3:32: apps[0].credentials[0]: expected entries",
        ),
    ];
    for (lines, expected) in table {
        let told = told(&with(&lines));
        assert!(matches!(told.as_slice(), [only] if only.starts_with(expected)), "{lines}\n{told:?}");
        assert!(!told[0].contains("aHVz"), "{told:?}");
    }
}

#[test]
fn a_missing_key_is_named_at_what_it_is_missing_from() {
    let table = [
        ("bots: [{id: x}]", "3:8: bots[0]: the key \"name\" is missing"),
        ("bots: [{name: B, dialogs: [{id: x}]}]", "3:28: bots[0].dialogs[0]: the key \"name\" is missing"),
        ("roles:\n  - name: R", "4:5: roles[0]: the key \"kind\" is missing; there are admin and bot"),
        ("roles:\n  - kind: bot", "4:5: roles[0]: the key \"name\" is missing"),
        ("users:\n  - {}", "4:5: users[0]: the key \"email\" is missing"),
        ("users: [{email: a, tasks: [{}]}]", "3:28: users[0].tasks[0]: the key \"bot\" is missing"),
        ("groups: [{members: []}]", "3:10: groups[0]: the key \"name\" is missing"),
        ("assignments: [{users: []}]", "3:15: assignments[0]: the key \"role\" is missing"),
        ("apps: [{scopes: []}]", "3:8: apps[0]: the key \"name\" is missing"),
    ];
    for (lines, expected) in table {
        assert_eq!(told(&with(lines)), [expected], "{lines}");
    }
    assert_eq!(told("rollcall: 1\naccount: {}\n"), ["2:10: account: the key \"name\" is missing"]);
    assert_eq!(told("rollcall: 1\n"), ["1:1: the key \"account\" is missing: say `account: { name: NAME }`"]);
    assert_eq!(
        told("# nothing else\naccount: {name: A}\n"),
        ["2:1: the key \"rollcall\" is missing: say `rollcall: 1`, the version of this format"]
    );
}

#[test]
fn a_word_that_is_none_is_refused_with_those_that_there_are() {
    let table = [
        (
            "users: [{email: a, status: gone}]",
            "3:28: users[0].status: \"gone\" is not a status; there are: active, not active, suspended, locked",
        ),
        ("users: [{email: a, status: [gone]}]", "3:28: users[0].status: expected a text, found a list"),
        (
            "roles: [{kind: user, name: R}]",
            "3:16: roles[0].kind: \"user\" is not a kind of role; there are admin and bot",
        ),
        (
            "bots: [{name: B, audience: all}]",
            "3:28: bots[0].audience: \"all\" is not an audience; there are enterprise and consumer",
        ),
        (
            "assignments: [{role: R, expires: soon}]",
            "3:34: assignments[0].expires: \"soon\" is not a time like 2026-11-21T08:00:00Z",
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(told(&with(lines)), [expected], "{lines}");
    }
    for (lines, start) in [
        ("apps: [{name: A, algorithm: none}]", "3:29: apps[0].algorithm: \"none\""),
        ("apps: [{name: A, scopes: [all]}]", "3:27: apps[0].scopes[0]: unknown scope \"all\""),
    ] {
        assert!(matches!(told(&with(lines)).as_slice(), [only] if only.starts_with(start)), "{lines}");
    }
}

#[test]
fn only_version_1_is_read_and_another_is_the_only_fault() {
    assert_eq!(
        told("rollcall: 2\nnew: []\n"),
        ["1:11: rollcall: this file is of version 2; this program reads version 1"]
    );
    assert_eq!(
        told("{\"rollcall\": 1.5}"),
        ["1:14: rollcall: this file is of version 1.5; this program reads version 1"]
    );
    for (text, column) in [("rollcall: one", 11), ("rollcall:", 1), ("rollcall: []", 11)] {
        let text = format!("{text}\naccount: {{name: A}}\n");
        assert_eq!(told(&text), [format!("1:{column}: rollcall: expected 1, the version of this format")]);
    }
}

#[test]
fn a_file_of_nothing_is_refused() {
    for text in ["", "\n", "# only words\n", "\u{feff}"] {
        assert_eq!(told(text), ["1:1: the file is empty; an account file begins with `rollcall: 1`"], "{text:?}");
    }
    for text in ["---\n", "null"] {
        assert_eq!(told(text).len(), 1);
        assert!(told(text)[0].ends_with("expected a mapping of keys and values, found nothing"), "{text:?}");
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let text = "rollcall: 1\napps:\n  - {nam: ci, scopes: [x]}\nusers:\n  - {email: a, email: b, status: gone}\n  - zip: *all\n    city: &x Rome\n    state: *x\naccount: {}\n";
    // An alias of nothing ends the parser's work.
    assert_eq!(
        told(text),
        [
            "5:16: users[0].email: this key stands here twice; first on line 5",
            "6:10: aliases are not supported in account files",
        ]
    );
    let scopes =
        "there are: user-management, sso-configuration, role-management, erase-users-data, audit-logs, master-admin";
    assert_eq!(
        told(&text.replace("*all", "[1]")),
        [
            "3:5: apps[0]: the key \"name\" is missing".to_owned(),
            "3:6: apps[0]: unknown key \"nam\"; did you mean \"name\"?".to_owned(),
            format!("3:24: apps[0].scopes[0]: unknown scope \"x\"; {scopes}"),
            "5:16: users[0].email: this key stands here twice; first on line 5".to_owned(),
            "5:34: users[0].status: \"gone\" is not a status; there are: active, not active, suspended, locked"
                .to_owned(),
            "6:5: users[1]: the key \"email\" is missing".to_owned(),
            "6:10: users[1].zip: expected a text, found a list".to_owned(),
            "7:11: users[1].city: anchors are not supported in account files".to_owned(),
            "8:12: users[1].state: aliases are not supported in account files".to_owned(),
            "9:10: account: the key \"name\" is missing".to_owned(),
        ]
    );
}

#[test]
fn faults_of_the_core_are_found_in_the_file() {
    let file = parse(super::EXAMPLE).unwrap();
    let table = [
        ("", 1, 1),
        ("account.name", 2, 18),
        ("account.owner", 2, 10),
        ("bots", 4, 3),
        ("bots[0].owner", 8, 12),
        ("bots[0].dialogs[0].name", 7, 23),
        ("bots[0].dialogs[0].id", 7, 15),
        ("roles[0].refId", 10, 5),
        ("users[0].orgUserId", 12, 71),
        ("users[1]", 13, 5),
        ("users[1].canCreateBot", 13, 79),
        ("users[1].tasks[1].dialogs[0]", 13, 5),
        ("groups[0].members[0]", 15, 55),
        ("groups[1].groups[0]", 16, 53),
        ("assignments[2].bot", 20, 33),
        ("assignments[2].users[0]", 20, 54),
        ("apps[0].clientId", 22, 5),
        ("apps[1].name", 22, 3),
        ("elsewhere[3].x", 1, 1),
    ];
    for (place, line, column) in table {
        let expected = Located { line, column, place: place.into(), message: "no".into() };
        assert_eq!(file.locate(&Fault::at(place, "no")), expected, "{place}");
    }
    let shown = file.locate(&Fault::at("groups[0].members[0]", "unknown user \"x\"")).to_string();
    assert_eq!(shown, "15:55: groups[0].members[0]: unknown user \"x\"");
    let names = parse(&with("bots:\n  - name: B\n    dialogs: [x, y]")).unwrap();
    assert_eq!(names.locate(&Fault::at("bots[0].dialogs[1].name", "no")).column, 18);
}
