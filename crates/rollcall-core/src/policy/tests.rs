//! The decisions as truth tables.

use super::*;
use crate::actor::tests::{admin as signed_in, app, host, invitee, visitor};
use crate::roles::RoleKind;

#[test]
fn nobody_is_shut_out_by_somebody_who_may_do_less() {
    let of = |rights: &[AdminRight]| rights.iter().copied().collect::<AdminRights>();
    let (users, groups) = (of(&[AdminRight::ManageUsers]), of(&[AdminRight::ManageUsers, AdminRight::ManageGroups]));
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
    let of_no_app = [
        P::AdministerAccount,
        P::RunJobs,
        P::AcceptInvitation,
        P::InviteUsers,
        P::ManageGroups,
        P::ManageApps,
        P::UseConsole,
        P::SignIn,
    ];
    let of_apps = |permission: &P| !of_no_app.contains(permission);
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
