//! Users of a description.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::id::UserId;
use crate::op::Op;
use crate::store;
use crate::sync::apply::{Keys, choose};
use crate::sync::current::Current;
use crate::sync::{Report, State, UserState};
use crate::text::Email;
use crate::users::{self, CheckedUser, Profile, Status, UserChange};

pub(in crate::sync) fn bring_users(
    op: &mut Op<'_>,
    state: &State,
    now: &Current,
    keys: &mut Keys,
    report: &mut Report,
) -> Result<()> {
    let known: HashMap<&str, _> = now.users.iter().map(|u| (u.email_key.as_str(), u)).collect();
    let mut taken: HashSet<String> = now.users.iter().map(|u| u.id.to_string()).collect();
    let (mut new, mut changes) = (Vec::new(), Vec::new());
    for user in &state.users {
        let email = Email::parse(&user.email).map_err(Error::invalid)?;
        match known.get(email.key()) {
            None => {
                let given = user.id.as_deref().and_then(|id| UserId::parse(id).ok());
                let id = choose(given, UserId::derive(&now.account.name, email.key()), &mut taken, UserId::random);
                report.note('+', format!("user {}", email.as_str()));
                new.push(new_user(user, id, email));
            }
            Some(has) => {
                if let Some(change) = user_change(user, has) {
                    report.note('~', format!("user {} ({})", has.email, fields(&change.after)));
                    changes.push(change);
                }
            }
        }
    }
    // Changes first: an org user id may move from one user to another.
    users::update_many(op, &changes)?;
    for (user, key) in new.iter().zip(users::insert_checked(op, &new)?) {
        keys.users.insert(user.email.key().to_owned(), key);
    }
    Ok(())
}

fn fields(changed: &Value) -> String {
    changed.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

fn new_user(user: &UserState, id: UserId, email: Email) -> CheckedUser {
    let mut profile = Profile::default();
    for (field, change) in &user.profile {
        profile.set(*field, change.over(None));
    }
    CheckedUser {
        id,
        email,
        org_user_id: user.org_user_id.over(None),
        profile,
        can_create_bot: user.can_create_bot.unwrap_or(user.is_developer != Some(false)),
        is_developer: user.is_developer.unwrap_or(true),
        data_tables: user.data_tables.unwrap_or(false),
        status: user.status.unwrap_or(Status::Invited),
        source: "file",
    }
}

fn user_change(user: &UserState, has: &store::users::UserRow) -> Option<UserChange> {
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut note = |name: &str, old: Value, new: Value| {
        if old != new {
            before.insert(name.to_owned(), old);
            after.insert(name.to_owned(), new);
        }
    };
    let mut profile = has.profile.clone();
    for (field, change) in &user.profile {
        let old = has.profile.get(*field).map(str::to_owned);
        let new = change.over(old.as_ref());
        note(field.column(), json!(old), json!(new));
        profile.set(*field, new);
    }
    let org_user_id = user.org_user_id.over(has.org_user_id.as_ref());
    note("orgUserId", json!(has.org_user_id), json!(org_user_id));
    let flag = |name: &str, old: bool, new: Option<bool>, note: &mut dyn FnMut(&str, Value, Value)| {
        let new = new.unwrap_or(old);
        note(name, json!(old), json!(new));
        new
    };
    let is_developer = flag("isDeveloper", has.is_developer, user.is_developer, &mut note);
    // Who stops being a developer stops creating bots, unless the file says otherwise (and is refused for it).
    let creates = user.can_create_bot.or((!is_developer).then_some(false));
    let can_create_bot = flag("canCreateBot", has.can_create_bot, creates, &mut note);
    let data_tables = flag("dataTables", has.data_tables, user.data_tables, &mut note);
    let status = user.status.unwrap_or(has.status);
    note("status", json!(has.status.label()), json!(status.label()));
    (!after.is_empty()).then(|| UserChange {
        key: has.key,
        id: has.id.to_string(),
        email: has.email.clone(),
        org_user_id,
        profile,
        can_create_bot,
        is_developer,
        data_tables,
        status,
        before: Value::Object(before),
        after: Value::Object(after),
    })
}
