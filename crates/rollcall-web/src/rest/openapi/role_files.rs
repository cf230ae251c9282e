//! `GET /roles`, `GET /roles/export`, `POST /roles/import` and `POST /uploadfile`, described. Read and answered in `wire/`.

use rollcall_core::files::MAX_SIZE;
use serde_json::json;

use super::describe::{Described, Tag, page, route};
use super::schema::{Object, Schema, file, flag, hex_id, id, list, map, named, taken, text, time, told, whole, word};
use super::users::says_something;

/// The routes of this file.
pub(super) fn described() -> Vec<Described> {
    let kind = |route: Described| route.needs("roleType", "Of which kind.", word(&["admin", "bot"]));
    let listed = named("Role", role());
    let exported = named("ExportedRole", role().required("refId", text().about("What the role is known again by.")));
    let full = "Whether custom roles of the kind that the file does not have are removed.";
    vec![
        kind(route("GET roles", "listRoles", Tag::Roles, "List roles", page("roles", listed)))
            .text(
                "Lists the roles of a kind with what they permit, the built-in ones first. Of an admin role a permission is a \
                 word, of a bot role a list of one word; what no catalogue knows is told as it came.",
            )
            .pages(),
        kind(route("GET roles/export", "exportRoles", Tag::Roles, "Export roles", list(exported))).text(
            "All roles of a kind, built-in ones included, in the form that an import reads: upload the answer as a file, there \
             or in another account.",
        ),
        kind(route("POST roles/import", "importRoles", Tag::Roles, "Import roles", list(named("KeptRole", kept()))))
            .text(
                "Makes and changes the custom roles of a kind until they are as an uploaded file has them, all in one transaction \
                 or nothing. A role is met by its `refId`, else by its name. Built-in roles are left as they are. The answer has an \
                 element for each role of the file. 409: a full import would remove roles that somebody holds.",
            )
            .query("fullImport", full, flag().or(false))
            .takes(taken().required("fileId", text().about("What `uploadfile` answered.")))
            .refuses(409),
        route("POST uploadfile", "uploadFile", Tag::Roles, "Upload a file", told().required("fileId", hex_id()))
            .text(
                "Keeps a file for 24 hours, for other calls to take up: today `roles/import`. Further parts of the form are \
                 ignored. 409: an account has at most 256 MiB and 10,000 files at a time, an app half of that, and the message says when there is room.",
            )
            .takes_form(upload())
            .refuses(409),
    ]
}

fn role() -> Object {
    told()
        .required("roleType", word(&["admin", "bot"]))
        .required("_id", hex_id())
        .required("role", text().about("The name."))
        .required("rDesc", text().about("The description; may be empty."))
        .required("permissions", permissions())
}

fn permissions() -> Schema {
    map().about("By the names of the permissions; one that is absent is not granted.")
}

fn upload() -> Schema {
    let words = |about: &str| text().and("pattern", says_something()["pattern"].clone()).about(about);
    let content = file().not_empty().about(format!("At most {} MiB.", MAX_SIZE >> 20));
    taken()
        .required("file", content)
        .required("fileContext", words("What it is for, such as `bulkImport`."))
        .required("fileExtension", words("What kind of file it is, with or without a dot."))
        .into()
}

/// A role as an import answers it: in the form of the vendor's database.
fn kept() -> Object {
    let nothing = || list(text()).always_empty();
    let mapping = told().required("users", nothing()).required("groups", nothing()).required("bots", nothing());
    let by = |about: &str| text().or_null().about(about);
    told()
        .required("mapping", mapping)
        .required("roleType", word(&["admin", "bot"]))
        .required("rStatus", word(&["unpublished"]))
        .required("isASystemRole", flag().about("Whether it is built in."))
        .required("category", word(&["admin", "bot"]))
        .required("audit", nothing())
        .required("_userAndGroups", nothing())
        .required("isDefault", flag())
        .required("_id", hex_id())
        .required("orgId", id("o-"))
        .required("role", text().about("The name."))
        .required("createdDate", time())
        .required("createdBy", by("The client id of an app, or what on the host made it."))
        .required("modifiedDate", time())
        .required("modifiedBy", by("The client id of an app, or what on the host changed it."))
        .required("permissions", permissions())
        .required("rDesc", text())
        .required("refId", text().about("What the role is known again by."))
        .required("_product", word(&["Bots"]))
        .required("__v", whole(0).and("maximum", json!(0)))
}
