//! The database: where it is, and the threads that work on it behind two queues. What each kind of database does its own
//! way is in `sqlite/` and `postgres/`; the other files of the store do not know it.

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{AccountKey, Tx, WriteTx, postgres, sqlite};
use crate::clock::Time;
use crate::error::{Error, Result};

/// As many jobs may wait for a thread before further ones are refused as busy.
pub(super) const QUEUE: usize = 4_096;

/// Where the data lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// One file, inside this process.
    Sqlite(PathBuf),
    /// A PostgreSQL server, which several processes may share.
    Postgres(Box<postgres::Address>),
}

impl Database {
    /// Reads `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`.
    ///
    /// # Errors
    /// A sentence with the forms that there are, or with what is wrong in the address; a password is never in it.
    pub fn parse(url: &str) -> Result<Self> {
        match url.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => {
                postgres::Address::parse(url).map(|address| Self::Postgres(Box::new(address)))
            }
            _ => Err(Error::invalid(format!(
                "{:?} is not a database; use sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
                mask(url)
            ))),
        }
    }

    /// Whether Rollcall has ever been started on it.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn exists(&self) -> Result<bool> {
        match self {
            Self::Sqlite(path) => Ok(path.exists()),
            Self::Postgres(address) => postgres::exists(address),
        }
    }
}

impl std::fmt::Display for Database {
    /// For people: without a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(address) => f.write_str(&mask(address.url())),
        }
    }
}

/// Hides the password of `scheme://user:password@host` and of each `password=…`: for everything that is shown or logged.
/// Also where the text is no address: a mistyped one is shown, too.
pub fn mask(url: &str) -> String {
    let mut parts = url.split("password=");
    let mut hidden = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c == '&' || c.is_whitespace()).unwrap_or(part.len());
        hidden.push_str("password=***");
        hidden.push_str(&part[end..]);
    }
    let login = hidden.find(':').map_or(0, |colon| {
        let rest = &hidden[colon + 1..];
        colon + 1 + (rest.len() - rest.trim_start_matches('/').len())
    });
    let (scheme, rest) = hidden.split_at(login);
    let named = rest.rsplit_once('@').and_then(|(login, host)| {
        let (user, _) = login.split_once(':')?;
        Some(format!("{scheme}{user}:***@{host}"))
    });
    named.unwrap_or(hidden)
}

/// How the store is opened.
#[derive(Debug, Clone, Copy)]
pub struct Threads {
    /// How many threads read at the same time.
    pub readers: usize,
    /// How many threads write at the same time, where the database can do that: SQLite has one writer.
    pub writers: usize,
    /// How long PostgreSQL may work on one statement.
    pub patience: Duration,
}

impl Default for Threads {
    /// For a command that does one thing: few threads, much patience.
    fn default() -> Self {
        Self { readers: 2, writers: 2, patience: Duration::from_secs(600) }
    }
}

/// The writing threads, and those that read.
pub(super) type Started = (Vec<JoinHandle<()>>, Vec<JoinHandle<()>>);

/// What becomes of a job's changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are committed (on SQLite with a group of others).
    Keep,
    /// They are undone: the job failed, or was a rehearsal.
    Undo,
}

/// Work for a writer: first `run`, then `answer` once its fate is on the disk.
pub(crate) trait Job: Any + Send {
    /// Does the work. It may be called again where the database undid it: two transactions that waited for each other.
    fn run(&mut self, tx: &WriteTx<'_>) -> Verdict;
    /// Whether it is certain before it runs that nothing of it is kept.
    fn is_rehearsal(&self) -> bool {
        false
    }
    /// The account that it works on, if it is one.
    fn account(&self) -> Option<AccountKey> {
        None
    }
    /// Takes over the job that came after it, where both can be done as one; gives it back where they cannot.
    fn absorb(&mut self, next: Box<dyn Job>) -> Option<Box<dyn Job>> {
        Some(next)
    }
    /// Lets go of the jobs that it took over, in their order: none of them may suffer by another.
    fn take_apart(&mut self) -> Vec<Box<dyn Job>> {
        Vec::new()
    }
    /// Tells whoever waits. An error means that nothing of it was kept, unless it says that it cannot tell.
    fn answer(self: Box<Self>, fate: Result<()>);
}

/// The jobs that waited, in order, those as one that can be.
pub(super) fn together(waiting: impl Iterator<Item = Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let mut jobs = Vec::<Box<dyn Job>>::new();
    for job in waiting {
        let left = match jobs.last_mut() {
            Some(last) => last.absorb(job),
            None => Some(job),
        };
        jobs.extend(left);
    }
    jobs
}

/// What the statements of a reader see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Each what is committed when it begins: for work of one statement, which needs no transaction around it.
    Moment,
    /// All the same.
    Snapshot,
}

