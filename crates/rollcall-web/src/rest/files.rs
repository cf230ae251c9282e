//! `POST /uploadfile` (contract §3).

use rollcall_core::files;
use rollcall_core::op::Reply;

use super::answer::Answer;
use super::call::Call;
use super::error::Failure;
use super::wire;

pub(super) async fn upload(mut call: Call) -> Result<Answer, Failure> {
    let (content_type, body) = call.form();
    // A file may be large: it is taken apart on a thread where that holds nobody up.
    let runtime = tokio::runtime::Handle::current();
    let read =
        tokio::task::spawn_blocking(move || runtime.block_on(wire::files::read_upload(&content_type, body))).await;
    let file = read.map_err(|_| Failure::internal())??;
    // Not the bytes of the body: a client that tries again chooses another boundary.
    let parts = [file.name(), file.context(), file.extension()].map(str::as_bytes);
    call.is_known_by(&[parts[0], parts[1], parts[2], file.digest()]);
    call.writing(move |op| {
        let id = files::upload(op, &file)?;
        Ok(Reply { status: 200, body: wire::files::uploaded(&id), replayed: false })
    })
    .await
}
