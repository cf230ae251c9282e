//! Token ids that were seen: each passes once, on one replica or on several (API contract §1, JTI).

use super::token::claims::TokenId;
use crate::error::Result;
use crate::op::Op;
use crate::store::{self, AppKey, Chore};

/// Notes the id; false where it was seen before, or the app is gone. Of several at once, one is told true.
pub(crate) fn note(op: &mut Op<'_>, app: AppKey, id: &TokenId) -> Result<bool> {
    op.upkeep(|tx, view| store::token_ids::insert(tx, view.account, app, id))
}

/// Forgets the ids of tokens that nobody would take any more.
///
/// # Errors
/// When the database fails.
pub fn forget_expired(op: &mut Op<'_>) -> Result<usize> {
    op.expect_chore(Chore::Forget)?;
    op.upkeep(|tx, view| store::token_ids::forget(tx, view.now))
}
