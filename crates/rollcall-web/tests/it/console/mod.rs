//! The console at the level of HTTP: a browser as a value, that keeps cookies and sends the forms of pages.

mod activate;
mod apps;
mod attacks;
mod audit;
mod bots;
mod confirmed;
mod dashboard;
mod every_route;
mod groups;
mod me;
mod person;
mod reach;
mod roles;
mod sign_in;
mod users;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use rollcall_core::Rollcall;
use rollcall_core::admins::{link, second};
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::{Operation, assign_admin};
use rollcall_core::sync::{AssignmentState, RoleState, State};
use rollcall_core::users::{Lookup, Status};
use rollcall_testkit::{Caller, Reply, TestRollcall, canary, user};
use serde_json::json;

pub(crate) const ADA: &str = "ada@acme.test";
pub(crate) const PASSWORD: &str = "Correct-horse-battery-staple-1";
pub(crate) const OTHER: &str = "Another-horse-battery-staple-2";

/// A browser with its cookies, and the token of the form that it saw last.
#[derive(Clone)]
pub(crate) struct Browser {
    caller: Caller,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) form_token: String,
}

impl Browser {
    pub(crate) fn new(acme: &TestRollcall) -> Self {
        for password in [PASSWORD, OTHER] {
            canary::plant("a password", password);
        }
        let caller = acme.visitor().with_header("sec-fetch-site", "same-origin");
        let caller = caller.with_header("content-type", "application/x-www-form-urlencoded");
        Self { caller, cookies: BTreeMap::new(), form_token: String::new() }
    }

    /// The same browser, at another replica.
    pub(crate) fn on(&self, replica: Arc<Rollcall>) -> Self {
        Self { caller: self.caller.on(replica), ..self.clone() }
    }

    pub(crate) fn with_caller(&self, change: impl Fn(&Caller) -> Caller) -> Self {
        Self { caller: change(&self.caller), ..self.clone() }
    }

    /// The token of the session.
    pub(crate) fn session(&self) -> &str {
        self.cookies.get("__Host-rollcall").map_or("", String::as_str)
    }

    async fn ask(&mut self, method: Method, path: &str, body: String) -> Reply {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let caller = match cookies.is_empty() {
            true => self.caller.clone(),
            false => self.caller.with_header("cookie", cookies.join("; ")),
        };
        let reply = caller.ask(method, path, Body::from(body)).await;
        for cookie in reply.headers.get_all("set-cookie") {
            let text = cookie.to_str().expect("text");
            for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
                assert!(text.starts_with("__Host-") && text.contains(part) && !text.contains("Domain"), "{text}");
            }
            let (name, value) = text.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            match text.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        if reply.header("content-type").starts_with("text/html") {
            is_safe(&reply);
        }
        if let Some((_, rest)) = reply.text.split_once("name=\"form-token\" value=\"") {
            self.form_token = rest.split('"').next().unwrap_or_default().to_owned();
        }
        reply
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.ask(Method::GET, path, String::new()).await
    }

    /// Sends a form, with the token of the page that was seen last.
    pub(crate) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("form-token", &self.form_token)
            .extend_pairs(fields)
            .finish();
        self.ask(Method::POST, path, form).await
    }

    /// Opens a page and sends its form.
    pub(crate) async fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        self.send(path, fields).await
    }

    /// Signs in by address and password, and follows to nowhere.
    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Reply {
        self.fill("/console/sign-in", &[("email", email), ("password", password)]).await
    }
}

/// What every page promises: nothing of elsewhere, nothing that stands in the page itself, kept by nobody.
fn is_safe(page: &Reply) {
    let policy = page.header("content-security-policy");
    for part in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    for part in [" style=", "<style", " onclick", "javascript:", "<script>"] {
        assert!(!page.text.contains(part), "{part}: {}", page.text);
    }
}

/// The path of a link from the host.
pub(crate) fn host_link(acme: &TestRollcall, email: &str) -> String {
    let email = email.to_owned();
    let token = acme.write(move |op| link::make(op, &email)).expect("a link is made");
    format!("/console/link/{}", token.expose())
}

/// A browser in which somebody came in by a link from the host, which makes them an administrator.
pub(crate) async fn by_link(acme: &TestRollcall, email: &str) -> Browser {
    let mut browser = Browser::new(acme);
    let reply = browser.fill(&host_link(acme, email), &[]).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/console"), "{}", reply.text);
    browser
}

