//! What the checks need beside the compiler: finds it, or installs it where that is allowed. Runs no check itself.

use std::path::Path;
use std::process::Command;

use crate::run::{cargo, run, shown, succeeds};
use crate::{Done, Failure};

/// The system's own Python: its modules come from packages of the system.
const PYTHON: &str = "/usr/bin/python3";

const PACKAGES: [&str; 4] = ["curl", "python3", "python3-jwt", "python3-requests"];

/// The programs that the tests call: curl, and Python with an independent JWT library and an HTTP client.
///
/// # Errors
/// Where something is missing and cannot be installed, with the command that mends it.
pub(crate) fn test_programs() -> Done {
    let missing = missing();
    if missing.is_empty() {
        println!("curl and {PYTHON} with jwt and requests are here");
        return Ok(());
    }
    println!("missing: {}", missing.join(", "));
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
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(PACKAGES);
    run(&mut apt_get(prefix, &install))?;
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

/// What of the tests' programs is not here, in words.
fn missing() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if !succeeds(Command::new("curl").arg("--version")) {
        missing.push("the program curl");
    }
    if !succeeds(Command::new(PYTHON).arg("--version")) {
        missing.push("the program /usr/bin/python3");
    }
    if !succeeds(Command::new(PYTHON).args(["-c", "import jwt, requests"])) {
        missing.push("the Python modules jwt and requests");
    }
    missing
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

fn by_hand(missing: &[&str], why: &str) -> String {
    format!(
        "the tests need {}; {why}. On Debian or Ubuntu run:\n    sudo apt-get update && sudo apt-get install -y \
         --no-install-recommends {}",
        missing.join(" and "),
        PACKAGES.join(" ")
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
    fn the_way_to_mend_it_by_hand_names_what_is_missing_and_every_package() {
        let text = by_hand(&["the program curl"], "no root here");
        for word in PACKAGES.iter().chain(&["the program curl", "no root here", "sudo apt-get update"]) {
            assert!(text.contains(word), "{text}");
        }
    }
}
