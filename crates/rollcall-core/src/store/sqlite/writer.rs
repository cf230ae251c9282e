//! The threads of the embedded store: one writer that commits in groups, a few readers on snapshots of their own.
//! A job knows nothing of its neighbours; what one does or fails at never touches another.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use rusqlite::Connection;

use super::{Connected, connect_to_read, connect_to_write, failed};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::db::{Extent, Job, ReadJob, Started, Verdict, spawn, together};
use crate::store::{Tx, WriteTx, migrate};

/// As many jobs as are waiting, up to this many, share one commit and its fsync.
const GROUP: usize = 64;

/// Opens the database, migrates it, and starts the writer and `readers` reading threads; each ends when its queue does.
pub(in crate::store) fn start(
    path: &Path,
    readers: usize,
    statements: &Arc<AtomicU64>,
    now: Time,
    writes: flume::Receiver<Box<dyn Job>>,
    reads: &flume::Receiver<ReadJob>,
) -> Result<Started> {
    let mut connection = connect_to_write(path)?;
    migrate::sqlite(&mut connection, now)?;
    let writing = Connected::new(connection, statements);
    let writer = spawn("rollcall-writer".into(), move || {
        while let Ok(first) = writes.recv() {
            let waiting = std::iter::once(first).chain(writes.try_iter().take(GROUP - 1));
            commit_group(&writing, together(waiting));
        }
        close(&writing.connection);
    })?;
    let mut threads = Vec::new();
    let readers = readers.max(1);
    for n in 0..readers {
        let reading = Connected::new(connect_to_read(path, readers)?, statements);
        let queue = reads.clone();
        threads.push(spawn(format!("rollcall-reader-{n}"), move || {
            while let Ok(job) = queue.recv() {
                read_one(&reading, job);
            }
        })?);
    }
    Ok((vec![writer], threads))
}

/// Moves what is in the log into the database's own file: a copy made while nothing runs is then complete. Another
/// process that has the file open keeps the log, which is right.
fn close(connection: &Connection) {
    if let Err(error) = connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())) {
        tracing::warn!(%error, "the log could not be moved into the database's file; keep both files together");
    }
}

/// Runs the jobs, commits what is to be kept, answers all. Where SQLite itself gave up the transaction (a full disk),
/// what was done so far is lost and said to be; the rest of the group starts again.
fn commit_group(connected: &Connected, group: Vec<Box<dyn Job>>) {
    let connection = &connected.connection;
    let mut waiting = VecDeque::from(group);
    while !waiting.is_empty() {
        let mut ran: Vec<(Box<dyn Job>, Result<()>)> = Vec::with_capacity(waiting.len());
        if let Err(error) = connection.execute_batch("begin immediate").map_err(failed) {
            return waiting.into_iter().for_each(|job| job.answer(Err(error.clone())));
        }
        while let Some(mut job) = waiting.pop_front() {
            let verdict = run_in_savepoint(connected, job.as_mut());
            let parts = if matches!(verdict, Ok(Verdict::Keep)) { Vec::new() } else { job.take_apart() };
            if parts.is_empty() {
                ran.push((job, verdict.map(|_| ())));
            } else {
                // Whom it hits is seen when they are run one by one.
                parts.into_iter().rev().for_each(|part| waiting.push_front(part));
                waiting.push_front(job);
            }
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

fn run_in_savepoint(connected: &Connected, job: &mut dyn Job) -> Result<Verdict> {
    let connection = &connected.connection;
    execute(connection, "savepoint job")?;
    let tx = WriteTx::sqlite(connected);
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
    verdict.map_err(|_| Error::internal("a write panicked; see the panic's own line in the log"))
}

fn execute(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql).and_then(|mut s| s.raw_execute()).map(|_| ()).map_err(failed)
}

fn read_one(connected: &Connected, ReadJob { extent, work }: ReadJob) {
    let connection = &connected.connection;
    if extent == Extent::Snapshot
        && let Err(error) = execute(connection, "begin")
    {
        return work(Err(error));
    }
    let tx = Tx::sqlite(connected);
    // The job's sender is dropped when it panics, which whoever waits sees as an internal error.
    let _ = catch_unwind(AssertUnwindSafe(|| work(Ok(&tx))));
    if extent == Extent::Snapshot
        && let Err(error) = execute(connection, "rollback")
    {
        tracing::error!(%error, "a read could not be ended");
    }
}
