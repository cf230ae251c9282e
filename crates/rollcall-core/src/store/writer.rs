//! The threads of the embedded store: one writer that commits in groups, a few readers on snapshots of their own.
//! A job knows nothing of its neighbours; what one does or fails at never touches another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::db::{Database, Tx, WriteTx, connect, failed};
use super::migrate::migrate;
use crate::clock::Time;
use crate::error::{Error, Result};

/// As many jobs as are waiting, up to this many, share one commit and its fsync.
const GROUP: usize = 64;
/// As many jobs may wait for a thread before further ones are refused as busy.
const QUEUE: usize = 4_096;

/// What becomes of a job's changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are committed with the group.
    Keep,
    /// They are undone: the job failed, or was a rehearsal.
    Undo,
}

/// Work for the writer: first `run` in a savepoint, then `answer` once its fate is on the disk.
pub(crate) trait Job: Send {
    /// Does the work.
    fn run(&mut self, tx: &WriteTx<'_>) -> Verdict;
    /// Tells whoever waits. An error means that nothing of it was kept.
    fn answer(self: Box<Self>, fate: Result<()>);
}

type ReadJob = Box<dyn FnOnce(Result<&Tx<'_>>) + Send>;

/// The database, behind its threads.
pub(crate) struct Store {
    writes: Option<flume::Sender<Box<dyn Job>>>,
    reads: Option<flume::Sender<ReadJob>>,
    writer: Option<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
    statements: Arc<AtomicU64>,
}

impl Store {
    /// Opens the database, migrates it, and starts `readers` reading threads and the writer.
    pub(crate) fn open(database: &Database, readers: usize, now: Time) -> Result<Self> {
        let statements = Arc::new(AtomicU64::new(0));
        let mut connection = connect(database, false)?;
        migrate(&mut connection, now)?;
        let (writes, queue) = flume::bounded::<Box<dyn Job>>(QUEUE);
        let counter = Arc::clone(&statements);
        let writer = spawn("rollcall-writer".into(), move || {
            while let Ok(first) = queue.recv() {
                let mut group = vec![first];
                group.extend(queue.try_iter().take(GROUP - 1));
                commit_group(&connection, &counter, group);
            }
            close(&connection);
        })?;
        let (reads, queue) = flume::bounded::<ReadJob>(QUEUE);
        let mut threads = Vec::new();
        for n in 0..readers.max(1) {
            let connection = connect(database, true)?;
            let queue = queue.clone();
            let counter = Arc::clone(&statements);
            threads.push(spawn(format!("rollcall-reader-{n}"), move || {
                while let Ok(job) = queue.recv() {
                    read_one(&connection, &counter, job);
                }
            })?);
        }
        Ok(Self { writes: Some(writes), reads: Some(reads), writer: Some(writer), readers: threads, statements })
    }

    /// Queues a job for the writer; a full queue hands it straight back as busy.
    pub(crate) fn write(&self, job: Box<dyn Job>) {
        let queue = self.writes.as_ref().expect("the store is open until it is dropped");
        if let Err(flume::TrySendError::Full(job) | flume::TrySendError::Disconnected(job)) = queue.try_send(job) {
            job.answer(Err(Error::busy("the writer's queue is full")));
        }
    }

    /// Queues a job for a reader; a full queue runs it at once with the refusal.
    pub(crate) fn read(&self, job: ReadJob) {
        let queue = self.reads.as_ref().expect("the store is open until it is dropped");
        if let Err(flume::TrySendError::Full(job) | flume::TrySendError::Disconnected(job)) = queue.try_send(job) {
            job(Err(Error::busy("the readers' queue is full")));
        }
    }

    /// How many statements have been run since the store was opened: what the tests of "a fixed number" count.
    pub(crate) fn statements(&self) -> u64 {
        self.statements.load(Ordering::SeqCst)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The readers first: while one of them holds the file open, the writer cannot empty the log.
        self.reads = None;
        self.readers.drain(..).for_each(joined);
        self.writes = None;
        self.writer.take().into_iter().for_each(joined);
    }
}

/// Moves what is in the log into the database's own file: a copy made while nothing runs is then complete. Another
/// process that has the file open keeps the log, which is right.
fn close(connection: &Connection) {
    if let Err(error) = connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())) {
        tracing::warn!(%error, "the log could not be moved into the database's file; keep both files together");
    }
}

fn joined(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("a database thread ended by a panic");
    }
}

fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(body).map_err(|e| Error::internal(format!("no thread: {e}")))
}

/// Runs the jobs, commits what is to be kept, answers all. Where SQLite itself gave up the transaction (a full disk),
/// what was done so far is lost and said to be; the rest of the group starts again.
fn commit_group(connection: &Connection, statements: &AtomicU64, group: Vec<Box<dyn Job>>) {
    let mut waiting = group.into_iter();
    while waiting.len() > 0 {
        let mut ran: Vec<(Box<dyn Job>, Result<()>)> = Vec::with_capacity(waiting.len());
        if let Err(error) = connection.execute_batch("begin immediate").map_err(failed) {
            waiting.by_ref().for_each(|job| job.answer(Err(error.clone())));
            return;
        }
        for mut job in waiting.by_ref() {
            let fate = run_in_savepoint(connection, statements, job.as_mut());
            ran.push((job, fate));
            if connection.is_autocommit() {
                break;
            }
        }
        let committed = if connection.is_autocommit() {
            Err(Error::internal("the database gave up the transaction"))
        } else {
            connection.execute_batch("commit").map_err(failed).inspect_err(|_| {
                if let Err(e) = connection.execute_batch("rollback") {
                    tracing::error!(error = %e, "a failed commit could not be rolled back");
                }
            })
        };
        for (job, fate) in ran {
            job.answer(fate.and(committed.clone()));
        }
    }
}

fn run_in_savepoint(connection: &Connection, statements: &AtomicU64, job: &mut dyn Job) -> Result<()> {
    execute(connection, "savepoint job")?;
    let tx = WriteTx::new(connection, statements);
    // A panicking job is undone like any other; whoever waits gets an internal error.
    let verdict = catch_unwind(AssertUnwindSafe(|| job.run(&tx)));
    if connection.is_autocommit() {
        return Err(Error::internal("the database gave up the transaction"));
    }
    let undo = if matches!(verdict, Ok(Verdict::Keep)) { Ok(()) } else { execute(connection, "rollback to job") };
    if let Err(error) = undo.and_then(|()| execute(connection, "release job")) {
        // What a job leaves behind must not be committed with its neighbours: the whole group goes.
        if let Err(e) = connection.execute_batch("rollback") {
            tracing::error!(error = %e, "a transaction could not be rolled back");
        }
        return Err(error);
    }
    verdict.map(|_| ()).map_err(|_| Error::internal("a write panicked; see the panic's own line in the log"))
}

fn execute(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql).and_then(|mut s| s.raw_execute()).map(|_| ()).map_err(failed)
}

fn read_one(connection: &Connection, statements: &AtomicU64, job: ReadJob) {
    if let Err(error) = execute(connection, "begin") {
        return job(Err(error));
    }
    let tx = Tx::new(connection, statements);
    // The job's sender is dropped when it panics, which whoever waits sees as an internal error.
    let _ = catch_unwind(AssertUnwindSafe(|| job(Ok(&tx))));
    if let Err(error) = execute(connection, "rollback") {
        tracing::error!(%error, "a read could not be ended");
    }
}
