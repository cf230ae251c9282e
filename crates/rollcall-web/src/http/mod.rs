//! What every face shares: reading JSON with all its faults, request ids, health, the serving loop.

pub mod health;
pub mod json;
pub mod jwks;
pub mod metrics;
pub mod serve;
pub mod status;
pub mod trace;

use aws_lc_rs::digest::{SHA256, digest};

/// The address at the other end of the connection, as the serving loop saw it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub std::net::SocketAddr);

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
