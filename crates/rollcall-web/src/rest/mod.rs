//! The vendor-compatible API: the route table on one screen, and the one way that every request goes.
//!
//! Path → verb → token → permission → limits → body → handler. A handler that is not in the table does not exist.

mod auth;
mod call;
pub mod error;
mod groups;
mod roles;
mod users;
pub mod wire;

use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rollcall_core::Rollcall;
use rollcall_core::policy::{self, Permission};

use auth::Credentials;
use call::{Answer, Call};
use error::Failure;

use crate::http::metrics;

type Handler = fn(Call) -> Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>;

/// One row of the table.
pub struct Route {
    /// The verb.
    pub method: Method,
    /// The path after the prefix, without a trailing slash.
    pub path: &'static str,
    /// What the caller must hold.
    pub permission: Permission,
    /// Whether it changes anything: then `Idempotency-Key` and `dryRun` count.
    pub mutates: bool,
    handler: Handler,
}

macro_rules! route {
    ($method:ident $path:literal $permission:ident $kind:ident $handler:path) => {
        Route {
            method: Method::$method,
            path: $path,
            permission: Permission::$permission,
            mutates: route!(@ $kind),
            handler: |call| Box::pin($handler(call)),
        }
    };
    (@ reads) => { false };
    (@ writes) => { true };
}

/// Every route of the API.
#[rustfmt::skip]
pub static ROUTES: [Route; 5] = [
    // The four calls of the seed documents (contract §2).
    route!(GET  "groups"                 ViewGroups  reads  groups::list),
    route!(POST "usersInfo"              ViewUsers   reads  users::info),
    route!(POST "users"                  ManageUsers writes users::create),
    route!(POST "adminroles/assignments" ManageRoles writes roles::assign_admin),
    // The rest of the vendor's admin family (contract §3).
    route!(POST "btroles/assignments"    ManageRoles writes roles::assign_bot),
];

/// The prefixes under which the API answers (contract §1, Paths).
pub const PREFIXES: [&str; 3] = ["/api/public/", "/api/1.1/public/", "/API/public/"];

/// Answers any request that no other face took.
pub async fn answer(State(rollcall): State<Arc<Rollcall>>, request: Request) -> Response {
    let head = request.method() == Method::HEAD;
    let method = if head { &Method::GET } else { request.method() };
    let route = find(request.uri().path(), method);
    let name = route.as_ref().ok().map(|route| route.path);
    let answered = match route {
        Ok(route) => go(rollcall, route, request).await,
        Err(failure) => Err(failure),
    };
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    if head {
        *response.body_mut() = Body::empty();
    }
    metrics::answered(name, response.status());
    response
}

async fn go(rollcall: Arc<Rollcall>, route: &'static Route, request: Request) -> Result<Response, Failure> {
    let credentials = Credentials::of(request.headers(), request.extensions());
    let actor = credentials.authenticate(&rollcall).await?;
    policy::require(&actor, route.permission)?;
    let call = Call::read(rollcall, route, actor, request).await?;
    (route.handler)(call).await.map(IntoResponse::into_response)
}

fn find(path: &str, method: &Method) -> Result<&'static Route, Failure> {
    let rest = PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix)).ok_or_else(Failure::not_found)?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let rows = || ROUTES.iter().filter(|route| route.path == rest);
    if rows().next().is_none() {
        return Err(Failure::not_found());
    }
    rows().find(|route| route.method == *method).ok_or_else(|| {
        let mut verbs: Vec<&str> = rows().map(|route| route.method.as_str()).collect();
        if verbs.contains(&"GET") {
            verbs.push("HEAD");
        }
        Failure::method_not_allowed(&verbs.join(", "))
    })
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        if self.status != StatusCode::NOT_MODIFIED {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        }
        if let Some(tag) = self.etag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
            headers.insert(header::ETAG, tag);
        }
        if self.replayed {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}
