//! Transactions that lose against others: done again where that helps, and told as busy where it does not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use rollcall_core::op::Mode;
use rollcall_core::sync::State;
use rollcall_core::users::{self, Outcome};
use rollcall_core::{Code, Result};

use super::{LONG, Replica, at_once, name, new, on, people, shared, until};
use crate::setting::{active, number, state};

#[test]
fn two_that_wait_for_each_other_are_both_answered() {
    let cluster = shared();
    let acme = on(&cluster);
    let (one, other) = (Replica::of(&acme), Replica::of(&acme));
    let deadlocks = || cluster.log().matches(&format!("[{}] ERROR:  deadlock detected", name(&acme))).count();
    let mut rounds = 0;
    while rounds < 3 || (deadlocks() == 0 && rounds < 30) {
        let names: Vec<String> = (0..200).map(|n| format!("u{rounds}-{n:03}")).collect();
        let forward: Vec<&str> = names.iter().map(String::as_str).collect();
        let backward: Vec<&str> = forward.iter().rev().copied().collect();
        let (a, b) = at_once(|| one.create(new(&forward)).wait(), || other.create(new(&backward)).wait());
        let (a, b) = (a.unwrap(), b.unwrap());
        for (n, (a, b)) in a.iter().zip(b.iter().rev()).enumerate() {
            let created = [a, b].into_iter().filter(|outcome| matches!(outcome, Outcome::Created(_))).count();
            assert_eq!(created, 1, "{}: {a:?}, {b:?}", names[n]);
        }
        rounds += 1;
        assert_eq!(people(&acme).len(), 200 * rounds);
    }
    assert!(deadlocks() > 0, "no round was one of waiting for each other");
    let events = number(&acme, "select count(*) from audit_events where name = 'User Created'");
    assert_eq!(events, 200 * rounds as i64, "what was done again is told once");
    acme.sealed_events();
}

#[test]
fn a_write_that_the_server_sacrifices_is_done_again_from_its_beginning() {
    let cluster = shared();
    let acme = on(&cluster);
    let mut foreigner = Client::connect(&acme.database().url(), NoTls).unwrap();
    // Whoever looks for deadlocks first is the victim.
    foreigner.batch_execute("set application_name = 'foreigner'; set deadlock_timeout = '10min'").unwrap();
    let mut theirs = foreigner.transaction().unwrap();
    let insert = |name: &str| {
        format!(
            "insert into users (account_id, public_id, email, email_key, can_create_bot, is_developer, data_tables, \
             status, source, created_at, updated_at) select id, 'u-{name}', '{name}@acme.test', '{name}@acme.test', \
             false, false, false, 'active', 'api', 0, 0 from accounts"
        )
    };
    theirs.batch_execute(&insert("bo")).unwrap();
    let (holds, held) = channel();
    let (go, goes_on) = channel::<()>();
    let (runs, goes_on) = (Arc::new(AtomicUsize::new(0)), Mutex::new(goes_on));
    let count = Arc::clone(&runs);
    let pending = acme.rollcall().write(
        acme.host_actor(),
        rollcall_core::policy::Permission::ManageUsers,
        Mode::Real,
        move |op| {
            let ada = users::create_many(op, new(&["ada"]))?;
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                holds.send(()).unwrap();
                let _ = goes_on.lock().unwrap().recv();
            }
            users::create_many(op, new(&["bo"])).map(|bo| (ada, bo))
        },
    );
    held.recv_timeout(LONG).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Waits for Ada, whom we hold, until we are undone.
            theirs.batch_execute(&insert("ada")).unwrap();
            theirs.rollback().unwrap();
        });
        let waits = format!(
            "select count(*) from pg_stat_activity where datname = '{}' and application_name = 'foreigner' \
             and wait_event_type = 'Lock'",
            name(&acme)
        );
        until(&cluster, &waits, "1");
        drop(go);
        let (ada, bo) = pending.wait().unwrap();
        assert!(matches!((&ada[0], &bo[0]), (Outcome::Created(_), Outcome::Created(_))), "{ada:?} {bo:?}");
    });
    assert!(runs.load(Ordering::SeqCst) > 1, "it was done again");
    assert_eq!(people(&acme), ["ada", "bo"]);
    assert_eq!(acme.sealed_events(), 3, "the founding, and two users");
}

#[test]
fn who_waits_longer_than_patience_for_another_is_told_that_it_is_busy() {
    const PATIENCE: Duration = Duration::from_millis(500);
    let cluster = shared();
    let acme = on(&cluster);
    let replica = Replica::open(&acme, &acme.database().url(), PATIENCE).unwrap();
    let file = || {
        let users = vec![active("bo@acme.test")];
        replica.rollcall.apply(&replica.host, State { users, ..state() }, false, Mode::Real).wait().map(|_| ())
    };
    let creation = || replica.create(new(&["bo"])).wait().map(|_| ());
    let is_busy = |answer: Result<()>, begin: Instant| {
        let error = answer.unwrap_err();
        assert_eq!(error.code(), Code::Busy, "{error:?}");
        assert!(error.to_string().contains("is busy; nothing was changed"), "{error:?}");
        assert!(error.cause().unwrap().contains("55P03"), "it says that it waited for a lock: {error:?}");
        assert!(begin.elapsed() < PATIENCE * 6, "{:?}", begin.elapsed());
    };

    // A replica that adds, while this one wants the account for itself.
    let (holds, held) = channel();
    let (go, goes_on) = channel::<()>();
    let goes_on = Mutex::new(goes_on);
    let adding = acme.rollcall().write(
        acme.host_actor(),
        rollcall_core::policy::Permission::ManageUsers,
        Mode::Real,
        move |op| {
            users::create_many(op, new(&["ada"]))?;
            holds.send(()).unwrap();
            let _ = goes_on.lock().unwrap().recv();
            Ok(())
        },
    );
    held.recv_timeout(LONG).unwrap();
    is_busy(file(), Instant::now());
    creation().unwrap();
    assert_eq!(people(&acme), ["bo"], "adding to it goes on meanwhile");
    drop(go);
    adding.wait().unwrap();
    file().unwrap();

    // Somebody else's session that holds a whole table.
    let before = acme.snapshot();
    let mut foreigner = Client::connect(&acme.database().url(), NoTls).unwrap();
    let mut theirs = foreigner.transaction().unwrap();
    theirs.batch_execute("lock table users in exclusive mode").unwrap();
    is_busy(replica.create(new(&["cy"])).wait().map(|_| ()), Instant::now());
    assert_eq!(acme.snapshot(), before);
    theirs.rollback().unwrap();
    replica.create(new(&["cy"])).wait().unwrap();
    assert_eq!(people(&acme), ["ada", "bo", "cy"]);
}
