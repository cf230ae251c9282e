//! Who may use the builder, create bots and use data tables: one set of flags for many users, for all or for none.

use std::collections::HashSet;

use super::people::Unreached;
use super::write::write_changes;
use super::{Lookup, People, UserChange, flags};
use crate::error::{Code, Error, Result};
use crate::op::Op;
use crate::policy::Permission;
use crate::store::users::UserRow;

/// The flags that users are to have; what is not mentioned stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// May create bots; takes `is_developer`.
    pub can_create_bot: Option<bool>,
    /// May use the builder.
    pub is_developer: Option<bool>,
    /// May use data tables and their views.
    pub data_tables: Option<bool>,
}

/// Why nobody got the flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessRefusal {
    /// Who may create bots must be a developer too, and the flags say otherwise.
    Contradiction,
    /// Nobody is named.
    Nobody,
    /// These addresses are nobody's, as they were asked for.
    Unknown(Vec<String>),
    /// The flags contradict what these users have: they are no developers and would create bots.
    ContradictsUsers(Vec<String>),
}

/// Gives all these users, by address, the same flags; or gives nobody any, for the first of the reasons.
///
/// # Errors
/// [`Code::Forbidden`] for a flag above the ceiling, or somebody who may do what the actor may not; when the database fails; nothing is changed then. A refusal is an
/// answer, not an error.
pub fn set_access(op: &mut Op<'_>, emails: &[String], flags: Flags) -> Result<std::result::Result<(), AccessRefusal>> {
    op.expect(Permission::ManageAccess)?;
    if let Some(why) = flags::barred(&op.actor, flags).next() {
        return Err(Error::new(Code::Forbidden, why));
    }
    if flags::merged(None, flags.can_create_bot, flags.is_developer).is_err() {
        return Ok(Err(AccessRefusal::Contradiction));
    }
    if emails.is_empty() {
        return Ok(Err(AccessRefusal::Nobody));
    }
    let asked: Vec<Lookup> = emails.iter().cloned().map(Lookup::Email).collect();
    let people = People::look_up(op, asked.iter())?;
    let (mut seen, mut unknown, mut contradicted, mut changes) = (HashSet::new(), Vec::new(), Vec::new(), Vec::new());
    for (email, lookup) in emails.iter().zip(&asked) {
        let user = match people.find(lookup) {
            Ok(user) => user,
            Err(Unreached::Barred(why)) => return Err(Error::new(Code::Forbidden, why)),
            Err(Unreached::Unknown) => {
                unknown.push(email.trim().to_owned());
                continue;
            }
        };
        if !seen.insert(user.key) {
            continue;
        }
        let Ok((can_create_bot, is_developer)) = flags::merged(Some(user), flags.can_create_bot, flags.is_developer)
        else {
            contradicted.push(user.email.clone());
            continue;
        };
        let data_tables = flags.data_tables.unwrap_or(user.data_tables);
        let wants = UserRow { can_create_bot, is_developer, data_tables, ..user.clone() };
        changes.extend(UserChange::between(user, wants));
    }
    if !unknown.is_empty() {
        return Ok(Err(AccessRefusal::Unknown(unknown)));
    }
    if !contradicted.is_empty() {
        return Ok(Err(AccessRefusal::ContradictsUsers(contradicted)));
    }
    op.change(|tx, view| Ok(((), write_changes(tx, view, &changes)?)))?;
    Ok(Ok(()))
}
