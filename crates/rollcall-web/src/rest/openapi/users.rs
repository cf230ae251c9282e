//! `POST /users` and `POST /usersInfo`, described. What they take and answer is read and made in `wire/`.

use rollcall_core::users::{MAX_ORG_USER_ID, ProfileField};
use serde_json::{Value, json};

use super::describe::{Described, Tag, done_or_failed, reason, route};
use super::schema::{
    Object, Schema, anything, either, flag, hex_id, id, list, many, named, taken, text, time, told, word,
};
use crate::rest::wire::users::PROFILE;

/// The longest e-mail address (RFC 5321 §4.5.3.1.3).
const MAX_EMAIL: usize = 254;

/// The routes of this noun.
pub(super) fn described() -> Vec<Described> {
    vec![
        route("POST users", "createUsers", Tag::Users, "Create users", created())
            .text(
                "Creates users and invites them by mail. Each is created whole or not at all, and the others are not \
                 affected: the answer is a sentence where all were created, else those that were not, in the order of the \
                 request, each with all of its faults. Handing on roles, or adding somebody to a group that carries some, \
                 needs the scope `role-management` besides.",
            )
            .takes(new_users()),
        route("POST usersInfo", "lookUpUsers", Tag::Users, "Look users up", list(either([user(), unknown()])))
            .text(
                "Looks users up by address or org user id, with their roles, groups and tasks. It changes nothing. The answer \
                 has an element for each id, in the order asked, addresses first; an id that is unknown is told as such, with \
                 the status 200. Users whom `status` leaves out are not told at all.",
            )
            .takes(asked()),
    ]
}

fn created() -> Schema {
    let info = told()
        .required("emailId", text().about("As it was sent."))
        .optional("firstName", text().about("As it was sent, where it was."))
        .required("status", word(&["failure"]))
        .required("reason", reason());
    done_or_failed("Users are created Successfully", "UsersNotCreated", told().required("userInfo", info))
}

fn new_users() -> Schema {
    let email =
        text().about(format!("The address, of at most {MAX_EMAIL} characters; compared without regard to case."));
    let org_user_id =
        format!("The organisation's own id of the user, of at most {MAX_ORG_USER_ID} characters; nobody else's.");
    let info = taken().required("emailId", email).optional("orgUserId", text().about(org_user_id));
    let info = with_profile(info);
    let some = |key: &str| json!({"required": [key], "properties": {key: says_something()}});
    let one_of_both = json!([some("botId"), some("streamId")]);
    let send_email = |about| flag().or(true).about(about);
    let user = taken()
        .required("userInfo", info)
        .optional("groups", many(text()).about("Ids of groups that the user joins."))
        .optional("roles", many(role()))
        .optional("assignBotTasks", many(Schema::from(task()).and("anyOf", one_of_both)))
        .optional("canCreateBot", flag().or(true).about("Needs `isDeveloper`: send false with `isDeveloper` false."))
        .optional("isDeveloper", flag().or(true))
        .optional("sendEmail", send_email("Whether an invitation is sent; wins over the one beside `users`."));
    taken()
        .required("users", many(named("NewUser", user)).not_empty())
        .optional("sendEmail", send_email("Whether invitations are sent."))
        .into()
}

/// A user's own data, with the fields of the profile.
pub(super) fn with_profile(info: Object) -> Object {
    let at_most = |field: &ProfileField| text().about(format!("At most {} characters.", field.max()));
    PROFILE.iter().fold(info, |info, (key, field)| info.optional(key, at_most(field)))
}

/// A role that somebody is to have, or not any more.
pub(super) fn role() -> Object {
    taken()
        .required("roleId", text().about("The id of a role."))
        .optional("botId", text().about("The bot, for a bot role; an admin role has none."))
        .optional("streamId", text().about("The same as `botId`."))
}

/// Tasks of a bot that somebody may use.
pub(super) fn task() -> Object {
    taken()
        .optional("botId", text().about("The id of a bot."))
        .optional("streamId", text().about("The same as `botId`; one of both is needed."))
        .optional("dialogs", many(text()).about("Ids of dialog tasks; all of the bot where it is absent."))
}

/// A condition of a body: the list of this name has a text in it that is not blank.
pub(super) fn names_something(key: &str) -> Value {
    json!({"required": [key], "properties": {key: {"type": "array", "items": {}, "contains": says_something()}}})
}

fn asked() -> Schema {
    let status = || word(&["all", "active", "not active", "inactive", ""]);
    let asked = taken()
        .optional("emailIds", many(text()).about("Addresses."))
        .optional("orgUserIds", many(text()).about("Org user ids."))
        .optional("status", status().or("all").about("Whom to tell of; `inactive` is `not active`."))
        .optional("Status", anything().about("The same as `status`, which is read first."));
    let first = json!({"required": ["status"], "properties": {"status": {"type": "string"}}});
    let (other, _) = Schema::from(taken().optional("Status", status())).parts();
    Schema::from(asked)
        .and("if", first)
        .and("else", other)
        .and("anyOf", json!([names_something("emailIds"), names_something("orgUserIds")]))
        .about("At least one id in both lists together.")
}

/// A text that is not blank: blank ones are as good as absent.
pub(super) fn says_something() -> Value {
    json!({"type": "string", "pattern": r"\S"})
}

fn user() -> Schema {
    let info = told()
        .required("emailId", text())
        .required("userId", id("u-"))
        .required("orgUserId", text().or_null())
        .required("firstName", text())
        .required("lastName", text())
        .required("status", word(&["active", "not active", "suspended", "locked"]))
        .required("lastLogin", time().or_null());
    let tasks = told()
        .required("botId", id("st-"))
        .required("dialogs", list(id("dg-")))
        .required("actions", list(text()).always_empty())
        .required("alerts", list(text()).always_empty())
        .required("knowledgeTask", list(text()).always_empty());
    let group = told().required("groupId", id("e-")).required("groupName", text());
    let roles = with_roles(told());
    let user = told()
        .required("canCreateBot", flag())
        .required("isDeveloper", flag())
        .required("userInfo", info)
        .required("roles", roles)
        .required("assignBotTasks", list(tasks))
        .required("groups", list(group).about("The groups of which the user is a direct member."));
    named("UserDetails", user)
}

/// What somebody holds.
pub(super) fn with_roles(of: Object) -> Object {
    let bot = named("HeldBotRole", held().required("botId", id("st-")).required("botName", text()));
    of.required("btRoles", list(bot)).required("adminRoles", list(named("HeldAdminRole", held())))
}

fn held() -> Object {
    let direct = flag().about("True where the role is held directly and through groups, too; absent otherwise.");
    told()
        .required("roleId", hex_id())
        .required("roleName", text())
        .required("groups", list(text()).about("Names of the groups through which it is held; empty: directly."))
        .optional("direct", direct)
}

fn unknown() -> Schema {
    let info = told()
        .optional("emailId", text().about("As it was asked for."))
        .optional("orgUserId", text().about("As it was asked for."))
        .required("status", word(&["failure"]))
        .required("reason", reason());
    named("UnknownUser", told().required("userInfo", info))
}
