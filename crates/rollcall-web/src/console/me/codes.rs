//! Recovery codes, which are shown once.

use askama::Template;
use axum::response::Response;
use rollcall_core::admins::second;
use rollcall_core::chance::Secret;
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::Permission;

use super::page::{Wrong, refused};
use super::proof;
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/me/codes.html")]
struct Page<'v> {
    l: Layout<'v>,
    codes: String,
}

/// The page that shows them.
pub(super) fn page(visit: &Visit, codes: &[Secret]) -> Result<Response, Failure> {
    let codes: Vec<&str> = codes.iter().map(Secret::expose).collect();
    visit.page(&Page { l: Layout::of(visit, visit.words.t("codes-title")), codes: codes.join("\n") })
}

pub(super) async fn renew(visit: Visit) -> Result<Response, Failure> {
    let proof = proof(&visit).await?;
    let renew = move |op: &mut Op<'_>| second::renew_codes(op, &proof);
    match visit.write(Permission::UseConsole, Mode::Real, renew).await? {
        Some(codes) => page(&visit, &codes),
        None => {
            let factor = Some(visit.words.t("me-password-wrong"));
            refused(&visit, Wrong { factor, ..Wrong::default() }).await
        }
    }
}
