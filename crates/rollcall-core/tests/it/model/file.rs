//! Bringing an account to a description, in the model.

use std::collections::BTreeSet;

use rollcall_core::Code;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{AssignmentState, State, TaskState, UserState};
use rollcall_core::users::Status;

use super::{Account, BOTS, Group, Held, Holder, Model, ROLES, User, key};

impl Model {
    /// Whether and why the description is refused; else it is done.
    pub(crate) fn apply(&mut self, file: &State, prune: bool) -> Result<(), Code> {
        let mut next = self.account.clone();
        file.users.iter().for_each(|user| next.bring_user(user));
        if !next.is_sound(file, prune) {
            return Err(Code::Invalid);
        }
        for group in &file.groups {
            let empty = Group { name: group.name.clone(), members: BTreeSet::new(), children: BTreeSet::new() };
            let has = next.groups.entry(key(&group.name)).or_insert(empty);
            if prune {
                has.members.clear();
                has.children.clear();
            }
            has.members.extend(group.members.iter().map(|email| key(email)));
            has.children.extend(group.groups.iter().map(|name| key(name)));
        }
        if !next.is_acyclic() {
            return Err(Code::Invalid);
        }
        let before = std::mem::take(&mut next.held);
        let named: BTreeSet<(Held, _)> =
            file.assignments.iter().flat_map(|a| holds(a).map(|h| (h, a.expires))).collect();
        next.held = named.iter().cloned().collect();
        if !prune {
            before.into_iter().for_each(|(held, until)| {
                next.held.entry(held).or_insert(until);
            });
        } else {
            next.prune(file);
        }
        self.settle(next)
    }
}

fn holds(a: &AssignmentState) -> impl Iterator<Item = Held> + '_ {
    let kind = if a.bot.is_some() { RoleKind::Bot } else { RoleKind::Admin };
    let users = a.users.iter().map(|email| Holder::User(key(email)));
    let holders = users.chain(a.groups.iter().map(|name| Holder::Group(key(name))));
    holders.map(move |holder| Held { kind, role: a.role.clone(), bot: a.bot.clone(), holder })
}

fn tasks(list: &[TaskState]) -> BTreeSet<(String, Option<String>)> {
    let each = list.iter().flat_map(|task| match &task.dialogs {
        None => vec![(task.bot.clone(), None)],
        Some(dialogs) => dialogs.iter().map(|d| (task.bot.clone(), Some(d.clone()))).collect(),
    });
    each.collect()
}

impl Account {
    fn bring_user(&mut self, file: &UserState) {
        let new = User {
            email: file.email.trim().to_owned(),
            org_user_id: None,
            status: Status::Invited,
            can_create_bot: true,
            is_developer: true,
            first_name: None,
            tasks: BTreeSet::new(),
        };
        let user = self.users.entry(key(&file.email)).or_insert(new);
        user.org_user_id = file.org_user_id.over(user.org_user_id.as_ref());
        user.status = file.status.unwrap_or(user.status);
        if let Some(list) = &file.tasks {
            user.tasks = tasks(list);
        }
    }

    /// Whether the description names nothing unknown and nothing twice; the users have been brought already. Where it is
    /// the whole, it can name what it describes alone.
    fn is_sound(&self, file: &State, is_whole: bool) -> bool {
        let is_group = |name: &String| {
            let is_described = file.groups.iter().any(|group| key(&group.name) == key(name));
            is_described || (!is_whole && self.groups.contains_key(&key(name)))
        };
        let is_user = |email: &String| {
            let is_described = file.users.iter().any(|user| key(&user.email) == key(email));
            is_described || (!is_whole && self.users.contains_key(&key(email)))
        };
        let is_fit = |a: &AssignmentState| match &a.bot {
            Some(bot) => {
                let is_known = ROLES.iter().any(|(kind, name, _)| *kind == RoleKind::Bot && *name == a.role);
                is_known && BOTS.iter().any(|(name, _, _)| name == bot)
            }
            None if a.role == "admin" => a.groups.is_empty() && a.expires.is_none(),
            None => ROLES.iter().any(|(kind, name, _)| *kind == RoleKind::Admin && *name == a.role),
        };
        let is_task = |task: &TaskState| {
            let bot = BOTS.iter().find(|(name, _, _)| *name == task.bot);
            bot.is_some_and(|(_, _, has)| task.dialogs.iter().flatten().all(|d| has.contains(&d.as_str())))
        };
        let ids: Vec<_> = self.users.values().filter_map(|user| user.org_user_id.as_ref()).collect();
        ids.iter().collect::<BTreeSet<_>>().len() == ids.len()
            && file.groups.iter().all(|g| g.members.iter().all(is_user) && g.groups.iter().all(is_group))
            && file
                .assignments
                .iter()
                .all(|a| is_fit(a) && a.users.iter().all(is_user) && a.groups.iter().all(is_group))
            && file.users.iter().flat_map(|user| user.tasks.iter().flatten()).all(is_task)
    }

    /// Removes what the description does not name. Its roles, bots and apps are always all there are.
    fn prune(&mut self, file: &State) {
        self.groups.retain(|name, _| file.groups.iter().any(|group| key(&group.name) == *name));
        self.users.retain(|name, _| file.users.iter().any(|user| key(&user.email) == *name));
        for user in file.users.iter().filter(|user| user.tasks.is_none()) {
            self.users.get_mut(&key(&user.email)).unwrap().tasks.clear();
        }
        for group in self.groups.values_mut() {
            group.members.retain(|user| self.users.contains_key(user));
        }
        let groups: BTreeSet<String> = self.groups.keys().cloned().collect();
        self.groups.values_mut().for_each(|group| group.children.retain(|child| groups.contains(child)));
        let (users, groups) = (&self.users, &self.groups);
        self.held.retain(|held, _| match &held.holder {
            Holder::User(user) => users.contains_key(user),
            Holder::Group(group) => groups.contains_key(group),
        });
    }
}
