//! `PUT /users`: what is to become of whom, and the answer. Those that failed: `users_failed`.

use rollcall_core::Fault as Place;
use rollcall_core::change::Change;
use rollcall_core::users::{Lookup, ProfileField, TaskGrant, UpdateOutcome, UserUpdate};
use serde_json::Value;

use super::names;
use super::users::{PROFILE, bot_id, read_roles};
use super::users_failed::{self, Echo};
use crate::http::json::{self, Faults, Object};

/// Reads the body.
///
/// # Errors
/// Every wrong type and missing field, with its path. What is wrong with a value is the business of its user alone.
pub fn read(body: &Value) -> Result<Vec<UserUpdate>, Vec<Place>> {
    let faults = Faults::default();
    let mut users = Vec::new();
    if let Some(body) = json::object(body, &faults) {
        if !body.has("users") {
            body.fault("users", "is missing");
        }
        users.extend(body.objects("users").iter().filter_map(read_user));
    }
    let users = faults.done(users)?;
    if users.is_empty() { Err(vec![Place::at("users", "cannot be empty")]) } else { Ok(users) }
}

fn read_user(user: &Object<'_>) -> Option<UserUpdate> {
    // Objects here, where creating users takes plain lists.
    let both = |key: &str| user.object(key);
    let (groups, roles) = (both("groups"), both("roles"));
    let groups = |key: &str| groups.as_ref().map(|of| names(of, key)).unwrap_or_default();
    let (add_groups, remove_groups) = (groups("addTo"), groups("removeFrom"));
    let roles = |key: &str| roles.as_ref().map(|of| read_roles(of, key)).unwrap_or_default();
    let (add_roles, remove_roles) = (roles("addTo"), roles("removeFrom"));
    let tasks = user.has("assignBotTasks").then(|| user.objects("assignBotTasks").iter().filter_map(task).collect());
    let (can_create_bot, is_developer) = (user.boolean("canCreateBot"), user.boolean("isDeveloper"));
    let info = user.required_object("userInfo")?;
    let profile = PROFILE.map(|(key, field)| (field, info.text_change(key))).into();
    let (email, org_user_id) = (info.text("emailId"), info.text("orgUserId"));
    if !info.has("emailId") && !info.has("orgUserId") {
        info.fault("emailId", "is missing, and so is orgUserId");
    }
    let is_said = |text: &String| !text.trim().is_empty();
    // An empty address says as little as none; where there is no org user id either, it is nobody's.
    let who = match (email.filter(is_said), org_user_id.clone().filter(is_said)) {
        (None, Some(id)) => Lookup::OrgUserId(id),
        (email, _) => Lookup::Email(email.unwrap_or_default()),
    };
    Some(UserUpdate {
        user: who,
        org_user_id,
        profile,
        add_groups,
        remove_groups,
        add_roles,
        remove_roles,
        tasks,
        can_create_bot,
        is_developer,
    })
}

/// An entry without a bot allows nothing: alone, it takes all tasks away.
fn task(task: &Object<'_>) -> Option<TaskGrant> {
    let (bot, dialogs) = (bot_id(task), task.texts("dialogs"));
    Some(TaskGrant { bot: bot?, dialogs })
}

/// The echoes of these users, in their order.
pub fn echoes(users: &[UserUpdate]) -> Vec<Echo> {
    let first_name = |user: &UserUpdate| {
        user.profile.iter().find_map(|(field, change)| match change {
            Change::Set(text) if *field == ProfileField::FirstName => Some(text.clone()),
            _ => None,
        })
    };
    users.iter().map(|user| Echo { user: user.user.clone(), first_name: first_name(user) }).collect()
}

/// The bytes of the answer: a sentence when all were changed, else those that were not, in request order.
pub fn updated(echoes: &[Echo], outcomes: &[UpdateOutcome]) -> Vec<u8> {
    let faults = outcomes.iter().map(|outcome| outcome.as_ref().err().map(Vec::as_slice).unwrap_or_default());
    users_failed::answer("Users are updated Successfully", echoes.iter().zip(faults))
}
