//! Lists of users: by a part of their name, address or org user id, by status, group, role and flag; sorted, and from a user
//! on. A fixed number of statements, and at any size as quick (decision 0027).

use super::plan::{Plan, Source, has_text, searched};
use super::{Profile, ProfileField, Status};
use crate::clock::Time;
use crate::error::Result;
use crate::id::UserId;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::store::grams;
use crate::store::pages::Kind;
use crate::store::users_search::{self as rows, Conditions, ListRow};
use crate::store::{self, UserKey};
use crate::text;

/// As many are sorted at most where there is no index for both what is asked for and the order.
pub const SORTED: usize = 3_000;
/// As many who may be wanted are looked at for one page, where there are more.
const LOOKED_AT: usize = 3_000;
/// As many are looked at for one page where a text is too short for the index.
const WALKED: usize = 10_000;
/// The longest text that is looked for, in characters.
pub const MAX_TEXT: usize = 200;
/// How much of a name counts for the order of names, in characters: an index takes no more.
const MAX_NAME: usize = 100;

/// What a user may do that is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Uses the builder.
    Develops,
    /// Creates bots.
    CreatesBots,
    /// Uses data tables.
    UsesDataTables,
}

impl Flag {
    /// Every flag.
    pub const ALL: [Self; 3] = [Self::Develops, Self::CreatesBots, Self::UsesDataTables];
}

/// By what a list is sorted; who is equal in it, by when they were created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// When they were created.
    #[default]
    Created,
    /// Their name.
    Name,
    /// Their address.
    Email,
    /// When they signed in last; who never did comes first.
    LastSignIn,
}

/// Which users are wanted: those of whom all of this is so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// What stands in their name, address or org user id, compared as names are; empty: nothing need.
    pub text: String,
    /// Their status.
    pub status: Option<Status>,
    /// The public id of a group that they are a direct member of.
    pub group: Option<String>,
    /// The public id of a role that they hold, by any way.
    pub role: Option<String>,
    /// What they may do.
    pub flag: Option<Flag>,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Who is on it.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Whether the order is the other way round.
    pub descending: bool,
    /// The public id of the user who came last on the part before; somebody who is not there begins at the beginning.
    pub after: String,
    /// How many at most.
    pub limit: usize,
}

/// A user on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Public id.
    pub id: UserId,
    /// The address, as first written.
    pub email: String,
    /// First and last name; empty where neither is known.
    pub name: String,
    /// The id in the user's own organisation.
    pub org_user_id: Option<String>,
    /// Where they stand.
    pub status: Status,
    /// May create bots.
    pub can_create_bot: bool,
    /// May use the builder.
    pub is_developer: bool,
    /// May use data tables.
    pub data_tables: bool,
    /// When they last signed in.
    pub last_login: Option<Time>,
    /// When they were created.
    pub created: Time,
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Part {
    /// Those on it.
    pub users: Vec<Listed>,
    /// After whom the next part begins; none where this was the last one.
    pub next: Option<String>,
    /// How many are on the whole list, where that is known.
    pub total: Option<u64>,
    /// Whether they are in the order asked for: else there were too many for it, and they stand as they were created.
    pub is_sorted: bool,
}

/// The name by which lists are sorted; empty for nobody's.
pub(crate) fn name_key(profile: &Profile) -> String {
    let name = full_name(profile.get(ProfileField::FirstName), profile.get(ProfileField::LastName));
    if name.is_empty() {
        return name;
    }
    let key: String = text::key(&name).chars().take(MAX_NAME).collect();
    // A name of which nothing is to be seen is still one.
    if key.is_empty() { " ".to_owned() } else { key }
}

