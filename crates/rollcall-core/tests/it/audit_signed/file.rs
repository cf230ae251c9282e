//! Whatever is done to an exported log: the first broken line is found, and what is wrong with it.

use std::sync::LazyLock;

use proptest::prelude::*;
use rollcall_core::audit::Checked;
use serde_json::{Value, json};

use super::forger::{Forger, chain_anew};
use super::{EACH, STRETCHES, check, check_by, continues, export, sign, signed};
use crate::properties::config;

/// The lines of Acme's export, and of Beta's.
static EXPORTS: LazyLock<[Vec<Value>; 2]> = LazyLock::new(|| {
    let mut acme = signed();
    let ours = lines(&export(&acme));
    acme.account = acme.found("Beta");
    [ours, lines(&export(&acme))]
});

fn lines(file: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(super) fn text(lines: &[Value]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

fn ours() -> Vec<Value> {
    EXPORTS[0].clone()
}

/// The line, the event and the kind of the first fault.
fn found(checked: &Checked) -> Option<(u64, i64, &'static str)> {
    checked.broken.as_ref().map(|found| (found.line, found.broken.seq, found.broken.kind.name()))
}

fn broken(lines: &[Value]) -> Option<(u64, i64, &'static str)> {
    found(&check(&text(lines)))
}

fn is(line: &Value, what: &str) -> bool {
    line.get(what).is_some()
}

/// Where the event of that number stands, from 0.
fn place_of(event: i64) -> usize {
    ours().iter().position(|line| line["event"]["number"] == event).unwrap()
}

/// The events that are whole before a line.
fn events_before(line: usize) -> i64 {
    ours()[..line].iter().filter(|line| is(line, "event")).count() as i64
}

/// First line, events and checkpoints, last line.
const LINES: usize = 1 + EACH * STRETCHES + STRETCHES + 1;
const EVENTS: i64 = (EACH * STRETCHES) as i64;

#[test]
fn an_untouched_export_is_whole_line_by_line() {
    let lines = ours();
    assert_eq!(lines.len(), LINES);
    let checked = check(&text(&lines));
    assert_eq!((checked.broken, checked.events, checked.checkpoints), (None, EVENTS as u64, STRETCHES as u64));
    assert_eq!((checked.account.as_str(), checked.kids.len()), ("Acme", 1));
    let kid = checked.kids[0].as_str();
    let key = lines[0]["export"]["keys"][0]["x"].as_str().unwrap();
    for pin in [kid, key] {
        assert_eq!(found(&check_by(&text(&lines), &[pin])), None, "{pin}");
    }
    assert_eq!(found(&check_by(&text(&lines), &["A".repeat(43).as_str(), kid])), None, "one of several");
    let other = Forger::new();
    assert_eq!(found(&check_by(&text(&lines), &[&other.kid])), Some((6, 4, "forged checkpoint")));
    let mut file = text(&lines);
    file.pop();
    assert_eq!(found(&check(&file)), None, "an editor took the last end of line");
}

/// Parts of a line that something may be done to, by what the line is.
fn members(line: &Value) -> Vec<String> {
    let inside = line.as_object().unwrap().values().next().unwrap();
    inside.as_object().unwrap().keys().cloned().collect()
}

fn altered(value: &Value) -> Value {
    match value {
        Value::Null => json!("x"),
        Value::Number(number) => json!(number.as_i64().unwrap() + 1),
        // Another digit, so that it is still a hash or a signature where it was one.
        Value::String(text) if text.len() > 40 => {
            let first = if text.starts_with('a') { "b" } else { "a" };
            json!(format!("{first}{}", &text[1..]))
        }
        Value::String(text) => json!(format!("{text}x")),
        Value::Array(list) => Value::Array(list[1..].to_vec()),
        Value::Object(_) => json!({ "id": "x", "name": "x" }),
        Value::Bool(_) => unreachable!("there is none"),
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_line_that_is_gone_is_missed(line in 0..LINES) {
        let mut lines = ours();
        let gone = lines.remove(line);
        let (at, event) = (line as u64 + 1, events_before(line) + 1);
        let expected = if is(&gone, "export") {
            (1, 0, "foreign")
        } else if is(&gone, "event") {
            (at, event, "missing")
        } else if is(&gone, "checkpoint") {
            // The next one names it, and the last line counts on the last.
            let next = if event > EVENTS { at } else { at + EACH as u64 };
            (next, event - 1, "missing")
        } else {
            (at, event, "cut off")
        };
        assert_eq!(broken(&lines), Some(expected));
    }

    #[test]
    fn a_line_that_says_something_else_is_found(line in 0..LINES, member in 0..14_usize) {
        let mut lines = ours();
        let members = members(&lines[line]);
        let member = &members[member % members.len()];
        let kind = lines[line].as_object().unwrap().keys().next().unwrap().clone();
        let cell = &mut lines[line][&kind][member];
        *cell = altered(cell);
        let (at, event) = (line as u64 + 1, events_before(line));
        let last = LINES as u64;
        let expected = match (kind.as_str(), member.as_str()) {
            ("export", "version") => (1, 0, "foreign"),
            ("export", "chain") => (2, 1, "does not follow"),
            ("export", "keys") => (6, 4, "forged checkpoint"),
            ("export", _) => (last, EVENTS + 1, "altered"),
            ("event", "number") if event + 1 == EVENTS => (at, event + 1, "missing"),
            ("event", "number") => (at, event + 1, "missing"),
            ("event", "previousHash") => (at, event + 1, "does not follow"),
            ("event", _) => (at, event + 1, "altered"),
            ("checkpoint", "number") => (at, event + 1, "forged checkpoint"),
            ("checkpoint", _) => (at, event, "forged checkpoint"),
            ("end", "events") => (at, EVENTS + 1, "cut off"),
            ("end", "checkpoints") => (at, EVENTS, "missing"),
            (_, _) => (at, EVENTS + 1, "altered"),
        };
        assert_eq!(broken(&lines), Some(expected), "{kind} {member}");
    }

    #[test]
    fn a_line_with_more_or_less_in_it_is_found(line in 0..LINES, member in 0..14_usize) {
        let mut lines = ours();
        let members = members(&lines[line]);
        let kind = lines[line].as_object().unwrap().keys().next().unwrap().clone();
        let mut more = lines.clone();
        more[line][&kind]["note"] = json!("nothing happened");
        assert_eq!(broken(&more).map(|(at, _, kind)| (at, kind)), Some((line as u64 + 1, "foreign")));
        let inside = lines[line][&kind].as_object_mut().unwrap();
        let gone = inside.remove(&members[member % members.len()]).unwrap();
        // What says nothing may be left out, but not in what was signed.
        let at = if gone.is_null() { LINES } else { line + 1 };
        assert_eq!(broken(&lines).map(|(line, _, _)| line), Some(at as u64));
    }

    #[test]
    fn lines_that_changed_places_are_found(one in 1..LINES, other in 1..LINES) {
        prop_assume!(one != other);
        let (one, other) = (one.min(other), one.max(other));
        let mut lines = ours();
        lines.swap(one, other);
        let (line, event, kind) = broken(&lines).expect("it is found");
        let both_are = |what: &str| is(&lines[one], what) && is(&lines[other], what);
        if both_are("event") {
            assert_eq!((line, event, kind), (one as u64 + 1, events_before(one) + 1, "reordered"));
        }
        assert!(line == one as u64 + 1 || (is(&ours()[one], "checkpoint") && line > one as u64), "{line} {kind}");
        assert!(["reordered", "missing", "cut off"].contains(&kind), "{kind}");
    }

    #[test]
    fn a_line_that_is_there_again_is_found(line in 0..LINES, after in 0..LINES) {
        let mut lines = ours();
        let again = lines[line].clone();
        let (from, to) = (line.min(after), line.max(after));
        lines.insert(to + 1, again);
        let (at, _, kind) = broken(&lines).expect("it is found");
        let expected = if is(&lines[to + 1], "event") || is(&lines[to + 1], "checkpoint") {
            if to == LINES - 1 { "foreign" } else if line == from { "duplicated" } else { kind }
        } else if is(&lines[to + 1], "export") {
            "foreign"
        } else {
            kind
        };
        assert_eq!((at, kind), (to as u64 + 2, expected));
    }

    #[test]
    fn a_line_of_another_account_is_found(line in 0..LINES, place in 1..=LINES) {
        let mut lines = ours();
        lines.insert(place, EXPORTS[1][line].clone());
        let (at, _, kind) = broken(&lines).expect("it is found");
        // An event further down, whose number comes later, is no less foreign to this place.
        assert_eq!(at, place as u64 + 1, "{kind}");
        let mut lines = ours();
        lines[place - 1] = EXPORTS[1][place - 1].clone();
        assert!(broken(&lines).is_some());
    }

    #[test]
    fn a_file_that_is_cut_off_is_noticed(length in 0.0..1.0_f64) {
        let whole = text(&ours());
        let cut = &whole[..(whole.len() as f64 * length) as usize];
        // But for the end of the last line all is needed.
        prop_assume!(cut.len() < whole.len() - 1);
        let (line, _, kind) = found(&check(cut)).expect("it is noticed");
        let full = cut.iter().filter(|byte| **byte == b'\n').count() as u64;
        let kind_of_head = if cut.is_empty() { "cut off" } else { "foreign" };
        assert_eq!((line, kind), (full + 1, if full == 0 { kind_of_head } else { "cut off" }));
    }

    #[test]
    fn who_makes_the_chain_fit_without_the_key_is_found_by_the_checkpoint(event in 1..=EVENTS) {
        let mut lines = ours();
        lines[place_of(event)]["event"]["description"] = json!("nothing happened");
        chain_anew(&mut lines);
        let stretch = (event as usize - 1) / EACH;
        let signed = place_of(((stretch + 1) * EACH) as i64) + 1;
        assert_eq!(broken(&lines), Some((signed as u64 + 1, (stretch * EACH) as i64 + 1, "rewritten")));
    }

    #[test]
    fn who_signs_it_by_another_key_is_found_by_whoever_knows_the_key(event in 1..=EVENTS) {
        let (mut lines, forger) = (ours(), Forger::new());
        let kid = check(&text(&lines)).kids.remove(0);
        lines[place_of(event)]["event"]["description"] = json!("nothing happened");
        chain_anew(&mut lines);
        forger.sign_anew(&mut lines);
        let checked = check(&text(&lines));
        assert_eq!((found(&checked), checked.kids), (None, vec![forger.kid]), "the name of the key is told");
        assert_eq!(found(&check_by(&text(&lines), &[&kid])), Some((6, 4, "forged checkpoint")));
    }
}

#[test]
fn a_file_of_two_accounts_is_refused_at_the_second() {
    let [ours, other] = &*EXPORTS;
    let both = [&ours[..], other].concat();
    assert_eq!(broken(&both), Some((LINES as u64 + 1, EVENTS + 1, "foreign")));
    let without_end = [&ours[..LINES - 1], other].concat();
    let checked = check(&text(&without_end)).broken.unwrap();
    assert_eq!(checked.line, LINES as u64);
    assert!(checked.broken.why.contains("another export begins here, of the account \"Beta\""), "{checked:?}");
}

#[test]
fn what_is_no_export_is_said_to_be_none() {
    for junk in ["\n", "{}\n", "[]\n", "rollcall: 1\n", "\u{0}\n", "{\"event\":1}\n"] {
        assert_eq!(found(&check(junk.as_bytes())), Some((1, 0, "foreign")), "{junk:?}");
    }
    assert_eq!(found(&check(b"")), Some((1, 0, "cut off")));
    let mut lines = text(&ours());
    lines.splice(0..0, b"\n".iter().copied());
    assert_eq!(found(&check(&lines)), Some((1, 0, "foreign")));
}

#[test]
fn an_export_is_continued_by_its_own_log_alone() {
    let acme = signed();
    let earlier = check(&export(&acme));
    assert_eq!(continues(&acme, &earlier), None);
    acme.admin("late");
    sign(&acme);
    assert_eq!(continues(&acme, &earlier), None, "it has gone on");
    let later = check(&export(&acme));
    assert_eq!((found(&later), later.events), (None, EVENTS as u64 + 2));
    // Another installation of the same account.
    assert_eq!(continues(&signed(), &earlier).map(|(seq, _)| seq), Some(EVENTS));
}

#[test]
fn no_secret_is_in_an_export() {
    let acme = signed();
    let secret = acme.app(&[rollcall_core::policy::Scope::AuditLogs]).secret().expose().to_owned();
    sign(&acme);
    let file = String::from_utf8(export(&acme)).unwrap();
    assert!(file.contains("App Created"));
    let chain = crate::setting::column(&acme, "select chain_id from accounts where id = 1").remove(0);
    for hidden in [secret, acme.key().expose().to_owned(), chain] {
        assert!(!file.contains(hidden.trim()), "{hidden}");
    }
    let sealed = crate::setting::column(&acme, "select sealed from server_keys").remove(0);
    assert!(!file.contains(&sealed[..40]));
}
