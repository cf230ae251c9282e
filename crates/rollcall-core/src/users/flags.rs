//! The flags of users: who may give them, and how they depend on each other. Who may create bots is a developer.

use super::{Flags, UserFault};
use crate::actor::Actor;
use crate::policy::{self, Right};
use crate::store::users::UserRow;

/// Why the actor may not give the flags that are asked for: the ceiling. Taking them away is asked of nobody.
pub(super) fn barred(actor: &Actor, asked: Flags) -> impl Iterator<Item = String> {
    let rights = [
        (asked.is_developer, Right::Develop),
        (asked.can_create_bot, Right::CreateBots),
        (asked.data_tables, Right::UseDataTables),
    ];
    let given = rights.into_iter().filter(|(given, _)| *given == Some(true));
    given.filter_map(|(_, right)| policy::ceiling_of_right(actor, right).err())
}

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
