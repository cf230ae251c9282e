//! What is measured: what the callers ask, how many they are, and what it is compared with.

use std::cell::Cell;
use std::rc::Rc;

use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use serde_json::json;

use crate::Engine;
use crate::account::{self, Random, TEAM};
use crate::load::{Body, Reply, Talk};
use crate::rollcall::Rollcall;

/// Groups on a page, and addresses in one question.
const PAGE: usize = 50;
/// Events on a page, and as many are in the log for each user.
const EVENTS_PAGE: usize = 100;
pub(crate) const EVENTS: usize = 10;
/// As many different questions about users are asked, in turn.
const QUESTIONS: usize = 512;

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Its name among the ratios.
    pub(crate) name: &'static str,
    /// Its name for people.
    pub(crate) title: &'static str,
    pub(crate) connections: usize,
    pub(crate) replicas: usize,
    pub(crate) what: What,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The first page of groups, or the last one.
    Groups { last: bool },
    /// Fifty users by address, other ones in each request.
    UsersInfo,
    /// The first users of the list, or the last ones.
    AllUserRoles { last: bool },
    /// The first events of the audit log, or the last ones, where there are ten for each user.
    AuditLogs { last: bool },
    /// New users, so many in a request, with or without invitations.
    Create { batch: u64, mail: bool },
    /// Users removed, so many in a request, who were created just before.
    Remove { batch: u64 },
    /// Roles imported, so many in a file, each of which changes.
    Import { batch: u64 },
}

/// Reads come first, and mail last: what is created makes the account larger, and letters keep the server busy.
#[rustfmt::skip]
pub(crate) static SCENARIOS: [Scenario; 16] = [
    Scenario { name: "groups_page",               title: "GET /groups, first page",         connections: 32, replicas: 1, what: What::Groups { last: false } },
    Scenario { name: "groups_last_page",          title: "GET /groups, last page",          connections: 32, replicas: 1, what: What::Groups { last: true } },
    Scenario { name: "users_info",                title: "POST /usersInfo, 50 addresses",   connections: 32, replicas: 1, what: What::UsersInfo },
    Scenario { name: "all_user_roles",            title: "GET /alluserroles, first 50",     connections: 32, replicas: 1, what: What::AllUserRoles { last: false } },
    Scenario { name: "all_user_roles_last",       title: "GET /alluserroles, last 50",      connections: 32, replicas: 1, what: What::AllUserRoles { last: true } },
    Scenario { name: "audit_logs",                title: "GET /auditlogs, first 100",       connections: 32, replicas: 1, what: What::AuditLogs { last: false } },
    Scenario { name: "audit_logs_last",           title: "GET /auditlogs, last 100",        connections: 32, replicas: 1, what: What::AuditLogs { last: true } },
    Scenario { name: "groups_page_two_replicas",  title: "GET /groups, two replicas",       connections: 32, replicas: 2, what: What::Groups { last: false } },
    Scenario { name: "single_creation_1",         title: "POST /users, 1 user",             connections: 1,  replicas: 1, what: What::Create { batch: 1, mail: false } },
    Scenario { name: "single_creation_32",        title: "POST /users, 1 user",             connections: 32, replicas: 1, what: What::Create { batch: 1, mail: false } },
    Scenario { name: "create_two_replicas",       title: "POST /users, 1, two replicas",    connections: 32, replicas: 2, what: What::Create { batch: 1, mail: false } },
    Scenario { name: "bulk_creation",             title: "POST /users, 500 users",          connections: 1,  replicas: 1, what: What::Create { batch: 500, mail: false } },
    Scenario { name: "removal",                   title: "DELETE /users, 1,000 users",      connections: 1,  replicas: 1, what: What::Remove { batch: 1_000 } },
    Scenario { name: "roles_import",              title: "POST /roles/import, 200 roles",   connections: 1,  replicas: 1, what: What::Import { batch: 200 } },
    Scenario { name: "single_creation_1_mail",    title: "POST /users, 1 user invited",     connections: 1,  replicas: 1, what: What::Create { batch: 1, mail: true } },
    Scenario { name: "single_creation_32_mail",   title: "POST /users, 1 user invited",     connections: 32, replicas: 1, what: What::Create { batch: 1, mail: true } },
];

