//! What an actor may hand on, to whom, and take away: asked by every use-case that can change what anyone may do.

use super::{Permission, Scope, allows};
use crate::actor::{Actor, Admin};
use crate::roles::RoleKind;
use crate::roles::rights::{AdminRight, AdminRights};

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
        Scope::SsoConfiguration => [AdminRight::SingleSignOn].into_iter().collect(),
        Scope::AuditLogs => [AdminRight::AuditReports].into_iter().collect(),
        // Whoever has them may give any custom admin role, or the built-in one, or removes and erases users whoever they are.
        Scope::UserManagement | Scope::RoleManagement | Scope::EraseUsersData | Scope::MasterAdmin => {
            AdminRights::EVERY
        }
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
        may_manage(admin, grant, "take away")?;
        // Who may do more is first made to do less, else, and then shut out.
        let over: Vec<&str> = grant.rights.without(admin.rights).iter().map(AdminRight::key).collect();
        return match over.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "{} may not take away the role {:?}: it gives what they do not have themselves ({})",
                admin.email,
                grant.name,
                over.join(", ")
            )),
        };
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

/// Whether the actor may change anything about somebody: what is known of them, what they may use, their roles, whether
/// they are let in. A membership is asked of as what its group carries. Nobody does so to somebody who may do what they may not. What apps do to users is what their scope is for.
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
