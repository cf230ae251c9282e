//! Sessions: the only way to an [`Actor::Admin`]. What a session is good for is looked up with every request, so that it
//! ends, or allows less, at the next one, on every replica.

use std::net::IpAddr;
use std::sync::Arc;

use super::Device;
use crate::access;
use crate::actor::{Actor, Admin, Visitor};
use crate::audit::{Event, EventKind};
use crate::chance::{self, Secret};
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::roles::rights::AdminRights;
use crate::seal::sha256;
use crate::shared::Shared;
use crate::store::sessions::{Live, NewSession};
use crate::store::{self, AccountKey, SessionKey, Tx, UserKey, WriteTx};

/// How long a session lasts at most: 12 hours.
pub const LIFE_MILLIS: i64 = 12 * 3600 * 1000;
/// How long a session lasts in which nothing is done: 30 minutes.
pub const IDLE_MILLIS: i64 = 30 * 60 * 1000;
/// How exactly it is noted when a session was last seen: to a minute, so that a page does not cost a write.
const TOUCH_MILLIS: i64 = 60 * 1000;
/// How much of what a browser calls itself is kept, in characters.
const MAX_AGENT: usize = 300;

/// How long one may take over the further steps of signing in: 10 minutes.
pub const STEPS_MILLIS: i64 = 10 * 60 * 1000;

/// What a session has yet to see before it is good for anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lack {
    /// A code of the second factor.
    Code,
    /// A new password: the time of the present one is over.
    Password,
}

impl Lack {
    /// The store's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Password => "password",
        }
    }

    /// Reads the store's word; its check allows these two only.
    pub(crate) fn stored(word: &str) -> Self {
        if word == "code" { Self::Code } else { Self::Password }
    }
}

/// A session that has begun, or gone a step further.
#[derive(Debug)]
pub struct Begun {
    /// What the browser shows from now on. It is kept nowhere else; its hash is in the database.
    pub token: Secret,
    /// What has yet to come before it is good for the console.
    pub lacks: Option<Lack>,
}

/// A session, as its user sees it.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its public id.
    pub id: String,
    /// When it began.
    pub created: Time,
    /// When something was done in it last, to a minute.
    pub seen: Time,
    /// When it is over at the latest.
    pub expires: Time,
    /// Where it began.
    pub ip: Option<String>,
    /// What the browser called itself.
    pub agent: String,
    /// Whether it is the one in which this is asked.
    pub is_this: bool,
}

pub(super) fn idle_since(now: Time) -> Time {
    now.plus_millis(-IDLE_MILLIS)
}

/// Begins a session of a user, who has shown who they are but for what it lacks.
pub(super) fn begin(
    tx: &WriteTx<'_>,
    view: &View<'_>,
    user: UserKey,
    lacks: Option<Lack>,
    by_link: bool,
    device: &Device,
) -> Result<Begun> {
    let (token, id) = (Secret::link_token(), format!("ss-{}", chance::hex()));
    let ip = device.ip.map(|ip| ip.to_string());
    let agent: String = device.agent.chars().filter(|c| !c.is_control()).take(MAX_AGENT).collect();
    let new = NewSession {
        user,
        id: &id,
        token_hash: &sha256(token.expose().as_bytes()),
        lacks,
        by_link,
        expires: end_from(view.now, lacks),
        ip: ip.as_deref(),
        agent: &agent,
    };
    store::sessions::insert(tx, view.account, &new, view.now)?;
    Ok(Begun { token, lacks })
}

fn end_from(now: Time, lacks: Option<Lack>) -> Time {
    now.plus_millis(if lacks.is_some() { STEPS_MILLIS } else { LIFE_MILLIS })
}

/// A session goes a step further, under another token: whoever knew the one before knows nothing of use.
pub(super) fn step(
    tx: &WriteTx<'_>,
    view: &View<'_>,
    session: SessionKey,
    lacks: Option<Lack>,
    expires: Option<Time>,
) -> Result<Begun> {
    let token = Secret::link_token();
    let hash = sha256(token.expose().as_bytes());
    let expires = expires.unwrap_or_else(|| end_from(view.now, lacks));
    if store::sessions::step(tx, view.account, session, &hash, lacks, expires)? == 0 {
        return Err(over());
    }
    Ok(Begun { token, lacks })
}

