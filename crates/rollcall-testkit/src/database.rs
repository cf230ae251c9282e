//! A database of a test's own, on SQLite or on the PostgreSQL server that `ROLLCALL_TEST_DATABASE` names: made at once,
//! gone when it is dropped.

use std::hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _, RandomState};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use postgres::types::Type;
use postgres::{Client, NoTls, SimpleQueryMessage};
use rollcall_core::clock::SystemClock;
use rollcall_core::{Database, Rollcall};
use tempfile::TempDir;

/// Names the server that the tests use instead of SQLite files.
const VARIABLE: &str = "ROLLCALL_TEST_DATABASE";

/// How long anything of the database may be waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database that nobody else uses. Clones are the same one; it goes with the last.
#[derive(Clone)]
pub struct TestDatabase(Arc<Kind>);

#[allow(clippy::large_enum_variant, reason = "one for each test")]
enum Kind {
    Sqlite(TempDir),
    Postgres(OnServer),
}

/// A database on a server, and the connection by which tests lay hand on it.
struct OnServer {
    server: String,
    name: String,
    hand: Mutex<Option<Client>>,
}

impl TestDatabase {
    /// Whether the tests run on PostgreSQL.
    pub fn is_postgres() -> bool {
        server().is_some()
    }

    /// An empty one, as `createdb` makes it; on SQLite there is no file yet.
    pub fn empty() -> Self {
        match server() {
            None => Self::sqlite(),
            Some(server) => Self::made(server, "template0"),
        }
    }

    /// One with Rollcall's schema and nothing in it.
    pub fn migrated() -> Self {
        match server() {
            None => {
                let database = Self::sqlite();
                Rollcall::migrate(&database.database(), &SystemClock).expect("a new database is migrated");
                database
            }
            Some(server) => Self::made(server, template(server)),
        }
    }

    /// A SQLite file, whatever the other tests run on.
    pub fn sqlite() -> Self {
        Self(Arc::new(Kind::Sqlite(tempfile::tempdir().expect("a temporary folder"))))
    }

    /// An empty database on a server of the test's own.
    pub fn on(server: &str) -> Self {
        Self::made(server, "template0")
    }

    fn made(server: &str, template: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // Not the process's id: another machine's tests may be on the server, and those of a process that was killed.
        static RUN: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
        let name = format!("test_{:016x}_{}", *RUN, COUNT.fetch_add(1, Ordering::SeqCst));
        let made = format!("create database {name} template {template}");
        on_server(server, |client| client.batch_execute(&made).expect("a database is made"));
        Self(Arc::new(Kind::Postgres(OnServer { server: server.to_owned(), name, hand: Mutex::default() })))
    }

    /// What `--database` takes.
    pub fn url(&self) -> String {
        match &*self.0 {
            Kind::Sqlite(folder) => format!("sqlite:{}", folder.path().join("rollcall.db").display()),
            Kind::Postgres(there) => there.url(),
        }
    }

    /// The same, as the core takes it.
    pub fn database(&self) -> Database {
        Database::parse(&self.url()).expect("the address of a test's database")
    }

    /// The folder that a SQLite database lies in.
    pub fn folder(&self) -> Option<&Path> {
        match &*self.0 {
            Kind::Sqlite(folder) => Some(folder.path()),
            Kind::Postgres(_) => None,
        }
    }

    /// Runs a statement past Rollcall, as whoever tampers with the database would; how many rows it changed.
    pub fn execute(&self, sql: &str) -> u64 {
        match &*self.0 {
            Kind::Sqlite(folder) => sqlite(folder.path()).execute(sql, []).expect(sql) as u64,
            Kind::Postgres(there) => {
                there.by_hand(|client| client.execute(sql, &[]).unwrap_or_else(|e| panic!("{sql}: {e:?}")))
            }
        }
    }

