//! Rate limits of the real program: what is in force where nobody says otherwise, and what a server that has one says of it.

use reqwest::blocking::{Client, Response};

use crate::program::{Program, Server};

const NAME: &str = "ROLLCALL_RATE_LIMIT";

/// A server with an account, and a token for it.
fn serving(program: &Program) -> (Server, String) {
    let file = program.file(
        "acme.yaml",
        "rollcall: 1\naccount: { name: Acme }\nusers: [{ email: ada@acme.test, status: active }]\n\
         assignments: [{ role: admin, users: [ada@acme.test] }]\napps: [{ name: ci, scopes: [role-management] }]\n",
    );
    program.run(&["apply", file.to_str().expect("a path")]).ok();
    let token = program.run(&["app", "token", "ci"]).ok().trim().to_owned();
    (program.serve(&[]), token)
}

fn groups(server: &Server, token: &str) -> Response {
    let request = Client::new().get(format!("{}/api/public/groups?limit=1", server.url)).header("auth", token);
    request.send().expect("an answer")
}

#[test]
fn where_nobody_says_otherwise_sixty_calls_of_a_minute_are_let_through() {
    let mut program = Program::new();
    // Nothing, in the place of what other tests say.
    program.set(NAME, "");
    let settings = program.run(&["config"]).ok();
    assert!(settings.lines().any(|line| line.contains("rate_limit") && line.contains("60/min,1800/h")), "{settings}");
    let (server, token) = serving(&program);
    // On a machine that needs longer than the minute a few more fit in, for each that has left it one.
    let passed = (0..1_800).take_while(|_| groups(&server, &token).status() == 200).count();
    assert!((60..1_800).contains(&passed), "{passed}");
}

#[test]
fn a_limit_of_ones_own_is_told_by_the_answer_the_log_and_the_metrics_and_outlives_the_server() {
    let mut program = Program::new();
    program.set(NAME, "2/h");
    let (server, token) = serving(&program);
    assert_eq!([1, 2, 3].map(|_| groups(&server, &token).status().as_u16()), [200, 200, 429]);
    let refused = groups(&server, &token);
    let after = refused.headers()["retry-after"].to_str().expect("text").parse::<u64>().expect("whole seconds");
    assert!((1..=3600).contains(&after), "{after}");
    let metrics = reqwest::blocking::get(format!("{}/metrics", server.url)).expect("an answer").text().expect("text");
    let line = "rollcall_rate_limited_total{api=\"GET groups\"} 2";
    assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let log = program.log();
    let is_told =
        |line: &str| line.contains("over the rate limit") && line.contains("GET groups") && line.contains("ci");
    assert_eq!(log.lines().filter(|line| is_told(line)).count(), 2, "{log}");
    assert_eq!(groups(&program.serve(&[]), &token).status(), 429, "after a restart, too");
}

#[test]
fn the_demo_limits_nothing_and_says_so_where_a_limit_is_set() {
    let mut program = Program::new();
    program.set(NAME, "2/h");
    let server = program.serve(&["--demo"]);
    let token = server.greeting["demo"]["token"].as_str().expect("a token");
    assert!((0..5).all(|_| groups(&server, token).status() == 200));
    let log = program.log();
    let is_told = |line: &str| line.contains("--demo limits no calls") && line.contains("2/h") && line.contains(NAME);
    assert!(log.lines().any(is_told), "{log}");
}

#[test]
fn a_limit_that_is_none_is_wrong_usage() {
    let mut program = Program::new();
    program.set(NAME, "60/day");
    let done = program.run(&["serve"]);
    assert_eq!(done.code, 2, "{done:?}");
    assert!(done.stderr.contains(NAME) && done.stderr.contains("\"60/day\" is not a rate limit"), "{done:?}");
    assert!(program.is_untouched());
}
