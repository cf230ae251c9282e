//! The list of bots, and of the apps that may speak to them.

use super::Audience;
use crate::apps::{self, Credential};
use crate::chance::Secret;
use crate::clock::Time;
use crate::error::Result;
use crate::id::{AccountId, BotId, ClientId, UserId};
use crate::op::View;
use crate::page::{Page, Paged};
use crate::policy::Permission;
use crate::store;

/// A bot on the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Public id.
    pub id: BotId,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Who owns it.
    pub owner: Option<UserId>,
    /// Whether it is published.
    pub published: bool,
    /// For whom.
    pub audience: Audience,
    /// When it was registered.
    pub created: Time,
}

/// An app of the account, whose secret is hinted at only.
#[derive(Debug, Clone)]
pub struct KnownApp {
    /// Its public id.
    pub client_id: ClientId,
    /// The last characters of its secret: enough to tell two apart, and too little for anything else.
    pub secret_ends: String,
    /// Whether its tokens must have a `jti`.
    pub enforce_jti: bool,
    /// Whether its tokens must be encrypted.
    pub enforce_jwe: bool,
    /// When it was made.
    pub created: Time,
}

/// As many characters of a secret are shown.
const SHOWN: usize = 4;

/// A page of bots.
#[derive(Debug, Clone)]
pub struct Bots {
    /// The account.
    pub account: AccountId,
    /// The bots, oldest first.
    pub page: Paged<Listed>,
    /// The apps of the account: each may speak to each of its bots.
    pub apps: Vec<KnownApp>,
}

/// A page of the account's bots. Five statements at any depth. Of a secret that does not open with the installation key,
/// as after a restore with another one, nothing is hinted at.
///
/// # Errors
/// When the database fails.
pub fn page(view: &View<'_>, page: Page) -> Result<Bots> {
    view.expect(Permission::ViewBots)?;
    let account = store::accounts::get(view.tx, view.account)?.id;
    let bots = store::bots::page(view.tx, view.account, page)?;
    let items = bots.items.into_iter().map(|bot| Listed {
        id: bot.id,
        name: bot.name,
        description: bot.description,
        owner: bot.owner,
        published: bot.published,
        audience: bot.audience,
        created: bot.created,
    });
    let page = Paged { total: bots.total, more: bots.more, items: items.collect() };
    let apps = store::apps::list(view.tx, view.account)?.into_iter().map(|app| {
        let newest = apps::newest(view, &app).ok();
        let secret_ends = newest.as_ref().and_then(Credential::secret).map(ends).unwrap_or_default();
        let apps::App { client_id, enforce_jti, enforce_jwe, created, .. } = app;
        KnownApp { client_id, secret_ends, enforce_jti, enforce_jwe, created }
    });
    Ok(Bots { account, page, apps: apps.collect() })
}

/// The last characters of a secret that is long enough to lose them.
fn ends(secret: &Secret) -> String {
    let length = secret.expose().chars().count();
    secret.expose().chars().skip(length.saturating_sub(SHOWN).max(SHOWN * 2)).collect()
}
