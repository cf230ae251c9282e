//! From a description to the account: noun by noun, what is missing is made and what differs is changed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::current::Current;
use super::{Report, State, TaskState, UserState, check, prune};
use crate::accounts::{self, AccountInfo, MAX_NAME};
use crate::apps::{self, Algorithm, AppChange, NewApp};
use crate::bots::{self, Audience, BotChange, NewBot, NewDialog};
use crate::change::Change;
use crate::error::{Error, Fault, Result};
use crate::groups::{self, GroupChange, NamedEdge, NamedMember, NewGroup};
use crate::id::{self, BotId, ClientId, DialogId, GroupId, UserId};
use crate::op::{self, Op};
use crate::roles::{self, HeldChange, NewRole, RoleChange, RoleKind, built_in};
use crate::rollcall::Shared;
use crate::store::assignments::{Holder, NewAssignment};
use crate::store::tasks::NewTask;
use crate::store::{self, BotKey, DialogKey, GroupKey, RoleKey, UserKey, WriteTx};
use crate::text::{self, Email};
use crate::users::{self, CheckedUser, Profile, Status, UserChange};

/// Brings the account of the description's name to it, in the transaction at hand.
pub(crate) fn apply(tx: &WriteTx<'_>, shared: &Arc<Shared>, state: State, should_prune: bool) -> Result<Report> {
    let place = |why: String| Error::faults(vec![Fault::at("account.name", why)]);
    let name = text::required("the account's name", &state.name, MAX_NAME).map_err(place)?;
    let mut report = Report::default();
    let (account, is_new) = match (store::accounts::find(tx, &text::key(&name))?, store::accounts::list(tx)?.as_slice())
    {
        (Some(found), _) => (found, false),
        (None, [only]) if store::accounts::is_empty(tx, only.key)? => {
            report.note('~', format!("account {:?} is called {name:?}", only.name));
            (AccountInfo { name: name.clone(), ..only.clone() }, false)
        }
        (None, _) => {
            report.note('+', format!("account {name:?}"));
            accounts::find_or_insert(tx, shared, &name)?
        }
    };
    op::in_account(tx, shared, &account, is_new, "apply", |op| {
        if !is_new && report.changes.len() == 1 {
            accounts::rename(op, &name)?;
        }
        bring(op, state, should_prune, report)
    })
}

/// The internal keys of everything that has a name.
struct Keys {
    users: HashMap<String, UserKey>,
    groups: HashMap<String, GroupKey>,
    roles: HashMap<(RoleKind, String), (RoleKey, String, bool)>,
    bots: HashMap<String, (BotKey, HashMap<String, DialogKey>)>,
}

fn bring(op: &mut Op<'_>, mut state: State, should_prune: bool, mut report: Report) -> Result<Report> {
    let now = Current::load(op)?;
    check::check(&mut state, &now).map_err(Error::faults)?;
    let report = &mut report;
    let mut keys = Keys {
        users: now.users.iter().map(|u| (u.email_key.clone(), u.key)).collect(),
        groups: HashMap::new(),
        roles: HashMap::new(),
        bots: HashMap::new(),
    };
    bring_roles(op, &state, &now, &mut keys, report)?;
    bring_users(op, &state, &now, &mut keys, report)?;
    bring_bots(op, &state, &now, &mut keys, report)?;
    bring_groups(op, &state, &now, &mut keys, report)?;
    bring_members(op, &state, &now, &keys, report)?;
    bring_assignments(op, &state, &now, &keys, report)?;
    bring_tasks(op, &state, &now, &keys, report)?;
    bring_apps(op, &state, &now, report)?;
    if let Some(key) = state.owner.as_ref().and_then(|email| keys.users.get(&Email::lookup_key(email))) {
        if now.owner != Some(*key) {
            report.note('~', format!("account owner is {}", state.owner.as_deref().unwrap_or_default()));
            accounts::set_owner(op, *key, state.owner.as_deref().unwrap_or_default())?;
        }
    }
    if should_prune {
        prune::prune(op, &state, report)?;
    }
    Ok(std::mem::take(report))
}

