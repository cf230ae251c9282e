//! The vendor's JSON, transcribed. Its odd words and quirks stop here; `docs/vendor-api.md` tells of each.

pub mod all_user_roles;
pub mod assignments;
pub mod audit;
pub mod bots;
pub mod erasures;
pub mod files;
pub mod groups;
pub mod roles;
pub mod sso;
pub mod user_access;
pub mod users;
pub mod users_failed;
pub mod users_info;
pub mod users_remove;
pub mod users_update;

use rollcall_core::users::Lookup;
use serde::Serialize;

use crate::http::json::Object;

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
        Self::literal_of(400, msg, detail)
    }

    /// The same, where the vendor gives the literal another code than that of a bad request.
    pub(crate) fn literal_of(code: u16, msg: &str, detail: impl Into<String>) -> Self {
        Self { msg: msg.to_owned(), code, detail: Some(detail.into()) }
    }

    /// Nobody is known by this address or org user id.
    pub(crate) fn user_not_found(lookup: &Lookup) -> Self {
        let what = match lookup {
            Lookup::Email(_) => "email address",
            Lookup::OrgUserId(_) => "org user id",
        };
        Self::new(format!("User not found. Please check the provided {what}."), 400)
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

/// An answer that is one sentence.
#[derive(Serialize)]
pub(crate) struct Done {
    pub(crate) msg: &'static str,
}

/// A list of texts without the empty ones: the vendor's own samples and clients send `[""]` for none.
pub(crate) fn names(object: &Object<'_>, key: &str) -> Vec<String> {
    object.texts(key).unwrap_or_default().into_iter().filter(|name| !name.trim().is_empty()).collect()
}

/// Bytes of a reply.
pub(crate) fn bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("texts, numbers and lists of them are JSON")
}
