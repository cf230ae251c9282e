//! `rollcall audit`: whether the audit log is as it was written.

use std::process::ExitCode;

use anyhow::Result;
use rollcall_core::audit::{self, Verification};
use rollcall_core::policy::Permission;
use serde_json::{Value, json};

use super::Context;
use crate::installation::{self, IfMissing};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Walk the chain of every account (or of the one named with --account); exit 1 where one is broken
    Verify,
}

pub(super) fn run(context: &Context, command: &Command) -> Result<ExitCode> {
    match command {
        Command::Verify => verify(context),
    }
}

fn verify(context: &Context) -> Result<ExitCode> {
    let installation = installation::open(&context.settings, IfMissing::Refuse)?;
    let accounts = match context.account.as_deref() {
        Some(_) => vec![installation.account(context.account.as_deref(), IfMissing::Refuse)?],
        None => installation.accounts()?,
    };
    let (mut text, mut values, mut is_whole) = (String::new(), Vec::new(), true);
    for account in accounts {
        let actor = installation.actor(&account, "audit verify");
        let walked = installation.rollcall.read(actor, Permission::RunJobs, audit::verify).wait()?;
        is_whole &= walked.broken.is_none();
        let (line, value) = told(&account.name, &walked);
        text.push_str(&line);
        values.push(value);
    }
    context.out.result(&text, &json!({ "whole": is_whole, "chains": values }));
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a walk found, in a line for people and as a value.
pub(super) fn told(account: &str, walked: &Verification) -> (String, Value) {
    let broken = walked.broken.as_ref();
    let line = match broken {
        None => format!("audit chain of {account:?}: {} event(s), whole", walked.sealed),
        Some(broken) => format!(
            "audit chain of {account:?}: BROKEN at event {} ({}); the {} before it are whole",
            broken.seq, broken.why, walked.sealed
        ),
    };
    let pending = match walked.pending {
        0 => String::new(),
        n => format!("; {n} not sealed yet"),
    };
    let value = json!({
        "account": account,
        "sealed": walked.sealed,
        "pending": walked.pending,
        "broken": broken.map(|b| json!({ "event": b.seq, "why": b.why })),
    });
    (format!("{line}{pending}\n"), value)
}
