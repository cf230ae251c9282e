//! The second factor: codes of the time (RFC 6238: SHA-1, six digits, 30 seconds), and codes that stand in for it once each.

use totp_rs::Builder;
use zeroize::Zeroizing;

use super::FACTOR_SEAL;
use super::attempt::{self, fail};
use super::link::{Purpose, Who};
use super::own::{self, Proof};
use super::session::{self, Begun, Half, Lack, acting};
use super::sign_in::{Entered, came_in, door, lack_after_code};
use crate::actor::Admin;
use crate::audit::{Event, EventKind};
use crate::chance::{self, Secret};
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::id::UserId;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::seal::sha256;
use crate::store::credentials::Credentials;
use crate::store::{self, UserKey, WriteTx};

/// How long a code is good for, in seconds.
const STEP: i64 = 30;
/// How many bytes a secret has.
const SECRET: usize = 20;
/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;

/// The time step of which this is the code: the present one or one beside it, for clocks that are not quite right, and later
/// than the last that was taken, so that each passes once (RFC 6238 §5.2). Compared in constant time.
fn step_of(secret: &[u8], code: &str, now: Time, last: Option<i64>) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let totp = Builder::new().with_secret(secret).with_skew(0).build().ok()?;
    let present = now.0.div_euclid(1000).div_euclid(STEP);
    let steps = [present - 1, present, present + 1].into_iter().filter(|step| last.is_none_or(|last| *step > last));
    // All are compared: how long it takes does not tell which it was.
    steps.filter(|step| totp.check(&code, (step * STEP).unsigned_abs()).is_some()).min()
}

/// The secret, opened.
fn opened(view: &View<'_>, has: &Credentials) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let sealed = has.totp.as_deref();
    sealed.map(|sealed| view.shared.open(view.tx, |key| key.open(FACTOR_SEAL, sealed))).transpose()
}

/// Begins to add a second factor: makes its secret, which counts for nothing until a code of it was shown; false where the
/// password that was shown is not right, which counts as a failure. Else whoever finds a session open could shut its owner out.
///
/// # Errors
/// [`Code::Conflict`] where there is one, or no password yet.
pub fn begin(op: &mut Op<'_>, proof: &Proof) -> Result<bool> {
    op.expect(Permission::UseConsole)?;
    let admin = acting(op)?;
    let has = store::credentials::find(op.tx, op.account, admin.user)?;
    if has.totp_at.is_some() {
        return Err(Error::new(Code::Conflict, "There is a second factor already. Remove it first."));
    }
    if has.password_hash.is_none() {
        return Err(Error::new(
            Code::Conflict,
            "There is no password yet that a second factor could follow. Set one first.",
        ));
    }
    if !own::is_proved(op, &admin, &has, proof)? {
        return Ok(false);
    }
    op.upkeep(|tx, view| {
        let secret: Zeroizing<[u8; SECRET]> = Zeroizing::new(chance::bytes());
        let begun = [secret.as_slice(), &mark_of(&admin), &view.now.0.to_be_bytes()].concat();
        let sealed = view.sealing_key(tx)?.seal(FACTOR_SEAL, Zeroizing::new(begun).as_slice());
        let now = Credentials { totp: Some(sealed), totp_step: None, ..has };
        store::credentials::put(tx, view.account, admin.user, &now).map(|()| true)
    })
}

/// How long a second factor can be added that was begun.
pub const BEGUN_MILLIS: i64 = 15 * 60 * 1000;

/// The session of the actor, as it stands behind a secret that was begun in it.
fn mark_of(admin: &Admin) -> [u8; 8] {
    admin.session.0.to_be_bytes()
}

/// The secret of a second factor that this session began a while ago at most: whoever has another one of the same user is
/// not told it, and does not confirm it.
fn begun(view: &View<'_>, admin: &Admin, has: &Credentials) -> Result<Option<Zeroizing<Vec<u8>>>> {
    if has.totp_at.is_some() {
        return Ok(None);
    }
    let Some(text) = opened(view, has)? else { return Ok(None) };
    let Some((secret, [session, at])) = text.split_at_checked(SECRET).map(|(secret, rest)| (secret, parts(rest)))
    else {
        return Ok(None);
    };
    let is_ours = session == Some(mark_of(admin));
    let since = at.map(|at| Time(i64::from_be_bytes(at)));
    // Another replica may have begun it, whose clock is a little ahead: it is sealed, and nobody else could have.
    let is_fresh = since.is_some_and(|since| view.now < since.plus_millis(BEGUN_MILLIS));
    Ok((is_ours && is_fresh).then(|| Zeroizing::new(secret.to_vec())))
}

