//! Which roles users hold at any depth of groups: as a plain walk over the groups would find them, at the cost of one level,
//! and of the moment although groups are remembered.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::actor::Actor;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_core::users::{self, Found, Lookup, StatusFilter, UserDetails};
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::model::{Account, Role, Ways};
use crate::setting::{DAY, active, app, export, given, group, prune, role, state, statements};

/// As an app sees them: for it groups are remembered.
fn look(acme: &TestRollcall, actor: &Actor, emails: &[String]) -> Vec<UserDetails> {
    let asked: Vec<Lookup> = emails.iter().cloned().map(Lookup::Email).collect();
    let read = acme
        .rollcall()
        .read(actor.clone(), Permission::ViewUsers, move |view| users::info(view, &asked, StatusFilter::All));
    let user = |found: Found| match found {
        Found::User(user) => *user,
        Found::Unknown(lookup) => panic!("there is no user {lookup:?}"),
    };
    read.wait().unwrap().into_iter().map(user).collect()
}

/// Every role of each, and its ways.
fn roles(users: &[UserDetails]) -> Vec<BTreeMap<Role, Ways>> {
    let of = |user: &UserDetails| {
        let held = user.roles.iter().map(|held| {
            let ways = (held.direct, held.groups.iter().cloned().collect::<BTreeSet<_>>());
            assert_eq!(ways.1.len(), held.groups.len(), "each group once: {held:?}");
            ((held.kind, held.name.clone(), held.bot.as_ref().map(|(_, name)| name.clone())), ways)
        });
        held.collect()
    };
    users.iter().map(of).collect()
}

fn email(n: usize) -> String {
    format!("u{n:02}@acme.test")
}

fn name(level: usize, n: usize) -> String {
    format!("g{level:02}-{n}")
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

/// Ten levels of four groups, each below two of the level above it: ways part and meet again. Every group carries a role,
/// and every user is in a group of each of the two lowest levels.
fn deep(users: usize) -> State {
    let members = |level: usize, n: usize| -> Vec<String> {
        (0..users).filter(|user| level >= 8 && (user + level) % 4 == n).map(email).collect()
    };
    let groups = (0..10).flat_map(|level| (0..4).map(move |n| (level, n))).map(|(level, n)| {
        let below = if level < 9 { vec![name(level + 1, n), name(level + 1, (n + 1) % 4)] } else { Vec::new() };
        group(&name(level, n), &texts(&members(level, n)), &texts(&below))
    });
    let carried = (0..10).flat_map(|level| (0..4).map(move |n| (level, n)));
    State {
        users: (0..users).map(|n| active(&email(n))).collect(),
        groups: groups.collect(),
        roles: (0..4).map(|n| role(RoleKind::Admin, &format!("r{n}"), &json!({}))).collect(),
        assignments: carried
            .map(|(level, n)| given(&format!("r{}", (level + n) % 4), None, &[], &[&name(level, n)]))
            .chain([given("r1", None, &[&email(0)], &[])])
            .collect(),
        ..state()
    }
}

#[test]
fn at_ten_levels_roles_are_those_of_a_plain_walk_and_cost_as_many_statements_for_fifty_users_as_for_one() {
    let acme = TestRollcall::new();
    let actor = app(&acme, &[Scope::UserManagement]);
    acme.apply(deep(50)).unwrap();
    let account = Account::of(&export(&acme));
    let now = acme.rollcall().now();
    let all: Vec<String> = (0..50).map(email).collect();
    let (at_first, found) = statements(&acme, || look(&acme, &actor, &all));
    let walked: Vec<_> = all.iter().map(|user| account.effective(user, now)).collect();
    assert_eq!(roles(&found), walked);
    assert!(
        walked.iter().all(|roles| roles.values().map(|ways| ways.1.len()).sum::<usize>() > 30),
        "nearly every group"
    );
    let (one, found) = statements(&acme, || look(&acme, &actor, &all[7..8]));
    assert_eq!(roles(&found), walked[7..8]);
    let (again, found) = statements(&acme, || look(&acme, &actor, &all));
    assert_eq!(roles(&found), walked);
    assert_eq!((at_first, one, again), (6, 5, 5), "one look at the groups, which are remembered then");
}

#[test]
fn a_role_whose_time_is_over_is_gone_although_the_group_that_carries_it_is_remembered() {
    let acme = TestRollcall::new();
    let actor = app(&acme, &[Scope::UserManagement]);
    let mut file = deep(4);
    let until = acme.rollcall().now().plus_millis(2 * DAY);
    file.assignments.iter_mut().filter(|given| given.role == "r2").for_each(|given| given.expires = Some(until));
    acme.apply(file).unwrap();
    let has = |role: &str| look(&acme, &actor, &[email(2)])[0].roles.iter().any(|held| held.name == role);
    assert!(has("r2") && has("r3"));
    let mark = acme.read(|view| view.mark()).unwrap();
    acme.clock.advance(2 * DAY);
    assert!(!has("r2") && has("r3"));
    assert_eq!(acme.read(|view| view.mark()).unwrap(), mark, "and nothing was changed");
}

type Change = fn(&mut State);

/// A group edit is seen by the next look, whatever it was; what is remembered of one account is none of another's.
#[test]
fn whatever_is_changed_of_groups_is_seen_at_once() {
    let acme = TestRollcall::new();
    let actor = app(&acme, &[Scope::UserManagement]);
    acme.apply(deep(8)).unwrap();
    let all: Vec<String> = (0..8).map(email).collect();
    let check = |told: &str| {
        let account = Account::of(&export(&acme));
        let now = acme.rollcall().now();
        let walked: Vec<_> = all.iter().map(|user| account.effective(user, now)).collect();
        assert_eq!(roles(&look(&acme, &actor, &all)), walked, "{told}");
        walked
    };
    let mut seen = vec![check("at first")];
    let changes: [(&str, Change); 4] = [
        ("a group is taken from under another", |file| file.groups[0].groups.clear()),
        ("a group in the middle goes", |file| {
            file.groups.retain(|group| group.name != "g05-1");
            file.groups.iter_mut().for_each(|group| group.groups.retain(|name| name != "g05-1"));
            for given in &mut file.assignments {
                given.groups.retain(|name| name != "g05-1");
            }
        }),
        ("a role is taken from all groups", |file| {
            file.assignments.iter_mut().filter(|given| given.role == "r3").for_each(|given| given.groups.clear());
        }),
        ("everybody leaves a level", |file| {
            file.groups
                .iter_mut()
                .filter(|group| group.name.starts_with("g09"))
                .for_each(|group| group.members.clear());
        }),
    ];
    for (told, change) in changes {
        let mut file = export(&acme);
        change(&mut file);
        prune(&acme, file).unwrap();
        seen.push(check(told));
    }
    seen.dedup();
    assert_eq!(seen.len(), 5, "each of them changes what somebody holds");
}
