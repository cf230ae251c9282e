//! Whatever is done to the log in the database: the first fault is found, and of which kind it is.

use std::cell::OnceCell;

use proptest::prelude::*;
use rollcall_core::audit::Checked;
use rollcall_testkit::TestRollcall;

use super::forger::{Forger, bytes, sha256};
use super::{EACH, STRETCHES, broken, check, continues, export, sign, signed, verify};
use crate::properties::config;
use crate::setting::{column, number};

const EVENTS: i64 = (EACH * STRETCHES) as i64;

/// What an event is told by: all that its hash covers but the time, and what it is chained with.
const TOLD: &str =
    "actor_kind, actor_id, actor_name, ip, category, name, target, description, state_before, state_after";

/// An installation to be tampered with again and again.
struct Victim {
    acme: TestRollcall,
    earlier: Checked,
}

impl Victim {
    fn new() -> Self {
        let acme = signed();
        for table in ["audit_events", "audit_checkpoints", "server_keys"] {
            acme.database().execute(&format!("create table spare_{table} as select * from {table}"));
        }
        let earlier = check(&export(&acme));
        assert_eq!((earlier.broken.clone(), earlier.events), (None, EVENTS as u64));
        Self { acme, earlier }
    }

    fn does(&self, sql: &str) {
        let sql = sql.replace("ACME", "account_id = 1");
        assert!(self.acme.database().execute(&sql) > 0, "{sql}");
    }

    fn mend(&self) {
        for table in ["audit_checkpoints", "audit_events", "server_keys"] {
            self.acme.database().execute(&format!("delete from {table}"));
            self.acme.database().execute(&format!("insert into {table} select * from spare_{table}"));
        }
    }
}

/// What is done. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Tampering {
    Delete(i64),
    Alter(i64, usize),
    SwapWhole(i64, i64),
    SwapTold(i64, i64),
    Slip(i64),
    Append(i64),
    MakeUp,
    CutTail(i64),
    CutTailAndSigned(i64),
    ChainAnew(i64),
    ChainAnewAndDropSigned(i64),
    DropCheckpoint(usize),
    AlterCheckpoint(usize, usize),
    MoveCheckpoint(usize),
    SwapCheckpoints(usize, usize),
    AnothersCheckpoint(usize),
    AnotherKey(usize, bool),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let event = || 1..=EVENTS;
    let place = || 1..=STRETCHES;
    prop_oneof![
        event().prop_map(Tampering::Delete),
        (event(), 0..11_usize).prop_map(|(n, column)| Tampering::Alter(n, column)),
        (event(), event()).prop_map(|(n, m)| Tampering::SwapWhole(n, m)),
        (event(), event()).prop_map(|(n, m)| Tampering::SwapTold(n, m)),
        event().prop_map(Tampering::Slip),
        event().prop_map(Tampering::Append),
        Just(Tampering::MakeUp),
        event().prop_map(Tampering::CutTail),
        event().prop_map(Tampering::CutTailAndSigned),
        event().prop_map(Tampering::ChainAnew),
        event().prop_map(Tampering::ChainAnewAndDropSigned),
        place().prop_map(Tampering::DropCheckpoint),
        (place(), 0..5_usize).prop_map(|(n, column)| Tampering::AlterCheckpoint(n, column)),
        place().prop_map(Tampering::MoveCheckpoint),
        (place(), place()).prop_map(|(n, m)| Tampering::SwapCheckpoints(n, m)),
        place().prop_map(Tampering::AnothersCheckpoint),
        (place(), any::<bool>()).prop_map(|(n, known)| Tampering::AnotherKey(n, known)),
    ]
}

/// The last event of a stretch.
fn end_of(stretch: usize) -> i64 {
    (stretch * EACH) as i64
}

/// The first event of the stretch of an event.
fn first_of(event: i64) -> i64 {
    (event - 1) / EACH as i64 * EACH as i64 + 1
}

/// Where something is found: by a look at the database, or against an earlier export alone.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Here(i64, &'static str),
    ByTheExport(i64, &'static str),
}

use Found::{ByTheExport, Here};

fn swap(victim: &Victim, table: &str, columns: &str, one: i64, other: i64) {
    let set: Vec<String> = columns.split(", ").map(|c| format!("{c} = o.{c}")).collect();
    let sum = one + other;
    victim.does(&format!(
        "update {table} set {} from {table} as o where {table}.ACME and o.ACME and {table}.seq in ({one}, {other}) \
         and o.seq = {sum} - {table}.seq",
        set.join(", "),
    ));
}

