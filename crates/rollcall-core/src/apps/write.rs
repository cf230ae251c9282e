//! Making, changing and removing client apps.

use serde_json::json;

use super::{Algorithm, AppInfo, find, info, token};
use crate::accounts::MAX_NAME;
use crate::audit::{Event, EventKind};
use crate::chance::Secret;
use crate::error::{Code, Error, Result};
use crate::id::ClientId;
use crate::op::Op;
use crate::policy::{Permission, Scope};
use crate::store::{self, AppKey};
use crate::text;

/// An app to be made.
#[derive(Debug, Clone)]
pub struct NewApp {
    /// Its name, unique in the account.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The id that clients know it by already; else a new one.
    pub client_id: Option<ClientId>,
    /// The secret that clients have already; else a new one.
    pub secret: Option<Secret>,
}

/// New contents of an app.
#[derive(Debug, Clone)]
pub(crate) struct AppChange {
    pub(crate) key: AppKey,
    pub(crate) client_id: ClientId,
    pub(crate) name: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) algorithm_before: Algorithm,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) before: Vec<Scope>,
    pub(crate) secret: Option<Secret>,
}

fn ids(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().map(|s| s.id()).collect()
}

/// The shortest secret that is taken from outside: RFC 7518 §3.2 wants 256 bits for HS256.
const MIN_SECRET: usize = 32;

/// Refuses a secret that somebody could guess, or that is none.
pub(crate) fn check_secret(secret: &Secret) -> Result<(), String> {
    match secret.expose().len() {
        n if n < MIN_SECRET => Err(format!("the client secret has {n} characters; at least {MIN_SECRET} are needed")),
        _ => Ok(()),
    }
}

/// Makes an app and gives its secret: the only time that it is shown without being asked for.
///
/// # Errors
/// A name or a client id that is taken, or a secret too short to be one.
pub fn create(op: &mut Op<'_>, new: NewApp) -> Result<(AppInfo, Secret)> {
    op.expect(Permission::AdministerAccount)?;
    let name = text::required("the app's name", &new.name, MAX_NAME).map_err(Error::invalid)?;
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if let Some(secret) = &new.secret {
        check_secret(secret).map_err(Error::invalid)?;
    }
    let secret = new.secret.unwrap_or_else(Secret::client_secret);
    let client_id = new.client_id.unwrap_or_else(ClientId::random);
    op.change(|tx, view| {
        let sealed = view.shared.key.seal(token::SECRET_SEAL, secret.expose().as_bytes());
        store::apps::insert(tx, view.account, &client_id, &name, new.algorithm, &scopes, &sealed, view.now)?
            .ok_or_else(|| {
                Error::new(
                    Code::Conflict,
                    format!("an app with the name {name:?} or the client id {client_id} exists already"),
                )
            })?;
        let event = Event::new(EventKind::AppCreated, &client_id, format!("App {name:?} was created"))
            .after(json!({"name": name, "algorithm": new.algorithm.name(), "scopes": ids(&scopes)}));
        Ok(((), vec![event]))
    })?;
    let app = find(op, client_id.as_str())?;
    Ok((info(app, Vec::new()), secret))
}

/// Gives an app scopes and takes some away; tokens already out feel it at their next request.
///
/// # Errors
/// [`Code::NotFound`] for an unknown app.
pub fn change_scopes(op: &mut Op<'_>, id_or_name: &str, add: &[Scope], remove: &[Scope]) -> Result<AppInfo> {
    op.expect(Permission::AdministerAccount)?;
    let app = find(op, id_or_name)?;
    let mut scopes = app.scopes.clone();
    scopes.extend_from_slice(add);
    scopes.retain(|scope| !remove.contains(scope));
    scopes.sort_unstable();
    scopes.dedup();
    let change = AppChange {
        key: app.key,
        client_id: app.client_id.clone(),
        name: app.name.clone(),
        algorithm: app.algorithm,
        algorithm_before: app.algorithm,
        before: app.scopes.clone(),
        scopes,
        secret: None,
    };
    if change.scopes != change.before {
        update_many(op, &[change])?;
    }
    Ok(info(find(op, app.client_id.as_str())?, Vec::new()))
}

/// Changes apps.
pub(crate) fn update_many(op: &mut Op<'_>, changes: &[AppChange]) -> Result<()> {
    op.expect(Permission::AdministerAccount)?;
    if changes.is_empty() {
        return Ok(());
    }
    op.change(|tx, view| {
        store::apps::update_many(tx, view.account, changes, view.now)?;
        let mut events = Vec::new();
        for change in changes {
            if change.scopes != change.before {
                let what = format!("The scopes of app {:?} were changed", change.name);
                let event = Event::new(EventKind::AppScopesModified, &change.client_id, what);
                let (before, after) =
                    (json!({ "scopes": ids(&change.before) }), json!({ "scopes": ids(&change.scopes) }));
                events.push(event.before(before).after(after));
            }
            if change.algorithm != change.algorithm_before || change.secret.is_some() {
                let replaced = if change.secret.is_some() { "has a new secret" } else { "signs otherwise" };
                let event =
                    Event::new(EventKind::AppModified, &change.client_id, format!("App {:?} {replaced}", change.name));
                let after = json!({ "algorithm": change.algorithm.name(), "secretReplaced": change.secret.is_some() });
                events.push(event.before(json!({ "algorithm": change.algorithm_before.name() })).after(after));
            }
            if let Some(secret) = &change.secret {
                check_secret(secret).map_err(Error::invalid)?;
                let sealed = view.shared.key.seal(token::SECRET_SEAL, secret.expose().as_bytes());
                store::apps::replace_secret(tx, change.key, &sealed, view.now)?;
            }
        }
        Ok(((), events))
    })
}

/// Removes apps; their tokens are refused from the next request on.
pub(crate) fn remove_many(op: &mut Op<'_>, apps: &[(AppKey, String, String)]) -> Result<()> {
    op.expect(Permission::AdministerAccount)?;
    if apps.is_empty() {
        return Ok(());
    }
    op.change(|tx, view| {
        let keys: Vec<AppKey> = apps.iter().map(|(key, _, _)| *key).collect();
        store::apps::remove_many(tx, view.account, &keys)?;
        let events =
            apps.iter().map(|(_, id, name)| Event::new(EventKind::AppDeleted, id, format!("App {name:?} was removed")));
        Ok(((), events.collect()))
    })
}
