//! `GET /roles`, `GET /roles/export` and `POST /roles/import`: roles as they are listed, exported and kept, and the file that
//! an export becomes.

use std::collections::HashSet;

use rollcall_core::Fault as Place;
use rollcall_core::id::OrgId;
use rollcall_core::page::Paged;
use rollcall_core::roles::import::{CheckedRoles, Imported, ImportedRole, Part, check};
use rollcall_core::roles::{RoleDetails, RoleKind, catalogue};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::http::json::{self, Faults, Object};

/// What a role permits: a word for admin roles, a list of one word for bot roles, and verbatim what no catalogue knows.
struct Permissions<'a>(&'a RoleDetails);

impl Serialize for Permissions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(role) = self;
        let mut map = serializer.serialize_map(Some(role.permissions.len()))?;
        for (key, value) in &role.permissions {
            match (catalogue::word(role.kind, key, value), role.kind) {
                (Some(word), RoleKind::Admin) => map.serialize_entry(key, word)?,
                (Some(word), RoleKind::Bot) => map.serialize_entry(key, &[word])?,
                (None, _) => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    total: u64,
    available_more: bool,
    roles: Vec<Role<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Role<'a> {
    role_type: &'static str,
    #[serde(rename = "_id")]
    id: &'a str,
    role: &'a str,
    r_desc: &'a str,
    permissions: Permissions<'a>,
    /// Only in an export.
    #[serde(skip_serializing_if = "Option::is_none")]
    ref_id: Option<&'a str>,
}

fn role(role: &RoleDetails, with_reference: bool) -> Role<'_> {
    Role {
        role_type: role.kind.word(),
        id: role.id.as_str(),
        role: &role.name,
        r_desc: &role.description,
        permissions: Permissions(role),
        ref_id: with_reference.then_some(&role.ref_id),
    }
}

/// The bytes of a page.
pub fn page(roles: &Paged<RoleDetails>) -> Vec<u8> {
    let entries = roles.items.iter().map(|r| role(r, false)).collect();
    super::bytes(&Page { total: roles.total, available_more: roles.more, roles: entries })
}

/// The bytes of an export.
pub fn export(roles: &[RoleDetails]) -> Vec<u8> {
    super::bytes(&roles.iter().map(|r| role(r, true)).collect::<Vec<_>>())
}

/// Reads the body of an import: the id of the uploaded file.
///
/// # Errors
/// A wrong type or a missing `fileId`.
pub fn read_import(body: &Value) -> Result<String, Vec<Place>> {
    let faults = Faults::default();
    let file = json::object(body, &faults).map(|body| body.required_text("fileId"));
    faults.done(file.unwrap_or_default().trim().to_owned())
}

/// Reads an uploaded file, which has the form of an export. Pure, and for any bytes.
///
/// # Errors
/// Everything that can be told to be wrong without a look at the account, with its place in the file.
pub fn read_file(kind: RoleKind, bytes: &[u8]) -> Result<CheckedRoles, Vec<Place>> {
    let content = json::parse_file(bytes)?;
    let faults = Faults::default();
    let objects = json::numbered_objects(&content, "the file", &faults);
    let roles = objects.iter().map(|(number, object)| read_role(kind, *number, object)).collect();
    let checked = check(kind, roles, place);
    let Err(mut all) = faults.done(()) else { return checked };
    // What was no text at all is not told to be empty besides.
    let told: HashSet<String> = all.iter().map(|fault| fault.place.clone()).collect();
    all.extend(checked.err().into_iter().flatten().filter(|fault| !told.contains(&fault.place)));
    all.sort_by_key(|fault| number(&fault.place));
    Err(all)
}

/// Which role of the file a place is in; none for the file itself.
fn number(place: &str) -> Option<usize> {
    place.strip_prefix('[')?.split(']').next()?.parse().ok()
}

/// `_id` is not read: ids of the installation that the file comes from mean nothing here.
fn read_role(kind: RoleKind, number: usize, role: &Object<'_>) -> ImportedRole {
    if let Some(word) = role.text("roleType").filter(|word| word != kind.word()) {
        role.fault("roleType", format!("{word:?} is not {kind}, which is what is imported"));
    }
    ImportedRole {
        number,
        name: role.required_text("role"),
        description: role.text("rDesc").unwrap_or_default(),
        permissions: role.map("permissions").cloned().unwrap_or_default(),
        ref_id: role.text("refId"),
    }
}

/// Where in the file the part of a role stands.
fn place(number: usize, part: Part<'_>) -> String {
    match part {
        Part::Whole => format!("[{number}]"),
        Part::RefId => format!("[{number}].refId"),
        Part::Name => format!("[{number}].role"),
        Part::Description => format!("[{number}].rDesc"),
        Part::Permission(key) => format!("[{number}].permissions.{key}"),
    }
}

/// Who has the role: nobody is named here, in the vendor's samples as in Rollcall.
#[derive(Serialize)]
struct Mapping {
    users: [(); 0],
    groups: [(); 0],
    bots: [(); 0],
}

