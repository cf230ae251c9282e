//! `rollcall admin …`: the way into the console for whoever has the host.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use rollcall_core::admins::{link, set_up};
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::Permission;
use serde_json::json;

use super::Context;
use crate::demo::{self, Demo};
use crate::installation::{self, IfMissing, Installation};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print a link that signs one in once, within 15 minutes
    ///
    /// Whoever has this address becomes an active user with the built-in admin role, where they are not. Use it for the
    /// first administrator, and for whoever is locked out. Links from before are of no use any more.
    Link {
        /// Their e-mail address
        email: String,
    },
}

pub(super) fn run(context: &Context, command: &Command) -> Result<ExitCode> {
    let Command::Link { email } = command;
    let installation = installation::open(&context.settings, IfMissing::Refuse)?;
    let account = installation.account(context.account.as_deref(), IfMissing::Refuse)?;
    let actor = installation.actor(&account, "admin link");
    let address = email.clone();
    let make = move |op: &mut Op<'_>| link::make(op, &address);
    let token = installation.rollcall.write(actor, Permission::AdministerAccount, Mode::Real, make).wait()?;
    let url = format!("{}/console/link/{}", context.settings.public_url.value, token.expose());
    let expires = installation.rollcall.now().plus_millis(link::LIFE_MILLIS).to_string();
    context.out.result(
        &format!("{url}\nIt signs {email} in once, until {expires}.\n"),
        &json!({ "email": email, "url": url, "expires": expires }),
    );
    Ok(ExitCode::SUCCESS)
}

/// A link into the console: of which account, for what, where.
pub(super) struct Way {
    pub(super) account: String,
    pub(super) is_set_up: bool,
    pub(super) url: String,
}

/// The links that a start prints: one that signs in to the demo, and one for setting up each account without an active
/// administrator.
pub(super) fn ways_in(installation: &Installation, demo: Option<&Demo>, public_url: &str) -> Result<Vec<Way>> {
    let rollcall = &installation.rollcall;
    let mut ways = Vec::new();
    for account in installation.accounts()? {
        let actor = installation.actor(&account, "serve");
        let is_demo = demo.is_some_and(|demo| demo.account == account);
        let (is_set_up, path) = if is_demo {
            let make = |op: &mut Op<'_>| link::make(op, demo::ADMIN);
            let token = rollcall.write(actor, Permission::AdministerAccount, Mode::Real, make).wait()?;
            (false, format!("/console/link/{}", token.expose()))
        } else {
            let token = rollcall.write(actor, Permission::AdministerAccount, Mode::Real, set_up::make).wait()?;
            let Some(token) = token else { continue };
            (true, format!("/console/set-up/{}", token.expose()))
        };
        ways.push(Way { account: account.name, is_set_up, url: format!("{public_url}{path}") });
    }
    Ok(ways)
}

pub(super) fn told_of_ways(ways: &[Way]) -> String {
    let line = |way: &Way| {
        let Way { account, is_set_up, url } = way;
        if *is_set_up {
            format!("The account {account:?} has no administrator yet. Become the first, within a day: {url}\n")
        } else {
            format!("\nThe console, signed in as {} (once, within 15 minutes): {url}\n", demo::ADMIN)
        }
    };
    ways.iter().map(line).collect()
}
