//! An installation to be copied or filled: how it is made, what is in it, what it says.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::ops::Deref;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use rollcall_testbed::Cluster;
use rollcall_testkit::TestDatabase;
use serde_json::Value;

use super::{Kind, LONG, create, files, shared, stop, text};
use crate::program::Program;

/// The rows of each table, in no order.
pub(super) type Rows = BTreeMap<String, Vec<Vec<Option<String>>>>;

/// Something of every kind that an account file can say.
pub(super) const FILE: &str = "\
rollcall: 1
account: { name: Acme }
bots:
  - { name: Travel desk, published: true, audience: enterprise, dialogs: [{ name: Book }], owner: ada@acme.test }
roles:
  - { kind: admin, name: Auditor, permissions: { View and Run Audit Reports: \"YES\" } }
users:
  - { email: ada@acme.test, firstName: Ada, lastName: \"Łoś 🦌\", orgUserId: A-1, status: active, zip: 02139 }
  - { email: sam@acme.test, status: not active, canCreateBot: false, tasks: [{ bot: Travel desk, dialogs: [Book] }] }
  - { email: lee@acme.test, status: suspended }
groups:
  - { name: Audit, description: Audit Team, members: [ada@acme.test] }
  - { name: Everyone in risk, groups: [Audit] }
assignments:
  - { role: admin, users: [ada@acme.test] }
  - { role: Auditor, groups: [Audit] }
  - { role: Bot Developer, bot: Travel desk, users: [sam@acme.test], groups: [Audit] }
apps:
  - { name: ci, scopes: [user-management, role-management] }
";

/// An installation: the program with its data directory, and a database on which a test may lay hand.
pub(super) struct Place {
    // Dropped in this order: the database goes before its server does.
    pub(super) program: Program,
    pub(super) database: TestDatabase,
    /// Held on SQLite, too: while any of these tests runs, the next finds the cluster.
    _cluster: Arc<Cluster>,
}

/// An installation on SQLite at rest, of which others are grown.
struct Seed {
    database: Vec<u8>,
    key: String,
}

impl Seed {
    fn of(place: &Place) -> Self {
        let database = std::fs::read(place.file()).expect("a database");
        Self { database, key: place.key() }
    }

    fn sown(&self, kind: Kind) -> Place {
        let place = Place::empty(kind);
        DirBuilder::new().mode(0o700).create(place.data()).expect("a folder");
        let key = OpenOptions::new().write(true).create_new(true).mode(0o600).open(place.data().join("rollcall.key"));
        key.and_then(|mut file| file.write_all(self.key.as_bytes())).expect("a key");
        if kind == Kind::Sqlite {
            std::fs::write(place.file(), &self.database).expect("a database");
        } else {
            let seed = place.path("seed.db");
            std::fs::write(&seed, &self.database).expect("a database");
            place.run(&["restore", text(&seed)]).ok();
        }
        place
    }
}

impl Deref for Place {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.program
    }
}

impl Place {
    /// Nothing: no data directory, and on SQLite no file.
    pub(super) fn empty(kind: Kind) -> Self {
        let cluster = shared();
        let database = match kind {
            Kind::Sqlite => TestDatabase::sqlite(),
            Kind::Postgres => TestDatabase::on(&cluster.url("postgres")),
        };
        let mut program = Program::on(database.clone());
        // A server's first requests need no sixteen connections.
        program.set("ROLLCALL_DATABASE_CONNECTIONS", "4");
        Self { program, database, _cluster: cluster }
    }

    /// "Acme" as the file describes it, and what a server does besides: replies remembered, letters, a sealed chain.
    pub(super) fn made(kind: Kind) -> Self {
        let place = Self::empty(kind);
        place.run_with_input(&["apply", "-"], FILE).ok();
        let (server, token) = (place.serve(&[]), place.token());
        create(&server, &token, &["joe@acme.test", "zoe@acme.test"], &[]);
        stop(server);
        place
    }

    /// The same without the work, for tests that need no more than something to be there.
    pub(super) fn filled(kind: Kind) -> Self {
        static SEED: LazyLock<Seed> = LazyLock::new(|| Seed::of(&Place::made(Kind::Sqlite)));
        SEED.sown(kind)
    }

    /// "Acme" on SQLite with so many users that a copy of them is no matter of one write to the disk.
    pub(super) fn large() -> Self {
        static SEED: LazyLock<Seed> = LazyLock::new(|| {
            let place = Place::empty(Kind::Sqlite);
            let users = (0..3_000).map(|n| format!("  - {{ email: user-{n}@acme.test, firstName: First {n} }}\n"));
            let file = format!("rollcall: 1\naccount: {{ name: Acme }}\nusers:\n{}", users.collect::<String>());
            place.run_with_input(&["apply", "-"], &file).ok();
            Seed::of(&place)
        });
        SEED.sown(Kind::Sqlite)
    }

    /// An empty place that has this one's key.
    pub(super) fn twin(&self, kind: Kind) -> Self {
        let mut twin = Self::empty(kind);
        twin.program.set("ROLLCALL_KEY", &self.key());
        twin
    }

    /// What its key file says.
    pub(super) fn key(&self) -> String {
        std::fs::read_to_string(self.data().join("rollcall.key")).expect("a key")
    }

    /// The file of its database, on SQLite.
    pub(super) fn file(&self) -> PathBuf {
        self.database.folder().expect("a folder").join("rollcall.db")
    }

    pub(super) fn url(&self) -> String {
        self.database.url()
    }

    /// A token of the app "ci".
    pub(super) fn token(&self) -> String {
        self.run(&["app", "token", "ci"]).ok().trim().to_owned()
    }

    /// The whole account, secrets included.
    pub(super) fn export(&self) -> String {
        self.run(&["export", "--secrets"]).ok()
    }

    /// What `audit verify` says of a chain that it finds whole.
    pub(super) fn verified(&self) -> Value {
        self.run(&["--json", "audit", "verify"]).json()
    }

    /// Every table with all its rows, in no order; without what belongs to the one database alone.
    pub(super) fn rows(&self) -> Rows {
        let mut columns = BTreeMap::<String, Vec<String>>::new();
        for (table, column) in self.database.columns() {
            columns.entry(table).or_default().push(column);
        }
        columns.remove("schema_migrations");
        let all = |(table, mut columns): (String, Vec<String>)| {
            columns.sort_unstable();
            let shared = if table == "installation" { "where name in ('key check', 'key history')" } else { "" };
            let mut rows = self.database.query(&format!("select {} from {table} {shared}", columns.join(", ")));
            rows.sort_unstable();
            (table, rows)
        };
        columns.into_iter().map(all).collect()
    }

    /// Whether there is nothing: no data directory, no table, on SQLite no file.
    pub(super) fn is_untouched(&self) -> bool {
        // Looking for tables would make the file.
        let is_bare = |folder: &Path| files(folder).is_empty();
        !self.data().exists() && self.database.folder().map_or_else(|| self.database.columns().is_empty(), is_bare)
    }

    /// How many rows each table has.
    pub(super) fn counts(&self) -> BTreeMap<String, usize> {
        self.rows().into_iter().map(|(table, rows)| (table, rows.len())).collect()
    }

    /// How many rows there are altogether.
    pub(super) fn count(&self) -> usize {
        self.counts().values().sum()
    }

    /// Runs a command that must fail with this code, and gives its one message.
    pub(super) fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        assert_eq!((done.code, done.stdout.as_str()), (code, ""), "{arguments:?}: {done:?}");
        let told = done.stderr.strip_prefix("rollcall: ").unwrap_or_else(|| panic!("{done:?}")).trim_end();
        assert_eq!(told.lines().count(), 1, "one message: {told}");
        told.to_owned()
    }

    /// Waits until the database says what is waited for.
    pub(super) fn until(&self, sql: &str, answer: i64) {
        let begin = Instant::now();
        while self.database.number(sql) != answer {
            assert!(begin.elapsed() < LONG, "{sql} is never {answer}");
        }
    }
}
