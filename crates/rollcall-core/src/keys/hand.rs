//! What is done with the server's keys from outside: they are made, renewed, shown, and tokens are decrypted by them.

use std::sync::{Arc, OnceLock};

use super::{EncryptionKey, PublicServerKey};
use crate::apps::token::Refusal;
use crate::apps::token::jwe::Encrypted;
use crate::error::{Error, Result};
use crate::keys;
use crate::op::Mode;
use crate::pending::Pending;
use crate::rollcall::{HostKey, Rollcall};
use crate::store::Extent;

/// As many encrypted tokens may wait.
const WAITING: usize = 256;

type Work = Box<dyn FnOnce() + Send>;

/// Where private keys are worked with: it takes a millisecond each time, and whoever sends such tokens need not be known.
/// One thread does it, which begins with the first of them, and no other work waits for it.
#[derive(Default)]
pub(crate) struct Deciphering(OnceLock<flume::Sender<Work>>);

impl Deciphering {
    /// Queues the work; false where too much waits.
    fn take(&self, work: Work) -> bool {
        let queue = self.0.get_or_init(|| {
            let (queue, waiting) = flume::bounded::<Work>(WAITING);
            let work = move || waiting.into_iter().for_each(|work| work());
            if let Err(error) = std::thread::Builder::new().name("rollcall-decipher".into()).spawn(work) {
                tracing::error!(%error, "no thread for encrypted tokens");
            }
            queue
        });
        queue.try_send(work).is_ok()
    }
}

impl Rollcall {
    /// Takes up the keys that tokens are encrypted to, as the database has them now.
    pub fn load_encryption_keys(&self) -> Pending<()> {
        let shared = Arc::clone(self.shared());
        self.look(Extent::Moment, move |tx| shared.encryption_keys.load(tx, &shared))
    }

    /// Decrypts a token with the first of these keys that fits.
    pub(crate) fn decipher(&self, token: String, keys: Vec<Arc<EncryptionKey>>) -> Pending<Result<String, Refusal>> {
        let (sender, receiver) = flume::bounded(1);
        let (now, answer) = (self.now(), sender.clone());
        let work = move || {
            let _ = answer.send(Ok(Encrypted::read(&token).and_then(|encrypted| encrypted.open(&keys, now))));
        };
        if !self.shared().deciphering.take(Box::new(work)) {
            let _ = sender.send(Err(Error::busy("too many encrypted tokens wait")));
        }
        Pending(receiver)
    }

    /// The public halves of the server's keys, the newest first; tokens may be encrypted to those for encryption. Where
    /// there is none yet, one is made.
    pub fn server_keys(&self) -> Pending<Vec<PublicServerKey>> {
        let now = self.now();
        self.look(Extent::Moment, move |tx| keys::public(tx, now))
    }

    /// Makes the key pair that tokens are encrypted to, where there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn make_encryption_key(&self) -> Pending<()> {
        let now = self.now();
        match self.look(Extent::Moment, move |tx| keys::has_encryption_key(tx, now)).wait() {
            Ok(false) => {}
            known => return Pending::done(known.map(|_| ())),
        }
        match keys::new_encryption_key(self.shared()) {
            Ok(key) => self.set_up(Mode::Real, move |tx, _| keys::keep_first(tx, &key, now)),
            Err(error) => Pending::done(Err(error)),
        }
    }

    /// Makes a new key pair for encryption; those before it are taken for `overlap` milliseconds more. Gives its name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn renew_encryption_key(&self, _: &HostKey, overlap: i64) -> Result<String> {
        let (now, key) = (self.now(), keys::new_encryption_key(self.shared())?);
        let kid = key.kid.clone();
        self.set_up(Mode::Real, move |tx, _| keys::keep_next(tx, &key, now, overlap)).wait()?;
        self.load_encryption_keys().wait()?;
        Ok(kid)
    }
}
