//! A way to the server that breaks at the worst moment: between `commit` and its answer. A real TCP connection, cut.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the next commit that comes along meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// It does not reach the server.
    Before,
    /// It is passed on, and nobody waits for what becomes of it.
    Along,
    /// It is passed on, and the answer is lost.
    After,
    /// The client is cut off at once, and the commit is passed on when the test says so.
    Late,
    /// It is passed on, the answer is lost, and nobody gets through any more until the next plan.
    Gone,
}

#[derive(Default)]
struct Plan {
    next: Option<Cut>,
    /// Told when the next commit was met.
    met: Option<Sender<()>>,
    /// Told when a late one may go on.
    go_on: Option<Receiver<()>>,
    /// Nobody gets through.
    is_closed: bool,
}

/// Passes on everything, until it is told to cut.
pub(super) struct Proxy {
    port: u16,
    plan: Arc<Mutex<Plan>>,
}

impl Proxy {
    /// Before the server that this URL names by `127.0.0.1:PORT`.
    pub(super) fn before(url: &str) -> Self {
        let server = address(url).to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let plan = Arc::<Mutex<Plan>>::default();
        let shared = Arc::clone(&plan);
        // These threads end with the process that tests, or with the connections they serve.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let is_closed = shared.lock().unwrap().is_closed;
                let Ok(server) = TcpStream::connect(&server) else { continue };
                if is_closed {
                    continue;
                }
                let (back, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                // Messages are passed on one by one; none waits for the next.
                server.set_nodelay(true).and_then(|()| client.set_nodelay(true)).unwrap();
                let answers = Arc::new(Mutex::new(true));
                let (plan, pass) = (Arc::clone(&shared), Arc::clone(&answers));
                thread::spawn(move || backward(back, to, &pass));
                thread::spawn(move || forward(client, server, &plan, &answers));
            }
        });
        Self { port, plan }
    }

    /// The same database by this way.
    pub(super) fn url(&self, url: &str) -> String {
        url.replace(address(url), &format!("127.0.0.1:{}", self.port))
    }

    /// Arms it for one commit. The receiver hears when that was met; dropping the sender lets a late one go on.
    pub(super) fn arm(&self, cut: Cut) -> (Receiver<()>, Sender<()>) {
        let ((met, is_met), (go, go_on)) = (channel(), channel());
        *self.plan.lock().unwrap() = Plan { next: Some(cut), met: Some(met), go_on: Some(go_on), is_closed: false };
        (is_met, go)
    }

    /// Lets everybody through again.
    pub(super) fn open(&self) {
        *self.plan.lock().unwrap() = Plan::default();
    }
}

fn address(url: &str) -> &str {
    let at = url.find("127.0.0.1:").expect("an address by TCP");
    url[at..].split('/').next().unwrap()
}

/// From the server to the client, until the client is cut off; what comes later is read and lost.
fn backward(mut server: TcpStream, mut client: TcpStream, pass: &Mutex<bool>) {
    let mut bytes = [0; 16_384];
    while let Ok(n @ 1..) = server.read(&mut bytes) {
        if *pass.lock().unwrap() && client.write_all(&bytes[..n]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

/// From the client to the server, message by message (PostgreSQL documentation, 55.7).
fn forward(mut client: TcpStream, mut server: TcpStream, plan: &Mutex<Plan>, pass: &Mutex<bool>) {
    let mut commits: Vec<Vec<u8>> = Vec::new();
    let mut is_first = true;
    while let Some(message) = message(&mut client, is_first) {
        is_first = false;
        let is_commit = match message.first() {
            Some(b'P') => {
                let mut fields = message[5..].split(|byte| *byte == 0);
                let (name, text) = (fields.next().unwrap(), fields.next().unwrap());
                if text == b"commit" {
                    commits.push(name.to_vec());
                }
                false
            }
            Some(b'B') => commits.iter().any(|name| Some(name.as_slice()) == message[5..].split(|b| *b == 0).nth(1)),
            _ => false,
        };
        let armed = if is_commit { std::mem::take(&mut *plan.lock().unwrap()) } else { Plan::default() };
        match armed.next {
            None if server.write_all(&message).is_ok() => {}
            None => break,
            Some(cut) => {
                *pass.lock().unwrap() = cut == Cut::Along;
                plan.lock().unwrap().is_closed = cut == Cut::Gone;
                // Bind, Execute, Sync: all three are the commit.
                let more = (0..2).filter_map(|_| self::message(&mut client, false)).flatten();
                let commit: Vec<u8> = message.into_iter().chain(more).collect();
                if cut == Cut::Late {
                    let _ = client.shutdown(Shutdown::Both);
                }
                let _ = armed.met.unwrap().send(());
                if cut == Cut::Late {
                    let _ = armed.go_on.unwrap().recv();
                }
                if cut != Cut::Before {
                    let _ = server.write_all(&commit);
                }
                if !matches!(cut, Cut::Before | Cut::Along) {
                    // The server ends when it has done all that it was told. Cut off now, it might not read that.
                    let _ = server.shutdown(Shutdown::Write);
                    return;
                }
                break;
            }
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

/// One message with its head. The first of a connection has no letter for its kind.
fn message(from: &mut impl Read, is_first: bool) -> Option<Vec<u8>> {
    let head = if is_first { 4 } else { 5 };
    let mut message = vec![0; head];
    from.read_exact(&mut message).ok()?;
    let length = u32::from_be_bytes(message[head - 4..].try_into().unwrap()) as usize;
    let body = message.len();
    message.resize(body + length.checked_sub(4)?, 0);
    from.read_exact(&mut message[body..]).ok()?;
    Some(message)
}
