//! Requests to create users that wait at the same time are done as one, and nobody can tell that by anything but the time.

use proptest::collection::vec;
use proptest::prelude::*;
use rollcall_core::actor::Actor;
use rollcall_core::apps::{self, Rotation};
use rollcall_core::id::{BotId, DialogId, GroupId, RoleId};
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_core::users::{self, Creation, NewUser, Outcome, RoleOnBot, TaskGrant, UserFault};
use rollcall_core::{Code, Pending, Result};
use rollcall_testkit::{TestDatabase, TestRollcall};
use serde_json::json;

use crate::properties::config;
use crate::setting::{active, app, bot, column, group, letters, number, role, sign, state, statements};

/// Where there is something to be put into: groups of which one carries a role, roles, a bot.
fn furnished() -> TestRollcall {
    let acme = TestRollcall::new();
    let auditor = role(RoleKind::Admin, "Auditor", &json!({}));
    let mut given = crate::setting::given("Auditor", None, &[], &["Auditors"]);
    given.expires = None;
    let file = State {
        users: vec![active("ada@acme.test")],
        groups: vec![group("Sales", &[], &[]), group("Auditors", &[], &[])],
        roles: vec![auditor],
        bots: vec![bot("Helper", true, &["Leave", "Pay"])],
        assignments: vec![given],
        ..state()
    };
    acme.apply(file).unwrap();
    acme
}

fn ask(acme: &TestRollcall, actor: &Actor, users: Vec<NewUser>) -> Pending<Vec<Outcome>> {
    acme.rollcall().create_users(actor.clone(), Creation::of(users))
}

/// Two apps that may create users, both recognised after both were made: nothing of the account's apps is changed since.
fn two_apps(acme: &TestRollcall) -> [Actor; 2] {
    let scopes = [&[Scope::UserManagement][..], &[Scope::UserManagement, Scope::AuditLogs]];
    let _ = scopes.map(|scopes| app(acme, scopes));
    scopes.map(|scopes| app(acme, scopes))
}

fn new(name: &str) -> Vec<NewUser> {
    vec![NewUser::with_email(format!("{name}@acme.test"))]
}

/// Keeps the thread busy to which all jobs come, until the sender is dropped.
fn gate(acme: &TestRollcall) -> (flume::Sender<()>, Pending<()>) {
    let (open, wait) = flume::bounded::<()>(0);
    let (begun, began) = flume::bounded(1);
    let pending = acme.rollcall().write(acme.host_actor(), Permission::ManageUsers, Mode::Real, move |_| {
        let _ = begun.send(());
        let _ = wait.recv();
        Ok(())
    });
    began.recv().unwrap();
    (open, pending)
}

/// Asks for all of it while nothing can be done, and gives the answers.
fn at_once(acme: &TestRollcall, asked: Vec<(Actor, Vec<NewUser>)>) -> Vec<Result<Vec<Outcome>>> {
    let (open, gated) = gate(acme);
    let answers: Vec<_> = asked.into_iter().map(|(actor, users)| ask(acme, &actor, users)).collect();
    drop(open);
    gated.wait().unwrap();
    answers.into_iter().map(Pending::wait).collect()
}

fn exists(name: &str) -> Outcome {
    Outcome::Refused(vec![UserFault::Exists(format!("{name}@acme.test"))])
}

/// What a user who is asked for may be like: few of a kind, so that they are often in each other's way.
fn user() -> impl Strategy<Value = NewUser> {
    let email = prop_oneof![12 => "[a-i]@acme\\.test", 1 => "[A-C]@Acme\\.test", 1 => "no address|"];
    let org_user_id = proptest::option::weighted(0.2, " ?[1-5]");
    // Most of them can be created, the first of each list with it: those are in each other's way when they are written.
    let choice = |[good, barred, other]: [String; 3]| {
        let one = prop_oneof![8 => Just(good), 1 => Just(barred), 1 => Just(other)];
        proptest::option::weighted(0.3, one).prop_map(|id| id.into_iter().collect::<Vec<_>>())
    };
    let groups = choice([
        GroupId::derive("Acme", "sales").to_string(),
        GroupId::derive("Acme", "auditors").to_string(),
        "g-none".into(),
    ]);
    let roles = choice([
        RoleId::derive("Acme", "bot/bot tester").to_string(),
        RoleId::derive("Acme", "admin/auditor").to_string(),
        RoleId::derive("Acme", "admin/admin").to_string(),
    ]);
    let tasks = proptest::option::weighted(0.2, any::<bool>());
    (email, org_user_id, groups, roles, tasks, proptest::bool::weighted(0.95), any::<bool>()).prop_map(
        |(email, org_user_id, groups, roles, tasks, is_developer, invite)| {
            let bot = BotId::derive("Acme", "helper").to_string();
            let on =
                |role: &String| (*role == RoleId::derive("Acme", "bot/bot tester").to_string()).then(|| bot.clone());
            let roles = roles.into_iter().map(|role| RoleOnBot { bot: on(&role), role }).collect();
            let dialogs = |all: bool| (!all).then(|| vec![DialogId::derive("Acme", "helper/leave").to_string()]);
            let tasks = tasks.into_iter().map(|all| TaskGrant { bot: bot.clone(), dialogs: dialogs(all) }).collect();
            NewUser { org_user_id, groups, roles, tasks, is_developer, invite, ..NewUser::with_email(email) }
        },
    )
}

