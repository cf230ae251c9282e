//! What every face shares: reading JSON with all its faults, request ids, health, and the edge: the serving loop, TLS,
//! who a request came from, what every answer tells a browser.

pub(crate) mod body;
pub mod client;
pub(crate) mod coding;
mod forwarded;
pub mod health;
pub mod json;
pub mod jwks;
pub mod metrics;
pub(crate) mod protect;
pub mod replies;
pub mod serve;
pub mod status;
pub mod tls;
pub mod trace;

use std::net::IpAddr;

use axum::http::Extensions;

use aws_lc_rs::digest::{SHA256, digest};

/// The address at the other end of the connection, as the serving loop saw it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub std::net::SocketAddr);

pub use client::Client;

/// Who a request came from: what audit log, log and refusals record. The peer, where nothing else was found out.
pub(crate) fn client_ip(extensions: &Extensions) -> Option<IpAddr> {
    let peer = || extensions.get::<Peer>().map(|peer| peer.0.ip().to_canonical());
    extensions.get::<Client>().map(|client| client.0).or_else(peer)
}

/// SHA-256, for entity tags and fingerprints.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    digest(&SHA256, data).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
