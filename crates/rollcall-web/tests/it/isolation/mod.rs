//! Accounts are strangers (domain rule 2): whatever an account asks with anything of another, in any place of any route, is
//! answered as if the other had nothing, tells nothing of it, and leaves it as it was to the byte.
//!
//! What the other has is read from the tables (`theirs`), where a request can say it from the API's own description
//! (`places`): a new column or field that nobody thought of fails.

mod places;
pub(crate) mod theirs;

use axum::body::Body;
use axum::http::Method;
use rollcall_testkit::{Caller, Reply, TestRollcall};
use rollcall_web::rest::{ROUTES, Route};
use serde_json::json;

use places::{Request, requests};
use theirs::{KEYS, SHARED, Theirs, globex, strangers};

/// Asks both installations the same: one in which Acme has everything, and one in which it has nothing.
struct Both {
    full: TestRollcall,
    askers: [Caller; 2],
    theirs: Theirs,
    asked: usize,
}

impl Both {
    async fn new() -> Self {
        let (full, empty) = (strangers().await, TestRollcall::new());
        let askers = [globex(&full), globex(&empty)];
        let theirs = Theirs::of(&full);
        Self { full, askers, theirs, asked: 0 }
    }

    /// Panics where the answers differ, or the one of the full installation tells what only Acme can know.
    async fn ask(&mut self, route: &Route, request: &Request, change: impl Fn(&Caller) -> Caller) -> Reply {
        let mut replies = Vec::new();
        for asker in &self.askers {
            let asker = change(&asker.with_header("content-type", request.content_type));
            let body = Body::from(request.body.clone());
            replies.push(asker.ask(route.method.clone(), &request.path, body).await);
        }
        let (expected, reply) = (replies.pop().expect("two"), replies.pop().expect("two"));
        let sent = format!("{} {}", request.path, String::from_utf8_lossy(&request.body));
        let told = |reply: &Reply| (reply.status, without_lots(&reply.text, &sent), reply.headers.contains_key("etag"));
        assert_eq!(told(&reply), told(&expected), "{} {sent}: Acme can be told from nobody", route.method);
        for text in &self.theirs.texts {
            let tells = |reply: &Reply| format!("{:?} {}", reply.headers, reply.text).contains(text.as_str());
            assert!(
                sent.contains(text.as_str()) || !tells(&reply) || tells(&expected),
                "{} {sent}: the answer tells {text:?}: {}",
                route.method,
                reply.text
            );
        }
        self.asked += 1;
        reply
    }

    fn assert_unchanged(&self, after: &str) {
        for (table, before) in &self.theirs.rows {
            let rows = theirs::rows_of(self.full.database(), table, &self.theirs.account);
            assert_eq!(&rows, before, "the rows of Acme in {table}, after {after}");
        }
    }
}

/// A text without the ids and secrets that each installation draws for itself, unless they were asked with.
fn without_lots(text: &str, sent: &str) -> String {
    let is_drawn = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_hexdigit).count();
        digits >= 24 && word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') && !word.starts_with("00000")
    };
    let hides = |word: &str| {
        let id = word.split_once('-').map_or(word, |(prefix, rest)| if prefix.len() < 8 { rest } else { word });
        is_drawn(id) && !sent.contains(word)
    };
    // The end of a secret may have signs of any kind.
    let texts = text.split('"').map(|text| if text.starts_with("cs…") { "an id" } else { text });
    let text = texts.collect::<Vec<_>>().join(" ");
    let split = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    text.split(split).map(|word| if hides(word) { "an id" } else { word }).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn isolation_property() {
    let mut both = Both::new().await;
    for route in ROUTES {
        for request in requests(route, &both.theirs.words) {
            both.ask(route, &request, Clone::clone).await;
        }
        both.assert_unchanged(&format!("{} {}", route.method, route.path));
    }
    println!("{} requests with {} words", both.asked, both.theirs.words.len());
    assert!(both.asked > 1_000, "only {} requests", both.asked);
}

/// What stands in headers: tags of what somebody has read, keys of what somebody has done.
#[tokio::test]
async fn isolation_of_what_stands_in_headers() {
    let mut both = Both::new().await;
    let tags = theirs::tags(&both.full).await;
    assert!(!tags.contains("") && tags.len() > 3, "{tags:?}");
    for route in ROUTES.iter().filter(|route| route.method == Method::GET && !route.path.contains("{id}")) {
        for tag in &tags {
            for request in places::good(route) {
                let reply = both.ask(route, &request, |app| app.with_header("if-none-match", tag)).await;
                assert_eq!(reply.status, 200, "{}: nothing is as Acme read it", route.path);
            }
        }
    }
    let route = ROUTES.iter().find(|route| route.method == Method::POST && route.path == "users").expect("a route");
    for key in KEYS {
        // The very request of Acme where it has no others; under the first key, another one.
        let request = Request::of("users", &json!({"users": [{"userInfo": {"emailId": SHARED}}]}));
        let reply = both.ask(route, &request, |app| app.with_header("idempotency-key", key)).await;
        assert_eq!((reply.status.as_u16(), reply.header("idempotency-replayed")), (200, ""), "{key}: {}", reply.text);
    }
    both.assert_unchanged("what stands in headers");
}

/// A token of Acme's app is no token of Globex's, nor is one in its name; and an id that one app's token had may be another's.
#[tokio::test]
async fn isolation_of_tokens() {
    let full = strangers().await;
    let (acme, asker) = (theirs::app(&full), globex(&full));
    let soon = rollcall_testkit::START.0 / 1_000 + 600;
    let claims = |app: &Caller| json!({"appId": app.client_id().as_str(), "jti": "an id of a token", "exp": soon});
    assert_eq!(acme.with_claims(&claims(&acme)).get("groups").await.status, 200);
    let reply = asker.with_claims(&claims(&asker)).get("groups").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(!reply.text.contains("Audit Team"), "these are the groups of Acme: {}", reply.text);
    let before = theirs::rows_of(full.database(), "audit_events", &Theirs::of(&full).account);
    let forged = asker.with_claims(&claims(&acme));
    for route in ROUTES {
        let path = route.path.replace(['{', '}'], "-");
        let reply = forged.ask(route.method.clone(), &path, "{}").await;
        let expected = (401, r#"{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}"#);
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), expected, "{}", route.path);
    }
    assert_eq!(theirs::rows_of(full.database(), "audit_events", &Theirs::of(&full).account), before);
}
