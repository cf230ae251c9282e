//! What is refused, with what words; and that a refusal leaves everything as it was.

use std::collections::BTreeSet;
use std::path::Path;

use rollcall_core::clock::ManualClock;
use rollcall_core::{Code, Database, Error, Rollcall};
use rollcall_testkit::{START, TestDatabase, TestRollcall};

use super::{Opened, backup, copy, files, kinds, restore, rows, say, tamper};

/// "Acme" with one admin.
fn small() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("ada");
    acme
}

fn migrated(kind: fn() -> TestDatabase) -> TestDatabase {
    let database = kind();
    Rollcall::migrate(&database.database(), &ManualClock::at(START)).unwrap();
    database
}

/// The words of a refusal that is the caller's own.
fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), Code::Invalid, "{}", say(&error));
    say(&error)
}

/// Whether there is nothing: no table, on SQLite no file.
fn is_untouched(database: &TestDatabase) -> bool {
    database.folder().map_or_else(|| database.columns().is_empty(), |folder| files(folder).is_empty())
}

#[test]
fn a_target_with_anything_in_any_table_is_refused_and_stays() {
    let acme = small();
    for kind in kinds() {
        let target = migrated(kind);
        let tables: BTreeSet<String> = target.columns().into_iter().map(|(table, _)| table).collect();
        let tables: Vec<&String> = tables.iter().filter(|table| *table != "schema_migrations").collect();
        assert!(tables.len() > 20, "{tables:?}");
        // It is not looked at what there is, only whether there is anything.
        let new = |cascade: &str| -> String {
            tables.iter().map(|t| format!("drop table {t} {cascade}; create table {t} (name text);")).collect()
        };
        match target.folder() {
            Some(folder) => tamper(&folder.join("rollcall.db"), &new("")),
            None => {
                target.execute(&format!("do $$ begin {} end $$", new("cascade")));
            }
        }
        for table in tables {
            target.execute(&format!("insert into {table} values ('key check')"));
            let before = rows(&target);
            let told = refused(copy(&acme, &target));
            assert!(told.contains(&format!("(table {table})")) && told.contains("left as it is"), "{told}");
            assert_eq!(rows(&target), before);
            target.execute(&format!("delete from {table}"));
        }
    }
}

#[test]
fn a_copy_onto_itself_or_over_another_installation_is_refused() {
    let (acme, other) = (small(), small());
    let (_folder, file) = backup(&acme);
    let before = [rows(acme.database()), rows(other.database())];
    refused(copy(&acme, acme.database()));
    refused(copy(&acme, other.database()));
    refused(restore(&file, other.database()));
    assert_eq!([rows(acme.database()), rows(other.database())], before);
}

#[test]
fn a_target_of_a_newer_version_is_refused_and_stays() {
    let acme = small();
    for kind in kinds() {
        let target = migrated(kind);
        target.execute("insert into schema_migrations values (99, 'later', 1)");
        let told = refused(copy(&acme, &target));
        assert!(told.contains("schema 99") && told.contains(&Rollcall::schema_version().to_string()), "{told}");
        assert!(rows(&target).values().all(Vec::is_empty));
    }
}

