//! Looking users up by address or org user id, with the roles, groups and tasks that they have.

use std::collections::{HashMap, HashSet};

use super::{ProfileField, Status};
use crate::access::{self, HeldRole};
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
    let by_email = store::users::find_by_emails(view.tx, view.account, &of(true).collect::<Vec<_>>())?;
    let by_org_id = store::users::find_by_org_user_ids(view.tx, view.account, &of(false).collect::<Vec<_>>())?;

    let mut order = Vec::new();
    let mut seen_users = HashSet::new();
    let mut seen_unknown = HashSet::new();
    for (lookup, key) in asked.iter().zip(&keys) {
        let row = match lookup {
            Lookup::Email(_) => by_email.get(key),
            Lookup::OrgUserId(_) => by_org_id.get(key),
        };
        match row {
            None if seen_unknown.insert((matches!(lookup, Lookup::Email(_)), key)) => order.push(Err(lookup.clone())),
            Some(row)
                if seen_users.insert(row.key)
                    && (filter == StatusFilter::All || filter == StatusFilter::Only(row.status)) =>
            {
                order.push(Ok(row));
            }
            _ => {}
        }
    }
    let users: Vec<UserKey> = order.iter().filter_map(|o| o.as_ref().ok()).map(|row| row.key).collect();
    let mut roles = access::of_users(view, &users)?;
    let mut groups = group_names(view, &users)?;
    let mut tasks = store::tasks::of_users(view.tx, &users)?;
    Ok(order
        .into_iter()
        .map(|row| match row {
            Err(lookup) => Found::Unknown(lookup),
            Ok(row) => Found::User(Box::new(UserDetails {
                id: row.id.clone(),
                email: row.email.clone(),
                org_user_id: row.org_user_id.clone(),
                first_name: row.profile.get(ProfileField::FirstName).map(str::to_owned),
                last_name: row.profile.get(ProfileField::LastName).map(str::to_owned),
                status: row.status,
                last_login: row.last_login,
                can_create_bot: row.can_create_bot,
                is_developer: row.is_developer,
                roles: roles.remove(&row.key).unwrap_or_default(),
                groups: groups.remove(&row.key).unwrap_or_default(),
                tasks: tasks.remove(&row.key).unwrap_or_default(),
            })),
        })
        .collect())
}

fn group_names(view: &View<'_>, users: &[UserKey]) -> Result<HashMap<UserKey, Vec<(GroupId, String)>>> {
    let mut out = HashMap::<_, Vec<_>>::new();
    for (user, id, name) in store::members::groups_of(view.tx, users)? {
        out.entry(user).or_default().push((id, name));
    }
    Ok(out)
}
