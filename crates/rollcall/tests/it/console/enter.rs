//! The ways into the console that tests take.

use serde_json::Value;

use super::browser::{Browser, Kind};
use crate::program::{Program, Server};

/// The administrator of the demo.
pub(super) const ADA: &str = "ada@acme.example";

/// The demo in a browser in which its administrator has signed in by a link from the host.
pub(super) async fn signed_in(kind: Kind) -> (Program, Server, Browser) {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    let browser = Browser::start(kind).await;
    enter(&program, &server, &browser, ADA).await;
    (program, server, browser)
}

/// Signs somebody in by a link from the host, who is made an administrator where they are none.
pub(super) async fn enter(program: &Program, server: &Server, browser: &Browser, email: &str) {
    let told: Value = program.run(&["--json", "admin", "link", email]).json();
    let link = told["url"].as_str().expect("a link");
    let path = link.split_once("/console/").expect("a link into the console").1;
    browser.open(&format!("{}/console/{path}", server.url)).await;
    browser.click("main button").await;
    browser.find(".ways").await;
}
