//! The installation key through the program: rotated while a server runs, killed at every point, given by environment.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::blocking::Client;
use rollcall_core::clock::SystemClock;
use rollcall_core::seal::InstallationKey;
use rollcall_core::{Open, Rollcall, Threads};
use rollcall_testkit::TestDatabase;
use serde_json::{Value, json};

use crate::program::{Program, Server};

const FILE: &str = "\
rollcall: 1
account: { name: Acme }
users: [{ email: ada@acme.test, status: active }]
assignments: [{ role: admin, users: [ada@acme.test] }]
apps: [{ name: ci, scopes: [user-management] }]
";

fn filled(mut program: Program, settings: &[(&str, &str)]) -> Program {
    for (name, value) in settings {
        program.set(name, value);
    }
    program.run_with_input(&["apply", "-"], FILE).ok();
    program
}

fn token(program: &Program) -> String {
    program.run(&["app", "token", "ci"]).ok().trim().to_owned()
}

/// Creates a user, who is sent a letter: the status.
fn create(server: &Server, token: &str, name: &str) -> u16 {
    let body = json!({ "users": [{ "userInfo": { "emailId": format!("{name}@acme.test") } }] }).to_string();
    let request = Client::new().post(format!("{}/api/public/users", server.url));
    let answer = request.header("auth", token).header("content-type", "application/json").body(body).send();
    answer.expect("an answer").status().as_u16()
}

fn ready(server: &Server) -> (u16, String) {
    let answer = reqwest::blocking::get(format!("{}/readyz", server.url)).expect("an answer");
    (answer.status().as_u16(), answer.text().expect("text"))
}

fn key_file(program: &Program) -> PathBuf {
    program.data().join("rollcall.key")
}

fn beside(program: &Program, ending: &str) -> PathBuf {
    program.data().join(format!("rollcall.key{ending}"))
}

fn print_of(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a key file");
    InstallationKey::parse(&text).expect("a key").fingerprint().to_owned()
}

/// The files of keys that there are.
fn key_files(program: &Program) -> Vec<String> {
    let names = fs::read_dir(program.data()).expect("a folder").map(|entry| entry.expect("a file").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| name.contains("rollcall.key"));
    names.sort();
    names
}

fn write_key(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("its mode");
}

fn fingerprint(program: &Program) -> String {
    let told = program.run(&["--json", "key", "list"]).json();
    told["installationKey"]["fingerprint"].as_str().expect("a fingerprint").to_owned()
}

#[test]
fn the_key_is_rotated_while_a_server_runs_and_no_request_fails() {
    let program = filled(Program::new(), &[]);
    let (server, token) = (program.serve(&[]), token(&program));
    assert_eq!(create(&server, &token, "before"), 200);
    let apps = || {
        let file = program.run(&["export", "--secrets"]).ok();
        file.split_once("apps:").expect("apps").1.to_owned()
    };
    let (secrets, was) = (apps(), print_of(&key_file(&program)));
    for round in 0..2 {
        let text = fs::read_to_string(key_file(&program)).expect("a key");
        let told = program.run(&["--json", "key", "rotate"]).json();
        assert_eq!(told["unreadable"], json!([]));
        let new = fs::read_to_string(key_file(&program)).expect("a key");
        for secret in [text.trim(), new.trim()] {
            assert!(!told.to_string().contains(secret), "no key is printed");
        }
        assert_eq!(told["fingerprint"], print_of(&key_file(&program)));
        let kept = PathBuf::from(told["oldKeyFile"].as_str().expect("a file"));
        assert_eq!(fs::read_to_string(&kept).expect("the old key"), text);
        for path in [&kept, &key_file(&program)] {
            assert_eq!(fs::metadata(path).expect("a file").permissions().mode() & 0o777, 0o600);
        }
        assert_eq!((create(&server, &token, &format!("after-{round}")), ready(&server).0), (200, 200));
    }
    assert_ne!(print_of(&key_file(&program)), was);
    let told = program.run(&["--json", "key", "list"]).json();
    assert_eq!(told["installationKey"]["earlier"][0]["fingerprint"], was);
    assert_eq!(apps(), secrets);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let letters = fs::read_dir(program.data().join("outbox")).expect("letters").count();
    assert_eq!(letters, 3, "every letter was readable");
    assert!(!program.log().contains("does not open"), "{}", program.log());
}

