//! The account as it is: read whole, in a fixed number of statements, and told as a description.

use std::collections::HashMap;

use super::{
    AppState, AssignmentState, BotState, CredentialState, DialogState, GroupState, RoleState, State, TaskState,
    UserState,
};
use crate::accounts::Account;
use crate::apps::{self, App, Credential};
use crate::bots::Bot;
use crate::change::Change;
use crate::error::Result;
use crate::groups::Group;
use crate::op::View;
use crate::policy::Permission;
use crate::store::assignments::{Holder, NewAssignment};
use crate::store::snapshot::FullRole;
use crate::store::tasks::NewTask;
use crate::store::users::UserRow;
use crate::store::{self, BotKey, GroupKey, RoleKey, UserKey};
use crate::users::ProfileField;

/// Everything that an account has.
pub(crate) struct Current {
    pub(crate) account: Account,
    pub(crate) owner: Option<UserKey>,
    pub(crate) users: Vec<UserRow>,
    pub(crate) groups: Vec<Group>,
    pub(crate) members: Vec<(GroupKey, UserKey)>,
    pub(crate) edges: Vec<(GroupKey, GroupKey)>,
    pub(crate) roles: Vec<FullRole>,
    pub(crate) bots: Vec<Bot>,
    pub(crate) assignments: Vec<NewAssignment>,
    pub(crate) tasks: Vec<(UserKey, NewTask)>,
    pub(crate) apps: Vec<App>,
}

impl Current {
    pub(crate) fn load(view: &View<'_>) -> Result<Self> {
        let (tx, account) = (view.tx, view.account);
        Ok(Self {
            account: store::accounts::get(tx, account)?,
            owner: store::accounts::owner(tx, account)?,
            users: store::users::list(tx, account)?,
            groups: store::groups::list(tx, account)?,
            members: store::members::list(tx, account)?,
            edges: store::groups::edges(tx, account)?,
            roles: store::snapshot::roles(tx, account)?,
            bots: store::bots::list(tx, account)?,
            assignments: store::assignments::list(tx, account)?,
            tasks: store::tasks::list(tx, account)?,
            apps: store::apps::list(tx, account)?,
        })
    }
}

/// The account as a description, with every id; with client secrets where asked for.
///
/// # Errors
/// When the database fails, or a secret does not open with the installation key.
pub fn export(view: &View<'_>, with_secrets: bool) -> Result<State> {
    view.expect(Permission::AdministerAccount)?;
    let now = Current::load(view)?;
    let emails: HashMap<UserKey, &str> = now.users.iter().map(|u| (u.key, u.email.as_str())).collect();
    let groups: HashMap<GroupKey, &str> = now.groups.iter().map(|g| (g.key, g.name.as_str())).collect();
    let email = |key: &UserKey| emails.get(key).map_or_else(String::new, |e| (*e).to_owned());
    let group = |key: &GroupKey| groups.get(key).map_or_else(String::new, |n| (*n).to_owned());
    Ok(State {
        name: now.account.name.clone(),
        owner: now.owner.as_ref().map(email),
        bots: now.bots.iter().map(|b| bot(b, email)).collect(),
        roles: now.roles.iter().filter(|r| !r.role.built_in).map(role).collect(),
        users: users(&now),
        groups: {
            let mut members = HashMap::<GroupKey, Vec<String>>::new();
            now.members.iter().for_each(|(g, u)| members.entry(*g).or_default().push(email(u)));
            let mut children = HashMap::<GroupKey, Vec<String>>::new();
            now.edges.iter().for_each(|(p, c)| children.entry(*p).or_default().push(group(c)));
            let state = |g: &Group| GroupState {
                id: Some(g.id.to_string()),
                name: g.name.clone(),
                description: Some(g.description.clone()),
                members: members.remove(&g.key).unwrap_or_default(),
                groups: children.remove(&g.key).unwrap_or_default(),
            };
            now.groups.iter().map(state).collect()
        },
        assignments: assignments(&now, email, group),
        apps: now.apps.iter().map(|a| app(view, a, with_secrets)).collect::<Result<_>>()?,
    })
}

fn bot(bot: &Bot, email: impl Fn(&UserKey) -> String) -> BotState {
    BotState {
        id: Some(bot.id.to_string()),
        name: bot.name.clone(),
        description: Some(bot.description.clone()),
        owner: bot.owner.as_ref().map(email).into(),
        published: Some(bot.published),
        audience: Some(bot.audience),
        dialogs: bot.dialogs.iter().map(|d| DialogState { id: Some(d.id.to_string()), name: d.name.clone() }).collect(),
    }
}

