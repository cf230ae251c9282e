//! The domain once more, written naively from its rules: plain collections, no database, no cleverness.

mod assign;
mod create;
mod file;

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::change::Change;
use rollcall_core::clock::Time;
use rollcall_core::id::RoleId;
use rollcall_core::policy::Scope;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_core::users::{ProfileField, Status};

/// The roles that the model knows: kind, name, whether built in.
pub(crate) const ROLES: [(RoleKind, &str, bool); 4] = [
    (RoleKind::Admin, "admin", true),
    (RoleKind::Admin, "Auditor", false),
    (RoleKind::Bot, "Bot Tester", true),
    (RoleKind::Bot, "Curator", false),
];

/// The bots that the model knows: name, whether published for the enterprise, dialogs.
pub(crate) const BOTS: [(&str, bool, [&str; 2]); 2] =
    [("Helper", true, ["Leave", "Pay"]), ("Draft", false, ["Sketch", "Plan"])];

/// By what names and addresses are compared, for the plain ASCII ones of the tests.
pub(crate) fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

pub(crate) fn role_id(kind: RoleKind, name: &str) -> String {
    RoleId::derive("Acme", &format!("{kind}/{name}")).to_string()
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct User {
    pub(crate) email: String,
    pub(crate) org_user_id: Option<String>,
    pub(crate) status: Status,
    pub(crate) can_create_bot: bool,
    pub(crate) is_developer: bool,
    pub(crate) first_name: Option<String>,
    /// A bot and one of its dialogs, or all of them.
    pub(crate) tasks: BTreeSet<(String, Option<String>)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) members: BTreeSet<String>,
    pub(crate) children: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    User(String),
    Group(String),
}

/// That somebody was given a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Held {
    pub(crate) kind: RoleKind,
    pub(crate) role: String,
    pub(crate) bot: Option<String>,
    pub(crate) holder: Holder,
}

/// A role as somebody has it: kind, name, bot.
pub(crate) type Role = (RoleKind, String, Option<String>);
/// The ways by which a user has a role: directly, and the names of the groups that carry it.
pub(crate) type Ways = (bool, BTreeSet<String>);

/// What an account has, by key.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Account {
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) groups: BTreeMap<String, Group>,
    /// With the time until which it is held.
    pub(crate) held: BTreeMap<Held, Option<Time>>,
}

/// An account, and what is remembered beside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) account: Account,
    /// Open invitations by token: whose, and until when.
    pub(crate) open: BTreeMap<String, (String, Time)>,
    pub(crate) had_admin: bool,
}

/// The ceiling: apps hand on bot roles and custom admin roles with `role-management`, `admin` with `master-admin` too.
pub(crate) fn may_grant(scopes: &[Scope], role: &Role) -> bool {
    let is_master = role.0 == RoleKind::Admin && role.1 == "admin";
    scopes.contains(&Scope::RoleManagement) && (!is_master || scopes.contains(&Scope::MasterAdmin))
}

fn value(change: &Change<String>) -> Option<String> {
    if let Change::Set(text) = change { Some(text.clone()) } else { None }
}

impl Account {
    /// What an export says, in the model's form.
    pub(crate) fn of(state: &State) -> Self {
        let mut out = Self::default();
        for user in &state.users {
            let tasks = user.tasks.iter().flatten().flat_map(|task| match &task.dialogs {
                None => vec![(task.bot.clone(), None)],
                Some(dialogs) => dialogs.iter().map(|d| (task.bot.clone(), Some(d.clone()))).collect(),
            });
            let first_name = user.profile.iter().find(|(field, _)| *field == ProfileField::FirstName);
            let known = User {
                email: user.email.clone(),
                org_user_id: value(&user.org_user_id),
                status: user.status.unwrap(),
                can_create_bot: user.can_create_bot.unwrap(),
                is_developer: user.is_developer.unwrap(),
                first_name: first_name.and_then(|(_, change)| value(change)),
                tasks: tasks.collect(),
            };
            out.users.insert(key(&user.email), known);
        }
        for group in &state.groups {
            let keys = |list: &[String]| list.iter().map(|text| key(text)).collect();
            let (members, children) = (keys(&group.members), keys(&group.groups));
            out.groups.insert(key(&group.name), Group { name: group.name.clone(), members, children });
        }
        for a in &state.assignments {
            let kind = if a.bot.is_some() { RoleKind::Bot } else { RoleKind::Admin };
            let users = a.users.iter().map(|email| Holder::User(key(email)));
            for holder in users.chain(a.groups.iter().map(|name| Holder::Group(key(name)))) {
                out.held.insert(Held { kind, role: a.role.clone(), bot: a.bot.clone(), holder }, a.expires);
            }
        }
        out
    }

