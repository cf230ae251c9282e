//! The console in a real browser, of the real program: every flow with and without script, and every page before axe-core,
//! in light and dark, on a narrow screen, empty, and full of what people should not type.

mod apps;
mod browser;
mod enter;
mod flows;
mod groups;
mod host;
mod hostile;
mod pages;
mod roles;
mod signing_in;
mod users;
mod walk;

use crate::program::Server;
use browser::{Browser, Kind};
use enter::{ADA, enter, signed_in};

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
