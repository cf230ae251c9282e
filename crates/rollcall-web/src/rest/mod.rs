//! The vendor-compatible API: the route table on one screen, and the one way that every request goes.
//!
//! Path → verb → token → permission → rate limit → limits → body → handler. A handler that is not in the table does not exist.

mod answer;
mod audit;
mod auth;
mod bots;
mod call;
mod erasures;
pub mod error;
mod files;
mod groups;
pub mod openapi;
mod roles;
mod sso;
mod users;
pub mod wire;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rollcall_core::actor::Actor;
use rollcall_core::limits;
use rollcall_core::policy::{self, Permission};
use rollcall_core::{Code, Rollcall};
use tokio::time::Instant;

use answer::Answer;
use auth::Credentials;
use call::Call;
use error::Failure;

use crate::Served;
use crate::http::coding::Coding;
use crate::http::metrics;

/// A refused token is answered this long after its request came, so that what was found on the way is not told by how long it
/// took: many times what finding it takes.
const REFUSED_AFTER: Duration = Duration::from_millis(5);

type Handler = fn(Call) -> Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>;

/// One row of the table.
pub struct Route {
    /// The verb.
    pub method: Method,
    /// The path after the prefix, without a trailing slash; `{name}` stands for any one segment.
    pub path: &'static str,
    /// Verb and path: the API whose calls a rate limit counts, by whichever prefix it is called.
    pub api: &'static str,
    /// What the caller must hold.
    pub permission: Permission,
    /// Whether it changes anything: then `Idempotency-Key` and `dryRun` count.
    pub mutates: bool,
    handler: Handler,
}

impl Route {
    /// The largest body: a file with the form around it where files are uploaded, else what the contract says.
    fn max_body(&self) -> usize {
        match self.permission {
            Permission::UploadFiles => rollcall_core::files::MAX_SIZE + call::MAX_FORM,
            _ => call::MAX_BODY,
        }
    }

    /// The refusal of a body that is larger.
    fn too_large(&self) -> Failure {
        match self.permission {
            Permission::UploadFiles => Failure::file_too_large(),
            _ => Failure::too_large(call::MAX_BODY),
        }
    }
}

