//! Client apps of a description.

use std::collections::HashMap;

use crate::apps::{self, Algorithm, AppChange, NewApp};
use crate::error::Result;
use crate::id::ClientId;
use crate::op::Op;
use crate::sync::current::Current;
use crate::sync::{Report, State};
use crate::text;

pub(in crate::sync) fn bring_apps(op: &mut Op<'_>, state: &State, now: &Current, report: &mut Report) -> Result<()> {
    let known: HashMap<String, _> = now.apps.iter().map(|a| (text::key(&a.name), a)).collect();
    let mut changes = Vec::new();
    for app in &state.apps {
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
                let (info, secret) = apps::create(op, new)?;
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
