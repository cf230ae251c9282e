//! The console, asked as a browser asks it: a session's cookie, forms of its own pages, what comes back.

use axum::body::Body;
use axum::http::Method;
use rollcall_core::admins::link;
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::{Operation, assign_admin};
use rollcall_core::sync::{AssignmentState, RoleState, State};
use rollcall_core::users::{Lookup, Status};
use rollcall_testkit::{Caller, Reply, TestRollcall, user};
use serde_json::json;

/// A browser in which somebody is signed in.
pub(crate) struct Browser {
    caller: Caller,
    cookie: String,
}

impl Browser {
    /// Signs in as the holder of the built-in admin role with this address, who is made where there is none.
    pub(crate) async fn admin(acme: &TestRollcall, email: &str) -> Self {
        let to = email.to_owned();
        let token = acme.write(move |op| link::make(op, &to)).expect("a link").expose().to_owned();
        let caller = acme
            .visitor()
            .with_header("content-type", "application/x-www-form-urlencoded")
            .with_header("sec-fetch-site", "same-origin");
        let reply = caller.ask(Method::POST, &format!("/console/link/{token}"), Body::empty()).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        let cookies = reply.headers.get_all("set-cookie").into_iter().filter_map(|cookie| cookie.to_str().ok());
        let session =
            cookies.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.starts_with("__Host-rollcall="));
        Self { caller, cookie: session.expect("a session").to_owned() }
    }

    /// Signs in as somebody who has these rights alone, by a role of their own.
    pub(crate) async fn with_rights(acme: &TestRollcall, name: &str, rights: &[&str]) -> Self {
        let email = format!("{name}@acme.test");
        let permissions = rights.iter().map(|right| ((*right).to_owned(), json!("YES"))).collect();
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
        let browser = Self::admin(acme, &email).await;
        let role = rollcall_core::id::RoleId::derive("Acme", "admin/admin").to_string();
        let taken = Operation { role, remove_users: vec![Lookup::Email(email)], ..Operation::default() };
        let outcome = acme.write(move |op| assign_admin(op, std::slice::from_ref(&taken))).expect("an answer");
        assert_eq!(outcome, [Ok(())]);
        browser
    }

    /// Opens a page.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.caller.with_header("cookie", self.cookie.clone()).ask(Method::GET, path, Body::empty()).await
    }

    /// Asks for a file and takes nothing of it yet.
    pub(crate) async fn begin(&self, path: &str) -> Body {
        self.caller.with_header("cookie", self.cookie.clone()).begin(path).await
    }

    /// Sends a form of a page.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let page = self.get("/console").await.text;
        let token = page.split("name=\"form-token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields).append_pair("form-token", token.expect("a form on every page"));
        self.caller.with_header("cookie", self.cookie.clone()).ask(Method::POST, path, form.finish()).await
    }
}
