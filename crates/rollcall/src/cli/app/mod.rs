//! `rollcall app …`: client apps, made and managed on the host. A file for what belongs together; here is what there is to
//! say.

mod create;
mod secrets;
mod server_key;
mod settings;
mod show;
mod token;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use rollcall_core::Result as CoreResult;
use rollcall_core::apps::{Credential, PublicKey};
use rollcall_core::op::{Mode, Op, View};
use rollcall_core::policy::{Permission, Scope};

use super::Context;
use crate::installation::{self, IfMissing, Installation};
use crate::usage::Usage;

const ADMINISTER: Permission = Permission::AdministerAccount;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an app; its client id and secret are printed this once
    Create(create::Args),
    /// List the apps of the account
    List,
    /// Show an app: scopes, secrets and their last use, and why its last tokens were refused
    Show {
        /// Client id or name
        id: String,
    },
    /// Give an app a new secret; the one that it has stays good for a while, so that no client is ever without
    Rotate(secrets::RotateArgs),
    /// Take one secret of an app away, or the whole app; this cannot be undone
    Revoke(secrets::RevokeArgs),
    /// Say what an app's tokens must be like, and when the app ends
    Set(settings::SetArgs),
    /// Give an app scopes or take some away
    Scopes(settings::ScopesArgs),
    /// Mint a token signed with the app's newest secret, for trying things out
    Token(token::Args),
}

/// The account that is meant, for one command.
struct Place<'c> {
    context: &'c Context,
    installation: Installation,
    if_missing: IfMissing,
    job: &'static str,
}

impl<'c> Place<'c> {
    fn open(context: &'c Context, if_missing: IfMissing, job: &'static str) -> Result<Self> {
        let installation = installation::open(&context.settings, if_missing)?;
        Ok(Self { context, installation, if_missing, job })
    }

    fn account(&self) -> Result<rollcall_core::accounts::AccountInfo> {
        self.installation.account(self.context.account.as_deref(), self.if_missing)
    }

    fn read<T: Send + 'static>(&self, work: impl FnOnce(&View<'_>) -> CoreResult<T> + Send + 'static) -> Result<T> {
        let actor = self.installation.actor(&self.account()?, self.job);
        Ok(self.installation.rollcall.read(actor, ADMINISTER, work).wait()?)
    }

    fn write<T: Send + 'static>(&self, work: impl Fn(&mut Op<'_>) -> CoreResult<T> + Send + 'static) -> Result<T> {
        let actor = self.installation.actor(&self.account()?, self.job);
        Ok(self.installation.rollcall.write(actor, ADMINISTER, Mode::Real, work).wait()?)
    }
}

pub(super) fn run(context: &Context, command: Command) -> Result<ExitCode> {
    let open = |job| Place::open(context, IfMissing::Refuse, job);
    match command {
        Command::Create(args) => create::create(context, args)?,
        Command::List => show::list(&open("app list")?)?,
        Command::Show { id } => show::show(&open("app show")?, id)?,
        Command::Rotate(args) => secrets::rotate(context, args)?,
        Command::Revoke(args) => secrets::revoke(&open("app revoke")?, args)?,
        Command::Set(args) => settings::set(context, args)?,
        Command::Scopes(args) => settings::scopes(context, args)?,
        Command::Token(args) => token::mint(context, args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn scope_ids(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.id()).collect()
}

/// The public key in a file. Nothing of what else may be in it is shown.
fn public_key(path: Option<&PathBuf>) -> Result<Option<Credential>> {
    let Some(path) = path else { return Ok(None) };
    let read = |path: &Path| std::fs::read_to_string(path);
    let text = read(path).with_context(|| format!("cannot read the public key {}", path.display()))?;
    let key = PublicKey::parse(&text).map_err(|why| Usage(format!("{}: {why}", path.display())))?;
    Ok(Some(Credential::PublicKey(key)))
}
