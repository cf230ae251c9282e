//! The installation key as the host has it: in a file of mode 0600, made at the first start, or in the environment. How one
//! takes another's place is in `replace`.

mod replace;

use std::fs::{File, Metadata, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use rollcall_core::KeyReader;
use rollcall_core::chance::Secret;
use rollcall_core::seal::InstallationKey;

pub(crate) use replace::{Alone, Left, next, old_ones, settle};

use crate::config::KeySource;

/// The present key.
pub(crate) const KEY: &str = "ROLLCALL_KEY";
/// The one that is to follow it: `key rotate` takes it, and a server that has it goes on with it by itself.
pub(crate) const NEW_KEY: &str = "ROLLCALL_NEW_KEY";

/// A key file is 45 bytes long; nobody reads more of a file that is none.
const MAX_LENGTH: u64 = 4_096;

/// Which keys are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Those that were drawn by lot.
    Random,
    /// Also those that others may know: to replace them.
    Any,
}

fn parse(text: &Secret, strength: Strength) -> rollcall_core::Result<InstallationKey> {
    match strength {
        Strength::Random => InstallationKey::parse(text.expose()),
        Strength::Any => InstallationKey::parse_to_replace(text.expose()),
    }
}

/// Reads the key. Where its file is missing it is made, but only while there is no database yet: a database without its
/// key cannot be read, and a new key would not help.
pub(crate) fn load(source: &KeySource, database_exists: bool, strength: Strength) -> Result<InstallationKey> {
    match source {
        KeySource::Environment => {
            let text = variable(KEY).context("ROLLCALL_KEY is not text")?;
            parse(&text, strength).context(KEY)
        }
        KeySource::File(path) if path.exists() => read(path, strength),
        // Whoever put it there meant it to follow; the database tells whether it fits.
        KeySource::File(path) if database_exists && next(path).exists() => read(&next(path), strength),
        KeySource::File(path) if database_exists => bail!(
            "the key file {} is missing, but there is a database made with it; put the file back or give the key in ROLLCALL_KEY",
            path.display()
        ),
        KeySource::File(path) => {
            write_new(path, &InstallationKey::generate())?;
            read(path, strength)
        }
    }
}

/// A key in the environment. It stays there: what the system shows of a process's environment (`/proc/…/environ`, to the
/// same user alone) is what it began with, whatever is removed later.
pub(crate) fn variable(name: &str) -> Option<Secret> {
    std::env::var(name).ok().filter(|text| !text.trim().is_empty()).map(Secret::new)
}

/// Where a process that runs looks for the key that the database has by now.
pub(crate) fn reader(source: &KeySource) -> KeyReader {
    let source = source.clone();
    Box::new(move || {
        let read: Vec<Result<InstallationKey>> = match &source {
            KeySource::Environment => [KEY, NEW_KEY]
                .into_iter()
                .filter_map(|name| Some(parse(&variable(name)?, Strength::Random).context(name)))
                .collect(),
            KeySource::File(path) => {
                let files = [path.clone(), next(path)].into_iter().filter(|path| path.exists());
                files.map(|path| read(&path, Strength::Random)).collect()
            }
        };
        let usable = |key: Result<InstallationKey>| {
            key.inspect_err(|error| tracing::warn!(error = format!("{error:#}"), "a key cannot be used")).ok()
        };
        read.into_iter().filter_map(usable).collect()
    })
}

/// Reads a key file, which nobody else may read or have written.
pub(crate) fn read(path: &Path, strength: Strength) -> Result<InstallationKey> {
    parse(&text(path)?, strength).with_context(|| format!("the key file {}", path.display()))
}

/// What is in a key file. A link is followed, because secrets are mounted so; what it leads to is looked at.
pub(crate) fn text(path: &Path) -> Result<Secret> {
    let cannot = || format!("cannot read the key file {}", path.display());
    // Before it is opened: a pipe would wait for a writer.
    check(path, &std::fs::metadata(path).with_context(cannot)?)?;
    let file = File::open(path).with_context(cannot)?;
    // Once more, of the very file that is read.
    check(path, &file.metadata().with_context(cannot)?)?;
    let mut text = String::with_capacity(MAX_LENGTH as usize);
    let read = file.take(MAX_LENGTH).read_to_string(&mut text);
    let text = Secret::new(text);
    read.with_context(cannot)?;
    Ok(text)
}

/// Refuses a key file that others than its owner can read or write, one that another user owns, and what is no file.
pub(crate) fn check(path: &Path, metadata: &Metadata) -> Result<()> {
    let shown = path.display();
    if !metadata.is_file() {
        bail!("the key file {shown} is no file; a key is given in a file of its own with mode 0600");
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("the key file {shown} has mode {mode:04o}: others can read it; mend it with: chmod 600 {shown}");
    }
    let owner = metadata.uid();
    if owner != 0 && own_uid().is_some_and(|own| own != owner) {
        bail!(
            "the key file {shown} belongs to another user (number {owner}), who can change it; mend it with: chown \"$(id -u)\" \
             {shown}"
        );
    }
    Ok(())
}

/// Whose process this is, where the system says so.
fn own_uid() -> Option<u32> {
    std::fs::metadata("/proc/self").ok().map(|metadata| metadata.uid())
}

/// Writes a key beside its place first: a file that is there is a whole key, and on the disk. One that appeared meanwhile is
/// another process's, and stays.
fn write_new(path: &Path, key: &Secret) -> Result<()> {
    let failed = || format!("cannot make the key file {}", path.display());
    let folder = folder_of(path);
    let mut file = tempfile::Builder::new()
        .prefix(".rollcall.key.")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .with_context(failed)?;
    writeln!(file, "{}", key.expose().trim()).and_then(|()| file.as_file().sync_all()).with_context(failed)?;
    if let Err(error) = file.persist_noclobber(path)
        && error.error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(error.error).with_context(failed);
    }
    File::open(folder).and_then(|f| f.sync_all()).with_context(failed)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_key_file_that_others_can_read_or_write_is_refused_also_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let key = InstallationKey::generate();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o660, 0o644] {
            let path = written(folder.path(), "open.key", key.expose(), mode);
            let error = read(&path, Strength::Random).unwrap_err().to_string();
            assert!(error.contains(&format!("{mode:04o}")) && error.contains("chmod 600"), "{error}");
            let link = folder.path().join(format!("link-{mode:o}"));
            std::os::unix::fs::symlink(&path, &link).unwrap();
            assert!(read(&link, Strength::Random).unwrap_err().to_string().contains("chmod 600"));
        }
        let path = written(folder.path(), "own.key", key.expose(), 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let prints = [&path, &link].map(|path| read(path, Strength::Random).unwrap().fingerprint().to_owned());
        assert_eq!(prints[0], prints[1]);
    }

    #[test]
    fn a_folder_a_missing_file_and_a_weak_key_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |path: &Path| format!("{:#}", read(path, Strength::Random).unwrap_err());
        assert!(refused(folder.path()).contains("is no file"));
        assert!(refused(&folder.path().join("none")).contains("none"));
        let weak = written(folder.path(), "weak.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 0o600);
        let told = refused(&weak);
        assert!(told.contains("weak.key") && told.contains("not drawn at random") && !told.contains("AAAA"), "{told}");
        assert!(read(&weak, Strength::Any).is_ok(), "it can be replaced");
        let long = written(folder.path(), "long.key", &"A".repeat(1 << 20), 0o600);
        assert!(refused(&long).contains("32 random bytes"));
    }
}
