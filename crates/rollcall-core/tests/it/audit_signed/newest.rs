//! The newest part of the log, checked by itself: from a signed place on, and nothing before it.

use rollcall_core::audit::{Newest, check_newest};
use rollcall_testkit::TestRollcall;

use super::{EACH, STRETCHES, sign, signed};
use crate::setting::{active, state};

const EVENTS: u64 = (EACH * STRETCHES) as u64;
/// The newest events that are checked; the signed place before them is that of event 8.
const MOST: u64 = 5;

fn newest(acme: &TestRollcall, most: u64) -> Newest {
    acme.read(move |view| check_newest(view, most)).unwrap()
}

/// What is found after something was done to the log.
fn after(sql: &str) -> (Option<(i64, &'static str)>, u64) {
    let acme = signed();
    assert!(acme.database().execute(&sql.replace("ACME", "account_id = 1")) > 0, "{sql}");
    let found = newest(&acme, MOST);
    (found.broken.map(|broken| (broken.seq, broken.kind.name())), found.last)
}

#[test]
fn the_newest_events_are_checked_from_a_signed_place_on_and_a_short_log_whole() {
    let acme = signed();
    let whole = Newest { first: 1, last: EVENTS, checkpoints: 4, is_anchored: true, broken: None };
    for most in [EVENTS, 1_000, u64::MAX] {
        assert_eq!(newest(&acme, most), whole);
    }
    assert_eq!(newest(&acme, MOST), Newest { first: 9, checkpoints: 2, ..whole.clone() });
    assert_eq!(newest(&acme, 4), Newest { first: 13, checkpoints: 1, ..whole.clone() });
    // Events that are not signed yet belong to it.
    acme.apply(rollcall_core::sync::State { users: vec![active("late@acme.test")], ..state() }).unwrap();
    acme.sealed_events();
    assert_eq!(newest(&acme, 4), Newest { first: 13, last: EVENTS + 1, checkpoints: 1, ..whole.clone() });
    sign(&acme);
    assert_eq!(newest(&acme, 4), Newest { first: 13, last: EVENTS + 1, checkpoints: 2, ..whole });
}

#[test]
fn whatever_is_done_to_the_newest_events_is_found() {
    let table = [
        ("update audit_events set description = 'x' where ACME and seq = 14", (14, "altered"), 13),
        ("delete from audit_events where ACME and seq = 10", (10, "missing"), 9),
        ("delete from audit_events where ACME and seq = 9", (9, "missing"), 8),
        ("delete from audit_events where ACME and seq > 12 and seq < 16", (13, "missing"), 12),
        ("update audit_checkpoints set signature = hash where ACME and seq = 12", (12, "forged checkpoint"), 12),
        ("update audit_checkpoints set signature = hash where ACME and seq = 8", (8, "forged checkpoint"), 8),
        ("delete from audit_checkpoints where ACME and seq = 12", (12, "missing"), 16),
        ("update audit_events set hash = previous_hash where ACME and seq = 8", (8, "rewritten"), 8),
    ];
    for (sql, broken, last) in table {
        assert_eq!(after(sql), (Some(broken), last), "{sql}");
    }
    // The end is gone, and a checkpoint tells of it: the place to begin at is an earlier one then.
    assert_eq!(after("delete from audit_events where ACME and seq > 14").0, Some((15, "cut off")));
    // What comes before the signed place is not looked at.
    assert_eq!(after("update audit_events set description = 'x' where ACME and seq = 3"), (None, EVENTS));
}

#[test]
fn without_a_signed_place_the_first_is_taken_at_its_word() {
    let acme = signed();
    acme.database().execute("delete from audit_checkpoints where account_id = 1 and seq < 16");
    let found = newest(&acme, MOST);
    assert_eq!((found.first, found.last, found.is_anchored), (12, EVENTS, false));
    assert_eq!(found.broken, None);
}
