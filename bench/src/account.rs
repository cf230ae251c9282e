//! An account of a given size, the same on every machine and in every run: as an account file, and as questions to ask.

use std::io::Write;

use serde_json::{Value, json};

/// Members of a group.
pub(crate) const TEAM: usize = 50;
/// The fewest users with which a page of groups is full.
pub(crate) const LEAST: usize = 50 * TEAM;
/// A role that one can be given by hand.
pub(crate) const AUDITOR: &str = "Auditor";
/// The client app under which everything is asked.
pub(crate) const CLIENT_ID: &str = "cs-5b1d3c52-6f0e-5d6c-9a41-2f7d1c0be5a1";
const CLIENT_SECRET: &str = "an app of the load harness, good for nothing else";

const FIRST: [&str; 16] = [
    "Ada", "Bojan", "Chidi", "Dolores", "Emre", "Fatima", "Grace", "Hiroshi", "Inés", "Jamal", "Kateryna", "Lucía",
    "Mei", "Niamh", "Oskar", "Priya",
];
const LAST: [&str; 16] = [
    "Obi", "Petrova", "Nakamura", "Schmidt", "Okafor", "Silva", "Larsen", "Haddad", "Novák", "Ferrari", "Mbeki",
    "Nuñez", "Tanaka", "Kowalska", "Ramírez", "Yilmaz",
];
const DEPARTMENTS: [&str; 6] = ["Sales", "Operations", "Finance", "Legal", "Support", "Engineering"];
const TITLES: [&str; 5] = ["Account Executive", "Analyst", "Engineering Manager", "Support Specialist", "Counsel"];
const COLOURS: [&str; 4] = ["#4169e1", "#2e8b57", "#8a2be2", "#ff8c00"];
const BOTS: [&str; 3] = ["Travel desk", "Parcel tracker", "Pay slips"];

/// Marsaglia's xorshift: enough disorder for a load, and none between two runs.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// A sequence that depends on the seed alone.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper bits are the better ones.
        ((self.0 >> 16) % end as u64) as usize
    }

    /// One of these.
    pub(crate) fn of<T: Copy>(&mut self, these: &[T]) -> T {
        these[self.below(these.len())]
    }
}

/// The address of the n-th user.
pub(crate) fn address(n: usize) -> String {
    format!("person.{n:06}@bench.example")
}

/// A user as `POST /users` takes them; `n` makes the address.
pub(crate) fn new_user(n: u64, send_email: bool) -> Value {
    let at = n as usize;
    json!({
        "userInfo": {
            "emailId": format!("new.{n:09}@bench.example"),
            "orgUserId": format!("N-{n:09}"),
            "firstName": FIRST[at % FIRST.len()],
            "lastName": LAST[at / FIRST.len() % LAST.len()],
            "dept": DEPARTMENTS[at % DEPARTMENTS.len()],
        },
        "sendEmail": send_email,
    })
}

fn user(n: usize, random: &mut Random) -> Value {
    json!({
        "email": address(n),
        "orgUserId": format!("B-{n:06}"),
        "firstName": random.of(&FIRST),
        "lastName": random.of(&LAST),
        "dept": random.of(&DEPARTMENTS),
        "jTitle": random.of(&TITLES),
        "profColour": random.of(&COLOURS),
        "status": if n % 10 == 9 { "not active" } else { "active" },
    })
}

fn team(n: usize) -> String {
    format!("Team {n:05}")
}

/// Members are drawn from the whole account, so that those of a page lie scattered in the database, as they would after
/// years. Every tenth group has the next three inside it.
fn groups(users: usize, random: &mut Random) -> impl Iterator<Item = Value> {
    let mut order: Vec<usize> = (0..users).collect();
    for last in (1..users).rev() {
        order.swap(last, random.below(last + 1));
    }
    let count = users / TEAM;
    let group = move |n: usize| {
        let members: Vec<String> = order[n * TEAM..(n + 1) * TEAM].iter().map(|m| address(*m)).collect();
        let inside: Vec<String> =
            if n.is_multiple_of(10) { (n + 1..=n + 3).filter(|c| *c < count).map(team).collect() } else { Vec::new() };
        json!({
            "name": team(n),
            "description": format!("The people of team {n}"),
            "members": members,
            "groups": inside,
        })
    };
    (0..count).map(group)
}

