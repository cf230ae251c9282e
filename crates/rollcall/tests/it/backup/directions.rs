//! What a copy has, in all four directions: everything, counted, and as good as its original.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::place::{Place, Rows};
use super::{KINDS, Kind, create, files, groups, stop, text};

/// What the original is to whoever asks.
struct Original {
    acme: Place,
    token: String,
    export: String,
    chains: Value,
    groups: Value,
    rows: Rows,
}

impl Original {
    fn new(kind: Kind) -> Self {
        let acme = Place::made(kind);
        let (token, server) = (acme.token(), acme.serve(&[]));
        let groups = groups(&server, &token);
        stop(server);
        let chains = acme.verified();
        assert!(chains["chains"][0]["sealed"].as_u64() > Some(10), "there is a chain to speak of: {chains}");
        Self { token, export: acme.export(), chains, groups, rows: acme.rows(), acme }
    }

    /// The same in every row, and told as it is.
    fn is_the_same(&self, copy: &Place, told: &Value, direction: &str) {
        let copied = copy.rows();
        for (table, rows) in &self.rows {
            assert_eq!(rows, &copied[table], "{table}, {direction}");
        }
        assert_eq!(self.rows.len(), copied.len(), "{direction}");
        assert_eq!(copy.export(), self.export, "{direction}");
        assert_eq!(told["tables"], json!(self.acme.counts()), "{direction}");
        assert_eq!(told["rows"], json!(self.acme.count()), "{direction}");
        assert_eq!(told["chains"], self.chains["chains"], "{direction}");
        assert!(self.acme.rows() == self.rows, "nothing is done to the original");
    }

    /// As good to whoever works with it. Tokens of before hold, because the secrets came over and open with the key.
    fn is_as_good(&self, copy: &Place, direction: &str) {
        assert_eq!(copy.verified(), self.chains, "{direction}");
        assert_eq!(copy.run(&["doctor"]).code, 0, "{direction}");
        let server = copy.serve(&[]);
        assert_eq!(groups(&server, &self.token), self.groups, "{direction}");
        create(&server, &self.token, &["new@acme.test"], &[]);
        stop(server);
        let (grown, before) = (copy.verified(), &self.chains["chains"][0]);
        assert_eq!((&grown["whole"], &grown["chains"][0]["pending"]), (&json!(true), &json!(0)), "{direction}");
        assert!(grown["chains"][0]["sealed"].as_u64() > before["sealed"].as_u64(), "{direction}: {grown}");
    }
}

fn copied_into_both(kind: Kind) {
    let original = Original::new(kind);
    for target in KINDS {
        let (copy, direction) = (original.acme.twin(target), format!("{kind:?} to {target:?}"));
        let told = original.acme.run(&["--json", "copy", "--to", &copy.url()]).json();
        assert_eq!(told["to"], copy.url());
        original.is_the_same(&copy, &told, &direction);
        original.is_as_good(&copy, &direction);
    }
    let file = original.acme.path("a.db");
    let backed_up = original.acme.run(&["--json", "backup", text(&file)]).json();
    let bytes = std::fs::read(&file).expect("a file");
    for target in KINDS {
        let (copy, direction) = (original.acme.twin(target), format!("{kind:?} by a file to {target:?}"));
        let told = copy.run(&["--json", "restore", text(&file)]).json();
        assert_eq!(backed_up, told, "what went in came out");
        assert_eq!(told["file"], text(&file));
        original.is_the_same(&copy, &told, &direction);
        assert!(std::fs::read(&file).expect("a file") == bytes, "a backup is only read");
    }
}

#[test]
fn copies_and_restored_backups_of_sqlite_are_as_good_as_their_original() {
    copied_into_both(Kind::Sqlite);
}

#[test]
fn copies_and_restored_backups_of_postgresql_are_as_good_as_their_original() {
    copied_into_both(Kind::Postgres);
}

/// The numbers of a table that was printed for people.
fn printed(text: &str) -> BTreeMap<String, usize> {
    let cells = |line: &str| {
        let (table, rows) = line.split_once(' ')?;
        Some((table.to_owned(), rows.trim().parse().ok()?))
    };
    text.lines().skip(1).filter_map(cells).collect()
}

#[test]
fn people_are_told_the_same_numbers_as_programs() {
    let acme = Place::filled(Kind::Sqlite);
    let (file, restored, copied) = (acme.path("a.db"), acme.twin(Kind::Sqlite), acme.twin(Kind::Sqlite));
    let sealed = acme.verified()["chains"][0]["sealed"].clone();
    let mut filled = acme.counts();
    filled.retain(|_, rows| *rows > 0);
    for (place, arguments, what) in [
        (&acme, ["backup", text(&file)].as_slice(), format!("backed up into {}", file.display())),
        (&restored, &["restore", text(&file)], format!("restored {} into {}", file.display(), restored.url())),
        (&acme, &["copy", "--to", &copied.url()], format!("copied into {}", copied.url())),
    ] {
        let told = place.run(arguments).ok();
        let first = format!("{what}: {} rows, each compared with its original", acme.count());
        assert_eq!(told.lines().next(), Some(first.as_str()), "{told}");
        assert_eq!(printed(&told), filled, "{told}");
        let last = format!("audit chain of \"Acme\": {sealed} event(s), whole; none signed yet");
        assert_eq!(told.lines().last(), Some(last.as_str()), "{told}");
    }
}

#[test]
fn what_comes_with_the_result_is_said_beside_it() {
    let acme = Place::filled(Kind::Sqlite);
    let file = acme.path("a.db");
    let backup = acme.run(&["backup", text(&file)]);
    assert!(backup.code == 0 && backup.stderr.contains("keep a copy of the key"), "{backup:?}");
    let copied = acme.twin(Kind::Sqlite);
    let copy = acme.run(&["copy", "--to", &copied.url()]);
    assert!(copy.code == 0 && copy.stderr.contains("stop this one before you start the other"), "{copy:?}");

    // The key of the environment is in no file of which a copy could be kept.
    let kept = copied.run(&["backup", text(&acme.path("b.db"))]);
    assert!(kept.code == 0 && kept.stderr.is_empty(), "{kept:?}");

    // Without the key, or with another, the data is there and it is said what is missing.
    let mut keyless = Place::empty(Kind::Sqlite);
    let done = keyless.run(&["restore", text(&file)]);
    assert!(
        done.code == 0 && done.stderr.contains("does not open yet") && done.stderr.contains("key file"),
        "{done:?}"
    );
    assert_eq!(files(&keyless.data()), [""; 0], "no key is made for data that another one made");
    keyless.program.set("ROLLCALL_KEY", "vN6ZpigO/vTF+8lR9PmlFozZM/PZmSzq56zBoXEYZoI=");
    assert!(keyless.run(&["doctor"]).stdout.contains("not the one this database was made with"));
    keyless.program.set("ROLLCALL_KEY", &acme.key());
    assert_eq!(keyless.export(), acme.export());
}
