//! Every page before axe-core, in light and in dark; no page is wider than a narrow screen. Pictures of all are written for
//! a person to look at.

use std::collections::BTreeSet;

use rollcall_web::console::{Needs, all_routes};

use super::browser::Browser;
use super::signed_in;

/// A name for a picture of this page.
fn name(path: &str) -> String {
    let plain = path.split(['?', '#']).next().unwrap_or_default().trim_start_matches("/console").trim_matches('/');
    if plain.is_empty() {
        return "dashboard".to_owned();
    }
    let part = |part: &str| if part.starts_with('{') { "one".to_owned() } else { part.to_owned() };
    plain.split('/').map(part).collect::<Vec<_>>().join("-")
}

/// The pattern of the route that a path belongs to.
fn pattern(path: &str) -> Option<&'static str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let fits = |pattern: &str| {
        let (mut one, mut other) = (pattern.split('/'), path.split('/'));
        loop {
            match (one.next(), other.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a == b || (a.starts_with('{') && !b.is_empty()) => {}
                _ => return false,
            }
        }
    };
    let patterns = all_routes().filter(|route| route.method == "GET").map(|route| route.path);
    // A page of a fixed address comes before one of any.
    patterns.filter(|pattern| fits(pattern)).min_by_key(|pattern| pattern.matches('{').count())
}

/// Where the links of a page lead, within the console.
async fn links(browser: &Browser) -> Vec<String> {
    let found =
        browser.run("return [...document.querySelectorAll('main a[href]')].map((a) => a.getAttribute('href'))").await;
    let links = found.as_array().into_iter().flatten().filter_map(|link| link.as_str());
    links.filter(|link| link.starts_with("/console") && !link.contains("format=csv")).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_page_is_accessible_in_light_and_dark_and_fits_a_narrow_screen() {
    let (_program, server, browser) = signed_in(true).await;
    let with_session =
        all_routes().filter(|route| route.method == "GET" && matches!(route.needs, Needs::Permission(_)));
    let mut left: BTreeSet<&str> = with_session.map(|route| route.path).collect();
    // No page: what the palette asks.
    left.remove("/console/find");
    let mut queue: Vec<String> =
        left.iter().filter(|path| !path.contains('{')).map(|path| (*path).to_owned()).collect();
    let mut faults = Vec::new();
    while let Some(path) = queue.pop() {
        let Some(pattern) = pattern(&path).filter(|pattern| left.remove(pattern)) else { continue };
        browser.width(1280).await;
        for is_dark in [false, true] {
            browser.dark(is_dark).await;
            browser.open(&format!("{}{path}", server.url)).await;
            let scheme = if is_dark { "dark" } else { "light" };
            browser.picture(&format!("{}-{scheme}", name(pattern))).await;
            let found = browser.violations().await;
            faults.extend(found.into_iter().map(|fault| format!("{path} ({scheme}): {fault}")));
        }
        queue.extend(links(&browser).await);
        browser.width(360).await;
        browser.open(&format!("{}{path}", server.url)).await;
        browser.picture(&format!("{}-narrow", name(pattern))).await;
        let wide = browser.run("return document.documentElement.scrollWidth").await.as_u64().unwrap_or(u64::MAX);
        if wide > 360 {
            faults.push(format!("{path}: {wide} pixels wide on a screen of 360"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(left.is_empty(), "no link of any page leads to {left:?}");
}
