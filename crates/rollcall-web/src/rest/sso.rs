//! `GET`, `POST` and `DELETE /ssoconfig`, and the same by the id of a bot (contract §3).

use rollcall_core::op::Reply;
use rollcall_core::{Error, sso};

use super::answer::Answer;
use super::call::Call;
use super::error::Failure;
use super::wire;
use crate::http::{hex, sha256};

pub(super) async fn show(call: Call) -> Result<Answer, Failure> {
    shown(call, None).await
}

pub(super) async fn show_by_bot(call: Call) -> Result<Answer, Failure> {
    let bot = call.parameter("botId").to_owned();
    shown(call, Some(bot)).await
}

pub(super) async fn configure(call: Call) -> Result<Answer, Failure> {
    configured(call, None).await
}

pub(super) async fn configure_by_bot(call: Call) -> Result<Answer, Failure> {
    let bot = call.parameter("botId").to_owned();
    configured(call, Some(bot)).await
}

pub(super) async fn disable(call: Call) -> Result<Answer, Failure> {
    disabled(call, None).await
}

pub(super) async fn disable_by_bot(call: Call) -> Result<Answer, Failure> {
    let bot = call.parameter("botId").to_owned();
    disabled(call, Some(bot)).await
}

async fn shown(call: Call, bot: Option<String>) -> Result<Answer, Failure> {
    let protocol = wire::sso::read_protocol(call.query("SSOProtocol"))?;
    let site = call.site();
    let place = hex(&sha256(site.public_url.as_bytes())[..4]);
    call.reading_anew(
        move |view| {
            if let Some(bot) = &bot {
                sso::check_bot(view, bot)?;
            }
            // The addresses in the answer begin with what the program was told, which is no part of the account.
            Ok(format!("s1-{}-{}-{place}", view.mark()?, protocol.word()))
        },
        sso::show,
        |shown| wire::sso::shown(&site.public_url, protocol, shown),
    )
    .await
}

async fn configured(mut call: Call, bot: Option<String>) -> Result<Answer, Failure> {
    let (intent, settings) = wire::sso::read(&call.json().await?)?;
    let site = call.site();
    call.writing(move |op| {
        let shown = sso::configure(op, bot.as_deref(), intent, &settings)?;
        let shown = shown.map_err(|refusals| Error::faults(wire::sso::refused(&refusals)))?;
        let body = wire::sso::configured(&site.public_url, intent, &shown);
        Ok(Reply { status: 200, body, replayed: false })
    })
    .await
}

async fn disabled(call: Call, bot: Option<String>) -> Result<Answer, Failure> {
    call.writing(move |op| {
        sso::disable(op, bot.as_deref())?;
        Ok(Reply { status: 200, body: wire::sso::disabled(), replayed: false })
    })
    .await
}
