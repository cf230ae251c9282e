//! `rollcall export` and `rollcall schema`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use rollcall_core::policy::Permission;
use rollcall_core::sync;

use super::Context;
use super::out::Out;
use crate::account_file;
use crate::installation::{self, IfMissing};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Write client secrets, too: whoever has the file can then act as your apps
    #[arg(long)]
    secrets: bool,
}

pub(super) fn export(context: &Context, args: &ExportArgs) -> Result<ExitCode> {
    let installation = installation::open(&context.settings, IfMissing::Refuse)?;
    let account = installation.account(context.account.as_deref(), IfMissing::Refuse)?;
    let actor = installation.actor(&account, "export");
    let with_secrets = args.secrets;
    let state = installation
        .rollcall
        .read(actor, Permission::AdministerAccount, move |view| sync::export(view, with_secrets))
        .wait()?;
    if context.out.is_json() {
        context.out.raw(&format!("{}\n", account_file::to_json(&state)));
    } else {
        context.out.raw(&account_file::emit(&state));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn schema(out: &Out) -> Result<ExitCode> {
    out.raw(&format!("{:#}\n", account_file::json_schema()));
    Ok(ExitCode::SUCCESS)
}
