//! Audit events, their seals, and the runs by which they are found for a time.

use super::{AccountKey, Row, Trace, Tx, Value, WriteTx};
use crate::actor::Actor;
use crate::audit::{Checkpoint, Event, Link, Sealed, Sought, StoredEvent};
use crate::clock::Time;
use crate::error::Result;

const COLUMNS: &str = "id, at, actor_kind, actor_id, actor_name, ip, category, name, target, description, state_before, \
                       state_after, seq, previous_hash, hash";

fn event(r: &Row<'_, '_>) -> StoredEvent {
    let sealed = r.opt_int(12).map(|seq| Sealed {
        link: Link { seq, hash: r.bytes(14).try_into().unwrap_or_default() },
        previous: r.bytes(13).try_into().unwrap_or_default(),
    });
    StoredEvent {
        id: r.int(0),
        at: r.time(1),
        actor_kind: r.text(2),
        actor_id: r.text(3),
        actor_name: r.text(4),
        ip: r.opt_text(5),
        category: r.text(6),
        name: r.text(7),
        target: r.text(8),
        description: r.text(9),
        before: r.opt_text(10),
        after: r.opt_text(11),
        sealed,
    }
}

pub(crate) fn insert_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    now: Time,
    actor: &Actor,
    events: &[Event],
) -> Result<()> {
    let (kind, id, name) = actor.signature();
    let ip = actor.ip().map(|ip| ip.to_string());
    let states: Vec<[Option<String>; 2]> = events
        .iter()
        .map(|e| [e.before.as_ref().map(ToString::to_string), e.after.as_ref().map(ToString::to_string)])
        .collect();
    let rows: Vec<Vec<Value<'_>>> = events
        .iter()
        .zip(&states)
        .map(|(e, [before, after])| {
            vec![
                account.into(),
                now.into(),
                kind.into(),
                (&id).into(),
                (&name).into(),
                (&ip).into(),
                e.kind.category().into(),
                e.kind.name().into(),
                (&e.target).into(),
                (&e.description).into(),
                before.into(),
                after.into(),
            ]
        })
        .collect();
    if let (Some(event), Some([before, after])) = (events.last(), states.last()) {
        tx.leave_trace(Trace {
            account,
            at: now,
            actor: id.clone(),
            name: event.kind.name(),
            target: event.target.clone(),
            description: event.description.clone(),
            before: before.clone(),
            after: after.clone(),
        });
    }
    tx.execute_later(
        "insert into audit_events (account_id, at, actor_kind, actor_id, actor_name, ip, category, name, target, description, \
         state_before, state_after) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &rows,
    )
}

/// Whether an event is there that was written not long ago.
pub(crate) fn has(tx: &Tx<'_>, trace: &Trace) -> Result<bool> {
    let found = tx.first(
        "select 1 from audit_events where id > (select max(id) - 200000 from audit_events) \
         and account_id = $1 and at = $2 and actor_id = $3 and name = $4 and target = $5 and description = $6 \
         and coalesce(state_before, '') = $7 and coalesce(state_after, '') = $8 limit 1",
        &[
            trace.account.into(),
            trace.at.into(),
            (&trace.actor).into(),
            trace.name.into(),
            (&trace.target).into(),
            (&trace.description).into(),
            trace.before.as_deref().unwrap_or_default().into(),
            trace.after.as_deref().unwrap_or_default().into(),
        ],
        |_| (),
    )?;
    Ok(found.is_some())
}

pub(crate) fn pending(tx: &Tx<'_>, account: AccountKey, limit: i64) -> Result<Vec<StoredEvent>> {
    tx.query(
        &format!("select {COLUMNS} from audit_events where account_id = $1 and seq is null order by id limit $2"),
        &[account.into(), limit.into()],
        event,
    )
}

/// Whether any event waits to be sealed. After a file of a million users there are millions: none but the first is looked at.
pub(crate) fn has_pending(tx: &Tx<'_>, account: AccountKey) -> Result<bool> {
    let sql = "select 1 from audit_events where account_id = $1 and seq is null limit 1";
    Ok(tx.first(sql, &[account.into()], |_| ())?.is_some())
}

