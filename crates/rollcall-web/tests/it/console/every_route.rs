//! Every route of the console, as nobody, as an administrator without its permission, and as one with each right that gives
//! it: the table is walked, so that no route is forgotten.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use rollcall_core::policy::{AdminGate, Permission};
use rollcall_core::roles::rights::AdminRight;
use rollcall_testkit::{Reply, TestRollcall};
use rollcall_web::console::{Needs, Route, all_routes};

use super::{Browser, with_rights};

/// The address of a route, with something that there is not for each name in it.
fn address(route: &Route) -> String {
    let part = |part: &str| if part.starts_with('{') { "none".to_owned() } else { part.to_owned() };
    route.path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn ask(browser: &mut Browser, route: &Route) -> Reply {
    match route.method {
        "POST" => browser.send(&address(route), &[]).await,
        _ => browser.get(&address(route)).await,
    }
}

/// The routes that need a permission.
fn guarded() -> impl Iterator<Item = (&'static Route, Permission)> {
    all_routes().filter_map(|route| match route.needs {
        Needs::Permission(permission) => Some((route, permission)),
        _ => None,
    })
}

/// Signing out ends what the walk needs.
fn ends_the_session(route: &Route) -> bool {
    route.path == "/console/sign-out"
}

#[tokio::test]
async fn nobody_gets_further_than_the_door() {
    let acme = TestRollcall::new();
    for (route, _) in guarded() {
        let reply = ask(&mut Browser::new(&acme), route).await;
        let to = reply.header("location").to_owned();
        assert!(
            reply.status == StatusCode::SEE_OTHER && to.starts_with("/console/sign-in"),
            "{} {}: {} {to}",
            route.method,
            route.path,
            reply.status
        );
    }
}

/// Whether a page can be asked for at this address.
fn is_page(path: &str) -> bool {
    let fits = |row: &str| {
        let (row, path): (Vec<&str>, Vec<&str>) = (row.split('/').collect(), path.split('/').collect());
        row.len() == path.len() && row.iter().zip(path).all(|(part, of)| part.starts_with('{') || *part == of)
    };
    all_routes().any(|route| route.method == "GET" && fits(route.path))
}

#[tokio::test]
async fn whoever_signs_in_after_a_form_comes_to_a_page() {
    let acme = TestRollcall::new();
    let mut seen = std::collections::BTreeSet::new();
    for (route, _) in guarded().filter(|(route, _)| route.method == "POST") {
        let to = ask(&mut Browser::new(&acme), route).await.header("location").to_owned();
        let (_, next) = form_urlencoded::parse(to.split_once('?').expect("an address to come back to").1.as_bytes())
            .find(|(key, _)| key == "next")
            .expect("an address to come back to");
        assert!(is_page(&next), "{}: {next}", route.path);
        assert!(address(route).starts_with(next.as_ref()), "{}: {next}", route.path);
        seen.insert(next.into_owned());
    }
    for page in ["/console", "/console/me", "/console/users", "/console/users/none/edit", "/console/groups/none"] {
        assert!(seen.contains(page), "{page}: {seen:?}");
    }
}

#[tokio::test]
async fn whoever_has_every_other_right_gets_no_further() {
    let acme = TestRollcall::new();
    let mut deputies = BTreeMap::<String, Browser>::new();
    for (route, permission) in guarded() {
        let lacking = match permission.admin_gate() {
            AdminGate::AnyOf(rights) => rights.to_vec(),
            AdminGate::Every => vec![AdminRight::ChatHistory],
            AdminGate::AnyAdmin | AdminGate::NoAdmin => continue,
        };
        let name = format!("{permission:?}").to_lowercase();
        if !deputies.contains_key(&name) {
            let others: Vec<&str> =
                AdminRight::ALL.into_iter().filter(|right| !lacking.contains(right)).map(AdminRight::key).collect();
            let mut browser = with_rights(&acme, &name, &others).await;
            browser.get("/console").await;
            deputies.insert(name.clone(), browser);
        }
        let reply = ask(deputies.get_mut(&name).expect("a deputy"), route).await;
        assert_eq!(reply.status, 403, "{} {} without {permission:?}: {}", route.method, route.path, reply.text);
    }
    assert!(deputies.len() >= 8, "{}", deputies.len());
}

#[tokio::test]
async fn whoever_has_one_of_the_rights_sees_the_page() {
    let acme = TestRollcall::new();
    for right in AdminRight::ALL {
        let name = format!("only {}", right.key().to_lowercase().replace(['/', '.', ' '], "-")).replace(' ', "-");
        let mut browser = with_rights(&acme, &name, &[right.key()]).await;
        for (route, permission) in guarded().filter(|(route, _)| !ends_the_session(route)) {
            let gives = match permission.admin_gate() {
                AdminGate::AnyOf(rights) => rights.contains(&right),
                AdminGate::AnyAdmin => true,
                AdminGate::Every | AdminGate::NoAdmin => false,
            };
            if gives && route.method == "GET" && !route.path.contains('{') {
                let reply = browser.get(route.path).await;
                // Of a second factor that nobody has begun there is no page.
                let is_there = reply.status == 200 || (route.path.contains("second-factor") && reply.status != 403);
                assert!(is_there, "{} with {:?} alone: {} {}", route.path, right.key(), reply.status, reply.text);
            }
        }
    }
}
