//! What is measured: the rows of the table, how many callers ask, and what each is compared with. What they say lives in `ask`.

use crate::Engine;

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Its name among the measures.
    pub(crate) name: &'static str,
    /// Its name for people.
    pub(crate) title: &'static str,
    pub(crate) connections: usize,
    pub(crate) replicas: usize,
    pub(crate) what: What,
}

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    First,
    Middle,
    Last,
}

/// How the page of groups is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Plain,
    /// With the `ETag` of the page, which is as it was.
    Known,
    /// With `Accept-Encoding`.
    Encoded(&'static str),
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Fifty groups.
    Groups(At, As),
    /// The first fifty groups, each time after one of their members was changed.
    GroupsChanged,
    /// Fifty users by address: other ones in each request, or the same.
    UsersInfo {
        repeated: bool,
    },
    /// Fifty users and their roles.
    AllUserRoles(At),
    /// A hundred events of the audit log, where there are ten for each user.
    AuditLogs(At),
    Bots,
    /// The bot roles.
    Roles,
    /// New users, so many in a request, with or without invitations.
    Create {
        batch: u64,
        mail: bool,
    },
    /// One user is given another name.
    Update,
    /// A role is given to a user, or taken away.
    Assign,
    /// Users removed, so many in a request, who were created just before.
    Remove {
        batch: u64,
    },
    /// Roles imported, so many in a file, each of which changes.
    Import {
        batch: u64,
    },
}

/// What Rollcall is compared with in the same run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// A server that sends the same bytes.
    BareHandler,
    /// A loop of inserts of single users, each a commit.
    SingleInserts,
    /// Inserts of many users, with their events, into the same tables.
    SameTables,
    /// The first server alone.
    OneReplica,
}

const fn row(name: &'static str, title: &'static str, connections: usize, what: What) -> Scenario {
    Scenario { name, title, connections, replicas: 1, what }
}

/// Reads come first, and mail last: what is created makes the account larger, and letters keep the server busy.
#[rustfmt::skip]
pub(crate) static SCENARIOS: [Scenario; 30] = [
    row("groups_page",               "GET /groups, first page",              32, What::Groups(At::First, As::Plain)),
    row("groups_page_1",             "GET /groups, first page",              1,  What::Groups(At::First, As::Plain)),
    row("groups_page_middle",        "GET /groups, middle page",             32, What::Groups(At::Middle, As::Plain)),
    row("groups_page_last",          "GET /groups, last page",               32, What::Groups(At::Last, As::Plain)),
    row("groups_page_if_none_match", "GET /groups, known to the caller",     32, What::Groups(At::First, As::Known)),
    row("groups_page_gzip",          "GET /groups, gzip",                    32, What::Groups(At::First, As::Encoded("gzip"))),
    row("groups_page_zstd",          "GET /groups, zstd",                    32, What::Groups(At::First, As::Encoded("zstd"))),
    row("groups_page_changed",       "GET /groups, a write before each",     32, What::GroupsChanged),
    row("users_info",                "POST /usersInfo, 50 random addresses", 32, What::UsersInfo { repeated: false }),
    row("users_info_1",              "POST /usersInfo, 50 random addresses", 1,  What::UsersInfo { repeated: false }),
    row("users_info_repeated",       "POST /usersInfo, the same 50",         32, What::UsersInfo { repeated: true }),
    row("all_user_roles",            "GET /alluserroles, first 50",          32, What::AllUserRoles(At::First)),
    row("all_user_roles_middle",     "GET /alluserroles, middle 50",         32, What::AllUserRoles(At::Middle)),
    row("all_user_roles_last",       "GET /alluserroles, last 50",           32, What::AllUserRoles(At::Last)),
    row("audit_logs",                "GET /auditlogs, first 100",            32, What::AuditLogs(At::First)),
    row("audit_logs_middle",         "GET /auditlogs, middle 100",           32, What::AuditLogs(At::Middle)),
    row("audit_logs_last",           "GET /auditlogs, last 100",             32, What::AuditLogs(At::Last)),
    row("bots",                      "GET /bots",                            32, What::Bots),
    row("roles",                     "GET /roles",                           32, What::Roles),
    Scenario { name: "groups_page_two_replicas", title: "GET /groups, two replicas", connections: 32, replicas: 2, what: What::Groups(At::First, As::Plain) },
    row("users_update",              "PUT /users, 1 user",                   32, What::Update),
    row("role_assignment",           "POST /adminroles/assignments, 1 user", 32, What::Assign),
    row("single_creation_1",         "POST /users, 1 user",                  1,  What::Create { batch: 1, mail: false }),
    row("single_creation_32",        "POST /users, 1 user",                  32, What::Create { batch: 1, mail: false }),
    Scenario { name: "create_two_replicas", title: "POST /users, 1, two replicas", connections: 32, replicas: 2, what: What::Create { batch: 1, mail: false } },
    row("bulk_creation",             "POST /users, 1,000 users",             1,  What::Create { batch: 1_000, mail: false }),
    row("removal",                   "DELETE /users, 1,000 users",           1,  What::Remove { batch: 1_000 }),
    row("roles_import",              "POST /roles/import, 200 roles",        1,  What::Import { batch: 200 }),
    row("single_creation_1_mail",    "POST /users, 1 user invited",          1,  What::Create { batch: 1, mail: true }),
    row("single_creation_32_mail",   "POST /users, 1 user invited",          32, What::Create { batch: 1, mail: true }),
];

