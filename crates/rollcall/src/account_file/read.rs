//! From the tree to the description that the core applies: which keys there are and what they mean. No rules of the domain.

use rollcall_core::bots::Audience;
use rollcall_core::change::Change;
use rollcall_core::clock::Time;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{AssignmentState, BotState, DialogState, GroupState, RoleState, State, TaskState, UserState};
use rollcall_core::users::{ProfileField, Status};
use serde_json::{Map, Number, Value};

use super::fields::{Fields, Reader};
use super::keys;
use super::place::{Located, Place};
use super::read_app::app;
use super::tree::{Kind, Node, Scalar};

/// Reads the whole tree; where there are faults the state means nothing.
pub(super) fn read(root: &Node) -> (State, Vec<Located>) {
    let mut reader = Reader { faults: Vec::new() };
    let mut state = State::default();
    if let Some(fields) = reader.fields(root, &Place::Root, &keys::ROOT) {
        if is_other_version(&mut reader, &fields) {
            // Whatever else stands there follows rules that this program does not know.
            let faults = reader.faults.pop().into_iter().collect();
            return (state, faults);
        }
        account(&mut reader, &fields, &mut state);
        let user_keys = keys::user();
        state.bots = reader.each(&fields, "bots", bot).unwrap_or_default();
        state.roles = reader.each(&fields, "roles", role).unwrap_or_default();
        state.users =
            reader.each(&fields, "users", |r, node, place| user(r, node, place, &user_keys)).unwrap_or_default();
        state.groups = reader.each(&fields, "groups", group).unwrap_or_default();
        state.assignments = reader.each(&fields, "assignments", assignment).unwrap_or_default();
        state.apps = reader.each(&fields, "apps", app).unwrap_or_default();
    }
    (state, reader.faults)
}

/// Looks at the version. Another one is the last fault, and ends the reading.
fn is_other_version(r: &mut Reader, root: &Fields<'_>) -> bool {
    let place = Place::Key(&Place::Root, "rollcall");
    let Some(node) = root.get("rollcall") else {
        r.missing(root, "rollcall", ": say `rollcall: 1`, the version of this format");
        return false;
    };
    match node.scalar() {
        Some(Scalar::Text(keys::VERSION)) => false,
        Some(Scalar::Text(text)) if text.parse::<f64>().is_ok() => {
            r.fault(node.at, &place, format!("this file is of version {text}; this program reads version 1"));
            true
        }
        _ => {
            r.fault(node.at, &place, "expected 1, the version of this format");
            false
        }
    }
}

fn account(r: &mut Reader, root: &Fields<'_>, state: &mut State) {
    let Some(node) = root.get("account") else { return r.missing(root, "account", ": say `account: { name: NAME }`") };
    let place = Place::Key(&Place::Root, "account");
    let Some(fields) = r.fields(node, &place, &keys::ACCOUNT) else { return };
    state.name = r.required(&fields, "name");
    state.owner = r.text(&fields, "owner");
}

/// A description, which null empties.
fn description(r: &mut Reader, fields: &Fields<'_>) -> Option<String> {
    match r.change(fields, "description") {
        Change::Keep => None,
        Change::Clear => Some(String::new()),
        Change::Set(text) => Some(text),
    }
}

fn bot(r: &mut Reader, node: &Node, place: &Place<'_>) -> BotState {
    let mut bot = BotState {
        id: None,
        name: String::new(),
        description: None,
        owner: Change::Keep,
        published: None,
        audience: None,
        dialogs: Vec::new(),
    };
    if let Some(fields) = r.fields(node, place, &keys::BOT) {
        bot.id = r.text(&fields, "id");
        bot.name = r.required(&fields, "name");
        bot.description = description(r, &fields);
        bot.owner = r.change(&fields, "owner");
        bot.published = r.flag(&fields, "published");
        bot.audience = r.word(&fields, "audience", Audience::parse);
        bot.dialogs = r.each(&fields, "dialogs", dialog).unwrap_or_default();
    }
    bot
}

/// A dialog is a mapping, or just its name.
fn dialog(r: &mut Reader, node: &Node, place: &Place<'_>) -> DialogState {
    if let Some(Scalar::Text(name)) = node.scalar() {
        return DialogState { id: None, name: name.to_owned() };
    }
    match r.fields(node, place, &keys::DIALOG) {
        Some(fields) => DialogState { id: r.text(&fields, "id"), name: r.required(&fields, "name") },
        None => DialogState { id: None, name: String::new() },
    }
}

