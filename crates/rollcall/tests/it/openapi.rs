//! The API's own description before tools of others: a linter of OpenAPI, and one that makes requests up from it and sends
//! them to the running program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rollcall_core::policy::Scope;
use serde_json::Value;

use crate::program::{Program, Server};

/// Where `cargo xtask` installs a tool; a test without it fails, and says what to do.
fn tool(path: &str) -> Command {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools").join(path);
    assert!(place.exists(), "{} is missing: run `cargo xtask test --only needs`", place.display());
    Command::new(place)
}

/// A file that says how a tool is to be run.
fn setting(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "openapi", name].iter().collect()
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn description(server: &Server) -> String {
    let reply = reqwest::blocking::get(format!("{}/openapi.json", server.url)).expect("a reply");
    assert_eq!(reply.status(), 200);
    reply.text().expect("text")
}

#[test]
fn the_description_is_as_a_linter_recommends() {
    let program = Program::on_sqlite();
    let server = program.serve(&[]);
    let file = program.file("openapi.json", &description(&server));
    let mut lint = tool("spectral/node_modules/.bin/spectral");
    lint.args(["lint", "--fail-severity", "hint", "--ruleset"]).arg(setting("spectral.yaml")).arg(&file);
    let output = lint.output().expect("spectral runs");
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    // Of a file that it could not read it says something else.
    assert!(told.contains("No results with a severity of 'hint' or higher found!"), "{told}");
}

#[test]
fn requests_made_up_from_the_description_are_answered_as_it_says() {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    let mut create = vec!["app", "create", "--name", "made up"];
    create.extend(Scope::ALL.iter().flat_map(|scope| ["--scope", scope.id()]));
    program.run(&create).ok();
    let token = program.run(&["--json", "app", "token", "made up", "--ttl", "1h"]).json();
    let token = token["token"].as_str().expect("a token");
    let description: Value = serde_json::from_str(&description(&server)).expect("JSON");
    let verbs = description["paths"].as_object().expect("paths").values().filter_map(Value::as_object);
    let operations: usize = verbs.map(serde_json::Map::len).sum();

    let mut run = tool("schemathesis/bin/schemathesis");
    run.arg("--config-file").arg(setting("schemathesis.toml")).arg("run").arg(format!("{}/openapi.json", server.url));
    run.args(["--header", &format!("auth: {token}"), "--no-color"]);
    // It writes down what it found; that goes with the test's folder.
    run.current_dir(program.path(""));
    let output = run.output().expect("schemathesis runs");
    let told = told(&output);
    let log = program.log();
    let faults: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(output.status.success(), "{told}\n{}", faults.join("\n"));
    assert!(told.contains(&format!("Tested: {operations}\n")), "not all of {operations} calls were tested: {told}");
}
