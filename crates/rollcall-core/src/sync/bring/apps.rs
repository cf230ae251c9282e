//! Client apps of a description.

use std::collections::HashMap;

use crate::apps::{self, Algorithm, AppChange, NewApp};
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
                let new = NewApp {
                    name: app.name.clone(),
                    scopes: app.scopes.clone().unwrap_or_default(),
                    algorithm: app.algorithm.unwrap_or(Algorithm::Hs256),
                    client_id: Some(client_id),
                    secret: app.client_secret.clone(),
                };
                // All that can be wrong by now: the client id is an app's of another account.
                let place = format!("apps[{n}].clientId");
                let (info, secret) = apps::create(op, new).map_err(|error| match error.code() {
                    Code::Conflict => {
                        Error::faults(vec![Fault::at(place, "an app of another account has this client id")])
                    }
                    _ => error,
                })?;
                if app.client_secret.is_none() {
                    report.new_secrets.push((info.name, info.client_id, secret));
                }
            }
            Some(has) => {
                let mut scopes = app.scopes.clone().unwrap_or_else(|| has.scopes.clone());
                scopes.sort_unstable();
                scopes.dedup();
                let algorithm = app.algorithm.unwrap_or(has.algorithm);
                let secret = match &app.client_secret {
                    Some(secret) if apps::unseal(op, has)?.expose() != secret.expose() => Some(secret.clone()),
                    _ => None,
                };
                if scopes != has.scopes || algorithm != has.algorithm || secret.is_some() {
                    report.note('~', format!("app {:?}", app.name));
                    let (key, client_id, name) = (has.key, has.client_id.clone(), has.name.clone());
                    changes.push(AppChange {
                        key,
                        client_id,
                        name,
                        algorithm,
                        algorithm_before: has.algorithm,
                        scopes,
                        before: has.scopes.clone(),
                        secret,
                    });
                }
            }
        }
    }
    apps::update_many(op, &changes)
}
