//! What becomes of an app is felt at its next request, on every replica, whether its token was recognised before or after.

use std::sync::mpsc;

use rollcall_core::actor::Actor;
use rollcall_core::apps::{self, Algorithm, Rotation, SettingsChange};
use rollcall_core::change::Change;
use rollcall_core::op::{Mode, Once, Reply};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::sync::{AppState, State};
use rollcall_core::users::{self, NewUser};
use rollcall_core::{Code, Pending, Rollcall};
use rollcall_testkit::{START, TestDatabase, TestRollcall};
use serde_json::json;

use crate::setting::{HOUR, app_state, create, number, prune, state};
use crate::tokens::{furnished, with_claims};

/// Somebody's token is recognised, by the record that is remembered where there is one.
fn recognise(rollcall: &Rollcall, token: &str) -> Result<Actor, Code> {
    let answer = rollcall.authenticate(token.to_owned(), None).needing(Permission::ViewUsers).wait().unwrap();
    answer.map_err(|_| Code::Unauthenticated)
}

/// What an actor may do there: reading and writing are answered alike.
fn act(rollcall: &Rollcall, actor: &Actor) -> Result<(), Code> {
    let read = rollcall.read(actor.clone(), Permission::ViewUsers, |_| Ok(())).wait().map_err(|error| error.code());
    let new = [NewUser::with_email("new@acme.test")];
    let write = create(rollcall, actor, Mode::DryRun, &new).map(|_| ()).map_err(|error| error.code());
    assert_eq!(read, write);
    read
}

type Made = fn(&TestRollcall);

fn set(acme: &TestRollcall, change: SettingsChange) {
    acme.write(move |op| apps::change(op, "ci", &change)).unwrap();
}

fn rotate(acme: &TestRollcall, overlap: i64) -> String {
    let rotation = Rotation { overlap, ..Rotation::default() };
    let (app, _) = acme.write(move |op| apps::rotate(op, "ci", &rotation)).unwrap();
    app.secrets[1].id.clone()
}

/// Each change, and what a token of before is worth then.
const CHANGES: [(&str, Made, Code); 10] = [
    (
        "the scope is taken away",
        |acme| set(acme, SettingsChange { remove: vec![Scope::UserManagement], ..SettingsChange::default() }),
        Code::Forbidden,
    ),
    (
        "a jti is enforced",
        |acme| set(acme, SettingsChange { enforce_jti: Some(true), ..SettingsChange::default() }),
        Code::Unauthenticated,
    ),
    (
        "encryption is enforced",
        |acme| set(acme, SettingsChange { enforce_jwe: Some(true), ..SettingsChange::default() }),
        Code::Unauthenticated,
    ),
    (
        "the app ends",
        |acme| set(acme, SettingsChange { expires: Change::Set(START), ..SettingsChange::default() }),
        Code::Unauthenticated,
    ),
    (
        "the algorithm is another",
        |acme| {
            let ci = AppState { algorithm: Some(Algorithm::Hs512), ..app_state("ci", &[Scope::UserManagement]) };
            acme.apply(State { apps: vec![ci], ..state() }).unwrap();
        },
        Code::Unauthenticated,
    ),
    ("it is rotated without an overlap", |acme| drop(rotate(acme, 0)), Code::Unauthenticated),
    (
        "its secret is revoked",
        |acme| {
            let old = rotate(acme, HOUR);
            acme.write(move |op| apps::revoke_secret(op, "ci", &old)).unwrap();
        },
        Code::Unauthenticated,
    ),
    (
        "the overlap ends",
        |acme| {
            rotate(acme, HOUR);
            acme.clock.advance(HOUR);
        },
        Code::Unauthenticated,
    ),
    ("it is revoked", |acme| drop(acme.write(|op| apps::revoke(op, "ci")).unwrap()), Code::Unauthenticated),
    (
        "a file no longer names it",
        |acme| drop(prune(acme, State { apps: Vec::new(), ..export_all(acme) }).unwrap()),
        Code::Unauthenticated,
    ),
];

fn export_all(acme: &TestRollcall) -> State {
    crate::setting::export(acme)
}

#[test]
fn a_change_of_an_app_is_felt_at_its_next_request_on_every_replica() {
    for (what, change, expected) in CHANGES {
        for is_recognised_before in [true, false] {
            let acme = furnished(Algorithm::Hs256);
            let (other, _) = acme.replica();
            let token = with_claims(&acme, &json!({}));
            let replicas: [&Rollcall; 2] = [acme.rollcall(), &other];
            let before = replicas.map(|rollcall| recognise(rollcall, &token).unwrap());
            for (rollcall, actor) in replicas.iter().zip(&before) {
                assert_eq!(act(rollcall, actor), Ok(()), "{what}: before");
            }
            change(&acme);
            for (rollcall, actor) in replicas.iter().zip(&before) {
                let actor = if is_recognised_before { Ok(actor.clone()) } else { recognise(rollcall, &token) };
                let done = actor.and_then(|actor| act(rollcall, &actor));
                assert_eq!(done, Err(expected), "{what}: recognised before: {is_recognised_before}");
            }
        }
    }
}

