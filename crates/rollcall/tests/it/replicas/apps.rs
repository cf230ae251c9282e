//! Client apps: what the host takes from one, it has lost on both replicas with its next request.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use super::{Caller, Pair};
use crate::program::Server;

/// What a request that began before or after a change may be answered.
struct Phases {
    now: AtomicUsize,
    over: usize,
}

impl Phases {
    /// Asks again and again, until the last phase is over. A request that began and ended in one phase, which is every
    /// one but those that overlap a change, must be answered as in that phase.
    fn ask(&self, caller: &Caller, server: &Server, expected: impl Fn(usize) -> u16) {
        loop {
            let before = self.now.load(Ordering::SeqCst);
            if before == self.over {
                return;
            }
            let status = caller.post(server, "usersInfo", &json!({"emailIds": ["ada@acme.test"]})).status;
            // Odd numbers are changes on their way.
            if before.is_multiple_of(2) && self.now.load(Ordering::SeqCst) == before {
                assert_eq!(status, expected(before / 2), "phase {before}");
            }
        }
    }

    /// Makes a change while the others ask.
    fn change(&self, change: impl FnOnce()) {
        self.now.fetch_add(1, Ordering::SeqCst);
        change();
        self.now.fetch_add(1, Ordering::SeqCst);
    }
}

/// Lets those who ask end when the changes do, also when one of them fails.
struct Over<'p>(&'p Phases);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.now.store(self.0.over, Ordering::SeqCst);
    }
}

/// Asks on both replicas while the changes are made one after the other, and once on each right after each of them.
fn while_both_are_asked(pair: &Pair, caller: &Caller, changes: &[&dyn Fn()], expected: impl Fn(usize) -> u16 + Sync) {
    let phases = Phases { now: AtomicUsize::new(0), over: 2 * changes.len() + 1 };
    let expected = &expected;
    thread::scope(|scope| {
        for place in 0..2 {
            let (phases, server) = (&phases, &pair.servers[place]);
            scope.spawn(move || phases.ask(caller, server, expected));
        }
        let _over = Over(&phases);
        for (place, change) in changes.iter().enumerate() {
            phases.change(change);
            for server in &pair.servers {
                let answer = caller.post(server, "usersInfo", &json!({"emailIds": ["ada@acme.test"]}));
                assert_eq!(answer.status, expected(place + 1), "right after change {place}: {answer:?}");
            }
        }
    });
}

#[test]
fn a_scope_that_is_taken_away_is_gone_on_both_with_the_next_request() {
    let pair = Pair::new();
    let caller = pair.caller();
    let run = |program: usize, verb: &str| {
        pair.programs[program].run(&["app", "scopes", "ci", verb, "user-management"]).ok();
    };
    let changes: [&dyn Fn(); 6] = [
        &|| run(0, "--remove"),
        &|| run(0, "--add"),
        &|| run(1, "--remove"),
        &|| run(1, "--add"),
        &|| run(0, "--remove"),
        &|| run(1, "--add"),
    ];
    while_both_are_asked(&pair, &caller, &changes, |phase| if phase % 2 == 0 { 200 } else { 403 });
    run(0, "--remove");
    for server in &pair.servers {
        let refused = caller.post(server, "usersInfo", &json!({"emailIds": ["ada@acme.test"]}));
        let message = refused.json()["errors"][0]["msg"].as_str().expect("a message").to_owned();
        assert!(message.contains("user-management"), "it names the scope: {message}");
        assert_eq!(caller.groups(server, None).status, 200, "it keeps the others");
    }
}

/// "Acme" with this list of apps.
fn file(apps: &str) -> String {
    let (before, _) = super::ACME.split_once("apps:").expect("apps");
    format!("{before}apps: {apps}\n")
}

#[test]
fn an_app_that_is_removed_is_nobody_on_both_with_the_next_request() {
    let pair = Pair::new();
    let [one, other] = &pair.programs;
    // A secret and an id of its own, so that it comes back as the one that went.
    let whole = file(
        "[{ name: ci, clientId: cs-0e02b5c5-7c2e-5f6a-9d5c-2d1c4a0f1b12, \
         clientSecret: 0123456789012345678901234567890123456789, scopes: [user-management] }]",
    );
    let prune = |program: &crate::program::Program, text: &str| {
        program.run_with_input(&["apply", "--prune", "-"], text).ok();
    };
    prune(one, &file("[]"));
    prune(one, &whole);
    let caller = pair.caller();
    let changes: [&dyn Fn(); 5] = [
        &|| prune(one, &file("[]")),
        &|| prune(other, &whole),
        &|| prune(other, &file("[]")),
        &|| prune(one, &whole),
        &|| prune(one, &file("[]")),
    ];
    while_both_are_asked(&pair, &caller, &changes, |phase| if phase % 2 == 0 { 200 } else { 401 });
}

#[test]
fn an_old_secret_is_worth_nothing_on_both_once_there_is_a_new_one() {
    let pair = Pair::new();
    let rotate = |program: usize, secret: &str| {
        let text = file(&format!("[{{ name: ci, clientSecret: {secret} }}]"));
        pair.programs[program].run_with_input(&["apply", "-"], &text).ok();
    };
    let (old, new) = ("old-".repeat(11), "new-".repeat(11));
    rotate(0, &old);
    let caller = pair.caller();
    let changes: [&dyn Fn(); 3] = [&|| rotate(0, &new), &|| rotate(1, &old), &|| rotate(1, &new)];
    while_both_are_asked(&pair, &caller, &changes, |phase| if phase % 2 == 0 { 200 } else { 401 });
    let renewed = pair.caller();
    for server in &pair.servers {
        assert_eq!(renewed.groups(server, None).status, 200);
        assert_eq!(caller.groups(server, None).status, 401);
    }
}
