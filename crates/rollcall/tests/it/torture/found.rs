//! What is in the database, read past Rollcall and put side by side with what was written. Judging it is in `verify`.

use std::collections::{BTreeSet, HashMap};

use rollcall_testkit::TestDatabase;
use serde_json::Value;

/// A user as the database has it.
#[derive(Debug)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) first_name: String,
    pub(super) org_user_id: String,
    pub(super) groups: BTreeSet<String>,
    pub(super) roles: BTreeSet<String>,
    pub(super) open_invitations: usize,
}

/// A group as the database has it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) description: String,
    pub(super) members: BTreeSet<String>,
    pub(super) children: BTreeSet<String>,
}

/// How often the audit log has an event: by its name, what it is about, and whom it names.
pub(super) type Events = HashMap<(String, String, String), usize>;

/// Everything.
pub(super) struct Found {
    pub(super) users: HashMap<String, User>,
    pub(super) groups: HashMap<String, Group>,
    pub(super) events: Events,
    /// Things that contradict themselves, whoever wrote them.
    pub(super) wrong: Vec<String>,
}

/// Nothing may come of these.
const NEVER: [(&str, &str); 6] = [
    ("two users with one address", "select email_key from users group by account_id, email_key having count(*) > 1"),
    ("a creator of bots who is no developer", "select email from users where can_create_bot and not is_developer"),
    (
        "an account without an active admin",
        "select name from accounts as a where not exists (select 1 from assignments as s \
         join roles as r on r.id = s.role_id join users as u on u.id = s.user_id \
         where r.account_id = a.id and r.built_in and r.kind = 'admin' and r.name_key = 'admin' and u.status = 'active')",
    ),
    (
        "sealed events with a gap",
        "select min(seq), max(seq), count(*) from audit_events where seq is not null group by account_id \
         having min(seq) <> 1 or max(seq) <> count(*)",
    ),
    (
        "pages that are counted wrong",
        "select sum(row_count), (select count(*) from groups) from page_counts where kind = 'groups' \
         and level = 0 having sum(row_count) <> (select count(*) from groups)",
    ),
    (
        "an open invitation of somebody who has come",
        "select u.email from invitations as i join users as u on u.id = i.user_id \
         where i.state = 'open' and u.status <> 'invited'",
    ),
];

impl Found {
    pub(super) fn in_database(database: &TestDatabase) -> Self {
        let rows =
            |sql: &str| database.query(sql).into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default));
        let mut users = HashMap::new();
        for mut row in rows("select email, public_id, first_name, org_user_id from users") {
            let mut cell = || row.next().unwrap_or_default();
            let (email, id, first_name, org_user_id) = (cell(), cell(), cell(), cell());
            let (groups, roles) = (BTreeSet::new(), BTreeSet::new());
            users.insert(email, User { id, first_name, org_user_id, groups, roles, open_invitations: 0 });
        }
        let mut groups = HashMap::new();
        for mut row in rows("select name, public_id, description from groups") {
            let mut cell = || row.next().unwrap_or_default();
            let (name, id, description) = (cell(), cell(), cell());
            groups.insert(name, Group { id, description, members: BTreeSet::new(), children: BTreeSet::new() });
        }
        let pairs =
            |sql: &str| rows(sql).map(|mut row| (row.next().unwrap_or_default(), row.next().unwrap_or_default()));
        let members = "select g.name, u.email from memberships as m join groups as g on g.id = m.group_id \
                       join users as u on u.id = m.user_id";
        for (group, email) in pairs(members) {
            users.get_mut(&email).expect("a user").groups.insert(group.clone());
            groups.get_mut(&group).expect("a group").members.insert(email);
        }
        let nestings = "select p.name, c.name from nestings as n join groups as p on p.id = n.parent_id \
                        join groups as c on c.id = n.child_id";
        for (parent, child) in pairs(nestings) {
            groups.get_mut(&parent).expect("a group").children.insert(child);
        }
        let held = "select u.email, r.name from assignments as s join users as u on u.id = s.user_id \
                    join roles as r on r.id = s.role_id";
        for (email, role) in pairs(held) {
            users.get_mut(&email).expect("a user").roles.insert(role);
        }
        let open = "select u.email from invitations as i join users as u on u.id = i.user_id where i.state = 'open'";
        for (email, _) in pairs(open) {
            users.get_mut(&email).expect("a user").open_invitations += 1;
        }
        let mut events = Events::new();
        for mut row in rows("select name, target, state_before, state_after from audit_events") {
            let mut cell = || row.next().unwrap_or_default();
            let (name, target, before, after) = (cell(), cell(), cell(), cell());
            *events.entry((name, target, named(&before, &after))).or_default() += 1;
        }
        let mut wrong = Vec::new();
        for (what, sql) in NEVER {
            wrong.extend(database.query(sql).into_iter().map(|row| format!("{what}: {row:?}")));
        }
        wrong.extend(circles(&groups));
        Self { users, groups, events, wrong }
    }

    /// Takes the event out, which must be there once for what is there, and not at all for what is not.
    pub(super) fn take_event(&mut self, name: &str, target: &str, named: &str, is_there: bool) {
        let event = (name.to_owned(), target.to_owned(), named.to_owned());
        let count = self.events.remove(&event).unwrap_or(0);
        if count != usize::from(is_there) {
            self.wrong.push(format!("{count} event(s) {event:?} of something that is there: {is_there}"));
        }
    }
}

/// Whom an event names, where it is about several: `users` or `groups`, in order; else the new description.
fn named(before: &str, after: &str) -> String {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    for state in [read(after), read(before)] {
        for list in ["users", "groups"] {
            if let Some(names) = state[list].as_array() {
                return joined(names.iter().filter_map(Value::as_str));
            }
        }
    }
    read(after)["description"].as_str().unwrap_or_default().to_owned()
}

/// Names as an event has them, whatever their order.
pub(super) fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

/// Groups that contain themselves: what is left when all that contain nothing are taken away, again and again.
fn circles(groups: &HashMap<String, Group>) -> Vec<String> {
    let mut left: HashMap<&str, usize> =
        groups.iter().map(|(name, group)| (name.as_str(), group.children.len())).collect();
    let mut parents = HashMap::<&str, Vec<&str>>::new();
    for (name, group) in groups {
        group.children.iter().for_each(|child| parents.entry(child).or_default().push(name));
    }
    let mut empty: Vec<&str> = left.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    while let Some(child) = empty.pop() {
        left.remove(child);
        for parent in parents.get(child).into_iter().flatten() {
            let count = left.get_mut(parent).expect("it has a child left");
            *count -= 1;
            if *count == 0 {
                empty.push(parent);
            }
        }
    }
    left.keys().map(|name| format!("the group {name} contains itself")).collect()
}
