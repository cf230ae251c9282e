//! `POST /adminroles/assignments` (contract §2).

use rollcall_core::op::Reply;
use rollcall_core::roles::assign;

use super::call::{Answer, Call};
use super::error::Failure;
use super::wire;

pub(super) async fn assign(mut call: Call) -> Result<Answer, Failure> {
    let operations = wire::assignments::read(&call.json().await?)?;
    call.writing(move |op| {
        let outcomes = assign::assign_admin(op, &operations)?;
        Ok(Reply { status: 200, body: wire::assignments::results(&operations, &outcomes), replayed: false })
    })
    .await
}
