//! Targets that may not be filled: each is refused with its reason, by `restore` and by `copy`, and stays as it is.

use std::path::{Path, PathBuf};

use rollcall_core::Rollcall;
use rollcall_core::clock::SystemClock;
use serde_json::{Value, json};

use super::{KINDS, Kind, Place, files, text};

/// Makes what a target is instead of an empty database.
type Make = fn(&Place, &Path);

/// What is to be brought into a target: by a file, or straight.
struct Original {
    acme: Place,
    file: PathBuf,
}

impl Original {
    fn new() -> Self {
        let acme = Place::filled(Kind::Sqlite);
        let file = acme.path("a.db");
        acme.run(&["backup", text(&file)]).ok();
        Self { acme, file }
    }

    /// What both commands say, who must refuse the place with this code and leave no trace in its data directory.
    fn refused(&self, target: &Place, code: i32) -> [String; 2] {
        let had_data = target.data().exists();
        let restored = target.refused(code, &["restore", text(&self.file)]);
        assert_eq!(target.data().exists(), had_data, "{restored}");
        [restored, self.acme.refused(code, &["copy", "--to", &target.url()])]
    }
}

#[test]
fn what_has_anything_in_it_is_refused_and_stays() {
    let original = Original::new();
    for kind in KINDS {
        let other = Place::filled(kind);
        let (before, key) = (other.rows(), other.key());
        for told in original.refused(&other, 1) {
            assert!(told.contains("there is something in the database already"), "{told}");
            assert!(told.contains("left as it is. Name") && told.contains(&other.url()), "{told}");
        }
        assert_eq!(other.rows(), before);
        assert_eq!(other.key(), key);
        assert!(files(&other.data()).iter().all(|name| !name.starts_with('.')), "{:?}", files(&other.data()));
        // One that was restored into is as full as any other.
        let copy = original.acme.twin(kind);
        copy.run(&["restore", text(&original.file)]).ok();
        original.refused(&copy, 1);
        assert_eq!(copy.rows(), original.acme.rows());
    }
}

#[test]
fn a_database_whose_server_runs_is_refused_and_the_server_goes_on() {
    let (original, other) = (Original::new(), Place::filled(Kind::Sqlite));
    let (server, token) = (other.serve(&[]), other.token());
    for told in original.refused(&other, 1) {
        assert!(told.contains("there is something in the database already"), "{told}");
    }
    super::create(&server, &token, &["new@acme.test"], &[]);
    super::stop(server);
    assert_eq!(other.verified()["whole"], true);
}

#[test]
fn a_newer_schema_is_refused_and_stays() {
    let original = Original::new();
    for kind in KINDS {
        let newer = Place::empty(kind);
        Rollcall::migrate(&newer.database.database(), &SystemClock).expect("an empty schema");
        newer.database.execute("insert into schema_migrations values (99, '0099_later', 1)");
        for told in original.refused(&newer, 1) {
            assert!(told.contains("the database has schema 99") && told.contains("run the newer Rollcall"), "{told}");
        }
        assert_eq!(newer.count(), 0);
        // Nor is anything made of one that this program cannot read.
        let file = newer.path("b.db");
        for arguments in [["backup", text(&file)].as_slice(), &["audit", "verify"]] {
            std::fs::create_dir_all(newer.data()).expect("a folder");
            newer.refused(1, arguments);
        }
        assert!(!file.exists());
    }
}

#[test]
fn what_is_no_database_of_rollcalls_is_refused_and_stays() {
    let original = Original::new();
    let target = Place::empty(Kind::Sqlite);
    let path = target.file();
    let makes: [(Make, &str); 3] = [
        (
            |_, path| std::fs::write(path, "Dear diary, nothing of this is a database.\n".repeat(99)).expect("a file"),
            "no database",
        ),
        (|target, _| assert_eq!(target.database.execute("create table notes (n)"), 0), "a database of something else"),
        (|_, path| std::fs::create_dir(path).expect("a folder"), "no database"),
    ];
    for (make, words) in makes {
        make(&target, &path);
        let bytes = || path.is_file().then(|| std::fs::read(&path).expect("a file"));
        let before = bytes();
        for told in original.refused(&target, 1) {
            assert!(told.contains(words) && told.contains("left as it is") && told.contains(text(&path)), "{told}");
        }
        assert!(bytes() == before);
        assert_eq!(files(path.parent().expect("a folder")), ["rollcall.db"]);
        if path.is_dir() { std::fs::remove_dir(&path) } else { std::fs::remove_file(&path) }.expect("it goes");
    }
    // Where there is no folder, none is made: it may be a disk that is not mounted.
    let nowhere = format!("sqlite:{}", path.parent().expect("a folder").join("none/a.db").display());
    let told = original.acme.refused(1, &["copy", "--to", &nowhere]);
    assert!(told.contains("cannot make the database") && told.contains("none/a.db"), "{told}");
    assert!(target.is_untouched());
}

