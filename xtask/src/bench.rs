//! `cargo xtask bench`: builds the program as it is shipped and starts the load harness. A quick look takes the debug build that
//! the tests have made. The harness lives in `bench/`.

use std::path::Path;
use std::process::Command;

use crate::Done;
use crate::run::{cargo, root, run};

pub(crate) const HELP: &str = "\
Build the program as it is shipped, then run the load harness against it

Usage: cargo xtask bench [ARGUMENTS…]

  --check   fail where a bound of bench/thresholds.toml is lost
  --quick   a minute, the debug build and the harness's own callers: catches disasters only;
            cargo xtask test has it as the step bench

The whole of it takes the public load generator oha: yours in PATH or named by --oha, else it is
installed by cargo below target/tools, once, in some ten minutes.

Every argument goes to the harness. Its own help:
  cargo run --release --locked -p rollcall-bench -- --help";

/// Builds, then measures.
pub(crate) fn command(args: &[String]) -> Done {
    let root = root()?;
    run(&mut program(&root, args))?;
    run(&mut harness(&root, args))
}

/// The quick form, for [`crate::test`].
pub(crate) fn quick(root: &Path) -> Done {
    let args = ["--quick", "--check"].map(str::to_owned);
    run(&mut program(root, &args))?;
    run(&mut harness(root, &args))
}

/// How the programs are built: what is shipped is measured, but for a quick look.
fn profile(args: &[String]) -> &'static [&'static str] {
    if args.iter().any(|arg| arg == "--quick") { &[] } else { &["--release"] }
}

fn program(root: &Path, args: &[String]) -> Command {
    let mut command = cargo(root);
    command.arg("build").args(profile(args)).args(["--locked", "-p", "rollcall"]);
    command
}

fn harness(root: &Path, args: &[String]) -> Command {
    let args = if args.first().is_some_and(|arg| arg == "--") { &args[1..] } else { args };
    let mut command = cargo(root);
    command.arg("run").args(profile(args)).args(["--locked", "-p", "rollcall-bench", "--"]).args(args);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::shown;

    #[test]
    fn arguments_pass_through_with_and_without_the_separator() {
        let expected = "cargo run --release --locked -p rollcall-bench -- --users 100";
        for args in [&["--users", "100"][..], &["--", "--users", "100"]] {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            assert_eq!(shown(&harness(Path::new("."), &args)), expected);
        }
    }

    #[test]
    fn a_quick_look_takes_the_build_of_the_tests() {
        let args = ["--quick".to_owned(), "--check".to_owned()];
        assert_eq!(shown(&program(Path::new("."), &args)), "cargo build --locked -p rollcall");
        let line = shown(&harness(Path::new("."), &args));
        assert_eq!(line, "cargo run --locked -p rollcall-bench -- --quick --check");
        assert_eq!(shown(&program(Path::new("."), &[])), "cargo build --release --locked -p rollcall");
    }
}
