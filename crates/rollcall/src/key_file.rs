//! The installation key on disk: made at first start with mode 0600, refused when others can read it.

use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use rollcall_core::seal::InstallationKey;

use crate::config::KeySource;

/// Reads the key. Where its file is missing it is made, but only while there is no database yet: a database without its
/// key cannot be read, and a new key would not help.
pub(crate) fn load(source: &KeySource, database_exists: bool) -> Result<InstallationKey> {
    match source {
        KeySource::Environment => {
            let text = std::env::var("ROLLCALL_KEY").context("ROLLCALL_KEY is not text")?;
            InstallationKey::parse(&text).context("ROLLCALL_KEY")
        }
        KeySource::File(path) if path.exists() => {
            check_mode(path)?;
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the key file {}", path.display()))?;
            InstallationKey::parse(&text).with_context(|| format!("the key file {}", path.display()))
        }
        KeySource::File(path) if database_exists => bail!(
            "the key file {} is missing, but there is a database made with it; put the file back or give the key in ROLLCALL_KEY",
            path.display()
        ),
        KeySource::File(path) => make(path),
    }
}

/// Refuses a key file that others than its owner can read or write.
pub(crate) fn check_mode(path: &Path) -> Result<()> {
    let metadata = std::fs::metadata(path).with_context(|| format!("cannot look at {}", path.display()))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!(
            "the key file {path} has mode {mode:04o}: others can read it; mend it with: chmod 600 {path}",
            path = path.display()
        );
    }
    Ok(())
}

/// Writes the key beside its place first: a file that is there is a whole key. One that appeared meanwhile is another
/// process's key, which is taken then.
fn make(path: &Path) -> Result<InstallationKey> {
    let failed = || format!("cannot make the key file {}", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".rollcall.key.")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .with_context(failed)?;
    writeln!(file, "{}", InstallationKey::generate().expose())
        .and_then(|()| file.as_file().sync_all())
        .with_context(failed)?;
    if let Err(error) = file.persist_noclobber(path)
        && error.error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(error.error).with_context(failed);
    }
    File::open(folder).and_then(|f| f.sync_all()).with_context(failed)?;
    let text = std::fs::read_to_string(path).with_context(failed)?;
    InstallationKey::parse(&text).with_context(|| format!("the key file {}", path.display()))
}
