//! Client apps of a description against the account: names and ids, and whether what they prove themselves by is of any use.

use std::collections::{HashMap, HashSet};

use super::AppState;
use super::check::Checker;
use super::current::Current;
use crate::apps::{self, Algorithm, Credential};
use crate::id::ClientId;
use crate::text;

pub(super) fn client_apps(c: &mut Checker, apps: &mut [AppState], now: &Current) {
    let by_name: HashMap<String, _> = now.apps.iter().map(|a| (text::key(&a.name), a)).collect();
    let ids: HashMap<String, String> = now.apps.iter().map(|a| (a.client_id.to_string(), a.name.clone())).collect();
    let mut seen = HashSet::new();
    for (n, app) in apps.iter_mut().enumerate() {
        let place = format!("apps[{n}]");
        c.name(&place, "app", &mut app.name, &mut seen);
        let known = by_name.get(&text::key(&app.name));
        let has = known.map(|a| a.client_id.as_str());
        let algorithm = app.algorithm.or(known.map(|a| a.algorithm)).unwrap_or_default();
        credentials(c, &place, app, algorithm);
        let has_fitting = known.is_some_and(|a| a.algorithm.is_hmac() == algorithm.is_hmac());
        if !says_any(app) && !has_fitting && (known.is_some() || !algorithm.is_hmac()) {
            let needed = if algorithm.is_hmac() { "clientSecret" } else { "publicKey" };
            c.fault(format!("{place}.algorithm"), format!("{} needs a {needed}", algorithm.name()));
        }
        c.id(format!("{place}.clientId"), app.client_id.as_ref(), ClientId::parse, has, &ids, &app.name);
    }
}

fn says_any(app: &AppState) -> bool {
    app.client_secret.is_some() || app.public_key.is_some() || app.credentials.is_some()
}

/// What an app proves itself by, in either form.
fn credentials(c: &mut Checker, place: &str, app: &AppState, algorithm: Algorithm) {
    let secret = app.client_secret.clone().map(|secret| ("clientSecret", Credential::Secret(secret)));
    let public = app.public_key.clone().map(|public| ("publicKey", Credential::PublicKey(public)));
    if secret.is_some() && public.is_some() {
        c.fault(format!("{place}.publicKey"), "stands beside a clientSecret: an app has one or the other");
    }
    for (field, credential) in [secret, public].into_iter().flatten() {
        if app.credentials.is_some() {
            c.fault(format!("{place}.{field}"), "stands beside credentials: name them all there, the newest last");
        }
        c.take(format!("{place}.{field}"), apps::check(&credential, algorithm));
    }
    let Some(list) = &app.credentials else { return };
    let place = format!("{place}.credentials");
    if list.is_empty() {
        c.fault(place.clone(), "is empty: an app proves itself by something; leave the key out to keep what it has");
    }
    if list.len() > apps::LIVE {
        let why = format!("has {} entries: at most {} may be good at the same time", list.len(), apps::LIVE);
        c.fault(place.clone(), why);
    }
    let mut before: Vec<Credential> = Vec::new();
    for (m, one) in list.iter().enumerate() {
        let place = format!("{place}[{m}]");
        let (field, credential) = match (&one.client_secret, &one.public_key) {
            (Some(secret), None) => ("clientSecret", Credential::Secret(secret.clone())),
            (None, Some(public)) => ("publicKey", Credential::PublicKey(public.clone())),
            _ => {
                c.fault(place, "needs either a clientSecret or a publicKey");
                continue;
            }
        };
        let place = format!("{place}.{field}");
        c.take(place.clone(), apps::check(&credential, algorithm));
        if before.iter().any(|other| other.is(&credential)) {
            c.fault(place, "stands in this list twice");
        }
        before.push(credential);
    }
}
