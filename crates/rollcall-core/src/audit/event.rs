//! What an event says. Its names are the vendor's published ones where there is one (vendor reference §3.11).

use std::fmt::Display;

use serde_json::Value;

macro_rules! event_kinds {
    ($($kind:ident $category:literal $name:literal),+ $(,)?) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventKind {
            $(#[doc = $name] $kind,)+
        }

        impl EventKind {
            /// Every kind, by category.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// The event's name, as auditors search for it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// The category under which it is filed. The vendor publishes no list; these are ours.
            pub fn category(self) -> &'static str {
                match self { $(Self::$kind => $category,)+ }
            }
        }
    };
}

event_kinds!(
    AccountCreated "Account" "Account Created",
    AccountModified "Account" "Account Modified",
    UserCreated "User Management" "User Created",
    UserModified "User Management" "User Modified",
    UserDeleted "User Management" "User Deleted",
    InvitationSent "User Management" "Invitation Sent",
    InvitationRevoked "User Management" "Invitation Revoked",
    InvitationAccepted "User Management" "Invitation Accepted",
    ErasureRequested "User Management" "User Data Erasure Requested",
    ErasureFailed "User Management" "User Data Erasure Failed",
    UserErased "User Management" "User Data Erased",
    GroupCreated "Group Management" "Group Created",
    GroupUpdated "Group Management" "Group Updated",
    GroupDeleted "Group Management" "Group Deleted",
    UsersAddedToGroup "Group Management" "Users Added to Group",
    UsersRemovedFromGroup "Group Management" "Users Removed from Group",
    GroupsAddedToGroup "Group Management" "Groups Added to Group",
    GroupsRemovedFromGroup "Group Management" "Groups Removed from Group",
    RoleCreated "Role Management" "Role Created",
    RoleUpdated "Role Management" "Role Updated",
    RolePermissionsUpdated "Role Management" "Role Permissions Updated",
    RoleDeleted "Role Management" "Role Deleted",
    AdminRoleAssigned "Role Management" "Admin Role Assigned to Users",
    AdminRoleRemoved "Role Management" "Admin Role Deleted for Users",
    BotRoleAssigned "Role Management" "Bot Role Assigned to Users",
    BotRoleRemoved "Role Management" "Bot Role Deleted for Users",
    RoleAssignedToGroups "Role Management" "Role Assigned to Groups",
    RoleRemovedFromGroups "Role Management" "Role Deleted for Groups",
    BotCreated "Bot Management" "Bot Created",
    BotModified "Bot Management" "Bot Modified",
    BotDeleted "Bot Management" "Bot Deleted",
    BotTasksAssigned "Bot Management" "Bot Task Assignment",
    AppCreated "API Scopes" "App Created",
    AppModified "API Scopes" "App Modified",
    AppDeleted "API Scopes" "App Deleted",
    AppSecretRotated "API Scopes" "App Secret Rotated",
    AppSecretRevoked "API Scopes" "App Secret Revoked",
    AppScopesModified "API Scopes" "App Scopes Modified",
    AppTokenMade "API Scopes" "App Token Made",
    FileUploaded "Files" "File Uploaded",
    InstallationKeyRotated "Security & Control" "Installation Key Rotated",
    EncryptionKeyRenewed "Security & Control" "Encryption Key Renewed",
    SignedIn "Security & Control" "Signed In",
    SignedOut "Security & Control" "Signed Out",
    SessionEnded "Security & Control" "Session Ended",
    SignInLinkMade "Security & Control" "Sign-in Link Made",
    SignInFailed "Security & Control" "Sign-in Failed",
    SignInBarred "Security & Control" "Sign-in Barred",
    PasswordChanged "Security & Control" "Password Changed",
    PasswordResetRequested "Security & Control" "Password Reset Requested",
    SecondFactorAdded "Security & Control" "Second Factor Added",
    SecondFactorRemoved "Security & Control" "Second Factor Removed",
    RecoveryCodesMade "Security & Control" "Recovery Codes Made",
    SsoEnabled "Security & Control" "SSO Configuration Enabled",
    SsoUpdated "Security & Control" "SSO Configuration Updated",
    SsoDisabled "Security & Control" "SSO Configuration Disabled",
);

/// One event, before it has a number.
#[derive(Debug, Clone)]
pub struct Event {
    pub(crate) kind: EventKind,
    pub(crate) target: String,
    pub(crate) description: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

impl Event {
    /// An event about `target`, a public id; `description` is a sentence for people and holds no secret.
    pub fn new(kind: EventKind, target: &impl Display, description: impl Into<String>) -> Self {
        Self { kind, target: target.to_string(), description: description.into(), before: None, after: None }
    }

    /// What was there before, as far as it changed.
    #[must_use]
    pub fn before(mut self, state: Value) -> Self {
        self.before = Some(state);
        self
    }

    /// What is there now, as far as it changed.
    #[must_use]
    pub fn after(mut self, state: Value) -> Self {
        self.after = Some(state);
        self
    }
}