/// The request's place among two apps, and its users.
fn requests() -> impl Strategy<Value = Vec<(bool, Vec<NewUser>)>> {
    vec((proptest::bool::weighted(0.9), vec(user(), 0..=3)), 2..=12)
}

/// All that can be seen of an account but ids that were drawn and times, which the log's order stands for.
fn seen(acme: &TestRollcall) -> Vec<Vec<String>> {
    let of_users = |columns: &str, from: &str| {
        column(acme, &format!("select concat_ws(' ', u.email, {columns}) from users u {from} order by u.id, 1"))
    };
    let mut letters: Vec<String> = letters(acme).into_iter().map(|(to, _)| to).collect();
    letters.sort_unstable();
    vec![
        of_users("u.org_user_id, case when u.is_developer then 1 else 0 end", ""),
        of_users("g.name", "join memberships m on m.user_id = u.id join groups g on g.id = m.group_id"),
        of_users("r.name, a.bot_id", "join assignments a on a.user_id = u.id join roles r on r.id = a.role_id"),
        of_users("t.bot_id, t.dialog_id", "join task_grants t on t.user_id = u.id"),
        of_users("i.state", "join invitations i on i.user_id = u.id"),
        letters,
        column(
            acme,
            "select concat_ws(' ', e.actor_name, e.name, coalesce(u.email, e.target), e.description, e.state_before, \
             e.state_after) from audit_events e left join users u on u.public_id = e.target order by e.id",
        ),
    ]
}

