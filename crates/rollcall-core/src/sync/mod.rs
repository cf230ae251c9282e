//! A whole account, described: what an account file says and what an export gives. [`crate::Rollcall::apply`] brings the account there.
//!
//! One description serves both directions, so that an export applied to an empty database gives the same account, and
//! applied to its own changes nothing. What a description does not mention stays as it is, unless it is pruned.

mod apply;
mod bring;
mod check;
mod check_apps;
mod current;
mod prune;
mod references;

use serde_json::{Map, Value};

pub(crate) use apply::apply;
pub use current::export;

use crate::apps::{Algorithm, Credential, Ending, PublicKey};
use crate::bots::Audience;
use crate::chance::Secret;
use crate::change::Change;
use crate::clock::Time;
use crate::id::ClientId;
use crate::policy::Scope;
use crate::roles::RoleKind;
use crate::users::{ProfileField, Status};

/// An account. Users are named by address, everything else by name; order does not matter.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The account's name.
    pub name: String,
    /// The address of the account's owner.
    pub owner: Option<String>,
    /// Bots.
    pub bots: Vec<BotState>,
    /// Custom roles.
    pub roles: Vec<RoleState>,
    /// Users.
    pub users: Vec<UserState>,
    /// Groups.
    pub groups: Vec<GroupState>,
    /// Who holds which role.
    pub assignments: Vec<AssignmentState>,
    /// Client apps.
    pub apps: Vec<AppState>,
}

/// A bot and its dialog tasks.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the domain's own words")]
pub struct BotState {
    pub id: Option<String>,
    pub name: String,
    pub description: Option<String>,
    pub owner: Change<String>,
    pub published: Option<bool>,
    pub audience: Option<Audience>,
    pub dialogs: Vec<DialogState>,
}

/// A dialog task.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the domain's own words")]
pub struct DialogState {
    pub id: Option<String>,
    pub name: String,
}

/// A custom role.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the domain's own words")]
pub struct RoleState {
    pub id: Option<String>,
    pub ref_id: Option<String>,
    pub kind: RoleKind,
    pub name: String,
    pub description: Option<String>,
    /// Kept verbatim, unknown keys too.
    pub permissions: Option<Map<String, Value>>,
}

/// A user.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the domain's own words")]
pub struct UserState {
    pub id: Option<String>,
    pub email: String,
    pub org_user_id: Change<String>,
    /// The profile fields that are mentioned.
    pub profile: Vec<(ProfileField, Change<String>)>,
    pub status: Option<Status>,
    pub can_create_bot: Option<bool>,
    pub is_developer: Option<bool>,
    pub data_tables: Option<bool>,
    /// All tasks of the user, where they are mentioned.
    pub tasks: Option<Vec<TaskState>>,
}

/// Tasks of a bot, by name; none named: all of them.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the domain's own words")]
pub struct TaskState {
    pub bot: String,
    pub dialogs: Option<Vec<String>>,
}

/// A group.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the domain's own words")]
pub struct GroupState {
    pub id: Option<String>,
    pub name: String,
    pub description: Option<String>,
    /// Addresses of members.
    pub members: Vec<String>,
    /// Names of child groups.
    pub groups: Vec<String>,
}

/// A role and those who hold it; with a bot it is a bot role.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the domain's own words")]
pub struct AssignmentState {
    pub role: String,
    pub bot: Option<String>,
    pub users: Vec<String>,
    pub groups: Vec<String>,
    pub expires: Option<Time>,
}

/// A client app.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the domain's own words")]
pub struct AppState {
    pub client_id: Option<String>,
    pub client_secret: Option<Secret>,
    pub public_key: Option<PublicKey>,
    /// All that it proves itself by while clients go from one to the next, the newest last; or one that has an end.
    pub credentials: Option<Vec<CredentialState>>,
    pub name: String,
    pub algorithm: Option<Algorithm>,
    pub scopes: Option<Vec<Scope>>,
    pub enforce_jti: Option<bool>,
    pub enforce_jwe: Option<bool>,
    pub expires: Change<Time>,
}

impl AppState {
    /// What the app proves itself by, the newest last, where it is said.
    pub(crate) fn given(&self) -> Option<Vec<Ending>> {
        let one = |secret: &Option<Secret>, public: &Option<PublicKey>| {
            let public = || public.clone().map(Credential::PublicKey);
            secret.clone().map(Credential::Secret).or_else(public)
        };
        if let Some(list) = &self.credentials {
            let each = list.iter().filter_map(|c| Some((one(&c.client_secret, &c.public_key)?, c.expires)));
            return Some(each.collect());
        }
        one(&self.client_secret, &self.public_key).map(|credential| vec![(credential, None)])
    }
}

/// What an app proves itself by: a secret or a public key.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the domain's own words")]
pub struct CredentialState {
    pub client_secret: Option<Secret>,
    pub public_key: Option<PublicKey>,
    pub expires: Option<Time>,
}

/// What an apply did, or would do.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// A line for each change, in the order they were made: a sign (`+`, `~`, `-`) and what.
    pub changes: Vec<(char, String)>,
    /// Apps that were made and whose secret nobody has seen yet: name, client id, secret.
    pub new_secrets: Vec<(String, ClientId, Secret)>,
}

impl Report {
    pub(crate) fn note(&mut self, sign: char, what: impl Into<String>) {
        self.changes.push((sign, what.into()));
    }
}
