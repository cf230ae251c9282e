//! How many calls of one API an account may make: the limit as people write it. The rule is in `rule`, what replicas share and
//! a process remembers in `admit`; which calls are of one API is the faces' business.

mod admit;
mod rule;

use std::fmt;

pub use admit::{Limited, decided, forget_old};
pub(crate) use admit::{Limits, admit};
pub(crate) use rule::{Decision, Past, decide};

use crate::error::{Error, Result};

/// As many calls a window may allow: as many are kept of each API.
pub const MAX_CALLS: i64 = 1_000_000;

/// The units in which windows are written, shortest first, with their milliseconds.
const UNITS: [(&str, i64); 3] = [("s", 1_000), ("min", 60_000), ("h", LONGEST_MILLIS)];
/// The longest window: an hour. Calls from before it count nowhere.
pub(crate) const LONGEST_MILLIS: i64 = 3_600_000;

/// As many windows a limit may have: one of each unit.
pub(crate) const MAX_WINDOWS: usize = UNITS.len();

/// So many calls in any time of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) calls: i64,
    pub(crate) millis: i64,
}

/// How many calls of one API an account may make, in rolling windows: never more than so many in any time of such a length
/// (API contract §1, Rate limit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit(Vec<Window>);

impl RateLimit {
    /// What holds where nobody says otherwise (API contract §1, Rate limit).
    pub const DEFAULT: &str = "60/min,1800/h";

    /// Reads `60/min,1800/h`: one to three windows, each of another unit of `s`, `min` and `h`. None where it says `off`.
    ///
    /// # Errors
    /// [`crate::Code::Invalid`] with what is wrong in it, and the form that is right.
    pub fn parse(text: &str) -> Result<Option<Self>> {
        if text.trim() == "off" {
            return Ok(None);
        }
        let mut windows: Vec<Window> = Vec::new();
        for part in text.split(',') {
            let window = window(part.trim()).map_err(|why| refused(text, &why))?;
            if windows.iter().any(|other| other.millis == window.millis) {
                return Err(refused(text, &format!("{:?} is a second window of its length", part.trim())));
            }
            windows.push(window);
        }
        windows.sort_by_key(|window| window.millis);
        Ok(Some(Self(windows)))
    }

    /// Its windows, shortest first; at least one.
    pub(crate) fn windows(&self) -> &[Window] {
        &self.0
    }

    /// The most calls that any of its windows allows: no older one matters.
    pub(crate) fn most(&self) -> i64 {
        self.0.iter().map(|window| window.calls).max().unwrap_or(0)
    }
}

impl fmt::Display for RateLimit {
    /// As [`RateLimit::parse`] reads it, the shortest window first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, window) in self.0.iter().enumerate() {
            let unit = UNITS.iter().find(|(_, millis)| *millis == window.millis).map_or("ms", |(unit, _)| unit);
            write!(f, "{}{}/{unit}", if place > 0 { "," } else { "" }, window.calls)?;
        }
        Ok(())
    }
}

fn window(part: &str) -> Result<Window, String> {
    let (calls, unit) = part.split_once('/').ok_or_else(|| format!("{part:?} has no unit"))?;
    let (calls, unit) = (calls.trim_end(), unit.trim_start());
    let millis = UNITS.iter().find(|(known, _)| *known == unit).map(|(_, millis)| *millis);
    let millis = millis.ok_or_else(|| format!("{unit:?} is none of the units s, min and h"))?;
    // Digits alone: what `parse` takes beside them, such as a plus sign, nobody means.
    let number = calls.bytes().all(|b| b.is_ascii_digit()).then(|| calls.parse().ok()).flatten();
    let calls = number.filter(|calls| (1..=MAX_CALLS).contains(calls));
    let calls = calls.ok_or_else(|| format!("{part:?} does not begin with a number of calls from 1 to {MAX_CALLS}"))?;
    Ok(Window { calls, millis })
}

fn refused(text: &str, why: &str) -> Error {
    Error::invalid(format!(
        "{text:?} is not a rate limit: {why}; write windows such as {}, or off for no limit",
        RateLimit::DEFAULT
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_written_as_they_are_read() {
        for (text, told) in [
            (RateLimit::DEFAULT, "60/min,1800/h"),
            ("1/s", "1/s"),
            (" 1000000/h , 5 / min,2/s ", "2/s,5/min,1000000/h"),
        ] {
            let limit = RateLimit::parse(text).unwrap().unwrap();
            assert_eq!(limit.to_string(), told);
            assert_eq!(RateLimit::parse(told).unwrap(), Some(limit));
        }
        assert_eq!(RateLimit::parse(" off ").unwrap(), None);
    }

    #[test]
    fn what_is_no_limit_is_refused_with_what_is_wrong_and_what_would_be_right() {
        for (text, why) in [
            ("", "\"\" has no unit"),
            ("60", "\"60\" has no unit"),
            ("60/min,", "\"\" has no unit"),
            ("60/day", "\"day\" is none of the units s, min and h"),
            ("60/MIN", "\"MIN\" is none"),
            ("60/min,1/min", "\"1/min\" is a second window of its length"),
            ("0/min", "\"0/min\" does not begin with a number of calls from 1 to 1000000"),
            ("1000001/h", "\"1000001/h\" does not begin"),
            ("+5/s", "\"+5/s\" does not begin"),
            ("/s", "\"/s\" does not begin"),
            ("99999999999999999999/s", "does not begin"),
            ("OFF", "\"OFF\" has no unit"),
        ] {
            let error = RateLimit::parse(text).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("60/min,1800/h, or off"), "{text:?}: {error}");
        }
    }
}
