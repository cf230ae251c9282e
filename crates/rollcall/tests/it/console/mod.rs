//! The console in a real browser, of the real program: its main flows with and without script, and every page before
//! axe-core, in light and dark, and on a narrow screen.

mod browser;
mod flows;
mod host;
mod pages;

use serde_json::Value;

use crate::program::{Program, Server};
use browser::Browser;

const ADA: &str = "ada@acme.example";

/// The demo in a browser in which its administrator has signed in by a link from the host.
async fn signed_in(with_script: bool) -> (Program, Server, Browser) {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    let told: Value = program.run(&["--json", "admin", "link", ADA]).json();
    let link = told["url"].as_str().expect("a link");
    let path = link.split_once("/console/").expect("a link into the console").1;
    let browser = Browser::start(with_script).await;
    browser.open(&format!("{}/console/{path}", server.url)).await;
    browser.click("main button").await;
    browser.find(".ways").await;
    (program, server, browser)
}
