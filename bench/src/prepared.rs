//! Requests that need something before each of them: a member to change, users to remove, a file of roles to import. And the
//! audit log, which is filled once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use anyhow::{Context as _, Result, ensure};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::account;
use crate::ask::{EVENTS, bytes};
use crate::load::{self, Body, Connection, Prepared, Reply};
use crate::question::Question;
use crate::rollcall::Rollcall;

/// As much of the reply is looked at, where something is made ready.
const LOOK: usize = 2_000;
/// The first group of a page and its members are in that much of it.
const FIRST_GROUP: usize = 64 * 1024;
/// As many users are changed in one request.
const CHANGED: usize = 1_000;

/// The first page of groups, each time after the caller has given one of its members another name, which it must show.
pub(crate) struct Changes {
    rollcall: Rc<Rollcall>,
    question: Question,
    /// The addresses of members of the first group: each caller changes one of them.
    members: Vec<String>,
    /// The names that were given last.
    names: RefCell<HashMap<usize, String>>,
    turn: Cell<u64>,
}

impl Changes {
    pub(crate) async fn new(rollcall: &Rc<Rollcall>, question: Question) -> Result<Self> {
        let told = rollcall.ask(&question.path).await?;
        let users = told["groups"][0]["users"].as_array().context("a group without users")?;
        let members: Option<Vec<_>> = users.iter().map(|user| Some(user["emailId"].as_str()?.to_owned())).collect();
        let members = members.filter(|members| !members.is_empty()).context("users without addresses")?;
        let (names, turn) = (RefCell::default(), Cell::new(0));
        Ok(Self { rollcall: Rc::clone(rollcall), question, members, names, turn })
    }
}

impl Prepared for Changes {
    async fn next(&self, caller: usize, connection: &mut Connection) -> Result<Request<Body>> {
        let turn = self.turn.replace(self.turn.get() + 1);
        let name = format!("Changed {turn:09}");
        let member = self.members.get(caller).context("more callers than a group has members")?;
        let body = bytes(&json!({ "users": [{ "userInfo": { "emailId": member, "lastName": name } }] }));
        let put = self.rollcall.send(Method::PUT, "/api/public/users", "application/json", body);
        let reply = connection.exchange(put, LOOK).await?;
        ensure!(reply.start.starts_with(b"{\"msg\""), "not changed: {}", String::from_utf8_lossy(&reply.start));
        self.names.borrow_mut().insert(caller, name);
        Ok(self.question.request(&self.rollcall.replica.address.to_string()))
    }

    fn is_right(&self, caller: usize, reply: &Reply) -> bool {
        let names = self.names.borrow();
        let name = names.get(&caller).map(String::as_bytes).unwrap_or_default();
        self.question.is_right(reply) && !name.is_empty() && reply.start.windows(name.len()).any(|part| part == name)
    }

    fn kept(&self) -> usize {
        FIRST_GROUP
    }
}

/// Users removed who were created just before.
pub(crate) struct Removals {
    pub(crate) rollcall: Rc<Rollcall>,
    pub(crate) batch: u64,
}

impl Prepared for Removals {
    async fn next(&self, _: usize, connection: &mut Connection) -> Result<Request<Body>> {
        let first = self.rollcall.next.replace(self.rollcall.next.get() + self.batch);
        let users: Vec<Value> = (first..first + self.batch).map(|n| account::new_user(n, false)).collect();
        let emails: Vec<Value> = users.iter().map(|user| user["userInfo"]["emailId"].clone()).collect();
        let body = bytes(&json!({ "users": users }));
        let create = self.rollcall.send(Method::POST, "/api/public/users", "application/json", body);
        let reply = connection.exchange(create, LOOK).await?;
        ensure!(reply.start.starts_with(b"{\"msg\""), "not created: {}", String::from_utf8_lossy(&reply.start));
        let body = bytes(&json!({ "deleteEmailIds": emails }));
        Ok(self.rollcall.send(Method::DELETE, "/api/public/users", "application/json", body))
    }

    fn is_right(&self, _: usize, reply: &Reply) -> bool {
        reply.status == StatusCode::OK && reply.start.starts_with(b"{\"msg\"")
    }
}

/// Roles imported, each of which is there and changes.
pub(crate) struct Imports {
    pub(crate) rollcall: Rc<Rollcall>,
    pub(crate) batch: u64,
    pub(crate) turn: Cell<u64>,
}

impl Prepared for Imports {
    async fn next(&self, _: usize, connection: &mut Connection) -> Result<Request<Body>> {
        let turn = self.turn.replace(self.turn.get() + 1);
        let words = if turn.is_multiple_of(2) { ["FULL", "YES"] } else { ["VIEW", "NO"] };
        let role = |n: u64| {
            let permissions =
                json!({"Tasks": [words[0]], "Testing": [words[0]], "Channels": [words[1]], "Bot Import": [words[1]]});
            json!({"roleType": "bot", "role": format!("Bench role {n:04}"), "rDesc": "", "permissions": permissions})
        };
        let roles: Vec<Value> = (0..self.batch).map(role).collect();
        let upload = connection.exchange(self.upload(&Value::Array(roles)), LOOK).await?;
        let told: Value = serde_json::from_slice(&upload.start)?;
        let body = bytes(&json!({ "fileId": told["fileId"].as_str().context("no fileId")? }));
        let path = "/api/public/roles/import?roleType=bot&fullImport=false";
        Ok(self.rollcall.send(Method::POST, path, "application/json", body))
    }

    fn is_right(&self, _: usize, reply: &Reply) -> bool {
        reply.status == StatusCode::OK && reply.start.starts_with(b"[{")
    }
}

impl Imports {
    fn upload(&self, roles: &Value) -> Request<Body> {
        let part = |name: &str, more: &str, text: &str| {
            format!("--end-of-part\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{text}\r\n")
        };
        let body = [
            part("file", "; filename=\"roles.json\"", &roles.to_string()),
            part("fileContext", "", "bulkImport"),
            part("fileExtension", "", "json"),
            "--end-of-part--\r\n".to_owned(),
        ];
        let kind = "multipart/form-data; boundary=end-of-part";
        self.rollcall.send(Method::POST, "/api/public/uploadfile", kind, Bytes::from(body.concat()))
    }
}

/// Changes users until the audit log has [`EVENTS`] events for each of them; once is enough.
pub(crate) async fn fill_log(rollcall: &Rc<Rollcall>) -> Result<()> {
    let address = rollcall.replica.address;
    let wanted = rollcall.users * EVENTS;
    for round in 0.. {
        let total = rollcall.ask("/api/public/auditlogs?size=1").await?["total"].as_u64().context("no total")?;
        if total >= wanted as u64 {
            return Ok(());
        }
        eprintln!("filling the audit log: {total} of {wanted}");
        for first in (0..rollcall.users).step_by(CHANGED) {
            let last = (first + CHANGED).min(rollcall.users);
            let change =
                |n| json!({"userInfo": {"emailId": account::address(n), "companyName": format!("Company {round}")}});
            let users: Vec<Value> = (first..last).map(change).collect();
            let body = bytes(&json!({ "users": users }));
            let put = rollcall.send(Method::PUT, "/api/public/users", "application/json", body);
            let reply = load::fetch(address, put).await?;
            ensure!(reply.2.starts_with(b"{\"msg\""), "not changed: {}", String::from_utf8_lossy(&reply.2));
        }
    }
    Ok(())
}
