//! Ending one's own sessions, one or all but this.

use axum::response::Response;
use rollcall_core::admins::session;
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::Permission;

use super::ADDRESS;
use crate::console::failure::Failure;
use crate::console::visit::{Flash, Visit};

pub(super) async fn end(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let end = move |op: &mut Op<'_>| session::end(op, &id);
    visit.write(Permission::UseConsole, Mode::Real, end).await?;
    Ok(visit.go(ADDRESS, Some(&Flash::done("done-session-ended", &[]))))
}

pub(super) async fn end_others(visit: Visit) -> Result<Response, Failure> {
    visit.write(Permission::UseConsole, Mode::Real, session::end_others).await?;
    Ok(visit.go(ADDRESS, Some(&Flash::done("done-sessions-ended", &[]))))
}
