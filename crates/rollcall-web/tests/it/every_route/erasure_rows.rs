//! What the walk sends to `/bot/eraseUsersData`.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rollcall_core::erasures::{self, Asked};
use rollcall_testkit::TestRollcall;
use serde_json::json;

use super::table::{Request, Row, Things};
use crate::acme::bot_id;

/// The request that Acme has where it must have one.
const REQUEST: &str = "eud-5b1c1f0e-7a40-5b8e-9d3c-52f1c0a76e11";

fn path(id: &str) -> String {
    format!("bot/eraseUsersData/status/{}", utf8_percent_encode(id, NON_ALPHANUMERIC))
}

/// A row for each route.
pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "DELETE bot/eraseUsersData",
            good: Request::body(&json!({"userIds": ["grace@acme.test"], "botIds": [bot_id("Travel desk")]})),
            faulty: (
                Request::body(&json!({"userIds": [5, "", {}], "botIds": "st-1", "RemoveDataFromAllBots": "yes"})),
                vec![
                    "userIds[0]: expected text, found a number",
                    "userIds[2]: expected text, found an object",
                    "botIds: expected a list, found text",
                    "RemoveDataFromAllBots: expected true or false, found text",
                ],
            ),
            naming: name_each,
        },
        Row {
            name: "GET bot/eraseUsersData/status/{id}",
            good: Request::query("").at(path(REQUEST)),
            faulty: (
                Request::query("?dryRun=perhaps").at(path(REQUEST)),
                vec!["dryRun: expected true or false, found \"perhaps\""],
            ),
            naming: |things| {
                let words = things.words.iter().map(String::as_str).chain([REQUEST]);
                words.map(|word| Request::query("").at(path(word))).collect()
            },
        },
    ]
}

/// Everything as a user and as a bot, beside somebody whom nobody has, so that the caller's own are not erased.
fn name_each(things: &Things) -> Vec<Request> {
    let each = |word: &String| Request::body(&json!({"userIds": [word, "nobody@acme.test"], "botIds": [word]}));
    let all = Request::body(&json!({"userIds": things.words, "botIds": things.words, "RemoveDataFromAllBots": true}));
    things.words.iter().map(each).chain([all]).collect()
}

/// Where a route is about a request, there is one.
pub(super) fn prepare(name: &str, acme: &TestRollcall) {
    if name != "GET bot/eraseUsersData/status/{id}" {
        return;
    }
    let asked = Asked { users: vec![(0, "grace@acme.test".into())], from_all_bots: true, ..Asked::default() };
    acme.write(move |op| erasures::request(op, &asked)).expect("a database").expect("a request");
    acme.database().execute(&format!("update erasures set public_id = '{REQUEST}'"));
}
