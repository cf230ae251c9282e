//! The threads that work on PostgreSQL: each has a connection of its own, made when it is needed and made again when it
//! broke. What they do on it is in `transact`.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Address;
use super::session::{Begin, Session};
use crate::chance;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::db::{Job, QUEUE, ReadJob, Started, Threads, spawn, together};
use crate::store::migrate;

/// How long nobody tries to connect after a failure: this at first, twice as long each time, up to the other.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How long a step to the next schema may take: it goes over whole tables, and one that is broken off would begin anew with each
/// start.
const MIGRATION: Duration = Duration::from_secs(3_600);
/// How many counters an account's revision has.
const SLOTS: i64 = 16;
/// As many jobs that only add share a commit.
const GROUP: usize = 32;

/// What the threads share.
pub(super) struct Pool {
    pub(super) address: Address,
    patience: Duration,
    pub(super) statements: Arc<AtomicU64>,
    outage: Mutex<Option<Outage>>,
}

/// While the database cannot be reached, one thread at a time tries; all others answer at once.
struct Outage {
    cause: Error,
    next_try: Instant,
    wait: Duration,
    is_tried: bool,
}

impl Outage {
    fn new(cause: Error, wait: Duration) -> Self {
        Self { cause, next_try: Instant::now() + wait, wait, is_tried: false }
    }
}

/// Checks the server, migrates the schema, and starts the threads; each ends when its queue does.
pub(in crate::store) fn start(
    address: &Address,
    threads: Threads,
    statements: &Arc<AtomicU64>,
    now: Time,
    writes: &flume::Receiver<Box<dyn Job>>,
    reads: &flume::Receiver<ReadJob>,
) -> Result<Started> {
    let patience = threads.patience;
    apart(|| {
        let session = Session::connect(address, patience.max(MIGRATION), statements, 0)?;
        check_locks(&session, &Session::connect(address, patience, statements, 0)?)?;
        // A step may have to read whole tables.
        session.batch("reset enable_seqscan; reset enable_hashjoin; reset enable_mergejoin")?;
        migrate::postgres(&session, now)
    })?;
    let pool = Arc::new(Pool {
        address: address.clone(),
        patience,
        statements: Arc::clone(statements),
        outage: Mutex::default(),
    });
    let offset = i64::from(chance::bytes::<1>()[0]);
    let slot = |n: usize| (offset + n as i64) % SLOTS;
    // Every job comes to those who gather first, and what cannot go with others is passed on.
    // Few of them: the more come together, the less each costs.
    let gatherers = (threads.writers / 6).max(1);
    let (aside, set_aside) = flume::bounded::<Box<dyn Job>>(QUEUE);
    let mut writers = Vec::new();
    for n in 0..gatherers {
        let (pool, queue, aside, slot) = (Arc::clone(&pool), writes.clone(), aside.clone(), slot(n));
        writers.push(spawn(format!("rollcall-gatherer-{n}"), move || {
            let mut session = None;
            while let Ok(first) = queue.recv() {
                let group = std::iter::once(first).chain(queue.try_iter().take(GROUP - 1));
                pool.gather(&mut session, slot, together(group), &aside);
            }
        })?);
    }
    for n in gatherers..threads.writers.max(gatherers + 1) {
        let (pool, queue, slot) = (Arc::clone(&pool), set_aside.clone(), slot(n));
        writers.push(spawn(format!("rollcall-writer-{n}"), move || {
            let mut session = None;
            while let Ok(job) = queue.recv() {
                pool.write(&mut session, slot, job);
            }
        })?);
    }
    let mut readers = Vec::new();
    for n in 0..threads.readers.max(1) {
        let (pool, queue) = (Arc::clone(&pool), reads.clone());
        readers.push(spawn(format!("rollcall-reader-{n}"), move || {
            let mut session = None;
            while let Ok(job) = queue.recv() {
                pool.read(&mut session, job);
            }
        })?);
    }
    Ok((writers, readers))
}

/// Works on a thread of its own: whoever asks may be driving asynchronous tasks, and those must not be waited in.
pub(super) fn apart<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let panicked = |_| Err(Error::internal("a database thread ended by a panic"));
    std::thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(panicked))
}

/// Some engines that speak PostgreSQL's language take advisory locks for a no-op; on those nothing would hold.
fn check_locks(one: &Session, other: &Session) -> Result<()> {
    let mut is_free = true;
    let probe = i64::from_be_bytes(chance::bytes());
    one.each("select pg_advisory_lock($1)", &[probe.into()], &mut |_| {})?;
    other.each("select pg_try_advisory_lock($1)", &[probe.into()], &mut |r| is_free = r.bool(0))?;
    one.each("select pg_advisory_unlock($1)", &[probe.into()], &mut |_| {})?;
    if is_free {
        return Err(Error::invalid(
            "the database's advisory locks lock nothing: two replicas would undo each other's work; use PostgreSQL, or \
             an engine on which pg_advisory_xact_lock works",
        ));
    }
    Ok(())
}

impl Pool {
    /// Begins a transaction on a connection that is alive.
    pub(super) fn begin<'s>(&self, session: &'s mut Option<Session>, slot: i64, begin: Begin) -> Result<&'s Session> {
        if let Some(open) = session.take() {
            if open.is_mute() {
                self.wait_a_moment();
            } else if open.is_usable() && open.begin(begin).is_ok() {
                return Ok(session.insert(open));
            }
        }
        let new = session.insert(self.connect(slot)?);
        new.begin(begin)?;
        Ok(new)
    }

    /// A server that has become mute may leave a new connection without an answer, too. That is waited for by one thread
    /// alone, and not before those are told who queue behind this one.
    fn wait_a_moment(&self) {
        let mut outage = self.outage.lock();
        let wait = outage.as_ref().map_or(FIRST_WAIT, |o| o.wait);
        if outage.as_ref().is_none_or(|o| !o.is_tried) {
            *outage = Some(Outage::new(Error::unreachable("the database did not answer"), wait));
        }
    }

    fn connect(&self, slot: i64) -> Result<Session> {
        if let Some(outage) = self.outage.lock().as_mut() {
            if outage.is_tried || Instant::now() < outage.next_try {
                return Err(outage.cause.clone());
            }
            outage.is_tried = true;
        }
        let connected = Session::connect(&self.address, self.patience, &self.statements, slot);
        let mut outage = self.outage.lock();
        match connected {
            Ok(session) => {
                if outage.take().is_some() {
                    tracing::info!("the database is back");
                }
                Ok(session)
            }
            Err(error) => {
                let wait = outage.as_ref().map_or(FIRST_WAIT, |o| (o.wait * 2).min(LONGEST_WAIT));
                let told = error.cause().map_or_else(|| error.to_string(), str::to_owned);
                tracing::warn!(error = told, next_try_ms = wait.as_millis() as u64, "the database cannot be reached");
                let cause = Error::unreachable(told);
                *outage = Some(Outage::new(cause.clone(), wait));
                Err(cause)
            }
        }
    }
}
