//! Killed in the middle, on SQLite: by a limit on the size of files, which ends a process at the write that would pass
//! it, as SIGKILL does, without a last word. So each run dies at a place of its own, and always at the same one.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use rollcall_testkit::TestDatabase;

use super::{Kind, Place, files, text};

/// What `ulimit -f` counts in.
const BLOCK: u64 = 512;
/// SIGXFSZ, on Linux.
const TOO_LARGE: i32 = 25;
/// The files that every process on SQLite needs: less room, and not even a look is possible.
const LEAST: u64 = 128;

/// What becomes of a write that passes the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Dies,
    /// It fails as on a full disk.
    Fails,
}

/// Runs a command that may make no file larger than so many blocks.
fn limited(place: &Place, blocks: u64, then: Then, arguments: &[&str]) -> Output {
    let trap = if then == Then::Fails { "trap '' XFSZ; " } else { "" };
    let command = place.command();
    let mut shell = Command::new("sh");
    // No core files either: the folder is looked at.
    shell.args(["-c", &format!("{trap}ulimit -c 0 && ulimit -f {blocks} && exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(arguments);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.output().expect("sh runs")
}

/// Runs a command with more room each time, until it is done: how often it was not. `look` is asked after each of
/// these, and tells whether it was done nevertheless: ended after all was on the disk.
fn until_done(
    place: &Place,
    mut room: impl Iterator<Item = u64>,
    then: Then,
    arguments: &[&str],
    look: impl Fn(&str) -> bool,
) -> usize {
    for times in 0.. {
        let done = limited(place, room.next().expect("there is always more"), then, arguments);
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        match done.status.code() {
            Some(0) => return times,
            Some(1) if then == Then::Fails => assert_eq!(told.lines().count(), 1, "one message: {told}"),
            _ => assert_eq!((then == Then::Dies, done.status.signal()), (true, Some(TOO_LARGE)), "{done:?}"),
        }
        if look(&told) {
            return times + 1;
        }
    }
    unreachable!("it is done at last")
}

/// From the first page to the last, ever faster.
fn growing() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(LEAST), |blocks| Some(blocks * 7 / 4))
}

fn blocks(file: &Path) -> u64 {
    std::fs::metadata(file).expect("a file").len() / BLOCK
}

#[test]
fn a_killed_backup_has_no_name_and_the_next_one_is_whole() {
    let acme = Place::large();
    let (before, folder) = (acme.rows(), tempfile::tempdir().expect("a folder"));
    let file = folder.path().join("a.db");
    let killed = until_done(&acme, growing(), Then::Dies, &["backup", text(&file)], |_| {
        let there = files(folder.path());
        assert!(there.iter().all(|name| name.starts_with(".rollcall-backup-")), "{there:?}");
        false
    });
    assert!(killed > 4, "it died in {killed} places");
    let there = files(folder.path());
    // Each lies by itself, and is in nobody's way.
    assert_eq!((there.len(), there.last().map(String::as_str)), (killed + 1, Some("a.db")), "{there:?}");
    assert!(acme.rows() == before, "the original has taken no harm");
    let copy = acme.twin(Kind::Sqlite);
    copy.run(&["restore", text(&file)]).ok();
    assert!(copy.rows() == before);
}

#[test]
fn a_backup_that_finds_no_room_says_where_and_leaves_nothing() {
    let acme = Place::large();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.db");
    let failed = until_done(&acme, growing(), Then::Fails, &["backup", text(&file)], |told| {
        assert!(told.contains(text(&file)), "{told}");
        assert_eq!(files(folder.path()), [""; 0]);
        false
    });
    assert!(failed > 4, "it failed in {failed} places");
    assert_eq!(files(folder.path()), ["a.db"]);
}

/// Whether a run that was not done has filled a target on SQLite nevertheless. If not, it has left nothing, or an empty
/// database in nobody's way.
fn is_filled(target: &Place, then: Then, told: &str, original: &Place) -> bool {
    if then == Then::Fails {
        let folder = target.database.folder().expect("a folder");
        assert!(told.contains(text(folder)) || told.contains(text(&target.data())), "where: {told}");
        assert!(target.is_untouched(), "{told}");
    }
    let left = if target.data().exists() { files(&target.data()) } else { Vec::new() };
    assert!(left.iter().all(|name| name.starts_with(".rollcall-restore-")), "{left:?}");
    let has_any = target.file().exists() && target.count() > 0;
    assert!(!has_any || target.rows() == original.rows(), "nothing or everything");
    has_any
}

#[test]
fn a_killed_restore_leaves_an_empty_database_that_can_be_restored_into() {
    let acme = Place::large();
    // Packed as close as can be: what is made of it takes more room, so that some limits stop that alone.
    let packed = TestDatabase::sqlite();
    let file = packed.folder().expect("a folder").join("rollcall.db");
    acme.run(&["backup", text(&file)]).ok();
    packed.execute("vacuum");
    let bytes = std::fs::read(&file).expect("a file");
    for then in [Then::Dies, Then::Fails] {
        let target = acme.twin(Kind::Sqlite);
        let restore = ["restore", text(&file)];
        // While the backup is read.
        for room in [LEAST, blocks(&file) / 2] {
            let done = limited(&target, room, then, &restore);
            assert!(!done.status.success() && !is_filled(&target, then, &String::from_utf8_lossy(&done.stderr), &acme));
        }
        // While the database is written.
        let room = (1..).map(|n| blocks(&file) + 4 * n * (n + 1));
        let times = until_done(&target, room, then, &restore, |told| is_filled(&target, then, told, &acme));
        assert!(times > 1, "it was interrupted in {times} places");
        assert!(target.rows() == acme.rows());
        assert_eq!(target.verified(), acme.verified());
    }
    assert!(std::fs::read(&file).expect("a file") == bytes);
}

#[test]
fn a_killed_copy_leaves_an_empty_database_that_can_be_copied_into() {
    let acme = Place::large();
    let before = acme.rows();
    for then in [Then::Dies, Then::Fails] {
        let target = acme.twin(Kind::Sqlite);
        let copy = ["copy", "--to", &target.url()];
        let times = until_done(&acme, growing(), then, &copy, |told| is_filled(&target, then, told, &acme));
        assert!(times > 4, "it was interrupted in {times} places");
        assert!(target.rows() == before && acme.rows() == before);
        assert_eq!(target.verified(), acme.verified());
    }
}
