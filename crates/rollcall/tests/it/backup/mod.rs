//! `backup`, `restore`, `copy` and `audit verify` as their users run them: real processes on both kinds of database, in
//! every direction, whatever the other tests run on.

mod directions;
mod exported;
mod file;
mod killed;
mod online;
mod outages;
mod passwords;
mod place;
mod refused_sources;
mod refused_targets;
mod verify;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use reqwest::blocking::Client;
use rollcall_testbed::{Cluster, Options};
use serde_json::{Value, json};

use crate::program::Server;
use place::Place;

/// As long may anything take that a test waits for; one that reaches it has failed.
const LONG: Duration = Duration::from_secs(60);

/// Where data lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

const KINDS: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

/// The cluster of these tests, which do it no harm. It goes with the last of them, which a static alone would not.
fn shared() -> Arc<Cluster> {
    static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let cluster = Arc::new(Cluster::start(&Options::default()).expect("a cluster"));
        *shared = Arc::downgrade(&cluster);
        cluster
    })
}

/// Creates users in one go, all of them in these groups; whether the server answered that it did.
fn try_create(client: &Client, server: &Server, token: &str, emails: &[&str], groups: &[&str]) -> bool {
    let user = |email: &&str| json!({ "userInfo": { "emailId": email }, "groups": groups });
    let body = json!({ "users": emails.iter().map(user).collect::<Vec<_>>() });
    let asked = client.post(format!("{}/api/public/users", server.url)).header("auth", token).json(&body).send();
    asked.and_then(|answer| answer.json::<Value>()).is_ok_and(|body| body["msg"] == "Users are created Successfully")
}

fn create(server: &Server, token: &str, emails: &[&str], groups: &[&str]) {
    assert!(try_create(&Client::new(), server, token, emails, groups), "{emails:?} are created");
}

/// The first page of groups, as the API gives it.
fn groups(server: &Server, token: &str) -> Value {
    let asked = Client::new().get(format!("{}/api/public/groups?limit=100", server.url)).header("auth", token).send();
    let answer = asked.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.json().expect("JSON")
}

/// Ends a server in order; what is left to be sealed is sealed then.
fn stop(server: Server) {
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
}

/// The names of all that is in a folder, in order.
fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        names.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    names.sort_unstable();
    names
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
