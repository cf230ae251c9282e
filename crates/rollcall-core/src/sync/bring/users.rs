//! Users of a description.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::id::UserId;
use crate::op::Op;
use crate::store::users::UserRow;
use crate::sync::apply::{CHUNK, Keys, choose};
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
                report.note('+', format!("user {}", email.as_str()));
                new.push(user);
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
    for new in new.chunks(CHUNK) {
        let new = new.iter().map(|user| {
            let email = Email::parse(&user.email).map_err(Error::invalid)?;
            let given = user.id.as_deref().and_then(|id| UserId::parse(id).ok());
            let id = choose(given, UserId::derive(&now.account.name, email.key()), &mut taken, UserId::random);
            Ok(new_user(user, id, email))
        });
        let new: Vec<CheckedUser> = new.collect::<Result<_>>()?;
        for (user, key) in new.iter().zip(users::insert_checked(op, &new)?) {
            keys.users.insert(user.email.key().to_owned(), key);
        }
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

fn user_change(user: &UserState, has: &UserRow) -> Option<UserChange> {
    let mut wants = has.clone();
    for (field, change) in &user.profile {
        wants.profile.set(*field, change.over(has.profile.get(*field).map(str::to_owned).as_ref()));
    }
    wants.org_user_id = user.org_user_id.over(has.org_user_id.as_ref());
    wants.is_developer = user.is_developer.unwrap_or(has.is_developer);
    // Who stops being a developer stops creating bots, unless the file says otherwise (and is refused for it).
    let creates = user.can_create_bot.or((!wants.is_developer).then_some(false));
    wants.can_create_bot = creates.unwrap_or(has.can_create_bot);
    wants.data_tables = user.data_tables.unwrap_or(has.data_tables);
    wants.status = user.status.unwrap_or(has.status);
    UserChange::between(has, wants)
}
