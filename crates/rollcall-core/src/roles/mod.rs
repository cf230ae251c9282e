//! Roles: built-in and custom, for the console (admin) or on a bot, and who holds them.

pub mod assign;
pub mod built_in;
pub mod catalogue;
mod find;
pub mod give;
pub(crate) mod given;
mod hold;
pub mod import;
mod import_plan;
pub mod listing;
pub mod manage;
pub mod rights;
mod write;

use std::fmt;

pub use find::{
    Carrying, Holder, HolderFilter, Holding, RoleAround, RoleFilter, RoleOrder, RoleRow, around, can_go_on, counted,
    find,
};
pub(crate) use hold::{HeldChange, change_held};
use serde_json::{Map, Value};
pub(crate) use write::{RoleChange, RoleContents, RoleGone, create_many, remove_many, update_many};

use crate::clock::Time;
use crate::error::Result;
use crate::id::RoleId;
use crate::op::View;
use crate::policy::Grant;
use crate::roles::rights::AdminRights;
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
    /// What it lets its holders do in the console.
    pub(crate) rights: AdminRights,
}

impl Role {
    pub(crate) fn grant(&self) -> Grant<'_> {
        Grant { kind: self.kind, name: &self.name, built_in: self.built_in, rights: self.rights }
    }
}

/// A role with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleDetails {
    pub(crate) key: RoleKey,
    /// Its public id.
    pub id: RoleId,
    /// By which it is known again in another installation.
    pub ref_id: String,
    /// What it is about.
    pub kind: RoleKind,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// What it permits, as it was written; [`catalogue`] says what it means.
    pub permissions: Map<String, Value>,
    /// Whether Rollcall made it and keeps it.
    pub built_in: bool,
    /// What it lets its holders do in the console.
    pub rights: AdminRights,
    /// When it was made.
    pub created_at: Time,
    /// The public id of whoever made it, where that is known.
    pub created_by: Option<String>,
    /// When it was changed last.
    pub updated_at: Time,
    /// The public id of whoever changed it last, where that is known.
    pub updated_by: Option<String>,
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