fn role(r: &mut Reader, node: &Node, place: &Place<'_>) -> RoleState {
    let mut role = RoleState {
        id: None,
        ref_id: None,
        kind: RoleKind::Admin,
        name: String::new(),
        description: None,
        permissions: None,
    };
    if let Some(fields) = r.fields(node, place, &keys::ROLE) {
        role.id = r.text(&fields, "id");
        role.ref_id = r.text(&fields, "refId");
        if fields.get("kind").is_none() {
            r.missing(&fields, "kind", "; there are admin and bot");
        }
        role.kind = r.word(&fields, "kind", RoleKind::parse).unwrap_or(RoleKind::Admin);
        role.name = r.required(&fields, "name");
        role.description = description(r, &fields);
        if let Some(node) = fields.get("permissions") {
            let place = Place::Key(place, "permissions");
            match json(node) {
                Value::Object(permissions) => role.permissions = Some(permissions),
                _ => r.expected("a mapping of permissions", node, &place),
            }
        }
    }
    role
}

/// A value as JSON, verbatim: what is written like a JSON number is one, everything else that is not null, true or false
/// is text.
fn json(node: &Node) -> Value {
    match (&node.kind, node.scalar()) {
        (_, Some(Scalar::Null)) => Value::Null,
        (_, Some(Scalar::Bool(value))) => Value::Bool(value),
        (Kind::Plain(text), _) => number(text).map_or_else(|| Value::String(text.clone()), Value::Number),
        (Kind::Quoted(text), _) => Value::String(text.clone()),
        (Kind::List(items), _) => Value::Array(items.iter().map(json).collect()),
        (Kind::Map(entries), _) => {
            Value::Object(entries.iter().map(|e| (e.key.clone(), json(&e.value))).collect::<Map<_, _>>())
        }
        (Kind::Refused, _) => Value::Null,
    }
}

/// A JSON number that loses nothing here: `1.5` and `7`, but not `007`, nor more digits than are kept.
pub(super) fn number(text: &str) -> Option<Number> {
    let number = serde_json::from_str::<Number>(text).ok()?;
    if number.is_f64() {
        // An own reading, because that of serde_json may be off by the last bit.
        let exact = Number::from_f64(text.parse().ok()?)?;
        return text.contains(['.', 'e', 'E']).then_some(exact);
    }
    Some(number)
}

fn user(r: &mut Reader, node: &Node, place: &Place<'_>, known: &[&str]) -> UserState {
    let mut user = UserState {
        id: None,
        email: String::new(),
        org_user_id: Change::Keep,
        profile: Vec::new(),
        status: None,
        can_create_bot: None,
        is_developer: None,
        data_tables: None,
        tasks: None,
    };
    if let Some(fields) = r.fields(node, place, known) {
        user.id = r.text(&fields, "id");
        user.email = r.required(&fields, "email");
        user.org_user_id = r.change(&fields, "orgUserId");
        for field in ProfileField::ALL {
            match r.change(&fields, keys::profile(field)) {
                Change::Keep => {}
                change => user.profile.push((field, change)),
            }
        }
        user.status = r.word(&fields, "status", Status::parse);
        user.can_create_bot = r.flag(&fields, "canCreateBot");
        user.is_developer = r.flag(&fields, "isDeveloper");
        user.data_tables = r.flag(&fields, "dataTables");
        user.tasks = r.each(&fields, "tasks", task);
    }
    user
}

fn task(r: &mut Reader, node: &Node, place: &Place<'_>) -> TaskState {
    match r.fields(node, place, &keys::TASK) {
        Some(fields) => {
            // Absent means all of them, so nothing at all must not pass for either.
            if fields.get("dialogs").is_some_and(Node::is_null) {
                let (at, place) = (fields.get("dialogs").map_or(node.at, |n| n.at), Place::Key(place, "dialogs"));
                r.fault(at, &place, "expected a list, found nothing; leave the key out for all dialogs, or say []");
            }
            TaskState { bot: r.required(&fields, "bot"), dialogs: r.names(&fields, "dialogs") }
        }
        None => TaskState { bot: String::new(), dialogs: None },
    }
}

fn group(r: &mut Reader, node: &Node, place: &Place<'_>) -> GroupState {
    let mut group =
        GroupState { id: None, name: String::new(), description: None, members: Vec::new(), groups: Vec::new() };
    if let Some(fields) = r.fields(node, place, &keys::GROUP) {
        group.id = r.text(&fields, "id");
        group.name = r.required(&fields, "name");
        group.description = description(r, &fields);
        group.members = r.names(&fields, "members").unwrap_or_default();
        group.groups = r.names(&fields, "groups").unwrap_or_default();
    }
    group
}

fn assignment(r: &mut Reader, node: &Node, place: &Place<'_>) -> AssignmentState {
    let mut assignment =
        AssignmentState { role: String::new(), bot: None, users: Vec::new(), groups: Vec::new(), expires: None };
    if let Some(fields) = r.fields(node, place, &keys::ASSIGNMENT) {
        assignment.role = r.required(&fields, "role");
        assignment.bot = r.text(&fields, "bot");
        assignment.users = r.names(&fields, "users").unwrap_or_default();
        assignment.groups = r.names(&fields, "groups").unwrap_or_default();
        if !fields.get("expires").is_some_and(Node::is_null) {
            assignment.expires = r.word(&fields, "expires", Time::parse);
        }
    }
    assignment
}
