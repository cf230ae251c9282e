//! What is asked for when users are created, changed and removed, and every reason why one is not.

use std::fmt;

use super::{Lookup, Profile, ProfileField};
use crate::change::Change;

/// A user to be created, as asked for.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// The address; compared case-insensitively, stored as written.
    pub email: String,
    /// The id that the user's own organisation gave them.
    pub org_user_id: Option<String>,
    /// Texts about the person.
    pub profile: Profile,
    /// Public ids of groups to be a member of.
    pub groups: Vec<String>,
    /// Roles to hold.
    pub roles: Vec<RoleOnBot>,
    /// Dialog tasks to be allowed.
    pub tasks: Vec<TaskGrant>,
    /// May create bots; takes `is_developer`.
    pub can_create_bot: bool,
    /// May use the builder.
    pub is_developer: bool,
    /// Whether to send an invitation.
    pub invite: bool,
}

impl NewUser {
    /// A user of whom only the address is known, with the vendor's defaults.
    pub fn with_email(email: impl Into<String>) -> Self {
        Self { email: email.into(), can_create_bot: true, is_developer: true, invite: true, ..Self::default() }
    }
}

/// What is to become of a user, as asked for. What is not mentioned stays as it is.
#[derive(Debug, Clone)]
pub struct UserUpdate {
    /// Whom it is about.
    pub user: Lookup,
    /// The org user id that stands beside an address. It must be the user's own: it cannot be changed.
    pub org_user_id: Option<String>,
    /// Texts about the person; an empty one clears.
    pub profile: Vec<(ProfileField, Change<String>)>,
    /// Public ids of groups to become a member of.
    pub add_groups: Vec<String>,
    /// Public ids of groups to leave.
    pub remove_groups: Vec<String>,
    /// Roles to hold.
    pub add_roles: Vec<RoleOnBot>,
    /// Roles to hold no longer.
    pub remove_roles: Vec<RoleOnBot>,
    /// The dialog tasks to be allowed in the place of all that are.
    pub tasks: Option<Vec<TaskGrant>>,
    /// May create bots; takes `is_developer`.
    pub can_create_bot: Option<bool>,
    /// May use the builder.
    pub is_developer: Option<bool>,
}

impl UserUpdate {
    /// Of this user, nothing.
    pub fn of(user: Lookup) -> Self {
        Self {
            user,
            org_user_id: None,
            profile: Vec::new(),
            add_groups: Vec::new(),
            remove_groups: Vec::new(),
            add_roles: Vec::new(),
            remove_roles: Vec::new(),
            tasks: None,
            can_create_bot: None,
            is_developer: None,
        }
    }
}

/// A role by its public id; a bot role names its bot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoleOnBot {
    /// The role's public id.
    pub role: String,
    /// The bot's public id, for a bot role.
    pub bot: Option<String>,
}

/// Dialog tasks of a bot; none named: all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskGrant {
    /// The bot's public id.
    pub bot: String,
    /// Public ids of dialogs.
    pub dialogs: Option<Vec<String>>,
}

/// Why a user was not created, changed or removed. [`fmt::Display`] says it with what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the sentences below say it")]
pub enum UserFault {
    InvalidEmail(String),
    Exists(String),
    RepeatedEmail(String),
    RepeatedOrgUserId(String),
    OrgUserIdTaken(String),
    UnknownGroup(String),
    DirectoryGroup(String),
    UnknownRole(String),
    UnknownBot(String),
    UnknownDialog { bot: String, dialog: String },
    BotRoleWithoutBot(String),
    AdminRoleWithBot(String),
    CreatorMustDevelop,
    NotPublished(String),
    OverCeiling(String),
    Field(String),
    NotFound(Lookup),
    Repeated(String),
    OrgUserIdStays { user: String, given: String },
    GroupBothWays(String),
    RoleBothWays(String),
    CreatorIsNoDeveloper(String),
    DeveloperCreates(String),
    OwnsAccount(String),
    OwnsBot { user: String, bot: String },
    LastAdmin(String),
}

impl fmt::Display for UserFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidEmail(why) => write!(f, "Invalid e-mail address {why}"),
            Self::Exists(email) => write!(f, "A user with the e-mail address {email:?} exists in this account"),
            Self::RepeatedEmail(email) => {
                write!(f, "The e-mail address {email:?} stands in this request more than once")
            }
            Self::RepeatedOrgUserId(id) => write!(f, "The org user id {id:?} stands in this request more than once"),
            Self::OrgUserIdTaken(id) => write!(f, "The org user id {id:?} belongs to another user"),
            Self::UnknownGroup(id) => write!(f, "Unknown group id {id}"),
            Self::DirectoryGroup(name) => write!(f, "The members of the group {name:?} come from the directory alone"),
            Self::UnknownRole(id) => write!(f, "Unknown role id {id}"),
            Self::UnknownBot(id) => write!(f, "Unknown bot id {id}"),
            Self::UnknownDialog { bot, dialog } => write!(f, "Unknown dialog id {dialog} of the bot {bot}"),
            Self::BotRoleWithoutBot(name) => write!(f, "The role {name:?} is a bot role: say on which bot"),
            Self::AdminRoleWithBot(name) => write!(f, "The role {name:?} is an admin role: it takes no bot"),
            Self::CreatorMustDevelop => f.write_str("Who may create bots must be a developer too"),
            Self::NotPublished(bot) => {
                write!(f, "The bot {bot} is not published for enterprise users: its tasks cannot be assigned")
            }
            Self::OverCeiling(why) | Self::Field(why) => f.write_str(why),
            Self::NotFound(Lookup::Email(email)) => write!(f, "Unknown user {}", email.trim()),
            Self::NotFound(Lookup::OrgUserId(id)) => write!(f, "Unknown org user id {}", id.trim()),
            Self::Repeated(email) => write!(f, "The user {email} stands in this request more than once"),
            Self::OrgUserIdStays { user, given } => {
                write!(f, "{given:?} is not the org user id of {user}, which cannot be changed")
            }
            Self::GroupBothWays(name) => write!(f, "The group {name:?} is both to be joined and to be left"),
            Self::RoleBothWays(name) => write!(f, "The role {name:?} is both to be given and to be taken away"),
            Self::CreatorIsNoDeveloper(email) => {
                write!(f, "Who may create bots must be a developer too, and {email} is none")
            }
            Self::DeveloperCreates(email) => {
                write!(f, "Who may create bots must be a developer too, and {email} may create bots")
            }
            Self::OwnsAccount(email) => write!(f, "{email} owns the account"),
            Self::OwnsBot { user, bot } => write!(f, "{user} owns the bot {bot:?}"),
            Self::LastAdmin(email) => write!(
                f,
                "{email} is the last active holder of the built-in role \"admin\", which may not be left without one"
            ),
        }
    }
}
