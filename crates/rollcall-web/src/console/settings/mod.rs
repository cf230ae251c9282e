//! Settings of the account and of the installation, to be read: they are set where the server runs.

use askama::Template;
use axum::response::Response;
use rollcall_core::accounts;
use rollcall_core::admins::session;
use rollcall_core::policy::Permission;
use rollcall_core::users::invitation;

use super::failure::Failure;
use super::layout::Layout;
use super::route::{Needs, Route, row};
use super::visit::Visit;

/// The routes of this noun.
pub(super) const ROUTES: &[Route] =
    &[row!("GET", "/console/settings", Needs::Permission(Permission::UseConsole), show)];

#[derive(Template)]
#[template(path = "console/settings/show.html")]
struct Page<'v> {
    l: Layout<'v>,
    account: accounts::Identity,
    url: &'v str,
    version: &'static str,
    letters: accounts::Tally,
    /// Why one of them could not be delivered so far.
    why: Option<String>,
    /// What is fixed: its name, and how long.
    times: [(String, String); 3],
}

async fn show(visit: Visit) -> Result<Response, Failure> {
    let read = |view: &rollcall_core::op::View<'_>| {
        Ok((accounts::identity(view)?, accounts::letters(view)?, accounts::troubles(view)?.why_failing))
    };
    let (account, letters, why) = visit.read(Permission::UseConsole, read).await?;
    let words = &visit.words;
    let hours = |millis: i64| words.t1("settings-hours", "n", millis / 3_600_000);
    let times = [
        (words.t("settings-session-life"), hours(session::LIFE_MILLIS)),
        (words.t("settings-session-idle"), words.t1("settings-minutes", "n", session::IDLE_MILLIS / 60_000)),
        (words.t("settings-invitation"), words.t1("settings-days", "n", invitation::LIFE_MILLIS / 86_400_000)),
    ];
    let l = Layout::of(&visit, words.t("nav-settings"));
    let (url, version) = (visit.site().public_url.as_str(), env!("CARGO_PKG_VERSION"));
    visit.page(&Page { l, account, url, version, letters, why, times })
}
