//! The edge, over real sockets: who is slow, greedy or a liar, TLS, and what every answer tells a browser.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the answer, in its own words")]

mod answers;
mod clients;
mod frames;
mod greedy;
mod http2;
mod slow;
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use rollcall_web::http::serve::{self, Edge, Limits, Patience};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Long enough for what must not be cut off: a test that gets here has failed.
const LONG: Duration = Duration::from_secs(60);

/// Nobody is cut off.
const CALM: Patience =
    Patience { handshake: LONG, header: LONG, body: LONG, answer: LONG, idle: LONG, grace: Duration::from_secs(5) };

/// Soon enough to be waited for.
const SOON: Duration = Duration::from_millis(200);

/// A server on a port of its own.
struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start(router: Router, edge: Edge) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve::serve(listener, router, edge, async {
            let _ = stopped.await;
        }));
        Self { address, stop, serving }
    }

    /// One that answers `served`.
    async fn patient(patience: Patience) -> Self {
        Self::start(simple(), Edge { patience, ..Edge::default() }).await
    }

    async fn limited(limits: Limits) -> Self {
        Self::start(simple(), Edge { patience: CALM, limits, ..Edge::default() }).await
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// What is answered to these bytes on a connection of their own, until the server closes it.
    async fn hear(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may have said what it has to say before everything was sent.
        let _ = stream.write_all(bytes).await;
        rest(&mut stream).await
    }

    /// Stops; panics where something had to be cut off.
    async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(CALM.grace, self.serving).await.expect("every connection ends by itself").unwrap();
    }
}

fn simple() -> Router {
    Router::new().route("/", get(async || "served"))
}

/// Everything until the server closes the connection; without that it would wait for ever.
async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut rest = Vec::new();
    // A reset after the answer is an end, too.
    let _ = stream.read_to_end(&mut rest).await;
    String::from_utf8_lossy(&rest).into_owned()
}

/// Asks once on a connection that stays, and reads the whole answer.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"served") {
        let n = stream.read_buf(&mut answer).await.unwrap();
        assert_ne!(n, 0, "{}", String::from_utf8_lossy(&answer));
    }
    String::from_utf8(answer).unwrap()
}

const ONCE: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
