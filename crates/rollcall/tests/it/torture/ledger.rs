//! What was answered, and the numbers that a run reports.

use std::fmt;
use std::time::Duration;

use super::write::What;

/// How a write ended, as whoever asked for it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// 2xx, and the body says that it was done.
    Done,
    /// 4xx, or a failure in the body: it must not be there.
    Refused,
    /// 503 or 500, which say that nothing was changed: it must not be there either.
    PutOff,
    /// 504, or a connection that broke: it may be there, but then wholly.
    Unknown,
    /// There was nobody to send it to.
    Unsent,
}

/// A write and its end.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) answer: Answer,
    pub(super) what: Option<What>,
    /// Addresses that must never be there.
    pub(super) never: Vec<String>,
}

/// What a run counts. Lost, half done, done twice or from nowhere is nothing, or the test has failed before.
#[derive(Debug, Default, Clone)]
pub(super) struct Numbers {
    /// How often the fault came.
    pub(super) faults: usize,
    pub(super) done: usize,
    pub(super) refused: usize,
    pub(super) put_off: usize,
    /// Nobody was told, and it was not repeated.
    pub(super) unknown: usize,
    /// Of the unknown, those that were done.
    pub(super) found: usize,
    /// Unknown at first, and answered when repeated with their key.
    pub(super) repeated: usize,
    /// The longest time from the end of the fault to the first writes that were done again.
    pub(super) back: Duration,
    /// The longest time that an answer took.
    pub(super) slowest: Duration,
}

impl Numbers {
    pub(super) fn count(&mut self, answer: Answer) {
        match answer {
            Answer::Done => self.done += 1,
            Answer::Refused => self.refused += 1,
            Answer::PutOff => self.put_off += 1,
            Answer::Unknown => self.unknown += 1,
            Answer::Unsent => {}
        }
    }

    pub(super) fn back_after(&mut self, time: Duration) {
        self.back = self.back.max(time);
    }

    /// As one run of several lives.
    pub(super) fn add(&mut self, other: &Self) {
        self.faults += other.faults;
        self.done += other.done;
        self.refused += other.refused;
        self.put_off += other.put_off;
        self.unknown += other.unknown;
        self.found += other.found;
        self.repeated += other.repeated;
        self.back = self.back.max(other.back);
        self.slowest = self.slowest.max(other.slowest);
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} fault(s); {} writes done, {} refused, {} put off, {} repeated with their key, {} unknown of which {} were \
             done; lost 0, half done 0, done twice 0; back after at most {:.2} s; slowest answer {:.2} s",
            self.faults,
            self.done,
            self.refused,
            self.put_off,
            self.repeated,
            self.unknown,
            self.found,
            self.back.as_secs_f64(),
            self.slowest.as_secs_f64(),
        )
    }
}
