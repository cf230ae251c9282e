//! Rate limits: exact in every window, shared by all replicas, each API and account for itself, and cheap to be refused by.

use std::sync::atomic::{AtomicUsize, Ordering};

use rollcall_core::Rollcall;
use rollcall_core::actor::Actor;
use rollcall_core::limits::{self, Limited};
use rollcall_core::policy::Scope;
use rollcall_testkit::TestRollcall;

use crate::setting::{HOUR, MINUTE, app, app_of, number};

const API: &str = "POST users";
const ROWS: &str = "select count(*) from rate_limits";

fn ask(rollcall: &Rollcall, app: &Actor, api: &'static str) -> Result<(), Limited> {
    rollcall.admit(app, api).wait().unwrap()
}

/// "Acme" with a limit, and an app of it.
fn limited(limit: &str) -> (TestRollcall, Actor) {
    let acme = TestRollcall::limited(limit);
    let app = app(&acme, &[Scope::UserManagement]);
    (acme, app)
}

/// How many of these calls are let through.
fn passed(rollcall: &Rollcall, app: &Actor, calls: usize) -> usize {
    (0..calls).filter(|_| ask(rollcall, app, API).is_ok()).count()
}

#[test]
fn a_call_is_let_through_at_the_moment_the_refusal_named_and_not_a_millisecond_before() {
    let (acme, app) = limited("2/min,5/h");
    let now = || acme.rollcall().now();
    let start = now();
    let mut let_through = Vec::new();
    for _ in 0..40 {
        match ask(acme.rollcall(), &app, API) {
            Ok(()) => {
                let_through.push(now().0 - start.0);
                acme.clock.advance(10_000);
            }
            Err(limited) => {
                let left = limited.retry_after() * 1_000;
                acme.clock.advance(left - 1);
                assert!(ask(acme.rollcall(), &app, API).is_err(), "a millisecond too early, {left} ms");
                acme.clock.advance(1);
                assert_eq!(ask(acme.rollcall(), &app, API), Ok(()), "after {left} ms");
                let_through.push(now().0 - start.0);
            }
        }
    }
    // Pairs with ten seconds between them, a minute apart; and no more than five within an hour.
    let [first, second] = [0, 10_000].map(|at| [at, at + MINUTE, at + 2 * MINUTE]);
    let first_hour = [first[0], second[0], first[1], second[1], first[2]];
    assert_eq!(let_through[..5], first_hour);
    assert_eq!(let_through[5..10], first_hour.map(|at| at + HOUR));
}

#[test]
fn each_api_of_each_account_is_counted_for_itself() {
    let (acme, one) = limited("1/min");
    let same_account = app(&acme, &[Scope::RoleManagement]);
    let globex = app_of(&acme, &acme.found("Globex"), &[Scope::UserManagement]);
    assert_eq!(ask(acme.rollcall(), &one, API), Ok(()));
    assert!(ask(acme.rollcall(), &one, API).is_err());
    assert!(ask(acme.rollcall(), &same_account, API).is_err(), "the limit is the account's, not the app's");
    for (app, api) in [(&one, "PUT users"), (&same_account, "GET groups"), (&globex, API)] {
        assert_eq!(ask(acme.rollcall(), app, api), Ok(()), "{api}");
        assert!(ask(acme.rollcall(), app, api).is_err(), "{api}");
    }
}

#[test]
fn two_replicas_under_32_threads_together_let_through_exactly_what_the_limit_allows() {
    for round in 0..3 {
        let (acme, app) = limited("20/min,50/h");
        let (replica, _host) = acme.replica();
        let mut all = 0;
        for window in [20, 20, 10, 0] {
            let passed = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for thread in 0..32 {
                    let rollcall = if thread % 2 == 0 { acme.rollcall() } else { &replica };
                    let (app, passed) = (&app, &passed);
                    scope.spawn(move || {
                        for _ in 0..3 {
                            passed.fetch_add(usize::from(ask(rollcall, app, API).is_ok()), Ordering::SeqCst);
                        }
                    });
                }
            });
            assert_eq!(passed.into_inner(), window, "round {round}, after {all}");
            all += window;
            acme.clock.advance(MINUTE);
        }
    }
}

