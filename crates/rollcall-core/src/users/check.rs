//! What requests about users name, and what is wrong with that: groups, roles, bots and tasks, given and taken away.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::asked::{RoleOnBot, TaskGrant, UserFault};
use crate::bots::{Bot, Dialog};
use crate::error::Result;
use crate::groups::Group;
use crate::op::View;
use crate::policy;
use crate::roles::{Role, RoleKind};
use crate::store;
use crate::store::GroupKey;
use crate::store::tasks::NewTask;

/// Whether something is to be had from now on, or not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum End {
    Given,
    Taken,
}

/// A role, and the bot that it is for where it is a bot role.
pub(super) type RoleOf<'a> = (&'a Role, Option<&'a Bot>);

/// A dialog of a bot, or all of them.
pub(super) type TaskOf<'a> = (&'a Bot, Option<&'a Dialog>);

/// What a request names by public ids.
#[derive(Default)]
pub(super) struct Ids<'a> {
    groups: Vec<&'a str>,
    roles: Vec<&'a str>,
    bots: Vec<&'a str>,
}

impl<'a> Ids<'a> {
    pub(super) fn note(&mut self, groups: &'a [String], roles: &'a [RoleOnBot], tasks: &'a [TaskGrant]) {
        self.groups.extend(groups.iter().map(String::as_str));
        self.roles.extend(roles.iter().map(|r| r.role.as_str()));
        self.bots.extend(roles.iter().filter_map(|r| r.bot.as_deref()));
        self.bots.extend(tasks.iter().map(|t| t.bot.as_str()));
    }
}

/// What the request names and the account has.
pub(super) struct Known {
    groups: HashMap<String, Group>,
    roles: HashMap<String, Role>,
    bots: HashMap<String, Bot>,
    /// Why the actor may not add anybody to a group, or take anybody out of it: for each role that is in the way.
    barred: HashMap<(GroupKey, End), Vec<String>>,
}

impl Known {
    pub(super) fn look_up(view: &View<'_>, ids: Ids<'_>) -> Result<Self> {
        let groups = store::groups::find_by_ids(view.tx, view.account, &unique(ids.groups))?;
        let roles = store::roles::find_by_ids(view.tx, view.account, &unique(ids.roles))?;
        let bots = store::bots::find_by_ids(view.tx, view.account, &unique(ids.bots))?;
        let keys: Vec<_> = groups.iter().map(|g| g.key).collect();
        let mut barred = HashMap::<_, Vec<String>>::new();
        for (group, carried) in store::assignments::carried_by_groups(view.tx, &keys, view.now)? {
            for end in [End::Given, End::Taken] {
                if let Err(why) = end.allowed(view, &carried.grant()) {
                    barred.entry((group, end)).or_default().push(why);
                }
            }
        }
        Ok(Self {
            groups: groups.into_iter().map(|g| (g.id.to_string(), g)).collect(),
            roles: roles.into_iter().map(|r| (r.id.to_string(), r)).collect(),
            bots: bots.into_iter().map(|b| (b.id.to_string(), b)).collect(),
            barred,
        })
    }

    pub(super) fn all_roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    pub(super) fn all_bots(&self) -> impl Iterator<Item = &Bot> {
        self.bots.values()
    }

    /// The groups of these ids, each once.
    pub(super) fn groups(&self, end: End, asked: &[String], faults: &mut Vec<UserFault>) -> Vec<&Group> {
        let mut groups = Vec::new();
        for id in unique(asked.iter().map(String::as_str)) {
            let Some(group) = self.groups.get(id) else {
                faults.push(UserFault::UnknownGroup(id.to_owned()));
                continue;
            };
            if group.from_directory {
                faults.push(UserFault::DirectoryGroup(group.name.clone()));
            }
            for why in self.barred.get(&(group.key, end)).into_iter().flatten() {
                faults.push(UserFault::OverCeiling(format!("{why} (the group {:?} carries it)", group.name)));
            }
            groups.push(group);
        }
        groups
    }

