//! Roles in the hands of administrators: making them, saying what they permit, removing them.

use insta::assert_snapshot;
use rollcall_core::actor::Actor;
use rollcall_core::groups::COUNTED;
use rollcall_core::policy::Permission;
use rollcall_core::roles::manage::{self, NamedRole, RoleText};
use rollcall_core::roles::rights::AdminRight;
use rollcall_core::roles::{self, HolderFilter, RoleAround, RoleFilter, RoleKind, RoleOrder};
use rollcall_core::sync::State;
use rollcall_core::{Code, Result};
use rollcall_testkit::TestRollcall;
use serde_json::{Value, json};

use crate::hands::{act, hand, master, role_id, told};
use crate::setting::{active, given, group, role, state, statements};

const ROLES: Permission = Permission::ManageRoles;

fn text(name: &str, words: &[(&str, &str)]) -> RoleText {
    let words = words.iter().map(|(key, word)| ((*key).to_owned(), (*word).to_owned())).collect();
    RoleText { name: name.into(), description: String::new(), words }
}

fn create(acme: &TestRollcall, actor: &Actor, kind: RoleKind, name: &str, words: &[(&str, &str)]) -> Result<NamedRole> {
    let said = text(name, words);
    act(acme, actor, ROLES, move |op| manage::create(op, kind, &said))
}

fn change(acme: &TestRollcall, actor: &Actor, id: &str, name: &str, words: &[(&str, &str)]) -> Result<()> {
    let (id, said) = (id.to_owned(), text(name, words));
    act(acme, actor, ROLES, move |op| manage::change(op, &id, &said))
}

fn remove(acme: &TestRollcall, actor: &Actor, id: &str) -> Result<NamedRole> {
    let id = id.to_owned();
    act(acme, actor, ROLES, move |op| manage::remove(op, &id))
}

