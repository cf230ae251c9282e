//! Rollcall's own jobs, on a thread of their own: sealing and signing the audit log, erasing users' data, counting users,
//! delivering the outbox, noting app usage, forgetting what is over (replies, uploads, calls, token ids, secrets, sessions), making the
//! key that tokens are encrypted to. Woken by commits, and once a second for what other processes wrote.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;
use rollcall_core::accounts::AccountInfo;
use rollcall_core::op::{Mode, Once, Op, View};
use rollcall_core::policy::Permission;
use rollcall_core::users::{list, search};
use rollcall_core::{
    HostKey, Result as CoreResult, Rollcall, admins, apps, audit, erasures, files, limits, mail as letters,
};

use crate::cli::explain;
use crate::installation::Installation;
use crate::mail;

/// As many letters are delivered before the outbox is told and other jobs have their turn.
const LETTERS: i64 = 100;
/// For how long they are ours.
const LEASE: Duration = Duration::from_millis(letters::LEASE_MILLIS.unsigned_abs());
/// As many users are erased in one transaction, which holds up whoever would change anything in the account.
const ERASED: usize = 100;
/// How long the worker sleeps when nobody wakes it.
const IDLE: Duration = Duration::from_secs(1);
/// How long it waits after being woken, so that a burst of commits is one piece of work.
const SETTLE: Duration = Duration::from_millis(50);
/// What is over is forgotten once in so many rounds: about once a minute when nothing happens.
const FORGET: u64 = 60;

/// The running worker; dropping it lets it finish its round, and one more for what came last.
pub(crate) struct Worker {
    stop: Option<flume::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Jobs {
    rollcall: Arc<Rollcall>,
    host: Arc<HostKey>,
    outbox: PathBuf,
    public_url: String,
}

impl Worker {
    /// Starts the worker.
    pub(crate) fn start(installation: &Installation, outbox: PathBuf, public_url: String) -> Result<Self> {
        let jobs = Jobs {
            rollcall: Arc::clone(&installation.rollcall),
            host: Arc::clone(&installation.host),
            outbox,
            public_url,
        };
        let (stop, stopped) = flume::bounded::<()>(1);
        let thread = std::thread::Builder::new().name("rollcall-worker".into()).spawn(move || jobs.run(&stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the worker ended by a panic");
        }
    }
}

impl Jobs {
    fn run(&self, stopped: &flume::Receiver<()>) {
        let woken = self.rollcall.woken();
        let (mut more, mut has_key) = (false, false);
        for round in 0.. {
            let is_over = || matches!(stopped.try_recv(), Err(flume::TryRecvError::Disconnected));
            if !more {
                let selector = flume::Selector::new().recv(stopped, |_| ()).recv(&woken, |_| ());
                // A time-out is as good as being woken: other processes write, too.
                let _ = selector.wait_timeout(IDLE);
                let _ = stopped.recv_timeout(SETTLE);
            }
            let stopping = is_over();
            // A job that panics is logged where it does and tried again in the next round, like one that fails.
            more = catch_unwind(AssertUnwindSafe(|| self.round(round))).unwrap_or(false);
            // What is left then waits in the database for the next start.
            if stopping {
                return;
            }
            // After the first round: a key takes a moment to make, and neither the start nor a letter waits for it.
            if !has_key || round.is_multiple_of(FORGET) {
                has_key = self.keep_keys();
            }
        }
    }

    /// Every job of every account once; whether there is more to do at once. What fails in one holds up no other.
    fn round(&self, round: u64) -> bool {
        let accounts = match self.rollcall.accounts(&self.host).wait() {
            Ok(accounts) => accounts,
            Err(error) => {
                failed("looking at the accounts", &error.into());
                return false;
            }
        };
        let mut more = false;
        for account in accounts {
            // A page of users counts those who are not counted yet: they are counted before each job that may take long.
            self.count_users(&account);
            let waits = self.rollcall.read(self.actor(&account), Permission::RunJobs, erasures::is_any_pending).wait();
            if !matches!(waits, Ok(false)) {
                let erase = |op: &mut Op<'_>| erasures::run(op, ERASED);
                more |= self.job(&account, "erasing the data of users", erase).unwrap_or(false);
            }
            let is_due = self.rollcall.read(self.actor(&account), Permission::RunJobs, audit::is_sealing_due).wait();
            if !matches!(is_due, Ok(false)) {
                self.count_users(&account);
                more |= self.job(&account, "sealing the audit log", audit::seal).is_some_and(|left| left > 0);
            }
            more |= self.index_users(&account, round.is_multiple_of(FORGET));
            if self.rollcall.has_usage(&account) {
                self.job(&account, "noting when apps were used", apps::usage::flush);
            }
            if round.is_multiple_of(FORGET) {
                self.job(&account, "forgetting old replies", Once::forget_expired);
                self.job(&account, "forgetting old uploads", files::forget_expired);
                self.job(&account, "forgetting old calls", limits::forget_old);
                self.job(&account, "forgetting old token ids", apps::replay::forget_expired);
                self.job(&account, "forgetting old secrets", apps::forget_expired_secrets);
                self.job(&account, "forgetting sessions that are over", admins::session::forget_over);
            }
            self.count_users(&account);
            more |= self.deliver(&account).unwrap_or_else(|error| {
                failed("delivering the outbox", &error);
                false
            });
        }
        more
    }