pub(crate) fn count_pending(tx: &Tx<'_>, account: AccountKey) -> Result<u64> {
    let count =
        tx.first("select count(*) from audit_events where account_id = $1 and seq is null", &[account.into()], |r| {
            r.int(0)
        })?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

/// The end of the chain.
pub(crate) fn last(tx: &Tx<'_>, account: AccountKey) -> Result<Option<Link>> {
    tx.first(
        "select seq, hash from audit_events where account_id = $1 and seq is not null order by seq desc limit 1",
        &[account.into()],
        |r| Link { seq: r.int(0), hash: r.bytes(1).try_into().unwrap_or_default() },
    )
}

/// The event of that number, as it was sealed.
pub(crate) fn sealed_link(tx: &Tx<'_>, account: AccountKey, seq: i64) -> Result<Option<Link>> {
    tx.first(
        "select seq, hash from audit_events where account_id = $1 and seq = $2",
        &[account.into(), seq.into()],
        |r| Link { seq: r.int(0), hash: r.bytes(1).try_into().unwrap_or_default() },
    )
}

/// How many numbers of a chain share a run, of which is known between which times its events happened.
pub(crate) const RUN: i64 = 200;

/// How many runs share a block, of which the same is known.
pub(crate) const BLOCK: i64 = 200;

/// A run of a chain, or a block of runs: its place, and between which times its events happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) number: i64,
    pub(crate) first: Time,
    pub(crate) last: Time,
}

fn span(r: &Row<'_, '_>) -> Span {
    Span { number: r.int(0), first: r.time(1), last: r.time(2) }
}

/// Notes between which times the events of the last run that is known, and of those after it, happened; and so for blocks.
/// It looks at the events themselves: a replica of a version before 0006 seals and notes nothing while it is being
/// replaced, and one of a version before 0014 notes no blocks.
pub(crate) fn note_runs(tx: &WriteTx<'_>, account: AccountKey) -> Result<()> {
    let runs = format!(
        "insert into audit_runs (account_id, run, first_at, last_at) \
         select account_id, seq / {RUN}, min(at), max(at) from audit_events where account_id = $1 \
         and seq >= {RUN} * coalesce((select max(run) from audit_runs where account_id = $1), 0) \
         group by account_id, seq / {RUN} \
         on conflict (account_id, run) do update set first_at = excluded.first_at, last_at = excluded.last_at"
    );
    tx.execute(&runs, &[account.into()])?;
    let blocks = format!(
        "insert into audit_blocks (account_id, block, first_at, last_at) \
         select account_id, run / {BLOCK}, min(first_at), max(last_at) from audit_runs where account_id = $1 \
         and run >= {BLOCK} * coalesce((select max(block) from audit_blocks where account_id = $1), 0) \
         group by account_id, run / {BLOCK} \
         on conflict (account_id, block) do update set first_at = excluded.first_at, last_at = excluded.last_at"
    );
    tx.execute(&blocks, &[account.into()])?;
    Ok(())
}

/// The blocks from one on, in order. The last one may have more runs by now than it knows of.
pub(crate) fn blocks_from(tx: &Tx<'_>, account: AccountKey, from: i64) -> Result<Vec<Span>> {
    tx.query(
        "select block, first_at, last_at from audit_blocks where account_id = $1 and block >= $2 order by block",
        &[account.into(), from.into()],
        span,
    )
}

/// Of these runs and those from `from` on: which have, or may have, events of between these times; in order.
pub(crate) fn runs_between(
    tx: &Tx<'_>,
    account: AccountKey,
    runs: &[i64],
    from: i64,
    times: (Time, Time),
) -> Result<Vec<Span>> {
    let list: Vec<Value<'_>> = runs.iter().copied().chain([from]).map(Value::Int).collect();
    let mut found = tx.query_list(
        "select run, first_at, last_at from audit_runs where account_id = $1 and last_at >= $2 and first_at <= $3 \
         and run in {list} \
         union all select run, first_at, last_at from audit_runs where account_id = $1 and last_at >= $2 and first_at <= $3 \
         and run > $4 order by 1",
        &[account.into(), times.0.into(), times.1.into(), from.into()],
        &list,
        span,
    )?;
    // A list that is too long for one statement is asked for in several.
    found.sort_unstable_by_key(|run| run.number);
    found.dedup();
    Ok(found)
}

/// How many events each of these runs has between the times, and from a number on.
pub(crate) fn count_in_runs(
    tx: &Tx<'_>,
    account: AccountKey,
    runs: &[i64],
    from: i64,
    times: (Time, Time),
) -> Result<Vec<(i64, i64)>> {
    let list: Vec<Value<'_>> = runs.iter().copied().map(Value::Int).collect();
    let sql = format!(
        "select r.run, count(*) from audit_runs r join audit_events e on e.account_id = r.account_id \
         and e.seq >= r.run * {RUN} and e.seq < r.run * {RUN} + {RUN} \
         where r.account_id = $1 and r.run in {{list}} and e.account_id = $1 and e.seq >= $2 and e.at >= $3 and e.at <= $4 \
         group by r.run"
    );
    tx.query_list(&sql, &[account.into(), from.into(), times.0.into(), times.1.into()], &list, |r| (r.int(0), r.int(1)))
}

