//! Signing in by a password and a code, and what leads to a new password.

mod code;
mod due;
mod forgotten;
mod link;
pub(super) mod new_password;
mod next;
mod password;
mod reset;
mod set_up;

use axum::http::header;
use axum::response::Response;
use rollcall_core::Error;
use rollcall_core::admins::session::{Begun, Lack};
use rollcall_core::chance::Secret;
use tokio::sync::Semaphore;

use super::cookie;
use super::failure::Failure;
use super::route::{Needs, Route, row};
use super::visit::Visit;
use next::checked;

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[
    row!("GET", "/console/sign-in", Needs::Nothing, password::show),
    row!("POST", "/console/sign-in", Needs::Nothing, password::sign_in),
    row!("GET", "/console/sign-in/code", Needs::Nothing, code::show),
    row!("POST", "/console/sign-in/code", Needs::Nothing, code::take),
    row!("GET", "/console/sign-in/password", Needs::Nothing, due::show),
    row!("POST", "/console/sign-in/password", Needs::Nothing, due::take),
    row!("GET", "/console/forgotten", Needs::Nothing, forgotten::show),
    row!("POST", "/console/forgotten", Needs::Nothing, forgotten::ask),
    row!("GET", "/console/reset/{token}", Needs::Nothing, reset::show),
    row!("POST", "/console/reset/{token}", Needs::Nothing, reset::take),
    row!("GET", "/console/set-up/{token}", Needs::Nothing, set_up::show),
    row!("POST", "/console/set-up/{token}", Needs::Nothing, set_up::take),
    row!("GET", "/console/link/{token}", Needs::Nothing, link::show),
    row!("POST", "/console/link/{token}", Needs::Nothing, link::sign_in),
];

/// Where one comes in where nothing else was asked for.
pub(super) const FIRST: &str = "/console";

/// As many passwords are compared at the same time, each of which takes 19 MiB; who comes then waits.
static SEATS: Semaphore = Semaphore::const_new(4);

/// Does what takes time and memory, apart from what others wait for.
pub(super) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let seat = SEATS.acquire().await.map_err(|closed| Failure::Core(Error::internal(closed)))?;
    let done = tokio::task::spawn_blocking(move || {
        // Kept until it is done, be it that nobody waits any more.
        let _seat = seat;
        work()
    });
    done.await.map_err(|broken| Failure::Core(Error::internal(broken)))
}

/// A field of the form, as a secret: white space is part of it.
pub(super) fn secret(visit: &Visit, name: &str) -> Secret {
    Secret::new(visit.form().get(name))
}

/// The page of the step that is next, which comes back to `next` in the end.
pub(super) fn step(lacks: Option<Lack>, next: &str) -> String {
    let next = checked(next);
    let page = match lacks {
        None => return next.to_owned(),
        Some(Lack::Code) => "/console/sign-in/code",
        Some(Lack::Password) => "/console/sign-in/password",
    };
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("{page}?next={next}")
}

/// On to the next step, with the session's token of now.
pub(super) fn come_in(visit: &Visit, begun: &Begun, next: &str) -> Response {
    let mut response = visit.go(&step(begun.lacks, next), None);
    response.headers_mut().append(header::SET_COOKIE, cookie::keep_session(begun.token.expose()));
    response
}
