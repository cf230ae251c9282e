//! Giving and taking admin roles, in the model.

use rollcall_core::Code;
use rollcall_core::clock::Time;
use rollcall_core::policy::Scope;
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::Operation;
use rollcall_core::users::Lookup;

use super::{Account, Held, Holder, Model, ROLES, key, may_grant, role_id};

impl Model {
    /// Whether each operation is done, in order, each seeing those before it.
    pub(crate) fn assign(&mut self, scopes: &[Scope], asked: &[Operation], now: Time) -> Result<Vec<bool>, Code> {
        if !scopes.contains(&Scope::RoleManagement) {
            return Err(Code::Forbidden);
        }
        let mut next = self.account.clone();
        let mut done = Vec::new();
        for operation in asked {
            let after = next.after(scopes, operation, now);
            done.push(after.is_some());
            next = after.unwrap_or(next);
        }
        self.settle(next).map(|()| done)
    }
}

impl Account {
    fn user(&self, lookup: &Lookup) -> Option<Holder> {
        let found = match lookup {
            Lookup::Email(email) => self.users.keys().find(|k| **k == key(email)),
            Lookup::OrgUserId(id) => {
                let has = |id: &str| self.users.iter().find(|(_, u)| u.org_user_id.as_deref() == Some(id));
                has(id.trim()).map(|(k, _)| k)
            }
        };
        found.cloned().map(Holder::User)
    }

    fn holders(&self, users: &[Lookup], groups: &[String]) -> Option<Vec<Holder>> {
        let groups = groups.iter().map(|name| {
            let name = key(name);
            self.groups.contains_key(&name).then_some(Holder::Group(name))
        });
        users.iter().map(|lookup| self.user(lookup)).chain(groups).collect()
    }

    /// The account after the operation; none where it is refused.
    fn after(&self, scopes: &[Scope], asked: &Operation, now: Time) -> Option<Self> {
        let (kind, name, built_in) = ROLES.into_iter().find(|(k, n, _)| role_id(*k, n) == asked.role.trim())?;
        let add = self.holders(&asked.add_users, &asked.add_groups)?;
        let remove = self.holders(&asked.remove_users, &asked.remove_groups)?;
        let of_groups = add.iter().any(|holder| matches!(holder, Holder::Group(_)));
        if kind == RoleKind::Bot || add.iter().any(|holder| remove.contains(holder)) || (built_in && of_groups) {
            return None;
        }
        if !add.is_empty() && !may_grant(scopes, &(kind, name.to_owned(), None)) {
            return None;
        }
        let held = |holder: Holder| Held { kind, role: name.to_owned(), bot: None, holder };
        let mut next = self.clone();
        for holder in add {
            let until = next.held.entry(held(holder)).or_insert(None);
            // What has run out is given anew; what still runs stays as it is.
            if until.is_some_and(|time| time <= now) {
                *until = None;
            }
        }
        for holder in remove {
            next.held.remove(&held(holder));
        }
        let is_left_alone = built_in && !self.admins().is_empty() && next.admins().is_empty();
        (!is_left_alone).then_some(next)
    }
}
