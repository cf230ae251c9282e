//! Rollcall's own work on two replicas of one database: opening, sealing, taking letters.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

use rollcall_core::clock::{ManualClock, Time};
use rollcall_core::mail::{self, LEASE_MILLIS};
use rollcall_core::seal::InstallationKey;
use rollcall_core::users::{self, NewUser};
use rollcall_core::{Code, HostKey, Open, Result, Rollcall, Threads, audit};
use rollcall_testkit::{START, TestDatabase};

use super::{Replica, at_once, new, on, shared};
use crate::setting::{DAY, number};

#[test]
fn of_eight_that_open_an_empty_database_one_migrates_it_and_all_agree() {
    let cluster = shared();
    let database = TestDatabase::on(&cluster.url("postgres"));
    let open = |key: &str| -> Result<(Rollcall, HostKey)> {
        Rollcall::open(Open {
            database: database.database(),
            clock: Box::new(Arc::new(ManualClock::at(START))),
            key: InstallationKey::parse(key).unwrap(),
            keys: None,
            threads: Threads { readers: 1, writers: 1, ..Threads::default() },
            rate_limit: None,
        })
    };
    let keys = [InstallationKey::generate(), InstallationKey::generate()];
    let all = Barrier::new(8);
    let opened: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let (key, open, all) = (&keys[n % 2], &open, &all);
                scope.spawn(move || {
                    all.wait();
                    let (rollcall, host) = open(key.expose())?;
                    let account = rollcall.found_account(&host, "Acme").wait()?;
                    let read = host.actor(&account, "test");
                    let permission = rollcall_core::policy::Permission::AdministerAccount;
                    let mark = rollcall.read(read, permission, |view| view.mark()).wait()?;
                    Ok((account.id.to_string(), mark))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let refused: Vec<_> = opened.iter().filter_map(|answer: &Result<_>| answer.as_ref().err()).collect();
    assert!(refused.iter().all(|error| error.code() == Code::Invalid), "{refused:?}");
    assert!(refused.iter().all(|e| e.to_string().contains("not the one this database was made with")), "{refused:?}");
    let agreed: BTreeSet<_> = opened.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!((refused.len(), agreed.len()), (4, 1), "the first key counts, and all of that key agree: {agreed:?}");
    let versions = database.query("select version from schema_migrations order by version");
    let versions: Vec<_> = versions.into_iter().flatten().flatten().collect();
    let expected: Vec<String> = (1..=Rollcall::schema_version()).map(|version| version.to_string()).collect();
    assert_eq!(versions, expected, "each once");
    assert_eq!(database.number("select count(*) from accounts"), 1);
    assert_eq!(database.number("select count(*) from audit_events"), 1);
}

#[test]
fn events_of_two_replicas_are_sealed_on_both_without_gaps() {
    let cluster = shared();
    let acme = on(&cluster);
    let replicas = [Replica::of(&acme), Replica::of(&acme)];
    // Gone when the last who writes is, however that one ends.
    let writes = Arc::new(());
    let is_written = Arc::downgrade(&writes);
    let sealing = |replica: &Replica| {
        while is_written.strong_count() > 0 {
            replica.write(audit::seal).wait().unwrap();
        }
    };
    let writing = |place: usize, replica: &Replica| {
        for n in 0..40 {
            let names: Vec<String> = (0..=n % 3).map(|m| format!("u{place}-{n}-{m}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            replica.create(new(&names)).wait().unwrap();
        }
    };
    std::thread::scope(|scope| {
        for replica in &replicas {
            scope.spawn(|| sealing(replica));
        }
        for (place, replica) in replicas.iter().chain(&replicas).enumerate() {
            let writes = Arc::clone(&writes);
            scope.spawn(move || {
                writing(place, replica);
                drop(writes);
            });
        }
        drop(writes);
    });
    let sealed = acme.sealed_events();
    let told = "select count(*) from users";
    assert_eq!(sealed, 1 + number(&acme, told).unsigned_abs(), "the founding, and each user");
    let numbers = "select count(*) filter (where seq is null) + max(seq) - count(distinct seq) from audit_events";
    assert_eq!(number(&acme, numbers), 0, "numbers without gaps, none twice, nothing left over");
}

#[test]
fn each_letter_is_taken_by_one_replica_and_by_another_when_that_one_is_gone() {
    let cluster = shared();
    let acme = on(&cluster);
    let (one, other) = (Replica::of(&acme), Replica::of(&acme));
    let invited: Vec<NewUser> = (0..60).map(|n| NewUser::with_email(format!("u{n}@acme.test"))).collect();
    acme.write(move |op| users::create_many(op, invited.clone())).unwrap();
    let take = |replica: &Replica, limit: i64| -> Vec<(i64, Time)> {
        let claimed = replica.write(move |op| mail::claim(op, limit)).wait().unwrap();
        claimed.letters.iter().map(|due| (due.id, due.written)).collect()
    };
    let mut taken = Vec::new();
    for _ in 0..3 {
        let (a, b) = at_once(|| take(&one, 10), || take(&other, 10));
        assert_eq!((a.len(), b.len()), (10, 10));
        taken.extend(a.into_iter().chain(b));
    }
    let all: BTreeSet<_> = taken.iter().copied().collect();
    assert_eq!((all.len(), take(&one, 100).len()), (60, 0), "each once, and then none");
    let sent = taken[..20].to_vec();
    one.write(move |op| mail::settle(op, &sent, &[])).wait().unwrap();
    acme.clock.advance(LEASE_MILLIS - 1);
    assert!(take(&other, 100).is_empty(), "the others are still in the hands of those who took them");
    acme.clock.advance(1);
    let again: BTreeSet<_> = take(&other, 100).into_iter().collect();
    assert_eq!(again, taken[20..].iter().copied().collect(), "what nobody told of is taken again");
    for back in [DAY, DAY / 24] {
        acme.clock.advance(-back);
        assert_eq!(take(&one, 100).len(), 40, "a clock that was set back strands none");
    }
}
