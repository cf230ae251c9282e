//! The folder of one cluster: made, locked while its owner lives, removed. What is in it lives in `lib`.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::account::{self, Account};
use crate::processes;

/// How the names of our folders begin, in the folder for temporary files.
const PREFIX: &str = "rollcall-pg-";

/// Locked by the process whose cluster this is: the system unlocks it however that process ends.
const LOCK: &str = "lock";

/// How long the path of the folder for temporary files may be. The address of a socket has 107 bytes, and after this
/// comes `/rollcall-pg-4194304-9999/.s.PGSQL.65535`.
const LONGEST: usize = 66;

/// A folder that only the server's account, and root, may look into. Dropped, it is gone.
pub(crate) struct Folder {
    path: PathBuf,
    data: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder in `parent`, or where temporary files go, after removing those of owners that are gone.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) fn create(account: Option<Account>, parent: Option<&Path>) -> Result<Self, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let base = match parent {
            Some(parent) => base(&[parent.to_owned()], account)?,
            None => base(&[std::env::temp_dir(), PathBuf::from("/tmp")], account)?,
        };
        let ours = account::our_uid()?;
        sweep(&base, &[ours, account.map_or(ours, |account| account.uid)]);
        let mut refused = None;
        for _ in 0..100 {
            let path = base.join(format!("{PREFIX}{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
            match made(&path, account) {
                Ok(lock) => return Ok(Self { data: path.join("data"), path, _lock: lock }),
                // A folder of that name is left over, or was swept before it was locked: the next name is free.
                Err(error) => refused = Some(format!("{} could not be made: {error}", path.display())),
            }
        }
        Err(refused.unwrap_or_default())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("log")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn made(path: &Path, account: Option<Account>) -> io::Result<File> {
    DirBuilder::new().mode(0o700).create(path)?;
    let lock = File::options().write(true).create_new(true).open(path.join(LOCK))?;
    lock.try_lock().map_err(io::Error::from)?;
    if std::fs::metadata(path.join(LOCK))?.ino() != lock.metadata()?.ino() {
        return Err(io::Error::other("somebody else removed it"));
    }
    account::hand_over(path, account)?;
    Ok(lock)
}

/// The first of these folders where the server can reach its own and a socket can have an address.
fn base(folders: &[PathBuf], account: Option<Account>) -> Result<PathBuf, String> {
    let open = |path: &Path| std::fs::metadata(path).is_ok_and(|found| found.mode() & 0o001 != 0);
    let reached = |folder: &PathBuf| account.is_none() || folder.ancestors().all(open);
    let mut real = folders.iter().filter_map(|folder| folder.canonicalize().ok());
    real.find(|folder| folder.as_os_str().len() <= LONGEST && reached(folder)).ok_or_else(|| {
        format!(
            "a cluster can be made in none of {folders:?}: the path must be at most {LONGEST} bytes long, and the server's \
             user must be able to reach it; name another folder, or set TMPDIR to one"
        )
    })
}

/// Removes the folders of clusters whose owners are gone, and what may still run in them. What cannot be removed now
/// is left to the next start.
fn sweep(base: &Path, owners: &[u32]) {
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        let path = entry.path();
        // Others may put what they like into a folder that is everybody's.
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.metadata().is_ok_and(|found| found.is_dir() && owners.contains(&found.uid()));
        if !ours {
            continue;
        }
        match File::open(path.join(LOCK)) {
            Ok(lock) => {
                if !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
                    let _ = processes::signal("KILL", &processes::inside(&path));
                    remove(&path);
                }
            }
            // Its owner is about to lock it, or died before; only an empty folder is removed so.
            Err(_) => drop(std::fs::remove_dir(&path)),
        }
    }
}

/// A server that is just about to end may still write while its folder is removed: what it wrote is removed next.
fn remove(path: &Path) {
    for _ in 0..100 {
        match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => std::thread::yield_now(),
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_while_its_owner_lives_and_is_swept_afterwards() {
        let uid = account::our_uid().unwrap();
        let base = std::env::temp_dir().join(format!("rollcall-sweep-{}", std::process::id()));
        std::fs::create_dir(&base).unwrap();
        let (held, left, empty, foreign) =
            (base.join("rollcall-pg-1-0"), base.join("rollcall-pg-1-1"), base.join("rollcall-pg-1-2"), base.join("x"));
        let lock = made(&held, None).unwrap();
        // Unlocked, not just closed: a program that another test is about to start may hold the lock for a moment longer.
        made(&left, None).unwrap().unlock().unwrap();
        std::fs::write(left.join("log"), "x").unwrap();
        std::fs::create_dir(&empty).unwrap();
        made(&foreign, None).unwrap().unlock().unwrap();
        let there = || [&held, &left, &empty, &foreign].map(|path| path.exists());

        sweep(&base, &[uid + 1]);
        assert_eq!(there(), [true; 4], "those of other users are theirs");
        sweep(&base, &[uid]);
        assert_eq!(there(), [true, false, false, true]);
        lock.unlock().unwrap();
        sweep(&base, &[uid]);
        assert_eq!(there(), [false, false, false, true]);
        std::fs::remove_dir_all(&base).unwrap();
    }

    #[test]
    fn a_folder_whose_path_is_too_long_or_not_there_is_passed_over() {
        let tmp = PathBuf::from("/tmp").canonicalize().unwrap();
        let long = std::env::temp_dir().join("rollcall-".repeat(12));
        std::fs::create_dir_all(&long).unwrap();
        assert_eq!(base(&[long.clone(), tmp.clone()], None).as_ref(), Ok(&tmp));
        std::fs::remove_dir(&long).unwrap();
        assert_eq!(base(&[PathBuf::from("/none"), tmp.clone()], None).as_ref(), Ok(&tmp));
        assert!(base(&[PathBuf::from("/none"), long], None).unwrap_err().contains("TMPDIR"));
    }
}
