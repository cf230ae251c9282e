//! Creating users, in the model.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::Code;
use rollcall_core::clock::Time;
use rollcall_core::id::{BotId, DialogId, GroupId};
use rollcall_core::policy::Scope;
use rollcall_core::roles::RoleKind;
use rollcall_core::users::{NewUser, ProfileField, Status, UserFault};

use super::{Account, BOTS, Held, Holder, Model, ROLES, Role, User, key, may_grant, role_id};

type Bot = (&'static str, bool, [&'static str; 2]);

fn bot(id: &str) -> Option<Bot> {
    BOTS.into_iter().find(|(name, _, _)| BotId::derive("Acme", &key(name)).as_str() == id)
}

fn dialog(bot: Bot, id: &str) -> Option<&'static str> {
    let is_it = |name: &str| DialogId::derive("Acme", &format!("{}/{}", key(bot.0), key(name))).as_str() == id;
    bot.2.into_iter().find(|name| is_it(name))
}

/// The address's key, if it is one. Enough for the addresses that the tests try.
fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let plain = text.len() <= 254 && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let (local, domain) = text.split_once('@')?;
    (plain && !local.is_empty() && !domain.is_empty() && !domain.contains('@')).then(|| key(text))
}

/// What is left of a text: none where nothing is, an error where it may not be kept.
fn clean(text: Option<&str>) -> Result<Option<String>, UserFault> {
    let text = text.unwrap_or_default().trim();
    if text.contains(char::is_control) || text.chars().count() > 200 {
        return Err(UserFault::Field(String::new()));
    }
    Ok(Some(text.to_owned()).filter(|t| !t.is_empty()))
}

fn unique<T: Ord + Clone>(list: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    list.filter(|item| seen.insert(item.clone())).collect()
}

/// What a request has brought so far.
#[derive(Default)]
struct Seen {
    emails: BTreeSet<String>,
    org_user_ids: BTreeSet<String>,
}

impl Model {
    /// The faults of each user, in order: none where they are created. Sentences that are Rollcall's own are left empty.
    pub(crate) fn create(
        &mut self,
        scopes: &[Scope],
        asked: &[NewUser],
        now: Time,
    ) -> Result<Vec<Vec<UserFault>>, Code> {
        if !scopes.contains(&Scope::UserManagement) {
            return Err(Code::Forbidden);
        }
        let mut seen = Seen::default();
        let mut next = self.account.clone();
        let mut faults = Vec::new();
        for user in asked {
            let of_user = self.account.faults(scopes, user, &mut seen, now);
            if of_user.is_empty() {
                next.add(user);
            }
            faults.push(of_user);
        }
        self.settle(next).map(|()| faults)
    }
}

impl Account {
    fn faults(&self, scopes: &[Scope], user: &NewUser, seen: &mut Seen, now: Time) -> Vec<UserFault> {
        let mut out = Vec::new();
        let email = user.email.trim().to_owned();
        match address(&email) {
            None => out.push(UserFault::InvalidEmail(String::new())),
            Some(key) => {
                if !seen.emails.insert(key.clone()) {
                    out.push(UserFault::RepeatedEmail(email.clone()));
                }
                if self.users.contains_key(&key) {
                    out.push(UserFault::Exists(email));
                }
            }
        }
        match clean(user.org_user_id.as_deref()) {
            Err(fault) => out.push(fault),
            Ok(None) => {}
            Ok(Some(id)) => {
                if !seen.org_user_ids.insert(id.clone()) {
                    out.push(UserFault::RepeatedOrgUserId(id.clone()));
                }
                if self.users.values().any(|u| u.org_user_id.as_ref() == Some(&id)) {
                    out.push(UserFault::OrgUserIdTaken(id));
                }
            }
        }
        out.extend(clean(user.profile.get(ProfileField::FirstName)).err());
        if user.can_create_bot && !user.is_developer {
            out.push(UserFault::CreatorMustDevelop);
        }
        for id in unique(user.groups.iter().map(|id| id.trim())) {
            match self.group(id) {
                None => out.push(UserFault::UnknownGroup(id.to_owned())),
                Some(group) => {
                    let carried = self.above(&group).into_iter().flat_map(|g| self.given_to(&Holder::Group(g), now));
                    // Each role that is in the way is told once, on however many bots it is held.
                    let barred = carried.filter(|role| !may_grant(scopes, role)).map(|(kind, name, _)| (kind, name));
                    let barred: BTreeSet<_> = barred.collect();
                    out.extend(barred.iter().map(|_| UserFault::OverCeiling(String::new())));
                }
            }
        }
        out.extend(role_faults(scopes, user));
        out.extend(task_faults(user));
        out
    }

