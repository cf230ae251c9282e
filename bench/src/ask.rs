//! What callers say to a server: the question of each scenario, and the bodies of those that are different each time.

use anyhow::{Context as _, Result};
use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::account::{self, Random, TEAM};
use crate::load;
use crate::question::Question;
use crate::rollcall::Rollcall;
use crate::scenario::{As, At, What};

/// Groups on a page, users on one, and addresses in one question.
const PAGE: usize = 50;
/// Events on a page, and as many are in the log for each user.
const EVENTS_PAGE: usize = 100;
pub(crate) const EVENTS: usize = 10;
/// As many different questions about users are made, and drawn from.
const QUESTIONS: usize = 20_000;
/// As many different changes of users are made, and drawn from.
const CHANGES: usize = 50_000;

impl What {
    /// What callers say to this server. Creations get their bodies by [`creations`], anew for each measurement.
    ///
    /// # Errors
    /// Where the server does not tell what the question needs.
    pub(crate) async fn question(self, rollcall: &Rollcall) -> Result<Question> {
        let get = |path: String| rollcall.question(Method::GET, path, Vec::new());
        let page = |at: At, pages: usize| match at {
            At::First => 0,
            At::Middle => pages / 2,
            At::Last => pages.saturating_sub(1),
        };
        Ok(match self {
            Self::Groups(at, how) => {
                let mut question = groups(rollcall, page(at, rollcall.users / TEAM / PAGE));
                match how {
                    As::Plain => {}
                    As::Encoded(name) => question.accept(name),
                    As::Known => {
                        let host = rollcall.replica.address;
                        let (_, headers, _) = load::fetch(host, question.example(&host.to_string())).await?;
                        let tag = headers.get("etag").context("a page of groups without an ETag")?.to_str()?;
                        question.headers.push(("if-none-match", tag.to_owned()));
                        (question.status, question.begins) = (StatusCode::NOT_MODIFIED, "");
                    }
                }
                question
            }
            Self::GroupsChanged => groups(rollcall, 0),
            Self::AllUserRoles(at) => {
                let offset = page(at, rollcall.users / PAGE) * PAGE;
                get(format!("/api/public/alluserroles?limit={PAGE}&offset={offset}"))
            }
            Self::AuditLogs(at) => {
                let page = page(at, rollcall.users * EVENTS / EVENTS_PAGE);
                get(format!("/api/public/auditlogs?size={EVENTS_PAGE}&offset={page}"))
            }
            Self::Bots => get("/api/public/bots?limit=50".to_owned()),
            Self::Roles => get("/api/public/roles?roleType=bot&limit=50".to_owned()),
            Self::UsersInfo { repeated } => {
                let bodies = questions(rollcall.users, if repeated { 1 } else { QUESTIONS });
                rollcall.question(Method::POST, "/api/public/usersInfo".to_owned(), bodies)
            }
            Self::Create { .. } => {
                let mut question = rollcall.question(Method::POST, "/api/public/users".to_owned(), Vec::new());
                question.begins = "{\"";
                question
            }
            Self::Update => {
                let bodies = changes(rollcall.users, CHANGES);
                let mut question = rollcall.question(Method::PUT, "/api/public/users".to_owned(), bodies);
                question.begins = "{\"msg\"";
                question
            }
            Self::Assign => {
                let bodies = assignments(&auditor(rollcall).await?, rollcall.users, CHANGES);
                let path = "/api/public/adminroles/assignments".to_owned();
                let mut question = rollcall.question(Method::POST, path, bodies);
                question.begins = "[{\"status\":\"success\"";
                question
            }
            // What these say is made ready before each request, by itself.
            Self::Remove { .. } | Self::Import { .. } => get(String::new()),
        })
    }
}

fn groups(rollcall: &Rollcall, page: usize) -> Question {
    let path = format!("/api/public/groups?limit={PAGE}&offset={page}");
    let mut question = rollcall.question(Method::GET, path, Vec::new());
    question.begins = "{\"total\":";
    question
}

/// So many bodies of `POST /users`, each with users of its own; the first of them all is the `first`-th.
pub(crate) fn creations(first: u64, bodies: u64, batch: u64, mail: bool) -> Vec<Bytes> {
    let body = |n: u64| {
        let from = first + n * batch;
        let users: Vec<_> = (from..from + batch).map(|n| account::new_user(n, mail)).collect();
        bytes(&json!({ "users": users }))
    };
    (0..bodies).map(body).collect()
}

fn questions(users: usize, count: usize) -> Vec<Bytes> {
    let mut random = Random::new(50);
    let mut one = || {
        let addresses: Vec<String> = (0..PAGE).map(|_| account::address(random.below(users))).collect();
        bytes(&json!({ "emailIds": addresses }))
    };
    (0..count).map(|_| one()).collect()
}

fn changes(users: usize, count: usize) -> Vec<Bytes> {
    let mut random = Random::new(71);
    let mut one = |n: usize| {
        let user =
            json!({"userInfo": {"emailId": account::address(random.below(users)), "lastName": format!("Name {n}")}});
        bytes(&json!({ "users": [user] }))
    };
    (0..count).map(&mut one).collect()
}

fn assignments(role: &str, users: usize, count: usize) -> Vec<Bytes> {
    let mut random = Random::new(92);
    let mut one = |n: usize| {
        // Few users, so that what is given is often there to be taken away again.
        let whom = [account::address(random.below(users.min(2_000)))];
        let key = if n.is_multiple_of(2) { "addUsers" } else { "removeUsers" };
        bytes(&json!([{ "roleId": role, key: whom }]))
    };
    (0..count).map(&mut one).collect()
}

/// The id of the role that is given and taken away.
async fn auditor(rollcall: &Rollcall) -> Result<String> {
    let told = rollcall.ask("/api/public/roles?roleType=admin&limit=50").await?;
    let roles = told["roles"].as_array().context("no roles")?;
    let role = roles.iter().find(|role| role["role"] == account::AUDITOR).context("no such role")?;
    Ok(role["_id"].as_str().context("a role without an id")?.to_owned())
}

/// The bytes of a body.
pub(crate) fn bytes(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn questions_are_the_same_in_every_run_and_different_in_one() {
        let asked = questions(account::LEAST, 500);
        assert_eq!(asked, questions(account::LEAST, 500));
        assert_eq!(asked.iter().collect::<HashSet<_>>().len(), 500);
    }

    #[test]
    fn no_address_is_created_by_two_bodies() {
        let text = creations(7, 20, 3, false).concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        let addresses: Vec<_> = text.match_indices("new.0000").map(|(at, _)| &text[at..at + 13]).collect();
        assert_eq!((addresses.len(), addresses.iter().collect::<HashSet<_>>().len()), (60, 60));
        assert_eq!((addresses[0], addresses[59]), ("new.000000007", "new.000000066"));
    }
}
