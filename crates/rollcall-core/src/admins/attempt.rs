//! Failed attempts, of passwords and of codes: counted in the database, so that all replicas count together, until they bar.

use serde_json::json;

use super::link::Who;
use crate::audit::{Event, EventKind};
use crate::chance;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::store::credentials::Credentials;
use crate::store::users::UserRow;
use crate::store::{self, UserKey};
use crate::users::{self, Status, UserChange};

/// After so many failures in a row nobody is let in (vendor reference §3.12).
pub const MAX_FAILURES: i64 = 5;
/// For so long: 30 minutes.
pub const BAR_MILLIS: i64 = 30 * 60 * 1000;

/// Whether no attempt is looked at now.
pub(super) fn is_barred(has: &Credentials, now: Time) -> bool {
    has.barred_until.is_some_and(|until| until > now)
}

/// Whether whoever is of this status may show who they are: active, or locked by failures a while ago.
pub(super) fn may_try(status: Status, has: &Credentials, now: Time) -> bool {
    match status {
        Status::Active => !is_barred(has, now),
        Status::Locked => has.barred_until.is_some_and(|until| until <= now),
        Status::Invited | Status::Suspended => false,
    }
}

/// Does for whoever is not there, or may not try, what [`fail`] does for others: a write.
pub(super) fn fail_nobody(op: &mut Op<'_>) -> Result<()> {
    op.upkeep(|tx, _| store::credentials::write_for_nobody(tx, chance::hex().as_bytes()))
}

/// The user, by their public id.
pub(super) fn row(op: &Op<'_>, id: &str) -> Result<UserRow> {
    let found = store::users::find_by_public_ids(op.tx, op.account, &[id])?.remove(id);
    found.ok_or_else(|| Error::internal("a user who signs in is gone"))
}

/// Counts a failed attempt with `what`. The fifth in a row locks the user, unless nobody else could let them in again: the
/// last active admin is barred for the same time, and stays active.
pub(super) fn fail(op: &mut Op<'_>, user: &Who, has: &Credentials, what: &str) -> Result<()> {
    let failures = has.failures + 1;
    let is_last = failures >= MAX_FAILURES;
    let now = if is_last {
        Credentials { failures: 0, barred_until: Some(op.now.plus_millis(BAR_MILLIS)), ..has.clone() }
    } else {
        Credentials { failures, ..has.clone() }
    };
    let locked = if is_last { locked(op, user)? } else { None };
    op.change(|tx, view| {
        store::credentials::put(tx, view.account, user.key, &now)?;
        let text = format!("Somebody tried to sign in as {} with {what}", user.email);
        let failed = Event::new(EventKind::SignInFailed, &user.id, text);
        let counts = |failures: i64| json!({ "failures": failures });
        let mut events = vec![failed.before(counts(has.failures)).after(counts(failures))];
        if let Some(until) = now.barred_until.filter(|_| is_last) {
            let text = format!("{} cannot sign in for a while, after {failures} failures in a row", user.email);
            let barred = Event::new(EventKind::SignInBarred, &user.id, text);
            events.push(barred.after(json!({ "until": until.to_string() })));
        }
        events.extend(users::write_changes(tx, view, locked.as_slice())?);
        Ok(((), events))
    })
}

fn locked(op: &Op<'_>, user: &Who) -> Result<Option<UserChange>> {
    let has = row(op, user.id.as_str())?;
    let admins = store::assignments::active_admins(op.tx, op.account, op.now)?;
    if has.status != Status::Active || is_only(&admins, user.key) {
        return Ok(None);
    }
    let wants = UserRow { status: Status::Locked, ..has.clone() };
    Ok(UserChange::between(&has, wants))
}

fn is_only(admins: &[UserKey], user: UserKey) -> bool {
    admins.contains(&user) && admins.iter().all(|admin| *admin == user)
}

/// Makes whoever was locked active again, as they have shown who they are.
pub(super) fn unlock(op: &mut Op<'_>, user: &UserRow) -> Result<()> {
    if user.status != Status::Locked {
        return Ok(());
    }
    let change = UserChange::between(user, UserRow { status: Status::Active, ..user.clone() });
    op.change(|tx, view| Ok(((), users::write_changes(tx, view, change.as_slice())?)))
}