/// The user whose session this is, if it lives, is whole, and they still have an admin right.
pub(crate) fn recognise(
    tx: &Tx<'_>,
    shared: &Arc<Shared>,
    token: &str,
    ip: Option<IpAddr>,
) -> Result<Option<Recognised>> {
    let now = shared.clock.now();
    let Some(live) = store::sessions::find_live(tx, &sha256(token.as_bytes()), now, idle_since(now))? else {
        return Ok(None);
    };
    if let Some(lacks) = live.lacks {
        let user = Some((live.public_id, live.email));
        let actor = Actor::Visitor(Visitor { account: live.account, user, ip });
        return Ok(Some(Recognised::Half(Half { actor, lacks, session: live.key, user: live.user })));
    }
    let is_due = live.seen <= now.plus_millis(-TOUCH_MILLIS);
    let admin = admin(tx, shared, live, ip)?;
    Ok((!admin.rights.is_empty()).then_some(Recognised::Whole { actor: Actor::Admin(admin), is_due }))
}

/// Who a session is of.
#[derive(Debug)]
pub enum Recognised {
    /// Of an administrator who has shown all that is asked for.
    Whole {
        /// They.
        actor: Actor,
        /// Whether it is time to note that the session was seen.
        is_due: bool,
    },
    /// Of somebody who has yet to show something.
    Half(Half),
}

/// A session that is good for nothing but the next step of signing in.
#[derive(Debug, Clone)]
pub struct Half {
    /// Whose it is, before the door.
    pub actor: Actor,
    /// What the next step is.
    pub lacks: Lack,
    pub(super) session: SessionKey,
    pub(super) user: UserKey,
}

impl Half {
    /// The session as it is now, if it still lacks this.
    pub(super) fn look_again(&self, view: &View<'_>, lacks: Lack) -> Result<Live> {
        let live = store::sessions::find_again(view.tx, view.account, self.session, view.now, idle_since(view.now))?;
        live.filter(|live| live.lacks == Some(lacks) && live.user == self.user).ok_or_else(over)
    }
}

fn admin(tx: &Tx<'_>, shared: &Arc<Shared>, live: Live, ip: Option<IpAddr>) -> Result<Admin> {
    let Live { key, id, account, user, public_id, email, first_name, last_name, .. } = live;
    let revision = store::accounts::marks(tx, account)?.revision;
    let names = [first_name, last_name].into_iter().flatten().filter(|name| !name.is_empty());
    let name = names.collect::<Vec<_>>().join(" ");
    let rights = AdminRights::NONE;
    let mut admin = Admin { account, user, public_id, email, name, session: key, session_id: id, rights, revision, ip };
    let view = View::new(tx, Actor::Admin(admin.clone()), Permission::UseConsole, Arc::clone(shared));
    admin.rights = rights_of(&view, user)?;
    Ok(admin)
}

/// What the roles of a user let them do in the console, by all ways.
pub(super) fn rights_of(view: &View<'_>, user: UserKey) -> Result<AdminRights> {
    let access = access::of_users(view, &[user])?.remove(&user).unwrap_or_default();
    Ok(access.roles.iter().fold(AdminRights::NONE, |rights, role| rights.with(role.rights)))
}

/// The admin as they are now.
///
/// # Errors
/// [`Code::Unauthenticated`] where the session is over, or its user may not be in the console any more.
pub(crate) fn renew(tx: &Tx<'_>, shared: &Arc<Shared>, was: &Admin) -> Result<Admin> {
    let now = shared.clock.now();
    let live = store::sessions::find_again(tx, was.account, was.session, now, idle_since(now))?;
    let live = live.filter(|live| live.lacks.is_none()).ok_or_else(over)?;
    let admin = admin(tx, shared, live, was.ip)?;
    if admin.rights.is_empty() { Err(over()) } else { Ok(admin) }
}

pub(super) fn over() -> Error {
    Error::new(Code::Unauthenticated, "The session is over. Sign in again.")
}

/// Notes that the session at hand was seen.
///
/// # Errors
/// When the database fails.
pub(crate) fn touch(op: &mut Op<'_>, account: AccountKey, session: SessionKey) -> Result<()> {
    op.upkeep(|tx, view| store::sessions::touch(tx, account, session, view.now).map(|_| ()))
}

