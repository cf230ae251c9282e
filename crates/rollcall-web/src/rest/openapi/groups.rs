//! `GET /groups`, described. What it answers is made in `wire/groups.rs`.

use super::describe::{Described, Tag, page, route};
use super::schema::{id, list, named, text, told, whole, word};

/// The routes of this noun.
pub(super) fn described() -> Vec<Described> {
    let child = told()
        .required("_id", id("e-"))
        .required("gN", text().about("The name."))
        .required("gDesc", text().about("The description."));
    let member = told()
        .required("_id", id("u-"))
        .required("emailId", text())
        .required("lastName", text())
        .required("firstName", text())
        .required("profImage", text().about("`no-avatar` where there is none."))
        .required("profColour", text().about("Such as `#ffd700`; empty where there is none."))
        .required("activationStatus", word(&["active", "not active", "suspended", "locked"]))
        .required("jTitle", text().or_null().about("The job title."))
        .required("orgId", id("o-"));
    let group = told()
        .required("_id", id("e-"))
        .required("gN", text().about("The name."))
        .required("gDesc", text().about("The description; may be empty."))
        .required("groups", list(named("ChildGroup", child)).about("The direct child groups, by name."))
        .required("users", list(named("GroupMember", member)).about("All direct members, by address."))
        .required("userCount", whole(0).about("How many direct members there are."));
    vec![
        route(
            "GET groups",
            "listGroups",
            Tag::Groups,
            "List groups with their members",
            page("groups", named("Group", group)),
        )
        .text(
            "Lists the groups of the account with their members, page by page, in the order in which they were made. \
                 Members of child groups are not among a group's `users`; the group `everyone` is not listed.",
        )
        .pages(),
    ]
}
