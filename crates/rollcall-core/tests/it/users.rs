//! Creating users. Looking them up: `users_info`.

use rollcall_core::Code;
use rollcall_core::op::Mode;
use rollcall_core::policy::Scope;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_core::users::{NewUser, Outcome, Profile, ProfileField, RoleOnBot, Status, TaskGrant};
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::setting::{
    app, bot, column, create, details, export, given, group, kept_by_the_directory, number, role, state, statements,
    texts,
};

const UNKNOWN_ROLE: &str = "0123456789abcdef01234567";

/// Two bots, a custom role of each kind, groups of which one carries a role and one hangs below it.
pub(crate) fn furnished() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("ada");
    acme.apply(State {
        bots: vec![bot("Helper", true, &["Leave", "Pay"]), bot("Draft", false, &["Sketch"])],
        roles: vec![role(RoleKind::Admin, "Auditor", &json!({})), role(RoleKind::Bot, "Curator", &json!({}))],
        groups: vec![
            group("Ops", &[], &[]),
            group("Auditors", &[], &["Interns"]),
            group("Interns", &[], &[]),
            group("Staff", &[], &[]),
        ],
        assignments: vec![given("Auditor", None, &[], &["Auditors"])],
        ..state()
    })
    .unwrap();
    acme
}

/// The public ids of the things of [`furnished`], by name.
fn id(acme: &TestRollcall, name: &str) -> String {
    let state = export(acme);
    let groups = state.groups.into_iter().map(|g| (g.name, g.id));
    let roles = state.roles.into_iter().map(|r| (r.name, r.id));
    let dialogs: Vec<_> = state.bots.iter().flat_map(|b| &b.dialogs).map(|d| (d.name.clone(), d.id.clone())).collect();
    let bots = state.bots.into_iter().map(|b| (b.name, b.id));
    let all = groups.chain(roles).chain(dialogs).chain(bots);
    all.into_iter().find(|(has, _)| has == name).and_then(|(_, id)| id).unwrap()
}

