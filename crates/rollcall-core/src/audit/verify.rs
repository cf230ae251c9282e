//! Whether the log in the database is as it was written: from the first event to the last, checkpoint by checkpoint.

use super::chain;
use super::checkpoint::Checkpoint;
use super::file::Checked;
use super::seal::BATCH;
use super::walk::{Broken, FaultKind, Row, Walk, range};
use crate::clock::Time;
use crate::error::Result;
use crate::keys::Keyring;
use crate::op::View;
use crate::policy::Permission;
use crate::seal::{InstallationKey, hex};
use crate::store::{self, AccountKey, Tx};

/// What a walk along the chain found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many events are sealed and whole, from the first on; where they were rewritten, those before the part in doubt.
    pub sealed: u64,
    /// How many of these are covered by a checkpoint.
    pub signed: u64,
    /// How many checkpoints fit.
    pub checkpoints: u64,
    /// How many events wait to be sealed.
    pub pending: u64,
    /// The names of the keys that signed, or may sign.
    pub kids: Vec<String>,
    /// The first that is not as it was sealed.
    pub broken: Option<Broken>,
}

/// Walks the chain from the first event to the last, with every checkpoint. Of several faults the first by number is told.
///
/// # Errors
/// When the database fails; a broken chain is an answer, not an error.
pub fn verify(view: &View<'_>) -> Result<Verification> {
    view.expect(Permission::RunJobs)?;
    walk(view.tx, view.account, Some(&*view.shared.key_of(view.tx)?))
}

/// Whether the log goes on from an earlier export: it must have the export's last event and checkpoint as they were then.
/// This finds what no look at the database alone can: that it was put back to an earlier state, or written anew by
/// somebody who has all its keys. None: it does.
///
/// # Errors
/// When the database fails.
pub fn continues(view: &View<'_>, earlier: &Checked) -> Result<Option<Broken>> {
    view.expect(Permission::RunJobs)?;
    let end = earlier.end;
    let exported = Time(earlier.exported_at.0);
    let Some(here) = store::audit::sealed_link(view.tx, view.account, end.seq)? else {
        let last = store::audit::last(view.tx, view.account)?.map_or(0, |link| link.seq);
        let (first, kind) = if last < end.seq { (last + 1, FaultKind::CutOff) } else { (end.seq, FaultKind::Missing) };
        let gone = range(first, end.seq);
        let why = format!("{gone} missing: the export of {exported} has them. Was an older backup restored?");
        return Ok(Some(Broken::new(first, kind, why)));
    };
    if here != end {
        let why = format!(
            "event {} or one before it is another than in the export of {exported}: the log was written anew",
            end.seq
        );
        return Ok(Some(Broken::new(end.seq, FaultKind::Rewritten, why)));
    }
    let Some(signed) = &earlier.signed else { return Ok(None) };
    let found = store::audit::checkpoints_after(view.tx, view.account, signed.link.seq - 1, 1)?;
    if found.first() == Some(signed) {
        return Ok(None);
    }
    let why = format!("the checkpoint of event {} is not the one that the export of {exported} has", signed.link.seq);
    Ok(Some(Broken::new(signed.link.seq, FaultKind::Forged, why)))
}

/// By what the account's chain is known: the hash that it begins with, in hex.
///
/// # Errors
/// When the database fails.
pub fn chain_name(view: &View<'_>) -> Result<String> {
    view.expect(Permission::RunJobs)?;
    Ok(hex(&chain::start(&store::accounts::chain_id(view.tx, view.account)?).hash))
}

/// The walk itself. Without the installation key, as on a copy, the keys in the database are taken at their word.
pub(crate) fn walk(tx: &Tx<'_>, account: AccountKey, installation: Option<&InstallationKey>) -> Result<Verification> {
    let ring = Keyring::load(tx, installation)?;
    let start = chain::start(&store::accounts::chain_id(tx, account)?);
    let signed = Signed::of(tx, account, &ring, start.hash)?;
    let mut walk = Walk::from(&ring, start);
    let broken = first_fault(tx, account, &mut walk, &signed)?;
    let in_doubt = broken.as_ref().is_some_and(|b| matches!(b.kind, FaultKind::Rewritten | FaultKind::Unsigned));
    Ok(Verification {
        sealed: if in_doubt { walk.signed } else { walk.end.seq }.unsigned_abs(),
        signed: walk.signed.unsigned_abs(),
        checkpoints: walk.checkpoints,
        pending: store::audit::count_pending(tx, account)?,
        kids: ring.kids().map(str::to_owned).collect(),
        broken,
    })
}

/// The checkpoints by themselves.
struct Signed {
    /// The last of those that hold, one after the other.
    last: Option<Checkpoint>,
    /// The first that does not.
    broken: Option<Broken>,
}

impl Signed {
    fn of(tx: &Tx<'_>, account: AccountKey, ring: &Keyring, start: [u8; 32]) -> Result<Self> {
        let (mut row, mut last, mut after) = (Row::of(ring, start), None, i64::MIN);
        loop {
            let checkpoints = store::audit::checkpoints_after(tx, account, after, BATCH)?;
            if checkpoints.is_empty() {
                return Ok(Self { last, broken: None });
            }
            for checkpoint in checkpoints {
                if let Err(broken) = row.next(&checkpoint) {
                    return Ok(Self { last, broken: Some(broken) });
                }
                after = checkpoint.link.seq;
                last = Some(checkpoint);
            }
        }
    }
}

/// Along the events, from checkpoint to checkpoint as far as these hold.
fn first_fault(tx: &Tx<'_>, account: AccountKey, walk: &mut Walk<'_>, signed: &Signed) -> Result<Option<Broken>> {
    let last = signed.last.as_ref().map_or(0, |last| last.link.seq);
    let mut coming = Vec::new().into_iter().peekable();
    // An event with a number that none can have is not passed over.
    let mut after = i64::MIN;
    loop {
        let events = store::audit::sealed_after(tx, account, after, BATCH)?;
        if events.is_empty() {
            break;
        }
        for event in &events {
            if let Err(broken) = walk.event(event) {
                return Ok(Some(broken));
            }
            after = walk.end.seq;
            if after <= last && coming.peek().is_none() {
                coming = store::audit::checkpoints_after(tx, account, after - 1, BATCH)?.into_iter().peekable();
            }
            let is_there = |checkpoint: &Checkpoint| checkpoint.link.seq == after && after <= last;
            if let Some(checkpoint) = coming.next_if(is_there)
                && let Err(broken) = walk.fits(&checkpoint)
            {
                return Ok(Some(broken));
            }
            if let Some(broken) = signed.broken.as_ref().filter(|broken| broken.seq <= after) {
                return Ok(Some(broken.clone()));
            }
        }
    }
    let end = walk.end.seq;
    Ok(match (&signed.last, &signed.broken) {
        (Some(last), _) if last.link.seq > end => {
            let (first, seq) = (end + 1, last.link.seq);
            let gone = if first == seq { range(seq, seq) } else { format!("events {first} to at least {seq} are") };
            let why = format!("{gone} missing: a checkpoint signed at {} has number {seq}", last.at);
            Some(Broken::new(first, FaultKind::CutOff, why))
        }
        (_, Some(broken)) => Some(broken.clone()),
        _ => walk.ends().err(),
    })
}
