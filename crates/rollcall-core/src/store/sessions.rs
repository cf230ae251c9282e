//! Sessions of the console, by the hash of their token.

use super::{AccountKey, Row, SessionKey, Tx, UserKey, Value, WriteTx};
use crate::admins::session::Lack;
use crate::clock::Time;
use crate::error::Result;

/// A session about to begin.
pub(crate) struct NewSession<'a> {
    pub(crate) user: UserKey,
    pub(crate) id: &'a str,
    pub(crate) token_hash: &'a [u8; 32],
    pub(crate) lacks: Option<Lack>,
    pub(crate) by_link: bool,
    pub(crate) expires: Time,
    pub(crate) ip: Option<&'a str>,
    pub(crate) agent: &'a str,
}

/// A session whose user is active, with that user.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) key: SessionKey,
    pub(crate) id: String,
    pub(crate) account: AccountKey,
    pub(crate) user: UserKey,
    pub(crate) public_id: String,
    pub(crate) email: String,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) lacks: Option<Lack>,
    pub(crate) by_link: bool,
    pub(crate) created: Time,
    pub(crate) seen: Time,
}

/// A session, as its user sees it.
#[derive(Debug, Clone)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) created: Time,
    pub(crate) seen: Time,
    pub(crate) expires: Time,
    pub(crate) ip: Option<String>,
    pub(crate) agent: String,
}

pub(crate) fn insert(tx: &WriteTx<'_>, account: AccountKey, new: &NewSession<'_>, now: Time) -> Result<()> {
    tx.execute(
        "insert into sessions (account_id, user_id, public_id, token_hash, lacks, by_link, created_at, seen_at, expires_at, ip, agent) \
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)",
        &[
            account.into(),
            new.user.into(),
            new.id.into(),
            new.token_hash.into(),
            new.lacks.map(Lack::word).into(),
            new.by_link.into(),
            now.into(),
            new.expires.into(),
            new.ip.into(),
            new.agent.into(),
        ],
    )
    .map(|_| ())
}

const LIVE: &str = "select s.id, s.public_id, s.account_id, s.user_id, u.public_id, u.email, u.first_name, u.last_name, \
    s.lacks, s.by_link, s.created_at, s.seen_at from sessions s join users u on u.id = s.user_id";

fn live(r: &Row<'_, '_>) -> Live {
    Live {
        key: SessionKey(r.int(0)),
        id: r.text(1),
        account: AccountKey(r.int(2)),
        user: UserKey(r.int(3)),
        public_id: r.text(4),
        email: r.text(5),
        first_name: r.opt_text(6),
        last_name: r.opt_text(7),
        lacks: r.opt_text(8).as_deref().map(Lack::stored),
        by_link: r.bool(9),
        created: r.time(10),
        seen: r.time(11),
    }
}

/// The session with this token: not over, seen after `idle_since`, of an active user.
pub(crate) fn find_live(tx: &Tx<'_>, hash: &[u8; 32], now: Time, idle_since: Time) -> Result<Option<Live>> {
    tx.first(
        &format!("{LIVE} where s.token_hash = $1 and s.expires_at > $2 and s.seen_at > $3 and u.status = 'active'"),
        &[hash.into(), now.into(), idle_since.into()],
        live,
    )
}

/// The same session again, if it still lives.
pub(crate) fn find_again(
    tx: &Tx<'_>,
    account: AccountKey,
    session: SessionKey,
    now: Time,
    idle_since: Time,
) -> Result<Option<Live>> {
    tx.first(
        &format!(
            "{LIVE} where s.account_id = $1 and s.id = $2 and s.expires_at > $3 and s.seen_at > $4 and u.status = 'active'"
        ),
        &[account.into(), session.into(), now.into(), idle_since.into()],
        live,
    )
}

/// Notes that a session was seen.
pub(crate) fn touch(tx: &WriteTx<'_>, account: AccountKey, session: SessionKey, now: Time) -> Result<usize> {
    tx.execute(
        "update sessions set seen_at = $3 where account_id = $1 and id = $2 and seen_at < $3",
        &[account.into(), session.into(), now.into()],
    )
}

/// The sessions of a user that are not over, the one seen last first.
pub(crate) fn of_user(
    tx: &Tx<'_>,
    account: AccountKey,
    user: UserKey,
    now: Time,
    idle_since: Time,
) -> Result<Vec<SessionRow>> {
    tx.query(
        "select public_id, created_at, seen_at, expires_at, ip, agent from sessions where account_id = $1 and user_id = $2 \
         and expires_at > $3 and seen_at > $4 and lacks is null order by seen_at desc, id desc",
        &[account.into(), user.into(), now.into(), idle_since.into()],
        |r| SessionRow {
            id: r.text(0),
            created: r.time(1),
            seen: r.time(2),
            expires: r.time(3),
            ip: r.opt_text(4),
            agent: r.text(5),
        },
    )
}

/// Ends the sessions of a user with these public ids; tells how many there were.
pub(crate) fn end_many(tx: &WriteTx<'_>, account: AccountKey, user: UserKey, ids: &[&str]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = ids.iter().map(|id| vec![account.into(), user.into(), (*id).into()]).collect();
    tx.execute_many("delete from sessions where account_id = $1 and user_id = $2 and public_id = $3", &rows)
}

/// A session goes a step further: another token, less that it lacks, another end.
pub(crate) fn step(
    tx: &WriteTx<'_>,
    account: AccountKey,
    session: SessionKey,
    token_hash: &[u8; 32],
    lacks: Option<Lack>,
    expires: Time,
) -> Result<usize> {
    tx.execute(
        "update sessions set token_hash = $3, lacks = $4, expires_at = $5 where account_id = $1 and id = $2",
        &[account.into(), session.into(), token_hash.into(), lacks.map(Lack::word).into(), expires.into()],
    )
}

/// Ends all sessions of a user but this one; tells how many there were.
pub(crate) fn end_others(tx: &WriteTx<'_>, account: AccountKey, user: UserKey, kept: SessionKey) -> Result<usize> {
    tx.execute(
        "delete from sessions where account_id = $1 and user_id = $2 and id <> $3",
        &[account.into(), user.into(), kept.into()],
    )
}

/// Which of these users have sessions.
pub(crate) fn having(tx: &Tx<'_>, account: AccountKey, users: &[UserKey]) -> Result<Vec<UserKey>> {
    let list: Vec<Value<'_>> = users.iter().map(|user| (*user).into()).collect();
    let sql = "select distinct user_id from sessions where account_id = $1 and user_id in {list}";
    tx.query_list(sql, &[account.into()], &list, |r| UserKey(r.int(0)))
}

/// Ends all sessions of these users.
pub(crate) fn end_of_users(tx: &WriteTx<'_>, account: AccountKey, users: &[UserKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = users.iter().map(|user| vec![account.into(), (*user).into()]).collect();
    tx.execute_many("delete from sessions where account_id = $1 and user_id = $2", &rows)
}

/// Forgets what is over.
pub(crate) fn remove_over(tx: &WriteTx<'_>, account: AccountKey, now: Time, idle_since: Time) -> Result<usize> {
    let over = tx.execute(
        "delete from sessions where account_id = $1 and (expires_at <= $2 or seen_at <= $3)",
        &[account.into(), now.into(), idle_since.into()],
    )?;
    let links = tx.execute(
        "delete from sign_in_links where account_id = $1 and expires_at <= $2",
        &[account.into(), now.into()],
    )?;
    Ok(over + links)
}
