//! What is wrong with a user that is to be created, before anything is written. What requests name: `check`.

use std::collections::HashSet;

use serde_json::Value;

use super::asked::{NewUser, UserFault};
use super::check::{End, Ids, Known, RoleOf, rows_of, told_of};
use super::{CheckedUser, Flags, MAX_ORG_USER_ID, Status, flags};
use crate::groups::Group;
use crate::id::UserId;
use crate::op::View;
use crate::store::tasks::NewTask;
use crate::text::{self, Email};

/// What may belong to one user alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Unique<'a> {
    /// The key of an address.
    Email(&'a str),
    OrgUserId(&'a str),
}

/// What the users of a request are to have for themselves: keys of addresses, and org user ids.
#[derive(Default)]
pub(super) struct Named {
    emails: HashSet<String>,
    org_user_ids: HashSet<String>,
}

/// A user that can be written.
pub(super) struct Ready<'a> {
    pub(super) user: CheckedUser,
    pub(super) groups: Vec<&'a Group>,
    pub(super) roles: Vec<RoleOf<'a>>,
    pub(super) tasks: Vec<NewTask>,
    /// The same for the audit log: bots, and which of their dialogs (null: all).
    pub(super) task_names: Value,
    pub(super) invite: bool,
}

/// A user that is not to be created. The faults stand apart, because what belongs to others is found last and told in
/// its place.
pub(super) struct Faulty {
    email: Option<Email>,
    org_user_id: Option<String>,
    of_email: Vec<UserFault>,
    of_org_user_id: Vec<UserFault>,
    others: Vec<UserFault>,
}

impl Faulty {
    /// One with which nothing is wrong, as far as it was looked at.
    pub(super) fn new(email: Email, org_user_id: Option<String>) -> Box<Self> {
        let (of_email, of_org_user_id, others) = (Vec::new(), Vec::new(), Vec::new());
        Box::new(Self { email: Some(email), org_user_id, of_email, of_org_user_id, others })
    }

    /// What it was to have for itself.
    pub(super) fn wants(&self) -> impl Iterator<Item = Unique<'_>> {
        let email = self.email.as_ref().map(|email| Unique::Email(email.key()));
        email.into_iter().chain(self.org_user_id.as_deref().map(Unique::OrgUserId))
    }

    /// All that is wrong with it, given what belongs to others.
    pub(super) fn told(self, is_taken: impl Fn(&Unique<'_>) -> bool) -> Vec<UserFault> {
        let exists = |email: &Email| UserFault::Exists(email.as_str().to_owned());
        let mut faults = self.of_email;
        faults.extend(self.email.as_ref().filter(|email| is_taken(&Unique::Email(email.key()))).map(exists));
        faults.extend(self.of_org_user_id);
        let of_another = self.org_user_id.filter(|id| is_taken(&Unique::OrgUserId(id)));
        faults.extend(of_another.map(UserFault::OrgUserIdTaken));
        faults.extend(self.others);
        if faults.is_empty() {
            // It could not be inserted, and whoever was in its way has gone since.
            faults.extend(self.email.as_ref().map(exists));
        }
        faults
    }
}

/// A user to be created, looked at as far as that can be done without the database: what many wait for does only the rest.
#[derive(Debug)]
pub(super) struct Candidate {
    id: UserId,
    email: Option<Email>,
    org_user_id: Option<String>,
    of_email: Vec<UserFault>,
    of_org_user_id: Vec<UserFault>,
    others: Vec<UserFault>,
    asked: NewUser,
}

impl Candidate {
    pub(super) fn of(mut asked: NewUser) -> Self {
        let (mut of_email, mut of_org_user_id) = (Vec::new(), Vec::new());
        let email = Email::parse(&asked.email).map_err(|why| of_email.push(UserFault::InvalidEmail(why))).ok();
        let org_user_id = asked.org_user_id.take().and_then(|id| {
            let id = text::clean("the org user id", &id, MAX_ORG_USER_ID);
            id.map_err(|why| of_org_user_id.push(UserFault::Field(why))).ok().filter(|id| !id.is_empty())
        });
        let mut others: Vec<UserFault> = asked.profile.check().into_iter().map(UserFault::Field).collect();
        if asked.can_create_bot && !asked.is_developer {
            others.push(UserFault::CreatorMustDevelop);
        }
        Self { id: UserId::random(), email, org_user_id, of_email, of_org_user_id, others, asked }
    }

    /// Notes what it names by public ids.
    pub(super) fn note<'a>(&'a self, ids: &mut Ids<'a>) {
        ids.note(&self.asked.groups, &self.asked.roles, &self.asked.tasks);
    }
}

impl Known {
    /// One user with all its faults but those that the database finds, or ready to be written. `named` is what those
    /// before it in the request have named.
    pub(super) fn check_new(
        &self,
        view: &View<'_>,
        candidate: &Candidate,
        named: &mut Named,
    ) -> Result<Ready<'_>, Box<Faulty>> {
        let Candidate { id, email, org_user_id, of_email, of_org_user_id, others, asked } = candidate;
        let (mut of_email, mut of_org_user_id) = (of_email.clone(), of_org_user_id.clone());
        let mut faults = others.clone();
        if let Some(email) = email
            && !named.emails.insert(email.key().to_owned())
        {
            of_email.push(UserFault::RepeatedEmail(email.as_str().to_owned()));
        }
        if let Some(id) = org_user_id
            && !named.org_user_ids.insert(id.clone())
        {
            of_org_user_id.push(UserFault::RepeatedOrgUserId(id.clone()));
        }
        let (can_create_bot, is_developer) = (Some(asked.can_create_bot), Some(asked.is_developer));
        let asked_flags = Flags { can_create_bot, is_developer, data_tables: None };
        faults.extend(flags::barred(&view.actor, asked_flags).map(UserFault::OverCeiling));
        let groups = self.groups(End::Given, &asked.groups, &mut faults);
        let roles = self.roles(view, End::Given, &asked.roles, &mut faults);
        let tasks = self.tasks(view, &asked.tasks, &mut faults);
        let org_user_id = org_user_id.clone();
        match email.clone() {
            Some(email) if of_email.is_empty() && of_org_user_id.is_empty() && faults.is_empty() => Ok(Ready {
                user: CheckedUser {
                    id: id.clone(),
                    email,
                    org_user_id,
                    profile: asked.profile.clone(),
                    can_create_bot: asked.can_create_bot,
                    is_developer: asked.is_developer,
                    data_tables: false,
                    status: Status::Invited,
                    source: view.actor.via(),
                },
                groups,
                roles,
                tasks: rows_of(&tasks),
                task_names: told_of(&tasks),
                invite: asked.invite,
            }),
            email => Err(Box::new(Faulty { email, org_user_id, of_email, of_org_user_id, others: faults })),
        }
    }
}
