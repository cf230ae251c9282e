//! The load harness: drives the program as it is shipped over loopback and tells how it does beside a baseline measured
//! in the same run. What is measured, and what the numbers mean, is in `docs/performance.md`.
#![allow(clippy::print_stdout, reason = "a program whose product is a table")]

mod account;
mod ask;
mod authentication;
mod bare;
mod cluster;
mod load;
mod oha;
mod pair;
mod pgbench;
mod prepared;
mod process;
mod question;
mod quick;
mod report;
mod results;
mod rollcall;
mod run;
mod scenario;
mod sqlite;
mod tables;
mod thresholds;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use crate::oha::Oha;
use crate::thresholds::Thresholds;

/// As Rollcall itself, so that the bare handler is no worse off.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure Rollcall beside a bare HTTP handler and a bare loop of inserts, in turns, and print the ratios.
#[derive(Debug, Parser)]
#[command(name = "rollcall-bench", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    options: Options,
}

/// What is measured, and what becomes of the results.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// What the data are kept in; with postgres, a cluster is made for the time
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    pub(crate) database: Engine,
    /// Sizes of account, in users
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [10_000, 100_000], value_parser = users)]
    pub(crate) users: Vec<usize>,
    /// How long each measurement takes, after a warm-up of a fifth of that
    #[arg(long, value_name = "S", default_value_t = 3.0, value_parser = seconds)]
    pub(crate) seconds: f64,
    /// How often Rollcall and the baseline take turns; the medians count
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) rounds: u32,
    /// Only the scenarios whose names contain this
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// Also write the results to a file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Fail where a bound of bench/thresholds.toml is lost
    #[arg(long)]
    check: bool,
    /// A few figures in half a minute, of a small account and without a load generator: for catching disasters only
    #[arg(long, conflicts_with_all = ["users", "rounds", "only", "database"])]
    quick: bool,
    /// The load generator [default: oha in PATH, or one that is installed below the target directory]
    #[arg(long, value_name = "PATH", conflicts_with = "quick")]
    oha: Option<PathBuf>,
    /// The program to measure [default: rollcall among the release builds of the target directory]
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Where the data go, on the disk that is to be measured [default: the target directory]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// The database behind Rollcall, and behind the baseline of its writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// A file
    Sqlite,
    /// A server
    Postgres,
}

impl Engine {
    /// Its name among the thresholds and in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The baselines, each a process of its own as Rollcall is, which the harness starts itself; and what is measured by itself.
#[derive(Debug, Subcommand)]
enum Part {
    /// What it costs to find out whose token it is, by forms of tokens
    Authentication(authentication::Args),
    #[command(hide = true)]
    BareHandler(bare::Args),
    #[command(hide = true)]
    SqliteLoop(sqlite::Args),
}

fn users(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n >= account::LEAST && n % account::TEAM == 0 => Ok(n),
        _ => Err(format!(
            "a multiple of {}, from {} on, so that a page of groups is full",
            account::TEAM,
            account::LEAST
        )),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|s| (0.1..=600.0).contains(s)).ok_or_else(|| "from 0.1 to 600 seconds".to_owned())
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.part {
        Some(Part::BareHandler(args)) => bare::serve(&args).map(|()| true),
        Some(Part::SqliteLoop(args)) => sqlite::run(&args).map(|()| true),
        Some(Part::Authentication(args)) => authentication::run(&args).map(|()| true),
        None => measure(&cli.options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rollcall-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures; false where a threshold is lost and that counts. Everything that was started or written is gone by the end,
/// also where a signal ends it early: the guards do that as the run is dropped.
fn measure(options: &Options) -> Result<bool> {
    if cfg!(debug_assertions) && !options.quick {
        eprintln!("the harness is a debug build: the ratios mean little; use `cargo xtask bench`");
    }
    let place = place(options)?;
    let before = process::Share::now()?;
    let results = until_stopped(async {
        if options.quick { quick::all(options, &place).await } else { run::all(options, &place).await }
    });
    // The cluster ends here, after all who use it.
    drop(place);
    let mut results = results?;
    // Only now: the times of children are known when they have ended.
    results.others = process::Share::now()?.of_others_since(before);
    let thresholds = Thresholds::shipped(if options.quick { "quick" } else { options.database.name() })?;
    print!("{}", report::table(&results, &thresholds));
    write_json(options.json.as_deref(), &report::json(&results))?;
    let verdicts = thresholds.judge(&results.measures());
    print!("{}", thresholds::text(&verdicts));
    Ok(!options.check || verdicts.iter().all(thresholds::Verdict::is_kept))
}

/// Runs it to its end; a signal ends it early, and everything that it has started goes with it.
fn until_stopped<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    // One thread makes all the load that is the harness's own: the server has the other cores to itself.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            done = work => done,
            _ = terminate.recv() => bail!("stopped"),
            _ = tokio::signal::ctrl_c() => bail!("stopped"),
        }
    });
    runtime.shutdown_background();
    done
}

fn write_json(path: Option<&Path>, value: &Value) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, format!("{value:#}\n")).with_context(|| format!("cannot write {}", path.display()))
}

/// What is measured, and where the data go.
pub(crate) struct Place {
    pub(crate) binary: PathBuf,
    pub(crate) dir: PathBuf,
    /// The cluster, where it is PostgreSQL that is measured.
    pub(crate) postgres: Option<Rc<cluster::Postgres>>,
    /// The load generator; none: the harness's own callers do all.
    pub(crate) oha: Option<Oha>,
}

fn place(options: &Options) -> Result<Place> {
    let own = std::env::current_exe()?;
    let target =
        own.parent().and_then(|profile| profile.parent()).context("the harness is not in a target directory")?;
    let profile = if options.quick { "debug" } else { "release" };
    let binary = options.binary.clone().unwrap_or_else(|| target.join(profile).join("rollcall"));
    if !binary.is_file() {
        let build = if options.quick { "cargo build" } else { "cargo build --release" };
        bail!("there is no program at {}: build it with `{build} -p rollcall`", binary.display());
    }
    let dir = options.dir.clone().unwrap_or_else(|| target.to_owned());
    let dir = dir.canonicalize().with_context(|| format!("cannot use {}", dir.display()))?;
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    if !options.quick && process::is_in_memory(&mounts, &dir) {
        bail!("{} is in memory, where an fsync costs nothing; name a directory on a disk with --dir", dir.display());
    }
    let postgres = match options.database {
        Engine::Sqlite => None,
        Engine::Postgres => Some(cluster::Postgres::start(&dir)?),
    };
    let oha = match options.quick {
        true => None,
        false => Some(Oha::find(options.oha.as_deref(), &target.join("tools"), &dir)?),
    };
    Ok(Place { binary, dir, postgres, oha })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
        assert_eq!(Cli::parse_from(["bench"]).options.users, [10_000, 100_000]);
        assert_eq!(Cli::parse_from(["bench"]).options.database, Engine::Sqlite);
        assert_eq!(Cli::parse_from(["bench", "--database", "postgres"]).options.database, Engine::Postgres);
        assert!(Cli::parse_from(["bench", "--check", "--quick"]).options.quick);
        assert!(Cli::try_parse_from(["bench", "--quick", "--database", "postgres"]).is_err());
        assert!(Cli::try_parse_from(["bench", "--users", "60"]).is_err());
        assert!(Cli::try_parse_from(["bench", "--users", "2525"]).is_err());
    }
}
