//! Under whose account the server runs, and commands that run so. What is run lives in `lib`.

use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the system keeps who there is.
const PASSWD: &str = "/etc/passwd";

/// A user and a group of the system, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    gid: u32,
}

/// The account to change to for the server, which refuses to run as root; none where we are not root.
///
/// # Errors
/// Where we are root and the system has no account to change to.
pub(crate) fn of_the_server() -> Result<Option<Account>, String> {
    if our_uid()? != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string(PASSWD).map_err(|error| format!("{PASSWD} cannot be read: {error}"))?;
    named(&users, "postgres").or_else(|| named(&users, "nobody")).map(Some).ok_or_else(|| {
        format!(
            "PostgreSQL does not run as root, and {PASSWD} has no user postgres or nobody; run this as another user"
        )
    })
}

/// The user that this process runs as.
pub(crate) fn our_uid() -> Result<u32, String> {
    let own = std::fs::metadata("/proc/self").map_err(|error| format!("/proc/self cannot be read: {error}"))?;
    Ok(own.uid())
}

/// A program under that account, which is told to end as soon as the thread ends that starts it. It neither reads the
/// terminal nor heeds settings of PostgreSQL in our environment.
pub(crate) fn command(account: Option<Account>, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    // Of SIGQUIT PostgreSQL ends at once, and unlike after SIGKILL it leaves no shared memory behind.
    command.args(["--pdeathsig", "QUIT"]);
    if let Some(Account { uid, gid }) = account {
        command.args(["--reuid", &uid.to_string(), "--regid", &gid.to_string(), "--clear-groups"]);
    }
    without_settings(&mut command);
    command.arg("--").arg(program).env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Takes all that PostgreSQL's programs heed out of the command's environment: `PGOPTIONS`, `PGDATABASE` and the like.
pub(crate) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
}

/// Gives the folder and the files in it to the account.
pub(crate) fn hand_over(folder: &Path, account: Option<Account>) -> std::io::Result<()> {
    let Some(Account { uid, gid }) = account else { return Ok(()) };
    lchown(folder, Some(uid), Some(gid))?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.metadata()?.uid() != uid {
            lchown(entry.path(), Some(uid), Some(gid))?;
        }
    }
    Ok(())
}

fn named(users: &str, name: &str) -> Option<Account> {
    let mut fields = users.lines().map(|line| line.split(':')).find_map(|mut fields| {
        let found = fields.next() == Some(name);
        found.then_some(fields)
    })?;
    Some(Account { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:\npostgres:x:101:103:,,,:/var:/bin/sh\n";

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        assert_eq!(named(USERS, "postgres"), Some(Account { uid: 101, gid: 103 }));
        assert_eq!(named(USERS, "nobody"), None);
        assert_eq!(named("nobody:x:x:1\n", "nobody"), None);
    }

    #[test]
    fn a_program_dies_with_the_thread_that_started_it_and_root_gives_up_its_rights() {
        let words = |account| {
            let command = command(account, Path::new("/bin/initdb"));
            command.get_args().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words(None), "--pdeathsig QUIT -- /bin/initdb");
        let account = Account { uid: 101, gid: 103 };
        assert_eq!(words(Some(account)), "--pdeathsig QUIT --reuid 101 --regid 103 --clear-groups -- /bin/initdb");
    }
}
