//! Walking along a chain, event by event and checkpoint by checkpoint: what is wrong, and of which kind. Pure: the same
//! for the database (`verify.rs`) and for a file (`file.rs`).

use super::chain::{self, Link};
use super::checkpoint::{Checkpoint, SIGNED_AFTER_EVENTS, Unsigned};
use super::seal::{BATCH, Sealed, StoredEvent};
use crate::keys::Keyring;

/// Of which kind a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Something is not what was written.
    Altered,
    /// Something that was there is gone, and what came after it is not.
    Missing,
    /// Everything from there on is gone.
    CutOff,
    /// Something stands in another's place.
    Reordered,
    /// Something is there again.
    Duplicated,
    /// An event does not follow from the one before: it, or that one, is another chain's or was made up.
    Unlinked,
    /// Events hang together, but are not those that were signed.
    Rewritten,
    /// A checkpoint that no key of the installation signed for this place.
    Forged,
    /// Events that ought to be signed by now, and are not: their checkpoints were taken away.
    Unsigned,
    /// A line of a file that does not belong there.
    Foreign,
}

impl FaultKind {
    /// In words that programs can go by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::CutOff => "cut off",
            Self::Reordered => "reordered",
            Self::Duplicated => "duplicated",
            Self::Unlinked => "does not follow",
            Self::Rewritten => "rewritten",
            Self::Forged => "forged checkpoint",
            Self::Unsigned => "not signed",
            Self::Foreign => "foreign",
        }
    }
}

/// The first broken place of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its number: of the event, or of the event that a checkpoint is of.
    pub seq: i64,
    /// Of which kind it is.
    pub kind: FaultKind,
    /// What is wrong with it.
    pub why: String,
}

impl Broken {
    pub(crate) fn new(seq: i64, kind: FaultKind, why: impl Into<String>) -> Self {
        Self { seq, kind, why: why.into() }
    }
}

/// Numbers from one to another, for people.
pub(crate) fn range(first: i64, last: i64) -> String {
    if first == last { format!("event {first} is") } else { format!("events {first} to {last} are") }
}

/// The checkpoints of a chain by themselves.
pub(crate) struct Row<'k> {
    ring: &'k Keyring,
    start: [u8; 32],
    /// The number of the last one; 0: none yet.
    pub(crate) last: i64,
}

impl<'k> Row<'k> {
    pub(crate) fn of(ring: &'k Keyring, start: [u8; 32]) -> Self {
        Self { ring, start, last: 0 }
    }

    /// From one on that holds.
    pub(crate) fn after(ring: &'k Keyring, start: [u8; 32], checkpoint: &Checkpoint) -> Self {
        Self { last: checkpoint.link.seq, ..Self::of(ring, start) }
    }

    /// Whether a known key signed it, for this chain.
    pub(crate) fn holds(&self, checkpoint: &Checkpoint) -> Result<(), Broken> {
        let seq = checkpoint.link.seq;
        let signed = self.ring.check(&checkpoint.kid, &checkpoint.message(&self.start), &checkpoint.signature);
        signed.map_err(|why| {
            Broken::new(seq, FaultKind::Forged, format!("the checkpoint of event {seq} does not hold: {why}"))
        })
    }

    /// The next one: it holds, and was signed right after the one before.
    pub(crate) fn next(&mut self, checkpoint: &Checkpoint) -> Result<(), Broken> {
        self.holds(checkpoint)?;
        let (seq, before, last) = (checkpoint.link.seq, checkpoint.previous, self.last);
        if seq == last {
            return Err(Broken::new(
                seq,
                FaultKind::Duplicated,
                format!("the checkpoint of event {seq} is there again"),
            ));
        }
        if before > last {
            let why = format!("the checkpoint of event {before} is missing; that of event {seq} was signed after it");
            return Err(Broken::new(before, FaultKind::Missing, why));
        }
        if before < last {
            let why =
                format!("the checkpoint of event {seq} was signed after that of event {before}, not that of {last}");
            return Err(Broken::new(seq, FaultKind::Forged, why));
        }
        self.last = seq;
        Ok(())
    }
}

/// A walk along the events.
pub(crate) struct Walk<'k> {
    ring: &'k Keyring,
    /// The last event that is whole.
    pub(crate) end: Link,
    /// The last event that was signed.
    pub(crate) signed: i64,
    /// How many checkpoints fit.
    pub(crate) checkpoints: u64,
    unsigned: Unsigned,
}

