//! Every route of the API, walked by callers who may not and by one who may: what is true of all of them at once.
//!
//! The list of routes is the program's own; what to send to each is in `table`.

mod described;
mod erasure_rows;
mod lists;
mod roles_rows;
mod sso_rows;
mod table;
mod users_rows;

use axum::body::Body;
use rollcall_core::audit::EventKind;
use rollcall_core::policy::{Gate, Scope};
use rollcall_core::sync;
use rollcall_testkit::{Caller, PEER, Reply, TestRollcall};
use rollcall_web::rest::{ROUTES, Route};

use crate::acme::{everything, group, held, letters, state};
use roles_rows::acme;
use table::{Request, Row, Things, prepare, rows};

/// An installation, all of whose replies are searched for secrets.
struct Walk {
    acme: TestRollcall,
    secrets: Vec<String>,
}

impl Walk {
    fn of(acme: TestRollcall) -> Self {
        Self { acme, secrets: Vec::new() }
    }

    fn app(&mut self, scopes: &[Scope]) -> Caller {
        let app = self.acme.app(scopes);
        self.secrets.push(app.secret().expose().to_owned());
        app
    }

    async fn ask(&self, caller: &Caller, route: &Route, request: &Request) -> Reply {
        let path = format!("{}{}", request.path.as_deref().unwrap_or(route.path), request.query);
        let caller = caller.with_header("content-type", request.content_type);
        let reply = caller.ask(route.method.clone(), &path, Body::from(request.body.clone())).await;
        let letters = letters(&self.acme);
        let tokens = letters.iter().map(|letter| letter.token.expose());
        for secret in self.secrets.iter().map(String::as_str).chain(tokens) {
            let told = format!("{:?} {}", reply.headers, reply.text);
            assert!(!told.contains(secret), "{} {path} tells a secret", route.method);
        }
        reply
    }
}

fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

fn row(route: &Route) -> Row {
    rows().into_iter().find(|row| row.name == name(route)).unwrap_or_else(|| {
        panic!(
            "{0} is a route, but the walk does not know what to send to it. Add to rows() in \
             crates/rollcall-web/tests/it/every_route/table.rs a Row with name: {0:?}; good: a request that changes Acme \
             (or, where it reads, answers 200); faulty: a request with every fault that its form can have, and what is \
             said of each; naming: requests that name everything of an account in every field that takes an id, a name \
             or an address.",
            name(route)
        )
    })
}

/// The scope that an app needs; none where any app will do.
fn needed(route: &Route) -> Option<Scope> {
    match route.permission.gate() {
        Gate::Scope(scope) => Some(scope),
        Gate::AnyApp => None,
        Gate::NoApp => panic!("{} needs {:?}: no app could ever call it", name(route), route.permission),
    }
}

/// The least that an app needs.
fn scopes(route: &Route) -> Vec<Scope> {
    needed(route).into_iter().collect()
}

#[test]
fn every_route_is_walked_and_nothing_else_is() {
    for route in ROUTES {
        row(route);
        needed(route);
    }
    for row in rows() {
        let is_route = ROUTES.iter().any(|route| name(route) == row.name);
        assert!(is_route, "{} is in rows() of every_route/table.rs, but is no route (any more): remove it", row.name);
    }
}

#[tokio::test]
async fn no_route_answers_to_nobody() {
    let walk = Walk::of(acme());
    let before = everything(&walk.acme);
    for route in ROUTES {
        let reply = walk.ask(&walk.acme.visitor(), route, &row(route).good).await;
        let expected = (401, r#"{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}"#);
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), expected, "{}", name(route));
    }
    assert_eq!(everything(&walk.acme), before);
}

#[tokio::test]
async fn no_route_answers_to_an_app_without_its_scope_be_it_one_with_all_others() {
    let mut walk = Walk::of(acme());
    for route in ROUTES {
        // Of those that any app may call it is tested below that one without scopes may.
        let Some(needed) = needed(route) else { continue };
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| *scope != needed).collect();
        for scopes in [&[][..], &others] {
            let app = walk.app(scopes);
            let before = everything(&walk.acme);
            for request in [&row(route).good, &row(route).faulty.0] {
                let reply = walk.ask(&app, route, request).await;
                assert_eq!(reply.status, 403, "{}: {}", name(route), reply.text);
                assert_eq!(reply.json()["errors"][0]["code"], 403, "{}", name(route));
                for part in [needed.id(), needed.label(), app.client_id().as_str()] {
                    assert!(reply.messages()[0].contains(part), "{} does not name {part}: {}", name(route), reply.text);
                }
            }
            assert_eq!(everything(&walk.acme), before, "{}", name(route));
        }
    }
}

