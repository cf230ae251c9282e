//! `POST /adminroles/assignments/` and `POST /btroles/assignments/`: operations on roles, and one result for each.

use rollcall_core::Fault as Place;
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::{Operation, OperationOutcome};
use rollcall_core::users::Lookup;
use serde::Serialize;
use serde_json::Value;

use super::{Fault, names};
use crate::http::json::{self, Faults, Object};

/// Reads the body: a bare array.
///
/// # Errors
/// Every wrong type and missing `roleId` (and `botId`, for bot roles), with its path.
pub fn read(kind: RoleKind, body: &Value) -> Result<Vec<Operation>, Vec<Place>> {
    let faults = Faults::default();
    let operations = json::objects(body, &faults)
        .iter()
        .map(|operation| Operation {
            role: operation.required_text("roleId"),
            bot: (kind == RoleKind::Bot).then(|| operation.required_text("botId")),
            add_users: people(operation, "addUsers", "addOrgUserIds"),
            remove_users: people(operation, "removeUsers", "removeOrgUserIds"),
            add_groups: names(operation, "addGroups"),
            remove_groups: names(operation, "removeGroups"),
        })
        .collect();
    faults.done(operations)
}

fn people(operation: &Object<'_>, emails: &str, org_user_ids: &str) -> Vec<Lookup> {
    let emails = names(operation, emails).into_iter().map(Lookup::Email);
    emails.chain(names(operation, org_user_ids).into_iter().map(Lookup::OrgUserId)).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OperationResult<'a> {
    status: &'static str,
    role_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<Fault>>,
}

/// The bytes of the answer, an element for each operation in order.
pub fn results(operations: &[Operation], outcomes: &[OperationOutcome]) -> Vec<u8> {
    let results = operations.iter().zip(outcomes).map(|(operation, outcome)| match outcome {
        Ok(()) => OperationResult { status: "success", role_id: operation.role.trim(), errors: None },
        Err(faults) => OperationResult {
            status: "failure",
            role_id: operation.role.trim(),
            errors: Some(faults.iter().map(|fault| Fault::new(fault, 400)).collect()),
        },
    });
    super::bytes(&results.collect::<Vec<_>>())
}
