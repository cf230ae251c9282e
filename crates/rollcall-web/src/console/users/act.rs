//! What is done with users as they are: with one from their page, with many from the list. What cannot be undone is asked for
//! once more, by name.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::Error;
use rollcall_core::op::View;
use rollcall_core::policy::Permission;
use rollcall_core::users::act::{self, Action, Left, Whom};
use rollcall_core::users::one;
use rollcall_core::users::search::{self, Wanted};

use super::{FILTER, action_of, action_text, action_word, filter_of};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::{Flash, Visit};

const PATH: &str = "/console/users";

/// What undoes it, where something does.
fn undone_by(action: Action) -> Option<Action> {
    match action {
        Action::Suspend => Some(Action::Reactivate),
        Action::Reactivate => Some(Action::Suspend),
        Action::Unlock | Action::Resend | Action::Revoke | Action::Remove | Action::EndSessions => None,
    }
}

fn done(action: Action, who: &str) -> Flash {
    let with = [("name", who)];
    match action {
        Action::Suspend => Flash::done("users-done-suspended", &with),
        Action::Reactivate => Flash::done("users-done-reactivated", &with),
        Action::Unlock => Flash::done("users-done-unlocked", &with),
        Action::Resend => Flash::done("users-done-resent", &with),
        Action::Revoke => Flash::done("users-done-revoked", &with),
        Action::Remove => Flash::done("users-done-removed", &with),
        Action::EndSessions => Flash::done("users-done-sessions-ended", &with),
    }
}

fn unknown() -> Failure {
    Failure::Core(Error::invalid("The form does not say what is to be done. Go back and press one of the buttons."))
}

/// With the user of the page.
pub(super) async fn one(visit: Visit) -> Result<Response, Failure> {
    let action = action_of(visit.form().get("action")).ok_or_else(unknown)?;
    let id = visit.parameter("id").to_owned();
    let email = {
        let id = id.clone();
        visit.read(Permission::ViewUsers, move |view| one::one(view, &id)).await?.user.email
    };
    let of = id.clone();
    visit.change(action.permission(), move |op| act::act_on_one(op, &of, action)).await?;
    let page = format!("{PATH}/{id}");
    let mut flash = done(action, &email);
    if let Some(undo) = undone_by(action) {
        flash = flash.undone_by(page.clone(), &[("action", action_word(undo))]);
    }
    Ok(visit.go(if action == Action::Remove { PATH } else { &page }, Some(&flash)))
}

#[derive(Template)]
#[template(path = "console/users/remove.html")]
struct Removal<'v> {
    l: Layout<'v>,
    id: &'v str,
    email: String,
    name: String,
}

/// Whether they are really to be removed.
pub(super) async fn confirm(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let user = visit.read(Permission::ViewUsers, move |view| one::one(view, &id)).await?.user;
    let l = Layout::of(&visit, visit.words.t("users-remove-title"));
    visit.page(&Removal { l, id: visit.parameter("id"), email: user.email, name: user.name })
}

/// Whom the form means, and what says so again.
fn whom(visit: &Visit) -> (Whom, Vec<(String, String)>) {
    let form = visit.form();
    if form.has("everybody") {
        let kept = FILTER.iter().map(|name| ((*name).to_owned(), form.get(name).to_owned()));
        let fields = kept.filter(|(_, value)| !value.is_empty()).chain([("everybody".to_owned(), "1".to_owned())]);
        // Who was told no number has confirmed none.
        let said = form.get("count").parse().unwrap_or(u64::MAX);
        return (Whom::All(filter_of(|name| form.get(name)), said), fields.collect());
    }
    let ids: Vec<String> = form.all("user").map(str::to_owned).collect();
    let fields = ids.iter().map(|id| ("user".to_owned(), id.clone())).collect();
    (Whom::These(ids), fields)
}

/// The list that the form was on.
fn back(visit: &Visit) -> String {
    let form = visit.form();
    let kept: Vec<(&str, &str)> = FILTER.iter().chain(&["sort"]).map(|name| (*name, form.get(name))).collect();
    visit.address_with(PATH, &kept)
}

