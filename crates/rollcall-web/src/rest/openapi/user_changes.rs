//! `PUT` and `DELETE /users`, and `POST /useraccess`, described. Read and answered in `wire/`.

use serde_json::json;

use super::describe::{Described, Tag, done_or_failed, reason, route};
use super::schema::{Schema, flag, list, many, named, taken, text, told, word};
use super::users::{names_something, role, task, with_profile};

/// The routes of this file.
pub(super) fn described() -> Vec<Described> {
    vec![
        route("PUT users", "changeUsers", Tag::Users, "Change users", updated())
            .text(
                "Changes users. Each is changed whole or not at all, and the others are not affected. What is absent stays; \
                 `null` or an empty text clears a text of the profile. Neither address nor org user id can be changed: they say \
                 who is meant. Handing on or taking away roles, also by a group that carries some, needs the scope \
                 `role-management` besides.",
            )
            .takes(changes()),
        route("DELETE users", "removeUsers", Tag::Users, "Remove users", removed())
            .text(
                "Removes users from the account, with their memberships, roles and tasks. Who owns the account or a bot stays, and \
                 so does the last active holder of the built-in `admin` role. The audit log keeps what it said of them.",
            )
            .takes(asked()),
        route("POST useraccess", "setUserAccess", Tag::Users, "Say who may build", accessed())
            .text(
                "Gives one set of flags to all these users, or to nobody. A flag that is absent stays. The 403 is also the answer \
                 to flags that contradict each other, by themselves or with those that a user has: `canCreateBot` needs \
                 `isDeveloper`.",
            )
            .takes(access()),
    ]
}

fn changes() -> Schema {
    let both = |what: Schema| taken().optional("addTo", many(what.clone())).optional("removeFrom", many(what));
    let info = taken()
        .optional("emailId", text().about("Who is meant. One of both is needed; this one wins."))
        .optional("orgUserId", text().about("Who is meant, by the organisation's own id."));
    let known = |key: &str| json!({"required": [key], "properties": {key: {"type": "string"}}});
    let info = Schema::from(with_profile(info)).and("anyOf", json!([known("emailId"), known("orgUserId")]));
    let tasks = many(task()).about("In the place of all tasks that the user had; an entry without a bot names none.");
    let user = taken()
        .required("userInfo", info)
        .optional("groups", Schema::from(both(text())).about("Ids of groups."))
        .optional("roles", both(role().into()))
        .optional("assignBotTasks", tasks)
        .optional("canCreateBot", flag())
        .optional("isDeveloper", flag());
    taken().required("users", many(named("UserChange", user)).not_empty()).into()
}

fn updated() -> Schema {
    let info = told()
        .optional("emailId", text().about("As it was sent, where the user was named by it."))
        .optional("orgUserId", text().about("As it was sent, where the user was named by it."))
        .optional("firstName", text().about("As it was sent, where it was."))
        .required("status", word(&["failure"]))
        .required("reason", reason());
    done_or_failed("Users are updated Successfully", "UsersNotChanged", told().required("userInfo", info))
}

fn asked() -> Schema {
    let asked = taken()
        .optional("deleteEmailIds", many(text()).about("Addresses."))
        .optional("orgUserIds", many(text()).about("Org user ids."));
    Schema::from(asked)
        .and("anyOf", json!([names_something("deleteEmailIds"), names_something("orgUserIds")]))
        .about("At least one id in both lists together.")
}

fn removed() -> Schema {
    let stays = told()
        .optional("emailId", text().about("As it was sent, where the user was named by it."))
        .optional("orgUserId", text().about("As it was sent, where the user was named by it."))
        .required("reason", reason());
    done_or_failed("Users are removed Successfully", "UsersNotRemoved", stays)
}

fn access() -> Schema {
    let access = taken()
        .required("emailIds", many(text()).about("Addresses; at least one, and each of somebody in the account."))
        .optional("canCreateBot", flag().about("Needs `isDeveloper`."))
        .optional("isDeveloper", flag())
        .optional("hasDataTableAndViewAccess", flag().about("Whether they may use data tables."));
    Schema::from(access).and("allOf", json!([names_something("emailIds")]))
}

fn accessed() -> Schema {
    list(word(&["SUCCESS"])).not_empty().and("maxItems", json!(1)).about("One word for all of them.")
}
