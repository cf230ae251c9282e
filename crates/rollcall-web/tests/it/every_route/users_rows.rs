//! What the walk sends to the routes that change, remove and give access to users.

use serde_json::{Value, json};

use super::table::{Request, Row, Things};

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "PUT users",
            good: Request::body(
                &json!({"users": [{"userInfo": {"emailId": "grace@acme.test", "firstName": "Grace"}}]}),
            ),
            faulty: (
                Request::body(&json!({"users": [7, {
                    "userInfo": {"firstName": 5, "country": []},
                    "groups": {"addTo": [1], "removeFrom": "x"},
                    "roles": {"addTo": [{"botId": 2}], "removeFrom": {}},
                    "assignBotTasks": [{"botId": 3, "dialogs": 4}],
                    "canCreateBot": 5,
                    "isDeveloper": 6,
                }, {"groups": [], "roles": [], "assignBotTasks": {}}, {"userInfo": {"emailId": 1, "orgUserId": 2}}]})),
                vec![
                    "users[0]: expected an object, found a number",
                    "users[1].groups.addTo[0]: expected text, found a number",
                    "users[1].groups.removeFrom: expected a list, found text",
                    "users[1].roles.addTo[0].roleId: is missing",
                    "users[1].roles.addTo[0].botId: expected text, found a number",
                    "users[1].roles.removeFrom: expected a list, found an object",
                    "users[1].assignBotTasks[0].botId: expected text, found a number",
                    "users[1].assignBotTasks[0].dialogs: expected a list, found a number",
                    "users[1].canCreateBot: expected true or false, found a number",
                    "users[1].isDeveloper: expected true or false, found a number",
                    "users[1].userInfo.firstName: expected text or null, found a number",
                    "users[1].userInfo.country: expected text or null, found a list",
                    "users[1].userInfo.emailId: is missing, and so is orgUserId",
                    "users[2].groups: expected an object, found a list",
                    "users[2].roles: expected an object, found a list",
                    "users[2].assignBotTasks: expected a list, found an object",
                    "users[2].userInfo: is missing",
                    "users[3].userInfo.emailId: expected text, found a number",
                    "users[3].userInfo.orgUserId: expected text, found a number",
                ],
            ),
            naming: name_in_changes,
        },
        Row {
            name: "DELETE users",
            good: Request::body(&json!({"deleteEmailIds": ["sue@acme.test"], "orgUserIds": ["S-1"]})),
            faulty: (
                Request::body(&json!({"deleteEmailIds": [5], "orgUserIds": "S-1"})),
                vec!["deleteEmailIds[0]: expected text, found a number", "orgUserIds: expected a list, found text"],
            ),
            naming: |things| {
                let theirs = of_acme_alone(things);
                let all = json!({"deleteEmailIds": theirs, "orgUserIds": theirs});
                vec![Request::body(&all), Request::body(&json!({ "orgUserIds": theirs }))]
            },
        },
        Row {
            name: "POST useraccess",
            good: Request::body(&json!({"emailIds": ["grace@acme.test"], "isDeveloper": true})),
            faulty: (
                Request::body(&json!({
                    "emailIds": [5], "canCreateBot": 1, "isDeveloper": "no", "hasDataTableAndViewAccess": {},
                })),
                vec![
                    "emailIds[0]: expected text, found a number",
                    "canCreateBot: expected true or false, found a number",
                    "isDeveloper: expected true or false, found text",
                    "hasDataTableAndViewAccess: expected true or false, found an object",
                ],
            ),
            naming: |things| {
                let one = |email: &String| Request::body(&json!({"emailIds": [email], "isDeveloper": true}));
                let mut requests: Vec<Request> = things.words.iter().map(one).collect();
                requests.push(Request::body(&json!({"emailIds": things.words, "hasDataTableAndViewAccess": true})));
                requests
            },
        },
    ]
}

/// Every word but an address that the caller's account has too: their own they may remove.
fn of_acme_alone(things: &Things) -> Vec<&String> {
    things.words.iter().filter(|word| *word != "ada@acme.test").collect()
}

/// Each address and org user id, and one user of the caller's own with each group, role, bot and dialog, both ways.
fn name_in_changes(things: &Things) -> Vec<Request> {
    let change = |key: &str, word: &String| json!({"userInfo": {key: word, "city": "Leeds"}, "isDeveloper": false});
    let emails: Vec<Value> = things.words.iter().map(|word| change("emailId", word)).collect();
    let ids: Vec<Value> = things.words.iter().map(|word| change("orgUserId", word)).collect();
    let given = |id: &String| json!({"userInfo": {"emailId": "ada@acme.test", "orgUserId": id}});
    let pairs: Vec<Value> = things.users.iter().map(|(_, id)| given(id)).collect();
    let own = |key: &str, list: Value| {
        Request::body(&json!({"users": [{"userInfo": {"emailId": "kim@globex.test"}, key: list}]}))
    };
    let mut requests: Vec<Request> =
        [emails, ids, pairs].into_iter().map(|users| Request::body(&json!({ "users": users }))).collect();
    for end in ["addTo", "removeFrom"] {
        requests.push(own("groups", json!({ end: things.words })));
        requests.push(own("roles", json!({ end: things.as_roles() })));
    }
    requests.push(own("assignBotTasks", json!(things.as_tasks())));
    requests
}