fn refused(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Created(id) => panic!("{id} was created"),
        Outcome::Refused(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_user_is_refused_with_every_fault_at_once_each_in_words() {
    let acme = furnished();
    kept_by_the_directory(&acme, "Staff");
    let mut profile = Profile::default();
    profile.set(ProfileField::LastName, Some("O\u{7}bi".into()));
    profile.set(ProfileField::Zip, Some("9".repeat(51)));
    let id = |name: &str| id(&acme, name);
    let (helper, draft) = (id("Helper"), id("Draft"));
    let on = |role: String, bot: Option<&str>| RoleOnBot { role, bot: bot.map(str::to_owned) };
    let grant = |bot: &str, dialogs: Option<&[&str]>| TaskGrant { bot: bot.into(), dialogs: dialogs.map(texts) };
    let user = NewUser {
        email: "a3q4".into(),
        org_user_id: Some("x".repeat(201)),
        profile,
        groups: vec!["e-none".into(), id("Staff"), id("Interns"), "e-none".into()],
        roles: vec![
            on(UNKNOWN_ROLE.into(), Some("st-none")),
            on(id("Curator"), None),
            on(id("Auditor"), Some(&helper)),
        ],
        tasks: vec![grant("st-gone", None), grant(&draft, None), grant(&helper, Some(&["dg-none", &id("Pay"), ""]))],
        can_create_bot: true,
        is_developer: false,
        invite: true,
    };
    let actor = app(&acme, &[Scope::UserManagement]);
    let app = r#"The app "app user-management" (APP) may not grant the role "NAME": that needs the scope role-management ("Profile Management > Role Management")"#;
    let over = |name: &str| app.replace("NAME", name);
    let expected = [
        "Invalid e-mail address \"a3q4\": Missing separator character '@'.".to_owned(),
        "the org user id is 201 characters long; at most 200 are allowed".into(),
        "the last name holds the control character U+0007".into(),
        "the zip is 51 characters long; at most 50 are allowed".into(),
        "Who may create bots must be a developer too".into(),
        "Unknown group id e-none".into(),
        "The members of the group \"Staff\" come from the directory alone".into(),
        format!("{} (the group \"Interns\" carries it)", over("Auditor")),
        "Unknown bot id st-none".into(),
        format!("Unknown role id {UNKNOWN_ROLE}"),
        "The role \"Curator\" is a bot role: say on which bot".into(),
        over("Curator"),
        "The role \"Auditor\" is an admin role: it takes no bot".into(),
        over("Auditor"),
        "Unknown bot id st-gone".into(),
        format!("The bot {draft} is not published for enterprise users: its tasks cannot be assigned"),
        format!("Unknown dialog id dg-none of the bot {helper}"),
    ];
    let client = acme.app(&[Scope::UserManagement]).client_id().to_string();
    let outcomes = create(acme.rollcall(), &actor, Mode::Real, &[user]).unwrap();
    let got: Vec<String> = refused(&outcomes[0]).iter().map(|text| text.replace(&client, "APP")).collect();
    assert_eq!(got, expected);
}

#[test]
fn an_address_or_an_org_user_id_belongs_to_one_user() {
    let acme = furnished();
    let actor = app(&acme, &[Scope::UserManagement]);
    let with = |email: &str, id: &str| NewUser { org_user_id: Some(id.into()), ..NewUser::with_email(email) };
    let asked = [
        with("bo@acme.test", "1"),
        with("ADA@Acme.Test", " 1 "),
        with(" Bo@ACME.test", "2"),
        with("cy@bücher.test", ""),
        with("CY@xn--bcher-kva.test", "3"),
    ];
    let outcomes = create(acme.rollcall(), &actor, Mode::Real, &asked).unwrap();
    assert!(matches!(outcomes[0], Outcome::Created(_)), "{outcomes:?}");
    assert_eq!(
        refused(&outcomes[1]),
        [
            "A user with the e-mail address \"ADA@Acme.Test\" exists in this account",
            "The org user id \"1\" stands in this request more than once"
        ]
    );
    assert_eq!(refused(&outcomes[2]), ["The e-mail address \"Bo@ACME.test\" stands in this request more than once"]);
    assert!(matches!(outcomes[3], Outcome::Created(_)), "{outcomes:?}");
    assert_eq!(
        refused(&outcomes[4]),
        ["The e-mail address \"CY@xn--bcher-kva.test\" stands in this request more than once"]
    );
    let asked =
        [with("dee@acme.test", "1"), with("Dee@acme.test", "1"), with("bo@acme.test", ""), with("bo@acme.test", "")];
    let outcomes = create(acme.rollcall(), &actor, Mode::Real, &asked).unwrap();
    assert_eq!(refused(&outcomes[0]), ["The org user id \"1\" belongs to another user"]);
    assert_eq!(
        refused(&outcomes[1]),
        [
            "The e-mail address \"Dee@acme.test\" stands in this request more than once",
            "The org user id \"1\" stands in this request more than once",
            "The org user id \"1\" belongs to another user",
        ]
    );
    assert_eq!((refused(&outcomes[2]).len(), refused(&outcomes[3]).len()), (1, 2), "each fault of each is told");
}

#[test]
fn a_refused_user_leaves_its_neighbours_alone() {
    let acme = furnished();
    let actor = app(&acme, &Scope::ALL);
    let bad = NewUser { groups: vec!["e-none".into()], ..NewUser::with_email("bad@acme.test") };
    let good = |n: usize| NewUser { groups: vec![id(&acme, "Ops")], ..NewUser::with_email(format!("u{n}@acme.test")) };
    let events = acme.sealed_events();
    let outcomes = create(acme.rollcall(), &actor, Mode::Real, &[good(1), bad.clone(), good(2), bad, good(3)]).unwrap();
    let created: Vec<bool> = outcomes.iter().map(|o| matches!(o, Outcome::Created(_))).collect();
    assert_eq!(created, [true, false, true, false, true]);
    let emails: Vec<String> = export(&acme).users.into_iter().map(|u| u.email).collect();
    assert_eq!(emails, ["ada@acme.test", "u1@acme.test", "u2@acme.test", "u3@acme.test"]);
    assert_eq!(acme.sealed_events(), events + 4, "an event for each who was created, and one for their group");
    assert_eq!(number(&acme, "select count(*) from outbox"), 3);
    assert_eq!(details(&acme, "u2@acme.test").groups[0].1, "Ops");
}

#[test]
fn a_new_user_has_what_was_asked_for() {
    let acme = furnished();
    let mut profile = Profile::default();
    profile.set(ProfileField::FirstName, Some("  Bo ".into()));
    profile.set(ProfileField::LastName, Some("   ".into()));
    let (helper, pay) = (id(&acme, "Helper"), id(&acme, "Pay"));
    let user = NewUser {
        email: " Bo@Acme.TEST ".into(),
        org_user_id: Some(" 7 ".into()),
        profile,
        groups: vec![id(&acme, "Interns"), id(&acme, "Interns"), id(&acme, "Ops")],
        roles: vec![
            RoleOnBot { role: id(&acme, "Auditor"), bot: Some(" ".into()) },
            RoleOnBot { role: id(&acme, "Curator"), bot: Some(helper.clone()) },
            RoleOnBot { role: id(&acme, "Curator"), bot: Some(helper.clone()) },
        ],
        tasks: vec![TaskGrant {
            bot: helper.clone(),
            dialogs: Some(vec![format!(" {pay} "), String::new(), pay.clone()]),
        }],
        can_create_bot: false,
        is_developer: true,
        invite: false,
    };
    let actor = app(&acme, &Scope::ALL);
    let outcomes = create(acme.rollcall(), &actor, Mode::Real, &[user]).unwrap();
    let told = column(&acme, "select name || ': ' || description from audit_events order by id");
    assert_eq!(
        told[told.len() - 6..],
        [
            "User Created: User Bo@Acme.TEST was created",
            "Users Added to Group: 1 user(s) were added to group \"Interns\"",
            "Users Added to Group: 1 user(s) were added to group \"Ops\"",
            "Admin Role Assigned to Users: Role \"Auditor\" was given to user(s) Bo@Acme.TEST",
            "Bot Role Assigned to Users: Role \"Curator\" on the bot \"Helper\" was given to user(s) Bo@Acme.TEST",
            "Bot Task Assignment: Bot tasks were given to Bo@Acme.TEST",
        ]
    );
    let tasks = column(&acme, "select state_after from audit_events where name = 'Bot Task Assignment'");
    assert_eq!(tasks, [format!(r#"[{{"bot":"{helper}","dialogs":["{pay}"]}}]"#)], "as they are meant");
    let bo = details(&acme, "bo@acme.test");
    assert_eq!(outcomes, [Outcome::Created(bo.id.clone())]);
    assert_eq!((bo.email.as_str(), bo.org_user_id.as_deref()), ("Bo@Acme.TEST", Some("7")));
    assert_eq!((bo.first_name.as_deref(), bo.last_name, bo.status), (Some("Bo"), None, Status::Invited));
    assert_eq!((bo.can_create_bot, bo.is_developer, bo.last_login), (false, true, None));
    let groups: Vec<&str> = bo.groups.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(groups, ["Interns", "Ops"]);
    let roles: Vec<_> =
        bo.roles.iter().map(|r| (r.name.as_str(), r.direct, r.groups.clone(), r.bot.is_some())).collect();
    assert_eq!(roles, [("Auditor", true, texts(&["Auditors"]), false), ("Curator", true, vec![], true)]);
    let tasks: Vec<_> =
        bo.tasks.iter().map(|(bot, dialogs)| (bot.as_str(), dialogs[0].as_str(), dialogs.len())).collect();
    assert_eq!(tasks, [(helper.as_str(), pay.as_str(), 1)]);
}

#[test]
fn creating_users_needs_the_same_statements_for_one_as_for_five_hundred() {
    let acme = furnished();
    let actor = app(&acme, &Scope::ALL);
    let (ops, auditor, helper) = (id(&acme, "Ops"), id(&acme, "Auditor"), id(&acme, "Helper"));
    let batch = |name: &str, count: usize| -> Vec<NewUser> {
        let user = |n: usize| NewUser {
            org_user_id: Some(format!("{name}{n}")),
            groups: vec![ops.clone()],
            roles: vec![RoleOnBot { role: auditor.clone(), bot: None }],
            tasks: vec![TaskGrant { bot: helper.clone(), dialogs: None }],
            ..NewUser::with_email(format!("{name}{n}@acme.test"))
        };
        (0..count).map(user).collect()
    };
    let needed = [("a", 1), ("b", 10), ("c", 500)].map(|(name, count)| {
        let asked = batch(name, count);
        let (needed, outcomes) = statements(&acme, || create(acme.rollcall(), &actor, Mode::Real, &asked).unwrap());
        assert!(outcomes.iter().all(|o| matches!(o, Outcome::Created(_))));
        needed
    });
    assert_eq!(needed, [needed[0]; 3]);
}

#[test]
fn a_rehearsal_answers_the_same_and_changes_nothing() {
    let acme = furnished();
    let actor = app(&acme, &Scope::ALL);
    let asked = [NewUser::with_email("bo@acme.test"), NewUser::with_email("ada@acme.test")];
    let (before, events) = (acme.snapshot(), acme.sealed_events());
    let rehearsed = create(acme.rollcall(), &actor, Mode::DryRun, &asked).unwrap();
    assert_eq!((acme.snapshot(), acme.sealed_events()), (before, events));
    assert_eq!(number(&acme, "select (select count(*) from outbox) + (select count(*) from invitations)"), 0);
    let done = create(acme.rollcall(), &actor, Mode::Real, &asked).unwrap();
    assert!(matches!((&rehearsed[0], &done[0]), (Outcome::Created(_), Outcome::Created(_))));
    assert_eq!(rehearsed[1], done[1]);
}

#[test]
fn only_who_may_manage_users_gets_a_transaction() {
    let acme = furnished();
    let actor = app(&acme, &[Scope::RoleManagement]);
    let (needed, refused) = statements(&acme, || {
        create(acme.rollcall(), &actor, Mode::Real, &[NewUser::with_email("bo@acme.test")]).unwrap_err()
    });
    assert_eq!((needed, refused.code()), (0, Code::Forbidden));
    assert!(refused.to_string().contains("lacks the scope user-management"), "{refused}");
}
