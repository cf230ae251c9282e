//! Passwords: what one must be like, and what is kept of it. Hashing and comparing take time and memory, so that they happen
//! outside of transactions: what is written afterwards is compared with what was read before.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::link::Purpose;
use crate::chance::{self, Secret};
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::op::View;
use crate::store::credentials::Credentials;
use crate::store::{self, UserKey, WriteTx};

/// The fewest characters of a password (vendor reference §3.12, as all that follows).
pub const MIN: usize = 8;
/// The most.
pub const MAX: usize = 200;
/// How long a password is good for: 90 days.
pub const LIFE_MILLIS: i64 = 90 * 24 * 3600 * 1000;
/// So many passwords, the present one among them, cannot be taken again.
pub const REMEMBERED: i64 = 5;

/// What is wrong with a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Fewer than [`MIN`] characters.
    TooShort,
    /// More than [`MAX`].
    TooLong,
    /// No capital letter.
    NoUpper,
    /// No small letter.
    NoLower,
    /// No digit.
    NoDigit,
    /// Nothing that is neither letter nor digit.
    NoSpecial,
    /// White space.
    HasSpace,
    /// One of the last [`REMEMBERED`].
    UsedBefore,
}

/// All that is wrong with the text of a new password.
pub fn faults(text: &str) -> Vec<Fault> {
    let length = text.chars().count();
    let has = |is: fn(char) -> bool| text.chars().any(is);
    let table = [
        (length < MIN, Fault::TooShort),
        (length > MAX, Fault::TooLong),
        (!has(char::is_uppercase), Fault::NoUpper),
        (!has(char::is_lowercase), Fault::NoLower),
        (!has(char::is_numeric), Fault::NoDigit),
        (!has(|c| !c.is_alphanumeric() && !c.is_whitespace()), Fault::NoSpecial),
        (has(char::is_whitespace), Fault::HasSpace),
    ];
    table.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, fault)| fault).collect()
}

/// Argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet).
fn argon2() -> Argon2<'static> {
    let parameters = Params::new(19 * 1024, 2, 1, None).expect("parameters within the bounds of RFC 9106");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
}

fn hash(password: &Secret) -> String {
    let salt: [u8; 16] = chance::bytes();
    let hashed: PasswordHash = argon2()
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .expect("a text and a salt of 16 bytes are hashed");
    hashed.to_string()
}

fn is_of(password: &Secret, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.expose().as_bytes(), &hash).is_ok())
}

/// What is compared with where there is no password: nobody has it.
static DECOY: LazyLock<String> = LazyLock::new(|| hash(&Secret::link_token()));

/// What is kept of somebody's passwords, as it was read.
#[derive(Clone, Default)]
pub struct Record {
    pub(super) user: Option<UserKey>,
    present: Option<String>,
    earlier: Vec<String>,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Record(***)")
    }
}

impl Record {
    pub(super) fn of(view: &View<'_>, user: UserKey, has: &Credentials) -> Result<Self> {
        let earlier = store::credentials::earlier(view.tx, view.account, user, REMEMBERED - 1)?;
        Ok(Self { user: Some(user), present: has.password_hash.clone(), earlier })
    }

    /// As [`Self::of`], for comparing alone; of nobody as well.
    pub(super) fn present(user: Option<UserKey>, has: Credentials) -> Self {
        Self { user, present: has.password_hash, earlier: Vec::new() }
    }

    /// Whether there is a password.
    pub fn has_password(&self) -> bool {
        self.present.is_some()
    }

    /// Compares a password. It takes as long whether there is one or not. Not for a thread that others wait for.
    pub fn compare(&self, password: &Secret) -> Shown {
        let is_right = is_of(password, self.present.as_deref().unwrap_or(&DECOY)) && self.present.is_some();
        Shown { user: self.user, present: self.present.clone(), is_right }
    }

    /// Takes a new password, if nothing is wrong with it. Not for a thread that others wait for.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn renew(&self, password: &Secret) -> Result<NewPassword, Vec<Fault>> {
        let faults = faults(password.expose());
        if !faults.is_empty() {
            return Err(faults);
        }
        if self.present.iter().chain(&self.earlier).any(|hash| is_of(password, hash)) {
            return Err(vec![Fault::UsedBefore]);
        }
        Ok(NewPassword { user: self.user, before: self.present.clone(), hash: hash(password) })
    }
}

