//! What is written: requests and account files, each with the answer that it must get and what must be there afterwards.

use serde_json::{Value, json};

use super::chance::Chance;
use super::world::{ADMIN, BASE_GROUPS, ROLES, TAKEN, World, group_id, role_id, seed};

/// A user as it is asked for.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) email: String,
    pub(super) first_name: String,
    pub(super) org_user_id: String,
    /// In which of the groups that are there from the beginning.
    pub(super) group: Option<usize>,
    pub(super) is_invited: bool,
}

impl Person {
    fn new(world: &World, chance: &mut Chance) -> Self {
        let number = world.number();
        Self {
            email: format!("p{number}@torture.test"),
            first_name: format!("P. {number}"),
            org_user_id: format!("T-{number}"),
            group: chance.one_in(2).then(|| chance.below(BASE_GROUPS)),
            is_invited: chance.one_in(8),
        }
    }

    fn json(&self) -> Value {
        let info = json!({"emailId": self.email, "firstName": self.first_name, "orgUserId": self.org_user_id});
        let groups: Vec<_> = self.group.map(group_id).into_iter().collect();
        json!({"userInfo": info, "groups": groups, "sendEmail": self.is_invited})
    }
}

/// What is there when it was done: all of it, or nothing.
#[derive(Debug, Clone)]
pub(super) enum What {
    Create(Vec<Person>),
    Give { role: usize, emails: Vec<String> },
    Take { role: usize, emails: Vec<String> },
    Group(Group),
}

/// A group of an account file, and another one that the same file changes.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) members: Vec<String>,
    pub(super) children: Vec<String>,
    pub(super) changes: Option<String>,
}

impl Group {
    /// What a group says of itself before another one's file changes it.
    pub(super) fn first_description(name: &str) -> String {
        format!("{name} as it was made")
    }

    pub(super) fn changed_description(by: &str) -> String {
        format!("changed with {by}")
    }

    /// The account file; where it is to be refused it closes a circle besides.
    pub(super) fn file(&self, is_circular: bool) -> String {
        let mut groups = vec![json!({
            "name": self.name, "description": Self::first_description(&self.name),
            "members": self.members, "groups": self.children,
        })];
        if let Some(other) = &self.changes {
            groups.push(json!({"name": other, "description": Self::changed_description(&self.name)}));
        }
        if is_circular {
            groups.push(json!({"name": "base-1", "groups": ["base-0"]}));
        }
        json!({"rollcall": 1, "account": {"name": "Torture"}, "groups": groups}).to_string()
    }
}

/// What the answer says when all goes well.
#[derive(Debug, Clone)]
pub(super) enum Expected {
    /// All users were created, but for these, in their order.
    Created { failed: Vec<String> },
    /// What became of each operation.
    Operations(Vec<bool>),
    /// The whole request is refused.
    Status(u16),
}

impl Expected {
    pub(super) fn is_met(&self, status: u16, body: &Value) -> bool {
        match self {
            Self::Status(expected) => status == *expected,
            Self::Created { failed } if failed.is_empty() => {
                status == 200 && body["msg"] == "Users are created Successfully"
            }
            Self::Created { failed } => {
                let told = body["failedUserDetails"].as_array().cloned().unwrap_or_default();
                let told: Vec<&str> = told.iter().filter_map(|user| user["userInfo"]["emailId"].as_str()).collect();
                status == 200 && told == *failed
            }
            Self::Operations(expected) => {
                let told = body.as_array().cloned().unwrap_or_default();
                let told: Vec<bool> = told.iter().map(|operation| operation["status"] == "success").collect();
                status == 200 && told == *expected
            }
        }
    }
}

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub(super) path: &'static str,
    pub(super) body: String,
    /// It is repeated with this key until it is answered.
    pub(super) key: Option<String>,
    pub(super) expected: Expected,
    /// What is there when it was done; none where all of it is refused.
    pub(super) what: Option<What>,
    /// Addresses that the request names and that must never be there.
    pub(super) never: Vec<String>,
}

