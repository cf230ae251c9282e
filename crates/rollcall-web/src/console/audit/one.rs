//! One event: what was there before, and after.

use askama::Template;
use axum::response::Response;
use rollcall_core::audit::{self, Found};
use rollcall_core::policy::Permission;
use serde_json::{Map, Value};

use super::list::seal;
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

/// A field of what was there before, and after.
struct Field {
    name: String,
    before: Option<String>,
    after: Option<String>,
}

impl Field {
    /// Whether it was there before and after, and is another.
    fn is_changed(&self) -> bool {
        self.before.is_some() && self.after.is_some() && self.before != self.after
    }

    fn sides(&self) -> [&Option<String>; 2] {
        [&self.before, &self.after]
    }
}

/// The fields of both, by name. What is no object is a field without a name.
fn fields(before: Option<&str>, after: Option<&str>) -> Vec<Field> {
    let [before, after] = [before, after].map(|text| match text.map(serde_json::from_str::<Value>) {
        None => Map::new(),
        Some(Ok(Value::Object(map))) => map,
        Some(Ok(other)) => Map::from_iter([(String::new(), other)]),
        Some(Err(_)) => Map::from_iter([(String::new(), Value::from(text.unwrap_or_default()))]),
    });
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let told = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let field = |name: &String| Field {
        name: name.clone(),
        before: before.get(name).map(told),
        after: after.get(name).map(told),
    };
    names.into_iter().map(field).collect()
}

#[derive(Template)]
#[template(path = "console/audit/one.html")]
struct Page<'v> {
    l: Layout<'v>,
    event: Found,
    fields: Vec<Field>,
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    seal(&visit).await?;
    let number: i64 = visit.parameter("number").parse().map_err(|_| Failure::not_found())?;
    let event = visit.read(Permission::ViewAuditLog, move |view| audit::one(view, number)).await?;
    let event = event.ok_or_else(Failure::not_found)?;
    let fields = fields(event.before.as_deref(), event.after.as_deref());
    visit.page(&Page { l: Layout::of(&visit, format!("{} · {number}", event.name)), event, fields })
}
