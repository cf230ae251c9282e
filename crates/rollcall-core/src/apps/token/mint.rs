//! Tokens made with an app's own secret: for trying things out.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::apps::{self, Credential};
use crate::chance::{self, Secret};
use crate::error::{Error, Result};
use crate::op::View;
use crate::policy::Permission;

/// Makes a token signed with the app's newest secret, good for `life` seconds (for ever where none), with a random `jti`
/// where wanted or enforced: then it is good for an hour at most.
///
/// # Errors
/// [`crate::Code::NotFound`] for an unknown app; [`crate::Code::Forbidden`] for one that may do what the actor may not;
/// [`crate::Code::Invalid`] for one that signs with a key of its own, or takes
/// encrypted tokens alone.
pub fn mint(view: &View<'_>, id_or_name: &str, life: Option<i64>, jti: bool) -> Result<Secret> {
    view.expect(Permission::ManageApps)?;
    let app = apps::find(view, id_or_name)?;
    apps::ask_ceiling(view, &app.scopes)?;
    if app.enforce_jwe {
        return Err(Error::invalid(format!(
            "the app {:?} takes encrypted tokens alone: encrypt one of its own to the key at /.well-known/jwks.json",
            app.name
        )));
    }
    let (Credential::Secret(secret), Some(hash)) = (apps::newest(view, &app)?, app.algorithm.hmac()) else {
        return Err(Error::invalid(format!(
            "the app {:?} signs with {}, by a private key that Rollcall does not have: its client makes the tokens",
            app.name,
            app.algorithm.name()
        )));
    };
    let jti = jti || app.enforce_jti;
    let mut claims = json!({ "sub": app.name, "appId": app.client_id.as_str(), "iat": view.now.seconds() });
    if let Some(life) = life.or(jti.then_some(3_600)) {
        let life = if jti { life.min(3_600) } else { life };
        claims["exp"] = json!(view.now.seconds().saturating_add(life));
    }
    if jti {
        claims["jti"] = json!(URL_SAFE_NO_PAD.encode(chance::bytes::<16>()));
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": app.algorithm.name(), "typ": "JWT" })), part(&claims));
    let tag = hmac::sign(&hmac::Key::new(hash, secret.expose().as_bytes()), signed.as_bytes());
    Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))))
}
