//! Anything by the beginning of its name: for whoever knows what they look for, and not where it is.

use crate::error::Result;
use crate::op::View;
use crate::policy::{self, Permission};
use crate::{store, text};

/// As many of a kind are told at most.
const EACH: i64 = 6;

/// What a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A bot.
    Bot,
    /// A client app.
    App,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub kind: Kind,
    /// Its public id.
    pub id: String,
    /// Its name; a user's address.
    pub name: String,
}

/// Things whose names, or addresses, begin with a text, a few of each kind that the actor may see. A statement for each kind,
/// by its index.
///
/// # Errors
/// When the database fails.
pub fn things(view: &View<'_>, text: &str) -> Result<Vec<Thing>> {
    view.expect(Permission::UseConsole)?;
    let key = text::key(text);
    if key.is_empty() {
        return Ok(Vec::new());
    }
    let kinds = [
        (Kind::User, Permission::ViewUsers),
        (Kind::Group, Permission::ViewGroups),
        (Kind::Role, Permission::ViewRoles),
        (Kind::Bot, Permission::ViewBots),
        (Kind::App, Permission::ManageApps),
    ];
    let mut found = Vec::new();
    for (kind, permission) in kinds {
        if policy::allows(&view.actor, permission) {
            let rows = store::find::beginning_with(view.tx, view.account, kind, &key, EACH)?;
            found.extend(rows.into_iter().map(|(id, name)| Thing { kind, id, name }));
        }
    }
    Ok(found)
}
