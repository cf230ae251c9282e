//! The key of this server that tokens are encrypted to, for whoever has to make such tokens.

use anyhow::{Context as _, Result};
use rollcall_core::keys::Purpose;
use serde_json::{Value, json};

use super::Place;

/// What there is to say of it, as text and as JSON. Where there is no key yet, it is made.
pub(super) fn tell(place: &Place<'_>) -> Result<(String, Value)> {
    let rollcall = &place.installation.rollcall;
    rollcall.make_encryption_key().wait()?;
    let keys = rollcall.server_keys().wait()?;
    let key = keys.into_iter().find(|key| key.purpose == Purpose::Encryption && key.retires.is_none());
    let key = key.context("the server's encryption key is being changed; try again")?;
    let url = format!("{}/.well-known/jwks.json", place.context.settings.public_url.value.trim_end_matches('/'));
    let jwk = key.jwk();
    let text = format!(
        "Its tokens must be encrypted to this server: RSA-OAEP-256 or RSA-OAEP, with A256GCM, A128GCM or A128CBC-HS256, around \
         the signed token.\n  key id         {}\n  key            {jwk}\n  served at      {url}\n",
        key.kid
    );
    Ok((text, json!({ "kid": key.kid, "jwk": jwk, "url": url })))
}
