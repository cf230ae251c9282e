//! The second factor: codes of the time, and those that stand in for it.

use rollcall_core::Code;
use rollcall_core::actor::Actor;
use rollcall_core::admins::own;
use rollcall_core::admins::second::{self, BEGUN_MILLIS, RECOVERY_CODES};
use rollcall_core::admins::session::{Begun, Lack, STEPS_MILLIS};
use rollcall_core::admins::sign_in::Entered;
use rollcall_core::chance::Secret;
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::Permission;
use rollcall_core::users::Status;
use rollcall_testkit::TestRollcall;

use super::{
    ADA, OTHER, PASSWORD, add_factor, begin_factor, by_link, code, comes_in, event_count, events, half, own_change,
    own_page, own_read, recognise, secret, status, whole, with_password,
};
use crate::setting::{number, traces};

/// Ada with a second factor: its key, and the recovery codes.
fn with_factor() -> (TestRollcall, String, Vec<Secret>) {
    let acme = with_password();
    let ada = by_link(&acme, ADA);
    let (key, codes) = add_factor(&acme, &ada);
    (acme, key, codes)
}

fn show(acme: &TestRollcall, begun: &Begun, code: &str) -> Option<Begun> {
    let (half, code) = (half(acme.rollcall(), begun), code.to_owned());
    let actor = half.actor.clone();
    let show = move |op: &mut Op<'_>| second::show_code(op, &half, &code);
    match acme.rollcall().write(actor, Permission::SignIn, Mode::Real, show).wait().unwrap() {
        Entered::In(begun) => Some(begun),
        Entered::Refused => None,
    }
}

fn remove(acme: &TestRollcall, actor: &Actor, shown: Option<&str>) -> rollcall_core::Result<Option<Begun>> {
    let record = own_read(acme, actor, own::record)?;
    let proof = shown.map(|shown| record.compare(&secret(shown)));
    own_change(acme, actor, move |op| second::remove(op, &proof))
}

#[test]
fn a_factor_counts_once_a_code_of_it_was_shown_and_its_secret_is_sealed() {
    let acme = with_password();
    let ada = by_link(&acme, ADA);
    let nothing = own_change(&acme, &ada, |op| second::confirm(op, "000000")).unwrap_err();
    assert_eq!(nothing.code(), Code::Conflict);
    assert!(begin_factor(&acme, &ada, None).unwrap());
    assert_eq!(comes_in(acme.rollcall(), ADA, PASSWORD).unwrap().lacks, None, "it does not count yet");
    assert!(begin_factor(&acme, &ada, None).unwrap(), "whoever comes in begins anew");
    let key = own_read(&acme, &ada, second::pending).unwrap().unwrap().expose().to_owned();
    assert!(own_change(&acme, &ada, |op| second::confirm(op, "000000")).unwrap().is_none());
    let shown = code(&acme, &key);
    let codes = own_change(&acme, &ada, move |op| second::confirm(op, &shown)).unwrap().unwrap().codes;
    assert_eq!((codes.len(), own_page(&acme, &ada).codes), (RECOVERY_CODES, RECOVERY_CODES as u64));
    assert_eq!(comes_in(acme.rollcall(), ADA, PASSWORD).unwrap().lacks, Some(Lack::Code));
    assert!(own_read(&acme, &ada, second::pending).unwrap().is_none(), "it is not shown again");
    assert_eq!(begin_factor(&acme, &ada, None).unwrap_err().code(), Code::Conflict);
    let raw = totp_rs::Secret::try_from_base32(&key).unwrap();
    let hex: String = raw.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(traces(&acme, &key).is_empty() && traces(&acme, &hex).is_empty(), "nothing in clear");
    assert!(codes.iter().all(|code| traces(&acme, code.expose()).is_empty()));
}

#[test]
fn a_code_opens_once_and_the_session_gets_another_token() {
    let (acme, key, _) = with_factor();
    let rollcall = acme.rollcall();
    acme.clock.advance(60_000);
    let first = comes_in(rollcall, ADA, PASSWORD).unwrap();
    let (good, before) = (code(&acme, &key), event_count(&acme));
    let session = show(&acme, &first, &good).unwrap();
    assert!(recognise(rollcall, &first.token).is_none(), "the token of before the code");
    whole(rollcall, &session);
    assert_eq!(events(&acme, before), ["Signed In"]);
    let again = comes_in(rollcall, ADA, PASSWORD).unwrap();
    assert!(show(&acme, &again, &good).is_none(), "a code passes once");
    acme.clock.advance(30_000);
    assert!(show(&acme, &again, &code(&acme, &key)).is_some());
}

