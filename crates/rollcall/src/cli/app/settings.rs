//! `rollcall app set` and `rollcall app scopes`.

use anyhow::Result;
use rollcall_core::apps::{self, SettingsChange};
use rollcall_core::change::Change;
use rollcall_core::policy::Scope;

use super::{Place, scope_ids, server_key, show};
use crate::cli::Context;
use crate::cli::times::{self, End, shown};
use crate::installation::IfMissing;
use crate::usage::Usage;

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(in crate::cli) struct ScopesArgs {
    /// Client id or name
    id: String,
    /// A scope to give
    #[arg(long, value_name = "ID", group = "change", value_delimiter = ',', value_parser = Scope::parse)]
    add: Vec<Scope>,
    /// A scope to take away
    #[arg(long, value_name = "ID", group = "change", value_delimiter = ',', value_parser = Scope::parse)]
    remove: Vec<Scope>,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(in crate::cli) struct SetArgs {
    /// Client id or name
    id: String,
    /// Whether its tokens must have a `jti`, live an hour at most, and pass once
    #[arg(long, value_name = "true|false", group = "change")]
    enforce_jti: Option<bool>,
    /// Whether its tokens must be encrypted to this server (JWE)
    #[arg(long, value_name = "true|false", group = "change")]
    enforce_jwe: Option<bool>,
    /// From when on its tokens are refused: a span such as 90d, a time such as 2027-01-31T00:00:00Z, or never
    #[arg(long, value_name = "TIME", group = "change", value_parser = times::end)]
    expires: Option<End>,
}

pub(super) fn set(context: &Context, args: SetArgs) -> Result<()> {
    let expires = match args.expires {
        None => Change::Keep,
        Some(end) => end.time()?.into(),
    };
    let (enforce_jti, enforce_jwe) = (args.enforce_jti, args.enforce_jwe);
    let change = SettingsChange { enforce_jti, enforce_jwe, expires, ..SettingsChange::default() };
    let place = Place::open(context, IfMissing::Refuse, "app set")?;
    let app = place.write(move |op| apps::change(op, &args.id, &change))?;

    let (mut text, mut value) = (String::new(), show::value(&app));
    text.push_str(&format!("The app {:?} from its next request on: ", app.name));
    text.push_str(if app.enforce_jti { "tokens must have a jti" } else { "tokens need no jti" });
    text.push_str(if app.enforce_jwe { "; they must be encrypted" } else { "; they need not be encrypted" });
    text.push_str(&format!("; it expires: {}\n", shown(app.expires)));
    if app.enforce_jwe {
        let (told, key) = server_key::tell(&place)?;
        text.push_str(&told);
        value["encryptionKey"] = key;
    }
    context.out.result(&text, &value);
    Ok(())
}

pub(super) fn scopes(context: &Context, args: ScopesArgs) -> Result<()> {
    let ScopesArgs { id, add, remove } = args;
    if let Some(both) = add.iter().find(|scope| remove.contains(scope)) {
        return Err(Usage(format!("the scope {} is both to be added and to be removed", both.id())).into());
    }
    let change = SettingsChange { add, remove, ..SettingsChange::default() };
    let place = Place::open(context, IfMissing::Refuse, "app scopes")?;
    let app = place.write(move |op| apps::change(op, &id, &change))?;
    let text = format!("The app {:?} has the scopes: {}\n", app.name, scope_ids(&app.scopes).join(", "));
    context.out.result(&text, &show::value(&app));
    Ok(())
}
