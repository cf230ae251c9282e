//! A token explained to an administrator: what it says, and whether it would be taken, and why not. Nothing of it is kept,
//! no use is noted, and its id is not used up.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::token::compact::{Unverified, read_object};
use super::token::jwe::{self, Encrypted};
use super::token::{Presented, Refusal, judge};
use crate::error::Result;
use crate::id::ClientId;
use crate::op::View;
use crate::policy::{Permission, Scope};
use crate::store;

/// What can be told of a token.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What it says in its header, as far as it can be read; proved by nothing.
    pub header: Map<String, Value>,
    /// Of an encrypted one, the header of the token inside; told where that is one of the account's.
    pub inside: Map<String, Value>,
    /// What it claims; the same.
    pub claims: Map<String, Value>,
    /// Its app's client id, name and scopes, where it is one of the account's.
    pub app: Option<(ClientId, String, Vec<Scope>)>,
    /// Why it would be refused; none where it would be taken.
    pub refusal: Option<Refusal>,
    /// Whether it is encrypted.
    pub is_encrypted: bool,
}

/// Explains a token. An app of another account is as unknown as none. Of what is inside an encrypted one nothing is told but
/// where it is a token of the account's: keys to encrypt to are those of the server, which all its accounts share.
///
/// # Errors
/// When the database fails. A token that is no good is an answer, not an error.
pub fn explain(view: &View<'_>, token: &str) -> Result<Told> {
    view.expect(Permission::ManageApps)?;
    let token = token.trim();
    let is_encrypted = jwe::is_encrypted(token);
    let mut told =
        Told { header: part(token, 0), inside: Map::new(), claims: Map::new(), app: None, refusal: None, is_encrypted };
    if !is_encrypted {
        told.claims = part(token, 1);
        return signed(view, token, told);
    }
    let opened = match Encrypted::read(token) {
        Ok(encrypted) => {
            // Another replica may have made one since.
            view.shared.encryption_keys.load(view.tx, &view.shared)?;
            encrypted.open(&view.shared.encryption_keys.get(encrypted.kid.as_deref()), view.now).map(Zeroizing::new)
        }
        Err(refusal) => Err(refusal),
    };
    match opened {
        Err(refusal) => Ok(Told { refusal: Some(refusal), ..told }),
        Ok(inside) => {
            let told = signed(view, &inside, told)?;
            Ok(match told.app {
                Some(_) => Told { inside: part(&inside, 0), claims: part(&inside, 1), ..told },
                None => told,
            })
        }
    }
}

/// A part of a token, as far as it can be read.
fn part(token: &str, n: usize) -> Map<String, Value> {
    let part = token.split('.').nth(n).and_then(|part| read_object(part).ok());
    part.unwrap_or_default()
}

/// What is told of a signed token.
fn signed(view: &View<'_>, token: &str, mut told: Told) -> Result<Told> {
    let unverified = match Unverified::read(token) {
        Ok(unverified) => unverified,
        Err(refusal) => return Ok(Told { refusal: Some(refusal), ..told }),
    };
    let presented = Presented { token: String::new(), was_encrypted: told.is_encrypted, ip: None };
    match judge(view.tx, &view.shared, view.account, &unverified, &presented)? {
        None => told.refusal = Some(Refusal::UnknownApp),
        Some((app, judged)) => {
            told.refusal = match judged {
                Err(refusal) => Some(refusal),
                Ok(Some(id)) if store::token_ids::is_known(view.tx, app.key, &id, view.now)? => Some(Refusal::Replayed),
                Ok(_) => None,
            };
            told.app = Some((app.client_id, app.name, app.scopes));
        }
    }
    Ok(told)
}
