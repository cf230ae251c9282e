//! `POST /users` and `POST /usersInfo` (contract §2); `GET /alluserroles` (contract §3).

use rollcall_core::op::Reply;
use rollcall_core::users::{self, list};

use super::call::{Answer, Call};
use super::error::Failure;
use super::wire;

pub(super) async fn create(mut call: Call) -> Result<Answer, Failure> {
    let asked = wire::users::read_create(&call.json().await?)?;
    call.writing(move |op| {
        let echoes = wire::users::Echo::of(&asked);
        let outcomes = users::create_many(op, asked.clone())?;
        Ok(Reply { status: 200, body: wire::users::created(&echoes, &outcomes), replayed: false })
    })
    .await
}

pub(super) async fn info(mut call: Call) -> Result<Answer, Failure> {
    let (asked, filter) = wire::users_info::read(&call.json().await?)?;
    let found = call.reading(move |view| users::info(view, &asked, filter)).await?;
    Ok(Answer::tagged(wire::users_info::found(&found)))
}

pub(super) async fn list(call: Call) -> Result<Answer, Failure> {
    let (page, known) = (call.part()?, call.known_tags());
    let (tag, found) = call
        .reading(move |view| {
            let tag = format!("\"u1-{}-{}-{}\"", view.mark()?, page.skipped(), page.limit());
            let found = if known.contain(&tag) { None } else { Some(list::page(view, page)?) };
            Ok((tag, found))
        })
        .await?;
    Ok(match found {
        None => Answer::not_modified(tag),
        Some((account, users)) => Answer::ok(wire::all_user_roles::page(&account, &users), tag),
    })
}
