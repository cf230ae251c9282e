//! `cargo xtask bench`: builds the program as it is shipped and starts the load harness. The harness lives in `bench/`.

use std::path::Path;
use std::process::Command;

use crate::Done;
use crate::run::{cargo, root, run};

pub(crate) const HELP: &str = "\
Build the program as it is shipped, then run the load harness against it

Usage: cargo xtask bench [ARGUMENTS…]

Every argument goes to the harness. Its own help:
  cargo run --release --locked -p rollcall-bench -- --help";

/// Builds, then measures.
pub(crate) fn command(args: &[String]) -> Done {
    let root = root()?;
    run(cargo(&root).args(["build", "--release", "--locked", "-p", "rollcall"]))?;
    run(&mut harness(&root, args))
}

fn harness(root: &Path, args: &[String]) -> Command {
    let args = if args.first().is_some_and(|arg| arg == "--") { &args[1..] } else { args };
    let mut command = cargo(root);
    command.args(["run", "--release", "--locked", "-p", "rollcall-bench", "--"]).args(args);
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
}
