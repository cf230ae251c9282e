//! Whose word counts for where a request came from: what the audit log records, over real sockets.

use std::sync::Arc;

use rollcall_core::policy::Scope;
use rollcall_testkit::{Caller, TestRollcall};
use rollcall_web::Site;
use rollcall_web::http::client::Proxies;
use rollcall_web::http::serve::Edge;

use super::{CALM, Server};

struct World {
    acme: TestRollcall,
    app: Caller,
    server: Server,
    users: usize,
}

impl World {
    async fn trusting(proxies: &str) -> Self {
        let acme = TestRollcall::new();
        let app = acme.app(&[Scope::UserManagement, Scope::AuditLogs]);
        let render = || "rollcall_up 1\n".to_owned();
        let router = rollcall_web::router_with_metrics(Arc::clone(acme.rollcall()), Site::default(), render);
        let edge = Edge { patience: CALM, proxies: Proxies::parse(proxies).unwrap(), ..Edge::default() };
        Self { acme, app, server: Server::start(router, edge).await, users: 0 }
    }

    /// The address that the audit log has of a creation with these headers.
    async fn recorded(&mut self, headers: &str) -> String {
        self.users += 1;
        let body = format!(r#"{{"users":[{{"userInfo":{{"emailId":"u{}@acme.test"}}}}]}}"#, self.users);
        let told = self
            .server
            .hear(
                format!(
                    "POST /api/public/users HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauth: {}\r\n\
                     content-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
                    self.app.token().unwrap(),
                    body.len()
                )
                .as_bytes(),
            )
            .await;
        assert!(told.contains("Users are created Successfully"), "{told}");
        self.acme.sealed_events();
        let log = self.app.get("auditlogs?size=100").await.json();
        let events = log["auditlogs"].as_array().expect("events");
        let about = format!("u{}@acme.test", self.users);
        let event = events.iter().find(|event| event.to_string().contains(&about)).expect("the creation");
        event["IP"].as_str().expect("an address").to_owned()
    }

    async fn metrics(&self, headers: &str) -> bool {
        let ask = format!("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        self.server.hear(ask.as_bytes()).await.ends_with("rollcall_up 1\n")
    }
}

#[tokio::test]
async fn a_forged_header_of_a_stranger_is_ignored() {
    let mut world = World::trusting("10.0.0.0/8").await;
    for headers in
        ["", "x-forwarded-for: 203.0.113.9\r\n", "forwarded: for=203.0.113.9\r\n", "x-real-ip: 203.0.113.9\r\n"]
    {
        assert_eq!(world.recorded(headers).await, "127.0.0.1", "{headers}");
    }
}

#[tokio::test]
async fn a_proxy_of_ours_is_believed_and_what_a_stranger_wrote_before_it_is_not() {
    let mut world = World::trusting("127.0.0.1,10.0.0.0/8").await;
    for (headers, expected) in [
        ("", "127.0.0.1"),
        ("x-forwarded-for: 203.0.113.9\r\n", "203.0.113.9"),
        ("forwarded: for=\"[2001:db8::1]:4711\";proto=https\r\n", "2001:db8::1"),
        ("x-forwarded-for: 192.0.2.66, 203.0.113.9, 10.0.0.5\r\n", "203.0.113.9"),
        ("x-forwarded-for: 192.0.2.66\r\nx-forwarded-for: 203.0.113.9\r\nx-forwarded-for: 10.0.0.5\r\n", "203.0.113.9"),
        ("x-forwarded-for: 203.0.113.9\r\nforwarded: for=203.0.113.8\r\n", "127.0.0.1"),
        ("x-forwarded-for: %00; drop table\r\n", "127.0.0.1"),
        ("x-forwarded-for: 203.0.113.\u{fffd}\r\n", "127.0.0.1"),
    ] {
        assert_eq!(world.recorded(headers).await, expected, "{headers}");
    }
    let thousand = format!("x-forwarded-for: {}\r\n", vec!["10.0.0.5"; 1_000].join(", "));
    assert_eq!(world.recorded(&thousand).await, "127.0.0.1");
}

#[tokio::test]
async fn metrics_stay_local_whomever_a_proxy_speaks_for() {
    let world = World::trusting("127.0.0.1").await;
    assert!(world.metrics("").await);
    for headers in
        ["x-forwarded-for: 127.0.0.1", "forwarded: for=127.0.0.1", "x-forwarded-proto: https", "via: 1.1 proxy"]
    {
        assert!(!world.metrics(&format!("{headers}\r\n")).await, "{headers}");
    }
}
