//! Running other programs from the top of the repository, and saying which one failed. Knows nothing of what they do.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Done, Failure};

/// The top of the repository: the folder above this package, wherever the command was called.
pub(crate) fn root() -> Result<PathBuf, Failure> {
    if let Some(package) = std::env::var_os("CARGO_MANIFEST_DIR")
        && let Some(root) = Path::new(&package).parent()
    {
        return Ok(root.to_owned());
    }
    let here = std::env::current_dir().map_err(|error| Failure::new(format!("no current folder: {error}")))?;
    here.ancestors()
        .find(|folder| folder.join("xtask/Cargo.toml").is_file())
        .map(Path::to_owned)
        .ok_or_else(|| Failure::new(format!("{} is not inside the repository", here.display())))
}

/// The cargo that runs us, at the top of the repository.
///
/// `cargo run` tells its child about the package it ran; handed on, these variables make build scripts run anew.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs it to its end, its output going where ours goes.
///
/// # Errors
/// Where it cannot be started or ends badly, with the command line as one would type it.
pub(crate) fn run(command: &mut Command) -> Done {
    let status =
        command.status().map_err(|error| Failure::new(format!("{} did not start: {error}", shown(command))))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{} ended with {status}", shown(command)))) }
}

/// Whether it runs and ends well; its output is thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let mut words: Vec<String> = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}={}", name.to_string_lossy(), quoted(&value?.to_string_lossy()))))
        .collect();
    let program = Path::new(command.get_program());
    let cargo = program.file_stem().is_some_and(|stem| stem == "cargo");
    words.push(if cargo { "cargo".to_owned() } else { program.to_string_lossy().into_owned() });
    words.extend(command.get_args().map(|arg| quoted(&arg.to_string_lossy())));
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("{word:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/opt/rust/bin/cargo");
        command.args(["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(shown(&command), "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let failure = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert!(failure.message.starts_with("no-such-program-here did not start"), "{}", failure.message);
    }
}