macro_rules! route {
    ($method:ident $path:literal $permission:ident $kind:ident $handler:path) => {
        Route {
            method: Method::$method,
            path: $path,
            api: concat!(stringify!($method), " ", $path),
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
pub static ROUTES: &[Route] = &[
    // The four calls of the seed documents (contract §2).
    route!(GET  "groups"                 ViewGroups  reads  groups::list),
    route!(POST "usersInfo"              ViewUsers   reads  users::info),
    route!(POST "users"                  ManageUsers writes users::create),
    route!(POST "adminroles/assignments" ManageRoles writes roles::assign_admin),
    // The rest of the vendor's admin family (contract §3).
    route!(GET  "alluserroles"           ViewAccess  reads  users::list),
    route!(PUT  "users"                  ManageUsers writes users::update),
    route!(DELETE "users"                ManageUsers writes users::remove),
    route!(POST "useraccess"             ManageAccess writes users::access),
    route!(POST "btroles/assignments"    ManageRoles writes roles::assign_bot),
    route!(GET  "bots"                   ViewBots    reads  bots::list),
    route!(GET  "auditlogs"              ViewAuditLog reads audit::find),
    route!(GET  "roles"                  ViewRoles   reads  roles::list),
    route!(GET  "roles/export"           ViewRoles   reads  roles::export),
    route!(POST "roles/import"           ManageRoles writes roles::import),
    route!(POST "uploadfile"             UploadFiles writes files::upload),
    route!(GET    "ssoconfig"             ViewSso   reads  sso::show),
    route!(POST   "ssoconfig"             ManageSso writes sso::configure),
    route!(DELETE "ssoconfig"             ManageSso writes sso::disable),
    route!(GET    "bot/{botId}/ssoconfig" ViewSso   reads  sso::show_by_bot),
    route!(POST   "bot/{botId}/ssoconfig" ManageSso writes sso::configure_by_bot),
    route!(DELETE "bot/{botId}/ssoconfig" ManageSso writes sso::disable_by_bot),
    route!(DELETE "bot/eraseUsersData"             EraseUsersData writes erasures::request),
    route!(GET    "bot/eraseUsersData/status/{id}" EraseUsersData reads  erasures::status),
];

/// The prefixes under which the API answers (contract §1, Paths).
pub const PREFIXES: [&str; 3] = ["/api/public/", "/api/1.1/public/", "/API/public/"];

/// Answers any request that no other face took.
pub(crate) async fn answer(State(served): State<Served>, request: Request) -> Response {
    let came = Instant::now();
    let head = request.method() == Method::HEAD;
    let method = if head { &Method::GET } else { request.method() };
    let route = find(request.uri().path(), method);
    let name = route.as_ref().ok().map(|(route, _)| route.path);
    let answered = match route {
        Ok((route, parameters)) => go(served, route, parameters, request).await,
        Err(failure) => Err(failure),
    };
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    if response.status() == StatusCode::UNAUTHORIZED {
        tokio::time::sleep_until(came + REFUSED_AFTER).await;
    }
    if head {
        *response.body_mut() = Body::empty();
    }
    metrics::answered(name, response.status());
    response
}

async fn go(
    served: Served,
    route: &'static Route,
    parameters: Parameters,
    request: Request,
) -> Result<Response, Failure> {
    let credentials = Credentials::of(request.headers(), request.extensions());
    let actor = credentials.authenticate(&served.rollcall, route.permission).await?;
    policy::require(&actor, route.permission)?;
    count(&served, route, &actor).await?;
    let (rollcall, who) = (Arc::clone(&served.rollcall), actor.clone());
    let coding = Coding::chosen(request.headers());
    let answered = match Call::read(served, route, parameters, actor, request).await {
        Ok(call) => (route.handler)(call).await,
        Err(failure) => Err(failure),
    };
    match answered {
        Ok(answer) => Ok(answer.written(coding).await.into_response()),
        Err(failure) => Err(standing(&rollcall, who, route.permission).await.err().unwrap_or(failure)),
    }
}

/// A call that failed by its form alone may have been looked at by no transaction yet: whether its app is still who it was
/// comes before what is wrong with it.
async fn standing(rollcall: &Rollcall, actor: Actor, permission: Permission) -> Result<(), Failure> {
    match rollcall.read(actor, permission, |_| Ok(())).await {
        Err(error) if matches!(error.code(), Code::Unauthenticated | Code::Forbidden) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Lets a call through that comes not too early. `HEAD` counts as `GET`, and a rehearsal as the real call.
async fn count(served: &Served, route: &Route, actor: &Actor) -> Result<(), Failure> {
    let asked = served.rollcall.admit(actor, route.api).await;
    limits::decided(asked, route.mutates)?.map_err(|limited| {
        metrics::rate_limited(route.api);
        let app = if let Actor::App(app) = actor { app.name() } else { "" };
        tracing::warn!(api = route.api, app, retry_after = limited.retry_after(), "a call was over the rate limit");
        Failure::rate_limited(&limited)
    })
}

/// The route that a request for this path would take, whatever the caller may.
pub fn route_of(path: &str, method: &Method) -> Option<&'static Route> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    find(path, method).ok().map(|(route, _)| route)
}

/// What stood in the path for each `{name}` of a route.
type Parameters = Vec<(&'static str, String)>;

fn find(path: &str, method: &Method) -> Result<(&'static Route, Parameters), Failure> {
    let rest = PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix)).ok_or_else(Failure::not_found)?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let mut rows: Vec<_> = ROUTES.iter().filter_map(|route| Some((route, matches(route.path, rest)?))).collect();
    if rows.is_empty() {
        return Err(Failure::not_found());
    }
    if let Some(index) = rows.iter().position(|(route, _)| route.method == *method) {
        return Ok(rows.swap_remove(index));
    }
    let mut verbs: Vec<&str> = rows.iter().map(|(route, _)| route.method.as_str()).collect();
    if verbs.contains(&"GET") {
        verbs.push("HEAD");
    }
    Err(Failure::method_not_allowed(&verbs.join(", ")))
}

/// The parameters of a path that a route's pattern fits; none where it does not.
fn matches(pattern: &'static str, path: &str) -> Option<Parameters> {
    if pattern == path {
        return Some(Parameters::new());
    }
    let mut parameters = Parameters::new();
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        let found = segments.next()?;
        match expected.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !found.is_empty() => parameters.push((name, decoded(found))),
            None if expected == found => {}
            _ => return None,
        }
    }
    // A pattern without parameters fits its own letters alone, which was looked at first.
    (segments.next().is_none() && !parameters.is_empty()).then_some(parameters)
}

/// A segment without its percent signs (RFC 3986 §2.1); what is no UTF-8 then is the id of nothing.
fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
