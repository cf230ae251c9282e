//! The serving loop: accepts, cuts off who is slow with the header, and ends gracefully.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tower::ServiceExt as _;

use super::Peer;

/// How long clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the header of a request, from the first byte of the connection and between two requests.
    pub header: Duration,
    /// For requests that are under way when the stop is asked for.
    pub grace: Duration,
}

impl Default for Patience {
    /// 15 seconds for a header, 10 at the end.
    fn default() -> Self {
        Self { header: Duration::from_secs(15), grace: Duration::from_secs(10) }
    }
}

/// Serves `router` on `listener` until `stop` is done, then lets requests that are under way finish.
pub async fn serve(listener: TcpListener, router: Router, patience: Patience, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.header);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(patience.header);
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
        // Small answers go out at once; without this a client may wait for a delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let router = router.clone();
        let spoken = Arc::new(Notify::new());
        let first_request = Arc::clone(&spoken);
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            first_request.notify_one();
            request.extensions_mut().insert(Peer(peer));
            router.clone().oneshot(request.map(Body::new))
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            let mut watched = std::pin::pin!(watched);
            // The HTTP library times headers from their first byte on; who never says anything is cut off here.
            let ended = tokio::select! {
                ended = &mut watched => ended,
                heard = tokio::time::timeout(patience.header, spoken.notified()) => match heard {
                    Ok(()) => watched.await,
                    Err(_) => return,
                },
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => tracing::info!("every request was answered"),
        () = tokio::time::sleep(patience.grace) => tracing::warn!("requests that took too long were cut off"),
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn who_says_nothing_or_never_finishes_a_header_is_cut_off_and_others_are_served() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "served"));
        let patience = Patience { header: Duration::from_millis(200), grace: Duration::from_secs(5) };
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(listener, router, patience, async {
            let _ = stopped.await;
        }));
        // Nothing; the beginning of an HTTP/2 preface; the beginning of a header.
        for beginning in ["", "PRI * HT", "GET / HTTP/1.1\r\nhos"] {
            let mut slow = TcpStream::connect(address).await.unwrap();
            slow.write_all(beginning.as_bytes()).await.unwrap();
            let mut rest = Vec::new();
            // The end comes from the server; without it this would wait for ever.
            slow.read_to_end(&mut rest).await.unwrap();
            assert!(!String::from_utf8_lossy(&rest).contains("200 OK"), "{beginning:?}");
        }
        let mut quick = TcpStream::connect(address).await.unwrap();
        quick.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        quick.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("served"), "{answer}");
        stop.send(()).unwrap();
        serving.await.unwrap();
    }
}
