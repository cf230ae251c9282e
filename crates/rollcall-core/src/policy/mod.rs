//! The only decisions: which permission a scope gives, and which roles an actor may hand on. No lookups, no wire words.

mod ceiling;
#[cfg(test)]
mod tests;

pub(crate) use ceiling::{Grant, Right, ceiling, ceiling_of_right, ceiling_of_scope, over_user, taking};

use crate::actor::Actor;
use crate::error::{Code, Error, Result};
use crate::roles::rights::{AdminRight, AdminRights};

/// What a client app was allowed when it was made (API contract §1, Scopes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Users: create, change, look up.
    UserManagement,
    /// Single sign-on settings.
    SsoConfiguration,
    /// Roles, groups and assignments.
    RoleManagement,
    /// Erasing the data of users.
    EraseUsersData,
    /// Reading the audit log.
    AuditLogs,
    /// Handing on the built-in `admin` role (§4).
    MasterAdmin,
}

impl Scope {
    /// Every scope, in the order of the contract.
    pub const ALL: [Self; 6] = [
        Self::UserManagement,
        Self::SsoConfiguration,
        Self::RoleManagement,
        Self::EraseUsersData,
        Self::AuditLogs,
        Self::MasterAdmin,
    ];

    /// The id by which files, commands and tables name it.
    pub fn id(self) -> &'static str {
        match self {
            Self::UserManagement => "user-management",
            Self::SsoConfiguration => "sso-configuration",
            Self::RoleManagement => "role-management",
            Self::EraseUsersData => "erase-users-data",
            Self::AuditLogs => "audit-logs",
            Self::MasterAdmin => "master-admin",
        }
    }

    /// What administrators see: the vendor's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::UserManagement => "User Management > User Management",
            Self::SsoConfiguration => "User Management > SSO Configuration",
            Self::RoleManagement => "Profile Management > Role Management",
            Self::EraseUsersData => "Profile Management > Delete Users Data",
            Self::AuditLogs => "Logs > Admin Console Audit Logs",
            Self::MasterAdmin => "Master Admin",
        }
    }

    /// Reads a scope's id or one of its labels.
    ///
    /// # Errors
    /// A sentence that lists the scopes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|scope| scope.id() == text || scope.label() == text)
            .or((text == "Role Management > Role Management").then_some(Self::RoleManagement))
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::id).join(", ");
                format!("unknown scope {text:?}; there are: {known}")
            })
    }
}

/// What an app must have for a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// This scope.
    Scope(Scope),
    /// Nothing: every app of the account has it.
    AnyApp,
    /// No app ever has it.
    NoApp,
}

/// A right that a use-case asks for before there is a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Create and change users.
    ManageUsers,
    /// Look users up, with their roles and groups.
    ViewUsers,
    /// List groups with their members.
    ViewGroups,
    /// Assign roles, import them.
    ManageRoles,
    /// List roles with what they permit.
    ViewRoles,
    /// List all users with the roles that they hold.
    ViewAccess,
    /// Say who may use the builder, create bots and use data tables.
    ManageAccess,
    /// List bots.
    ViewBots,
    /// Upload files for other calls to take up.
    UploadFiles,
    /// Read the settings of single sign-on.
    ViewSso,
    /// Change the settings of single sign-on.
    ManageSso,
    /// Erase the personal data of users, and see how that goes.
    EraseUsersData,
    /// Read the audit log.
    ViewAuditLog,
    /// Everything about an account, from its host: account files, client apps.
    AdministerAccount,
    /// Rollcall's own work: delivering messages, sealing the audit log, cleaning up.
    RunJobs,
    /// Take up the invitation whose token one holds.
    AcceptInvitation,
    /// Ask people to join once more, or no longer.
    InviteUsers,
    /// Make groups, change them, and say who is in them.
    ManageGroups,
    /// Make client apps, change them, and see why their tokens were refused.
    ManageApps,
    /// Be in the console, and see to how one signs in oneself.
    UseConsole,
    /// Show who one is.
    SignIn,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 21] = [
        Self::ManageUsers,
        Self::ViewUsers,
        Self::ViewGroups,
        Self::ManageRoles,
        Self::ViewRoles,
        Self::ViewAccess,
        Self::ManageAccess,
        Self::ViewBots,
        Self::UploadFiles,
        Self::ViewSso,
        Self::ManageSso,
        Self::EraseUsersData,
        Self::ViewAuditLog,
        Self::AdministerAccount,
        Self::RunJobs,
        Self::AcceptInvitation,
        Self::InviteUsers,
        Self::ManageGroups,
        Self::ManageApps,
        Self::UseConsole,
        Self::SignIn,
    ];

    /// What gives it to an app.
    pub fn gate(self) -> Gate {
        match self {
            Self::ManageUsers | Self::ViewUsers => Gate::Scope(Scope::UserManagement),
            Self::ViewGroups
            | Self::ManageRoles
            | Self::ViewRoles
            | Self::ViewAccess
            | Self::ManageAccess
            | Self::ViewBots => Gate::Scope(Scope::RoleManagement),
            Self::ViewSso | Self::ManageSso => Gate::Scope(Scope::SsoConfiguration),
            Self::EraseUsersData => Gate::Scope(Scope::EraseUsersData),
            Self::ViewAuditLog => Gate::Scope(Scope::AuditLogs),
            Self::UploadFiles => Gate::AnyApp,
            Self::AdministerAccount
            | Self::RunJobs
            | Self::AcceptInvitation
            | Self::InviteUsers
            | Self::ManageGroups
            | Self::ManageApps
            | Self::UseConsole
            | Self::SignIn => Gate::NoApp,
        }
    }

    /// What gives it to an administrator in the console.
    pub fn admin_gate(self) -> AdminGate {
        use AdminRight as R;
        match self {
            Self::ManageUsers => AdminGate::AnyOf(&[R::ManageUsers]),
            Self::InviteUsers => AdminGate::AnyOf(&[R::Invite, R::ManageUsers]),
            Self::ViewUsers => AdminGate::AnyOf(&[
                R::ManageUsers,
                R::Invite,
                R::ImportUsers,
                R::DirectorySync,
                R::ManageUserSettings,
                R::ManageGroups,
                R::ManageCustomAdminRoles,
                R::ManageBuiltInAdminRoles,
                R::ManageBotRoles,
            ]),
            Self::ViewAccess => AdminGate::AnyOf(&[
                R::ManageUsers,
                R::ManageUserSettings,
                R::ManageCustomAdminRoles,
                R::ManageBuiltInAdminRoles,
                R::ManageBotRoles,
            ]),
            Self::ManageAccess => AdminGate::AnyOf(&[R::ManageUserSettings]),
            Self::ManageGroups => AdminGate::AnyOf(&[R::ManageGroups]),
            Self::ViewGroups | Self::ViewRoles => AdminGate::AnyOf(&[
                R::ManageUsers,
                R::ManageGroups,
                R::ManageCustomAdminRoles,
                R::ManageBuiltInAdminRoles,
                R::ManageBotRoles,
            ]),
            Self::ManageRoles => {
                AdminGate::AnyOf(&[R::ManageCustomAdminRoles, R::ManageBuiltInAdminRoles, R::ManageBotRoles])
            }
            Self::ViewBots => AdminGate::AnyOf(&[
                R::ManageBotRoles,
                R::ManageDeployment,
                R::EnterpriseBots,
                R::ConsumerBots,
                R::SmartBots,
            ]),
            Self::ViewSso | Self::ManageSso => AdminGate::AnyOf(&[R::SingleSignOn]),
            Self::ManageApps => AdminGate::AnyOf(&[R::ApiScopes]),
            Self::ViewAuditLog => AdminGate::AnyOf(&[R::AuditReports]),
            Self::EraseUsersData => AdminGate::Every,
            Self::UseConsole => AdminGate::AnyAdmin,
            Self::UploadFiles | Self::AdministerAccount | Self::RunJobs | Self::AcceptInvitation | Self::SignIn => {
                AdminGate::NoAdmin
            }
        }
    }

    /// The scope that gives it to an app; none for what every app may do, or none.
    pub fn scope(self) -> Option<Scope> {
        match self.gate() {
            Gate::Scope(scope) => Some(scope),
            Gate::AnyApp | Gate::NoApp => None,
        }
    }
}

