//! Where a cluster is reached: its URLs, and ports that are free. Starts nothing.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// The port where there is no need for a free one: the socket's folder belongs to one cluster.
pub(crate) const USUAL_PORT: u16 = 5432;

/// `postgres://USER@HOST:PORT/DATABASE`, in the form that libpq and tokio-postgres both read. A host that is a path is
/// the folder of a socket.
pub(crate) fn url(user: &str, host: &str, port: u16, database: &str) -> String {
    format!("postgres://{}@{}:{port}/{}", percent_encoded(user), percent_encoded(host), percent_encoded(database))
}

/// A port of 127.0.0.1 that nobody listens on.
///
/// Not one that the system chooses: those are handed out to outgoing connections as well, and one of them could take
/// the port while the server is stopped.
pub(crate) fn free_port() -> Result<u16, String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Processes that run at the same time begin at different places.
    let first = std::process::id().wrapping_mul(97);
    let mut ports = (0..10_000).map(|_| 20_000 + (first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000));
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.find_map(|port| u16::try_from(port).ok().filter(free)).ok_or_else(|| {
        "no port of 127.0.0.1 between 20000 and 29999 is free; end what listens there, or start without tcp".to_owned()
    })
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").expect("a String takes every text"),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_does_not_take_is_encoded() {
        assert_eq!(url("a", "/tmp/a-b_c.d~e", 1, "b"), "postgres://a@%2Ftmp%2Fa-b_c.d~e:1/b");
        assert_eq!(url("a", "127.0.0.1", 65535, "ä b@c:d?"), "postgres://a@127.0.0.1:65535/%C3%A4%20b%40c%3Ad%3F");
    }

    #[test]
    fn a_port_in_use_is_passed_over_and_none_is_given_twice() {
        let first = free_port().unwrap();
        let _taken = TcpListener::bind(("127.0.0.1", first + 1));
        let second = free_port().unwrap();
        assert!(second != first && second != first + 1, "{first} {second}");
    }
}
