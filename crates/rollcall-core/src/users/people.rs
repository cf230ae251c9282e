//! The users whom a request names, by address and by org user id: two statements for all of them.

use std::collections::{HashMap, HashSet};

use super::Lookup;
use crate::error::Result;
use crate::op::View;
use crate::store::users::UserRow;
use crate::store::{self, UserKey};
use crate::text::Email;

/// Whom a request names and the account has.
pub(crate) struct People {
    emails: HashMap<String, UserRow>,
    org_user_ids: HashMap<String, UserRow>,
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
        Ok(Self {
            emails: store::users::find_by_emails(view.tx, view.account, &emails)?,
            org_user_ids: store::users::find_by_org_user_ids(view.tx, view.account, &ids)?,
        })
    }

    /// The user, where there is one.
    pub(crate) fn find(&self, lookup: &Lookup) -> Option<&UserRow> {
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
