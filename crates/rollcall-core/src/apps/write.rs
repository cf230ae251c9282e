//! Making, changing and removing client apps.

use serde_json::{Value, json};

use super::described::Replacement;
use super::{Algorithm, App, AppInfo, AppSecret, Credential, Settings, find, info};
use crate::accounts::MAX_NAME;
use crate::audit::{Event, EventKind};
use crate::chance::{self, Secret};
use crate::change::Change;
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::id::ClientId;
use crate::op::{Op, View};
use crate::policy::{self, Permission, Scope};
use crate::store::{self, AppKey, WriteTx};
use crate::text;

/// An app to be made.
#[derive(Debug, Clone, Default)]
pub struct NewApp {
    /// Its name, unique in the account.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The id that clients know it by already; else a new one.
    pub client_id: Option<ClientId>,
    /// What its tokens are proved by: a secret that clients have already, or their public key. A new secret where none is
    /// given, which is not enough for RS256 and RS512.
    pub credential: Option<Credential>,
    /// When that comes to its end.
    pub secret_expires: Option<Time>,
    /// What its tokens are proved by as well until then, the oldest first: clients are on their way from these to the one
    /// above.
    pub earlier: Vec<(Credential, Option<Time>)>,
    /// Whether its tokens must have a `jti`.
    pub enforce_jti: bool,
    /// Whether its tokens must be encrypted.
    pub enforce_jwe: bool,
    /// From when on its tokens are refused.
    pub expires: Option<Time>,
}

/// What is to become of an app.
#[derive(Debug, Clone)]
pub(crate) struct AppChange {
    pub(crate) key: AppKey,
    pub(crate) client_id: ClientId,
    pub(crate) name: String,
    pub(crate) before: Settings,
    pub(crate) after: Settings,
    pub(crate) credentials: Option<Replacement>,
}

/// What is said of an app's settings.
#[derive(Debug, Clone, Default)]
pub struct SettingsChange {
    /// Scopes that it gets.
    pub add: Vec<Scope>,
    /// Scopes that it loses.
    pub remove: Vec<Scope>,
    /// Whether its tokens must have a `jti`.
    pub enforce_jti: Option<bool>,
    /// Whether its tokens must be encrypted.
    pub enforce_jwe: Option<bool>,
    /// From when on its tokens are refused.
    pub expires: Change<Time>,
}

fn ids(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.id()).collect()
}

