//! What the doctor has to say of client apps: what has ended, what is about to, and what nobody uses.

use rollcall_core::apps::AppInfo;
use rollcall_core::clock::Time;

use super::{Finding, good, warning};

/// What ends sooner is told.
const SOON_MILLIS: i64 = 14 * 24 * 3_600 * 1_000;
/// An app that is younger than a day may well not have been used yet.
const NEW_MILLIS: i64 = 24 * 3_600 * 1_000;

pub(super) fn findings(apps: &[AppInfo], now: Time) -> Vec<Finding> {
    let told: Vec<Finding> = apps.iter().flat_map(|app| of(app, now)).collect();
    if told.is_empty() {
        return vec![good("apps", format!("{}, none of which ends within 14 days", apps.len()))];
    }
    told
}

/// "has ended at …", or "ends at …" where that is soon.
fn ending(end: Option<Time>, now: Time) -> Option<String> {
    let end = end.filter(|end| *end <= now.plus_millis(SOON_MILLIS))?;
    Some(if end <= now { format!("has ended at {end}") } else { format!("ends at {end}") })
}

fn of(app: &AppInfo, now: Time) -> Vec<Finding> {
    let (name, id) = (&app.name, &app.client_id);
    let mut told = Vec::new();
    if let Some(when) = ending(app.expires, now) {
        let mend = format!("rollcall app set {id} --expires 90d, or rollcall app revoke {id}");
        told.push(warning("apps", format!("the app {name:?} {when}: {mend}")));
    }
    // A secret that ends while a later one stays is how it should be.
    let live = || app.secrets.iter().filter(|secret| secret.is_live);
    let last = if live().any(|secret| secret.expires.is_none()) {
        None
    } else {
        live().max_by_key(|secret| secret.expires).or(app.secrets.first())
    };
    if let Some((secret, when)) = last.and_then(|secret| Some((secret, ending(secret.expires, now)?))) {
        let what = if app.algorithm.is_hmac() { "secret" } else { "public key" };
        let why = format!("the last {what} ({}) of the app {name:?} {when}: rollcall app rotate {id}", secret.id);
        told.push(warning("apps", why));
    }
    if app.last_used.is_none() && app.created.plus_millis(NEW_MILLIS) <= now {
        let why = format!("the app {name:?} was made at {} and never used: rollcall app revoke {id}", app.created);
        told.push(warning("apps", why));
    }
    told
}
