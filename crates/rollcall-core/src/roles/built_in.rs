//! The four built-in roles and their permission catalogues (vendor reference §2.8 and §3.4). Nobody edits them.

use serde_json::{Map, Value, json};

use super::{NewRole, RoleKind};
use crate::clock::Time;
use crate::error::Result;
use crate::id::{self, RoleId};
use crate::store::{self, AccountKey, WriteTx};

/// The role that can do everything.
pub const MASTER_ADMIN: &str = "admin";

/// The admin catalogue on the wire today: 20 keys (reference §3.4, "New wire catalogue").
pub(super) const ADMIN: [&str; 20] = [
    "Invite",
    "Import Users / Sync",
    "Directory Sync",
    "Manage Users",
    "Manage User Settings",
    "Manage Groups",
    "Manage Custom Admin Roles",
    "Manage Built-In Admin Roles",
    "Manage Bot Roles",
    "Manage Deployment",
    "Enterprise Bots",
    "Consumer Bots",
    "Smart Bots",
    "Preferences",
    "Single Sign On",
    "Kore.ai Connector",
    "Enterprise Key",
    "API Scopes",
    "View and Run Audit Reports",
    "View and Run Bot Chat History",
];

/// The bot catalogue on the wire: 16 keys, with what Bot Owner, Bot Developer and Bot Tester have (reference §3.4). The
/// last three keys stand in no public matrix for developers and testers; they follow the keys they belong to.
pub(super) const BOT: [(&str, [&str; 3]); 16] = [
    ("Tasks", ["FULL", "FULL", "VIEW"]),
    ("Natural Language", ["FULL", "FULL", "VIEW"]),
    ("Knowledge Graph", ["FULL", "FULL", "VIEW"]),
    ("Testing", ["FULL", "FULL", "VIEW"]),
    ("Bot Developers", ["FULL", "VIEW", "VIEW"]),
    ("Bot Settings", ["FULL", "FULL", "NO"]),
    ("Bot Import", ["YES", "YES", "NO"]),
    ("Integrations & Extensions", ["YES", "YES", "NO"]),
    ("App Builder API Scopes", ["YES", "YES", "NO"]),
    ("Publish bot", ["YES", "YES", "NO"]),
    ("Channels", ["YES", "YES", "NO"]),
    ("Dashboard", ["YES", "YES", "YES"]),
    ("Bot Analytics", ["YES", "YES", "YES"]),
    ("Custom Dashboards", ["FULL", "FULL", "VIEW"]),
    ("Storyboard", ["FULL", "FULL", "VIEW"]),
    ("IntentDiscovery", ["FULL", "FULL", "VIEW"]),
];

const BOT_ROLES: [(&str, &str); 3] = [
    ("Bot Owner", "Role of bot owners with full access to bot definition"),
    ("Bot Developer", "Role for bot co-developers"),
    ("Bot Tester", "Role for bot testers with read-only access to bot definition"),
];

fn all(account: &str) -> Vec<NewRole> {
    let admin: Map<String, Value> = ADMIN.iter().map(|key| ((*key).to_owned(), json!("YES"))).collect();
    let mut roles = vec![role(
        account,
        RoleKind::Admin,
        MASTER_ADMIN,
        "Master administration role with full control on account activity",
        &admin,
    )];
    for (column, (name, description)) in BOT_ROLES.iter().enumerate() {
        let permissions = BOT.iter().map(|(key, values)| ((*key).to_owned(), json!([values[column]]))).collect();
        roles.push(role(account, RoleKind::Bot, name, description, &permissions));
    }
    roles
}

fn role(account: &str, kind: RoleKind, name: &str, description: &str, permissions: &Map<String, Value>) -> NewRole {
    NewRole {
        id: role_id(account, kind, name),
        ref_id: id::role_reference(account, &format!("{kind}/{name}")),
        kind,
        name: name.to_owned(),
        description: description.to_owned(),
        permissions: Value::Object(permissions.clone()).to_string(),
    }
}

/// The id that a role of that kind and name gets in that account, unless somebody gives it another.
pub(crate) fn role_id(account: &str, kind: RoleKind, name: &str) -> RoleId {
    RoleId::derive(account, &format!("{kind}/{name}"))
}

/// Gives a new account its built-in roles.
pub(crate) fn insert(tx: &WriteTx<'_>, account: AccountKey, account_name: &str, now: Time) -> Result<()> {
    store::roles::insert_many(tx, account, &all(account_name), None, now).map(|_| ())
}

/// After an account has been renamed while still empty: the ids that go with the name.
pub(crate) fn rename(tx: &WriteTx<'_>, account: AccountKey, account_name: &str, now: Time) -> Result<()> {
    store::roles::remove_all(tx, account)?;
    insert(tx, account, account_name, now)
}

/// Whether Rollcall keeps a role of that name for itself.
pub(crate) fn is_reserved(kind: RoleKind, name_key: &str) -> bool {
    match kind {
        RoleKind::Admin => name_key == crate::text::key(MASTER_ADMIN),
        RoleKind::Bot => BOT_ROLES.iter().any(|(name, _)| crate::text::key(name) == name_key),
    }
}
