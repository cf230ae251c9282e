//! What may happen once, asked of both replicas at the same moment: one idempotency key, one address.

use std::collections::BTreeSet;

use super::Pair;
use super::caller::{invited, silent};

const ROUNDS: usize = 12;

#[test]
fn one_key_on_both_is_done_once_and_answered_alike() {
    let pair = Pair::new();
    let caller = pair.caller();
    for round in 0..ROUNDS {
        let (here, there) = pair.sides(round);
        let (key, body) = (format!("k-{round}"), invited(&[format!("u{round}@acme.test")]));
        let (one, other) = pair.race(
            round,
            "users",
            || caller.post_once(here, &key, "users", &body),
            || caller.post_once(there, &key, "users", &body),
        );
        assert!(one.created() && other.created(), "round {round}: {one:?} {other:?}");
        assert_eq!(one.text, other.text);
        let replayed = [&one, &other].map(|answer| answer.header("idempotency-replayed") == "true");
        assert_ne!(replayed[0], replayed[1], "round {round}: one is told what the other was");
        let later = caller.post_once(there, &key, "users", &body);
        assert_eq!((later.text.as_str(), later.header("idempotency-replayed").as_str()), (one.text.as_str(), "true"));
    }
    let database = pair.database();
    let users = database.number("select count(*) from users where email like 'u%@acme.test'");
    let events = database.number("select count(*) from audit_events where name = 'User Created'");
    let invitations = database.number("select count(*) from invitations");
    let others = 2; // of the account file
    assert_eq!([users, events - others, invitations], [ROUNDS as i64; 3]);
}

#[test]
fn of_two_requests_with_one_key_the_second_is_refused() {
    let pair = Pair::new();
    let caller = pair.caller();
    for round in 0..ROUNDS {
        let (here, there) = pair.sides(round);
        let key = format!("k-{round}");
        let ask = |server, name: &str| {
            caller.post_once(server, &key, "users", &silent(&[format!("{name}-{round}@acme.test")]))
        };
        let (one, other) = pair.race(round, "users", || ask(here, "one"), || ask(there, "other"));
        let (done, refused, name) = match (one.status, other.status) {
            (200, 422) => (one, other, "one"),
            (422, 200) => (other, one, "other"),
            _ => panic!("round {round}: {one:?} {other:?}"),
        };
        assert!(done.created());
        let message = format!("the Idempotency-Key \"{key}\" was used before with another request; use a new key");
        assert_eq!(refused.json()["errors"][0]["msg"], message);
        let kept = pair.database().query(&format!("select email from users where email like '%-{round}@acme.test'"));
        assert_eq!(kept, [[Some(format!("{name}-{round}@acme.test"))]], "round {round}");
    }
}

#[test]
fn of_two_creations_of_one_address_one_is_told_that_it_exists() {
    let pair = Pair::new();
    let caller = pair.caller();
    for round in 0..ROUNDS {
        let (here, there) = pair.sides(round);
        let email = format!("u{round}@acme.test");
        // Addresses are the same whatever their case.
        let (lower, upper) = (silent(std::slice::from_ref(&email)), silent(&[email.to_uppercase()]));
        let (one, other) =
            pair.race(round, "users", || caller.post(here, "users", &lower), || caller.post(there, "users", &upper));
        assert_ne!(one.created(), other.created(), "round {round}: {one:?} {other:?}");
        let failed = [one.failed(), other.failed()].concat();
        let reasons: Vec<&str> = failed.iter().map(|(_, reason)| reason.as_str()).collect();
        assert_eq!(reasons, ["USER_ALREADY_EXISTS"], "round {round}");
    }
    assert_eq!(pair.database().number("select count(*) from users where email_key like 'u%'"), ROUNDS as i64);
}

#[test]
fn many_addresses_in_opposite_order_are_each_created_by_one() {
    let pair = Pair::new();
    let caller = pair.caller();
    for round in 0..6 {
        let emails: Vec<String> = (0..30).map(|n| format!("r{round}-{n}@acme.test")).collect();
        let backwards: Vec<String> = emails.iter().rev().cloned().collect();
        let (here, there) = pair.sides(round);
        let (one, other) = pair.race(
            round,
            "users",
            || caller.post(here, "users", &silent(&emails)),
            || caller.post(there, "users", &silent(&backwards)),
        );
        assert_eq!((one.status, other.status), (200, 200), "round {round}: {one:?} {other:?}");
        let failed = [one.failed(), other.failed()].concat();
        assert!(failed.iter().all(|(_, reason)| reason == "USER_ALREADY_EXISTS"), "{failed:?}");
        // Refused by one means created by the other: each address is refused exactly once.
        let refused: BTreeSet<_> = failed.iter().map(|(email, _)| email.clone()).collect();
        assert_eq!((failed.len(), refused), (30, emails.into_iter().collect()), "round {round}");
    }
    assert_eq!(pair.database().number("select count(*) from users where email like 'r%-%'"), 180);
}