#[test]
fn a_recovery_code_stands_in_once() {
    let (acme, _, codes) = with_factor();
    let rollcall = acme.rollcall();
    let typed = codes[3].expose().to_uppercase().replace('-', " ");
    let session = show(&acme, &comes_in(rollcall, ADA, PASSWORD).unwrap(), &typed).unwrap();
    assert_eq!(own_page(&acme, &whole(rollcall, &session)).codes, 9);
    assert!(show(&acme, &comes_in(rollcall, ADA, PASSWORD).unwrap(), &typed).is_none());
    assert!(show(&acme, &comes_in(rollcall, ADA, PASSWORD).unwrap(), codes[4].expose()).is_some());
}

#[test]
fn wrong_codes_count_as_wrong_passwords_do_and_the_right_password_does_not_forgive_them() {
    let (acme, key, codes) = with_factor();
    let rollcall = acme.rollcall();
    acme.clock.advance(60_000);
    for _ in 0..5 {
        let begun = comes_in(rollcall, ADA, PASSWORD).unwrap();
        assert!(show(&acme, &begun, "nonsense").is_none());
    }
    assert_eq!(status(&acme, ADA), Status::Locked);
    assert!(comes_in(rollcall, ADA, PASSWORD).is_none());
    by_link(&acme, ADA);
    assert!(show(&acme, &comes_in(rollcall, ADA, PASSWORD).unwrap(), &code(&acme, &key)).is_some());
    assert_eq!(codes.len() as i64, number(&acme, "select count(*) from recovery_codes"));
}

#[test]
fn the_steps_of_signing_in_take_ten_minutes_at_most_and_open_nothing_else() {
    let (acme, _, codes) = with_factor();
    let rollcall = acme.rollcall();
    let begun = comes_in(rollcall, ADA, PASSWORD).unwrap();
    let actor = half(rollcall, &begun).actor;
    let refused = rollcall.read(actor, Permission::UseConsole, own::show).wait().unwrap_err();
    assert_eq!(refused.code(), Code::Forbidden);
    acme.clock.advance(STEPS_MILLIS - 1);
    half(rollcall, &begun);
    acme.clock.advance(1);
    assert!(recognise(rollcall, &begun.token).is_none());
    assert!(show(&acme, &comes_in(rollcall, ADA, PASSWORD).unwrap(), codes[0].expose()).is_some());
}

#[test]
fn removing_a_factor_asks_for_the_password() {
    let (acme, _, codes) = with_factor();
    let rollcall = acme.rollcall();
    let begun = show(&acme, &comes_in(rollcall, ADA, PASSWORD).unwrap(), codes[0].expose()).unwrap();
    let ada = whole(rollcall, &begun);
    assert!(remove(&acme, &ada, None).unwrap().is_none());
    assert!(remove(&acme, &ada, Some(OTHER)).unwrap().is_none());
    let other = show(&acme, &comes_in(rollcall, ADA, PASSWORD).unwrap(), codes[1].expose()).unwrap();
    let renewed = remove(&acme, &ada, Some(PASSWORD)).unwrap().unwrap();
    assert!(recognise(rollcall, &other.token).is_none(), "other sessions end");
    assert!(recognise(rollcall, &begun.token).is_none(), "and this one has another token");
    let ada = whole(rollcall, &renewed);
    assert_eq!(remove(&acme, &ada, Some(PASSWORD)).unwrap_err().code(), Code::Conflict);
    assert_eq!(comes_in(rollcall, ADA, PASSWORD).unwrap().lacks, None);
    assert_eq!(number(&acme, "select count(*) from recovery_codes"), 0);
}

#[test]
fn whoever_came_from_the_host_just_now_removes_a_factor_that_is_lost() {
    let (acme, _, _) = with_factor();
    let ada = by_link(&acme, ADA);
    assert!(remove(&acme, &ada, None).unwrap().is_some());
}

