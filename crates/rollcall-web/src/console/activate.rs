//! The page behind an invitation's link. Opening it changes nothing (mail scanners open links); its button does.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use rollcall_core::actor::Actor;
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;
use rollcall_core::users::invitation;
use rollcall_core::{Error, Rollcall};

use crate::http::client_ip;
use crate::http::status::status;

#[derive(Template)]
#[template(path = "activate.html")]
struct Page {
    title: &'static str,
    text: String,
    button: bool,
}

/// What a page of ours may load and do: its own style, its own form.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn page(status: StatusCode, page: &Page) -> Response {
    let headers: [(HeaderName, &str); 1] = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    match page.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn ip(request: &Request) -> Option<IpAddr> {
    client_ip(request.extensions())
}

async fn invitee(rollcall: &Rollcall, token: String, ip: Option<IpAddr>) -> Result<Actor, Error> {
    rollcall.recognise_invitation(token, ip).await?.ok_or_else(invitation::gone)
}

fn refused(error: &Error) -> Response {
    let status = status(error.code());
    if let Some(cause) = error.cause() {
        tracing::error!(cause, "an invitation failed");
    }
    page(status, &Page { title: "This link cannot be used", text: error.to_string(), button: false })
}

pub(super) async fn show(
    State(rollcall): State<Arc<Rollcall>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let ip = ip(&request);
    let invited = async {
        let actor = invitee(&rollcall, token, ip).await?;
        rollcall.read(actor, Permission::AcceptInvitation, invitation::show).await
    };
    match invited.await {
        Err(error) => refused(&error),
        Ok(invited) => {
            let text =
                format!("{} is invited to {}. Activate the account to take part.", invited.email, invited.account_name);
            page(StatusCode::OK, &Page { title: "You are invited", text, button: true })
        }
    }
}

pub(super) async fn accept(
    State(rollcall): State<Arc<Rollcall>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let ip = ip(&request);
    let accepted = async {
        let actor = invitee(&rollcall, token, ip).await?;
        rollcall.write(actor, Permission::AcceptInvitation, Mode::Real, invitation::accept).await
    };
    match accepted.await {
        Err(error) => refused(&error),
        Ok(invited) => {
            let text = format!("{} is active in {}. You can close this page.", invited.email, invited.account_name);
            page(StatusCode::OK, &Page { title: "Your account is active", text, button: false })
        }
    }
}
