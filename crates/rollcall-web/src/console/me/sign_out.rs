//! Signing out: the session ends in the database, and the browser forgets it.

use axum::http::header;
use axum::response::Response;
use rollcall_core::admins::session;
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;

use crate::console::cookie;
use crate::console::failure::Failure;
use crate::console::visit::{Flash, Visit};

pub(super) async fn sign_out(visit: Visit) -> Result<Response, Failure> {
    let id = visit.admin().ok_or(Failure::NotSignedIn)?.session().to_owned();
    visit.write(Permission::UseConsole, Mode::Real, move |op| session::end(op, &id)).await?;
    let mut response = visit.go("/console/sign-in", Some(&Flash::done("done-signed-out", &[])));
    response.headers_mut().append(header::SET_COOKIE, cookie::drop_session());
    Ok(response)
}
