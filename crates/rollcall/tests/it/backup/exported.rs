//! `audit export` and what becomes of it: verified where nothing else is, and held against the log that it came from.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::{KINDS, Kind, Place, stop, text};
use crate::program::Program;

const MORE: &str = "rollcall: 1\naccount: { name: Acme }\nusers: [{ email: late@acme.test }]\n";

#[test]
fn an_export_is_verified_where_there_is_no_installation_and_its_log_goes_on_from_it() {
    for kind in KINDS {
        let acme = Place::filled(kind);
        let file = acme.path("log.ndjson");
        let events = acme.database.number("select count(*) from audit_events");
        let done = acme.run(&["audit", "export", "--output", text(&file)]).ok();
        assert_eq!(done, format!("exported {events} event(s) of \"Acme\" into {}\n", file.display()));
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        assert!(acme.refused(1, &["audit", "export", "--output", text(&file)]).contains("is there already"));

        let elsewhere = Program::on_sqlite();
        let told = elsewhere.run(&["audit", "verify", "--file", text(&file)]).ok();
        let value = elsewhere.run(&["--json", "audit", "verify", "--file", text(&file)]).json();
        assert!(told.contains("whole, signed by") && told.contains("/.well-known/jwks.json"), "{told}");
        let kid = value["keys"][0].as_str().expect("a key").to_owned();
        assert_eq!(
            (&value["whole"], &value["events"], &value["pinned"]),
            (&json!(true), &json!(events), &json!(false))
        );
        let by = |key: &str| elsewhere.run(&["audit", "verify", "--file", text(&file), "--key", key]);
        assert!(!by(&kid).ok().contains("jwks"));
        for other in ["A".repeat(43), format!("-I{}", "A".repeat(41))] {
            let other = by(&other);
            assert!(other.code == 1 && other.stdout.contains("is not the one that --key names"), "{other:?}");
        }
        assert_eq!((by("nonsense").code, elsewhere.run(&["audit", "verify", "--key", &kid]).code), (2, 2));
        assert!(!elsewhere.data().exists(), "nothing is left behind");

        acme.run_with_input(&["apply", "-"], MORE).ok();
        let told = acme.run(&["audit", "verify", "--continues", text(&file)]).ok();
        assert!(told.contains("it goes on from the export of \"Acme\"") && told.contains("of them signed"), "{told}");
        acme.database.execute(&format!("delete from audit_events where seq > {events} - 2"));
        acme.database.execute("delete from audit_checkpoints");
        let put_back = acme.run(&["audit", "verify", "--continues", text(&file)]);
        let line = format!("BROKEN at event {} (cut off: events {} to {events} are missing", events - 1, events - 1);
        assert!(put_back.code == 1 && put_back.stdout.contains(&line), "{put_back:?}");
        assert_eq!(acme.run(&["audit", "verify"]).code, 0, "by itself it is whole");
        let stranger = Place::made(Kind::Sqlite);
        let told = stranger.run(&["audit", "verify", "--continues", text(&file)]);
        assert!(told.code == 1 && told.stdout.contains("NOT CONTINUED"), "{told:?}");
    }
}

#[test]
fn an_altered_export_is_told_by_line_and_kind() {
    let acme = Place::filled(Kind::Sqlite);
    let whole = acme.run(&["audit", "export"]).ok();
    let lines: Vec<&str> = whole.lines().collect();
    let gone = [&lines[..4], &lines[5..]].concat().join("\n");
    let file = acme.program.file("gone.ndjson", &gone);
    let done = acme.run(&["audit", "verify", "--file", text(&file)]);
    let line = "BROKEN at line 5 (missing: event 4 is missing; the next is 5); the 3 event(s) before it are whole\n";
    assert!(done.code == 1 && done.stdout.ends_with(line), "{done:?}");
    let done = acme.run(&["--json", "audit", "verify", "--file", text(&file)]);
    let value: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let broken = json!({ "event": 4, "kind": "missing", "why": "event 4 is missing; the next is 5", "line": 5 });
    assert_eq!((done.code, &value["whole"], &value["broken"]), (1, &json!(false), &broken));
    let torn = acme.program.file("torn.ndjson", &whole[..whole.len() / 2]);
    assert!(acme.run(&["audit", "verify", "--continues", text(&torn)]).stdout.contains("(cut off: "));
    assert!(acme.refused(1, &["audit", "verify", "--file", "nowhere"]).contains("cannot read nowhere"));
}

#[test]
fn a_table_has_every_event_and_no_formula() {
    let acme = Place::filled(Kind::Sqlite);
    let file = "rollcall: 1\naccount: { name: Acme }\ngroups: [{ name: \"=1+1, \\\"two\\\"\" }]\n";
    acme.run_with_input(&["apply", "-"], file).ok();
    acme.database.execute("update audit_events set target = '=cmd|x' where seq is null");
    let table = acme.run(&["audit", "export", "--format", "csv"]).ok();
    let heading =
        "number,time,actorKind,actorId,actorName,ip,category,name,target,description,before,after,previousHash,hash";
    assert_eq!(table.lines().next(), Some(heading));
    assert_eq!(table.lines().count() as i64 - 1, acme.database.number("select count(*) from audit_events"));
    assert!(table.contains(",'=cmd|x,") && !table.contains(",=cmd|x,"), "{table}");
}

#[test]
fn each_checkpoint_is_a_line_in_the_log() {
    let acme = Place::filled(Kind::Sqlite);
    let users: String = (0..1_100).map(|n| format!("  - {{ email: n{n}@acme.test }}\n")).collect();
    acme.run_with_input(&["apply", "-"], &format!("rollcall: 1\naccount: {{ name: Acme }}\nusers:\n{users}")).ok();
    stop(acme.serve(&[]));
    let rows = acme.database.query("select seq, kid, hash from audit_checkpoints");
    let [row] = &rows[..] else { panic!("one checkpoint: {rows:?}") };
    let log = acme.program.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("audit checkpoint")).collect();
    let [line] = &lines[..] else { panic!("one line: {lines:?}") };
    for cell in row.iter().flatten() {
        assert!(line.contains(cell.as_str()), "{cell} in {line}");
    }
    assert!(line.contains("signature") && line.contains("Acme"), "{line}");
}
