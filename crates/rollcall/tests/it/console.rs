//! The ways into the console that the program prints, opened with curl.

use std::process::Command;

use serde_json::Value;

use crate::program::{Program, Server};

/// Sends a form with curl, as a page of the server would; the status, and where it leads.
fn send(url: &str, fields: &[&str]) -> (String, String) {
    let mut command = Command::new("curl");
    command.args(["-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "-H", "Sec-Fetch-Site: same-origin"]);
    fields.iter().for_each(|field| {
        command.args(["--data-urlencode", field]);
    });
    let output = command.args(["--data", "", url]).output().expect("curl runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let (status, leads) = text.split_once(' ').expect("two words");
    (status.to_owned(), leads.to_owned())
}

/// Where the server listens.
fn base(server: &Server) -> &str {
    server.greeting["listen"].as_str().expect("an address")
}

/// The same link at the port that the server took.
fn at(server: &Server, url: &Value) -> String {
    let url = url.as_str().expect("a link");
    let path = url.split_once("/console/").expect("a link into the console").1;
    format!("{}/console/{path}", base(server))
}

#[test]
fn a_link_of_the_host_signs_in_once_and_makes_an_administrator() {
    let program = Program::new();
    let server = program.serve(&[]);
    let made = program.run(&["admin", "link", "ada@acme.test", "--json"]).json();
    assert_eq!(made["email"], "ada@acme.test");
    let url = at(&server, &made["url"]);
    assert_eq!(send(&url, &[]), ("303".into(), format!("{}/console", base(&server))));
    assert_eq!(send(&url, &[]).0, "404");
    let told = program.run(&["admin", "link", "ada@acme.test"]).ok();
    assert!(told.contains("/console/link/") && told.contains("signs ada@acme.test in once"), "{told}");
    let wrong = program.run(&["admin", "link", "no address"]);
    assert!(wrong.code == 1 && wrong.stderr.contains("no address"), "{wrong:?}");
}

#[test]
fn there_is_no_link_without_an_installation() {
    let program = Program::on_sqlite();
    let done = program.run(&["admin", "link", "ada@acme.test"]);
    assert!(done.code == 1 && done.stderr.contains("rollcall serve"), "{done:?}");
}

#[test]
fn the_first_start_prints_a_link_that_sets_up_and_later_ones_print_none() {
    let program = Program::new();
    let server = program.serve(&[]);
    let old = at(&server, &server.greeting["setUp"][0]["url"]);
    assert_eq!(server.greeting["setUp"][0]["account"], "Main");
    drop(server);
    let server = program.serve(&[]);
    let old = format!("{}/console/{}", base(&server), old.split_once("/console/").expect("a link").1);
    let password = "Correct-horse-battery-staple-1";
    let fields = ["email=ada@acme.test".to_owned(), format!("new={password}"), format!("repeat={password}")];
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    assert_eq!(send(&old, &fields).0, "404", "a start makes those before it void");
    let url = at(&server, &server.greeting["setUp"][0]["url"]);
    assert_eq!(send(&url, &fields), ("303".into(), format!("{}/console/sign-in", base(&server))));
    assert_eq!(send(&url, &fields).0, "404");
    let entered =
        send(&format!("{}/console/sign-in", base(&server)), &["email=ada@acme.test", &format!("password={password}")]);
    assert_eq!(entered, ("303".into(), format!("{}/console", base(&server))));
    drop(server);
    let server = program.serve(&[]);
    assert_eq!(server.greeting["setUp"], serde_json::json!([]));
}

#[test]
fn the_demo_prints_a_link_into_its_console() {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    assert_eq!(server.greeting["setUp"], serde_json::json!([]));
    let url = at(&server, &server.greeting["console"]);
    assert_eq!(send(&url, &[]), ("303".into(), format!("{}/console", base(&server))));
}
