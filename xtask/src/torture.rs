//! `cargo xtask torture`: starts the tests that hurt the program for long. The tests live in `crates/rollcall/tests/it/`.

use std::path::Path;
use std::process::Command;

use crate::run::{cargo, root, run, shown};
use crate::{Done, Failure, needs};

pub(crate) const HELP: &str = "\
Run the tests that kill, freeze and overload the program, for as long as one likes

Usage: cargo xtask torture [--minutes N] [--seed S]

Options:
  --minutes N   how long each of them goes on (default 10)
  --seed S      repeat a run: the number that it printed when it began

Runs the tests of the package rollcall whose names contain `torture`, one after the other, on the program
as it is shipped, with ROLLCALL_TORTURE_MINUTES and ROLLCALL_TORTURE_SEED set.";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    minutes: u64,
    seed: Option<u64>,
}

/// Finds what the tests need, then runs them.
pub(crate) fn command(args: &[String]) -> Done {
    let wanted = parse(args)?;
    let root = root()?;
    needs::test_programs()?;
    let mut list = tests(&root, &wanted, &["--list"]);
    list.stderr(std::process::Stdio::inherit());
    let listed = list.output().map_err(|error| Failure::new(format!("{} did not start: {error}", shown(&list))))?;
    if !listed.status.success() {
        return Err(Failure::new(format!("{} ended with {}", shown(&list), listed.status)));
    }
    // A run of no test passes, and proves nothing.
    if !String::from_utf8_lossy(&listed.stdout).lines().any(|line| line.ends_with(": test")) {
        return Err(Failure::new("no test in crates/rollcall/tests/it/ has `torture` in its name; was one renamed?"));
    }
    run(&mut tests(&root, &wanted, &["--nocapture", "--test-threads", "1"]))
}

fn parse(args: &[String]) -> Result<Wanted, Failure> {
    let mut wanted = Wanted { minutes: 10, seed: None };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let (name, value) = match arg.split_once('=') {
            Some(both) => both,
            None => (arg.as_str(), args.next().map(String::as_str).unwrap_or_default()),
        };
        match (name, value.parse()) {
            ("--minutes", Ok(minutes)) if minutes > 0 => wanted.minutes = minutes,
            ("--minutes", _) => return Err(Failure::usage(format!("--minutes takes a number above 0, not {value:?}"))),
            ("--seed", Ok(seed)) => wanted.seed = Some(seed),
            ("--seed", _) => return Err(Failure::usage(format!("--seed takes a number, not {value:?}"))),
            _ => return Err(Failure::usage(format!("{arg:?} is no option of torture"))),
        }
    }
    Ok(wanted)
}

/// The tests, with these options of theirs. Without a seed they choose one.
fn tests(root: &Path, wanted: &Wanted, options: &[&str]) -> Command {
    let mut command = cargo(root);
    command.args(["test", "-p", "rollcall", "--release", "--locked", "--test", "it", "--", "torture"]).args(options);
    command.env("ROLLCALL_TORTURE_MINUTES", wanted.minutes.to_string());
    match wanted.seed {
        Some(seed) => command.env("ROLLCALL_TORTURE_SEED", seed.to_string()),
        None => command.env_remove("ROLLCALL_TORTURE_SEED"),
    };
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(args: &[&str]) -> Result<Wanted, Failure> {
        parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_time_and_the_seed_are_read_in_both_forms() {
        let expected = Wanted { minutes: 3, seed: Some(42) };
        assert_eq!(wanted(&["--minutes", "3", "--seed", "42"]).as_ref(), Ok(&expected));
        assert_eq!(wanted(&["--seed=42", "--minutes=3"]).as_ref(), Ok(&expected));
        assert_eq!(wanted(&[]), Ok(Wanted { minutes: 10, seed: None }));
    }

    #[test]
    fn what_makes_no_sense_is_wrong_usage() {
        for args in [
            &["kill"][..],
            &["--minutes"],
            &["--minutes", "0"],
            &["--minutes=ten"],
            &["--seed", "x"],
            &["--seed="],
            &["--hours=1"],
        ] {
            assert!(wanted(args).unwrap_err().usage, "{args:?}");
        }
    }

    #[test]
    fn the_time_and_the_seed_reach_the_tests() {
        let line = shown(&tests(Path::new("."), &Wanted { minutes: 7, seed: Some(42) }, &["--nocapture"]));
        let expected = "ROLLCALL_TORTURE_MINUTES=7 ROLLCALL_TORTURE_SEED=42 cargo test -p rollcall --release --locked \
                        --test it -- torture --nocapture";
        assert_eq!(line, expected);
        let command = tests(Path::new("."), &Wanted { minutes: 7, seed: None }, &[]);
        assert!(command.get_envs().any(|(name, value)| name == "ROLLCALL_TORTURE_SEED" && value.is_none()));
    }
}
