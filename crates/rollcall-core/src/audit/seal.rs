//! Sealing pending events onto the chain, in the order of their ids, and signing its end.

use super::chain::{self, Link};
use super::checkpoint::{Checkpoint, Unsigned};
use crate::clock::Time;
use crate::error::Result;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::store::{self, Chore, WriteTx};

/// As many events are sealed in one transaction, or walked in one statement.
pub(crate) const BATCH: i64 = 1_000;
/// As many events are sealed by one call of [`seal`].
pub const SEALED_AT_ONCE: u64 = BATCH.unsigned_abs();

/// An event as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) link: Link,
    pub(crate) previous: [u8; 32],
}

/// Seals up to a thousand pending events of the account and tells how many are left over for the next call: 0 means none.
/// Where a checkpoint is due, the end of the chain is signed in the same transaction.
///
/// # Errors
/// When the database fails; what was sealed before stays.
pub fn seal(op: &mut Op<'_>) -> Result<usize> {
    seal_and(op, Sign::WhenDue)
}

/// As [`seal`], and signs the end of the chain in any case, once nothing is left over.
///
/// # Errors
/// As [`seal`].
pub fn seal_and_sign(op: &mut Op<'_>) -> Result<usize> {
    seal_and(op, Sign::AtTheEnd)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    WhenDue,
    AtTheEnd,
}

fn seal_and(op: &mut Op<'_>, sign: Sign) -> Result<usize> {
    op.expect_chore(Chore::Seal)?;
    let (more, signed) = op.upkeep(|tx, view| {
        let pending = store::audit::pending(tx, view.account, BATCH + 1)?;
        let more = pending.len().saturating_sub(BATCH as usize);
        let batch = &pending[..pending.len() - more];
        let start = || store::accounts::chain_id(tx, view.account).map(|id| chain::start(&id));
        let end = store::audit::last(tx, view.account)?.map_or_else(start, Ok)?;
        let (signed, first) = store::audit::unsigned(tx, view.account)?;
        let end = extend(tx, view, end, batch)?;
        let mut unsigned = Unsigned { count: end.seq.saturating_sub(signed), first, spread: 0 };
        batch.iter().for_each(|event| unsigned.see(event.at));
        unsigned.see(view.now);
        let is_due = unsigned.is_due() || (sign == Sign::AtTheEnd && more == 0 && unsigned.count > 0);
        if !is_due {
            return Ok((more, None));
        }
        let checkpoint = checkpoint(tx, view, &start()?, end, signed)?;
        Ok((more, Some((checkpoint, store::accounts::get(tx, view.account)?.name))))
    })?;
    if let Some((checkpoint, account)) = signed {
        op.once_kept(move || checkpoint.log(&account));
    }
    Ok(more)
}

/// Puts events onto the chain; its new end.
fn extend(tx: &WriteTx<'_>, view: &View<'_>, end: Link, events: &[StoredEvent]) -> Result<Link> {
    let mut previous = end;
    if events.is_empty() {
        return Ok(previous);
    }
    let mut sealed = Vec::with_capacity(events.len());
    for event in events {
        let link = chain::link(&previous, event);
        sealed.push((event.id, Sealed { link, previous: previous.hash }));
        previous = link;
    }
    store::audit::seal_many(tx, view.account, &sealed)?;
    store::audit::note_runs(tx, view.account)?;
    Ok(previous)
}

fn checkpoint(tx: &WriteTx<'_>, view: &View<'_>, start: &Link, link: Link, previous: i64) -> Result<Checkpoint> {
    let key = view.shared.signing.find_or_make(tx, &view.shared)?;
    let unsigned = Checkpoint { link, previous, at: view.now, kid: key.kid.clone(), signature: Vec::new() };
    let signature = key.sign(&unsigned.message(&start.hash));
    let signed = Checkpoint { signature, ..unsigned };
    store::audit::insert_checkpoint(tx, view.account, &signed)?;
    Ok(signed)
}

/// Whether [`seal`] has anything to do: events wait to be sealed, or the end of the chain to be signed.
///
/// # Errors
/// When the database fails.
pub fn is_sealing_due(view: &View<'_>) -> Result<bool> {
    view.expect(Permission::RunJobs)?;
    if store::audit::has_pending(view.tx, view.account)? {
        return Ok(true);
    }
    let (_, first) = store::audit::unsigned(view.tx, view.account)?;
    let mut unsigned = Unsigned { count: i64::from(first.is_some()), first, spread: 0 };
    unsigned.see(view.now);
    Ok(unsigned.is_due())
}
