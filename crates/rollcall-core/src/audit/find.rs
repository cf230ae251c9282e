//! Reading the log: by page, by time, and on from an event. It reads what is sealed, so that a number, once told, never
//! gets anything new before it.

use super::StoredEvent;
use crate::clock::Time;
use crate::error::Result;
use crate::op::View;
use crate::page::{Page, Paged};
use crate::policy::Permission;
use crate::store;
use crate::store::audit::{BLOCK, RUN, Span};

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

pub(super) fn last(view: &View<'_>) -> Result<i64> {
    Ok(store::audit::last(view.tx, view.account)?.map_or(0, |link| link.seq))
}

/// A page of the log, oldest first: `after` first, then the times, then the page. Six statements at any depth and of any
/// length of the log, of which those that look for the times see one row for 40,000 events, and the runs at the edges.
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
    let limit = i64::from(wanted.page.limit());
    let (total, found) = (runs.total(), runs.find(wanted.page.skipped(), limit));
    let events = match found {
        Some((from, to, skip)) => {
            let numbers = (from.max(first), to.min(last));
            store::audit::sealed_between(view.tx, view.account, numbers, times, skip, limit)?
        }
        None => Vec::new(),
    };
    Ok(Paged::of(wanted.page, total, entries(view, events)?))
}

/// Between which of these numbers events of these times are to be found, at most; none where there are none.
pub(super) fn whereabouts(view: &View<'_>, numbers: (i64, i64), times: (Time, Time)) -> Result<Option<(i64, i64)>> {
    if numbers.0 > numbers.1 {
        return Ok(None);
    }
    if times == (Time(i64::MIN), Time(i64::MAX)) {
        return Ok(Some(numbers));
    }
    let Runs(parts) = Runs::between(view, numbers, times)?;
    let mut some = parts.iter().filter(|part| part.count > 0);
    let Some(first) = some.next() else { return Ok(None) };
    Ok(Some((first.begin, some.next_back().unwrap_or(first).end)))
}

/// How many of the wanted events the log has from place to place.
struct Runs(Vec<Part>);

/// A run, a block of them, or all: from which number to which, how many are wanted, and whether that is each of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    begin: i64,
    end: i64,
    count: i64,
    is_whole: bool,
}

impl Runs {
    /// All from a number on: numbers have no gaps, so that nothing needs to be counted.
    fn whole(first: i64, last: i64) -> Self {
        Self(vec![Part { begin: first, end: last, count: (last - first + 1).max(0), is_whole: true }])
    }

    /// Those between two times: blocks, and runs, that lie between them whole are not looked into. Nothing is assumed of
    /// the order of times.
    fn between(view: &View<'_>, (first, last): (i64, i64), times: (Time, Time)) -> Result<Self> {
        let is_within = |span: &Span| span.first >= times.0 && span.last <= times.1;
        let is_beside = |span: &Span| span.last < times.0 || span.first > times.1;
        // From `first` to `last`, of which the lowest number is 1.
        let part = |number: i64, length: i64| {
            let (begin, end) = ((number * length).max(first), (number * length + length - 1).min(last));
            Part { begin, end, count: (end - begin + 1).max(0), is_whole: true }
        };
        let mut blocks = store::audit::blocks_from(view.tx, view.account, first / RUN / BLOCK)?;
        let open = blocks.pop().map_or(0, |block| block.number * BLOCK);
        let mut parts: Vec<Part> =
            blocks.iter().filter(|block| is_within(block)).map(|block| part(block.number, BLOCK * RUN)).collect();
        let at_edges = blocks.iter().filter(|block| !is_within(block) && !is_beside(block));
        let within: Vec<i64> = at_edges.flat_map(|block| block.number * BLOCK..block.number * BLOCK + BLOCK).collect();
        let from = open.max(first / RUN);
        let runs = store::audit::runs_between(view.tx, view.account, &within, from, times)?;
        let runs: Vec<Span> = runs.into_iter().filter(|run| run.number >= first / RUN).collect();
        parts.extend(runs.iter().filter(|run| is_within(run)).map(|run| part(run.number, RUN)));
        let edges: Vec<i64> = runs.iter().filter(|run| !is_within(run)).map(|run| run.number).collect();
        let counts = store::audit::count_in_runs(view.tx, view.account, &edges, first, times)?;
        parts.extend(counts.into_iter().map(|(run, count)| Part { count, is_whole: false, ..part(run, RUN) }));
        parts.sort_unstable_by_key(|part| part.begin);
        Ok(Self(parts))
    }

