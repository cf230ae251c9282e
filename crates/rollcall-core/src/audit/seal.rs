//! Sealing pending events onto the chain, in the order of their ids, and walking it.

use super::chain::{self, Link};
use crate::clock::Time;
use crate::error::Result;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::store::{self, AccountKey, Chore, Tx};

/// As many events are sealed in one transaction, or walked in one statement.
const BATCH: i64 = 1_000;
/// As many events are sealed by one call of [`seal`].
pub const SEALED_AT_ONCE: u64 = BATCH.unsigned_abs();

/// An event as the store keeps it.
#[derive(Debug, Clone)]
pub(crate) struct StoredEvent {
    pub(crate) id: i64,
    pub(crate) at: Time,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: String,
    pub(crate) actor_name: String,
    pub(crate) ip: Option<String>,
    pub(crate) category: String,
    pub(crate) name: String,
    pub(crate) target: String,
    pub(crate) description: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) sealed: Option<Sealed>,
}

/// What sealing adds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sealed {
    pub(crate) link: Link,
    pub(crate) previous: [u8; 32],
}

/// Seals up to a thousand pending events of the account and tells how many are left over for the next call: 0 means none.
///
/// # Errors
/// When the database fails; what was sealed before stays.
pub fn seal(op: &mut Op<'_>) -> Result<usize> {
    op.expect_chore(Chore::Seal)?;
    op.upkeep(|tx, view| {
        let pending = store::audit::pending(tx, view.account, BATCH + 1)?;
        if pending.is_empty() {
            return Ok(0);
        }
        let more = pending.len().saturating_sub(BATCH as usize);
        let mut previous = match store::audit::last(tx, view.account)? {
            Some(last) => last,
            None => chain::start(&store::accounts::chain_id(tx, view.account)?),
        };
        let mut sealed = Vec::with_capacity(pending.len());
        for event in pending.iter().take(BATCH as usize) {
            let link = chain::link(&previous, event);
            sealed.push((event.id, Sealed { link, previous: previous.hash }));
            previous = link;
        }
        store::audit::seal_many(tx, view.account, &sealed)?;
        store::audit::note_runs(tx, view.account)?;
        Ok(more)
    })
}

/// How many events wait to be sealed.
///
/// # Errors
/// When the database fails.
pub fn pending(view: &View<'_>) -> Result<u64> {
    view.expect(Permission::RunJobs)?;
    store::audit::count_pending(view.tx, view.account)
}

/// What a walk along the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many events are sealed and whole, from the first on.
    pub sealed: u64,
    /// How many wait to be sealed.
    pub pending: u64,
    /// The first that is not as it was sealed.
    pub broken: Option<Broken>,
}

/// The first broken place of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its number.
    pub seq: i64,
    /// What is wrong with it.
    pub why: String,
}

/// Walks the chain from the first event to the last.
///
/// # Errors
/// When the database fails; a broken chain is an answer, not an error.
pub fn verify(view: &View<'_>) -> Result<Verification> {
    view.expect(Permission::RunJobs)?;
    walk(view.tx, view.account)
}

/// The walk itself.
pub(crate) fn walk(tx: &Tx<'_>, account: AccountKey) -> Result<Verification> {
    let mut previous = chain::start(&store::accounts::chain_id(tx, account)?);
    let pending = store::audit::count_pending(tx, account)?;
    loop {
        let events = store::audit::sealed_after(tx, account, previous.seq, BATCH)?;
        if events.is_empty() {
            return Ok(Verification { sealed: previous.seq.unsigned_abs(), pending, broken: None });
        }
        for event in &events {
            if let Some(why) = fault(&previous, event) {
                let broken = Some(Broken { seq: previous.seq + 1, why });
                return Ok(Verification { sealed: previous.seq.unsigned_abs(), pending, broken });
            }
            previous = chain::link(&previous, event);
        }
    }
}

fn fault(previous: &Link, event: &StoredEvent) -> Option<String> {
    let sealed = event.sealed?;
    let expected = chain::link(previous, event);
    if sealed.link.seq != expected.seq {
        Some(format!("event {} is missing; the next is {}", expected.seq, sealed.link.seq))
    } else if sealed.previous != previous.hash {
        Some("it does not follow from the event before".into())
    } else if sealed.link.hash != expected.hash {
        Some("it is not what was sealed".into())
    } else {
        None
    }
}