    /// The cells of an answer as text; what is true or false is 1 or 0, bytes are hex digits.
    pub fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        match &*self.0 {
            Kind::Sqlite(folder) => {
                let connection = sqlite(folder.path());
                let mut statement = connection.prepare(sql).expect(sql);
                let columns = statement.column_count();
                let rows = statement
                    .query_map([], |row| Ok((0..columns).map(|n| text(row.get_ref(n).expect("a cell"))).collect()));
                rows.expect(sql).map(|row| row.expect(sql)).collect()
            }
            Kind::Postgres(there) => there.by_hand(|client| {
                let statement = client.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
                let kinds: Vec<Type> = statement.columns().iter().map(|c| c.type_().clone()).collect();
                let rows = client.simple_query(sql).expect(sql);
                let cells = |row: &postgres::SimpleQueryRow| {
                    kinds.iter().enumerate().map(|(n, kind)| row.get(n).map(|cell| plain(kind, cell))).collect()
                };
                let row = |message: &SimpleQueryMessage| match message {
                    SimpleQueryMessage::Row(row) => Some(cells(row)),
                    _ => None,
                };
                rows.iter().filter_map(row).collect()
            }),
        }
    }

    /// The columns of all tables, each with its table's name first.
    pub fn columns(&self) -> Vec<(String, String)> {
        let sql = match &*self.0 {
            Kind::Sqlite(_) => {
                "select m.name, c.name from sqlite_schema as m join pragma_table_info(m.name) as c where m.type = 'table'"
            }
            Kind::Postgres(_) => {
                "select table_name::text, column_name::text from information_schema.columns \
                 where table_schema = current_schema()"
            }
        };
        let pair = |row: Vec<Option<String>>| {
            let mut cells = row.into_iter().flatten();
            Some((cells.next()?, cells.next()?))
        };
        self.query(sql).into_iter().filter_map(pair).collect()
    }

    /// The columns of all tables that hold texts or bytes, each with its table's name first; true for bytes.
    pub fn readable_columns(&self) -> Vec<(String, String, bool)> {
        let sql = match &*self.0 {
            Kind::Sqlite(_) => {
                "select m.name, c.name, upper(c.type) = 'BLOB' from sqlite_schema as m \
                 join pragma_table_info(m.name) as c where m.type = 'table' and upper(c.type) in ('TEXT', 'BLOB') order by 1, 2"
            }
            Kind::Postgres(_) => {
                "select table_name::text, column_name::text, data_type = 'bytea' from information_schema.columns \
                 where table_schema = current_schema() and data_type in ('text', 'bytea') order by 1, 2"
            }
        };
        let column = |row: Vec<Option<String>>| {
            let [table, name, is_bytes] =
                <[String; 3]>::try_from(row.into_iter().flatten().collect::<Vec<_>>()).ok()?;
            Some((table, name, is_bytes == "1"))
        };
        self.query(sql).into_iter().filter_map(column).collect()
    }

    /// Bytes as a statement spells them.
    pub fn bytes(&self, bytes: &[u8]) -> String {
        let digits: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        match &*self.0 {
            Kind::Sqlite(_) => format!("x'{digits}'"),
            Kind::Postgres(_) => format!("'\\x{digits}'::bytea"),
        }
    }

    /// The first cell of an answer as a number.
    pub fn number(&self, sql: &str) -> i64 {
        let rows = self.query(sql);
        rows[0][0].as_deref().and_then(|cell| cell.parse().ok()).unwrap_or_else(|| panic!("{sql}: {rows:?}"))
    }
}

impl OnServer {
    fn url(&self) -> String {
        renamed(&self.server, &self.name)
    }

    fn by_hand<T: Send>(&self, work: impl FnOnce(&mut Client) -> T + Send) -> T {
        apart(|| {
            let mut hand = self.hand.lock().unwrap_or_else(PoisonError::into_inner);
            // The test may have stopped the server, or it the connection.
            let alive = hand.take_if(|client| client.is_valid(PATIENCE).is_ok());
            work(hand.insert(alive.unwrap_or_else(|| connect(&self.url()))))
        })
    }
}

