//! `GET /bots`: the registry of bots, in the vendor's form. Much of that form is about what Rollcall does not do; those
//! fields have the values of a plain bot.

use rollcall_core::bots::Audience;
use rollcall_core::bots::list::{Bots, KnownApp, Listed};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    total: u64,
    available_more: bool,
    bots: Vec<Bot<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bot<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    account_id: &'a str,
    purpose: &'static str,
    created_on: String,
    created_by: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    default_language: &'static str,
    is_deflect: bool,
    resourceid: &'static str,
    status: &'static str,
    icon: &'static str,
    name: &'a str,
    description: &'a str,
    is_linked_to: [&'a str; 0],
    contains_panel_or_widget: bool,
    jwt_apps: &'a [App<'a>],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct App<'a> {
    client_id: &'a str,
    /// The vendor prints it in clear.
    client_secret: String,
    jti_claim_enforced: bool,
    jwe_encryption_enforced: bool,
    created_on: String,
}

/// The bytes of a page.
pub fn page(bots: &Bots) -> Vec<u8> {
    let apps: Vec<App<'_>> = bots.apps.iter().map(app).collect();
    let bot = |bot| entry(bots.account.as_str(), &apps, bot);
    super::bytes(&Page {
        total: bots.page.total,
        available_more: bots.page.more,
        bots: bots.page.items.iter().map(bot).collect(),
    })
}

fn entry<'a>(account: &'a str, apps: &'a [App<'a>], bot: &'a Listed) -> Bot<'a> {
    Bot {
        id: bot.id.as_str(),
        account_id: account,
        purpose: match bot.audience {
            Audience::Consumer => "customer",
            Audience::Enterprise => "employee",
        },
        created_on: bot.created.to_string(),
        created_by: bot.owner.as_ref().map(|owner| owner.as_str()),
        kind: "default",
        default_language: "en",
        is_deflect: false,
        resourceid: "btstreams",
        status: if bot.published { "published" } else { "configured" },
        icon: "",
        name: &bot.name,
        description: &bot.description,
        is_linked_to: [],
        contains_panel_or_widget: false,
        jwt_apps: apps,
    }
}

fn app(app: &KnownApp) -> App<'_> {
    App {
        client_id: app.client_id.as_str(),
        client_secret: format!("cs…{}", app.secret_ends),
        jti_claim_enforced: app.enforce_jti,
        jwe_encryption_enforced: app.enforce_jwe,
        created_on: app.created.to_string(),
    }
}
