//! Every command: what it prints, what it exits with, what it says when it is used wrongly.

use std::os::unix::fs::PermissionsExt as _;

use crate::program::Program;

#[test]
fn help_and_version_are_there_and_nonsense_is_wrong_usage() {
    let program = Program::new();
    let help = program.run(&["--help"]).ok();
    for command in ["serve", "apply", "export", "app", "config", "doctor", "schema", "completions"] {
        assert!(help.contains(command), "{command} is missing in\n{help}");
        assert!(program.run(&[command, "--help"]).ok().contains("Usage:"), "{command}");
    }
    assert!(program.run(&["--version"]).ok().starts_with("rollcall "));
    for wrong in [
        ["nonsense"].as_slice(),
        &["app", "create"],
        &["app", "create", "--name", "x", "--scope", "everything"],
        &["serve", "--listen", "here"],
    ] {
        let done = program.run(wrong);
        assert_eq!(done.code, 2, "{done:?}");
        assert!(!done.stderr.is_empty());
    }
    assert!(program.is_untouched(), "none of these made anything");
}

#[test]
fn an_app_is_made_listed_shown_and_changed() {
    let program = Program::new();
    let app = program.run(&["--json", "app", "create", "--name", "ci", "--scope", "user-management"]).json();
    let keys: Vec<&String> = app.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["clientId", "clientSecret", "algorithm", "scopes"]);
    let (id, secret) = (app["clientId"].as_str().expect("an id"), app["clientSecret"].as_str().expect("a secret"));
    assert_eq!(secret.len(), 44);
    let list = program.run(&["app", "list"]).ok();
    assert!(list.contains(id) && list.contains("never") && !list.contains(secret), "{list}");
    let changed =
        program.run(&["--json", "app", "scopes", "ci", "--add", "audit-logs", "--remove", "user-management"]).json();
    assert_eq!(changed["scopes"], serde_json::json!(["audit-logs"]));
    assert_eq!(program.run(&["--json", "app", "show", id]).json()["scopes"], changed["scopes"]);
    assert_eq!(program.run(&["app", "token", "ci", "--ttl", "15m", "--jti"]).ok().trim().split('.').count(), 3);

    let twice = program.run(&["app", "create", "--name", "CI", "--scope", "user-management"]);
    assert_eq!(twice.code, 1);
    assert!(twice.stderr.contains("\"CI\""), "{twice:?}");
    let unknown = program.run(&["app", "show", "cs-none"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("cs-none") && unknown.stderr.contains("app list"), "{unknown:?}");
    assert_eq!(program.run(&["app", "scopes", "ci"]).code, 2, "nothing to change is wrong usage");
    assert_eq!(program.run(&["app", "scopes", "ci", "--add", "audit-logs", "--remove", "audit-logs"]).code, 2);
}

#[test]
fn the_data_directory_and_the_key_are_for_their_owner_alone() {
    let program = Program::new();
    program.run(&["app", "create", "--name", "ci", "--scope", "user-management"]).ok();
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(program.data()), 0o700);
    let key = program.data().join("rollcall.key");
    assert_eq!(mode(key.clone()), 0o600);

    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("chmod");
    let done = program.run(&["app", "list"]);
    assert_eq!(done.code, 1);
    assert!(done.stderr.contains("chmod 600"), "{done:?}");
    assert_eq!(program.run(&["doctor"]).code, 1, "the doctor sees it, too");

    std::fs::remove_file(&key).expect("removed");
    let done = program.run(&["app", "list"]);
    assert!(done.code == 1 && done.stderr.contains("missing") && !key.exists(), "{done:?}");
    std::fs::write(&key, "h0oDMdG6omBWJBZ/hrib6WfphOfdb/MF1qLUS7H9M3M=\n").expect("written");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("chmod");
    let done = program.run(&["app", "list"]);
    assert!(done.code == 1 && done.stderr.contains("not the one this database was made with"), "{done:?}");
}