    fn count_users(&self, account: &AccountInfo) {
        let uncounted = self.rollcall.read(self.actor(account), Permission::RunJobs, list::is_count_due).wait();
        if matches!(uncounted, Ok(true)) {
            self.job(account, "counting users", list::count);
        }
    }

    /// Brings a block of users into the index of texts; true where there may be another one.
    fn index_users(&self, account: &AccountInfo, any: bool) -> bool {
        let is_due = move |view: &View<'_>| search::is_index_due(view, any);
        let due = self.rollcall.read(self.actor(account), Permission::RunJobs, is_due).wait();
        let index = move |op: &mut Op<'_>| search::index(op, any);
        matches!(due, Ok(true)) && self.job(account, "indexing users", index) == Some(true)
    }

    /// Makes the key that tokens are encrypted to, where there is none; forgets those that another replica has retired.
    /// Whether it is there.
    fn keep_keys(&self) -> bool {
        let kept =
            self.rollcall.make_encryption_key().wait().and_then(|()| self.rollcall.load_encryption_keys().wait());
        kept.map_err(|error| failed("keeping the encryption key", &error.into())).is_ok()
    }

    fn actor(&self, account: &AccountInfo) -> rollcall_core::actor::Actor {
        self.host.actor(account, "worker")
    }

    fn job<T: Send + 'static>(
        &self,
        account: &AccountInfo,
        what: &str,
        work: impl Fn(&mut Op<'_>) -> CoreResult<T> + Send + 'static,
    ) -> Option<T> {
        let done = self.rollcall.write(self.actor(account), Permission::RunJobs, Mode::Real, work).wait();
        done.map_err(|error| failed(what, &error.into())).ok()
    }

    /// Delivers a batch of letters; true where it was a full one.
    fn deliver(&self, account: &AccountInfo) -> Result<bool> {
        if !self.rollcall.read(self.actor(account), Permission::RunJobs, letters::is_any_due).wait()? {
            return Ok(false);
        }
        let claim = |op: &mut Op<'_>| letters::claim(op, LETTERS);
        let letters::Claimed { letters: due, unreadable } =
            self.rollcall.write(self.actor(account), Permission::RunJobs, Mode::Real, claim).wait()?;
        if due.is_empty() && unreadable.is_empty() {
            return Ok(false);
        }
        let now = self.rollcall.now();
        let (mut settled, mut postponed) = (Vec::new(), Vec::new());
        for (id, attempts) in unreadable {
            tracing::error!(letter = id, "a message does not open with the installation key");
            postponed.push((id, attempts, "does not open with the installation key".to_owned()));
        }
        let mut delivered = 0;
        let begun = Instant::now();
        let mut taken = due.iter();
        // Where this takes long, the rest is left to whoever comes when the lease has run out, before both send it.
        while begun.elapsed() < LEASE / 2
            && let Some(letter) = taken.next()
        {
            match mail::render(letter, &self.public_url).and_then(|m| mail::write(&self.outbox, letter, &m)) {
                Ok(()) => {
                    delivered += 1;
                    settled.push((letter.id, letter.written));
                }
                Err(error) if letter.letter.expires <= now => {
                    let error = format!("{error:#}");
                    tracing::error!(
                        letter = letter.id,
                        error,
                        "a message could not be delivered in its time and is given up"
                    );
                    settled.push((letter.id, letter.written));
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::error!(
                        letter = letter.id,
                        error,
                        "a message could not be delivered; it will be tried again"
                    );
                    postponed.push((letter.id, letter.attempts, error));
                }
            }
        }
        tracing::info!(delivered, postponed = postponed.len(), "outbox");
        let is_full = due.len() as i64 == LETTERS;
        let settle = move |op: &mut Op<'_>| letters::settle(op, &settled, &postponed);
        self.rollcall.write(self.actor(account), Permission::RunJobs, Mode::Real, settle).wait()?;
        Ok(is_full)
    }
}

fn failed(what: &str, error: &anyhow::Error) {
    tracing::error!(error = explain(error), "{what} failed; it will be tried again");
}
