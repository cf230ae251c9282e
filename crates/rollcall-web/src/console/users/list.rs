//! The list of users: searched, filtered, sorted, ticked; and the same as a file.

use askama::Template;
use axum::response::Response;
use rollcall_core::op::View;
use rollcall_core::policy::Permission;
use rollcall_core::users::Status;
use rollcall_core::users::act::Action;
use rollcall_core::users::search::{self, Flag, Listed, MAX_TEXT, Part, Sort, Wanted};

use super::{FILTER, SORTS, StatusTag, action_text, action_word, filter_of, flag_text, flag_word, status_word};
use crate::console::csv::{self, Portion};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

/// How many are on a page.
const PAGE: usize = 50;
const PATH: &str = "/console/users";

/// A choice of a field.
struct Choice {
    value: &'static str,
    text: String,
    is_chosen: bool,
}

/// The head of a column by which the list can be sorted.
struct Head {
    text: String,
    to: String,
    /// `ascending`, `descending`, or nothing.
    sorted: &'static str,
}

struct Line {
    user: Listed,
    status: StatusTag,
}

#[derive(Template)]
#[template(path = "console/users/list.html")]
struct Page<'v> {
    l: Layout<'v>,
    q: &'v str,
    longest: usize,
    group: &'v str,
    role: &'v str,
    sort: &'v str,
    statuses: Vec<Choice>,
    flags: Vec<Choice>,
    heads: Vec<Head>,
    lines: Vec<Line>,
    total: Option<u64>,
    shown: u64,
    is_sorted: bool,
    is_filtered: bool,
    has_more: bool,
    can_create: bool,
    actions: Vec<(&'static str, String)>,
    csv: String,
    first: Option<String>,
    next: Option<String>,
}

fn wanted(visit: &Visit) -> Wanted {
    let text = visit.query("sort");
    let (word, descending) = text.strip_prefix('-').map_or((text, false), |word| (word, true));
    let sort = SORTS.into_iter().find(|(known, _)| *known == word).map_or(Sort::Name, |(_, sort)| sort);
    Wanted {
        filter: filter_of(|name| visit.query(name)),
        sort,
        descending,
        after: visit.query("after").to_owned(),
        limit: PAGE,
    }
}

async fn part(visit: &Visit, wanted: Wanted) -> Result<Part, Failure> {
    visit.read(Permission::ViewUsers, move |view| search::find(view, &wanted)).await
}

fn head(visit: &Visit, wanted: &Wanted, word: &'static str, sort: Sort, text: String) -> Head {
    let is_sorted = wanted.sort == sort;
    let other = if is_sorted && !wanted.descending { format!("-{word}") } else { word.to_owned() };
    let sorted = match (is_sorted, wanted.descending) {
        (false, _) => "",
        (true, false) => "ascending",
        (true, true) => "descending",
    };
    Head { text, to: visit.address_with(PATH, &[("sort", &other), ("after", "")]), sorted }
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let wanted = wanted(&visit);
    if visit.query("format") == "csv" {
        return file(&visit, wanted).await;
    }
    let part = part(&visit, wanted.clone()).await?;
    let words = visit.words;
    let statuses = Status::ALL.map(|status| Choice {
        value: status_word(status),
        text: StatusTag::of(words, status).text,
        is_chosen: wanted.filter.status == Some(status),
    });
    let flags = Flag::ALL.map(|flag| Choice {
        value: flag_word(flag),
        text: flag_text(words, flag),
        is_chosen: wanted.filter.flag == Some(flag),
    });
    let texts = [words.t("users-name"), words.t("users-email"), words.t("users-created"), words.t("users-signed-in")];
    let heads = SORTS.into_iter().zip(texts).map(|((word, sort), text)| head(&visit, &wanted, word, sort, text));
    let offered = Action::ALL.into_iter().filter(|action| visit.can(action.permission()));
    let next = part.next.as_deref().map(|after| visit.address_with(PATH, &[("after", after)]));
    visit.page(&Page {
        l: Layout::of(&visit, words.t("nav-users")),
        q: visit.query("q"),
        longest: MAX_TEXT,
        group: visit.query("group"),
        role: visit.query("role"),
        sort: visit.query("sort"),
        statuses: statuses.into(),
        flags: flags.into(),
        heads: heads.collect(),
        shown: part.users.len() as u64,
        total: part.total,
        is_sorted: part.is_sorted,
        is_filtered: FILTER.iter().any(|name| !visit.query(name).is_empty()),
        has_more: next.is_some() || !wanted.after.is_empty(),
        lines: part.users.into_iter().map(|user| Line { status: StatusTag::of(words, user.status), user }).collect(),
        can_create: visit.can(Permission::ManageUsers),
        actions: offered.map(|action| (action_word(action), action_text(words, action))).collect(),
        csv: visit.address_with(PATH, &[("format", "csv"), ("after", "")]),
        first: (!wanted.after.is_empty()).then(|| visit.address_with(PATH, &[("after", "")])),
        next,
    })
}

/// The whole list as a file, in the order of the page.
async fn file(visit: &Visit, wanted: Wanted) -> Result<Response, Failure> {
    let head = [
        "id",
        "email",
        "name",
        "orgUserId",
        "status",
        "isDeveloper",
        "canCreateBot",
        "dataTables",
        "created",
        "lastSignIn",
    ];
    let visit = visit.clone();
    let read = move |after: Option<(String, String)>| {
        let (visit, limit) = (visit.clone(), csv::AT_ONCE as usize);
        let wanted =
            Wanted { after: after.as_ref().map(|(id, _)| id.clone()).unwrap_or_default(), limit, ..wanted.clone() };
        async move {
            let look = move |view: &View<'_>| {
                search::stands(view, after.as_ref())?;
                let part = search::find(view, &wanted)?;
                let next = part
                    .next
                    .map(|id| Ok::<_, rollcall_core::Error>((search::place(view, &id)?.unwrap_or_default(), id)));
                Ok((part.users, next.transpose()?.map(|(place, id)| (id, place))))
            };
            let (users, next) = visit.read(Permission::ViewUsers, look).await?;
            Ok(Portion::new(users.into_iter().map(cells), next))
        }
    };
    csv::file("users", &head, read).await
}

fn cells(user: Listed) -> Vec<String> {
    vec![
        user.id.to_string(),
        user.email,
        user.name,
        user.org_user_id.unwrap_or_default(),
        user.status.label().to_owned(),
        user.is_developer.to_string(),
        user.can_create_bot.to_string(),
        user.data_tables.to_string(),
        user.created.to_string(),
        user.last_login.map(|time| time.to_string()).unwrap_or_default(),
    ]
}
