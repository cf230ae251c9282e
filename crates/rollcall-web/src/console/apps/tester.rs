//! A token explained: what it says, whether it would be taken, and why not. It is neither stored nor used up.

use askama::Template;
use axum::response::Response;
use rollcall_core::apps::{self, Told};
use rollcall_core::policy::Permission;
use serde_json::{Map, Value};

use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

/// What a token tells, for the page.
struct Answer {
    told: Told,
    reason: String,
    advice: String,
    header: String,
    inside: String,
    claims: String,
}

#[derive(Template)]
#[template(path = "console/apps/tester.html")]
struct Page<'v> {
    l: Layout<'v>,
    answer: Option<Answer>,
}

pub(super) async fn form(visit: Visit) -> Result<Response, Failure> {
    visit.page(&Page { l: Layout::of(&visit, visit.words.t("tester-title")), answer: None })
}

pub(super) async fn explain(visit: Visit) -> Result<Response, Failure> {
    let token = visit.form().get("token").to_owned();
    let told = visit.read(Permission::ManageApps, move |view| apps::explain(view, &token)).await?;
    let reason = told.refusal.map_or("", |refusal| refusal.reason()).to_owned();
    let advice = match told.refusal {
        Some(_) => visit.words.t(&format!("refusal-{}", reason.replace(' ', "-"))),
        None => String::new(),
    };
    let json = |map: &Map<String, Value>| match map.is_empty() {
        true => String::new(),
        false => serde_json::to_string_pretty(map).unwrap_or_default(),
    };
    let (header, inside, claims) = (json(&told.header), json(&told.inside), json(&told.claims));
    let answer = Some(Answer { told, reason, advice, header, inside, claims });
    visit.page(&Page { l: Layout::of(&visit, visit.words.t("tester-title")), answer })
}
