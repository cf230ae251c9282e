//! The only decisions: which permission a scope gives, and which roles an actor may hand on. No lookups, no wire words.

use crate::actor::{Actor, Admin};
use crate::error::{Code, Error, Result};
use crate::roles::RoleKind;
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

/// What matters of a role when somebody hands it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant<'a> {
    pub(crate) kind: RoleKind,
    pub(crate) name: &'a str,
    pub(crate) built_in: bool,
    /// What it newly lets whoever gets it do in the console.
    pub(crate) rights: AdminRights,
}

impl Grant<'_> {
    /// The right that giving and taking roles of this kind needs in the console.
    fn managed_by(&self) -> AdminRight {
        match (self.kind, self.built_in) {
            (RoleKind::Bot, _) => AdminRight::ManageBotRoles,
            (RoleKind::Admin, true) => AdminRight::ManageBuiltInAdminRoles,
            (RoleKind::Admin, false) => AdminRight::ManageCustomAdminRoles,
        }
    }

    /// The built-in `admin` role, which can do everything.
    pub(crate) fn is_master_admin(&self) -> bool {
        self.kind == RoleKind::Admin && self.built_in
    }
}

/// The ceiling (API contract §4): nobody hands on what they may not hand on. Every use-case that can change what anyone
/// may do asks here, nested fields and group membership included.
///
/// # Errors
/// A sentence that names the role and the missing scope.
pub(crate) fn ceiling(actor: &Actor, grant: &Grant<'_>) -> Result<(), String> {
    let needed = match actor {
        Actor::Host(_) => return Ok(()),
        Actor::Invitee(_) => return Err(format!("an invitee may not grant the role {:?}", grant.name)),
        Actor::Visitor(_) => return Err(format!("a visitor may not grant the role {:?}", grant.name)),
        Actor::Admin(admin) => return ceiling_of_admin(admin, grant),
        Actor::App(app) if !app.has(Scope::RoleManagement) => Scope::RoleManagement,
        Actor::App(app) if grant.is_master_admin() && !app.has(Scope::MasterAdmin) => Scope::MasterAdmin,
        Actor::App(_) => return Ok(()),
    };
    Err(format!(
        "{} may not grant the role {:?}: that needs the scope {} (\"{}\")",
        actor.describe(),
        grant.name,
        needed.id(),
        needed.label()
    ))
}

/// An administrator hands on what they may manage, and no more than they have themselves: who manages roles makes nobody
/// an administrator over their own head, least of all themselves.
fn ceiling_of_admin(admin: &Admin, grant: &Grant<'_>) -> Result<(), String> {
    may_manage(admin, grant, "grant")?;
    let over: Vec<&str> = grant.rights.without(admin.rights).iter().map(AdminRight::key).collect();
    if over.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} may not grant the role {:?}: it gives what they do not have themselves ({})",
        admin.email,
        grant.name,
        over.join(", ")
    ))
}

fn may_manage(admin: &Admin, grant: &Grant<'_>, verb: &str) -> Result<(), String> {
    let needed = grant.managed_by();
    if admin.rights.has(needed) {
        return Ok(());
    }
    Err(format!("{} may not {verb} the role {:?}: that needs the right {:?}", admin.email, grant.name, needed.key()))
}

/// The ceiling of what is handed to a program: an administrator gives an app no scope that lets it do more than they may.
///
/// # Errors
/// A sentence that names the scope, and what is missing for it.
pub(crate) fn ceiling_of_scope(actor: &Actor, scope: Scope) -> Result<(), String> {
    let needed: AdminRights = match scope {
        Scope::UserManagement => [AdminRight::ManageUsers, AdminRight::ManageUserSettings].into_iter().collect(),
        Scope::SsoConfiguration => [AdminRight::SingleSignOn].into_iter().collect(),
        Scope::AuditLogs => [AdminRight::AuditReports].into_iter().collect(),
        // Whoever has them may give any custom admin role, or the built-in one, or erases users.
        Scope::RoleManagement | Scope::EraseUsersData | Scope::MasterAdmin => AdminRights::EVERY,
    };
    match actor {
        Actor::Host(_) => Ok(()),
        Actor::Admin(admin) if needed.without(admin.rights).is_empty() => Ok(()),
        Actor::Admin(admin) => {
            let missing: Vec<&str> = needed.without(admin.rights).iter().map(AdminRight::key).collect();
            Err(format!(
                "{} may not give an app the scope {} ({:?}): it would let it do what they may not do themselves ({})",
                admin.email,
                scope.id(),
                scope.label(),
                missing.join(", ")
            ))
        }
        Actor::App(_) | Actor::Invitee(_) | Actor::Visitor(_) => {
            Err(format!("{} may not give an app the scope {}", actor.describe(), scope.id()))
        }
    }
}

