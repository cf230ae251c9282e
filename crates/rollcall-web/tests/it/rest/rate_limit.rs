//! Rate limits, as clients meet them: what counts towards them, what is answered past them, and what is none of their business.

use axum::body::Body;
use axum::http::Method;
use rollcall_core::policy::Scope;
use rollcall_testkit::{Caller, Reply, TestRollcall};
use rollcall_web::rest::{ROUTES, Route};
use serde_json::json;

const SECOND: i64 = 1_000;
const BODY: &str =
    r#"{"errors":[{"msg":"Rate limit for this API has been reached. Please try again after some time.","code":429}]}"#;

/// An empty request to a route, by any prefix.
async fn call(app: &Caller, route: &Route, prefix: &str) -> Reply {
    let path: Vec<&str> = route.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
    app.ask(route.method.clone(), &format!("{prefix}{}", path.join("/")), Body::empty()).await
}

#[tokio::test]
async fn every_route_is_limited_by_its_own_count_and_for_each_account() {
    let acme = TestRollcall::limited("1/min");
    let app = acme.app(&Scope::ALL);
    let globex = acme.app_of(&acme.found("Globex"), &Scope::ALL);
    for route in ROUTES {
        // None of the others has taken its place, and neither does Acme take Globex's.
        for app in [&app, &globex] {
            let first = call(app, route, "/api/public/").await;
            assert_ne!(first.status, 429, "{}", route.api);
            let before = acme.rollcall().statements();
            let second = call(app, route, "/api/public/").await;
            assert_eq!((second.status.as_u16(), second.text.as_str()), (429, BODY), "{}", route.api);
            assert_eq!(second.header("retry-after"), "60", "{}", route.api);
            // Whether the app is still who it was, and its calls.
            assert!(acme.rollcall().statements() - before <= 2, "{}", route.api);
            let before = acme.rollcall().statements();
            assert_eq!(call(app, route, "/api/public/").await.status, 429, "{}", route.api);
            assert_eq!(acme.rollcall().statements() - before, 0, "{}: a refusal costs no statement", route.api);
        }
    }
    let named: std::collections::BTreeSet<_> = ROUTES.iter().map(|route| route.api).collect();
    assert_eq!(named.len(), ROUTES.len(), "no two routes are one API");
}

#[tokio::test]
async fn aliases_of_a_path_and_head_and_rehearsals_and_refused_bodies_count_as_the_one_call() {
    let acme = TestRollcall::limited("3/min");
    let app = acme.app(&Scope::ALL);
    let status = async |method: Method, path: &str| app.ask(method, path, Body::empty()).await.status.as_u16();
    for (method, path) in [
        (Method::GET, "/API/public/groups"),
        (Method::HEAD, "/api/1.1/public/groups/"),
        (Method::GET, "groups?limit=1"),
    ] {
        assert_eq!(status(method, path).await, 200, "{path}");
    }
    for (method, path) in
        [(Method::GET, "/api/1.1/public/groups"), (Method::HEAD, "groups"), (Method::GET, "/API/public/groups/")]
    {
        assert_eq!(status(method, path).await, 429, "{path}");
    }
    let create = json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}]});
    assert_eq!(app.post("users?dryRun=true", &create).await.status, 200);
    assert_eq!(app.post("users", &json!({"users": 5})).await.status, 400);
    let once = app.with_header("idempotency-key", "k");
    assert_eq!(once.post("users", &create).await.status, 200);
    assert_eq!(once.post("users", &create).await.status, 429, "what would be told again counts, too");
    assert_eq!(app.ask(Method::POST, "users", "x".repeat(100)).await.status, 429, "before the body is looked at");
    assert_eq!(app.ask(Method::PUT, "users", Body::empty()).await.status, 400, "another verb is another API");
}

#[tokio::test]
async fn who_is_not_recognised_or_may_not_takes_nobodys_place() {
    let acme = TestRollcall::limited("1/min");
    let app = acme.app(&[Scope::RoleManagement]);
    let stranger = acme.app(&[Scope::UserManagement]);
    for _ in 0..3 {
        assert_eq!(acme.visitor().get("groups").await.status, 401);
        assert_eq!(stranger.get("groups").await.status, 403);
        assert_eq!(app.ask(Method::PUT, "groups", Body::empty()).await.status, 405);
    }
    assert_eq!(app.get("groups").await.status, 200);
    assert_eq!(app.get("groups").await.status, 429);
    assert_eq!(stranger.get("groups").await.status, 403, "and learns nothing of who calls how often");
}

#[tokio::test]
async fn retry_after_is_true_to_the_millisecond_for_each_window() {
    let acme = TestRollcall::limited("2/min,3/h");
    let app = acme.app(&Scope::ALL);
    let told = async || {
        let reply = app.get("groups").await;
        (reply.status.as_u16(), reply.header("retry-after").to_owned())
    };
    let passes = (200, String::new());
    let refused = |seconds: i64| (429, seconds.to_string());
    assert_eq!(told().await, passes);
    acme.clock.advance(10 * SECOND + 1);
    assert_eq!(told().await, passes);
    assert_eq!(told().await, refused(50), "49.999 seconds");
    acme.clock.advance(50 * SECOND - 2);
    assert_eq!(told().await, refused(1), "a millisecond, rounded up");
    acme.clock.advance(1);
    assert_eq!(told().await, passes);
    // The minute has room again after ten seconds, the hour only when it is over.
    assert_eq!(told().await, refused(3540));
    acme.clock.advance(3540 * SECOND - 1);
    assert_eq!(told().await, refused(1));
    acme.clock.advance(1);
    assert_eq!(told().await, passes);
}

#[tokio::test]
async fn what_cannot_be_counted_is_read_and_not_changed() {
    let acme = TestRollcall::limited("9/min");
    let app = acme.app(&Scope::ALL);
    let before = acme.snapshot();
    acme.database().execute("drop table rate_limits");
    assert_eq!(app.get("groups").await.status, 200);
    let create = json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}]});
    assert_eq!(app.post("users", &create).await.status, 500);
    assert_eq!(acme.snapshot(), before);
}
