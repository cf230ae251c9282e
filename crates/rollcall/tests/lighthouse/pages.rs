//! The main pages before Lighthouse: `cargo xtask lighthouse` installs it and starts this.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use super::browser::{Browser, Kind, pictures, tool};
use super::enter::signed_in;

/// What a page must reach in each category, of 1.
const LEAST: f64 = 0.95;
const CATEGORIES: [&str; 3] = ["performance", "accessibility", "best-practices"];

/// The first link of a page within `main` that begins so.
async fn first_link(browser: &Browser, base: &str, page: &str, begins: &str) -> String {
    browser.open(&format!("{base}{page}")).await;
    let link = browser.find(&format!("main tbody a[href^='{begins}']")).await;
    link.attr("href").await.expect("an attribute").expect("a link")
}

#[tokio::test]
async fn lighthouse_finds_the_main_pages_good() {
    let (program, server, browser) = signed_in(Kind::default()).await;
    let mut pages: Vec<String> = ["", "/users", "/groups", "/roles", "/bots", "/apps", "/audit", "/settings", "/me"]
        .map(|page| format!("/console{page}"))
        .into();
    for noun in ["users", "groups", "roles", "apps"] {
        let (page, begins) = (format!("/console/{noun}"), format!("/console/{noun}/"));
        pages.push(first_link(&browser, &server.url, &page, &begins).await);
    }
    let cookie = browser.driver.get_named_cookie("__Host-rollcall").await.expect("the session");
    let headers = json!({ "Cookie": format!("__Host-rollcall={}", cookie.value), "Accept-Language": "en" });
    let headers = program.file("headers.json", &headers.to_string());
    let (mut poor, folder) = (Vec::new(), pictures().with_file_name("lighthouse"));
    std::fs::create_dir_all(&folder).expect("a folder");
    // The door is for whoever has no session.
    let door = std::iter::once(("/console/sign-in".to_owned(), false));
    for (page, is_in) in pages.into_iter().map(|page| (page, true)).chain(door) {
        let name = page.trim_start_matches('/').replace('/', "-");
        let report = folder.join(&name);
        let mut lighthouse = Command::new("node");
        lighthouse
            .arg(tool("lighthouse/node_modules/lighthouse/cli/index.js"))
            .arg(format!("{}{page}", server.url))
            .args(["--quiet", "--output=json", "--output=html", "--disable-full-page-screenshot"])
            .args(["--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage"])
            .arg(format!("--only-categories={}", CATEGORIES.join(",")))
            .arg(format!("--output-path={}", report.display()))
            .env("CHROME_PATH", "/usr/bin/chromium");
        if is_in {
            lighthouse.arg(format!("--extra-headers={}", headers.display()));
        }
        let output = lighthouse.output().expect("node runs: `cargo xtask test --only needs` installs it");
        assert!(output.status.success(), "{page}: {}", String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(report.with_extension("report.json")).expect("a report");
        let told: Value = serde_json::from_str(&text).expect("a report in JSON");
        let shown = told["finalDisplayedUrl"].as_str().unwrap_or_default();
        assert!(shown.ends_with(&page), "{page} led to {shown}");
        println!("{page}: {}", line(&told));
        let low = CATEGORIES.iter().filter(|category| score(&told, category).is_none_or(|score| score < LEAST));
        poor.extend(low.map(|category| format!("{page}: {category} {:?}\n{}", score(&told, category), faults(&told))));
    }
    assert!(poor.is_empty(), "below {LEAST}:\n{}", poor.join("\n"));
}

fn score(told: &Value, category: &str) -> Option<f64> {
    told["categories"][category]["score"].as_f64()
}

/// The scores, and the figures behind that of performance.
fn line(told: &Value) -> String {
    let scores: Vec<String> = CATEGORIES
        .iter()
        .map(|category| format!("{category} {:.0}", score(told, category).unwrap_or_default() * 100.0))
        .collect();
    let figures: Vec<String> =
        ["first-contentful-paint", "largest-contentful-paint", "cumulative-layout-shift", "total-byte-weight"]
            .iter()
            .map(|audit| told["audits"][audit]["displayValue"].as_str().unwrap_or_default().replace('\u{a0}', " "))
            .collect();
    format!("{}; {}", scores.join(", "), figures.join(", "))
}

/// What was found wrong.
fn faults(told: &Value) -> String {
    let audits: BTreeMap<String, Value> =
        told["audits"].as_object().into_iter().flatten().map(|(id, audit)| (id.clone(), audit.clone())).collect();
    let low = audits.iter().filter(|(_, audit)| audit["score"].as_f64().is_some_and(|score| score < 0.9));
    low.map(|(id, audit)| format!("  {id}: {} {}\n", audit["title"], audit["displayValue"])).collect()
}
