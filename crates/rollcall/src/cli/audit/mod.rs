//! `rollcall audit`: whether the audit log is as it was written, in the database and in a file, and the file itself.

mod export;
mod file;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use rollcall_core::audit::{self, Broken, Checked, Verification};
use rollcall_core::policy::Permission;
use serde_json::{Value, json};

use super::Context;
use super::out::{self, Out};
use crate::installation::{self, IfMissing};
use crate::usage::Usage;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Walk the log of every account (or of the one named with --account) and check what signs it; exit 1 where one is
    /// broken
    Verify(VerifyArgs),
    /// Write the log of an account as a file that can be verified without a database
    Export(export::Args),
}

#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    /// Verify a file that `audit export` made, instead of the database; no installation is needed
    #[arg(long, value_name = "FILE", conflicts_with = "continues")]
    file: Option<PathBuf>,
    /// The key that must have signed the file: its "kid", or the key itself in base64; more than once for several
    // One in 64 begins with a dash.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    key: Vec<String>,
    /// Also check that the log in the database goes on from this earlier export: finds a log that was put back or written anew
    #[arg(long, value_name = "FILE")]
    continues: Option<PathBuf>,
}

impl Command {
    /// The file that is asked about, where no installation is.
    pub(super) fn offline(&self, out: Out) -> Option<Result<ExitCode>> {
        match self {
            Self::Verify(VerifyArgs { file: Some(path), key, .. }) => Some(file::verify(out, path, key)),
            _ => None,
        }
    }
}

pub(super) fn run(context: &Context, command: &Command) -> Result<ExitCode> {
    match command {
        Command::Verify(args) => verify(context, args),
        Command::Export(args) => export::export(context, args),
    }
}

fn verify(context: &Context, args: &VerifyArgs) -> Result<ExitCode> {
    if !args.key.is_empty() && args.continues.is_none() {
        return Err(
            Usage("--key says by whom a file must be signed; name one with --file or --continues".into()).into()
        );
    }
    let earlier = match &args.continues {
        Some(path) => {
            let checked = file::read(path, &args.key)?;
            if checked.broken.is_some() {
                return Ok(file::report(context.out, path, &checked, &args.key));
            }
            Some(checked)
        }
        None => None,
    };
    let installation = installation::open(&context.settings, IfMissing::Refuse)?;
    let accounts = match context.account.as_deref() {
        Some(_) => vec![installation.account(context.account.as_deref(), IfMissing::Refuse)?],
        None => installation.accounts()?,
    };
    let progress = out::progress("walking along the audit log");
    let (mut text, mut values, mut is_whole, mut is_continued) = (String::new(), Vec::new(), true, false);
    for account in accounts {
        let actor = installation.actor(&account, "audit verify");
        let asked = earlier.clone();
        let work = move |view: &rollcall_core::op::View<'_>| {
            let walked = audit::verify(view)?;
            let continued = match asked.filter(|_| walked.broken.is_none()) {
                Some(earlier) if audit::chain_name(view)? == earlier.chain => Some(audit::continues(view, &earlier)?),
                _ => None,
            };
            let is_asked = continued.is_some();
            Ok((Verification { broken: walked.broken.or(continued.flatten()), ..walked }, is_asked))
        };
        let (walked, is_asked) = installation.rollcall.read(actor, Permission::RunJobs, work).wait()?;
        is_continued |= is_asked;
        is_whole &= walked.broken.is_none();
        let (line, value) = told(&account.name, &walked);
        text.push_str(&line);
        values.push(value);
    }
    progress.finish_and_clear();
    let mut result = json!({ "whole": is_whole, "chains": values });
    if let Some(earlier) = &earlier {
        let (line, value) = told_of_earlier(earlier, is_continued, is_whole);
        text.push_str(&line);
        result["continues"] = value;
        is_whole &= is_continued;
        result["whole"] = is_whole.into();
    }
    context.out.result(&text, &result);
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told_of_earlier(earlier: &Checked, is_continued: bool, is_whole: bool) -> (String, Value) {
    let Checked { account, exported_at, events, .. } = earlier;
    let line = match (is_continued, is_whole) {
        (true, true) => format!("it goes on from the export of {account:?} of {exported_at}, {events} event(s)\n"),
        (true, false) => String::new(),
        (false, true) => format!(
            "NOT CONTINUED: no account here has the log of the export of {account:?}, {}; is this another installation?\n",
            earlier.account_id
        ),
        (false, false) => "the earlier export was not compared with a broken log\n".to_owned(),
    };
    (line, json!(is_continued && is_whole))
}

/// What a walk found, in a line for people and as a value.
pub(super) fn told(account: &str, walked: &Verification) -> (String, Value) {
    let broken = walked.broken.as_ref();
    let line = match broken {
        None => format!("audit chain of {account:?}: {} event(s), whole", walked.sealed),
        Some(broken) => format!(
            "audit chain of {account:?}: BROKEN at event {} ({}: {}); the {} before it are whole",
            broken.seq,
            broken.kind.name(),
            broken.why,
            walked.sealed
        ),
    };
    let signed = match walked.checkpoints {
        0 => "; none signed yet".to_owned(),
        _ if walked.signed == walked.sealed => "; all of them signed".to_owned(),
        _ => format!("; {} of them signed", walked.signed),
    };
    let signed = if broken.is_some() { String::new() } else { signed };
    let pending = match walked.pending {
        0 => String::new(),
        n => format!("; {n} not sealed yet"),
    };
    let value = json!({
        "account": account,
        "sealed": walked.sealed,
        "signed": walked.signed,
        "checkpoints": walked.checkpoints,
        "pending": walked.pending,
        "keys": walked.kids,
        "broken": broken.map(fault),
    });
    (format!("{line}{signed}{pending}\n"), value)
}

fn fault(broken: &Broken) -> Value {
    json!({ "event": broken.seq, "kind": broken.kind.name(), "why": broken.why })
}
