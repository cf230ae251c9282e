//! Token ids that were seen: each passes once, on one replica or on several (API contract §1, JTI).

use super::token::claims::TokenId;
use crate::error::Result;
use crate::op::Op;
use crate::store::{self, AppKey, Chore};

/// What became of an id that was to be noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noted {
    /// It was not seen before; from now on it was. Of several at once, one is told so.
    New,
    /// It was seen before.
    Seen,
    /// Its app is not there any more.
    AppGone,
}

/// Notes the id: one statement, and one more where it cannot be noted.
pub(crate) fn note(op: &mut Op<'_>, app: AppKey, id: &TokenId) -> Result<Noted> {
    op.upkeep(|tx, view| {
        Ok(match store::token_ids::insert(tx, view.account, app, id)? {
            true => Noted::New,
            false if store::apps::exists(tx, view.account, app)? => Noted::Seen,
            false => Noted::AppGone,
        })
    })
}

/// Forgets the ids of tokens that nobody would take any more.
///
/// # Errors
/// When the database fails.
pub fn forget_expired(op: &mut Op<'_>) -> Result<usize> {
    op.expect_chore(Chore::Forget)?;
    op.upkeep(|tx, view| store::token_ids::forget(tx, view.now))
}
