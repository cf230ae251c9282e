//! What the checks need beside the compiler: finds it, or installs it where that is allowed. Runs no check itself.

use std::path::Path;
use std::process::Command;

use rollcall_testbed::Installation;

use crate::run::{cargo, run, shown, succeeds};
use crate::{Done, Failure};

/// The system's own Python: its modules come from packages of the system.
pub(crate) const PYTHON: &str = "/usr/bin/python3";

/// Something the tests cannot do without.
struct Need {
    what: &'static str,
    packages: &'static [&'static str],
    is_here: fn() -> bool,
}

const NEEDS: [Need; 11] = [
    Need { what: "the program curl", packages: &["curl"], is_here: || succeeds(Command::new("curl").arg("--version")) },
    Need {
        what: "the program /usr/bin/python3, 3.11 or newer",
        packages: &["python3"],
        is_here: || succeeds(Command::new(PYTHON).args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])),
    },
    Need {
        what: "the Python modules jwt and requests, and cryptography for RSA",
        packages: &["python3-jwt", "python3-requests", "python3-cryptography"],
        is_here: || succeeds(Command::new(PYTHON).args(["-c", "import cryptography, jwt, requests"])),
    },
    Need {
        what: "Python's virtual environments",
        packages: &["python3-venv"],
        is_here: || succeeds(Command::new(PYTHON).args(["-c", "import ensurepip, venv"])),
    },
    Need {
        what: "the program openssl",
        packages: &["openssl"],
        is_here: || succeeds(Command::new("openssl").arg("version")),
    },
    Need {
        what: "Node.js 18 or newer",
        packages: &["nodejs"],
        is_here: || succeeds(Command::new("node").args(["-e", "process.exit(globalThis.fetch ? 0 : 1)"])),
    },
    Need { what: "the JavaScript module jose", packages: &["node-jose"], is_here: has_jose },
    Need { what: "the program npm", packages: &["npm"], is_here: || succeeds(Command::new("npm").arg("--version")) },
    Need {
        what: "Chromium with its driver",
        packages: &["chromium", "chromium-driver"],
        is_here: || ["chromium", "chromedriver"].iter().all(|name| succeeds(Command::new(name).arg("--version"))),
    },
    Need { what: "libfaketime", packages: &["libfaketime"], is_here: has_faketime },
    Need { what: "PostgreSQL 15 or newer", packages: &["postgresql"], is_here: || Installation::find().is_ok() },
];

/// Runs its arguments as a command, and sees to it that Debian, installing PostgreSQL, does not make a cluster and
/// start it on this machine: the tests want the programs alone. It leaves no trace of that.
const WITHOUT_A_CLUSTER: &str = "\
set -e
folder=/etc/postgresql-common/createcluster.d
mkdir -p $folder
trap 'rm -f $folder/rollcall.conf; rmdir $folder ${folder%/*} 2>/dev/null || true' EXIT
echo 'create_main_cluster = false' >$folder/rollcall.conf
\"$@\"";

/// What the tests call: curl and openssl, Python with an independent JWT library and an HTTP client, Node.js with another,
/// PostgreSQL; a library that sets the clock of a program back; and what `tools` installs others with.
///
/// # Errors
/// Where something is missing and cannot be installed, with the command that mends it.
pub(crate) fn test_programs() -> Done {
    let missing = missing();
    if missing.is_empty() {
        println!("all is here: {}", NEEDS.map(|need| need.what).join(", "));
        return Ok(());
    }
    println!("missing: {}", words(&missing).join(", "));
    let Some(prefix) = as_root() else {
        return Err(Failure::new(by_hand(&missing, "only root may install packages, and sudo asks for a password")));
    };
    if !succeeds(Command::new("apt-get").arg("--version")) {
        return Err(Failure::new(by_hand(&missing, "there is no apt-get here; use this system's own packages")));
    }
    // A package list that is a little old still installs, so an update that fails is not the end.
    if let Err(failure) = run(&mut apt_get(prefix, &["update"])) {
        println!("warning: {}; trying with the package lists there are", failure.message);
    }
    run(&mut install(prefix, &missing))?;
    match self::missing() {
        still if still.is_empty() => Ok(()),
        still => Err(Failure::new(by_hand(&still, "the packages were installed, but this is still missing"))),
    }
}