#[test]
fn a_used_target_of_an_older_version_is_not_even_brought_up_to_date() {
    let (acme, target) = (small(), TestDatabase::sqlite());
    let (_folder, file) = backup(&acme);
    let path = target.folder().unwrap().join("rollcall.db");
    std::fs::copy(&file, &path).unwrap();
    tamper(&path, "drop table invitations; delete from schema_migrations where version = 5");
    let before = std::fs::read(&path).unwrap();
    refused(copy(&acme, &target));
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn a_target_that_is_something_else_is_refused_and_stays() {
    let acme = small();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("else.db");
    let to = |path: &Path| refused(acme.rollcall().copy_to(acme.host(), &Database::Sqlite(path.to_owned())));
    std::fs::write(&path, "Dear diary, nothing of this is a database.\n".repeat(99)).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(to(&path).contains("no database"));
    assert!(std::fs::read(&path).unwrap() == before);
    std::fs::remove_file(&path).unwrap();
    for sql in [
        "create table notes (n)",
        "create table schema_migrations (version, dirty); insert into schema_migrations values (5, 0)",
    ] {
        tamper(&path, sql);
        let before = std::fs::read(&path).unwrap();
        assert!(to(&path).contains("a database of something else"));
        assert!(std::fs::read(&path).unwrap() == before);
    }
    assert!(to(folder.path()).contains("no database"));
    let told = to(&folder.path().join("nowhere/else.db"));
    assert!(told.contains("cannot make the database") && told.contains("nowhere/else.db"), "{told}");
    assert_eq!(files(folder.path()), ["else.db"]);
}

#[test]
fn a_file_that_is_no_backup_is_refused_before_the_target_is_touched() {
    let acme = small();
    let (folder, file) = backup(&acme);
    let whole = std::fs::read(&file).unwrap();
    let other = folder.path().join("other.db");
    let write = |bytes: &[u8]| std::fs::write(&other, bytes).unwrap();
    let damage: [(&str, &dyn Fn()); 8] = [
        ("the file is empty", &|| write(b"")),
        ("no database", &|| write(b"rollcall: 1\naccount: { name: Acme }\n")),
        ("a database of something else", &|| {
            std::fs::remove_file(&other).unwrap();
            tamper(&other, "create table notes (n)");
        }),
        ("a database of something else", &|| tamper(&other, "create table schema_migrations (version, dirty)")),
        ("only a part of it is there", &|| write(&whole[..whole.len() / 2])),
        ("only a part of it is there", &|| write(&whole[..whole.len() - 4_096])),
        ("not those that were backed up", &|| {
            write(&whole);
            tamper(&other, "update users set status = 'locked'");
        }),
        ("schema 99", &|| {
            write(&whole);
            tamper(&other, "insert into schema_migrations values (99, 'later', 1)");
        }),
    ];
    for kind in kinds() {
        for (words, damaged) in damage {
            damaged();
            let target = kind();
            let told = refused(restore(&other, &target));
            assert!(told.contains(words), "{words}: {told}");
            assert!(words != "schema 99" || told.contains("newer Rollcall"), "{told}");
            assert!(is_untouched(&target), "{told}");
        }
    }
}

#[test]
fn a_backup_with_a_flipped_byte_is_refused_or_restores_what_was_backed_up() {
    let acme = small();
    let (folder, file) = backup(&acme);
    let whole = std::fs::read(&file).unwrap();
    let flipped = folder.path().join("flipped.db");
    let places = (0..100).step_by(9).chain((100..whole.len()).step_by(whole.len() / 40));
    // What is only nulls is nothing but room.
    let filled = places.filter_map(|from| (from..whole.len()).find(|place| whole[*place] != 0));
    let expected = rows(acme.database());
    let mut noticed = 0;
    for place in filled {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x04;
        std::fs::write(&flipped, bytes).unwrap();
        let target = TestDatabase::sqlite();
        match restore(&flipped, &target) {
            Ok(_) => assert_eq!(rows(&target), expected, "byte {place}"),
            Err(error) => {
                assert_eq!(error.code(), Code::Invalid, "byte {place}: {}", say(&error));
                assert!(is_untouched(&target));
                noticed += 1;
            }
        }
    }
    assert!(noticed > 30, "{noticed}");
}

#[test]
fn rows_that_do_not_fit_leave_no_file_behind() {
    let acme = small();
    let (_folder, file) = backup(&acme);
    tamper(
        &file,
        "insert into memberships values (1, 99, 99, 1, '', ''); delete from installation where name like 'digest%'",
    );
    for kind in kinds() {
        let target = kind();
        let told = say(&restore(&file, &target).unwrap_err());
        assert!(told.contains("memberships") && told.contains("nothing was kept"), "{told}");
        match target.folder() {
            Some(folder) => assert_eq!(files(folder), [""; 0]),
            None => assert_eq!(rows(&target).values().map(Vec::len).sum::<usize>(), 0),
        }
    }
}

#[test]
fn a_file_that_was_worked_on_after_the_backup_is_backed_up_anew() {
    let acme = small();
    let (_folder, file) = backup(&acme);
    let at_work = Opened::at(&acme, Database::Sqlite(file.clone())).unwrap();
    at_work.rollcall.found_account(&at_work.host, "Beta").wait().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let anew = folder.path().join("anew.db");
    at_work.rollcall.backup(&at_work.host, &anew).unwrap();
    drop(at_work);
    assert!(refused(restore(&file, &TestDatabase::empty())).contains("backup NEW"));
    let target = TestDatabase::empty();
    restore(&anew, &target).unwrap();
    assert_eq!(target.number("select count(*) from accounts"), 2);
}
