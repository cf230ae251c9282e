//! Roles given and taken one at a time: to whom, on which bot, until when, and by whom they may be.

use insta::assert_snapshot;
use rollcall_core::actor::Actor;
use rollcall_core::clock::Time;
use rollcall_core::policy::Permission;
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::give::{self, Changed, Given, Giving};
use rollcall_core::sync::State;
use rollcall_core::{Code, Result};
use rollcall_testkit::{START, TestRollcall};
use serde_json::json;

use crate::hands::{act, bot_id, group_id, hand, master, role_id, told};
use crate::setting::{DAY, active, bot, details, group, role, state, texts};

const ROLES: Permission = Permission::ManageRoles;

fn with_roles() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.apply(State {
        users: vec![active("ada@acme.test"), active("bo@acme.test")],
        roles: vec![
            role(RoleKind::Admin, "Auditor", &json!({"View and Run Audit Reports": "YES"})),
            role(RoleKind::Admin, "Nothing", &json!({})),
        ],
        groups: vec![group("Staff", &["bo@acme.test"], &[])],
        bots: vec![bot("Leave", true, &[]), bot("Pay", true, &[])],
        ..state()
    })
    .unwrap();
    acme
}

fn asked(acme: &TestRollcall, role: &str, bot: Option<&str>, users: &[&str], groups: &[&str]) -> Giving {
    let bot = bot.map_or_else(String::new, |bot| bot_id(acme, bot));
    Giving { role: role_id(acme, role), bot, users: texts(users), groups: texts(groups), until: None }
}

fn give(acme: &TestRollcall, actor: &Actor, asked: &Giving) -> Result<Given> {
    let asked = asked.clone();
    act(acme, actor, ROLES, move |op| give::give(op, &asked))
}

fn take(acme: &TestRollcall, actor: &Actor, asked: &Giving) -> Result<Given> {
    let asked = asked.clone();
    act(acme, actor, ROLES, move |op| give::take(op, &asked))
}