#[test]
fn a_copy_onto_itself_is_wrong_usage_by_whatever_name() {
    for kind in KINDS {
        let acme = Place::filled(kind);
        let mut names = vec![acme.url()];
        if let Some(folder) = acme.database.folder() {
            let (link, path) = (acme.path("link.db"), folder.join("rollcall.db"));
            std::os::unix::fs::symlink(&path, &link).expect("a link");
            names.push(format!("sqlite:{}", link.display()));
            names.push(format!("sqlite:{}/./rollcall.db", folder.display()));
        }
        let before = acme.rows();
        for name in names {
            let told = acme.refused(2, &["copy", "--to", &name]);
            assert!(told.contains("is the database itself") && told.contains(&name), "{told}");
        }
        // Names that cannot be seen to be the same lead to what is full already.
        let hidden = match acme.database.folder() {
            Some(folder) => {
                let link = acme.path("hard.db");
                std::fs::hard_link(folder.join("rollcall.db"), &link).expect("a link");
                format!("sqlite:{}", link.display())
            }
            None => format!("{}?application_name=other", acme.url()),
        };
        assert!(acme.refused(1, &["copy", "--to", &hidden]).contains("there is something in the database already"));
        assert_eq!(acme.rows(), before);
    }
}

#[test]
fn an_address_that_is_none_is_wrong_usage_and_one_that_leads_nowhere_a_failure() {
    let original = Original::new();
    for (url, code, words) in [
        ("", 2, "sqlite:PATH"),
        ("a.db", 2, "sqlite:PATH"),
        ("sqlite:", 2, "sqlite:PATH"),
        ("mysql://x/y", 2, "sqlite:PATH"),
        ("postgres://ada@db/x?sslmode=allow", 2, "sslmode=allow"),
        ("postgres://ada@127.0.0.1:1/x", 1, "postgres://ada@127.0.0.1:1/x"),
    ] {
        let told = original.acme.refused(code, &["copy", "--to", url]);
        assert!(told.contains(words), "{url}: {told}");
        if !url.is_empty() {
            let nobody = Place::empty(Kind::Sqlite);
            let told = nobody.refused(code, &["--database", url, "restore", text(&original.file)]);
            assert!(told.contains(words) && nobody.is_untouched(), "{url}: {told}");
        }
    }
    assert_eq!(original.acme.run(&["copy"]).code, 2);
    assert_eq!(original.acme.run(&["restore"]).code, 2);
}

#[test]
fn programs_are_told_the_same_as_people() {
    let Original { acme, file } = Original::new();
    let (nobody, link) = (Place::empty(Kind::Sqlite), acme.url());
    for (place, code, arguments) in [
        (&acme, 1, ["backup", text(&file)].as_slice()),
        (&acme, 1, &["restore", text(&file)]),
        (&acme, 2, &["copy", "--to", &link]),
        (&acme, 2, &["--account", "Beta", "audit", "verify"]),
        (&nobody, 1, &["audit", "verify"]),
        (&nobody, 2, &["restore", "none.db"]),
        (&nobody, 2, &["--database", "mysql://x/y", "restore", text(&file)]),
    ] {
        let told = place.refused(code, arguments);
        let done = place.run(&[&["--json"], arguments].concat());
        assert_eq!((done.code, done.stdout.as_str()), (code, ""), "{arguments:?}: {done:?}");
        let value: Value = serde_json::from_str(&done.stderr).unwrap_or_else(|e| panic!("{e}: {done:?}"));
        assert_eq!(value, json!({ "error": told }));
    }
}
