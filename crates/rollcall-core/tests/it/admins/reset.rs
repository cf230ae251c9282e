//! A new password by mail.

use std::sync::Barrier;

use rollcall_core::admins::link::Purpose;
use rollcall_core::admins::password::Fault;
use rollcall_core::admins::reset::{self, LIFE_MILLIS, PAUSE_MILLIS};
use rollcall_core::admins::second;
use rollcall_core::mail::{self, LetterKind};
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::Permission;
use rollcall_core::sync::State;
use rollcall_core::users::Status;
use rollcall_core::{Code, Result};
use rollcall_testkit::{TestRollcall, user};

use super::{
    ADA, OTHER, PASSWORD, ask_for_reset as ask, begin_factor, by_link, code, comes_in, event_count, events, fail_often,
    own_change, own_read, recognise, recognise_link, secret, set_password, status, whole, with_password,
};
use crate::setting::{number, state, statements, traces};

/// The tokens of the letters that wait.
fn tokens(acme: &TestRollcall) -> Vec<String> {
    let due = acme.read(|view| mail::due(view, 100)).unwrap();
    assert!(due.iter().all(|due| due.letter.kind == LetterKind::Reset && due.letter.to == ADA));
    due.into_iter().map(|due| due.letter.token.expose().to_owned()).collect()
}

fn take(acme: &TestRollcall, token: &str, password: &str) -> Result<()> {
    let gone = || rollcall_core::admins::link::gone();
    let link = recognise_link(acme, &secret(token)).ok_or_else(gone)?;
    assert_eq!(link.purpose, Purpose::Reset);
    let of = token.to_owned();
    let record = acme.rollcall().read(link.actor.clone(), Permission::SignIn, move |v| reset::record(v, &of)).wait()?;
    let new = record.renew(&secret(password)).expect("a password that can be taken");
    let token = token.to_owned();
    let take = move |op: &mut Op<'_>| reset::take(op, &token, &new);
    acme.rollcall().write(link.actor, Permission::SignIn, Mode::Real, take).wait()
}

#[test]
fn a_letter_sets_a_new_password_once_ends_all_sessions_and_unlocks() {
    let acme = with_password();
    let rollcall = acme.rollcall();
    let session = comes_in(rollcall, ADA, PASSWORD).unwrap();
    fail_often(&acme, ADA);
    assert_eq!(status(&acme, ADA), Status::Locked);
    let before = event_count(&acme);
    ask(&acme, ADA);
    let token = tokens(&acme).remove(0);
    assert!(traces(&acme, &token).is_empty(), "it is sealed until it is sent");
    take(&acme, &token, OTHER).unwrap();
    assert_eq!(events(&acme, before), ["Password Reset Requested", "User Modified", "Password Changed"]);
    assert_eq!(status(&acme, ADA), Status::Active);
    assert!(recognise(rollcall, &session.token).is_none());
    assert_eq!(take(&acme, &token, "Third-thing-3").unwrap_err().code(), Code::NotFound);
    assert!(comes_in(rollcall, ADA, PASSWORD).is_none() && comes_in(rollcall, ADA, OTHER).is_some());
}

#[test]
fn the_sessions_of_whoever_sets_a_new_password_by_a_letter_end() {
    let acme = with_password();
    let session = comes_in(acme.rollcall(), ADA, PASSWORD).unwrap();
    ask(&acme, ADA);
    take(&acme, &tokens(&acme)[0], OTHER).unwrap();
    assert!(recognise(acme.rollcall(), &session.token).is_none());
}

#[test]
fn of_two_with_one_link_one_sets_the_password() {
    let acme = with_password();
    ask(&acme, ADA);
    let token = tokens(&acme).remove(0);
    let both = Barrier::new(2);
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads = [OTHER, "Third-thing-3"].map(|password| {
            let (acme, token, both) = (&acme, &token, &both);
            scope.spawn(move || {
                both.wait();
                take(acme, token, password).is_ok()
            })
        });
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|is_done| **is_done).count(), 1, "{results:?}");
}

#[test]
fn a_link_is_good_for_a_quarter_of_an_hour() {
    let acme = with_password();
    ask(&acme, ADA);
    let link = tokens(&acme).remove(0);
    acme.clock.advance(LIFE_MILLIS - 1);
    assert!(recognise_link(&acme, &secret(&link)).is_some());
    acme.clock.advance(1);
    assert!(recognise_link(&acme, &secret(&link)).is_none());
}

/// How many of these links are good.
fn good(acme: &TestRollcall, tokens: &[String]) -> usize {
    tokens.iter().filter(|token| recognise_link(acme, &secret(token)).is_some()).count()
}