/// Without the ids that were drawn.
fn told(outcome: Outcome) -> std::result::Result<(), Vec<UserFault>> {
    match outcome {
        Outcome::Created(_) => Ok(()),
        Outcome::Refused(faults) => Err(faults),
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn requests_done_as_one_come_to_what_they_come_to_one_by_one(requests in requests()) {
        let (together, singly) = (furnished(), furnished());
        let actors = two_apps(&together);
        let asked = requests.iter().map(|(first, users)| (actors[usize::from(!first)].clone(), users.clone())).collect();
        let at_once = at_once(&together, asked);
        let actors = two_apps(&singly);
        for ((first, users), at_once) in requests.into_iter().zip(at_once) {
            let alone = move |op: &mut Op<'_>| users::create_many(op, users.clone());
            let actor = actors[usize::from(!first)].clone();
            let alone = singly.rollcall().write(actor, Permission::ManageUsers, Mode::Real, alone).wait();
            let told = |outcomes: Vec<Outcome>| outcomes.into_iter().map(told).collect::<Vec<_>>();
            prop_assert_eq!(told(at_once.unwrap()), told(alone.unwrap()));
        }
        prop_assert_eq!(seen(&together), seen(&singly));
        prop_assert_eq!(together.sealed_events(), singly.sealed_events());
    }
}

#[test]
fn thirty_creations_that_wait_need_the_statements_of_one() {
    let acme = furnished();
    let actor = app(&acme, &[Scope::UserManagement]);
    ask(&acme, &actor, new("first")).wait().unwrap();
    let with_gate = |names: Vec<String>| {
        let asked = names.iter().map(|name| (actor.clone(), new(name))).collect();
        let (count, answers) = statements(&acme, || at_once(&acme, asked));
        assert!(answers.into_iter().all(|answer| matches!(answer.unwrap()[..], [Outcome::Created(_)])));
        count
    };
    let one = with_gate(vec!["one".into()]);
    assert_eq!(with_gate((0..30).map(|n| format!("u{n}")).collect()), one);
}

#[test]
fn who_asks_first_is_first_and_what_comes_later_was_free() {
    let acme = furnished();
    let actor = app(&acme, &[Scope::UserManagement]);
    let bad = NewUser { is_developer: false, ..NewUser::with_email("bo@acme.test") };
    let asked = [vec![bad], new("bo"), new("bo"), [new("cy"), new("cy")].concat()];
    let answers = at_once(&acme, asked.map(|users| (actor.clone(), users)).into());
    let [bad, first, second, twice] = answers.try_into().unwrap();
    assert_eq!(bad.unwrap(), [Outcome::Refused(vec![UserFault::CreatorMustDevelop])], "nobody had the address then");
    assert!(matches!(first.unwrap()[..], [Outcome::Created(_)]));
    assert_eq!(second.unwrap(), [exists("bo")]);
    let repeated = Outcome::Refused(vec![UserFault::RepeatedEmail("cy@acme.test".into())]);
    assert!(matches!(&twice.unwrap()[..], [Outcome::Created(_), other] if *other == repeated));
}

#[test]
fn what_the_database_refuses_of_one_touches_no_other() {
    let acme = furnished();
    let actor = app(&acme, &[Scope::UserManagement]);
    if TestDatabase::is_postgres() {
        acme.database()
            .execute("create function no() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$");
        acme.database().execute(
            "create trigger no before insert on users for each row when (new.email = 'bo@acme.test') \
             execute function no()",
        );
    } else {
        acme.database().execute(
            "create trigger no before insert on users when new.email = 'bo@acme.test' \
             begin select raise(abort, 'not this one'); end",
        );
    }
    let (open, gated) = gate(&acme);
    let [ada, bo, cy] = ["abe", "bo", "cy"].map(|name| ask(&acme, &actor, new(name)));
    // Somebody hangs up.
    drop(ask(&acme, &actor, new("dee")));
    let last = ask(&acme, &actor, new("ed"));
    drop(open);
    gated.wait().unwrap();
    assert!([ada, cy, last].into_iter().all(|answer| matches!(answer.wait().unwrap()[..], [Outcome::Created(_)])));
    assert_eq!(bo.wait().unwrap_err().code(), Code::Internal);
    assert_eq!(
        column(&acme, "select email from users where status = 'invited' order by email"),
        ["abe@acme.test", "cy@acme.test", "dee@acme.test", "ed@acme.test"]
    );
    assert_eq!(number(&acme, "select count(*) from audit_events where name = 'User Created'"), 5);
    acme.sealed_events();
}

#[test]
fn who_was_revoked_meanwhile_is_refused_and_nobody_else_is() {
    let acme = furnished();
    let [ci, other] = two_apps(&acme);
    let Actor::App(revoked) = &ci else { panic!("an app is an app") };
    let name = revoked.name().to_owned();
    acme.write(move |op| apps::revoke(op, &name)).unwrap();
    let asked = [(&ci, "abe"), (&ci, "bo"), (&other, "cy"), (&other, "dee"), (&ci, "ed")];
    let answers = at_once(&acme, asked.map(|(actor, name)| (actor.clone(), new(name))).into());
    let told: Vec<_> = answers.into_iter().map(|answer| answer.map_err(|error| error.code()).err()).collect();
    let refused = Some(Code::Unauthenticated);
    assert_eq!(told, [refused, refused, None, None, refused]);
}

#[test]
fn of_one_app_with_two_secrets_each_request_is_asked_for_its_own() {
    let acme = furnished();
    let caller = acme.app(&[Scope::UserManagement]);
    let id = caller.client_id().to_string();
    let (name, overlap) = (id.clone(), 60_000);
    let rotated = acme.write(move |op| apps::rotate(op, &name, &Rotation { overlap, ..Rotation::default() })).unwrap();
    let secrets = [caller.secret().clone(), rotated.1.expect("a new secret")];
    let claims = json!({ "appId": id });
    let [old, new_one] = secrets.map(|secret| {
        let token = sign(&claims, secret.expose());
        acme.rollcall().authenticate(token, None).wait().unwrap().unwrap()
    });
    let first = rotated.0.secrets.last().expect("the first one").id.clone();
    acme.write(move |op| apps::revoke_secret(op, &id, &first)).unwrap();
    let asked = [(&new_one, "abe"), (&old, "bo"), (&new_one, "cy"), (&old, "dee"), (&old, "ed"), (&new_one, "flo")];
    let answers = at_once(&acme, asked.map(|(actor, name)| (actor.clone(), new(name))).into());
    let told: Vec<_> = answers.into_iter().map(|answer| answer.map_err(|error| error.code()).err()).collect();
    let refused = Some(Code::Unauthenticated);
    assert_eq!(told, [None, refused, None, refused, refused, None]);
}

#[test]
fn who_may_not_is_refused_before_anything_is_queued() {
    let acme = furnished();
    let actor = app(&acme, &[Scope::RoleManagement]);
    assert_eq!(ask(&acme, &actor, new("bo")).wait().unwrap_err().code(), Code::Forbidden);
}
