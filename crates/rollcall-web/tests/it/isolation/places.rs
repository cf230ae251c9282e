//! Where a request can name anything: every parameter of a path and of a query, and every text in a body, as the API
//! describes itself; and requests with a word in each of these places.

use axum::http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rollcall_core::id::{BotId, DialogId, GroupId, RoleId};
use rollcall_core::text;
use rollcall_web::rest::openapi::document;
use rollcall_web::rest::{PREFIXES, Route};
use serde_json::{Value, json};

use crate::form::{BOUNDARY, CONTENT_TYPE, form};
use crate::rest::sso::saml;

/// Texts that name nothing of an account, whatever stands in them.
const FREE: [&str; 25] = [
    "RemoveDataFromAllBots",
    "firstName",
    "lastName",
    "companyName",
    "dept",
    "companyContactPhone",
    "worknumber",
    "street",
    "suiteNo",
    "city",
    "zip",
    "state",
    "country",
    "status",
    "Status",
    "SSO_Authentication",
    "SSOProtocol",
    "SAML_IdentityProvider",
    "SingleSignOnURL",
    "IssuerURL",
    "Certificate",
    "SyncBehaviour",
    "SAMLAttribute_Name",
    "SAMLAttribute_Value",
    "Attribute_Type",
];

/// A request to a route.
pub(super) struct Request {
    pub(super) path: String,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// One with a body of JSON.
    pub(super) fn of(path: &str, body: &Value) -> Self {
        json_of(path.to_owned(), Some(body))
    }
}

/// A step into a body: a field, or the one element of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Item,
}

type Place = Vec<Step>;

fn of_globex() -> [String; 6] {
    let role = |of: &str| RoleId::derive("Globex", of).to_string();
    [
        GroupId::derive("Globex", &text::key("Vault")).to_string(),
        GroupId::derive("Globex", &text::key("Audit")).to_string(),
        role("admin/Keeper"),
        role("bot/Guard"),
        BotId::derive("Globex", &text::key("Oracle")).to_string(),
        DialogId::derive("Globex", &format!("{}/{}", text::key("Oracle"), text::key("Ask"))).to_string(),
    ]
}

/// A body of Globex's own, with every place that names something filled, each list with one element; and whether the elements
/// of its outermost list are answered each by itself, so that one request can ask with all words. `{n}` is another number in
/// each of these.
fn bodies(name: &str) -> Option<(Vec<Value>, bool)> {
    let [vault, audit, keeper, guard, oracle, ask] = of_globex();
    let on_bot = json!({"roleId": guard, "botId": oracle, "streamId": oracle});
    let tasks = json!([{"botId": oracle, "streamId": oracle, "dialogs": [ask]}]);
    let operation = json!({
        "roleId": keeper, "addUsers": ["kim@globex.test"], "removeUsers": ["ada@acme.test"], "addOrgUserIds": ["P-1"],
        "removeOrgUserIds": ["L-1"], "addGroups": ["Vault"], "removeGroups": ["Audit"],
    });
    let mut bot_operation = operation.clone();
    (bot_operation["roleId"], bot_operation["botId"]) = (json!(guard), json!(oracle));
    Some(match name {
        "POST users" => (
            vec![json!({"users": [{
                "userInfo": {"emailId": "new{n}@globex.test", "orgUserId": "N-{n}"}, "groups": [vault], "roles": [on_bot],
                "assignBotTasks": tasks, "sendEmail": false,
            }]})],
            true,
        ),
        "PUT users" => (
            vec![json!({"users": [{
                "userInfo": {"emailId": "pat@globex.test", "orgUserId": "P-1", "city": "Leeds"},
                "groups": {"addTo": [vault], "removeFrom": [audit]},
                "roles": {"addTo": [on_bot], "removeFrom": [on_bot]}, "assignBotTasks": tasks,
            }]})],
            false,
        ),
        "DELETE users" => (vec![json!({"deleteEmailIds": ["gone@globex.test"], "orgUserIds": ["G-1"]})], true),
        "POST usersInfo" => {
            (vec![json!({"emailIds": ["kim@globex.test"], "orgUserIds": ["K-1"], "status": "all"})], true)
        }
        "POST useraccess" => (vec![json!({"emailIds": ["pat@globex.test"], "isDeveloper": true})], true),
        "POST adminroles/assignments" => (vec![json!([operation])], true),
        "POST btroles/assignments" => (vec![json!([bot_operation])], true),
        "POST roles/import" => (vec![json!({"fileId": "66e0430359593a57768e456b"})], false),
        "POST ssoconfig" | "POST bot/{botId}/ssoconfig" => {
            let body = |kind: &str| {
                let mut body = saml();
                body["SAMLAttributeMapping"] = true.into();
                body["SyncBehaviour"] = "AddNew_RetainExisting".into();
                body["ClientId"] = "globex".into();
                body["AttributeMapping"] = json!([{
                    "SAMLAttribute_Name": "a", "SAMLAttribute_Value": "b", "Attribute_Type": kind, "Kore_Attribute": keeper,
                }]);
                body
            };
            (vec![body("Role"), body("Group")], true)
        }
        "DELETE bot/eraseUsersData" => (vec![json!({"userIds": ["pat@globex.test"], "botIds": [oracle]})], true),
        _ => return None,
    })
}

