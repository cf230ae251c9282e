//! Jobs that only add share a transaction; what one does or fails at never touches another.

use rollcall_core::Code;
use rollcall_core::apps::{self, NewApp};
use rollcall_core::policy::Scope;
use rollcall_core::users::UserFault;

use super::*;

/// Keeps the one thread that gathers busy until it is let go: what comes meanwhile goes together afterwards.
struct Held {
    _busy: Pending<()>,
    go: Option<flume::Sender<()>>,
}

impl Held {
    fn of(replica: &Replica) -> Self {
        let ((ready, is_ready), (go, gone)) = (flume::bounded::<()>(1), flume::bounded::<()>(1));
        let busy = replica.write(move |_| {
            let _ = ready.try_send(());
            // The sender is dropped when the test is done with it, or has failed.
            let _ = gone.recv();
            Ok(())
        });
        is_ready.recv().unwrap();
        Self { _busy: busy, go: Some(go) }
    }

    fn let_go(&mut self) {
        self.go = None;
    }
}

/// In how many transactions these users were written.
fn transactions(acme: &TestRollcall, like: &str) -> i64 {
    acme.database().number(&format!("select count(distinct xmin::text) from users where email like '{like}'"))
}

#[test]
fn creations_that_wait_share_a_transaction_and_each_has_its_own_answer_and_events() {
    let cluster = shared();
    let acme = on(&cluster);
    let replica = Replica::of(&acme);
    replica.create(new(&["early"])).wait().unwrap();
    let mut held = Held::of(&replica);
    let names: Vec<String> = (0..10).map(|n| format!("u{n}")).collect();
    let created: Vec<_> = names.iter().map(|name| replica.create(new(&[name]))).collect();
    let twice = replica.create(new(&["u3", "late"]));
    let known = replica.create(new(&["early"]));
    held.let_go();
    for answer in created {
        assert!(matches!(answer.wait().unwrap()[..], [Outcome::Created(_)]));
    }
    let exists = |name: &str| Outcome::Refused(vec![UserFault::Exists(format!("{name}@acme.test"))]);
    let twice = twice.wait().unwrap();
    assert_eq!(twice[0], exists("u3"), "the one before it in the same transaction was first");
    assert!(matches!(twice[1], Outcome::Created(_)));
    assert_eq!(known.wait().unwrap(), [exists("early")]);
    assert_eq!(transactions(&acme, "u_@%"), 1);
    assert_eq!(acme.sealed_events(), 1 + 1 + 10 + 1, "the account, and one for each user");
}

#[test]
fn what_is_taken_back_takes_nobody_with_it() {
    let cluster = shared();
    let acme = on(&cluster);
    let replica = Replica::of(&acme);
    let mut held = Held::of(&replica);
    let before = replica.create(new(&["ada"]));
    let failed = replica.write(|op| {
        users::create_many(op, new(&["bo"]))?;
        Err::<(), _>(rollcall_core::Error::new(Code::Conflict, "not after all"))
    });
    let panicked = replica.write(|op| -> Result<()> {
        users::create_many(op, new(&["cy"]))?;
        panic!("a test's own panic");
    });
    let actor = replica.actor();
    let rehearsed = replica
        .rollcall
        .write(actor, Permission::ManageUsers, Mode::DryRun, |op| users::create_many(op, new(&["dee"])));
    let after = replica.create(new(&["ed"]));
    held.let_go();
    assert!(matches!(before.wait().unwrap()[..], [Outcome::Created(_)]));
    assert_eq!(failed.wait().unwrap_err().code(), Code::Conflict);
    assert_eq!(panicked.wait().unwrap_err().code(), Code::Internal);
    assert!(matches!(rehearsed.wait().unwrap()[..], [Outcome::Created(_)]), "as if it had been done");
    assert!(matches!(after.wait().unwrap()[..], [Outcome::Created(_)]));
    assert_eq!(people(&acme), ["ada", "ed"]);
    assert_eq!(transactions(&acme, "%"), 1, "the others went together again");
    acme.sealed_events();
}

#[test]
fn what_needs_the_account_for_itself_is_done_by_itself() {
    let cluster = shared();
    let acme = on(&cluster);
    let replica = Replica::of(&acme);
    let mut held = Held::of(&replica);
    let one = replica.create(new(&["ada"]));
    let sealed = replica.write(rollcall_core::audit::seal);
    let other = replica.create(new(&["bo"]));
    held.let_go();
    one.wait().unwrap();
    other.wait().unwrap();
    sealed.wait().unwrap();
    assert_eq!(transactions(&acme, "%"), 1);
    acme.sealed_events();
}