/// A right of a user that is no role: a flag, or the tasks of a bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Right {
    Develop,
    CreateBots,
    UseDataTables,
    UseTasks,
}

impl Right {
    /// What whoever has it may do, and the permissions of the routes that are made for giving it.
    fn given_by(self) -> (&'static str, &'static [Permission]) {
        match self {
            Self::Develop => ("use the builder", &[Permission::ManageUsers, Permission::ManageAccess]),
            Self::CreateBots => ("create bots", &[Permission::ManageUsers, Permission::ManageAccess]),
            Self::UseDataTables => ("use data tables", &[Permission::ManageAccess]),
            Self::UseTasks => ("use tasks of bots", &[Permission::ManageUsers]),
        }
    }
}

/// The ceiling of what is no role: whoever may not give a right by the route that is made for it gives it by no other.
///
/// # Errors
/// A sentence that names the right and the scopes of which one is missing.
pub(crate) fn ceiling_of_right(actor: &Actor, right: Right) -> Result<(), String> {
    let (what, permissions) = right.given_by();
    if permissions.iter().any(|permission| allows(actor, *permission)) {
        return Ok(());
    }
    if let Actor::Admin(admin) = actor {
        return Err(format!("{} may not let anybody {what}: none of their roles gives that right", admin.email));
    }
    let scopes = permissions.iter().filter_map(|permission| permission.scope());
    let scopes: Vec<String> = scopes.map(|scope| format!("{} (\"{}\")", scope.id(), scope.label())).collect();
    Err(format!("{} may not let anybody {what}: that needs the scope {}", actor.describe(), scopes.join(" or ")))
}

/// Whether the actor may take a role away, from somebody or with a membership: as in an assignment, whatever the role.
///
/// # Errors
/// A sentence that names the role and the missing scope.
pub(crate) fn taking(actor: &Actor, grant: &Grant<'_>) -> Result<(), String> {
    if let Actor::Admin(admin) = actor {
        return may_manage(admin, grant, "take away");
    }
    if allows(actor, Permission::ManageRoles) {
        return Ok(());
    }
    let needed = Scope::RoleManagement;
    Err(format!(
        "{} may not take away the role {:?}: that needs the scope {} (\"{}\")",
        actor.describe(),
        grant.name,
        needed.id(),
        needed.label()
    ))
}

