//! Signing in by a password, and what bars it.

use std::sync::Barrier;

use rollcall_core::Code;
use rollcall_core::admins::attempt::BAR_MILLIS;
use rollcall_core::admins::password::{self, Fault};
use rollcall_core::admins::session::{self, IDLE_MILLIS, LIFE_MILLIS, Lack};
use rollcall_core::admins::{own, sign_in};
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;
use rollcall_core::users::Status;
use rollcall_testkit::{TestRollcall, user};

use super::{
    ADA, OTHER, PASSWORD, by_link, comes_in, event_count, events, fail_often, half, own_change, own_page, own_read,
    recognise, secret, set_password, status, try_in, whole, with_password,
};
use crate::setting::{MINUTE, column, given, number, prune, state, statements, traces};

#[test]
fn the_right_password_begins_a_session_and_is_kept_nowhere() {
    let acme = with_password();
    let begun = comes_in(acme.rollcall(), " Ada@ACME.test ", PASSWORD).unwrap();
    let ada = whole(acme.rollcall(), &begun);
    assert_eq!(own_page(&acme, &ada).sessions.len(), 2, "the one by the link, and this one");
    assert_eq!(events(&acme, 0).last().unwrap(), "Signed In");
    assert!(traces(&acme, PASSWORD).is_empty() && traces(&acme, begun.token.expose()).is_empty());
}

