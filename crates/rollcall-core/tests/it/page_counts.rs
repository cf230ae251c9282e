//! The counts by which pages are found: right after anything that was done, and few to look at.

use proptest::prelude::*;
use rollcall_core::accounts::AccountInfo;
use rollcall_core::actor::Actor;
use rollcall_core::op::Mode;
use rollcall_core::page::Page;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::sync::State;
use rollcall_core::users::{self, Lookup, NewUser, list};
use rollcall_testkit::{TestDatabase, TestRollcall};

use crate::setting::{active, app_of, create, export, group, prune, state, statements};

/// What each run holds, of users as far as they are counted; and what is said of it.
fn runs(database: &TestDatabase) -> [Vec<Vec<Option<String>>>; 2] {
    let counted = "select account_id, 'groups', id / 200, count(*) from groups group by account_id, id / 200 \
        union all select account_id, 'bots', id / 200, count(*) from bots group by account_id, id / 200 \
        union all select account_id, kind || ' roles', id / 200, count(*) from roles group by account_id, kind, id / 200 \
        union all select account_id, 'users', id / 200, count(*) from users u \
        where id / 200 <= (select max(bucket) from page_counts c where c.account_id = u.account_id and kind = 'users' \
        and level = 0) group by account_id, id / 200";
    let said = "select account_id, kind, bucket, row_count from page_counts where level = 0";
    [counted, said].map(|sql| sorted(database.query(sql)))
}

/// What each block holds by the counts of its runs; and what is said of it.
fn blocks(database: &TestDatabase) -> [Vec<Vec<Option<String>>>; 2] {
    let counted = "select account_id, kind, bucket / 200, cast(sum(row_count) as bigint) from page_counts \
        where level = 0 group by account_id, kind, bucket / 200";
    let said = "select account_id, kind, bucket, row_count from page_counts where level = 1";
    [counted, said].map(|sql| sorted(database.query(sql)))
}

fn sorted(mut rows: Vec<Vec<Option<String>>>) -> Vec<Vec<Option<String>>> {
    rows.sort_unstable();
    rows
}

/// The counts are those of a count.
pub(crate) fn reconcile(database: &TestDatabase, told: &str) {
    for [counted, said] in [runs(database), blocks(database)] {
        assert_eq!(counted, said, "{told}");
    }
}

/// The ids of the account's users from a place on, and how many there are.
fn ids(acme: &TestRollcall, account: &AccountInfo, skipped: u64) -> (Vec<String>, u64) {
    let host = acme.host().actor(account, "test");
    let page = Page::after(skipped, 50, 50).unwrap();
    let read = acme.rollcall().read(host, Permission::AdministerAccount, move |view| list::page(view, page));
    let page = read.wait().unwrap().1;
    (page.items.iter().map(|user| user.id.to_string()).collect(), page.total)
}

fn remove(acme: &TestRollcall, actor: &Actor, emails: &[String]) {
    let gone: Vec<Lookup> = emails.iter().cloned().map(Lookup::Email).collect();
    let work = move |op: &mut rollcall_core::op::Op<'_>| users::remove(op, &gone);
    assert_eq!(acme.rollcall().write(actor.clone(), Permission::ManageUsers, Mode::Real, work).wait().unwrap(), []);
}

