//! The README's first command: the demo, and its four curl commands pasted into a shell.

use std::process::Command;

use serde_json::Value;

use crate::program::{Program, Server};

fn paste(server: &Server) -> Vec<Value> {
    let commands = server.greeting["demo"]["commands"].as_array().expect("commands");
    commands
        .iter()
        .map(|command| {
            let command = command["command"].as_str().expect("a command");
            let output = Command::new("sh").args(["-c", command]).output().expect("sh and curl run");
            let text = String::from_utf8(output.stdout).expect("text");
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {command} printed {text:?}"))
        })
        .collect()
}

#[test]
fn the_four_commands_of_the_demo_work_when_pasted() {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    let answers = paste(&server);
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["msg"], "Users are created Successfully");
    assert_eq!(answers[1][0]["status"], "success");
    let grace = &answers[2][0];
    assert_eq!(grace["userInfo"]["emailId"], "grace.hopper@acme.example");
    assert_eq!(grace["roles"]["adminRoles"][0]["roleName"], "Auditor");
    assert_eq!(answers[3]["groups"].as_array().map(Vec::len), Some(2));
    assert_eq!(answers[3]["groups"][0]["gN"], "Audit");
    assert!(answers[3]["total"].as_u64() > Some(50), "enough to page through");
}

#[test]
fn the_demo_starts_again_on_its_own_data_and_knows_its_users() {
    let program = Program::new();
    paste(&program.serve(&["--demo"]));
    let again = paste(&program.serve(&["--demo"]));
    let failed = &again[0]["failedUserDetails"][0]["userInfo"];
    assert_eq!(failed["reason"]["errors"][0]["msg"], "USER_ALREADY_EXISTS");
    assert_eq!(again[2][0]["userInfo"]["firstName"], "Grace");
}

#[test]
fn the_demo_refuses_addresses_that_others_reach_and_databases_that_are_in_use() {
    let program = Program::new();
    let done = program.run(&["serve", "--demo", "--listen", "0.0.0.0:0"]);
    assert_eq!(done.code, 2, "{done:?}");
    assert!(done.stderr.contains("127.0.0.1"), "{done:?}");
    let file = program.file("acme.yaml", "rollcall: 1\naccount: { name: Acme }\nusers: [{ email: ada@acme.test }]\n");
    program.run(&["apply", file.to_str().expect("a path")]).ok();
    let done = program.run(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.stderr.contains("--data"), "{done:?}");
}
