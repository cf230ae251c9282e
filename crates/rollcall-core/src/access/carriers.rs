//! The groups that users are in, with the roles that each hands on: found once for a revision of the account, and
//! remembered until it is another.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::Result;
use crate::id::GroupId;
use crate::op::View;
use crate::store::assignments::{self, GivenRole};
use crate::store::{AccountKey, GroupKey};

/// As many groups, and roles that they hand on, are remembered, of all accounts together: a few megabytes. One too many, and
/// all are forgotten: each is found again by its next request.
const REMEMBERED: usize = 32_768;

/// A group, and what it hands to everybody in it.
#[derive(Debug)]
pub(crate) struct Carrier {
    pub(crate) id: GroupId,
    pub(crate) name: String,
    pub(crate) name_key: String,
    /// Its own roles and those of all groups above it, in the order they were given; also those whose time is over,
    /// because that is no change of the account.
    pub(crate) carried: Vec<Carried>,
}

/// A role that a group hands on.
#[derive(Debug)]
pub(crate) struct Carried {
    pub(crate) given: GivenRole,
    /// The name of the group that it was given to.
    pub(crate) group: String,
}

/// By group.
pub(crate) type Found = HashMap<GroupKey, Arc<Carrier>>;

/// What is remembered of an account, as of one revision.
#[derive(Default)]
struct OfAccount {
    revision: i64,
    groups: Found,
}

/// What is remembered.
#[derive(Default)]
pub(crate) struct Carriers(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    accounts: HashMap<AccountKey, OfAccount>,
    weight: usize,
}

impl Carriers {
    /// Those of the groups that are known as of this revision.
    fn get(&self, account: AccountKey, revision: i64, groups: &[GroupKey]) -> Found {
        let remembered = self.0.lock();
        let known = remembered.accounts.get(&account).filter(|known| known.revision == revision);
        known.map_or_else(Found::new, |known| {
            groups.iter().filter_map(|group| Some((*group, Arc::clone(known.groups.get(group)?)))).collect()
        })
    }

    /// What is of another revision gives way: who still reads an earlier one has it looked up again, and no more.
    fn put(&self, account: AccountKey, revision: i64, found: &Found) {
        let mut remembered = self.0.lock();
        let weight: usize = found.values().map(|carrier| 1 + carrier.carried.len()).sum();
        let known = remembered.accounts.entry(account).or_default();
        if weight > REMEMBERED {
            return;
        }
        if known.revision != revision {
            let gone: usize = known.groups.values().map(|carrier| 1 + carrier.carried.len()).sum();
            *known = OfAccount { revision, groups: Found::new() };
            remembered.weight -= gone;
        }
        if remembered.weight + weight > REMEMBERED {
            *remembered = Remembered::default();
        }
        let known = remembered.accounts.entry(account).or_default();
        known.revision = revision;
        let mut more = 0;
        for (group, carrier) in found {
            if known.groups.insert(*group, Arc::clone(carrier)).is_none() {
                more += 1 + carrier.carried.len();
            }
        }
        remembered.weight += more;
    }
}

/// What these groups hand on: one statement, and none where all of them are remembered as of the view's revision.
pub(crate) fn of_groups(view: &View<'_>, groups: &[GroupKey]) -> Result<Found> {
    let remembered = &view.shared.carriers;
    let Some(revision) = view.revision() else { return look_up(view, groups) };
    let mut found = remembered.get(view.account, revision, groups);
    let unknown: Vec<GroupKey> = groups.iter().filter(|group| !found.contains_key(group)).copied().collect();
    if !unknown.is_empty() {
        let new = look_up(view, &unknown)?;
        remembered.put(view.account, revision, &new);
        found.extend(new);
    }
    Ok(found)
}

fn look_up(view: &View<'_>, groups: &[GroupKey]) -> Result<Found> {
    let mut found = HashMap::<GroupKey, Carrier>::new();
    let mut carried = HashMap::<GroupKey, Vec<Carried>>::new();
    for row in assignments::carriers(view.tx, groups)? {
        if let Some(given) = row.given {
            carried.entry(row.origin).or_default().push(Carried { given, group: row.name.clone() });
        }
        if row.group == row.origin {
            let (id, name, name_key) = (row.id, row.name, row.name_key);
            found.insert(row.origin, Carrier { id, name, name_key, carried: Vec::new() });
        }
    }
    for (group, mut roles) in carried {
        roles.sort_unstable_by_key(|role| role.given.place);
        if let Some(carrier) = found.get_mut(&group) {
            carrier.carried = roles;
        }
    }
    Ok(found.into_iter().map(|(group, carrier)| (group, Arc::new(carrier))).collect())
}
