//! What every transaction may use: the clock, the keys, and what is remembered between requests.

use std::sync::{Arc, OnceLock};

use crate::access::Carriers;
use crate::actor::Actor;
use crate::apps::door::Door;
use crate::apps::known::KnownApps;
use crate::apps::token::{Decoys, Refusal};
use crate::apps::usage::Usage;
use crate::clock::Clock;
use crate::error::Result;
use crate::keys::{self, KeyReader, Ring};
use crate::limits::{Limits, RateLimit};
use crate::seal::InstallationKey;
use crate::store::Tx;

/// What every transaction may use.
pub(crate) struct Shared {
    pub(crate) clock: Box<dyn Clock>,
    ring: Ring,
    pub(crate) usage: Usage,
    pub(crate) door: Door,
    pub(crate) known: KnownApps,
    pub(crate) decoys: Decoys,
    pub(crate) limits: Limits,
    pub(crate) carriers: Carriers,
    pub(crate) encryption_keys: keys::Opened,
    pub(crate) deciphering: keys::Deciphering,
    pub(crate) signing: keys::Signing,
    epoch: OnceLock<String>,
    wake: flume::Sender<()>,
}

impl Shared {
    pub(crate) fn new(
        clock: Box<dyn Clock>,
        key: InstallationKey,
        reader: Option<KeyReader>,
        limit: Option<RateLimit>,
        wake: flume::Sender<()>,
    ) -> Self {
        Self {
            clock,
            decoys: Decoys::default(),
            ring: Ring::new(key, reader),
            usage: Usage::default(),
            door: Door::default(),
            known: KnownApps::default(),
            limits: Limits::new(limit),
            carriers: Carriers::default(),
            encryption_keys: keys::Opened::default(),
            deciphering: keys::Deciphering::default(),
            signing: keys::Signing::default(),
            epoch: OnceLock::new(),
            wake,
        }
    }

    /// Once it is known which database this is.
    pub(crate) fn learn_epoch(&self, epoch: String) {
        self.epoch.get_or_init(|| epoch);
    }

    /// What tells this database from every other.
    pub(crate) fn epoch(&self) -> &str {
        self.epoch.get().map_or("", String::as_str)
    }

    /// The installation key, as far as this process knows. What is sealed is sealed with [`Self::key_of`], or with
    /// [`View::sealing_key`](crate::op::View::sealing_key).
    pub(crate) fn key(&self) -> Arc<InstallationKey> {
        self.ring.present()
    }

    /// The installation key of the database as the transaction sees it: one statement.
    ///
    /// # Errors
    /// [`crate::Code::Busy`] where the key was rotated and this process cannot read the new one.
    pub(crate) fn key_of(&self, tx: &Tx<'_>) -> Result<Arc<InstallationKey>> {
        self.ring.of(tx, || self.forget_opened())
    }

    /// Opens what the transaction has read; one statement more where the key was rotated.
    ///
    /// # Errors
    /// As [`Self::key_of`], or what `open` says.
    pub(crate) fn open<T>(&self, tx: &Tx<'_>, open: impl Fn(&InstallationKey) -> Result<T>) -> Result<T> {
        self.ring.open(tx, || self.forget_opened(), open)
    }

    /// Whether one of the keys that there are opens this.
    pub(crate) fn has_key_for(&self, check: &[u8]) -> bool {
        self.ring.fitting(check, || self.forget_opened()).is_some()
    }

    /// The key was rotated, by this process.
    pub(crate) fn take_key(&self, key: &Arc<InstallationKey>) {
        self.ring.replace(key);
        self.forget_opened();
    }

    /// Whether the database has a key by now that this process cannot read.
    pub(crate) fn lacks_key(&self) -> bool {
        self.ring.is_lost()
    }

    fn forget_opened(&self) {
        self.known.forget_all();
        self.encryption_keys.forget();
        self.decoys.forget();
    }

    /// An app's token was refused after it had been recognised.
    pub(crate) fn note_refusal(&self, actor: &Actor, refusal: Refusal) {
        if let Actor::App(app) = actor {
            self.usage.refused(app.account, app.key, refusal, self.clock.now());
        }
    }

    /// Something was committed that Rollcall's own jobs may have work with.
    pub(crate) fn wake_jobs(&self) {
        // A full channel means that they have been woken already.
        let _ = self.wake.try_send(());
    }
}
