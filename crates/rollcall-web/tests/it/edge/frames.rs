//! HTTP/2 by hand (RFC 9113 §4.1): a client that does what no library would.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Server;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// `GET http://x/` (RFC 7541, appendix A and §6.2.1).
pub(crate) const GET: &[u8] = &[0x82, 0x84, 0x86, 0x41, 0x01, b'x'];

/// A frame as it was read.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A connection that speaks HTTP/2.
pub(crate) struct Client(TcpStream);

impl Client {
    /// Says hello with these settings, each a number and a value.
    pub(crate) async fn greet(server: &Server, settings: &[(u16, u32)]) -> Self {
        let mut stream = server.connect().await;
        let settings: Vec<u8> =
            settings.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        stream.write_all(&frame(SETTINGS, 0, 0, &settings)).await.unwrap();
        Self(stream)
    }

    /// Sends frames; a server that has gone does not mind.
    pub(crate) async fn send(&mut self, frames: &[u8]) {
        let _ = self.0.write_all(frames).await;
    }

    /// The next frame; none where the connection has ended.
    pub(crate) async fn read(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], stream, payload })
    }

    /// Every frame of this kind until the connection ends.
    pub(crate) async fn rest(&mut self, kind: u8) -> Vec<Frame> {
        let mut found = Vec::new();
        while let Some(frame) = self.read().await {
            found.extend(Some(frame).filter(|frame| frame.kind == kind));
        }
        found
    }
}

impl Frame {
    /// Of a `GOAWAY`: its error code.
    pub(crate) fn error(&self) -> u32 {
        u32::from_be_bytes(self.payload[4..8].try_into().unwrap())
    }
}