/// What a reader does with its transaction, or without one.
pub(crate) type Reading = Box<dyn FnOnce(Result<&Tx<'_>>) + Send>;

/// Work for a reader.
pub(crate) struct ReadJob {
    pub(super) extent: Extent,
    pub(super) work: Reading,
}

/// The database, behind its threads.
pub(crate) struct Store {
    writes: Option<flume::Sender<Box<dyn Job>>>,
    reads: Option<flume::Sender<ReadJob>>,
    writers: Vec<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
    statements: Arc<AtomicU64>,
}

impl Store {
    /// Opens the database, migrates it, and starts the threads.
    pub(crate) fn open(database: &Database, threads: Threads, now: Time) -> Result<Self> {
        let statements = Arc::new(AtomicU64::new(0));
        let (writes, to_write) = flume::bounded::<Box<dyn Job>>(QUEUE);
        let (reads, to_read) = flume::bounded::<ReadJob>(QUEUE);
        let (writers, readers) = match database {
            Database::Sqlite(path) => sqlite::start(path, threads.readers, &statements, now, to_write, &to_read)?,
            Database::Postgres(address) => postgres::start(address, threads, &statements, now, &to_write, &to_read)?,
        };
        Ok(Self { writes: Some(writes), reads: Some(reads), writers, readers, statements })
    }

    /// Queues a job for a writer; a full queue hands it straight back as busy.
    pub(crate) fn write(&self, job: Box<dyn Job>) {
        let queue = self.writes.as_ref().expect("the store is open until it is dropped");
        if let Err(flume::TrySendError::Full(job) | flume::TrySendError::Disconnected(job)) = queue.try_send(job) {
            job.answer(Err(Error::busy("the writers' queue is full")));
        }
    }

    /// Queues a job for a reader; a full queue runs it at once with the refusal.
    pub(crate) fn read(&self, extent: Extent, work: Reading) {
        let job = ReadJob { extent, work };
        let queue = self.reads.as_ref().expect("the store is open until it is dropped");
        if let Err(flume::TrySendError::Full(job) | flume::TrySendError::Disconnected(job)) = queue.try_send(job) {
            (job.work)(Err(Error::busy("the readers' queue is full")));
        }
    }

    /// How many statements have been run since the store was opened: what the tests of "a fixed number" count.
    pub(crate) fn statements(&self) -> u64 {
        self.statements.load(Ordering::SeqCst)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The readers first: while one of them holds SQLite's file open, the writer cannot empty the log.
        self.reads = None;
        self.readers.drain(..).for_each(joined);
        self.writes = None;
        self.writers.drain(..).for_each(joined);
    }
}

fn joined(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("a database thread ended by a panic");
    }
}

pub(super) fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(body).map_err(|e| Error::internal(format!("no thread: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_named_by_url() {
        assert_eq!(Database::parse("sqlite:a/b.db").unwrap(), Database::Sqlite("a/b.db".into()));
        assert!(matches!(Database::parse("postgres://ada@db/rollcall").unwrap(), Database::Postgres(_)));
        for bad in ["", "sqlite:", "a.db", "mysql://x:secret@y"] {
            let error = Database::parse(bad).unwrap_err().to_string();
            assert!(error.contains("sqlite:PATH") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn passwords_are_masked() {
        assert_eq!(mask("postgres://ada:s3cret@db/rollcall"), "postgres://ada:***@db/rollcall");
        assert_eq!(mask("postgres://ada@db/rollcall"), "postgres://ada@db/rollcall");
        assert_eq!(
            mask("postgres:///x?user=ada&password=s3&sslmode=require"),
            "postgres:///x?user=ada&password=***&sslmode=require"
        );
        assert_eq!(mask("sqlite:a@b"), "sqlite:a@b");
        for mistyped in [
            "postgres:ada:s3cret@db/x",
            "postgres:/ada:s3cret@db/x",
            "mysql:ada:s3cret@db",
            "host=db user=ada password=s3cret",
            "postgres://db/x?password=s3cret&password=s3cret2",
            "sqlite:postgres://ada:s3cret@db/x",
            "postgres://db:5432/x?user=ada&password=s3@cret",
        ] {
            assert!(!mask(mistyped).contains("cret"), "{}", mask(mistyped));
        }
    }
}
