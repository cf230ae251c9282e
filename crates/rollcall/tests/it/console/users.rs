//! Users: made, found, changed, suspended and not, removed; and all of a list at once.

use std::fmt::Write as _;

use super::browser::Kind;
use super::walk::look_on_the_way;
use super::{ADA, kinds, logged, signed_in};

const LUCIA: &str = "lucia.bello@acme.example";

/// One user, from the first to the last.
async fn one(kind: Kind) {
    let (_program, server, browser) = signed_in(kind).await;
    browser.click(".ways a[href='/console/users']").await;
    browser.press("New user").await;
    browser.type_into("#email", "grace@acme.example").await;
    browser.type_into("#first-name", "Grace").await;
    browser.type_into("#last-name", "O'Hara <b>").await;
    browser.press("Create").await;
    browser.sees("Created and invited: grace@acme.example.").await;
    browser.sees("Grace O'Hara <b> Invited").await;
    browser.click(".ways a[href='/console/users']").await;
    browser.type_into("#q", "race O'Har").await;
    browser.press("Search").await;
    browser.lists("Grace O'Hara <b>").await;
    browser.click("tbody th a").await;
    browser.press("Edit").await;
    browser.type_into("#department", "Compilers").await;
    browser.press("Save").await;
    browser.sees("Saved: grace@acme.example.").await;
    browser.sees("Compilers").await;
    browser.press("Remove").await;
    browser.sees("grace@acme.example (Grace O'Hara <b>)").await;
    browser.press("Yes, remove").await;
    browser.sees("Removed: grace@acme.example.").await;
    browser.type_into("#q", "grace@").await;
    browser.press("Search").await;
    browser.find(".empty a[href='/console/users']").await;

    browser.open(&format!("{}/console/users?q=lucia.bello", server.url)).await;
    browser.click("tbody th a").await;
    browser.press("Suspend").await;
    browser.sees(&format!("Suspended: {LUCIA}.")).await;
    browser.at("//h1/span[.='Suspended']").await;
    browser.press("Undo").await;
    browser.sees(&format!("Active again: {LUCIA}.")).await;
    browser.at("//h1/span[.='Active']").await;
    logged(&browser, &server, ADA, &["User Created", "User Deleted", "User Modified"]).await;
    // The newest change is that of the status back.
    browser.click("tbody tr:first-child a").await;
    browser.at("//main//tr[starts-with(normalize-space(th), 'status')][td[1]='suspended'][td[2]='active']").await;
}

/// All users of a list, on all of its pages.
async fn all_of_a_list(kind: Kind) {
    const COUNT: usize = 120;
    let (program, server, browser) = signed_in(kind).await;
    let mut file = "rollcall: 1\naccount: { name: Acme Demo }\nusers:\n".to_owned();
    for n in 0..COUNT {
        writeln!(file, "  - {{ email: many{n}@many.example, status: active }}").expect("a text");
    }
    program.run_with_input(&["apply", "-"], &file).ok();
    browser.open(&format!("{}/console/users?q=many.example&status=active", server.url)).await;
    browser.sees(&format!("{COUNT} users")).await;
    browser.find("a[rel=next]").await;
    browser.press("Suspend").await;
    browser.sees("Nobody was ticked").await;
    browser.click("input[name=everybody]").await;
    browser.press("Suspend").await;
    browser.sees("Nothing has been done yet.").await;
    if kind.script {
        look_on_the_way(&browser, "users-confirm").await;
    }
    browser.sees(&format!("{COUNT} users")).await;
    browser.press("Suspend").await;
    browser.sees(&format!("Suspended: {COUNT} users.")).await;
    browser.find(".empty").await;
    browser.open(&format!("{}/console/users?q=many.example&status=suspended", server.url)).await;
    browser.sees(&format!("{COUNT} users")).await;
    // Two of them by their boxes.
    for (row, boxed) in
        browser.driver.find_all(thirtyfour::By::Css("td input[name=user]")).await.expect("boxes").iter().enumerate()
    {
        if row < 2 {
            boxed.click().await.expect("a click");
        }
    }
    browser.press("Reactivate").await;
    browser.sees("Active again: 2 users.").await;
    browser.sees(&format!("{} users", COUNT - 2)).await;
    browser.press("Undo").await;
    browser.sees("Suspended: 2 users.").await;
    logged(&browser, &server, ADA, &["User Modified"]).await;
}

#[tokio::test]
async fn a_user_is_made_found_changed_suspended_by_mistake_and_removed() {
    one(kinds()[0]).await;
}

#[tokio::test]
async fn a_user_is_seen_to_without_script() {
    one(kinds()[1]).await;
}

#[tokio::test]
async fn all_users_of_a_list_are_suspended_and_two_by_their_boxes_are_not() {
    all_of_a_list(kinds()[0]).await;
}

#[tokio::test]
async fn all_users_of_a_list_are_suspended_without_script() {
    all_of_a_list(kinds()[1]).await;
}
