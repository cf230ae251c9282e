//! What the store promises to whoever writes: durable answers, neighbours that do not hurt each other, safe retries.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::seal::InstallationKey;
use rollcall_core::users::{self, NewUser, Outcome};
use rollcall_core::{Code, Error, Open, Pending, Result, Rollcall, Threads};
use rollcall_testkit::{TestDatabase, TestRollcall};

use crate::setting::{app, create, export, number};

fn emails(acme: &TestRollcall) -> Vec<String> {
    export(acme).users.into_iter().map(|u| u.email).collect()
}

/// Creates a user in the transaction at hand.
fn make(op: &mut Op<'_>, name: &str) -> Result<()> {
    let outcomes = users::create_many(op, vec![NewUser::with_email(format!("{name}@acme.test"))])?;
    assert!(matches!(outcomes[0], Outcome::Created(_)));
    Ok(())
}

fn queue(acme: &TestRollcall, work: impl Fn(&mut Op<'_>) -> Result<()> + Send + 'static) -> Pending<()> {
    acme.rollcall().write(acme.host_actor(), Permission::ManageUsers, Mode::Real, work)
}

/// Keeps the thread busy to which all jobs come, until the sender is dropped: what is queued meanwhile goes into one
/// commit of SQLite's writer, or of PostgreSQL's one gatherer as far as it only adds.
fn gate(acme: &TestRollcall) -> (flume::Sender<()>, Vec<Pending<()>>) {
    let (open, wait) = flume::bounded::<()>(0);
    let (begun, began) = flume::bounded(1);
    let pending = queue(acme, move |_| {
        begun.send(()).unwrap();
        let _ = wait.recv();
        Ok(())
    });
    began.recv().unwrap();
    (open, vec![pending])
}

fn finished(pending: Vec<Pending<()>>) {
    pending.into_iter().for_each(|pending| pending.wait().unwrap());
}

#[test]
fn an_answer_means_that_it_is_on_the_disk() {
    let mut acme = TestRollcall::new();
    for name in ["ada", "bo"] {
        queue(&acme, move |op| make(op, name)).wait().unwrap();
        assert_eq!(number(&acme, &format!("select count(*) from users where email = '{name}@acme.test'")), 1);
    }
    let (before, mark) = (acme.snapshot(), acme.read(|view| view.mark()).unwrap());
    acme.reopen();
    assert_eq!((acme.snapshot(), acme.read(|view| view.mark()).unwrap()), (before, mark));
}

#[test]
fn creations_of_sixty_four_threads_all_succeed() {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let actor = app(&acme, &Scope::ALL);
    std::thread::scope(|scope| {
        for thread in 0..64 {
            let (acme, actor) = (&acme, &actor);
            scope.spawn(move || {
                for n in 0..4 {
                    let user = NewUser::with_email(format!("u{thread}-{n}@acme.test"));
                    let outcomes = create(acme.rollcall(), actor, Mode::Real, &[user]).unwrap();
                    assert!(matches!(outcomes[0], Outcome::Created(_)), "{outcomes:?}");
                }
            });
        }
    });
    assert_eq!(emails(&acme).len(), 1 + 64 * 4);
    assert_eq!(number(&acme, "select count(*) from audit_events where name = 'User Created'"), 1 + 64 * 4);
    acme.sealed_events();
}

#[test]
fn of_concurrent_creations_of_one_address_exactly_one_wins() {
    let acme = TestRollcall::new();
    let actor = app(&acme, &Scope::ALL);
    let (open, gated) = gate(&acme);
    let create = |_| {
        let work = |op: &mut Op<'_>| users::create_many(op, vec![NewUser::with_email("same@acme.test")]);
        acme.rollcall().write(actor.clone(), Permission::ManageUsers, Mode::Real, work)
    };
    let asked: Vec<_> = (0..16).map(create).collect();
    drop(open);
    finished(gated);
    let outcomes = asked.into_iter().map(|pending| pending.wait().unwrap().remove(0));
    let created = outcomes.filter(|outcome| matches!(outcome, Outcome::Created(_))).count();
    assert_eq!((created, emails(&acme).len()), (1, 1));
}

#[test]
fn what_panics_or_fails_leaves_nothing_and_hurts_no_neighbour() {
    let acme = TestRollcall::new();
    let (open, gated) = gate(&acme);
    let before = queue(&acme, |op| make(op, "before"));
    let panicking = queue(&acme, |op| {
        make(op, "panicking")?;
        panic!("a fault of ours, on purpose");
    });
    let between = queue(&acme, |op| make(op, "between"));
    let failing = queue(&acme, |op| {
        make(op, "failing")?;
        Err(Error::new(Code::Conflict, "on purpose"))
    });
    let rehearsal =
        acme.rollcall().write(acme.host_actor(), Permission::ManageUsers, Mode::DryRun, |op| make(op, "rehearsal"));
    let after = queue(&acme, |op| make(op, "after"));
    drop(open);
    finished(gated);
    finished(vec![before, between, rehearsal, after]);
    let panicked = panicking.wait().unwrap_err();
    assert_eq!((panicked.code(), panicked.to_string().contains("on purpose")), (Code::Internal, false));
    assert_eq!(failing.wait().unwrap_err().to_string(), "on purpose");
    let kept: BTreeSet<String> = emails(&acme).into_iter().collect();
    assert_eq!(kept, ["after@acme.test", "before@acme.test", "between@acme.test"].map(str::to_owned).into());
    assert_eq!(number(&acme, "select count(*) from outbox"), 3);
    assert_eq!(acme.sealed_events(), 4, "the founding, and three users");
    queue(&acme, |op| make(op, "later")).wait().unwrap();
}

#[test]
fn a_reader_outlives_a_panic() {
    let acme = TestRollcall::new();
    for _ in 0..4 {
        let panicked = acme.read(|_| -> Result<()> { panic!("a fault of ours, on purpose") });
        assert_eq!(panicked.unwrap_err().code(), Code::Internal);
    }
    acme.rollcall().ping().wait().unwrap();
}

#[test]
fn a_full_queue_is_busy_and_loses_nothing_of_what_it_took() {
    let acme = TestRollcall::new();
    let (open, gated) = gate(&acme);
    let done = Arc::new(AtomicUsize::new(0));
    let waiting: Vec<_> = (0..4_096)
        .map(|_| {
            let done = Arc::clone(&done);
            queue(&acme, move |_| {
                done.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })
        })
        .collect();
    let refused = queue(&acme, |op| make(op, "refused")).wait().unwrap_err();
    assert_eq!((refused.code(), done.load(Ordering::SeqCst)), (Code::Busy, 0));
    drop(open);
    finished(gated);
    finished(waiting);
    assert_eq!((done.load(Ordering::SeqCst), emails(&acme).len()), (4_096, 0));
    queue(&acme, |op| make(op, "later")).wait().unwrap();
}

#[test]
fn what_was_queued_is_done_before_the_store_closes() {
    let mut acme = TestRollcall::new();
    let (open, gated) = gate(&acme);
    let waiting: Vec<_> = (0..8).map(|n| queue(&acme, move |op| make(op, &format!("u{n}")))).collect();
    drop(open);
    acme.reopen();
    finished(gated);
    finished(waiting);
    assert_eq!(emails(&acme).len(), 8);
}

#[test]
fn a_mark_is_new_after_each_change_and_after_nothing_else() {
    let acme = TestRollcall::new();
    let beta = acme.found("Beta");
    let mark = || acme.read(|view| view.mark()).unwrap();
    let theirs = || {
        let host = acme.host().actor(&beta, "test");
        acme.rollcall().read(host, Permission::ViewUsers, |view| view.mark()).wait().unwrap()
    };
    let (first, other) = (mark(), theirs());
    assert_ne!(first, other, "two accounts never have one");
    queue(&acme, |op| make(op, "ada")).wait().unwrap();
    let second = mark();
    assert_ne!(second, first);
    queue(&acme, |op| make(op, "bo").and(Err(Error::invalid("no")))).wait().unwrap_err();
    acme.rollcall()
        .write(acme.host_actor(), Permission::ManageUsers, Mode::DryRun, |op| make(op, "bo"))
        .wait()
        .unwrap();
    acme.sealed_events();
    assert_eq!((mark(), theirs()), (second, other));
}

#[test]
fn a_mark_of_one_database_is_no_other_databases() {
    let [one, other] = [TestRollcall::new(), TestRollcall::new()].map(|acme| acme.read(|view| view.mark()).unwrap());
    assert_ne!(one, other);
}

#[cfg(unix)]
#[test]
fn the_files_of_a_sqlite_database_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let acme = TestRollcall::on(TestDatabase::sqlite());
    acme.admin("ada");
    for entry in std::fs::read_dir(acme.database().folder().unwrap()).unwrap().map(std::result::Result::unwrap) {
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{entry:?}");
    }
}

#[test]
fn another_installation_key_is_refused_at_open() {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let before = acme.snapshot();
    let open = |key: &str| {
        let key = InstallationKey::parse(key).unwrap();
        let clock = Box::new(Arc::clone(&acme.clock));
        Rollcall::open(Open {
            database: acme.database().database(),
            clock,
            key,
            keys: None,
            threads: Threads::default(),
            rate_limit: None,
        })
        .map(|_| ())
    };
    let error = open(InstallationKey::generate().expose()).unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
    assert!(error.to_string().contains("not the one this database was made with"), "{error}");
    assert_eq!(acme.snapshot(), before);
}

#[test]
fn a_use_case_in_a_transaction_of_another_permission_is_a_fault_of_ours() {
    let acme = TestRollcall::new();
    let actor = app(&acme, &Scope::ALL);
    let work = |op: &mut Op<'_>| make(op, "ada");
    let error = acme.rollcall().write(actor, Permission::ManageRoles, Mode::Real, work).wait().unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(error.cause().unwrap().contains("opened with ManageRoles, used for ManageUsers"), "{:?}", error.cause());
    assert!(emails(&acme).is_empty());
}
