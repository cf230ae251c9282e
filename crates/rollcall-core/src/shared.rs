//! What every transaction may use: the clock, the keys, and what is remembered between requests.

use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;

use crate::actor::Actor;
use crate::apps::door::Door;
use crate::apps::known::KnownApps;
use crate::apps::token::{Decoys, Refusal};
use crate::apps::usage::Usage;
use crate::clock::Clock;
use crate::keys;
use crate::limits::{Limits, RateLimit};
use crate::seal::InstallationKey;

/// What every transaction may use.
pub(crate) struct Shared {
    pub(crate) clock: Box<dyn Clock>,
    key: RwLock<Arc<InstallationKey>>,
    pub(crate) usage: Usage,
    pub(crate) door: Door,
    pub(crate) known: KnownApps,
    pub(crate) decoys: Decoys,
    pub(crate) limits: Limits,
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
        limit: Option<RateLimit>,
        wake: flume::Sender<()>,
    ) -> Self {
        Self {
            clock,
            decoys: Decoys::default(),
            key: RwLock::new(Arc::new(key)),
            usage: Usage::default(),
            door: Door::default(),
            known: KnownApps::default(),
            limits: Limits::new(limit),
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

    /// The installation key.
    pub(crate) fn key(&self) -> Arc<InstallationKey> {
        Arc::clone(&self.key.read())
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
