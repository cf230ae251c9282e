//! The rule of the rate limit: what becomes of the next call, from the times of a few earlier ones. No database, no clock.

use super::RateLimit;
use crate::clock::Time;

/// So far may the clocks of replicas differ. What lies further ahead was noted by a clock that has been set back since, and is
/// taken for nothing: otherwise nobody would be answered until the clock is there again.
const AHEAD_MILLIS: i64 = 60_000;

/// What is known of an API's calls when the next one comes.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Number and time of the last call that was let through.
    pub(crate) last: Option<(i64, Time)>,
    /// The calls that are as many before the next one as a window allows, by their numbers; those that are too old may be
    /// missing.
    pub(crate) earlier: Vec<(i64, Time)>,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is let through, and stands from now on as the call of this number and time.
    Admit { number: i64, at: Time },
    /// It came too early; from then on one may be let through.
    Refuse { until: Time },
}

/// Whether a call that was noted for `at` is believed; by a clock that was set back there may be others.
pub(crate) fn is_current(at: Time, now: Time) -> bool {
    at <= now.plus_millis(AHEAD_MILLIS)
}

/// From when on what was noted is not believed any more.
pub(crate) fn unbelievable_after(now: Time) -> Time {
    now.plus_millis(AHEAD_MILLIS)
}

/// Lets the next call through where each window has room for it: the call that is as many before it as the window allows
/// is out of the window, or is not there. Times rise with the numbers, so one look for each window tells.
pub(crate) fn decide(limit: &RateLimit, now: Time, past: &Past) -> Decision {
    let number = past.last.map_or(1, |(number, _)| number + 1);
    // Another replica's clock may be ahead of ours: the call comes after its, so that times rise with the numbers.
    let at = past.last.map(|(_, at)| at).filter(|at| is_current(*at, now)).map_or(now, |at| at.max(now));
    let full = limit.windows().iter().filter_map(|window| {
        let (_, first) = past.earlier.iter().find(|(earlier, _)| *earlier == number - window.calls)?;
        let until = first.plus_millis(window.millis);
        (is_current(*first, now) && until > at).then_some(until)
    });
    full.max().map_or(Decision::Admit { number, at }, |until| Decision::Refuse { until })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A limit with all its calls, of which nothing is ever forgotten.
    struct Calls {
        limit: RateLimit,
        noted: Vec<Time>,
    }

    impl Calls {
        fn of(limit: &str) -> Self {
            Self { limit: RateLimit::parse(limit).unwrap().unwrap(), noted: Vec::new() }
        }

        fn come(&mut self, now: Time) -> Decision {
            let numbered: Vec<(i64, Time)> = (1..).zip(self.noted.iter().copied()).collect();
            let decision = decide(&self.limit, now, &Past { last: numbered.last().copied(), earlier: numbered });
            if let Decision::Admit { number, at } = decision {
                self.noted.push(at);
                assert_eq!(number, self.noted.len() as i64);
            }
            decision
        }
    }

    /// The rule once more, by counting: how many of all calls lie in the window that ends now.
    fn has_room(limit: &RateLimit, admitted: &[Time], now: Time) -> bool {
        limit.windows().iter().all(|window| {
            let since = now.plus_millis(-window.millis);
            (admitted.iter().filter(|at| **at > since).count() as i64) < window.calls
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn a_call_is_let_through_exactly_where_every_window_has_room(
            limit in (1..4_i64, 1..6_i64, 1..8_i64).prop_map(|(s, min, h)| format!("{s}/s,{min}/min,{h}/h")),
            steps in prop::collection::vec(prop_oneof![
                0..3_i64, 300..1_100_i64, 9_000..61_000_i64, 500_000..3_700_000_i64,
            ], 1..120),
        ) {
            let mut calls = Calls::of(&limit);
            let mut admitted: Vec<Time> = Vec::new();
            let mut now = Time(1_000_000);
            for step in steps {
                now = now.plus_millis(step);
                let expected = has_room(&calls.limit, &admitted, now);
                match calls.come(now) {
                    Decision::Admit { at, .. } => {
                        prop_assert!(expected && at == now);
                        admitted.push(now);
                    }
                    Decision::Refuse { until } => {
                        prop_assert!(!expected);
                        prop_assert!(!has_room(&calls.limit, &admitted, until.plus_millis(-1)), "{until:?} is too late");
                        prop_assert!(has_room(&calls.limit, &admitted, until), "{until:?} is too early");
                    }
                }
            }
        }
    }

    #[test]
    fn a_clock_that_is_behind_lets_no_more_through_and_waits_for_the_other() {
        let mut calls = Calls::of("2/s");
        let (ahead, behind) = (Time(100_000), Time(70_000));
        assert_eq!(calls.come(ahead), Decision::Admit { number: 1, at: ahead });
        assert_eq!(calls.come(behind), Decision::Admit { number: 2, at: ahead });
        assert_eq!(calls.come(behind), Decision::Refuse { until: Time(101_000) });
        assert_eq!(calls.come(Time(101_000)), Decision::Admit { number: 3, at: Time(101_000) });
    }

    #[test]
    fn after_a_clock_was_set_back_nobody_is_refused_for_longer_than_a_window_and_what_clocks_may_differ_by() {
        const LONGEST: i64 = super::super::LONGEST_MILLIS;
        for back in [1, 59_999, AHEAD_MILLIS, AHEAD_MILLIS + 1, LONGEST, i64::MAX / 4] {
            let mut calls = Calls::of("3/min,3/h");
            let wrong = Time(i64::MAX / 2);
            (0..3).for_each(|_| assert!(matches!(calls.come(wrong), Decision::Admit { .. })));
            let mut now = wrong.plus_millis(-back);
            assert_eq!(matches!(calls.come(now), Decision::Admit { .. }), back > AHEAD_MILLIS, "{back}");
            for later in [0, 1, 1, AHEAD_MILLIS, LONGEST / 2, LONGEST, 1] {
                now = now.plus_millis(later);
                if let Decision::Refuse { until } = calls.come(now) {
                    assert!(until <= now.plus_millis(LONGEST + AHEAD_MILLIS), "{back}: from {now} to {until}");
                    now = until;
                    assert!(matches!(calls.come(now), Decision::Admit { .. }), "{back}: still refused at {now}");
                }
            }
            // What was noted meanwhile counts: no window has more than it may.
            let after = (0..9).filter(|_| matches!(calls.come(now), Decision::Admit { .. })).count();
            assert!(after <= 2, "{back}: {after}");
        }
    }
}
