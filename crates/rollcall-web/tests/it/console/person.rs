//! A person at the console: signed in with some rights and no others, with the cookies and the form token of their session.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Method;
use rollcall_core::admins::link;
use rollcall_core::roles::give::{self, Giving};
use rollcall_core::roles::{self, RoleKind};
use rollcall_core::sync::{AssignmentState, GroupState, RoleState, State};
use rollcall_core::users::Status;
use rollcall_testkit::{Caller, Reply, TestRollcall, user};
use serde_json::Value;

/// Somebody who has signed in.
pub(crate) struct Person {
    caller: Caller,
    cookies: BTreeMap<String, String>,
    form_token: String,
}

impl Person {
    /// `NAME@acme.test`, whose one role says `YES` to these keys alone.
    pub(crate) async fn with(acme: &TestRollcall, name: &str, keys: &[&str]) -> Self {
        acme.admin("root");
        let (email, own) = (format!("{name}@acme.test"), format!("Role of {name}"));
        let words = keys.iter().map(|key| ((*key).to_owned(), Value::from("YES"))).collect();
        let role = RoleState {
            id: None,
            ref_id: None,
            kind: RoleKind::Admin,
            name: own.clone(),
            description: None,
            permissions: Some(words),
        };
        acme.apply(State {
            users: vec![user(&email, Status::Active)],
            roles: vec![role],
            assignments: vec![given(&own, None, &[&email], &[])],
            ..state()
        })
        .expect("a role of their own");
        let mut person = Self::everything(acme, &email).await;
        // The link makes them an admin of everything, which they are not to be here.
        let too_much = Giving { role: role_id(acme, "admin"), users: vec![email], ..Giving::default() };
        acme.write(move |op| give::take(op, &too_much)).expect("it is taken away");
        person.form_token = token(&person.get("/console").await);
        person
    }

    /// Somebody who may do everything.
    pub(crate) async fn everything(acme: &TestRollcall, email: &str) -> Self {
        let caller = acme.visitor().with_header("sec-fetch-site", "same-origin");
        let caller = caller.with_header("content-type", "application/x-www-form-urlencoded");
        let mut person = Self { caller, cookies: BTreeMap::new(), form_token: String::new() };
        let address = email.to_owned();
        let link = acme.write(move |op| link::make(op, &address)).expect("a link");
        let reply = person.post(&format!("/console/link/{}", link.expose()), &[]).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        person.form_token = token(&person.get("/console").await);
        person
    }

    async fn ask(&mut self, method: Method, path: &str, body: String) -> Reply {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let caller = if cookies.is_empty() {
            self.caller.clone()
        } else {
            self.caller.with_header("cookie", cookies.join("; "))
        };
        let reply = caller.ask(method, path, Body::from(body)).await;
        for cookie in reply.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Looks at a page.
    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.ask(Method::GET, path, String::new()).await
    }

    /// Sends a form.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("form-token", &self.form_token).extend_pairs(fields);
        self.ask(Method::POST, path, form.finish()).await
    }

    /// Sends a form that does something, and reads the page that comes after it: where that is, and what is said on it.
    pub(crate) async fn does(&mut self, path: &str, fields: &[(&str, &str)]) -> (String, Reply) {
        let mut reply = self.post(path, fields).await;
        // Where somebody gains admin rights, it is asked first.
        if reply.status == 409 && reply.text.contains("form-confirmed") {
            let seen = between(&reply.text, "name=\"form-confirmed\" value=\"", "\"").to_owned();
            let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("form-confirmed", seen.as_str())]).collect();
            reply = self.post(path, &fields).await;
        }
        assert_eq!(reply.status, 303, "{path}: {}", reply.text);
        let to = reply.header("location").to_owned();
        let page = self.get(&to).await;
        assert_eq!(page.status, 200, "{to}: {}", page.text);
        (to, page)
    }

    /// Presses the button of a page that undoes what was done last, and reads what is said then.
    pub(crate) async fn undo(&mut self, page: &Reply) -> String {
        let flash = between(&page.text, "<div class=\"flash", "</div>");
        let path = between(flash, "action=\"", "\"").to_owned();
        let mut fields = Vec::new();
        for part in flash.split("<input type=\"hidden\" name=\"").skip(1) {
            let (name, rest) = part.split_once('"').expect("a name");
            if name != "form-token" {
                fields.push((name.to_owned(), plain(between(rest, "value=\"", "\""))));
            }
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        said(&self.does(&path, &fields).await.1)
    }
}

fn token(page: &Reply) -> String {
    between(&page.text, "name=\"form-token\" value=\"", "\"").to_owned()
}

/// What stands in a text between these two.
pub(crate) fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let rest = text.split_once(from).unwrap_or_else(|| panic!("{from} is not in {text}")).1;
    rest.split_once(to).unwrap_or_else(|| panic!("{to} is not in {rest}")).0
}

/// As people read it.
fn plain(text: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#10;", "\n"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// What is said above a page, once.
pub(crate) fn said(page: &Reply) -> String {
    plain(between(between(&page.text, "<div class=\"flash", "</div>"), "<p>", "</p>"))
}

/// What is said to be wrong on a page, each by itself.
pub(crate) fn faults(page: &Reply) -> Vec<String> {
    let beside = page.text.split("<span class=\"fault\"").skip(1);
    let mut out: Vec<String> = beside.map(|part| plain(between(part, ">", "</span>"))).collect();
    if let Some((_, above)) = page.text.split_once("<div class=\"note bad\" role=\"alert\">") {
        out.extend(between(above, "", "</div>").split("<p>").skip(1).map(|part| plain(between(part, "", "</p>"))));
    }
    out.extend(page.text.split("<span class=\"faults\">").skip(1).map(|part| plain(between(part, "", "</span>"))));
    out
}

/// The first column of the first table, as people read it.
pub(crate) fn first_column(page: &Reply) -> Vec<String> {
    let body = between(&page.text, "<tbody>", "</tbody>");
    let cells = body.split("<th scope=\"row\">").skip(1).map(|part| between(part, "<bdi>", "</bdi>"));
    cells.map(plain).collect()
}

/// A description of "Acme" that says nothing yet.
pub(crate) fn state() -> State {
    State { name: "Acme".into(), ..State::default() }
}

pub(crate) fn group(name: &str, members: &[&str], groups: &[&str]) -> GroupState {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    GroupState { id: None, name: name.into(), description: None, members: texts(members), groups: texts(groups) }
}

pub(crate) fn given(role: &str, bot: Option<&str>, users: &[&str], groups: &[&str]) -> AssignmentState {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    AssignmentState {
        role: role.into(),
        bot: bot.map(str::to_owned),
        users: texts(users),
        groups: texts(groups),
        expires: None,
    }
}

/// The public id of a role.
pub(crate) fn role_id(acme: &TestRollcall, name: &str) -> String {
    let roles = acme.read(roles::list).expect("a list");
    roles.into_iter().find(|role| role.name == name).expect(name).id.to_string()
}

/// The public id of what has this name in a table.
pub(crate) fn id_of(acme: &TestRollcall, table: &str, name: &str) -> String {
    let name = name.replace('\'', "''");
    let rows = acme.database().query(&format!("select public_id from {table} where name = '{name}'"));
    rows[0][0].clone().expect("an id")
}