/// Does it, and says what is to be found; none where nothing was done.
fn tamper(victim: &Victim, tampering: &Tampering) -> Option<Found> {
    Some(match *tampering {
        Tampering::Delete(n) => {
            victim.does(&format!("delete from audit_events where ACME and seq = {n}"));
            Here(n, if n == EVENTS { "cut off" } else { "missing" })
        }
        Tampering::Alter(n, column) => {
            let column = format!("{TOLD}, at").split(", ").nth(column).unwrap().to_owned();
            let altered = if column == "at" { "at + 1".into() } else { format!("coalesce({column}, '') || 'x'") };
            victim.does(&format!("update audit_events set {column} = {altered} where ACME and seq = {n}"));
            Here(n, "altered")
        }
        Tampering::SwapWhole(n, m) if n != m => {
            swap(victim, "audit_events", &format!("at, {TOLD}, previous_hash, hash"), n, m);
            Here(n.min(m), "reordered")
        }
        Tampering::SwapTold(n, m) if n != m => {
            swap(victim, "audit_events", TOLD, n, m);
            Here(n.min(m), "altered")
        }
        Tampering::Slip(n) => {
            // All after it make room.
            victim.does("update audit_events set seq = -seq where ACME");
            victim.does(&format!(
                "update audit_events set seq = case when seq < -{n} then 1 - seq else -seq end where ACME"
            ));
            append(victim, n, n + 1);
            Here(n + 1, "duplicated")
        }
        Tampering::Append(n) => {
            append(victim, n, EVENTS + 1);
            Here(EVENTS + 1, "duplicated")
        }
        Tampering::MakeUp => {
            append(victim, EVENTS, EVENTS + 1);
            victim.does(&format!("update audit_events set previous_hash = hash where ACME and seq = {EVENTS} + 1"));
            Here(EVENTS + 1, "altered")
        }
        Tampering::CutTail(n) => {
            victim.does(&format!("delete from audit_events where ACME and seq >= {n}"));
            Here(n, "cut off")
        }
        Tampering::CutTailAndSigned(n) => {
            victim.does(&format!("delete from audit_events where ACME and seq >= {n}"));
            victim.does(&format!("delete from audit_checkpoints where ACME and seq >= {n}"));
            ByTheExport(n, "cut off")
        }
        Tampering::ChainAnew(n) => {
            chain_anew(victim, n);
            Here(first_of(n), "rewritten")
        }
        Tampering::ChainAnewAndDropSigned(n) => {
            victim.does(&format!("delete from audit_checkpoints where ACME and seq >= {n}"));
            chain_anew(victim, n);
            ByTheExport(EVENTS, "rewritten")
        }
        Tampering::DropCheckpoint(place) => {
            victim.does(&format!("delete from audit_checkpoints where ACME and seq = {}", end_of(place)));
            if place < STRETCHES { Here(end_of(place), "missing") } else { ByTheExport(EVENTS, "forged checkpoint") }
        }
        Tampering::AlterCheckpoint(place, column) => {
            let junk = victim.acme.database().bytes(&[7; 32]);
            let set = [format!("hash = {junk}"), "at = at + 1".into(), "kid = 'k'".into()];
            let more = [format!("signature = {junk}"), "previous_seq = previous_seq + 1".into()];
            let set = set.into_iter().chain(more).nth(column).unwrap();
            victim.does(&format!("update audit_checkpoints set {set} where ACME and seq = {}", end_of(place)));
            Here(end_of(place), "forged checkpoint")
        }
        Tampering::MoveCheckpoint(place) => {
            let end = end_of(place);
            victim.does(&format!("update audit_checkpoints set seq = seq - 1 where ACME and seq = {end}"));
            Here(end - 1, "forged checkpoint")
        }
        Tampering::SwapCheckpoints(n, m) if n != m => {
            swap(victim, "audit_checkpoints", "previous_seq, hash, at, kid, signature", end_of(n), end_of(m));
            Here(end_of(n.min(m)), "forged checkpoint")
        }
        Tampering::AnothersCheckpoint(place) => {
            let end = end_of(place);
            victim.does(&format!(
                "update audit_checkpoints set signature = o.signature, hash = o.hash from audit_checkpoints as o \
                 where audit_checkpoints.ACME and audit_checkpoints.seq = {end} and o.account_id = 2 and o.seq = {end}"
            ));
            Here(end, "forged checkpoint")
        }
        Tampering::AnotherKey(place, is_known) => {
            another_key(victim, end_of(place), is_known);
            Here(end_of(place), "forged checkpoint")
        }
        _ => return None,
    })
}

