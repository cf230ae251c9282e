//! What the threads do with their connections: a look, a transaction of one job, or one of several jobs that only add.
//! Transactions that lost against others are done again; a commit without an answer is looked up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::pool::Pool;
use super::session::{Begin, Ended, Session};
use crate::chance;
use crate::error::{Error, Result};
use crate::store::db::{Extent, Job, ReadJob, Verdict};
use crate::store::{Lock, Trace, Tx, WriteTx, audit};

/// How often a transaction that loses against others is tried.
const ATTEMPTS: u32 = 8;
/// How long a commit without an answer is looked for.
const LOOK_UP: Duration = Duration::from_secs(10);

/// How a job fared in a transaction that it shares.
enum Beside {
    /// What it did is to be kept.
    Well,
    /// It did nothing, and its answer says why.
    Refused,
    /// It has done nothing, and wants what it cannot have beside others.
    Alone,
    /// It waited for a lock, too long for the others to wait, too.
    Late,
    /// What it did cannot be kept, nor taken back without all the rest.
    Spoiled,
    /// The connection broke under it: with another one it may go well.
    Broken,
    /// The server did not answer it, and it says so.
    Mute,
}

fn run_beside_others(open: &Session, job: &mut dyn Job) -> Beside {
    if job.is_rehearsal() {
        return Beside::Alone;
    }
    let before = open.changes();
    let tx = WriteTx::postgres(open);
    let verdict = catch_unwind(AssertUnwindSafe(|| job.run(&tx)));
    let wants_alone = open.take_wants_alone();
    match verdict {
        Ok(Verdict::Undo) if open.is_mute() => Beside::Mute,
        _ if !open.is_usable() => Beside::Broken,
        _ if open.is_late() => Beside::Late,
        _ if open.has_failed() => Beside::Spoiled,
        _ if wants_alone && open.changes() == before => Beside::Alone,
        Ok(Verdict::Keep) if !wants_alone => Beside::Well,
        Ok(Verdict::Undo) if open.changes() == before => Beside::Refused,
        _ => Beside::Spoiled,
    }
}

/// The others need a moment to be done; all at once again would lose again.
fn wait_for_others(attempt: u32) {
    std::thread::sleep(Duration::from_millis(u64::from(chance::bytes::<1>()[0] % 8) * u64::from(attempt)));
}

impl Pool {
    pub(super) fn read(&self, session: &mut Option<Session>, ReadJob { extent, work }: ReadJob) {
        let begin = match extent {
            Extent::Moment => Begin::Moment,
            Extent::Snapshot => Begin::Snapshot,
        };
        match self.begin(session, 0, begin) {
            Err(error) => work(Err(error)),
            Ok(session) => {
                let tx = Tx::postgres(session);
                // The job's sender is dropped when it panics, which whoever waits sees as an internal error.
                let _ = catch_unwind(AssertUnwindSafe(|| work(Ok(&tx))));
                session.rollback();
            }
        }
    }

