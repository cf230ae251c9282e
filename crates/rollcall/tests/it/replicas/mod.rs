//! Two replicas: two real processes of `serve` on one PostgreSQL database, whatever the other tests run on.

mod apps;
mod caller;
mod held;
mod jobs;
mod killed;
mod letters;
mod limits;
mod once;
mod rules;
mod starting;
mod visible;

use std::path::Path;
use std::sync::{Arc, Barrier, Mutex, PoisonError, Weak};

use rollcall_testbed::{Cluster, Options};
use rollcall_testkit::TestDatabase;

use crate::program::{Program, Server};
use caller::Caller;
use held::Held;

/// The installation key of all replicas.
const KEY: &str = "XDNSu7AxgM2SSOda+NKXMx/8KfUF/8g/hyAzBLOsSmo=";

/// What each test begins with. Ids are given, so that requests can name them.
const ACME: &str = "\
rollcall: 1
account: { name: Acme }
roles:
  - { kind: admin, name: Auditor, id: aaaaaaaaaaaaaaaaaaaaaaaa, permissions: { View and Run Audit Reports: \"YES\" } }
  - { kind: admin, name: Reader, id: bbbbbbbbbbbbbbbbbbbbbbbb, permissions: { View and Run Audit Reports: \"YES\" } }
users:
  - { email: ada@acme.test, status: active }
  - { email: bo@acme.test, status: active }
groups:
  - { name: Ops, id: e-0e02b5c5-7c2e-5f6a-9d5c-2d1c4a0f1b11 }
assignments:
  - { role: admin, users: [ada@acme.test, bo@acme.test] }
apps:
  - { name: ci, scopes: [user-management, role-management, master-admin] }
";
const AUDITOR: &str = "aaaaaaaaaaaaaaaaaaaaaaaa";
const READER: &str = "bbbbbbbbbbbbbbbbbbbbbbbb";
const OPS: &str = "e-0e02b5c5-7c2e-5f6a-9d5c-2d1c4a0f1b11";

/// The cluster of these tests, where they are not given a server. It goes with the last of them, which a static alone
/// would not.
fn cluster() -> Arc<Cluster> {
    static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let cluster = Arc::new(Cluster::start(&Options::default()).expect("a cluster starts"));
        *shared = Arc::downgrade(&cluster);
        cluster
    })
}

/// An empty database on PostgreSQL, and the server it is on.
struct Ground {
    database: TestDatabase,
    _cluster: Option<Arc<Cluster>>,
}

impl Ground {
    fn new() -> Self {
        let cluster = (!TestDatabase::is_postgres()).then(cluster);
        let database =
            cluster.as_ref().map_or_else(TestDatabase::empty, |cluster| TestDatabase::on(&cluster.url("postgres")));
        // Whether transactions wait for each other in a circle is looked for soon; it is part of some of these tests.
        database.execute(
            "do $$ begin execute format('alter database %I set deadlock_timeout = ''20ms''', current_database()); end $$",
        );
        Self { database, _cluster: cluster }
    }

    /// A data directory of its own, on this database.
    fn replica(&self, key: &str) -> Program {
        let mut program = Program::on(self.database.clone());
        program.set("ROLLCALL_KEY", key);
        program
    }

    /// Every row of every table.
    fn rows(&self) -> Vec<String> {
        let tables: std::collections::BTreeSet<String> =
            self.database.columns().into_iter().map(|(table, _)| table).collect();
        let rows = |table: &String| {
            self.database.query(&format!("select '{table} ' || t::text from {table} t order by t::text"))
        };
        tables.iter().flat_map(rows).flatten().flatten().collect()
    }
}

/// "Acme" with two processes that serve it. They end before their folders go, and those before the database.
struct Pair {
    servers: Vec<Server>,
    programs: [Program; 2],
    ground: Ground,
}

impl Pair {
    /// "Acme" with two processes that do not run yet.
    fn stopped() -> Self {
        let ground = Ground::new();
        let programs = [ground.replica(KEY), ground.replica(KEY)];
        let pair = Self { servers: Vec::new(), programs, ground };
        pair.apply(ACME);
        pair
    }

    fn new() -> Self {
        let mut pair = Self::stopped();
        pair.start();
        pair
    }

    /// Starts both at the same moment.
    fn start(&mut self) {
        let [one, other] = &self.programs;
        let (one, other) = at_once(|| one.serve(&[]), || other.serve(&[]));
        self.servers = vec![one, other];
    }

    /// Stops both at the same moment; what they had to do is done then.
    fn stop(&mut self) {
        self.servers.iter().for_each(|server| server.signal("TERM"));
        for server in self.servers.drain(..) {
            assert_eq!(server.ended(), Some(0), "it ends in order");
        }
    }

    fn database(&self) -> &TestDatabase {
        &self.ground.database
    }

    /// One of them and the other: which is which changes with the round.
    fn sides(&self, round: usize) -> (&Server, &Server) {
        (&self.servers[round % 2], &self.servers[(round + 1) % 2])
    }

    /// The app "ci", with the secret that it has now.
    fn caller(&self) -> Caller {
        Caller::new(self.programs[0].run(&["app", "token", "ci"]).ok().trim())
    }

    fn apply(&self, file: &str) {
        self.programs[0].run_with_input(&["apply", "-"], file).ok();
    }

    /// Both at the same moment. In every other round nobody can write to the table before both are about to: then each
    /// has looked at what there is before the other has changed it, unless something holds it back.
    fn race<A: Send, B: Send>(
        &self,
        round: usize,
        table: &str,
        one: impl FnOnce() -> A + Send,
        other: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        race(&self.ground.database, round, table, one, other)
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // What the servers know of it goes with their folders.
            for program in &self.programs {
                let log = program.log();
                let told = log.lines().filter(|line| line.contains("\"ERROR\"") || line.contains("\"WARN\""));
                eprintln!("{}", told.collect::<Vec<_>>().join("\n"));
            }
        }
    }
}

fn race<A: Send, B: Send>(
    database: &TestDatabase,
    round: usize,
    table: &str,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    if round % 2 == 1 {
        return at_once(one, other);
    }
    std::thread::scope(|scope| {
        let held = Held::table(database, table);
        let (one, other) = (scope.spawn(one), scope.spawn(other));
        held.until_waiting(2);
        drop(held);
        (one.join().expect("the one answers"), other.join().expect("the other answers"))
    })
}

/// Both at the same moment.
fn at_once<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    let both = Barrier::new(2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            both.wait();
            other()
        });
        both.wait();
        (one(), other.join().expect("the other answers"))
    })
}

/// The letters in the outbox folder of a replica: file name and text.
fn letters(data: &Path) -> Vec<(String, String)> {
    let Ok(folder) = std::fs::read_dir(data.join("outbox")) else { return Vec::new() };
    let mut letters: Vec<_> = folder
        .map(|entry| entry.expect("a file").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("a letter"))
        })
        .collect();
    letters.sort();
    letters
}