/// A component of the toolchain, added by rustup where it is missing.
///
/// # Errors
/// Where it is missing and rustup cannot add it.
pub(crate) fn component(root: &Path, subcommand: &str) -> Done {
    if succeeds(cargo(root).args([subcommand, "--version"])) {
        return Ok(());
    }
    println!("cargo {subcommand} is missing; asking rustup for it");
    let mut add = Command::new("rustup");
    add.current_dir(root).args(["component", "add", "rustfmt", "clippy"]);
    let added = run(&mut add);
    if added.is_ok() && succeeds(cargo(root).args([subcommand, "--version"])) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "cargo {subcommand} is missing. Install it with `{}`, or from the package of your system that carries it \
         (Debian: rustfmt, rust-clippy)",
        shown(&add)
    )))
}

/// A Node.js that is not Debian's does not look where Debian's package puts the module, unless it is told to; the tests
/// tell it, too.
fn has_jose() -> bool {
    let paths = [std::env::var("NODE_PATH").unwrap_or_default(), "/usr/share/nodejs".to_owned()].join(":");
    succeeds(Command::new("node").args(["-e", "require('jose')"]).env("NODE_PATH", paths))
}

/// The library is in a folder of its own, below one of those for libraries or for the libraries of one architecture.
fn has_faketime() -> bool {
    const FOLDERS: [&str; 3] = ["/usr/lib", "/usr/lib64", "/usr/local/lib"];
    let is_in = |folder: &Path| folder.join("faketime/libfaketimeMT.so.1").exists();
    let has = |folder: &str| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        is_in(Path::new(folder)) || entries.map(|entry| entry.path()).any(|path| is_in(&path))
    };
    FOLDERS.into_iter().any(has)
}

fn missing() -> Vec<Need> {
    NEEDS.into_iter().filter(|need| !(need.is_here)()).collect()
}

fn words(needs: &[Need]) -> Vec<&'static str> {
    needs.iter().map(|need| need.what).collect()
}

fn packages(needs: &[Need]) -> Vec<&'static str> {
    needs.iter().flat_map(|need| need.packages).copied().collect()
}

/// The words before a command that make it run as root: none for root itself.
fn as_root() -> Option<&'static [&'static str]> {
    let id = Command::new("id").arg("-u").output().ok()?;
    if id.status.success() && id.stdout.trim_ascii() == b"0" {
        return Some(&[]);
    }
    succeeds(Command::new("sudo").args(["-n", "true"])).then_some(&["sudo", "-n"])
}

/// `apt-get` that asks nothing. The variable is set by `env`, because sudo drops those of its caller.
fn apt_get(prefix: &[&str], args: &[&str]) -> Command {
    let mut words = prefix.to_vec();
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    words.extend(args);
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

/// `apt-get install` of what is missing, and of nothing else.
fn install(prefix: &[&str], missing: &[Need]) -> Command {
    let packages = packages(missing);
    let mut before = prefix.to_vec();
    if packages.contains(&"postgresql") {
        before.extend(["sh", "-c", WITHOUT_A_CLUSTER, "sh"]);
    }
    apt_get(&before, &[&["install", "-y", "--no-install-recommends"], packages.as_slice()].concat())
}

fn by_hand(missing: &[Need], why: &str) -> String {
    format!(
        "the tests need {}; {why}. On Debian or Ubuntu run:\n    sudo apt-get update && sudo apt-get install -y \
         --no-install-recommends {}",
        words(missing).join(" and "),
        packages(missing).join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installing_asks_nothing_with_and_without_sudo() {
        assert_eq!(shown(&apt_get(&[], &["update"])), "env DEBIAN_FRONTEND=noninteractive apt-get update");
        assert_eq!(
            shown(&apt_get(&["sudo", "-n"], &["update"])),
            "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get update"
        );
    }

    #[test]
    fn what_is_missing_is_installed_and_nothing_else() {
        let [curl, _, modules, .., postgres] = NEEDS;
        assert_eq!(
            shown(&install(&[], &[curl, modules])),
            "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends curl python3-jwt \
             python3-requests python3-cryptography"
        );
        let line = shown(&install(&["sudo", "-n"], &[postgres]));
        assert!(line.starts_with("sudo -n sh -c ") && line.contains("create_main_cluster = false"), "{line}");
        let end = " sh env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql";
        assert!(line.ends_with(end), "{line}");
    }

    #[test]
    fn the_way_to_mend_it_by_hand_names_what_is_missing_and_its_packages() {
        let [curl, _, modules, ..] = NEEDS;
        let text = by_hand(&[curl, modules], "no root here");
        let expected =
            ["the program curl", "modules jwt and", "no root here", "sudo apt-get update", "curl python3-jwt"];
        for word in expected {
            assert!(text.contains(word), "{text}");
        }
        assert!(!text.contains("postgresql"), "{text}");
    }
}