#[test]
fn a_stranger_who_asks_makes_no_link_of_the_owner_useless_and_three_live_at_most() {
    let acme = with_password();
    for living in [1, 2, 3, 3, 3] {
        ask(&acme, ADA);
        assert_eq!(good(&acme, &tokens(&acme)), living, "with this one");
        acme.clock.advance(PAUSE_MILLIS);
    }
}

#[test]
fn links_end_with_the_use_of_one_with_any_new_password_and_with_a_new_factor() {
    let asked_twice = || {
        let acme = with_password();
        ask(&acme, ADA);
        acme.clock.advance(PAUSE_MILLIS);
        ask(&acme, ADA);
        let tokens = tokens(&acme);
        assert_eq!(good(&acme, &tokens), 2);
        (acme, tokens)
    };
    let (acme, tokens) = asked_twice();
    take(&acme, &tokens[0], OTHER).unwrap();
    assert_eq!(good(&acme, &tokens), 0, "one was used");
    let session = |acme: &TestRollcall| whole(acme.rollcall(), &comes_in(acme.rollcall(), ADA, PASSWORD).unwrap());
    let (acme, tokens) = asked_twice();
    set_password(&acme, &session(&acme), Some(PASSWORD), OTHER).unwrap().unwrap();
    assert_eq!(good(&acme, &tokens), 0, "another password was set");
    let (acme, tokens) = asked_twice();
    let ada = session(&acme);
    assert!(begin_factor(&acme, &ada, Some(PASSWORD)).unwrap());
    assert_eq!(good(&acme, &tokens), 2, "it does not count yet");
    let key = own_read(&acme, &ada, second::pending).unwrap().unwrap();
    let shown = code(&acme, key.expose());
    own_change(&acme, &ada, move |op| second::confirm(op, &shown)).unwrap().unwrap();
    assert_eq!(good(&acme, &tokens), 0, "a factor was added");
    acme.clock.advance(PAUSE_MILLIS);
    let ada = by_link(&acme, ADA);
    ask(&acme, ADA);
    let tokens = self::tokens(&acme);
    assert_eq!(good(&acme, &tokens), 1);
    own_change(&acme, &ada, |op| second::remove(op, &None)).unwrap().unwrap();
    assert_eq!(good(&acme, &tokens), 0, "a factor was removed");
}

#[test]
fn there_is_one_letter_in_five_minutes() {
    let acme = with_password();
    ask(&acme, ADA);
    take(&acme, &tokens(&acme)[0], OTHER).unwrap();
    ask(&acme, ADA);
    acme.clock.advance(PAUSE_MILLIS - 1);
    ask(&acme, ADA);
    assert_eq!(tokens(&acme).len(), 1);
    acme.clock.advance(1);
    ask(&acme, ADA);
    assert_eq!(tokens(&acme).len(), 2);
}

#[test]
fn no_letter_goes_to_whoever_may_not_be_in_the_console_and_it_costs_the_same() {
    let acme = with_password();
    let of = |status| State { users: vec![user("cy@acme.test", Status::Active), user(ADA, status)], ..state() };
    for shut in [Status::Suspended, Status::Invited] {
        acme.apply(of(shut)).unwrap();
        ask(&acme, ADA);
    }
    for email in ["cy@acme.test", "nobody@acme.test", "no address", ""] {
        ask(&acme, email);
    }
    assert_eq!(number(&acme, "select count(*) from outbox"), 0);
    acme.apply(of(Status::Active)).unwrap();
    let (unknown, ()) = statements(&acme, || ask(&acme, "cy@acme.test"));
    let (known, ()) = statements(&acme, || ask(&acme, ADA));
    // What a letter takes comes on top, once in five minutes.
    assert!(known <= unknown + 6, "{known} and {unknown} statements");
    assert_eq!(statements(&acme, || ask(&acme, ADA)).0, unknown, "the next time");
    assert_eq!(tokens(&acme).len(), 1);
}

#[test]
fn a_reset_keeps_to_the_rules_of_passwords_and_lifts_the_bar_of_the_last_admin() {
    let acme = with_password();
    acme.apply(State { users: vec![user("bo@acme.test", Status::Suspended)], ..state() }).unwrap();
    fail_often(&acme, ADA);
    assert_eq!(status(&acme, ADA), Status::Active);
    ask(&acme, ADA);
    let token = tokens(&acme).remove(0);
    let link = recognise_link(&acme, &secret(&token)).unwrap();
    let of = token.clone();
    let record =
        acme.rollcall().read(link.actor, Permission::SignIn, move |view| reset::record(view, &of)).wait().unwrap();
    assert_eq!(record.renew(&secret(PASSWORD)).map(|_| ()).unwrap_err(), [Fault::UsedBefore]);
    take(&acme, &token, OTHER).unwrap();
    assert!(comes_in(acme.rollcall(), ADA, OTHER).is_some(), "before the time of the bar is over");
}