/// Two numbers, as they stand behind a secret.
fn parts(bytes: &[u8]) -> [Option<[u8; 8]>; 2] {
    [bytes.get(..8), bytes.get(8..)].map(|part| part.and_then(|part| part.try_into().ok()))
}

/// The secret of a second factor that is being added, as text for authenticators (RFC 4648 §6), to the session that began it; none where none is.
///
/// # Errors
/// When the database fails, or the secret cannot be read.
pub fn pending(view: &View<'_>) -> Result<Option<Secret>> {
    view.expect(Permission::UseConsole)?;
    let admin = acting(view)?;
    let has = store::credentials::find(view.tx, view.account, admin.user)?;
    Ok(begun(view, &admin, &has)?.map(|secret| Secret::new(totp_rs::Secret::from(secret.as_slice()).to_base32())))
}

/// A second factor that counts from now on.
#[derive(Debug)]
pub struct Added {
    /// The recovery codes, which are kept nowhere.
    pub codes: Vec<Secret>,
    /// The session at hand, under another token.
    pub begun: Begun,
}

/// The second factor counts from now on, if this is a code of it: all other sessions of the actor end, and links by which
/// a password could be set are of no use any more. None where the code is wrong.
///
/// # Errors
/// [`Code::Conflict`] where none is being added in this session, or it was begun too long ago.
pub fn confirm(op: &mut Op<'_>, code: &str) -> Result<Option<Added>> {
    op.expect(Permission::UseConsole)?;
    let admin = acting(op)?;
    let has = store::credentials::find(op.tx, op.account, admin.user)?;
    let Some(secret) = begun(op, &admin, &has)? else {
        return Err(Error::new(Code::Conflict, "No second factor is being added. Begin again."));
    };
    let Some(step) = step_of(&secret, code, op.now, None) else { return Ok(None) };
    op.change(|tx, view| {
        let sealed = view.sealing_key(tx)?.seal(FACTOR_SEAL, secret.as_slice());
        let now = Credentials { totp: Some(sealed), totp_at: Some(view.now), totp_step: Some(step), ..has };
        store::credentials::put(tx, view.account, admin.user, &now)?;
        let codes = make_codes(tx, view, admin.user)?;
        store::links::revoke(tx, view.account, admin.user, Purpose::Reset)?;
        let (begun, ended) = session::alone(tx, view, &admin)?;
        let text =
            format!("{} signs in with a second factor from now on, which ended {ended} other sessions", admin.email);
        Ok((Some(Added { codes, begun }), vec![Event::new(EventKind::SecondFactorAdded, &admin.public_id, text)]))
    })
}

fn make_codes(tx: &WriteTx<'_>, view: &View<'_>, user: UserKey) -> Result<Vec<Secret>> {
    let codes: Vec<Secret> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let hashes: Vec<[u8; 32]> = codes.iter().map(|code| hash_of(code.expose())).collect();
    store::credentials::replace_codes(tx, view.account, user, &hashes)?;
    Ok(codes)
}

/// Ten random bytes, in groups that are easily read.
fn recovery_code() -> Secret {
    let bytes: Zeroizing<[u8; 10]> = Zeroizing::new(chance::bytes());
    let text = Zeroizing::new(totp_rs::Secret::from(bytes.as_slice()).to_base32().to_lowercase());
    let groups: Vec<&str> = [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|range| text.get(range)).collect();
    Secret::new(groups.join("-"))
}

fn hash_of(code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    sha256(format!("recovery code {plain}").as_bytes())
}

/// Removes the second factor, and ends all other sessions of the actor. Gives the one at hand another token; none where the
/// password that was shown is not right, which counts as a failure.
///
/// # Errors
/// [`Code::Conflict`] where there is none.
pub fn remove(op: &mut Op<'_>, proof: &Proof) -> Result<Option<Begun>> {
    op.expect(Permission::UseConsole)?;
    let admin = acting(op)?;
    let has = factor(op, admin.user)?;
    if !own::is_proved(op, &admin, &has, proof)? {
        return Ok(None);
    }
    op.change(|tx, view| {
        let now = Credentials { totp: None, totp_at: None, totp_step: None, failures: 0, ..has };
        store::credentials::put(tx, view.account, admin.user, &now)?;
        store::credentials::replace_codes(tx, view.account, admin.user, &[])?;
        store::links::revoke(tx, view.account, admin.user, Purpose::Reset)?;
        let (begun, ended) = session::alone(tx, view, &admin)?;
        let text =
            format!("{} signs in without a second factor from now on, which ended {ended} other sessions", admin.email);
        Ok((Some(begun), vec![Event::new(EventKind::SecondFactorRemoved, &admin.public_id, text)]))
    })
}

