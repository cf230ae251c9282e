//! `rollcall app`: client apps from their making to their end, as the host sees it.

use serde_json::{Value, json};

use crate::program::{Program, Server};

/// The public half of a new RSA key pair in a file; the private half beside it.
fn key_pair(program: &Program, name: &str) -> (String, String) {
    let (private, public) = (program.path(&format!("{name}.pem")), program.path(&format!("{name}.pub.pem")));
    let (private, public) = (private.display().to_string(), public.display().to_string());
    for arguments in
        [["genrsa", "-out", &private, "2048"].as_slice(), &["pkey", "-in", &private, "-pubout", "-out", &public]]
    {
        let done = program.other("openssl").args(arguments).output().expect("openssl runs");
        assert!(done.status.success(), "{done:?}");
    }
    (private, public)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}"))
}

fn create<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["--json", "app", "create", "--name", "ci", "--scope", "role-management"], more].concat()
}

/// The status of a request with that token.
fn asked(server: &Server, token: &str) -> u16 {
    let request = reqwest::blocking::Client::new().get(format!("{}/api/public/groups", server.url));
    request.header("auth", token.trim()).send().expect("an answer").status().as_u16()
}

#[test]
fn a_secret_is_rotated_while_the_server_runs_and_no_client_is_ever_without() {
    let program = Program::new();
    program.run(&create(&[])).ok();
    let server = program.serve(&[]);
    let old = program.run(&["app", "token", "ci"]).ok();
    let rotated = program.run(&["--json", "app", "rotate", "ci", "--overlap", "1h", "--expires", "90d"]).json();
    let new = program.run(&["app", "token", "ci"]).ok();
    assert_eq!([&old, &new].map(|token| asked(&server, token)), [200, 200]);
    assert_eq!(keys(&rotated), ["clientId", "clientSecret", "algorithm", "scopes", "secrets"]);
    let third = program.run(&["app", "rotate", "ci"]);
    assert!(third.code == 1 && third.stderr.contains("rollcall app revoke"), "{third:?}");

    let shown = program.run(&["app", "show", "ci"]).ok();
    let [newer, older] = [0, 1].map(|n| text(&rotated["secrets"][n], "id"));
    assert!(shown.contains(newer) && shown.contains(older), "{shown}");
    assert!(!shown.contains(text(&rotated, "clientSecret")), "{shown}");
    assert!(rotated["secrets"][1]["expires"].is_string() && rotated["secrets"][0]["expires"].is_string());

    let told = program.run(&["app", "revoke", "ci", "--secret", older]).ok();
    assert!(told.contains(older) && told.contains(newer), "{told}");
    assert_eq!([&old, &new].map(|token| asked(&server, token)), [401, 200]);
    let last = program.run(&["app", "revoke", "ci", "--secret", newer]);
    assert!(last.code == 1 && last.stderr.contains("--overlap 0s"), "{last:?}");
    assert!(program.run(&["app", "rotate", "ci", "--overlap", "0s"]).ok().contains("No other is good"));
    assert_eq!(asked(&server, &new), 401);
    let newest = program.run(&["app", "token", "ci"]).ok();
    let gone = program.run(&["app", "revoke", "ci"]).ok();
    assert!(gone.contains("cannot be undone"), "{gone}");
    assert_eq!(asked(&server, &newest), 401);
    assert_eq!(program.run(&["--json", "app", "list"]).json(), json!([]));
}

#[test]
fn an_app_with_a_key_pair_of_its_own_has_no_secret() {
    let program = Program::new();
    let (private, public) = key_pair(&program, "one");
    for wrong in [
        create(&["--algorithm", "RS256"]),
        create(&["--public-key", &public]),
        create(&["--algorithm", "RS256", "--public-key", &private]),
    ] {
        let done = program.run(&wrong);
        assert!(done.code == 2 && (done.stderr.contains("openssl") || done.stderr.contains("RS256")), "{done:?}");
        let inside = std::fs::read_to_string(&private).expect("the key");
        let line = inside.lines().nth(1).expect("a line");
        assert!(!done.stderr.contains(line) && !done.stdout.contains(line), "{done:?}");
    }
    let missing = program.run(&create(&["--algorithm", "RS256", "--public-key", "nowhere.pem"]));
    assert!(missing.code == 1 && missing.stderr.contains("nowhere.pem"), "{missing:?}");
    assert!(program.is_untouched(), "none of these made anything");

    let app = program.run(&create(&["--algorithm", "RS256", "--public-key", &public])).json();
    assert_eq!(keys(&app), ["clientId", "clientSecret", "algorithm", "scopes", "publicKeyFingerprint"]);
    assert_eq!(app["clientSecret"], Value::Null);
    let fingerprint = text(&app, "publicKeyFingerprint").strip_prefix("SHA-256 ").expect("a hash").to_owned();
    assert!(program.run(&["app", "show", "ci"]).ok().contains(&fingerprint));
    let token = program.run(&["app", "token", "ci"]);
    assert!(token.code == 1 && token.stderr.contains("private key"), "{token:?}");
    let without = program.run(&["app", "rotate", "ci"]);
    assert!(without.code == 1 && without.stderr.contains("public key"), "{without:?}");
    let (_, next) = key_pair(&program, "two");
    let rotated = program.run(&["--json", "app", "rotate", "ci", "--public-key", &next]).json();
    let prints = [0, 1].map(|n| text(&rotated["secrets"][n], "publicKeyFingerprint").to_owned());
    assert!(prints[0] != prints[1] && prints[1].ends_with(&fingerprint), "{rotated}");
    // Public keys are no secrets: an export holds both without being asked.
    let exported = program.run(&["export"]).ok();
    assert!(exported.contains("credentials:") && exported.matches("BEGIN PUBLIC KEY").count() == 2, "{exported}");
    assert!(program.run_with_input(&["apply", "-"], &exported).ok().contains("in sync"));
}

