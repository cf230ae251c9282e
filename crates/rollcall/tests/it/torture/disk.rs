//! Disks that are small: a test in a mount namespace of its own, whose temporary files lie on a file system of so many
//! megabytes, and ways to fill it.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use super::chance::{self, Chance, SEED};

/// Set for the test where it runs on the small disk.
const INSIDE: &str = "ROLLCALL_TORTURE_DISK";

/// Makes the folder a disk, and goes on with the test.
const MOUNT: &str = "set -e\nmount -t tmpfs -o \"size=$0\" rollcall \"$ROLLCALL_TORTURE_DISK\"\nexec \"$@\"";

/// A file system of its own, which goes with the process.
pub(super) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Runs the test of this name on a disk of this size: in a process of its own for whoever calls it first, who is given
    /// none and has nothing left to do; in that process it is given the disk.
    pub(super) fn for_test(name: &str, megabytes: usize) -> Option<Self> {
        if let Some(folder) = std::env::var_os(INSIDE) {
            return Some(Self { folder: folder.into() });
        }
        let folder = tempfile::tempdir().expect("a folder to mount on");
        let mut command = Command::new("unshare");
        // Root may mount; others may where they are root, which is in a user namespace of their own.
        if !is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--mount", "--", "sh", "-c", MOUNT, &format!("{megabytes}m")]);
        command.arg(std::env::current_exe().expect("the test program")).args([name, "--exact", "--nocapture"]);
        command.env(INSIDE, folder.path()).env("TMPDIR", folder.path()).env(SEED, chance::seed().to_string());
        let output = command.output().expect("unshare is there (Debian: util-linux)");
        let (told, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // What a test does not try it does not pass.
        assert!(
            output.status.success() && told.contains("1 passed"),
            "the test on a small disk failed, or could not be run (it has to mount a tmpfs: as root, or where `unshare \
             --user --map-root-user --mount true` works):\n{told}\n{complained}"
        );
        let numbers = told.lines().filter(|line| line.contains("fault(s)"));
        numbers.for_each(|line| chance::say(&line[line.rfind("torture_").unwrap_or_default()..]));
        None
    }

    /// Fills it but for so many bytes.
    pub(super) fn fill_but_for(&self, left: u64) -> Ballast {
        let path = self.folder.join("ballast");
        let mut file = File::create(&path).expect("a file");
        let block = [b'x'; 4096];
        while file.write_all(&block).is_ok() {}
        let size = file.metadata().expect("its size").len();
        file.set_len(size.saturating_sub(left)).expect("it gives back");
        Ballast(path)
    }

    /// Makes it read-only, or writable again. Nobody may have a file open for writing.
    pub(super) fn remount(&self, how: &str) {
        // With its source named `mount` does not repeat the options that there are, of which a namespace may not know all.
        let options = format!("remount,{how}");
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "rollcall"]).arg(&self.folder).status();
        assert!(status.expect("mount runs").success(), "the disk cannot be made {how}");
    }
}

/// What takes the room; dropped, there is room again.
pub(super) struct Ballast(PathBuf);

impl Ballast {
    /// Takes what somebody has given back meanwhile.
    pub(super) fn grow(&self) {
        let mut file = File::options().append(true).open(&self.0).expect("the ballast");
        while file.write_all(b"x").is_ok() {}
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// How much is left when it is nearly full.
pub(super) fn a_little(chance: &mut Chance) -> u64 {
    if chance.one_in(3) { 0 } else { 4096 * chance.below(60) as u64 }
}

/// Lets a process write no file beyond so many bytes; `unlimited` takes that back. It must ignore SIGXFSZ, or it ends.
pub(super) fn limit_files(pid: u32, most: &str) {
    let limit = format!("--fsize={most}:unlimited");
    let status = Command::new("prlimit").args(["--pid", &pid.to_string(), &limit]).status();
    assert!(status.expect("prlimit is there (Debian: util-linux)").success(), "{limit} is refused");
}

/// Words before a command that is to live with a limit on its files.
pub(super) const IGNORING_LIMITS: [&str; 3] = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
