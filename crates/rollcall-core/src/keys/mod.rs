//! The installation key in force (`ring`) and its rotation; the server's own key pairs: the one that tokens are encrypted to,
//! and the one that signs the audit log. Their private halves are sealed and leave this process never.

mod encryption;
mod hand;
pub(crate) mod history;
mod host;
mod ring;
mod rotate;
mod signing;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::RwLock;
use serde_json::{Value, json};

pub(crate) use encryption::{EncryptionKey, NewPair};
pub(crate) use hand::Deciphering;
pub use history::PastKey;
pub use ring::KeyReader;
pub(crate) use ring::{CHECKED, KEY_CHECK, Ring};
pub(crate) use rotate::rotate;
pub use rotate::{Resealed, columns};
pub(crate) use signing::{Keyring, Signing, thumbprint};

use crate::audit::EventKind;

use crate::clock::Time;
use crate::error::Result;
use crate::seal::InstallationKey;
use crate::shared::Shared;
use crate::store::{self, Tx, WriteTx};

/// What a key pair is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// RSA: tokens are encrypted to its public half (RFC 7516).
    Encryption,
    /// Ed25519: places of the audit log are signed with its private half (RFC 8032).
    Audit,
}

impl Purpose {
    /// The purpose in a word, as the database has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Encryption => "encryption",
            Self::Audit => "audit",
        }
    }

    pub(crate) fn stored(name: &str) -> Self {
        if name == "audit" { Self::Audit } else { Self::Encryption }
    }

    /// What seals the private half: one cannot be put in the other's place.
    pub(crate) fn seal(self) -> &'static str {
        match self {
            Self::Encryption => "server encryption key",
            Self::Audit => "server audit key",
        }
    }
}

/// A key pair, as the store keeps it.
#[derive(Debug, Clone)]
pub(crate) struct ServerKey {
    pub(crate) kid: String,
    pub(crate) purpose: Purpose,
    /// PKCS #8, sealed.
    pub(crate) sealed: Vec<u8>,
    /// SubjectPublicKeyInfo of RSA keys, the 32 bytes of Ed25519 ones.
    pub(crate) public_key: Vec<u8>,
    pub(crate) created: Time,
    pub(crate) retires: Option<Time>,
}

impl ServerKey {
    pub(crate) fn is_live_at(&self, now: Time) -> bool {
        self.retires.is_none_or(|end| end > now)
    }

    /// The private half.
    pub(crate) fn open(&self, key: &InstallationKey) -> Result<zeroize::Zeroizing<Vec<u8>>> {
        key.open(self.purpose.seal(), &self.sealed)
    }
}

/// The public half of a key pair, for whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicServerKey {
    /// Its name: the JWK thumbprint (RFC 7638).
    pub kid: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The key itself: of RSA the modulus and the exponent, big-endian; of Ed25519 the 32 bytes alone.
    pub numbers: Vec<Vec<u8>>,
    /// When it was made.
    pub created: Time,
    /// From when on it is not used any more; none: it is the present one.
    pub retires: Option<Time>,
}

impl PublicServerKey {
    /// The key as a JWK (RFC 7517 §4; RSA: RFC 7518 §6.3.1, Ed25519: RFC 8037 §2).
    pub fn jwk(&self) -> Value {
        let number = |n: usize| URL_SAFE_NO_PAD.encode(self.numbers.get(n).map_or(&[][..], Vec::as_slice));
        match self.purpose {
            Purpose::Encryption => {
                json!({ "kty": "RSA", "use": "enc", "kid": self.kid, "n": number(0), "e": number(1) })
            }
            Purpose::Audit => {
                json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": number(0) })
            }
        }
    }
}

/// The public halves of all keys that are used at this moment, the newest first.
pub(crate) fn public(tx: &Tx<'_>, now: Time) -> Result<Vec<PublicServerKey>> {
    let keys = store::server_keys::list(tx)?;
    let live = keys.into_iter().rev().filter(|key| key.is_live_at(now));
    live.map(|key| {
        let numbers = match key.purpose {
            Purpose::Encryption => encryption::numbers(&key.public_key)?.to_vec(),
            Purpose::Audit => vec![key.public_key],
        };
        let ServerKey { kid, purpose, created, retires, .. } = key;
        Ok(PublicServerKey { kid, purpose, numbers, created, retires })
    })
    .collect()
}

