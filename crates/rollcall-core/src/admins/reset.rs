//! A new password by mail, for whoever has forgotten theirs. What is answered does not tell which addresses there are.

use serde_json::json;

use super::attempt::{self, fail_nobody};
use super::link::{Purpose, gone};
use super::password::{self, NewPassword, Record};
use super::session;
use super::sign_in::{Knock, NOBODY};
use crate::audit::{Event, EventKind};
use crate::chance::Secret;
use crate::error::Result;
use crate::mail::{Draft, LetterKind, OUTBOX_SEAL};
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::seal::sha256;
use crate::store::credentials::Credentials;
use crate::store::users::UserRow;
use crate::store::{self, UserKey};
use crate::users::{ProfileField, Status};

/// How long the link is good for (vendor reference §3.12): 15 minutes.
pub const LIFE_MILLIS: i64 = 15 * 60 * 1000;
/// One letter in so long, to each: 5 minutes.
pub const PAUSE_MILLIS: i64 = 5 * 60 * 1000;
/// As many links live beside each other: a stranger who asks for one more makes none useless that its owner has in hand.
pub const LIVING: i64 = 3;
// Nobody has more of them, as the next one comes when the first is over.
const _: () = assert!(PAUSE_MILLIS * LIVING >= LIFE_MILLIS);

/// Sends whoever has the address a link by which they set a new password, if they are an administrator. Earlier ones stay good
/// for their time: who asks is not known.
///
/// # Errors
/// When the database fails.
pub(crate) fn ask(op: &mut Op<'_>, knock: &Knock) -> Result<()> {
    op.expect(Permission::SignIn)?;
    let (key, id) = knock.user.as_ref().map_or((NOBODY, ""), |user| (user.key, user.id.as_str()));
    let has = store::credentials::find(op.tx, op.account, key)?;
    let found = store::users::find_by_public_ids(op.tx, op.account, &[id])?.remove(id);
    let is_admin = !session::rights_of(op, key)?.is_empty();
    let is_early = has.reset_asked.is_some_and(|asked| asked.plus_millis(PAUSE_MILLIS) > op.now);
    let may = |row: &UserRow| is_admin && !is_early && matches!(row.status, Status::Active | Status::Locked);
    let (Some(user), Some(row)) = (&knock.user, found.filter(may)) else { return fail_nobody(op) };
    op.change(|tx, view| {
        let (token, expires) = (Secret::link_token(), view.now.plus_millis(LIFE_MILLIS));
        let hash = sha256(token.expose().as_bytes());
        store::links::insert(tx, view.account, Some(user.key), Purpose::Reset, &hash, view.now, expires)?;
        let now = Credentials { reset_asked: Some(view.now), ..has };
        store::credentials::put(tx, view.account, user.key, &now)?;
        let first_name = row.profile.get(ProfileField::FirstName);
        let draft = Draft { to: &row.email, first_name, token: &token, expires };
        let letter = (user.key, view.sealing_key(tx)?.seal(OUTBOX_SEAL, &draft.to_bytes()));
        store::outbox::insert_many(tx, view.account, LetterKind::Reset.word(), &[letter], view.now)?;
        let text = format!("Somebody asked for a letter by which {} can set a new password", user.email);
        let event = Event::new(EventKind::PasswordResetRequested, &user.id, text);
        Ok(((), vec![event.after(json!({ "expires": expires.to_string() }))]))
    })
}

fn user_of(view: &View<'_>, token: &str) -> Result<(UserKey, String, String)> {
    let open = store::links::find_open(view.tx, &sha256(token.as_bytes()), view.now)?;
    match open {
        Some(store::links::Open { account, purpose: Purpose::Reset, user: Some(user) }) if account == view.account => {
            Ok(user)
        }
        _ => Err(gone()),
    }
}

/// What is kept of the passwords of whom a link is for.
///
/// # Errors
/// [`crate::Code::NotFound`] where it is not good (any more).
pub fn record(view: &View<'_>, token: &str) -> Result<Record> {
    view.expect(Permission::SignIn)?;
    let (user, ..) = user_of(view, token)?;
    let has = store::credentials::find(view.tx, view.account, user)?;
    Record::of(view, user, &has)
}

/// Sets a new password by a link, and uses it up: all sessions end, and whoever was locked is active again.
///
/// # Errors
/// As [`record`], or [`crate::Code::Conflict`] where the password was changed meanwhile.
pub fn take(op: &mut Op<'_>, token: &str, new: &NewPassword) -> Result<()> {
    op.expect(Permission::SignIn)?;
    let (user, id, email) = user_of(op, token)?;
    let has = store::credentials::find(op.tx, op.account, user)?;
    let row = attempt::row(op, &id)?;
    attempt::unlock(op, &row)?;
    op.change(|tx, view| {
        if !store::links::close(tx, &sha256(token.as_bytes()), view.now)? {
            return Err(gone());
        }
        let new = new.following(user, &has)?;
        password::write(tx, view, user, has, &new)?;
        store::sessions::end_of_users(tx, view.account, &[user])?;
        let text = format!("{email} set a new password by a link from a letter");
        Ok(((), vec![Event::new(EventKind::PasswordChanged, &id, text)]))
    })
}
