//! `/bot/eraseUsersData`, described. Read and answered in `wire/erasures.rs`.

use serde_json::json;

use super::describe::{Described, Tag, route};
use super::schema::{Schema, flag, id, list, many, named, taken, text, time, told, word};
use super::users::names_something;

/// The routes of this file.
pub(super) fn described() -> Vec<Described> {
    vec![
        route("DELETE bot/eraseUsersData", "eraseUsers", Tag::Erasing, "Erase users' data", requested())
            .text(
                "Takes down that what is personal of users is to be erased; a job in the background does it, usually within \
                 seconds. A request with a fault is refused whole. Who owns the account or a bot cannot be erased, nor can the last \
                 active holders of the built-in `admin` role. The audit log keeps what it said before.",
            )
            .takes(asked()),
        route(
            "GET bot/eraseUsersData/status/{id}",
            "showErasure",
            Tag::Erasing,
            "Tell how far an erasure is",
            status(),
        )
        .text("Tells how far a request is, its users in the order asked.")
        .path("id", "The `requestId` that the request was answered.", id("eud-"))
        .refuses(404),
    ]
}

fn asked() -> Schema {
    let asked = taken()
        .required("userIds", many(text()).about("Addresses, or `u-` ids; at least one."))
        .optional("botIds", many(text()).about("Ids of bots; needed unless all are meant."))
        .optional("RemoveDataFromAllBots", flag().or(false).about("Whether all bots are meant."));
    let all = json!({"required": ["RemoveDataFromAllBots"], "properties": {"RemoveDataFromAllBots": {"const": true}}});
    Schema::from(asked).and("allOf", json!([names_something("userIds"), {"anyOf": [all, names_something("botIds")]}]))
}

fn requested() -> Schema {
    told().required("requestId", id("eud-")).required("status", word(&["in-progress"])).into()
}

fn status() -> Schema {
    let user = told()
        .required("userId", id("u-"))
        .required("status", word(&["SUCCESS", "IN_PROGRESS", "FAILED"]))
        .optional("reason", text().about("Why it has become impossible, where it has."));
    told()
        .required("_id", id("eud-"))
        .required("createdOn", time())
        .required("lastUpdatedOn", time())
        .required("RemoveDataFromAllBots", flag())
        .optional("botIds", list(id("st-")).not_empty().about("Where they were sent."))
        .required("response", list(named("ErasedUser", user)))
        .into()
}
