//! `cargo xtask test`: every check in order, stopping at the first that fails. What tidy finds lives in `tidy`.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rollcall_testbed::{Cluster, Options};

use crate::run::{cargo, root, run, succeeds};
use crate::{Done, Failure, bench, needs, tidy, tools};

pub(crate) const HELP: &str = "\
Run every check, in the order below, and stop at the first that fails

Usage: cargo xtask test [--only STEP] [-- FILTER…]

Steps:
  needs     find what the tests need (curl, openssl, /usr/bin/python3 with jwt, requests and venv,
            Node.js with jose, npm, PostgreSQL, Chromium with its driver, libfaketime); as root, or where
            sudo asks no password, install what is missing with apt-get; and spectral and axe by npm and
            schemathesis by pip, below target/
  fmt       cargo fmt --all --check
  lint      cargo clippy --workspace --all-targets --locked -- -D warnings
  tidy      cargo xtask tidy
  test      cargo test --workspace --locked, on SQLite
  postgres  the same on a throw-away PostgreSQL, whose URL is in ROLLCALL_TEST_DATABASE,
            without the packages that have nothing to do with a database
  bench     cargo xtask bench --quick --check: the load harness's quick form, with wide bounds
  typos     typos, where it is installed
  deny      cargo deny check, where it is installed
  doc       cargo doc --workspace --no-deps --locked, warnings denied

Options:
  --only STEP   this step alone (test, postgres: with needs before it)
  -- FILTER…    handed to the test programs: names to choose by, or their own options";

/// Where the tests find a server; each makes databases of its own there. Where it is not set they use SQLite.
const DATABASE: &str = "ROLLCALL_TEST_DATABASE";

/// Packages whose tests are the same on every database.
const WITHOUT_DATABASE: [&str; 4] = ["rollcall-bench", "rollcall-fuzz", "rollcall-testbed", "xtask"];

/// How a step that did not fail ended.
enum Outcome {
    Passed,
    Skipped(&'static str),
}

/// One step: its name, and what it does with the top of the repository and the filters.
struct Step {
    name: &'static str,
    run: fn(&Path, &[String]) -> Result<Outcome, Failure>,
}

const STEPS: [Step; 10] = [
    Step { name: "needs", run: |root, _| passed(needs::test_programs().and_then(|()| tools::install(root))) },
    Step { name: "fmt", run: fmt },
    Step { name: "lint", run: lint },
    Step { name: "tidy", run: |root, _| passed(tidy::check(root)) },
    Step { name: "test", run: |root, filters| passed(run(&mut on_sqlite(root, filters))) },
    Step { name: "postgres", run: postgres },
    Step { name: "bench", run: |root, _| passed(bench::quick(root)) },
    Step { name: "typos", run: typos },
    Step { name: "deny", run: deny },
    Step { name: "doc", run: doc },
];

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    only: Option<String>,
    filters: Vec<String>,
}

/// Runs the steps that are asked for.
pub(crate) fn command(args: &[String]) -> Done {
    let wanted = parse(args)?;
    let root = root()?;
    let mut table = Vec::new();
    for step in STEPS.iter().filter(|step| chosen(step.name, wanted.only.as_deref())) {
        println!("\n==> {}", step.name);
        let start = Instant::now();
        let result = (step.run)(&root, &wanted.filters);
        let word = match &result {
            Ok(Outcome::Passed) => "passed",
            Ok(Outcome::Skipped(why)) => why,
            Err(_) => "FAILED",
        };
        table.push(row(step.name, start.elapsed(), word));
        if let Err(failure) = result {
            println!("\n{}", table.join("\n"));
            return Err(Failure::new(format!(
                "the step {} failed: {}\nThis step alone: cargo xtask test --only {}",
                step.name, failure.message, step.name
            )));
        }
    }
    println!("\n{}", table.join("\n"));
    Ok(())
}

fn parse(args: &[String]) -> Result<Wanted, Failure> {
    let mut wanted = Wanted::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let step = match arg.as_str() {
            "--" => {
                wanted.filters = args.cloned().collect();
                break;
            }
            "--only" => args.next().map(String::as_str).unwrap_or_default(),
            other => other.strip_prefix("--only=").ok_or_else(|| {
                Failure::usage(format!("{other:?} is no option of test; to choose tests write: -- {other}"))
            })?,
        };
        let names = STEPS.map(|step| step.name);
        if !names.contains(&step) {
            return Err(Failure::usage(format!("--only takes one of {}, not {step:?}", names.join(", "))));
        }
        wanted.only = Some(step.to_owned());
    }
    Ok(wanted)
}

fn chosen(step: &str, only: Option<&str>) -> bool {
    only.is_none_or(|only| step == only || (step == "needs" && matches!(only, "test" | "postgres")))
}

fn row(name: &str, time: Duration, word: &str) -> String {
    format!("  {name:<8} {:>7.1} s  {word}", time.as_secs_f64())
}

fn passed(done: Done) -> Result<Outcome, Failure> {
    done.map(|()| Outcome::Passed)
}