/// First and last name as one text.
pub(crate) fn full_name(first: Option<&str>, last: Option<&str>) -> String {
    [first, last].into_iter().flatten().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A part of the list of users. Twelve statements at most, of any list.
///
/// # Errors
/// [`crate::Code::NotFound`] for a group or role that is not there; a text that is too long.
pub fn find(view: &View<'_>, wanted: &Wanted) -> Result<Part> {
    view.expect(Permission::ViewUsers)?;
    let plan = Plan::of(view, &wanted.filter)?;
    let after = match wanted.after.as_str() {
        "" => None,
        id => rows::find(view.tx, view.account, id)?,
    };
    if let Some(ids) = plan.ids(view, 0, SORTED + 1)? {
        if ids.len() <= SORTED {
            return Ok(sorted_here(wanted, plan.wanted(view, &ids)?, after.as_ref()));
        }
        if !matches!(plan.source, Source::Status(_) | Source::Flag(_)) {
            return part_of_many(view, &plan, wanted, after.as_ref());
        }
    }
    let is_walk = !plan.text.is_empty();
    let limit = if is_walk { WALKED } else { wanted.limit + 1 };
    let mut found =
        rows::sorted(view.tx, view.account, plan.conditions, wanted.sort, wanted.descending, after.as_ref(), limit)?;
    let last = (is_walk && found.len() == WALKED).then(|| found.last().map(|user| user.id.to_string())).flatten();
    found.retain(|user| has_text(user, &plan.text));
    let count = found.len() as u64;
    let next = cut(&mut found, wanted.limit).or(last.clone());
    let is_whole = after.is_none() && if is_walk { last.is_none() } else { next.is_none() };
    let total = match wanted.filter == Filter::default() {
        true => Some(store::pages::seek(view.tx, view.account, Kind::Users, 0)?.total.unsigned_abs()),
        false => is_whole.then_some(count),
    };
    Ok(Part { users: found.into_iter().map(listed).collect(), next, total, is_sorted: true })
}

/// Whether a file that is read in parts can go on behind this user; at its beginning there is none.
///
/// # Errors
/// [`crate::Code::Conflict`] where they are gone: nobody can say who comes next.
pub fn can_go_on(view: &View<'_>, behind: Option<&str>) -> Result<()> {
    match behind {
        Some(id) if rows::find(view.tx, view.account, id)?.is_none() => Err(crate::page::broken_off(id)),
        _ => Ok(()),
    }
}

/// Where a user stands in all orders of the list; none where they are gone.
///
/// # Errors
/// When the database fails.
pub fn place(view: &View<'_>, id: &str) -> Result<Option<String>> {
    let user = rows::find(view.tx, view.account, id)?;
    Ok(user.map(|user| format!("{:?} {:?} {:?}", user.name_key, user.email_key, user.last_login.map(|time| time.0))))
}

/// As [`can_go_on`], for a list in any order: where this user stands must be where they stood.
///
/// # Errors
/// [`crate::Code::Conflict`] where they are gone, or stand elsewhere by now.
pub fn stands(view: &View<'_>, behind: Option<&(String, String)>) -> Result<()> {
    match behind {
        Some((id, stood)) if place(view, id)?.as_ref() != Some(stood) => Err(crate::page::broken_off(id)),
        _ => Ok(()),
    }
}

/// Of all who are wanted, as they are few, one part in the order asked for.
fn sorted_here(wanted: &Wanted, mut found: Vec<ListRow>, after: Option<&ListRow>) -> Part {
    let order = |one: &ListRow, other: &ListRow| {
        let by = match wanted.sort {
            Sort::Created => std::cmp::Ordering::Equal,
            Sort::Name => one.name_key.cmp(&other.name_key),
            Sort::Email => one.email_key.cmp(&other.email_key),
            Sort::LastSignIn => one.last_login.map(|t| t.0).cmp(&other.last_login.map(|t| t.0)),
        };
        let by = by.then(one.key.cmp(&other.key));
        if wanted.descending { by.reverse() } else { by }
    };
    found.sort_unstable_by(order);
    let total = Some(found.len() as u64);
    if let Some(after) = after {
        found.retain(|user| order(user, after).is_gt());
    }
    let next = cut(&mut found, wanted.limit);
    Part { users: found.into_iter().map(listed).collect(), next, total, is_sorted: true }
}

/// Of many who may be wanted, a part in the order of their creation.
fn part_of_many(view: &View<'_>, plan: &Plan, wanted: &Wanted, after: Option<&ListRow>) -> Result<Part> {
    let ids = plan.ids(view, after.map_or(0, |user| user.key.0), LOOKED_AT)?.unwrap_or_default();
    let mut found = plan.wanted(view, &ids)?;
    let is_cut = cut(&mut found, wanted.limit);
    let next = match is_cut {
        Some(next) => Some(next),
        // Others may come after the last one who was looked at.
        None if ids.len() == LOOKED_AT => {
            let last = ids.last().copied().unwrap_or_default();
            rows::of_ids(view.tx, view.account, &[last], Conditions::default())?.first().map(|user| user.id.to_string())
        }
        None => None,
    };
    let is_sorted = wanted.sort == Sort::Created && !wanted.descending;
    Ok(Part { users: found.into_iter().map(listed).collect(), next, total: None, is_sorted })
}

/// Leaves as many as fit, and says who is the last of them where there were more.
fn cut(found: &mut Vec<ListRow>, limit: usize) -> Option<String> {
    if found.len() <= limit {
        return None;
    }
    found.truncate(limit);
    found.last().map(|user| user.id.to_string())
}

pub(crate) fn listed(user: ListRow) -> Listed {
    Listed {
        name: full_name(user.first_name.as_deref(), user.last_name.as_deref()),
        id: user.id,
        email: user.email,
        org_user_id: user.org_user_id,
        status: user.status,
        can_create_bot: user.can_create_bot,
        is_developer: user.is_developer,
        data_tables: user.data_tables,
        last_login: user.last_login,
        created: user.created,
    }
}

/// Everybody who is wanted after a key, in order of creation, and the key to go on after; none at the end.
pub(super) fn each(view: &View<'_>, plan: &Plan, after: i64) -> Result<(Vec<UserKey>, Option<i64>)> {
    let found = match plan.ids(view, after, LOOKED_AT)? {
        Some(ids) => {
            let next = ids.last().copied().filter(|_| ids.len() == LOOKED_AT);
            return Ok((plan.wanted(view, &ids)?.into_iter().map(|user| user.key).collect(), next));
        }
        None => rows::after_id(view.tx, view.account, plan.conditions, after, LOOKED_AT)?,
    };
    let next = found.last().map(|user| user.key.0).filter(|_| found.len() == LOOKED_AT);
    let wanted = found.into_iter().filter(|user| has_text(user, &plan.text));
    Ok((wanted.map(|user| user.key).collect(), next))
}

/// Whether there are users whom [`index`] would bring into the index of texts; `any`: also where few have changed.
///
/// # Errors
/// When the database fails.
pub fn is_index_due(view: &View<'_>, any: bool) -> Result<bool> {
    view.expect(Permission::RunJobs)?;
    Ok(grams::due(view.tx, view.account, any)?.is_some())
}

/// Brings one block of users into the index of texts; nobody is created meanwhile. Gives whether there was one. Who is in
/// none is found all the same, only more slowly the more there are.
///
/// # Errors
/// When the database fails.
pub fn index(op: &mut Op<'_>, any: bool) -> Result<bool> {
    op.expect(Permission::RunJobs)?;
    op.upkeep(|tx, view| {
        let due = grams::due(tx, view.account, any)?;
        if let Some(block) = due {
            grams::index(tx, view.account, block, searched)?;
        }
        Ok(due.is_some())
    })
}

/// Users by their public ids, in the order of their creation; whoever is not there is left out.
///
/// # Errors
/// When the database fails.
pub fn of_ids(view: &View<'_>, ids: &[String]) -> Result<Vec<Listed>> {
    view.expect(Permission::ViewUsers)?;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let found = store::users::find_by_public_ids(view.tx, view.account, &ids)?;
    let keys: Vec<i64> = found.values().map(|user| user.key.0).collect();
    let mut users = rows::of_ids(view.tx, view.account, &keys, Conditions::default())?;
    users.sort_unstable_by_key(|user| user.key);
    Ok(users.into_iter().map(listed).collect())
}