/// Whether the actor may shut somebody out, let them in again, remove them or end their sessions: nobody does so to somebody
/// who may do what they may not. What apps do to users is what their scope is for.
///
/// # Errors
/// A sentence that names whom, and the rights.
pub(crate) fn over_user(actor: &Actor, email: &str, rights: AdminRights) -> Result<(), String> {
    match actor {
        Actor::Host(_) | Actor::App(_) => Ok(()),
        Actor::Admin(admin) => {
            let over: Vec<&str> = rights.without(admin.rights).iter().map(AdminRight::key).collect();
            if over.is_empty() {
                return Ok(());
            }
            Err(format!(
                "{} may not do this to {email}, who has rights that they do not have themselves ({})",
                admin.email,
                over.join(", ")
            ))
        }
        Actor::Invitee(_) | Actor::Visitor(_) => Err(format!("{} may not do this to {email}", actor.describe())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::tests::{admin as signed_in, app, host, invitee, visitor};

    #[test]
    fn nobody_is_shut_out_by_somebody_who_may_do_less() {
        let of = |rights: &[AdminRight]| rights.iter().copied().collect::<AdminRights>();
        let (users, groups) =
            (of(&[AdminRight::ManageUsers]), of(&[AdminRight::ManageUsers, AdminRight::ManageGroups]));
        // (actor, over somebody without rights, over one who manages users, over one who manages groups too, over an admin)
        let table = [
            (host(), [true; 4]),
            (app(&[Scope::UserManagement]), [true; 4]),
            (signed_in(users), [true, true, false, false]),
            (signed_in(groups), [true, true, true, false]),
            (signed_in(AdminRights::EVERY), [true; 4]),
            (signed_in(AdminRights::NONE), [true, false, false, false]),
            (invitee(), [false; 4]),
            (visitor(), [false; 4]),
        ];
        for (actor, expected) in table {
            let over = [AdminRights::NONE, users, groups, AdminRights::EVERY];
            assert_eq!(over.map(|rights| over_user(&actor, "bo@acme.test", rights).is_ok()), expected, "{actor:?}");
        }
        let why = over_user(&signed_in(users), "bo@acme.test", groups).unwrap_err();
        assert!(why.contains("bo@acme.test") && why.contains("Manage Groups"), "{why}");
    }

    #[test]
    fn what_each_scope_allows_and_nothing_else() {
        use Permission as P;
        let of_apps = |permission: &P| !matches!(permission, P::AdministerAccount | P::RunJobs | P::AcceptInvitation);
        let every: Vec<P> = P::ALL.into_iter().filter(of_apps).collect();
        let roles =
            [P::ViewGroups, P::ManageRoles, P::ViewRoles, P::ViewAccess, P::ManageAccess, P::ViewBots, P::UploadFiles];
        let table: [(&[Scope], &[P]); 8] = [
            (&[], &[P::UploadFiles]),
            (&[Scope::UserManagement], &[P::ManageUsers, P::ViewUsers, P::UploadFiles]),
            (&[Scope::RoleManagement], &roles),
            (&[Scope::SsoConfiguration], &[P::UploadFiles, P::ViewSso, P::ManageSso]),
            (&[Scope::EraseUsersData], &[P::UploadFiles, P::EraseUsersData]),
            (&[Scope::AuditLogs], &[P::UploadFiles, P::ViewAuditLog]),
            (&[Scope::MasterAdmin], &[P::UploadFiles]),
            (&Scope::ALL, &every),
        ];
        for (scopes, expected) in table {
            let actor = app(scopes);
            let allowed: Vec<_> = P::ALL.into_iter().filter(|p| allows(&actor, *p)).collect();
            assert_eq!(allowed, expected, "{scopes:?}");
        }
        assert_eq!(P::ALL.into_iter().filter(|p| allows(&invitee(), *p)).collect::<Vec<_>>(), [P::AcceptInvitation]);
        assert!(!allows(&host(), P::AcceptInvitation));
    }

    #[test]
    fn the_ceiling_is_this_table() {
        let rights = AdminRights::NONE;
        let admin = Grant { kind: RoleKind::Admin, name: "admin", built_in: true, rights };
        let auditor = Grant { kind: RoleKind::Admin, name: "Auditor", built_in: false, rights };
        let tester = Grant { kind: RoleKind::Bot, name: "Bot Tester", built_in: true, rights };
        // (actor, master admin, custom admin role, bot role, taking any of them away)
        let table = [
            (app(&[]), false, false, false, false),
            (app(&[Scope::UserManagement]), false, false, false, false),
            (app(&[Scope::UserManagement, Scope::MasterAdmin]), false, false, false, false),
            (app(&[Scope::RoleManagement]), false, true, true, true),
            (app(&[Scope::RoleManagement, Scope::MasterAdmin]), true, true, true, true),
            (host(), true, true, true, true),
            (invitee(), false, false, false, false),
        ];
        for (actor, a, b, c, d) in table {
            let got = [&admin, &auditor, &tester].map(|grant| ceiling(&actor, grant).is_ok());
            assert_eq!(got, [a, b, c], "{actor:?}");
            let got = [&admin, &auditor, &tester].map(|grant| taking(&actor, grant).is_ok());
            assert_eq!(got, [d; 3], "{actor:?}");
        }
    }

    #[test]
    fn the_ceiling_of_rights_is_this_table() {
        let rights = [Right::Develop, Right::CreateBots, Right::UseDataTables, Right::UseTasks];
        let table = [
            (app(&[Scope::UserManagement]), [true, true, false, true]),
            (app(&[Scope::RoleManagement]), [true, true, true, false]),
            (app(&[Scope::SsoConfiguration, Scope::EraseUsersData, Scope::AuditLogs, Scope::MasterAdmin]), [false; 4]),
            (host(), [true; 4]),
            (invitee(), [false; 4]),
        ];
        for (actor, expected) in table {
            assert_eq!(rights.map(|right| ceiling_of_right(&actor, right).is_ok()), expected, "{actor:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_scope_the_app_and_the_mend() {
        let error = require(&app(&[]), Permission::ManageUsers).unwrap_err();
        assert_eq!(error.code(), Code::Forbidden);
        for part in ["user-management", "User Management > User Management", "cs-", "rollcall app scopes"] {
            assert!(error.to_string().contains(part), "{error} lacks {part}");
        }
    }
}