fn fmt(root: &Path, _: &[String]) -> Result<Outcome, Failure> {
    needs::component(root, "fmt")?;
    passed(run(cargo(root).args(["fmt", "--all", "--check"])))
}

fn lint(root: &Path, _: &[String]) -> Result<Outcome, Failure> {
    needs::component(root, "clippy")?;
    passed(run(cargo(root).args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])))
}

/// Plain `cargo test`, so that its summary lines are printed. A database that the caller set would be another's.
fn on_sqlite(root: &Path, filters: &[String]) -> Command {
    let mut command = cargo(root);
    command.args(["test", "--workspace", "--locked"]).env_remove(DATABASE);
    if !filters.is_empty() {
        command.arg("--").args(filters);
    }
    command
}

fn postgres(root: &Path, filters: &[String]) -> Result<Outcome, Failure> {
    let cluster = Cluster::start(&Options::default()).map_err(Failure::new)?;
    passed(run(&mut on_postgres(root, &cluster.url("postgres"), filters)))
}

fn on_postgres(root: &Path, url: &str, filters: &[String]) -> Command {
    let mut command = cargo(root);
    command.args(["test", "--workspace", "--locked"]).env(DATABASE, url);
    command.args(WITHOUT_DATABASE.iter().flat_map(|package| ["--exclude", package]));
    if !filters.is_empty() {
        command.arg("--").args(filters);
    }
    command
}

fn typos(root: &Path, _: &[String]) -> Result<Outcome, Failure> {
    if !succeeds(Command::new("typos").arg("--version")) {
        return Ok(Outcome::Skipped("skipped, not installed"));
    }
    passed(run(Command::new("typos").current_dir(root)))
}

fn deny(root: &Path, _: &[String]) -> Result<Outcome, Failure> {
    if !succeeds(cargo(root).args(["deny", "--version"])) {
        return Ok(Outcome::Skipped("skipped, not installed"));
    }
    passed(run(cargo(root).args(["deny", "check"])))
}

fn doc(root: &Path, _: &[String]) -> Result<Outcome, Failure> {
    passed(run(cargo(root).args(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::shown;

    fn wanted(args: &[&str]) -> Result<Wanted, Failure> {
        parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn without_arguments_every_step_runs() {
        let wanted = wanted(&[]).unwrap();
        assert!(STEPS.iter().all(|step| chosen(step.name, wanted.only.as_deref())));
    }

    #[test]
    fn a_step_alone_runs_alone_but_the_tests_get_what_they_need() {
        let table = [("tidy", vec!["tidy"]), ("test", vec!["needs", "test"]), ("postgres", vec!["needs", "postgres"])];
        for (only, expected) in table {
            let wanted = wanted(&["--only", only]).unwrap();
            let names: Vec<_> = STEPS.map(|step| step.name).into_iter().collect();
            let got: Vec<_> = names.into_iter().filter(|name| chosen(name, wanted.only.as_deref())).collect();
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn filters_reach_the_test_programs() {
        let wanted = wanted(&["--only=test", "--", "renaming", "--nocapture"]).unwrap();
        let root = Path::new(".");
        let line = shown(&on_sqlite(root, &wanted.filters));
        assert_eq!(line, "cargo test --workspace --locked -- renaming --nocapture");
        let line = shown(&on_postgres(root, "postgres://x", &wanted.filters));
        assert!(line.starts_with("ROLLCALL_TEST_DATABASE=postgres://x cargo test --workspace --locked "), "{line}");
        assert!(line.contains(" --exclude rollcall-fuzz --exclude rollcall-testbed "), "{line}");
        assert!(line.ends_with(" --exclude xtask -- renaming --nocapture"), "{line}");
    }

    #[test]
    fn a_database_of_the_caller_does_not_reach_the_tests_on_sqlite() {
        let command = on_sqlite(Path::new("."), &[]);
        assert!(command.get_envs().any(|(name, value)| name == DATABASE && value.is_none()));
    }

    #[test]
    fn the_table_has_room_for_every_name() {
        let rows = STEPS.map(|step| row(step.name, Duration::from_secs(1), "x").chars().count());
        assert!(rows.iter().all(|width| *width == rows[0]), "{rows:?}");
    }

    #[test]
    fn packages_without_a_database_are_called_so() {
        let root = root().unwrap();
        for package in WITHOUT_DATABASE {
            let folder = package.strip_prefix("rollcall-").unwrap_or(package);
            let manifest = std::fs::read_to_string(root.join(folder).join("Cargo.toml")).unwrap();
            assert!(manifest.contains(&format!("\nname = \"{package}\"\n")), "{package}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_wrong_usage() {
        for args in [&["renaming"][..], &["--only"], &["--only", "lints"], &["--only=", "--", "x"]] {
            assert!(wanted(args).unwrap_err().usage, "{args:?}");
        }
    }

    #[test]
    fn the_help_names_every_step_in_order() {
        let places: Vec<_> = STEPS.iter().map(|step| HELP.find(&format!("\n  {:<10}", step.name)).unwrap()).collect();
        assert!(places.is_sorted(), "{places:?}");
    }
}
