//! Signing in by address and password. Whoever is not let in is told the same, and it takes the same work, whether there is
//! such an address or not.

use std::net::IpAddr;
use std::sync::Arc;

use super::Device;
use super::attempt::{self, fail, fail_nobody, may_try};
use super::link::Who;
use super::password::{self, Record, Shown};
use super::session::{self, Begun, Lack};
use crate::actor::{Actor, Visitor};
use crate::audit::{Event, EventKind};
use crate::chance::Secret;
use crate::error::{Error, Result};
use crate::id::UserId;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::shared::Shared;
use crate::store::credentials::Credentials;
use crate::store::{self, Tx, UserKey, WriteTx};
use crate::text::{self, Email};

/// Who may stand before the door: what is looked up of an address. That there is nobody is not to be seen from outside.
#[derive(Debug, Clone)]
pub struct Knock {
    pub(super) actor: Actor,
    pub(super) user: Option<Who>,
    record: Record,
}

impl Knock {
    /// Compares a password. Not for a thread that others wait for.
    pub fn try_password(self, password: &Secret) -> Tried {
        let shown = self.record.compare(password);
        Tried { knock: self, shown }
    }
}

/// A password was compared: only [`Knock::try_password`] says so.
#[derive(Clone)]
pub struct Tried {
    pub(crate) knock: Knock,
    shown: Shown,
}

impl Tried {
    pub(crate) fn actor(&self) -> Actor {
        self.knock.actor.clone()
    }
}

impl Knock {
    pub(crate) fn actor(&self) -> Actor {
        self.actor.clone()
    }
}

/// What became of an attempt.
#[derive(Debug)]
pub enum Entered {
    /// Nothing; why is not said.
    Refused,
    /// A session, which may lack something yet.
    In(Begun),
}

/// Whether one must be able to say in which account one signs in.
pub(crate) fn asks_for_account(tx: &Tx<'_>) -> Result<bool> {
    Ok(store::accounts::list(tx)?.len() > 1)
}

/// Whose address this is, in the account of that name; without a name in any, where it is one person's alone.
pub(crate) fn knock(
    tx: &Tx<'_>,
    shared: &Arc<Shared>,
    email: &str,
    account: &str,
    ip: Option<IpAddr>,
) -> Result<Knock> {
    let name = text::key(account.trim());
    let found = store::credentials::addressees(
        tx,
        &Email::lookup_key(email),
        Some(name.as_str()).filter(|name| !name.is_empty()),
    )?;
    let found = match <[_; 1]>::try_from(found) {
        Ok([one]) => Some(one),
        Err(_) => None,
    };
    let accounts = store::accounts::list(tx)?;
    let first = accounts.first().ok_or_else(|| Error::busy("there is no account yet"))?.key;
    let account = found.as_ref().map_or(first, |found| found.account);
    let user = found.map(|found| Who { key: found.user, id: UserId::stored(found.id), email: found.email });
    let named = user.as_ref().map(|user| (user.id.to_string(), user.email.clone()));
    let actor = Actor::Visitor(Visitor { account, user: named, ip });
    let view = View::new(tx, actor.clone(), Permission::SignIn, Arc::clone(shared));
    let key = user.as_ref().map(|user| user.key);
    let has = store::credentials::find(tx, view.account, key.unwrap_or(NOBODY))?;
    Ok(Knock { actor, user, record: Record::present(key, has) })
}

/// Nobody's key.
pub(super) const NOBODY: UserKey = UserKey(0);

/// What is known of whoever stands before the door, as of now.
pub(super) struct Door {
    pub(super) has: Credentials,
    /// Whether they would be let in if they showed who they are.
    pub(super) is_welcome: bool,
}

pub(super) fn door(op: &Op<'_>, user: Option<UserKey>) -> Result<Door> {
    let key = user.unwrap_or(NOBODY);
    let has = store::credentials::find(op.tx, op.account, key)?;
    let status = store::credentials::status(op.tx, op.account, key)?;
    let rights = session::rights_of(op, key)?;
    let is_welcome = status.is_some_and(|status| may_try(status, &has, op.now)) && !rights.is_empty();
    Ok(Door { has, is_welcome })
}

