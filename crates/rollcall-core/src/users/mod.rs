//! Users: what they are, and everything that is done with them.

mod access;
pub mod act;
mod asked;
mod check;
mod check_change;
mod check_new;
mod create;
mod flags;
mod info;
pub mod invitation;
pub mod list;
pub mod one;
mod people;
mod plan;
mod profile;
mod remove;
pub mod search;
mod update;
mod write;

use std::fmt;

pub use access::{AccessRefusal, Flags, set_access};
pub use asked::{NewUser, RoleOnBot, TaskGrant, UserFault, UserUpdate};
pub use create::{Creation, Outcome, create, create_many};
pub use info::{Found, Lookup, StatusFilter, UserDetails, info};
pub(crate) use people::{People, Unreached};
pub use profile::{Profile, ProfileField};
pub use remove::{Stays, remove};
pub use update::{UpdateOutcome, update};
pub(crate) use write::{
    Leaving, TaskChange, UserChange, insert_checked, remove_many, replace_tasks, update_many, write_changes,
};

use crate::id::UserId;
use crate::text::Email;

/// Where a user stands. Only active users hold effective permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Asked to join, not yet here. The vendor says "not active".
    Invited,
    /// Can work.
    Active,
    /// Shut out by an administrator.
    Suspended,
    /// Shut out by failed sign-ins.
    Locked,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Invited, Self::Active, Self::Suspended, Self::Locked];

    /// The store's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Locked => "locked",
        }
    }

    /// Reads the store's word; its check allows these four only.
    pub(crate) fn stored(word: &str) -> Self {
        Self::ALL.into_iter().find(|s| s.word() == word).unwrap_or(Self::Suspended)
    }

    /// What files and replies say (domain, Things: status).
    pub fn label(self) -> &'static str {
        match self {
            Self::Invited => "not active",
            other => other.word(),
        }
    }

    /// Reads what files say.
    ///
    /// # Errors
    /// A sentence with the words that there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|s| s.label() == text)
            .or((text == "inactive").then_some(Self::Invited))
            .ok_or_else(|| format!("{text:?} is not a status; there are: active, not active, suspended, locked"))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// The longest org user id, in characters.
pub const MAX_ORG_USER_ID: usize = 200;

/// A user whose every field has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckedUser {
    pub(crate) id: UserId,
    pub(crate) email: Email,
    pub(crate) org_user_id: Option<String>,
    pub(crate) profile: Profile,
    pub(crate) can_create_bot: bool,
    pub(crate) is_developer: bool,
    pub(crate) data_tables: bool,
    pub(crate) status: Status,
    pub(crate) source: &'static str,
}