/// Sealed events with numbers from one to another, both included, that happened between these times.
pub(crate) fn sealed_between(
    tx: &Tx<'_>,
    account: AccountKey,
    numbers: (i64, i64),
    times: (Time, Time),
    skip: i64,
    limit: i64,
) -> Result<Vec<StoredEvent>> {
    tx.query(
        &format!(
            "select {COLUMNS} from audit_events where account_id = $1 and seq >= $2 and seq <= $3 and at >= $4 \
             and at <= $5 order by seq limit $6 offset $7"
        ),
        &[
            account.into(),
            numbers.0.into(),
            numbers.1.into(),
            times.0.into(),
            times.1.into(),
            limit.into(),
            skip.into(),
        ],
        event,
    )
}

/// Sealed events with numbers from one to another, both included, of these times, by this actor, of this name, to this
/// target; the newest first.
pub(crate) fn matching(
    tx: &Tx<'_>,
    account: AccountKey,
    numbers: (i64, i64),
    times: (Time, Time),
    sought: &Sought,
    limit: i64,
) -> Result<Vec<StoredEvent>> {
    tx.query(
        &format!(
            "select {COLUMNS} from audit_events where account_id = $1 and seq >= $2 and seq <= $3 and at >= $4 \
             and at <= $5 and ($6 = '' or actor_id = $6 or actor_name = $6) and ($7 = '' or name = $7) \
             and ($8 = '' or target = $8) order by seq desc limit $9"
        ),
        &[
            account.into(),
            numbers.0.into(),
            numbers.1.into(),
            times.0.into(),
            times.1.into(),
            (&sought.actor).into(),
            (&sought.name).into(),
            (&sought.target).into(),
            limit.into(),
        ],
        event,
    )
}

pub(crate) fn seal_many(tx: &WriteTx<'_>, account: AccountKey, sealed: &[(i64, Sealed)]) -> Result<()> {
    let rows: Vec<Vec<Value<'_>>> = sealed
        .iter()
        .map(|(id, s)| {
            vec![account.into(), (*id).into(), s.link.seq.into(), (&s.previous).into(), (&s.link.hash).into()]
        })
        .collect();
    tx.execute_unordered(
        "update audit_events set seq = $3, previous_hash = $4, hash = $5 where account_id = $1 and id = $2",
        &rows,
    )?;
    Ok(())
}

pub(crate) fn sealed_after(tx: &Tx<'_>, account: AccountKey, seq: i64, limit: i64) -> Result<Vec<StoredEvent>> {
    tx.query(
        &format!("select {COLUMNS} from audit_events where account_id = $1 and seq > $2 order by seq limit $3"),
        &[account.into(), seq.into(), limit.into()],
        event,
    )
}

/// The number of the last checkpoint (0: there is none), and when the first sealed event after it happened.
pub(crate) fn unsigned(tx: &Tx<'_>, account: AccountKey) -> Result<(i64, Option<Time>)> {
    let found = tx.first(
        "select c.signed, (select e.at from audit_events e where e.account_id = $1 and e.seq > c.signed order by e.seq limit 1) \
         from (select coalesce(max(seq), 0) as signed from audit_checkpoints where account_id = $1) as c",
        &[account.into()],
        |r| (r.int(0), r.opt_int(1).map(Time)),
    )?;
    Ok(found.unwrap_or_default())
}

/// The last checkpoint: which number it signs, when it did, and by which key.
pub(crate) fn last_checkpoint(tx: &Tx<'_>, account: AccountKey) -> Result<Option<(i64, Time, String)>> {
    tx.first(
        "select seq, at, kid from audit_checkpoints where account_id = $1 order by seq desc limit 1",
        &[account.into()],
        |r| (r.int(0), r.time(1), r.text(2)),
    )
}

pub(crate) fn insert_checkpoint(tx: &WriteTx<'_>, account: AccountKey, checkpoint: &Checkpoint) -> Result<()> {
    tx.execute(
        "insert into audit_checkpoints (account_id, seq, previous_seq, hash, at, kid, signature) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        &[
            account.into(),
            checkpoint.link.seq.into(),
            checkpoint.previous.into(),
            (&checkpoint.link.hash).into(),
            checkpoint.at.into(),
            (&checkpoint.kid).into(),
            (&checkpoint.signature).into(),
        ],
    )?;
    Ok(())
}

/// Checkpoints with a higher number, in order.
pub(crate) fn checkpoints_after(tx: &Tx<'_>, account: AccountKey, seq: i64, limit: i64) -> Result<Vec<Checkpoint>> {
    tx.query(
        "select seq, previous_seq, hash, at, kid, signature from audit_checkpoints where account_id = $1 and seq > $2 \
         order by seq limit $3",
        &[account.into(), seq.into(), limit.into()],
        |r| Checkpoint {
            link: Link { seq: r.int(0), hash: r.bytes(2).try_into().unwrap_or_default() },
            previous: r.int(1),
            at: r.time(3),
            kid: r.text(4),
            signature: r.bytes(5).to_vec(),
        },
    )
}
