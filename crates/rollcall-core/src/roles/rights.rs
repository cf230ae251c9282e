//! What admin roles let their holders do, as a set: the keys of the admin catalogue that say YES.

use serde_json::{Map, Value};

use super::{RoleKind, built_in, catalogue};

/// A key of the admin catalogue (vendor reference §3.4) that something of Rollcall's is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum AdminRight {
    /// Asking people to join.
    Invite,
    /// Bringing users in from files.
    ImportUsers,
    /// Bringing users in from a directory.
    DirectorySync,
    /// Creating, changing and removing users.
    ManageUsers,
    /// Saying who may use the builder, create bots and use data tables.
    ManageUserSettings,
    /// Making groups, and saying who is in them.
    ManageGroups,
    /// Making admin roles, and giving them.
    ManageCustomAdminRoles,
    /// Giving the built-in admin role.
    ManageBuiltInAdminRoles,
    /// Making bot roles, and giving them.
    ManageBotRoles,
    /// Deployment of bots.
    ManageDeployment,
    /// Seeing bots for the enterprise.
    EnterpriseBots,
    /// Seeing bots for consumers.
    ConsumerBots,
    /// Seeing smart bots.
    SmartBots,
    /// Preferences of the account.
    Preferences,
    /// Single sign-on.
    SingleSignOn,
    /// The connector, of which Rollcall has none.
    Connector,
    /// Keys of the enterprise, which Rollcall's host keeps.
    EnterpriseKey,
    /// Client apps and their scopes.
    ApiScopes,
    /// Reading the audit log.
    AuditReports,
    /// Chat history, of which Rollcall has none.
    ChatHistory,
}

impl AdminRight {
    /// Every right, in the order of the catalogue.
    pub const ALL: [Self; 20] = [
        Self::Invite,
        Self::ImportUsers,
        Self::DirectorySync,
        Self::ManageUsers,
        Self::ManageUserSettings,
        Self::ManageGroups,
        Self::ManageCustomAdminRoles,
        Self::ManageBuiltInAdminRoles,
        Self::ManageBotRoles,
        Self::ManageDeployment,
        Self::EnterpriseBots,
        Self::ConsumerBots,
        Self::SmartBots,
        Self::Preferences,
        Self::SingleSignOn,
        Self::Connector,
        Self::EnterpriseKey,
        Self::ApiScopes,
        Self::AuditReports,
        Self::ChatHistory,
    ];

    /// The key of the catalogue.
    pub fn key(self) -> &'static str {
        built_in::ADMIN[self as usize]
    }
}

/// A set of admin rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AdminRights(u32);

impl AdminRights {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// All of them: what the built-in `admin` role gives.
    pub const EVERY: Self = Self((1 << AdminRight::ALL.len()) - 1);

    /// What a role of that kind with these permissions gives. Keys that no catalogue knows give nothing.
    pub fn of(kind: RoleKind, permissions: &Map<String, Value>) -> Self {
        if kind != RoleKind::Admin {
            return Self::NONE;
        }
        let is_given = |right: &AdminRight| {
            let value = permissions.get(right.key());
            value.and_then(|value| catalogue::word(kind, right.key(), value)) == Some("YES")
        };
        AdminRight::ALL.into_iter().filter(is_given).collect()
    }

    /// As [`Self::of`], for permissions as they are kept: a JSON object.
    pub(crate) fn of_text(kind: RoleKind, permissions: &str) -> Self {
        serde_json::from_str::<Map<String, Value>>(permissions).map_or(Self::NONE, |map| Self::of(kind, &map))
    }

    /// Whether the right is among them.
    pub fn has(self, right: AdminRight) -> bool {
        self.0 & (1 << right as u32) != 0
    }

    /// Whether there is any.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and those.
    #[must_use]
    pub fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those of these that are not among the others.
    #[must_use]
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// One after the other, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = AdminRight> {
        AdminRight::ALL.into_iter().filter(move |right| self.has(*right))
    }

    /// As the store keeps them.
    pub(crate) fn bits(self) -> i64 {
        i64::from(self.0)
    }

    /// Reads what the store keeps.
    pub(crate) fn stored(bits: i64) -> Self {
        Self(u32::try_from(bits).unwrap_or(0) & Self::EVERY.0)
    }
}

impl FromIterator<AdminRight> for AdminRights {
    fn from_iter<I: IntoIterator<Item = AdminRight>>(rights: I) -> Self {
        Self(rights.into_iter().fold(0, |bits, right| bits | (1 << right as u32)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rights_stand_in_the_order_of_the_catalogue() {
        for (n, right) in AdminRight::ALL.into_iter().enumerate() {
            assert_eq!((right as usize, right.key()), (n, built_in::ADMIN[n]));
        }
        assert_eq!(AdminRights::EVERY.iter().count(), built_in::ADMIN.len());
    }

    #[test]
    fn a_role_gives_what_says_yes_and_nothing_else() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let permissions = map(json!({"Invite": "YES", "Manage Users": ["YES"], "Manage Groups": "NO",
            "API Scopes": ["NO"], "Preferences": true, "manage users": "YES", "X": {"API Scopes": "YES"}}));
        let rights = AdminRights::of(RoleKind::Admin, &permissions);
        assert_eq!(rights.iter().collect::<Vec<_>>(), [AdminRight::Invite, AdminRight::ManageUsers]);
        assert_eq!(AdminRights::of(RoleKind::Bot, &permissions), AdminRights::NONE);
        assert_eq!(AdminRights::stored(rights.bits()), rights);
        assert_eq!(AdminRights::stored(-1), AdminRights::NONE);
        assert_eq!(AdminRights::of_text(RoleKind::Admin, "no JSON"), AdminRights::NONE);
    }
}
