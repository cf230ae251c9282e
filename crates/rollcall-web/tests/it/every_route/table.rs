//! What the walk sends to each route.

use std::fmt;

use rollcall_core::change::Change;
use rollcall_core::sync;
use rollcall_testkit::TestRollcall;
use serde_json::{Value, json};

use crate::acme::{admin_role, bot_id, bot_role};

/// A request to a route that is known.
pub(super) struct Request {
    /// Where the route's path has parameters: the path with them.
    pub(super) path: Option<String>,
    pub(super) query: String,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn body(body: &Value) -> Self {
        Self { body: body.to_string().into_bytes(), ..Self::query("") }
    }

    pub(super) fn query(query: impl Into<String>) -> Self {
        Self { path: None, query: query.into(), content_type: "application/json", body: Vec::new() }
    }

    /// The same request to a path with parameters.
    pub(super) fn at(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_deref().unwrap_or_default();
        write!(f, "{path}{} {}", self.query, String::from_utf8_lossy(&self.body))
    }
}

/// What the walk knows of a route.
pub(super) struct Row {
    /// Verb and path.
    pub(super) name: &'static str,
    /// A request that is done for an app with the route's scope alone: it changes Acme where the route changes things.
    pub(super) good: Request,
    /// A request with every fault that its form can have, and what is said of them.
    pub(super) faulty: (Request, Vec<&'static str>),
    /// Requests that name everything of an account, wherever a field takes an id, a name or an address.
    pub(super) naming: fn(&Things) -> Vec<Request>,
}

/// Everything by which an account's things can be named.
pub(super) struct Things {
    pub(super) users: Vec<(String, String)>,
    pub(super) roles: Vec<String>,
    pub(super) bots: Vec<String>,
    /// All ids, names and addresses, whatever they are of.
    pub(super) words: Vec<String>,
}

impl Things {
    pub(super) fn of(acme: &TestRollcall) -> Self {
        let state = acme.read(|view| sync::export(view, false)).expect("an export");
        let built_in = acme.read(rollcall_core::roles::list).expect("the roles");
        let mut words = vec![state.name, acme.account.id.to_string()];
        let mut users = Vec::new();
        for user in state.users {
            let org_user_id = if let Change::Set(id) = user.org_user_id { id } else { String::new() };
            words.extend([user.email.clone(), org_user_id.clone(), user.id.unwrap_or_default()]);
            users.push((user.email, org_user_id));
        }
        for group in state.groups {
            words.extend([group.name, group.id.unwrap_or_default()]);
        }
        for app in state.apps {
            words.extend([app.name, app.client_id.unwrap_or_default()]);
        }
        let roles: Vec<String> = built_in.iter().map(|role| role.id.to_string()).collect();
        words.extend(built_in.into_iter().map(|role| role.name).chain(roles.clone()));
        let mut bots = Vec::new();
        for bot in state.bots {
            words.extend(bot.dialogs.into_iter().flat_map(|d| [d.name, d.id.unwrap_or_default()]));
            words.extend([bot.name, bot.id.clone().unwrap_or_default()]);
            bots.extend(bot.id);
        }
        words.retain(|word| !word.is_empty());
        Self { users, roles, bots, words }
    }

    /// A reply whose ids that were drawn by lot are all the same; the ids of these things stay as they are.
    pub(super) fn without_random_ids(&self, reply: &str) -> String {
        let is_id = |text: &str| {
            let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
            let is_uuid = text.split_once('-').is_some_and(|(_, rest)| rest.len() == 36 && is_hex(rest));
            is_uuid || (text.len() == 24 && is_hex(text) && !text.starts_with("00000"))
        };
        let told = |text| if is_id(text) && !self.words.iter().any(|word| word == text) { "an id" } else { text };
        reply.split('"').map(told).collect::<Vec<_>>().join("\"")
    }
}

/// A row for each route.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = first_calls();
    rows.extend(super::lists::rows());
    rows.extend(super::users_rows::rows());
    rows.extend(super::roles_rows::rows());
    rows.extend(super::sso_rows::rows());
    rows.extend(super::erasure_rows::rows());
    rows
}

/// What Acme must have beside its description, so that a route's good request is done.
pub(super) fn prepare(name: &str, acme: &TestRollcall) {
    super::sso_rows::prepare(name, acme);
    super::erasure_rows::prepare(name, acme);
}