#[test]
fn what_an_app_enforces_and_when_it_ends_is_told_and_set() {
    let program = Program::new();
    let more = ["--enforce-jti", "--enforce-jwe", "--expires", "90d", "--secret-expires", "2099-01-31T00:00:00Z"];
    let app = program.run(&create(&more)).json();
    let expected = [
        "clientId",
        "clientSecret",
        "algorithm",
        "scopes",
        "secretExpires",
        "expires",
        "enforceJti",
        "enforceJwe",
        "encryptionKey",
    ];
    assert_eq!(keys(&app), expected);
    let key = &app["encryptionKey"];
    assert_eq!((&key["jwk"]["kid"], &key["jwk"]["kty"]), (&key["kid"], &json!("RSA")));
    assert!(text(key, "url").ends_with("/.well-known/jwks.json"), "{key}");
    let list = program.run(&["app", "list"]).ok();
    assert!(list.contains("jti, jwe"), "{list}");
    let token = program.run(&["app", "token", "ci"]);
    assert!(token.code == 1 && token.stderr.contains("jwks.json"), "{token:?}");

    let set = program.run(&["--json", "app", "set", "ci", "--enforce-jwe", "false", "--expires", "never"]).json();
    assert_eq!(
        ["enforceJti", "enforceJwe", "expires"].map(|key| &set[key]),
        [&json!(true), &json!(false), &Value::Null]
    );
    assert!(!keys(&set).contains(&"encryptionKey"));
    let again = program.run(&["--json", "app", "set", "ci", "--enforce-jwe", "true"]).json();
    assert_eq!(&again["encryptionKey"], key, "it is the same key");
    program.run(&["app", "set", "ci", "--enforce-jwe", "false"]).ok();
    let long = program.run(&["app", "token", "ci", "--ttl", "2h"]);
    assert!(long.code == 2 && long.stderr.contains("an hour at most"), "{long:?}");
    assert_eq!(program.run(&["app", "token", "ci", "--ttl", "30m"]).ok().trim().split('.').count(), 3);
    for wrong in [
        ["app", "set", "ci"].as_slice(),
        &["app", "set", "ci", "--expires", "2001-01-01T00:00:00Z"],
        &["app", "set", "ci", "--expires", "soon"],
        &["app", "set", "ci", "--enforce-jti", "maybe"],
        &["app", "rotate", "ci", "--overlap", "-1h"],
    ] {
        let done = program.run(wrong);
        assert!(done.code == 2 && !done.stderr.is_empty(), "{done:?}");
    }
    assert!(program.run(&["app", "set", "ci", "--expires", "soon"]).stderr.contains("90d"));
}

#[test]
fn an_account_in_rotation_moves_with_both_secrets() {
    let program = Program::new();
    program.run(&create(&[])).ok();
    let old = program.run(&["app", "token", "ci", "--ttl", "never"]).ok();
    let new = text(&program.run(&["--json", "app", "rotate", "ci"]).json(), "clientSecret").to_owned();
    let bare = program.run(&["export"]).ok();
    assert!(!bare.contains(&new) && !bare.contains("clientSecret"), "{bare}");
    let whole = program.run(&["export", "--secrets"]).ok();
    assert!(whole.contains(&new) && whole.matches("clientSecret").count() == 2, "{whole}");
    assert!(program.run_with_input(&["apply", "-"], &whole).ok().contains("in sync"));

    let copy = Program::new();
    let told = copy.run_with_input(&["apply", "-"], &whole).ok();
    assert!(!told.contains(&new), "it is no new one: {told}");
    assert_eq!(copy.run(&["export", "--secrets"]).ok(), whole);
    let server = copy.serve(&[]);
    let minted = program.run(&["app", "token", "ci"]).ok();
    assert_eq!([&old, &minted].map(|token| asked(&server, token)), [200, 200]);
}

#[test]
fn the_doctor_tells_of_apps_that_end() {
    let program = Program::new();
    program.run(&create(&["--expires", "10d", "--secret-expires", "9d"])).ok();
    let told = program.run(&["doctor"]).ok();
    assert!(told.contains("rollcall app set cs-") && told.contains("rollcall app rotate cs-"), "{told}");
    program.run(&["app", "rotate", "ci", "--expires", "90d"]).ok();
    program.run(&["app", "set", "ci", "--expires", "90d"]).ok();
    let told = program.run(&["doctor"]).ok();
    assert!(told.contains("none of which ends within 14 days"), "{told}");
}