/// What a rotation leaves that is killed after each of its steps: which files there are, and which key the database has.
#[test]
fn a_rotation_that_was_killed_at_any_point_is_finished_or_left_by_the_next_start() {
    let program = filled(Program::new(), &[]);
    let secrets = program.run(&["export", "--secrets"]).ok();
    let opens = |program: &Program| assert_eq!(program.run(&["export", "--secrets"]).ok(), secrets);
    let old_text = fs::read_to_string(key_file(&program)).expect("a key");
    let old = print_of(&key_file(&program));

    // The new key is on the disk; the database has the old one.
    let new_text = InstallationKey::generate().expose().to_owned();
    write_key(&beside(&program, ".new"), &new_text);
    opens(&program);
    assert_eq!(key_files(&program), ["rollcall.key", "rollcall.key.new"], "nothing is removed");
    assert_eq!(fingerprint(&program), old);
    let doctor = program.run(&["doctor"]);
    assert!(doctor.stdout.contains("key rotation") && doctor.stdout.contains("rollcall.key.new"), "{doctor:?}");
    let started = program.serve(&[]);
    drop(started);
    assert!(program.log().contains("is not in force"), "a start says so: {}", program.log());

    // The database has the new one; nothing has been renamed: the place where the old one is kept is taken by a folder.
    let kept = beside(&program, &format!(".old-{old}"));
    fs::create_dir(&kept).expect("a folder");
    let failed = program.run(&["key", "rotate"]);
    assert!(failed.code == 1 && failed.stderr.contains("the new key is in force"), "{failed:?}");
    assert_eq!(
        key_files(&program),
        ["rollcall.key".into(), "rollcall.key.new".into(), format!("rollcall.key.old-{old}")]
    );
    assert_eq!(fs::read_to_string(key_file(&program)).expect("a key"), old_text);
    fs::remove_dir(&kept).expect("removed");

    // The old one is kept, and the new one not renamed yet.
    write_key(&kept, &old_text);
    opens(&program);
    assert_eq!(key_files(&program), ["rollcall.key".to_owned(), format!("rollcall.key.old-{old}")], "it is finished");
    assert_eq!((print_of(&key_file(&program)), print_of(&kept)), (fingerprint(&program), old));
    assert_eq!(fs::read_to_string(key_file(&program)).expect("a key").trim(), new_text, "the prepared key was taken");
    opens(&program);
}

