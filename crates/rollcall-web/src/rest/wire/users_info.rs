//! `POST /usersInfo`: the ids asked for, and a bare array of what they came to.

use rollcall_core::access::HeldRole;
use rollcall_core::roles::RoleKind;
use rollcall_core::users::{Found, Lookup, Status, StatusFilter, UserDetails};
use rollcall_core::{Fault as Place, id};
use serde::Serialize;
use serde_json::Value;

use super::{Fault, Reason, names};
use crate::http::json::{self, Faults, Object};

/// Reads the body: `emailIds` and/or `orgUserIds`, and `status` (documented as `Status`, too).
///
/// # Errors
/// Every wrong type, with its path; no id at all.
pub fn read(body: &Value) -> Result<(Vec<Lookup>, StatusFilter), Vec<Place>> {
    let faults = Faults::default();
    let mut asked = Vec::new();
    let mut filter = StatusFilter::All;
    if let Some(body) = json::object(body, &faults) {
        asked.extend(names(&body, "emailIds").into_iter().map(Lookup::Email));
        asked.extend(names(&body, "orgUserIds").into_iter().map(Lookup::OrgUserId));
        filter = read_filter(&body);
    }
    let (asked, filter) = faults.done((asked, filter))?;
    if asked.is_empty() {
        return Err(vec![Place::at("", "emailIds cannot be empty (nor orgUserIds, where there are no emailIds)")]);
    }
    Ok((asked, filter))
}

fn read_filter(body: &Object<'_>) -> StatusFilter {
    let key = if body.has("status") { "status" } else { "Status" };
    match body.text(key).as_deref().map(str::trim) {
        None | Some("" | "all") => StatusFilter::All,
        Some("active") => StatusFilter::Only(Status::Active),
        Some("not active" | "inactive") => StatusFilter::Only(Status::Invited),
        Some(other) => {
            body.fault(key, format!("{other:?} is not one of: active, not active, all"));
            StatusFilter::All
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Element<'a> {
    User(Box<User<'a>>),
    #[serde(rename_all = "camelCase")]
    Failure {
        user_info: FailedInfo<'a>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User<'a> {
    can_create_bot: bool,
    is_developer: bool,
    user_info: UserInfo<'a>,
    roles: Roles<'a>,
    assign_bot_tasks: Vec<BotTasks<'a>>,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserInfo<'a> {
    email_id: &'a str,
    user_id: &'a str,
    org_user_id: Option<&'a str>,
    first_name: &'a str,
    last_name: &'a str,
    status: &'a str,
    last_login: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Roles<'a> {
    bt_roles: Vec<Role<'a>>,
    admin_roles: Vec<Role<'a>>,
}

impl<'a> Roles<'a> {
    pub(super) fn of(held: &'a [HeldRole]) -> Self {
        let of_kind = |kind| held.iter().filter(move |r| r.kind == kind).map(role).collect();
        Self { bt_roles: of_kind(RoleKind::Bot), admin_roles: of_kind(RoleKind::Admin) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Role<'a> {
    role_id: &'a str,
    role_name: &'a str,
    /// Names of the groups through which it is held; empty: held directly.
    groups: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    bot_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bot_name: Option<&'a str>,
    /// Ours: only where the role is held both ways, which the vendor cannot say.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    direct: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BotTasks<'a> {
    bot_id: &'a str,
    dialogs: Vec<&'a str>,
    /// Kinds of task that Rollcall does not keep.
    actions: [&'a str; 0],
    alerts: [&'a str; 0],
    knowledge_task: [&'a str; 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    group_id: &'a str,
    group_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedInfo<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_user_id: Option<&'a str>,
    status: &'static str,
    reason: Reason,
}

/// The bytes of the answer.
pub fn found(found: &[Found]) -> Vec<u8> {
    let elements = found.iter().map(|found| match found {
        Found::User(user) => Element::User(Box::new(element(user))),
        Found::Unknown(lookup) => Element::Failure { user_info: failed(lookup) },
    });
    super::bytes(&elements.collect::<Vec<_>>())
}

fn element(user: &UserDetails) -> User<'_> {
    User {
        can_create_bot: user.can_create_bot,
        is_developer: user.is_developer,
        user_info: UserInfo {
            email_id: &user.email,
            user_id: user.id.as_str(),
            org_user_id: user.org_user_id.as_deref(),
            first_name: user.first_name.as_deref().unwrap_or_default(),
            last_name: user.last_name.as_deref().unwrap_or_default(),
            status: user.status.label(),
            last_login: user.last_login.map(|time| time.to_string()),
        },
        roles: Roles::of(&user.roles),
        assign_bot_tasks: user
            .tasks
            .iter()
            .map(|(bot, dialogs)| BotTasks {
                bot_id: bot.as_str(),
                dialogs: dialogs.iter().map(id::DialogId::as_str).collect(),
                actions: [],
                alerts: [],
                knowledge_task: [],
            })
            .collect(),
        groups: user.groups.iter().map(|(id, name)| Group { group_id: id.as_str(), group_name: name }).collect(),
    }
}

fn role(held: &HeldRole) -> Role<'_> {
    Role {
        role_id: held.role.as_str(),
        role_name: &held.name,
        groups: &held.groups,
        bot_id: held.bot.as_ref().map(|(id, _)| id.as_str()),
        bot_name: held.bot.as_ref().map(|(_, name)| name.as_str()),
        direct: held.direct && !held.groups.is_empty(),
    }
}

fn failed(lookup: &Lookup) -> FailedInfo<'_> {
    let (email_id, org_user_id) = match lookup {
        Lookup::Email(email) => (Some(email.as_str()), None),
        Lookup::OrgUserId(id) => (None, Some(id.as_str())),
    };
    let reason = Reason::bad_request(vec![Fault::user_not_found(lookup)]);
    FailedInfo { email_id, org_user_id, status: "failure", reason }
}
