//! The installation key in memory: the one in force, the one before it, and where a newer one is read from. Which one is
//! right is told by the database alone, by what it has sealed to check keys with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};

use crate::error::{Error, Result};
use crate::seal::InstallationKey;
use crate::store::{self, Tx};

/// Where the database keeps what only its key opens. It is also what the value is sealed for.
pub(crate) const KEY_CHECK: &str = "key check";
/// What is sealed there.
pub(crate) const CHECKED: &[u8] = b"rollcall";

/// Gives the keys that may be in force by now: what a key file and its successor say, or the environment.
pub type KeyReader = Box<dyn Fn() -> Vec<InstallationKey> + Send + Sync>;

/// The keys.
pub(crate) struct Ring {
    held: RwLock<Held>,
    reader: Option<KeyReader>,
    /// One at a time reads keys and puts one in force.
    reading: Mutex<()>,
    /// Whether the database's key could not be had, when it was last asked for.
    is_lost: AtomicBool,
}

struct Held {
    present: Arc<InstallationKey>,
    /// For what was read from the database before the key was replaced. Nothing is sealed with it.
    earlier: Option<Arc<InstallationKey>>,
}

impl Ring {
    pub(crate) fn new(key: InstallationKey, reader: Option<KeyReader>) -> Self {
        let held = Held { present: Arc::new(key), earlier: None };
        Self { held: RwLock::new(held), reader, reading: Mutex::default(), is_lost: AtomicBool::default() }
    }

    /// The key in force, as far as this process knows.
    pub(crate) fn present(&self) -> Arc<InstallationKey> {
        Arc::clone(&self.held.read().present)
    }

    fn earlier(&self) -> Option<Arc<InstallationKey>> {
        self.held.read().earlier.clone()
    }

    /// Puts a key in force.
    pub(crate) fn replace(&self, key: &Arc<InstallationKey>) {
        let mut held = self.held.write();
        if held.present.fingerprint() != key.fingerprint() {
            held.earlier = Some(std::mem::replace(&mut held.present, Arc::clone(key)));
        }
        self.is_lost.store(false, Ordering::SeqCst);
    }

    /// The key that opens what the database keeps to check it with; where it is a new one, it is in force from now on, and
    /// `forget` is called. None where there is no such key.
    pub(crate) fn fitting(&self, check: &[u8], forget: impl FnOnce()) -> Option<Arc<InstallationKey>> {
        let fits = |key: &Arc<InstallationKey>| key.open(KEY_CHECK, check).is_ok();
        if let Some(key) = Some(self.present()).filter(fits) {
            self.is_lost.store(false, Ordering::SeqCst);
            return Some(key);
        }
        let _alone = self.reading.lock();
        // Somebody else may have been here; or this is what an earlier moment of the database has.
        if let Some(key) = [Some(self.present()), self.earlier()].into_iter().flatten().find(fits) {
            return Some(key);
        }
        let new = self.reader.as_ref().and_then(|read| read().into_iter().map(Arc::new).find(fits))?;
        self.replace(&new);
        forget();
        Some(new)
    }

    /// Whether the database's key could not be had, when it was last asked for.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::SeqCst)
    }

    /// The key that fits the database as the transaction sees it.
    ///
    /// # Errors
    /// [`crate::Code::Busy`] where the key was rotated and this process cannot read the new one.
    pub(crate) fn of(&self, tx: &Tx<'_>, forget: impl FnOnce()) -> Result<Arc<InstallationKey>> {
        let Some(check) = store::accounts::installation_value(tx, KEY_CHECK)? else { return Ok(self.present()) };
        self.fitting(&check, forget).ok_or_else(|| {
            if !self.is_lost.swap(true, Ordering::SeqCst) {
                tracing::error!("the installation key was rotated; start this server again with the new one");
            }
            Error::without_key("the installation key was rotated; start this server again with the new one")
        })
    }

    /// Opens what the transaction has read. Where neither the key in force nor the one before it does, the database is asked
    /// which one it is.
    ///
    /// # Errors
    /// What `open` says where it is not for want of the key; else as [`Self::of`].
    pub(crate) fn open<T>(
        &self,
        tx: &Tx<'_>,
        forget: impl FnOnce(),
        open: impl Fn(&InstallationKey) -> Result<T>,
    ) -> Result<T> {
        let present = self.present();
        let failed = match open(&present) {
            Err(failed) => failed,
            opened => return opened,
        };
        if let Some(Ok(opened)) = self.earlier().map(|key| open(&key)) {
            return Ok(opened);
        }
        let key = self.of(tx, forget)?;
        if key.fingerprint() == present.fingerprint() { Err(failed) } else { open(&key) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> InstallationKey {
        InstallationKey::parse(InstallationKey::generate().expose()).unwrap()
    }

    #[test]
    fn the_key_in_force_is_the_one_that_the_database_says() {
        let texts: Vec<_> = (0..3).map(|_| InstallationKey::generate()).collect();
        let keys: Vec<_> = texts.iter().map(|text| InstallationKey::parse(text.expose()).unwrap()).collect();
        let checks: Vec<_> = keys.iter().map(|key| key.seal(KEY_CHECK, CHECKED)).collect();
        let prints: Vec<_> = keys.iter().map(|key| key.fingerprint().to_owned()).collect();
        let there = texts[1].clone();
        let reader: KeyReader = Box::new(move || vec![key(), InstallationKey::parse(there.expose()).unwrap()]);
        let ring = Ring::new(keys.into_iter().next().unwrap(), Some(reader));
        let fitting = |n: usize| ring.fitting(&checks[n], || {}).map(|key| key.fingerprint().to_owned());
        assert_eq!(fitting(0).as_ref(), Some(&prints[0]));
        assert_eq!(fitting(2), None, "nobody has it");
        assert_eq!(ring.present().fingerprint(), prints[0], "what does not fit is not taken");
        assert_eq!(fitting(1).as_ref(), Some(&prints[1]));
        assert_eq!(ring.present().fingerprint(), prints[1]);
        assert_eq!(fitting(0).as_ref(), Some(&prints[0]), "a look that began before finds the one of then");
        assert_eq!(ring.present().fingerprint(), prints[1], "and brings it back into force by no means");
    }
}