fn around(acme: &TestRollcall, id: &str) -> RoleAround {
    let id = id.to_owned();
    acme.read(move |view| roles::around(view, &id, &HolderFilter::default(), 50)).unwrap()
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

#[test]
fn all_that_is_done_with_a_role_is_told_as_the_admins_own() {
    let acme = TestRollcall::new();
    let rita = hand(&acme, "rita", &["Manage Custom Admin Roles", "Manage Bot Roles", "Invite"]);
    let before = acme.sealed_events();
    let made = create(&acme, &rita, RoleKind::Admin, " Greeter ", &[("Invite", "YES")]).unwrap();
    let id = made.id.to_string();
    change(&acme, &rita, &id, "Greeter", &[("Invite", "YES")]).unwrap();
    change(&acme, &rita, &id, "Host", &[("Invite", "NO")]).unwrap();
    let bot = create(&acme, &rita, RoleKind::Bot, "Greeter", &[("Tasks", "VIEW"), ("Channels", "YES")]).unwrap();
    let there = around(&acme, bot.id.as_str()).role;
    assert_eq!((&there.permissions["Tasks"], &there.permissions["Testing"]), (&json!("VIEW"), &json!("NO")));
    assert_eq!(there.permissions.len(), 16, "something of every key of the catalogue");
    assert!(around(&acme, &id).role.rights.is_empty());
    remove(&acme, &rita, &id).unwrap();
    assert_eq!(
        code(acme.read(move |view| roles::around(view, &id, &HolderFilter::default(), 1))),
        Some(Code::NotFound)
    );
    assert_snapshot!(told(&acme, before).join("\n"), @r#"
Role Created | rita@acme.test | Role "Greeter" (admin) was created
Role Updated | rita@acme.test | Role "Host" was changed
Role Permissions Updated | rita@acme.test | What the role "Host" permits was changed
Role Created | rita@acme.test | Role "Greeter" (bot) was created
Role Deleted | rita@acme.test | Role "Host" was removed
"#);
}

#[test]
fn nobody_makes_or_mends_a_role_that_gives_what_they_lack() {
    let acme = TestRollcall::new();
    acme.apply(State {
        roles: vec![
            role(RoleKind::Admin, "Auditor", &json!({"View and Run Audit Reports": ["YES"], "Invite": "NO"})),
            role(RoleKind::Bot, "Mender", &json!({})),
        ],
        ..state()
    })
    .unwrap();
    let rita = hand(&acme, "rita", &["Manage Custom Admin Roles", "Invite"]);
    let auditor = role_id(&acme, "Auditor");
    let own = role_id(&acme, "Role of rita");
    let before = acme.snapshot();
    let refused = create(&acme, &rita, RoleKind::Admin, "Over", &[("API Scopes", "YES")]).unwrap_err();
    assert_eq!(refused.code(), Code::Forbidden);
    assert!(refused.to_string().contains("API Scopes"), "{refused}");
    for id in [&auditor, &own] {
        let words = [("API Scopes", "YES")];
        assert_eq!(code(change(&acme, &rita, id, "Other", &words)), Some(Code::Forbidden), "not even their own");
    }
    assert_eq!(code(create(&acme, &rita, RoleKind::Bot, "On bots", &[])), Some(Code::Forbidden));
    let mender = role_id(&acme, "Mender");
    assert_eq!(code(change(&acme, &rita, &mender, "Other", &[])), Some(Code::Forbidden));
    assert_eq!(code(remove(&acme, &rita, &mender)), Some(Code::Forbidden));
    assert_eq!(acme.snapshot(), before);
    // What its holders have already is nothing that they gain; how it was written stays.
    change(&acme, &rita, &auditor, "Reader", &[("View and Run Audit Reports", "YES"), ("Invite", "YES")]).unwrap();
    let there = around(&acme, &auditor).role;
    assert_eq!(there.permissions["View and Run Audit Reports"], json!(["YES"]));
    assert!(there.rights.has(AdminRight::Invite) && there.rights.has(AdminRight::AuditReports));
    // A role that gives more than they have is neither emptied nor removed by them.
    assert_eq!(
        code(change(&acme, &rita, &auditor, "Reader", &[("View and Run Audit Reports", "NO")])),
        Some(Code::Forbidden)
    );
    assert_eq!(code(remove(&acme, &rita, &auditor)), Some(Code::Forbidden));
}

#[test]
fn what_no_catalogue_knows_stays_in_a_role_as_it_was() {
    let acme = TestRollcall::new();
    let rita = hand(&acme, "rita", &["Manage Custom Admin Roles"]);
    let words = json!({"Password Policies": "YES", "Else": {"any": [1.5]}, "Invite": ["NO"]});
    acme.apply(State { roles: vec![role(RoleKind::Admin, "Old", &words)], ..state() }).unwrap();
    let id = role_id(&acme, "Old");
    change(&acme, &rita, &id, "Older", &[("Invite", "NO"), ("Preferences", "NO")]).unwrap();
    let kept = Value::Object(around(&acme, &id).role.permissions);
    assert_eq!(
        kept,
        json!({"Password Policies": "YES", "Else": {"any": [1.5]}, "Invite": ["NO"], "Preferences": "NO"})
    );
}

#[test]
fn built_in_roles_stay_as_they_are() {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let root = acme.host_actor();
    let before = acme.snapshot();
    for name in ["admin", "Bot Owner", "Bot Developer", "Bot Tester"] {
        let id = role_id(&acme, name);
        assert_eq!(code(change(&acme, &root, &id, "Other", &[])), Some(Code::Conflict), "{name}");
        assert_eq!(code(remove(&acme, &root, &id)), Some(Code::Conflict), "{name}");
    }
    assert_eq!(acme.snapshot(), before);
}

#[test]
fn every_fault_is_told_at_its_place_and_nothing_is_done() {
    let acme = TestRollcall::new();
    acme.apply(State { roles: vec![role(RoleKind::Admin, "Auditor", &json!({}))], ..state() }).unwrap();
    let id = role_id(&acme, "Auditor");
    let root = acme.host_actor();
    let before = acme.snapshot();
    let words = [("Invite", "FULL"), ("Tasks", "VIEW"), ("invite", "YES")];
    let said = [
        create(&acme, &root, RoleKind::Admin, "ADMIN", &words).unwrap_err(),
        create(&acme, &root, RoleKind::Bot, "bot owner", &[("Tasks", "EDIT")]).unwrap_err(),
        create(&acme, &root, RoleKind::Admin, " auditor", &[]).map(|_| ()).unwrap_err(),
        change(&acme, &root, &id, "", &[]).unwrap_err(),
    ];
    let said: Vec<String> = said.iter().map(|error| error.to_string().replace(&id, "[Auditor]")).collect();
    assert_snapshot!(said.join("\n"), @r#"
name: "ADMIN" is the name of a built-in role; Invite: "FULL" is none of YES, NO; Tasks: there is no such permission; invite: there is no such permission
name: "bot owner" is the name of a built-in role; Tasks: "EDIT" is none of FULL, VIEW, NO
name: there is a role "Auditor" already ([Auditor])
name: the role's name is empty
"#);
    assert_eq!(acme.snapshot(), before);
}

#[test]
fn roles_are_found_by_name_kind_and_whether_they_are_custom_and_go_on_behind_a_cursor() {
    let acme = TestRollcall::new();
    acme.apply(State {
        roles: vec![role(RoleKind::Admin, "Twin", &json!({})), role(RoleKind::Bot, "Twin", &json!({}))],
        ..state()
    })
    .unwrap();
    let find = |filter: &RoleFilter, limit| {
        let filter = filter.clone();
        let (needed, rows) = statements(&acme, || acme.read(move |view| roles::find(view, &filter, limit)).unwrap());
        assert_eq!(needed, 1);
        rows
    };
    let names = |filter: &RoleFilter| find(filter, 50).into_iter().map(|row| row.name).collect::<Vec<_>>();
    let all = RoleFilter::default();
    assert_eq!(names(&all), ["admin", "Bot Developer", "Bot Owner", "Bot Tester", "Twin", "Twin"]);
    assert_eq!(names(&RoleFilter { text: "BOT".into(), ..all.clone() }), ["Bot Developer", "Bot Owner", "Bot Tester"]);
    assert_eq!(names(&RoleFilter { kind: Some(RoleKind::Admin), ..all.clone() }), ["admin", "Twin"]);
    assert_eq!(names(&RoleFilter { is_custom: true, ..all.clone() }), ["Twin", "Twin"]);
    for order in [RoleOrder::Name, RoleOrder::NameDown] {
        let whole: Vec<_> = find(&RoleFilter { order, ..all.clone() }, 50).into_iter().map(|row| row.id).collect();
        let (mut filter, mut paged) = (RoleFilter { order, ..all.clone() }, Vec::new());
        while let Some(row) = find(&filter, 1).pop() {
            filter.after = row.id.to_string();
            paged.push(row.id);
        }
        assert_eq!(paged, whole, "{order:?}: also of two that have one name");
    }
}

#[test]
fn a_role_shows_who_holds_it_page_by_page_and_costs_the_same() {
    let acme = TestRollcall::new();
    let emails: Vec<String> = (0..60).map(|n| format!("u{n:02}@acme.test")).collect();
    let all: Vec<&str> = emails.iter().map(String::as_str).collect();
    acme.apply(State {
        users: all.iter().map(|email| active(email)).collect(),
        roles: vec![role(RoleKind::Admin, "Auditor", &json!({}))],
        groups: vec![group("Auditors", &[], &[])],
        assignments: vec![given("Auditor", None, &all, &["Auditors"])],
        ..state()
    })
    .unwrap();
    let id = role_id(&acme, "Auditor");
    let page = |after, text: &str, limit| {
        let (id, filter) = (id.clone(), HolderFilter { text: text.into(), after });
        statements(&acme, || acme.read(move |view| roles::around(view, &id, &filter, limit)).unwrap())
    };
    let (needed, first) = page(0, "", 50);
    let (again, rest) = page(first.holders.last().unwrap().place, "", 50);
    assert_eq!((first.holders.len(), rest.holders.len(), first.counts), (50, 11, (60, 1)));
    assert_eq!((needed, again), (4, 4), "six at most, as its doc comment promises: nobody here is a user or on a bot");
    assert_eq!(page(0, "AUDITORS", 50).1.holders.len(), 1);
    assert_eq!(page(0, "u0", 50).1.holders.len(), 10);
    let many: Vec<String> = (0..COUNTED).map(|n| format!("m{n:04}@acme.test")).collect();
    let all: Vec<&str> = many.iter().map(String::as_str).collect();
    acme.apply(State {
        users: all.iter().map(|email| active(email)).collect(),
        assignments: vec![given("Auditor", None, &all, &[])],
        ..state()
    })
    .unwrap();
    let (users, groups) = page(0, "", 1).1.counts;
    assert_eq!(users + groups, COUNTED + 1, "it stops somewhere");
    let (_, counts) = acme.read(move |view| roles::counted(view, &id)).unwrap();
    assert_eq!(counts, (60 + COUNTED, 1), "and is told whole before a role is changed or removed");
}

#[test]
fn a_role_of_another_account_is_not_there() {
    let acme = TestRollcall::new();
    acme.found("Other");
    let rita = hand(&acme, "rita", &["Manage Custom Admin Roles"]);
    acme.apply(State {
        name: "Other".into(),
        roles: vec![role(RoleKind::Admin, "Theirs", &json!({}))],
        ..State::default()
    })
    .unwrap();
    let theirs = acme.database().query("select public_id from roles where name = 'Theirs'")[0][0].clone().unwrap();
    for id in [theirs.as_str(), "nonsense", ""] {
        assert_eq!(code(change(&acme, &rita, id, "x", &[])), Some(Code::NotFound), "{id}");
        assert_eq!(code(remove(&acme, &rita, id)), Some(Code::NotFound), "{id}");
        let id = id.to_owned();
        let look = acme.read(move |view| roles::around(view, &id, &HolderFilter::default(), 1));
        assert_eq!(code(look), Some(Code::NotFound));
    }
    assert_ne!(theirs, master(&acme));
}
