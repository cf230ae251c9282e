//! Behind lists of users: who may be wanted by a filter, found by an index, and who of them is.

use std::collections::HashSet;

use super::Status;
use super::search::{Filter, Flag, MAX_TEXT, SORTED, full_name};
use crate::access;
use crate::error::{Code, Error, Result};
use crate::op::View;
use crate::store::grams::{self, BLOCK, Texts};
use crate::store::users_search::{self as rows, Conditions, ListRow};
use crate::store::{self, GroupKey, RoleKey, UserKey};
use crate::text;

/// As many grams of a text are asked of the index.
const GRAMS: usize = 6;

/// What is searched of a user, as texts are compared.
pub(super) fn searched(user: &Texts) -> Vec<String> {
    keys_of(
        user.first_name.as_deref(),
        user.last_name.as_deref(),
        &user.email,
        &user.email_key,
        user.org_user_id.as_deref(),
    )
}

fn keys_of(first: Option<&str>, last: Option<&str>, email: &str, email_key: &str, org: Option<&str>) -> Vec<String> {
    let mut texts = vec![text::key(&full_name(first, last)), email_key.to_owned(), text::key(email)];
    texts.extend(org.map(text::key));
    texts.dedup();
    texts
}

pub(super) fn has_text(user: &ListRow, key: &str) -> bool {
    let (first, last) = (user.first_name.as_deref(), user.last_name.as_deref());
    let texts = keys_of(first, last, &user.email, &user.email_key, user.org_user_id.as_deref());
    key.is_empty() || texts.iter().any(|text| text.contains(key))
}

/// From where the ids of those come who may be wanted.
pub(super) enum Source {
    /// No index knows: all are gone through in order.
    Every,
    Role(RoleKey),
    Group(GroupKey),
    Text(Vec<i64>),
    Status(Status),
    Flag(Flag),
}

/// A filter whose names were looked up.
pub(super) struct Plan {
    pub(super) text: String,
    pub(super) conditions: Conditions,
    /// A role that is to be looked for in each who is found.
    role: Option<String>,
    pub(super) source: Source,
}

impl Plan {
    pub(super) fn of(view: &View<'_>, filter: &Filter) -> Result<Self> {
        let key = text::key(&filter.text);
        if key.chars().count() > MAX_TEXT {
            return Err(Error::invalid(format!("A text to look for has at most {MAX_TEXT} characters.")));
        }
        let group = filter.group.as_deref().map(|id| {
            let found = store::groups::find_by_ids(view.tx, view.account, &[id])?;
            found.first().map(|group| group.key).ok_or_else(|| unknown("group"))
        });
        let role = filter.role.as_deref().map(|id| {
            let found = store::roles::find_by_ids(view.tx, view.account, &[id])?;
            found.first().map(|role| role.key).ok_or_else(|| unknown("role"))
        });
        let (group, role) = (group.transpose()?, role.transpose()?);
        let conditions = Conditions { status: filter.status, flag: filter.flag, group };
        let source = match (group, role) {
            (Some(group), _) => Source::Group(group),
            (None, Some(role)) => Source::Role(role),
            (None, None) if key.chars().count() >= 3 => of_text(view, &key, &conditions)?,
            (None, None) if !key.is_empty() => Source::Every,
            (None, None) => match (filter.status, filter.flag) {
                (Some(status), _) => Source::Status(status),
                (None, Some(flag)) => Source::Flag(flag),
                (None, None) => Source::Every,
            },
        };
        let role = filter.role.clone().filter(|_| matches!(source, Source::Group(_)));
        Ok(Self { text: key, conditions, role, source })
    }

    /// Who may be wanted, in order of creation; none where all may be.
    pub(super) fn ids(&self, view: &View<'_>, after: i64, limit: usize) -> Result<Option<Vec<i64>>> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        Ok(Some(match &self.source {
            Source::Every => return Ok(None),
            Source::Role(role) => store::holders::with_role(view.tx, *role, view.now, after, most)?,
            Source::Group(group) => rows::in_group(view.tx, *group, after, most)?,
            Source::Text(ids) => {
                let from = ids.partition_point(|id| *id <= after);
                ids[from..].iter().copied().take(limit).collect()
            }
            Source::Status(status) => rows::with_status(view.tx, view.account, *status, after, most)?,
            Source::Flag(flag) => rows::with_flag(view.tx, view.account, *flag, after, most)?,
        }))
    }

    /// Those of these who are wanted, in order of creation.
    pub(super) fn wanted(&self, view: &View<'_>, ids: &[i64]) -> Result<Vec<ListRow>> {
        let mut found = rows::of_ids(view.tx, view.account, ids, self.conditions)?;
        found.retain(|user| has_text(user, &self.text));
        found.sort_unstable_by_key(|user| user.key);
        self.with_role(view, found)
    }

    fn with_role(&self, view: &View<'_>, mut found: Vec<ListRow>) -> Result<Vec<ListRow>> {
        if let Some(role) = &self.role {
            let keys: Vec<UserKey> = found.iter().map(|user| user.key).collect();
            let access = access::of_users(view, &keys)?;
            let holds = |user: &UserKey| {
                access.get(user).is_some_and(|access| access.roles.iter().any(|held| held.role.as_str() == role))
            };
            found.retain(|user| holds(&user.key));
        }
        Ok(found)
    }
}

fn unknown(what: &str) -> Error {
    Error::new(Code::NotFound, format!("There is no such {what} (any more)."))
}

/// Where a text leads to; where to many, and few have the status or the flag that is wanted, these.
fn of_text(view: &View<'_>, key: &str, conditions: &Conditions) -> Result<Source> {
    let ids = having(view, key)?;
    if ids.len() <= SORTED {
        return Ok(Source::Text(ids));
    }
    let most = SORTED as i64 + 1;
    let status =
        conditions.status.map(|status| rows::with_status(view.tx, view.account, status, 0, most)).transpose()?;
    let flag = conditions.flag.map(|flag| rows::with_flag(view.tx, view.account, flag, 0, most)).transpose()?;
    let is_few = |ids: Option<Vec<i64>>| ids.is_some_and(|ids| ids.len() <= SORTED);
    Ok(match (conditions.status, conditions.flag) {
        (Some(status_wanted), _) if is_few(status) => Source::Status(status_wanted),
        (_, Some(flag_wanted)) if is_few(flag) => Source::Flag(flag_wanted),
        _ => Source::Text(ids),
    })
}

/// Who may have a text, in order of creation: whom the index finds, and of whom it does not know.
fn having(view: &View<'_>, key: &str) -> Result<Vec<i64>> {
    let mut all = HashSet::new();
    grams::of_text(key, &mut all);
    let mut all: Vec<i64> = all.into_iter().collect();
    all.sort_unstable();
    // Spread over the text: those beside each other say nearly the same.
    let step = all.len().div_ceil(GRAMS).max(1);
    let asked: Vec<i64> = all.into_iter().step_by(step).collect();
    let found = grams::having(view.tx, view.account, &asked)?;
    let mut ids = Vec::new();
    for (block, bits) in found {
        for (n, word) in bits.iter().enumerate() {
            let mut left = *word;
            while left != 0 {
                ids.push(block * BLOCK + n as i64 * 64 + i64::from(left.trailing_zeros()));
                left &= left - 1;
            }
        }
    }
    let from = grams::blocks(view.tx, view.account)?.last().map_or(0, |block| (block + 1) * BLOCK);
    let looked_at =
        grams::looked_at(view.tx, view.account, from, |user| searched(user).iter().any(|text| text.contains(key)))?;
    ids.extend(looked_at);
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
