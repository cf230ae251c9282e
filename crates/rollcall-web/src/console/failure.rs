//! What a page of the console says where it cannot do what was asked: what is wrong, and what to do next.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use rollcall_core::admins::gains::Gains;
use rollcall_core::{Code, Error};

use super::layout::Layout;
use super::sign_in;
use super::visit::Visit;
use super::{confirm, cookie};
use crate::http::status::status;

/// Why a request was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody is signed in.
    NotSignedIn,
    /// The form is not of one of our pages, or of one of another session.
    NotOurs,
    /// It is larger than any form of ours.
    TooLarge,
    /// It was not there in time, or broke off.
    Unread,
    /// Somebody would gain admin rights, and whoever asked for it has not seen who.
    Unconfirmed(Gains),
    /// What the core said.
    Core(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.code() {
            Code::Unauthenticated => Self::NotSignedIn,
            _ => Self::Core(error),
        }
    }
}

#[derive(Template)]
#[template(path = "console/failure.html")]
struct Page<'v> {
    l: Layout<'v>,
    heading: String,
    text: String,
    faults: Vec<String>,
}

impl Failure {
    /// There is no such thing, or none that they may know of.
    pub(super) fn not_found() -> Self {
        Self::Core(Error::new(Code::NotFound, "There is no such thing (any more)."))
    }

    /// A page could not be made.
    pub(super) fn broken(error: &askama::Error) -> Self {
        Self::Core(Error::internal(error))
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn => StatusCode::SEE_OTHER,
            Self::NotOurs => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unread => StatusCode::REQUEST_TIMEOUT,
            Self::Unconfirmed(_) => StatusCode::CONFLICT,
            Self::Core(error) => status(error.code()),
        }
    }

    /// The page that says so; the way to the door for whoever is not signed in.
    pub(super) fn page(self, visit: &Visit) -> Response {
        if matches!(self, Self::NotSignedIn) {
            return to_the_door(visit);
        }
        if let Self::Unconfirmed(gains) = &self {
            return confirm::ask(visit, gains);
        }
        if let Self::Core(error) = &self
            && let Some(cause) = error.cause()
        {
            tracing::error!(cause, "a page of the console failed");
        }
        let words = &visit.words;
        let (heading, text, faults) = match &self {
            Self::NotSignedIn | Self::Unconfirmed(_) => return to_the_door(visit),
            Self::NotOurs => (words.t("failure-not-ours"), words.t("failure-not-ours-text"), Vec::new()),
            Self::TooLarge => (words.t("failure-too-large"), words.t("failure-too-large-text"), Vec::new()),
            Self::Unread => (words.t("failure-unread"), words.t("failure-unread-text"), Vec::new()),
            Self::Core(error) => {
                let key = match error.code() {
                    Code::Forbidden => "failure-forbidden",
                    Code::NotFound => "failure-not-found",
                    Code::Conflict => "failure-conflict",
                    Code::Busy | Code::Uncertain => "failure-busy",
                    Code::Internal => "failure-internal",
                    Code::Invalid | Code::KeyReused | Code::Unauthenticated => "failure-invalid",
                };
                let faults: Vec<String> = error.each_fault().iter().map(ToString::to_string).collect();
                let text = if faults.is_empty() { error.to_string() } else { String::new() };
                (words.t(key), text, faults)
            }
        };
        let page = Page { l: Layout::of(visit, heading.clone()), heading, text, faults };
        visit.page_of(self.status(), &page).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

/// Where one signs in, and comes back to what was asked for.
fn to_the_door(visit: &Visit) -> Response {
    let target = visit.comes_back_to();
    if let Some(half) = visit.half() {
        return visit.go(&sign_in::step(Some(half.lacks), target), None);
    }
    let next: String = form_urlencoded::byte_serialize(target.as_bytes()).collect();
    let mut response = visit.go(&format!("/console/sign-in?next={next}"), None);
    // What is over is of no use to the browser.
    response.headers_mut().append(header::SET_COOKIE, cookie::drop_session());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