#[tokio::test]
async fn every_route_answers_to_its_scope_alone_and_changes_something_where_it_says_so() {
    for route in ROUTES {
        let mut walk = Walk::of(acme());
        let app = walk.app(&scopes(route));
        prepare(&name(route), &walk.acme);
        let before = everything(&walk.acme);
        let reply = walk.ask(&app, route, &row(route).good).await;
        assert_eq!(reply.status, 200, "{}: {}", name(route), reply.text);
        assert_eq!(everything(&walk.acme) != before, route.mutates, "{}: {}", name(route), reply.text);
    }
}

/// The events of an account from a number of them on, in order, each by the names of its columns.
fn events_after(acme: &TestRollcall, count: u64) -> Vec<Vec<String>> {
    let columns = "actor_kind, actor_id, ip, category, name, target, description, coalesce(state_before, state_after)";
    let sql = format!("select {columns} from audit_events order by id");
    let rows = acme.database().query(&sql).into_iter().skip(usize::try_from(count).expect("a few"));
    rows.map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect()
}

#[tokio::test]
async fn every_change_by_any_route_is_told_with_who_from_where_what_and_how_it_was() {
    for route in ROUTES.iter().filter(|route| route.mutates) {
        let mut walk = Walk::of(acme());
        let app = walk.app(&scopes(route));
        prepare(&name(route), &walk.acme);
        let before = walk.acme.sealed_events();
        walk.ask(&app, route, &row(route).good).await;
        let events = events_after(&walk.acme, before);
        assert!(!events.is_empty(), "{} tells of nothing", name(route));
        for event in events {
            let [kind, by, ip, category, event_name, target, description, state] = &event[..] else { unreachable!() };
            let client_id = app.client_id().to_string();
            assert_eq!((kind.as_str(), by, ip), ("app", &client_id, &PEER.ip().to_string()), "{}", name(route));
            let known = EventKind::ALL.iter().any(|k| (k.category(), k.name()) == (category, event_name));
            assert!(known && !target.is_empty() && !description.is_empty(), "{}: {event:?}", name(route));
            assert!(
                state.starts_with('{') || state.starts_with('['),
                "{}: neither before nor after: {event:?}",
                name(route)
            );
        }
    }
}

#[tokio::test]
async fn every_route_tells_all_faults_at_once_and_then_changes_nothing() {
    let mut walk = Walk::of(acme());
    for route in ROUTES {
        let app = walk.app(&scopes(route));
        let before = everything(&walk.acme);
        let (request, faults) = row(route).faulty;
        let expected: Vec<String> = faults.into_iter().map(str::to_owned).collect();
        let reply = walk.ask(&app, route, &request).await;
        assert_eq!((reply.status.as_u16(), reply.messages()), (400, expected), "{}", name(route));
        assert_eq!(everything(&walk.acme), before, "{}", name(route));
    }
}

/// A text without what each installation makes up for itself: runs of 64 hex digits.
fn without_chance(text: &str) -> String {
    let is_random = |word: &str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    words.map(|word| if is_random(&word[..word.len().saturating_sub(1)]) { "?" } else { word }).collect()
}

/// Another account, which shares some names and an address with Acme.
fn add_globex(installation: &TestRollcall) -> Caller {
    let globex = installation.found("Globex");
    let theirs = sync::State {
        name: "Globex".into(),
        owner: Some("kim@globex.test".into()),
        users: ["kim@globex.test", "ada@acme.test"]
            .map(|e| rollcall_testkit::user(e, rollcall_core::users::Status::Active))
            .into(),
        groups: vec![group("Audit", "", &["kim@globex.test"], &["Globex only"]), group("Globex only", "", &[], &[])],
        assignments: vec![held("admin", None, &["kim@globex.test"], &[]), held("Auditor", None, &[], &["Audit"])],
        bots: Vec::new(),
        ..state()
    };
    installation.apply(theirs).expect("Globex is made");
    installation.app_of(&globex, &Scope::ALL)
}

#[tokio::test]
async fn to_another_account_everything_of_acme_is_as_if_it_did_not_exist() {
    let (mut full, mut empty) = (Walk::of(acme()), Walk::of(TestRollcall::new()));
    full.app(&Scope::ALL);
    ROUTES.iter().for_each(|route| prepare(&name(route), &full.acme));
    let things = Things::of(&full.acme);
    let callers = [&mut full, &mut empty].map(|walk| {
        let globex = add_globex(&walk.acme);
        walk.secrets.push(globex.secret().expose().to_owned());
        globex
    });
    let before = everything(&full.acme);
    for route in ROUTES {
        for request in (row(route).naming)(&things) {
            let reply = full.ask(&callers[0], route, &request).await;
            let expected = empty.ask(&callers[1], route, &request).await;
            let told = |reply: &Reply| {
                (
                    reply.status,
                    without_chance(&things.without_random_ids(&reply.text)),
                    reply.headers.contains_key("etag"),
                )
            };
            assert_eq!(
                told(&reply),
                told(&expected),
                "{}: the answer is another where Acme has these things: {}",
                name(route),
                request
            );
            assert_eq!(everything(&full.acme), before, "{}: {}", name(route), request);
        }
    }
}