#[test]
fn a_scope_that_is_given_is_had_at_the_next_request_on_every_replica() {
    let acme = furnished(Algorithm::Hs256);
    let (other, _) = acme.replica();
    let token = with_claims(&acme, &json!({}));
    let may = |rollcall: &Rollcall| {
        let asked = rollcall.authenticate(token.clone(), None).needing(Permission::ViewGroups).wait().unwrap().unwrap();
        rollcall.read(asked, Permission::ViewGroups, |_| Ok(())).wait().is_ok()
    };
    assert_eq!([acme.rollcall(), &other].map(may), [false, false]);
    set(&acme, SettingsChange { add: vec![Scope::RoleManagement], ..SettingsChange::default() });
    assert_eq!([acme.rollcall(), &other].map(may), [true, true]);
}

#[test]
fn a_write_that_waits_while_its_app_is_revoked_is_not_done() {
    let acme = furnished(Algorithm::Hs256);
    let (other, _) = acme.replica();
    let token = with_claims(&acme, &json!({}));
    let users = number(&acme, "select count(*) from users");
    let (held, is_held) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let revoking = acme.rollcall().write(acme.host_actor(), Permission::AdministerAccount, Mode::Real, move |op| {
        apps::revoke(op, "ci")?;
        let _ = held.send(());
        // Nothing is committed, and the account's lock is held, until somebody says so.
        let _ = may_go.recv();
        Ok(())
    });
    let start = |rollcall: &Rollcall, email: &str| -> Pending<_> {
        let actor = recognise(rollcall, &token).unwrap();
        let new = vec![NewUser::with_email(email)];
        rollcall.write(actor, Permission::ManageUsers, Mode::Real, move |op| users::create_many(op, new.clone()))
    };
    // The same under a key: it is compared once it holds the account, too.
    let start_once = |rollcall: &Rollcall, email: &'static str| -> Pending<Reply> {
        let actor = recognise(rollcall, &token).unwrap();
        let once = Once { key: email.into(), fingerprint: [1; 32] };
        rollcall.write_once(actor, Permission::ManageUsers, Mode::Real, Some(once), move |op| {
            users::create_many(op, vec![NewUser::with_email(email)])?;
            Ok(Reply { status: 200, body: Vec::new(), replayed: false })
        })
    };
    is_held.recv().unwrap();
    let under_a_key = [start_once(&other, "four@acme.test"), start_once(acme.rollcall(), "three@acme.test")];
    if TestDatabase::is_postgres() {
        // Until the first has looked whether its key was used before, and waits for the account.
        let waits =
            "select count(*) from pg_stat_activity where wait_event = 'advisory' and datname = current_database()";
        while number(&acme, waits) == 0 {
            std::thread::yield_now();
        }
    }
    let waiting = [start(acme.rollcall(), "one@acme.test"), start(&other, "other@acme.test")];
    go.send(()).unwrap();
    revoking.wait().unwrap();
    for answer in waiting {
        assert_eq!(answer.wait().unwrap_err().code(), Code::Unauthenticated);
    }
    for answer in under_a_key {
        assert_eq!(answer.wait().unwrap_err().code(), Code::Unauthenticated);
    }
    assert_eq!(number(&acme, "select count(*) from users"), users);
}

#[test]
fn a_remembered_reply_is_not_told_to_an_app_whose_token_is_not_good_any_more() {
    let later: [fn(&TestRollcall); 3] = [
        |acme| drop(acme.write(|op| apps::revoke(op, "ci")).unwrap()),
        |acme| drop(rotate(acme, 0)),
        |acme| set(acme, SettingsChange { enforce_jti: Some(true), ..SettingsChange::default() }),
    ];
    for change in later {
        let acme = furnished(Algorithm::Hs256);
        let (other, _) = acme.replica();
        let actor = recognise(acme.rollcall(), &with_claims(&acme, &json!({}))).unwrap();
        let ask = |rollcall: &Rollcall| {
            let once = Some(Once { key: "k".into(), fingerprint: [1; 32] });
            let work = |op: &mut rollcall_core::op::Op<'_>| {
                users::create_many(op, vec![NewUser::with_email("new@acme.test")])?;
                Ok(Reply { status: 200, body: b"done".to_vec(), replayed: false })
            };
            rollcall.write_once(actor.clone(), Permission::ManageUsers, Mode::Real, once, work).wait()
        };
        assert!(!ask(acme.rollcall()).unwrap().replayed);
        assert!(ask(&other).unwrap().replayed);
        change(&acme);
        for rollcall in [acme.rollcall(), &other] {
            assert_eq!(ask(rollcall).unwrap_err().code(), Code::Unauthenticated);
        }
    }
}