#[derive(Debug, Clone)]
enum Step {
    /// That many users come to the account of that number.
    Create(usize, usize),
    /// Of its users, each nth goes, from a place on.
    Remove(usize, usize, usize),
    /// Its users are counted.
    Settle(usize),
    /// That many groups are there from now on.
    Groups(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..2, 1usize..350).prop_map(|(account, count)| Step::Create(account, count)),
        2 => (0usize..2, 0usize..500, 1usize..4).prop_map(|(account, from, nth)| Step::Remove(account, from, nth)),
        2 => (0usize..2).prop_map(Step::Settle),
        1 => (0usize..450).prop_map(Step::Groups),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Two accounts share the ids, so that those of each are sparse.
    #[test]
    fn whatever_is_done_the_counts_are_those_of_a_count(steps in proptest::collection::vec(step(), 4..16)) {
        let acme = TestRollcall::new();
        let accounts = [acme.account.clone(), acme.found("Globex")];
        let actors = accounts.each_ref().map(|account| app_of(&acme, account, &[Scope::UserManagement]));
        let mut there: [Vec<String>; 2] = Default::default();
        for (n, step) in steps.iter().enumerate() {
            match *step {
                Step::Create(account, count) => {
                    let new: Vec<String> = (0..count).map(|m| format!("u{n}-{m}@acme.test")).collect();
                    let asked: Vec<NewUser> = new.iter().map(NewUser::with_email).collect();
                    create(acme.rollcall(), &actors[account], Mode::Real, &asked).unwrap();
                    there[account].extend(new);
                }
                Step::Remove(account, from, nth) => {
                    let goes = |place: usize| place >= from && place.is_multiple_of(nth);
                    let (gone, left) = std::mem::take(&mut there[account])
                        .into_iter().enumerate().partition::<Vec<_>, _>(|(place, _)| goes(*place));
                    let gone: Vec<String> = gone.into_iter().map(|(_, email)| email).collect();
                    if !gone.is_empty() {
                        remove(&acme, &actors[account], &gone);
                    }
                    there[account] = left.into_iter().map(|(_, email)| email).collect();
                }
                Step::Settle(account) => {
                    let host = acme.host().actor(&accounts[account], "test");
                    acme.rollcall().write(host, Permission::RunJobs, Mode::Real, list::count).wait().unwrap();
                }
                Step::Groups(count) => {
                    let kept = export(&acme);
                    let names: Vec<String> = (0..count).map(|n| format!("g{n:03}")).collect();
                    prune(&acme, State { groups: names.iter().map(|n| group(n, &[], &[])).collect(), ..kept }).unwrap();
                }
            }
            reconcile(acme.database(), &format!("after {step:?}, step {n} of {steps:?}"));
            for (account, there) in accounts.iter().zip(&there) {
                let middle = there.len() / 2;
                let (found, total) = ids(&acme, account, middle as u64);
                prop_assert_eq!((total, found.len()), (there.len() as u64, (there.len() - middle).min(50)));
            }
        }
    }
}

/// A page looks at a few hundred counts, in an account of any size: here one whose ids lie far apart.
#[test]
fn a_page_looks_at_blocks_and_at_the_runs_of_one() {
    let acme = TestRollcall::new();
    let all: Vec<String> = (0..60).map(|n| format!("u{n:03}@acme.test")).collect();
    acme.apply(State { users: all.iter().map(|email| active(email)).collect(), ..state() }).unwrap();
    acme.database().execute("delete from page_counts where kind = 'users'");
    // As if others had come between each two of them: every one in a block of their own.
    acme.database().execute("update users set id = id + id * 70000 + 10000000");
    acme.write(list::count).unwrap();
    let said = "select count(*) from page_counts where kind = 'users' and level = ";
    let counts = [0, 1].map(|level| acme.database().number(&format!("{said}{level}")));
    assert_eq!(counts, [59, 59], "all but the last run, and so their blocks");
    let needed = [0, 31, 58, 59].map(|skipped| {
        let (needed, (found, total)) = statements(&acme, || ids(&acme, &acme.account, skipped));
        assert_eq!((total, found.len() as u64), (60, (60 - skipped).min(50)));
        needed
    });
    assert_eq!(needed, [6, 6, 6, 5], "the last is not counted yet, and needs no look at runs");
}

/// What is long gone costs nothing: no count of nothing stays.
#[test]
fn where_all_have_gone_no_count_is_left() {
    let acme = TestRollcall::new();
    let actor = app_of(&acme, &acme.account.clone(), &[Scope::UserManagement]);
    let all: Vec<String> = (0..900).map(|n| format!("u{n:03}@acme.test")).collect();
    let asked: Vec<NewUser> = all.iter().map(NewUser::with_email).collect();
    create(acme.rollcall(), &actor, Mode::Real, &asked).unwrap();
    acme.write(list::count).unwrap();
    let counts = || acme.database().number("select count(*) from page_counts where kind = 'users'");
    assert!(counts() >= 5, "four runs, and their block");
    remove(&acme, &actor, &all);
    assert_eq!((counts(), ids(&acme, &acme.account, 0).1), (0, 0));
}
