//! Every page of an account in use, of one that is empty, and of one full of what people should not type. Pictures of all are
//! written for a person to look at.

use std::collections::BTreeSet;

use super::browser::{Browser, Kind};
use super::walk::walk;
use super::{enter, signed_in};
use crate::program::Program;

#[tokio::test]
async fn every_page_is_accessible_in_light_and_dark_fits_every_screen_and_does_not_move() {
    let (_program, server, browser) = signed_in(Kind::default()).await;
    let left = walk(&browser, &server.url, "", &mut ()).await;
    assert!(left.is_empty(), "no link of any page leads to {left:?}");
}

#[tokio::test]
async fn every_page_of_an_empty_account_says_what_to_do() {
    let program = Program::new();
    let server = program.serve(&[]);
    let browser = Browser::start(Kind::default()).await;
    enter(&program, &server, &browser, "ada@acme.test").await;
    let left = walk(&browser, &server.url, "empty-", &mut ()).await;
    let missing = ["/console/apps/{id}", "/console/bots/{id}", "/console/groups/{id}"];
    let is_missing =
        |path: &&str| missing.iter().any(|of| path.starts_with(of)) || path.starts_with("/console/roles/{id}/");
    let (_, left): (BTreeSet<_>, BTreeSet<_>) = left.into_iter().partition(|path| is_missing(path));
    assert!(left.is_empty(), "no link of any page leads to {left:?}");
    for (page, next) in
        [("groups", "a[href='/console/groups/new']"), ("apps", "a[href='/console/apps/new']"), ("bots", "pre")]
    {
        browser.open(&format!("{}/console/{page}", server.url)).await;
        browser.find(&format!(".empty {next}")).await;
    }
    for page in ["users", "groups", "roles"] {
        browser.open(&format!("{}/console/{page}?q=nothing+like+it", server.url)).await;
        browser.find(&format!(".empty a[href='/console/{page}']")).await;
    }
}
