//! Random steps: requests of apps, account files, invitations taken up, time passing, restarts.

use std::ops::RangeInclusive;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rollcall_core::change::Change;
use rollcall_core::clock::Time;
use rollcall_core::id::{BotId, DialogId, GroupId};
use rollcall_core::op::Mode;
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::Operation;
use rollcall_core::sync::{AssignmentState, State, TaskState, UserState};
use rollcall_core::users::{Lookup, NewUser, Profile, ProfileField, RoleOnBot, Status, TaskGrant};
use rollcall_testkit::{START, user};

use crate::model::{BOTS, ROLES, key, role_id};
use crate::setting::{DAY, group, state};

const PEOPLE: [&str; 6] =
    ["ada@acme.test", "Bo@acme.test", "cy@acme.test", "dee@acme.test", "ed@acme.test", "Flo@acme.test"];
const GROUPS: [&str; 5] = ["Ops", "Dev", "Night", "Field", "Ring"];

/// One step. Apps are named by their place among the apps of the world, tokens by their place among all there were, the last first.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Create { app: usize, mode: Mode, users: Vec<NewUser> },
    Assign { app: usize, mode: Mode, operations: Vec<Operation> },
    Apply { mode: Mode, prune: bool, file: State },
    Accept { token: usize },
    Wait { days: i64 },
    Reopen,
}

pub(crate) fn steps(count: RangeInclusive<usize>) -> impl Strategy<Value = Vec<Step>> {
    // Bit by bit: `user-management`, `role-management`, `master-admin`.
    let app = || prop_oneof![4 => Just(7_usize), 2 => Just(3_usize), 2 => Just(1_usize), 1 => 0..8_usize];
    let mode = || prop_oneof![4 => Just(Mode::Real), 1 => Just(Mode::DryRun)];
    let create = (app(), mode(), vec(new_user(), 1..4));
    let assign = (prop_oneof![4 => Just(7_usize), 3 => Just(2_usize), 1 => app()], mode(), vec(operation(), 1..4));
    let apply = (mode(), proptest::bool::weighted(0.25), file());
    let step = prop_oneof![
        4 => create.prop_map(|(app, mode, users)| Step::Create { app, mode, users }),
        4 => assign.prop_map(|(app, mode, operations)| Step::Assign { app, mode, operations }),
        5 => apply.prop_map(|(mode, prune, file)| Step::Apply { mode, prune, file }),
        3 => (0..4_usize).prop_map(|token| Step::Accept { token }),
        1 => (1..9_i64).prop_map(|days| Step::Wait { days }),
        1 => Just(Step::Reopen),
    ];
    vec(step, count)
}

/// An address as somebody may write it.
fn written() -> impl Strategy<Value = String> {
    let spelling = prop_oneof![
        6 => Just((|email| email.to_owned()) as fn(&str) -> String),
        1 => Just((|email| email.to_uppercase()) as fn(&str) -> String),
        1 => Just((|email| format!("  {email} ")) as fn(&str) -> String),
    ];
    (select(&PEOPLE[..]), spelling).prop_map(|(email, spell)| spell(email))
}

/// Somebody of whom no account file knows.
fn stranger() -> impl Strategy<Value = String> {
    (0..30).prop_map(|n| format!("p{n}@acme.test"))
}

fn address() -> impl Strategy<Value = String> {
    let wrong =
        select(vec![String::new(), "a3q4".into(), "a b@acme.test".into(), format!("{}@x.test", "a".repeat(300))]);
    prop_oneof![30 => written(), 1 => wrong, 1 => stranger()]
}

fn org_user_id() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(&["7", "8", " 7 ", "9"][..]).prop_map(str::to_owned),
        1 => select(vec![" ".to_owned(), "a\u{7}b".to_owned(), "9".repeat(201)]),
    ]
}

fn group_id() -> impl Strategy<Value = String> {
    let of = |name: &str| GroupId::derive("Acme", &key(name)).to_string();
    prop_oneof![9 => select(&GROUPS[..]).prop_map(of), 1 => Just("e-none".to_owned())]
}

