//! What administrators see to themselves: their password, and what stands in for it.

use super::attempt::{self, fail};
use super::link::Who;
use super::password::{self, NewPassword, Record, Shown};
use super::session::{self, Begun, acting};
use crate::actor::Admin;
use crate::audit::{Event, EventKind};
use crate::clock::Time;
use crate::error::Result;
use crate::id::UserId;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::store;
use crate::store::credentials::Credentials;

/// How somebody signs in, as they see it.
#[derive(Debug, Clone)]
pub struct Own {
    /// Since when they have their password; none where they have none.
    pub password_since: Option<Time>,
    /// When it is over.
    pub password_until: Option<Time>,
    /// Whether the password must be shown before anything of this is changed.
    pub asks_for_password: bool,
    /// Since when there is a second factor.
    pub second_since: Option<Time>,
    /// How many recovery codes are left.
    pub codes: u64,
    /// Their sessions, the one seen last first.
    pub sessions: Vec<session::Session>,
}

/// How the actor signs in.
///
/// # Errors
/// When the database fails.
pub fn show(view: &View<'_>) -> Result<Own> {
    view.expect(Permission::UseConsole)?;
    let admin = acting(view)?;
    let has = store::credentials::find(view.tx, view.account, admin.user)?;
    Ok(Own {
        password_since: has.password_at,
        password_until: has.password_at.map(password::expires),
        asks_for_password: has.password_hash.is_some() && !session::is_fresh_by_link(view, &admin)?,
        second_since: has.totp_at,
        codes: store::credentials::count_codes(view.tx, view.account, admin.user)?.unsigned_abs(),
        sessions: session::own(view)?,
    })
}

/// What is kept of the actor's passwords.
///
/// # Errors
/// When the database fails.
pub fn record(view: &View<'_>) -> Result<Record> {
    view.expect(Permission::UseConsole)?;
    let user = acting(view)?.user;
    let has = store::credentials::find(view.tx, view.account, user)?;
    Record::of(view, user, &has)
}

/// A password that was compared, if one was asked for.
pub type Proof = Option<Shown>;

/// Whether the actor may change how they sign in: by their password, or by having come from the host a moment ago, or as
/// there is no password. A wrong one counts as a failure.
pub(super) fn is_proved(op: &mut Op<'_>, admin: &Admin, has: &Credentials, proof: &Proof) -> Result<bool> {
    if has.password_hash.is_none() || session::is_fresh_by_link(op, admin)? {
        return Ok(true);
    }
    let shown = proof.as_ref().filter(|shown| shown.is_of(admin.user, has) && !attempt::is_barred(has, op.now));
    match shown {
        Some(shown) if shown.is_right => Ok(true),
        Some(_) => {
            let user = Who { key: admin.user, id: UserId::stored(admin.public_id.clone()), email: admin.email.clone() };
            fail(op, &user, has, "a wrong password").map(|()| false)
        }
        None => Ok(false),
    }
}

/// Sets a new password, and ends all other sessions of the actor. Gives the one at hand another token; none where the
/// password that was shown is not right, which counts as a failure.
///
/// # Errors
/// [`crate::Code::Conflict`] where the password was changed meanwhile.
pub fn change_password(op: &mut Op<'_>, proof: &Proof, new: &NewPassword) -> Result<Option<Begun>> {
    op.expect(Permission::UseConsole)?;
    let admin = acting(op)?;
    let has = store::credentials::find(op.tx, op.account, admin.user)?;
    if !is_proved(op, &admin, &has, proof)? {
        return Ok(None);
    }
    op.change(|tx, view| {
        let new = new.following(admin.user, &has)?;
        password::write(tx, view, admin.user, has, &new)?;
        let (begun, ended) = session::alone(tx, view, &admin)?;
        let text = format!("{} set a new password, which ended {ended} other sessions", admin.email);
        Ok((Some(begun), vec![Event::new(EventKind::PasswordChanged, &admin.public_id, text)]))
    })
}
