//! Bringing an account to a description, and describing it. What is wrong with descriptions: `sync_faults`; where they
//! meet the rules of the domain: `sync_rules`.

use rollcall_core::bots::Audience;
use rollcall_core::chance;
use rollcall_core::change::Change;
use rollcall_core::op::Mode;
use rollcall_core::page::Page;
use rollcall_core::policy::Scope;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{AssignmentState, BotState, GroupState, Report, State, TaskState, UserState};
use rollcall_core::users::{self, ProfileField, Status};
use rollcall_testkit::{START, TestRollcall, user};
use serde_json::json;

use crate::setting::{DAY, active, app_state, bot, export, given, group, number, prune, role, state, texts};

pub(crate) fn task(bot: &str, dialogs: Option<&[&str]>) -> TaskState {
    TaskState { bot: bot.into(), dialogs: dialogs.map(texts) }
}

/// Some of everything that a description can hold.
pub(crate) fn everything() -> State {
    let ada = UserState {
        org_user_id: Change::Set("A 1".into()),
        profile: ProfileField::ALL.map(|field| (field, Change::Set(format!("Ada's {}", field.label())))).to_vec(),
        data_tables: Some(true),
        tasks: Some(vec![task("Helper", None), task("Oracle", Some(&["Ask", "Answer", "Doubt"]))]),
        ..active("Ada@Acme.test")
    };
    let bo = UserState {
        can_create_bot: Some(false),
        is_developer: Some(false),
        tasks: Some(vec![task("Oracle", Some(&["Doubt", "Ask"]))]),
        ..user("bo@acme.test", Status::Suspended)
    };
    let expiring = AssignmentState {
        expires: Some(START.plus_millis(DAY)),
        ..given("Auditor", None, &["bo@acme.test"], &["Ops"])
    };
    let mut apps = vec![app_state("ci", &[Scope::MasterAdmin, Scope::UserManagement]), app_state("idle", &[])];
    apps[0].client_secret = Some(chance::Secret::new("x".repeat(32)));
    State {
        name: "Acme".into(),
        owner: Some("ada@acme.test".into()),
        bots: vec![
            BotState { owner: Change::Set("bo@acme.test".into()), ..bot("Helper", false, &["Leave"]) },
            BotState { audience: Some(Audience::Consumer), ..bot("Oracle", true, &["Ask", "Answer", "Doubt"]) },
        ],
        roles: vec![
            role(
                RoleKind::Admin,
                "Auditor",
                &json!({"Of The Future": {"z": [1, null], "a": "é"}, "Manage Users": "VIEW"}),
            ),
            role(RoleKind::Bot, "Auditor", &json!({"Tasks": ["FULL"]})),
        ],
        users: vec![ada, bo, user("cy@acme.test", Status::Locked), user("dee@acme.test", Status::Invited)],
        groups: vec![
            GroupState { description: Some("All hands".into()), ..group("Ops", &["bo@acme.test"], &["Night", "Day"]) },
            group("Night", &["ada@acme.test", "cy@acme.test"], &["Deep night"]),
            group("Day", &[], &["Deep night"]),
            group("Deep night", &["ada@acme.test"], &[]),
        ],
        assignments: vec![
            given("admin", None, &["ada@acme.test", "cy@acme.test"], &[]),
            expiring,
            given("Auditor", None, &["dee@acme.test"], &["Night"]),
            given("Auditor", Some("Oracle"), &["bo@acme.test"], &["Deep night"]),
            given("Bot Owner", Some("Helper"), &["bo@acme.test"], &[]),
        ],
        apps,
    }
}

fn lines(report: &Report) -> Vec<String> {
    report.changes.iter().map(|(sign, what)| format!("{sign} {what}")).collect()
}

#[test]
fn an_export_applied_to_an_empty_installation_gives_the_same_account() {
    let acme = TestRollcall::new();
    acme.apply(everything()).unwrap();
    let copy = TestRollcall::new();
    let report = copy.apply(export(&acme)).unwrap();
    assert_eq!(copy.snapshot(), acme.snapshot());
    assert!(report.new_secrets.is_empty(), "the secrets came with it");
    copy.sealed_events();
}

#[test]
fn an_export_applied_to_its_own_account_changes_nothing() {
    let acme = TestRollcall::new();
    acme.apply(everything()).unwrap();
    let mark = || acme.read(|view| view.mark()).unwrap();
    let before = (acme.snapshot(), acme.sealed_events(), mark());
    for should_prune in [false, true] {
        let report = acme.rollcall().apply(acme.host(), export(&acme), should_prune, Mode::Real).wait().unwrap();
        assert_eq!(lines(&report), [""; 0]);
        assert_eq!((acme.snapshot(), acme.sealed_events(), mark()), before);
    }
}

#[test]
fn a_file_applied_twice_is_in_sync() {
    let acme = TestRollcall::new();
    let first = acme.apply(everything()).unwrap();
    assert!(first.changes.len() > 20 && first.new_secrets.len() == 1, "{first:?}");
    for should_prune in [false, true] {
        let again = acme.rollcall().apply(acme.host(), everything(), should_prune, Mode::Real).wait().unwrap();
        assert_eq!((lines(&again), again.new_secrets.len()), (vec![], 0));
    }
}

#[test]
fn one_file_gives_the_same_ids_in_every_installation() {
    let [one, other] = [TestRollcall::new(), TestRollcall::new()].map(|acme| {
        acme.apply(everything()).unwrap();
        let mut state = export(&acme);
        // A secret that no file names is made at random.
        state.apps.iter_mut().for_each(|app| app.client_secret = None);
        format!("{state:?}")
    });
    assert_eq!(one, other);
}

