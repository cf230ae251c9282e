//! The users whom a request would change, by address and by org user id: two statements for all of them. Whoever may do more
//! than the administrator who asks is told apart, so that no use-case reaches them by forgetting to ask.

use std::collections::{HashMap, HashSet};

use super::{Lookup, UserFault};
use crate::access;
use crate::actor::Actor;
use crate::error::Result;
use crate::op::View;
use crate::policy;
use crate::roles::rights::AdminRights;
use crate::store::users::UserRow;
use crate::store::{self, UserKey};
use crate::text::Email;

/// Whom a request names and the account has.
pub(crate) struct People {
    emails: HashMap<String, UserRow>,
    org_user_ids: HashMap<String, UserRow>,
    barred: HashMap<UserKey, String>,
}

/// Why somebody whom a request names is not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreached {
    /// There is nobody of that name.
    Unknown,
    /// They may do what the actor may not ([`policy::over_user`]); a sentence that says so.
    Barred(String),
}

impl Unreached {
    /// The fault of a user whom a request names so.
    pub(super) fn fault(self, asked: &Lookup) -> UserFault {
        match self {
            Self::Unknown => UserFault::NotFound(asked.clone()),
            Self::Barred(why) => UserFault::OverCeiling(why),
        }
    }
}

impl People {
    pub(crate) fn look_up<'a>(view: &View<'_>, asked: impl Iterator<Item = &'a Lookup>) -> Result<Self> {
        let (mut emails, mut ids) = (HashSet::new(), HashSet::new());
        for lookup in asked {
            match lookup {
                Lookup::Email(email) => emails.insert(Email::lookup_key(email)),
                Lookup::OrgUserId(id) => ids.insert(id.trim().to_owned()),
            };
        }
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let emails = store::users::find_by_emails(view.tx, view.account, &emails)?;
        let org_user_ids = store::users::find_by_org_user_ids(view.tx, view.account, &ids)?;
        let barred = barred(view, emails.values().chain(org_user_ids.values()))?;
        Ok(Self { emails, org_user_ids, barred })
    }

    /// The user, to be changed.
    pub(crate) fn find(&self, lookup: &Lookup) -> Result<&UserRow, Unreached> {
        let user = self.find_member(lookup).ok_or(Unreached::Unknown)?;
        self.barred.get(&user.key).map_or(Ok(user), |why| Err(Unreached::Barred(why.clone())))
    }

    /// The user, whoever they are: not to be changed, but to be put into a group or taken out of it, of which it is asked what
    /// the group carries.
    pub(crate) fn find_member(&self, lookup: &Lookup) -> Option<&UserRow> {
        match lookup {
            Lookup::Email(email) => self.emails.get(&Email::lookup_key(email)),
            Lookup::OrgUserId(id) => self.org_user_ids.get(id.trim()),
        }
    }

    /// Everybody who was found; who is named in both ways may stand here twice.
    pub(crate) fn all(&self) -> impl Iterator<Item = &UserRow> {
        self.emails.values().chain(self.org_user_ids.values())
    }

    /// The keys of everybody who was found, each once.
    pub(crate) fn keys(&self) -> Vec<UserKey> {
        let mut keys: Vec<UserKey> = self.all().map(|user| user.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// Over whom of these the actor has no say, and why.
pub(super) fn barred<'u>(
    view: &View<'_>,
    users: impl Iterator<Item = &'u UserRow> + Clone,
) -> Result<HashMap<UserKey, String>> {
    if !matches!(view.actor, Actor::Admin(_)) {
        return Ok(HashMap::new());
    }
    let keys: Vec<UserKey> = users.clone().map(|user| user.key).collect();
    let access = access::of_users(view, &keys)?;
    let rights = |user: &UserRow| {
        let roles = access.get(&user.key).map(|access| &access.roles[..]).unwrap_or_default();
        roles.iter().fold(AdminRights::NONE, |rights, role| rights.with(role.rights))
    };
    let barred =
        users.filter_map(|user| Some((user.key, policy::over_user(&view.actor, &user.email, rights(user)).err()?)));
    Ok(barred.collect())
}
