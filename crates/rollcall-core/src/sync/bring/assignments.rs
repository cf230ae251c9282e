//! Who holds which role and may use which tasks, by a description.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::error::Result;
use crate::op::Op;
use crate::roles::{self, HeldChange, RoleKind};
use crate::store::UserKey;
use crate::store::assignments::{Holder, NewAssignment};
use crate::store::tasks::NewTask;
use crate::sync::apply::Keys;
use crate::sync::current::Current;
use crate::sync::{Report, State, TaskState, UserState};
use crate::text::{self, Email};
use crate::users::{self, TaskChange};

pub(in crate::sync) fn bring_assignments(
    op: &mut Op<'_>,
    state: &State,
    now: &Current,
    keys: &Keys,
    report: &mut Report,
) -> Result<()> {
    let has: HashMap<_, _> = now.assignments.iter().map(|a| ((a.role, a.bot, a.holder), a.expires)).collect();
    let mut seen = HashSet::new();
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for a in &state.assignments {
        let kind = if a.bot.is_some() { RoleKind::Bot } else { RoleKind::Admin };
        let Some((role, role_id, built_in)) = keys.roles.get(&(kind, text::key(&a.role))) else { continue };
        let bot = a.bot.as_ref().and_then(|name| keys.bots.get(&text::key(name))).map(|(key, _)| *key);
        let users = a.users.iter().filter_map(|e| Some((Holder::User(*keys.users.get(&Email::lookup_key(e))?), e)));
        let groups = a.groups.iter().filter_map(|n| Some((Holder::Group(*keys.groups.get(&text::key(n))?), n)));
        for (holder, name) in users.chain(groups) {
            if !seen.insert((*role, bot, holder)) {
                continue;
            }
            let row = NewAssignment { role: *role, bot, holder, expires: a.expires };
            let change = HeldChange {
                row,
                role_id: role_id.clone(),
                role_name: a.role.clone(),
                kind,
                built_in: *built_in,
                bot_name: a.bot.clone(),
                holder_name: name.clone(),
            };
            match has.get(&(*role, bot, holder)) {
                Some(expires) if *expires == a.expires => {}
                Some(_) => {
                    report.note('~', format!("expiry of role {:?} of {name}", a.role));
                    remove.push(change.clone());
                    add.push(change);
                }
                None => {
                    let on = a.bot.as_ref().map_or_else(String::new, |bot| format!(" on {bot:?}"));
                    report.note('+', format!("role {:?}{on} for {name}", a.role));
                    add.push(change);
                }
            }
        }
    }
    roles::change_held(op, &add, &remove, "file")
}

pub(in crate::sync) fn bring_tasks(
    op: &mut Op<'_>,
    state: &State,
    now: &Current,
    keys: &Keys,
    report: &mut Report,
) -> Result<()> {
    let mut has = HashMap::<UserKey, HashSet<NewTask>>::new();
    for (user, task) in &now.tasks {
        has.entry(*user).or_default().insert(*task);
    }
    let mut changes = Vec::new();
    for user in &state.users {
        let (Some(tasks), Some(&key)) = (&user.tasks, keys.users.get(&Email::lookup_key(&user.email))) else {
            continue;
        };
        // In the file's order, which an export then has, too.
        let mut seen = HashSet::new();
        let tasks = tasks.iter().flat_map(|task| task_keys(task, keys));
        let wanted: Vec<NewTask> = tasks.filter(|task| seen.insert(*task)).collect();
        if has.get(&key).unwrap_or(&HashSet::new()) != &seen {
            report.note('~', format!("tasks of {}", user.email));
            let had: Vec<NewTask> = now.tasks.iter().filter(|(of, _)| *of == key).map(|(_, task)| *task).collect();
            let (before, after) = (task_names(now, &had), tasks_of_file(user));
            changes.push(TaskChange { user: key, email: user.email.clone(), tasks: wanted, before, after });
        }
    }
    users::replace_tasks(op, &changes)
}

fn task_keys(task: &TaskState, keys: &Keys) -> Vec<NewTask> {
    let Some((bot, dialogs)) = keys.bots.get(&text::key(&task.bot)) else { return Vec::new() };
    match &task.dialogs {
        None => vec![NewTask { bot: *bot, dialog: None }],
        Some(names) => names
            .iter()
            .filter_map(|name| Some(NewTask { bot: *bot, dialog: Some(*dialogs.get(&text::key(name))?) }))
            .collect(),
    }
}

fn tasks_of_file(user: &UserState) -> Value {
    user.tasks.iter().flatten().map(|t| json!({ "bot": t.bot, "dialogs": t.dialogs })).collect()
}

/// Tasks by the names of bots and dialogs (null: all of them), for the audit log.
pub(in crate::sync) fn task_names(now: &Current, tasks: &[NewTask]) -> Value {
    let name = |task: &NewTask| {
        let bot = now.bots.iter().find(|b| b.key == task.bot)?;
        let dialog = task.dialog.and_then(|key| bot.dialogs.iter().find(|d| d.key == key)).map(|d| d.name.as_str());
        Some(json!({ "bot": bot.name, "dialog": dialog }))
    };
    tasks.iter().filter_map(name).collect()
}