fn holds(acme: &TestRollcall, email: &str) -> Vec<String> {
    let roles = details(acme, email).roles;
    roles.iter().map(|held| format!("{}{}", held.name, held.bot.as_ref().map_or("", |_| " on a bot"))).collect()
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

#[test]
fn a_role_is_given_and_taken_and_told_as_the_admins_own() {
    let acme = with_roles();
    let rita = hand(&acme, "rita", &["Manage Custom Admin Roles", "Manage Bot Roles", "View and Run Audit Reports"]);
    let before = acme.sealed_events();
    let auditor = asked(&acme, "Auditor", None, &["ADA@acme.test", "ada@acme.test"], &["staff"]);
    assert_eq!(give(&acme, &rita, &auditor).unwrap().holders.len(), 2);
    assert_eq!(give(&acme, &rita, &auditor).unwrap().holders.len(), 0, "who has it has it");
    assert_eq!(
        (holds(&acme, "ada@acme.test"), holds(&acme, "bo@acme.test")),
        (texts(&["Auditor"]), texts(&["Auditor"]))
    );
    let tester = asked(&acme, "Bot Tester", Some("Pay"), &["ada@acme.test"], &[]);
    give(&acme, &rita, &tester).unwrap();
    assert_eq!(holds(&acme, "ada@acme.test"), ["Auditor", "Bot Tester on a bot"]);
    let elsewhere = asked(&acme, "Bot Tester", Some("Leave"), &["ada@acme.test"], &[]);
    assert_eq!(take(&acme, &rita, &elsewhere).unwrap().holders.len(), 0, "on another bot it is another role");
    assert_eq!(take(&acme, &rita, &tester).unwrap().holders.len(), 1);
    let by_id = Giving { users: Vec::new(), groups: vec![group_id(&acme, "Staff")], ..auditor };
    assert_eq!(take(&acme, &rita, &by_id).unwrap().holders[0].name, "Staff");
    assert_eq!((holds(&acme, "ada@acme.test"), holds(&acme, "bo@acme.test")), (texts(&["Auditor"]), texts(&[])));
    assert_snapshot!(told(&acme, before).join("\n"), @r#"
Role Assigned to Groups | rita@acme.test | Role "Auditor" was given to Staff
Admin Role Assigned to Users | rita@acme.test | Role "Auditor" was given to ada@acme.test
Bot Role Assigned to Users | rita@acme.test | Role "Bot Tester" on bot "Pay" was given to ada@acme.test
Bot Role Deleted for Users | rita@acme.test | Role "Bot Tester" on bot "Pay" was taken from ada@acme.test
Role Deleted for Groups | rita@acme.test | Role "Auditor" was taken from Staff
"#);
}

#[test]
fn a_role_ends_when_it_was_said_to_and_can_be_given_longer() {
    let acme = with_roles();
    let rita = hand(&acme, "rita", &["Manage Custom Admin Roles", "View and Run Audit Reports"]);
    let until = |days: i64| Some(Time(START.0 + days * DAY));
    let auditor = asked(&acme, "Auditor", None, &["ada@acme.test"], &[]);
    give(&acme, &rita, &Giving { until: until(1), ..auditor.clone() }).unwrap();
    let longer = give(&acme, &rita, &Giving { until: until(2), ..auditor.clone() }).unwrap();
    let before = Changed { is_user: true, name: "ada@acme.test".into(), until: until(1) };
    assert_eq!(longer.holders, [before], "and until when it was, to be undone");
    acme.clock.advance(2 * DAY - 1);
    assert_eq!(holds(&acme, "ada@acme.test"), ["Auditor"]);
    acme.clock.advance(1);
    assert_eq!(holds(&acme, "ada@acme.test"), texts(&[]));
    let root = acme.host_actor();
    let over = give(&acme, &root, &Giving { until: until(2), ..auditor.clone() }).unwrap_err();
    assert_eq!(over.to_string(), "until: this time is over already");
    give(&acme, &root, &auditor).unwrap();
    assert_eq!(holds(&acme, "ada@acme.test"), ["Auditor"], "what has ended is given anew");
}

#[test]
fn nobody_gives_what_they_may_not_manage_or_do_not_have() {
    let acme = with_roles();
    let auditor = asked(&acme, "Auditor", None, &["ada@acme.test"], &[]);
    let tester = asked(&acme, "Bot Tester", Some("Pay"), &["ada@acme.test"], &[]);
    let admin = asked(&acme, "admin", None, &["ada@acme.test"], &[]);
    let nothing = asked(&acme, "Nothing", None, &["ada@acme.test"], &[]);
    // (rights, Auditor, Bot Tester, admin, Nothing)
    let table: [(&str, &[&str], [bool; 4]); 5] = [
        ("a", &["Manage Custom Admin Roles"], [false, false, false, true]),
        ("b", &["Manage Custom Admin Roles", "View and Run Audit Reports"], [true, false, false, true]),
        ("c", &["Manage Built-In Admin Roles"], [false; 4]),
        ("d", &["Manage Bot Roles"], [false, true, false, false]),
        ("e", &["Manage Users", "Manage Groups"], [false; 4]),
    ];
    for (name, keys, expected) in table {
        let actor = hand(&acme, name, keys);
        let may = [&auditor, &tester, &admin, &nothing].map(|asked| {
            let given = give(&acme, &actor, asked);
            assert!(matches!(code(given.as_ref().map_err(Clone::clone)), None | Some(Code::Forbidden)), "{given:?}");
            take(&acme, &acme.host_actor(), asked).unwrap();
            given.is_ok()
        });
        assert_eq!(may, expected, "{keys:?}");
    }
}

#[test]
fn every_fault_is_told_at_its_place_and_nothing_is_done() {
    let acme = with_roles();
    acme.admin("root");
    let root = acme.host_actor();
    let before = acme.snapshot();
    let admin = asked(&acme, "admin", None, &["ada@acme.test", "no@acme.test"], &["Staff", "Nowhere"]);
    let admin = Giving { until: Some(Time(START.0 + DAY)), ..admin };
    let on_bot = Giving { bot: bot_id(&acme, "Pay"), ..asked(&acme, "Auditor", None, &["ada@acme.test"], &[]) };
    let on_none = asked(&acme, "Bot Tester", None, &["ada@acme.test"], &[]);
    let nowhere = Giving { bot: "st-nonsense".into(), ..on_none.clone() };
    let nobody = asked(&acme, "Auditor", None, &[], &[]);
    let said =
        [admin, on_bot, on_none, nowhere, nobody].map(|asked| give(&acme, &root, &asked).unwrap_err().to_string());
    assert_snapshot!(said.join("\n"), @r#"
users: no user has the address "no@acme.test"; groups: there is no group "Nowhere"; groups: the built-in role "admin" can be given to users only; until: the built-in role "admin" cannot end: the account might be left without one
bot: the role "Auditor" is an admin role: it takes no bot
bot: the role "Bot Tester" is a bot role: choose on which bot
bot: there is no bot st-nonsense (any more)
users: nobody was named
"#);
    let unknown = Giving { role: "nonsense".into(), users: texts(&["ada@acme.test"]), ..Giving::default() };
    assert_eq!(code(give(&acme, &root, &unknown)), Some(Code::NotFound));
    assert_eq!(acme.snapshot(), before);
}

#[test]
fn the_last_admin_stays() {
    let acme = with_roles();
    acme.admin("root");
    let last = Giving { role: master(&acme), users: texts(&["root@acme.test"]), ..Giving::default() };
    let before = acme.snapshot();
    assert_eq!(code(take(&acme, &acme.host_actor(), &last)), Some(Code::Conflict));
    assert_eq!(acme.snapshot(), before);
}
