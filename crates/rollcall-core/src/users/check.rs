//! What is wrong with a user that is to be created, before anything is written.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::asked::{CreateFault, NewUser, RoleOnBot, TaskGrant};
use super::{CheckedUser, MAX_ORG_USER_ID, Status};
use crate::bots::Bot;
use crate::error::Result;
use crate::groups::Group;
use crate::id::UserId;
use crate::op::View;
use crate::policy;
use crate::roles::{Role, RoleKind};
use crate::store;
use crate::store::tasks::NewTask;
use crate::text::{self, Email};

/// What the request names and the account has.
pub(super) struct Known {
    groups: HashMap<String, Group>,
    roles: HashMap<String, Role>,
    bots: HashMap<String, Bot>,
    /// By group: why the actor may not add anybody to it.
    barred: HashMap<i64, String>,
}

/// What of a user may belong to one user alone: keys of addresses, and org user ids.
#[derive(Default)]
pub(super) struct Named {
    pub(super) emails: HashSet<String>,
    pub(super) org_user_ids: HashSet<String>,
}

/// A user that can be written.
pub(super) struct Ready<'a> {
    pub(super) user: CheckedUser,
    pub(super) groups: Vec<&'a Group>,
    pub(super) roles: Vec<(&'a Role, Option<&'a Bot>)>,
    pub(super) tasks: Vec<NewTask>,
    /// The same for the audit log: bots, and which of their dialogs (null: all).
    pub(super) task_names: Value,
    pub(super) invite: bool,
}

/// A user that is not to be created. The faults stand apart, because what belongs to others is found last and told in
/// its place.
pub(super) struct Faulty {
    email: Option<Email>,
    pub(super) org_user_id: Option<String>,
    of_email: Vec<CreateFault>,
    of_org_user_id: Vec<CreateFault>,
    others: Vec<CreateFault>,
}

impl Faulty {
    /// One with which nothing is wrong, as far as it was looked at.
    pub(super) fn new(email: Email, org_user_id: Option<String>) -> Box<Self> {
        let (of_email, of_org_user_id, others) = (Vec::new(), Vec::new(), Vec::new());
        Box::new(Self { email: Some(email), org_user_id, of_email, of_org_user_id, others })
    }

    pub(super) fn email_key(&self) -> Option<&str> {
        self.email.as_ref().map(Email::key)
    }

    /// All that is wrong with it, given what belongs to others.
    pub(super) fn told(self, taken: &Named) -> Vec<CreateFault> {
        let exists = |email: &Email| CreateFault::Exists(email.as_str().to_owned());
        let mut faults = self.of_email;
        faults.extend(self.email.as_ref().filter(|email| taken.emails.contains(email.key())).map(exists));
        faults.extend(self.of_org_user_id);
        let of_another = self.org_user_id.filter(|id| taken.org_user_ids.contains(id));
        faults.extend(of_another.map(CreateFault::OrgUserIdTaken));
        faults.extend(self.others);
        if faults.is_empty() {
            // It could not be inserted, and whoever was in its way has gone since.
            faults.extend(self.email.as_ref().map(exists));
        }
        faults
    }
}

impl Known {
    pub(super) fn look_up(view: &View<'_>, users: &[NewUser]) -> Result<Self> {
        let group_ids = unique(users.iter().flat_map(|u| &u.groups).map(String::as_str));
        let groups = store::groups::find_by_ids(view.tx, view.account, &group_ids)?;
        let role_ids = unique(users.iter().flat_map(|u| &u.roles).map(|r| r.role.as_str()));
        let roles = store::roles::find_by_ids(view.tx, view.account, &role_ids)?;
        let of_roles = users.iter().flat_map(|u| &u.roles).filter_map(|r| r.bot.as_deref());
        let of_tasks = users.iter().flat_map(|u| &u.tasks).map(|t| t.bot.as_str());
        let bots = store::bots::find_by_ids(view.tx, view.account, &unique(of_roles.chain(of_tasks)))?;
        let keys: Vec<_> = groups.iter().map(|g| g.key).collect();
        let mut barred = HashMap::new();
        for (group, carried) in store::assignments::carried_by_groups(view.tx, &keys, view.now)? {
            if let Err(why) = policy::ceiling(&view.actor, &carried.grant()) {
                barred.entry(group.0).or_insert(why);
            }
        }
        Ok(Self {
            groups: groups.into_iter().map(|g| (g.id.to_string(), g)).collect(),
            roles: roles.into_iter().map(|r| (r.id.to_string(), r)).collect(),
            bots: bots.into_iter().map(|b| (b.id.to_string(), b)).collect(),
            barred,
        })
    }

