//! Which installation keys there were, by their fingerprints, and since when: for people, and because none is used twice.
//! What was sealed under a key of before must never be taken for something of today.

use crate::clock::Time;
use crate::error::Result;
use crate::store::{self, Tx, WriteTx};

const HISTORY: &str = "key history";

/// A key that is, or was, in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastKey {
    /// Tells it from others.
    pub fingerprint: String,
    /// Since when; none where that was not noted yet.
    pub since: Option<Time>,
}

/// All of them, oldest first; the last one is in force. Empty for databases that are older than this list.
pub(crate) fn list(tx: &Tx<'_>) -> Result<Vec<PastKey>> {
    let text = store::accounts::installation_value(tx, HISTORY)?.unwrap_or_default();
    let line = |line: &str| {
        let (fingerprint, since) = line.split_once(' ')?;
        Some(PastKey { fingerprint: fingerprint.to_owned(), since: since.parse().ok().map(Time) })
    };
    Ok(String::from_utf8_lossy(&text).lines().filter_map(line).collect())
}

/// Notes that a key is in force from now on.
pub(crate) fn note(tx: &WriteTx<'_>, fingerprint: &str, now: Time) -> Result<()> {
    add(tx, PastKey { fingerprint: fingerprint.to_owned(), since: Some(now) })
}

/// Notes the key that was in force all the time, where nothing was noted yet.
pub(crate) fn begin(tx: &WriteTx<'_>, fingerprint: &str) -> Result<()> {
    if list(tx)?.is_empty() { add(tx, PastKey { fingerprint: fingerprint.to_owned(), since: None }) } else { Ok(()) }
}

fn add(tx: &WriteTx<'_>, key: PastKey) -> Result<()> {
    let mut keys = list(tx)?;
    keys.push(key);
    let line = |key: &PastKey| {
        let since = key.since.map_or("-".to_owned(), |since| since.0.to_string());
        format!("{} {since}\n", key.fingerprint)
    };
    store::accounts::put_installation_value(tx, HISTORY, keys.iter().map(line).collect::<String>().as_bytes())
}