#[test]
fn nobody_is_let_in_who_is_not_there_has_no_password_shows_another_or_is_no_admin() {
    let acme = with_password();
    acme.write(|op| rollcall_core::admins::link::make(op, "cy@acme.test").map(|_| ())).unwrap();
    // A former administrator, whose password is right.
    let dan = by_link(&acme, "dan@acme.test");
    set_password(&acme, &dan, None, PASSWORD).unwrap();
    let mut wanted = state();
    wanted.users = ["ada", "bo", "cy", "dan"].map(|name| user(&format!("{name}@acme.test"), Status::Active)).into();
    wanted.assignments = vec![given("admin", None, &["ada@acme.test", "bo@acme.test", "cy@acme.test"], &[])];
    prune(&acme, wanted).unwrap();
    for (email, shown) in [
        ("nobody@acme.test", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
        ("cy@acme.test", PASSWORD),
        ("cy@acme.test", ""),
        (ADA, OTHER),
        (ADA, ""),
        ("dan@acme.test", PASSWORD),
    ] {
        let writes = number(&acme, "select count(*) from sessions");
        assert!(comes_in(acme.rollcall(), email, shown).is_none(), "{email} {shown}");
        assert_eq!(number(&acme, "select count(*) from sessions"), writes);
    }
    assert!(comes_in(acme.rollcall(), ADA, PASSWORD).is_some());
}

#[test]
fn whoever_is_not_there_costs_as_many_looks_and_a_write_as_well() {
    let acme = with_password();
    let by = |email: &str, shown: &str| statements(&acme, || try_in(acme.rollcall(), email, shown)).0;
    let (wrong, unknown) = (by(ADA, OTHER), by("nobody@acme.test", OTHER));
    assert!(unknown + 4 >= wrong && unknown <= wrong, "{unknown} and {wrong} statements");
    let noise = || column(&acme, "select value from installation where name = 'attempts of nobody'");
    let before = noise();
    try_in(acme.rollcall(), "nobody@acme.test", OTHER);
    assert_ne!(noise(), before, "something is written, so that it takes as long");
}

#[test]
fn the_fifth_failure_in_a_row_locks_for_half_an_hour_on_every_replica() {
    let acme = with_password();
    let session = comes_in(acme.rollcall(), ADA, PASSWORD).unwrap();
    let before = event_count(&acme);
    let (replica, _) = acme.replica();
    for rollcall in [acme.rollcall().as_ref(), &replica, acme.rollcall(), &replica] {
        assert!(comes_in(rollcall, ADA, OTHER).is_none());
    }
    assert_eq!(status(&acme, ADA), Status::Active);
    assert!(comes_in(acme.rollcall(), ADA, OTHER).is_none());
    assert_eq!(status(&acme, ADA), Status::Locked);
    assert!(recognise(&replica, &session.token).is_none(), "their sessions end");
    let failed = "Sign-in Failed";
    assert_eq!(events(&acme, before), [failed, failed, failed, failed, failed, "Sign-in Barred", "User Modified"]);
    acme.clock.advance(BAR_MILLIS - 1);
    assert!(comes_in(acme.rollcall(), ADA, PASSWORD).is_none(), "not even with the right one");
    acme.clock.advance(1);
    assert!(comes_in(acme.rollcall(), ADA, OTHER).is_none());
    assert_eq!(status(&acme, ADA), Status::Locked);
    assert!(comes_in(&replica, ADA, PASSWORD).is_some());
    assert_eq!(status(&acme, ADA), Status::Active);
    assert_eq!(events(&acme, 0).into_iter().rev().take(2).collect::<Vec<_>>(), ["Signed In", "User Modified"]);
}

#[test]
fn failures_that_a_success_comes_between_are_not_in_a_row() {
    let acme = with_password();
    for _ in 0..3 {
        for _ in 0..4 {
            assert!(comes_in(acme.rollcall(), ADA, OTHER).is_none());
        }
        assert!(comes_in(acme.rollcall(), ADA, PASSWORD).is_some());
    }
    assert_eq!(status(&acme, ADA), Status::Active);
}

#[test]
fn the_last_active_admin_is_barred_and_stays_active() {
    let acme = TestRollcall::new();
    let ada = by_link(&acme, ADA);
    set_password(&acme, &ada, None, PASSWORD).unwrap();
    fail_often(&acme, ADA);
    assert_eq!(status(&acme, ADA), Status::Active);
    assert!(comes_in(acme.rollcall(), ADA, PASSWORD).is_none());
    by_link(&acme, ADA);
    assert!(comes_in(acme.rollcall(), ADA, PASSWORD).is_some(), "the host's link lifts the bar");
    fail_often(&acme, ADA);
    acme.clock.advance(BAR_MILLIS);
    assert!(comes_in(acme.rollcall(), ADA, PASSWORD).is_some());
}

#[test]
fn whom_an_administrator_has_shut_out_stays_out_with_the_right_password() {
    let acme = with_password();
    for shut in [Status::Suspended, Status::Locked, Status::Invited] {
        acme.apply(rollcall_core::sync::State { users: vec![user(ADA, shut)], ..state() }).unwrap();
        acme.clock.advance(BAR_MILLIS);
        assert!(comes_in(acme.rollcall(), ADA, PASSWORD).is_none(), "{shut}");
        assert_eq!(status(&acme, ADA), shut);
    }
}

#[test]
fn whom_an_administrator_lets_in_again_need_not_wait() {
    let acme = with_password();
    fail_often(&acme, ADA);
    acme.apply(rollcall_core::sync::State { users: vec![user(ADA, Status::Active)], ..state() }).unwrap();
    assert!(comes_in(acme.rollcall(), ADA, PASSWORD).is_some());
}

#[test]
fn attempts_at_the_same_time_are_all_counted() {
    let acme = with_password();
    let rollcall = acme.rollcall();
    let tried: Vec<_> = (0..8)
        .map(|_| rollcall.knock(ADA.to_owned(), String::new(), None).wait().unwrap().try_password(&secret(OTHER)))
        .collect();
    let together = Barrier::new(tried.len());
    std::thread::scope(|scope| {
        for tried in tried {
            scope.spawn(|| {
                together.wait();
                rollcall.enter(tried, Default::default()).wait().unwrap();
            });
        }
    });
    let failed = "select count(*) from audit_events where name = 'Sign-in Failed'";
    assert_eq!(
        (status(&acme, ADA), number(&acme, failed)),
        (Status::Locked, 5),
        "what comes after the bar is not looked at"
    );
}

#[test]
fn what_was_shown_of_a_password_that_was_changed_since_opens_nothing() {
    let acme = with_password();
    let rollcall = acme.rollcall();
    let tried = rollcall.knock(ADA.to_owned(), String::new(), None).wait().unwrap().try_password(&secret(PASSWORD));
    let ada = whole(rollcall, &comes_in(rollcall, ADA, PASSWORD).unwrap());
    set_password(&acme, &ada, Some(PASSWORD), OTHER).unwrap().unwrap();
    let entered = rollcall.enter(tried, Default::default()).wait().unwrap();
    assert!(matches!(entered, sign_in::Entered::Refused), "{entered:?}");
    assert_eq!(number(&acme, "select max(failures) from credentials"), 0, "and it counts as no failure");
}

#[test]
fn a_new_password_asks_for_the_old_one_and_ends_all_other_sessions() {
    let acme = with_password();
    let rollcall = acme.rollcall();
    let (one, other) = (comes_in(rollcall, ADA, PASSWORD).unwrap(), comes_in(rollcall, ADA, PASSWORD).unwrap());
    let ada = whole(rollcall, &one);
    assert!(set_password(&acme, &ada, None, OTHER).unwrap().is_none(), "nothing was shown");
    assert!(set_password(&acme, &ada, Some(OTHER), OTHER).unwrap().is_none(), "a wrong one was shown");
    assert_eq!(number(&acme, "select max(failures) from credentials"), 1);
    let begun = set_password(&acme, &ada, Some(PASSWORD), OTHER).unwrap().unwrap();
    assert!(recognise(rollcall, &one.token).is_none(), "the token of before is of no use");
    assert!(recognise(rollcall, &other.token).is_none());
    assert_eq!(own_page(&acme, &whole(rollcall, &begun)).sessions.len(), 1);
    assert!(comes_in(rollcall, ADA, PASSWORD).is_none() && comes_in(rollcall, ADA, OTHER).is_some());
}

#[test]
fn five_wrong_passwords_on_ones_own_page_lock_as_well() {
    let acme = with_password();
    let ada = whole(acme.rollcall(), &comes_in(acme.rollcall(), ADA, PASSWORD).unwrap());
    for _ in 0..5 {
        assert!(set_password(&acme, &ada, Some("wrong"), OTHER).unwrap().is_none());
    }
    assert_eq!(status(&acme, ADA), Status::Locked);
    assert_eq!(own_read(&acme, &ada, own::show).unwrap_err().code(), Code::Unauthenticated);
}

#[test]
fn whoever_came_from_the_host_just_now_needs_no_old_password() {
    let acme = with_password();
    let ada = by_link(&acme, ADA);
    assert!(!own_page(&acme, &ada).asks_for_password);
    acme.clock.advance(15 * MINUTE);
    assert!(own_page(&acme, &ada).asks_for_password);
    assert!(set_password(&acme, &ada, None, OTHER).unwrap().is_none());
    let ada = by_link(&acme, ADA);
    assert!(set_password(&acme, &ada, None, OTHER).unwrap().is_some());
    assert!(comes_in(acme.rollcall(), ADA, OTHER).is_some());
}

#[test]
fn none_of_the_last_five_passwords_is_taken_again() {
    let acme = with_password();
    let mut ada = by_link(&acme, ADA);
    let nth = |n: usize| format!("Correct-horse-{n}");
    for n in 2..=5 {
        acme.clock.advance(1);
        ada = whole(acme.rollcall(), &set_password(&acme, &ada, None, &nth(n)).unwrap().unwrap());
    }
    let record = own_read(&acme, &ada, own::record).unwrap();
    for n in 1..=5 {
        assert_eq!(record.renew(&secret(&nth(n))).map(|_| ()).unwrap_err(), [Fault::UsedBefore], "{n}");
    }
    ada = whole(acme.rollcall(), &set_password(&acme, &ada, None, &nth(6)).unwrap().unwrap());
    assert!(set_password(&acme, &ada, None, &nth(1)).unwrap().is_some(), "five others came since");
    assert_eq!(number(&acme, "select count(*) from earlier_passwords"), password::REMEMBERED - 1);
}

#[test]
fn of_two_who_change_a_password_at_the_same_time_one_does() {
    let acme = with_password();
    let ada = by_link(&acme, ADA);
    let record = own_read(&acme, &ada, own::record).unwrap();
    let (one, other) = (record.renew(&secret(OTHER)).unwrap(), record.renew(&secret("Third-thing-3")).unwrap());
    own_change(&acme, &ada, move |op| own::change_password(op, &None, &one)).unwrap().unwrap();
    let late = own_change(&acme, &ada, move |op| own::change_password(op, &None, &other)).unwrap_err();
    assert_eq!(late.code(), Code::Conflict);
    assert!(comes_in(acme.rollcall(), ADA, OTHER).is_some());
}

#[test]
fn a_password_whose_time_is_over_opens_nothing_but_the_setting_of_a_new_one() {
    let acme = with_password();
    let rollcall = acme.rollcall();
    acme.clock.advance(password::LIFE_MILLIS - 1);
    assert_eq!(comes_in(rollcall, ADA, PASSWORD).unwrap().lacks, None);
    acme.clock.advance(1);
    let begun = comes_in(rollcall, ADA, PASSWORD).unwrap();
    assert_eq!(begun.lacks, Some(Lack::Password));
    let half = half(rollcall, &begun);
    let of = half.clone();
    let record =
        rollcall.read(half.actor.clone(), Permission::SignIn, move |v| sign_in::record(v, &of)).wait().unwrap();
    assert_eq!(record.renew(&secret(PASSWORD)).map(|_| ()).unwrap_err(), [Fault::UsedBefore]);
    let new = record.renew(&secret(OTHER)).unwrap();
    let (of, actor) = (half.clone(), half.actor);
    let renew = move |op: &mut rollcall_core::op::Op<'_>| sign_in::renew_password(op, &of, &new);
    let renewed = rollcall.write(actor, Permission::SignIn, Mode::Real, renew).wait().unwrap();
    assert!(recognise(rollcall, &begun.token).is_none());
    whole(rollcall, &renewed);
    assert_eq!(comes_in(rollcall, ADA, OTHER).unwrap().lacks, None);
}

#[test]
fn a_session_ends_when_nothing_is_done_in_it_and_after_half_a_day_in_any_case() {
    let acme = with_password();
    let rollcall = acme.rollcall();
    let begun = comes_in(rollcall, ADA, PASSWORD).unwrap();
    let (mut passed, step) = (0, IDLE_MILLIS - 1);
    while passed + step < LIFE_MILLIS {
        acme.clock.advance(step);
        passed += step;
        let Some(session::Recognised::Whole { actor, is_due }) = recognise(rollcall, &begun.token) else {
            panic!("over after {passed} ms")
        };
        assert!(is_due);
        rollcall.touch_session(&actor).wait().unwrap();
    }
    acme.clock.advance(LIFE_MILLIS - passed);
    assert!(recognise(rollcall, &begun.token).is_none(), "the absolute end");
    let begun = comes_in(rollcall, ADA, PASSWORD).unwrap();
    acme.clock.advance(IDLE_MILLIS);
    assert!(recognise(rollcall, &begun.token).is_none(), "nothing was done");
    acme.write(session::forget_over).unwrap();
    assert_eq!(number(&acme, "select count(*) from sessions"), 0);
}

#[test]
fn where_an_address_is_in_several_accounts_the_name_says_which() {
    let acme = with_password();
    let rollcall = acme.rollcall();
    assert!(!rollcall.asks_for_account().wait().unwrap());
    let other = acme.found("Umbrella");
    assert!(rollcall.asks_for_account().wait().unwrap());
    assert!(comes_in(rollcall, ADA, PASSWORD).is_some(), "in one of them alone");
    let host = acme.host().actor(&other, "test");
    let make = |op: &mut rollcall_core::op::Op<'_>| rollcall_core::admins::link::make(op, ADA).map(|_| ());
    rollcall.write(host, Permission::AdministerAccount, Mode::Real, make).wait().unwrap();
    let by = |account: &str| {
        let knock = rollcall.knock(ADA.to_owned(), account.to_owned(), None).wait().unwrap();
        let entered = rollcall.enter(knock.try_password(&secret(PASSWORD)), Default::default()).wait().unwrap();
        matches!(entered, sign_in::Entered::In(_))
    };
    assert_eq!([by(""), by(" acme "), by("Umbrella"), by("Nowhere")], [false, true, false, false]);
}
