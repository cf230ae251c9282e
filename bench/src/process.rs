//! Processes that do not outlive the harness, and what the kernel says of them: CPU time and memory. Linux only.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// A tick of `/proc/<pid>/stat`: `USER_HZ` is 100 on every Linux.
const TICK: Duration = Duration::from_millis(10);
/// A process that uses less than this in [`LOOK`] has nothing left to do; Rollcall looks for work once a second.
const IDLE: Duration = Duration::from_millis(20);
const LOOK: Duration = Duration::from_millis(250);

/// A child process that is killed and reaped when this is dropped.
pub(crate) struct Process {
    child: Child,
    name: &'static str,
}

/// What a process has in memory, in KiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Everything that is mapped and present, the database file included.
    pub(crate) resident: u64,
    /// What is its own.
    pub(crate) anonymous: u64,
    /// The most that was ever resident, since the start or [`Process::forget_peak`].
    pub(crate) peak: u64,
}

impl Process {
    /// Starts it. `name` is for messages.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, name })
    }

    /// Starts a server and reads where it listens from the JSON line that it prints when it is ready.
    pub(crate) async fn start_server(name: &'static str, command: &mut Command) -> Result<(Self, SocketAddr)> {
        let mut process = Self::start(name, command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let line = process.line(Duration::from_secs(120)).await?;
        let told: Value = serde_json::from_str(&line).with_context(|| format!("{name} said {line:?}"))?;
        let listen = told["listen"].as_str().and_then(|url| url.strip_prefix("http://")?.parse().ok());
        Ok((process, listen.with_context(|| format!("{name} does not say where it listens: {line:?}"))?))
    }

    /// The first line of its standard output.
    pub(crate) async fn line(&mut self, bound: Duration) -> Result<String> {
        let name = self.name;
        let out = self.child.stdout.take().context("its output is not a pipe")?;
        let reading = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(out).read_line(&mut line).map(|_| line)
        });
        // Where the time is up this is dropped, the process killed, and the reader's pipe at its end.
        let line = tokio::time::timeout(bound, reading).await.with_context(|| format!("{name} says nothing"))???;
        if line.is_empty() {
            bail!("{name} ended without a word");
        }
        Ok(line)
    }

    /// Waits for its end, without holding up anybody else.
    pub(crate) async fn end(&mut self, bound: Duration) -> Result<ExitStatus> {
        let until = Instant::now() + bound;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > until {
                bail!("{} takes longer than {} s", self.name, bound.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The CPU time that it has used, in user and in kernel mode.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        ticks(&stat, 2).map(|n| TICK * n).with_context(|| format!("the kernel says of {}: {stat:?}", self.name))
    }

    /// What it has in memory.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let [resident, anonymous, peak] = ["VmRSS", "RssAnon", "VmHWM"].map(|key| kib(&status, key));
        Ok(Memory { resident, anonymous, peak })
    }

    /// Lets the peak of its memory begin anew (`/proc/<pid>/clear_refs`, see proc(5)).
    pub(crate) fn forget_peak(&self) -> Result<()> {
        let file = format!("/proc/{}/clear_refs", self.child.id());
        std::fs::write(&file, "5").with_context(|| format!("cannot write {file}"))
    }

    /// Waits until it has nothing to do any more and tells how long that took; none where it never ended.
    pub(crate) async fn settle(&self, bound: Duration) -> Result<Option<Duration>> {
        let started = Instant::now();
        let mut before = self.cpu()?;
        while started.elapsed() < bound {
            tokio::time::sleep(LOOK).await;
            let now = self.cpu()?;
            if now.saturating_sub(before) < IDLE {
                return Ok(Some(started.elapsed().saturating_sub(LOOK)));
            }
            before = now;
        }
        Ok(None)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; either way there is nothing left of it after this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole of what a process wrote into a file.
pub(crate) fn whole(file: &mut File) -> Result<String> {
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text).context("it does not say text")?;
    Ok(text)
}

/// Takes everything that begins so out of the environment of a command: no settings of the caller's own.
pub(crate) fn without(command: &mut Command, prefix: &str) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(prefix)) {
        command.env_remove(name);
    }
}