impl Drop for OnServer {
    fn drop(&mut self) {
        let dropped = format!("drop database if exists {} with (force)", self.name);
        let hand = self.hand.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        apart(|| {
            drop(hand);
            // A server that a test has stopped takes its databases with it.
            let _ = Client::connect(&self.server, NoTls).and_then(|mut client| client.batch_execute(&dropped));
        });
    }
}

fn server() -> Option<&'static str> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    SERVER.get_or_init(|| std::env::var(VARIABLE).ok().filter(|url| !url.is_empty())).as_deref()
}

/// On a thread of its own, because tests may be driving asynchronous tasks.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn connect(url: &str) -> Client {
    Client::connect(url, NoTls).unwrap_or_else(|e| panic!("{VARIABLE}: the server cannot be reached: {e:?}"))
}

fn on_server<T: Send>(url: &str, work: impl FnOnce(&mut Client) -> T + Send) -> T {
    apart(|| work(&mut connect(url)))
}

fn sqlite(folder: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(folder.join("rollcall.db")).expect("the database opens");
    connection.busy_timeout(PATIENCE).expect("a busy time-out");
    connection
}

/// The template that the databases of all tests are copied from: made by whichever test comes first.
fn template(server: &str) -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = format!("rollcall_template_{:016x}", schema_in_short());
        on_server(server, |client| {
            // Test programs run side by side: one of them makes it, the others wait.
            client.batch_execute("select pg_advisory_lock(20261121)").expect("a lock");
            let found = client.query("select from pg_database where datname = $1 and datistemplate", &[&name]);
            if found.expect("a look at the databases").is_empty() {
                client.batch_execute(&format!("drop database if exists {name}")).expect("a half-made one goes");
                client.batch_execute(&format!("create database {name} template template0")).expect("a template");
                let database = Database::parse(&renamed(server, &name)).expect("its address");
                Rollcall::migrate(&database, &SystemClock).expect("the template is migrated");
                client.batch_execute(&format!("alter database {name} is_template true")).expect("it is done");
            }
        });
        name
    })
}

/// A number that is another one as soon as anything in the migrations is changed: a server may keep older templates.
fn schema_in_short() -> u64 {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rollcall-core");
    let listed = std::fs::read_dir(core.join("migrations")).expect("the migrations");
    let mut files: Vec<_> = listed.map(|entry| entry.expect("a migration").path()).collect();
    files.sort_unstable();
    files.push(core.join("src/store/migrate.rs"));
    let mut hasher = DefaultHasher::new();
    files.iter().for_each(|file| std::fs::read(file).expect("a migration").hash(&mut hasher));
    hasher.finish()
}

/// The same server, another database.
fn renamed(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, String::new()), |(base, q)| (base, format!("?{q}")));
    let (host, _) = base.rsplit_once('/').expect("an address with a database");
    format!("{host}/{name}{query}")
}

fn text(cell: rusqlite::types::ValueRef<'_>) -> Option<String> {
    use rusqlite::types::ValueRef;
    match cell {
        ValueRef::Null => None,
        ValueRef::Integer(n) => Some(n.to_string()),
        ValueRef::Real(n) => Some(n.to_string()),
        ValueRef::Text(s) => Some(String::from_utf8_lossy(s).into_owned()),
        ValueRef::Blob(bytes) => Some(bytes.iter().map(|b| format!("{b:02x}")).collect()),
    }
}

fn plain(kind: &Type, cell: &str) -> String {
    match (kind, cell) {
        (&Type::BOOL, "t") => "1".into(),
        (&Type::BOOL, "f") => "0".into(),
        (&Type::BYTEA, cell) => cell.trim_start_matches("\\x").to_owned(),
        _ => cell.to_owned(),
    }
}
