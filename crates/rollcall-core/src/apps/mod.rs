//! Client apps: the programs that call the API, their scopes and their secrets.

mod authenticate;
mod credential;
mod described;
pub(crate) mod door;
pub(crate) mod known;
pub mod replay;
mod rotate;
pub mod token;
pub mod usage;
mod why;
mod write;

pub use authenticate::Authenticating;
pub(crate) use credential::Verifier;
pub use credential::{Credential, PublicKey};
pub(crate) use described::{Ending, Replacement};
pub(crate) use rotate::LIVE;
pub use rotate::{Rotation, forget_expired_secrets, revoke, revoke_secret, rotate};
pub(crate) use token::claims::TokenId;
pub use why::{Told, explain};
use write::ask_ceiling;
pub(crate) use write::{AppChange, check, remove_many, update_many};
pub use write::{NewApp, SettingsChange, change, create};

use aws_lc_rs::hmac;

use crate::chance::Secret;
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::id::ClientId;
use crate::op::View;
use crate::policy::{Permission, Scope};
use crate::store::{self, AppKey};

/// How an app signs its tokens (RFC 7518 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Algorithm {
    /// HMAC with SHA-256: what the vendor's apps use.
    #[default]
    Hs256,
    /// HMAC with SHA-512.
    Hs512,
    /// RSASSA-PKCS1-v1_5 with SHA-256: the private key is the client's alone.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 4] = [Self::Hs256, Self::Hs512, Self::Rs256, Self::Rs512];

    /// The name in a token's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs512 => "RS512",
        }
    }

    /// Reads the name.
    ///
    /// # Errors
    /// A sentence with the names that there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|a| a.name() == text).ok_or_else(|| {
            format!("{text:?} is not an algorithm of apps; there are {}", Self::ALL.map(Self::name).join(", "))
        })
    }

    /// Whether both sides know the key: then it is a client secret.
    pub fn is_hmac(self) -> bool {
        self.hmac().is_some()
    }

    pub(crate) fn hmac(self) -> Option<hmac::Algorithm> {
        match self {
            Self::Hs256 => Some(hmac::HMAC_SHA256),
            Self::Hs512 => Some(hmac::HMAC_SHA512),
            Self::Rs256 | Self::Rs512 => None,
        }
    }

    pub(crate) fn stored(name: &str) -> Self {
        Self::parse(name).unwrap_or_default()
    }
}

/// An app, as the store keeps it, with its sealed secrets.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) account: store::AccountKey,
    pub(crate) key: AppKey,
    pub(crate) client_id: ClientId,
    pub(crate) name: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) created: Time,
    pub(crate) last_used: Option<Time>,
    pub(crate) expires: Option<Time>,
    pub(crate) enforce_jti: bool,
    pub(crate) enforce_jwe: bool,
    /// The stamp of the account's apps when this was read: it is true as long as that stays.
    pub(crate) stamp: i64,
    /// Oldest first; those that came to their end are kept for a while, to say so.
    pub(crate) secrets: Vec<AppSecret>,
}

/// A secret of an app, or a public key in its place.
#[derive(Debug, Clone)]
pub(crate) struct AppSecret {
    pub(crate) id: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) created: Time,
    pub(crate) expires: Option<Time>,
    pub(crate) last_used: Option<Time>,
}

impl AppSecret {
    fn is_live_at(&self, now: Time) -> bool {
        self.expires.is_none_or(|end| end > now)
    }
}

/// What is set of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) algorithm: Algorithm,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) expires: Option<Time>,
    pub(crate) enforce_jti: bool,
    pub(crate) enforce_jwe: bool,
}

impl App {
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            algorithm: self.algorithm,
            scopes: self.scopes.clone(),
            expires: self.expires,
            enforce_jti: self.enforce_jti,
            enforce_jwe: self.enforce_jwe,
        }
    }
}

/// An app, as its administrators see it: everything but the secrets.
#[derive(Debug, Clone)]
pub struct AppInfo {
    /// Public id.
    pub client_id: ClientId,
    /// Name.
    pub name: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created: Time,
    /// When one of its tokens was last taken; noted within seconds.
    pub last_used: Option<Time>,
    /// From when on its tokens are refused; never where none.
    pub expires: Option<Time>,
    /// Whether its tokens must have a `jti`.
    pub enforce_jti: bool,
    /// Whether its tokens must be encrypted.
    pub enforce_jwe: bool,
    /// Its secrets or public keys, the newest first; those that came to their end are among them for 30 days.
    pub secrets: Vec<SecretInfo>,
    /// Why its tokens were refused: reason, how often, when last.
    pub refusals: Vec<(String, u64, Time)>,
}

/// A secret or a public key of an app, without what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretInfo {
    /// What it is called.
    pub id: String,
    /// When it was made.
    pub created: Time,
    /// From when on tokens made with it are refused; never where none.
    pub expires: Option<Time>,
    /// When a token made with it was last taken; noted within seconds.
    pub last_used: Option<Time>,
    /// The key itself, where it is a public one.
    pub public_key: Option<PublicKey>,
    /// Whether tokens made with it are taken now.
    pub is_live: bool,
    /// Whether it is safe to remove: live, but not the newest that is; that one is in use, and of this one no token came
    /// within the last hour, nor since the newest was made an hour ago or earlier.
    pub is_idle: bool,
}

