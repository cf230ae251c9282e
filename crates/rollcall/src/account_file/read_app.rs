//! Client apps in the tree: their keys, and what they prove themselves by, which no message shows.

use rollcall_core::apps::{Algorithm, PublicKey};
use rollcall_core::chance::Secret;
use rollcall_core::change::Change;
use rollcall_core::clock::Time;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{AppState, CredentialState};

use super::fields::{Fields, Reader};
use super::keys;
use super::place::Place;
use super::tree::Node;

pub(super) fn app(r: &mut Reader, node: &Node, place: &Place<'_>) -> AppState {
    let mut app = AppState::default();
    if let Some(fields) = r.fields(node, place, &keys::APP) {
        app.client_id = r.text(&fields, "clientId");
        app.client_secret = r.text(&fields, "clientSecret").map(Secret::new);
        app.public_key = r.word(&fields, "publicKey", PublicKey::parse);
        app.credentials = credentials(r, &fields);
        app.name = r.required(&fields, "name");
        app.algorithm = r.word(&fields, "algorithm", Algorithm::parse);
        let scopes = r.each(&fields, "scopes", |r, node, place| r.word_at(node, place, Scope::parse));
        app.scopes = scopes.map(|scopes| scopes.into_iter().flatten().collect());
        app.enforce_jti = r.flag(&fields, "enforceJti");
        app.enforce_jwe = r.flag(&fields, "enforceJwe");
        app.expires = match fields.get("expires") {
            Some(node) if node.is_null() => Change::Clear,
            _ => r.word(&fields, "expires", Time::parse).map_or(Change::Keep, Change::Set),
        };
    }
    app
}

/// Absent and null are the same: an app without any is not what is meant.
fn credentials(r: &mut Reader, fields: &Fields<'_>) -> Option<Vec<CredentialState>> {
    let node = fields.get("credentials").filter(|node| !node.is_null())?;
    if is_bare(r, node, &fields.below("credentials")) {
        return None;
    }
    r.each(fields, "credentials", credential)
}

/// Says that a text stands where a mapping should, without showing it: it may well be the secret itself.
fn is_bare(r: &mut Reader, node: &Node, place: &Place<'_>) -> bool {
    let is_bare = node.scalar().is_some() && !node.is_null();
    if is_bare {
        r.fault(node.at, place, "expected entries such as `- { clientSecret: SECRET, expires: TIME }`, found a text");
    }
    is_bare
}

fn credential(r: &mut Reader, node: &Node, place: &Place<'_>) -> CredentialState {
    let mut credential = CredentialState::default();
    if is_bare(r, node, place) {
        return credential;
    }
    if let Some(fields) = r.fields(node, place, &keys::CREDENTIAL) {
        credential.client_secret = r.text(&fields, "clientSecret").map(Secret::new);
        credential.public_key = r.word(&fields, "publicKey", PublicKey::parse);
        if !fields.get("expires").is_some_and(Node::is_null) {
            credential.expires = r.word(&fields, "expires", Time::parse);
        }
    }
    credential
}
