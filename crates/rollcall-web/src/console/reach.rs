//! Everybody who has a role, is in a group, or has a role on a bot, be it by groups in groups, with the ways by which they
//! do: the part of those pages that is the same, and the same list as a file. And what the steps of a way are called.

use axum::response::Response;
use rollcall_core::access::explain::{self, ExplainedRole, HeldBy, Holders, Maker, Of, Origin, Path, Paths};
use rollcall_core::id::BotId;
use rollcall_core::op::View;
use rollcall_core::policy::Permission;
use rollcall_core::users::Status;
use rollcall_core::users::search::{self, Listed};

use super::csv::{self, Portion};
use super::failure::Failure;
use super::layout::Layout;
use super::listing::Pager;
use super::visit::Visit;

/// As many have room on a page that has more than them.
const PART: usize = 10;
/// As many ways are told of each; all that are told stand on the page of the user.
const WAYS: usize = 3;
/// As many are read at once for a file.
const PART_OF_FILE: usize = 500;
/// Where in the query it stands after whom the list goes on.
const AFTER: &str = "who-after";

/// Something that somebody has, with some of the ways to it.
pub(super) struct Had {
    pub(super) name: String,
    /// For a role on a bot, the bot; the outer one is none where there is nothing to tell apart.
    pub(super) on: Option<Option<(BotId, String)>>,
    pub(super) told: Vec<Path>,
    pub(super) more: u64,
}

/// Somebody, with what they have.
pub(super) struct Row {
    pub(super) user: Listed,
    pub(super) is_active: bool,
    pub(super) had: Vec<Had>,
}

/// A part of those who have it.
pub(super) struct Reach {
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) file: String,
    /// The same in the list of users, where that can be asked for.
    pub(super) list: Option<String>,
    pub(super) sees_users: bool,
    pub(super) sees_groups: bool,
    pub(super) sees_bots: bool,
}

/// Whether this list is asked for as a file.
pub(super) fn is_file(visit: &Visit) -> bool {
    visit.query("format") == "csv" && visit.query("list") == "who"
}

impl Reach {
    /// A part of them, for the page at `here`.
    pub(super) async fn of(visit: &Visit, permission: Permission, of: Of, here: &str) -> Result<Self, Failure> {
        let after = visit.query(AFTER).to_owned();
        let is_first = after.is_empty();
        let list = match &of {
            Of::Role(id) => Some(format!("/console/users?role={id}")),
            // That list has those who are in a group directly; this one has everybody.
            Of::Group(_) | Of::Bot(_) => None,
        };
        let list = list.filter(|_| visit.can(Permission::ViewUsers));
        let asked = of.clone();
        let part = visit.read(permission, move |view| explain::holders(view, &asked, &after, PART)).await?;
        let Holders { holders, next } = part;
        let address = |after: &str| format!("{}#reach", visit.address_with(here, &[(AFTER, after)]));
        Ok(Self {
            rows: holders.into_iter().map(|held| row(held, &of)).collect(),
            pager: Pager { first: (!is_first).then(|| address("")), next: next.map(|next| address(&next)) },
            file: format!("{here}?list=who&format=csv"),
            list,
            sees_users: visit.can(Permission::ViewUsers),
            sees_groups: visit.can(Permission::ViewGroups),
            sees_bots: visit.can(Permission::ViewBots),
        })
    }
}

fn row(held: HeldBy, of: &Of) -> Row {
    let had = |role: ExplainedRole| {
        // On the page of an admin role there is nothing else that it could be.
        let is_told = role.bot.is_some() || matches!(of, Of::Bot(_));
        // On the page of a bot it is the bot of the page.
        let bot = role.bot.filter(|_| !matches!(of, Of::Bot(_)));
        some(role.name, is_told.then_some(bot), role.paths)
    };
    let had = match of {
        Of::Group(_) => vec![some(String::new(), None, held.paths)],
        Of::Role(_) | Of::Bot(_) => held.roles.into_iter().map(had).collect(),
    };
    Row { is_active: held.user.status == Status::Active, user: held.user, had }
}

fn some(name: String, on: Option<Option<(BotId, String)>>, paths: Paths) -> Had {
    let Paths { mut told, more } = paths;
    let left = told.len().saturating_sub(WAYS) as u64;
    told.truncate(WAYS);
    Had { name, on, told, more: more.saturating_add(left) }
}

/// All of them as a file: a row for each way that is told.
pub(super) async fn file(visit: &Visit, permission: Permission, of: Of) -> Result<Response, Failure> {
    let head =
        ["id", "email", "name", "status", "role", "bot", "way", "given by", "since", "via", "until", "more ways"];
    let visit = visit.clone();
    let read = move |after: Option<String>| {
        let (visit, of) = (visit.clone(), of.clone());
        async move {
            let look = move |view: &View<'_>| {
                search::can_go_on(view, after.as_deref())?;
                explain::holders(view, &of, after.as_deref().unwrap_or_default(), PART_OF_FILE)
            };
            let part = visit.read(permission, look).await?;
            let mut rows = Vec::new();
            part.holders.iter().for_each(|held| lines(held, &mut rows));
            Ok(Portion::new(rows.into_iter(), part.next))
        }
    };
    csv::file("who", &head, read).await
}

fn lines(held: &HeldBy, rows: &mut Vec<Vec<String>>) {
    let mut add = |role: &str, bot: &str, paths: &Paths| {
        for path in &paths.told {
            let user = &held.user;
            let steps: Vec<&str> = path.steps.iter().map(|step| step.name.as_str()).collect();
            // How it came in the end: the role to the last group, or that group's own last step.
            let last = path.given.as_ref().or(path.steps.last().map(|step| &step.origin));
            let (by, since, via) = last.map_or_else(Default::default, |origin| {
                (maker(origin).to_owned(), origin.since.to_string(), origin.via.clone())
            });
            let until = path.expires.map(|until| until.to_string()).unwrap_or_default();
            let status = user.status.label().to_owned();
            let (role, bot, way, more) = (role.to_owned(), bot.to_owned(), steps.join(" › "), paths.more.to_string());
            let (id, email, name) = (user.id.to_string(), user.email.clone(), user.name.clone());
            rows.push(vec![id, email, name, status, role, bot, way, by, since, via, until, more]);
        }
    };
    add("", "", &held.paths);
    for role in &held.roles {
        add(&role.name, role.bot.as_ref().map_or("", |(_, name)| name), &role.paths);
    }
}

/// What somebody is called who made something so.
pub(super) fn maker(origin: &Origin) -> &str {
    match &origin.by {
        Maker::User(_, name) | Maker::App(name) | Maker::Other(name) => name,
    }
}

/// Through what something came.
pub(super) fn via(l: &Layout<'_>, word: &str) -> String {
    match word {
        "manual" => l.t("access-via-manual"),
        "api" => l.t("access-via-api"),
        "csv" => l.t("access-via-csv"),
        "scim" => l.t("access-via-scim"),
        "file" | "apply" => l.t("access-via-file"),
        "console" | "local" => l.t("access-via-console"),
        "directory" => l.t("access-via-directory"),
        other => other.to_owned(),
    }
}

/// Whether there are any.
pub(super) fn is_some(number: &u64) -> bool {
    *number > 0
}
