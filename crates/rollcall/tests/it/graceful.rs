//! Stopping: requests under way are answered, new ones are not taken, the exit code is 0.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;

use crate::program::Program;

#[test]
fn a_request_under_way_is_answered_while_the_server_stops() {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    let token = server.greeting["demo"]["token"].as_str().expect("a token").to_owned();
    let body = json!({"users": [{"userInfo": {"emailId": "late@acme.example"}}]}).to_string();
    let mut stream = TcpStream::connect(server.address()).expect("a connection");
    write!(
        stream,
        "POST /api/public/users HTTP/1.1\r\nhost: x\r\nauth: {token}\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    )
    .expect("a header is sent");
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    assert!(line.contains("100 Continue"), "the request is under way: {line}");
    server.signal("TERM");
    // The listener is closed first: from then on the stop has begun.
    while TcpStream::connect(server.address()).is_ok() {}
    stream.write_all(body.as_bytes()).expect("the body is taken");
    let mut answer = String::new();
    reader.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains("200 OK") && answer.contains("Users are created Successfully"), "{answer}");
    assert_eq!(server.ended(), Some(0));
    assert!(program.log().contains("every request was answered"), "{}", program.log());
    assert_eq!(
        std::fs::read_dir(program.data().join("outbox")).expect("an outbox").count(),
        1,
        "its mail is delivered"
    );
}

#[test]
fn the_log_has_request_ids_and_no_secret_and_refusals_are_counted() {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    let demo = &server.greeting["demo"];
    let (token, secret) = (demo["token"].as_str().expect("a token"), demo["clientSecret"].as_str().expect("a secret"));
    let ask = |token: &str| {
        reqwest::blocking::Client::new()
            .get(format!("{}/api/public/groups?limit=1&api_key=q-canary", server.url))
            .header("auth", token)
            .header("x-request-id", "find-me")
            .send()
            .expect("an answer")
            .status()
    };
    assert_eq!(ask(token), 200);
    assert_eq!(ask(&format!("{token}x")), 401);
    let metrics = reqwest::blocking::get(format!("{}/metrics", server.url)).expect("an answer").text().expect("text");
    for line in [
        "rollcall_tokens_refused_total{reason=\"bad signature\"} 1",
        "rollcall_api_requests_total{route=\"groups\",status=\"200\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    let statements = || {
        let metrics =
            reqwest::blocking::get(format!("{}/metrics", server.url)).expect("an answer").text().expect("text");
        let line = metrics.lines().find_map(|line| line.strip_prefix("rollcall_statements_total "));
        line.expect("the statements are counted").parse::<u64>().expect("a number")
    };
    let before = statements();
    assert_eq!(ask(token), 200);
    assert!((1..100).contains(&(statements() - before)), "one call more, and its few statements");
    let (token, secret) = (token.to_owned(), secret.to_owned());
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let log = program.log();
    assert!(
        log.lines().count() > 2 && log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "{log}"
    );
    assert!(log.contains("find-me") && log.contains("bad signature"), "{log}");
    let signature = token.rsplit('.').next().expect("a signature");
    for hidden in [token.as_str(), secret.as_str(), signature, "q-canary"] {
        assert!(!log.contains(hidden), "{hidden} is in the log");
    }
}
