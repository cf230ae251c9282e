//! Client apps: the programs that call the API, their scopes and their secrets.

pub(crate) mod door;
pub mod token;
pub mod usage;
mod write;

pub(crate) use write::{AppChange, check_secret, remove_many, update_many};
pub use write::{NewApp, change_scopes, create};

use crate::chance::Secret;
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::id::ClientId;
use crate::op::View;
use crate::policy::{Permission, Scope};
use crate::store::{self, AppKey};

/// How an app signs its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-256 (RFC 7518 §3.2): what the vendor's apps use.
    Hs256,
    /// HMAC with SHA-512.
    Hs512,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 2] = [Self::Hs256, Self::Hs512];

    /// The name in a token's header (RFC 7518 §3.1).
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs512 => "HS512",
        }
    }

    /// Reads the name.
    ///
    /// # Errors
    /// A sentence with the names that there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|a| a.name() == text)
            .ok_or_else(|| format!("{text:?} is not an algorithm of this version; there are HS256 and HS512"))
    }

    pub(crate) fn stored(name: &str) -> Self {
        if name == "HS512" { Self::Hs512 } else { Self::Hs256 }
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
    pub(crate) secrets: Vec<Vec<u8>>,
}

/// An app, as its administrators see it: everything but the secret.
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
    /// Why its tokens were refused: reason, how often, when last.
    pub refusals: Vec<(String, u64, Time)>,
}

fn info(app: App, refusals: Vec<(String, u64, Time)>) -> AppInfo {
    AppInfo {
        client_id: app.client_id,
        name: app.name,
        algorithm: app.algorithm,
        scopes: app.scopes,
        created: app.created,
        last_used: app.last_used,
        refusals,
    }
}

/// Every app of the account, oldest first, without refusals.
///
/// # Errors
/// When the database fails.
pub fn list(view: &View<'_>) -> Result<Vec<AppInfo>> {
    view.expect(Permission::AdministerAccount)?;
    Ok(store::apps::list(view.tx, view.account)?.into_iter().map(|app| info(app, Vec::new())).collect())
}

/// One app, by its client id or its name.
///
/// # Errors
/// [`Code::NotFound`], naming the id.
pub fn show(view: &View<'_>, id_or_name: &str) -> Result<AppInfo> {
    view.expect(Permission::AdministerAccount)?;
    let app = find(view, id_or_name)?;
    let refusals = store::apps::refusals(view.tx, app.key)?;
    Ok(info(app, refusals))
}

/// The secret of an app, for minting tokens and for an export that was asked to hold it.
///
/// # Errors
/// [`Code::NotFound`], naming the id.
pub fn secret(view: &View<'_>, id_or_name: &str) -> Result<Secret> {
    view.expect(Permission::AdministerAccount)?;
    unseal(view, &find(view, id_or_name)?)
}

pub(crate) fn unseal(view: &View<'_>, app: &App) -> Result<Secret> {
    let sealed = app.secrets.last().ok_or_else(|| Error::internal("an app without a secret"))?;
    view.shared.key.open_text(token::SECRET_SEAL, sealed)
}

fn find(view: &View<'_>, id_or_name: &str) -> Result<App> {
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