fn encoded(word: &str) -> String {
    utf8_percent_encode(word, NON_ALPHANUMERIC).to_string()
}

/// The route's path with a word for its parameter; of Globex's own where none is to stand there.
fn path(route: &Route, word: Option<&str>) -> String {
    let own = of_globex();
    route
        .path
        .replace("{botId}", &encoded(word.unwrap_or(&own[4])))
        .replace("{id}", &encoded(word.unwrap_or("eud-none")))
}

/// What must stand in the query besides.
fn query(route: &Route) -> &'static str {
    match route.path {
        "roles" | "roles/import" | "roles/export" => "?roleType=admin",
        "ssoconfig" | "bot/{botId}/ssoconfig" if route.method == Method::GET => "?SSOProtocol=saml",
        _ => "",
    }
}

fn json_of(path: String, body: Option<&Value>) -> Request {
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    Request { path, content_type: "application/json", body }
}

fn upload(path: String, word: &str) -> Request {
    let parts =
        [("file", Some(word), &b"[]"[..]), ("fileContext", None, word.as_bytes()), ("fileExtension", None, b".json")];
    Request { path, content_type: CONTENT_TYPE, body: form(BOUNDARY, &parts) }
}

/// Requests of Globex's own that could be done.
pub(super) fn good(route: &Route) -> Vec<Request> {
    let at = format!("{}{}", path(route, None), query(route));
    match bodies(&format!("{} {}", route.method, route.path)) {
        _ if route.path == "uploadfile" => vec![upload(at, "roles.json")],
        Some((bodies, _)) => bodies.iter().map(|body| json_of(at.clone(), Some(&numbered(body, 0)))).collect(),
        None => vec![json_of(at, None)],
    }
}

/// The document's words for a route.
fn operation(route: &Route) -> &'static Value {
    let operation =
        &document()["paths"][format!("{}{}", PREFIXES[0], route.path)][route.method.as_str().to_ascii_lowercase()];
    assert!(operation.is_object(), "{} {} is not described", route.method, route.path);
    operation
}

fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(place) => document().pointer(&place[1..]).expect("what the document refers to is in it"),
        None => value,
    }
}

/// Requests with each of the words in each place where the route takes a text.
pub(super) fn requests(route: &Route, words: &[String]) -> Vec<Request> {
    let name = format!("{} {}", route.method, route.path);
    let mut requests = good(route);
    let bodies = bodies(&name);
    let first = bodies.as_ref().map(|(bodies, _)| numbered(&bodies[0], 0));
    for parameter in operation(route)["parameters"].as_array().into_iter().flatten().map(resolved) {
        let key = parameter["name"].as_str().expect("a name");
        let at = |word: &String| match parameter["in"].as_str() {
            Some("path") => Some(format!("{}{}", path(route, Some(word)), query(route))),
            // In the place of what must stand there.
            Some("query") if query(route).contains(key) => {
                Some(format!("{}?{key}={}", path(route, None), encoded(word)))
            }
            Some("query") => {
                let mark = if query(route).is_empty() { '?' } else { '&' };
                Some(format!("{}{}{mark}{key}={}", path(route, None), query(route), encoded(word)))
            }
            // Those of headers have a test of their own.
            _ => None,
        };
        requests.extend(words.iter().filter_map(at).map(|path| json_of(path, first.as_ref())));
    }
    let at = || format!("{}{}", path(route, None), query(route));
    if route.path == "uploadfile" {
        requests.extend(words.iter().map(|word| upload(at(), word)));
        return requests;
    }
    let content = &operation(route)["requestBody"]["content"]["application/json"]["schema"];
    if content.is_null() {
        return requests;
    }
    let (bodies, each) = bodies.unwrap_or_else(|| {
        panic!("{name} takes a body: add one with all its places to bodies() in crates/rollcall-web/tests/it/isolation/places.rs")
    });
    let mut places = Vec::new();
    places_of(content, &mut Vec::new(), &mut places);
    for place in places {
        let mut bodies = bodies.iter().filter(|body| reaches(body, &place)).peekable();
        assert!(
            bodies.peek().is_some(),
            "{name} takes a text at {place:?}, and bodies() in crates/rollcall-web/tests/it/isolation/places.rs does not have it; \
             or it names nothing, and belongs to FREE"
        );
        for body in bodies {
            let filled = if each { together(body, &place, words) } else { apart(body, &place, words) };
            requests.extend(filled.iter().map(|body| json_of(at(), Some(body))));
        }
    }
    requests
}

