//! One connection: its handshake, its requests, and its end when nothing moves on it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, Request, StatusCode, Version, header};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tower::ServiceExt as _;

use super::activity::{Activity, Judgement, Way};
use super::socket::Socket;
use super::{Edge, Limits, Patience};
use crate::http::body::BodyPatience;
use crate::http::protect::Encrypted;
use crate::http::{Client, Peer};

/// What answers on every connection.
pub(super) struct Host {
    router: Router,
    edge: Edge,
    builder: Builder<TokioExecutor>,
}

impl Host {
    pub(super) fn new(router: Router, edge: Edge) -> Self {
        let Limits { header, streams, resets, .. } = edge.limits;
        let Patience { header: patience, answer, .. } = edge.patience;
        let mut builder = Builder::new(TokioExecutor::new());
        // More than a hundred headers are refused by the library's own limit: one of ours would cost each request memory.
        builder.http1().timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(header as usize);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(patience)
            .keep_alive_timeout(answer)
            .max_concurrent_streams(streams)
            .max_header_list_size(header)
            .max_pending_accept_reset_streams(resets)
            .max_local_error_reset_streams(resets)
            .max_send_buf_size(2 * super::PIECE);
        Self { router, edge, builder }
    }

    /// Serves a connection to its end.
    pub(super) async fn attend(&self, stream: TcpStream, peer: SocketAddr, mut stopping: watch::Receiver<bool>) {
        // Small answers go out at once; without this a client may wait for a delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let Some(tls) = &self.edge.tls else { return self.converse(stream, peer, None, stopping).await };
        let shaken = tokio::select! {
            shaken = timeout(self.edge.patience.handshake, tls.accept(stream)) => shaken,
            // Nothing was asked yet.
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.converse(stream, peer, Some(Encrypted), stopping).await,
            Ok(Err(error)) => tracing::debug!(%error, ip = %peer.ip(), "a TLS handshake failed"),
            Err(_) => tracing::debug!(ip = %peer.ip(), "a TLS handshake took too long"),
        }
    }

    async fn converse<S>(&self, stream: S, peer: SocketAddr, encrypted: Option<Encrypted>, stopping: Stopping)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Activity::new();
        let observed = Arc::clone(&activity);
        let (router, proxies) = (self.router.clone(), self.edge.proxies.clone());
        let body_patience = BodyPatience(self.edge.patience.body);
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let working = observed.begin();
            let way = if request.version() == Version::HTTP_2 { Way::Pieces } else { Way::Whole };
            let client = Client(proxies.client(peer.ip(), request.headers()));
            let mut request = request.map(axum::body::Body::new);
            let extensions = request.extensions_mut();
            extensions.insert(Peer(peer));
            extensions.insert(client);
            extensions.insert(body_patience);
            if let Some(encrypted) = encrypted {
                extensions.insert(encrypted);
            }
            let answered = router.clone().oneshot(request);
            async move {
                let mut response = answered.await?;
                // The rest of the body is not waited for. (HTTP/2 ends the stream and leaves this header out.)
                if matches!(response.status(), StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE) {
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response.map(|body| working.answer(body, way)))
            }
        });
        let socket = Socket::new(stream, Arc::clone(&activity));
        let connection = self.builder.serve_connection(TokioIo::new(socket), service).into_owned();
        self.watch(connection, &activity, stopping).await;
    }

    /// Drives a connection until it ends, the stop has ended it, or nothing moves on it.
    async fn watch<C>(&self, connection: C, activity: &Activity, mut stopping: Stopping)
    where
        C: GracefulConnection,
        C::Error: std::fmt::Display,
    {
        let patience = &self.edge.patience;
        let mut connection = std::pin::pin!(connection);
        let shortest = patience.header.min(patience.answer).min(patience.idle);
        let mut is_leaving = false;
        loop {
            let until = match activity.judge(Instant::now(), patience) {
                Judgement::Wait(until) => until,
                Judgement::Idle if is_leaving => return,
                Judgement::Idle => {
                    connection.as_mut().graceful_shutdown();
                    is_leaving = true;
                    Instant::now() + patience.grace.min(patience.idle)
                }
                Judgement::Stuck => {
                    tracing::debug!("a client that does not take its answer was cut off");
                    return;
                }
            };
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                _ = stopping.wait_for(|stopping| *stopping), if !is_leaving => {
                    connection.as_mut().graceful_shutdown();
                    is_leaving = true;
                }
                // What happens meanwhile may make the wait shorter, so that none is longer than the shortest there is.
                () = sleep_until(until.min(Instant::now() + shortest)) => {}
            }
        }
    }
}

/// Told when the server stops.
type Stopping = watch::Receiver<bool>;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::super::PIECE;
    use super::*;

    const LARGE: usize = 20 * PIECE;

    /// What a client gets of a large answer that takes as many bytes at a time, three seconds apart, of a server that waits
    /// for four. The time is the runtime's own, which stands still while anything is done.
    async fn taken(portion: usize) -> usize {
        let patience = Patience { answer: Duration::from_secs(4), ..Patience::default() };
        let router = Router::new().route("/", get(async || vec![b'x'; LARGE]));
        let host = Host::new(router, Edge { patience, ..Edge::default() });
        // A narrow pipe: what is not taken is not written either.
        let (near, mut far) = tokio::io::duplex(1024);
        let (stop, stopping) = watch::channel(false);
        let serving = tokio::spawn(async move {
            host.converse(near, "192.0.2.7:50000".parse().expect("an address"), None, stopping).await;
        });
        far.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut got = 0;
        'answer: loop {
            let mut left = portion;
            while left > 0 {
                match far.read(&mut vec![0; left.min(1024)]).await.unwrap_or(0) {
                    0 => break 'answer,
                    bytes => (left, got) = (left - bytes, got + bytes),
                }
            }
            tokio::time::advance(Duration::from_secs(3)).await;
        }
        serving.await.unwrap();
        drop(stop);
        got
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_an_answer_slowly_gets_all_of_it_and_who_takes_next_to_nothing_is_cut_off() {
        assert!(taken(PIECE).await > LARGE, "a piece at a time is enough");
        assert!(taken(1024).await < LARGE, "a kilobyte at a time is not");
    }
}
