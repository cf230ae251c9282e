//! What the palette finds: users, groups, roles, bots and apps by a part of their names, as far as whoever asks may see them.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use rollcall_core::find::{Kind, Thing, things};
use rollcall_core::policy::Permission;
use serde_json::{Value, json};

use super::failure::Failure;
use super::visit::Visit;

pub(super) async fn find(visit: Visit) -> Result<Response, Failure> {
    let text = visit.query("q").to_owned();
    let found = visit.read(Permission::UseConsole, move |view| things(view, &text)).await?;
    let entry = |thing: Thing| {
        let (noun, kind) = match thing.kind {
            Kind::User => ("users", visit.words.t("kind-user")),
            Kind::Group => ("groups", visit.words.t("kind-group")),
            Kind::Role => ("roles", visit.words.t("kind-role")),
            Kind::Bot => ("bots", visit.words.t("kind-bot")),
            Kind::App => ("apps", visit.words.t("kind-app")),
        };
        json!({"text": thing.name, "kind": kind, "to": format!("/console/{noun}/{}", thing.id)})
    };
    let body = Value::Array(found.into_iter().map(entry).collect()).to_string();
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}
