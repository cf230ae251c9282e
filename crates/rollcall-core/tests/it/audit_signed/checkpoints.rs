//! When checkpoints are made, by which key, and what verifies without any.

use rollcall_core::audit::{self, SIGNED_AFTER_MILLIS};
use rollcall_core::keys::Purpose;
use rollcall_core::sync::State;
use rollcall_testkit::TestRollcall;

use super::forger::{Forger, hex};
use super::{EACH, STRETCHES, broken, check, export, sign, signed, verify};
use crate::setting::{active, column, number, state, statements};

/// The numbers of the checkpoints.
fn checkpoints(acme: &TestRollcall) -> Vec<String> {
    column(acme, "select seq from audit_checkpoints where account_id = 1 order by seq")
}

fn add(acme: &TestRollcall, names: std::ops::Range<usize>) {
    let users = names.map(|n| active(&format!("u{n}@acme.test"))).collect();
    acme.apply(State { users, ..state() }).unwrap();
}

fn seal(acme: &TestRollcall) {
    while acme.write(audit::seal).unwrap() > 0 {}
}

#[test]
fn the_log_is_signed_after_a_thousand_events_and_an_hour_after_the_first_that_is_not() {
    let acme = TestRollcall::new();
    let is_due = || acme.read(audit::is_sealing_due).unwrap();
    add(&acme, 0..998);
    seal(&acme);
    assert_eq!((checkpoints(&acme).len(), is_due()), (0, false), "999 events");
    add(&acme, 998..999);
    assert!(is_due());
    seal(&acme);
    assert_eq!(checkpoints(&acme), ["1000"]);
    add(&acme, 999..3_300);
    seal(&acme);
    assert_eq!(checkpoints(&acme), ["1000", "2000", "3000"]);
    let walked = verify(&acme);
    assert_eq!((walked.sealed, walked.signed, walked.checkpoints), (3_301, 3_000, 3));
    acme.clock.advance(SIGNED_AFTER_MILLIS - 1);
    assert!(!is_due());
    seal(&acme);
    assert_eq!(checkpoints(&acme).len(), 3);
    acme.clock.advance(1);
    assert!(is_due(), "nothing is pending, but it is an hour");
    seal(&acme);
    assert_eq!(checkpoints(&acme).last().map(String::as_str), Some("3301"));
    acme.clock.advance(SIGNED_AFTER_MILLIS);
    assert!(!is_due(), "what is signed is not signed again");
    seal(&acme);
    assert_eq!((checkpoints(&acme).len(), verify(&acme).signed), (4, 3_301));
    assert_eq!(number(&acme, "select count(*) from audit_events where seq is null"), 0, "signing is no event");
    // A clock that goes back puts nothing off.
    add(&acme, 3_300..3_301);
    acme.clock.advance(-SIGNED_AFTER_MILLIS);
    seal(&acme);
    assert_eq!(checkpoints(&acme).len(), 5);
    assert_eq!(verify(&acme).broken, None);
}

#[test]
fn all_that_is_signed_is_signed_by_one_key_which_is_told() {
    let acme = signed();
    let kids = column(&acme, "select distinct kid from audit_checkpoints");
    let told = acme.rollcall().server_keys().wait().unwrap();
    let [key] = &told[..] else { panic!("{told:?}") };
    assert_eq!((key.purpose, vec![key.kid.clone()]), (Purpose::Audit, kids));
    assert_eq!(key.numbers[0].len(), 32);
    let kept = column(&acme, "select public_key from server_keys");
    assert_eq!(kept, [hex(&key.numbers[0])]);
    let (replica, host) = acme.replica();
    let actor = host.actor(&acme.account, "test");
    add(&acme, 0..1);
    let sign = replica.write(
        actor,
        rollcall_core::policy::Permission::RunJobs,
        rollcall_core::op::Mode::Real,
        audit::seal_and_sign,
    );
    sign.wait().unwrap();
    assert_eq!(column(&acme, "select distinct kid from audit_checkpoints").len(), 1, "a replica has the same");
    assert_eq!(verify(&acme).kids, std::slice::from_ref(&key.kid));
}

#[test]
fn a_key_that_somebody_puts_into_the_database_signs_nothing_and_counts_for_nothing() {
    let acme = signed();
    let forger = Forger::new();
    let mine = column(&acme, "select kid from server_keys").remove(0);
    let public = acme.database().bytes(&forger.public);
    let sql = format!(
        "insert into server_keys (kid, purpose, sealed, public_key, created_at) \
         select '{}', purpose, sealed, {public}, created_at + 1 from server_keys",
        forger.kid
    );
    assert_eq!(acme.database().execute(&sql), 1);
    add(&acme, 0..1);
    sign(&acme);
    assert_eq!(column(&acme, "select distinct kid from audit_checkpoints"), [mine]);
    assert_eq!(verify(&acme).broken, None);
}

#[test]
fn signing_costs_a_seal_a_fixed_number_of_statements() {
    let acme = signed();
    let cost = |names: std::ops::Range<usize>| {
        add(&acme, names);
        statements(&acme, || acme.write(audit::seal).unwrap()).0
    };
    let (few, many) = (cost(0..1), cost(1..400));
    assert_eq!(few, many);
    acme.clock.advance(SIGNED_AFTER_MILLIS);
    let with_signature = cost(400..401);
    assert!(with_signature <= few + 5, "{with_signature} after {few}");
}

#[test]
fn a_log_of_a_version_without_checkpoints_is_whole_and_is_signed_from_now_on() {
    let acme = signed();
    acme.database().execute("delete from audit_checkpoints");
    acme.database().execute("delete from server_keys");
    let walked = verify(&acme);
    assert_eq!((walked.broken, walked.checkpoints), (None, 0));
    assert_eq!(walked.sealed, (STRETCHES * EACH) as u64);
    // The key is younger than what the older version sealed.
    seal(&acme);
    assert_eq!(checkpoints(&acme), ["16"]);
    let walked = verify(&acme);
    assert_eq!((walked.broken, walked.signed), (None, 16));
    assert_eq!(check(&export(&acme)).broken, None);
}

#[test]
fn checkpoints_that_were_taken_away_are_missed() {
    let slow = signed();
    slow.database().execute("delete from audit_checkpoints where seq > 8");
    assert_eq!(broken(&slow), Some((9, "not signed")), "eight events within an hour and longer");
    let acme = TestRollcall::new();
    add(&acme, 0..2_500);
    seal(&acme);
    acme.database().execute("delete from audit_checkpoints where seq = 2000");
    assert_eq!(broken(&acme), Some((1_001, "not signed")), "1,501 events after the last checkpoint");
    acme.database().execute("delete from audit_checkpoints");
    assert_eq!(broken(&acme), Some((1, "not signed")));
    // The next signature does not make it good.
    add(&acme, 2_500..2_501);
    sign(&acme);
    assert_eq!(broken(&acme), Some((1, "not signed")));
    assert!(verify(&acme).broken.unwrap().why.contains("events 1 to 2502 are not signed"));
}
