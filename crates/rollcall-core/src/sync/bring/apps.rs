//! Client apps of a description.

use std::collections::HashMap;

use crate::apps::{self, AppChange, NewApp, Replacement, Settings};
use crate::error::{Code, Error, Fault, Result};
use crate::id::ClientId;
use crate::op::Op;
use crate::sync::current::Current;
use crate::sync::{Report, State};
use crate::text;

pub(in crate::sync) fn bring_apps(op: &mut Op<'_>, state: &State, now: &Current, report: &mut Report) -> Result<()> {
    let known: HashMap<String, _> = now.apps.iter().map(|a| (text::key(&a.name), a)).collect();
    let mut changes = Vec::new();
    for (n, app) in state.apps.iter().enumerate() {
        match known.get(&text::key(&app.name)) {
            None => {
                report.note('+', format!("app {:?}", app.name));
                let given = app.client_id.as_deref().and_then(|id| ClientId::parse(id).ok());
                let client_id = given.unwrap_or_else(|| ClientId::derive(&now.account.name, &text::key(&app.name)));
                let mut earlier = app.given().unwrap_or_default();
                let (credential, secret_expires) = earlier.pop().unzip();
                let is_given = credential.is_some();
                let new = NewApp {
                    name: app.name.clone(),
                    scopes: app.scopes.clone().unwrap_or_default(),
                    algorithm: app.algorithm.unwrap_or_default(),
                    client_id: Some(client_id),
                    credential,
                    secret_expires: secret_expires.flatten(),
                    earlier,
                    enforce_jti: app.enforce_jti.unwrap_or(false),
                    enforce_jwe: app.enforce_jwe.unwrap_or(false),
                    expires: app.expires.over(None),
                };
                // All that can be wrong by now: the client id is an app's of another account.
                let place = format!("apps[{n}].clientId");
                let (info, secret) = apps::create(op, new).map_err(|error| match error.code() {
                    Code::Conflict => {
                        Error::faults(vec![Fault::at(place, "an app of another account has this client id")])
                    }
                    _ => error,
                })?;
                if let (false, Some(secret)) = (is_given, secret) {
                    report.new_secrets.push((info.name, info.client_id, secret));
                }
            }
            Some(has) => {
                let before = has.settings();
                let mut scopes = app.scopes.clone().unwrap_or_else(|| before.scopes.clone());
                scopes.sort_unstable();
                scopes.dedup();
                let after = Settings {
                    algorithm: app.algorithm.unwrap_or(before.algorithm),
                    scopes,
                    expires: app.expires.over(before.expires.as_ref()),
                    enforce_jti: app.enforce_jti.unwrap_or(before.enforce_jti),
                    enforce_jwe: app.enforce_jwe.unwrap_or(before.enforce_jwe),
                };
                let credentials = match app.given() {
                    None => None,
                    // Whoever names the newest alone says nothing of those that go.
                    Some(given) if app.credentials.is_none() && apps::newest(op, has)?.is(&given[0].0) => None,
                    Some(given) => Replacement::plan(op, has, after.algorithm, &given)?,
                };
                if after != before || credentials.is_some() {
                    report.note('~', format!("app {:?}", app.name));
                    let (key, client_id, name) = (has.key, has.client_id.clone(), has.name.clone());
                    changes.push(AppChange { key, client_id, name, before, after, credentials });
                }
            }
        }
    }
    apps::update_many(op, &changes)
}
