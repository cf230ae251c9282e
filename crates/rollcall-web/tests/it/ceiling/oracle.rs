//! Who has what, found out anew from the rows of the tables; and the ceiling, written down once more.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rollcall_core::policy::Scope;
use rollcall_testkit::{START, TestDatabase};
use serde_json::Value;

/// Somebody has something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Has {
    /// A user; or whoever a provider signs in, by all that says which provider it is.
    who: String,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum What {
    /// A role with all that it permits: who changes that gives something to everybody who holds it.
    Role { id: String, is_master: bool, bot: Option<String>, permissions: String },
    /// A flag, by its column.
    Flag(&'static str),
    /// A dialog of a bot, or all of them.
    Task { bot: String, dialog: Option<String> },
}

impl Has {
    /// In a word, to count it by.
    pub(super) fn kind(&self) -> &'static str {
        match self.what {
            What::Role { is_master: true, .. } => "the master role",
            What::Role { .. } => "a role",
            What::Flag(_) => "a flag",
            What::Task { .. } => "a task",
        }
    }
}

/// Whether an app with these scopes may not grant this (contract §4). Each line: what, and the sets of scopes of which
/// one is needed whole.
pub(super) fn above(scopes: &[Scope], has: &Has) -> bool {
    use Scope::{MasterAdmin, RoleManagement, UserManagement};
    let needed: &[&[Scope]] = match &has.what {
        What::Role { is_master: true, .. } => &[&[RoleManagement, MasterAdmin]],
        What::Role { .. } => &[&[RoleManagement]],
        What::Flag("can_create_bot" | "is_developer") => &[&[UserManagement], &[RoleManagement]],
        What::Flag(_) => &[&[RoleManagement]],
        What::Task { .. } => &[&[UserManagement]],
    };
    !needed.iter().any(|all| all.iter().all(|scope| scopes.contains(scope)))
}

const FLAGS: [&str; 3] = ["can_create_bot", "is_developer", "data_tables"];

/// The rows of a statement; cells that are null are empty.
fn rows(database: &TestDatabase, sql: &str) -> Vec<Vec<String>> {
    let rows = database.query(sql);
    rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect()
}

/// Roles of groups and users, by their internal numbers.
struct Account {
    /// By the internal number of a role.
    roles: BTreeMap<String, (String, bool, String)>,
    bots: BTreeMap<String, String>,
    /// Above a group: the groups that hold it.
    parents: BTreeMap<String, Vec<String>>,
    /// The roles that a group carries by itself, on bots or none.
    carried: BTreeMap<String, Vec<(String, String)>>,
}

impl Account {
    fn role(&self, role: &str, bot: &str) -> What {
        let (id, is_master, permissions) = self.roles[role].clone();
        What::Role { id, is_master, bot: self.bots.get(bot).cloned(), permissions }
    }

    /// What whoever is in a group has by it: its own roles and those of every group above it.
    fn by_group(&self, group: &str) -> Vec<What> {
        let (mut reached, mut next) = (BTreeSet::new(), vec![group.to_owned()]);
        while let Some(group) = next.pop() {
            if reached.insert(group.clone()) {
                next.extend(self.parents.get(&group).into_iter().flatten().cloned());
            }
        }
        let carried = reached.iter().flat_map(|group| self.carried.get(group).into_iter().flatten());
        carried.map(|(role, bot)| self.role(role, bot)).collect()
    }
}

/// Everything that anybody has at [`START`], by whichever way. What somebody could do once they are active counts as had.
pub(super) fn everything_had(database: &TestDatabase) -> HashSet<Has> {
    let all = |sql: &str| rows(database, sql);
    let role = |row: Vec<String>| {
        let [key, id, kind, built_in, permissions] = row.try_into().expect("five cells");
        (key, (id, kind == "admin" && built_in == "1", permissions))
    };
    let pair = |row: Vec<String>| -> [String; 2] { row.try_into().expect("two cells") };
    let mut account = Account {
        roles: all("select id, public_id, kind, built_in, permissions from roles").into_iter().map(role).collect(),
        bots: all("select id, public_id from bots").into_iter().map(pair).map(|[key, id]| (key, id)).collect(),
        parents: BTreeMap::new(),
        carried: BTreeMap::new(),
    };
    for [child, parent] in all("select child_id, parent_id from nestings").into_iter().map(pair) {
        account.parents.entry(child).or_default().push(parent);
    }
    let (mut has, mut users) = (HashSet::new(), BTreeMap::new());
    for row in all("select id, public_id, can_create_bot, is_developer, data_tables from users") {
        for (flag, cell) in FLAGS.into_iter().zip(&row[2..]) {
            has.extend((cell == "1").then(|| Has { who: row[1].clone(), what: What::Flag(flag) }));
        }
        users.insert(row[0].clone(), row[1].clone());
    }
    let running = format!("expires_at is null or expires_at > {}", START.0);
    let given = format!("select role_id, bot_id, user_id, group_id from assignments where {running}");
    for row in all(&given) {
        let [role, bot, user, group] = row.try_into().expect("four cells");
        match users.get(&user) {
            Some(who) => drop(has.insert(Has { who: who.clone(), what: account.role(&role, &bot) })),
            None => account.carried.entry(group).or_default().push((role, bot)),
        }
    }
    for [user, group] in all("select user_id, group_id from memberships").into_iter().map(pair) {
        has.extend(account.by_group(&group).into_iter().map(|what| Has { who: users[&user].clone(), what }));
    }
    let tasks = "select t.user_id, b.public_id, d.public_id from task_grants t join bots b on b.id = t.bot_id \
                 left join dialogs d on d.id = t.dialog_id";
    for row in all(tasks) {
        let dialog = Some(row[2].clone()).filter(|id| !id.is_empty());
        has.insert(Has { who: users[&row[0]].clone(), what: What::Task { bot: row[1].clone(), dialog } });
    }
    has.extend(mapped(database, &account));
    has
}

/// What single sign-on gives to whoever the provider signs in. Another provider is somebody else.
fn mapped(database: &TestDatabase, account: &Account) -> Vec<Has> {
    let who = "protocol, provider, sign_on_url, issuer, client_id, certificates";
    let Some(row) = rows(database, &format!("select mapping, {who} from sso_settings")).into_iter().next() else {
        return Vec::new();
    };
    let (mapping, who) = (serde_json::from_str::<Value>(&row[0]).unwrap_or_default(), row[1..].join(" "));
    let groups: BTreeMap<String, String> = rows(database, "select public_id, id from groups")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    let mut out = Vec::new();
    for pair in mapping["pairs"].as_array().into_iter().flatten() {
        let attribute = format!("{who} {}={}", pair["name"], pair["value"]);
        let mut note = |what: What| out.push(Has { who: attribute.clone(), what });
        match (pair["target"]["flag"].as_str(), pair["target"]["id"].as_str(), pair["kind"].as_str()) {
            (Some("developer"), ..) => note(What::Flag("is_developer")),
            (Some("bot creator"), ..) => note(What::Flag("can_create_bot")),
            (Some("data tables"), ..) => note(What::Flag("data_tables")),
            (None, Some(id), Some("role")) => {
                let role = account.roles.iter().find(|(_, (public, ..))| public == id);
                role.into_iter().for_each(|(key, _)| note(account.role(key, "")));
            }
            (None, Some(id), Some("group")) => {
                groups.get(id).into_iter().flat_map(|key| account.by_group(key)).for_each(note);
            }
            other => panic!("a mapping that the oracle does not know: {other:?}"),
        }
    }
    out
}