    /// The active holders of the built-in admin role.
    pub(crate) fn admins(&self) -> BTreeSet<String> {
        let holds = |user: &str| {
            let holder = Holder::User(user.to_owned());
            self.held.contains_key(&Held { kind: RoleKind::Admin, role: "admin".into(), bot: None, holder })
        };
        self.users.iter().filter(|(k, u)| u.status == Status::Active && holds(k)).map(|(k, _)| k.clone()).collect()
    }

    /// The group itself and every group that contains it, at any depth.
    pub(crate) fn above(&self, group: &str) -> BTreeSet<String> {
        let mut out = BTreeSet::from([group.to_owned()]);
        for (parent, _) in self.groups.iter().filter(|(_, g)| g.children.contains(group)) {
            out.extend(self.above(parent));
        }
        out
    }

    /// The roles that somebody was given themselves, as far as they have not expired.
    pub(crate) fn given_to(&self, holder: &Holder, now: Time) -> Vec<Role> {
        let live = self.held.iter().filter(|(held, until)| held.holder == *holder && until.is_none_or(|t| t > now));
        live.map(|(held, _)| (held.kind, held.role.clone(), held.bot.clone())).collect()
    }

    /// Every role that a user has, and by which ways.
    pub(crate) fn effective(&self, user: &str, now: Time) -> BTreeMap<Role, Ways> {
        let mut out = BTreeMap::<Role, Ways>::new();
        for role in self.given_to(&Holder::User(user.to_owned()), now) {
            out.entry(role).or_default().0 = true;
        }
        for (group, _) in self.groups.iter().filter(|(_, g)| g.members.contains(user)) {
            for over in self.above(group) {
                for role in self.given_to(&Holder::Group(over.clone()), now) {
                    out.entry(role).or_default().1.insert(self.groups[&over].name.clone());
                }
            }
        }
        out
    }

    /// Whether groups can be taken away, childless ones first, until none is left.
    pub(crate) fn is_acyclic(&self) -> bool {
        let mut left: BTreeMap<&String, BTreeSet<&String>> =
            self.groups.iter().map(|(name, group)| (name, group.children.iter().collect())).collect();
        while let Some(leaf) = left.iter().find(|(_, children)| children.is_empty()).map(|(name, _)| *name) {
            left.remove(leaf);
            left.values_mut().for_each(|children| {
                children.remove(leaf);
            });
        }
        left.is_empty()
    }
}

impl Model {
    /// Takes the account as it would be, unless nobody were left to administer it.
    fn settle(&mut self, next: Account) -> Result<(), rollcall_core::Code> {
        let has_admin = !next.admins().is_empty();
        if self.had_admin && !has_admin {
            return Err(rollcall_core::Code::Conflict);
        }
        self.had_admin |= has_admin;
        self.open.retain(|_, (user, _)| next.users.contains_key(user));
        self.account = next;
        Ok(())
    }

    /// Redeems an invitation; false where it is none (any more).
    pub(crate) fn accept(&mut self, token: &str, now: Time) -> bool {
        let Some((key, until)) = self.open.get(token).cloned() else { return false };
        let mut next = self.account.clone();
        match next.users.get_mut(&key) {
            Some(user) if until > now && user.status == Status::Invited => user.status = Status::Active,
            _ => return false,
        }
        self.open.remove(token);
        self.settle(next).is_ok()
    }
}