/// What an administrator must have for a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminGate {
    /// One of these rights.
    AnyOf(&'static [AdminRight]),
    /// All rights that there are.
    Every,
    /// Nothing more: every administrator has it.
    AnyAdmin,
    /// No administrator ever has it.
    NoAdmin,
}

impl AdminGate {
    fn lets_in(self, rights: AdminRights) -> bool {
        match self {
            Self::AnyOf(any) => any.iter().any(|right| rights.has(*right)),
            Self::Every => rights == AdminRights::EVERY,
            Self::AnyAdmin => !rights.is_empty(),
            Self::NoAdmin => false,
        }
    }
}

/// Whether the actor holds the permission.
pub fn allows(actor: &Actor, permission: Permission) -> bool {
    match actor {
        Actor::App(app) => match permission.gate() {
            Gate::Scope(scope) => app.has(scope),
            Gate::AnyApp => true,
            Gate::NoApp => false,
        },
        Actor::Host(_) => match permission {
            Permission::ManageUsers
            | Permission::ViewUsers
            | Permission::ViewGroups
            | Permission::ManageRoles
            | Permission::ViewRoles
            | Permission::ViewAccess
            | Permission::ManageAccess
            | Permission::ViewBots
            | Permission::UploadFiles
            | Permission::ViewSso
            | Permission::ManageSso
            | Permission::EraseUsersData
            | Permission::ViewAuditLog
            | Permission::AdministerAccount
            | Permission::RunJobs
            | Permission::InviteUsers
            | Permission::ManageGroups
            | Permission::ManageApps => true,
            Permission::AcceptInvitation | Permission::UseConsole | Permission::SignIn => false,
        },
        Actor::Invitee(_) => permission == Permission::AcceptInvitation,
        Actor::Admin(admin) => permission.admin_gate().lets_in(admin.rights),
        Actor::Visitor(_) => permission == Permission::SignIn,
    }
}

/// Refuses an actor without the permission, with the hint that helps them: the contract's helpful 403.
///
/// # Errors
/// [`Code::Forbidden`], naming the missing scope and the app.
pub fn require(actor: &Actor, permission: Permission) -> Result<()> {
    if allows(actor, permission) {
        return Ok(());
    }
    let message = match (actor, permission.scope()) {
        (Actor::App(app), Some(scope)) => format!(
            "The app {:?} ({}) lacks the scope {} (\"{}\"). Add it with: rollcall app scopes {} --add {}",
            app.name(),
            app.client_id(),
            scope.id(),
            scope.label(),
            app.client_id(),
            scope.id()
        ),
        (Actor::Admin(admin), _) => match permission.admin_gate() {
            AdminGate::AnyOf(rights) => {
                let rights: Vec<&str> = rights.iter().map(|right| right.key()).collect();
                format!(
                    "{} may not do this: none of their roles gives {}. Somebody who manages admin roles can give one that does",
                    admin.email,
                    rights.join(" or ")
                )
            }
            _ => format!("{} may not do this: only holders of the built-in admin role may", admin.email),
        },
        _ => format!("{} may not do this", actor.describe()),
    };
    Err(Error::new(Code::Forbidden, message))
}
