//! Starting: who makes the schema and the account, and who may not take part.

use std::path::Path;

use rollcall_core::Rollcall;

use super::{Caller, Ground, KEY, race};

/// Another installation's key.
const OTHER: &str = "pxEF18wmxyaSlQl25BaKJb3W2rGw4BUOfvBxXmzeLXE=";

#[test]
fn both_start_at_once_on_an_empty_database_and_make_it_once() {
    // All at the beginning: the server that they are on goes with the last.
    let grounds = [(); 4].map(|()| Ground::new());
    for (round, ground) in grounds.iter().enumerate() {
        let [one, other] = [ground.replica(KEY), ground.replica(KEY)];
        // Tables are made by writing to this one.
        let (here, there) = race(&ground.database, round, "pg_class", || one.serve(&[]), || other.serve(&[]));
        let versions = ground.database.query("select version from schema_migrations order by version");
        let versions: Vec<_> = versions.into_iter().flatten().flatten().collect();
        let expected: Vec<String> = (1..=Rollcall::schema_version()).map(|version| version.to_string()).collect();
        assert_eq!(versions, expected, "each once");
        assert_eq!(ground.database.number("select count(*) from accounts"), 1);
        let founded = "select count(*) from audit_events where name = 'Account Created'";
        assert_eq!(ground.database.number(founded), 1);
        // The link that was made last sets the account up; with an administrator, none is made any more.
        assert_eq!(ground.database.number("select count(*) from sign_in_links"), 1);
        one.run(&["admin", "link", "ada@acme.test"]).ok();

        one.run(&["app", "create", "--name", "ci", "--scope", "role-management"]).ok();
        let caller = Caller::new(other.run(&["app", "token", "ci"]).ok().trim());
        let tags = [&here, &there].map(|server| {
            let answer = caller.groups(server, None);
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.header("etag")
        });
        assert_eq!(tags[0], tags[1], "they serve one account");

        for server in [here, there] {
            server.signal("TERM");
            assert_eq!(server.ended(), Some(0));
        }
        let before = ground.rows();
        let third = ground.replica(KEY);
        let server = third.serve(&[]);
        assert_eq!(reqwest::blocking::get(format!("{}/readyz", server.url)).expect("an answer").status(), 200);
        server.signal("TERM");
        assert_eq!(server.ended(), Some(0));
        assert_eq!(ground.rows(), before, "a later start changes nothing");
    }
}

#[test]
fn a_replica_with_another_key_does_not_start_and_changes_nothing() {
    let ground = Ground::new();
    let (one, stranger) = (ground.replica(KEY), ground.replica(OTHER));
    let refused = || {
        let Err(done) = stranger.try_serve(Path::new("log"), &[]) else { panic!("it serves with another key") };
        assert_eq!(done.code, 1, "{done:?}");
        assert!(done.stderr.contains("not the one this database was made with"), "{done:?}");
    };
    let server = one.serve(&[]);
    refused();
    assert_eq!(reqwest::blocking::get(format!("{}/readyz", server.url)).expect("an answer").status(), 200);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let before = ground.rows();
    refused();
    assert_eq!(ground.rows(), before);
}

#[test]
fn of_two_keys_on_an_empty_database_the_first_counts() {
    let grounds = [(); 2].map(|()| Ground::new());
    for (round, ground) in grounds.iter().enumerate() {
        let [one, other] = [ground.replica(KEY), ground.replica(OTHER)];
        let log = Path::new("log");
        let both = race(&ground.database, round, "pg_class", || one.try_serve(log, &[]), || other.try_serve(log, &[]));
        let ((Ok(server), Err(done)) | (Err(done), Ok(server))) = both else {
            panic!("round {round}: both start, or none")
        };
        assert!(done.stderr.contains("not the one this database was made with"), "{done:?}");
        assert_eq!(reqwest::blocking::get(format!("{}/readyz", server.url)).expect("an answer").status(), 200);
        assert_eq!(ground.database.number("select count(*) from accounts"), 1);
    }
}