/// The CPU time that a process has used with its children, those that have ended included.
pub(crate) fn cpu_of_family(parent: u32) -> Result<Duration> {
    let stat = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let all = std::fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let children = all.map(stat).filter(|stat| parent_of(stat) == Some(parent));
    let living: u32 = children.filter_map(|stat| ticks(&stat, 2)).sum();
    let own = ticks(&stat(parent), 4).with_context(|| format!("process {parent} is gone"))?;
    Ok(TICK * (living + own))
}

/// What this process has used of all cores, all its threads together; nothing yet in its first moments.
pub(crate) fn own_cpu() -> Result<Duration> {
    let mut total = 0_u64;
    for task in std::fs::read_dir("/proc/self/task")? {
        let stat = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        total += stat.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(total))
}

/// Who had the CPUs: all programs together, and this one with the children that it has outlived.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    all: u64,
    busy: u64,
    own: u64,
}

impl Share {
    /// Since the machine, and since this program, was started.
    pub(crate) fn now() -> Result<Self> {
        let (all, busy) = machine(&std::fs::read_to_string("/proc/stat")?).context("/proc/stat has no CPU line")?;
        let stat = std::fs::read_to_string("/proc/self/stat")?;
        let own = ticks(&stat, 4).context("/proc/self/stat has no times")?;
        Ok(Self { all, busy, own: own.into() })
    }

    /// What part of the machine others had since `earlier`.
    pub(crate) fn of_others_since(self, earlier: Self) -> f64 {
        let (all, busy, own) = (self.all - earlier.all, self.busy - earlier.busy, self.own - earlier.own);
        busy.saturating_sub(own) as f64 / all.max(1) as f64
    }
}

/// All ticks of all CPUs, and those that were neither idle nor waiting for a disk; what a host took away counts as busy.
fn machine(stat: &str) -> Option<(u64, u64)> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_ascii_whitespace().take(8);
    let ticks = fields.map(str::parse).collect::<Result<Vec<u64>, _>>().ok()?;
    let all = ticks.iter().sum::<u64>();
    Some((all, all - ticks.get(3)? - ticks.get(4)?))
}

/// `utime` and `stime`, with four fields also those of the children that ended: from the 14th field on. The second
/// field is a name in parentheses and may hold anything.
fn ticks(stat: &str, count: usize) -> Option<u32> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11).take(count).collect();
    fields.iter().map(|field| field.parse::<u32>().ok()).sum::<Option<u32>>().filter(|_| fields.len() == count)
}

fn parent_of(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn kib(status: &str, key: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Whether a directory is on a file system in memory, by the table of mounts.
pub(crate) fn is_in_memory(mounts: &str, dir: &Path) -> bool {
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((Path::new(fields.next()?), fields.next()?))
    });
    let nearest = mounted.filter(|(at, _)| dir.starts_with(at)).max_by_key(|(at, _)| at.components().count());
    nearest.is_some_and(|(_, kind)| matches!(kind, "tmpfs" | "ramfs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read_after_any_name() {
        let stat = "7 (a) b) S 1 1 1 0 -1 4194304 1 0 0 0 250 17 0 0 20 0 9 0 1 2 3";
        assert_eq!([ticks(stat, 2), ticks(stat, 4)], [Some(267), Some(267)]);
        assert_eq!(ticks("7 (a) S 1", 2), None);
        assert_eq!((parent_of("7 (a) b) S 12 1"), parent_of("7 (a) S")), (Some(12), None));
    }

    #[test]
    fn what_others_took_is_what_is_busy_and_not_our_own() {
        assert_eq!(machine("cpu  100 0 50 700 100 0 10 40 9 9\ncpu0 1\n"), Some((1_000, 200)));
        let share = |all, busy, own| Share { all, busy, own };
        assert_eq!(share(2_000, 700, 350).of_others_since(share(1_000, 200, 50)), 0.2);
    }

    #[test]
    fn memory_is_read_by_its_key() {
        let status = "VmRSS:\t    1234 kB\nRssAnon:\t     567 kB\n";
        assert_eq!((kib(status, "VmRSS"), kib(status, "RssAnon"), kib(status, "VmSwap")), (1234, 567, 0));
    }

    #[test]
    fn the_nearest_mount_says_whether_a_directory_is_in_memory() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/disk ext4 rw 0 0\n";
        let in_memory = |dir| is_in_memory(mounts, Path::new(dir));
        assert_eq!([in_memory("/home"), in_memory("/tmp/x"), in_memory("/tmp/disk/x")], [false, true, false]);
        assert!(!in_memory("/tmpx"));
    }
}