    /// One user with all its faults but those that the database finds, or ready to be written. `named` is what those
    /// before it in the request have named.
    pub(super) fn check(&self, view: &View<'_>, asked: NewUser, named: &mut Named) -> Result<Ready<'_>, Box<Faulty>> {
        let (mut of_email, mut of_org_user_id, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        let email = Email::parse(&asked.email).map_err(|why| of_email.push(CreateFault::InvalidEmail(why))).ok();
        if let Some(email) = &email
            && !named.emails.insert(email.key().to_owned())
        {
            of_email.push(CreateFault::RepeatedEmail(email.as_str().to_owned()));
        }
        let org_user_id = asked.org_user_id.and_then(|id| {
            let id = text::clean("the org user id", &id, MAX_ORG_USER_ID);
            id.map_err(|why| of_org_user_id.push(CreateFault::Field(why))).ok().filter(|id| !id.is_empty())
        });
        if let Some(id) = &org_user_id
            && !named.org_user_ids.insert(id.clone())
        {
            of_org_user_id.push(CreateFault::RepeatedOrgUserId(id.clone()));
        }
        let mut profile = asked.profile;
        faults.extend(profile.check().into_iter().map(CreateFault::Field));
        if asked.can_create_bot && !asked.is_developer {
            faults.push(CreateFault::CreatorMustDevelop);
        }
        let groups = check_groups(self, &asked.groups, &mut faults);
        let roles = check_roles(view, self, &asked.roles, &mut faults);
        let tasks = check_tasks(self, &asked.tasks, &mut faults);
        match email {
            Some(email) if of_email.is_empty() && of_org_user_id.is_empty() && faults.is_empty() => Ok(Ready {
                user: CheckedUser {
                    id: UserId::random(),
                    email,
                    org_user_id,
                    profile,
                    can_create_bot: asked.can_create_bot,
                    is_developer: asked.is_developer,
                    data_tables: false,
                    status: Status::Invited,
                    source: "api",
                },
                groups,
                roles,
                tasks,
                task_names: asked.tasks.iter().map(|t| json!({"bot": t.bot.trim(), "dialogs": t.dialogs})).collect(),
                invite: asked.invite,
            }),
            email => Err(Box::new(Faulty { email, org_user_id, of_email, of_org_user_id, others: faults })),
        }
    }
}

fn unique<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    texts.map(str::trim).filter(|text| seen.insert(*text)).collect()
}

fn check_groups<'a>(known: &'a Known, asked: &[String], faults: &mut Vec<CreateFault>) -> Vec<&'a Group> {
    let mut groups = Vec::new();
    for id in unique(asked.iter().map(String::as_str)) {
        let Some(group) = known.groups.get(id) else {
            faults.push(CreateFault::UnknownGroup(id.to_owned()));
            continue;
        };
        if group.from_directory {
            faults.push(CreateFault::DirectoryGroup(group.name.clone()));
        }
        if let Some(why) = known.barred.get(&group.key.0) {
            faults.push(CreateFault::OverCeiling(format!("{why} (the group {:?} carries it)", group.name)));
        }
        groups.push(group);
    }
    groups
}

fn check_roles<'a>(
    view: &View<'_>,
    known: &'a Known,
    asked: &[RoleOnBot],
    faults: &mut Vec<CreateFault>,
) -> Vec<(&'a Role, Option<&'a Bot>)> {
    let mut roles = Vec::new();
    let mut seen = HashSet::new();
    for RoleOnBot { role: role_id, bot: bot_id } in asked {
        let (role_id, bot_id) = (role_id.trim(), bot_id.as_deref().map(str::trim).filter(|id| !id.is_empty()));
        if !seen.insert((role_id, bot_id)) {
            continue;
        }
        let before = faults.len();
        let bot = bot_id.and_then(|id| {
            let found = known.bots.get(id);
            if found.is_none() {
                faults.push(CreateFault::UnknownBot(id.to_owned()));
            }
            found
        });
        let Some(role) = known.roles.get(role_id) else {
            faults.push(CreateFault::UnknownRole(role_id.to_owned()));
            continue;
        };
        match (role.kind, bot_id) {
            (RoleKind::Bot, None) => faults.push(CreateFault::BotRoleWithoutBot(role.name.clone())),
            (RoleKind::Admin, Some(_)) => faults.push(CreateFault::AdminRoleWithBot(role.name.clone())),
            _ => {}
        }
        if let Err(why) = policy::ceiling(&view.actor, &role.grant()) {
            faults.push(CreateFault::OverCeiling(why));
        }
        if faults.len() == before {
            roles.push((role, bot));
        }
    }
    roles
}

fn check_tasks(known: &Known, asked: &[TaskGrant], faults: &mut Vec<CreateFault>) -> Vec<NewTask> {
    let mut tasks = Vec::new();
    for TaskGrant { bot: bot_id, dialogs } in asked {
        let Some(bot) = known.bots.get(bot_id.trim()) else {
            faults.push(CreateFault::UnknownBot(bot_id.trim().to_owned()));
            continue;
        };
        if !bot.is_for_enterprise() {
            faults.push(CreateFault::NotPublished(bot.id.to_string()));
        }
        match dialogs {
            None => tasks.push(NewTask { bot: bot.key, dialog: None }),
            Some(ids) => {
                for id in unique(ids.iter().map(String::as_str)).into_iter().filter(|id| !id.is_empty()) {
                    match bot.dialogs.iter().find(|d| d.id.as_str() == id) {
                        Some(dialog) => tasks.push(NewTask { bot: bot.key, dialog: Some(dialog.key) }),
                        None => {
                            faults.push(CreateFault::UnknownDialog { bot: bot.id.to_string(), dialog: id.to_owned() });
                        }
                    }
                }
            }
        }
    }
    tasks
}
