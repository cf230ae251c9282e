//! One run of the server, from its start to the end of its last process. The cluster it serves lives in `lib`.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::processes::{children, freeze, signal};

/// How long a start may take. After a crash of a busy server it reads its log first.
const START: Duration = Duration::from_secs(120);

/// How long an orderly end may take.
const STOP: Duration = Duration::from_secs(60);

/// How long the system may take to remove processes that were killed.
const KILL: Duration = Duration::from_secs(30);

/// A running server. Dropped, it is gone.
pub(crate) struct Server {
    pid: u32,
    /// Nothing comes from it; it is cut off when the last process is gone.
    ended: Mutex<Receiver<Infallible>>,
}

impl Server {
    /// Starts the command, which becomes the server's first process, and waits until it accepts connections.
    ///
    /// # Errors
    /// Where it does not start, ends, or is not ready in time.
    pub(crate) fn start(command: Command, data: &Path) -> Result<Self, String> {
        let (started, start) = channel();
        let (end, ended) = channel();
        // "Dies with the one who started it" holds for a thread, not for a process: a test's thread would take the
        // server along. This one lives as long as the server, or as long as we.
        let keeper = std::thread::Builder::new().name("postgres keeper".to_owned());
        let kept = keeper.spawn(move || keep(command, &started, end));
        kept.map_err(|error| format!("no thread for the server: {error}"))?;
        let pid = start.recv().map_err(|_| "the thread of the server ended early".to_owned())??;
        let server = Self { pid, ended: Mutex::new(ended) };
        let begin = Instant::now();
        while !server.is_ready(data) {
            if server.ends_within(Duration::from_millis(5)) {
                return Err("the server ended instead of starting; its log ends so:".to_owned());
            }
            if begin.elapsed() > START {
                return Err(format!("the server is not ready after {} s; its log ends so:", START.as_secs()));
            }
        }
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn stop(self) -> Result<(), String> {
        self.thaw()?;
        signal("INT", &[self.pid])?;
        if self.ends_within(STOP) {
            return Ok(());
        }
        // What is left is killed when `self` is dropped.
        Err(format!("the server did not shut down in {} s and was killed", STOP.as_secs()))
    }

    pub(crate) fn kill(self) -> Result<(), String> {
        // Frozen first, or those that are killed later would still say goodbye to their clients.
        self.freeze()?;
        signal("KILL", &self.processes())?;
        if self.ends_within(KILL) {
            return Ok(());
        }
        Err(format!("processes of the server are still there {} s after SIGKILL", KILL.as_secs()))
    }

    pub(crate) fn freeze(&self) -> Result<(), String> {
        // The first process alone starts others: once it stands still, no more will come.
        freeze(&[self.pid])?;
        freeze(&children(self.pid))
    }

    pub(crate) fn thaw(&self) -> Result<(), String> {
        signal("CONT", &self.processes())
    }

    fn processes(&self) -> Vec<u32> {
        let mut all = vec![self.pid];
        all.extend(children(self.pid));
        all
    }

    /// Whether the server itself says, in the file that `pg_ctl` reads too, that it accepts connections.
    fn is_ready(&self, data: &Path) -> bool {
        let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let mut lines = text.lines().map(str::trim);
        // The file may be left of the run before.
        lines.next() == Some(&self.pid.to_string()) && lines.nth(6) == Some("ready")
    }

    /// Waits for the end of the last process, but no longer than this.
    fn ends_within(&self, time: Duration) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(ended.recv_timeout(time), Err(RecvTimeoutError::Timeout))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.ends_within(Duration::ZERO) {
            return;
        }
        // SIGQUIT ends it at once, but gives back the memory it shares. A process that is born in that moment can miss
        // it, and the server may wait a minute before it sees to that.
        let _ = self.thaw();
        let _ = signal("QUIT", &[self.pid]);
        if !self.ends_within(Duration::from_secs(5)) {
            let _ = signal("KILL", &self.processes());
            self.ends_within(KILL);
        }
    }
}

/// Starts the command, tells its process id, and holds `end` until the last process of the server is gone.
fn keep(mut command: Command, started: &Sender<Result<u32, String>>, end: Sender<Infallible>) {
    match command.stdout(Stdio::piped()).spawn() {
        Ok(mut child) => {
            let _ = started.send(Ok(child.id()));
            // Every process of the server inherits the other end of the pipe, so that it is read to its end when the
            // last of them is gone; the first alone could be waited for.
            if let Some(mut output) = child.stdout.take() {
                let _ = io::copy(&mut output, &mut io::sink());
            }
            let _ = child.wait();
        }
        Err(error) => {
            let program = command.get_program().to_string_lossy().into_owned();
            let _ = started.send(Err(format!("{program} did not start: {error} (on Debian it is in util-linux)")));
        }
    }
    drop(end);
}
