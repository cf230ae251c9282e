//! Erasing goes on where it was when the server is killed in the middle of it: each user once.

use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use rollcall_testkit::TestDatabase;
use serde_json::{Value, json};

use crate::program::{Program, Server};

/// As long may it take.
const LONG: Duration = Duration::from_secs(60);
/// As many are asked for at once: some ten transactions of the job.
const USERS: usize = 1_000;

fn file() -> String {
    let users = (0..USERS).map(|n| format!("  - {{ email: u{n}@acme.test, status: active }}\n")).collect::<String>();
    format!(
        "rollcall: 1\naccount: {{ name: Acme }}\napps:\n  - {{ name: ci, scopes: [erase-users-data] }}\nusers:\n{users}"
    )
}

/// How many users of a request are in this state, and how many there are.
fn counted(server: &Server, token: &str, id: &str, state: &str) -> (usize, usize) {
    let url = format!("{}/api/public/bot/eraseUsersData/status/{id}", server.url);
    let answer: Value = Client::new().get(url).header("auth", token).send().expect("an answer").json().expect("JSON");
    let users = answer["response"].as_array().expect("a list");
    (users.iter().filter(|user| user["status"] == state).count(), users.len())
}

#[test]
fn a_server_that_is_killed_while_it_erases_goes_on_when_it_starts_again() {
    let database = TestDatabase::empty();
    let program = Program::on(database.clone());
    program.run_with_input(&["apply", "-"], &file()).ok();
    let token = program.run(&["app", "token", "ci"]).ok().trim().to_owned();
    let server = program.serve(&[]);
    let asked: Vec<String> = (0..USERS).map(|n| format!("u{n}@acme.test")).collect();
    let body = json!({"userIds": asked, "RemoveDataFromAllBots": true});
    let url = format!("{}/api/public/bot/eraseUsersData", server.url);
    let answer = Client::new().delete(url).header("auth", &token).json(&body).send().expect("an answer");
    let answer: Value = answer.json().expect("JSON");
    let id = answer["requestId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    let begin = Instant::now();
    while counted(&server, &token, &id, "SUCCESS").0 == 0 {
        assert!(begin.elapsed() < LONG, "nobody is erased: {}", program.log());
        std::thread::yield_now();
    }
    server.signal("KILL");
    assert_eq!(server.ended(), None, "it was killed");
    let waiting = database.number("select count(*) from erasure_users where state = 'pending'");
    assert!(waiting > 0, "it was killed in the middle");
    let left = "select count(*) from users where email like 'u%@acme.test'";
    assert_eq!(database.number(left), waiting, "what is noted is done, and what is not is not");

    let server = program.serve(&[]);
    while counted(&server, &token, &id, "IN_PROGRESS").0 > 0 {
        assert!(begin.elapsed() < LONG, "it does not go on: {}", program.log());
        std::thread::yield_now();
    }
    assert_eq!(counted(&server, &token, &id, "SUCCESS"), (USERS, USERS));
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    assert_eq!(database.number(left), 0);
    let events = "select count(*) from audit_events where name = 'User Data Erased'";
    assert_eq!(database.number(events), USERS as i64, "each once");
    let chain = program.run(&["--json", "audit", "verify"]).json();
    assert_eq!((&chain["whole"], &chain["chains"][0]["pending"]), (&json!(true), &json!(0)), "{chain}");
}