impl<'k> Walk<'k> {
    pub(crate) fn from(ring: &'k Keyring, start: Link) -> Self {
        Self { ring, end: start, signed: 0, checkpoints: 0, unsigned: Unsigned::default() }
    }

    /// From a place that was signed.
    pub(crate) fn after(ring: &'k Keyring, checkpoint: &Checkpoint) -> Self {
        Self { signed: checkpoint.link.seq, ..Self::from(ring, checkpoint.link) }
    }

    /// The next event.
    pub(crate) fn event(&mut self, event: &StoredEvent) -> Result<(), Broken> {
        let expected = chain::link(&self.end, event);
        let Some(sealed) = event.sealed else {
            return Err(Broken::new(expected.seq, FaultKind::Missing, format!("event {} is missing", expected.seq)));
        };
        if let Some((kind, why)) = fault(&self.end, &expected, event, &sealed) {
            return Err(Broken::new(expected.seq, kind, why));
        }
        self.end = expected;
        // Versions before the first key signed nothing.
        if self.signed > 0 || self.ring.since.is_some_and(|since| event.at >= since) {
            self.unsigned.add(event.at);
        }
        Ok(())
    }

    /// A checkpoint of the event that was walked to; whether it was signed is asked of [`Row::next`].
    pub(crate) fn fits(&mut self, checkpoint: &Checkpoint) -> Result<(), Broken> {
        let (first, last) = (self.signed + 1, self.end.seq);
        if checkpoint.link != self.end {
            let which =
                if first == last { format!("event {first}") } else { format!("one of the events {first} to {last}") };
            let why = format!(
                "{which} was changed and the chain was made to fit: the checkpoint of event {last}, signed at {}, has \
                 another hash",
                checkpoint.at
            );
            return Err(Broken::new(first, FaultKind::Rewritten, why));
        }
        // As many as were left before, and one batch more.
        self.all_signed(SIGNED_AFTER_EVENTS + BATCH - 1)?;
        (self.signed, self.unsigned) = (last, Unsigned::default());
        self.checkpoints += 1;
        Ok(())
    }

    fn all_signed(&self, at_most: i64) -> Result<(), Broken> {
        if self.unsigned.count <= at_most {
            return Ok(());
        }
        let (first, last) = (self.signed + 1, self.end.seq);
        let why = format!(
            "{} not signed, though a checkpoint comes after {SIGNED_AFTER_EVENTS} events or an hour: checkpoints were \
             taken away",
            range(first, last)
        );
        Err(Broken::new(first, FaultKind::Unsigned, why))
    }

    /// There is no further event: no more are unsigned than the sealer leaves.
    pub(crate) fn ends(&self) -> Result<(), Broken> {
        self.all_signed(if self.unsigned.is_due() { 0 } else { i64::MAX })
    }
}

fn fault(previous: &Link, expected: &Link, event: &StoredEvent, sealed: &Sealed) -> Option<(FaultKind, String)> {
    let (number, found) = (expected.seq, sealed.link.seq);
    if found > number {
        return Some((FaultKind::Missing, format!("{} missing; the next is {found}", range(number, found - 1))));
    }
    if found < number {
        return Some((FaultKind::Duplicated, format!("there is another event {found} where event {number} should be")));
    }
    if sealed.previous != previous.hash {
        return Some(match own_number(event, sealed, number) {
            Some(own) if own > number => {
                (FaultKind::Reordered, format!("event {own} stands in the place of event {number}"))
            }
            Some(own) if own < number => {
                (FaultKind::Duplicated, format!("event {own} is there again in the place of event {number}"))
            }
            _ => (FaultKind::Unlinked, "it does not follow from the event before".into()),
        });
    }
    // Nothing and an empty text have the same digest; the latter is never written.
    let is_empty = [&event.ip, &event.before, &event.after].into_iter().any(|text| text.as_deref() == Some(""));
    (sealed.link.hash != expected.hash || is_empty).then(|| (FaultKind::Altered, "it is not what was sealed".into()))
}

/// The number that an event was sealed with, whatever it claims to have: looked for no farther than is worth while.
fn own_number(event: &StoredEvent, sealed: &Sealed, about: i64) -> Option<i64> {
    let fits = |number: &i64| {
        let previous = Link { seq: number - 1, hash: sealed.previous };
        chain::link(&previous, event).hash == sealed.link.hash
    };
    // Nearly always it is near.
    std::iter::once(about).chain((1..about + 10_000).rev()).find(fits)
}
