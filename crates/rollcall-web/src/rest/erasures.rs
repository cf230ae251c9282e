//! `DELETE /bot/eraseUsersData`, and how far such a request is (contract §3).

use rollcall_core::op::Reply;
use rollcall_core::{Error, erasures};

use super::answer::Answer;
use super::call::Call;
use super::error::Failure;
use super::wire;

pub(super) async fn request(mut call: Call) -> Result<Answer, Failure> {
    let asked = wire::erasures::read(&call.json().await?)?;
    call.writing(move |op| {
        let id = erasures::request(op, &asked)?;
        let id = id.map_err(|refusals| Error::faults(wire::erasures::refused(&refusals)))?;
        Ok(Reply { status: 200, body: wire::erasures::requested(&id), replayed: false })
    })
    .await
}

pub(super) async fn status(call: Call) -> Result<Answer, Failure> {
    let (id, known) = (call.parameter("id").to_owned(), call.known_tags());
    let (tag, erasure) = call
        .reading(move |view| {
            // Looked up first: `If-None-Match: *` must not make a request exist.
            let erasure = erasures::status(view, &id)?;
            Ok((format!("\"e1-{}-{}\"", view.mark()?, erasure.id), erasure))
        })
        .await?;
    Ok(if known.contain(&tag) { Answer::not_modified(tag) } else { Answer::ok(wire::erasures::status(&erasure), tag) })
}