fn sorted(mut scopes: Vec<Scope>) -> Vec<Scope> {
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// Makes an app and gives its secret, where it has one: the only time that it is shown without being asked for.
///
/// # Errors
/// A name or a client id that is taken, a secret too short to be one, or a credential that the algorithm has no use for.
pub fn create(op: &mut Op<'_>, new: NewApp) -> Result<(AppInfo, Option<Secret>)> {
    op.expect(Permission::ManageApps)?;
    let name = text::required("the app's name", &new.name, MAX_NAME).map_err(Error::invalid)?;
    let scopes = sorted(new.scopes);
    ask_ceiling(op, &scopes)?;
    let credential = match new.credential {
        Some(credential) => credential,
        None if new.algorithm.is_hmac() => Credential::generate(),
        None => return Err(Error::invalid(needs_key(new.algorithm))),
    };
    for credential in new.earlier.iter().map(|(credential, _)| credential).chain([&credential]) {
        check(credential, new.algorithm).map_err(Error::invalid)?;
    }
    let client_id = new.client_id.unwrap_or_else(ClientId::random);
    op.change(|tx, view| {
        let row = store::apps::NewRow {
            client_id: &client_id,
            name: &name,
            algorithm: new.algorithm,
            scopes: &scopes,
            enforce_jti: new.enforce_jti,
            enforce_jwe: new.enforce_jwe,
            expires: new.expires,
        };
        let key = store::apps::insert(tx, view.account, &row, view.now)?.ok_or_else(|| {
            Error::new(
                Code::Conflict,
                format!("an app with the name {name:?} or the client id {client_id} exists already"),
            )
        })?;
        for (earlier, end) in new.earlier.iter().filter(|(_, end)| end.is_none_or(|end| end > view.now)) {
            add_secret(tx, view, key, earlier, *end)?;
        }
        add_secret(tx, view, key, &credential, new.secret_expires)?;
        let settings = Settings {
            algorithm: new.algorithm,
            scopes: scopes.clone(),
            expires: new.expires,
            enforce_jti: new.enforce_jti,
            enforce_jwe: new.enforce_jwe,
        };
        let mut after = told(&settings);
        after["name"] = json!(name);
        let event = Event::new(EventKind::AppCreated, &client_id, format!("App {name:?} was created")).after(after);
        Ok(((), vec![event]))
    })?;
    let app = find(op, client_id.as_str())?;
    Ok((info(op, app, Vec::new())?, credential.secret().cloned()))
}

/// Whoever makes an app, or gives it a secret that they then have, could do by it what its scopes allow.
pub(super) fn ask_ceiling(view: &View<'_>, scopes: &[Scope]) -> Result<()> {
    let over: Vec<String> = scopes.iter().filter_map(|s| policy::ceiling_of_scope(&view.actor, *s).err()).collect();
    if over.is_empty() { Ok(()) } else { Err(Error::new(Code::Forbidden, over.join("; "))) }
}

/// Seals a credential and adds it to an app; gives its id.
pub(super) fn add_secret(
    tx: &WriteTx<'_>,
    view: &View<'_>,
    app: AppKey,
    credential: &Credential,
    expires: Option<Time>,
) -> Result<String> {
    let id = chance::hex()[..8].to_owned();
    let sealed = credential.seal(&*view.sealing_key(tx)?);
    let secret = AppSecret { id: id.clone(), sealed, created: view.now, expires, last_used: None };
    store::apps::insert_secret(tx, view.account, app, &secret)?;
    Ok(id)
}

fn needs_key(algorithm: Algorithm) -> String {
    format!("{} needs the public key of the app's own key pair", algorithm.name())
}

/// Whether the credential is good, and one that the algorithm has a use for.
pub(crate) fn check(credential: &Credential, algorithm: Algorithm) -> Result<(), String> {
    if !credential.fits(algorithm) {
        return Err(if algorithm.is_hmac() {
            format!("{} needs a client secret, not a public key", algorithm.name())
        } else {
            needs_key(algorithm)
        });
    }
    credential.check()
}

/// What the audit log tells of settings.
fn told(settings: &Settings) -> Value {
    let mut told = json!({ "algorithm": settings.algorithm.name(), "scopes": ids(&settings.scopes) });
    if settings.enforce_jti {
        told["enforceJti"] = json!(true);
    }
    if settings.enforce_jwe {
        told["enforceJwe"] = json!(true);
    }
    if let Some(end) = settings.expires {
        told["expires"] = json!(end.to_string());
    }
    told
}

/// Changes what is set of an app; tokens already out feel it at their next request.
///
/// # Errors
/// [`Code::NotFound`] for an unknown app.
pub fn change(op: &mut Op<'_>, id_or_name: &str, change: &SettingsChange) -> Result<AppInfo> {
    op.expect(Permission::ManageApps)?;
    let app = find(op, id_or_name)?;
    let before = app.settings();
    let mut scopes = before.scopes.clone();
    scopes.extend_from_slice(&change.add);
    scopes.retain(|scope| !change.remove.contains(scope));
    let after = Settings {
        algorithm: before.algorithm,
        scopes: sorted(scopes),
        expires: match &change.expires {
            Change::Keep => before.expires,
            Change::Clear => None,
            Change::Set(end) => Some(*end),
        },
        enforce_jti: change.enforce_jti.unwrap_or(before.enforce_jti),
        enforce_jwe: change.enforce_jwe.unwrap_or(before.enforce_jwe),
    };
    let gained: Vec<Scope> = after.scopes.iter().filter(|scope| !before.scopes.contains(scope)).copied().collect();
    ask_ceiling(op, &gained)?;
    if (before.enforce_jti && !after.enforce_jti) || (before.enforce_jwe && !after.enforce_jwe) {
        // Who takes a protection off an app could do by its tokens what the app may.
        ask_ceiling(op, &before.scopes)?;
    }
    let (key, client_id, name) = (app.key, app.client_id, app.name);
    if after != before {
        update_many(op, &[AppChange { key, client_id: client_id.clone(), name, before, after, credentials: None }])?;
    }
    info(op, find(op, client_id.as_str())?, Vec::new())
}

/// Changes apps.
pub(crate) fn update_many(op: &mut Op<'_>, changes: &[AppChange]) -> Result<()> {
    op.expect(Permission::ManageApps)?;
    if changes.is_empty() {
        return Ok(());
    }
    op.change(|tx, view| {
        store::apps::update_many(tx, view.account, changes, view.now)?;
        let mut events = Vec::new();
        for change in changes {
            let AppChange { client_id, name, before, after, .. } = change;
            if after.scopes != before.scopes {
                let what = format!("The scopes of app {name:?} were changed");
                let (was, is) = (json!({ "scopes": ids(&before.scopes) }), json!({ "scopes": ids(&after.scopes) }));
                events.push(Event::new(EventKind::AppScopesModified, client_id, what).before(was).after(is));
            }
            let replaced = change.credentials.as_ref();
            if replaced.is_none() && after.algorithm.is_hmac() != before.algorithm.is_hmac() {
                let needed = if after.algorithm.is_hmac() { "a client secret" } else { "a public key" };
                return Err(Error::invalid(format!(
                    "app {name:?} cannot sign with {} by what it has: give it {needed}, too",
                    after.algorithm.name()
                )));
            }
            let same_scopes = Settings { scopes: before.scopes.clone(), ..after.clone() };
            if same_scopes != *before || replaced.is_some() {
                let is_new = replaced.is_some_and(Replacement::brings_a_new_one);
                let what = if is_new { "has a new secret" } else { "is set otherwise" };
                let event = Event::new(EventKind::AppModified, client_id, format!("App {name:?} {what}"));
                let without = |settings: &Settings| {
                    let mut told = told(settings);
                    told.as_object_mut().map(|told| told.remove("scopes"));
                    told
                };
                let mut is = without(after);
                if let Some(replacement) = replaced {
                    is["secrets"] = replacement.carry_out(tx, view, change.key)?;
                }
                events.push(event.before(without(before)).after(is));
            }
        }
        Ok(((), events))
    })
}

/// Removes apps; their tokens are refused from the next request on.
pub(crate) fn remove_many(op: &mut Op<'_>, apps: &[&App]) -> Result<()> {
    op.expect(Permission::ManageApps)?;
    if apps.is_empty() {
        return Ok(());
    }
    op.change(|tx, view| {
        let keys: Vec<AppKey> = apps.iter().map(|app| app.key).collect();
        store::apps::remove_many(tx, view.account, &keys)?;
        let event = |app: &&App| {
            let what = format!("App {:?} was removed", app.name);
            let mut before = told(&app.settings());
            before["name"] = json!(app.name);
            Event::new(EventKind::AppDeleted, &app.client_id, what).before(before)
        };
        Ok(((), apps.iter().map(event).collect()))
    })
}
