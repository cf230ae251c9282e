//! What is sent to each mutating route: bodies of the right form, made of the things of the world.

use std::fmt;

use axum::body::Body;
use axum::http::Method;
use rollcall_core::id;
use rollcall_testkit::{Caller, Reply};
use rollcall_web::rest::Route;
use serde_json::{Map, Value, json};

use super::world::{ADMIN_ROLES, BOT_ROLES, BOTS, DIALOGS, GROUPS, Lot, USERS, email};
use crate::acme::{admin_role, bot_id, bot_role, dialog_id, group_id};
use crate::form::{BOUNDARY, CONTENT_TYPE, form, parts, uploaded};
use crate::rest::sso::saml;

/// What to send to a route.
pub(super) struct Request {
    pub(super) query: String,
    body: Value,
    /// Roles that are uploaded before, for the route that takes a file.
    file: Option<Value>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.query, self.body, self.file.clone().unwrap_or_default())
    }
}

fn sends(body: Value) -> Request {
    Request { query: String::new(), body, file: None }
}

/// Sends it.
pub(super) async fn call(app: &Caller, route: &Route, request: &Request) -> Reply {
    let path = format!("{}{}", route.path.replace("{botId}", &bot_id(BOTS[0])), request.query);
    if route.path == "uploadfile" {
        let bytes = form(BOUNDARY, &parts(request.body.to_string().as_bytes()));
        return app.with_header("content-type", CONTENT_TYPE).ask(Method::POST, &path, bytes).await;
    }
    let body = match &request.file {
        Some(file) => json!({ "fileId": uploaded(app, file.to_string().as_bytes()).await }),
        None => request.body.clone(),
    };
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    app.ask(route.method.clone(), &path, body).await
}

/// How bodies for a route of this verb and path are made; none for a route that nobody has thought of.
pub(super) fn body_of(name: &str) -> Option<fn(&mut Lot) -> Request> {
    Some(match name {
        "POST users" => |lot| sends(json!({"users": few(lot, new_user), "sendEmail": false})),
        "PUT users" => |lot| sends(json!({ "users": few(lot, changed_user) })),
        "DELETE users" => |lot| sends(json!({ "deleteEmailIds": [person(lot)] })),
        "POST useraccess" => |lot| {
            let mut body = json!({"emailIds": few(lot, |lot| person(lot).into())});
            flags(lot, &mut body, &["canCreateBot", "isDeveloper", "hasDataTableAndViewAccess"]);
            sends(body)
        },
        "POST adminroles/assignments" => |lot| sends(few(lot, |lot| operation(lot, false)).into()),
        "POST btroles/assignments" => |lot| sends(few(lot, |lot| operation(lot, true)).into()),
        "POST roles/import" => import,
        // A file by itself gives nobody anything; what it becomes by an import does.
        "POST uploadfile" => |lot| sends(few(lot, |lot| imported_role(lot, "admin")).into()),
        "POST ssoconfig" | "POST bot/{botId}/ssoconfig" => sso,
        "DELETE ssoconfig" | "DELETE bot/{botId}/ssoconfig" => |_| sends(Value::Null),
        "DELETE bot/eraseUsersData" => |lot| sends(json!({"userIds": [person(lot)], "RemoveDataFromAllBots": true})),
        _ => return None,
    })
}

fn few(lot: &mut Lot, one: impl Fn(&mut Lot) -> Value) -> Vec<Value> {
    (0..=lot.below(2)).map(|_| one(lot)).collect()
}

/// Somebody of the world, or somebody whom these calls may have created.
fn person(lot: &mut Lot) -> String {
    match lot.below(4) {
        0 => format!("new{}@acme.test", lot.below(20)),
        _ => email(lot.pick(&USERS)),
    }
}

fn group_of(lot: &mut Lot) -> Value {
    group_id(lot.pick(&GROUPS)).into()
}

/// A role as requests name it: a bot role with its bot, or an admin role. A few are of the other kind.
fn role_of(lot: &mut Lot, on_bot: bool) -> Value {
    let on_bot = on_bot != lot.chance(3);
    match on_bot {
        true => json!({"roleId": bot_role(lot.pick(&BOT_ROLES)), "botId": bot_id(lot.pick(&BOTS))}),
        false => json!({"roleId": admin_role(lot.pick(&ADMIN_ROLES))}),
    }
}

fn any_role(lot: &mut Lot) -> Value {
    let on_bot = lot.chance(50);
    role_of(lot, on_bot)
}

fn task_of(lot: &mut Lot) -> Value {
    let bot = lot.pick(&BOTS);
    match lot.chance(50) {
        true => json!({ "botId": bot_id(bot) }),
        false => json!({"streamId": bot_id(bot), "dialogs": [dialog_id(bot, lot.pick(&DIALOGS))]}),
    }
}

