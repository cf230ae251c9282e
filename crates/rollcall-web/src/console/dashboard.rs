//! The first page: what there is, what has happened, what wants looking after.

use askama::Template;
use axum::response::Response;
use rollcall_core::accounts::{self, Figures, Tally, Troubles};
use rollcall_core::apps::{self, AppInfo};
use rollcall_core::audit::{self, Found, Sought};
use rollcall_core::clock::Time;
use rollcall_core::policy::Permission;
use rollcall_core::users::Status;

use super::failure::Failure;
use super::layout::Layout;
use super::visit::Visit;

/// How long before its end a secret is warned of: 14 days.
const SOON_MILLIS: i64 = 14 * 24 * 3600 * 1000;
/// As many events are shown.
const EVENTS: u32 = 10;

/// A figure, and where it leads.
struct Card {
    text: String,
    figure: String,
    to: String,
}

/// Something to look after, and where.
struct Warning {
    text: String,
    to: String,
}

#[derive(Template)]
#[template(path = "console/dashboard.html")]
struct Page<'v> {
    l: Layout<'v>,
    account: String,
    cards: Vec<Card>,
    warnings: Vec<Warning>,
    events: Option<Vec<Found>>,
    is_empty: bool,
    sees_apps: bool,
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let may = [Permission::ManageApps, Permission::ViewAuditLog].map(|permission| visit.can(permission));
    let look = |view: &rollcall_core::op::View<'_>| {
        Ok((accounts::figures(view)?, accounts::troubles(view)?, accounts::letters(view)?))
    };
    let (figures, troubles, letters) = visit.read(Permission::UseConsole, look).await?;
    let apps = if may[0] { visit.read(Permission::ManageApps, apps::list_with_refusals).await? } else { Vec::new() };
    let events = if may[1] {
        let sought = Sought { limit: EVENTS, ..Sought::default() };
        Some(visit.read(Permission::ViewAuditLog, move |view| audit::search(view, &sought)).await?.events)
    } else {
        None
    };
    let cards = cards(&visit, &figures, may[0].then_some(apps.len()));
    let mut warnings = warnings(&visit, &apps);
    warnings.extend(of_people(&visit, &figures, &troubles, letters));
    if troubles.unsealed_since.is_some() {
        warnings.push(Warning { text: visit.words.t("dashboard-unsealed"), to: "/console/audit".into() });
    }
    let is_empty = figures.users.is_some_and(|(all, _)| all <= 1) && apps.is_empty();
    let l = Layout::of(&visit, visit.words.t("nav-dashboard"));
    visit.page(&Page { l, account: figures.account, cards, warnings, events, is_empty, sees_apps: may[0] })
}

fn cards(visit: &Visit, figures: &Figures, apps: Option<usize>) -> Vec<Card> {
    let words = &visit.words;
    let card =
        |key: &str, figure: Tally, to: &str| Card { text: words.t(key), figure: figure.to_string(), to: to.into() };
    let exactly = |count: u64| Tally { count, or_more: false };
    let mut cards = Vec::new();
    if let Some((all, counts)) = figures.users {
        cards.push(card("dashboard-users", exactly(all), "/console/users"));
        for (status, tally) in Status::ALL.into_iter().zip(counts) {
            let (key, word) = match status {
                Status::Invited => ("dashboard-invited", "invited"),
                Status::Active => ("dashboard-active", "active"),
                Status::Suspended => ("dashboard-suspended", "suspended"),
                Status::Locked => ("dashboard-locked", "locked"),
            };
            cards.push(card(key, tally, &format!("/console/users?status={word}")));
        }
    }
    cards.extend(figures.groups.map(|n| card("nav-groups", exactly(n), "/console/groups")));
    if let Some((admin, bot)) = figures.roles {
        cards.push(card("nav-roles", exactly(admin + bot), "/console/roles"));
    }
    cards.extend(figures.bots.map(|n| card("nav-bots", exactly(n), "/console/bots")));
    cards.extend(apps.map(|n| card("nav-apps", exactly(n as u64), "/console/apps")));
    cards
}

/// Secrets and apps that come to their end, and tokens that were refused within a day.
fn warnings(visit: &Visit, apps: &[AppInfo]) -> Vec<Warning> {
    let (words, now) = (&visit.words, visit.now());
    let soon = |end: Option<Time>| end.is_some_and(|end| end > now && end <= now.plus_millis(SOON_MILLIS));
    let mut warnings = Vec::new();
    for app in apps {
        let mut warn = |key: &str| {
            let text = words.t1(key, "name", app.name.as_str());
            warnings.push(Warning { text, to: format!("/console/apps/{}", app.client_id) });
        };
        if soon(app.expires) {
            warn("dashboard-app-ends");
        }
        let newest_live = app.secrets.iter().find(|secret| secret.is_live);
        if newest_live.is_some_and(|secret| soon(secret.expires)) {
            warn("dashboard-secret-ends");
        }
        if newest_live.is_none() {
            warn("dashboard-no-secret");
        }
        if app.refusals.iter().any(|(_, _, at)| *at >= now.plus_millis(-24 * 3600 * 1000)) {
            warn("dashboard-refused");
        }
    }
    warnings
}

/// People who wait: for a letter, for an invitation that is still good, for somebody who lets them in again.
fn of_people(visit: &Visit, figures: &Figures, troubles: &Troubles, letters: Tally) -> Vec<Warning> {
    let locked = figures.users.map_or_else(Tally::default, |(_, tallies)| {
        Status::ALL
            .into_iter()
            .zip(tallies)
            .find(|(status, _)| *status == Status::Locked)
            .map_or_else(Tally::default, |(_, n)| n)
    });
    let waiting = |n: u64| Tally::up_to(n, accounts::COUNTED);
    let invited = "/console/users?status=invited&sort=created";
    let all = [
        ("dashboard-locked-users", locked, "/console/users?status=locked"),
        ("dashboard-invitations-over", waiting(troubles.expired), invited),
        ("dashboard-invitations-waiting", waiting(troubles.waiting), invited),
        ("dashboard-letters-failing", waiting(troubles.failing), "/console/settings"),
        ("dashboard-letters", letters, "/console/settings"),
    ];
    let some = all.into_iter().filter(|(_, tally, _)| tally.count > 0);
    let text = |key: &str, tally: Tally| match tally.or_more {
        true => visit.words.t1(key, "n", tally.to_string()),
        false => visit.words.t1(key, "n", tally.count),
    };
    some.map(|(key, n, to)| Warning { text: text(key, n), to: to.into() }).collect()
}