#[test]
fn a_commit_that_is_refused_for_one_is_a_failure_of_that_one() {
    let cluster = shared();
    let acme = on(&cluster);
    cluster
        .psql(
            &name(&acme),
            "create function no() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$; \
             create constraint trigger late after insert on users deferrable initially deferred for each row \
             when (new.email = 'bo@acme.test') execute function no();",
        )
        .unwrap();
    let replica = Replica::of(&acme);
    let mut held = Held::of(&replica);
    let answers = ["ada", "bo", "cy"].map(|name| replica.create(new(&[name])));
    held.let_go();
    let [ada, bo, cy] = answers.map(|answer| answer.wait().map_err(|error| error.code()));
    assert!(ada.is_ok() && cy.is_ok());
    assert_eq!(bo, Err(Code::Internal));
    assert_eq!(people(&acme), ["ada", "cy"]);
    acme.sealed_events();
}

#[test]
fn two_accounts_do_not_go_together_and_both_are_done() {
    let cluster = shared();
    let acme = on(&cluster);
    let beta = acme.found("Beta");
    let replica = Replica::of(&acme);
    let mut held = Held::of(&replica);
    let answers: Vec<_> = ["u0", "u1", "u2", "u3"]
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let account = if n % 2 == 0 { &acme.account } else { &beta };
            let (actor, users) = (replica.host.actor(account, "test"), new(&[name]));
            let work = move |op: &mut Op<'_>| users::create_many(op, users.clone());
            replica.rollcall.write(actor, Permission::ManageUsers, Mode::Real, work)
        })
        .collect();
    held.let_go();
    for answer in answers {
        assert!(matches!(answer.wait().unwrap()[..], [Outcome::Created(_)]));
    }
    let of = |name: &str| {
        acme.database().number(&format!(
            "select count(*) from users u join accounts a on a.id = u.account_id where a.name = '{name}'"
        ))
    };
    assert_eq!((of("Acme"), of("Beta")), (2, 2));
    assert_eq!(transactions(&acme, "%"), 3, "two of the first account together, and one for each of the other");
}

#[test]
fn an_account_that_somebody_holds_for_long_holds_up_no_other() {
    let cluster = shared();
    let acme = on(&cluster);
    let beta = acme.found("Beta");
    let (holder, replica) = (Replica::of(&acme), Replica::of(&acme));
    let ((has, has_it), (go, gone)) = (flume::bounded::<()>(1), flume::bounded::<()>(1));
    let app = NewApp { name: "ci".into(), scopes: vec![Scope::UserManagement], ..NewApp::default() };
    // Whatever changes more than it adds holds its account until the end.
    let holding = holder.write(move |op| {
        apps::create(op, app.clone())?;
        let _ = has.try_send(());
        let _ = gone.recv();
        Ok(())
    });
    has_it.recv().unwrap();
    let mut held = Held::of(&replica);
    let waiting: Vec<_> = (0..8).map(|n| replica.create(new(&[&format!("a{n}")]))).collect();
    let (actor, users) = (replica.host.actor(&beta, "test"), new(&["bea"]));
    let work = move |op: &mut Op<'_>| users::create_many(op, users.clone());
    let theirs = replica.rollcall.write(actor, Permission::ManageUsers, Mode::Real, work);
    let begin = Instant::now();
    held.let_go();
    assert!(matches!(theirs.wait().unwrap()[..], [Outcome::Created(_)]), "while the first account is held");
    // Once for the account, not once for each of its jobs; and not for as long as a job alone would wait.
    let log = cluster.log();
    let database = format!("[{}]", name(&acme));
    let late = log.lines().filter(|line| line.contains(&database) && line.contains("due to lock timeout")).count();
    assert_eq!(late, 1, "{log}");
    assert!(begin.elapsed() < LONG / 4, "{:?}", begin.elapsed());
    assert_eq!(people(&acme), ["bea"]);
    drop(go);
    holding.wait().unwrap();
    for answer in waiting {
        assert!(matches!(answer.wait().unwrap()[..], [Outcome::Created(_)]));
    }
}