/// The actor's own sessions.
///
/// # Errors
/// When the database fails.
pub fn own(view: &View<'_>) -> Result<Vec<Session>> {
    view.expect(Permission::UseConsole)?;
    let admin = acting(view)?;
    list(view, admin.user, Some(&admin.session_id))
}

pub(crate) fn list(view: &View<'_>, user: UserKey, this: Option<&str>) -> Result<Vec<Session>> {
    let rows = store::sessions::of_user(view.tx, view.account, user, view.now, idle_since(view.now))?;
    let session = |row: store::sessions::SessionRow| Session {
        is_this: this == Some(row.id.as_str()),
        id: row.id,
        created: row.created,
        seen: row.seen,
        expires: row.expires,
        ip: row.ip,
        agent: row.agent,
    };
    Ok(rows.into_iter().map(session).collect())
}

/// Ends one of the actor's own sessions, be it the one at hand.
///
/// # Errors
/// [`Code::NotFound`] where there is none of that id.
pub fn end(op: &mut Op<'_>, id: &str) -> Result<()> {
    op.expect(Permission::UseConsole)?;
    let admin = acting(op)?;
    let kind = if id == admin.session_id { EventKind::SignedOut } else { EventKind::SessionEnded };
    op.change(|tx, view| {
        if store::sessions::end_many(tx, view.account, admin.user, &[id])? == 0 {
            return Err(Error::new(Code::NotFound, "There is no such session (any more)."));
        }
        let what = match kind {
            EventKind::SignedOut => format!("{} signed out", admin.email),
            _ => format!("{} ended another session of their own", admin.email),
        };
        Ok(((), vec![Event::new(kind, &admin.public_id, what)]))
    })
}

/// Ends all of the actor's own sessions but the one at hand; tells how many there were.
///
/// # Errors
/// When the database fails.
pub fn end_others(op: &mut Op<'_>) -> Result<usize> {
    op.expect(Permission::UseConsole)?;
    let admin = acting(op)?;
    op.change(|tx, view| {
        let ended = store::sessions::end_others(tx, view.account, admin.user, admin.session)?;
        let what = format!("{} ended all other sessions of their own ({ended})", admin.email);
        let event = (ended > 0).then(|| Event::new(EventKind::SessionEnded, &admin.public_id, what));
        Ok((ended, event.into_iter().collect()))
    })
}

/// How the actor signs in has changed: ends all their sessions but the one at hand, which gets another token. Tells how
/// many others there were.
pub(super) fn alone(tx: &WriteTx<'_>, view: &View<'_>, admin: &Admin) -> Result<(Begun, usize)> {
    let ended = store::sessions::end_others(tx, view.account, admin.user, admin.session)?;
    let expires = end_of(view, admin)?;
    Ok((step(tx, view, admin.session, None, Some(expires))?, ended))
}

/// When the actor's session is over at the latest.
fn end_of(view: &View<'_>, admin: &Admin) -> Result<Time> {
    let all = list(view, admin.user, Some(&admin.session_id))?;
    all.into_iter().find(|session| session.is_this).map(|session| session.expires).ok_or_else(over)
}

/// Whether the actor's session began by a link from the host a moment ago, which shows more than a password does.
pub(super) fn is_fresh_by_link(view: &View<'_>, admin: &Admin) -> Result<bool> {
    let live = store::sessions::find_again(view.tx, view.account, admin.session, view.now, idle_since(view.now))?;
    Ok(live.is_some_and(|live| live.by_link && live.created.plus_millis(super::link::LIFE_MILLIS) > view.now))
}

/// The administrator who acts.
pub(crate) fn acting(view: &View<'_>) -> Result<Admin> {
    match &view.actor {
        Actor::Admin(admin) => Ok(admin.clone()),
        _ => Err(Error::internal("only an administrator has a session")),
    }
}

/// Forgets sessions and links of the account that are over.
///
/// # Errors
/// When the database fails.
pub fn forget_over(op: &mut Op<'_>) -> Result<usize> {
    op.expect_chore(store::Chore::Forget)?;
    op.upkeep(|tx, view| store::sessions::remove_over(tx, view.account, view.now, idle_since(view.now)))
}
