//! The file that a backup is: one, private, whole, never in another's place.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::{KINDS, Kind, Place, files, text};

#[test]
fn a_backup_is_one_private_file_and_nothing_lies_beside_it() {
    for kind in KINDS {
        let acme = Place::filled(kind);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a b%20?#'ü.db");
        // Whatever the shell allows others: it holds everything.
        let mut lax = Command::new("sh");
        let command = acme.command();
        lax.args(["-c", "umask 000 && exec \"$0\" backup \"$1\""]).arg(command.get_program()).arg(&file);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => lax.env(name, value),
                None => lax.env_remove(name),
            };
        }
        let made = lax.output().expect("sh runs");
        assert!(made.status.success(), "{made:?}");
        assert_eq!(files(folder.path()), ["a b%20?#'ü.db"]);
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        let bytes = std::fs::read(&file).expect("a file");
        // The format's own word for it (bytes 18 and 19 of the header): no write-ahead log belongs to it.
        assert_eq!((&bytes[..16], &bytes[18..20]), (b"SQLite format 3\0".as_slice(), [1, 1].as_slice()));

        // It is an installation's database like any other: asked where it lies, and restored from there.
        let at = format!("sqlite:{}", file.display());
        assert_eq!(acme.run(&["--database", &at, "export", "--secrets"]).ok(), acme.export());
        let before = std::fs::read(&file).expect("a file");
        let copy = acme.twin(Kind::Sqlite);
        copy.run(&["restore", text(&file)]).ok();
        assert_eq!(copy.export(), acme.export());
        assert!(std::fs::read(&file).expect("a file") == before, "a backup is only read");
        assert_eq!(files(copy.database.folder().expect("a folder")), ["rollcall.db"]);
        assert_eq!(files(&copy.data()), [""; 0]);
    }
}

#[test]
fn a_file_that_may_only_be_read_restores_as_well() {
    let acme = Place::filled(Kind::Sqlite);
    let file = acme.path("a.db");
    acme.run(&["backup", text(&file)]).ok();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).expect("chmod");
    let copy = acme.twin(Kind::Sqlite);
    copy.run(&["restore", text(&file)]).ok();
    copy.run_with_input(&["apply", "-"], "rollcall: 1\naccount: { name: Acme }\nusers: [{ email: new@acme.test }]\n")
        .ok();
    assert!(copy.export().contains("new@acme.test"), "the copy can be written to, though its backup cannot");
}

#[test]
fn a_name_without_a_folder_is_in_the_folder_where_one_works() {
    let acme = Place::filled(Kind::Sqlite);
    acme.run(&["backup", "here.db"]).ok();
    let copy = acme.twin(Kind::Sqlite);
    copy.run(&["restore", text(&acme.path("here.db"))]).ok();
    assert_eq!(copy.export(), acme.export());
}

#[test]
fn a_backup_takes_no_others_place_and_leaves_nothing_where_it_fails() {
    let acme = Place::filled(Kind::Sqlite);
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("there.db"), "what is there").expect("a file");
    std::fs::create_dir(path("folder")).expect("a folder");
    std::os::unix::fs::symlink("nowhere", path("dangling.db")).expect("a link");
    for (name, words) in [
        ("there.db", ["there.db is there already", "choose another name"]),
        ("folder", ["folder is there already", "choose another name"]),
        ("dangling.db", ["dangling.db", "cannot give the backup the name"]),
        ("none/a.db", ["there is no folder", "make it first"]),
        ("there.db/a.db", ["there is no folder", "make it first"]),
    ] {
        let told = acme.refused(1, &["backup", text(&path(name))]);
        assert!(words.iter().all(|word| told.contains(word)), "{name}: {told}");
        assert_eq!(files(folder.path()), ["dangling.db", "folder", "there.db"], "{told}");
        assert_eq!(files(&path("folder")), [""; 0]);
        assert_eq!(std::fs::read(path("there.db")).expect("a file"), b"what is there");
    }
    // No folder can be made in there, by nobody.
    let done = acme.run(&["backup", "/proc/a.db"]);
    assert!(done.code == 1 && done.stderr.contains("cannot write a backup into the folder /proc"), "{done:?}");
    assert!(acme.run(&["backup"]).code == 2);
}

#[test]
fn nothing_is_no_backup_and_nothing_is_made_of_it() {
    for kind in KINDS {
        let nobody = Place::empty(kind);
        let (file, target) = (nobody.path("a.db"), Place::empty(Kind::Sqlite));
        for arguments in [["backup", text(&file)].as_slice(), &["copy", "--to", &target.url()], &["audit", "verify"]] {
            let told = nobody.refused(1, arguments);
            assert!(told.contains("there is no Rollcall database at") && told.contains("rollcall serve"), "{told}");
        }
        assert!(nobody.is_untouched() && !file.exists() && target.is_untouched());
    }
}
