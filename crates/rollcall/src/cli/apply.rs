//! `rollcall apply`: an account file becomes the account, or a plan of what would change.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use rollcall_core::Code;
use rollcall_core::op::Mode;
use rollcall_core::sync::Report;
use serde_json::json;

use super::{Context, out};
use crate::account_file::{self, AccountFile};
use crate::config::{KeySource, Settings};
use crate::installation::{self, IfMissing};
use crate::usage::Usage;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The account file (YAML or JSON); - for standard input
    file: PathBuf,
    /// Print what would change and change nothing; exit 0 when in sync, 1 when not, 2 when the file is wrong, 3 when the
    /// database cannot be reached
    #[arg(long)]
    plan: bool,
    /// Remove what the file does not name
    #[arg(long)]
    prune: bool,
}

/// Exit codes of `--plan`.
const DIFFERS: u8 = 1;
const UNREACHABLE: u8 = 3;

pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    let name =
        if args.file.as_os_str() == "-" { "(standard input)".to_owned() } else { args.file.display().to_string() };
    let text = read(args, &name).map_err(|error| Usage(format!("{error:#}")))?;
    let file = account_file::parse(&text).map_err(|faults| {
        let told: Vec<String> = faults.iter().map(|fault| format!("{name}:{fault}")).collect();
        refused(args, &told)
    })?;
    if let Some(wanted) = &context.account
        && rollcall_core::text::key(wanted) != rollcall_core::text::key(&file.state.name)
    {
        return Err(Usage(format!("{name} is for the account {:?}, not for {wanted:?}", file.state.name)).into());
    }
    let rehearsal = Rehearsal::of(&context.settings)?;
    if let Some(rehearsal) = &rehearsal {
        // There is no installation yet: a file that is refused must not leave one behind.
        let planned = apply(&rehearsal.settings, &file, Mode::DryRun, args, &name);
        if args.plan || planned.is_err() {
            return planned.map(|report| done(context, args, &report));
        }
    }
    let mode = if args.plan { Mode::DryRun } else { Mode::Real };
    match apply(&context.settings, &file, mode, args, &name) {
        Err(error) if args.plan && !error.is::<Usage>() => {
            context.out.error(&error);
            Ok(ExitCode::from(UNREACHABLE))
        }
        answer => answer.map(|report| done(context, args, &report)),
    }
}

fn done(context: &Context, args: &Args, report: &Report) -> ExitCode {
    tell(context, args, report);
    if args.plan && !report.changes.is_empty() { ExitCode::from(DIFFERS) } else { ExitCode::SUCCESS }
}

fn apply(settings: &Settings, file: &AccountFile, mode: Mode, args: &Args, name: &str) -> Result<Report> {
    let installation = installation::open(settings, IfMissing::Make)?;
    let progress = out::progress("applying the account file");
    let answer = installation.rollcall.apply(&installation.host, file.state.clone(), args.prune, mode).wait();
    progress.finish_and_clear();
    answer.map_err(|error| match error.code() {
        Code::Busy | Code::Uncertain | Code::Internal => error.into(),
        _ if error.each_fault().is_empty() => refused(args, &[format!("{name}: {error}")]),
        _ => {
            refused(args, &error.each_fault().iter().map(|f| format!("{name}:{}", file.locate(f))).collect::<Vec<_>>())
        }
    })
}

/// An installation in a folder of its own, gone afterwards.
struct Rehearsal {
    settings: Settings,
    _folder: tempfile::TempDir,
}

impl Rehearsal {
    /// Where there is no installation yet.
    fn of(settings: &Settings) -> Result<Option<Self>> {
        if installation::exists(settings)? {
            return Ok(None);
        }
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let mut settings = settings.clone();
        settings.database.value = format!("sqlite:{}", folder.path().join("rollcall.db").display());
        settings.key.value = KeySource::File(folder.path().join("rollcall.key"));
        settings.data.value = folder.path().to_owned();
        Ok(Some(Self { settings, _folder: folder }))
    }
}

/// With `--plan`, 1 means "differs", so that a wrong file is wrong usage there.
fn refused(args: &Args, told: &[String]) -> anyhow::Error {
    let text = format!("the account file has {} fault(s); nothing was changed\n{}", told.len(), told.join("\n"));
    if args.plan { Usage(text).into() } else { anyhow!(text) }
}

fn read(args: &Args, name: &str) -> Result<String> {
    let mut bytes = Vec::new();
    if args.file.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
    } else {
        bytes = std::fs::read(&args.file).with_context(|| format!("cannot read {name}"))?;
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        anyhow!("{name}:{line}: the file is not UTF-8 text")
    })
}

fn tell(context: &Context, args: &Args, report: &Report) {
    let mut text = String::new();
    for (sign, what) in &report.changes {
        text.push_str(&format!("{sign} {what}\n"));
    }
    let verb = if args.plan { "would change" } else { "changed" };
    match report.changes.len() {
        0 => text.push_str("in sync: nothing to change\n"),
        n => text.push_str(&format!("{n} thing(s) {verb}\n")),
    }
    if !args.plan {
        for (name, client_id, secret) in &report.new_secrets {
            text.push_str(&format!("\nThe app {name:?} is new. Its secret is shown this once:\n"));
            text.push_str(&format!("  client id      {client_id}\n  client secret  {}\n", secret.expose()));
        }
    }
    let changes: Vec<_> =
        report.changes.iter().map(|(sign, what)| json!({"sign": sign.to_string(), "what": what})).collect();
    let secrets: Vec<_> = report
        .new_secrets
        .iter()
        .filter(|_| !args.plan)
        .map(|(name, id, secret)| json!({"name": name, "clientId": id.as_str(), "clientSecret": secret.expose()}))
        .collect();
    context.out.result(&text, &json!({"planned": args.plan, "changes": changes, "newApps": secrets}));
}
