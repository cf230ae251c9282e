//! `/bot/eraseUsersData`: the request with its capital R, and how far it is.

use rollcall_core::Fault as Place;
use rollcall_core::erasures::{Asked, Erasure, Progress, Refusal};
use rollcall_core::id::ErasureId;
use serde::Serialize;
use serde_json::Value;

use crate::http::json::{self, Faults, Object};

/// Reads the body.
///
/// # Errors
/// Every wrong type and missing field, with its path.
pub fn read(body: &Value) -> Result<Asked, Vec<Place>> {
    let faults = Faults::default();
    let mut asked = Asked::default();
    if let Some(body) = json::object(body, &faults) {
        asked = Asked {
            users: named(&body, "userIds"),
            bots: named(&body, "botIds"),
            from_all_bots: body.boolean("RemoveDataFromAllBots").unwrap_or(false),
        };
        if !body.has("userIds") {
            body.fault("userIds", "is missing");
        } else if asked.users.is_empty() && !faults.has_under("userIds") {
            body.fault("userIds", "cannot be empty");
        }
    }
    faults.done(asked)
}

/// Empty texts are placeholders, as everywhere.
fn named(body: &Object<'_>, key: &str) -> Vec<(usize, String)> {
    let texts = body.placed_texts(key).unwrap_or_default();
    texts.into_iter().filter(|(_, text)| !text.trim().is_empty()).collect()
}

/// Why nothing is erased, with the places of the request.
pub fn refused(refusals: &[Refusal]) -> Vec<Place> {
    let place = |refusal: &Refusal| match refusal {
        Refusal::User(n, why) => Place::at(format!("userIds[{n}]"), why),
        Refusal::Bot(n, why) => Place::at(format!("botIds[{n}]"), why),
        Refusal::NoBots => {
            Place::at("botIds", "send the ids of bots, or \"RemoveDataFromAllBots\": true for all of them")
        }
    };
    refusals.iter().map(place).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Requested<'a> {
    request_id: &'a str,
    status: &'static str,
}

/// The bytes of the answer to a request.
pub fn requested(id: &ErasureId) -> Vec<u8> {
    super::bytes(&Requested { request_id: id.as_str(), status: "in-progress" })
}

#[derive(Serialize)]
struct Status<'a> {
    _id: &'a str,
    #[serde(rename = "createdOn")]
    created_on: String,
    #[serde(rename = "lastUpdatedOn")]
    last_updated_on: String,
    #[serde(rename = "RemoveDataFromAllBots")]
    from_all_bots: bool,
    #[serde(rename = "botIds", skip_serializing_if = "<[String]>::is_empty")]
    bots: &'a [String],
    response: Vec<User<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User<'a> {
    user_id: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// The bytes of how far a request is, its users in the order asked.
pub fn status<'e>(erasure: &'e Erasure) -> Vec<u8> {
    let user = |(id, progress): &'e (String, Progress)| {
        let (status, reason) = match progress {
            Progress::Pending => ("IN_PROGRESS", None),
            Progress::Done => ("SUCCESS", None),
            Progress::Failed(why) => ("FAILED", Some(why.as_str())),
        };
        User { user_id: id, status, reason }
    };
    super::bytes(&Status {
        _id: erasure.id.as_str(),
        created_on: erasure.created_at.to_string(),
        last_updated_on: erasure.updated_at.to_string(),
        from_all_bots: erasure.from_all_bots,
        bots: &erasure.bots,
        response: erasure.users.iter().map(user).collect(),
    })
}
