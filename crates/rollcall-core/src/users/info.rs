//! Looking users up by address or org user id, with the roles, groups and tasks that they have.

use std::collections::HashSet;

use super::Status;
use crate::access::{self, Access, HeldRole};
use crate::clock::Time;
use crate::error::Result;
use crate::id::{BotId, DialogId, GroupId, UserId};
use crate::op::View;
use crate::policy::Permission;
use crate::store::{self, UserKey};
use crate::text::Email;

/// By what a user is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// The address, compared case-insensitively.
    Email(String),
    /// The org user id, compared exactly.
    OrgUserId(String),
}

/// Which users are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatusFilter {
    /// All of them.
    #[default]
    All,
    /// Those of exactly this status.
    Only(Status),
}

/// A user with all that they have.
#[derive(Debug, Clone)]
pub struct UserDetails {
    /// Public id.
    pub id: UserId,
    /// The address, as first written.
    pub email: String,
    /// The id in the user's own organisation.
    pub org_user_id: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Where the user stands.
    pub status: Status,
    /// When they last signed in.
    pub last_login: Option<Time>,
    /// May create bots.
    pub can_create_bot: bool,
    /// May use the builder.
    pub is_developer: bool,
    /// The roles they hold, directly and through groups.
    pub roles: Vec<HeldRole>,
    /// The groups they are a direct member of.
    pub groups: Vec<(GroupId, String)>,
    /// The dialog tasks they may use, by bot.
    pub tasks: Vec<(BotId, Vec<DialogId>)>,
}

/// What one of the asked ids came to.
#[derive(Debug, Clone)]
pub enum Found {
    /// A user, where the filter lets them through.
    User(Box<UserDetails>),
    /// Nobody has this id.
    Unknown(Lookup),
}

/// The users asked for, in the order asked, duplicates collapsed; a fixed number of statements.
///
/// # Errors
/// When the database fails.
pub fn info(view: &View<'_>, asked: &[Lookup], filter: StatusFilter) -> Result<Vec<Found>> {
    view.expect(Permission::ViewUsers)?;
    let keys: Vec<String> = asked
        .iter()
        .map(|lookup| match lookup {
            Lookup::Email(email) => Email::lookup_key(email),
            Lookup::OrgUserId(id) => id.trim().to_owned(),
        })
        .collect();
    let of = |email: bool| {
        asked.iter().zip(&keys).filter(move |(l, _)| matches!(l, Lookup::Email(_)) == email).map(|(_, k)| k.as_str())
    };
    let mut by_email = store::users::briefs_by_emails(view.tx, view.account, &of(true).collect::<Vec<_>>())?;
    let mut by_org_id = store::users::briefs_by_org_user_ids(view.tx, view.account, &of(false).collect::<Vec<_>>())?;

    let mut order = Vec::with_capacity(asked.len());
    let (mut seen, mut seen_users) = (HashSet::with_capacity(asked.len()), HashSet::with_capacity(asked.len()));
    for (lookup, key) in asked.iter().zip(&keys) {
        let (found, by) = match lookup {
            Lookup::Email(_) => (&mut by_email, true),
            Lookup::OrgUserId(_) => (&mut by_org_id, false),
        };
        if !seen.insert((by, key)) {
            continue;
        }
        match found.remove(key) {
            None => order.push(Err(lookup.clone())),
            Some(user)
                if seen_users.insert(user.key)
                    && (filter == StatusFilter::All || filter == StatusFilter::Only(user.status)) =>
            {
                order.push(Ok(user));
            }
            Some(_) => {}
        }
    }
    let users: Vec<UserKey> = order.iter().filter_map(|o| o.as_ref().ok()).map(|user| user.key).collect();
    let mut access = access::of_users(view, &users)?;
    let mut tasks = store::tasks::of_users(view.tx, &users)?;
    let found = order.into_iter().map(|user| match user {
        Err(lookup) => Found::Unknown(lookup),
        Ok(user) => {
            let Access { roles, groups } = access.remove(&user.key).unwrap_or_default();
            Found::User(Box::new(UserDetails {
                roles,
                groups: groups.iter().map(|group| (group.id.clone(), group.name.clone())).collect(),
                tasks: tasks.remove(&user.key).unwrap_or_default(),
                id: user.id,
                email: user.email,
                org_user_id: user.org_user_id,
                first_name: user.first_name,
                last_name: user.last_name,
                status: user.status,
                last_login: user.last_login,
                can_create_bot: user.can_create_bot,
                is_developer: user.is_developer,
            }))
        }
    });
    Ok(found.collect())
}
