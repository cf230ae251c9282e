//! `POST /users`: the request, and the answer for those that failed.

use rollcall_core::Fault as Place;
use rollcall_core::users::{CreateFault, NewUser, Outcome, Profile, ProfileField, RoleOnBot, TaskGrant};
use serde::Serialize;
use serde_json::Value;

use super::{Fault, Reason};
use crate::http::json::{self, Faults, Object};

/// The vendor's names of the profile fields: lower-case n in `worknumber`, capital N in `suiteNo`.
pub(in crate::rest) const PROFILE: [(&str, ProfileField); 12] = [
    ("firstName", ProfileField::FirstName),
    ("lastName", ProfileField::LastName),
    ("companyName", ProfileField::Company),
    ("dept", ProfileField::Department),
    ("companyContactPhone", ProfileField::CompanyPhone),
    ("worknumber", ProfileField::WorkNumber),
    ("street", ProfileField::Street),
    ("suiteNo", ProfileField::Suite),
    ("city", ProfileField::City),
    ("zip", ProfileField::Zip),
    ("state", ProfileField::State),
    ("country", ProfileField::Country),
];

/// Reads the body.
///
/// # Errors
/// Every wrong type and missing field, with its path. What is wrong with a value is the business of its user alone.
pub fn read_create(body: &Value) -> Result<Vec<NewUser>, Vec<Place>> {
    let faults = Faults::default();
    let mut users = Vec::new();
    if let Some(body) = json::object(body, &faults) {
        // Older documents have sendEmail beside users, newer ones in each; the closer one wins.
        let send_email = body.boolean("sendEmail");
        if !body.has("users") {
            body.fault("users", "is missing");
        }
        let list = body.objects("users");
        users.extend(list.iter().filter_map(|user| read_user(user, send_email)));
    }
    let users = faults.done(users)?;
    if users.is_empty() { Err(vec![Place::at("users", "cannot be empty")]) } else { Ok(users) }
}

fn read_user(user: &Object<'_>, send_email: Option<bool>) -> Option<NewUser> {
    let role = |role: &Object<'_>| RoleOnBot { role: role.required_text("roleId"), bot: bot_id(role) };
    let roles = user.objects("roles").iter().map(role).collect();
    let tasks = user.objects("assignBotTasks").iter().filter_map(read_task).collect();
    let groups = user.texts("groups").unwrap_or_default().into_iter().filter(|id| !id.trim().is_empty()).collect();
    let (can_create_bot, is_developer) = (user.boolean("canCreateBot"), user.boolean("isDeveloper"));
    let invite = user.boolean("sendEmail").or(send_email).unwrap_or(true);
    let info = user.required_object("userInfo")?;
    let mut profile = Profile::default();
    for (key, field) in PROFILE {
        profile.set(field, info.text(key));
    }
    Some(NewUser {
        email: info.required_text("emailId"),
        org_user_id: info.text("orgUserId"),
        profile,
        groups,
        roles,
        tasks,
        can_create_bot: can_create_bot.unwrap_or(true),
        is_developer: is_developer.unwrap_or(true),
        invite,
    })
}

/// `streamId` and `botId` are the same thing (published revisions differ); a blank one is as good as absent.
fn bot_id(object: &Object<'_>) -> Option<String> {
    let [bot, stream] = ["botId", "streamId"].map(|key| object.text(key).filter(|id| !id.trim().is_empty()));
    bot.or(stream)
}

fn read_task(task: &Object<'_>) -> Option<TaskGrant> {
    let bot = bot_id(task);
    if bot.is_none() {
        task.fault("botId", "is missing");
    }
    Some(TaskGrant { bot: bot?, dialogs: task.texts("dialogs") })
}

/// What of a user is repeated when it failed.
pub struct Echo {
    email: String,
    first_name: Option<String>,
}

impl Echo {
    /// The echoes of these users, in their order.
    pub fn of(users: &[NewUser]) -> Vec<Self> {
        let first_name = |u: &NewUser| u.profile.get(ProfileField::FirstName).map(str::to_owned);
        users.iter().map(|u| Self { email: u.email.clone(), first_name: first_name(u) }).collect()
    }
}

#[derive(Serialize)]
struct Done {
    msg: &'static str,
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
    email_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    status: &'static str,
    reason: Reason,
}

/// The bytes of the answer: a sentence when all were created, else those that were not, in request order.
pub fn created(echoes: &[Echo], outcomes: &[Outcome]) -> Vec<u8> {
    let failed: Vec<_> = echoes
        .iter()
        .zip(outcomes)
        .filter_map(|(echo, outcome)| match outcome {
            Outcome::Created(_) => None,
            Outcome::Refused(faults) => Some(FailedUser {
                user_info: FailedInfo {
                    email_id: &echo.email,
                    first_name: echo.first_name.as_deref(),
                    status: "failure",
                    reason: Reason::bad_request(faults.iter().map(fault).collect()),
                },
            }),
        })
        .collect();
    if failed.is_empty() {
        super::bytes(&Done { msg: "Users are created Successfully" })
    } else {
        super::bytes(&Failed { failed_user_details: failed })
    }
}

/// The vendor's literal where there is one, else our own sentence.
fn fault(fault: &CreateFault) -> Fault {
    match fault {
        CreateFault::InvalidEmail(_) => Fault::literal("INVALID_EMAIL", fault.to_string()),
        CreateFault::Exists(_) => Fault::literal("USER_ALREADY_EXISTS", fault.to_string()),
        CreateFault::CreatorMustDevelop => {
            Fault::literal("Invalid values in the body", "canCreateBot is true and isDeveloper is false")
        }
        other => Fault::new(other.to_string(), 400),
    }
}
