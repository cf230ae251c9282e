//! The threads that work on PostgreSQL: each has a connection of its own, made when it is needed and made again when it
//! broke. Transactions that lost against others are done again; a commit without an answer is looked up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Address;
use super::session::{Ended, Session};
use crate::chance;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::db::{Job, ReadJob, Started, Threads, Verdict, spawn};
use crate::store::{Lock, Trace, Tx, WriteTx, audit, migrate};

/// How often a transaction that loses against others is tried.
const ATTEMPTS: u32 = 8;
/// How long a commit without an answer is looked for.
const LOOK_UP: Duration = Duration::from_secs(10);
/// How long nobody tries to connect after a failure: this at first, twice as long each time, up to the other.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How many counters an account's revision has.
const SLOTS: i64 = 16;

/// What the threads share.
struct Pool {
    address: Address,
    patience: Duration,
    statements: Arc<AtomicU64>,
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
        let session = Session::connect(address, patience, statements, 0)?;
        check_locks(&session, &Session::connect(address, patience, statements, 0)?)?;
        migrate::postgres(&session, now)
    })?;
    let pool = Arc::new(Pool {
        address: address.clone(),
        patience,
        statements: Arc::clone(statements),
        outage: Mutex::default(),
    });
    let offset = i64::from(chance::bytes::<1>()[0]);
    let mut writers = Vec::new();
    for n in 0..threads.writers.max(1) {
        let (pool, queue, slot) = (Arc::clone(&pool), writes.clone(), (offset + n as i64) % SLOTS);
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
    fn begin<'s>(&self, session: &'s mut Option<Session>, slot: i64, is_reading: bool) -> Result<&'s Session> {
        if let Some(open) = session.take() {
            if open.is_mute() {
                self.wait_a_moment();
            } else if open.is_usable() && open.begin(is_reading).is_ok() {
                return Ok(session.insert(open));
            }
        }
        let new = session.insert(self.connect(slot)?);
        new.begin(is_reading)?;
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

    fn read(&self, session: &mut Option<Session>, job: ReadJob) {
        match self.begin(session, 0, true) {
            Err(error) => job(Err(error)),
            Ok(session) => {
                let tx = Tx::postgres(session);
                // The job's sender is dropped when it panics, which whoever waits sees as an internal error.
                let _ = catch_unwind(AssertUnwindSafe(|| job(Ok(&tx))));
                session.rollback();
            }
        }
    }

    fn write(&self, session: &mut Option<Session>, slot: i64, mut job: Box<dyn Job>) {
        for attempt in 1.. {
            let open = match self.begin(session, slot, false) {
                Ok(open) => open,
                Err(error) => return job.answer(Err(error)),
            };
            let tx = WriteTx::postgres(open);
            let verdict = catch_unwind(AssertUnwindSafe(|| job.run(&tx)));
            let ended = match verdict {
                Err(_) => Ended::Undone(Error::internal("a write panicked; see the panic's own line in the log")),
                Ok(Verdict::Keep) if !open.has_failed() => open.commit(),
                Ok(Verdict::Keep) => {
                    Ended::Undone(Error::internal("a statement failed and its failure was passed over"))
                }
                // The job knows itself why.
                Ok(Verdict::Undo) if !open.wants_repeating() => {
                    open.rollback();
                    return job.answer(Ok(()));
                }
                Ok(Verdict::Undo) => Ended::Undone(Error::busy("the transaction lost against others, again and again")),
            };
            let fate = match ended {
                Ended::Kept => Ok(()),
                Ended::Undone(error) => {
                    open.rollback();
                    if open.wants_repeating() && attempt < ATTEMPTS {
                        // The others need a moment to be done; all at once again would lose again.
                        std::thread::sleep(Duration::from_millis(
                            u64::from(chance::bytes::<1>()[0] % 8) * u64::from(attempt),
                        ));
                        continue;
                    }
                    Err(error)
                }
                Ended::Unknown => self.look_up(open.trace()),
            };
            return job.answer(fate);
        }
    }

    /// The connection broke while a commit was on its way. Whether it was kept is seen by its audit event, once nothing
    /// of its transaction is left: it holds the account until its end.
    fn look_up(&self, trace: Option<Trace>) -> Result<()> {
        let Some(trace) = trace else { return Err(Error::uncertain("the commit's answer was lost")) };
        tracing::warn!(target = trace.target, "the answer to a commit was lost; looking for its audit event");
        let until = Instant::now() + LOOK_UP;
        loop {
            match self.was_kept(&trace) {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(Error::unreachable("the connection broke before the commit")),
                Err(error) if Instant::now() >= until => {
                    return Err(Error::uncertain(error.cause().unwrap_or("the commit's answer was lost")));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    fn was_kept(&self, trace: &Trace) -> Result<bool> {
        let session = Session::connect(&self.address, LOOK_UP / 2, &self.statements, 0)?;
        session.begin(false)?;
        let tx = WriteTx::postgres(&session);
        tx.lock(Lock::Account(trace.account))?;
        let kept = audit::has(&tx, trace);
        session.rollback();
        kept
    }
}
