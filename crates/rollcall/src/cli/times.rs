//! Times on the command line: for how long, and until when.

use rollcall_core::clock::{Clock as _, SystemClock, Time};

use crate::usage::Usage;

/// More is a slip of the hand: ten years.
const LONGEST: i64 = 10 * 365 * 86_400;

/// For how long, in seconds: `30s`, `15m`, `24h`, `90d`.
pub(super) fn span(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is not a span of time such as 30s, 15m, 24h or 90d (ten years at most)");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    count.checked_mul(seconds).filter(|span| (0..=LONGEST).contains(span)).ok_or_else(wrong)
}

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Never,
    /// In so many seconds.
    In(i64),
    At(Time),
}

/// `90d`, `2027-01-31T00:00:00Z`, or `never`.
pub(super) fn end(text: &str) -> Result<End, String> {
    if text == "never" {
        return Ok(End::Never);
    }
    let neither =
        || format!("{text:?} is neither a span such as 90d, nor a time such as 2027-01-31T00:00:00Z, nor never");
    span(text).map(End::In).or_else(|_| Time::parse(text).map(End::At)).map_err(|_| neither())
}

impl End {
    /// The moment, seen from now.
    pub(super) fn time(self) -> Result<Option<Time>, Usage> {
        let now = SystemClock.now();
        let time = match self {
            Self::Never => return Ok(None),
            Self::In(seconds) => now.plus_millis(seconds * 1_000),
            Self::At(time) => time,
        };
        if time <= now {
            return Err(Usage(format!("the end {time} has passed already; give a later one, such as 90d")));
        }
        Ok(Some(time))
    }
}

/// The moment that an option says; none where it says never, or nothing.
pub(super) fn time(end: Option<End>) -> Result<Option<Time>, Usage> {
    end.map_or(Ok(None), End::time)
}

/// A time for people.
pub(super) fn shown(time: Option<Time>) -> String {
    time.map_or_else(|| "never".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_ends_are_read_and_nonsense_is_refused() {
        assert_eq!((span("90s"), span("7d"), span("0s")), (Ok(90), Ok(604_800), Ok(0)));
        for bad in ["", "h", "1", "-1h", "1y", "99999999999999d", "1é", "11y", "4000d"] {
            assert!(span(bad).is_err(), "{bad}");
            assert!(end(bad).is_err(), "{bad}");
        }
        let time = Time::parse("2027-01-31T00:00:00Z").unwrap();
        assert_eq!(
            (end("never"), end("1h"), end("2027-01-31T01:00:00+01:00")),
            (Ok(End::Never), Ok(End::In(3_600)), Ok(End::At(time)))
        );
        assert!(End::In(0).time().is_err() && End::At(Time(0)).time().is_err());
        assert!(End::Never.time().is_ok_and(|time| time.is_none()));
    }
}
