//! Roles: built-in and custom, for the console (admin) or on a bot, and who holds them.

pub mod assign;
pub mod built_in;
pub(crate) mod given;
mod hold;
mod write;

use std::fmt;

pub(crate) use hold::{HeldChange, change_held};
pub(crate) use write::{RoleChange, create_many, remove_many, update_many};

use crate::error::Result;
use crate::id::RoleId;
use crate::op::View;
use crate::policy::Grant;
use crate::store::{self, RoleKey};

/// What a role is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleKind {
    /// The administration of the account.
    Admin,
    /// One bot at a time.
    Bot,
}

impl RoleKind {
    /// The word by which files and the store name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Bot => "bot",
        }
    }

    /// Reads the word.
    ///
    /// # Errors
    /// A sentence with both words.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "admin" => Ok(Self::Admin),
            "bot" => Ok(Self::Bot),
            other => Err(format!("{other:?} is not a kind of role; there are admin and bot")),
        }
    }
}

impl fmt::Display for RoleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A role, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) key: RoleKey,
    pub(crate) id: RoleId,
    pub(crate) kind: RoleKind,
    pub(crate) name: String,
    pub(crate) built_in: bool,
}

impl Role {
    pub(crate) fn grant(&self) -> Grant<'_> {
        Grant { kind: self.kind, name: &self.name, built_in: self.built_in }
    }
}

/// A role to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewRole {
    pub(crate) id: RoleId,
    pub(crate) ref_id: String,
    pub(crate) kind: RoleKind,
    pub(crate) name: String,
    pub(crate) description: String,
    /// A JSON object, kept verbatim: unknown keys survive (API contract §3).
    pub(crate) permissions: String,
}

/// A role with its permissions, for listings on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleInfo {
    /// Its public id.
    pub id: RoleId,
    /// What it is about.
    pub kind: RoleKind,
    /// Its name.
    pub name: String,
    /// Whether Rollcall made it and keeps it.
    pub built_in: bool,
}

/// All roles of the account, built-ins first.
///
/// # Errors
/// When the database fails.
pub fn list(view: &View<'_>) -> Result<Vec<RoleInfo>> {
    view.expect(crate::policy::Permission::ManageRoles)?;
    let roles = store::roles::list(view.tx, view.account)?;
    Ok(roles.into_iter().map(|r| RoleInfo { id: r.id, kind: r.kind, name: r.name, built_in: r.built_in }).collect())
}