    fn total(&self) -> i64 {
        self.0.iter().map(|part| part.count).sum()
    }

    /// Where the event is that has `before` wanted ones before it, and the `limit` from it on: a number to begin at, one to
    /// end at, and how many to leave out.
    fn find(&self, before: i64, limit: i64) -> Option<(i64, i64, i64)> {
        let mut left = before;
        let mut parts = self.0.iter().filter(|part| part.count > 0);
        let part = loop {
            let part = parts.next()?;
            if left < part.count {
                break part;
            }
            left -= part.count;
        };
        let (from, skip) = if part.is_whole { (part.begin + left, 0) } else { (part.begin, left) };
        let (mut end, mut found) = (part.end, part.count - left);
        for part in parts {
            if found >= limit {
                break;
            }
            (end, found) = (part.end, found + part.count);
        }
        Some((from, end, skip))
    }
}

fn entries(view: &View<'_>, events: Vec<StoredEvent>) -> Result<Vec<Entry>> {
    let entry = |(event, by): (StoredEvent, By)| Entry {
        number: number(&event),
        at: event.at,
        category: event.category,
        name: event.name,
        description: event.description,
        by,
        ip: event.ip,
    };
    Ok(with_whom(view, events)?.map(entry).collect())
}

/// The number of an event in the chain; none has 0.
pub(super) fn number(event: &StoredEvent) -> i64 {
    event.sealed.as_ref().map_or(0, |sealed| sealed.link.seq)
}

/// Events with who did what they tell of: users with the addresses that they have now. One statement.
pub(super) fn with_whom(
    view: &View<'_>,
    events: Vec<StoredEvent>,
) -> Result<impl Iterator<Item = (StoredEvent, By)> + use<>> {
    let users: Vec<&str> = events.iter().filter(|e| e.actor_kind == "user").map(|e| e.actor_id.as_str()).collect();
    let emails = store::users::emails(view.tx, view.account, &users)?;
    let by = move |event: &StoredEvent| match event.actor_kind.as_str() {
        "app" => By::App(event.actor_name.clone()),
        "user" => By::User(event.actor_id.clone(), emails.get(&event.actor_id).cloned()),
        _ => By::Host(event.actor_name.clone()),
    };
    Ok(events.into_iter().map(move |event| {
        let by = by(&event);
        (event, by)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_times_an_event_is_found_by_its_number() {
        let runs = Runs::whole(11, 2_010);
        let found = [0, 1_999].map(|before| runs.find(before, 50));
        assert_eq!((runs.total(), found), (2_000, [Some((11, 2_010, 0)), Some((2_010, 2_010, 0))]));
        assert_eq!((runs.find(2_000, 50), Runs::whole(5, 4).total(), Runs::whole(9, 4).find(0, 50)), (None, 0, None));
    }

    #[test]
    fn between_times_an_event_is_found_in_its_run() {
        let part = |begin, count, is_whole| Part { begin, end: begin + 999, count, is_whole };
        let parts = [(1_000, 3, false), (2_000, 1_000, true), (3_000, 0, false), (4_000, 7, false)];
        let runs = Runs(parts.map(|(begin, count, is_whole)| part(begin, count, is_whole)).into());
        let found = [0, 2, 3, 1_002, 1_003, 1_009].map(|before| runs.find(before, 2));
        let expected = [
            Some((1_000, 1_999, 0)),
            Some((1_000, 2_999, 2)),
            Some((2_000, 2_999, 0)),
            Some((2_999, 4_999, 0)),
            Some((4_000, 4_999, 0)),
            Some((4_000, 4_999, 6)),
        ];
        assert_eq!((runs.total(), found, runs.find(1_010, 2)), (1_010, expected, None));
    }
}
