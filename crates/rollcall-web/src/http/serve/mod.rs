//! The serving loop: accepts as many connections as there are seats, and ends gracefully. One connection: `connection`.

mod activity;
mod connection;
mod limits;
mod socket;

use std::future::Future;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use super::client::Proxies;
use super::protect;
use super::tls::Tls;
use connection::Host;
pub use limits::{Limits, PIECE, Patience};

/// What stands between the network and the router.
#[derive(Debug, Default, Clone)]
pub struct Edge {
    /// How long clients may take.
    pub patience: Patience,
    /// How much they may bring.
    pub limits: Limits,
    /// Whose word counts for where a request came from.
    pub proxies: Proxies,
    /// The certificate; HTTP without TLS where there is none.
    pub tls: Option<Arc<Tls>>,
}

/// How often it is said at most that connections are turned away.
const REMINDER: Duration = Duration::from_secs(10);

/// Serves `router` on `listener` until `stop` is done, then lets requests that are under way finish.
pub async fn serve(listener: TcpListener, router: Router, edge: Edge, stop: impl Future<Output = ()>) {
    let Limits { connections, .. } = edge.limits;
    let grace = edge.patience.grace;
    let is_plain = edge.tls.is_none();
    let seats = Arc::new(Semaphore::new(connections as usize));
    let stopping = watch::Sender::new(false);
    let host = Arc::new(Host::new(router, edge));
    let refusal = refusal();
    let mut said: Option<Instant> = None;
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: others must finish before the next one can be taken.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else {
            metrics::counter!("rollcall_connections_turned_away_total").increment(1);
            if said.is_none_or(|said| said.elapsed() >= REMINDER) {
                said = Some(Instant::now());
                tracing::warn!(connections, "all connections are taken; more are turned away (max_connections)");
            }
            if is_plain {
                turn_away(stream, &refusal);
            }
            continue;
        };
        let (host, stopping) = (Arc::clone(&host), stopping.subscribe());
        tokio::spawn(async move {
            host.attend(stream, peer, stopping).await;
            drop(seat);
        });
    }
    drop(listener);
    stopping.send_replace(true);
    tokio::select! {
        // Who holds all seats knows that nobody else sits.
        _ = seats.acquire_many(connections) => tracing::info!("every request was answered"),
        () = tokio::time::sleep(grace) => tracing::warn!("requests that took too long were cut off"),
    }
}

/// The answer to a connection for which there is no seat, whatever it may ask.
fn refusal() -> Vec<u8> {
    let body = r#"{"errors":[{"msg":"All connections are taken; try again","code":503}]}"#;
    let mut text = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json; charset=utf-8\r\n".to_owned();
    text.push_str(&format!("content-length: {}\r\nconnection: close\r\nretry-after: 1\r\n", body.len()));
    for (name, value) in protect::ALWAYS {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
    }
    format!("{text}\r\n{body}").into_bytes()
}

/// Says so without waiting for anything: an answer that does not fit into the socket's buffer is not worth a wait.
fn turn_away(stream: TcpStream, refusal: &[u8]) {
    let said = stream.into_std().and_then(|mut stream| {
        stream.write_all(refusal)?;
        stream.shutdown(std::net::Shutdown::Write)
    });
    if let Err(error) = said {
        tracing::debug!(%error, "a connection was turned away without a word");
    }
}