/// The id that the description gives, else the derived one, else (where that is taken: the thing was renamed) a new one.
fn choose<T: ToString>(given: Option<T>, derived: T, taken: &mut HashSet<String>, random: fn() -> T) -> T {
    let id = match given {
        Some(given) => given,
        None if taken.contains(&derived.to_string()) => random(),
        None => derived,
    };
    taken.insert(id.to_string());
    id
}

fn permissions_text(permissions: Option<&Map<String, Value>>) -> String {
    permissions.map_or_else(|| "{}".to_owned(), |p| Value::Object(p.clone()).to_string())
}

fn bring_roles(op: &mut Op<'_>, state: &State, now: &Current, keys: &mut Keys, report: &mut Report) -> Result<()> {
    let known: HashMap<_, _> = now.roles.iter().map(|r| ((r.role.kind, text::key(&r.role.name)), r)).collect();
    let mut taken: HashSet<String> = now.roles.iter().map(|r| r.role.id.to_string()).collect();
    let account = &now.account.name;
    let (mut new, mut changes) = (Vec::new(), Vec::new());
    for role in &state.roles {
        match known.get(&(role.kind, text::key(&role.name))) {
            None => {
                let given = role.id.as_deref().and_then(|id| id::RoleId::parse(id).ok());
                let derived = built_in::role_id(account, role.kind, &role.name);
                report.note('+', format!("{} role {:?}", role.kind, role.name));
                new.push(NewRole {
                    id: choose(given, derived, &mut taken, id::RoleId::random),
                    ref_id: role
                        .ref_id
                        .clone()
                        .unwrap_or_else(|| id::role_reference(account, &format!("{}/{}", role.kind, role.name))),
                    kind: role.kind,
                    name: role.name.clone(),
                    description: role.description.clone().unwrap_or_default(),
                    permissions: permissions_text(role.permissions.as_ref()),
                });
            }
            Some(has) => {
                let description = role.description.clone().unwrap_or_else(|| has.description.clone());
                let permissions = role.permissions.clone().unwrap_or_else(|| has.permissions());
                if description != has.description || permissions != has.permissions() {
                    report.note('~', format!("{} role {:?}", role.kind, role.name));
                    changes.push(RoleChange {
                        key: has.role.key,
                        id: has.role.id.to_string(),
                        name: has.role.name.clone(),
                        description,
                        permissions: permissions_text(Some(&permissions)),
                        before: json!({"description": has.description, "permissions": has.permissions()}),
                    });
                }
            }
        }
    }
    roles::create_many(op, &new)?;
    roles::update_many(op, &changes)?;
    keys.roles = store::roles::list(op.tx, op.account)?
        .into_iter()
        .map(|r| ((r.kind, text::key(&r.name)), (r.key, r.id.to_string(), r.built_in)))
        .collect();
    Ok(())
}

fn bring_users(op: &mut Op<'_>, state: &State, now: &Current, keys: &mut Keys, report: &mut Report) -> Result<()> {
    let known: HashMap<&str, _> = now.users.iter().map(|u| (u.email_key.as_str(), u)).collect();
    let mut taken: HashSet<String> = now.users.iter().map(|u| u.id.to_string()).collect();
    let (mut new, mut changes) = (Vec::new(), Vec::new());
    for user in &state.users {
        let email = Email::parse(&user.email).map_err(Error::invalid)?;
        match known.get(email.key()) {
            None => {
                let given = user.id.as_deref().and_then(|id| UserId::parse(id).ok());
                let id = choose(given, UserId::derive(&now.account.name, email.key()), &mut taken, UserId::random);
                report.note('+', format!("user {}", email.as_str()));
                new.push(new_user(user, id, email));
            }
            Some(has) => {
                if let Some(change) = user_change(user, has) {
                    report.note('~', format!("user {} ({})", has.email, fields(&change.after)));
                    changes.push(change);
                }
            }
        }
    }
    // Changes first: an org user id may move from one user to another.
    users::update_many(op, &changes)?;
    for (user, key) in new.iter().zip(users::insert_checked(op, &new)?) {
        keys.users.insert(user.email.key().to_owned(), key);
    }
    Ok(())
}

