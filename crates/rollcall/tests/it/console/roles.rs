//! Roles: made by the table of what they permit, given once it was seen who gains what, taken away.

use super::browser::Kind;
use super::walk::look_on_the_way;
use super::{ADA, kinds, logged, signed_in};

const LUCIA: &str = "lucia.bello@acme.example";

async fn flow(kind: Kind) {
    let (_program, server, browser) = signed_in(kind).await;
    browser.click(".ways a[href='/console/roles']").await;
    browser.press("New admin role").await;
    browser.type_into("#name", "Log reader").await;
    browser.click("input[name='word:View and Run Audit Reports'][value=YES]").await;
    browser.press("Save").await;
    browser.sees("The role Log reader is made.").await;
    let role = browser.address().await;
    browser.type_into("#users", LUCIA).await;
    browser.press("Give the role").await;
    browser.sees("Who gains admin rights").await;
    browser.sees("Nothing has been changed yet.").await;
    browser.lists(LUCIA).await;
    browser.sees("View and Run Audit Reports").await;
    if kind.script {
        look_on_the_way(&browser, "confirm").await;
    }
    // Whoever goes back has given nothing.
    browser.press("Cancel").await;
    browser.open(&role).await;
    browser.sees("Nobody holds this role.").await;
    browser.type_into("#users", LUCIA).await;
    browser.press("Give the role").await;
    browser.press("Yes, give these rights").await;
    browser.sees(&format!("{LUCIA} got the role Log reader.")).await;
    browser.click("tbody th a").await;
    browser.sees("Log reader Console Directly").await;

    browser.open(&role).await;
    browser.press(&format!("Take away {LUCIA}")).await;
    browser.sees(&format!("The role Log reader was taken from {LUCIA}.")).await;
    browser.sees("Nobody holds this role.").await;
    browser.press("Remove").await;
    browser.press("Remove Log reader").await;
    browser.sees("The role Log reader is removed.").await;
    // What is built in stays as it is.
    browser.click("tbody th a").await;
    browser.sees("Built in").await;
    let edits = browser.driver.find_all(thirtyfour::By::Css("main a[href$='/edit'], main a[href$='/remove']")).await;
    assert_eq!(edits.expect("an answer").len(), 0);
    let events = ["Role Created", "Admin Role Assigned to Users", "Admin Role Deleted for Users", "Role Deleted"];
    logged(&browser, &server, ADA, &events).await;
}

#[tokio::test]
async fn a_role_is_made_given_once_it_was_seen_who_gains_what_and_taken_away() {
    flow(kinds()[0]).await;
}

#[tokio::test]
async fn a_role_is_seen_to_without_script() {
    flow(kinds()[1]).await;
}
