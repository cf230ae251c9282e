//! What every answer tells a browser, whichever face gives it and however it fails.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use rollcall_core::policy::Scope;
use rollcall_testkit::TestRollcall;
use rollcall_web::Site;
use rollcall_web::http::Peer;
use rollcall_web::rest::{PREFIXES, ROUTES};
use tower::ServiceExt as _;

use crate::acme::letters;

/// Every answer has these; two pages of ours say more of what they may load.
fn check(what: &str, headers: &HeaderMap, is_https: bool) {
    let said = |name: &str| headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>().join(" | ");
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", if is_https { "max-age=31536000" } else { "" }),
        ("server", ""),
        ("x-powered-by", ""),
    ] {
        assert_eq!(said(name), expected, "{name} of {what}");
    }
    let policy = said("content-security-policy");
    assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
    let has_page =
        said("content-type").starts_with("text/html") || policy == "default-src 'none'; frame-ancestors 'none'";
    assert!(has_page, "{what}: {policy}");
    assert_ne!(said("x-request-id"), "", "{what}");
}

async fn walk(public_url: &str) {
    let acme = TestRollcall::new();
    let app = acme.app(&[Scope::UserManagement]);
    app.post("users", &serde_json::json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}]})).await;
    let link = format!("/activate/{}", letters(&acme).last().expect("a letter").token.expose());
    let site = Site { public_url: public_url.to_owned(), ..Site::default() };
    let panics = || -> String { panic!("a fault of ours") };
    let router = rollcall_web::router_with_metrics(Arc::clone(acme.rollcall()), site, panics);
    let mut calls: Vec<(Method, String, usize)> = Vec::new();
    for prefix in PREFIXES {
        for route in ROUTES {
            calls.push((route.method.clone(), format!("{prefix}{}", route.path), 0));
        }
    }
    let others = ["/", "/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/static/page.css", "/static/none"];
    for path in
        others.into_iter().chain(["/api/public/none", "/activate/none", "/activate", "/api/public/users", &link])
    {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::PATCH] {
            calls.push((method, path.to_owned(), 0));
        }
    }
    calls.push((Method::POST, "/api/public/users".into(), 11 * 1024 * 1024));
    calls.push((Method::GET, format!("/{}", "a".repeat(20_000)), 0));
    let mut statuses = BTreeSet::new();
    for (method, path, length) in calls {
        for token in [None, app.token()] {
            let mut request = Request::builder().method(method.clone()).uri(&path);
            if length > 0 {
                request = request.header("content-length", length);
            }
            if let Some(token) = token {
                request = request.header("auth", token);
            }
            let mut request = request.body(Body::empty()).unwrap();
            request.extensions_mut().insert(Peer("127.0.0.1:4000".parse().unwrap()));
            let response = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
            let what = format!("{} {method} {path:.80}", response.status());
            check(&what, response.headers(), public_url.starts_with("https:"));
            statuses.insert(response.status().as_u16());
        }
    }
    for expected in [200, 400, 401, 403, 404, 405, 413, 414, 500] {
        assert!(statuses.contains(&expected), "{expected} was not among {statuses:?}");
    }
}

#[tokio::test]
async fn every_answer_of_every_face_protects_itself() {
    walk("http://127.0.0.1:8080").await;
}

#[tokio::test]
async fn a_site_that_is_found_by_https_stays_there() {
    walk("https://rollcall.example.com").await;
}
