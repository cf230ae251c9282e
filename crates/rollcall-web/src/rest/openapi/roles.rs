//! `POST /adminroles/assignments` and `POST /btroles/assignments`, described. Read and answered in `wire/assignments.rs`.

use super::describe::{Described, Tag, error, route};
use super::schema::{Object, Schema, either, list, many, named, taken, text, told, word};

/// The routes of this noun.
pub(super) fn described() -> Vec<Described> {
    let admin = route(
        "POST adminroles/assignments",
        "assignAdminRoles",
        Tag::Roles,
        "Give admin roles and take them away",
        results(),
    );
    let bot =
        route("POST btroles/assignments", "assignBotRoles", Tag::Roles, "Give bot roles and take them away", results());
    vec![
        admin
            .text(
                "Gives admin roles to users and groups and takes them away. An operation applies whole or not at all; \
                 operations apply in order, each seeing those before it. The built-in `admin` role goes to users only, needs \
                 the scope `master-admin` besides, and stays with its last active holder.",
            )
            .takes(many(named("AdminRoleOperation", operation()))),
        bot.text(
            "Gives bot roles to users and groups and takes them away, each on one bot. An operation applies whole or not at \
             all; operations apply in order, each seeing those before it.",
        )
        .takes(many(named("BotRoleOperation", operation().required("botId", text().about("The id of a bot."))))),
    ]
}

fn operation() -> Object {
    let texts = |about: &str| many(text()).about(about);
    taken()
        .required("roleId", text().about("The id of a role."))
        .optional("addUsers", texts("Addresses of users who get the role."))
        .optional("removeUsers", texts("Addresses of users from whom it is taken."))
        .optional("addOrgUserIds", texts("Org user ids of users who get the role."))
        .optional("removeOrgUserIds", texts("Org user ids of users from whom it is taken."))
        .optional("addGroups", texts("Names of groups that get the role."))
        .optional("removeGroups", texts("Names of groups from which it is taken."))
}

fn results() -> Schema {
    let role_id = || text().about("As it was sent.");
    let success = told().required("status", word(&["success"])).required("roleId", role_id());
    let failure = told()
        .required("status", word(&["failure"]))
        .required("roleId", role_id())
        .required("errors", list(error()).not_empty().about("Every fault of the operation."));
    list(either([named("OperationDone", success), named("OperationFailed", failure)]))
        .about("An element for each operation, in order.")
}