/// Every fifth group develops a bot, every twentieth may audit, one user in a hundred develops a bot by themselves, and
/// three of all are admins.
fn assignments(users: usize) -> Vec<Value> {
    let of = |nth: usize, from: usize| (from..users / TEAM).step_by(nth).map(team).collect::<Vec<_>>();
    let mut all: Vec<Value> = BOTS
        .iter()
        .enumerate()
        .map(|(n, bot)| {
            let direct: Vec<String> = (n..users).step_by(300).map(address).collect();
            json!({ "role": "Bot Developer", "bot": bot, "users": direct, "groups": of(15, n * 5) })
        })
        .collect();
    let admins: Vec<String> = (1..=3).map(|n| address(users * n / 4)).collect();
    all.push(json!({ "role": "admin", "users": admins }));
    all.push(json!({ "role": AUDITOR, "groups": of(20, 7) }));
    all
}

/// Everything but the users and the groups.
fn frame(users: usize) -> Vec<(&'static str, Value)> {
    let bot = |name: &&str| {
        json!({
            "name": name,
            "published": true,
            "audience": "enterprise",
            "owner": address(0),
            "dialogs": [{ "name": "Ask" }],
        })
    };
    let auditor = json!({
        "kind": "admin",
        "name": AUDITOR,
        "description": "Reads the audit log",
        "permissions": { "View and Run Audit Reports": "YES" },
    });
    vec![
        ("rollcall", json!(1)),
        ("account", json!({ "name": "Bench", "owner": address(0) })),
        ("bots", BOTS.iter().map(bot).collect()),
        ("roles", json!([auditor])),
        ("assignments", Value::Array(assignments(users))),
        ("apps", json!([app()])),
    ]
}

/// The client app.
pub(crate) fn app() -> Value {
    json!({
        "name": "bench",
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "scopes": ["user-management", "role-management", "audit-logs"],
    })
}

/// An account file with nobody but the owner.
pub(crate) fn empty() -> Value {
    json!({
        "rollcall": 1,
        "account": { "name": "Bench", "owner": address(0) },
        "users": [{ "email": address(0), "status": "active" }],
        "assignments": [{ "role": "admin", "users": [address(0)] }],
        "apps": [app()],
    })
}

/// Writes the account file: piece by piece, since that of a million users has half a gigabyte.
pub(crate) fn write(users: usize, out: &mut impl Write) -> std::io::Result<()> {
    let mut random = Random::new(0x5eed_0000 + users as u64);
    out.write_all(b"{")?;
    for (key, value) in frame(users) {
        write!(out, "\"{key}\":{value},")?;
    }
    list(out, "users", (0..users).map(|n| user(n, &mut random)))?;
    out.write_all(b",")?;
    list(out, "groups", groups(users, &mut random))?;
    out.write_all(b"}")
}

fn list(out: &mut impl Write, key: &str, values: impl Iterator<Item = Value>) -> std::io::Result<()> {
    write!(out, "\"{key}\":[")?;
    for (n, value) in values.enumerate() {
        write!(out, "{}{value}", if n == 0 { "" } else { "," })?;
    }
    out.write_all(b"]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn file(users: usize) -> Value {
        let mut text = Vec::new();
        write(users, &mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    #[test]
    fn the_same_size_gives_the_same_account() {
        assert_eq!(file(LEAST), file(LEAST));
    }

    #[test]
    fn every_group_has_fifty_members_and_nobody_is_in_two() {
        let file = file(LEAST);
        let groups = file["groups"].as_array().unwrap();
        assert_eq!(groups.len(), LEAST / TEAM);
        let mut seen = HashSet::new();
        for group in groups {
            let members = group["members"].as_array().unwrap();
            assert_eq!(members.len(), TEAM);
            assert!(members.iter().all(|m| seen.insert(m.as_str().unwrap())));
        }
        assert_eq!(seen.len(), LEAST);
    }
}
