//! What is asked for when users are created, and every reason why one is not.

use std::fmt;

use super::Profile;

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

/// Why a user was not created. [`fmt::Display`] says it with what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the sentences below say it")]
pub enum CreateFault {
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
}

impl fmt::Display for CreateFault {
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
        }
    }
}