/// A role as the vendor keeps it: its database's own form shines through.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    mapping: Mapping,
    role_type: &'static str,
    r_status: &'static str,
    #[serde(rename = "isASystemRole")]
    is_a_system_role: bool,
    category: &'static str,
    audit: [(); 0],
    #[serde(rename = "_userAndGroups")]
    user_and_groups: [(); 0],
    is_default: bool,
    #[serde(rename = "_id")]
    id: &'a str,
    org_id: &'a str,
    role: &'a str,
    created_date: String,
    created_by: Option<&'a str>,
    modified_date: String,
    modified_by: Option<&'a str>,
    permissions: Permissions<'a>,
    r_desc: &'a str,
    ref_id: &'a str,
    #[serde(rename = "_product")]
    product: &'static str,
    #[serde(rename = "__v")]
    version: u8,
}

fn document<'a>(org: &'a OrgId, role: &'a RoleDetails) -> Document<'a> {
    Document {
        mapping: Mapping { users: [], groups: [], bots: [] },
        role_type: role.kind.word(),
        r_status: "unpublished",
        is_a_system_role: role.built_in,
        category: role.kind.word(),
        audit: [],
        user_and_groups: [],
        is_default: false,
        id: role.id.as_str(),
        org_id: org.as_str(),
        role: &role.name,
        created_date: role.created_at.to_string(),
        created_by: role.created_by.as_deref(),
        modified_date: role.updated_at.to_string(),
        modified_by: role.updated_by.as_deref(),
        permissions: Permissions(role),
        r_desc: &role.description,
        ref_id: &role.ref_id,
        product: "Bots",
        version: 0,
    }
}

/// The bytes of the answer to an import, an element for each role of the file in its order.
pub fn imported(imported: &Imported) -> Vec<u8> {
    super::bytes(&imported.roles.iter().map(|role| document(&imported.org, role)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(kind: RoleKind, file: &str) -> Vec<String> {
        read_file(kind, file.as_bytes()).map(|_| ()).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_fault_of_a_file_is_told_with_its_place() {
        let file = r#"[
            {"role": "A", "refId": "r-1"},
            7,
            {"role": 5, "rDesc": 6, "refId": [], "permissions": [], "roleType": "bot"},
            {"role": " a ", "refId": "r-1", "roleType": 1},
            {"rDesc": "x\u0007", "permissions": {"Invite": "EDIT", "Tasks": 5, "Single Sign On": ["YES"]}},
            {"role": "  ", "refId": "r\u0000", "permissions": null}
        ]"#;
        assert_eq!(
            faults(RoleKind::Admin, file),
            [
                "[1]: expected an object, found a number",
                "[2].roleType: \"bot\" is not admin, which is what is imported",
                "[2].role: expected text, found a number",
                "[2].rDesc: expected text, found a number",
                "[2].permissions: expected an object, found a list",
                "[2].refId: expected text, found a list",
                "[3].roleType: expected text, found a number",
                "[3].role: the name \"a\" stands at [0] too",
                "[3].refId: the refId \"r-1\" stands at [0] too",
                "[4].role: is missing",
                "[4].rDesc: the description holds the control character U+0007",
                "[4].permissions.Invite: \"EDIT\" is none of YES, NO, alone or as a list of one",
                "[5].role: the name is empty",
                "[5].refId: the refId holds the control character U+0000",
            ]
        );
    }

    #[test]
    fn texts_that_are_too_long_are_told() {
        let long = |n: usize| "x".repeat(n);
        let file = |name: usize, description: usize, reference: usize| {
            let role = serde_json::json!({"role": long(name), "rDesc": long(description), "refId": long(reference)});
            Value::Array(vec![role]).to_string()
        };
        assert!(read_file(RoleKind::Bot, file(200, 2_000, 200).as_bytes()).is_ok());
        assert_eq!(
            faults(RoleKind::Bot, &file(201, 2_001, 201)),
            [
                "[0].role: the name is 201 characters long; at most 200 are allowed",
                "[0].rDesc: the description is 2001 characters long; at most 2000 are allowed",
                "[0].refId: the refId is 201 characters long; at most 200 are allowed",
            ]
        );
    }

    #[test]
    fn what_is_no_list_of_at_most_a_thousand_roles_is_told() {
        assert_eq!(faults(RoleKind::Bot, "{}"), ["the file: expected a list, found an object"]);
        assert_eq!(faults(RoleKind::Bot, ""), ["The file is empty; it should hold JSON"]);
        let told = faults(RoleKind::Bot, "[\n{\"role\": }]");
        assert!(told[0].starts_with("The file is not JSON: ") && told[0].ends_with("line 2 column 10"), "{told:?}");
        let roles = |n: usize| {
            let role = |n| serde_json::json!({ "role": format!("r{n}") });
            Value::Array((0..n).map(role).collect()).to_string()
        };
        assert!(read_file(RoleKind::Bot, roles(1_000).as_bytes()).is_ok());
        assert_eq!(
            faults(RoleKind::Bot, &roles(1_001)),
            ["the file: 1001 items are more than the 1000 that one request may bring"]
        );
        assert!(faults(RoleKind::Bot, &format!("[{}0]", "0,".repeat(200_000)))[0].contains("200000"));
    }
}
