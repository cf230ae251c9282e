//! Copies of a database at work: whole transactions, all that was answered before, and nobody is kept waiting.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rollcall_core::op::Mode;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{GroupState, State};
use rollcall_core::users::{NewUser, Outcome};
use rollcall_testkit::{TestDatabase, TestRollcall};

use super::{Opened, backup, kinds, restore};
use crate::setting::{app, create, group, state};

/// How many creations are answered before the first backup, and between any two.
const ROUND: usize = 40;

/// Two users of one transaction, both in the group.
fn pair(name: &str, group: &str) -> Vec<NewUser> {
    let member = |half| NewUser {
        groups: vec![group.into()],
        invite: false,
        ..NewUser::with_email(format!("{name}-{half}@acme.test"))
    };
    ["a", "b"].map(member).into()
}

/// What a copy that was made at any moment must be.
fn is_consistent(acme: &TestRollcall, database: &TestDatabase, answered: &BTreeSet<String>) {
    let emails =
        database.query("select email from users where email like '%-a@acme.test' or email like '%-b@acme.test'");
    let emails: BTreeSet<String> = emails.into_iter().flatten().flatten().collect();
    let pairs: BTreeSet<&str> = emails.iter().map(|email| email.rsplit_once('-').unwrap().0).collect();
    assert_eq!(emails.len(), 2 * pairs.len(), "a transaction is there whole or not at all");
    assert!(answered.iter().all(|name| pairs.contains(name.as_str())), "what was answered before is there");
    let (users, number) = (emails.len() as i64, |sql: &str| database.number(sql));
    assert_eq!(number("select count(*) from memberships"), users);
    assert_eq!(
        number("select count(*) from audit_events where name = 'User Created' and description like '%-_@acme.test%'"),
        users
    );
    let changes = number("select count(*) from audit_events where name = 'Group Updated'");
    let described = database.query("select description from groups where name = 'Ops'").remove(0).remove(0);
    assert_eq!(described, Some(format!("change {changes}")));
    let copy = Opened::of(acme, database);
    let seen = copy.read(acme, |view| rollcall_core::sync::export(view, false));
    assert_eq!(seen.groups[0].members.len(), emails.len());
}

#[test]
fn a_backup_of_a_database_at_work_has_whole_transactions_and_all_that_was_answered() {
    for original in kinds() {
        let acme = TestRollcall::on(original());
        acme.apply(State { groups: vec![described(0)], ..state() }).unwrap();
        let ops = &acme.database().query("select public_id from groups").remove(0).remove(0).unwrap();
        let revision = || acme.database().number("select cast(sum(value) as bigint) from revisions");
        let (actor, begun) = (app(&acme, &Scope::ALL), revision());
        let (answered, count, is_over) = (Mutex::new(BTreeSet::new()), AtomicUsize::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let (acme, actor, answered, count, is_over) = (&acme, &actor, &answered, &count, &is_over);
                scope.spawn(move || {
                    for n in (0..).take_while(|_| !is_over.load(Ordering::SeqCst)) {
                        let name = format!("w{writer}-{n}");
                        let outcomes = create(acme.rollcall(), actor, Mode::Real, &pair(&name, ops)).unwrap();
                        assert!(outcomes.iter().all(|o| matches!(o, Outcome::Created(_))), "{outcomes:?}");
                        answered.lock().unwrap().insert(name);
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            scope.spawn(|| {
                for n in (1..).take_while(|_| !is_over.load(Ordering::SeqCst)) {
                    acme.apply(State { groups: vec![described(n)], ..state() }).unwrap();
                }
            });
            let _over = Over(&is_over);
            for round in 1..=3 {
                while count.load(Ordering::SeqCst) < round * ROUND {
                    std::thread::yield_now();
                }
                let before = answered.lock().unwrap().clone();
                let (_folder, file) = backup(&acme);
                let target = TestDatabase::empty();
                restore(&file, &target).unwrap();
                is_consistent(&acme, &target, &before);
                let commits = "select count(*) from audit_events where name = 'Group Updated' or description like '%-a@acme.test%'";
                let revised = target.number("select cast(sum(value) as bigint) from revisions") - begun;
                let done = target.number(commits);
                // Creations at the same time share a transaction, which raises it once, by a step of up to 2^31.
                assert!((1..=done << 31).contains(&revised), "{revised} for {done} changes that are there");
            }
        });
        assert_eq!(acme.sealed_events(), acme.database().number("select count(*) from audit_events").unsigned_abs());
    }
}

fn described(n: i64) -> GroupState {
    GroupState { description: Some(format!("change {n}")), ..group("Ops", &[], &[]) }
}

/// Ends the writers, also where the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