/// Makes other recovery codes in the place of those there are; none where the password that was shown is not right, which
/// counts as a failure.
///
/// # Errors
/// [`Code::Conflict`] where there is no second factor.
pub fn renew_codes(op: &mut Op<'_>, proof: &Proof) -> Result<Option<Vec<Secret>>> {
    op.expect(Permission::UseConsole)?;
    let admin = acting(op)?;
    let has = factor(op, admin.user)?;
    if !own::is_proved(op, &admin, &has, proof)? {
        return Ok(None);
    }
    op.change(|tx, view| {
        let codes = make_codes(tx, view, admin.user)?;
        let text = format!("{} made other recovery codes", admin.email);
        Ok((Some(codes), vec![Event::new(EventKind::RecoveryCodesMade, &admin.public_id, text)]))
    })
}

fn factor(op: &Op<'_>, user: UserKey) -> Result<Credentials> {
    let has = store::credentials::find(op.tx, op.account, user)?;
    let is_there = has.totp_at.is_some();
    is_there.then_some(has).ok_or_else(|| Error::new(Code::Conflict, "There is no second factor."))
}

/// A session goes a step further by a code of the second factor, or a recovery code; a wrong one counts as a failure.
///
/// # Errors
/// [`Code::Unauthenticated`] where it lacks no code (any more), or took too long.
pub fn show_code(op: &mut Op<'_>, half: &Half, code: &str) -> Result<Entered> {
    op.expect(Permission::SignIn)?;
    let live = half.look_again(op, Lack::Code)?;
    let user = Who { key: live.user, id: UserId::stored(live.public_id), email: live.email };
    let door = door(op, Some(user.key))?;
    if !door.is_welcome {
        attempt::fail_nobody(op)?;
        return Ok(Entered::Refused);
    }
    let secret = opened(op, &door.has)?.filter(|_| door.has.totp_at.is_some());
    let step = secret.and_then(|secret| step_of(&secret, code, op.now, door.has.totp_step));
    let hash = hash_of(code);
    let is_recovery =
        step.is_none() && op.upkeep(|tx, view| store::credentials::take_code(tx, view.account, user.key, &hash))?;
    if step.is_none() && !is_recovery {
        fail(op, &user, &door.has, "a wrong code")?;
        return Ok(Entered::Refused);
    }
    let has = Credentials { totp_step: step.or(door.has.totp_step), ..door.has };
    let with = if is_recovery { "a recovery code" } else { "a code" };
    if let Some(lack) = lack_after_code(&has, op) {
        let begun = op.upkeep(|tx, view| {
            store::credentials::put(tx, view.account, user.key, &has)?;
            session::step(tx, view, live.key, Some(lack), None)
        })?;
        return Ok(Entered::In(begun));
    }
    op.change(|tx, view| {
        let begun: Begun = session::step(tx, view, live.key, None, None)?;
        let text = format!("{} signed in by a password and {with}", user.email);
        Ok((Entered::In(begun), vec![came_in(tx, view, &user, has, text)?]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, its last six digits.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(step_of(SECRET, code, Time(seconds * 1000), None), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_a_step_early_or_late_and_not_twice() {
        let (code, step) = ("081804", 1_111_111_109 / 30);
        for (offset, taken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let now = Time((step + offset) * 30_000);
            assert_eq!(step_of(SECRET, code, now, None).is_some(), taken, "{offset}");
        }
        let now = Time(step * 30_000);
        assert_eq!(step_of(SECRET, code, now, Some(step - 1)), Some(step));
        assert_eq!(step_of(SECRET, code, now, Some(step)), None, "it was taken");
        assert_eq!(step_of(SECRET, code, now, Some(step + 1)), None, "a later one was taken");
        assert_eq!(step_of(SECRET, "081 804", now, None), Some(step), "as authenticators show it");
        for wrong in ["", "81804", "0081804", "+81804", "08180x", "０８１８０４"] {
            assert_eq!(step_of(SECRET, wrong, now, None), None, "{wrong:?}");
        }
    }

    #[test]
    fn recovery_codes_are_read_with_and_without_their_dashes() {
        let code = recovery_code();
        assert_eq!(code.expose().len(), 19, "16 characters in four groups");
        let typed = code.expose().to_uppercase().replace('-', " ");
        assert_eq!(hash_of(code.expose()), hash_of(&typed));
        assert_ne!(hash_of(code.expose()), hash_of(recovery_code().expose()));
    }
}
