//! A bad line between a client and the server: what it carries, and what gets lost on it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::program::Server;

/// A proxy that carries one request a connection. Of the requests that change something, the first is answered "too often" and
/// the next "busy" without asking the server, and of the third the server does the work, but nobody gets the answer.
pub(super) struct Lossy<'a> {
    server: &'a Server,
    /// What became of each request that was to change something.
    story: Vec<String>,
    /// When a client was told to wait.
    told: Option<Instant>,
}

/// How long that is, in seconds. Clocks of clients are not to the millisecond.
const WAIT: u64 = 1;
const LEAST: Duration = Duration::from_millis(WAIT * 1_000 - 50);

impl Lossy<'_> {
    /// Lets a client work through it; what the client gives, and what became of its changes.
    pub(super) fn before<T>(server: &Server, client: impl FnOnce(&str) -> T) -> (T, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let proxy = scope.spawn(|| {
                let mut line = Lossy { server, story: Vec::new(), told: None };
                for stream in listener.incoming() {
                    if done.load(Ordering::Acquire) {
                        break;
                    }
                    line.carry(stream.expect("a connection"));
                }
                line.story
            });
            let given = client(&format!("http://{address}"));
            done.store(true, Ordering::Release);
            // It waits for a connection; this is the last.
            drop(TcpStream::connect(address));
            (given, proxy.join().expect("the proxy ends"))
        })
    }

    /// One request, and its answer unless that is lost.
    fn carry(&mut self, mut client: TcpStream) {
        let Some(request) = request(&client) else { return };
        let first = request.split(|byte| *byte == b'\n').next().map(String::from_utf8_lossy).unwrap_or_default();
        let is_change = first.starts_with("POST ") && !first.contains("dryRun=true");
        if is_change && self.story.is_empty() {
            self.story.push("429 without being asked".to_owned());
            let limited = format!(
                "HTTP/1.1 429 Limited\r\nretry-after: {WAIT}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            self.told = Some(Instant::now());
            client.write_all(limited.as_bytes()).expect("the client listens");
            return;
        }
        if is_change && self.story.len() == 1 {
            let has_waited = self.told.is_some_and(|told| told.elapsed() >= LEAST);
            let when = if has_waited { "after Retry-After" } else { "too early" };
            self.story.push(format!("503 without being asked, {when}"));
            let busy = "HTTP/1.1 503 Busy\r\nretry-after: 0\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            client.write_all(busy.as_bytes()).expect("the client listens");
            return;
        }
        let mut server = TcpStream::connect(self.server.address()).expect("the server takes connections");
        server.write_all(&request).expect("the server listens");
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).expect("the server answers");
        if is_change {
            let text = String::from_utf8_lossy(&answer).to_lowercase();
            let status = text.split(' ').nth(1).expect("a status").to_owned();
            let is_lost = self.story.len() == 2;
            let replayed = if text.contains("idempotency-replayed: true") { " replayed" } else { "" };
            self.story.push(format!("{status}{}{replayed}", if is_lost { " lost" } else { "" }));
            if is_lost {
                return;
            }
        }
        client.write_all(&answer).expect("the client listens");
    }
}

/// A whole request, made the last one of its connection; none where the client has nothing to say.
fn request(client: &TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(client);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).expect("a line") == 0 {
            assert!(head.is_empty(), "the client broke off in {head:?}");
            return None;
        }
        let (name, value) = line.split_once(':').map_or(("", ""), |(name, value)| (name.trim(), value.trim()));
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().expect("a length");
        }
        if line == "\r\n" {
            break;
        }
        if !name.eq_ignore_ascii_case("connection") {
            head.push_str(&line);
        }
    }
    head.push_str("connection: close\r\n\r\n");
    let mut request = head.into_bytes();
    let start = request.len();
    request.resize(start + length, 0);
    reader.read_exact(&mut request[start..]).expect("the body arrives");
    Some(request)
}
