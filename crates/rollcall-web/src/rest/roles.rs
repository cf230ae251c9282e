//! `POST /adminroles/assignments` (contract §2) and `POST /btroles/assignments` (contract §3).

use rollcall_core::op::Reply;
use rollcall_core::roles::{RoleKind, assign};

use super::call::{Answer, Call};
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
