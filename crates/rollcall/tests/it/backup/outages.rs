//! Killed in the middle, with PostgreSQL at one end: while it waits for a table that the test holds, and to which it
//! comes after others have been read or written.

use std::process::{Child, Stdio};

use rollcall_core::Rollcall;
use rollcall_core::clock::SystemClock;
use rollcall_testkit::TestDatabase;

use super::{KINDS, Kind, Place, files, text};

/// One of the last tables, in the order in which they are copied.
const TABLE: &str = "audit_events";

/// The table, held from everybody else until this is dropped.
struct Held<'a>(&'a TestDatabase);

impl<'a> Held<'a> {
    /// From whoever would do what this mode of PostgreSQL's forbids.
    fn from(place: &'a Place, mode: &str) -> Self {
        place.database.execute("begin");
        place.database.execute(&format!("lock table {TABLE} in {mode} mode"));
        Self(&place.database)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.execute("rollback");
    }
}

fn start(place: &Place, arguments: &[&str]) -> Child {
    let mut command = place.command();
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs")
}

/// Kills the command (SIGKILL) once somebody waits for the table of that place.
fn kill_when_it_waits(at: &Place, mut command: Child) {
    at.until(&format!("select count(*) from pg_locks where not granted and relation = '{TABLE}'::regclass"), 1);
    command.kill().expect("it still runs");
    assert_eq!(command.wait().expect("it has ended").code(), None, "it was killed");
}

#[test]
fn a_backup_of_postgresql_that_is_killed_has_no_name_and_holds_up_nobody() {
    let acme = Place::filled(Kind::Postgres);
    let (before, folder) = (acme.rows(), tempfile::tempdir().expect("a folder"));
    let file = folder.path().join("a.db");
    let held = Held::from(&acme, "access exclusive");
    kill_when_it_waits(&acme, start(&acme, &["backup", text(&file)]));
    let left = files(folder.path());
    assert!(left.len() == 1 && left[0].starts_with(".rollcall-backup-"), "{left:?}");
    drop(held);
    acme.run(&["backup", text(&file)]).ok();
    assert_eq!(files(folder.path()), [left[0].as_str(), "a.db"], "the rest of the one, and the other");
    let copy = acme.twin(Kind::Sqlite);
    copy.run(&["restore", text(&file)]).ok();
    assert!(copy.rows() == before && acme.rows() == before);
}

#[test]
fn a_copy_out_of_postgresql_that_is_killed_leaves_an_empty_database() {
    let acme = Place::filled(Kind::Postgres);
    for kind in KINDS {
        let (before, target) = (acme.rows(), acme.twin(kind));
        let held = Held::from(&acme, "access exclusive");
        kill_when_it_waits(&acme, start(&acme, &["copy", "--to", &target.url()]));
        assert_eq!(target.count(), 0, "{kind:?}");
        drop(held);
        acme.run(&["copy", "--to", &target.url()]).ok();
        assert!(target.rows() == before && acme.rows() == before, "{kind:?}");
    }
}

#[test]
fn what_is_killed_while_it_fills_postgresql_leaves_it_empty() {
    let acme = Place::filled(Kind::Sqlite);
    let (before, file) = (acme.rows(), acme.path("a.db"));
    acme.run(&["backup", text(&file)]).ok();
    for is_restore in [false, true] {
        let target = acme.twin(Kind::Postgres);
        let url = target.url();
        let (place, arguments) = match is_restore {
            true => (&target, vec!["restore", text(&file)]),
            false => (&acme, vec!["copy", "--to", &url]),
        };
        Rollcall::migrate(&target.database.database(), &SystemClock).expect("an empty schema");
        // It may look whether there is anything, and not write.
        let held = Held::from(&target, "share");
        kill_when_it_waits(&target, start(place, &arguments));
        drop(held);
        assert_eq!(target.count(), 0);
        place.run(&arguments).ok();
        assert!(target.rows() == before && acme.rows() == before);
        assert_eq!(target.export(), acme.export());
    }
}

#[test]
fn a_server_that_goes_away_in_the_middle_ends_a_backup_with_a_word_and_leaves_nothing() {
    let acme = Place::filled(Kind::Postgres);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.db");
    let held = Held::from(&acme, "access exclusive");
    let mut command = acme.command();
    command.args(["backup", text(&file)]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the binary runs");
    let waits = format!("from pg_locks where not granted and relation = '{TABLE}'::regclass");
    acme.until(&format!("select count(*) {waits}"), 1);
    acme.database.query(&format!("select pg_terminate_backend(pid) {waits}"));
    let done = child.wait_with_output().expect("it ends");
    drop(held);
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!((done.status.code(), told.lines().count()), (Some(1), 1), "{told}");
    assert!(told.contains(text(&file)) && told.contains("terminating connection"), "{told}");
    assert_eq!(files(folder.path()), [""; 0]);
    acme.run(&["backup", text(&file)]).ok();
}
