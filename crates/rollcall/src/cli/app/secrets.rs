//! `rollcall app rotate` and `rollcall app revoke`.

use std::path::PathBuf;

use anyhow::Result;
use rollcall_core::apps::{self, PublicKey, Rotation};
use serde_json::json;

use super::{Place, public_key, scope_ids, show};
use crate::cli::Context;
use crate::cli::times::{self, End, shown};
use crate::installation::IfMissing;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RotateArgs {
    /// Client id or name
    id: String,
    /// For how long the present secret stays good, such as 30m, 24h, 7d; 0s: it is not from now on
    #[arg(long, default_value = "24h", value_name = "SPAN", value_parser = times::span)]
    overlap: i64,
    /// For apps that sign with RS256 or RS512: the public half of the new key pair, in PEM
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// From when on tokens made with the new one are refused: a span such as 90d, or a time such as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = times::end)]
    expires: Option<End>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RevokeArgs {
    /// Client id or name
    id: String,
    /// Take this secret alone away, by its id in `rollcall app show`; without it the whole app is removed
    #[arg(long, value_name = "SECRET")]
    secret: Option<String>,
}

pub(super) fn rotate(context: &Context, args: RotateArgs) -> Result<()> {
    let rotation = Rotation {
        overlap: args.overlap * 1_000,
        credential: public_key(args.public_key.as_ref())?,
        expires: times::time(args.expires)?,
    };
    let place = Place::open(context, IfMissing::Refuse, "app rotate")?;
    let (app, secret) = place.write(move |op| apps::rotate(op, &args.id, &rotation))?;

    let (new, earlier) = app.secrets.split_first().map_or((None, &[][..]), |(new, earlier)| (Some(new), earlier));
    let id = new.map_or("", |new| new.id.as_str());
    let mut text = match &secret {
        Some(secret) => format!(
            "The app {:?} has a new secret ({id}), shown this once:\n  client id      {}\n  client secret  {}\n",
            app.name,
            app.client_id,
            secret.expose()
        ),
        None => format!(
            "The app {:?} has a new public key ({id}):\n  client id      {}\n  public key     SHA-256 {}\n",
            app.name,
            app.client_id,
            new.and_then(|new| new.public_key.as_ref()).map(PublicKey::fingerprint).unwrap_or_default()
        ),
    };
    if let Some(end) = new.and_then(|new| new.expires) {
        text.push_str(&format!("  good until     {end}\n"));
    }
    let live: Vec<_> = earlier.iter().filter(|secret| secret.is_live).collect();
    for secret in &live {
        text.push_str(&format!(
            "The one before it ({}) stays good until {}. Once every client has the new one, take it away sooner with:\n  rollcall \
             app revoke {} --secret {}\n",
            secret.id,
            shown(secret.expires),
            app.client_id,
            secret.id
        ));
    }
    if live.is_empty() {
        text.push_str("No other is good any more.\n");
    }
    let value = json!({
        "clientId": app.client_id.as_str(),
        "clientSecret": secret.as_ref().map(|secret| secret.expose()),
        "algorithm": app.algorithm.name(),
        "scopes": scope_ids(&app.scopes),
        "secrets": app.secrets.iter().map(show::secret).collect::<Vec<_>>(),
    });
    context.out.result(&text, &value);
    Ok(())
}

pub(super) fn revoke(place: &Place<'_>, args: RevokeArgs) -> Result<()> {
    let RevokeArgs { id, secret } = args;
    let out = place.context.out;
    let Some(secret) = secret else {
        let app = place.write(move |op| {
            let app = apps::show(op, &id)?;
            apps::revoke(op, &id).map(|_| app)
        })?;
        let text = format!(
            "The app {:?} ({}) is removed: its tokens are refused from the next request on, by every replica. This cannot be \
             undone; its clients need a new app.\n",
            app.name, app.client_id
        );
        out.result(&text, &json!({ "removed": "app", "clientId": app.client_id.as_str(), "name": app.name }));
        return Ok(());
    };
    let gone = secret.clone();
    let app = place.write(move |op| apps::revoke_secret(op, &id, &secret))?;
    let live = app.secrets.iter().filter(|secret| secret.is_live).map(|secret| secret.id.as_str());
    let text = format!(
        "The secret {gone} of the app {:?} is removed: tokens made with it are refused from the next request on, by every \
         replica. Still good: {}\n",
        app.name,
        live.collect::<Vec<_>>().join(", ")
    );
    out.result(&text, &json!({ "removed": "secret", "secret": gone, "app": show::value(&app) }));
    Ok(())
}
