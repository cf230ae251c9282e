//! `POST /useraccess`: one set of flags for many users, and an answer that is an array of one word.

use axum::http::StatusCode;
use rollcall_core::Fault as Place;
use rollcall_core::users::{AccessRefusal, Flags};
use serde_json::Value;

use super::names;
use super::users_failed::CONTRADICTION;
use crate::http::json::{self, Faults};
use crate::rest::error::Failure;

/// Reads the body: addresses, and the flags for all of them.
///
/// # Errors
/// Every wrong type and missing `emailIds`, with its path.
pub fn read(body: &Value) -> Result<(Vec<String>, Flags), Vec<Place>> {
    let faults = Faults::default();
    let (mut emails, mut flags) = (Vec::new(), Flags::default());
    if let Some(body) = json::object(body, &faults) {
        if !body.has("emailIds") {
            body.fault("emailIds", "is missing");
        }
        emails = names(&body, "emailIds");
        flags = Flags {
            can_create_bot: body.boolean("canCreateBot"),
            is_developer: body.boolean("isDeveloper"),
            data_tables: body.boolean("hasDataTableAndViewAccess"),
        };
    }
    faults.done((emails, flags))
}

/// The bytes of the answer when all have the flags.
pub fn done() -> Vec<u8> {
    super::bytes(&["SUCCESS"])
}

/// The vendor's words for what refuses the whole request.
pub fn refused(refusal: &AccessRefusal) -> Failure {
    match refusal {
        AccessRefusal::Contradiction => {
            Failure::literal(StatusCode::FORBIDDEN, CONTRADICTION, "canCreateBot is true and isDeveloper is false")
        }
        AccessRefusal::Nobody => Failure::bad_request("emailIds cannot be empty"),
        AccessRefusal::Unknown(emails) => {
            let detail = format!("Unknown in this account: {}", emails.join(", "));
            Failure::literal(StatusCode::BAD_REQUEST, "One or more entered emails not found", detail)
        }
        AccessRefusal::ContradictsUsers(emails) => {
            let detail = format!("canCreateBot would be true and isDeveloper false of: {}", emails.join(", "));
            Failure::literal(StatusCode::FORBIDDEN, CONTRADICTION, detail)
        }
    }
}