/// The rows of the seed documents, and those like them.
fn first_calls() -> Vec<Row> {
    vec![
        Row {
            name: "GET groups",
            good: Request::query("?offset=0&limit=2"),
            faulty: (
                Request::query("?offset=-1&limit=0"),
                vec![
                    "offset: expected a whole number from 0 on, found \"-1\"",
                    "limit: expected a whole number from 1 on, found \"0\"",
                ],
            ),
            naming: |_| vec![Request::query(""), Request::query("?offset=1&limit=1")],
        },
        Row {
            name: "POST usersInfo",
            good: Request::body(&json!({"emailIds": ["ada@acme.test"], "orgUserIds": ["S-1"], "status": "all"})),
            faulty: (
                Request::body(&json!({"emailIds": [5], "orgUserIds": "A-1", "status": "gone"})),
                vec![
                    "emailIds[0]: expected text, found a number",
                    "orgUserIds: expected a list, found text",
                    "status: \"gone\" is not one of: active, not active, all",
                ],
            ),
            naming: |things| {
                let all = Request::body(&json!({"emailIds": things.words, "orgUserIds": things.words}));
                vec![all, Request::body(&json!({"emailIds": things.words, "status": "active"}))]
            },
        },
        Row {
            name: "POST users",
            good: Request::body(&json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}]})),
            faulty: (
                Request::body(&json!({"sendEmail": 1, "users": [{
                    "userInfo": {"firstName": 5},
                    "groups": [1],
                    "roles": [{"botId": 2}],
                    "assignBotTasks": [{"dialogs": 3}],
                    "canCreateBot": 4,
                    "isDeveloper": 5,
                    "sendEmail": 6,
                }]})),
                vec![
                    "sendEmail: expected true or false, found a number",
                    "users[0].roles[0].roleId: is missing",
                    "users[0].roles[0].botId: expected text, found a number",
                    "users[0].assignBotTasks[0].botId: is missing",
                    "users[0].groups[0]: expected text, found a number",
                    "users[0].canCreateBot: expected true or false, found a number",
                    "users[0].isDeveloper: expected true or false, found a number",
                    "users[0].sendEmail: expected true or false, found a number",
                    "users[0].userInfo.firstName: expected text, found a number",
                    "users[0].userInfo.emailId: is missing",
                ],
            ),
            naming: name_in_new_users,
        },
        Row {
            name: "POST adminroles/assignments",
            good: Request::body(&json!([{"roleId": admin_role("Auditor"), "addUsers": ["grace@acme.test"]}])),
            faulty: (
                Request::body(&json!([7, {
                    "addUsers": 1, "removeUsers": [2], "addOrgUserIds": {}, "removeOrgUserIds": [true],
                    "addGroups": "x", "removeGroups": [[]],
                }])),
                vec![
                    "[0]: expected an object, found a number",
                    "[1].roleId: is missing",
                    "[1].addUsers: expected a list, found a number",
                    "[1].addOrgUserIds: expected a list, found an object",
                    "[1].removeUsers[0]: expected text, found a number",
                    "[1].removeOrgUserIds[0]: expected text, found a boolean",
                    "[1].addGroups: expected a list, found text",
                    "[1].removeGroups[0]: expected text, found a list",
                ],
            ),
            naming: |things| name_in_operations(things, "admin/Auditor"),
        },
        Row {
            name: "POST btroles/assignments",
            good: Request::body(&json!([{
                "roleId": bot_role("Bot Tester"), "botId": bot_id("Travel desk"), "addUsers": ["grace@acme.test"],
            }])),
            faulty: (
                Request::body(&json!([7, {"botId": 3, "addUsers": 1, "removeGroups": [[]]}])),
                vec![
                    "[0]: expected an object, found a number",
                    "[1].roleId: is missing",
                    "[1].botId: expected text, found a number",
                    "[1].addUsers: expected a list, found a number",
                    "[1].removeGroups[0]: expected text, found a list",
                ],
            ),
            naming: |things| name_in_operations(things, "bot/Bot Tester"),
        },
    ]
}

impl Things {
    /// Every word as a role, and every role on every bot.
    pub(super) fn as_roles(&self) -> Vec<Value> {
        let pairs =
            self.roles.iter().flat_map(|role| self.bots.iter().map(move |bot| json!({"roleId": role, "botId": bot})));
        self.words.iter().map(|role| json!({ "roleId": role })).chain(pairs).collect()
    }

    /// Every word as a bot, with every word as its dialog.
    pub(super) fn as_tasks(&self) -> Vec<Value> {
        self.words.iter().map(|bot| json!({"botId": bot, "dialogs": self.words})).collect()
    }
}

/// New users with all addresses and org user ids; and one with each group, role, bot and dialog.
fn name_in_new_users(things: &Things) -> Vec<Request> {
    let known = |(email, id): &(String, String)| json!({"userInfo": {"emailId": email, "orgUserId": id}});
    let (roles, tasks) = (things.as_roles(), things.as_tasks());
    let one = |key: &str, list: Value| {
        Request::body(&json!({"users": [{"userInfo": {"emailId": "new@globex.test"}, key: list}]}))
    };
    vec![
        one("groups", json!(things.words)),
        one("roles", json!(roles)),
        one("assignBotTasks", json!(tasks)),
        Request::body(&json!({"users": things.users.iter().map(known).collect::<Vec<_>>()})),
    ]
}

/// An operation on each role and bot with everybody and every group; and each alone, on a role and a bot that the caller
/// may have too.
fn name_in_operations(things: &Things, own: &str) -> Vec<Request> {
    let keys = ["addUsers", "removeUsers", "addOrgUserIds", "removeOrgUserIds", "addGroups", "removeGroups"];
    let own_bot = rollcall_core::id::BotId::derive("Globex", &rollcall_core::text::key("Travel desk")).to_string();
    let on = |role: &str, bot: &str, key: &str, list: &[String]| json!({"roleId": role, "botId": bot, key: list});
    let own = rollcall_core::id::RoleId::derive("Globex", own).to_string();
    let each = |role: &str, bot: &str| keys.iter().map(|key| on(role, bot, key, &things.words)).collect::<Vec<_>>();
    let singles =
        keys.iter().flat_map(|key| things.words.iter().map(|word| on(&own, &own_bot, key, std::slice::from_ref(word))));
    let mut requests: Vec<Request> =
        things.words.iter().map(|role| Request::body(&json!(each(role, &own_bot)))).collect();
    requests.extend(things.words.iter().map(|bot| Request::body(&json!(each(&own, bot)))));
    requests.push(Request::body(&json!(each(&own, &own_bot))));
    requests.push(Request::body(&json!(singles.collect::<Vec<_>>())));
    requests
}
