//! Looking for events by what they tell, the newest first. A log has no end of events, and no index for each question: one
//! look goes over so many of them and no more, and says from where to look on.

use super::find::{By, last, number, whereabouts, with_whom};
use super::seal::StoredEvent;
use crate::clock::Time;
use crate::error::Result;
use crate::op::View;
use crate::policy::Permission;
use crate::store;

/// As many events are looked at by one look.
pub const LOOKED_AT: i64 = 20_000;

/// Which events are looked for; what is empty asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    /// Only those with a lower number: on from where the last look has ended.
    pub before: Option<i64>,
    /// Only those from this time on.
    pub from: Option<Time>,
    /// Only those until this time, itself included.
    pub to: Option<Time>,
    /// By whom: a public id, or a name as the log has it.
    pub actor: String,
    /// What happened, as [`super::EventKind::name`] says it.
    pub name: String,
    /// To what: a public id.
    pub target: String,
    /// As many are told at most.
    pub limit: u32,
}

/// An event, with all that the log has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number.
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
    /// To what: a public id.
    pub target: String,
    /// What was there before, as JSON.
    pub before: Option<String>,
    /// What was there after, as JSON.
    pub after: Option<String>,
}

/// What a look has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The newest first.
    pub events: Vec<Found>,
    /// Where to look on from; none where there is nothing before.
    pub next: Option<i64>,
}

/// Looks for events, the newest first, among those that are sealed. Seven statements at most; where little is found the
/// look ends after [`LOOKED_AT`] events, and `next` says where to look on.
///
/// # Errors
/// When the database fails.
pub fn search(view: &View<'_>, sought: &Sought) -> Result<Look> {
    view.expect(Permission::ViewAuditLog)?;
    let limit = i64::from(sought.limit.clamp(1, super::MAX_SIZE));
    let times = (sought.from.unwrap_or(Time(i64::MIN)), sought.to.unwrap_or(Time(i64::MAX)));
    let newest = last(view)?.min(sought.before.map_or(i64::MAX, |before| before.saturating_sub(1)));
    let Some((first, newest)) = whereabouts(view, (1, newest), times)? else {
        return Ok(Look { events: Vec::new(), next: None });
    };
    let oldest = first.max(newest.saturating_sub(LOOKED_AT - 1));
    let mut found = store::audit::matching(view.tx, view.account, (oldest, newest), times, sought, limit + 1)?;
    let next = if found.len() as i64 > limit {
        found.truncate(limit as usize);
        found.last().map(number)
    } else {
        (oldest > first).then_some(oldest)
    };
    Ok(Look { events: told(view, found)?, next })
}

/// One event by its number; none where there is none, or it is not sealed yet.
///
/// # Errors
/// When the database fails.
pub fn one(view: &View<'_>, number: i64) -> Result<Option<Found>> {
    view.expect(Permission::ViewAuditLog)?;
    let sought = Sought::default();
    let all = (Time(i64::MIN), Time(i64::MAX));
    let found = store::audit::matching(view.tx, view.account, (number, number), all, &sought, 1)?;
    Ok(told(view, found)?.pop())
}

/// As many of the newest events are looked through for those about one thing.
pub const NEWEST: u64 = 5_000;

/// The newest events about something, by its public id, among the [`NEWEST`] that are sealed. Three statements.
///
/// # Errors
/// When the database fails.
pub fn about(view: &View<'_>, target: &str, limit: u32) -> Result<Vec<Found>> {
    view.expect(Permission::ViewAuditLog)?;
    let newest = last(view)?;
    let numbers = (newest.saturating_sub(NEWEST.cast_signed() - 1).max(1), newest);
    let sought = Sought { target: target.to_owned(), ..Sought::default() };
    let all = (Time(i64::MIN), Time(i64::MAX));
    let found = store::audit::matching(view.tx, view.account, numbers, all, &sought, limit.into())?;
    told(view, found)
}

/// How far the log is sealed, and signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// How many events are sealed.
    pub sealed: u64,
    /// How many of them are signed.
    pub signed: u64,
    /// When they were.
    pub signed_at: Option<Time>,
    /// By which key: its name.
    pub kid: Option<String>,
}

/// How far the log is sealed, and signed; whether it is whole is told by walking it ([`super::check_newest`], `rollcall audit verify`).
///
/// # Errors
/// When the database fails.
pub fn chain(view: &View<'_>) -> Result<Chain> {
    view.expect(Permission::ViewAuditLog)?;
    let sealed = last(view)?.unsigned_abs();
    let checkpoint = store::audit::last_checkpoint(view.tx, view.account)?;
    let chain = Chain { sealed, ..Chain::default() };
    Ok(match checkpoint {
        Some((seq, at, kid)) => Chain { signed: seq.unsigned_abs(), signed_at: Some(at), kid: Some(kid), ..chain },
        None => chain,
    })
}

fn told(view: &View<'_>, events: Vec<StoredEvent>) -> Result<Vec<Found>> {
    let found = |(event, by): (StoredEvent, By)| Found {
        number: number(&event),
        at: event.at,
        category: event.category,
        name: event.name,
        description: event.description,
        by,
        ip: event.ip,
        target: event.target,
        before: event.before,
        after: event.after,
    };
    Ok(with_whom(view, events)?.map(found).collect())
}
