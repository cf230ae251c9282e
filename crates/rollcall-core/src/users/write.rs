//! Changing and removing users whose every field has been checked.

use serde_json::{Map, Value, json};

use super::{CheckedUser, Profile, ProfileField, Status};
use crate::audit::{Event, EventKind};
use crate::error::{Error, Result};
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::store::pages::Kind;
use crate::store::tasks::NewTask;
use crate::store::users::UserRow;
use crate::store::{self, UserKey, WriteTx};

/// New contents of a user: all of them, changed or not.
#[derive(Debug, Clone)]
pub(crate) struct UserChange {
    pub(crate) key: UserKey,
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) org_user_id: Option<String>,
    pub(crate) profile: Profile,
    pub(crate) can_create_bot: bool,
    pub(crate) is_developer: bool,
    pub(crate) data_tables: bool,
    pub(crate) status: Status,
    /// What is different, before and after, for the audit log.
    pub(crate) before: Value,
    pub(crate) after: Value,
}

/// Inserts users who are known to be new; one that is not is a fault of the caller, who has looked.
pub(crate) fn insert_checked(op: &mut Op<'_>, users: &[CheckedUser]) -> Result<Vec<UserKey>> {
    op.expect(Permission::ManageUsers)?;
    if users.is_empty() {
        return Ok(Vec::new());
    }
    op.change(|tx, view| {
        let rows: Vec<&CheckedUser> = users.iter().collect();
        let keys = store::users::insert_many(tx, view.account, &rows, view.now)?;
        store::pages::settle(tx, view.account, Kind::Users)?;
        let keys = keys.into_iter().zip(users).map(|(key, user)| {
            key.ok_or_else(|| {
                Error::invalid(format!("the user {} or its id {} is there already", user.email.as_str(), user.id))
            })
        });
        let events = users.iter().map(|user| {
            let email = user.email.as_str();
            let mut after = json!({
                "email": email,
                "status": user.status.label(),
                "orgUserId": user.org_user_id,
                "canCreateBot": user.can_create_bot,
                "isDeveloper": user.is_developer,
                "dataTables": user.data_tables,
            });
            for (field, value) in user.profile.known() {
                after[field.column()] = json!(value);
            }
            Event::new(EventKind::UserCreated, &user.id, format!("User {email} was created")).after(after)
        });
        Ok((keys.collect::<Result<Vec<_>>>()?, events.collect()))
    })
}

impl UserChange {
    /// What makes of a user what is wanted of them; none where nothing differs.
    pub(crate) fn between(has: &UserRow, wants: UserRow) -> Option<Self> {
        let (mut before, mut after) = (Map::new(), Map::new());
        let mut note = |name: &str, old: Value, new: Value| {
            if old != new {
                before.insert(name.to_owned(), old);
                after.insert(name.to_owned(), new);
            }
        };
        for field in ProfileField::ALL {
            note(field.column(), json!(has.profile.get(field)), json!(wants.profile.get(field)));
        }
        note("orgUserId", json!(has.org_user_id), json!(wants.org_user_id));
        note("isDeveloper", json!(has.is_developer), json!(wants.is_developer));
        note("canCreateBot", json!(has.can_create_bot), json!(wants.can_create_bot));
        note("dataTables", json!(has.data_tables), json!(wants.data_tables));
        note("status", json!(has.status.label()), json!(wants.status.label()));
        (!after.is_empty()).then(|| Self {
            key: has.key,
            id: has.id.to_string(),
            email: has.email.clone(),
            org_user_id: wants.org_user_id,
            profile: wants.profile,
            can_create_bot: wants.can_create_bot,
            is_developer: wants.is_developer,
            data_tables: wants.data_tables,
            status: wants.status,
            before: Value::Object(before),
            after: Value::Object(after),
        })
    }
}