#[test]
fn adding_a_factor_asks_for_the_password_and_ends_other_sessions() {
    let acme = with_password();
    let rollcall = acme.rollcall();
    let (begun, other) = (comes_in(rollcall, ADA, PASSWORD).unwrap(), comes_in(rollcall, ADA, PASSWORD).unwrap());
    let ada = whole(rollcall, &begun);
    for shown in [None, Some(OTHER)] {
        assert!(!begin_factor(&acme, &ada, shown).unwrap(), "{shown:?}");
        assert!(own_read(&acme, &ada, second::pending).unwrap().is_none(), "{shown:?}");
    }
    assert_eq!(number(&acme, "select failures from credentials"), 1, "what is wrong counts, what is missing does not");
    assert!(begin_factor(&acme, &ada, Some(PASSWORD)).unwrap());
    let key = own_read(&acme, &ada, second::pending).unwrap().unwrap();
    let shown = code(&acme, key.expose());
    let added = own_change(&acme, &ada, move |op| second::confirm(op, &shown)).unwrap().unwrap();
    assert!(recognise(rollcall, &other.token).is_none(), "other sessions end");
    assert!(recognise(rollcall, &begun.token).is_none(), "and this one has another token");
    whole(rollcall, &added.begun);
}

#[test]
fn a_factor_is_added_by_the_session_that_began_it_alone_and_within_a_while() {
    let acme = with_password();
    let [ada, other] = [(); 2].map(|()| whole(acme.rollcall(), &comes_in(acme.rollcall(), ADA, PASSWORD).unwrap()));
    assert!(begin_factor(&acme, &ada, Some(PASSWORD)).unwrap());
    let key = own_read(&acme, &ada, second::pending).unwrap().unwrap().expose().to_owned();
    assert!(own_read(&acme, &other, second::pending).unwrap().is_none(), "it is not told to another one");
    let confirm = |actor: &Actor| {
        let shown = code(&acme, &key);
        own_change(&acme, actor, move |op| second::confirm(op, &shown))
    };
    assert_eq!(confirm(&other).unwrap_err().code(), Code::Conflict);
    acme.clock.advance(BEGUN_MILLIS);
    assert!(own_read(&acme, &ada, second::pending).unwrap().is_none(), "it is over");
    assert_eq!(confirm(&ada).unwrap_err().code(), Code::Conflict);
    assert!(begin_factor(&acme, &ada, Some(PASSWORD)).unwrap());
    let key = own_read(&acme, &ada, second::pending).unwrap().unwrap().expose().to_owned();
    let shown = code(&acme, &key);
    assert!(own_change(&acme, &ada, move |op| second::confirm(op, &shown)).unwrap().is_some());
    // What counts is the secret alone.
    let lacks = comes_in(acme.rollcall(), ADA, PASSWORD).unwrap();
    acme.clock.advance(60_000);
    assert!(show(&acme, &lacks, &code(&acme, &key)).is_some());
}

#[test]
fn a_factor_that_was_begun_and_left_is_forgotten_when_its_owner_comes_in_again() {
    let acme = with_password();
    let ada = whole(acme.rollcall(), &comes_in(acme.rollcall(), ADA, PASSWORD).unwrap());
    assert!(begin_factor(&acme, &ada, Some(PASSWORD)).unwrap());
    comes_in(acme.rollcall(), ADA, PASSWORD).unwrap();
    assert!(own_read(&acme, &ada, second::pending).unwrap().is_none());
}

#[test]
fn new_recovery_codes_ask_for_the_password_and_take_the_place_of_the_old_ones() {
    let (acme, _, codes) = with_factor();
    let rollcall = acme.rollcall();
    let begun = show(&acme, &comes_in(rollcall, ADA, PASSWORD).unwrap(), codes[0].expose()).unwrap();
    let ada = whole(rollcall, &begun);
    let renew = |shown: &str| {
        let record = own_read(&acme, &ada, own::record).unwrap();
        let proof = Some(record.compare(&secret(shown)));
        own_change(&acme, &ada, move |op| second::renew_codes(op, &proof)).unwrap()
    };
    assert!(renew(OTHER).is_none());
    let new = renew(PASSWORD).unwrap();
    assert!(show(&acme, &comes_in(rollcall, ADA, PASSWORD).unwrap(), codes[1].expose()).is_none());
    assert!(show(&acme, &comes_in(rollcall, ADA, PASSWORD).unwrap(), new[0].expose()).is_some());
}

#[test]
fn the_secret_is_still_read_after_the_installation_key_was_rotated() {
    let (acme, key, _) = with_factor();
    acme.clock.advance(60_000);
    let sealed = || acme.database().query("select totp from credentials where totp is not null");
    let before = sealed();
    let new = rollcall_core::seal::InstallationKey::generate();
    let new = rollcall_core::seal::InstallationKey::parse(new.expose()).unwrap();
    acme.rollcall().rotate_key(acme.host(), new).unwrap();
    assert_ne!(sealed(), before);
    assert!(show(&acme, &comes_in(acme.rollcall(), ADA, PASSWORD).unwrap(), &code(&acme, &key)).is_some());
}