#[test]
fn config_says_where_each_value_comes_from() {
    let program = Program::on_sqlite();
    std::fs::create_dir(program.data()).expect("a folder");
    std::fs::write(program.data().join("rollcall.toml"), "listen = \"127.0.0.1:9999\"\n").expect("a file");
    let config = program.run(&["--json", "config"]).json();
    assert_eq!(config["listen"]["value"], "127.0.0.1:9999");
    assert!(config["listen"]["from"].as_str().expect("text").ends_with("rollcall.toml"));
    assert_eq!(config["data"]["from"], "ROLLCALL_DATA");
    assert_eq!(config["database"]["from"], "default");
    let text = program.run(&["config"]).ok();
    assert!(text.contains("SETTING") && text.contains("127.0.0.1:9999"), "{text}");
}

#[test]
fn the_doctor_says_how_to_mend_what_it_finds() {
    let program = Program::new();
    let before = program.run(&["doctor"]).ok();
    assert!(before.contains("rollcall serve makes it"), "{before}");
    assert!(program.is_untouched(), "the doctor changes nothing");
    program.run(&["app", "create", "--name", "ci", "--scope", "user-management"]).ok();
    let after = program.run(&["doctor"]).ok();
    assert!(after.contains("no active admin"), "{after}");
    let done = program.run(&["--database", "mysql://x", "doctor"]);
    assert!(done.code == 1 && done.stdout.contains("sqlite:PATH"), "{done:?}");
}

#[test]
fn schema_and_completions_are_printed() {
    let program = Program::new();
    let schema: serde_json::Value = serde_json::from_str(&program.run(&["schema"]).ok()).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for shell in ["bash", "zsh", "fish"] {
        assert!(program.run(&["completions", shell]).ok().contains("rollcall"), "{shell}");
    }
}

#[test]
fn a_command_that_only_reads_makes_no_database() {
    let program = Program::new();
    for command in [["export"].as_slice(), &["app", "list"], &["app", "token", "x"]] {
        let done = program.run(command);
        assert!(done.code == 1 && done.stderr.contains("rollcall apply"), "{done:?}");
    }
    assert!(program.is_untouched());
}

#[test]
fn a_port_that_is_taken_is_said_and_nothing_is_made() {
    let program = Program::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let done = program.run(&["serve", "--listen", &address]);
    assert!(done.code == 1 && done.stderr.contains(&address) && done.stderr.contains("--listen"), "{done:?}");
    assert!(program.is_untouched());
}

#[test]
fn output_that_is_lost_is_a_failure() {
    let program = Program::new();
    program.run(&["app", "create", "--name", "ci", "--scope", "user-management"]).ok();
    for command in ["export", "schema", "config"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
        let output = program.command().arg(command).stdout(full).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"), "{command}");
    }
}

#[test]
fn sqlites_file_alone_is_a_whole_copy_once_nothing_runs() {
    let program = Program::on_sqlite();
    program.run(&["app", "create", "--name", "ci", "--scope", "user-management"]).ok();
    let server = program.serve(&[]);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let mode = std::fs::metadata(program.data().join("rollcall.db")).expect("a database").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it is its owner's alone");
    let copy = Program::on_sqlite();
    std::fs::create_dir(copy.data()).expect("a folder");
    for name in ["rollcall.db", "rollcall.key"] {
        std::fs::copy(program.data().join(name), copy.data().join(name)).expect("a copy");
    }
    assert!(copy.run(&["app", "list"]).ok().contains("cs-"));
}

#[test]
fn a_file_that_is_no_database_is_told_as_such() {
    let program = Program::on_sqlite();
    program.run(&["app", "create", "--name", "ci", "--scope", "user-management"]).ok();
    std::fs::write(program.data().join("rollcall.db"), [0xa5; 8192]).expect("overwritten");
    let done = program.run(&["app", "list"]);
    assert!(done.code == 1 && done.stderr.contains("backup"), "{done:?}");
    let done = program.run(&["doctor"]);
    assert!(done.code == 1 && done.stdout.contains("backup"), "{done:?}");
}
