//! `docs/permissions.md`: who may do what, asked of the policy itself with real actors.

use rollcall_core::actor::Actor;
use rollcall_core::policy::{self, AdminGate, Permission, Scope};
use rollcall_testkit::TestRollcall;
use rollcall_web::console::{self, Needs};
use rollcall_web::rest::ROUTES;
use serde_json::{Value, json};

use super::{compare, table};
use crate::acme::{acme, admin_role, bot_id, bot_role, letters};

fn meaning(permission: Permission) -> &'static str {
    match permission {
        Permission::ManageUsers => "Create and change users",
        Permission::ViewUsers => "Look users up, with their roles and groups",
        Permission::ViewGroups => "List groups with their members",
        Permission::ManageRoles => "Assign roles, import them",
        Permission::ViewRoles => "List roles with what they permit",
        Permission::ViewAccess => "List all users with the roles that they hold",
        Permission::ManageAccess => "Say who may use the builder, create bots and use data tables",
        Permission::ViewBots => "List bots",
        Permission::UploadFiles => "Upload files for other calls to take up",
        Permission::ViewSso => "Read the settings of single sign-on",
        Permission::ManageSso => "Change the settings of single sign-on",
        Permission::EraseUsersData => "Erase the personal data of users, and see how that goes",
        Permission::ViewAuditLog => "Read the audit log",
        Permission::AdministerAccount => "Everything about an account from its host: account files, client apps",
        Permission::RunJobs => "Rollcall's own work: delivering messages, sealing the audit log, cleaning up",
        Permission::AcceptInvitation => "Take up the invitation whose token one holds",
        Permission::InviteUsers => "Ask people to join once more, or no longer",
        Permission::ManageGroups => "Make groups, change them, and say who is in them",
        Permission::ManageApps => "Make client apps, change them, and see why their tokens were refused",
        Permission::UseConsole => "Be in the console, and see to how one signs in oneself",
        Permission::SignIn => "Show who one is",
    }
}

/// An app with one scope, as a verified token proves it.
async fn app(acme: &TestRollcall, scope: Scope) -> Actor {
    let (id, rollcall) = (acme.app(&[scope]).client_id().to_string(), acme.rollcall());
    let token = acme.read(move |view| rollcall_core::apps::token::mint(view, &id, None, false)).expect("a token");
    rollcall.authenticate(token.expose().to_owned(), None).await.expect("a database").expect("a good token")
}

/// Somebody who holds the token of an open invitation.
async fn invitee(acme: &TestRollcall) -> Actor {
    let body = json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}]});
    acme.app(&[Scope::UserManagement]).post("users", &body).await;
    let token = letters(acme).remove(0).token;
    let known = acme.rollcall().recognise_invitation(token.expose().to_owned(), None).await;
    known.expect("a database").expect("an open invitation")
}

fn mark(yes: bool) -> String {
    if yes { "yes" } else { "–" }.to_owned()
}

async fn holders() -> String {
    let acme = TestRollcall::new();
    let mut actors = Vec::new();
    for scope in Scope::ALL {
        actors.push(app(&acme, scope).await);
    }
    actors.extend([acme.host_actor(), invitee(&acme).await]);
    let row = |permission: Permission| {
        let mut row = vec![format!("`{permission:?}`"), meaning(permission).to_owned()];
        row.extend(actors.iter().map(|actor| mark(policy::allows(actor, permission))));
        row
    };
    let mut heads = vec!["Permission", "What it is for"];
    heads.extend(Scope::ALL.map(Scope::id));
    heads.extend(["the host", "an invitee"]);
    table(&heads, &Permission::ALL.map(row))
}

fn scopes() -> String {
    let of = |scope: Scope| {
        let gives = Permission::ALL.into_iter().filter(|p| p.scope() == Some(scope)).map(|p| format!("`{p:?}`"));
        let gives = gives.collect::<Vec<_>>().join(", ");
        vec![format!("`{}`", scope.id()), scope.label().to_owned(), if gives.is_empty() { "–".into() } else { gives }]
    };
    table(&["Scope", "The vendor's label", "Gives"], &Scope::ALL.map(of))
}

