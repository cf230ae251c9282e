//! `rollcall app list` and `rollcall app show`: what is known of apps, but for their secrets.

use anyhow::Result;
use rollcall_core::apps::{self, AppInfo, PublicKey, SecretInfo};
use serde_json::{Value, json};

use super::{Place, scope_ids};
use crate::cli::out;
use crate::cli::times::shown;

/// An app for programs.
pub(super) fn value(app: &AppInfo) -> Value {
    let refusals: Vec<_> = app
        .refusals
        .iter()
        .map(|(reason, times, at)| json!({"reason": reason, "times": times, "last": at.to_string()}))
        .collect();
    json!({
        "clientId": app.client_id.as_str(),
        "name": app.name,
        "algorithm": app.algorithm.name(),
        "scopes": scope_ids(&app.scopes),
        "enforceJti": app.enforce_jti,
        "enforceJwe": app.enforce_jwe,
        "createdOn": app.created.to_string(),
        "expires": app.expires.map(|time| time.to_string()),
        "lastUsed": app.last_used.map(|time| time.to_string()),
        "secrets": app.secrets.iter().map(secret).collect::<Vec<_>>(),
        "refusals": refusals,
    })
}

/// A secret of an app for programs.
pub(super) fn secret(secret: &SecretInfo) -> Value {
    let mut value = json!({
        "id": secret.id,
        "createdOn": secret.created.to_string(),
        "expires": secret.expires.map(|time| time.to_string()),
        "lastUsed": secret.last_used.map(|time| time.to_string()),
        "live": secret.is_live,
        "safeToRemove": secret.is_idle,
    });
    if let Some(key) = &secret.public_key {
        value["publicKeyFingerprint"] = format!("SHA-256 {}", key.fingerprint()).into();
    }
    value
}

/// What the app's tokens must be like, in few words.
fn enforced(app: &AppInfo) -> String {
    let words: Vec<&str> = [(app.enforce_jti, "jti"), (app.enforce_jwe, "jwe")]
        .into_iter()
        .filter_map(|(is_so, word)| is_so.then_some(word))
        .collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

pub(super) fn list(place: &Place<'_>) -> Result<()> {
    let apps = place.read(apps::list)?;
    let now = place.installation.rollcall.now();
    let rows: Vec<Vec<String>> = apps
        .iter()
        .map(|app| {
            let over = if app.expires.is_some_and(|end| end <= now) { " (over)" } else { "" };
            vec![
                app.name.clone(),
                app.client_id.to_string(),
                app.algorithm.name().into(),
                app.secrets.iter().filter(|secret| secret.is_live).count().to_string(),
                enforced(app),
                shown(app.last_used),
                format!("{}{over}", shown(app.expires)),
                scope_ids(&app.scopes).join(" "),
            ]
        })
        .collect();
    let text = if apps.is_empty() {
        "There are no apps yet. Make one with: rollcall app create --name NAME --scope user-management\n".to_owned()
    } else {
        let heading = ["NAME", "CLIENT ID", "SIGNS", "LIVE SECRETS", "ENFORCES", "LAST USED", "EXPIRES", "SCOPES"];
        out::table(&heading, &rows)
    };
    place.context.out.result(&text, &Value::Array(apps.iter().map(value).collect()));
    Ok(())
}

pub(super) fn show(place: &Place<'_>, id: String) -> Result<()> {
    let app = place.read(move |view| apps::show(view, &id))?;
    let mut text = format!(
        "name        {}\nclient id   {}\nsigns       {}\nenforces    {}\ncreated     {}\nexpires     {}\nlast used   {}\nscopes\n",
        app.name,
        app.client_id,
        app.algorithm.name(),
        enforced(&app),
        app.created,
        shown(app.expires),
        shown(app.last_used),
    );
    for scope in &app.scopes {
        text.push_str(&format!("  {:<18} {}\n", scope.id(), scope.label()));
    }
    text.push_str(if app.algorithm.is_hmac() {
        "secrets, the newest first\n"
    } else {
        "public keys, the newest first\n"
    });
    text.push_str(&secrets(&app));
    if !app.refusals.is_empty() {
        text.push_str("refused tokens\n");
        for (reason, times, at) in &app.refusals {
            text.push_str(&format!("  {reason:<18} {times} time(s), last at {at}\n"));
        }
    }
    place.context.out.result(&text, &value(&app));
    Ok(())
}

fn secrets(app: &AppInfo) -> String {
    let row = |secret: &SecretInfo| {
        let state = match (secret.is_live, secret.is_idle) {
            (false, _) => "over".to_owned(),
            (true, false) => "live".to_owned(),
            (true, true) => {
                format!("live, safe to remove: rollcall app revoke {} --secret {}", app.client_id, secret.id)
            }
        };
        let key = secret.public_key.as_ref().map(PublicKey::fingerprint);
        let mut row = vec![
            format!("  {}", secret.id),
            secret.created.to_string(),
            shown(secret.expires),
            shown(secret.last_used),
            state,
        ];
        row.extend(key);
        row
    };
    let mut heading = vec!["  ID", "MADE", "EXPIRES", "LAST USED", "STATE"];
    if !app.algorithm.is_hmac() {
        heading.push("SHA-256");
    }
    out::table(&heading, &app.secrets.iter().map(row).collect::<Vec<_>>())
}
