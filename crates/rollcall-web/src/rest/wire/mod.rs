//! The vendor's JSON, transcribed. Its odd words and quirks stop here; `docs/vendor-api.md` tells of each.

pub mod assignments;
pub mod erasures;
pub mod groups;
pub mod sso;
pub mod users;
pub mod users_info;

use serde::Serialize;

/// One error of a list of errors. `detail` is ours: it says with what, where the message is one of the vendor's literals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    msg: String,
    code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Fault {
    /// An error of the whole request or of an item.
    pub fn new(msg: impl Into<String>, code: u16) -> Self {
        Self { msg: msg.into(), code, detail: None }
    }

    /// An error whose message is a literal of the vendor's, with what it is about beside it.
    pub(crate) fn literal(msg: &str, detail: impl Into<String>) -> Self {
        Self { msg: msg.to_owned(), code: 400, detail: Some(detail.into()) }
    }
}

/// Why one item failed: the vendor prints a serialized HTTP error, of which every published form is a part.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reason {
    status_code: u16,
    status: u16,
    custom_code: u16,
    errors: Vec<Fault>,
    message: String,
    name: &'static str,
}

impl Reason {
    /// A bad request, for all of these reasons; the message is the first one's.
    pub(crate) fn bad_request(errors: Vec<Fault>) -> Self {
        let message = errors.first().map(|e| e.msg.clone()).unwrap_or_default();
        Self { status_code: 400, status: 400, custom_code: 400, errors, message, name: "BadRequest" }
    }
}

/// Bytes of a reply.
pub(crate) fn bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("texts, numbers and lists of them are JSON")
}
