//! HTTP/2 has ways of its own to be slow and greedy; each ends the stream or the connection.

use axum::Router;
use axum::routing::get;
use rollcall_web::http::serve::{Edge, Limits, Patience};

use super::frames::{
    CONTINUATION, Client, DATA, END_HEADERS, END_STREAM, GET, GOAWAY, HEADERS, RST_STREAM, SETTINGS, frame,
};
use super::{CALM, SOON, Server};

const NO_ERROR: u32 = 0;
const ENHANCE_YOUR_CALM: u32 = 11;

fn ask(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, GET)
}

#[tokio::test]
async fn the_limits_are_told_to_the_client() {
    let server = Server::limited(Limits { streams: 7, header: 9_000, ..Limits::default() }).await;
    let mut client = Client::greet(&server, &[]).await;
    let settings = client.read().await.unwrap();
    assert_eq!(settings.kind, SETTINGS);
    let settings: Vec<_> = settings.payload.chunks(6).map(<[u8]>::to_vec).collect();
    // SETTINGS_MAX_CONCURRENT_STREAMS and SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113 §6.5.2).
    for expected in [[0, 3, 0, 0, 0, 7], [0, 6, 0, 0, 0x23, 0x28]] {
        assert!(settings.contains(&expected.to_vec()), "{settings:?}");
    }
}

#[tokio::test]
async fn requests_that_are_taken_back_at_once_end_the_connection() {
    let server = Server::limited(Limits { resets: 10, ..Limits::default() }).await;
    let mut client = Client::greet(&server, &[]).await;
    let flood: Vec<u8> =
        (0..500).flat_map(|n| [ask(2 * n + 1), frame(RST_STREAM, 0, 2 * n + 1, &[0, 0, 0, 8])].concat()).collect();
    client.send(&flood).await;
    let ends = client.rest(GOAWAY).await;
    assert_eq!(ends.iter().map(super::frames::Frame::error).collect::<Vec<_>>(), [ENHANCE_YOUR_CALM]);
    server.stop().await;
    // It is this limit, and not another one: with a higher one the same client is served.
    let server = Server::limited(Limits { resets: 1_000, ..Limits::default() }).await;
    let mut client = Client::greet(&server, &[]).await;
    client.send(&[&flood[..], &ask(1_001)].concat()).await;
    loop {
        let frame = client.read().await.expect("a connection that stays");
        assert_ne!(frame.kind, GOAWAY);
        if frame.kind == DATA && frame.stream == 1_001 {
            break;
        }
    }
}

#[tokio::test]
async fn a_header_without_an_end_ends_the_connection() {
    let server = Server::limited(Limits { header: 9_000, ..Limits::default() }).await;
    let mut client = Client::greet(&server, &[]).await;
    client.send(&frame(HEADERS, END_STREAM, 1, GET)).await;
    // A header of one letter's name and 100 letters, again and again, and never `END_HEADERS` (CVE-2024-27316).
    let field = [&[0x00, 0x01, b'a', 100][..], &[b'b'; 100]].concat();
    let flood = frame(CONTINUATION, 0, 1, &field.repeat(100)).repeat(100);
    client.send(&flood).await;
    assert_eq!(client.rest(DATA).await.len(), 0);
    server.stop().await;
}

#[tokio::test]
async fn a_header_that_is_not_finished_in_time_ends_the_connection() {
    let server = Server::patient(Patience { header: SOON, grace: SOON, ..CALM }).await;
    let mut client = Client::greet(&server, &[]).await;
    client.send(&frame(HEADERS, END_STREAM, 1, GET)).await;
    assert_eq!(client.rest(DATA).await.len(), 0);
}

#[tokio::test]
async fn a_connection_without_requests_is_said_goodbye_and_closed() {
    let server = Server::patient(Patience { idle: SOON, grace: SOON, ..CALM }).await;
    let mut client = Client::greet(&server, &[]).await;
    client.send(&frame(SETTINGS, 1, 0, &[])).await;
    client.send(&ask(1)).await;
    let (mut data, mut last) = (Vec::new(), None);
    while let Some(frame) = client.read().await {
        match frame.kind {
            DATA => data.extend(frame.payload),
            GOAWAY => last = Some(frame),
            _ => {}
        }
    }
    assert_eq!(data, b"served");
    assert_eq!(last.expect("a goodbye").error(), NO_ERROR);
}

#[tokio::test]
async fn who_gives_an_answer_no_room_is_cut_off() {
    // SETTINGS_INITIAL_WINDOW_SIZE: not a byte of an answer, or one. What is behind stays with the server.
    for window in [0, 1] {
        let router = Router::new().route("/", get(async || vec![b'x'; 1024 * 1024]));
        let patience = Patience { answer: SOON, ..CALM };
        let server = Server::start(router, Edge { patience, ..Edge::default() }).await;
        let mut client = Client::greet(&server, &[(4, window)]).await;
        client.send(&ask(1)).await;
        let told: usize = client.rest(DATA).await.iter().map(|frame| frame.payload.len()).sum();
        assert_eq!(told, window as usize);
        server.stop().await;
    }
}

#[tokio::test]
async fn streams_beyond_the_limit_are_refused_and_the_others_answered() {
    let server = Server::limited(Limits { streams: 2, ..Limits::default() }).await;
    // With no room for answers the first two stay.
    let mut client = Client::greet(&server, &[(4, 0)]).await;
    client.send(&[ask(1), ask(3), ask(5)].concat()).await;
    let refused = loop {
        let frame = client.read().await.expect("a refusal");
        if frame.kind == RST_STREAM {
            break frame;
        }
    };
    // REFUSED_STREAM.
    assert_eq!((refused.stream, &refused.payload[..]), (5, &[0, 0, 0, 7][..]));
}
