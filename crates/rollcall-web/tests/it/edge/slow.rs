//! Who is slow with a header, a body or an answer is cut off, and others are served meanwhile.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use rollcall_core::policy::Scope;
use rollcall_testkit::TestRollcall;
use rollcall_web::Site;
use rollcall_web::http::serve::{Edge, Patience};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{CALM, ONCE, SOON, Server, ask, rest};

#[tokio::test]
async fn who_says_nothing_or_never_finishes_a_header_is_cut_off_and_others_are_served() {
    let server = Server::patient(Patience { header: SOON, ..CALM }).await;
    // Nothing; the beginning of an HTTP/2 preface; the beginning of a header.
    for beginning in ["", "PRI * HT", "GET / HTTP/1.1\r\nhos"] {
        let told = server.hear(beginning.as_bytes()).await;
        assert!(!told.contains("200 OK"), "{beginning:?}");
    }
    let answer = server.hear(ONCE).await;
    assert!(answer.ends_with("served"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_header_that_drips_is_cut_off_however_steadily_it_does() {
    let server = Server::patient(Patience { header: SOON, ..CALM }).await;
    let (mut from, mut to) = server.connect().await.into_split();
    let dripping = tokio::spawn(async move {
        // It ends when the server has closed the connection.
        to.write_all(b"GET / HTTP/1.1\r\n").await?;
        loop {
            to.write_all(b"a").await?;
            tokio::task::yield_now().await;
            to.writable().await?;
            if to.as_ref().take_error()?.is_some() {
                return std::io::Result::Ok(());
            }
        }
    });
    assert!(!rest(&mut from).await.contains("200 OK"));
    dripping.abort();
    server.stop().await;
}

#[tokio::test]
async fn a_connection_without_requests_ends() {
    let server = Server::patient(Patience { header: SOON, ..CALM }).await;
    let mut stream = server.connect().await;
    assert!(ask(&mut stream).await.ends_with("served"));
    assert_eq!(rest(&mut stream).await, "");
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_drips_is_answered_408_in_bounded_time() {
    let acme = TestRollcall::new();
    let app = acme.app(&[Scope::UserManagement]);
    let router = rollcall_web::router(Arc::clone(acme.rollcall()), Site::default());
    let edge = Edge { patience: Patience { body: Duration::from_secs(1), ..CALM }, ..Edge::default() };
    let server = Server::start(router, edge).await;
    let (mut from, mut to) = server.connect().await.into_split();
    let header = format!(
        "POST /api/public/users HTTP/1.1\r\nhost: x\r\nauth: {}\r\ncontent-type: application/json\r\n\
         content-length: 9000000\r\n\r\n",
        app.token().unwrap()
    );
    to.write_all(header.as_bytes()).await.unwrap();
    let dripping = tokio::spawn(async move {
        let mut drops = tokio::time::interval(SOON / 20);
        loop {
            drops.tick().await;
            to.write_all(b" ").await?;
        }
        #[allow(unreachable_code, reason = "says what the task gives")]
        std::io::Result::Ok(())
    });
    let told = rest(&mut from).await;
    assert!(told.starts_with("HTTP/1.1 408 ") && told.contains("did not arrive within 1 seconds"), "{told}");
    assert!(told.contains("connection: close"), "{told}");
    dripping.abort();
    server.stop().await;
}

/// More than all buffers on the way hold.
const LARGE: usize = 64 * 1024 * 1024;

fn large() -> Router {
    Router::new().route("/", get(async || vec![b'x'; LARGE]))
}

#[tokio::test]
async fn who_does_not_read_an_answer_is_cut_off_and_who_reads_it_gets_all_of_it() {
    let patience = Patience { answer: 2 * SOON, idle: 2 * SOON, ..CALM };
    let server = Server::start(large(), Edge { patience, ..Edge::default() }).await;
    let mut deaf = server.connect().await;
    deaf.write_all(ONCE).await.unwrap();
    let mut stream = server.connect().await;
    stream.write_all(ONCE).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.len() > LARGE);
    // Nobody waits for the deaf one: every seat is free again before a byte of it was read.
    server.stop().await;
    let told = rest(&mut deaf).await;
    assert!(told.starts_with("HTTP/1.1 200 ") && told.len() < LARGE, "{}", told.len());
}