/// The encryption keys with their private halves in memory; what other replicas made is looked up when it is asked for.
#[derive(Default)]
pub(crate) struct Opened(RwLock<Vec<Arc<EncryptionKey>>>);

impl Opened {
    /// The key of that name; where no name is given, all, the newest first.
    pub(crate) fn get(&self, kid: Option<&str>) -> Vec<Arc<EncryptionKey>> {
        let keys = self.0.read();
        keys.iter().filter(|key| kid.is_none_or(|kid| key.kid == kid)).cloned().collect()
    }

    /// Takes up what the database has.
    pub(crate) fn load(&self, tx: &Tx<'_>, shared: &Shared) -> Result<()> {
        let now = shared.clock.now();
        let stored = store::server_keys::list(tx)?;
        let live = stored.iter().rev().filter(|key| key.purpose == Purpose::Encryption && key.is_live_at(now));
        let known = self.get(None);
        let opened = live.map(|key| {
            let same = known.iter().find(|known| known.kid == key.kid && known.retires == key.retires);
            let open = || shared.open(tx, |sealing| EncryptionKey::open(sealing, key)).map(Arc::new);
            same.map_or_else(open, |same| Ok(Arc::clone(same)))
        });
        // One that does not open is no trouble of the others.
        let (mut usable, mut failed) = (Vec::new(), None);
        for key in opened {
            match key {
                Ok(key) => usable.push(key),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if usable.is_empty() => return Err(error),
            Some(error) => tracing::warn!(cause = error.cause(), "a key pair for encrypted tokens does not open"),
            None => {}
        }
        *self.0.write() = usable;
        Ok(())
    }

    /// Forgets all.
    pub(crate) fn forget(&self) {
        self.0.write().clear();
    }
}

/// Whether tokens can be encrypted to this server.
pub(crate) fn has_encryption_key(tx: &Tx<'_>, now: Time) -> Result<bool> {
    let keys = store::server_keys::list(tx)?;
    Ok(keys.iter().any(|key| key.purpose == Purpose::Encryption && key.is_live_at(now)))
}

/// A new pair for encryption, not kept yet: it takes a while to make, and no transaction waits for it.
pub(crate) fn new_encryption_key() -> Result<NewPair> {
    encryption::generate()
}

/// Keeps the pair where there is none.
pub(crate) fn keep_first(tx: &WriteTx<'_>, shared: &Shared, key: &NewPair) -> Result<()> {
    if has_encryption_key(tx, shared.clock.now())? {
        return Ok(());
    }
    keep(tx, shared, key)
}

/// Keeps the pair as the present one; those that there are retire after `overlap` milliseconds, or sooner where that was
/// said before. Every account has an event of it.
pub(crate) fn keep_next(tx: &WriteTx<'_>, shared: &Arc<Shared>, key: &NewPair, overlap: i64) -> Result<()> {
    let end = shared.clock.now().plus_millis(overlap.max(0));
    store::server_keys::retire(tx, Purpose::Encryption, end)?;
    keep(tx, shared, key)?;
    rotate::tell(tx, shared, EventKind::EncryptionKeyRenewed, "Tokens are encrypted to a new key", |event| {
        event.after(json!({ "kid": key.kid, "earlierRetire": end.to_string() }))
    })
}

/// Keeps a pair, sealed with the key of this transaction. The installation is locked.
fn keep(tx: &WriteTx<'_>, shared: &Shared, key: &NewPair) -> Result<()> {
    let purpose = Purpose::Encryption;
    let stored = ServerKey {
        kid: key.kid.clone(),
        purpose,
        sealed: shared.key_of(tx)?.seal(purpose.seal(), &key.private),
        public_key: key.public_key.clone(),
        created: shared.clock.now(),
        retires: None,
    };
    store::server_keys::insert(tx, &stored)
}

/// Every key pair of the server, the newest first, also those that are not used any more.
pub(crate) fn list(tx: &Tx<'_>) -> Result<Vec<KeyInfo>> {
    let info = |ServerKey { kid, purpose, created, retires, .. }| KeyInfo { kid, purpose, created, retires };
    Ok(store::server_keys::list(tx)?.into_iter().rev().map(info).collect())
}

/// A key pair of the server without its halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name.
    pub kid: String,
    /// What it is for.
    pub purpose: Purpose,
    /// When it was made.
    pub created: Time,
    /// From when on it is not used any more; none: it is the present one.
    pub retires: Option<Time>,
}