/// Every place in a body where any text is taken that could name something.
fn places_of(schema: &'static Value, at: &mut Place, out: &mut Vec<Place>) {
    let schema = resolved(schema);
    for (key, field) in schema["properties"].as_object().into_iter().flatten() {
        at.push(Step::Field(key.clone()));
        places_of(field, at, out);
        at.pop();
    }
    if schema["items"].is_object() {
        at.push(Step::Item);
        places_of(&schema["items"], at, out);
        at.pop();
    }
    for choice in ["oneOf", "anyOf", "allOf"].into_iter().flat_map(|key| schema[key].as_array().into_iter().flatten()) {
        places_of(choice, at, out);
    }
    let is_anything =
        ["type", "properties", "items", "oneOf", "anyOf", "allOf", "enum"].iter().all(|key| schema[*key].is_null());
    let is_text =
        schema["type"] == "string" || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!("string")));
    let is_free = at.iter().any(|step| matches!(step, Step::Field(key) if FREE.contains(&key.as_str())));
    if (is_text || is_anything) && !is_free && !at.is_empty() && !out.contains(at) {
        out.push(at.clone());
    }
}

fn reaches(body: &Value, place: &[Step]) -> bool {
    match place.split_first() {
        None => body.is_string(),
        Some((Step::Field(key), rest)) => body.get(key).is_some_and(|field| reaches(field, rest)),
        Some((Step::Item, rest)) => body.get(0).is_some_and(|item| reaches(item, rest)),
    }
}

/// A body with a word in a place.
fn with(body: &Value, place: &[Step], word: &str) -> Value {
    let mut body = body.clone();
    match place.split_first() {
        None => body = word.into(),
        Some((Step::Item, rest)) => body[0] = with(&body[0], rest, word),
        Some((Step::Field(key), rest)) => {
            body[key] = with(&body[key], rest, word);
            // What would be read in its place, or beside it, is not what is tried.
            let other = match key.as_str() {
                "streamId" => "botId",
                "orgUserId" if !body["city"].is_null() => "emailId",
                _ => return body,
            };
            body.as_object_mut().expect("an object").remove(other);
        }
    }
    body
}

/// A body for each word.
fn apart(body: &Value, place: &[Step], words: &[String]) -> Vec<Value> {
    words.iter().enumerate().map(|(n, word)| numbered(&with(body, place, word), n)).collect()
}

/// One body in which the outermost list of the place has an element for each word; where there is no list, a body for each.
fn together(body: &Value, place: &[Step], words: &[String]) -> Vec<Value> {
    let Some(list) = place.iter().position(|step| *step == Step::Item) else { return apart(body, place, words) };
    let pointer: String = place[..list]
        .iter()
        .map(|step| if let Step::Field(key) = step { format!("/{key}") } else { String::new() })
        .collect();
    let item = body.pointer(&pointer).and_then(|items| items.get(0)).expect("it has one element");
    let items = words.iter().enumerate().map(|(n, word)| numbered(&with(item, &place[list + 1..], word), n)).collect();
    let mut body = body.clone();
    *body.pointer_mut(&pointer).expect("it is there") = Value::Array(items);
    vec![body]
}

/// A body with a number of its own.
fn numbered(body: &Value, n: usize) -> Value {
    serde_json::from_str(&body.to_string().replace("{n}", &n.to_string())).expect("JSON")
}
