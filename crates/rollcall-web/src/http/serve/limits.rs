//! How long clients may take and how much they may bring: every number of the serving loop, so that tests use small ones.

use std::time::Duration;

/// How long clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For the header of a request: the first one from the beginning of the connection, in HTTP/1 each further one from
    /// the end of the answer before it, so that this is also how long an idle HTTP/1 connection stays.
    pub header: Duration,
    /// For the whole body of a request.
    pub body: Duration,
    /// For the next [`PIECE`] of an answer to be taken.
    pub answer: Duration,
    /// Without any request under way, for HTTP/2 connections and for what is left to be sent.
    pub idle: Duration,
    /// For requests that are under way when the stop is asked for.
    pub grace: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(15),
            body: Duration::from_secs(60),
            answer: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            grace: Duration::from_secs(10),
        }
    }
}

/// How much of an answer a client has to take at least within [`Patience::answer`], in bytes.
pub const PIECE: usize = 32 * 1024;

/// How much clients may bring.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at the same time; one more is turned away.
    pub connections: u32,
    /// The header of a request, request line included, in bytes. At least 8,192, which is what HTTP/1 is read by.
    pub header: u32,
    /// Requests at the same time on one HTTP/2 connection.
    pub streams: u32,
    /// Requests of an HTTP/2 connection that were taken back before they were looked at (CVE-2023-44487), and those that
    /// were refused for their form (CVE-2025-8671): more than this ends the connection.
    pub resets: usize,
}

impl Default for Limits {
    /// 4,096 connections, headers of 64 KiB, 100 streams, 50 resets.
    fn default() -> Self {
        Self { connections: 4_096, header: 64 * 1024, streams: 100, resets: 50 }
    }
}
