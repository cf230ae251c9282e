//! From a description to an account file as JSON: keys in a fixed order, nothing that the description does not say.

use rollcall_core::apps::PublicKey;
use rollcall_core::chance::Secret;
use rollcall_core::change::Change;
use rollcall_core::sync::{
    AppState, AssignmentState, BotState, CredentialState, DialogState, GroupState, RoleState, State, TaskState,
    UserState,
};
use serde_json::{Map, Value, json};

use super::keys;

/// A mapping under construction.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// Where there is something to say.
    fn some<T: Into<Value>>(self, key: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    fn change<T: ToString>(self, key: &str, value: &Change<T>) -> Self {
        match value {
            Change::Keep => self,
            Change::Clear => self.put(key, Value::Null),
            Change::Set(value) => self.put(key, value.to_string()),
        }
    }

    /// Where there is any.
    fn list<T>(self, key: &str, things: &[T], describe: impl Fn(&T) -> Value) -> Self {
        if things.is_empty() { self } else { self.put(key, things.iter().map(describe).collect::<Vec<_>>()) }
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

pub(super) fn describe(state: &State) -> Value {
    let account = Fields::default().put("name", state.name.as_str()).some("owner", state.owner.as_deref());
    Fields::default()
        .put("rollcall", 1)
        .put("account", account.done())
        .list("bots", &state.bots, bot)
        .list("roles", &state.roles, role)
        .list("users", &state.users, user)
        .list("groups", &state.groups, group)
        .list("assignments", &state.assignments, assignment)
        .list("apps", &state.apps, app)
        .done()
}

fn name(name: &String) -> Value {
    json!(name)
}

fn bot(bot: &BotState) -> Value {
    let are_names = bot.dialogs.iter().all(|dialog| dialog.id.is_none());
    Fields::default()
        .put("name", bot.name.as_str())
        .some("id", bot.id.as_deref())
        .some("description", bot.description.as_deref())
        .change("owner", &bot.owner)
        .some("published", bot.published)
        .some("audience", bot.audience.map(|a| a.word()))
        .list("dialogs", &bot.dialogs, |d| if are_names { name(&d.name) } else { dialog(d) })
        .done()
}

fn dialog(dialog: &DialogState) -> Value {
    Fields::default().put("name", dialog.name.as_str()).some("id", dialog.id.as_deref()).done()
}

fn role(role: &RoleState) -> Value {
    Fields::default()
        .put("kind", role.kind.word())
        .put("name", role.name.as_str())
        .some("id", role.id.as_deref())
        .some("refId", role.ref_id.as_deref())
        .some("description", role.description.as_deref())
        .some("permissions", role.permissions.clone())
        .done()
}

fn user(user: &UserState) -> Value {
    let fields = Fields::default().put("email", user.email.as_str()).some("id", user.id.as_deref());
    user.profile
        .iter()
        .fold(fields, |fields, (field, change)| fields.change(keys::profile(*field), change))
        .change("orgUserId", &user.org_user_id)
        .some("status", user.status.map(|s| s.label()))
        .some("canCreateBot", user.can_create_bot)
        .some("isDeveloper", user.is_developer)
        .some("dataTables", user.data_tables)
        .some("tasks", user.tasks.as_ref().map(|tasks| tasks.iter().map(task).collect::<Vec<_>>()))
        .done()
}

fn task(task: &TaskState) -> Value {
    Fields::default().put("bot", task.bot.as_str()).some("dialogs", task.dialogs.clone()).done()
}

fn group(group: &GroupState) -> Value {
    Fields::default()
        .put("name", group.name.as_str())
        .some("id", group.id.as_deref())
        .some("description", group.description.as_deref())
        .list("members", &group.members, name)
        .list("groups", &group.groups, name)
        .done()
}

fn assignment(assignment: &AssignmentState) -> Value {
    Fields::default()
        .put("role", assignment.role.as_str())
        .some("bot", assignment.bot.as_deref())
        .list("users", &assignment.users, name)
        .list("groups", &assignment.groups, name)
        .some("expires", assignment.expires.map(|time| time.to_string()))
        .done()
}

fn app(app: &AppState) -> Value {
    Fields::default()
        .put("name", app.name.as_str())
        .some("clientId", app.client_id.as_deref())
        .some("clientSecret", app.client_secret.as_ref().map(Secret::expose))
        .some("publicKey", app.public_key.as_ref().map(PublicKey::pem))
        .some("credentials", app.credentials.as_ref().map(|all| all.iter().map(credential).collect::<Vec<_>>()))
        .some("algorithm", app.algorithm.map(|a| a.name()))
        .some("scopes", app.scopes.as_ref().map(|scopes| scopes.iter().map(|s| s.id()).collect::<Vec<_>>()))
        .some("enforceJti", app.enforce_jti)
        .some("enforceJwe", app.enforce_jwe)
        .change("expires", &app.expires)
        .done()
}

fn credential(credential: &CredentialState) -> Value {
    Fields::default()
        .some("clientSecret", credential.client_secret.as_ref().map(Secret::expose))
        .some("publicKey", credential.public_key.as_ref().map(PublicKey::pem))
        .some("expires", credential.expires.map(|time| time.to_string()))
        .done()
}