impl Scenario {
    /// Those of an engine: several servers on one SQLite file are none.
    pub(crate) fn all(engine: Engine) -> impl Iterator<Item = &'static Self> {
        SCENARIOS.iter().filter(move |scenario| scenario.replicas == 1 || engine == Engine::Postgres)
    }

    /// What it is compared with.
    pub(crate) fn beside(&self) -> Beside {
        match self.what {
            _ if self.replicas > 1 => Beside::OneReplica,
            _ if self.is_read() => Beside::BareHandler,
            What::Create { batch, .. } | What::Remove { batch } | What::Import { batch } if batch > 1 => {
                Beside::SameTables
            }
            _ => Beside::SingleInserts,
        }
    }

    /// The name of the ratio to that.
    pub(crate) fn ratio_name(&self, engine: Engine) -> &'static str {
        match (self.beside(), engine) {
            (Beside::OneReplica, _) => "vs_one_replica",
            (Beside::BareHandler, _) => "vs_bare_handler",
            (Beside::SameTables, Engine::Sqlite) => "vs_sqlite_same_tables",
            (Beside::SameTables, Engine::Postgres) => "vs_pgbench_same_tables",
            (Beside::SingleInserts, Engine::Sqlite) => "vs_sqlite_loop",
            (Beside::SingleInserts, Engine::Postgres) => "vs_pgbench",
        }
    }

    pub(crate) fn is_read(&self) -> bool {
        !matches!(
            self.what,
            What::Create { .. } | What::Remove { .. } | What::Import { .. } | What::Update | What::Assign
        )
    }

    /// Whether something must be made ready before each request, which a public load generator does not do.
    pub(crate) fn is_prepared(&self) -> bool {
        matches!(self.what, What::GroupsChanged | What::Remove { .. } | What::Import { .. })
    }

    /// Whether a fixed part of the load can be put on it by a public load generator, to one address.
    pub(crate) fn is_generated(&self) -> bool {
        !self.is_prepared() && self.replicas == 1
    }

    /// Whether it is compared with a plain SQLite loop too: single creations by many, which have a target.
    pub(crate) fn has_plain_loop(&self, engine: Engine) -> bool {
        engine == Engine::Sqlite && self.connections > 1 && self.what == What::Create { batch: 1, mail: false }
    }

    /// The list of which it is a page, where pages are compared with each other.
    pub(crate) fn list(&self) -> Option<&'static str> {
        match self.what {
            What::Groups(_, As::Plain) if self.replicas == 1 && self.connections > 1 => Some("groups_page"),
            What::AllUserRoles(_) => Some("all_user_roles"),
            What::AuditLogs(_) => Some("audit_logs"),
            _ => None,
        }
    }

    /// What one reply counts for: itself, or the users or roles that it tells of.
    pub(crate) fn worth(&self) -> u64 {
        match self.what {
            What::Create { batch, .. } | What::Remove { batch } | What::Import { batch } => batch,
            _ => 1,
        }
    }

    /// What is counted.
    pub(crate) fn unit(&self) -> &'static str {
        match self.what {
            What::Create { .. } | What::Remove { .. } => "users/s",
            What::Import { .. } => "roles/s",
            _ => "requests/s",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_scenarios_have_one_name() {
        let names: std::collections::HashSet<_> = SCENARIOS.iter().map(|s| s.name).collect();
        assert_eq!(names.len(), SCENARIOS.len());
    }

    #[test]
    fn every_list_has_its_first_middle_and_last_page() {
        for list in ["groups_page", "all_user_roles", "audit_logs"] {
            assert_eq!(SCENARIOS.iter().filter(|s| s.list() == Some(list)).count(), 3, "{list}");
        }
    }
}