/// A copy of an event, with another number.
fn append(victim: &Victim, event: i64, number: i64) {
    victim.does(&format!(
        "insert into audit_events (account_id, at, {TOLD}, seq, previous_hash, hash) \
         select account_id, at, {TOLD}, {number}, previous_hash, hash from audit_events where ACME and seq = {event}"
    ));
}

/// Alters an event and has Rollcall itself seal it and all after it once more.
fn chain_anew(victim: &Victim, event: i64) {
    victim.does(&format!("update audit_events set target = target || 'x' where ACME and seq = {event}"));
    victim.does(&format!(
        "update audit_events set seq = null, previous_hash = null, hash = null where ACME and seq >= {event}"
    ));
    sign(&victim.acme);
    let ends = number(&victim.acme, "select max(seq) from audit_events where account_id = 1");
    assert_eq!(ends, EVENTS, "nobody sees it by the numbers");
}

/// Signs a place as Rollcall would, by a key that was put into the database, or by none that is there.
fn another_key(victim: &Victim, place: i64, is_known: bool) {
    let acme = &victim.acme;
    let forger = Forger::new();
    if is_known {
        let public = acme.database().bytes(&forger.public);
        victim.does(&format!(
            "insert into server_keys (kid, purpose, sealed, public_key, created_at) \
             select '{}', purpose, sealed, {public}, created_at from server_keys",
            forger.kid
        ));
    }
    let chain = column(acme, "select chain_id from accounts where id = 1").remove(0);
    let start = sha256(format!("rollcall audit 1/{chain}").as_bytes());
    let of = |what: &str| format!("select {what} from audit_checkpoints where account_id = 1 and seq = {place}");
    let hash = bytes(&column(acme, &of("hash"))[0]);
    let signature = forger.checkpoint(&start, place, &hash, number(acme, &of("previous_seq")), number(acme, &of("at")));
    let (kid, signature) = (&forger.kid, acme.database().bytes(&signature));
    victim.does(&format!(
        "update audit_checkpoints set kid = '{kid}', signature = {signature} where ACME and seq = {place}"
    ));
}

thread_local! {
    static VICTIM: OnceCell<Victim> = const { OnceCell::new() };
}

fn with_victim(work: impl FnOnce(&Victim)) {
    VICTIM.with(|victim| {
        let victim = victim.get_or_init(Victim::new);
        victim.mend();
        assert_eq!((broken(&victim.acme), continues(&victim.acme, &victim.earlier)), (None, None), "untouched");
        work(victim);
    });
}

proptest! {
    #![proptest_config(config(240))]

    #[test]
    fn whatever_is_done_to_the_log_the_first_fault_is_found_and_its_kind(tampering in tampering()) {
        with_victim(|victim| {
            let Some(expected) = tamper(victim, &tampering) else { return };
            let found = match broken(&victim.acme) {
                Some((seq, kind)) => Some(Here(seq, kind)),
                None => continues(&victim.acme, &victim.earlier).map(|(seq, kind)| ByTheExport(seq, kind)),
            };
            assert_eq!(found, Some(expected), "{tampering:?}");
        });
    }

    #[test]
    fn of_two_faults_the_first_by_number_is_told(events in (1..EVENTS, 1..EVENTS), place in 1..STRETCHES, drops: bool) {
        with_victim(|victim| {
            let (one, other) = events;
            tamper(victim, &Tampering::Alter(one, 7));
            tamper(victim, &Tampering::Alter(other, 0));
            let checkpoint = if drops { Tampering::DropCheckpoint(place) } else { Tampering::AlterCheckpoint(place, 3) };
            tamper(victim, &checkpoint);
            let (event, kind) = (one.min(other), if drops { "missing" } else { "forged checkpoint" });
            let signed = end_of(place);
            // A checkpoint comes after its event.
            let expected = if event <= signed { (event, "altered") } else { (signed, kind) };
            assert_eq!(broken(&victim.acme), Some(expected));
            assert!(verify(&victim.acme).sealed >= expected.0.unsigned_abs() - 1);
        });
    }
}

#[test]
fn what_is_missing_at_the_end_is_told_by_numbers_and_time() {
    with_victim(|victim| {
        tamper(victim, &Tampering::CutTail(10));
        let why = verify(&victim.acme).broken.unwrap().why;
        assert_eq!(
            why,
            "events 10 to at least 16 are missing: a checkpoint signed at 2026-01-05T12:00:00.000Z has number 16"
        );
    });
}
