//! Tools from npm and PyPI that tests run: each in a folder of its own below the target folder, in versions that are
//! written down. What comes with the system is `needs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::needs::PYTHON;
use crate::run::{run, shown};
use crate::{Done, Failure};

/// Where the versions of those for the API's description, and of those for the console, are written down.
const OPENAPI: &str = "crates/rollcall/tests/openapi";
const CONSOLE: &str = "crates/rollcall/tests/console";
/// Where those of what only a command of its own takes are.
const PAGES: &str = "crates/rollcall/tests/lighthouse";

/// A tool.
struct Tool {
    name: &'static str,
    folder: &'static str,
    /// The files that say what is installed; where one of them has changed, it is installed anew.
    files: &'static [&'static str],
    /// What installs it, given where its files lie and where it is to live.
    steps: fn(&Path, &Path) -> Vec<Command>,
}

const TOOLS: [Tool; 3] = [
    Tool { name: "spectral", folder: OPENAPI, files: &["package.json", "package-lock.json"], steps: by_npm },
    Tool { name: "schemathesis", folder: OPENAPI, files: &["requirements.txt"], steps: by_pip },
    Tool { name: "axe", folder: CONSOLE, files: &["package.json", "package-lock.json"], steps: by_npm },
];

const LIGHTHOUSE: Tool =
    Tool { name: "lighthouse", folder: PAGES, files: &["package.json", "package-lock.json"], steps: by_npm };

/// Installs Lighthouse, as [`install`] does what every test takes.
///
/// # Errors
/// As there.
pub(crate) fn lighthouse(root: &Path) -> Done {
    put(root, &LIGHTHOUSE)
}

/// Installs what is not there in the versions that are written down.
///
/// # Errors
/// Where something cannot be installed, with the command that failed.
pub(crate) fn install(root: &Path) -> Done {
    TOOLS.iter().try_for_each(|tool| put(root, tool))
}

fn put(root: &Path, tool: &Tool) -> Done {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target));
    install_one(tool, &root.join(tool.folder), &target.join("tools").join(tool.name))
}

/// The last thing that is written is what was installed: a run that was broken off is done again.
fn install_one(tool: &Tool, from: &Path, to: &Path) -> Done {
    // What pip installs knows its folder and its Python: it does not work in another folder, nor with a newer Python.
    let wanted = format!("{}\n{}\n{}", to.display(), python(), wanted(tool, from)?);
    let stamp = to.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        println!("{} is here", tool.name);
        return Ok(());
    }
    let cannot = |what: &Path, error: &std::io::Error| Failure::new(format!("{}: {error}", what.display()));
    if to.exists() {
        std::fs::remove_dir_all(to).map_err(|error| cannot(to, &error))?;
    }
    std::fs::create_dir_all(to).map_err(|error| cannot(to, &error))?;
    for file in tool.files {
        std::fs::copy(from.join(file), to.join(file)).map_err(|error| cannot(&from.join(file), &error))?;
    }
    for mut step in (tool.steps)(from, to) {
        println!("{}", shown(&step));
        run(&mut step)?;
    }
    std::fs::write(&stamp, wanted).map_err(|error| cannot(&stamp, &error))
}

fn wanted(tool: &Tool, from: &Path) -> Result<String, Failure> {
    let read = |file: &PathBuf| {
        std::fs::read_to_string(file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))
    };
    tool.files.iter().map(|file| read(&from.join(file))).collect()
}

/// Exactly what the lock file says, without running anything that packages bring along.
fn by_npm(_: &Path, to: &Path) -> Vec<Command> {
    let mut npm = Command::new("npm");
    npm.current_dir(to).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    vec![npm]
}

/// The system's Python, as it calls itself; nothing where there is none, which is told when it is needed.
fn python() -> String {
    let told = Command::new(PYTHON).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&told).trim().to_owned()
}

/// Exactly what the list says: pip looks for nothing that is not on it.
fn by_pip(from: &Path, to: &Path) -> Vec<Command> {
    let (mut environment, mut pip) = (Command::new(PYTHON), Command::new(to.join("bin/pip")));
    environment.args(["-m", "venv"]).arg(to);
    // Wheels alone: what comes as source would be built by whatever code it brings.
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
        "--requirement",
    ]);
    pip.arg(from.join("requirements.txt"));
    vec![environment, pip]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::root;

    #[test]
    fn every_version_is_written_down_and_no_address_is() {
        for tool in TOOLS.iter().chain([&LIGHTHOUSE]) {
            let from = root().unwrap().join(tool.folder);
            assert!(!wanted(tool, &from).unwrap().contains("\"resolved\""), "{}", tool.name);
        }
        let from = root().unwrap().join(OPENAPI);
        let list = std::fs::read_to_string(from.join("requirements.txt")).unwrap();
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            assert!(
                line.split_once("==").is_some_and(|(name, version)| !name.is_empty() && !version.is_empty()),
                "{line}"
            );
        }
        for folder in [OPENAPI, CONSOLE, PAGES] {
            let package = std::fs::read_to_string(root().unwrap().join(folder).join("package.json")).unwrap();
            assert!(!package.contains(['^', '~', '*']), "{package}");
        }
    }

    #[test]
    fn what_was_installed_from_the_same_files_is_not_installed_again() {
        let folder = std::env::temp_dir().join(format!("rollcall-tools-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        std::fs::create_dir_all(&from).unwrap();
        let fails = Tool {
            name: "x",
            folder: "",
            files: &["versions"],
            steps: |_, _| vec![Command::new("no-such-program-here")],
        };
        let works = Tool { name: "x", folder: "", files: &["versions"], steps: |_, _| Vec::new() };
        std::fs::write(from.join("versions"), "one").unwrap();
        assert!(install_one(&fails, &from, &to).is_err(), "it is not there");
        assert!(install_one(&fails, &from, &to).is_err(), "it was begun, and is not there");
        assert_eq!(install_one(&works, &from, &to), Ok(()));
        assert_eq!(install_one(&fails, &from, &to), Ok(()), "it is there");
        let moved = folder.join("moved");
        std::fs::rename(&to, &moved).unwrap();
        assert!(install_one(&fails, &from, &moved).is_err(), "it was made for another folder");
        assert_eq!(install_one(&works, &from, &to), Ok(()));
        std::fs::write(from.join("versions"), "two").unwrap();
        assert!(install_one(&fails, &from, &to).is_err(), "another is wanted");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
