//! Somebody with the whole database, or a whole export, in their hands, but without the installation key: makes chains
//! and signatures by the rules of docs/audit-log.md.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|n| u8::from_str_radix(&hex[n..n + 2], 16).unwrap()).collect()
}

fn parts(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes()[..], part].concat()).collect()
}

/// The hash of an event of an export, which follows the one with the hash `previous`.
pub(super) fn hash(event: &Value, previous: &[u8]) -> Vec<u8> {
    let text = |key: &str| event[key].as_str().unwrap_or_default().as_bytes();
    let number = |key: &str| event[key].as_i64().unwrap().to_be_bytes();
    let details = sha256(&parts(&["description", "before", "after"].map(text)));
    let who_and_what = ["actorKind", "actorId", "actorName", "ip", "category", "name", "target"].map(text);
    let all = [&b"rollcall audit 1\0"[..], previous, &number("number"), &number("at"), &parts(&who_and_what), &details];
    sha256(&all.concat())
}

/// Makes all events from a line on follow from the one before, whatever they say by now.
pub(super) fn chain_anew(lines: &mut [Value]) {
    let mut previous = bytes(lines[0]["export"]["chain"].as_str().unwrap());
    for line in lines {
        if let Some(event) = line.get_mut("event") {
            event["previousHash"] = json!(hex(&previous));
            previous = hash(event, &previous);
            event["hash"] = json!(hex(&previous));
        }
    }
}

/// A key of their own.
pub(super) struct Forger {
    pub(super) kid: String,
    pub(super) public: Vec<u8>,
    pair: Ed25519KeyPair,
}

impl Forger {
    pub(super) fn new() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let public = pair.public_key().as_ref().to_vec();
        let x = URL_SAFE_NO_PAD.encode(&public);
        let kid = URL_SAFE_NO_PAD.encode(sha256(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes()));
        Self { kid, public, pair }
    }

    /// A signature of a checkpoint.
    pub(super) fn checkpoint(&self, start: &[u8], number: i64, hash: &[u8], previous: i64, at: i64) -> Vec<u8> {
        let [number, previous, at] = [number, previous, at].map(i64::to_be_bytes);
        let message = parts(&[start, &number, hash, &previous, &at, self.kid.as_bytes()]);
        self.pair.sign(&[b"rollcall audit checkpoint 1\0", &message[..]].concat()).as_ref().to_vec()
    }

    /// Signs every checkpoint of an export, and the export itself.
    pub(super) fn sign_anew(&self, lines: &mut [Value]) {
        let x = URL_SAFE_NO_PAD.encode(&self.public);
        lines[0]["export"]["keys"] = json!([{ "kid": self.kid, "kty": "OKP", "crv": "Ed25519", "x": x }]);
        let start = bytes(lines[0]["export"]["chain"].as_str().unwrap());
        let mut last = String::new();
        for line in lines.iter_mut() {
            if let Some(event) = line.get("event") {
                event["hash"].as_str().unwrap().clone_into(&mut last);
            }
            if let Some(checkpoint) = line.get_mut("checkpoint") {
                let number = |key: &str| checkpoint[key].as_i64().unwrap();
                let signature =
                    self.checkpoint(&start, number("number"), &bytes(&last), number("previous"), number("at"));
                checkpoint["hash"] = json!(last);
                checkpoint["kid"] = json!(self.kid);
                checkpoint["signature"] = json!(URL_SAFE_NO_PAD.encode(signature));
            }
        }
        let (end, before) = lines.split_last_mut().unwrap();
        let end = &mut end["end"];
        let count = |key: &str| end[key].as_u64().unwrap().to_be_bytes();
        let digest = sha256(&super::file::text(before));
        let message = parts(&[&start, &digest, &count("events"), &count("checkpoints"), self.kid.as_bytes()]);
        let signature = self.pair.sign(&[b"rollcall audit export 1\0", &message[..]].concat());
        end["kid"] = json!(self.kid);
        end["signature"] = json!(URL_SAFE_NO_PAD.encode(signature.as_ref()));
    }
}