/// What a password was found to be of the record as it was read: only [`Record::compare`] says so.
#[derive(Clone)]
pub struct Shown {
    pub(super) user: Option<UserKey>,
    present: Option<String>,
    pub(super) is_right: bool,
}

impl Shown {
    /// Whether what it was compared with is still what there is.
    pub(super) fn is_of(&self, user: UserKey, has: &Credentials) -> bool {
        self.user == Some(user) && self.present.is_some() && self.present == has.password_hash
    }
}

/// A password that can be taken in the place of the one that was read: only [`Record::renew`] makes one.
#[derive(Clone)]
pub struct NewPassword {
    user: Option<UserKey>,
    before: Option<String>,
    hash: String,
}

/// The hash of a password that is written: whoever has it has asked whether it may be.
pub(super) struct Taken<'p>(&'p str);

impl NewPassword {
    /// To be written where it was made for this user, and what it follows is still what there is.
    pub(super) fn following(&self, user: UserKey, has: &Credentials) -> Result<Taken<'_>> {
        if self.user == Some(user) && self.before == has.password_hash {
            return Ok(Taken(&self.hash));
        }
        Err(Error::new(Code::Conflict, "The password was changed by somebody else meanwhile. Try again."))
    }

    /// To be written whatever was there before.
    pub(super) fn first(&self) -> Taken<'_> {
        Taken(&self.hash)
    }
}

/// Writes a new password, and that nothing stands in the way of signing in by it. Links by which one could be set, of which
/// there may be several, are of no use any more: whoever sets one puts an end to what others have asked for.
pub(super) fn write(tx: &WriteTx<'_>, view: &View<'_>, user: UserKey, has: Credentials, new: &Taken<'_>) -> Result<()> {
    if let Some(before) = &has.password_hash {
        store::credentials::keep_earlier(tx, view.account, user, before, REMEMBERED - 1, view.now)?;
    }
    let now = Credentials {
        password_hash: Some(new.0.to_owned()),
        password_at: Some(view.now),
        failures: 0,
        barred_until: None,
        ..has
    };
    store::links::revoke(tx, view.account, user, Purpose::Reset)?;
    store::credentials::put(tx, view.account, user, &now)
}

/// When a password of then is over.
pub(super) fn expires(since: Time) -> Time {
    since.plus_millis(LIFE_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_password_must_be_like_is_this_table() {
        use Fault as F;
        let table: [(&str, &[F]); 11] = [
            ("Abcdef1!", &[]),
            ("Ünïcöde9€", &[]),
            ("Abcde1!", &[F::TooShort]),
            ("abcdef1!", &[F::NoUpper]),
            ("ABCDEF1!", &[F::NoLower]),
            ("Abcdefg!", &[F::NoDigit]),
            ("Abcdefg1", &[F::NoSpecial]),
            ("Abc def1!", &[F::HasSpace]),
            ("Abc\u{a0}def1!", &[F::HasSpace]),
            ("Abc def1", &[F::NoSpecial, F::HasSpace]),
            ("", &[F::TooShort, F::NoUpper, F::NoLower, F::NoDigit, F::NoSpecial]),
        ];
        for (text, expected) in table {
            assert_eq!(faults(text), expected, "{text:?}");
        }
        let long = |length: usize| format!("Aa1!{}", "x".repeat(length - 4));
        assert_eq!((faults(&long(MAX)), faults(&long(MAX + 1))), (vec![], vec![F::TooLong]));
    }

    #[test]
    fn a_hash_is_argon2id_with_the_parameters_of_owasp_and_salted() {
        let secret = Secret::new("Abcdef1!");
        let (one, other) = (hash(&secret), hash(&secret));
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other);
        assert!(is_of(&secret, &one) && is_of(&secret, &other) && !is_of(&Secret::new("Abcdef1?"), &one));
        assert!(!is_of(&secret, "") && !is_of(&secret, "$argon2id$nonsense"));
    }

    #[test]
    fn nobody_has_the_password_of_nobody() {
        let shown = Record::default().compare(&Secret::new("Abcdef1!"));
        assert!(!shown.is_right && !shown.is_of(UserKey(1), &Credentials::default()));
    }
}
