//! Processes as the system shows them in `/proc`, and signals to them. Whose they are lives in `server` and `folder`.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// One line of `/proc/PID/stat`, as far as it is needed.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    state: char,
    parent: u32,
}

/// Sends the signal (`INT`, `KILL`, …) to those of the processes that are still there.
///
/// # Errors
/// Where the shell, whose `kill` this uses, does not start.
pub(crate) fn signal(name: &str, pids: &[u32]) -> Result<(), String> {
    let mut shell = Command::new("sh");
    shell.args(["-c", "for pid do kill -s \"$0\" \"$pid\" 2>/dev/null; done; true", name]);
    shell.args(pids.iter().map(u32::to_string));
    shell.status().map(|_| ()).map_err(|error| format!("could not send SIG{name}: sh did not start: {error}"))
}

/// The processes that this one has started and that are still there.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    all().filter(|&pid| stat(pid).is_some_and(|stat| stat.parent == parent)).collect()
}

/// The processes that work in this folder, as far as we may know.
pub(crate) fn inside(folder: &Path) -> Vec<u32> {
    let works_here =
        |pid: &u32| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
    all().filter(works_here).collect()
}

/// Sends SIGSTOP and waits until none of the processes runs any more.
///
/// # Errors
/// Where one of them still runs after ten seconds.
pub(crate) fn freeze(pids: &[u32]) -> Result<(), String> {
    signal("STOP", pids)?;
    let start = Instant::now();
    for &pid in pids {
        while stat(pid).is_some_and(|stat| !matches!(stat.state, 'T' | 't' | 'Z' | 'X')) {
            if start.elapsed() > Duration::from_secs(10) {
                return Err(format!("process {pid} still runs ten seconds after SIGSTOP"));
            }
            std::thread::yield_now();
        }
    }
    Ok(())
}

fn all() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn stat(pid: u32) -> Option<Stat> {
    parsed(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// `PID (NAME) STATE PARENT …`, where the name may hold spaces and brackets itself.
fn parsed(line: &str) -> Option<Stat> {
    let (_, rest) = line.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    Some(Stat { state: fields.next()?.chars().next()?, parent: fields.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        assert_eq!(parsed("12 (a) S 99) T 7 12 12"), Some(Stat { state: 'T', parent: 7 }));
        assert_eq!(parsed("12 (sh) S"), None);
    }

    #[test]
    fn a_child_is_found_by_its_parent_and_by_its_folder_and_can_be_frozen() {
        let folder = std::env::current_dir().unwrap();
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).current_dir(&folder).spawn().unwrap();
        assert!(children(std::process::id()).contains(&child.id()));
        assert!(inside(&folder).contains(&child.id()));
        assert!(!inside(&folder.join("none")).contains(&child.id()));
        freeze(&[child.id()]).unwrap();
        assert_eq!(stat(child.id()).map(|stat| stat.state), Some('T'));
        signal("KILL", &[child.id()]).unwrap();
        child.wait().unwrap();
        assert_eq!(stat(child.id()), None);
    }
}