fn fields(changed: &Value) -> String {
    changed.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

fn new_user(user: &UserState, id: UserId, email: Email) -> CheckedUser {
    let mut profile = Profile::default();
    for (field, change) in &user.profile {
        profile.set(*field, change.over(None));
    }
    CheckedUser {
        id,
        email,
        org_user_id: user.org_user_id.over(None),
        profile,
        can_create_bot: user.can_create_bot.unwrap_or(user.is_developer != Some(false)),
        is_developer: user.is_developer.unwrap_or(true),
        data_tables: user.data_tables.unwrap_or(false),
        status: user.status.unwrap_or(Status::Invited),
        source: "file",
    }
}

fn user_change(user: &UserState, has: &store::users::UserRow) -> Option<UserChange> {
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut note = |name: &str, old: Value, new: Value| {
        if old != new {
            before.insert(name.to_owned(), old);
            after.insert(name.to_owned(), new);
        }
    };
    let mut profile = has.profile.clone();
    for (field, change) in &user.profile {
        let old = has.profile.get(*field).map(str::to_owned);
        let new = change.over(old.as_ref());
        note(field.column(), json!(old), json!(new));
        profile.set(*field, new);
    }
    let org_user_id = user.org_user_id.over(has.org_user_id.as_ref());
    note("orgUserId", json!(has.org_user_id), json!(org_user_id));
    let flag = |name: &str, old: bool, new: Option<bool>, note: &mut dyn FnMut(&str, Value, Value)| {
        let new = new.unwrap_or(old);
        note(name, json!(old), json!(new));
        new
    };
    let is_developer = flag("isDeveloper", has.is_developer, user.is_developer, &mut note);
    // Who stops being a developer stops creating bots, unless the file says otherwise (and is refused for it).
    let creates = user.can_create_bot.or((!is_developer).then_some(false));
    let can_create_bot = flag("canCreateBot", has.can_create_bot, creates, &mut note);
    let data_tables = flag("dataTables", has.data_tables, user.data_tables, &mut note);
    let status = user.status.unwrap_or(has.status);
    note("status", json!(has.status.label()), json!(status.label()));
    (!after.is_empty()).then(|| UserChange {
        key: has.key,
        id: has.id.to_string(),
        email: has.email.clone(),
        org_user_id,
        profile,
        can_create_bot,
        is_developer,
        data_tables,
        status,
        before: Value::Object(before),
        after: Value::Object(after),
    })
}

fn bring_bots(op: &mut Op<'_>, state: &State, now: &Current, keys: &mut Keys, report: &mut Report) -> Result<()> {
    let known: HashMap<String, _> = now.bots.iter().map(|b| (text::key(&b.name), b)).collect();
    let mut taken: HashSet<String> = now.bots.iter().map(|b| b.id.to_string()).collect();
    let emails: HashMap<UserKey, &str> = now.users.iter().map(|u| (u.key, u.email.as_str())).collect();
    let (mut new, mut changes) = (Vec::new(), Vec::new());
    for bot in &state.bots {
        let owner = match &bot.owner {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(email) => {
                keys.users.get(&Email::lookup_key(email)).map_or(Change::Keep, |key| Change::Set(*key))
            }
        };
        match known.get(&text::key(&bot.name)) {
            None => {
                let given = bot.id.as_deref().and_then(|id| BotId::parse(id).ok());
                let derived = BotId::derive(&now.account.name, &text::key(&bot.name));
                report.note('+', format!("bot {:?}", bot.name));
                new.push(NewBot {
                    id: choose(given, derived, &mut taken, BotId::random),
                    name: bot.name.clone(),
                    description: bot.description.clone().unwrap_or_default(),
                    owner: owner.over(None),
                    published: bot.published.unwrap_or(false),
                    audience: bot.audience.unwrap_or(Audience::Enterprise),
                });
            }
            Some(has) => {
                let change = BotChange {
                    key: has.key,
                    id: has.id.to_string(),
                    name: has.name.clone(),
                    description: bot.description.clone().unwrap_or_else(|| has.description.clone()),
                    owner: owner.over(has.owner.as_ref()),
                    published: bot.published.unwrap_or(has.published),
                    audience: bot.audience.unwrap_or(has.audience),
                    before: Value::Null,
                    after: Value::Null,
                };
                let show = |description: &str, owner: Option<UserKey>, published: bool, audience: Audience| {
                    let owner = owner.and_then(|key| emails.get(&key));
                    json!({"description": description, "owner": owner, "published": published, "audience": audience.word()})
                };
                if change.description != has.description
                    || change.owner != has.owner
                    || change.published != has.published
                    || change.audience != has.audience
                {
                    report.note('~', format!("bot {:?}", bot.name));
                    let before = show(&has.description, has.owner, has.published, has.audience);
                    let after = show(&change.description, change.owner, change.published, change.audience);
                    changes.push(BotChange { before, after, ..change });
                }
            }
        }
    }
    bots::create_many(op, &new)?;
    bots::update_many(op, &changes)?;
    bring_dialogs(op, state, now, report)?;
    let dialogs = |b: &bots::Bot| b.dialogs.iter().map(|d| (text::key(&d.name), d.key)).collect();
    keys.bots =
        store::bots::list(op.tx, op.account)?.iter().map(|b| (text::key(&b.name), (b.key, dialogs(b)))).collect();
    Ok(())
}

fn bring_dialogs(op: &mut Op<'_>, state: &State, now: &Current, report: &mut Report) -> Result<()> {
    let bots = store::bots::list(op.tx, op.account)?;
    let known: HashMap<String, _> = bots.iter().map(|b| (text::key(&b.name), b)).collect();
    let mut taken: HashSet<String> = bots.iter().flat_map(|b| &b.dialogs).map(|d| d.id.to_string()).collect();
    let (mut add, mut named) = (Vec::new(), Vec::new());
    for bot in &state.bots {
        let Some(has) = known.get(&text::key(&bot.name)) else { continue };
        let names: HashSet<String> = has.dialogs.iter().map(|d| text::key(&d.name)).collect();
        let before = add.len();
        for dialog in bot.dialogs.iter().filter(|d| !names.contains(&text::key(&d.name))) {
            let given = dialog.id.as_deref().and_then(|id| DialogId::parse(id).ok());
            let path = format!("{}/{}", text::key(&bot.name), text::key(&dialog.name));
            let id = choose(given, DialogId::derive(&now.account.name, &path), &mut taken, DialogId::random);
            report.note('+', format!("dialog {:?} of bot {:?}", dialog.name, bot.name));
            add.push((has.key, NewDialog { id, name: dialog.name.clone() }));
        }
        if add.len() > before {
            named.push((has.id.to_string(), has.name.clone()));
        }
    }
    bots::change_dialogs(op, &add, &[], &named).map(|_| ())
}

fn bring_groups(op: &mut Op<'_>, state: &State, now: &Current, keys: &mut Keys, report: &mut Report) -> Result<()> {
    let known: HashMap<String, _> = now.groups.iter().map(|g| (text::key(&g.name), g)).collect();
    let mut taken: HashSet<String> = now.groups.iter().map(|g| g.id.to_string()).collect();
    keys.groups = known.iter().map(|(name, g)| (name.clone(), g.key)).collect();
    let (mut new, mut changes) = (Vec::new(), Vec::new());
    for group in &state.groups {
        match known.get(&text::key(&group.name)) {
            None => {
                let given = group.id.as_deref().and_then(|id| GroupId::parse(id).ok());
                let derived = GroupId::derive(&now.account.name, &text::key(&group.name));
                report.note('+', format!("group {:?}", group.name));
                new.push(NewGroup {
                    id: choose(given, derived, &mut taken, GroupId::random),
                    name: group.name.clone(),
                    description: group.description.clone().unwrap_or_default(),
                });
            }
            Some(has) => {
                let description = group.description.clone().unwrap_or_else(|| has.description.clone());
                if description != has.description || group.name != has.name {
                    report.note('~', format!("group {:?}", group.name));
                    changes.push(GroupChange {
                        key: has.key,
                        id: has.id.to_string(),
                        name: group.name.clone(),
                        before: json!({"name": has.name, "description": has.description}),
                        after: json!({"name": group.name, "description": description}),
                        description,
                    });
                }
            }
        }
    }
    groups::update_many(op, &changes)?;
    for (group, key) in new.iter().zip(groups::create_many(op, &new)?) {
        keys.groups.insert(text::key(&group.name), key);
    }
    Ok(())
}

fn bring_members(op: &mut Op<'_>, state: &State, now: &Current, keys: &Keys, report: &mut Report) -> Result<()> {
    let mut has: HashSet<(GroupKey, UserKey)> = now.members.iter().copied().collect();
    let mut nested: HashSet<(GroupKey, GroupKey)> = now.edges.iter().copied().collect();
    let ids: HashMap<GroupKey, String> =
        store::groups::list(op.tx, op.account)?.into_iter().map(|g| (g.key, g.id.to_string())).collect();
    let (mut members, mut edges) = (Vec::new(), Vec::new());
    for group in &state.groups {
        let Some(&key) = keys.groups.get(&text::key(&group.name)) else { continue };
        let id = ids.get(&key).cloned().unwrap_or_default();
        for email in &group.members {
            let Some(&user) = keys.users.get(&Email::lookup_key(email)) else { continue };
            if has.insert((key, user)) {
                report.note('+', format!("{email} in group {:?}", group.name));
                let (group_id, group_name, email) = (id.clone(), group.name.clone(), email.clone());
                members.push(NamedMember { group: key, group_id, group_name, user, email });
            }
        }
        for child_name in &group.groups {
            let Some(&child) = keys.groups.get(&text::key(child_name)) else { continue };
            if child == key {
                let why = format!("groups would contain each other: {child_name} › {child_name}");
                return Err(Error::new(crate::error::Code::Conflict, why));
            }
            if nested.insert((key, child)) {
                report.note('+', format!("group {child_name:?} in group {:?}", group.name));
                let (parent_id, parent_name) = (id.clone(), group.name.clone());
                edges.push(NamedEdge { parent: key, parent_id, parent_name, child, child_name: child_name.clone() });
            }
        }
    }
    groups::add_members(op, &members, "file")?;
    groups::nest(op, &edges, "file")
}

fn bring_assignments(op: &mut Op<'_>, state: &State, now: &Current, keys: &Keys, report: &mut Report) -> Result<()> {
    let has: HashMap<_, _> = now.assignments.iter().map(|a| ((a.role, a.bot, a.holder), a.expires)).collect();
    let mut seen = HashSet::new();
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for a in &state.assignments {
        let kind = if a.bot.is_some() { RoleKind::Bot } else { RoleKind::Admin };
        let Some((role, role_id, built_in)) = keys.roles.get(&(kind, text::key(&a.role))) else { continue };
        let bot = a.bot.as_ref().and_then(|name| keys.bots.get(&text::key(name))).map(|(key, _)| *key);
        let users = a.users.iter().filter_map(|e| Some((Holder::User(*keys.users.get(&Email::lookup_key(e))?), e)));
        let groups = a.groups.iter().filter_map(|n| Some((Holder::Group(*keys.groups.get(&text::key(n))?), n)));
        for (holder, name) in users.chain(groups) {
            if !seen.insert((*role, bot, holder)) {
                continue;
            }
            let row = NewAssignment { role: *role, bot, holder, expires: a.expires };
            let change = HeldChange {
                row,
                role_id: role_id.clone(),
                role_name: a.role.clone(),
                kind,
                built_in: *built_in,
                bot_name: a.bot.clone(),
                holder_name: name.clone(),
            };
            match has.get(&(*role, bot, holder)) {
                Some(expires) if *expires == a.expires => {}
                Some(_) => {
                    report.note('~', format!("expiry of role {:?} of {name}", a.role));
                    remove.push(change.clone());
                    add.push(change);
                }
                None => {
                    let on = a.bot.as_ref().map_or_else(String::new, |bot| format!(" on {bot:?}"));
                    report.note('+', format!("role {:?}{on} for {name}", a.role));
                    add.push(change);
                }
            }
        }
    }
    roles::change_held(op, &add, &remove, "file")
}

fn bring_tasks(op: &mut Op<'_>, state: &State, now: &Current, keys: &Keys, report: &mut Report) -> Result<()> {
    let mut has = HashMap::<UserKey, HashSet<NewTask>>::new();
    for (user, task) in &now.tasks {
        has.entry(*user).or_default().insert(*task);
    }
    let mut changes = Vec::new();
    for user in &state.users {
        let (Some(tasks), Some(&key)) = (&user.tasks, keys.users.get(&Email::lookup_key(&user.email))) else {
            continue;
        };
        let wanted: HashSet<NewTask> = tasks.iter().flat_map(|task| task_keys(task, keys)).collect();
        if has.get(&key).unwrap_or(&HashSet::new()) != &wanted {
            report.note('~', format!("tasks of {}", user.email));
            changes.push((key, user.email.clone(), wanted.into_iter().collect::<Vec<_>>()));
        }
    }
    users::replace_tasks(op, &changes)
}

fn task_keys(task: &TaskState, keys: &Keys) -> Vec<NewTask> {
    let Some((bot, dialogs)) = keys.bots.get(&text::key(&task.bot)) else { return Vec::new() };
    match &task.dialogs {
        None => vec![NewTask { bot: *bot, dialog: None }],
        Some(names) => names
            .iter()
            .filter_map(|name| Some(NewTask { bot: *bot, dialog: Some(*dialogs.get(&text::key(name))?) }))
            .collect(),
    }
}

fn bring_apps(op: &mut Op<'_>, state: &State, now: &Current, report: &mut Report) -> Result<()> {
    let known: HashMap<String, _> = now.apps.iter().map(|a| (text::key(&a.name), a)).collect();
    let mut changes = Vec::new();
    for app in &state.apps {
        match known.get(&text::key(&app.name)) {
            None => {
                report.note('+', format!("app {:?}", app.name));
                let given = app.client_id.as_deref().and_then(|id| ClientId::parse(id).ok());
                let client_id = given.unwrap_or_else(|| ClientId::derive(&now.account.name, &text::key(&app.name)));
                let new = NewApp {
                    name: app.name.clone(),
                    scopes: app.scopes.clone().unwrap_or_default(),
                    algorithm: app.algorithm.unwrap_or(Algorithm::Hs256),
                    client_id: Some(client_id),
                    secret: app.client_secret.clone(),
                };
                let (info, secret) = apps::create(op, new)?;
                if app.client_secret.is_none() {
                    report.new_secrets.push((info.name, info.client_id, secret));
                }
            }
            Some(has) => {
                let mut scopes = app.scopes.clone().unwrap_or_else(|| has.scopes.clone());
                scopes.sort_unstable();
                scopes.dedup();
                let algorithm = app.algorithm.unwrap_or(has.algorithm);
                let secret = match &app.client_secret {
                    Some(secret) if apps::unseal(op, has)?.expose() != secret.expose() => Some(secret.clone()),
                    _ => None,
                };
                if scopes != has.scopes || algorithm != has.algorithm || secret.is_some() {
                    report.note('~', format!("app {:?}", app.name));
                    let (key, client_id, name) = (has.key, has.client_id.clone(), has.name.clone());
                    changes.push(AppChange {
                        key,
                        client_id,
                        name,
                        algorithm,
                        scopes,
                        before: has.scopes.clone(),
                        secret,
                    });
                }
            }
        }
    }
    apps::update_many(op, &changes)
}
