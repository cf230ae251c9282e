//! The lines of an exported log (docs/audit-log.md): one JSON object each, that says by its only key what it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::chain::{Link, fields};
use super::checkpoint::Checkpoint;
use super::seal::{Sealed, StoredEvent};
use crate::clock::Time;
use crate::seal::hex;

/// The version of the format.
pub(crate) const VERSION: u32 = 1;

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Line {
    /// The first: what this is.
    Export(Header),
    /// An event.
    Event(Box<EventLine>),
    /// A checkpoint, after the event that it is of.
    Checkpoint(CheckpointLine),
    /// The last: without it, something was cut off.
    End(End),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) version: u32,
    pub(crate) account: AccountLine,
    /// The hash that the chain begins with: no two accounts have the same.
    pub(crate) chain: Hash,
    pub(crate) keys: Vec<KeyLine>,
    pub(crate) exported_at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountLine {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A public key as a JWK (RFC 8037 §2).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyLine {
    pub(crate) kid: String,
    pub(crate) kty: String,
    pub(crate) crv: String,
    pub(crate) x: Base64,
}

/// An event with all that its hash covers. Times are milliseconds since 1970; states are JSON as a text, as it was hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventLine {
    /// Its number.
    pub number: i64,
    /// When it happened, in milliseconds since 1970.
    pub at: i64,
    /// What did it: `app`, `user` or `host`.
    pub actor_kind: String,
    /// Who did it.
    pub actor_id: String,
    /// How they were called then.
    pub actor_name: String,
    /// From where, where it came over a network.
    pub ip: Option<String>,
    /// What it is filed under.
    pub category: String,
    /// What happened.
    pub name: String,
    /// To what.
    pub target: String,
    /// A sentence for people.
    pub description: String,
    /// What was there before, as far as it changed: JSON.
    pub before: Option<String>,
    /// What was there then, as far as it changed: JSON.
    pub after: Option<String>,
    /// The hash of the event before.
    pub previous_hash: Hash,
    /// Its own.
    pub hash: Hash,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CheckpointLine {
    /// The number of the event.
    pub(crate) number: i64,
    /// The number of the checkpoint before.
    pub(crate) previous: i64,
    pub(crate) hash: Hash,
    pub(crate) at: i64,
    pub(crate) kid: String,
    pub(crate) signature: Base64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    pub(crate) events: u64,
    pub(crate) checkpoints: u64,
    pub(crate) kid: String,
    pub(crate) signature: Base64,
}

impl End {
    /// What is signed: the digest of all lines before, with their ends, and what this one counts.
    pub(crate) fn message(&self, start: &[u8; 32], digest: &[u8]) -> Vec<u8> {
        let parts: [&[u8]; 5] =
            [start, digest, &self.events.to_be_bytes(), &self.checkpoints.to_be_bytes(), self.kid.as_bytes()];
        let mut message = b"rollcall audit export 1\0".to_vec();
        message.extend_from_slice(&fields(&parts));
        message
    }
}

/// A SHA-256 hash: 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Hash(pub(crate) [u8; 32]);

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hex(&hash.0)
    }
}

impl TryFrom<String> for Hash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pairs = text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?));
        let bytes = pairs.collect::<Option<Vec<u8>>>().filter(|_| text.len() == 64);
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or("a hash has 64 hex digits")
    }
}

/// Bytes in base64url without padding (RFC 4648 §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Base64(pub(crate) Vec<u8>);

impl From<Base64> for String {
    fn from(bytes: Base64) -> Self {
        URL_SAFE_NO_PAD.encode(&bytes.0)
    }
}

impl TryFrom<String> for Base64 {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        URL_SAFE_NO_PAD.decode(text).map(Self).map_err(|_| "this is not base64url without padding")
    }
}

impl From<StoredEvent> for EventLine {
    fn from(event: StoredEvent) -> Self {
        let sealed = event.sealed.unwrap_or(Sealed { link: Link { seq: 0, hash: [0; 32] }, previous: [0; 32] });
        Self {
            number: sealed.link.seq,
            at: event.at.0,
            actor_kind: event.actor_kind,
            actor_id: event.actor_id,
            actor_name: event.actor_name,
            ip: event.ip,
            category: event.category,
            name: event.name,
            target: event.target,
            description: event.description,
            before: event.before,
            after: event.after,
            previous_hash: Hash(sealed.previous),
            hash: Hash(sealed.link.hash),
        }
    }
}

impl From<EventLine> for StoredEvent {
    fn from(line: EventLine) -> Self {
        let link = Link { seq: line.number, hash: line.hash.0 };
        Self {
            id: 0,
            at: Time(line.at),
            actor_kind: line.actor_kind,
            actor_id: line.actor_id,
            actor_name: line.actor_name,
            ip: line.ip,
            category: line.category,
            name: line.name,
            target: line.target,
            description: line.description,
            before: line.before,
            after: line.after,
            sealed: Some(Sealed { link, previous: line.previous_hash.0 }),
        }
    }
}

impl From<Checkpoint> for CheckpointLine {
    fn from(checkpoint: Checkpoint) -> Self {
        Self {
            number: checkpoint.link.seq,
            previous: checkpoint.previous,
            hash: Hash(checkpoint.link.hash),
            at: checkpoint.at.0,
            kid: checkpoint.kid,
            signature: Base64(checkpoint.signature),
        }
    }
}

impl From<CheckpointLine> for Checkpoint {
    fn from(line: CheckpointLine) -> Self {
        let link = Link { seq: line.number, hash: line.hash.0 };
        Self { link, previous: line.previous, at: Time(line.at), kid: line.kid, signature: line.signature.0 }
    }
}
