//! `DELETE /users`: whom to remove, and the answer, in which those that failed have a form of their own.

use rollcall_core::Fault as Place;
use rollcall_core::users::{Lookup, Stays, UserFault};
use serde::Serialize;
use serde_json::Value;

use super::{Done, Fault, Reason, names};
use crate::http::json::{self, Faults};

/// Reads the body: `deleteEmailIds` and/or `orgUserIds`.
///
/// # Errors
/// Every wrong type, with its path; no id at all.
pub fn read(body: &Value) -> Result<Vec<Lookup>, Vec<Place>> {
    let faults = Faults::default();
    let mut asked = Vec::new();
    if let Some(body) = json::object(body, &faults) {
        asked.extend(names(&body, "deleteEmailIds").into_iter().map(Lookup::Email));
        asked.extend(names(&body, "orgUserIds").into_iter().map(Lookup::OrgUserId));
    }
    let asked = faults.done(asked)?;
    if asked.is_empty() {
        let message = "deleteEmailIds cannot be empty (nor orgUserIds, where there are no deleteEmailIds)";
        return Err(vec![Place::at("", message)]);
    }
    Ok(asked)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed<'a> {
    failed_user_details: Vec<FailedUser<'a>>,
}

/// No `userInfo` around it and no `status` in it, unlike everywhere else.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedUser<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_user_id: Option<&'a str>,
    reason: Reason,
}

/// The bytes of the answer: a sentence when all were removed, else those that were not, in request order.
pub fn removed(stays: &[Stays]) -> Vec<u8> {
    if stays.is_empty() {
        return super::bytes(&Done { msg: "Users are removed Successfully" });
    }
    let failed = stays.iter().map(|stays| {
        let (email_id, org_user_id) = match &stays.asked {
            Lookup::Email(email) => (Some(email.as_str()), None),
            Lookup::OrgUserId(id) => (None, Some(id.as_str())),
        };
        FailedUser { email_id, org_user_id, reason: Reason::bad_request(stays.faults.iter().map(fault).collect()) }
    });
    super::bytes(&Failed { failed_user_details: failed.collect() })
}

/// Whoever is known and stays is who may not be removed.
fn fault(fault: &UserFault) -> Fault {
    match fault {
        UserFault::NotFound(lookup) => Fault::user_not_found(lookup),
        other => Fault::literal("Unauthorized to perform this activity", other.to_string()),
    }
}