fn bot_id() -> impl Strategy<Value = String> {
    let ids = BOTS.map(|(name, _, _)| BotId::derive("Acme", &key(name)).to_string());
    prop_oneof![6 => Just(ids[0].clone()), 2 => Just(ids[1].clone()), 1 => Just("st-none".to_owned())]
}

fn role_on_bot() -> impl Strategy<Value = RoleOnBot> {
    let ids = ROLES.map(|(kind, name, _)| (kind, role_id(kind, name)));
    let fitting = (select(ids.to_vec()), bot_id())
        .prop_map(|((kind, role), bot)| RoleOnBot { role, bot: Some(bot).filter(|_| kind == RoleKind::Bot) });
    let any = (select(ids.to_vec()), option::of(prop_oneof![bot_id(), Just(" ".to_owned())]))
        .prop_map(|((_, role), bot)| RoleOnBot { role, bot });
    prop_oneof![6 => fitting, 2 => any, 1 => Just(RoleOnBot { role: "0123456789abcdef01234567".into(), bot: None })]
}

fn task_grant() -> impl Strategy<Value = TaskGrant> {
    let ids = BOTS.iter().flat_map(|(bot, _, dialogs)| {
        dialogs.iter().map(|name| DialogId::derive("Acme", &format!("{}/{}", key(bot), key(name))).to_string())
    });
    let mut ids: Vec<String> = ids.collect();
    ids.extend([ids[0].clone(), ids[1].clone(), String::new(), "dg-none".into()]);
    (bot_id(), option::of(vec(select(ids), 0..3))).prop_map(|(bot, dialogs)| TaskGrant { bot, dialogs })
}

fn new_user() -> impl Strategy<Value = NewUser> {
    let name = prop_oneof![4 => Just(" Ada ".to_owned()), 1 => Just("A\u{1}da".to_owned()), 1 => Just("é".repeat(201))];
    let flags = prop_oneof![6 => Just((true, true)), 1 => Just((false, true)), 1 => Just((false, false)), 1 => Just((true, false))];
    let lists = (vec(group_id(), 0..3), vec(role_on_bot(), 0..3), vec(task_grant(), 0..2));
    let texts = (prop_oneof![address(), stranger()], option::weighted(0.2, org_user_id()), option::weighted(0.2, name));
    (texts, lists, flags, any::<bool>()).prop_map(
        |((email, org_user_id, name), (groups, roles, tasks), flags, invite)| {
            let mut profile = Profile::default();
            profile.set(ProfileField::FirstName, name);
            let (can_create_bot, is_developer) = flags;
            NewUser { email, org_user_id, profile, groups, roles, tasks, can_create_bot, is_developer, invite }
        },
    )
}

fn lookup() -> impl Strategy<Value = Lookup> {
    prop_oneof![9 => address().prop_map(Lookup::Email), 1 => org_user_id().prop_map(Lookup::OrgUserId)]
}

fn operation() -> impl Strategy<Value = Operation> {
    let role = prop_oneof![
        8 => Just(role_id(RoleKind::Admin, "admin")),
        8 => Just(role_id(RoleKind::Admin, "Auditor")),
        1 => Just(role_id(RoleKind::Bot, "Bot Tester")),
        1 => Just("0123456789abcdef01234567".to_owned()),
    ];
    let people = || prop_oneof![3 => vec(lookup(), 0..2), 1 => vec(lookup(), 2..4)];
    let name = || prop_oneof![9 => select(&GROUPS[..]).prop_map(str::to_owned), 1 => Just("OPS ".to_owned())];
    let groups = || prop_oneof![3 => Just(Vec::new()), 1 => vec(name(), 1..3)];
    (role, people(), people(), groups(), groups()).prop_map(
        |(role, add_users, remove_users, add_groups, remove_groups)| Operation {
            bot: None,
            role,
            add_users,
            remove_users,
            add_groups,
            remove_groups,
        },
    )
}

