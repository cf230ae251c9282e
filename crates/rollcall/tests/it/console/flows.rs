//! What administrators come for.

use std::process::Command;

use serde_json::Value;
use thirtyfour::{By, Key};

use super::browser::Kind;
use super::signed_in;

/// From the link of the host to a reply of the API, by what the pages say alone.
async fn first_call(with_script: bool) {
    let (_program, server, browser) = signed_in(Kind { script: with_script, ..Kind::default() }).await;
    browser.find("a[href='/console'][aria-current='page']").await;
    browser.click(".ways a[href='/console/apps']").await;
    browser.press("New client app").await;
    browser.type_into("#name", "first call").await;
    browser.click("input[value='role-management']").await;
    browser.press("Make the app").await;
    assert_eq!(browser.text("#secret").await.len(), 44);
    let curl = browser.text("#curl").await.replace("http://127.0.0.1:8080", &server.url);
    let output = Command::new("sh").args(["-c", &curl]).output().expect("a shell");
    let reply: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert!(reply["total"].as_u64().is_some_and(|total| total > 0), "{curl}: {reply}");
    browser.driver.refresh().await.expect("the page again");
    browser.click(".ways a[href='/console/audit']").await;
    browser.find("a[href='/console/audit'][aria-current='page']").await;
    assert!(browser.text("tbody").await.contains("first call"));
}

#[tokio::test]
async fn an_app_and_the_first_call_with_its_curl() {
    first_call(true).await;
}

#[tokio::test]
async fn the_same_without_script() {
    first_call(false).await;
}

#[tokio::test]
async fn keys_lead_to_pages_and_the_palette_to_things() {
    let (_program, _server, browser) = signed_in(Kind::default()).await;
    let body = browser.find("body").await;
    body.send_keys("g").await.expect("a key");
    body.send_keys("a").await.expect("a key");
    browser.find("a[href='/console/apps'][aria-current='page']").await;
    let body = browser.find("body").await;
    body.send_keys("/").await.expect("a key");
    let focused = browser.driver.active_element().await.expect("an element");
    assert_eq!(focused.attr("type").await.expect("an attribute").as_deref(), Some("search"));
    browser.open(&browser.address().await).await;
    browser.find("body").await.send_keys("?").await.expect("a key");
    assert!(browser.find("#help[open]").await.is_displayed().await.expect("an element"));
    browser.open(&browser.address().await).await;
    browser.find("body").await.send_keys(Key::Control + "k").await.expect("keys");
    let field = browser.find("#palette[open] input").await;
    field.send_keys("ada@acme").await.expect("text");
    let found = browser.driver.find(By::XPath("//li[starts-with(., 'ada@acme.example')]")).await;
    found.expect("the user is found").click().await.expect("a click");
    browser.find("a[href='/console/users'][aria-current='page']").await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_the_pages_lead_to_the_door() {
    let (_program, server, browser) = signed_in(Kind { script: false, ..Kind::default() }).await;
    browser.click("form[action='/console/sign-out'] button").await;
    browser.find("body.door").await;
    assert!(browser.address().await.contains("/console/sign-in"), "{}", browser.address().await);
    browser.open(&format!("{}/console/apps", server.url)).await;
    let address = browser.address().await;
    assert!(address.ends_with("/console/sign-in?next=%2Fconsole%2Fapps"), "{address}");
}

#[tokio::test]
async fn pages_speak_the_language_that_the_browser_prefers() {
    let (_program, server, browser) = signed_in(Kind { languages: "de-DE,de,en", ..Kind::default() }).await;
    browser.find("html[lang=de]").await;
    browser.click(".ways a[href='/console/users']").await;
    browser.press("Neuer Benutzer").await;
    browser.press("Abbrechen").await;
    browser.open(&format!("{}/console/audit", server.url)).await;
    // Its way of writing a time, too.
    let time = browser.text("tbody time").await;
    assert!(time.contains('.') && !time.contains("UTC"), "{time}");
}
