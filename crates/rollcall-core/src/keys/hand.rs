//! Tokens that are decrypted by the server's keys, and where that is done.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use super::EncryptionKey;
use crate::apps::token::Refusal;
use crate::apps::token::jwe::Encrypted;
use crate::error::{Error, Result};
use crate::pending::Pending;
use crate::rollcall::Rollcall;
use crate::store::{Extent, Tx};

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
            let one = |work: Work| {
                if catch_unwind(AssertUnwindSafe(work)).is_err() {
                    tracing::error!("decrypting a token panicked; the next one is not held up");
                }
            };
            let work = move || waiting.into_iter().for_each(one);
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
        // Once more where the installation key was rotated between one look and the next.
        let load = move |tx: &Tx<'_>| {
            shared.encryption_keys.load(tx, &shared).or_else(|_| shared.encryption_keys.load(tx, &shared))
        };
        self.look(Extent::Moment, load)
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
}
