//! One client app: what is set of it, its secrets, why tokens were refused, and how to call the API as it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::apps::{self, AppInfo, token};
use rollcall_core::chance::Secret;
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::Permission;

use super::snippets::{Snippets, can_mint, snippets};
use super::{ScopeBox, boxes};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

/// How long a token for trying things out is good for: an hour, in seconds.
const TOKEN_LIFE: i64 = 3_600;

/// Why tokens are refused, as the log has it, and what is to be done about it.
struct Refused {
    reason: String,
    advice: String,
    count: u64,
    at: rollcall_core::clock::Time,
}

#[derive(Template)]
#[template(path = "console/apps/one.html")]
struct Page<'v> {
    l: Layout<'v>,
    app: AppInfo,
    scopes: Vec<ScopeBox>,
    refused: Vec<Refused>,
    snippets: Snippets,
    /// The secret, this once.
    secret: Option<Secret>,
    /// Whether a token can be made, and was not.
    can_mint: bool,
    fault: Option<String>,
}

/// An app to be shown.
pub(super) struct Shown {
    app: AppInfo,
    secret: Option<Secret>,
    /// Whether a token for trying things out is made with it.
    wants_token: bool,
    fault: Option<String>,
    status: StatusCode,
}

impl Shown {
    /// One that was made, or got a new secret, just now.
    pub(super) fn just_made(app: AppInfo, secret: Option<Secret>) -> Self {
        Self { app, secret, wants_token: true, fault: None, status: StatusCode::OK }
    }

    /// One that is looked at.
    fn as_it_is(app: AppInfo) -> Self {
        Self { app, secret: None, wants_token: false, fault: None, status: StatusCode::OK }
    }

    /// One with which something could not be done.
    pub(super) fn with_fault(app: AppInfo, status: StatusCode, fault: String) -> Self {
        Self { app, secret: None, wants_token: false, fault: Some(fault), status }
    }

    pub(super) async fn page(self, visit: &Visit) -> Result<Response, Failure> {
        let Self { app, secret, wants_token, fault, status } = self;
        let id = app.client_id.to_string();
        let made = match wants_token && can_mint(&app) {
            true => {
                let make = move |op: &mut Op<'_>| token::make(op, &id, TOKEN_LIFE);
                visit.write(Permission::ManageApps, Mode::Real, make).await.map(Some)
            }
            false => Ok(None),
        };
        let (token, fault, status) = match made {
            Ok(token) => (token, fault, status),
            // Whoever may not do what the app may gets no token of it.
            Err(Failure::Core(error)) if error.cause().is_none() => {
                (None, Some(error.to_string()), crate::http::status::status(error.code()))
            }
            // A secret is shown now or never: whatever becomes of the token.
            Err(failure) if secret.is_some() => {
                tracing::error!(?failure, "a token for the page of an app could not be made");
                (None, Some(visit.words.t("apps-no-token")), status)
            }
            Err(failure) => return Err(failure),
        };
        let can_mint = can_mint(&app) && token.is_none();
        let url = &visit.site().public_url;
        let snippets = snippets(url, &app, token.as_ref().map(Secret::expose), secret.as_ref().map(Secret::expose));
        let refused = app.refusals.iter().map(|(reason, count, at)| {
            let key = format!("refusal-{}", reason.replace(' ', "-"));
            Refused { reason: reason.clone(), advice: visit.words.t(&key), count: *count, at: *at }
        });
        let (refused, scopes) = (refused.collect(), boxes(&app.scopes));
        let l = Layout::of(visit, app.name.clone());
        visit.page_of(status, &Page { l, app, scopes, refused, snippets, secret, can_mint, fault })
    }
}

/// The app that the address names.
pub(super) async fn find(visit: &Visit) -> Result<AppInfo, Failure> {
    let id = visit.parameter("id").to_owned();
    visit.read(Permission::ManageApps, move |view| apps::show(view, &id)).await
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let app = find(&visit).await?;
    Shown::as_it_is(app).page(&visit).await
}

/// Makes a token for trying things out, and shows the page with it.
pub(super) async fn make_token(visit: Visit) -> Result<Response, Failure> {
    let app = find(&visit).await?;
    Shown::just_made(app, None).page(&visit).await
}
