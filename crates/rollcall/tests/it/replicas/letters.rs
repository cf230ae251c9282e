//! Letters: each is sent by one replica, and by another when that one dies; each link is good for one.

use std::collections::BTreeSet;
use std::thread;

use super::caller::invited;
use super::{Held, Pair, letters};

/// A header of a letter.
fn header(letter: &str, name: &str) -> String {
    let line = letter.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("{name} is missing in\n{letter}")).to_owned()
}

/// The token in the link of a letter, whose lines are folded.
fn token(letter: &str) -> String {
    let text = letter.replace("=\r\n", "");
    let (_, rest) = text.split_once("/activate/").expect("a link");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[test]
fn each_letter_is_sent_once_while_both_send() {
    const BURSTS: usize = 5;
    const EACH: usize = 4;
    let mut pair = Pair::new();
    let caller = pair.caller();
    let mut expected = BTreeSet::new();
    for burst in 0..BURSTS {
        // All letters of a burst are there at the same moment, and both replicas are woken by their own.
        thread::scope(|scope| {
            let held = Held::table(pair.database(), "outbox");
            for n in 0..2 * EACH {
                let (caller, server) = (&caller, &pair.servers[n % 2]);
                let emails: Vec<String> = (0..3).map(|m| format!("u{burst}-{n}-{m}@acme.test")).collect();
                expected.extend(emails.clone());
                scope.spawn(move || assert!(caller.post(server, "users", &invited(&emails)).created()));
            }
            // One of each at least; how many more a replica sends at once is its own business.
            held.until_waiting(2);
        });
    }
    pair.stop();
    let sent: Vec<_> = pair.programs.iter().flat_map(|program| letters(&program.data())).collect();
    let (names, texts): (Vec<_>, Vec<_>) = sent.into_iter().unzip();
    let to: Vec<String> = texts.iter().map(|letter| header(letter, "To")).collect();
    let ids: BTreeSet<String> = texts.iter().map(|letter| header(letter, "Message-ID")).collect();
    assert_eq!(to.len(), expected.len(), "as many letters as users: {names:?}");
    assert_eq!(to.into_iter().collect::<BTreeSet<_>>(), expected, "each user has a letter");
    assert_eq!(ids.len(), expected.len(), "each letter has its own id");
    assert_eq!(pair.database().number("select count(*) from outbox"), 0);
}

/// Makes statements on the outbox wait while the test holds [`GATE`].
fn gate(pair: &Pair, statement: &str) {
    for sql in [
        "create table gate (id bigint)",
        "create function wait() returns trigger language plpgsql as \
         $$ begin lock table gate in row exclusive mode; return null; end $$",
        &format!("create trigger gate before {statement} on outbox for each statement execute function wait()"),
    ] {
        pair.database().execute(sql);
    }
}

const GATE: &str = "gate";

/// Starts one replica, which is killed when it comes to this statement on the outbox; what it has sent by then.
fn killed_at(pair: &Pair, statement: &str, emails: &[String]) -> Vec<(String, String)> {
    gate(pair, statement);
    let caller = pair.caller();
    let server = pair.programs[0].serve(&[]);
    let held = Held::table(pair.database(), GATE);
    assert!(caller.post(&server, "users", &invited(emails)).created());
    held.until_waiting(1);
    server.signal("KILL");
    assert_eq!(server.ended(), None, "it was killed");
    held.cut_off();
    letters(&pair.programs[0].data())
}

fn sent_by_the_other(pair: &Pair) -> Vec<(String, String)> {
    let server = pair.programs[1].serve(&[]);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    letters(&pair.programs[1].data())
}

#[test]
fn what_a_replica_sent_and_could_not_tell_is_sent_again_as_the_same_letter() {
    let pair = Pair::stopped();
    let emails: Vec<String> = (0..20).map(|n| format!("u{n}@acme.test")).collect();
    let first = killed_at(&pair, "delete", &emails);
    assert_eq!(first.len(), 20, "it had sent them");
    // They are in its hands for half a minute. The clock is the machine's, so it is the times that are moved: away (not too
    // far, which would be a clock that was set back), and then past.
    assert_eq!(pair.database().number("select count(*) from outbox where next_at >= created_at + 30000"), 20);
    pair.database().execute("update outbox set next_at = next_at + 25000");
    assert!(sent_by_the_other(&pair).is_empty(), "nobody else sends them meanwhile");
    pair.database().execute("update outbox set next_at = next_at - 55000");
    let second = sent_by_the_other(&pair);
    let names = |letters: &[(String, String)]| letters.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), names(&second));
    for ((_, one), (_, other)) in first.iter().zip(&second) {
        for name in ["Message-ID", "To", "Date"] {
            assert_eq!(header(one, name), header(other, name));
        }
        assert_eq!(token(one), token(other), "the link is the same");
    }
    assert_eq!(pair.database().number("select count(*) from outbox"), 0);
}

#[test]
fn what_a_replica_was_about_to_take_is_taken_by_the_other_at_once() {
    let pair = Pair::stopped();
    let emails: Vec<String> = (0..20).map(|n| format!("u{n}@acme.test")).collect();
    assert!(killed_at(&pair, "update", &emails).is_empty(), "it had not begun to send");
    let sent = sent_by_the_other(&pair);
    assert_eq!(
        sent.iter().map(|(_, letter)| header(letter, "To")).collect::<BTreeSet<_>>(),
        emails.into_iter().collect()
    );
    assert_eq!((sent.len(), pair.database().number("select count(*) from outbox")), (20, 0));
}

#[test]
fn an_invitation_that_is_taken_up_on_both_at_once_is_good_for_one() {
    let mut pair = Pair::new();
    let caller = pair.caller();
    let emails: Vec<String> = (0..12).map(|n| format!("u{n}@acme.test")).collect();
    assert!(caller.post(&pair.servers[0], "users", &invited(&emails)).created());
    // Nothing is left unsent by servers that are stopped.
    pair.stop();
    let sent = pair.programs.iter().flat_map(|program| letters(&program.data()));
    let tokens: Vec<String> = sent.map(|(_, letter)| token(&letter)).collect();
    assert_eq!(tokens.len(), 12);
    pair.start();
    for (round, token) in tokens.iter().enumerate() {
        let (here, there) = pair.sides(round);
        let (one, other) =
            pair.race(round, "invitations", || caller.activate(here, token), || caller.activate(there, token));
        assert!(matches!((one, other), (200, 404) | (404, 200)), "round {round}: {one} {other}");
        assert_eq!([here, there].map(|server| caller.activate(server, token)), [404, 404]);
    }
    for server in &pair.servers {
        let users = caller.info(server, &emails);
        assert!(users.iter().all(|user| user["userInfo"]["status"] == "active"), "{users:?}");
    }
    let accepted = "select count(*) from audit_events where name = 'Invitation Accepted'";
    assert_eq!(pair.database().number(accepted), 12);
}
