//! `rollcall app …`: client apps, made and managed on the host.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use rollcall_core::apps::{self, Algorithm, AppInfo, NewApp, SettingsChange, token};
use rollcall_core::op::Mode;
use rollcall_core::policy::{Permission, Scope};
use serde_json::{Value, json};

use super::{Context, out};
use crate::installation::{self, IfMissing, Installation};
use crate::usage::Usage;

const ADMINISTER: Permission = Permission::AdministerAccount;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an app; its client id and secret are printed this once
    Create(CreateArgs),
    /// List the apps of the account
    List,
    /// Show an app: scopes, last use, and why its last tokens were refused
    Show {
        /// Client id or name
        id: String,
    },
    /// Mint a token signed with the app's secret, for trying things out
    Token(TokenArgs),
    /// Give an app scopes or take some away
    Scopes(ScopesArgs),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// The app's name, unique in the account
    #[arg(long)]
    name: String,
    /// What it may do; may be given several times: user-management, sso-configuration, role-management,
    /// erase-users-data, audit-logs, master-admin
    #[arg(long = "scope", value_name = "ID", required = true, value_delimiter = ',', value_parser = Scope::parse)]
    scopes: Vec<Scope>,
    /// How it signs its tokens: HS256 or HS512
    #[arg(long, default_value = "HS256", value_parser = Algorithm::parse)]
    algorithm: Algorithm,
}

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// Client id or name
    id: String,
    /// How long it is good for, such as 30s, 15m, 1h, 7d; `never` for a token without an end
    #[arg(long, default_value = "1h", value_parser = life)]
    ttl: Life,
    /// Give it a random `jti`
    #[arg(long)]
    jti: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(super) struct ScopesArgs {
    /// Client id or name
    id: String,
    /// A scope to give
    #[arg(long, value_name = "ID", group = "change", value_delimiter = ',', value_parser = Scope::parse)]
    add: Vec<Scope>,
    /// A scope to take away
    #[arg(long, value_name = "ID", group = "change", value_delimiter = ',', value_parser = Scope::parse)]
    remove: Vec<Scope>,
}

/// Seconds; none: no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Life(Option<i64>);