    /// Runs a job in a transaction of its own, commits what is to be kept, and answers.
    pub(super) fn write(&self, session: &mut Option<Session>, slot: i64, mut job: Box<dyn Job>) {
        for attempt in 1.. {
            let open = match self.begin(session, slot, Begin::Write) {
                Ok(open) => open,
                Err(error) => return job.answer(Err(error)),
            };
            let (tx, before) = (WriteTx::postgres(open), open.changes());
            let verdict = catch_unwind(AssertUnwindSafe(|| job.run(&tx)));
            let ended = match verdict {
                Ok(Verdict::Keep) if !open.has_failed() && open.changes() == before => {
                    // Nothing to keep, and nothing to be uncertain about.
                    open.rollback();
                    Ended::Kept
                }
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
                        wait_for_others(attempt);
                        continue;
                    }
                    Err(error)
                }
                Ended::Unknown => self.look_up(open.trace()),
            };
            return job.answer(fate);
        }
    }

    /// Runs jobs that only add to one account in one transaction, one after the other, commits them together and answers
    /// all. What cannot go with them, and what would take them back with it, is set aside for a transaction of its own.
    pub(super) fn gather(
        &self,
        session: &mut Option<Session>,
        slot: i64,
        mut group: Vec<Box<dyn Job>>,
        aside: &flume::Sender<Box<dyn Job>>,
    ) {
        let set_aside = |mut job: Box<dyn Job>| {
            // None of them may suffer by another.
            let others = job.take_apart();
            for job in std::iter::once(job).chain(others) {
                if let Err(flume::TrySendError::Full(job) | flume::TrySendError::Disconnected(job)) =
                    aside.try_send(job)
                {
                    job.answer(Err(Error::busy("the writers' queue is full")));
                }
            }
        };
        let mut attempt = 1;
        while !group.is_empty() {
            let open = match self.begin(session, slot, Begin::Gather) {
                Ok(open) => open,
                Err(error) => return group.into_iter().for_each(|job| job.answer(Err(error.clone()))),
            };
            let start = open.changes();
            let mut at = 0;
            let spoiled = loop {
                let Some(job) = group.get_mut(at) else { break None };
                match run_beside_others(open, job.as_mut()) {
                    Beside::Well => at += 1,
                    Beside::Refused => {
                        // Whom it hits is seen when they are run one by one.
                        let parts = job.take_apart();
                        if parts.is_empty() {
                            at += 1;
                        } else {
                            group.splice(at + 1..at + 1, parts);
                        }
                    }
                    Beside::Alone => set_aside(group.remove(at)),
                    spoiled => break Some(spoiled),
                }
            };
            let ended = match spoiled {
                None if open.changes() != start => open.commit(),
                // Nothing to keep: they have all been refused, or set aside.
                None => {
                    open.rollback();
                    Ended::Kept
                }
                Some(_) => Ended::Undone(Error::busy("the transaction lost against others, again and again")),
            };
            let fate = match ended {
                Ended::Kept => Ok(()),
                Ended::Undone(error) => {
                    open.rollback();
                    if open.wants_repeating() && attempt < ATTEMPTS {
                        wait_for_others(attempt);
                        attempt += 1;
                        continue;
                    }
                    match spoiled {
                        _ if open.wants_repeating() => return group.into_iter().for_each(set_aside),
                        // Somebody holds the account: no other job on it gets further, but those on others do.
                        Some(Beside::Late) if at == 0 => {
                            let account = group[0].account();
                            let (held, others) = group.into_iter().partition(|job| job.account() == account);
                            group = others;
                            Vec::into_iter(held).for_each(set_aside);
                            continue;
                        }
                        Some(Beside::Broken) if attempt < ATTEMPTS => {
                            attempt += 1;
                            continue;
                        }
                        Some(Beside::Mute) => {
                            // It was waited for long enough. The others are told by the next attempt, or are luckier.
                            group.remove(at).answer(Ok(()));
                            continue;
                        }
                        Some(_) => {
                            set_aside(group.remove(at));
                            continue;
                        }
                        // The commit was refused, for the sake of one of them.
                        None => {
                            let parts: Vec<_> = group.iter_mut().flat_map(|job| job.take_apart()).collect();
                            group.extend(parts);
                            if group.len() > 1 {
                                return group.into_iter().for_each(set_aside);
                            }
                            Err(error)
                        }
                    }
                }
                Ended::Unknown => self.look_up(open.trace()),
            };
            return group.into_iter().for_each(|job| job.answer(fate.clone()));
        }
    }

    /// The connection broke while a commit was on its way. Whether it was kept is seen by its audit event, once nothing
    /// of its transaction is left: it holds the account until its end.
    fn look_up(&self, trace: Option<Trace>) -> Result<()> {
        let Some(trace) = trace else { return Err(Error::uncertain("the commit's answer was lost")) };
        tracing::warn!(target = trace.target, "the answer to a commit was lost; looking for its audit event");
        let until = Instant::now() + LOOK_UP;
        loop {
            let left = until.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
            match self.was_kept(&trace, left) {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(Error::unreachable("the connection broke before the commit")),
                Err(error) if Instant::now() >= until => {
                    return Err(Error::uncertain(error.cause().unwrap_or("the commit's answer was lost")));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    fn was_kept(&self, trace: &Trace, left: Duration) -> Result<bool> {
        let session = Session::connect(&self.address, left / 2, &self.statements, 0)?;
        session.begin(Begin::Write)?;
        let tx = WriteTx::postgres(&session);
        tx.lock(Lock::Account(trace.account))?;
        let kept = audit::has(&tx, trace);
        session.rollback();
        kept
    }
}
