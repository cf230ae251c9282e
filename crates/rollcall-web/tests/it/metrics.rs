//! `/metrics`: for scrapers on the same machine alone; and what a fault of ours looks like from outside.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use http_body_util::BodyExt as _;
use rollcall_testkit::TestRollcall;
use rollcall_web::Site;
use rollcall_web::http::Peer;
use tower::ServiceExt as _;

/// Asks for the metrics, rendered by `render`, from this address.
async fn scrape(render: fn() -> String, peer: Option<&str>) -> (Response<()>, String) {
    scrape_through(render, peer, "user-agent").await
}

/// As [`scrape`], with a header of this name.
async fn scrape_through(render: fn() -> String, peer: Option<&str>, header: &str) -> (Response<()>, String) {
    let acme = TestRollcall::new();
    let router = rollcall_web::router_with_metrics(Arc::clone(acme.rollcall()), Site::default(), render);
    let request = Request::builder().uri("/metrics").header("x-request-id", "job-7").header(header, "x");
    let mut request = request.body(Body::empty()).expect("a request");
    if let Some(address) = peer {
        request.extensions_mut().insert(Peer(address.parse::<SocketAddr>().expect("an address")));
    }
    let (parts, body) = router.oneshot(request).await.expect("an answer").into_parts();
    let text = body.collect().await.expect("a whole body").to_bytes();
    (Response::from_parts(parts, ()), String::from_utf8(text.to_vec()).expect("text"))
}

#[tokio::test]
async fn metrics_are_for_the_same_machine_alone_and_to_others_there_are_none() {
    for peer in ["127.0.0.1:4000", "127.8.8.8:1", "[::1]:4000", "[::ffff:127.0.0.1]:4000"] {
        let (response, text) = scrape(|| "rollcall_up 1\n".into(), Some(peer)).await;
        assert_eq!((response.status().as_u16(), text.as_str()), (200, "rollcall_up 1\n"), "{peer}");
        assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4", "{peer}");
    }
    for peer in [None, Some("10.0.0.1:4000"), Some("203.0.113.9:80"), Some("[2001:db8::1]:4000")] {
        let (response, text) = scrape(|| "rollcall_up 1\n".into(), peer).await;
        let expected = (404, r#"{"errors":[{"msg":"Not Found","code":404}]}"#);
        assert_eq!((response.status().as_u16(), text.as_str()), expected, "{peer:?}");
    }
}

#[tokio::test]
async fn what_a_proxy_on_the_same_machine_passes_on_is_not_from_the_same_machine() {
    for header in ["forwarded", "x-forwarded-for", "x-real-ip", "via"] {
        let (response, _) = scrape_through(|| "rollcall_up 1\n".into(), Some("127.0.0.1:4000"), header).await;
        assert_eq!(response.status(), 404, "{header}");
    }
}

#[tokio::test]
async fn a_panic_is_a_plain_500_with_a_request_id_like_every_other_answer() {
    let (response, text) = scrape(|| panic!("a fault of ours"), Some("127.0.0.1:4000")).await;
    assert_eq!((response.status().as_u16(), &response.headers()["x-request-id"]), (500, &"job-7".parse().unwrap()));
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(text.contains("under this request's id") && text.contains(r#""code":500"#), "{text}");
    assert!(!text.contains("a fault of ours"), "{text}");
}
