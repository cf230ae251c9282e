//! Rollcall's own jobs on two replicas at once: the audit chain, what is forgotten, what is counted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::caller::{Caller, silent};
use super::{AUDITOR, Pair};

const CALLERS: usize = 3;
const EACH: usize = 15;

/// Creates users on both with one key each, and gives and takes a role between them; how many requests changed anything.
fn load(pair: &Pair, caller: &Caller, name: &str) -> usize {
    let changes = AtomicUsize::new(0);
    thread::scope(|scope| {
        for place in 0..2 * CALLERS {
            let (server, changes) = (&pair.servers[place % 2], &changes);
            scope.spawn(move || {
                for n in 0..EACH {
                    let email = format!("{name}-{place}-{n}@acme.test");
                    let key = format!("{name}-{place}-{n}");
                    let body = silent(std::slice::from_ref(&email));
                    assert!(caller.post_once(server, &key, "users", &body).created());
                    changes.fetch_add(1, Ordering::SeqCst);
                    if n % 5 == 0 {
                        caller.assigned(server, &json!({"roleId": AUDITOR, "addUsers": [email]}));
                        changes.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    changes.into_inner()
}

/// The chain as `rollcall audit verify` tells it.
fn verified(pair: &Pair) -> Value {
    let told = pair.programs[1].run(&["--json", "audit", "verify"]).json();
    assert_eq!(told["whole"], true, "{told}");
    told["chains"][0].clone()
}

#[test]
fn the_chain_of_events_from_both_is_whole_and_has_no_gap() {
    let mut pair = Pair::stopped();
    let before = pair.database().number("select count(*) from audit_events");
    let caller = pair.caller();
    pair.start();
    let changes = thread::scope(|scope| {
        let loading = scope.spawn(|| load(&pair, &caller, "a"));
        // It is whole at any moment, also while both are sealing.
        while !loading.is_finished() {
            verified(&pair);
        }
        loading.join().expect("the load ends")
    });
    pair.stop();
    let chain = verified(&pair);
    assert_eq!(chain["pending"], 0, "those who stop leave nothing unsealed: {chain}");
    assert_eq!(chain["sealed"], before + changes as i64, "{chain}");
    let numbers =
        pair.database().number("select max(seq) - count(distinct seq) + count(*) - count(seq) from audit_events");
    assert_eq!(numbers, 0, "numbers without gaps, none twice");
}

#[test]
fn what_both_forget_and_count_is_right_afterwards() {
    let mut pair = Pair::new();
    let caller = pair.caller();
    let requests = load(&pair, &caller, "old");
    let creations = 2 * CALLERS * EACH;
    let keys = "select count(*) from idempotency_keys";
    assert_eq!(pair.database().number(keys), creations as i64);
    let stranger = Caller::new("no token at all");
    let forged = Caller::new(&format!("{}x", pair.programs[0].run(&["app", "token", "ci"]).ok().trim()));
    for round in 0..9 {
        let (here, _) = pair.sides(round);
        assert_eq!(stranger.groups(here, None).status, 401);
        assert_eq!(forged.groups(here, None).status, 401);
    }
    pair.stop();
    let app = pair.programs[0].run(&["--json", "app", "show", "ci"]).json();
    assert_eq!(app["refusals"][0]["reason"], "bad signature", "{app}");
    assert_eq!(app["refusals"][0]["times"], 9, "what each has counted is added up: {app}");
    assert!(app["lastUsed"].is_string(), "{app}");

    // A day goes by: the times are the database's, so it is they that are moved.
    let day = 24 * 3600 * 1000 + 1;
    pair.database().execute(&format!("update idempotency_keys set created_at = created_at - {day}"));
    // Both look for old replies when they start, and serve at the same time.
    pair.start();
    let body = silent(&["again@acme.test".to_owned()]);
    let reused = caller.post_once(&pair.servers[0], "old-0-0", "users", &body);
    assert!(reused.created() && reused.header("idempotency-replayed").is_empty(), "{reused:?}");
    assert_eq!(caller.post_once(&pair.servers[1], "old-0-0", "users", &body).header("idempotency-replayed"), "true");
    assert_eq!(load(&pair, &caller, "new"), requests);
    pair.stop();
    assert_eq!(pair.database().number(keys), creations as i64 + 1, "the old ones are forgotten, and no other");
    assert_eq!(verified(&pair)["pending"], 0);
}
