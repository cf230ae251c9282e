//! Client apps: made, with a secret that is shown once; renewed; their tokens explained, and why they were refused; removed.

use std::process::Command;

use super::browser::{Browser, Kind};
use super::walk::look_on_the_way;
use super::{ADA, kinds, logged, signed_in};

/// What the page tells by a token.
async fn explained(browser: &Browser, token: &str) -> String {
    browser.press("Token tester").await;
    browser.type_into("#token", token).await;
    browser.press("Explain").await;
    browser.find("#verdict").await;
    browser.text("main").await
}

async fn flow(kind: Kind) {
    let (_program, server, browser) = signed_in(kind).await;
    browser.click(".ways a[href='/console/apps']").await;
    browser.press("New client app").await;
    browser.type_into("#name", "nightly").await;
    browser.click("input[value='role-management']").await;
    browser.press("Make the app").await;
    let secret = browser.text("#secret").await;
    assert_eq!(secret.len(), 44);
    if kind.script {
        look_on_the_way(&browser, "apps-made").await;
    }
    browser.click(".ways a[href='/console/apps']").await;
    browser.at("//main//tbody//a[normalize-space()='nightly']").await.click().await.expect("a click");
    browser.sees("Call the API").await;
    let app = browser.address().await;
    let page = browser.driver.source().await.expect("a page");
    assert!(!page.contains(&secret) && !page.contains("id=\"secret\""), "it was shown once");

    browser.press("Make a token and the command").await;
    let curl = browser.text("#curl").await;
    let token = curl.split("auth: ").nth(1).and_then(|rest| rest.split('\'').next()).expect("a token").to_owned();
    let told = explained(&browser, &token).await;
    assert!(told.contains("It would be taken") && told.contains("nightly"), "{told}");
    if kind.script {
        look_on_the_way(&browser, "apps-explained").await;
    }
    let (body, signature) = token.rsplit_once('.').expect("a signature");
    let broken = format!("{body}.{}{}", if signature.starts_with('A') { "B" } else { "A" }, &signature[1..]);
    browser.open(&app).await;
    let told = explained(&browser, &broken).await;
    assert!(
        told.contains("It would be refused") && told.contains("None of the app’s secrets made this signature"),
        "{told}"
    );
    browser.open(&app).await;
    browser.sees("Refused tokens None").await;
    let curl = curl.replace("http://127.0.0.1:8080", &server.url).replace(&token, &broken);
    let refused = Command::new("sh").args(["-c", &curl]).output().expect("a shell");
    assert!(!String::from_utf8_lossy(&refused.stdout).contains("total"), "{refused:?}");
    // It is written down beside the answer, soon.
    let mut looks = 0;
    while !browser.text("main").await.contains("None of the app’s secrets made this signature") {
        looks += 1;
        assert!(looks < 1_000, "{}", browser.text("main").await);
        browser.open(&app).await;
    }

    browser.press("New secret").await;
    browser.press("New secret").await;
    let newer = browser.text("#secret").await;
    assert!(newer.len() == 44 && newer != secret);
    browser.open(&app).await;
    let good = browser.driver.find_all(thirtyfour::By::Css("tbody .tag.good")).await.expect("secrets");
    assert_eq!(good.len(), 2, "both are good for a while");
    browser.press("Remove").await;
    browser.sees("Remove the app “nightly”?").await;
    browser.press("Remove the app").await;
    browser.sees("The app “nightly” is removed.").await;
    logged(&browser, &server, ADA, &["App Created", "App Token Made", "App Secret Rotated", "App Deleted"]).await;
}

#[tokio::test]
async fn an_app_is_made_its_secret_shown_once_and_renewed_its_tokens_explained() {
    flow(kinds()[0]).await;
}

#[tokio::test]
async fn an_app_is_seen_to_without_script() {
    flow(kinds()[1]).await;
}