impl Write {
    /// Users, some of whom may be wrong in one way or another.
    pub(super) fn create(world: &World, chance: &mut Chance, count: usize) -> Self {
        let people: Vec<Person> = (0..count).map(|_| Person::new(world, chance)).collect();
        let mut users: Vec<Value> = people.iter().map(Person::json).collect();
        let (mut failed, mut never) = (Vec::new(), Vec::new());
        while chance.one_in(3) {
            let stranger = format!("never{}@torture.test", world.number());
            let (email, user) = match chance.below(3) {
                // The one who has the address keeps it, and their name.
                0 => (TAKEN.to_uppercase(), json!({"userInfo": {"emailId": TAKEN.to_uppercase(), "firstName": "Eve"}})),
                1 if !people.is_empty() => {
                    let first = people[0].email.clone();
                    (first.clone(), json!({"userInfo": {"emailId": first, "firstName": "Eve"}}))
                }
                _ => {
                    never.push(stranger.clone());
                    let groups = ["e-00000000-0000-5000-8000-999999999999"];
                    (stranger.clone(), json!({"userInfo": {"emailId": stranger}, "groups": groups}))
                }
            };
            failed.push(email);
            users.push(user);
        }
        if users.is_empty() {
            return Self::create(world, chance, 1);
        }
        Self {
            path: "users",
            body: json!({ "users": users }).to_string(),
            key: Self::perhaps_a_key(world, chance),
            expected: Expected::Created { failed },
            what: (!people.is_empty()).then_some(What::Create(people)),
            never,
        }
    }

    /// Gives a role to users or takes it from them, beside operations that are refused.
    pub(super) fn assign(world: &World, chance: &mut Chance, role: usize, emails: &[String], is_given: bool) -> Self {
        let list = if is_given { "addUsers" } else { "removeUsers" };
        let mut operations = vec![json!({"roleId": role_id(role), list: emails})];
        let mut expected = vec![true];
        while chance.one_in(3) {
            // Half of an operation is right: it applies whole or not at all.
            let other = role_id((role + 1) % ROLES);
            operations.push(match chance.below(2) {
                0 => json!({"roleId": other, "addUsers": [&seed(0), "nobody@torture.test"]}),
                _ => json!({"roleId": world.admin_role, "removeUsers": [ADMIN]}),
            });
            expected.push(false);
        }
        let emails = emails.to_vec();
        Self {
            path: "adminroles/assignments",
            body: Value::from(operations).to_string(),
            key: Self::perhaps_a_key(world, chance),
            expected: Expected::Operations(expected),
            what: Some(if is_given { What::Give { role, emails } } else { What::Take { role, emails } }),
            never: Vec::new(),
        }
    }

    /// A request that is refused as a whole, though parts of it are right.
    pub(super) fn refused(world: &World) -> Self {
        let stranger = format!("never{}@torture.test", world.number());
        let users = json!([{"userInfo": {"emailId": stranger}}, {"userInfo": {"emailId": 7}}]);
        Self {
            path: "users",
            body: json!({ "users": users }).to_string(),
            key: None,
            expected: Expected::Status(400),
            what: None,
            never: vec![stranger],
        }
    }

    /// Another request under a key that is used up.
    pub(super) fn under_used_key(world: &World, key: &str) -> Self {
        let stranger = format!("never{}@torture.test", world.number());
        let body = json!({"users": [{"userInfo": {"emailId": stranger}}]}).to_string();
        let (key, expected) = (Some(key.to_owned()), Expected::Status(422));
        Self { body, key, expected, never: vec![stranger], ..Self::refused(world) }
    }

    fn perhaps_a_key(world: &World, chance: &mut Chance) -> Option<String> {
        chance.one_in(3).then(|| format!("torture-{}", world.number()))
    }
}
