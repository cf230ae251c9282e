//! `POST /adminroles/assignments` (contract §2), `POST /btroles/assignments`, and the roles themselves (contract §3).

use axum::http::StatusCode;
use rollcall_core::op::Reply;
use rollcall_core::roles::{RoleKind, assign, import, listing};
use rollcall_core::{Error, Fault};

use super::answer::Answer;
use super::call::Call;
use super::error::Failure;
use super::wire;

pub(super) async fn assign_admin(call: Call) -> Result<Answer, Failure> {
    assign(RoleKind::Admin, call).await
}

pub(super) async fn assign_bot(call: Call) -> Result<Answer, Failure> {
    assign(RoleKind::Bot, call).await
}

async fn assign(kind: RoleKind, mut call: Call) -> Result<Answer, Failure> {
    let operations = wire::assignments::read(kind, &call.json().await?)?;
    call.writing(move |op| {
        let outcomes = assign::assign(op, kind, &operations)?;
        Ok(Reply { status: 200, body: wire::assignments::results(&operations, &outcomes), replayed: false })
    })
    .await
}

/// `roleType`, which every call on roles of one kind needs.
fn role_type(call: &Call) -> Result<RoleKind, Failure> {
    let word = call.query("roleType");
    word.and_then(|word| RoleKind::parse(word).ok()).ok_or_else(|| {
        let why = match word {
            None => "is missing: expected admin or bot".to_owned(),
            Some(word) => format!("expected admin or bot, found {word:?}"),
        };
        vec![Fault::at("roleType", why)].into()
    })
}

pub(super) async fn list(call: Call) -> Result<Answer, Failure> {
    let (kind, page) = Failure::both(role_type(&call), call.page())?;
    call.listing(
        move |view| Ok(format!("r1-{}-{kind}-{}-{}", view.mark()?, page.skipped(), page.limit())),
        move |view| listing::page(view, kind, page),
        wire::roles::page,
    )
    .await
}

pub(super) async fn export(call: Call) -> Result<Answer, Failure> {
    let kind = role_type(&call)?;
    call.listing(
        move |view| Ok(format!("re1-{}-{kind}", view.mark()?)),
        move |view| listing::all(view, kind),
        |roles| wire::roles::export(roles),
    )
    .await
}

/// `fullImport`; false where nothing is said.
fn full_import(call: &Call) -> Result<bool, Failure> {
    match call.query("fullImport") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(vec![Fault::at("fullImport", format!("expected true or false, found {other:?}"))].into()),
    }
}

pub(super) async fn import(mut call: Call) -> Result<Answer, Failure> {
    let query = Failure::both(role_type(&call), full_import(&call));
    let body = call.json().await.and_then(|body| Ok(wire::roles::read_import(&body)?));
    let ((kind, prune), id) = Failure::both(query, body)?;
    // Read and understood before the account is held for writing: a file never changes. Whatever is wrong with it is told
    // inside, where a call that was done before is told its answer again.
    let asked = id.clone();
    let file = call.reading(move |view| import::file(view, &asked)).await?.unwrap_or_default();
    let read = tokio::task::spawn_blocking(move || wire::roles::read_file(kind, &file)).await;
    let read = read.map_err(|_| Failure::internal())?;
    call.writing_unless_refused(move |op| {
        if !import::has_file(op, &id)? {
            let detail = format!("There is no uploaded file {id:?}, or not any more");
            return Ok(Err(Failure::literal(StatusCode::BAD_REQUEST, "Invalid file id", detail)));
        }
        let roles = read.as_ref().map_err(|faults| Error::faults(faults.clone()))?;
        let imported = import::import(op, roles, prune)?;
        Ok(Ok(Reply { status: 200, body: wire::roles::imported(&imported), replayed: false }))
    })
    .await
}