fn life(text: &str) -> Result<Life, String> {
    if text == "never" {
        return Ok(Life(None));
    }
    let wrong = || format!("{text:?} is not a time such as 30s, 15m, 1h or 7d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let life = count.checked_mul(seconds).filter(|life| *life > 0 && *life <= 10 * 365 * 86_400).ok_or_else(wrong)?;
    Ok(Life(Some(life)))
}

pub(super) fn run(context: &Context, command: Command) -> Result<ExitCode> {
    let if_missing = if matches!(command, Command::Create(_)) { IfMissing::Make } else { IfMissing::Refuse };
    let installation = installation::open(&context.settings, if_missing)?;
    match command {
        Command::Create(args) => create(context, &installation, args)?,
        Command::List => list(context, &installation)?,
        Command::Show { id } => show(context, &installation, id)?,
        Command::Token(args) => mint(context, &installation, args)?,
        Command::Scopes(args) => scopes(context, &installation, args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn scope_ids(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.id()).collect()
}

fn create(context: &Context, installation: &Installation, args: CreateArgs) -> Result<()> {
    let account = installation.account(context.account.as_deref(), IfMissing::Make)?;
    let actor = installation.actor(&account, "app create");
    let CreateArgs { name, scopes, algorithm } = args;
    let new = NewApp { name, scopes, algorithm, ..NewApp::default() };
    let (app, secret) =
        installation.rollcall.write(actor, ADMINISTER, Mode::Real, move |op| apps::create(op, new.clone())).wait()?;
    let text = format!(
        "The app {:?} was made in the account {:?}. Its secret is shown this once:\n  client id      {}\n  client secret  {}\n",
        app.name,
        account.name,
        app.client_id,
        secret.as_ref().map_or("", |secret| secret.expose())
    );
    let value = json!({
        "clientId": app.client_id.as_str(),
        "clientSecret": secret.as_ref().map(|secret| secret.expose()),
        "algorithm": app.algorithm.name(),
        "scopes": scope_ids(&app.scopes),
    });
    context.out.result(&text, &value);
    Ok(())
}

fn value(app: &AppInfo) -> Value {
    let refusals: Vec<_> = app
        .refusals
        .iter()
        .map(|(reason, times, at)| json!({"reason": reason, "times": times, "last": at.to_string()}))
        .collect();
    json!({
        "clientId": app.client_id.as_str(),
        "name": app.name,
        "algorithm": app.algorithm.name(),
        "scopes": scope_ids(&app.scopes),
        "createdOn": app.created.to_string(),
        "lastUsed": app.last_used.map(|time| time.to_string()),
        "refusals": refusals,
    })
}

fn list(context: &Context, installation: &Installation) -> Result<()> {
    let account = installation.account(context.account.as_deref(), IfMissing::Refuse)?;
    let actor = installation.actor(&account, "app list");
    let apps = installation.rollcall.read(actor, ADMINISTER, apps::list).wait()?;
    let rows: Vec<Vec<String>> = apps
        .iter()
        .map(|app| {
            let used = app.last_used.map_or_else(|| "never".to_owned(), |time| time.to_string());
            vec![
                app.name.clone(),
                app.client_id.to_string(),
                app.algorithm.name().into(),
                used,
                scope_ids(&app.scopes).join(" "),
            ]
        })
        .collect();
    let text = if apps.is_empty() {
        "There are no apps yet. Make one with: rollcall app create --name NAME --scope user-management\n".to_owned()
    } else {
        out::table(&["NAME", "CLIENT ID", "SIGNS", "LAST USED", "SCOPES"], &rows)
    };
    context.out.result(&text, &Value::Array(apps.iter().map(value).collect()));
    Ok(())
}

fn show(context: &Context, installation: &Installation, id: String) -> Result<()> {
    let account = installation.account(context.account.as_deref(), IfMissing::Refuse)?;
    let actor = installation.actor(&account, "app show");
    let app = installation.rollcall.read(actor, ADMINISTER, move |view| apps::show(view, &id)).wait()?;
    let used = app.last_used.map_or_else(|| "never".to_owned(), |time| time.to_string());
    let mut text = format!(
        "name        {}\nclient id   {}\nsigns       {}\ncreated     {}\nlast used   {used}\nscopes\n",
        app.name,
        app.client_id,
        app.algorithm.name(),
        app.created
    );
    for scope in &app.scopes {
        text.push_str(&format!("  {:<18} {}\n", scope.id(), scope.label()));
    }
    if !app.refusals.is_empty() {
        text.push_str("refused tokens\n");
        for (reason, times, at) in &app.refusals {
            text.push_str(&format!("  {reason:<18} {times} time(s), last at {at}\n"));
        }
    }
    context.out.result(&text, &value(&app));
    Ok(())
}

fn mint(context: &Context, installation: &Installation, args: TokenArgs) -> Result<()> {
    let account = installation.account(context.account.as_deref(), IfMissing::Refuse)?;
    let actor = installation.actor(&account, "app token");
    let TokenArgs { id, ttl, jti } = args;
    let token = installation.rollcall.read(actor, ADMINISTER, move |view| token::mint(view, &id, ttl.0, jti)).wait()?;
    context.out.result(&format!("{}\n", token.expose()), &json!({ "token": token.expose() }));
    Ok(())
}

fn scopes(context: &Context, installation: &Installation, args: ScopesArgs) -> Result<()> {
    let account = installation.account(context.account.as_deref(), IfMissing::Refuse)?;
    let actor = installation.actor(&account, "app scopes");
    let ScopesArgs { id, add, remove } = args;
    if let Some(both) = add.iter().find(|scope| remove.contains(scope)) {
        return Err(Usage(format!("the scope {} is both to be added and to be removed", both.id())).into());
    }
    let change = SettingsChange { add, remove, ..SettingsChange::default() };
    let app =
        installation.rollcall.write(actor, ADMINISTER, Mode::Real, move |op| apps::change(op, &id, &change)).wait()?;
    let text = format!("The app {:?} has the scopes: {}\n", app.name, scope_ids(&app.scopes).join(", "));
    context.out.result(&text, &value(&app));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_read_and_nonsense_is_refused() {
        assert_eq!(life("90s"), Ok(Life(Some(90))));
        assert_eq!(life("7d"), Ok(Life(Some(604_800))));
        assert_eq!(life("never"), Ok(Life(None)));
        for bad in ["", "h", "1", "-1h", "0s", "1y", "99999999999999d", "1é"] {
            assert!(life(bad).is_err(), "{bad}");
        }
    }
}
