//! What is wrong with the change of a user, before anything is written. What requests name: `check`.

use std::collections::HashSet;
use std::hash::Hash;

use super::asked::{UserFault, UserUpdate};
use super::check::{End, Known, RoleOf, TaskOf};
use super::{Flags, Lookup, People, Profile, ProfileField, Status, UserChange, flags};
use crate::change::Change;
use crate::groups::Group;
use crate::op::View;
use crate::store::UserKey;
use crate::store::users::UserRow;

/// A user who can be changed, and how.
pub(super) struct Ready<'a> {
    pub(super) row: &'a UserRow,
    pub(super) contents: Option<UserChange>,
    pub(super) joins: Vec<&'a Group>,
    pub(super) leaves: Vec<&'a Group>,
    pub(super) gains: Vec<RoleOf<'a>>,
    pub(super) loses: Vec<RoleOf<'a>>,
    pub(super) tasks: Option<Vec<TaskOf<'a>>>,
}

/// What the users before in the request have come to.
pub(super) struct Before {
    pub(super) named: HashSet<UserKey>,
    pub(super) active_admins: HashSet<UserKey>,
}

impl Known {
    /// One user with all faults of what is asked, or ready to be written, as `before` then says.
    pub(super) fn check_change<'a>(
        &'a self,
        view: &View<'_>,
        people: &'a People,
        asked: &UserUpdate,
        before: &mut Before,
    ) -> Result<Ready<'a>, Vec<UserFault>> {
        let mut faults = Vec::new();
        let row = people.find(&asked.user).map_err(|why| faults.push(why.fault(&asked.user))).ok();
        match row {
            None => {}
            Some(row) if !before.named.insert(row.key) => faults.push(UserFault::Repeated(row.email.clone())),
            Some(row) => faults.extend(check_org_user_id(row, asked)),
        }
        let profile = check_profile(asked, &mut faults);
        let merged = flags::merged(row, asked.can_create_bot, asked.is_developer);
        let merged = merged.map_err(|fault| faults.push(fault)).ok();
        let (can_create_bot, is_developer) = (asked.can_create_bot, asked.is_developer);
        let asked_flags = Flags { can_create_bot, is_developer, data_tables: None };
        faults.extend(flags::barred(&view.actor, asked_flags).map(UserFault::OverCeiling));
        let joins = self.groups(End::Given, &asked.add_groups, &mut faults);
        let leaves = self.groups(End::Taken, &asked.remove_groups, &mut faults);
        let both = common(&joins, &leaves, |group| group.key);
        faults.extend(both.map(|group| UserFault::GroupBothWays(group.name.clone())));
        let gains = self.roles(view, End::Given, &asked.add_roles, &mut faults);
        let loses = self.roles(view, End::Taken, &asked.remove_roles, &mut faults);
        let both = common(&gains, &loses, |(role, bot)| (role.key, bot.map(|b| b.key)));
        faults.extend(both.map(|(role, _)| UserFault::RoleBothWays(role.name.clone())));
        let tasks = asked.tasks.as_ref().map(|tasks| self.tasks(view, tasks, &mut faults));
        let admins = row.and_then(|row| {
            let admins = admins_after(row, &before.active_admins, &gains, &loses);
            if admins.is_none() {
                faults.push(UserFault::LastAdmin(row.email.clone()));
            }
            admins
        });
        match (row, profile, merged, admins) {
            (Some(row), Some(profile), Some((can_create_bot, is_developer)), Some(admins)) if faults.is_empty() => {
                before.active_admins = admins;
                let wants =
                    UserRow { profile: over(&row.profile, &profile), can_create_bot, is_developer, ..row.clone() };
                let contents = UserChange::between(row, wants);
                Ok(Ready { row, contents, joins, leaves, gains, loses, tasks })
            }
            _ => Err(faults),
        }
    }
}

/// An org user id says who is meant where there is no address; beside one it can only say the same.
fn check_org_user_id(row: &UserRow, asked: &UserUpdate) -> Option<UserFault> {
    let given = asked.org_user_id.as_deref().map(str::trim).filter(|id| !id.is_empty())?;
    let is_other = matches!(asked.user, Lookup::Email(_)) && row.org_user_id.as_deref() != Some(given);
    is_other.then(|| UserFault::OrgUserIdStays { user: row.email.clone(), given: given.to_owned() })
}

/// The texts of the profile, trimmed; what is empty then is cleared.
fn check_profile(asked: &UserUpdate, faults: &mut Vec<UserFault>) -> Option<Vec<(ProfileField, Option<String>)>> {
    let mut texts = Profile::default();
    for (field, change) in &asked.profile {
        texts.set(*field, change.over(None));
    }
    let found = texts.check();
    let is_good = found.is_empty();
    faults.extend(found.into_iter().map(UserFault::Field));
    let said = asked.profile.iter().filter(|(_, change)| *change != Change::Keep);
    is_good.then(|| said.map(|(field, _)| (*field, texts.get(*field).map(str::to_owned))).collect())
}

/// A profile with these texts in the place of those that it has.
fn over(has: &Profile, said: &[(ProfileField, Option<String>)]) -> Profile {
    let mut profile = has.clone();
    for (field, text) in said {
        profile.set(*field, text.clone());
    }
    profile
}

/// What stands in both lists, in the order of the first.
fn common<'l, T, K: Eq + Hash>(one: &'l [T], other: &[T], key: impl Fn(&T) -> K) -> impl Iterator<Item = &'l T> {
    let keys: HashSet<K> = other.iter().map(&key).collect();
    one.iter().filter(move |item| keys.contains(&key(item)))
}

/// The active admins once a user has gained and lost these roles; none where there would be none any more.
fn admins_after(
    row: &UserRow,
    admins: &HashSet<UserKey>,
    gains: &[RoleOf<'_>],
    loses: &[RoleOf<'_>],
) -> Option<HashSet<UserKey>> {
    let is_master = |roles: &[RoleOf<'_>]| roles.iter().any(|(role, _)| role.grant().is_master_admin());
    let mut after = admins.clone();
    if is_master(gains) && row.status == Status::Active {
        after.insert(row.key);
    }
    if is_master(loses) {
        after.remove(&row.key);
    }
    (admins.is_empty() || !after.is_empty()).then_some(after)
}
