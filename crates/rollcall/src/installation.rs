//! Opening what the settings describe: data directory, key, database, account.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use rollcall_core::accounts::AccountInfo;
use rollcall_core::actor::Actor;
use rollcall_core::clock::SystemClock;
use rollcall_core::{Database, HostKey, Open, Rollcall, Threads};

use crate::config::Settings;
use crate::key_file::{self, Left, Strength};
use crate::usage::Usage;

/// The account that is founded where nobody named one.
pub(crate) const DEFAULT_ACCOUNT: &str = "Main";

/// An open installation and the host's own key to it.
pub(crate) struct Installation {
    pub(crate) rollcall: Arc<Rollcall>,
    pub(crate) host: Arc<HostKey>,
}

/// Whether an installation may be made where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMissing {
    Make,
    Refuse,
}

/// Whether there is a database already.
pub(crate) fn exists(settings: &Settings) -> Result<bool> {
    Ok(database(settings)?.exists()?)
}

/// The database that is configured.
pub(crate) fn database(settings: &Settings) -> Result<Database, Usage> {
    Database::parse(&settings.database.value).map_err(|e| Usage(e.to_string()))
}

/// Opens the installation for a command that does one thing.
pub(crate) fn open(settings: &Settings, if_missing: IfMissing) -> Result<Installation> {
    open_with(settings, if_missing, Threads::default())
}

/// Opens the installation, and finishes what a rotation of its key may have left.
pub(crate) fn open_with(settings: &Settings, if_missing: IfMissing, threads: Threads) -> Result<Installation> {
    let installation = open_as(settings, if_missing, threads, Strength::Random)?;
    let left = key_file::settle(&settings.key.value, &installation.rollcall.key_fingerprint())?;
    let (file, told) = match left {
        Left::Nothing => return Ok(installation),
        Left::Finished => (None, "a rotation of the installation key had been broken off; its file is in place now"),
        Left::Waiting(path) => (
            Some(path.display().to_string()),
            "there is a key that was to follow and is not in force: `rollcall key rotate` takes it, or remove it",
        ),
        Left::Environment => (None, "the key in force is the one in ROLLCALL_NEW_KEY; put it into ROLLCALL_KEY"),
    };
    tracing::warn!(file, "{told}");
    Ok(installation)
}

/// Opens the installation to replace its key, which may be one that others know. What a rotation left stays as it is.
pub(crate) fn open_to_rotate(settings: &Settings) -> Result<Installation> {
    open_as(settings, IfMissing::Refuse, Threads::default(), Strength::Any)
}

/// Refuses to go on where there is nothing yet.
pub(crate) fn must_exist(settings: &Settings) -> Result<()> {
    let database = database(settings)?;
    if !database.exists()? {
        bail!(
            "there is no Rollcall database at {database}; start one with `rollcall serve` or fill one with `rollcall apply FILE` (or name another with --data or --database)"
        );
    }
    Ok(())
}

fn open_as(settings: &Settings, if_missing: IfMissing, threads: Threads, strength: Strength) -> Result<Installation> {
    if if_missing == IfMissing::Refuse {
        must_exist(settings)?;
    }
    let database = database(settings)?;
    let exists = database.exists()?;
    make_directory(&settings.data.value)?;
    let source = &settings.key.value;
    let (key, keys) = (key_file::load(source, exists, strength)?, Some(key_file::reader(source)));
    let (clock, rate_limit) = (Box::new(SystemClock), settings.rate_limit.value.clone());
    let (rollcall, host) = Rollcall::open(Open { database, clock, key, keys, threads, rate_limit })?;
    Ok(Installation { rollcall: Arc::new(rollcall), host: Arc::new(host) })
}

pub(crate) fn make_directory(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the data directory {}", path.display()))
}

impl Installation {
    /// All accounts.
    pub(crate) fn accounts(&self) -> Result<Vec<AccountInfo>> {
        Ok(self.rollcall.accounts(&self.host).wait()?)
    }

    /// The account that is meant: the named one, or the only one there is.
    pub(crate) fn account(&self, name: Option<&str>, if_missing: IfMissing) -> Result<AccountInfo> {
        let accounts = self.accounts()?;
        let names = || accounts.iter().map(|a| format!("{:?}", a.name)).collect::<Vec<_>>().join(", ");
        match (name, accounts.as_slice()) {
            (Some(name), _) => {
                let key = rollcall_core::text::key(name);
                match accounts.iter().find(|a| rollcall_core::text::key(&a.name) == key) {
                    Some(account) => Ok(account.clone()),
                    None => Err(Usage(format!("there is no account {name:?}; there are: {}", names())).into()),
                }
            }
            (None, [only]) => Ok(only.clone()),
            (None, []) if if_missing == IfMissing::Make => {
                Ok(self.rollcall.found_account(&self.host, DEFAULT_ACCOUNT).wait()?)
            }
            (None, []) => bail!("there is no account yet; fill one with `rollcall apply FILE`"),
            (None, _) => {
                Err(Usage(format!("there are several accounts ({}); say which with --account", names())).into())
            }
        }
    }

    /// The host's hand on an account, for this command.
    pub(crate) fn actor(&self, account: &AccountInfo, job: &'static str) -> Actor {
        self.host.actor(account, job)
    }
}
