//! Setting another password for oneself.

use axum::http::header;
use axum::response::Response;
use rollcall_core::admins::own;
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;

use super::page::{Wrong, refused};
use super::{ADDRESS, proof};
use crate::console::cookie;
use crate::console::failure::Failure;
use crate::console::sign_in::new_password;
use crate::console::visit::{Flash, Visit};

pub(super) async fn change(visit: Visit) -> Result<Response, Failure> {
    let proof = proof(&visit).await?;
    let record = visit.read(Permission::UseConsole, own::record).await?;
    let new = match new_password::taken(&visit, record).await? {
        Ok(new) => new,
        Err(new) => return refused(&visit, Wrong { new, ..Wrong::default() }).await,
    };
    let change = move |op: &mut rollcall_core::op::Op<'_>| own::change_password(op, &proof, &new);
    match visit.write(Permission::UseConsole, Mode::Real, change).await? {
        Some(begun) => {
            let mut response = visit.go(ADDRESS, Some(&Flash::done("done-password-changed", &[])));
            response.headers_mut().append(header::SET_COOKIE, cookie::keep_session(begun.token.expose()));
            Ok(response)
        }
        None => {
            let present = Some(visit.words.t("me-password-wrong"));
            refused(&visit, Wrong { present, ..Wrong::default() }).await
        }
    }
}
