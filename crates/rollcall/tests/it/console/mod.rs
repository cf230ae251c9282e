//! The console in a real browser, of the real program: every flow with and without script, and every page before axe-core,
//! in light and dark, on a narrow screen, empty, and full of what people should not type.

mod apps;
mod browser;
mod flows;
mod groups;
mod host;
mod hostile;
mod pages;
mod roles;
mod signing_in;
mod users;
mod walk;

use serde_json::Value;

use crate::program::{Program, Server};
use browser::{Browser, Kind};

const ADA: &str = "ada@acme.example";

/// The demo in a browser in which its administrator has signed in by a link from the host.
async fn signed_in(kind: Kind) -> (Program, Server, Browser) {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    let browser = Browser::start(kind).await;
    enter(&program, &server, &browser, ADA).await;
    (program, server, browser)
}

/// Signs somebody in by a link from the host, who is made an administrator where they are none.
async fn enter(program: &Program, server: &Server, browser: &Browser, email: &str) {
    let told: Value = program.run(&["--json", "admin", "link", email]).json();
    let link = told["url"].as_str().expect("a link");
    let path = link.split_once("/console/").expect("a link into the console").1;
    browser.open(&format!("{}/console/{path}", server.url)).await;
    browser.click("main button").await;
    browser.find(".ways").await;
}

/// With and without script.
fn kinds() -> [Kind; 2] {
    [true, false].map(|script| Kind { script, ..Kind::default() })
}

/// Asserts that the log, asked for it, says of each of these events that this administrator did it, from this machine.
async fn logged(browser: &Browser, server: &Server, actor: &str, events: &[&str]) {
    for event in events {
        browser.open(&format!("{}/console/audit", server.url)).await;
        browser.type_into("#actor", actor).await;
        let choice = browser.at(&format!("//select[@id='event']/option[normalize-space()='{event}']")).await;
        choice.click().await.expect("a click");
        browser.press("Search").await;
        let row = format!("contains(., '{actor}') and contains(., '{event}') and contains(., '127.0.0.1')");
        browser.at(&format!("//main//tbody/tr[1][{row}]")).await;
    }
}
