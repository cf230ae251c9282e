//! Files that are no backup: each is refused with its reason, before anything is made or touched.

use std::path::PathBuf;
use std::process::Command;

use rollcall_testkit::TestDatabase;

use super::{KINDS, Kind, Place, text};

/// What lies where a backup is looked for.
struct Suspect {
    backup: Vec<u8>,
    database: TestDatabase,
}

impl Suspect {
    fn path(&self) -> PathBuf {
        self.database.folder().expect("a folder").join("rollcall.db")
    }

    fn is(&self, bytes: &[u8]) {
        std::fs::write(self.path(), bytes).expect("a file");
    }

    fn is_other_database(&self) {
        self.database.execute("create table notes (n)");
    }

    /// The backup, after somebody has laid hand on it.
    fn is_backup_after(&self, sql: &str) {
        self.is(&self.backup);
        self.database.execute(sql);
    }
}

/// What is wrong, the exit code, and the words for it.
type Wrong = (fn(&Suspect), i32, [&'static str; 2]);

const WRONG: [Wrong; 11] = [
    (|_| {}, 2, ["is not there", "name a file that `rollcall backup` made"]),
    (|s| std::fs::create_dir(s.path()).expect("a folder"), 2, ["is no file", "`rollcall backup`"]),
    (
        |s| {
            // Nobody would ever write into it.
            let made = Command::new("mkfifo").arg(s.path()).status().expect("mkfifo runs");
            assert!(made.success());
        },
        2,
        ["is no file", "`rollcall backup`"],
    ),
    (|s| s.is(b""), 1, ["no whole backup", "the file is empty"]),
    (|s| s.is(super::place::FILE.as_bytes()), 1, ["no whole backup", "the file is no database"]),
    (|s| s.is_other_database(), 1, ["no whole backup", "a database of something else"]),
    (|s| s.is(&s.backup[..s.backup.len() / 2]), 1, ["only a part of it is there", "use another one"]),
    (|s| s.is(&s.backup[..s.backup.len() - 4_096]), 1, ["only a part of it is there", "use another one"]),
    (
        |s| {
            // A page of rows, overwritten.
            let mut bytes = s.backup.clone();
            let place = bytes.windows(13).position(|text| text == b"ada@acme.test").expect("her row");
            bytes[place / 4_096 * 4_096..][..4_096].fill(0xa5);
            s.is(&bytes);
        },
        1,
        ["no whole backup", "damaged"],
    ),
    (
        |s| s.is_backup_after("update users set email = 'eve@acme.test', email_key = 'eve@acme.test' where id = 1"),
        1,
        ["its rows are not those that were backed up", "back it up anew"],
    ),
    (
        |s| s.is_backup_after("insert into schema_migrations values (99, '0099_later', 1)"),
        1,
        ["the backup has schema 99", "restore it with the newer Rollcall"],
    ),
];

#[test]
fn what_is_no_whole_backup_is_refused_before_anything_is_made() {
    let acme = Place::filled(Kind::Sqlite);
    let file = acme.path("a.db");
    acme.run(&["backup", text(&file)]).ok();
    let backup = std::fs::read(&file).expect("a file");
    let targets = KINDS.map(Place::empty);
    for (make, code, words) in WRONG {
        let suspect = Suspect { backup: backup.clone(), database: TestDatabase::sqlite() };
        make(&suspect);
        let path = suspect.path();
        let bytes = || path.is_file().then(|| std::fs::read(&path).expect("a file"));
        let before = bytes();
        for target in &targets {
            let told = target.refused(code, &["restore", text(&path)]);
            assert!(words.iter().all(|word| told.contains(word)) && told.contains(text(&path)), "{words:?}: {told}");
            assert!(target.is_untouched(), "{told}");
        }
        assert!(bytes() == before && super::files(path.parent().expect("a folder")).len() <= 1, "it is left as it is");
    }
    // After all these, the targets are as good as new.
    targets.iter().for_each(|target| drop(target.run(&["restore", text(&file)]).ok()));
}

#[test]
fn a_database_at_work_is_no_backup_because_a_part_of_it_lies_beside_it() {
    let (acme, target) = (Place::filled(Kind::Sqlite), Place::empty(Kind::Sqlite));
    let path = acme.file();
    let server = acme.serve(&[]);
    super::create(&server, &acme.token(), &["new@acme.test"], &[]);
    let told = target.refused(1, &["restore", text(&path)]);
    assert!(told.contains("is a database at work") && told.contains("rollcall.db-wal"), "{told}");
    assert!(told.contains(&format!("rollcall --database {} backup FILE", acme.url())), "{told}");
    assert!(target.is_untouched());
    super::stop(server);
    // Once it has stopped, its file is whole, and as good as a backup.
    target.run(&["restore", text(&path)]).ok();
    assert_eq!(target.rows(), acme.rows());
}

#[test]
fn a_half_written_backup_is_refused_whatever_half_it_is() {
    let (acme, target) = (Place::filled(Kind::Sqlite), Place::empty(Kind::Sqlite));
    let file = acme.path("a.db");
    acme.run(&["backup", text(&file)]).ok();
    let bytes = std::fs::read(&file).expect("a file");
    let part = acme.path("part.db");
    for eighths in [1, 3, 7] {
        std::fs::write(&part, &bytes[..bytes.len() * eighths / 8]).expect("a file");
        target.refused(1, &["restore", text(&part)]);
        // As a copy that broke off into a file of the full size.
        let mut holed = bytes.clone();
        holed[bytes.len() * eighths / 8..].fill(0);
        std::fs::write(&part, holed).expect("a file");
        target.refused(1, &["restore", text(&part)]);
    }
    assert!(target.is_untouched());
}
