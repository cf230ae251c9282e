//! Putting groups into each other, and taking them out again: each undoes the other. One end is the group of the page.

use axum::response::Response;
use rollcall_core::groups::manage::{self, Edge};
use rollcall_core::policy::Permission;

use super::address;
use super::show::{self, Typed};
use crate::console::failure::Failure;
use crate::console::faults::Faults;
use crate::console::visit::{Flash, Visit};

/// Parent and child: the one that the form names, and the group of the page.
fn ends(visit: &Visit) -> (String, String) {
    let own = visit.parameter("id").to_owned();
    match (visit.form().has("parent"), visit.form().get("parent"), visit.form().get("child")) {
        (true, parent, _) => (parent.to_owned(), own),
        (false, _, child) => (own, child.to_owned()),
    }
}

pub(super) async fn nest(visit: Visit) -> Result<Response, Failure> {
    let (parent, child) = ends(&visit);
    let nested = visit.change(Permission::ManageGroups, move |op| manage::nest(op, &parent, &child)).await;
    answer(&visit, nested, "groups-done-nested", "unnest").await
}

pub(super) async fn unnest(visit: Visit) -> Result<Response, Failure> {
    let (parent, child) = ends(&visit);
    let apart = visit.change(Permission::ManageGroups, move |op| manage::unnest(op, &parent, &child)).await;
    answer(&visit, apart, "groups-done-unnested", "nest").await
}

async fn answer(visit: &Visit, done: Result<Edge, Failure>, key: &str, undo: &str) -> Result<Response, Failure> {
    match done {
        Ok(Edge { parent, child }) => {
            let here = address(visit.parameter("id"));
            // The page's own group is the end that the form does not name.
            let (field, other) = match visit.form().has("parent") {
                true => ("parent", parent.id.to_string()),
                false => ("child", child.id.to_string()),
            };
            let flash = Flash::done(key, &[("parent", &parent.name), ("child", &child.name)]);
            let flash = flash.undone_by(format!("{here}/{undo}"), &[(field, &other)]);
            Ok(visit.go(&here, Some(&flash)))
        }
        Err(failure) => {
            let (child, parent) = (visit.form().get("child"), visit.form().get("parent"));
            let typed = Typed { child, parent, ..Typed::default() };
            show::page(visit, Faults::of(failure)?, typed).await
        }
    }
}