#[test]
fn permission_keys_that_nobody_knows_are_kept_verbatim() {
    let acme = TestRollcall::new();
    acme.apply(everything()).unwrap();
    let permissions = export(&acme).roles[0].permissions.clone().unwrap();
    let text = serde_json::to_string(&permissions).unwrap();
    assert_eq!(text, r#"{"Of The Future":{"z":[1,null],"a":"é"},"Manage Users":"VIEW"}"#);
}

#[test]
fn what_a_file_does_not_mention_stays_and_what_it_mentions_changes() {
    let acme = TestRollcall::new();
    acme.apply(everything()).unwrap();
    let before = export(&acme);
    let ada = UserState { profile: vec![(ProfileField::City, Change::Clear)], status: None, ..active("ADA@acme.test") };
    let bo = UserState { org_user_id: Change::Set("B1".into()), tasks: Some(vec![]), ..active("bo@acme.test") };
    let night = GroupState { description: Some("Late".into()), ..group("night", &["bo@acme.test"], &[]) };
    let report = acme.apply(State { users: vec![ada, bo], groups: vec![night], ..state() }).unwrap();
    assert_eq!(
        lines(&report),
        [
            "~ user Ada@Acme.test (city)",
            "~ user bo@acme.test (orgUserId, status)",
            "~ group \"night\"",
            "+ bo@acme.test in group \"night\"",
            "~ tasks of bo@acme.test",
        ]
    );
    let after = export(&acme);
    assert_eq!(after.users[0].profile.len(), before.users[0].profile.len() - 1);
    assert_eq!((after.users.len(), after.groups.len(), after.groups[1].members.len()), (4, 4, 3));
    assert_eq!(
        (&after.users[1].status, &after.users[1].org_user_id),
        (&Some(Status::Active), &Change::Set("B1".into()))
    );
    assert_eq!((after.groups[1].name.as_str(), &after.assignments[2].groups[0]), ("night", &"night".to_owned()));
    assert_eq!(format!("{:?} {:?}", after.bots, after.roles), format!("{:?} {:?}", before.bots, before.roles));
}

#[test]
fn an_app_of_a_file_gets_a_secret_that_is_told_once() {
    let acme = TestRollcall::new();
    let first = acme.apply(everything()).unwrap();
    let (name, _, secret) = &first.new_secrets[0];
    assert_eq!((name.as_str(), secret.expose().len()), ("idle", 44));
    let mut changed = everything();
    changed.apps[0].client_secret = Some(chance::Secret::new("y".repeat(32)));
    assert_eq!(lines(&acme.apply(changed).unwrap()), ["~ app \"ci\""]);
    assert_eq!(export(&acme).apps[0].client_secret.as_ref().unwrap().expose(), "y".repeat(32));
    let short = chance::Secret::new("hush");
    let mut file = State { apps: vec![app_state("new", &[])], ..state() };
    file.apps[0].client_secret = Some(short);
    let error = acme.apply(file).unwrap_err();
    assert_eq!(error.to_string(), "apps[0].clientSecret: the client secret has 4 characters; at least 32 are needed");
    assert!(prune(&acme, state()).is_err(), "Ada owns the account");
}

#[test]
fn a_file_with_more_than_is_written_at_once_is_applied_whole_and_in_order() {
    let acme = TestRollcall::new();
    let email = |n: usize| format!("u{n:05}@acme.test");
    let users: Vec<UserState> = (0..20_003).map(|n| active(&email(n))).collect();
    let members: Vec<String> = (0..20_001).map(email).collect();
    let groups = [("Everybody", members), ("Few", vec![email(3), email(20_002)])];
    let groups = groups.map(|(name, members)| GroupState { members, ..group(name, &[], &[]) }).to_vec();
    acme.apply(State { users, groups, ..state() }).unwrap();
    assert_eq!(number(&acme, "select count(*) from users"), 20_003);
    assert_eq!(number(&acme, "select count(*) from memberships"), 20_003);
    let of = |name: &str| number(&acme, &format!("select count(*) from audit_events where name = '{name}'"));
    assert_eq!(["User Created", "Group Created", "Users Added to Group"].map(of), [20_003, 2, 2]);
    // Each is told of once, in the order of the file, and before what became of them.
    let told = "select count(*) from (select target, row_number() over (order by id) as place from audit_events \
                where name = 'User Created') e join (select public_id, row_number() over (order by email) as place \
                from users) u on u.public_id = e.target and u.place = e.place";
    assert_eq!(number(&acme, told), 20_003);
    let late = "select count(*) from audit_events where name = 'User Created' and id > (select min(id) from audit_events \
                where name = 'Group Created')";
    assert_eq!(number(&acme, late), 0);
    let page = acme.read(|view| users::list::page(view, Page::after(20_000, 50, 1_000).unwrap())).unwrap().1;
    assert_eq!((page.total, page.items.len()), (20_003, 3));
}

#[test]
fn a_file_whose_last_event_is_written_before_the_end_is_a_change_like_any_other() {
    let acme = TestRollcall::new();
    let mark = || acme.read(|view| view.mark()).unwrap();
    let before = mark();
    let users = (0..20_000).map(|n| active(&format!("u{n:05}@acme.test"))).collect();
    acme.apply(State { users, ..state() }).unwrap();
    assert_ne!(mark(), before);
}
