//! What only a reading of the whole account needs.

use serde_json::{Map, Value};

use super::{AccountKey, RoleKey, Tx};
use crate::error::Result;
use crate::id::RoleId;
use crate::roles::{Role, RoleContents};

/// A role with its contents.
pub(crate) struct FullRole {
    pub(crate) role: Role,
    pub(crate) ref_id: String,
    pub(crate) description: String,
    pub(crate) permissions_text: String,
}

impl FullRole {
    /// The permissions; they are kept as the JSON object that was checked when they came.
    pub(crate) fn permissions(&self) -> Map<String, Value> {
        serde_json::from_str(&self.permissions_text).unwrap_or_default()
    }

    /// What of it can change.
    pub(crate) fn contents(&self) -> RoleContents {
        RoleContents {
            name: self.role.name.clone(),
            ref_id: self.ref_id.clone(),
            description: self.description.clone(),
            permissions: self.permissions(),
        }
    }
}

/// Every role of the account, oldest first.
pub(crate) fn roles(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<FullRole>> {
    tx.query(
        "select id, public_id, kind, name, built_in, ref_id, description, permissions, rights from roles \
         where account_id = $1 order by id",
        &[account.into()],
        |r| FullRole {
            role: Role {
                key: RoleKey(r.int(0)),
                id: RoleId::stored(r.text(1)),
                kind: super::roles::kind(r.str(2)),
                name: r.text(3),
                built_in: r.bool(4),
                rights: super::roles::rights(r.opt_int(8)),
            },
            ref_id: r.text(5),
            description: r.text(6),
            permissions_text: r.text(7),
        },
    )
}
