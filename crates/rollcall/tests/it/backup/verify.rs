//! `audit verify`: what it says of a whole chain, and of one that somebody has laid hand on in the database.

use serde_json::{Value, json};

use super::{KINDS, Kind, Place, create, stop, text};

/// What is done to the log, the first event that is broken by it, the kind of that, and the words for it.
const TAMPERED: [(&str, u64, &str, &str); 9] = [
    (
        "update audit_events set description = 'nothing happened' where seq = 4",
        4,
        "altered",
        "it is not what was sealed",
    ),
    ("delete from audit_events where seq in (5, 6)", 5, "missing", "events 5 to 6 are missing; the next is 7"),
    // A sealed event cannot be passed off as one that is still to be sealed.
    (
        "update audit_events set seq = null, previous_hash = null, hash = null where seq = 3",
        3,
        "missing",
        "event 3 is missing; the next is 4",
    ),
    // Of several, the first.
    ("update audit_events set target = 'u-x' where seq in (4, 9)", 4, "altered", "it is not what was sealed"),
    (
        "update audit_events set previous_hash = hash where seq = 2",
        2,
        "does not follow",
        "it does not follow from the event before",
    ),
    ("update audit_events set hash = previous_hash where seq = 3", 3, "altered", "it is not what was sealed"),
    ("update audit_events set actor_name = 'somebody else' where seq = 1", 1, "altered", "it is not what was sealed"),
    ("update audit_events set at = at + 1 where seq = 7", 7, "altered", "it is not what was sealed"),
    ("delete from audit_events where seq = 1", 1, "missing", "event 1 is missing; the next is 2"),
];

#[test]
fn a_whole_chain_is_counted() {
    for kind in KINDS {
        let acme = Place::filled(kind);
        let sealed = acme.database.number("select count(*) from audit_events");
        let chain = json!({ "account": "Acme", "sealed": sealed, "signed": 0, "checkpoints": 0, "pending": 0,
            "keys": [], "broken": null });
        assert_eq!(acme.verified(), json!({ "whole": true, "chains": [chain] }));
        assert_eq!(
            acme.run(&["audit", "verify"]).ok(),
            format!("audit chain of \"Acme\": {sealed} event(s), whole; none signed yet\n")
        );

        // What a command has done waits for a server to seal it, and is told apart.
        let more =
            "rollcall: 1\naccount: { name: Acme }\nusers: [{ email: new@acme.test }, { email: newer@acme.test }]\n";
        acme.run_with_input(&["apply", "-"], more).ok();
        let told = acme.run(&["audit", "verify"]).ok();
        assert_eq!(
            told,
            format!("audit chain of \"Acme\": {sealed} event(s), whole; none signed yet; 2 not sealed yet\n")
        );
        assert_eq!(acme.verified()["chains"][0]["pending"], 2);
        stop(acme.serve(&[]));
        assert_eq!(acme.verified()["chains"][0]["sealed"], sealed + 2);
    }
}

#[test]
fn whatever_is_done_to_the_log_the_first_broken_event_is_named() {
    for kind in KINDS {
        let acme = Place::filled(kind);
        let (whole, untouched) = (acme.verified(), acme.rows());
        acme.database.execute("create table spare as select * from audit_events");
        // What a row says is walked by the same code; of PostgreSQL it counts that it is read as it is written.
        let times = if kind == Kind::Sqlite { TAMPERED.len() } else { 4 };
        for (sql, broken, of_kind, why) in TAMPERED.into_iter().take(times) {
            assert!(acme.database.execute(sql) > 0, "{sql}");
            let done = acme.run(&["--json", "audit", "verify"]);
            assert_eq!((done.code, done.stderr.as_str()), (1, ""), "{sql}: {done:?}");
            let told: Value = serde_json::from_str(&done.stdout).expect("JSON");
            assert_eq!(told["whole"], false, "{sql}: {told}");
            assert_eq!(told["chains"][0]["broken"], json!({ "event": broken, "kind": of_kind, "why": why }), "{sql}");
            assert_eq!(told["chains"][0]["sealed"], broken - 1, "{sql}");
            if kind == Kind::Sqlite {
                let done = acme.run(&["audit", "verify"]);
                let line =
                    format!("BROKEN at event {broken} ({of_kind}: {why}); the {} before it are whole", broken - 1);
                assert!(done.code == 1 && done.stdout.contains(&line), "{sql}: {done:?}");
            }
            acme.database.execute("delete from audit_events");
            acme.database.execute("insert into audit_events select * from spare");
        }
        acme.database.execute("drop table spare");
        assert_eq!((acme.verified(), acme.rows() == untouched), (whole, true), "looking at it changes nothing");
    }
}

#[test]
fn each_account_has_a_chain_of_its_own() {
    let acme = Place::filled(Kind::Sqlite);
    acme.run_with_input(&["apply", "-"], "rollcall: 1\naccount: { name: Beta }\nusers: [{ email: ada@beta.test }]\n")
        .ok();
    stop(acme.serve(&[]));
    let told = acme.run(&["audit", "verify"]).ok();
    assert!(told.contains("\"Acme\"") && told.contains("\"Beta\": 3 event(s), whole"), "{told}");
    acme.database.execute("update audit_events set description = '' where seq = 2 and description like '%beta.test%'");
    let done = acme.run(&["audit", "verify"]);
    assert_eq!(done.code, 1);
    let [acmes, betas] = done.stdout.lines().collect::<Vec<_>>().try_into().expect("a line for each");
    assert!(acmes.contains("\"Acme\"") && acmes.contains("whole"), "{acmes}");
    assert!(betas.contains("\"Beta\": BROKEN at event 2"), "{betas}");
    assert_eq!(acme.run(&["--account", "Acme", "audit", "verify"]).code, 0);
    let done = acme.run(&["--account", "beta", "audit", "verify"]);
    assert!(done.code == 1 && !done.stdout.contains("Acme"), "{done:?}");
    assert!(acme.refused(2, &["--account", "Gamma", "audit", "verify"]).contains("\"Acme\", \"Beta\""));
}

#[test]
fn a_broken_chain_is_copied_as_it_is_and_said_to_be_broken() {
    let acme = Place::filled(Kind::Sqlite);
    acme.database.execute("update audit_events set description = 'nothing happened' where seq = 4");
    let (file, copy) = (acme.path("a.db"), acme.twin(Kind::Postgres));
    let warned = "the audit chain of \"Acme\" is broken, here as in the original";
    let backup = acme.run(&["backup", text(&file)]);
    assert!(backup.code == 0 && backup.stderr.contains(warned), "a backup is what one has left: {backup:?}");
    let restored = copy.run(&["restore", text(&file)]);
    assert!(restored.code == 0 && restored.stderr.contains(warned), "{restored:?}");
    assert!(restored.stdout.contains("BROKEN at event 4"), "{restored:?}");
    for place in [&acme, &copy] {
        let done = place.run(&["audit", "verify"]);
        assert!(done.code == 1 && done.stdout.contains("BROKEN at event 4"), "{done:?}");
    }
    // The chain goes on behind the break, and the break stays.
    let (server, token) = (copy.serve(&[]), acme.token());
    create(&server, &token, &["new@acme.test"], &[]);
    stop(server);
    assert!(copy.run(&["audit", "verify"]).stdout.contains("BROKEN at event 4"));
}
