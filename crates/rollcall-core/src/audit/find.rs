//! Reading the log: by page, by time, and on from an event. It reads what is sealed, so that a number, once told, never
//! gets anything new before it.

use super::StoredEvent;
use crate::clock::Time;
use crate::error::Result;
use crate::op::View;
use crate::page::{Page, Paged};
use crate::policy::Permission;
use crate::store;
use crate::store::audit::{RUN, Run};

/// The largest page of the log (API contract §1, Paging).
pub const MAX_SIZE: u32 = 100;

/// Which events are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Only those with a higher number than this.
    pub after: i64,
    /// Only those from this time on.
    pub from: Option<Time>,
    /// Only those until this time, itself included.
    pub to: Option<Time>,
    /// Which part of them.
    pub page: Page,
}

/// An event, as readers of the log see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number: 1, 2, 3 … without gaps, in the order of commits.
    pub number: i64,
    /// When it happened.
    pub at: Time,
    /// What it is filed under.
    pub category: String,
    /// What happened.
    pub name: String,
    /// A sentence for people.
    pub description: String,
    /// Who did it.
    pub by: By,
    /// From where, where it came over a network.
    pub ip: Option<String>,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A client app, by the name that it had.
    App(String),
    /// A user: their public id, and their address as far as they are still there.
    User(String, Option<String>),
    /// The command line or one of Rollcall's own jobs.
    Host(String),
}

/// How many events wait to be sealed, which [`find`] does not see yet.
///
/// # Errors
/// When the database fails.
pub fn unsealed(view: &View<'_>) -> Result<u64> {
    view.expect(Permission::ViewAuditLog)?;
    store::audit::count_pending(view.tx, view.account)
}

/// A short text that is another one when there is more in the log, or anything else of the account has changed.
///
/// # Errors
/// When the database fails.
pub fn mark(view: &View<'_>) -> Result<String> {
    view.expect(Permission::ViewAuditLog)?;
    Ok(format!("{}.{}", view.mark()?, last(view)?))
}

fn last(view: &View<'_>) -> Result<i64> {
    Ok(store::audit::last(view.tx, view.account)?.map_or(0, |link| link.seq))
}

/// A page of the log, oldest first: `after` first, then the times, then the page. Five statements at any depth.
///
/// # Errors
/// When the database fails.
pub fn find(view: &View<'_>, wanted: &Wanted) -> Result<Paged<Entry>> {
    view.expect(Permission::ViewAuditLog)?;
    let first = wanted.after.max(0).saturating_add(1);
    let last = last(view)?;
    let times = (wanted.from.unwrap_or(Time(i64::MIN)), wanted.to.unwrap_or(Time(i64::MAX)));
    let runs = match (wanted.from, wanted.to) {
        (None, None) => Runs::whole(first, last),
        _ => Runs::between(view, (first, last), times)?,
    };
    let (total, start) = (runs.total(), runs.find(wanted.page.skipped()));
    let events = match start {
        Some((number, skip)) => {
            let numbers = (number.max(first), runs.end.min(last));
            let limit = i64::from(wanted.page.limit());
            store::audit::sealed_between(view.tx, view.account, numbers, times, skip, limit)?
        }
        None => Vec::new(),
    };
    Ok(Paged::of(wanted.page, total, entries(view, events)?))
}

/// How many of the wanted events each run has, in order: from which number on, and how many.
struct Runs {
    counts: Vec<(i64, i64)>,
    /// The last number that may be wanted.
    end: i64,
}

impl Runs {
    /// All from a number on: numbers have no gaps, so that nothing needs to be counted.
    fn whole(first: i64, last: i64) -> Self {
        Self { counts: vec![(first, (last - first + 1).max(0))], end: last }
    }

    /// Those between two times: runs that lie between them whole are not looked at.
    fn between(view: &View<'_>, (first, last): (i64, i64), (from, to): (Time, Time)) -> Result<Self> {
        let runs = store::audit::runs_between(view.tx, view.account, first / RUN, from, to)?;
        let edges = store::audit::count_at_edges(view.tx, view.account, first, from, to)?;
        let is_whole = |run: &Run| run.number != first / RUN && run.first >= from && run.last <= to;
        let counts = runs.iter().map(|run| {
            let begin = run.number * RUN;
            let count = if is_whole(run) {
                // The first run has no number 0; the last is not full yet.
                (begin + RUN - 1).min(last) - begin.max(1) + 1
            } else {
                edges.iter().find(|(number, _)| *number == run.number).map_or(0, |(_, count)| *count)
            };
            (begin, count)
        });
        Ok(Self { counts: counts.collect(), end: runs.last().map_or(0, |run| run.number * RUN + RUN - 1) })
    }

    fn total(&self) -> i64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// Where the event is that has `before` wanted ones before it: a number to begin at, and how many to leave out.
    fn find(&self, before: i64) -> Option<(i64, i64)> {
        if let [(first, count)] = self.counts[..]
            && before < count
            && count == self.end - first + 1
        {
            return Some((first + before, 0));
        }
        let mut left = before;
        for (begin, count) in &self.counts {
            if left < *count {
                return Some((*begin, left));
            }
            left -= count;
        }
        None
    }
}

fn entries(view: &View<'_>, events: Vec<StoredEvent>) -> Result<Vec<Entry>> {
    let users: Vec<&str> = events.iter().filter(|e| e.actor_kind == "user").map(|e| e.actor_id.as_str()).collect();
    let emails = store::users::emails(view.tx, view.account, &users)?;
    let entry = |event: StoredEvent| Entry {
        number: event.sealed.map_or(0, |sealed| sealed.link.seq),
        at: event.at,
        category: event.category,
        name: event.name,
        description: event.description,
        by: match event.actor_kind.as_str() {
            "app" => By::App(event.actor_name),
            "user" => By::User(event.actor_id.clone(), emails.get(&event.actor_id).cloned()),
            _ => By::Host(event.actor_name),
        },
        ip: event.ip,
    };
    Ok(events.into_iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_times_an_event_is_found_by_its_number() {
        let runs = Runs::whole(11, 2_010);
        assert_eq!((runs.total(), runs.find(0), runs.find(1_999)), (2_000, Some((11, 0)), Some((2_010, 0))));
        assert_eq!((runs.find(2_000), Runs::whole(5, 4).total(), Runs::whole(9, 4).find(0)), (None, 0, None));
    }

    #[test]
    fn between_times_an_event_is_found_in_its_run() {
        let runs = Runs { counts: vec![(1_000, 3), (2_000, 1_000), (3_000, 0), (4_000, 7)], end: 4_999 };
        let found = [0, 2, 3, 1_002, 1_003, 1_009].map(|before| runs.find(before));
        let expected = [
            Some((1_000, 0)),
            Some((1_000, 2)),
            Some((2_000, 0)),
            Some((2_000, 999)),
            Some((4_000, 0)),
            Some((4_000, 6)),
        ];
        assert_eq!((runs.total(), found, runs.find(1_010)), (1_010, expected, None));
    }
}
