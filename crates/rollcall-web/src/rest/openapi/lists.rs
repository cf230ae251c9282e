//! `GET /alluserroles`, `GET /bots` and `GET /auditlogs`, described. What they answer is made in `wire/`.

use serde_json::json;

use super::describe::{Described, Tag, page, route};
use super::schema::{Schema, either, flag, hex_id, id, list, named, or_empty, text, time, told, whole, word};
use super::users::with_roles;

/// How many events are told where nothing is said.
const DEFAULT_SIZE: u64 = 50;

/// The routes of this file.
pub(super) fn described() -> Vec<Described> {
    vec![
        route("GET alluserroles", "listUserRoles", Tag::Users, "List users with their roles", page("users", user()))
            .text("Lists all users with the roles that they hold, in the order in which they came. `offset` counts users here.")
            .query("offset", "How many users to leave out.", whole(0).or(0))
            .limit(),
        route("GET bots", "listBots", Tag::Bots, "List bots", page("bots", bot()))
            .text(
                "Lists the bots of the account, in the order in which they were made. Much of the form is about what Rollcall does \
                 not do; those fields are always the same.",
            )
            .pages(),
        route("GET auditlogs", "readAuditLog", Tag::AuditLog, "Read the audit log", events())
            .text(
                "Tells what has happened, oldest first: first what comes after the event `fetchAfter`, of that what lies between \
                 the dates, of that the page. Whoever goes on with `fetchAfter` from the last event that they have seen misses \
                 nothing and sees nothing twice, also while others write.",
            )
            .query("fromDate", "From when on: a day in UTC, or a time. Where it comes after `toDate` they change places.", day())
            .query("toDate", "Until when, the whole of a day included.", day())
            .query("fetchAfter", "The `AuditLogId` of an event: what came after it.", or_empty(hex_id()))
            .query("offset", "The number of the page, from 0.", whole(0).or(0))
            .query("size", "The size of the page, 1 to 100; a larger one is served as 100.", whole(1).or(DEFAULT_SIZE)),
    ]
}

fn user() -> Schema {
    let user = told()
        .required("username", text().about("The address."))
        .required("orgUserId", text().or_null())
        .required("accountId", hex_id())
        .required("isDeveloper", flag())
        .required("canCreateBot", flag())
        .required("userId", id("u-"));
    named("UserWithRoles", with_roles(user))
}

fn bot() -> Schema {
    let app = told()
        .required("clientId", id("cs-"))
        .required(
            "clientSecret",
            text().and("pattern", json!("^cs….{0,4}$")).about("The end of it, to tell two apart."),
        )
        .required("jtiClaimEnforced", flag())
        .required("jweEncryptionEnforced", flag())
        .required("createdOn", time());
    let bot = told()
        .required("_id", id("st-"))
        .required("accountId", hex_id())
        .required("purpose", word(&["customer", "employee"]))
        .required("createdOn", time())
        .required("createdBy", id("u-").or_null().about("The owner."))
        .required("type", word(&["default"]))
        .required("defaultLanguage", word(&["en"]))
        .required("isDeflect", flag())
        .required("resourceid", word(&["btstreams"]))
        .required("status", word(&["published", "configured"]))
        .required("icon", text())
        .required("name", text())
        .required("description", text())
        .required("isLinkedTo", list(text()).always_empty())
        .required("containsPanelOrWidget", flag())
        .required("jwtApps", list(named("ClientApp", app)).about("The apps of the account, the same for every bot."));
    named("Bot", bot)
}

/// A day, or a time with its offset (RFC 3339).
fn day() -> Schema {
    let of = |format: &str| text().and("format", json!(format));
    or_empty(either([of("date"), of("date-time")]))
}

fn events() -> Schema {
    let event = told()
        .required("timestampValue", whole(0).about("The time in milliseconds since 1970."))
        .required("Date/Time", time())
        .required("Description", text().about("What happened, as a sentence."))
        .required("Name", text().about("What kind of event it is."))
        .required("Category", text())
        .required("AuditLogId", hex_id().about("The number of the event in the account's chain, without gaps."))
        .required("User", text().or_null().about("The id of the user who did it, or what did it on the host."))
        .required("Email", text().or_null().about("The address that the user has now."))
        .required("IP", text().or_null())
        .required("App", text().or_null().about("The name of the client app that did it."));
    told()
        .required("total", whole(0).about("How many events there are of those that were asked for."))
        .required("auditlogs", list(named("AuditEvent", event)))
        .required("moreAvailable", flag().about("Whether a later page holds anything."))
        .into()
}
