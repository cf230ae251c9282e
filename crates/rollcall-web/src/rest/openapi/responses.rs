//! What all routes have in common: the parts of the document for headers and refusals, and which status a route may give.

use std::collections::BTreeSet;

use rollcall_core::policy::Gate;
use serde_json::{Map, Value, json};

use super::describe::{Described, error};
use super::schema::{list, named, told};
use crate::rest::Route;

/// A refusal: status, name in the document, what it means.
const REFUSALS: [(u16, &str, &str); 12] = [
    (400, "Invalid", "The request contradicts itself, breaks a limit or is of a wrong form; an error for each fault."),
    (401, "Unauthenticated", "The token is missing, malformed, wrongly signed, expired or of an unknown app."),
    (403, "Forbidden", "The app lacks the scope of this call, or may not hand something on; the message names it."),
    (404, "NotFound", "There is no such thing in this account."),
    (408, "TooSlow", "The body did not arrive within 60 seconds."),
    (409, "Conflict", "The state of the account forbids it."),
    (413, "TooLarge", "The body, or the file in it, is larger than 10 MiB."),
    (422, "KeyReused", "The `Idempotency-Key` was used before with another request."),
    (429, "RateLimited", "The account has called this API too often. Try again after `Retry-After`."),
    (500, "Internal", "A fault of Rollcall; nothing was changed, and the log knows more under the request id."),
    (503, "Busy", "Too much is waiting, or the database is away; nothing was changed. Try again after `Retry-After`."),
    (
        504,
        "Uncertain",
        "The database broke off while it was committing. Look before doing it again, or repeat it with the same \
         `Idempotency-Key`.",
    ),
];

/// The statuses by which a route may refuse a request, in order.
pub(super) fn refusals(route: &Route, described: &Described) -> Vec<u16> {
    let applies = |status: &u16| match status {
        403 => matches!(route.permission.gate(), Gate::Scope(_)),
        404 | 409 => described.refusals.contains(status),
        422 | 504 => route.mutates,
        _ => true,
    };
    REFUSALS.iter().map(|(status, ..)| *status).filter(applies).collect()
}

/// Where the document has what is said of a refusal.
pub(super) fn reference(status: u16) -> Value {
    let name = REFUSALS.iter().find(|(known, ..)| *known == status).map(|(_, name, _)| name);
    json!({"$ref": format!("#/components/responses/{}", name.expect("refusals are taken from the table"))})
}

/// The headers of an answer, by their names in the document.
pub(super) fn headers(names: &[(&str, &str)]) -> Value {
    let entry =
        |(name, part): &(&str, &str)| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{part}")}));
    Value::Object(names.iter().map(entry).collect())
}

/// The refusals of these statuses, as the document's `components.responses`; and the schemas that they name.
pub(super) fn components(used: &BTreeSet<u16>) -> (Value, Map<String, Value>) {
    let (schema, schemas) = named("Errors", told().required("errors", list(error()).not_empty())).parts();
    let response = |(status, name, meaning): &(u16, &str, &str)| {
        let code = if *status == 401 { vec![401, 4002] } else { vec![*status] };
        let codes = json!({"properties": {"errors": {"items": {"properties": {"code": {"enum": code}}}}}});
        let mut names = vec![("x-request-id", "RequestId")];
        if [429, 503].contains(status) {
            names.push(("retry-after", "RetryAfter"));
        }
        let response = json!({
            "description": meaning,
            "headers": headers(&names),
            "content": {"application/json": {"schema": {"allOf": [schema, codes]}}},
        });
        ((*name).to_owned(), response)
    };
    let used = REFUSALS.iter().filter(|(status, ..)| used.contains(status));
    (Value::Object(used.map(response).collect()), schemas)
}

/// The headers, as the document's `components.headers`.
pub(super) fn header_components() -> Value {
    let text = |about: &str| json!({"description": about, "required": true, "schema": {"type": "string"}});
    json!({
        "RequestId": text("The id of the request in the log: the client's own where it sent one."),
        "ETag": text("Another one as soon as anything of the account has changed."),
        "Replayed": {
            "description": "The answer to an earlier request with the same `Idempotency-Key`, told again.",
            "schema": {"type": "string", "enum": ["true"]},
        },
        "RetryAfter": {
            "description": "In as many seconds it is worth trying again.",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
        },
    })
}

/// The parameters that many routes take, as the document's `components.parameters`.
pub(super) fn parameter_components() -> Value {
    let header = |name: &str, about: &str, schema: Value| json!({"name": name, "in": "header", "description": about, "schema": schema});
    json!({
        "RequestId": header(
            "x-request-id",
            "An id for the log, which comes back with the answer: 1 to 128 visible ASCII characters. Another is made in the \
             place of one that is none.",
            json!({"type": "string"}),
        ),
        "IfNoneMatch": header(
            "if-none-match",
            "The `ETag` of an answer that the client has: where nothing has changed since, the answer is 304.",
            json!({"type": "string"}),
        ),
        "IdempotencyKey": header(
            "idempotency-key",
            "Makes a repetition safe: for 24 hours the same key with the same request gives the first answer again.",
            json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}),
        ),
        "DryRun": {
            "name": "dryRun", "in": "query",
            "description": "`true`: validates and answers as the real call would, and changes nothing.",
            "schema": {"type": "boolean", "default": false},
        },
    })
}