fn routes() -> String {
    let row = |route: &rollcall_web::rest::Route| {
        let scope = route.permission.scope().map_or_else(|| "any app".to_owned(), |scope| format!("`{}`", scope.id()));
        vec![
            format!("`{} /api/public/{}`", route.method, route.path),
            format!("`{:?}`", route.permission),
            scope,
            mark(route.mutates),
        ]
    };
    table(&["Route", "Permission", "Scope", "Changes anything"], &ROUTES.iter().map(row).collect::<Vec<_>>())
}

/// Which rights of admin roles give a permission to an administrator in the console.
fn rights() -> String {
    let row = |permission: Permission| {
        let by = match permission.admin_gate() {
            AdminGate::AnyOf(rights) => {
                rights.iter().map(|r| format!("`{}`", r.key())).collect::<Vec<_>>().join(" or ")
            }
            AdminGate::Every => "all rights together".to_owned(),
            AdminGate::AnyAdmin => "any right".to_owned(),
            AdminGate::NoAdmin => "–".to_owned(),
        };
        vec![format!("`{permission:?}`"), by]
    };
    table(&["Permission", "Rights that give it"], &Permission::ALL.map(row))
}

fn pages() -> String {
    let row = |route: &console::Route| {
        let needs = match route.needs {
            Needs::Permission(permission) => format!("`{permission:?}`"),
            other => format!("{other:?}").to_lowercase(),
        };
        vec![format!("`{} {}`", route.method, route.path), needs]
    };
    table(&["Page or form", "Needs"], &console::all_routes().map(row).collect::<Vec<_>>())
}

/// Which roles each set of scopes may hand on: found out by rehearsing it.
async fn ceiling() -> String {
    let acme = acme();
    let roles = [
        json!({"roleId": bot_role("Bot Tester"), "botId": bot_id("Travel desk")}),
        json!({"roleId": admin_role("Auditor")}),
        json!({"roleId": admin_role("admin")}),
    ];
    let sets: [&[Scope]; 4] = [
        &[Scope::UserManagement],
        &[Scope::UserManagement, Scope::MasterAdmin],
        &[Scope::UserManagement, Scope::RoleManagement],
        &[Scope::UserManagement, Scope::RoleManagement, Scope::MasterAdmin],
    ];
    let mut rows = Vec::new();
    for scopes in sets {
        let app = acme.app(scopes);
        let mut row = vec![scopes.iter().map(|scope| format!("`{}`", scope.id())).collect::<Vec<_>>().join(" ")];
        for role in &roles {
            let body = json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}, "roles": [role]}]});
            let reply = app.post("users?dryRun=true", &body).await.json();
            row.push(mark(reply["failedUserDetails"] == Value::Null));
        }
        rows.push(row);
    }
    table(&["An app with", "bot roles", "custom admin roles", "the built-in `admin` role"], &rows)
}

const INTRODUCTION: &str = "# Permissions

Generated by a test from the policy itself; `cargo xtask generate` writes it anew.

A client app acts with its scopes. The host acts through the command line and Rollcall's own jobs. An invitee is somebody
who holds the token of an open invitation, a visitor somebody who is about to sign in to the console; neither may do anything
else. An administrator is a user who has signed in there, and acts with the rights of their admin roles.
";

const SCOPES: &str = "
Scopes that give nothing belong to calls that this version does not have; `master-admin` counts under the last heading.
";

const CEILING: &str = "
## What may be handed on

Nobody hands on what they may not hand on, by whatever way: as a role of a user, new or not, in an assignment, or by adding
somebody to a group that carries the role, itself or through a group above it. To take a role away from somebody, by any of
these ways, needs `role-management`, whatever the role.

";

const OF_ADMINS: &str = "
An administrator hands on roles of the kinds that they may manage (bot roles, custom admin roles, the built-in one), and of these
only such as give nobody more than they have themselves; they write no more into a role; and they make no client app, give none
a secret or a token, whose scopes let it do what they may not.
";

#[tokio::test]
async fn generated_documents_permissions() {
    let text = format!(
        "{INTRODUCTION}\n## Who holds which permission\n\n{}\n## Scopes of client apps\n\n{}{SCOPES}\n## Routes of the API\n\n{}\n\
         ## Rights of administrators\n\n{}\n## Pages of the console\n\n{}{CEILING}{}{OF_ADMINS}",
        holders().await,
        scopes(),
        routes(),
        rights(),
        pages(),
        ceiling().await
    );
    compare("permissions.md", &text);
}
