//! The Ed25519 key pairs (RFC 8032) that places of the audit log are signed with, and which of them are of this
//! installation's making. What is signed is written in `audit/`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::RwLock;

use super::{Purpose, ServerKey};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::seal::{InstallationKey, sha256};
use crate::shared::Shared;
use crate::store::{self, Lock, Tx, WriteTx};

/// An opened pair.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// None where the pair is not what its row says, or was sealed by nobody who has the installation key.
    fn open(key: &InstallationKey, stored: &ServerKey) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(&stored.open(key).ok()?).ok()?;
        let is_same = pair.public_key().as_ref() == stored.public_key && stored.kid == thumbprint(&stored.public_key);
        is_same.then(|| Self { kid: stored.kid.clone(), pair })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

fn generate(key: &InstallationKey, now: Time) -> Result<(ServerKey, SigningKey)> {
    let pair = Ed25519KeyPair::generate().map_err(Error::internal)?;
    let private = pair.to_pkcs8().map_err(Error::internal)?;
    let purpose = Purpose::Audit;
    let sealed = key.seal(purpose.seal(), private.as_ref());
    let public_key = pair.public_key().as_ref().to_vec();
    let kid = thumbprint(&public_key);
    let stored = ServerKey { kid: kid.clone(), purpose, sealed, public_key, created: now, retires: None };
    Ok((stored, SigningKey { kid, pair }))
}

/// The JWK thumbprint (RFC 7638 §3) of an Ed25519 key (RFC 8037 §2).
pub(crate) fn thumbprint(public_key: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public_key);
    URL_SAFE_NO_PAD.encode(sha256(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes()))
}

/// The pair that this process signs with. It is opened once; each time it is only seen whether it is the present one.
#[derive(Default)]
pub(crate) struct Signing(RwLock<Option<Arc<SigningKey>>>);

impl Signing {
    /// The present pair, none where none was made yet.
    pub(crate) fn find(&self, tx: &Tx<'_>, shared: &Shared) -> Result<Option<Arc<SigningKey>>> {
        let (now, installation) = (shared.clock.now(), shared.key_of(tx)?);
        let stored = store::server_keys::list(tx)?;
        let known = self.0.read().clone();
        let mut live = stored.iter().rev().filter(|key| key.purpose == Purpose::Audit && key.is_live_at(now));
        // A row that somebody slipped in without the installation key is passed over.
        let found = live.find_map(|key| match &known {
            Some(known) if known.kid == key.kid => Some(Arc::clone(known)),
            _ => SigningKey::open(&installation, key).map(Arc::new),
        });
        self.0.write().clone_from(&found);
        Ok(found)
    }

    /// The present pair; made where there is none, by one process alone.
    pub(crate) fn find_or_make(&self, tx: &WriteTx<'_>, shared: &Shared) -> Result<Arc<SigningKey>> {
        if let Some(found) = self.find(tx, shared)? {
            return Ok(found);
        }
        // A rotation of the installation key may hold it and wait for our chore: the database sees that, and one of the two is
        // done again.
        tx.lock(Lock::Installation)?;
        if let Some(found) = self.find(tx, shared)? {
            return Ok(found);
        }
        let (stored, key) = generate(&*shared.key_of(tx)?, shared.clock.now())?;
        store::server_keys::insert(tx, &stored)?;
        // Not remembered before it is kept.
        Ok(Arc::new(key))
    }
}

/// Whose signatures count: by name the public keys, or why one of them is none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keyring {
    keys: BTreeMap<String, Result<Vec<u8>, String>>,
    /// When the oldest was made; the log of versions before it is not signed.
    pub(crate) since: Option<Time>,
}

impl Keyring {
    /// The keys that the database has. With the installation key those alone count that were sealed under it: whoever
    /// writes to the database and has not that key cannot bring one of their own.
    pub(crate) fn load(tx: &Tx<'_>, installation: Option<&InstallationKey>) -> Result<Self> {
        let stored = store::server_keys::list(tx)?;
        let mut ring = Self::default();
        for key in stored.into_iter().filter(|key| key.purpose == Purpose::Audit) {
            let is_ours = installation.is_none_or(|installation| SigningKey::open(installation, &key).is_some());
            if is_ours {
                ring.since = Some(ring.since.map_or(key.created, |since| since.min(key.created)));
            }
            let public = if is_ours { Ok(key.public_key) } else { Err("was not made by this installation".into()) };
            ring.add(key.kid, public);
        }
        Ok(ring)
    }

    /// Adds a key that is taken at its word: its name alone is checked.
    pub(crate) fn add(&mut self, kid: String, public: Result<Vec<u8>, String>) {
        let public = public.and_then(|public| match public.len() == 32 && thumbprint(&public) == kid {
            true => Ok(public),
            false => Err("is not the one that its name says".into()),
        });
        self.keys.insert(kid, public);
    }

    /// Their names.
    pub(crate) fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Those that count, by name.
    pub(crate) fn public(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.keys.iter().filter_map(|(kid, key)| Some((kid.as_str(), key.as_deref().ok()?)))
    }

    /// Whether the key of that name signed this.
    ///
    /// # Errors
    /// Why not, in words.
    pub(crate) fn check(&self, kid: &str, message: &[u8], signature: &[u8]) -> Result<(), String> {
        let known = self.keys.get(kid).ok_or_else(|| format!("no key {kid:?} is known"))?;
        let public = known.as_ref().map_err(|why| format!("the key {kid:?} {why}"))?;
        let key = UnparsedPublicKey::new(&ED25519, public);
        key.verify(message, signature).map_err(|_| format!("the key {kid:?} did not sign it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_thumbprint() {
        // RFC 8037 §A.2 and §A.3.
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_key_counts_where_it_was_sealed_under_the_installation_key_and_has_its_own_name() {
        let [ours, other] = [(); 2].map(|()| InstallationKey::parse(InstallationKey::generate().expose()).unwrap());
        let (stored, key) = generate(&ours, Time(1)).unwrap();
        assert!(SigningKey::open(&ours, &stored).is_some());
        assert!(SigningKey::open(&other, &stored).is_none());
        let (strange, _) = generate(&ours, Time(1)).unwrap();
        let swapped = ServerKey { sealed: strange.sealed, ..stored.clone() };
        assert!(SigningKey::open(&ours, &swapped).is_none(), "the public half of another");
        let mut ring = Keyring::default();
        ring.add(stored.kid.clone(), Ok(stored.public_key));
        ring.add("named otherwise".into(), Ok(strange.public_key));
        let signature = key.sign(b"this");
        assert_eq!(ring.check(&key.kid, b"this", &signature), Ok(()));
        assert!(ring.check(&key.kid, b"that", &signature).is_err());
        assert!(ring.check("named otherwise", b"this", &signature).unwrap_err().contains("is not the one"));
        assert!(ring.check("unknown", b"this", &signature).unwrap_err().contains("is known"));
    }
}