    /// The key of the group with this id.
    fn group(&self, id: &str) -> Option<String> {
        self.groups.keys().find(|name| GroupId::derive("Acme", name).as_str() == id).cloned()
    }

    fn add(&mut self, user: &NewUser) {
        let email = user.email.trim().to_owned();
        let key = key(&email);
        let tasks = user.tasks.iter().flat_map(|task| {
            let bot = bot(task.bot.trim()).unwrap();
            let name = bot.0.to_owned();
            match &task.dialogs {
                None => vec![(name, None)],
                Some(ids) => {
                    let named = ids.iter().map(|id| id.trim()).filter(|id| !id.is_empty());
                    named.map(|id| (name.clone(), dialog(bot, id).map(str::to_owned))).collect()
                }
            }
        });
        let known = User {
            email,
            org_user_id: clean(user.org_user_id.as_deref()).unwrap(),
            status: Status::Invited,
            can_create_bot: user.can_create_bot,
            is_developer: user.is_developer,
            first_name: clean(user.profile.get(ProfileField::FirstName)).unwrap(),
            tasks: tasks.collect(),
        };
        self.users.insert(key.clone(), known);
        for id in &user.groups {
            let group = self.group(id.trim()).unwrap();
            self.groups.get_mut(&group).unwrap().members.insert(key.clone());
        }
        for (kind, role, bot) in user.roles.iter().filter_map(|r| role(&r.role, r.bot.as_deref())) {
            self.held.insert(Held { kind, role, bot, holder: Holder::User(key.clone()) }, None);
        }
    }
}

/// The role of these ids, where there is one and the bot fits it.
fn role(id: &str, bot_id: Option<&str>) -> Option<Role> {
    let (kind, name, _) = ROLES.into_iter().find(|(kind, name, _)| role_id(*kind, name) == id.trim())?;
    let bot_id = bot_id.map(str::trim).filter(|id| !id.is_empty());
    match (kind, bot_id) {
        (RoleKind::Admin, None) => Some((kind, name.to_owned(), None)),
        (RoleKind::Bot, Some(id)) => Some((kind, name.to_owned(), Some(bot(id)?.0.to_owned()))),
        _ => None,
    }
}

fn role_faults(scopes: &[Scope], user: &NewUser) -> Vec<UserFault> {
    let mut out = Vec::new();
    let trimmed = user.roles.iter().map(|r| (r.role.trim(), r.bot.as_deref().map(str::trim).filter(|b| !b.is_empty())));
    for (id, bot_id) in unique(trimmed) {
        out.extend(bot_id.filter(|id| bot(id).is_none()).map(|id| UserFault::UnknownBot(id.to_owned())));
        let known: BTreeMap<String, (RoleKind, &str)> =
            ROLES.into_iter().map(|(kind, name, _)| (role_id(kind, name), (kind, name))).collect();
        let Some(&(kind, name)) = known.get(id) else {
            out.push(UserFault::UnknownRole(id.to_owned()));
            continue;
        };
        match (kind, bot_id) {
            (RoleKind::Admin, Some(_)) => out.push(UserFault::AdminRoleWithBot(name.to_owned())),
            (RoleKind::Bot, None) => out.push(UserFault::BotRoleWithoutBot(name.to_owned())),
            _ => {}
        }
        if !may_grant(scopes, &(kind, name.to_owned(), None)) {
            out.push(UserFault::OverCeiling(String::new()));
        }
    }
    out
}

fn task_faults(user: &NewUser) -> Vec<UserFault> {
    let mut out = Vec::new();
    for task in &user.tasks {
        let id = task.bot.trim();
        match bot(id) {
            None => out.push(UserFault::UnknownBot(id.to_owned())),
            Some(bot) => {
                if !bot.1 {
                    out.push(UserFault::NotPublished(id.to_owned()));
                }
                let ids = unique(task.dialogs.iter().flatten().map(|d| d.trim())).into_iter();
                let unknown = ids.filter(|d| !d.is_empty() && dialog(bot, d).is_none());
                out.extend(unknown.map(|d| UserFault::UnknownDialog { bot: id.to_owned(), dialog: d.to_owned() }));
            }
        }
    }
    out
}
