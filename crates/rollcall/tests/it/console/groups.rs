//! Groups: made, filled, put into each other, and not into a circle; removed.

use super::browser::{Browser, Kind};
use super::{ADA, kinds, logged, signed_in};

/// Makes a group, and gives the address of its page.
async fn made(browser: &Browser, name: &str) -> String {
    browser.click(".ways a[href='/console/groups']").await;
    browser.press("New group").await;
    browser.type_into("#name", name).await;
    browser.type_into("#description", "Of this test").await;
    browser.press("Save").await;
    browser.sees(&format!("The group {name} is made.")).await;
    browser.address().await
}

async fn flow(kind: Kind) {
    let (_program, server, browser) = signed_in(kind).await;
    let pilots = made(&browser, "Pilots").await;
    let crew = made(&browser, "Crew").await;
    browser.type_into("#members", "lucia.bello@acme.example, nobody@acme.example").await;
    browser.press("Add to the group").await;
    browser.find("#members[aria-invalid=true]").await;
    browser.sees("nobody@acme.example").await;
    browser.type_into("#members", "lucia.bello@acme.example, mei.nakamura@acme.example").await;
    browser.press("Add to the group").await;
    browser.sees("2 users are in Crew now.").await;
    browser.type_into("#q", "nakam").await;
    browser.press("Search").await;
    browser.lists("mei.nakamura@acme.example").await;
    // Who came in goes out again, and comes back in.
    browser.click("td.tick input").await;
    browser.press("Take those ticked out of the group").await;
    browser.sees("mei.nakamura@acme.example is not in Crew any more.").await;
    browser.press("Undo").await;
    browser.sees("mei.nakamura@acme.example is in Crew now.").await;

    browser.type_into("#parent", "Pilots").await;
    browser.press("Put this one in there").await;
    browser.sees("Crew is in Pilots now.").await;
    browser.type_into("#child", "Pilots").await;
    browser.press("Put it in here").await;
    let fault = browser.text(".note.bad[role=alert]").await;
    assert!(fault.contains("Pilots › Crew › Pilots") || fault.contains("Crew › Pilots › Crew"), "{fault}");
    browser.open(&pilots).await;
    browser.press("Take out Crew").await;
    browser.sees("Crew is not in Pilots any more.").await;
    browser.press("Undo").await;
    browser.sees("Crew is in Pilots now.").await;

    browser.open(&crew).await;
    browser.press("Remove").await;
    browser.sees("Remove the group Crew?").await;
    browser.press("Remove Crew").await;
    browser.sees("The group Crew is removed.").await;
    browser.open(&pilots).await;
    browser.sees("None. Members of a group in here").await;
    let events = [
        "Group Created",
        "Users Added to Group",
        "Users Removed from Group",
        "Groups Added to Group",
        "Groups Removed from Group",
        "Group Deleted",
    ];
    logged(&browser, &server, ADA, &events).await;
}

#[tokio::test]
async fn a_group_is_made_filled_nested_but_not_in_a_circle_and_removed() {
    flow(kinds()[0]).await;
}

#[tokio::test]
async fn a_group_is_seen_to_without_script() {
    flow(kinds()[1]).await;
}
