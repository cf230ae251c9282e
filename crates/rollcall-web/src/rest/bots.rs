//! `GET /bots` (contract §3).

use rollcall_core::bots::list;

use super::answer::Answer;
use super::call::Call;
use super::error::Failure;
use super::wire;

pub(super) async fn list(call: Call) -> Result<Answer, Failure> {
    let page = call.page()?;
    // What is told of apps depends on the time (secrets end) and on the key that this process has: it is read each time.
    let known = call.known_tags();
    let bots = call.reading(move |view| list::page(view, page)).await?;
    Ok(Answer::tagged(wire::bots::page(&bots)).unless(&known))
}
