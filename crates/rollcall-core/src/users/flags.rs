//! The flags of users, as far as they depend on each other: who may create bots is a developer.

use super::UserFault;
use crate::store::users::UserRow;

/// `can_create_bot` and `is_developer` after a change; what is not asked for stays, where there is a user who has it.
pub(super) fn merged(
    has: Option<&UserRow>,
    can_create_bot: Option<bool>,
    is_developer: Option<bool>,
) -> Result<(bool, bool), UserFault> {
    match (can_create_bot, is_developer, has) {
        (Some(true), Some(false), _) => Err(UserFault::CreatorMustDevelop),
        (Some(true), None, Some(has)) if !has.is_developer => Err(UserFault::CreatorIsNoDeveloper(has.email.clone())),
        (None, Some(false), Some(has)) if has.can_create_bot => Err(UserFault::DeveloperCreates(has.email.clone())),
        (_, _, has) => Ok((
            can_create_bot.unwrap_or_else(|| has.is_some_and(|has| has.can_create_bot)),
            is_developer.unwrap_or_else(|| has.is_some_and(|has| has.is_developer)),
        )),
    }
}
