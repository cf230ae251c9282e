//! `POST /users` and `POST /usersInfo` (contract §2); `PUT` and `DELETE /users`, `POST /useraccess`, `GET /alluserroles` (§3).

use rollcall_core::access;
use rollcall_core::op::Reply;
use rollcall_core::users::{self, list};

use super::answer::Answer;
use super::call::Call;
use super::error::Failure;
use super::wire;

pub(super) async fn create(mut call: Call) -> Result<Answer, Failure> {
    let asked = wire::users::read_create(&call.json().await?)?;
    let echoes = wire::users_failed::Echo::of(&asked);
    call.creating(asked, move |outcomes| wire::users::created(&echoes, outcomes)).await
}

pub(super) async fn info(mut call: Call) -> Result<Answer, Failure> {
    let (asked, filter) = wire::users_info::read(&call.json().await?)?;
    let found = call.reading(move |view| users::info(view, &asked, filter)).await?;
    Ok(Answer::tagged(wire::users_info::found(&found)))
}

pub(super) async fn list(call: Call) -> Result<Answer, Failure> {
    let page = call.part()?;
    call.listing(
        move |view| {
            // A role whose time is over is no change of the account's, so that its mark alone does not tell of it.
            let until = access::right_until(view)?.map_or(0, |time| time.0);
            Ok(format!("u1-{}-{until}-{}-{}", view.mark()?, page.skipped(), page.limit()))
        },
        move |view| list::page(view, page),
        |(account, users)| wire::all_user_roles::page(account, users),
    )
    .await
}

pub(super) async fn update(mut call: Call) -> Result<Answer, Failure> {
    let asked = wire::users_update::read(&call.json().await?)?;
    let echoes = wire::users_update::echoes(&asked);
    call.writing(move |op| {
        let outcomes = users::update(op, &asked)?;
        Ok(Reply { status: 200, body: wire::users_update::updated(&echoes, &outcomes), replayed: false })
    })
    .await
}

pub(super) async fn remove(mut call: Call) -> Result<Answer, Failure> {
    let asked = wire::users_remove::read(&call.json().await?)?;
    call.writing(move |op| {
        let stays = users::remove(op, &asked)?;
        Ok(Reply { status: 200, body: wire::users_remove::removed(&stays), replayed: false })
    })
    .await
}

pub(super) async fn access(mut call: Call) -> Result<Answer, Failure> {
    let (emails, flags) = wire::user_access::read(&call.json().await?)?;
    call.writing_unless_refused(move |op| {
        let given = users::set_access(op, &emails, flags)?;
        let done = |()| Reply { status: 200, body: wire::user_access::done(), replayed: false };
        Ok(given.map(done).map_err(|refusal| wire::user_access::refused(&refusal)))
    })
    .await
}
