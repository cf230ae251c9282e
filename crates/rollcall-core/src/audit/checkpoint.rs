//! Signed places of the chain: what is signed, and when one is due. Pure; `seal.rs` makes them, `walk.rs` checks them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::chain::{Link, fields};
use crate::clock::Time;
use crate::seal::hex;

/// As many events are sealed since the last checkpoint at most before there is another.
pub const SIGNED_AFTER_EVENTS: i64 = 1_000;
/// At most so long after the first event that is not signed there is another checkpoint: an hour.
pub const SIGNED_AFTER_MILLIS: i64 = 60 * 60 * 1_000;

/// A signed place of an account's chain. Whoever has no hand on the key cannot make one, and so cannot make a chain that
/// says something else than the one that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// The event that it stands after.
    pub(crate) link: Link,
    /// The number of the checkpoint before; 0 for the first.
    pub(crate) previous: i64,
    pub(crate) at: Time,
    pub(crate) kid: String,
    /// Ed25519 (RFC 8032 §5.1) over [`Self::message`].
    pub(crate) signature: Vec<u8>,
}

impl Checkpoint {
    /// What is signed: which chain (by the hash that it begins with), which place, when, and by which key; each part with
    /// its length.
    pub(crate) fn message(&self, start: &[u8; 32]) -> Vec<u8> {
        let parts: [&[u8]; 6] = [
            start,
            &self.link.seq.to_be_bytes(),
            &self.link.hash,
            &self.previous.to_be_bytes(),
            &self.at.0.to_be_bytes(),
            self.kid.as_bytes(),
        ];
        let mut message = b"rollcall audit checkpoint 1\0".to_vec();
        message.extend_from_slice(&fields(&parts));
        message
    }

    /// A line in the log, so that a log that is kept elsewhere can bear witness.
    pub(crate) fn log(&self, account: &str) {
        tracing::info!(
            account,
            event = self.link.seq,
            hash = hex(&self.link.hash),
            at = %self.at,
            kid = self.kid,
            signature = URL_SAFE_NO_PAD.encode(&self.signature),
            "audit checkpoint"
        );
    }
}

/// The events after a checkpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Unsigned {
    /// How many.
    pub(crate) count: i64,
    /// When the first happened.
    pub(crate) first: Option<Time>,
    /// How far any other, or whoever looks, is from that time.
    pub(crate) spread: i64,
}

impl Unsigned {
    /// A further one.
    pub(crate) fn add(&mut self, at: Time) {
        self.count += 1;
        self.see(at);
    }

    /// Looks at the time. A clock that went back is as good as one that went on.
    pub(crate) fn see(&mut self, now: Time) {
        let first = *self.first.get_or_insert(now);
        self.spread = self.spread.max(now.0.saturating_sub(first.0).saturating_abs());
    }

    /// Whether they are to be signed now. The sealer and whoever walks along the chain ask the same: what the sealer has
    /// left is never due.
    pub(crate) fn is_due(&self) -> bool {
        self.count > 0 && (self.count >= SIGNED_AFTER_EVENTS || self.spread >= SIGNED_AFTER_MILLIS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let link = Link { seq: 1_000, hash: [7; 32] };
        Checkpoint { link, previous: 0, at: Time(5), kid: "k".into(), signature: Vec::new() }
    }

    #[test]
    fn everything_is_signed() {
        let start = [1; 32];
        let signed = checkpoint().message(&start);
        assert_eq!(signed.len(), 28 + 6 * 8 + 32 + 8 + 32 + 8 + 8 + 1);
        let mutants: [fn(&mut Checkpoint); 5] = [
            |c| c.link.seq = 1_001,
            |c| c.link.hash[31] = 0,
            |c| c.previous = 1,
            |c| c.at = Time(6),
            |c| c.kid = "l".into(),
        ];
        for mutate in mutants {
            let mut other = checkpoint();
            mutate(&mut other);
            assert_ne!(other.message(&start), signed);
        }
        assert_ne!(checkpoint().message(&[2; 32]), signed);
    }

    #[test]
    fn a_checkpoint_is_due_after_a_thousand_events_or_an_hour() {
        let of = |times: &[i64]| {
            let mut unsigned = Unsigned::default();
            times.iter().for_each(|at| unsigned.add(Time(*at)));
            unsigned.is_due()
        };
        assert!(!of(&[]) && !of(&[5]) && !of(&[5; 999]) && of(&[5; 1_000]));
        assert!(!of(&[5, SIGNED_AFTER_MILLIS + 4]) && of(&[5, SIGNED_AFTER_MILLIS + 5]));
        assert!(of(&[SIGNED_AFTER_MILLIS, 0, SIGNED_AFTER_MILLIS]), "also where the clock went back");
        let mut alone = Unsigned { count: 1, first: Some(Time(5)), spread: 0 };
        alone.see(Time(SIGNED_AFTER_MILLIS + 5));
        assert!(alone.is_due());
        let mut nothing = Unsigned { count: 0, first: Some(Time(5)), spread: 0 };
        nothing.see(Time(SIGNED_AFTER_MILLIS + 5));
        assert!(!nothing.is_due());
    }
}