/// The tasks that a user gets in the place of all that they had.
#[derive(Debug, Clone)]
pub(crate) struct TaskChange {
    pub(crate) user: UserKey,
    pub(crate) email: String,
    pub(crate) tasks: Vec<NewTask>,
    /// Bots and dialogs by name, before and after, for the audit log.
    pub(crate) before: Value,
    pub(crate) after: Value,
}

/// Puts tasks in the place of all that the users had.
pub(crate) fn replace_tasks(op: &mut Op<'_>, changes: &[TaskChange]) -> Result<()> {
    op.expect(Permission::ManageUsers)?;
    op.change(|tx, view| Ok(((), write_tasks(tx, view, changes)?)))
}

/// Writes tasks in the place of all that the users had, and tells of it.
pub(super) fn write_tasks(tx: &WriteTx<'_>, view: &View<'_>, changes: &[TaskChange]) -> Result<Vec<Event>> {
    let users: Vec<UserKey> = changes.iter().map(|c| c.user).collect();
    let ids = store::users::public_ids(tx, view.account, &users)?;
    store::tasks::remove_of_users(tx, view.account, &users)?;
    let rows: Vec<_> = changes.iter().flat_map(|c| c.tasks.iter().map(|task| (c.user, *task))).collect();
    store::tasks::insert_many(tx, view.account, &rows)?;
    let events = changes.iter().map(|c| {
        let target = ids.get(&c.user).map_or("", String::as_str);
        let what = format!("The bot tasks of {} were changed", c.email);
        let event = Event::new(EventKind::BotTasksAssigned, &target, what);
        event.before(c.before.clone()).after(c.after.clone())
    });
    Ok(events.collect())
}

/// Changes users. The account never loses its last active admin: `Op` sees to that.
pub(crate) fn update_many(op: &mut Op<'_>, changes: &[UserChange]) -> Result<()> {
    op.expect(Permission::ManageUsers)?;
    op.change(|tx, view| Ok(((), write_changes(tx, view, changes)?)))
}

/// Writes changes of users, and tells of them.
pub(crate) fn write_changes(tx: &WriteTx<'_>, view: &View<'_>, changes: &[UserChange]) -> Result<Vec<Event>> {
    store::users::update_many(tx, view.account, changes, view.now)?;
    let is_shut_out = |c: &&UserChange| c.status != Status::Active && c.after.get("status").is_some();
    let shut_out: Vec<UserKey> = changes.iter().filter(is_shut_out).map(|c| c.key).collect();
    store::sessions::end_of_users(tx, view.account, &shut_out)?;
    // Whoever lets somebody in means that they can sign in.
    let is_let_in = |c: &&UserChange| c.status == Status::Active && c.after.get("status").is_some();
    let let_in: Vec<UserKey> = changes.iter().filter(is_let_in).map(|c| c.key).collect();
    store::credentials::lift_bars(tx, view.account, &let_in)?;
    let events = changes.iter().map(|c| {
        Event::new(EventKind::UserModified, &c.id, format!("User {} was changed", c.email))
            .before(c.before.clone())
            .after(c.after.clone())
    });
    Ok(events.collect())
}

/// A user who goes.
#[derive(Debug, Clone)]
pub(crate) struct Leaving {
    pub(crate) key: UserKey,
    pub(crate) id: String,
    pub(crate) email: String,
    /// What they were, for the audit log.
    pub(crate) before: Value,
}

/// Removes users, with their memberships, assignments, tasks, invitations and the letters that wait for them.
pub(crate) fn remove_many(op: &mut Op<'_>, users: &[Leaving]) -> Result<()> {
    op.expect(Permission::ManageUsers)?;
    op.change(|tx, view| {
        let keys: Vec<UserKey> = users.iter().map(|user| user.key).collect();
        store::users::remove_many(tx, view.account, &keys)?;
        let events = users.iter().map(|user| {
            Event::new(EventKind::UserDeleted, &user.id, format!("User {} was removed", user.email))
                .before(user.before.clone())
        });
        Ok(((), events.collect()))
    })
}
