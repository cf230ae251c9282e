//! Counting calls where all replicas count them, and remembering in this process who is refused: a refusal that is repeated costs
//! no statement.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::rule::unbelievable_after;
use super::{Decision, LONGEST_MILLIS, RateLimit, decide};
use crate::actor::Actor;
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::op::Op;
use crate::store::{self, AccountKey, Chore};

/// The installation's limit, and whom it refuses at the moment.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) limit: Option<RateLimit>,
    /// No more of them than accounts and APIs.
    refused: Mutex<HashMap<(AccountKey, &'static str), Limited>>,
}

impl Limits {
    pub(crate) fn new(limit: Option<RateLimit>) -> Self {
        Self { limit, refused: Mutex::default() }
    }

    /// Whether the account's calls of this API are refused, as far as this process knows. Others can only have let more
    /// through, so that it stays true until its time.
    pub(crate) fn refusal(&self, account: AccountKey, api: &'static str, now: Time) -> Option<Limited> {
        let mut refused = self.refused.lock();
        let Limited { now: since, until } = *refused.get(&(account, api))?;
        // Before it began: the clock was set back, and the database knows better.
        if (since..until).contains(&now) {
            return Some(Limited { now, until });
        }
        refused.remove(&(account, api));
        None
    }

    fn refuse(&self, account: AccountKey, api: &'static str, limited: Limited) {
        self.refused.lock().insert((account, api), limited);
    }
}

/// A call that came too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    now: Time,
    until: Time,
}

impl Limited {
    /// In so many whole seconds, at least one, a call may be let through: `Retry-After` (RFC 9110 §10.2.3).
    pub fn retry_after(&self) -> i64 {
        let left = self.until.0.saturating_sub(self.now.0);
        left.div_euclid(1_000).saturating_add(i64::from(left.rem_euclid(1_000) > 0)).max(1)
    }
}

/// Counts a call, or refuses it where it came too early. One statement for a look, two more where it is let through.
///
/// # Errors
/// When the database fails.
pub(crate) fn admit(op: &mut Op<'_>, asked: &Actor, api: &'static str) -> Result<Result<(), Limited>> {
    op.expect_call(api)?;
    // Who is not recognised any more takes nobody's place.
    op.stands_for(asked)?;
    let shared = std::sync::Arc::clone(&op.shared);
    let Some(limit) = &shared.limits.limit else { return Ok(Ok(())) };
    let past = store::limits::past(op.tx, op.account, api, limit)?;
    match decide(limit, op.now, &past) {
        Decision::Refuse { until } => {
            let limited = Limited { now: op.now, until };
            shared.limits.refuse(op.account, api, limited);
            Ok(Err(limited))
        }
        Decision::Admit { number, at } => {
            op.upkeep(|tx, view| {
                store::limits::note(tx, view.account, api, number, at)?;
                match number - limit.most() {
                    ..=0 => Ok(()),
                    older => store::limits::forget_up_to(tx, view.account, api, older),
                }
            })?;
            Ok(Ok(()))
        }
    }
}

/// What is done with a call once it was asked whether it may pass. Where that could not be counted because nothing can be
/// written, a call that only reads passes: reading goes on while the disk is full. That an answer was lost says nothing of the
/// call itself, of which nothing has begun.
///
/// # Errors
/// The failure, where the call must not go on; never [`Code::Uncertain`].
pub fn decided(asked: Result<Result<(), Limited>>, changes: bool) -> Result<Result<(), Limited>> {
    match asked {
        Err(error) if error.code() == Code::Internal && !changes => {
            tracing::warn!(
                error = error.cause(),
                "a call could not be counted and is let through, because it only reads"
            );
            Ok(Ok(()))
        }
        Err(error) if error.code() == Code::Uncertain => {
            Err(Error::unreachable(error.cause().unwrap_or("the commit's answer was lost")))
        }
        other => other,
    }
}

/// Forgets the calls that no window reaches any more, and those that a clock which was set back has noted for later.
/// Tells how many they were.
///
/// # Errors
/// When the database fails.
pub fn forget_old(op: &mut Op<'_>) -> Result<usize> {
    op.expect_chore(Chore::Forget)?;
    op.upkeep(|tx, view| {
        let until = view.now.plus_millis(-LONGEST_MILLIS);
        store::limits::forget(tx, view.account, until, unbelievable_after(view.now))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up_and_never_none() {
        for (left, told) in [(1, 1), (999, 1), (1_000, 1), (1_001, 2), (60_000, 60), (0, 1), (-5, 1)] {
            assert_eq!(Limited { now: Time(7), until: Time(7 + left) }.retry_after(), told, "{left}");
        }
    }

    #[test]
    fn what_is_remembered_ends_at_its_time_and_where_the_clock_is_set_back() {
        let limits = Limits::new(None);
        let (account, other) = (AccountKey(1), AccountKey(2));
        let refused = Limited { now: Time(10), until: Time(20) };
        let is_refused = |now| limits.refusal(account, "GET a", Time(now)).is_some();
        limits.refuse(account, "GET a", refused);
        assert!(is_refused(10) && is_refused(19) && !is_refused(20) && !is_refused(19), "over is over");
        limits.refuse(account, "GET a", refused);
        assert!(!is_refused(9));
        limits.refuse(account, "GET a", refused);
        for (account, api) in [(other, "GET a"), (account, "POST a")] {
            assert_eq!(limits.refusal(account, api, Time(15)), None);
        }
        assert_eq!(limits.refusal(account, "GET a", Time(15)).map(|l| l.until), Some(Time(20)));
    }

    #[test]
    fn what_cannot_be_counted_may_be_read_but_nothing_may_be_changed() {
        let fails = |code| move || Err(Error::new(code, "on purpose"));
        let told = |asked: Result<Result<(), Limited>>, changes| decided(asked, changes).map_err(|e| e.code());
        let (full, busy, lost) = (fails(Code::Internal), fails(Code::Busy), fails(Code::Uncertain));
        assert_eq!((told(full(), false), told(full(), true)), (Ok(Ok(())), Err(Code::Internal)));
        assert_eq!((told(busy(), false), told(busy(), true)), (Err(Code::Busy), Err(Code::Busy)));
        assert_eq!((told(lost(), false), told(lost(), true)), (Err(Code::Busy), Err(Code::Busy)));
        let limited = Limited { now: Time(1), until: Time(2) };
        assert_eq!((told(Ok(Err(limited)), false), told(Ok(Ok(())), true)), (Ok(Err(limited)), Ok(Ok(()))));
    }
}
