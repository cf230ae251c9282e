//! Whether the newest part of the log is as it was written: the part that is looked at most, in a bounded time. The whole of
//! it is walked by `verify.rs`.

use super::chain;
use super::checkpoint::Checkpoint;
use super::seal::BATCH;
use super::verify::walk as walk_all;
use super::walk::{Broken, FaultKind, Row, Walk};
use crate::error::Result;
use crate::keys::Keyring;
use crate::op::View;
use crate::policy::Permission;
use crate::store;

/// As many of the newest events are checked at once, and as many more as come after the signed place before them.
pub const CHECKED_AT_ONCE: u64 = 10_000;
/// So far before that a signed place is looked for. The sealer leaves no two thousand events unsigned.
const FARTHER: i64 = 5 * BATCH;

/// What a walk along the newest events found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// The number of the first event that was checked; 1: the whole log was.
    pub first: u64,
    /// The number of the last one that is whole; where it is lower than the first, none is.
    pub last: u64,
    /// How many checkpoints fit among them.
    pub checkpoints: u64,
    /// Whether they follow from a place that was signed, or from the beginning: else from an event taken at its word.
    pub is_anchored: bool,
    /// The first that is not as it was sealed.
    pub broken: Option<Broken>,
}

/// Walks the newest events of the chain with their checkpoints, `most` and those after the signed place before them; of a log
/// that is no longer all of them. What is wrong before that place is not seen. `most` is [`CHECKED_AT_ONCE`] at most.
///
/// # Errors
/// When the database fails; a broken chain is an answer, not an error.
pub fn check_newest(view: &View<'_>, most: u64) -> Result<Newest> {
    view.expect(Permission::ViewAuditLog)?;
    let (tx, account) = (view.tx, view.account);
    let key = view.shared.key_of(tx)?;
    let last = store::audit::last(tx, account)?.map_or(0, |link| link.seq);
    let before = last.saturating_sub(most.clamp(1, CHECKED_AT_ONCE).cast_signed());
    if before <= 0 {
        let walked = walk_all(tx, account, Some(&*key))?;
        let (last, checkpoints, broken) = (walked.sealed, walked.checkpoints, walked.broken);
        return Ok(Newest { first: 1, last, checkpoints, is_anchored: true, broken });
    }
    let ring = Keyring::load(tx, Some(&*key))?;
    let start = chain::start(&store::accounts::chain_id(tx, account)?).hash;
    let near = store::audit::checkpoints_after(tx, account, before.saturating_sub(FARTHER), FARTHER)?;
    let anchor = near.iter().rfind(|checkpoint| checkpoint.link.seq <= before);
    let here = store::audit::sealed_link(tx, account, anchor.map_or(before, |anchor| anchor.link.seq))?;
    let (walk, row) = match anchor {
        Some(anchor) => (Walk::after(&ring, anchor), Row::after(&ring, start, anchor)),
        None => {
            let Some(here) = here else { return Ok(missing(before)) };
            (Walk::from(&ring, here), Row::of(&ring, start))
        }
    };
    let first = (walk.end.seq + 1).unsigned_abs();
    let told = |walk: &Walk<'_>, broken| Newest {
        first,
        last: walk.end.seq.unsigned_abs(),
        checkpoints: walk.checkpoints,
        is_anchored: anchor.is_some(),
        broken,
    };
    if let Some(anchor) = anchor {
        let seq = anchor.link.seq;
        let held = row.holds(anchor).err();
        let other = || {
            let why = format!("event {seq} is not the one that the checkpoint signed at {} has", anchor.at);
            Broken::new(seq, FaultKind::Rewritten, why)
        };
        if let Some(broken) = held.or_else(|| (here != Some(anchor.link)).then(other)) {
            return Ok(told(&walk, Some(broken)));
        }
    }
    let (walk, broken) = along(view, walk, row, anchor.is_some())?;
    Ok(told(&walk, broken))
}

fn missing(seq: i64) -> Newest {
    let why = format!("event {seq} is missing");
    let broken = Some(Broken::new(seq, FaultKind::Missing, why));
    let (first, last) = (seq.unsigned_abs(), seq.unsigned_abs() - 1);
    Newest { first, last, checkpoints: 0, is_anchored: false, broken }
}

/// On to the end; the first fault.
fn along<'k>(
    view: &View<'_>,
    mut walk: Walk<'k>,
    mut row: Row<'k>,
    is_anchored: bool,
) -> Result<(Walk<'k>, Option<Broken>)> {
    let mut coming =
        store::audit::checkpoints_after(view.tx, view.account, walk.end.seq, i64::MAX)?.into_iter().peekable();
    if let Some(first) = coming.peek().filter(|_| !is_anchored) {
        row.last = first.previous;
    }
    loop {
        let events = store::audit::sealed_after(view.tx, view.account, walk.end.seq, BATCH)?;
        if events.is_empty() {
            break;
        }
        for event in &events {
            if let Err(broken) = walk.event(event) {
                return Ok((walk, Some(broken)));
            }
            let is_here = |checkpoint: &Checkpoint| checkpoint.link.seq <= walk.end.seq;
            if let Some(checkpoint) = coming.next_if(is_here) {
                let fits = row.next(&checkpoint).and_then(|()| walk.fits(&checkpoint));
                if let Err(broken) = fits {
                    return Ok((walk, Some(broken)));
                }
            }
        }
    }
    let broken = match coming.next() {
        Some(left) => {
            let (first, seq) = (walk.end.seq + 1, left.link.seq);
            let why = format!(
                "events {first} to at least {seq} are missing: a checkpoint signed at {} has that number",
                left.at
            );
            Some(Broken::new(first, FaultKind::CutOff, why))
        }
        None => walk.ends().err(),
    };
    Ok((walk, broken))
}
