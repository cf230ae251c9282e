//! Why somebody has what they have: each role by every way, and the reverse; the same as what the faces are told.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rollcall_core::access::explain::{Explained, HeldBy, Holders, Maker, Of, Path, holders};
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_core::users::one;
use rollcall_testkit::{START, TestRollcall};
use serde_json::json;

use crate::model::role_id;
use crate::properties::config;
use crate::setting::{DAY, active, bot, details, export, given, group, role, state, statements};

fn explained(acme: &TestRollcall, email: &str) -> Explained {
    let id = details(acme, email).id.to_string();
    acme.read(move |view| one::one(view, &id)).unwrap().access
}

fn held_by(acme: &TestRollcall, of: &Of) -> Vec<HeldBy> {
    let (mut out, mut after) = (Vec::new(), String::new());
    loop {
        let of = of.clone();
        let Holders { holders, next } = acme.read(move |view| holders(view, &of, &after, 2)).unwrap();
        out.extend(holders);
        let Some(next) = next else { return out };
        after = next;
    }
}

fn told(path: &Path) -> String {
    let groups: Vec<_> = path.steps.iter().map(|step| step.name.as_str()).collect();
    groups.join(" › ")
}

fn setting() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let yes = json!({"Manage Users": "YES", "Invite": "YES"});
    acme.apply(State {
        users: vec![active("bo@acme.test"), active("cy@acme.test"), active("di@acme.test")],
        bots: vec![bot("Helper", true, &[])],
        roles: vec![role(RoleKind::Admin, "Deputy", &yes), role(RoleKind::Bot, "Curator", &json!({}))],
        groups: vec![
            group("Top", &[], &["Left", "Right"]),
            group("Left", &[], &["Low"]),
            group("Right", &["cy@acme.test"], &["Low"]),
            group("Low", &["bo@acme.test"], &[]),
            group("Aside", &["bo@acme.test"], &[]),
        ],
        assignments: vec![
            given("Deputy", None, &["bo@acme.test"], &["Top"]),
            given("Curator", Some("Helper"), &[], &["Right"]),
        ],
        ..state()
    })
    .unwrap();
    acme
}

