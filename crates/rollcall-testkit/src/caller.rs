//! Callers as values: an app or nobody, with the same few ways to ask the real router.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use jsonwebtoken::{EncodingKey, Header};
use rollcall_core::Rollcall;
use rollcall_core::chance::Secret;
use rollcall_core::id::ClientId;
use rollcall_web::Site;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{TestDatabase, canary, described};

/// Where all callers come from: an address for documents (RFC 5737 §3).
pub const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), 50_000);

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Caller {
    rollcall: Arc<Rollcall>,
    app: Option<(ClientId, Secret)>,
    token: Option<String>,
    headers: Vec<(&'static str, String)>,
    /// The faces: what they remember is remembered from one request to the next.
    router: Router,
    /// The database stays for as long as somebody may call.
    _database: TestDatabase,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Reply {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// Status and body as one value, for snapshots; the body is null where it is no JSON.
    pub fn told(&self) -> Value {
        json!({ "status": self.status.as_u16(), "body": self.json() })
    }

    /// A header's text; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The messages of `{"errors":[{"msg"}]}`.
    pub fn messages(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|e| e["msg"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Caller {
    pub(crate) fn visitor(rollcall: Arc<Rollcall>, router: Router, database: TestDatabase) -> Self {
        Self { rollcall, app: None, token: None, headers: Vec::new(), router, _database: database }
    }

    pub(crate) fn app(self, client_id: ClientId, secret: Secret) -> Self {
        let claims = json!({ "sub": "1234567890", "appId": client_id.as_str() });
        let token = sign(&claims, &secret);
        Self { app: Some((client_id, secret)), token: Some(token), ..self }
    }

    /// The app's client id.
    pub fn client_id(&self) -> &ClientId {
        &self.app.as_ref().expect("an app").0
    }

    /// The token that it sends.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The app's secret.
    pub fn secret(&self) -> &Secret {
        &self.app.as_ref().expect("an app").1
    }

    /// The same caller with another token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// The same caller with a token of these claims, signed as the app would.
    #[must_use]
    pub fn with_claims(&self, claims: &Value) -> Self {
        self.with_token(sign(claims, self.secret()))
    }

    /// The same caller with a further header; `content-type` in the place of the one for JSON.
    #[must_use]
    pub fn with_header(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut other = self.clone();
        other.headers.push((name, value.into()));
        other
    }

    /// The same caller of an installation with other settings, such as another public address.
    #[must_use]
    pub fn at(&self, site: Site) -> Self {
        Self { router: rollcall_web::router(Arc::clone(&self.rollcall), site), ..self.clone() }
    }

    /// The same caller at another replica of the installation.
    #[must_use]
    pub fn on(&self, replica: Arc<Rollcall>) -> Self {
        let router = rollcall_web::router(Arc::clone(&replica), Site::default());
        Self { rollcall: replica, router, ..self.clone() }
    }

    /// Asks for a path under `/api/public/`, or for any other path that begins with a slash. Panics where request or reply
    /// are not as the API's own description says, and where the reply or the log tells a secret.
    pub async fn ask(&self, method: Method, path: &str, body: impl Into<Body>) -> Reply {
        let uri = if path.starts_with('/') { path.to_owned() } else { format!("/api/public/{path}") };
        let (sent, body) = whole(body.into()).await;
        let (parts, body) = self.answer(&method, &uri, body).await.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let text = match parts.headers.get("content-encoding").map(|coding| coding.as_bytes()) {
            // Of what is asked for by HEAD, the coding is told and nothing else.
            _ if bytes.is_empty() => Vec::new(),
            None => bytes.to_vec(),
            Some(b"gzip") => io::read_to_string(flate2::read::GzDecoder::new(&bytes[..])).expect("gzip").into_bytes(),
            Some(b"zstd") => zstd::decode_all(&bytes[..]).expect("zstd"),
            Some(other) => panic!("{method} {uri}: in a coding that nobody has asked for: {other:?}"),
        };
        let text = String::from_utf8(text).expect("text");
        let reply = Reply { status: parts.status, headers: parts.headers, text };
        canary::check(&format!("{method} {uri}"), &format!("{:?} {}", reply.headers, reply.text));
        described::check(&method, &uri, &sent, &reply);
        reply
    }

    /// Asks for a page and takes nothing of it yet: its body comes as it is taken, and need not be whole.
    pub async fn begin(&self, path: &str) -> Body {
        self.answer(&Method::GET, path, Body::empty()).await.into_body()
    }

    async fn answer(&self, method: &Method, uri: &str, body: Body) -> Response<Body> {
        let mut request = Request::builder().method(method.clone()).uri(uri);
        if self.headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/json");
        }
        if let Some(token) = &self.token {
            request = request.header("auth", token);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(body).expect("a request");
        request.extensions_mut().insert(rollcall_web::http::Peer(PEER));
        self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path, Body::empty()).await
    }

    /// `POST` with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.ask(Method::POST, path, body.to_string()).await
    }
}

/// The bytes of a body that is there, and the body again; none of one that has yet to come.
async fn whole(body: Body) -> (Vec<u8>, Body) {
    if body.size_hint().exact().is_none() {
        return (Vec::new(), body);
    }
    let bytes = body.collect().await.expect("a whole body").to_bytes();
    (bytes.to_vec(), bytes.into())
}

fn sign(claims: &Value, secret: &Secret) -> String {
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    let token = jsonwebtoken::encode(&Header::default(), claims, &key).expect("a token is signed");
    canary::plant("the signature of a token", token.rsplit('.').next().expect("it has three parts"));
    token
}
