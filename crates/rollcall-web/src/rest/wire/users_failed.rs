//! Users of a request that failed, in the form that creating and changing answer, and the words of their faults.

use rollcall_core::users::{Lookup, NewUser, UserFault};
use serde::Serialize;

use super::{Done, Fault, Reason};

/// What of a user is repeated when it failed.
#[derive(Debug, Clone)]
pub struct Echo {
    pub(super) user: Lookup,
    pub(super) first_name: Option<String>,
}

impl Echo {
    /// The echoes of these users, in their order.
    pub fn of(users: &[NewUser]) -> Vec<Self> {
        use rollcall_core::users::ProfileField::FirstName;
        let first_name = |u: &NewUser| u.profile.get(FirstName).map(str::to_owned);
        users.iter().map(|u| Self { user: Lookup::Email(u.email.clone()), first_name: first_name(u) }).collect()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed<'a> {
    failed_user_details: Vec<FailedUser<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedUser<'a> {
    user_info: FailedInfo<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedInfo<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    status: &'static str,
    reason: Reason,
}

/// A sentence when no user has a fault, else those that have, in request order.
pub(super) fn answer<'a>(done: &'static str, users: impl Iterator<Item = (&'a Echo, &'a [UserFault])>) -> Vec<u8> {
    let failed = users.filter(|(_, faults)| !faults.is_empty()).map(|(echo, faults)| {
        let (email_id, org_user_id) = match &echo.user {
            Lookup::Email(email) => (Some(email.as_str()), None),
            Lookup::OrgUserId(id) => (None, Some(id.as_str())),
        };
        let reason = Reason::bad_request(faults.iter().map(fault).collect());
        let first_name = echo.first_name.as_deref();
        FailedUser { user_info: FailedInfo { email_id, org_user_id, first_name, status: "failure", reason } }
    });
    let failed: Vec<_> = failed.collect();
    if failed.is_empty() {
        super::bytes(&Done { msg: done })
    } else {
        super::bytes(&Failed { failed_user_details: failed })
    }
}

/// Flags that contradict each other (a literal of the vendor).
pub(super) const CONTRADICTION: &str = "Invalid values in the body";

/// The vendor's literal where there is one, else our own sentence.
fn fault(fault: &UserFault) -> Fault {
    match fault {
        UserFault::InvalidEmail(_) => Fault::literal("INVALID_EMAIL", fault.to_string()),
        UserFault::Exists(_) => Fault::literal("USER_ALREADY_EXISTS", fault.to_string()),
        UserFault::NotFound(lookup) => Fault::user_not_found(lookup),
        UserFault::CreatorMustDevelop => Fault::literal(CONTRADICTION, "canCreateBot is true and isDeveloper is false"),
        UserFault::CreatorIsNoDeveloper(email) => {
            Fault::literal(CONTRADICTION, format!("canCreateBot is true, and isDeveloper of {email} is false"))
        }
        UserFault::DeveloperCreates(email) => {
            Fault::literal(CONTRADICTION, format!("isDeveloper is false, and canCreateBot of {email} is true"))
        }
        other => Fault::new(other.to_string(), 400),
    }
}
