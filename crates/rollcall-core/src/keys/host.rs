//! What the program and the faces ask of keys: `Rollcall`'s methods of this noun.

use std::sync::Arc;

use super::{KeyInfo, PastKey, PublicServerKey, Resealed};
use crate::error::Result;
use crate::keys;
use crate::op::Mode;
use crate::pending::Pending;
use crate::rollcall::{HostKey, Rollcall};
use crate::seal::InstallationKey;
use crate::store::Extent;

impl Rollcall {
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
        match keys::new_encryption_key() {
            Ok(key) => self.set_up(Mode::Real, move |tx, shared| keys::keep_first(tx, shared, &key)),
            Err(error) => Pending::done(Err(error)),
        }
    }

    /// Makes a new key pair for encryption; those before it are taken for `overlap` milliseconds more. Gives its name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn renew_encryption_key(&self, _: &HostKey, overlap: i64) -> Result<String> {
        let key = keys::new_encryption_key()?;
        let kid = key.kid.clone();
        self.set_up(Mode::Real, move |tx, shared| keys::keep_next(tx, shared, &key, overlap)).wait()?;
        self.load_encryption_keys().wait()?;
        Ok(kid)
    }

    /// Puts another installation key in force: everything that is sealed is sealed with it, in one transaction. Other
    /// processes on the database notice it, and read the new key where they have a [`KeyReader`](keys::KeyReader).
    ///
    /// # Errors
    /// [`crate::Code::Conflict`] for a key that is, or was, in force; [`crate::Code::Uncertain`] where it cannot be told
    /// whether it was done: whoever opens the database with both keys sees which one it has.
    pub fn rotate_key(&self, _: &HostKey, new: InstallationKey) -> Result<Resealed> {
        let new = Arc::new(new);
        let with = Arc::clone(&new);
        let resealed = self.set_up(Mode::Real, move |tx, shared| keys::rotate(tx, shared, &with)).wait()?;
        self.shared().take_key(&new);
        Ok(resealed)
    }

    /// The fingerprint of the installation key in force.
    pub fn key_fingerprint(&self) -> String {
        self.shared().key().fingerprint().to_owned()
    }

    /// The installation keys that were in force and the one that is, oldest first.
    pub fn key_history(&self, _: &HostKey) -> Pending<Vec<PastKey>> {
        self.look(Extent::Moment, keys::history::list)
    }

    /// The server's own key pairs, the newest first, also those that are not used any more.
    pub fn key_pairs(&self, _: &HostKey) -> Pending<Vec<KeyInfo>> {
        self.look(Extent::Moment, keys::list)
    }

    /// Whether the installation key was rotated and this process could not read the new one, when it was last needed.
    pub fn lacks_key(&self) -> bool {
        self.shared().lacks_key()
    }
}
