//! A token explained to an administrator: what it says, and whether it would be taken, and why not. Nothing of it is kept,
//! no use is noted, and its id is not used up.

use serde_json::{Map, Value};

use super::token::compact::Unverified;
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
    /// What it claims; the same. Nothing is told of what an encrypted one holds.
    pub claims: Map<String, Value>,
    /// Its app's client id, name and scopes, where it is one of the account's.
    pub app: Option<(ClientId, String, Vec<Scope>)>,
    /// Why it would be refused; none where it would be taken.
    pub refusal: Option<Refusal>,
    /// Whether it is encrypted: what is inside is then not looked at here.
    pub is_encrypted: bool,
}

/// Explains a token. An app of another account is as unknown as none.
///
/// # Errors
/// When the database fails. A token that is no good is an answer, not an error.
pub fn explain(view: &View<'_>, token: &str) -> Result<Told> {
    view.expect(Permission::ManageApps)?;
    let token = token.trim();
    let part = |n: usize| token.split('.').nth(n).and_then(|part| super::token::compact::read_object(part).ok());
    let is_encrypted = jwe::is_encrypted(token);
    let mut told =
        Told { header: part(0).unwrap_or_default(), claims: Map::new(), app: None, refusal: None, is_encrypted };
    if is_encrypted {
        told.refusal = Encrypted::read(token).err();
        return Ok(told);
    }
    told.claims = part(1).unwrap_or_default();
    let unverified = match Unverified::read(token) {
        Ok(unverified) => unverified,
        Err(refusal) => return Ok(Told { refusal: Some(refusal), ..told }),
    };
    let presented = Presented { token: String::new(), was_encrypted: false, ip: None };
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
