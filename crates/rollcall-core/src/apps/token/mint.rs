//! Tokens made with an app's own secret: for trying things out.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::apps::{self, App, Credential};
use crate::audit::{Event, EventKind};
use crate::chance::{self, Secret};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::op::{Op, View};
use crate::policy::Permission;

/// Makes a token signed with the app's newest secret, good for `life` seconds (for ever where none), with a random `jti`
/// where wanted or enforced: then it is good for an hour at most. Nothing is noted of it: for whoever has the secret anyway.
///
/// # Errors
/// [`crate::Code::NotFound`] for an unknown app; [`crate::Code::Forbidden`] for one that may do what the actor may not;
/// [`crate::Code::Invalid`] for one that signs with a key of its own, or takes
/// encrypted tokens alone.
pub fn mint(view: &View<'_>, id_or_name: &str, life: Option<i64>, jti: bool) -> Result<Secret> {
    view.expect(Permission::ManageApps)?;
    Ok(minted(view, &apps::find(view, id_or_name)?, life, jti)?.0)
}

/// The same, and notes in the audit log who made it, and until when it is good.
///
/// # Errors
/// As [`mint`].
pub fn make(op: &mut Op<'_>, id_or_name: &str, life: i64) -> Result<Secret> {
    op.expect(Permission::ManageApps)?;
    op.give_out(|view| {
        let app = apps::find(view, id_or_name)?;
        let (token, end) = minted(view, &app, Some(life), false)?;
        let end = end.map(|end| Time(end.saturating_mul(1_000)).to_string());
        let told = end.as_deref().unwrap_or("for ever");
        let text = format!("A token of the app {:?} was made, good until {told}", app.name);
        let event = Event::new(EventKind::AppTokenMade, &app.client_id, text);
        Ok((token, event.after(json!({ "expires": end }))))
    })
}

/// A token, and its end in seconds.
fn minted(view: &View<'_>, app: &App, life: Option<i64>, jti: bool) -> Result<(Secret, Option<i64>)> {
    apps::ask_ceiling(view, &app.scopes)?;
    if app.enforce_jwe {
        return Err(Error::invalid(format!(
            "the app {:?} takes encrypted tokens alone: encrypt one of its own to the key at /.well-known/jwks.json",
            app.name
        )));
    }
    let (Credential::Secret(secret), Some(hash)) = (apps::newest(view, app)?, app.algorithm.hmac()) else {
        return Err(Error::invalid(format!(
            "the app {:?} signs with {}, by a private key that Rollcall does not have: its client makes the tokens",
            app.name,
            app.algorithm.name()
        )));
    };
    let jti = jti || app.enforce_jti;
    let mut claims = json!({ "sub": app.name, "appId": app.client_id.as_str(), "iat": view.now.seconds() });
    let life = life.or(jti.then_some(3_600)).map(|life| if jti { life.min(3_600) } else { life });
    let end = life.map(|life| view.now.seconds().saturating_add(life));
    if let Some(end) = end {
        claims["exp"] = json!(end);
    }
    if jti {
        claims["jti"] = json!(URL_SAFE_NO_PAD.encode(chance::bytes::<16>()));
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": app.algorithm.name(), "typ": "JWT" })), part(&claims));
    let tag = hmac::sign(&hmac::Key::new(hash, secret.expose().as_bytes()), signed.as_bytes());
    Ok((Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))), end))
}
