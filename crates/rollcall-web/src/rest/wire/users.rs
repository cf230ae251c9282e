//! `POST /users`: the request, and its answer. Those that failed: `users_failed`.

use rollcall_core::Fault as Place;
use rollcall_core::users::{NewUser, Outcome, Profile, ProfileField, RoleOnBot, TaskGrant};
use serde_json::Value;

use super::names;
use super::users_failed::{self, Echo};
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
    let roles = read_roles(user, "roles");
    let tasks = user.objects("assignBotTasks").iter().filter_map(read_task).collect();
    let groups = names(user, "groups");
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

/// A list of roles, each with its bot where it has one.
pub(super) fn read_roles(object: &Object<'_>, key: &str) -> Vec<RoleOnBot> {
    let role = |role: &Object<'_>| RoleOnBot { role: role.required_text("roleId"), bot: bot_id(role) };
    object.objects(key).iter().map(role).collect()
}

/// `streamId` and `botId` are the same thing (published revisions differ); a blank one is as good as absent.
pub(super) fn bot_id(object: &Object<'_>) -> Option<String> {
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

/// The bytes of the answer: a sentence when all were created, else those that were not, in request order.
pub fn created(echoes: &[Echo], outcomes: &[Outcome]) -> Vec<u8> {
    let faults = outcomes.iter().map(|outcome| match outcome {
        Outcome::Created(_) => &[],
        Outcome::Refused(faults) => faults.as_slice(),
    });
    users_failed::answer("Users are created Successfully", echoes.iter().zip(faults))
}