#[test]
fn a_role_is_told_with_every_way_by_which_it_comes_and_each_step_with_who_made_it() {
    let acme = setting();
    let bo = explained(&acme, "bo@acme.test");
    let ways: BTreeMap<_, _> = bo
        .roles
        .iter()
        .map(|role| (role.name.as_str(), role.paths.told.iter().map(told).collect::<BTreeSet<_>>()))
        .collect();
    let set = |ways: &[&str]| ways.iter().map(|way| (*way).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(ways["Deputy"], set(&["", "Low › Left › Top", "Low › Right › Top"]));
    assert_eq!(ways["Curator"], set(&["Low › Right"]));
    assert_eq!(bo.roles.len(), 2);
    let curator = bo.roles.iter().find(|role| role.name == "Curator").unwrap();
    assert_eq!(curator.bot.as_ref().map(|(_, name)| name.as_str()), Some("Helper"));
    for path in bo.roles.iter().flat_map(|role| &role.paths.told) {
        for origin in path.steps.iter().map(|step| &step.origin).chain(&path.given) {
            assert_eq!((&origin.by, origin.since), (&Maker::Other("apply".into()), START), "{origin:?}");
            assert!(!origin.via.is_empty());
        }
    }
    let rights: Vec<_> = bo.rights().into_iter().map(|(right, roles)| (right.key(), roles)).collect();
    assert_eq!(rights, [("Invite", vec!["Deputy"]), ("Manage Users", vec!["Deputy"])]);
}

#[test]
fn whoever_has_something_is_told_with_the_ways_to_it() {
    let acme = setting();
    let all = export(&acme);
    let email = |held: &HeldBy| held.user.email.clone();
    let deputies = held_by(&acme, &Of::Role(role_id(RoleKind::Admin, "Deputy")));
    assert_eq!(deputies.iter().map(email).collect::<Vec<_>>(), ["bo@acme.test", "cy@acme.test"]);
    assert_eq!(deputies[1].roles[0].paths.told.iter().map(told).collect::<Vec<_>>(), ["Right › Top"]);
    let top = all.groups.iter().find(|g| g.name == "Top").and_then(|g| g.id.clone()).unwrap();
    let inside = held_by(&acme, &Of::Group(top));
    assert_eq!(inside.iter().map(email).collect::<Vec<_>>(), ["bo@acme.test", "cy@acme.test"]);
    assert_eq!(inside[0].paths.told.iter().map(told).collect::<Vec<_>>(), ["Low › Left › Top", "Low › Right › Top"]);
    let on_bot = held_by(&acme, &Of::Bot(all.bots[0].id.clone().unwrap()));
    assert_eq!(on_bot.iter().map(email).collect::<Vec<_>>(), ["bo@acme.test", "cy@acme.test"]);
    assert_eq!(on_bot[0].roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>(), ["Curator"]);
}

#[test]
fn what_has_expired_is_no_way() {
    let acme = setting();
    let until = Some(START.plus_millis(DAY));
    let expiring =
        rollcall_core::sync::AssignmentState { expires: until, ..given("Deputy", None, &["di@acme.test"], &[]) };
    acme.apply(State { assignments: vec![expiring], ..state() }).unwrap();
    assert_eq!(explained(&acme, "di@acme.test").roles[0].paths.told[0].expires, until);
    acme.clock.advance(2 * DAY);
    assert_eq!(explained(&acme, "di@acme.test").roles, []);
    let deputies = held_by(&acme, &Of::Role(role_id(RoleKind::Admin, "Deputy")));
    assert!(deputies.iter().all(|held| held.user.email != "di@acme.test"));
}

#[test]
fn where_ways_multiply_some_are_told_and_the_others_counted() {
    let acme = TestRollcall::new();
    acme.admin("ada");
    // Thirty floors of two rooms each, every room below both above it: 2^29 ways.
    let name = |floor: usize, room: usize| format!("F{floor}R{room}");
    let mut groups = Vec::new();
    for floor in 0..30 {
        for room in 0..2 {
            let below: Vec<String> =
                if floor == 29 { Vec::new() } else { vec![name(floor + 1, 0), name(floor + 1, 1)] };
            let below: Vec<&str> = below.iter().map(String::as_str).collect();
            let members: &[&str] = if floor == 29 { &["bo@acme.test"] } else { &[] };
            groups.push(group(&name(floor, room), members, &below));
        }
    }
    acme.apply(State {
        users: vec![active("bo@acme.test")],
        roles: vec![role(RoleKind::Admin, "Deputy", &json!({}))],
        groups,
        assignments: vec![given("Deputy", None, &[], &["F0R0"])],
        ..state()
    })
    .unwrap();
    let paths = &explained(&acme, "bo@acme.test").roles[0].paths;
    assert_eq!((paths.told.len(), paths.told.len() as u64 + paths.more), (12, 1 << 29));
    let different: BTreeSet<_> = paths.told.iter().map(told).collect();
    assert_eq!(different.len(), 12);
    assert!(paths.told.iter().all(|path| path.steps.len() == 30));
}

#[test]
fn it_takes_the_same_statements_whatever_somebody_has() {
    let acme = setting();
    let ask = |email: &str| {
        let id = details(&acme, email).id.to_string();
        statements(&acme, || acme.read(move |view| one::one(view, &id)).unwrap()).0
    };
    let (much, little) = (ask("bo@acme.test"), ask("cy@acme.test"));
    assert_eq!(much, little);
    assert!(much <= 20, "{much}");
}

const GROUPS: usize = 7;
const USERS: usize = 4;

proptest! {
    #![proptest_config(config(24))]

    /// Every role that the faces tell of is explained, with ways that are there, and nothing else is.
    #[test]
    fn what_is_explained_is_what_is_held(
        edges in prop::collection::btree_set((0..GROUPS, 0..GROUPS), 0..14),
        members in prop::collection::btree_set((0..USERS, 0..GROUPS), 0..8),
        to_groups in prop::collection::btree_set((0..2_usize, 0..GROUPS), 0..5),
        to_users in prop::collection::btree_set((0..2_usize, 0..USERS), 0..3),
    ) {
        let acme = TestRollcall::new();
        acme.admin("ada");
        let (group_name, email, role_name) =
            (|n: usize| format!("G{n}"), |n: usize| format!("u{n}@acme.test"), |n: usize| format!("Role{n}"));
        // Parents have lower numbers: no cycle.
        let edges: BTreeSet<_> = edges.into_iter().filter(|(parent, child)| parent < child).collect();
        let names = |of: Vec<usize>, name: &dyn Fn(usize) -> String| of.into_iter().map(name).collect::<Vec<_>>();
        let groups = (0..GROUPS).map(|n| {
            let inside = names(members.iter().filter(|(_, g)| *g == n).map(|(u, _)| *u).collect(), &email);
            let below = names(edges.iter().filter(|(p, _)| *p == n).map(|(_, c)| *c).collect(), &group_name);
            let refs = |texts: &[String]| texts.to_vec();
            rollcall_core::sync::GroupState { members: refs(&inside), groups: refs(&below), ..group(&group_name(n), &[], &[]) }
        });
        let assignments = (0..2).map(|n| rollcall_core::sync::AssignmentState {
            users: names(to_users.iter().filter(|(r, _)| *r == n).map(|(_, u)| *u).collect(), &email),
            groups: names(to_groups.iter().filter(|(r, _)| *r == n).map(|(_, g)| *g).collect(), &group_name),
            ..given(&role_name(n), None, &[], &[])
        });
        acme.apply(State {
            users: (0..USERS).map(|n| active(&email(n))).collect(),
            roles: (0..2).map(|n| role(RoleKind::Admin, &role_name(n), &json!({}))).collect(),
            groups: groups.collect(),
            assignments: assignments.collect(),
            ..state()
        })
        .unwrap();
        let mut held_by_role = BTreeMap::<String, BTreeSet<String>>::new();
        for n in 0..USERS {
            let explained = explained(&acme, &email(n));
            let held = details(&acme, &email(n)).roles;
            let names = |roles: Vec<String>| roles.into_iter().collect::<BTreeSet<_>>();
            prop_assert_eq!(
                names(explained.roles.iter().map(|role| role.name.clone()).collect()),
                names(held.iter().map(|role| role.name.clone()).collect())
            );
            for role in &explained.roles {
                held_by_role.entry(role.name.clone()).or_default().insert(email(n));
                let held = held.iter().find(|held| held.name == role.name).unwrap();
                let is_direct = role.paths.told.iter().any(|path| path.steps.is_empty());
                prop_assert_eq!(is_direct, held.direct);
                let ends: BTreeSet<_> =
                    role.paths.told.iter().filter_map(|path| path.steps.last()).map(|step| step.name.clone()).collect();
                if role.paths.more == 0 {
                    prop_assert_eq!(&ends, &held.groups.iter().cloned().collect::<BTreeSet<_>>());
                }
                for path in &role.paths.told {
                    let way: Vec<usize> = path.steps.iter().map(|step| step.name[1..].parse().unwrap()).collect();
                    prop_assert!(way.first().is_none_or(|first| members.contains(&(n, *first))));
                    prop_assert!(way.windows(2).all(|pair| edges.contains(&(pair[1], pair[0]))));
                }
                let told: BTreeSet<_> = role.paths.told.iter().map(told).collect();
                prop_assert_eq!(told.len(), role.paths.told.len(), "no way twice");
            }
        }
        for n in 0..2 {
            let found = held_by(&acme, &Of::Role(role_id(RoleKind::Admin, &role_name(n))));
            let found: BTreeSet<_> = found.into_iter().map(|held| held.user.email).collect();
            prop_assert_eq!(found, held_by_role.remove(&role_name(n)).unwrap_or_default());
        }
    }
}
