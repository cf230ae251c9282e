//! Paths and verbs: prefixes, trailing slashes, 404 and 405 before anybody is asked who they are.

use axum::body::Body;
use axum::http::Method;
use insta::assert_compact_json_snapshot;
use rollcall_core::policy::Scope;
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::acme::{BOTH, acme, admin_role};

#[tokio::test]
async fn each_prefix_with_or_without_a_trailing_slash_is_the_same_call() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let calls = [
        (Method::GET, "groups", json!(null)),
        (Method::POST, "usersInfo", json!({"emailIds": ["ada@acme.test"]})),
        (Method::POST, "users", json!({"users": [{"userInfo": {"emailId": "a3q4"}}]})),
        (
            Method::POST,
            "adminroles/assignments",
            json!([{"roleId": admin_role("Auditor"), "addUsers": ["ada@acme.test"]}]),
        ),
    ];
    for (method, path, body) in calls {
        let ask = |uri: String| {
            let (app, method, body) = (app.clone(), method.clone(), body.to_string());
            async move { app.ask(method, &uri, body).await.told() }
        };
        let expected = ask(format!("/api/public/{path}")).await;
        assert_eq!(expected["status"], 200, "{path}: {expected}");
        for prefix in ["/api/public", "/api/1.1/public", "/API/public"] {
            for end in ["", "/", "?", "/?", "/?limit=50"] {
                assert_eq!(ask(format!("{prefix}/{path}{end}")).await, expected, "{prefix}/{path}{end}");
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_not_found_whoever_asks() {
    let acme = TestRollcall::new();
    for caller in [acme.visitor(), acme.app(&[]), acme.app(&Scope::ALL), acme.visitor().with_token("nonsense")] {
        for path in [
            "/",
            "/api",
            "/api/public",
            "/api/public/",
            "/api/public/nothing",
            "/api/public/groups/1",
            "/api/public/groups//",
            "/api/public//groups",
            "/api/public/Groups",
            "/api/public/%67roups",
            "/api/2.0/public/groups",
            "/Api/public/groups",
            "/API/1.1/public/groups",
            "/groups",
            "/api/public/adminroles",
            "/api/public/adminroles/assignments/x",
            "/api/public/../public/groups",
        ] {
            for method in [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS] {
                let reply = caller.ask(method.clone(), path, Body::empty()).await;
                let expected = (404, r#"{"errors":[{"msg":"Not Found","code":404}]}"#);
                assert_eq!((reply.status.as_u16(), reply.text.as_str()), expected, "{method} {path}");
                assert_eq!(reply.header("allow"), "", "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_known_path_with_another_verb_says_which_verbs_it_has_before_it_asks_for_a_token() {
    let acme = TestRollcall::new();
    let all = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
    ];
    let table = [
        ("groups", &[Method::GET, Method::HEAD][..], "GET, HEAD"),
        ("usersInfo", &[Method::POST], "POST"),
        ("users/", &[Method::POST, Method::PUT, Method::DELETE], "POST, PUT, DELETE"),
        ("adminroles/assignments/", &[Method::POST], "POST"),
    ];
    for caller in [acme.visitor(), acme.app(&[]), acme.app(&BOTH)] {
        for (path, verbs, allow) in table {
            for method in all.iter().filter(|method| !verbs.contains(method)) {
                let reply = caller.ask(method.clone(), path, Body::from("{}")).await;
                let body =
                    if method == Method::HEAD { "" } else { r#"{"errors":[{"msg":"Method Not Allowed","code":405}]}"# };
                assert_eq!((reply.status.as_u16(), reply.text.as_str()), (405, body), "{method} {path}");
                assert_eq!(reply.header("allow"), allow, "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let acme = acme();
    let app = acme.app(&[Scope::RoleManagement]);
    let table = [
        (&app, "groups", 200),
        (&app, "groups?limit=0", 400),
        (&acme.visitor(), "groups", 401),
        (&app, "nothing", 404),
    ];
    for (caller, path, status) in table {
        let (get, head) = (caller.get(path).await, caller.ask(Method::HEAD, path, Body::empty()).await);
        assert_eq!((head.status.as_u16(), head.text.as_str()), (status, ""), "{path}");
        assert_eq!(get.status, head.status, "{path}");
        for name in ["content-type", "etag", "cache-control"] {
            assert_eq!(get.header(name), head.header(name), "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn the_health_routes_are_outside_the_api_and_ask_for_nothing() {
    let acme = TestRollcall::new();
    let visitor = acme.visitor();
    let (alive, ready) = (visitor.get("/healthz").await, visitor.get("/readyz").await);
    assert_compact_json_snapshot!(json!([alive.told(), ready.told()]), @r#"[{"status": 200, "body": {"status": "ok"}}, {"status": 200, "body": {"status": "ready"}}]"#);
    assert_eq!(visitor.get("/api/public/healthz").await.status, 404);
}