    /// The roles of these ids, each with its bot, each once.
    pub(super) fn roles(
        &self,
        view: &View<'_>,
        end: End,
        asked: &[RoleOnBot],
        faults: &mut Vec<UserFault>,
    ) -> Vec<RoleOf<'_>> {
        let mut roles = Vec::new();
        let mut seen = HashSet::new();
        for RoleOnBot { role: role_id, bot: bot_id } in asked {
            let (role_id, bot_id) = (role_id.trim(), bot_id.as_deref().map(str::trim).filter(|id| !id.is_empty()));
            if !seen.insert((role_id, bot_id)) {
                continue;
            }
            let before = faults.len();
            let bot = bot_id.and_then(|id| {
                let found = self.bots.get(id);
                if found.is_none() {
                    faults.push(UserFault::UnknownBot(id.to_owned()));
                }
                found
            });
            let Some(role) = self.roles.get(role_id) else {
                faults.push(UserFault::UnknownRole(role_id.to_owned()));
                continue;
            };
            match (role.kind, bot_id) {
                (RoleKind::Bot, None) => faults.push(UserFault::BotRoleWithoutBot(role.name.clone())),
                (RoleKind::Admin, Some(_)) => faults.push(UserFault::AdminRoleWithBot(role.name.clone())),
                _ => {}
            }
            if let Err(why) = end.allowed(view, &role.grant()) {
                faults.push(UserFault::OverCeiling(why));
            }
            if faults.len() == before {
                roles.push((role, bot));
            }
        }
        roles
    }

    /// The tasks of these ids.
    pub(super) fn tasks(&self, view: &View<'_>, asked: &[TaskGrant], faults: &mut Vec<UserFault>) -> Vec<TaskOf<'_>> {
        let mut tasks = Vec::new();
        if !asked.is_empty() {
            let barred = policy::ceiling_of_right(&view.actor, policy::Right::UseTasks).err();
            faults.extend(barred.map(UserFault::OverCeiling));
        }
        for TaskGrant { bot: bot_id, dialogs } in asked {
            let Some(bot) = self.bots.get(bot_id.trim()) else {
                faults.push(UserFault::UnknownBot(bot_id.trim().to_owned()));
                continue;
            };
            if !bot.is_for_enterprise() {
                faults.push(UserFault::NotPublished(bot.id.to_string()));
            }
            match dialogs {
                None => tasks.push((bot, None)),
                Some(ids) => {
                    for id in unique(ids.iter().map(String::as_str)).into_iter().filter(|id| !id.is_empty()) {
                        match bot.dialogs.iter().find(|d| d.id.as_str() == id) {
                            Some(dialog) => tasks.push((bot, Some(dialog))),
                            None => {
                                faults
                                    .push(UserFault::UnknownDialog { bot: bot.id.to_string(), dialog: id.to_owned() });
                            }
                        }
                    }
                }
            }
        }
        tasks
    }
}

impl End {
    /// Whether the actor may hand a role on, or take it away.
    fn allowed(self, view: &View<'_>, grant: &policy::Grant<'_>) -> Result<(), String> {
        match self {
            Self::Given => policy::ceiling(&view.actor, grant),
            Self::Taken => policy::taking(&view.actor, grant),
        }
    }
}

/// The rows that stand for these tasks.
pub(super) fn rows_of(tasks: &[TaskOf<'_>]) -> Vec<NewTask> {
    tasks.iter().map(|(bot, dialog)| NewTask { bot: bot.key, dialog: dialog.map(|d| d.key) }).collect()
}

/// Tasks for the audit log: bots, and which of their dialogs; null for all, which holds the single ones too.
pub(super) fn told<'a>(tasks: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Value {
    let mut bots = Vec::<(&str, Option<Vec<&str>>)>::new();
    for (bot, dialog) in tasks {
        let index = bots.iter().position(|(known, _)| *known == bot).unwrap_or_else(|| {
            bots.push((bot, Some(Vec::new())));
            bots.len() - 1
        });
        match (dialog, &mut bots[index].1) {
            (None, dialogs) => *dialogs = None,
            (Some(dialog), Some(dialogs)) if !dialogs.contains(&dialog) => dialogs.push(dialog),
            (Some(_), _) => {}
        }
    }
    bots.into_iter().map(|(bot, dialogs)| json!({"bot": bot, "dialogs": dialogs})).collect()
}

/// The same of tasks that were asked for, as they are meant.
pub(super) fn told_of(tasks: &[TaskOf<'_>]) -> Value {
    told(tasks.iter().map(|(bot, dialog)| (bot.id.as_str(), dialog.map(|d| d.id.as_str()))))
}

/// The texts without blanks around them, each once, in order.
fn unique<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    texts.into_iter().map(str::trim).filter(|text| seen.insert(*text)).collect()
}