impl Scenario {
    /// Those of an engine: several servers on one SQLite file are none.
    pub(crate) fn all(engine: Engine) -> impl Iterator<Item = &'static Self> {
        SCENARIOS.iter().filter(move |scenario| scenario.replicas == 1 || engine == Engine::Postgres)
    }

    /// What it is compared with.
    pub(crate) fn baseline(&self, engine: Engine) -> &'static str {
        match engine {
            _ if self.replicas > 1 => "one",
            _ if self.is_last_part() => "first",
            _ if self.is_read() => "bare_handler",
            Engine::Sqlite => "sqlite_loop",
            Engine::Postgres => "pgbench",
        }
    }

    pub(crate) fn is_read(&self) -> bool {
        !matches!(self.what, What::Create { .. } | What::Remove { .. } | What::Import { .. })
    }

    /// Whether it is the end of a list whose beginning it is compared with.
    pub(crate) fn is_last_part(&self) -> bool {
        matches!(self.what, What::AllUserRoles { last: true } | What::AuditLogs { last: true })
    }

    /// The beginning of the same list.
    pub(crate) fn first_part(&self) -> What {
        match self.what {
            What::AllUserRoles { .. } => What::AllUserRoles { last: false },
            What::AuditLogs { .. } => What::AuditLogs { last: false },
            other => other,
        }
    }

    /// Whether it is compared with a plain SQLite loop too: single creations by many, which have a target.
    pub(crate) fn has_plain_loop(&self, engine: Engine) -> bool {
        engine == Engine::Sqlite && self.connections > 1 && self.what == What::Create { batch: 1, mail: false }
    }

    /// Whether sizes of account are compared with each other.
    pub(crate) fn compares_sizes(&self) -> bool {
        self.is_read() && self.replicas == 1 && !self.is_last_part()
    }

    /// What one reply counts for: itself, or the users that it tells of.
    pub(crate) fn worth(&self) -> u64 {
        match self.what {
            What::Create { batch, .. } | What::Remove { batch } | What::Import { batch } => batch,
            What::Groups { .. } | What::UsersInfo | What::AllUserRoles { .. } | What::AuditLogs { .. } => 1,
        }
    }

    /// What its callers say to a server.
    pub(crate) fn talk(&self, rollcall: &Rc<Rollcall>) -> Rc<dyn Talk> {
        self.what.talk(rollcall)
    }
}

impl What {
    /// What callers say to a server.
    pub(crate) fn talk(self, rollcall: &Rc<Rollcall>) -> Rc<dyn Talk> {
        let rollcall = Rc::clone(rollcall);
        let read = |rollcall, path| Rc::new(Reads { rollcall, path, bodies: Vec::new(), next: Cell::new(0) });
        match self {
            What::Groups { last } => {
                let page = if last { (rollcall.users / TEAM / PAGE).saturating_sub(1) } else { 0 };
                let path = format!("/api/public/groups?limit={PAGE}&offset={page}");
                read(rollcall, path)
            }
            What::AllUserRoles { last } => {
                let offset = if last { rollcall.users - PAGE } else { 0 };
                read(rollcall, format!("/api/public/alluserroles?limit={PAGE}&offset={offset}"))
            }
            What::AuditLogs { last } => {
                let page = if last { rollcall.users * EVENTS / EVENTS_PAGE - 1 } else { 0 };
                read(rollcall, format!("/api/public/auditlogs?size={EVENTS_PAGE}&offset={page}"))
            }
            // What these say is made ready before each request, by itself.
            What::Remove { .. } | What::Import { .. } => read(rollcall, String::new()),
            What::UsersInfo => {
                let bodies = questions(rollcall.users);
                let path = "/api/public/usersInfo".to_owned();
                Rc::new(Reads { rollcall, path, bodies, next: Cell::new(0) })
            }
            What::Create { batch, mail } => Rc::new(Creates { rollcall, batch, mail }),
        }
    }
}

fn questions(users: usize) -> Vec<Bytes> {
    let mut random = Random::new(50);
    let mut one = || {
        let addresses: Vec<String> = (0..PAGE).map(|_| account::address(random.below(users))).collect();
        Bytes::from(json!({ "emailIds": addresses }).to_string())
    };
    (0..QUESTIONS).map(|_| one()).collect()
}

/// Questions that change nothing.
struct Reads {
    rollcall: Rc<Rollcall>,
    path: String,
    /// None: a `GET`.
    bodies: Vec<Bytes>,
    next: Cell<usize>,
}

impl Talk for Reads {
    fn ask(&self) -> Request<Body> {
        let n = self.next.replace(self.next.get() + 1);
        let body = (!self.bodies.is_empty()).then(|| self.bodies[n % self.bodies.len()].clone());
        self.rollcall.request(&self.path, body)
    }

    fn is_right(&self, reply: &Reply) -> bool {
        // A page, or an answer about fifty users, is longer than what is kept of it.
        reply.status == StatusCode::OK && reply.length > reply.start.len()
    }
}

/// The same questions to a server whose reply has this length.
pub(crate) struct Repeated {
    pub(crate) talk: Rc<dyn Talk>,
    pub(crate) length: usize,
}

impl Talk for Repeated {
    fn ask(&self) -> Request<Body> {
        self.talk.ask()
    }

    fn is_right(&self, reply: &Reply) -> bool {
        reply.status == StatusCode::OK && reply.length == self.length
    }
}

/// New users.
struct Creates {
    rollcall: Rc<Rollcall>,
    batch: u64,
    mail: bool,
}

impl Talk for Creates {
    fn ask(&self) -> Request<Body> {
        let first = self.rollcall.next.replace(self.rollcall.next.get() + self.batch);
        let users: Vec<_> = (first..first + self.batch).map(|n| account::new_user(n, self.mail)).collect();
        self.rollcall.request("/api/public/users", Some(Bytes::from(json!({ "users": users }).to_string())))
    }

    fn is_right(&self, reply: &Reply) -> bool {
        reply.status == StatusCode::OK && reply.start.starts_with(b"{\"msg\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_the_same_in_every_run() {
        assert_eq!(questions(account::LEAST), questions(account::LEAST));
    }

    #[test]
    fn no_two_scenarios_have_one_name() {
        let names: std::collections::HashSet<_> = SCENARIOS.iter().map(|s| s.name).collect();
        assert_eq!(names.len(), SCENARIOS.len());
    }
}