/// A browser in which somebody is signed in who has these rights alone, by a role of their own.
pub(crate) async fn with_rights(acme: &TestRollcall, name: &str, rights: &[&str]) -> Browser {
    let email = format!("{name}@acme.test");
    let permissions = rights.iter().map(|right| ((*right).to_owned(), json!("YES"))).collect();
    acme.admin("keeper");
    acme.apply(State {
        name: "Acme".into(),
        users: vec![user(&email, Status::Active)],
        roles: vec![RoleState {
            id: None,
            ref_id: None,
            kind: RoleKind::Admin,
            name: name.into(),
            description: None,
            permissions: Some(permissions),
        }],
        assignments: vec![AssignmentState {
            role: name.into(),
            bot: None,
            users: vec![email.clone()],
            groups: Vec::new(),
            expires: None,
        }],
        ..State::default()
    })
    .expect("a deputy");
    let browser = by_link(acme, &email).await;
    let role = rollcall_core::id::RoleId::derive("Acme", "admin/admin").to_string();
    let taken = Operation { role, remove_users: vec![Lookup::Email(email)], ..Operation::default() };
    let outcome = acme.write(move |op| assign_admin(op, std::slice::from_ref(&taken))).expect("an answer");
    assert_eq!(outcome, [Ok(())]);
    browser
}

/// Ada, an administrator with [`PASSWORD`], and Bo, another.
pub(crate) async fn with_password() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("bo");
    set_password(&acme, ADA, PASSWORD).await;
    acme
}

/// Gives somebody a password, by a link from the host.
async fn set_password(acme: &TestRollcall, email: &str, password: &str) {
    let mut browser = by_link(acme, email).await;
    browser.get("/console/me").await;
    let reply = browser.send("/console/me/password", &[("new", password), ("repeat", password)]).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
}

/// Gives an account an administrator with all that one can have: passwords, a factor, codes, a session, an open link.
pub(crate) async fn furnish(acme: &TestRollcall, email: &str) {
    set_password(acme, email, PASSWORD).await;
    set_password(acme, email, OTHER).await;
    let (key, codes) = add_factor(acme, email).await;
    canary::plant("the key of a factor", &key);
    codes.iter().for_each(|code| assert!(code.len() > 8));
    let link = host_link(acme, email);
    canary::plant("the token of a link", link.rsplit('/').next().expect("a token"));
}

/// The code of the present time.
pub(crate) fn code(acme: &TestRollcall, key: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(key).expect("a key");
    let totp = totp_rs::Builder::new().with_secret(secret.as_bytes()).build().expect("a key");
    totp.generate(acme.rollcall().now().0.unsigned_abs() / 1000).to_string()
}

/// Ada with a second factor: its key, and the recovery codes.
pub(crate) async fn with_factor() -> (TestRollcall, String, Vec<String>) {
    let acme = with_password().await;
    let (key, codes) = add_factor(&acme, ADA).await;
    (acme, key, codes)
}

async fn add_factor(acme: &TestRollcall, email: &str) -> (String, Vec<String>) {
    let mut ada = by_link(acme, email).await;
    ada.get("/console/me").await;
    let begun = ada.send("/console/me/second-factor", &[]).await;
    assert_eq!(begun.header("location"), "/console/me/second-factor");
    let page = ada.get("/console/me/second-factor").await;
    let key = page.text.split("secret=").nth(1).expect("the key").split('&').next().expect("its end").to_owned();
    let picture = ada.get("/console/me/second-factor/code.svg").await;
    assert_eq!((picture.header("content-type"), picture.header("cache-control")), ("image/svg+xml", "no-store"));
    assert!(picture.text.contains("<svg"));
    let wrong = ada.send("/console/me/second-factor/confirm", &[("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    let codes = ada.send("/console/me/second-factor/confirm", &[("code", &code(acme, &key))]).await;
    let text = codes.text.split("<pre").nth(1).expect("codes").split('>').nth(1).expect("codes").split('<').next();
    let codes: Vec<String> = text.expect("codes").lines().map(str::to_owned).collect();
    assert_eq!(codes.len(), second::RECOVERY_CODES);
    (key, codes)
}
