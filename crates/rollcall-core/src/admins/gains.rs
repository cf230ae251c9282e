//! Who gains admin rights by a change, before it is kept: so that nobody becomes an administrator unseen.

use std::collections::HashMap;

use crate::error::Result;
use crate::op::Op;
use crate::roles::rights::AdminRights;
use crate::seal::{hex, sha256};
use crate::store::{self, UserKey};

/// As many are named at most; the others are counted.
const NAMED: usize = 50;

/// Somebody who gains admin rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gain {
    /// Their address.
    pub email: String,
    /// What they gain, by whichever way.
    pub rights: AdminRights,
}

/// Who gains admin rights.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gains {
    /// The first of them, by address.
    pub named: Vec<Gain>,
    /// How many there are beside these.
    pub others: usize,
    digest: String,
}

impl Gains {
    /// Whether nobody gains any.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// A short text that is another one where somebody else gains something, or they something else: who has seen the one
    /// has not seen the other.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Does something, and tells who has gained admin rights by it; nothing is kept before the transaction ends. Whoever is not
/// active yet counts as well: they will be. Three statements beside those of the work, and none where it writes nothing by
/// which anybody could gain a right, and takes no role away.
///
/// # Errors
/// Those of the work.
pub fn of<T>(op: &mut Op<'_>, work: impl FnOnce(&mut Op<'_>) -> Result<T>) -> Result<(T, Gains)> {
    let (value, had) = op.watched(work)?;
    let Some(had) = had else { return Ok((value, Gains::default())) };
    let before = summed(had);
    let after = summed(store::assignments::admin_rights(op.tx, op.account, op.now)?);
    let gained = |(user, rights): (UserKey, AdminRights)| {
        let gained = rights.without(before.get(&user).copied().unwrap_or_default());
        (!gained.is_empty()).then_some((user, gained))
    };
    let gained: HashMap<UserKey, AdminRights> = after.into_iter().filter_map(gained).collect();
    if gained.is_empty() {
        return Ok((value, Gains::default()));
    }
    let keys: Vec<UserKey> = gained.keys().copied().collect();
    let mut who: Vec<(String, Gain)> = store::users::briefs_by_keys(op.tx, op.account, &keys)?
        .into_iter()
        .map(|(key, id, email)| (id, Gain { email, rights: gained[&key] }))
        .collect();
    who.sort_unstable_by(|(_, one), (_, other)| one.email.cmp(&other.email));
    let told: Vec<String> = who.iter().map(|(id, gain)| format!("{id} {}", gain.rights.bits())).collect();
    let digest = hex(&sha256(told.join("\n").as_bytes())[..16]);
    let others = who.len().saturating_sub(NAMED);
    let named = who.into_iter().take(NAMED).map(|(_, gain)| gain).collect();
    Ok((value, Gains { named, others, digest }))
}

/// What every user with any has, by all ways together.
fn summed(ways: Vec<(UserKey, AdminRights)>) -> HashMap<UserKey, AdminRights> {
    let mut all = HashMap::<UserKey, AdminRights>::new();
    for (user, rights) in ways {
        let has = all.entry(user).or_default();
        *has = has.with(rights);
    }
    all
}