fn role(full: &FullRole) -> RoleState {
    RoleState {
        id: Some(full.role.id.to_string()),
        ref_id: Some(full.ref_id.clone()),
        kind: full.role.kind,
        name: full.role.name.clone(),
        description: Some(full.description.clone()),
        permissions: Some(full.permissions()),
    }
}

fn users(now: &Current) -> Vec<UserState> {
    let bots: HashMap<BotKey, &Bot> = now.bots.iter().map(|b| (b.key, b)).collect();
    let mut tasks = HashMap::<UserKey, Vec<TaskState>>::new();
    for (user, task) in &now.tasks {
        let Some(bot) = bots.get(&task.bot) else { continue };
        let dialog = task.dialog.and_then(|key| bot.dialogs.iter().find(|d| d.key == key)).map(|d| d.name.clone());
        let of_user = tasks.entry(*user).or_default();
        match (of_user.iter_mut().find(|t| t.bot == bot.name && t.dialogs.is_some()), dialog) {
            (Some(TaskState { dialogs: Some(dialogs), .. }), Some(dialog)) => dialogs.push(dialog),
            (_, dialog) => of_user.push(TaskState { bot: bot.name.clone(), dialogs: dialog.map(|d| vec![d]) }),
        }
    }
    now.users
        .iter()
        .map(|u| UserState {
            id: Some(u.id.to_string()),
            email: u.email.clone(),
            org_user_id: u.org_user_id.clone().into(),
            profile: ProfileField::ALL
                .into_iter()
                .filter_map(|f| Some((f, Change::Set(u.profile.get(f)?.to_owned()))))
                .collect(),
            status: Some(u.status),
            can_create_bot: Some(u.can_create_bot),
            is_developer: Some(u.is_developer),
            data_tables: Some(u.data_tables),
            tasks: tasks.remove(&u.key),
        })
        .collect()
}

/// Assignments gathered by role, bot and expiry, in the order they were first made.
fn assignments(
    now: &Current,
    email: impl Fn(&UserKey) -> String,
    group: impl Fn(&GroupKey) -> String,
) -> Vec<AssignmentState> {
    let roles: HashMap<RoleKey, &str> = now.roles.iter().map(|r| (r.role.key, r.role.name.as_str())).collect();
    let bots: HashMap<BotKey, &str> = now.bots.iter().map(|b| (b.key, b.name.as_str())).collect();
    let mut places = HashMap::new();
    let mut out: Vec<AssignmentState> = Vec::new();
    for assignment in &now.assignments {
        let place = *places.entry((assignment.role, assignment.bot, assignment.expires)).or_insert_with(|| {
            out.push(AssignmentState {
                role: roles.get(&assignment.role).map_or_else(String::new, |n| (*n).to_owned()),
                bot: assignment.bot.and_then(|key| bots.get(&key)).map(|n| (*n).to_owned()),
                users: Vec::new(),
                groups: Vec::new(),
                expires: assignment.expires,
            });
            out.len() - 1
        });
        match assignment.holder {
            Holder::User(key) => out[place].users.push(email(&key)),
            Holder::Group(key) => out[place].groups.push(group(&key)),
        }
    }
    out
}

fn app(view: &View<'_>, app: &App, with_secrets: bool) -> Result<AppState> {
    let (mut client_secret, mut public_key, mut credentials) = (None, None, None);
    let state = |(credential, expires)| match credential {
        Credential::Secret(secret) => {
            with_secrets.then_some(CredentialState { client_secret: Some(secret), public_key: None, expires })
        }
        Credential::PublicKey(public) => {
            Some(CredentialState { client_secret: None, public_key: Some(public), expires })
        }
    };
    let mut states: Vec<_> = apps::present(view, app)?.into_iter().filter_map(state).collect();
    match states.as_mut_slice() {
        [] => {}
        [only] if only.expires.is_none() => {
            (client_secret, public_key) = (only.client_secret.take(), only.public_key.take());
        }
        _ => credentials = Some(states),
    }
    Ok(AppState {
        client_id: Some(app.client_id.to_string()),
        client_secret,
        public_key,
        credentials,
        name: app.name.clone(),
        algorithm: Some(app.algorithm),
        scopes: Some(app.scopes.clone()),
        enforce_jti: Some(app.enforce_jti),
        enforce_jwe: Some(app.enforce_jwe),
        expires: app.expires.into(),
    })
}