fn flags(lot: &mut Lot, body: &mut Value, keys: &[&str]) {
    for key in keys {
        if lot.chance(60) {
            body[*key] = lot.chance(60).into();
        }
    }
    // Who may create bots must be a developer, which is not what is tried here.
    if body["canCreateBot"] == true || (body["canCreateBot"].is_null() && body["isDeveloper"] == false) {
        body["isDeveloper"] = true.into();
    }
}

fn new_user(lot: &mut Lot) -> Value {
    let name = lot.below(20_000) % if lot.chance(50) { 20 } else { 20_000 };
    let mut user = json!({"userInfo": {"emailId": format!("new{name}@acme.test")}});
    if lot.chance(30) {
        user["groups"] = json!([group_of(lot)]);
    }
    if lot.chance(30) {
        user["roles"] = json!([any_role(lot)]);
    }
    if lot.chance(25) {
        user["assignBotTasks"] = json!([task_of(lot)]);
    }
    flags(lot, &mut user, &["canCreateBot", "isDeveloper"]);
    user
}

fn changed_user(lot: &mut Lot) -> Value {
    let mut user = json!({"userInfo": {"emailId": email(lot.pick(&USERS)), "city": format!("C{}", lot.below(9))}});
    for (key, one) in [("groups", group_of as fn(&mut Lot) -> Value), ("roles", any_role)] {
        let mut ends = Map::new();
        for (end, share) in [("addTo", 30), ("removeFrom", 10)] {
            if lot.chance(share) {
                ends.insert(end.into(), json!([one(lot)]));
            }
        }
        user[key] = ends.into();
    }
    if lot.chance(20) {
        user["assignBotTasks"] = json!([task_of(lot)]);
    }
    if lot.chance(40) {
        flags(lot, &mut user, &["canCreateBot", "isDeveloper"]);
    }
    user
}

fn operation(lot: &mut Lot, on_bot: bool) -> Value {
    let mut operation = role_of(lot, on_bot);
    for (key, share) in [("addUsers", 50), ("removeUsers", 15)] {
        if lot.chance(share) {
            operation[key] = json!([person(lot)]);
        }
    }
    for (key, share) in [("addGroups", 35), ("removeGroups", 15)] {
        if lot.chance(share) {
            operation[key] = json!([lot.pick(&GROUPS)]);
        }
    }
    operation
}

fn import(lot: &mut Lot) -> Request {
    let kind = lot.pick(&["admin", "bot"]);
    let mut roles = few(lot, |lot| imported_role(lot, kind));
    if lot.chance(50) {
        roles.truncate(1);
    }
    let full = if lot.chance(25) { "&fullImport=true" } else { "" };
    Request { query: format!("?roleType={kind}{full}"), body: Value::Null, file: Some(roles.into()) }
}

/// A role of the world with other permissions, a new one, or one that would be taken for a built-in: by its name in another
/// form, or by its reference.
fn imported_role(lot: &mut Lot, kind: &str) -> Value {
    let names: &[&str] = if kind == "admin" { &ADMIN_ROLES } else { &BOT_ROLES };
    let name = match lot.below(10) {
        0..6 => lot.pick(names).to_owned(),
        6 => lot.pick(&["ADMIN", " admin ", "\u{ff41}dmin", "admin\u{200b}", "BOT OWNER"]).to_owned(),
        _ => format!("Role {}", lot.below(5)),
    };
    let mut role = json!({"role": name, "permissions": {"own": format!("{}", lot.below(1_000))}});
    if lot.chance(30) {
        let (kind, name) =
            lot.pick(&[("admin", "admin"), ("admin", "Auditor"), ("bot", "Bot Owner"), ("bot", "Desk lead")]);
        role["refId"] = id::role_reference("Acme", &format!("{kind}/{name}")).into();
    }
    role
}

fn sso(lot: &mut Lot) -> Request {
    let mut body = saml();
    body["IssuerURL"] = format!("urn:idp:{}", lot.below(3)).into();
    if lot.chance(20) {
        body["SSO_Authentication"] = "update".into();
    }
    if lot.chance(85) {
        body["SAMLAttributeMapping"] = true.into();
        body["SyncBehaviour"] = lot.pick(&["Synchronize_UpdateExisting", "AddNew_RetainExisting"]).into();
        body["AttributeMapping"] = few(lot, pair).into();
    }
    sends(body)
}

fn pair(lot: &mut Lot) -> Value {
    let (kind, target) = match lot.below(3) {
        0 => ("Group", group_of(lot)),
        1 => ("Role", any_role(lot)["roleId"].take()),
        _ => {
            let flag = lot.pick(&["isDeveloper", "canCreateBot", "hasDataTableAndViewAccess"]);
            (lot.pick(&["Role", "Group"]), flag.into())
        }
    };
    json!({"SAMLAttribute_Name": "dept", "SAMLAttribute_Value": lot.pick(&["a", "b"]), "Attribute_Type": kind, "Kore_Attribute": target})
}
