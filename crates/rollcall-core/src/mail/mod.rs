//! What is to be sent, and the outbox it waits in. How a letter looks and how it travels is the program's business.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::chance::Secret;
use crate::clock::Time;
use crate::error::{Code, Result};
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::store::{self, Chore};

/// What seals a letter in the outbox.
pub(crate) const OUTBOX_SEAL: &str = "outbox";

/// What a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterKind {
    /// Somebody is asked to join.
    Invitation,
    /// Somebody may set a new password.
    Reset,
}

impl LetterKind {
    /// The store's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }

    fn stored(word: &str) -> Self {
        if word == "reset" { Self::Reset } else { Self::Invitation }
    }
}

/// A letter as it waits.
pub(crate) struct Draft<'a> {
    pub(crate) to: &'a str,
    pub(crate) first_name: Option<&'a str>,
    pub(crate) token: &'a Secret,
    pub(crate) expires: Time,
}

/// A letter as it is sealed. What is read borrows, and what is written goes into one place: no copy of the token is left.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(borrow)]
    to: Cow<'a, str>,
    #[serde(borrow)]
    first_name: Option<Cow<'a, str>>,
    token: &'a str,
    expires: i64,
}

impl Draft<'_> {
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let written = Written {
            to: self.to.into(),
            first_name: self.first_name.map(Cow::from),
            token: self.token.expose(),
            expires: self.expires.0,
        };
        // Each character is at most six when it is written as JSON.
        let length = 6 * (self.to.len() + self.first_name.map_or(0, str::len) + self.token.expose().len());
        let mut bytes = Zeroizing::new(Vec::with_capacity(length + 128));
        serde_json::to_writer(&mut *bytes, &written).expect("texts and a number are JSON");
        bytes
    }
}

/// A letter to be sent.
#[derive(Debug, Clone)]
pub struct Letter {
    /// What it is about.
    pub kind: LetterKind,
    /// The address it goes to.
    pub to: String,
    /// How to greet.
    pub first_name: Option<String>,
    /// The account that invites, by its name of now.
    pub account_name: String,
    /// The single-use token that the link carries.
    pub token: Secret,
    /// Until when the link is good.
    pub expires: Time,
}

impl Letter {
    fn from_bytes(bytes: &[u8], kind: LetterKind, account_name: &str) -> Option<Self> {
        let written: Written<'_> = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            kind,
            to: written.to.into_owned(),
            first_name: written.first_name.map(Cow::into_owned),
            account_name: account_name.to_owned(),
            token: Secret::new(written.token),
            expires: Time(written.expires),
        })
    }
}

/// A letter whose turn it is.
#[derive(Debug)]
pub struct Due {
    /// Names the message for ever: delivering it twice under one name is delivering it once.
    pub id: i64,
    /// How often it was tried before.
    pub attempts: i64,
    /// When it was written.
    pub written: Time,
    /// What it says.
    pub letter: Letter,
}

/// For how long letters belong to the process that took them: if it does not tell what became of them, another takes
/// them after that.
pub const LEASE_MILLIS: i64 = 30_000;

/// Letters that were taken to be sent.
#[derive(Debug)]
pub struct Claimed {
    /// To be sent, oldest first.
    pub letters: Vec<Due>,
    /// Number and attempts of those that do not open with the installation key.
    pub unreadable: Vec<(i64, i64)>,
}

/// Takes up to `limit` letters whose turn it is, so that no other process sends them, too, for [`LEASE_MILLIS`].
/// [`settle`] must be told what became of each.
///
/// # Errors
/// When the database fails; nothing is taken then.
pub fn claim(op: &mut Op<'_>, limit: i64) -> Result<Claimed> {
    op.expect_chore(Chore::Deliver)?;
    let opened = opened(op, limit)?;
    let mut claimed = Claimed { letters: Vec::new(), unreadable: Vec::new() };
    for letter in opened {
        match letter {
            Ok(due) => claimed.letters.push(due),
            Err(unreadable) => claimed.unreadable.push(unreadable),
        }
    }
    let ids = claimed.letters.iter().map(|due| due.id).chain(claimed.unreadable.iter().map(|(id, _)| *id));
    let ids: Vec<i64> = ids.collect();
    op.upkeep(|tx, view| store::outbox::lease_many(tx, view.account, &ids, view.now.plus_millis(LEASE_MILLIS)))?;
    Ok(claimed)
}

/// Whether a letter's turn has come.
///
/// # Errors
/// When the database fails.
pub fn is_any_due(view: &View<'_>) -> Result<bool> {
    view.expect(Permission::RunJobs)?;
    Ok(!store::outbox::due(view.tx, view.account, view.now, 1)?.is_empty())
}

/// The letters whose turn it is, oldest first, without taking them. One that cannot be read holds up no other: see
/// [`unreadable`].
///
/// # Errors
/// When the database fails.
pub fn due(view: &View<'_>, limit: i64) -> Result<Vec<Due>> {
    Ok(opened(view, limit)?.into_iter().filter_map(Result::ok).collect())
}

/// Number and attempts of the letters whose turn it is and that do not open with the installation key.
///
/// # Errors
/// When the database fails.
pub fn unreadable(view: &View<'_>, limit: i64) -> Result<Vec<(i64, i64)>> {
    Ok(opened(view, limit)?.into_iter().filter_map(Result::err).collect())
}

fn opened(view: &View<'_>, limit: i64) -> Result<Vec<Result<Due, (i64, i64)>>> {
    view.expect(Permission::RunJobs)?;
    let due = store::outbox::due(view.tx, view.account, view.now, limit)?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let account = store::accounts::get(view.tx, view.account)?;
    let open = |(id, attempts, written, kind, sealed): store::outbox::Waiting| {
        // One that does not open for itself is the letter's trouble; where the key is not there, it is everybody's.
        let bytes = match view.shared.open(view.tx, |key| key.open(OUTBOX_SEAL, &sealed)) {
            Err(error) if error.code() == Code::Busy => return Err(error),
            bytes => bytes.ok(),
        };
        let letter = bytes.and_then(|bytes| Letter::from_bytes(&bytes, LetterKind::stored(&kind), &account.name));
        Ok(letter.map(|letter| Due { id, attempts, written, letter }).ok_or((id, attempts)))
    };
    due.into_iter().map(open).collect()
}

/// What became of the letters that were tried: delivered ones, by number and when they were written, leave the outbox;
/// failed ones wait twice as long each time, from a second up to an hour.
///
/// A letter may go with its user while it is under way, and SQLite then gives its number to the next one: that one is
/// told from it by when it was written, and stays.
///
/// # Errors
/// When the database fails.
pub fn settle(op: &mut Op<'_>, delivered: &[(i64, Time)], failed: &[(i64, i64, String)]) -> Result<()> {
    op.expect_chore(Chore::Deliver)?;
    op.upkeep(|tx, view| {
        store::outbox::remove_many(tx, view.account, delivered)?;
        let failed: Vec<_> = failed
            .iter()
            .map(|(id, attempts, why)| {
                let wait = 1_000_i64 << (*attempts).clamp(0, 12);
                (*id, view.now.plus_millis(wait.min(3_600_000)), why.as_str())
            })
            .collect();
        store::outbox::postpone_many(tx, view.account, &failed)
    })
}

/// How many letters wait.
///
/// # Errors
/// When the database fails.
pub fn waiting(view: &View<'_>) -> Result<i64> {
    view.expect(Permission::RunJobs)?;
    store::outbox::count(view.tx, view.account)
}