#[test]
fn a_rotation_that_is_killed_at_any_moment_loses_no_secret() {
    let program = filled(Program::new(), &[]);
    let secrets = program.run(&["export", "--secrets"]).ok();
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..12_u32 {
        let before = key_files(&program).len();
        let mut child = program.command();
        child.args(["key", "rotate"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = child.spawn().expect("the binary runs");
        // Killed when its traces appear, a little later in each round, or when it has ended by itself.
        let mut looks = 0;
        while child.try_wait().expect("a process").is_none() {
            let has_begun = beside(&program, ".new").exists() || key_files(&program).len() > before;
            looks += u32::from(has_begun);
            if looks > round * round * 4 {
                child.kill().expect("killed");
            }
        }
        child.wait().expect("ended");
        seen.insert((beside(&program, ".new").exists(), key_files(&program).len() > before + 1));
        assert_eq!(program.run(&["export", "--secrets"]).ok(), secrets, "round {round}: {:?}", key_files(&program));
    }
    program.run(&["key", "rotate"]).ok();
    assert_eq!(program.run(&["export", "--secrets"]).ok(), secrets);
    assert!(!beside(&program, ".new").exists());
    assert!(seen.iter().any(|(is_unfinished, _)| *is_unfinished), "some were killed in the middle: {seen:?}");
}

#[test]
fn a_key_in_the_environment_is_replaced_by_a_given_one_and_servers_without_it_say_so() {
    let [old, new, third] = [(); 3].map(|()| InstallationKey::generate().expose().to_owned());
    let mut program = filled(Program::new(), &[("ROLLCALL_KEY", &old)]);
    let token = token(&program);
    let refused = program.run(&["key", "rotate"]);
    assert!(refused.code == 2 && refused.stderr.contains("ROLLCALL_NEW_KEY"), "{refused:?}");
    let without = program.serve(&[]);
    assert_eq!(create(&without, &token, "one"), 200);
    let file = program.path("new.key");
    fs::write(&file, &new).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("its mode");
    let arguments = ["key", "rotate", "--new-key-file", file.to_str().expect("text")];
    let refused = program.run(&arguments);
    assert!(refused.code == 1 && refused.stderr.contains("chmod 600"), "{refused:?}");
    write_key(&file, &new);
    let told = program.run(&arguments);
    assert!(told.code == 0 && told.stderr.contains("Change ROLLCALL_KEY"), "{told:?}");
    assert_eq!((create(&without, &token, "two"), create(&without, &token, "two")), (503, 503));
    let (status, text) = ready(&without);
    assert!(status == 503 && text.contains("the installation key was rotated"), "{text}");
    drop(without);
    assert!(program.log().contains("start this server again with the new one"), "{}", program.log());
    let gone = program.run(&["key", "list"]);
    assert!(gone.code == 1 && gone.stderr.contains("not the one this database was made with"), "{gone:?}");

    // One that has both goes on by itself.
    program.set("ROLLCALL_KEY", &new);
    program.set("ROLLCALL_NEW_KEY", &third);
    let with = program.serve(&[]);
    assert_eq!(create(&with, &token, "three"), 200);
    program.run(&["key", "rotate"]).ok();
    assert_eq!((create(&with, &token, "four"), ready(&with).0), (200, 200));
    let doctor = program.run(&["doctor"]);
    assert!(doctor.stdout.contains("ROLLCALL_NEW_KEY is in force"), "{doctor:?}");
    for key in [&old, &new, &third] {
        assert!(!program.log().contains(key.as_str()) && !doctor.stdout.contains(key.as_str()), "no key is shown");
    }
}

#[test]
fn a_default_key_is_refused_and_can_be_replaced() {
    let weak = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let database = TestDatabase::migrated();
    // A version that took it has made this one.
    let key = InstallationKey::parse_to_replace(weak).expect("a key");
    let (clock, threads) = (Box::new(SystemClock), Threads::default());
    drop(
        Rollcall::open(Open { database: database.database(), clock, key, keys: None, threads, rate_limit: None })
            .expect("it opens"),
    );
    let mut program = Program::on(database);
    program.set("ROLLCALL_KEY", weak);
    let refused = program.run_with_input(&["apply", "-"], FILE);
    assert!(refused.code == 1 && refused.stderr.contains("not drawn at random"), "{refused:?}");
    assert!(refused.stderr.contains("openssl rand -base64 32") && !refused.stderr.contains(weak), "{refused:?}");
    let new = InstallationKey::generate().expose().to_owned();
    program.set("ROLLCALL_NEW_KEY", &new);
    program.run(&["key", "rotate"]).ok();
    program.set("ROLLCALL_KEY", &new);
    program.run_with_input(&["apply", "-"], FILE).ok();
}

#[test]
fn the_pair_that_tokens_are_encrypted_to_is_renewed_and_listed() {
    let program = filled(Program::new(), &[]);
    let first = program.run(&["--json", "key", "renew", "encryption"]).json();
    let second = program.run(&["--json", "key", "renew", "encryption", "--overlap", "12h"]).json();
    let told = program.run(&["--json", "key", "list"]).json();
    let keys: Vec<(&Value, &Value)> =
        told["keys"].as_array().expect("keys").iter().map(|key| (&key["kid"], &key["state"])).collect();
    assert_eq!(keys, [(&second["kid"], &json!("present")), (&first["kid"], &json!("retiring"))]);
    let wrong = program.run(&["key", "renew", "encryption", "--overlap", "2y"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("30d"), "{wrong:?}");
}
