//! Putting users into a group by their addresses, and taking them out: each undoes the other.

use axum::response::Response;
use rollcall_core::groups::manage::{self, Moved};
use rollcall_core::policy::Permission;

use super::address;
use super::show::{self, Typed};
use crate::console::failure::Failure;
use crate::console::faults::Faults;
use crate::console::listing::several;
use crate::console::visit::{Flash, Visit};

/// So much of addresses has room in the cookie that undoes it, in bytes.
const UNDOABLE: usize = 1_500;

pub(super) async fn add(visit: Visit) -> Result<Response, Failure> {
    let (id, emails) = (visit.parameter("id").to_owned(), emails(&visit));
    match visit.change(Permission::ManageGroups, move |op| manage::add_members(op, &id, &emails)).await {
        Ok(moved) => Ok(done(&visit, "groups-done-added", "groups-done-none-added", &moved, "members/remove")),
        Err(failure) => wrong(&visit, failure).await,
    }
}

pub(super) async fn remove(visit: Visit) -> Result<Response, Failure> {
    let (id, emails) = (visit.parameter("id").to_owned(), emails(&visit));
    match visit.change(Permission::ManageGroups, move |op| manage::remove_members(op, &id, &emails)).await {
        Ok(moved) => Ok(done(&visit, "groups-done-taken", "groups-done-none-taken", &moved, "members")),
        Err(failure) => wrong(&visit, failure).await,
    }
}

/// Typed into one field, or ticked one by one.
fn emails(visit: &Visit) -> Vec<String> {
    visit.form().all("members").flat_map(several).collect()
}

fn done(visit: &Visit, key: &str, none: &str, moved: &Moved, undo: &str) -> Response {
    let here = address(moved.group.id.as_str());
    let number = moved.emails.len().to_string();
    let whom = moved.emails.first().map_or("", String::as_str);
    let key = match moved.emails.len() {
        0 => none.to_owned(),
        1 => format!("{key}-one"),
        _ => key.to_owned(),
    };
    let mut flash = Flash::done(&key, &[("n", &number), ("user", whom), ("group", &moved.group.name)]);
    let bytes: usize = moved.emails.iter().map(String::len).sum();
    if !moved.emails.is_empty() && bytes <= UNDOABLE {
        let all = moved.emails.join(" ");
        flash = flash.undone_by(format!("{here}/{undo}"), &[("members", &all)]);
    }
    visit.go(&here, Some(&flash))
}

async fn wrong(visit: &Visit, failure: Failure) -> Result<Response, Failure> {
    let typed = Typed { members: visit.form().get("members"), ..Typed::default() };
    show::page(visit, Faults::of(failure)?, typed).await
}
