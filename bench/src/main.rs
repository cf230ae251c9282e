//! The load harness: drives the program as it is shipped over loopback and tells how it does beside a baseline measured
//! in the same run. What is measured, and what the numbers mean, is in `docs/performance.md`.
#![allow(clippy::print_stdout, reason = "a program whose product is a table")]

mod access;
mod account;
mod ask;
mod authentication;
mod bare;
mod cluster;
mod console;
mod load;
mod oha;
mod pages;
mod pages_fill;
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

use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use crate::oha::Oha;
use crate::results::Measure;
use crate::thresholds::{Thresholds, Verdict};

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
    /// Sizes of account, in users
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [10_000, 100_000], value_parser = users)]
    pub(crate) users: Vec<usize>,
    /// How often Rollcall and the baseline take turns; the medians count
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) rounds: u32,
    /// Only the scenarios whose names contain this
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// A few figures in a minute, of a small account and without a load generator: for catching disasters only
    #[arg(long, conflicts_with_all = ["users", "rounds", "only", "database"])]
    pub(crate) quick: bool,
    /// The load generator [default: oha in PATH, or one that is installed below the target directory]
    #[arg(long, value_name = "PATH", conflicts_with = "quick")]
    oha: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What all measurements have.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Common {
    /// What the data are kept in; with postgres, a cluster is made for the time
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    pub(crate) database: Engine,
    /// How long each measurement takes, after a warm-up of a fifth of that
    #[arg(long, value_name = "S", default_value_t = 3.0, value_parser = seconds)]
    pub(crate) seconds: f64,
    /// Also write the results to a file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Fail where a bound of bench/thresholds.toml is lost
    #[arg(long)]
    check: bool,
    /// The program to measure [default: rollcall among the builds of the target directory]
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
    /// First, middle and last page of a million users, a hundred thousand groups and ten million events
    Pages(pages::Args),
    /// One user's roles, and changes of groups, where groups are nested ten deep
    Access(access::Args),
    /// Every page of the console, on a million users
    Console(console::Args),
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
        Some(Part::Pages(args)) => pages::run(&args),
        Some(Part::Access(args)) => access::run(&args),
        Some(Part::Console(args)) => console::run(&args),
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
    let common = &options.common;
    let mut place = Place::new(common, options.quick)?;
    if !options.quick {
        place.oha = Some(Oha::find(options.oha.as_deref(), &place.target.join("tools"), &place.dir)?);
    }
    let before = process::Share::now()?;
    let results = until_stopped(async {
        if options.quick { quick::all(options, &place).await } else { run::all(options, &place).await }
    });
    // The cluster ends here, after all who use it.
    drop(place);
    let mut results = results?;
    // Only now: the times of children are known when they have ended.
    results.others = process::Share::now()?.of_others_since(before);
    let run = if options.quick { "quick" } else { common.database.name() };
    print!("{}", report::table(&results, &Thresholds::shipped(run)?));
    common.judge(run, &report::json(&results), &results.measures())
}

impl Common {
    /// Writes the results where they are asked for and tells which bounds hold; false where one is lost and that counts.
    pub(crate) fn judge(&self, run: &str, json: &Value, measures: &[Measure]) -> Result<bool> {
        if let Some(path) = &self.json {
            std::fs::write(path, format!("{json:#}\n")).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let verdicts = Thresholds::shipped(run)?.judge(measures);
        print!("{}", thresholds::text(&verdicts));
        // In the quick form, which always measures the same, also what nobody has measured is lost.
        let is_kept = if run == "quick" { Verdict::is_kept_for_certain } else { Verdict::is_kept };
        Ok(!self.check || verdicts.iter().all(is_kept))
    }
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

/// What is measured, and where the data go.
pub(crate) struct Place {
    pub(crate) binary: PathBuf,
    /// Where builds and tools are.
    target: PathBuf,
    pub(crate) dir: PathBuf,
    /// The cluster, where it is PostgreSQL that is measured.
    pub(crate) postgres: Option<Rc<cluster::Postgres>>,
    /// The load generator; none: the harness's own callers do all.
    pub(crate) oha: Option<Oha>,
    /// Whether the program remembers no replies: where it is their making that is measured.
    pub(crate) forgets: bool,
}

impl Place {
    /// Finds the program and the directory, and starts the cluster where one is asked for. A quick look takes a debug build.
    pub(crate) fn new(common: &Common, is_quick: bool) -> Result<Self> {
        if cfg!(debug_assertions) && !is_quick {
            eprintln!("the harness is a debug build: the ratios mean little; use `cargo xtask bench`");
        }
        let own = std::env::current_exe()?;
        let target =
            own.parent().and_then(|profile| profile.parent()).context("the harness is not in a target directory")?;
        let (profile, build) = if is_quick { ("debug", "cargo build") } else { ("release", "cargo build --release") };
        let binary = common.binary.clone().unwrap_or_else(|| target.join(profile).join("rollcall"));
        if !binary.is_file() {
            bail!("there is no program at {}: build it with `{build} -p rollcall`", binary.display());
        }
        let dir = common.dir.as_deref().unwrap_or(target);
        let dir = dir.canonicalize().with_context(|| format!("cannot use {}", dir.display()))?;
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        if !is_quick && process::is_in_memory(&mounts, &dir) {
            bail!(
                "{} is in memory, where an fsync costs nothing; name a directory on a disk with --dir",
                dir.display()
            );
        }
        let postgres = match common.database {
            Engine::Sqlite => None,
            Engine::Postgres => Some(cluster::Postgres::start(&dir)?),
        };
        Ok(Self { binary, target: target.to_owned(), dir, postgres, oha: None, forgets: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
        assert_eq!(Cli::parse_from(["bench"]).options.users, [10_000, 100_000]);
        assert_eq!(Cli::parse_from(["bench"]).options.common.database, Engine::Sqlite);
        assert_eq!(Cli::parse_from(["bench", "--database", "postgres"]).options.common.database, Engine::Postgres);
        assert!(Cli::parse_from(["bench", "--check", "--quick"]).options.quick);
        assert!(Cli::try_parse_from(["bench", "--quick", "--database", "postgres"]).is_err());
        assert!(Cli::try_parse_from(["bench", "--users", "60"]).is_err());
        assert!(Cli::try_parse_from(["bench", "--users", "2525"]).is_err());
    }
}
