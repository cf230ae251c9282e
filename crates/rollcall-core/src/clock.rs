//! Time as an argument: the clock, and the milliseconds it tells. Nothing else in the core asks the machine for the time.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp as Instant;

/// Milliseconds since the Unix epoch, UTC: how every time is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The time `millis` later (earlier where negative), saturating at the ends of the range.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Whole seconds since the epoch, rounded down: the unit of JWT's NumericDate (RFC 7519 §2).
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Reads ISO 8601 with an offset or `Z`.
    ///
    /// # Errors
    /// A sentence naming the text, when it is no such time.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.parse::<Instant>()
            .map(|instant| Self(instant.as_millisecond()))
            .map_err(|_| format!("{text:?} is not a time like 2026-11-21T08:00:00Z"))
    }
}

impl fmt::Display for Time {
    /// ISO 8601 UTC with milliseconds and `Z` (API contract §1, Ids).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Instant::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => write!(f, "@{}ms", self.0),
        }
    }
}

/// Whoever tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Time;
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    fn now(&self) -> Time {
        Time(Instant::now().as_millisecond())
    }
}

/// A clock that stands still until it is moved: for tests of everything that expires.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock standing at `time`.
    pub fn at(time: Time) -> Self {
        Self(AtomicI64::new(time.0))
    }

    /// Moves the hands by `millis`, which may be negative.
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}

impl<C: Clock> Clock for std::sync::Arc<C> {
    fn now(&self) -> Time {
        (**self).now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_milliseconds_and_z() {
        assert_eq!(Time(1_691_474_156_698).to_string(), "2023-08-08T05:55:56.698Z");
        assert_eq!(Time(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Time::parse("2023-08-08T05:55:56.698Z"), Ok(Time(1_691_474_156_698)));
        assert!(Time::parse("yesterday").unwrap_err().contains("yesterday"));
    }
}