fn file_user() -> impl Strategy<Value = UserState> {
    let status = prop_oneof![
        3 => Just(None),
        4 => Just(Some(Status::Active)),
        2 => Just(Some(Status::Suspended)),
        1 => Just(Some(Status::Locked)),
        1 => Just(Some(Status::Invited)),
    ];
    let org = prop_oneof![
        6 => Just(Change::Keep),
        1 => Just(Change::Clear),
        2 => select(&["7", "8", "9"][..]).prop_map(|id| Change::Set(id.to_owned())),
    ];
    let task = (select(&BOTS[..]), option::of(0..3_usize)).prop_map(|((bot, _, dialogs), count)| TaskState {
        bot: bot.to_owned(),
        dialogs: count.map(|n| dialogs[..n].iter().map(|d| (*d).to_owned()).collect()),
    });
    (written(), status, org, option::weighted(0.2, vec(task, 0..3))).prop_map(|(email, status, org_user_id, tasks)| {
        UserState { status, org_user_id, tasks, ..user(&email, Status::Invited) }
    })
}

fn assignment() -> impl Strategy<Value = AssignmentState> {
    let place = prop_oneof![
        4 => Just(("admin", None)),
        4 => Just(("Auditor", None)),
        3 => select(&["Bot Tester", "Curator"][..]).prop_map(|role| (role, Some("Helper"))),
        1 => Just(("Curator", None)),
        1 => Just(("Auditor", Some("Helper"))),
    ];
    let expires =
        prop_oneof![4 => Just(None), 1 => select(&[-1, 3, 20][..]).prop_map(|days| Some(Time(START.0 + days * DAY)))];
    let groups = prop_oneof![2 => Just(Vec::new()), 1 => subsequence(&GROUPS[..], 1..3)];
    (place, subsequence(&PEOPLE[..], 0..3), groups, expires).prop_map(|((role, bot), users, groups, expires)| {
        // The built-in admin role of a group, or one that expires, is a fault: often enough, not always.
        let is_plain = role == "admin" && users.len() != 2;
        let (groups, expires) = if is_plain { (Vec::new(), None) } else { (groups, expires) };
        AssignmentState { expires, ..crate::setting::given(role, bot, &users, &groups) }
    })
}

/// An account file. Most are complete: they describe whatever they name.
fn file() -> impl Strategy<Value = State> {
    let contents =
        (subsequence(&PEOPLE[..], 0..4), prop_oneof![2 => Just(Vec::new()), 2 => vec(select(&GROUPS[..]), 1..2)]);
    let groups = (subsequence(&GROUPS[..], 0..4), vec(contents, 4));
    let parts = (vec(file_user(), 0..4), groups, vec(assignment(), 0..3), proptest::bool::weighted(0.85));
    parts.prop_map(|(users, (names, contents), assignments, is_complete)| {
        let mut file = state();
        for user in users {
            if !file.users.iter().any(|u| key(&u.email) == key(&user.email)) {
                file.users.push(user);
            }
        }
        for a in assignments {
            if !file.assignments.iter().any(|b| (&b.role, &b.bot) == (&a.role, &a.bot)) {
                file.assignments.push(a);
            }
        }
        let described = names.iter().zip(contents);
        file.groups = described.map(|(name, (members, children))| group(name, &members, &children)).collect();
        if is_complete { complete(file) } else { file }
    })
}

/// Adds a line for each user and group that the file names without describing them.
fn complete(mut file: State) -> State {
    let of_groups = file.groups.iter().flat_map(|g| g.members.clone());
    let of_roles = file.assignments.iter().flat_map(|a| a.users.clone());
    for email in of_groups.chain(of_roles).collect::<Vec<_>>() {
        if !file.users.iter().any(|u| key(&u.email) == key(&email)) {
            file.users.push(UserState { status: None, ..user(&email, Status::Invited) });
        }
    }
    let nested = file.groups.iter().flat_map(|g| g.groups.clone());
    for name in nested.chain(file.assignments.iter().flat_map(|a| a.groups.clone())).collect::<Vec<_>>() {
        if !file.groups.iter().any(|g| key(&g.name) == key(&name)) {
            file.groups.push(group(&name, &[], &[]));
        }
    }
    file
}
