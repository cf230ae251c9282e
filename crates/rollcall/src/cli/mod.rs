//! The command line: what there is to say, and which command it goes to. Exit codes: 0 done, 1 failed, 2 wrong usage.

mod account;
mod admin;
mod app;
mod apply;
mod audit;
mod backup;
mod doctor;
mod inspect;
mod key;
mod out;
mod serve;
mod times;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::{Flags, NOT_YET, Settings};
use crate::usage::Usage;
pub(crate) use out::explain;

use out::Out;

/// Self-hosted account administration: users, nested groups, roles, bots and API client apps.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Start with:  rollcall serve --demo")]
struct Cli {
    /// The data directory, made with mode 0700 where it is missing [env: ROLLCALL_DATA] [default: ./rollcall-data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The database [env: ROLLCALL_DATABASE] [default: sqlite:<data>/rollcall.db]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// The account that is meant; only needed where there are several
    #[arg(long, global = true, value_name = "NAME")]
    account: Option<String>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API; the first start makes the database, the key and an account
    Serve(serve::Args),
    /// Bring the account to the state in an account file, in one transaction
    Apply(apply::Args),
    /// Write the account as an account file
    Export(account::ExportArgs),
    /// Make and manage API client apps
    #[command(subcommand)]
    App(app::Command),
    /// Let administrators into the console
    #[command(subcommand)]
    Admin(admin::Command),
    /// Show and replace the installation's own keys
    #[command(subcommand)]
    Key(key::Command),
    /// Check the audit log, and write it as a file
    #[command(subcommand)]
    Audit(audit::Command),
    /// Write everything into one file, while others go on working
    Backup(backup::BackupArgs),
    /// Fill an empty database from a backup
    Restore(backup::RestoreArgs),
    /// Copy everything into another, empty database: between SQLite and PostgreSQL, in both directions
    Copy(backup::CopyArgs),
    /// Show what is configured, and where each value came from
    Config,
    /// Check database, key, files and clock, and say how to mend what is wrong
    Doctor,
    /// Print the JSON Schema of account files
    Schema,
    /// Print completions for a shell
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// Everything a command needs.
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) account: Option<String>,
    pub(crate) out: Out,
}

/// Reads the command line and runs its command.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no failure.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let out = Out::new(cli.json);
    match dispatch(cli) {
        Ok(_) if !out::is_written() => ExitCode::FAILURE,
        Ok(code) => code,
        Err(error) => {
            let code = if error.is::<Usage>() { 2 } else { 1 };
            out.error(&error);
            ExitCode::from(code)
        }
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode> {
    let out = Out::new(cli.json);
    let mut flags = Flags { data: cli.data, database: cli.database, ..Flags::default() };
    if let Command::Serve(args) = &cli.command {
        args.set(&mut flags);
    }
    match &cli.command {
        Command::Schema => return account::schema(&out),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "rollcall", &mut std::io::stdout());
            return Ok(ExitCode::SUCCESS);
        }
        Command::Audit(command) => {
            if let Some(done) = command.offline(out) {
                return done;
            }
        }
        _ => {}
    }
    environment_is_text()?;
    let settings =
        Settings::load(&flags, &|name| std::env::var(name).ok()).map_err(|error| Usage(format!("{error:#}")))?;
    let context = Context { settings, account: cli.account, out };
    match cli.command {
        Command::Serve(args) => {
            for name in NOT_YET.into_iter().filter(|name| std::env::var_os(name).is_some()) {
                context.out.warn(&format!("{name} is set, but this version does not know it yet: it has no effect"));
            }
            serve::run(&context, &args)
        }
        Command::Apply(args) => apply::run(&context, &args),
        Command::Export(args) => account::export(&context, &args),
        Command::App(command) => app::run(&context, command),
        Command::Admin(command) => admin::run(&context, &command),
        Command::Key(command) => key::run(&context, &command),
        Command::Audit(command) => audit::run(&context, &command),
        Command::Backup(args) => backup::backup(&context, &args),
        Command::Restore(args) => backup::restore(&context, &args),
        Command::Copy(args) => backup::copy(&context, &args),
        Command::Config => inspect::config(&context),
        Command::Doctor => doctor::run(&context),
        Command::Schema | Command::Completions { .. } => Ok(ExitCode::SUCCESS),
    }
}

/// A setting that cannot be read must not look like one that is not there.
fn environment_is_text() -> Result<(), Usage> {
    for (name, value) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("ROLLCALL_") && value.to_str().is_none() {
            return Err(Usage(format!("the environment variable {name} is not UTF-8 text")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
