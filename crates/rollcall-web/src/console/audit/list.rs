//! The log, the newest event first, by time, actor, name of the event and target.

use askama::Template;
use axum::response::Response;
use rollcall_core::audit::{self, By, Chain, EventKind, Found, Look, Sought};
use rollcall_core::clock::Time;
use rollcall_core::policy::Permission;

use crate::console::csv::{self, Portion};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

/// As many events stand on a page.
const PAGE: u32 = 50;
/// As many times what is pending is sealed at most before a page is shown.
const ROUNDS: u64 = 1_000;

#[derive(Template)]
#[template(path = "console/audit/list.html")]
struct Page<'v> {
    l: Layout<'v>,
    events: Vec<Found>,
    chain: Chain,
    /// The names of events, and which of them is asked for.
    names: Vec<(&'static str, bool)>,
    /// What was asked for: from, to, actor, name, target.
    asked: [&'v str; 5],
    fault: Option<String>,
    is_filtered: bool,
    first: Option<String>,
    next: Option<String>,
    csv: String,
}

/// A time of the form: a day, or a minute, in UTC; the end of what is given where it is one.
fn time(text: &str, is_end: bool) -> Result<Option<Time>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let full = match (text.len(), is_end) {
        (10, false) => format!("{text}T00:00:00Z"),
        (10, true) => format!("{text}T23:59:59.999Z"),
        (16, false) => format!("{text}:00Z"),
        (16, true) => format!("{text}:59.999Z"),
        _ => text.to_owned(),
    };
    Time::parse(&full).map(Some)
}

fn sought(visit: &Visit) -> Result<Sought, String> {
    Ok(Sought {
        before: visit.query("before").parse().ok(),
        from: time(visit.query("from"), false)?,
        to: time(visit.query("to"), true)?,
        actor: visit.query("actor").to_owned(),
        name: visit.query("event").to_owned(),
        target: visit.query("target").to_owned(),
        limit: PAGE,
    })
}

pub(super) async fn list(visit: Visit) -> Result<Response, Failure> {
    seal(&visit).await?;
    let (sought, fault) = match sought(&visit) {
        Ok(sought) => (sought, None),
        Err(why) => (Sought { limit: PAGE, ..Sought::default() }, Some(why)),
    };
    if visit.query("format") == "csv" && fault.is_none() {
        return export(visit, sought).await;
    }
    let (Look { events, next }, chain) = visit
        .read(Permission::ViewAuditLog, move |view| Ok((audit::search(view, &sought)?, audit::chain(view)?)))
        .await?;
    let asked = ["from", "to", "actor", "event", "target"].map(|name| visit.query(name));
    let address = |changes: &[(&str, &str)]| visit.address_with("/console/audit", changes);
    let mut names: Vec<(&str, bool)> = EventKind::ALL.iter().map(|k| (k.name(), k.name() == asked[3])).collect();
    names.sort_unstable();
    let page = Page {
        l: Layout::of(&visit, visit.words.t("nav-audit")),
        events,
        chain,
        names,
        asked,
        fault,
        is_filtered: asked.iter().any(|text| !text.is_empty()),
        first: (!visit.query("before").is_empty()).then(|| address(&[("before", "")])),
        next: next.map(|next| address(&[("before", &next.to_string())])),
        csv: address(&[("before", ""), ("format", "csv")]),
    };
    visit.page(&page)
}

/// Seals what is pending, so that it is seen; others may go on writing.
pub(super) async fn seal(visit: &Visit) -> Result<(), Failure> {
    let unsealed = visit.read(Permission::ViewAuditLog, audit::unsealed).await?;
    for _ in 0..unsealed.div_ceil(audit::SEALED_AT_ONCE).min(ROUNDS) {
        if visit.seal_log().await? == 0 {
            break;
        }
    }
    Ok(())
}

/// All that is found, as a file; a portion is what one look finds, be it nothing.
async fn export(visit: Visit, mut sought: Sought) -> Result<Response, Failure> {
    sought.limit = audit::MAX_SIZE;
    let head = ["number", "time", "category", "event", "description", "by", "ip", "target", "before", "after"];
    let read = move |before: Option<i64>| {
        let (visit, mut sought) = (visit.clone(), sought.clone());
        sought.before = before.or(sought.before);
        async move {
            let look = visit.read(Permission::ViewAuditLog, move |view| audit::search(view, &sought)).await?;
            Ok(Portion::new(look.events.into_iter().map(line), look.next))
        }
    };
    csv::file("audit-log", &head, read).await
}

fn line(event: Found) -> Vec<String> {
    let by = match event.by {
        By::App(name) => format!("app {name}"),
        By::User(id, email) => email.unwrap_or(id),
        By::Host(name) => format!("host {name}"),
    };
    let text = |text: Option<String>| text.unwrap_or_default();
    let Found { number, at, category, name, description, ip, target, before, after, .. } = event;
    let (number, at) = (number.to_string(), at.to_string());
    vec![number, at, category, name, description, by, text(ip), target, text(before), text(after)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_whole_and_a_minute_too() {
        let at = |text: &str| Time::parse(text).unwrap();
        let table = [
            ("", false, Ok(None)),
            ("2026-11-22", false, Ok(Some(at("2026-11-22T00:00:00Z")))),
            ("2026-11-22", true, Ok(Some(at("2026-11-22T23:59:59.999Z")))),
            ("2026-11-22T10:15", true, Ok(Some(at("2026-11-22T10:15:59.999Z")))),
            ("2026-11-22T10:15:00+01:00", false, Ok(Some(at("2026-11-22T09:15:00Z")))),
        ];
        for (text, is_end, expected) in table {
            assert_eq!(time(text, is_end), expected, "{text}");
        }
        assert!(time("yesterday", false).is_err());
    }
}