/// Begins a session for whoever has shown the right password; counts a failure where it is wrong.
///
/// # Errors
/// When the database fails.
pub(crate) fn enter(op: &mut Op<'_>, tried: &Tried, device: &Device) -> Result<Entered> {
    op.expect(Permission::SignIn)?;
    let (user, shown) = (&tried.knock.user, &tried.shown);
    let door = door(op, user.as_ref().map(|user| user.key))?;
    let user = match user {
        Some(user) if door.is_welcome && shown.is_of(user.key, &door.has) => user,
        _ => {
            fail_nobody(op)?;
            return Ok(Entered::Refused);
        }
    };
    if !shown.is_right {
        fail(op, user, &door.has, "a wrong password")?;
        return Ok(Entered::Refused);
    }
    let row = attempt::row(op, user.id.as_str())?;
    attempt::unlock(op, &row)?;
    let begun = match lack(&door.has, op) {
        None => {
            let text = format!("{} signed in by a password", user.email);
            op.change(|tx, view| {
                let begun = session::begin(tx, view, user.key, None, false, device)?;
                Ok((begun, vec![came_in(tx, view, user, door.has, text)?]))
            })?
        }
        // Failures are forgotten when all is shown: else a password would buy as many codes as one likes.
        lacks => op.upkeep(|tx, view| session::begin(tx, view, user.key, lacks, false, device))?,
    };
    Ok(Entered::In(begun))
}

/// What whoever has shown the password has yet to show.
fn lack(has: &Credentials, view: &View<'_>) -> Option<Lack> {
    if has.totp_at.is_some() {
        return Some(Lack::Code);
    }
    lack_after_code(has, view)
}

/// The same once a code was shown.
pub(super) fn lack_after_code(has: &Credentials, view: &View<'_>) -> Option<Lack> {
    let is_over = has.password_at.is_some_and(|since| password::expires(since) <= view.now);
    is_over.then_some(Lack::Password)
}

/// Notes that somebody has shown all that is asked for. A second factor that was begun and never confirmed is forgotten: it
/// does not lie about for whoever finds this session open.
pub(super) fn came_in(tx: &WriteTx<'_>, view: &View<'_>, user: &Who, has: Credentials, text: String) -> Result<Event> {
    let totp = has.totp.clone().filter(|_| has.totp_at.is_some());
    let now = Credentials { failures: 0, barred_until: None, totp, ..has };
    store::credentials::put(tx, view.account, user.key, &now)?;
    store::users::note_sign_in(tx, view.account, user.key, view.now)?;
    Ok(Event::new(EventKind::SignedIn, &user.id, text))
}

/// Sets the new password that a session lacks, which is whole then.
///
/// # Errors
/// [`crate::Code::Unauthenticated`] where it lacks none (any more), or took too long.
pub fn renew_password(op: &mut Op<'_>, half: &session::Half, new: &password::NewPassword) -> Result<Begun> {
    op.expect(Permission::SignIn)?;
    let live = half.look_again(op, Lack::Password)?;
    let user = Who { key: live.user, id: UserId::stored(live.public_id), email: live.email };
    let has = store::credentials::find(op.tx, op.account, user.key)?;
    op.change(|tx, view| {
        let new = new.following(user.key, &has)?;
        password::write(tx, view, user.key, has, &new)?;
        store::sessions::end_others(tx, view.account, user.key, live.key)?;
        let begun = session::step(tx, view, live.key, None, None)?;
        let changed = format!("{} set a new password, as the time of the one before was over", user.email);
        let changed = Event::new(EventKind::PasswordChanged, &user.id, changed);
        let has = store::credentials::find(tx, view.account, user.key)?;
        let signed_in = came_in(tx, view, &user, has, format!("{} signed in by a password", user.email))?;
        Ok((begun, vec![changed, signed_in]))
    })
}

/// What is kept of the passwords of whoever must set a new one.
///
/// # Errors
/// As [`renew_password`].
pub fn record(view: &View<'_>, half: &session::Half) -> Result<Record> {
    view.expect(Permission::SignIn)?;
    let live = half.look_again(view, Lack::Password)?;
    let has = store::credentials::find(view.tx, view.account, live.user)?;
    Record::of(view, live.user, &has)
}