#[test]
fn a_refusal_is_remembered_and_costs_no_statement_until_its_time() {
    let (acme, app) = limited("2/min");
    assert_eq!(passed(acme.rollcall(), &app, 3), 2);
    let before = acme.rollcall().statements();
    assert_eq!(passed(acme.rollcall(), &app, 50), 0);
    acme.clock.advance(MINUTE - 1);
    assert_eq!(passed(acme.rollcall(), &app, 50), 0);
    assert_eq!(acme.rollcall().statements(), before);
    acme.clock.advance(1);
    assert_eq!(passed(acme.rollcall(), &app, 3), 2);
}

#[test]
fn a_call_takes_four_statements_at_most_and_leaves_as_many_rows_as_the_limit_allows() {
    let (acme, app) = limited("9/s,4/min");
    for n in 0..20 {
        let before = acme.rollcall().statements();
        assert_eq!(passed(acme.rollcall(), &app, 1), 1);
        assert!(acme.rollcall().statements() - before <= 4, "call {n}");
        assert_eq!(number(&acme, ROWS), (n + 1).min(9));
        acme.clock.advance(MINUTE / 4);
    }
}

#[test]
fn without_a_limit_nothing_is_asked_and_nothing_noted() {
    let acme = TestRollcall::new();
    let app = app(&acme, &[]);
    let before = acme.rollcall().statements();
    assert_eq!(passed(acme.rollcall(), &app, 100), 100);
    assert_eq!((acme.rollcall().statements(), number(&acme, ROWS)), (before, 0));
}

#[test]
fn what_was_counted_counts_after_a_restart_and_towards_another_limit() {
    let (mut acme, app) = limited("5/min");
    assert_eq!(passed(acme.rollcall(), &app, 9), 5);
    acme.reopen();
    assert_eq!(passed(acme.rollcall(), &app, 9), 0);
    acme.reopen_limited("7/min");
    assert_eq!(passed(acme.rollcall(), &app, 9), 2);
    acme.clock.advance(MINUTE);
    acme.reopen_limited("2/min");
    assert_eq!(passed(acme.rollcall(), &app, 9), 2);
    assert_eq!(number(&acme, ROWS), 2, "a smaller limit keeps no more than it needs");
    acme.reopen_limited("off");
    assert_eq!(passed(acme.rollcall(), &app, 9), 9);
}

#[test]
fn a_clock_that_was_far_ahead_locks_nobody_out() {
    let (acme, app) = limited("3/min,3/h");
    let years = 20 * 365 * 24 * HOUR;
    acme.clock.advance(years);
    assert_eq!(passed(acme.rollcall(), &app, 5), 3);
    acme.clock.advance(-years);
    assert_eq!(passed(acme.rollcall(), &app, 5), 3, "neither the rows nor what is remembered");
    acme.clock.advance(HOUR);
    assert_eq!(passed(acme.rollcall(), &app, 5), 3);
}

#[test]
fn calls_are_forgotten_when_no_window_reaches_them_and_no_sooner() {
    let (acme, app) = limited("3/h");
    let globex = app_of(&acme, &acme.found("Globex"), &[]);
    let forget = || acme.write(limits::forget_old).unwrap();
    assert_eq!((passed(acme.rollcall(), &app, 1), passed(acme.rollcall(), &globex, 1)), (1, 1));
    acme.clock.advance(MINUTE);
    assert_eq!(passed(acme.rollcall(), &app, 5), 2);
    acme.clock.advance(HOUR - MINUTE - 1);
    assert_eq!(forget(), 0);
    assert_eq!(passed(acme.rollcall(), &app, 5), 0);
    acme.clock.advance(1);
    assert_eq!((forget(), number(&acme, ROWS)), (1, 3), "and nothing of another account");
    assert_eq!(passed(acme.rollcall(), &app, 5), 1, "the other two still count");
    // What a clock noted for a time that is not to come soon.
    acme.clock.advance(-2 * HOUR);
    assert_eq!((forget(), number(&acme, ROWS)), (3, 1));
}
