//! One replica dies in the middle of its work; the other goes on, and nothing that either has answered is lost.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use super::caller::{Caller, silent};
use super::{AUDITOR, Held, Pair};
use crate::program::Server;

const CALLERS: usize = 6;

/// Creates users one after the other, and gives every third a role, which takes the account for itself; what was
/// answered. It ends when the server does not answer, or after so many.
fn load(caller: &Caller, server: &Server, name: &str, most: usize, done: impl Fn()) -> Vec<String> {
    let mut answered = Vec::new();
    for n in 0..most {
        let email = format!("{name}-{n}@acme.test");
        match caller.try_post(server, "users", &silent(std::slice::from_ref(&email)), &[]) {
            None => break,
            Some(answer) => assert!(answer.created(), "{answer:?}"),
        }
        answered.push(email.clone());
        if n % 3 == 0 {
            let body = json!([{"roleId": AUDITOR, "addUsers": [email]}]);
            match caller.try_post(server, "adminroles/assignments", &body, &[]) {
                None => break,
                Some(answer) => assert_eq!(answer.json()[0]["status"], "success", "{answer:?}"),
            }
        }
        done();
    }
    answered
}

#[test]
fn one_that_is_killed_under_load_holds_up_nobody_and_has_lost_nothing() {
    let mut pair = Pair::new();
    let caller = pair.caller();
    for (round, kill_after) in [1, 20, 60].into_iter().enumerate() {
        let (dies, stays) = (round % 2, (round + 1) % 2);
        let (answered, count) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
        thread::scope(|scope| {
            for place in 0..CALLERS {
                let (pair, caller, answered, count) = (&pair, &caller, &answered, &count);
                scope.spawn(move || {
                    let server = &pair.servers[dies];
                    let name = format!("dies-{round}-{place}");
                    let mine = load(caller, server, &name, usize::MAX, || {
                        if count.fetch_add(1, Ordering::SeqCst) + 1 == kill_after {
                            server.signal("KILL");
                        }
                    });
                    answered.lock().expect("no panic").extend(mine);
                });
                scope.spawn(move || {
                    let name = format!("stays-{round}-{place}");
                    let mine = load(caller, &pair.servers[stays], &name, 12, || ());
                    assert_eq!(mine.len(), 12, "each request was answered");
                    answered.lock().expect("no panic").extend(mine);
                });
            }
        });
        let answered = answered.into_inner().expect("no panic");
        assert_eq!(caller.unknown(&pair.servers[stays], &answered), Vec::<String>::new(), "round {round}");
        let again = pair.programs[dies].serve(&[]);
        assert_eq!(std::mem::replace(&mut pair.servers[dies], again).ended(), None, "it was killed");
        assert_eq!(caller.unknown(&pair.servers[dies], &answered), Vec::<String>::new(), "round {round}");
    }
    pair.stop();
    let chain = pair.programs[0].run(&["--json", "audit", "verify"]).json();
    assert_eq!((&chain["whole"], &chain["chains"][0]["pending"]), (&json!(true), &json!(0)), "{chain}");
    // Each user has its event, whoever was killed between the two.
    let events = "select count(*) from audit_events where name = 'User Created'";
    let users = "select count(*) from users";
    assert_eq!(pair.database().number(events), pair.database().number(users));
}

#[test]
fn one_that_dies_with_the_account_in_its_hand_leaves_it_to_the_other() {
    let pair = Pair::new();
    let caller = pair.caller();
    let give = |server: &Server, email: &str| {
        let body = json!([{"roleId": AUDITOR, "addUsers": [email]}]);
        caller.try_post(server, "adminroles/assignments", &body, &[])
    };
    thread::scope(|scope| {
        let held = Held::table(pair.database(), "assignments");
        let first = scope.spawn(|| give(&pair.servers[0], "ada@acme.test"));
        held.until_waiting(1);
        let second = scope.spawn(|| give(&pair.servers[1], "bo@acme.test"));
        held.until_waiting(2);
        pair.servers[0].signal("KILL");
        assert!(first.join().expect("no panic").is_none(), "nobody is answered any more");
        drop(held);
        let answer = second.join().expect("no panic").expect("an answer");
        assert_eq!(answer.json()[0]["status"], "success", "{answer:?}");
    });
    let holders = "select u.email from users u join assignments a on a.user_id = u.id \
                   join roles r on r.id = a.role_id where r.name = 'Auditor'";
    assert_eq!(pair.database().query(holders), [[Some("bo@acme.test".to_owned())]], "what was not answered is undone");
}
