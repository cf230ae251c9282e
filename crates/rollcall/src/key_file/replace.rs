//! One key file in the place of another. At no moment is the only copy of a key that is needed missing: the new one is on the
//! disk before the database has it, and the old one before the new one takes its place; it is kept, for backups.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use rollcall_core::chance::Secret;
use rollcall_core::seal::InstallationKey;

use super::{NEW_KEY, Strength, beside, folder_of, parse, read, text, variable, write_new};
use crate::config::KeySource;

/// Where the key lies that is to follow.
pub(crate) fn next(path: &Path) -> PathBuf {
    beside(path, ".new")
}

/// Where a key is kept that was replaced.
fn old(path: &Path, fingerprint: &str) -> PathBuf {
    beside(path, &format!(".old-{fingerprint}"))
}

/// The keys that were replaced and are kept.
pub(crate) fn old_ones(path: &Path) -> Vec<PathBuf> {
    let begins = old(path, "");
    let begins = begins.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Ok(entries) = std::fs::read_dir(folder_of(path)) else { return Vec::new() };
    let found = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<PathBuf> =
        found.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&begins))).collect();
    found.sort();
    found
}

/// Nobody else replaces the key as long as this is held.
pub(crate) struct Alone(#[allow(dead_code, reason = "the lock goes when it is closed")] File);

impl Alone {
    /// Waits for nobody: who rotates the key is told that somebody else does.
    pub(crate) fn at(path: &Path) -> Result<Self> {
        match Self::unless_held(path)? {
            Some(alone) => Ok(alone),
            None => bail!("the installation key is being rotated already, by another process"),
        }
    }

    fn unless_held(path: &Path) -> Result<Option<Self>> {
        let folder = folder_of(path);
        let cannot = || format!("cannot lock the folder {}", folder.display());
        let file = File::open(folder).with_context(cannot)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(cannot),
        }
    }

    /// The key that is to follow, on the disk: the one that lies there, else the given one, else a new one.
    pub(crate) fn prepare(&self, path: &Path, given: Option<Secret>) -> Result<InstallationKey> {
        let next = next(path);
        if next.exists() {
            let there = read(&next, Strength::Random)?;
            if let Some(given) = given
                && parse(&given, Strength::Random)?.fingerprint() != there.fingerprint()
            {
                bail!(
                    "{} holds another key than the given one, left by a rotation that was not finished or put there to follow; \
                     rotate without --new-key-file to use it, or remove it",
                    next.display()
                );
            }
            return Ok(there);
        }
        let key = given.unwrap_or_else(InstallationKey::generate);
        // One that is refused must not be written.
        parse(&key, Strength::Random).context("the new key")?;
        write_new(&next, &key)?;
        read(&next, Strength::Random)
    }

    /// The key that was to follow is in force: it takes its place, and the one before is kept beside it.
    pub(crate) fn finish(&self, path: &Path) -> Result<Option<PathBuf>> {
        let next = next(path);
        let mut kept = None;
        if path.exists() {
            let was = text(path)?;
            let (was_print, print) =
                (parse(&was, Strength::Any)?.fingerprint().to_owned(), read(&next, Strength::Random)?);
            if was_print != print.fingerprint() {
                let place = old(path, &was_print);
                write_new(&place, &was)?;
                // It may have been there; then it is that key and no other.
                if read(&place, Strength::Any)?.fingerprint() != was_print {
                    bail!("{} holds another key; move it away, and start anything again", place.display());
                }
                kept = Some(place);
            }
        }
        let failed = || format!("cannot put {} into the place of {}", next.display(), path.display());
        std::fs::rename(&next, path).with_context(failed)?;
        File::open(folder_of(path)).and_then(|folder| folder.sync_all()).with_context(failed)?;
        Ok(kept)
    }
}

/// What is left of a rotation, or prepared for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing.
    Nothing,
    /// A rotation had been broken off after the database had the new key; it is finished now.
    Finished,
    /// There is a key that is to follow and that the database does not have.
    Waiting(PathBuf),
    /// The database has the key that `ROLLCALL_NEW_KEY` says.
    Environment,
}

/// Finishes what a rotation left, by what the database says: the fingerprint of the key that opens it. Nothing is ever
/// removed.
pub(crate) fn settle(source: &KeySource, in_force: &str) -> Result<Left> {
    let path = match source {
        KeySource::File(path) => path,
        KeySource::Environment => {
            let new = variable(NEW_KEY).and_then(|text| parse(&text, Strength::Random).ok());
            let is_new = new.is_some_and(|key| key.fingerprint() == in_force);
            let present = variable(super::KEY).and_then(|text| parse(&text, Strength::Any).ok());
            let is_both = present.is_some_and(|key| key.fingerprint() == in_force);
            return Ok(if is_new && !is_both { Left::Environment } else { Left::Nothing });
        }
    };
    let next = next(path);
    if !next.exists() {
        return Ok(Left::Nothing);
    }
    // Whoever rotates the key at this moment finishes it.
    let Some(alone) = Alone::unless_held(path)? else { return Ok(Left::Nothing) };
    if !next.exists() {
        return Ok(Left::Nothing);
    }
    let is_in_force = read(&next, Strength::Random).is_ok_and(|key| key.fingerprint() == in_force);
    if !is_in_force {
        return Ok(Left::Waiting(next));
    }
    alone.finish(path).context("the rotation of the installation key could not be finished").map(|_| Left::Finished)
}
