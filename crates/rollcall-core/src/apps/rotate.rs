//! Secrets that follow one another without a gap, and taking them, or whole apps, away.

use serde_json::json;

use super::described::told;
use super::write::{add_secret, ask_ceiling, check, remove_many};
use super::{AppInfo, AppSecret, Credential, find, info};
use crate::audit::{Event, EventKind};
use crate::chance::Secret;
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::op::Op;
use crate::policy::Permission;
use crate::store::{self, Chore};

/// As many secrets of an app may be live at once: the one that goes and the one that comes.
pub(crate) const LIVE: usize = 2;
/// For how long secrets are kept that came to their end: tokens made with them are told from those of nobody.
const KEPT_MILLIS: i64 = 30 * 24 * 3_600 * 1_000;

/// A new secret in the place of the present one.
#[derive(Debug, Clone, Default)]
pub struct Rotation {
    /// For how long the present one is good still, in milliseconds; 0: it is not from now on.
    pub overlap: i64,
    /// The new one: the public key for apps that sign with RS256 or RS512; else made here where none is given.
    pub credential: Option<Credential>,
    /// When the new one comes to its end.
    pub expires: Option<Time>,
}

/// Gives an app a new secret; the one that it has stays good for the overlap, so that no client is ever without.
///
/// # Errors
/// [`Code::NotFound`] for an unknown app; [`Code::Conflict`] where two are live already; [`Code::Invalid`] for a credential
/// that the app's algorithm has no use for, or that it has already.
pub fn rotate(op: &mut Op<'_>, id_or_name: &str, rotation: &Rotation) -> Result<(AppInfo, Option<Secret>)> {
    op.expect(Permission::ManageApps)?;
    let app = find(op, id_or_name)?;
    ask_ceiling(op, &app.scopes)?;
    let credential = match &rotation.credential {
        Some(credential) => credential.clone(),
        None if app.algorithm.is_hmac() => Credential::generate(),
        None => {
            return Err(Error::invalid(format!(
                "the app {:?} signs with {}: make a new key pair and give its public key",
                app.name,
                app.algorithm.name()
            )));
        }
    };
    check(&credential, app.algorithm).map_err(Error::invalid)?;
    let live: Vec<&AppSecret> = app.secrets.iter().filter(|secret| secret.is_live_at(op.now)).collect();
    if live.len() >= LIVE && rotation.overlap > 0 {
        let oldest = live.first().map_or("", |secret| secret.id.as_str());
        return Err(Error::new(
            Code::Conflict,
            format!(
                "the app {:?} has {LIVE} live secrets already; remove the older one first (rollcall app revoke {} --secret \
                 {oldest}), or rotate with --overlap 0s, which ends both at once",
                app.name, app.client_id
            ),
        ));
    }
    for secret in &live {
        let has = op.shared.open(op.tx, |key| Credential::open(key, app.algorithm, &secret.sealed))?;
        if has.is(&credential) {
            return Err(Error::invalid(format!("the app {:?} has this one already (secret {})", app.name, secret.id)));
        }
    }
    let end = op.now.plus_millis(rotation.overlap.max(0));
    op.change(|tx, view| {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for secret in &live {
            // One that ends sooner anyway is not prolonged.
            let sooner = secret.expires.map_or(end, |expires| expires.min(end));
            store::apps::expire_secret(tx, view.account, app.key, &secret.id, Some(sooner))?;
            before.push(told(&secret.id, secret.expires));
            after.push(told(&secret.id, Some(sooner)));
        }
        let id = add_secret(tx, view, app.key, &credential, rotation.expires)?;
        let what = format!("App {:?} has a new secret", app.name);
        let event = Event::new(EventKind::AppSecretRotated, &app.client_id, what);
        after.push(told(&id, rotation.expires));
        Ok(((), vec![event.before(json!({ "secrets": before })).after(json!({ "secrets": after }))]))
    })?;
    Ok((info(op, find(op, app.client_id.as_str())?, Vec::new())?, credential.secret().cloned()))
}

/// Takes one secret of an app away: tokens made with it are refused from the next request on, on every replica.
///
/// # Errors
/// [`Code::NotFound`] for an unknown app or secret; [`Code::Conflict`] for the last one that is live.
pub fn revoke_secret(op: &mut Op<'_>, id_or_name: &str, secret: &str) -> Result<AppInfo> {
    op.expect(Permission::ManageApps)?;
    let app = find(op, id_or_name)?;
    if !app.secrets.iter().any(|has| has.id == secret) {
        let known = app.secrets.iter().map(|s| s.id.as_str()).collect::<Vec<_>>().join(", ");
        // What was given may be the secret itself, by mistake: it is not shown.
        let message = format!("the app {:?} has no secret of this id; it has: {known}", app.name);
        return Err(Error::new(Code::NotFound, message));
    }
    if !app.secrets.iter().any(|has| has.id != secret && has.is_live_at(op.now)) {
        return Err(Error::new(
            Code::Conflict,
            format!(
                "{secret} is the only live secret of the app {:?}: give it a new one with `rollcall app rotate {} --overlap \
                 0s`, or revoke the whole app",
                app.name, app.client_id
            ),
        ));
    }
    op.change(|tx, view| {
        store::apps::remove_secrets(tx, view.account, app.key, Some(&[secret]))?;
        let what = format!("A secret of app {:?} was revoked", app.name);
        let event = Event::new(EventKind::AppSecretRevoked, &app.client_id, what);
        let of = |secrets: &mut dyn Iterator<Item = &AppSecret>| {
            json!({ "secrets": secrets.map(|has| told(&has.id, has.expires)).collect::<Vec<_>>() })
        };
        let (was, is) = (of(&mut app.secrets.iter()), of(&mut app.secrets.iter().filter(|has| has.id != secret)));
        Ok(((), vec![event.before(was).after(is)]))
    })?;
    info(op, find(op, app.client_id.as_str())?, Vec::new())
}

/// Removes an app: its tokens are refused from the next request on, on every replica. Gives its name.
///
/// # Errors
/// [`Code::NotFound`] for an unknown app.
pub fn revoke(op: &mut Op<'_>, id_or_name: &str) -> Result<String> {
    op.expect(Permission::ManageApps)?;
    let app = find(op, id_or_name)?;
    remove_many(op, &[&app])?;
    Ok(app.name)
}

/// Forgets the account's secrets that came to their end 30 days ago or earlier, but for an app's last one.
///
/// # Errors
/// When the database fails.
pub fn forget_expired_secrets(op: &mut Op<'_>) -> Result<usize> {
    op.expect_chore(Chore::Forget)?;
    op.upkeep(|tx, view| store::apps::remove_expired_secrets(tx, view.account, view.now.plus_millis(-KEPT_MILLIS)))
}
