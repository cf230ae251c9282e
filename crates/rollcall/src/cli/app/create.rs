//! `rollcall app create`.

use std::path::PathBuf;

use anyhow::Result;
use rollcall_core::apps::{self, Algorithm, NewApp, PublicKey};
use rollcall_core::policy::Scope;
use serde_json::json;

use super::{Place, public_key, scope_ids, server_key};
use crate::cli::Context;
use crate::cli::times::{self, End};
use crate::installation::IfMissing;
use crate::usage::Usage;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The app's name, unique in the account
    #[arg(long)]
    name: String,
    /// What it may do; may be given several times: user-management, sso-configuration, role-management,
    /// erase-users-data, audit-logs, master-admin
    #[arg(long = "scope", value_name = "ID", required = true, value_delimiter = ',', value_parser = Scope::parse)]
    scopes: Vec<Scope>,
    /// How it signs its tokens: HS256 or HS512 with a secret that both sides know, RS256 or RS512 with a private key that
    /// the client alone has
    #[arg(long, default_value = "HS256", value_parser = Algorithm::parse)]
    algorithm: Algorithm,
    /// For RS256 and RS512: the public half of the client's RSA key pair, in PEM (openssl pkey -in KEY.pem -pubout)
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Its tokens must have a `jti`, live an hour at most, and pass once
    #[arg(long)]
    enforce_jti: bool,
    /// Its tokens must be encrypted to this server (JWE)
    #[arg(long)]
    enforce_jwe: bool,
    /// From when on its tokens are refused: a span such as 90d, or a time such as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = times::end)]
    expires: Option<End>,
    /// From when on tokens made with this secret or key are refused; `rollcall app rotate` gives the app the next one
    #[arg(long, value_name = "TIME", value_parser = times::end)]
    secret_expires: Option<End>,
}

pub(super) fn create(context: &Context, args: Args) -> Result<()> {
    let name = args.algorithm.name();
    match (&args.public_key, args.algorithm.is_hmac()) {
        (None, false) => {
            return Err(Usage(format!(
                "{name} needs --public-key FILE; make a pair with `openssl genrsa -out KEY.pem 2048`, keep it with the client, \
                 and write its public half with `openssl pkey -in KEY.pem -pubout -out PUBLIC.pem`"
            ))
            .into());
        }
        (Some(_), true) => {
            let why = format!(
                "{name} signs with a secret, not by a key pair; leave --public-key out, or say --algorithm RS256"
            );
            return Err(Usage(why).into());
        }
        _ => {}
    }
    let new = NewApp {
        credential: public_key(args.public_key.as_ref())?,
        secret_expires: times::time(args.secret_expires)?,
        expires: times::time(args.expires)?,
        name: args.name,
        scopes: args.scopes,
        algorithm: args.algorithm,
        enforce_jti: args.enforce_jti,
        enforce_jwe: args.enforce_jwe,
        ..NewApp::default()
    };
    let (expires, secret_expires) = (new.expires, new.secret_expires);
    let place = Place::open(context, IfMissing::Make, "app create")?;
    let account = place.account()?;
    let (app, secret) = place.write(move |op| apps::create(op, new.clone()))?;

    let fingerprint = app.secrets.first().and_then(|secret| secret.public_key.as_ref()).map(PublicKey::fingerprint);
    let mut value = json!({
        "clientId": app.client_id.as_str(),
        "clientSecret": secret.as_ref().map(|secret| secret.expose()),
        "algorithm": name,
        "scopes": scope_ids(&app.scopes),
    });
    let shown =
        if secret.is_some() { "Its secret is shown this once:" } else { "Its client signs by the private key:" };
    let mut text = format!(
        "The app {:?} was made in the account {:?}. {shown}\n  client id      {}\n",
        app.name, account.name, app.client_id
    );
    let mut line = |name: &str, key: &str, told: String| {
        text.push_str(&format!("  {name:<14} {told}\n"));
        if !key.is_empty() {
            value[key] = told.into();
        }
    };
    if let Some(secret) = &secret {
        line("client secret", "", secret.expose().to_owned());
    }
    if let Some(fingerprint) = fingerprint {
        line("public key", "publicKeyFingerprint", format!("SHA-256 {fingerprint}"));
    }
    if let Some(end) = secret_expires {
        line("good until", "secretExpires", end.to_string());
    }
    if let Some(end) = expires {
        line("app ends", "expires", end.to_string());
    }
    if app.enforce_jti {
        text.push_str("Its tokens must have a jti and an exp within an hour; each passes once.\n");
        value["enforceJti"] = true.into();
    }
    if app.enforce_jwe {
        let (told, key) = server_key::tell(&place)?;
        text.push_str(&told);
        value["enforceJwe"] = true.into();
        value["encryptionKey"] = key;
    }
    context.out.result(&text, &value);
    Ok(())
}
