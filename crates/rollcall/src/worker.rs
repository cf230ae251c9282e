//! Rollcall's own jobs, on a thread of their own: delivering the outbox, sealing the audit log, noting app usage,
//! forgetting old replies. Woken by commits, and once a second for what other processes wrote.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use rollcall_core::accounts::AccountInfo;
use rollcall_core::op::{Mode, Once};
use rollcall_core::policy::Permission;
use rollcall_core::{HostKey, Rollcall, apps, audit, mail as letters};

use crate::installation::Installation;
use crate::mail;

/// As many letters are delivered before the outbox is told.
const LETTERS: i64 = 100;
/// How long the worker sleeps when nobody wakes it.
const IDLE: Duration = Duration::from_secs(1);
/// How long it waits after being woken, so that a burst of commits is one piece of work.
const SETTLE: Duration = Duration::from_millis(50);

/// The running worker; dropping it does what is left and ends it.
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
        loop {
            let stopping = flume::Selector::new()
                .recv(stopped, |_| true)
                .recv(&woken, |_| false)
                .wait_timeout(IDLE)
                .unwrap_or(false);
            let stopping =
                stopping || matches!(stopped.recv_timeout(SETTLE), Err(flume::RecvTimeoutError::Disconnected));
            if let Err(error) = self.once() {
                tracing::error!(error = format!("{error:#}"), "a background job failed; it will be tried again");
            }
            if stopping {
                return;
            }
        }
    }

    fn once(&self) -> Result<()> {
        for account in self.rollcall.accounts(&self.host).wait()? {
            self.deliver(&account)?;
            let actor = self.host.actor(&account, "worker");
            self.rollcall.write(actor.clone(), Permission::RunJobs, Mode::Real, apps::usage::flush).wait()?;
            while self.rollcall.write(actor.clone(), Permission::RunJobs, Mode::Real, audit::seal).wait()? > 0 {}
            self.rollcall.write(actor, Permission::RunJobs, Mode::Real, Once::forget_expired).wait()?;
        }
        Ok(())
    }

    fn deliver(&self, account: &AccountInfo) -> Result<()> {
        let actor = || self.host.actor(account, "worker");
        loop {
            let due = self.rollcall.read(actor(), Permission::RunJobs, |view| letters::due(view, LETTERS)).wait()?;
            if due.is_empty() {
                return Ok(());
            }
            let (mut delivered, mut failed) = (Vec::new(), Vec::new());
            for letter in &due {
                match mail::render(letter, &self.public_url).and_then(|m| mail::write(&self.outbox, letter, &m)) {
                    Ok(()) => delivered.push(letter.id),
                    Err(error) => {
                        tracing::error!(
                            message = letter.id,
                            error = format!("{error:#}"),
                            "a message could not be delivered"
                        );
                        failed.push((letter.id, letter.attempts, format!("{error:#}")));
                    }
                }
            }
            tracing::info!(delivered = delivered.len(), failed = failed.len(), "outbox");
            let settle = move |op: &mut rollcall_core::op::Op<'_>| letters::settle(op, &delivered, &failed);
            self.rollcall.write(actor(), Permission::RunJobs, Mode::Real, settle).wait()?;
        }
    }
}