#[derive(Template)]
#[template(path = "console/users/confirm.html")]
struct Confirm<'v> {
    l: Layout<'v>,
    text: String,
    /// Whether they are not as many any more as when this was asked before.
    are_others: bool,
    is_all: bool,
    count: u64,
    names: Vec<String>,
    fields: Vec<(String, String)>,
    action: &'static str,
    is_danger: bool,
    button: String,
    back: String,
}

#[derive(Template)]
#[template(path = "console/users/left.html")]
struct NotAll<'v> {
    l: Layout<'v>,
    done: u64,
    left: Vec<Left>,
    more: u64,
    back: String,
}

/// With those who are ticked, or with all of the list: these, and whatever cannot be undone, only when it was confirmed.
pub(super) async fn many(visit: Visit) -> Result<Response, Failure> {
    let action = action_of(visit.form().get("action")).ok_or_else(unknown)?;
    let (whom, fields) = whom(&visit);
    if matches!(&whom, Whom::These(ids) if ids.is_empty()) {
        let flash = Flash { is_done: false, ..Flash::done("users-nobody-ticked", &[]) };
        return Ok(visit.go(&back(&visit), Some(&flash)));
    }
    let is_all = matches!(whom, Whom::All(..));
    if (is_all || action == Action::Remove) && !visit.form().has("confirmed") {
        return confirm_many(&visit, action, &whom, fields, false).await;
    }
    let of = whom.clone();
    let done_with = visit.change(action.permission(), move |op| act::act(op, &of, action)).await?;
    let Ok(acted) = done_with else { return confirm_many(&visit, action, &whom, fields, true).await };
    if acted.left_over > 0 {
        let l = Layout::of(&visit, visit.words.t("users-left-title"));
        let more = acted.left_over - acted.left.len() as u64;
        let page = NotAll { l, done: acted.done, left: acted.left, more, back: back(&visit) };
        return visit.page(&page);
    }
    let mut flash = done(action, &visit.words.t1("users-count", "n", acted.done));
    if let (Some(undo), false) = (undone_by(action), is_all) {
        let mut undoing: Vec<(&str, &str)> = vec![("action", action_word(undo))];
        undoing.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        // A cookie has no room for more.
        if fields.len() <= 20 {
            flash = flash.undone_by(PATH, &undoing);
        }
    }
    Ok(visit.go(&back(&visit), Some(&flash)))
}

async fn confirm_many(
    visit: &Visit,
    action: Action,
    whom: &Whom,
    mut fields: Vec<(String, String)>,
    are_others: bool,
) -> Result<Response, Failure> {
    let words = visit.words;
    let (names, count) = match whom.clone() {
        Whom::These(ids) => {
            let count = ids.len() as u64;
            let few: Vec<String> = ids.into_iter().take(20).collect();
            let found = visit.read(Permission::ViewUsers, move |view| search::of_ids(view, &few)).await?;
            (found.into_iter().map(|user| user.email).collect::<Vec<_>>(), count)
        }
        Whom::All(filter, _) => {
            let wanted = Wanted { filter, limit: 10, ..Wanted::default() };
            let look = move |view: &View<'_>| Ok((search::find(view, &wanted)?, act::count(view, &wanted.filter)?));
            let (part, count) = visit.read(Permission::ViewUsers, look).await?;
            fields.push(("count".to_owned(), count.to_string()));
            (part.users.into_iter().map(|user| user.email).collect(), count)
        }
    };
    let text = if action == Action::Remove { words.t("users-confirm-remove") } else { words.t("users-confirm-text") };
    let page = Confirm {
        l: Layout::of(visit, action_text(words, action)),
        text,
        are_others,
        is_all: matches!(whom, Whom::All(..)),
        count,
        names,
        fields,
        action: action_word(action),
        is_danger: action == Action::Remove,
        button: action_text(words, action),
        back: back(visit),
    };
    visit.page_of(if are_others { StatusCode::CONFLICT } else { StatusCode::OK }, &page)
}