/// As long must clients have left a secret alone before it is called safe to remove: they make tokens anew about once an
/// hour, and a process that still has the old one shows itself in that time.
const IDLE_MILLIS: i64 = 3_600 * 1_000;

fn info(view: &View<'_>, app: App, refusals: Vec<(String, u64, Time)>) -> Result<AppInfo> {
    let now = view.now;
    let newest = app.secrets.iter().rfind(|secret| secret.is_live_at(now)).cloned();
    let secret = |secret: AppSecret| {
        let is_live = secret.is_live_at(now);
        let is_left_for = |newest: &AppSecret| {
            let last = secret.last_used.map_or(newest.created, |used| used.max(newest.created));
            newest.id != secret.id && newest.last_used.is_some() && last.plus_millis(IDLE_MILLIS) <= now
        };
        let is_idle = is_live && newest.as_ref().is_some_and(is_left_for);
        let public_key = match app.algorithm.is_hmac() {
            true => None,
            false => {
                let opened = view.shared.open(view.tx, |key| Credential::open(key, app.algorithm, &secret.sealed))?;
                opened.public_key().cloned()
            }
        };
        let AppSecret { id, created, expires, last_used, .. } = secret;
        Ok(SecretInfo { id, created, expires, last_used, public_key, is_live, is_idle })
    };
    let secrets = app.secrets.into_iter().rev().map(secret).collect::<Result<_>>()?;
    Ok(AppInfo {
        client_id: app.client_id,
        name: app.name,
        algorithm: app.algorithm,
        scopes: app.scopes,
        created: app.created,
        last_used: app.last_used,
        expires: app.expires,
        enforce_jti: app.enforce_jti,
        enforce_jwe: app.enforce_jwe,
        secrets,
        refusals,
    })
}

/// Every app of the account, oldest first, without refusals.
///
/// # Errors
/// When the database fails.
pub fn list(view: &View<'_>) -> Result<Vec<AppInfo>> {
    view.expect(Permission::ManageApps)?;
    store::apps::list(view.tx, view.account)?.into_iter().map(|app| info(view, app, Vec::new())).collect()
}

/// Every app of the account, oldest first, with its refusals. Two statements.
///
/// # Errors
/// When the database fails.
pub fn list_with_refusals(view: &View<'_>) -> Result<Vec<AppInfo>> {
    view.expect(Permission::ManageApps)?;
    let mut refusals = store::apps::refusals_of_account(view.tx, view.account)?;
    let apps = store::apps::list(view.tx, view.account)?;
    apps.into_iter()
        .map(|app| {
            let of = refusals.remove(&app.key).unwrap_or_default();
            info(view, app, of)
        })
        .collect()
}

/// One app, by its client id or its name.
///
/// # Errors
/// [`Code::NotFound`], naming the id.
pub fn show(view: &View<'_>, id_or_name: &str) -> Result<AppInfo> {
    view.expect(Permission::ManageApps)?;
    let app = find(view, id_or_name)?;
    let refusals = store::apps::refusals(view.tx, app.key)?;
    info(view, app, refusals)
}

/// The newest secret of an app, for an export that was asked to hold it, and for what is shown of the demo.
///
/// # Errors
/// [`Code::NotFound`], naming the id; [`Code::Invalid`] where the app signs with a key of its own.
pub fn secret(view: &View<'_>, id_or_name: &str) -> Result<Secret> {
    view.expect(Permission::AdministerAccount)?;
    let app = find(view, id_or_name)?;
    let Credential::Secret(secret) = newest(view, &app)? else {
        return Err(Error::invalid(format!("the app {:?} signs with a private key of its own", app.name)));
    };
    Ok(secret)
}

/// What the app proves itself by, the one that was made last.
pub(crate) fn newest(view: &View<'_>, app: &App) -> Result<Credential> {
    let (credential, _) = present(view, app)?.pop().ok_or_else(|| Error::internal("an app without a secret"))?;
    Ok(credential)
}

/// What the app proves itself by now, with the ends, the newest last; where all is over, what was the last.
pub(crate) fn present(view: &View<'_>, app: &App) -> Result<Vec<Ending>> {
    let mut secrets: Vec<&AppSecret> = app.secrets.iter().filter(|secret| secret.is_live_at(view.now)).collect();
    if secrets.is_empty() {
        secrets.extend(app.secrets.last());
    }
    let opened = |secret: &AppSecret| {
        let credential = view.shared.open(view.tx, |key| Credential::open(key, app.algorithm, &secret.sealed))?;
        Ok((credential, secret.expires))
    };
    secrets.into_iter().map(opened).collect()
}

pub(crate) fn find(view: &View<'_>, id_or_name: &str) -> Result<App> {
    let wanted = id_or_name.trim();
    let key = crate::text::key(wanted);
    store::apps::list(view.tx, view.account)?
        .into_iter()
        .find(|app| app.client_id.as_str() == wanted || crate::text::key(&app.name) == key)
        .ok_or_else(|| {
            Error::new(
                Code::NotFound,
                format!("no app has the client id or the name {wanted:?}; `rollcall app list` shows them"),
            )
        })
}
