//! Who wants too much at once is refused, cheaply and in words.

use std::sync::Arc;

use rollcall_testkit::TestRollcall;
use rollcall_web::Site;
use rollcall_web::http::serve::{Edge, Limits};

use super::{CALM, ONCE, Server, ask, rest};

#[tokio::test]
async fn one_connection_too_many_is_turned_away_and_the_next_one_served_when_a_seat_is_free() {
    let server = Server::limited(Limits { connections: 2, ..Limits::default() }).await;
    let (mut one, mut two) = (server.connect().await, server.connect().await);
    for stream in [&mut one, &mut two] {
        assert!(ask(stream).await.ends_with("served"));
    }
    for _ in 0..50 {
        let told = rest(&mut server.connect().await).await;
        assert!(told.starts_with("HTTP/1.1 503 ") && told.contains("\r\nretry-after: 1\r\n"), "{told}");
        assert!(told.contains("\r\nx-content-type-options: nosniff\r\n"), "{told}");
        assert!(told.ends_with(r#"{"errors":[{"msg":"All connections are taken; try again","code":503}]}"#), "{told}");
    }
    assert!(ask(&mut two).await.ends_with("served"), "who has a seat keeps it");
    drop(one);
    // What a client would do: try again until the server has seen that the seat is free.
    while !server.hear(ONCE).await.ends_with("served") {}
    drop(two);
    server.stop().await;
}

#[tokio::test]
async fn too_many_and_too_long_headers_are_431() {
    let server = Server::limited(Limits { header: 8_192, ..Limits::default() }).await;
    let request = |headers: &str| format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    assert!(server.hear(request(&"a: b\r\n".repeat(98)).as_bytes()).await.ends_with("served"));
    let told = server.hear(request(&"a: b\r\n".repeat(99)).as_bytes()).await;
    assert!(told.starts_with("HTTP/1.1 431 "), "{told}");
    let long = |n: usize| request(&format!("a: {}\r\n", "b".repeat(n)));
    assert!(server.hear(long(8_000).as_bytes()).await.ends_with("served"));
    let told = server.hear(long(9_000).as_bytes()).await;
    assert!(told.starts_with("HTTP/1.1 431 "), "{told}");
    server.stop().await;
}

#[tokio::test]
async fn a_long_path_is_414_and_a_header_of_the_usual_limits_is_read() {
    let acme = TestRollcall::new();
    let router = rollcall_web::router(Arc::clone(acme.rollcall()), Site::default());
    let server = Server::start(router, Edge { patience: CALM, ..Edge::default() }).await;
    let ask = |path: &str, cookie: usize| {
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\na: {}\r\n\r\n", "b".repeat(cookie))
    };
    let told = server.hear(ask("/healthz?a=b", 60_000).as_bytes()).await;
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
    for path in [format!("/healthz?{}", "a".repeat(16 * 1024 - 8)), format!("/{}", "a".repeat(16 * 1024 - 1))] {
        let told = server.hear(ask(&path, 0).as_bytes()).await;
        assert!(!told.starts_with("HTTP/1.1 414 "), "{told}");
        let told = server.hear(ask(&format!("{path}a"), 0).as_bytes()).await;
        assert!(told.starts_with("HTTP/1.1 414 ") && told.contains("longer than the 16 KiB"), "{told}");
        assert!(told.contains("\r\nx-frame-options: DENY\r\n"), "{told}");
    }
    server.stop().await;
}
