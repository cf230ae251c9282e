//! Another installation key: everything that is sealed is sealed anew, in one transaction that nobody writes beside.

use std::sync::Arc;

use serde_json::json;

use super::{CHECKED, KEY_CHECK, Purpose, history};
use crate::admins::FACTOR_SEAL;
use crate::apps::{Algorithm, Credential};
use crate::audit::{Event, EventKind};
use crate::error::{Code, Error, Result};
use crate::mail::OUTBOX_SEAL;
use crate::op;
use crate::policy::Permission;
use crate::seal::InstallationKey;
use crate::shared::Shared;
use crate::store::sealed::{Column, Holds, PLAIN, SEALED};
use crate::store::{self, Chore, Lock, WriteTx};

/// As many values are in memory at once.
const BATCH: i64 = 1_000;

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resealed {
    /// The key that was in force.
    pub before: String,
    /// The key that is in force now.
    pub fingerprint: String,
    /// By table: how many values were sealed anew.
    pub values: Vec<(&'static str, usize)>,
    /// Table and row of values that did not open with the key of before, and are as they were: they were lost already.
    pub unreadable: Vec<(&'static str, i64)>,
}

/// Every column of bytes that there is, as table and name, and whether what is in it is sealed.
pub fn columns() -> Vec<(&'static str, &'static str, bool)> {
    let sealed = SEALED.iter().map(|column| (column.table, column.name, true));
    sealed.chain(PLAIN.iter().map(|(table, name, _)| (*table, *name, false))).collect()
}

/// Seals everything anew. The installation is locked already; every account is, too, before anything is read: who is about
/// to seal something has done so, or waits, and finds the key of then.
pub(crate) fn rotate(tx: &WriteTx<'_>, shared: &Arc<Shared>, new: &InstallationKey) -> Result<Resealed> {
    let accounts = store::accounts::list(tx)?;
    for account in &accounts {
        tx.lock(Lock::Account(account.key))?;
        for chore in Chore::ALL {
            tx.lock(Lock::Chore(account.key, chore))?;
        }
    }
    let old = shared.key_of(tx)?;
    let (before, fingerprint) = (old.fingerprint().to_owned(), new.fingerprint().to_owned());
    history::begin(tx, &before)?;
    if history::list(tx)?.iter().any(|key| key.fingerprint == fingerprint) {
        return Err(Error::new(
            Code::Conflict,
            format!("the key {fingerprint} is, or was, in force here already: no key is used twice. Give a new one"),
        ));
    }
    let mut resealed = Resealed { before, fingerprint, values: Vec::new(), unreadable: Vec::new() };
    for column in &SEALED {
        reseal(tx, column, &old, new, &mut resealed)?;
    }
    store::accounts::put_installation_value(tx, KEY_CHECK, &new.seal(KEY_CHECK, CHECKED))?;
    history::note(tx, &resealed.fingerprint, shared.clock.now())?;
    tell(tx, shared, EventKind::InstallationKeyRotated, "The installation key was rotated", |event| {
        event.before(json!({ "key": resealed.before })).after(json!({ "key": resealed.fingerprint }))
    })?;
    Ok(resealed)
}

fn reseal(
    tx: &WriteTx<'_>,
    column: &Column,
    old: &InstallationKey,
    new: &InstallationKey,
    resealed: &mut Resealed,
) -> Result<()> {
    let (mut last, mut count) = (i64::MIN, 0);
    loop {
        let stored = store::sealed::next(tx, column, last, BATCH)?;
        let Some((id, _, _)) = stored.last() else { break };
        last = *id;
        let mut values = Vec::with_capacity(stored.len());
        for (id, kind, sealed) in stored {
            let purpose = purpose(column.holds, &kind);
            match old.open(purpose, &sealed) {
                Ok(plain) => values.push((id, new.seal(purpose, &plain))),
                Err(_) => resealed.unreadable.push((column.table, id)),
            }
        }
        if store::sealed::replace_many(tx, column, &values)? != values.len() {
            return Err(Error::internal(format!("rows of {} went while they were sealed anew", column.table)));
        }
        count += values.len();
    }
    resealed.values.push((column.table, count));
    Ok(())
}

/// For what a value is sealed, by what its row says.
fn purpose(holds: Holds, kind: &str) -> &'static str {
    match holds {
        Holds::Credential => Credential::seal_of(Algorithm::stored(kind)),
        Holds::Letter => OUTBOX_SEAL,
        Holds::ServerKey => Purpose::stored(kind).seal(),
        Holds::SecondFactor => FACTOR_SEAL,
    }
}

/// Every account has an event of what concerns the installation, and remembers none of its apps any more.
pub(super) fn tell(
    tx: &WriteTx<'_>,
    shared: &Arc<Shared>,
    kind: EventKind,
    what: &str,
    says: impl Fn(Event) -> Event,
) -> Result<()> {
    for account in store::accounts::list(tx)? {
        op::in_account(tx, shared, &account, false, "keys", |op| {
            // Nothing of the account itself is changed, as little as where something is added.
            op.expect_adding(Permission::AdministerAccount)?;
            op.change(|tx, view| {
                store::apps::raise_stamp(tx, view.account)?;
                Ok(((), vec![says(Event::new(kind, &account.id, what))]))
            })
        })?;
    }
    Ok(())
}
