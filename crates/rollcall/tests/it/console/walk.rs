//! A walk over every page of the console for which one must be signed in, by the links of the pages, and what each must keep:
//! nothing that axe-core finds, no script that was not ours, nothing wider than the screen, nothing that moves.

use std::collections::{BTreeSet, VecDeque};

use rollcall_web::console::{Needs, all_routes};

use super::browser::{Browser, Rules};

/// Not pages: what the palette asks, and a picture; and the page of a second factor that was begun, which only whoever begins
/// one comes to.
const NO_PAGES: [&str; 3] = ["/console/find", "/console/me/second-factor/code.svg", "/console/me/second-factor"];

/// The widths that a page must fit: a small telephone's, and a usual window's.
const WIDTHS: [u32; 2] = [360, 1280];

/// How far a page may move while it is loaded.
const SHIFT: f64 = 0.01;

/// The patterns of all pages for which one must be signed in.
pub(super) fn pages() -> BTreeSet<&'static str> {
    let with_session =
        all_routes().filter(|route| route.method == "GET" && matches!(route.needs, Needs::Permission(_)));
    with_session.map(|route| route.path).filter(|path| !NO_PAGES.contains(path)).collect()
}

/// The patterns of all pages of the door, which nobody must be signed in for.
pub(super) fn doors() -> BTreeSet<&'static str> {
    all_routes()
        .filter(|route| route.method == "GET" && route.needs == Needs::Nothing)
        .map(|route| route.path)
        .collect()
}

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

/// How much wider the page is than the screen.
async fn overflow(browser: &Browser, width: u32) -> Option<String> {
    let wide = browser.run("return document.documentElement.scrollWidth").await.as_u64().unwrap_or(u64::MAX);
    (wide > u64::from(width)).then(|| format!("{wide} pixels wide on a screen of {width}"))
}

/// Whether the page that is open is torn by what stands in it, or runs it.
pub(super) async fn torn(browser: &Browser) -> Vec<String> {
    let mut faults = Vec::new();
    // It ends at the width at which it was opened.
    for width in WIDTHS {
        browser.width(width).await;
        faults.extend(overflow(browser, width).await);
    }
    if !browser.run("return window.hostile ?? null").await.is_null() {
        faults.push("a script that somebody typed has run".to_owned());
    }
    faults.extend(browser.complaints().await);
    faults
}

/// The same, and what axe-core finds.
pub(super) async fn look(browser: &Browser) -> Vec<String> {
    let mut faults = torn(browser).await;
    faults.extend(browser.violations(Rules::All).await);
    faults
}

/// The same in light and in dark, with a picture of each and of the page on a narrow screen.
pub(super) async fn look_with_pictures(browser: &Browser, picture: &str) -> Vec<String> {
    browser.width(WIDTHS[0]).await;
    browser.picture(&format!("{picture}-narrow")).await;
    browser.dark(false).await;
    let mut faults = look(browser).await;
    browser.picture(&format!("{picture}-light")).await;
    browser.dark(true).await;
    faults.extend(browser.violations(Rules::Colours).await.into_iter().map(|fault| format!("dark: {fault}")));
    browser.picture(&format!("{picture}-dark")).await;
    browser.dark(false).await;
    faults
}

/// Panics with what is wrong with a page that only a flow comes to, which is open.
pub(super) async fn look_on_the_way(browser: &Browser, picture: &str) {
    let faults = look_with_pictures(browser, picture).await;
    assert!(faults.is_empty(), "{picture}: {}", faults.join("\n"));
    browser.width(WIDTHS[1]).await;
}

/// Opens a page at each width, and tells how far it moved while it was loaded.
async fn open(browser: &Browser, address: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for width in WIDTHS {
        browser.width(width).await;
        browser.open(address).await;
        let shift = browser.shift().await;
        if shift >= SHIFT {
            faults.push(format!("it moves by {shift} while it is loaded, on a screen of {width}"));
        }
    }
    faults
}

/// What is asked of each page besides.
pub(super) trait Asks {
    /// What is wrong with the page of this pattern, which is open; it may be left for another one.
    async fn ask(&mut self, browser: &Browser, pattern: &str) -> Vec<String>;
}

/// Nothing besides.
impl Asks for () {
    async fn ask(&mut self, _: &Browser, _: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Walks over every page that links lead to, one of each pattern, and panics with what is wrong with any of them; the
/// patterns to which no link led. The pictures begin with `prefix`.
pub(super) async fn walk(browser: &Browser, url: &str, prefix: &str, asks: &mut impl Asks) -> BTreeSet<&'static str> {
    let mut left = pages();
    // Lists come first, as they are without a filter.
    let mut queue: VecDeque<String> =
        left.iter().filter(|path| !path.contains('{')).map(|path| (*path).to_owned()).collect();
    let mut faults = Vec::new();
    browser.complaints().await;
    browser.slow_line().await;
    let mut opened = BTreeSet::new();
    while let Some(path) = queue.pop_front() {
        let Some(pattern) = pattern(&path).filter(|_| opened.insert(path.clone())) else { continue };
        if !left.remove(pattern) {
            // Not each thing has all the pages that things of its kind may have.
            let is_above = |other: &&str| other.strip_prefix(pattern).is_some_and(|rest| rest.starts_with('/'));
            if pattern.contains('{') && left.iter().any(is_above) {
                browser.open(&format!("{url}{path}")).await;
                queue.extend(links(browser).await);
            }
            continue;
        }
        let mut found = open(browser, &format!("{url}{path}")).await;
        let here = browser.address().await;
        if self::pattern(here.strip_prefix(url).unwrap_or_default()) != Some(pattern) {
            found.push(format!("it leads to {here}"));
        }
        queue.extend(links(browser).await);
        found.extend(look_with_pictures(browser, &format!("{prefix}{}", name(pattern))).await);
        found.extend(asks.ask(browser, pattern).await);
        faults.extend(found.into_iter().map(|fault| format!("{path}: {fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    left
}
