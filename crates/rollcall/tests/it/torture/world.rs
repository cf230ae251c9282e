//! An installation that is to be tortured: its account, the program on it, and what is known of all that was written.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rollcall_testkit::TestDatabase;
use serde_json::json;

use super::chance::{Chance, is_long};
use super::ledger::{Entry, Numbers};
use crate::program::Program;

pub(super) const ADMIN: &str = "admin@torture.test";
/// Somebody's address, whom others try to replace.
pub(super) const TAKEN: &str = "taken@torture.test";
pub(super) const BASE_GROUPS: usize = 4;
pub(super) const ROLES: usize = 2;
/// Users that are there from the beginning and become members of groups.
pub(super) const SEEDS: usize = 12;

pub(super) fn seed(number: usize) -> String {
    format!("seed{number}@torture.test")
}

pub(super) fn group_id(number: usize) -> String {
    format!("e-00000000-0000-5000-8000-00000000000{number}")
}

pub(super) fn role_id(number: usize) -> String {
    format!("00000000000000000000000{number}")
}

/// An account with a few users, groups and roles, and every process's hand on it.
pub(super) struct World {
    /// One for each replica, with a data directory of its own.
    pub(super) programs: Vec<Program>,
    pub(super) database: TestDatabase,
    pub(super) token: String,
    pub(super) admin_role: String,
    pub(super) ledger: Mutex<Vec<Entry>>,
    pub(super) numbers: Mutex<Numbers>,
    /// Whether an internal error may be answered: the machine is at fault, and nothing was changed.
    pub(super) may_fail: bool,
    /// Whether letters may be left that a server took and died.
    pub(super) letters_may_wait: bool,
    last_number: AtomicU64,
}

impl World {
    pub(super) fn new(database: TestDatabase, replicas: usize) -> Self {
        Self::with(database, replicas, |_| {})
    }

    /// With something done to each program before it first runs.
    pub(super) fn with(database: TestDatabase, replicas: usize, prepare: impl Fn(&mut Program)) -> Self {
        let programs: Vec<Program> = (0..replicas)
            .map(|_| {
                let mut program = Program::on(database.clone());
                program.set("ROLLCALL_KEY", "uu0U0UB2T3stikK8JeXc++k1tVmD5/uDgetK/zk8Dw4=");
                prepare(&mut program);
                program
            })
            .collect();
        programs[0].run_with_input(&["apply", "-"], &account_file()).ok();
        let scopes = "user-management,role-management,master-admin";
        let app = programs[0].run(&["--json", "app", "create", "--name", "load", "--scope", scopes]).json();
        let id = app["clientId"].as_str().expect("an id");
        let token = programs[0].run(&["app", "token", id, "--ttl", "never"]).ok().trim().to_owned();
        let role = database.query("select public_id from roles where built_in and kind = 'admin'");
        Self {
            admin_role: role[0][0].clone().expect("an id"),
            programs,
            database,
            token,
            ledger: Mutex::default(),
            numbers: Mutex::default(),
            may_fail: false,
            letters_may_wait: !is_long(),
            last_number: AtomicU64::new(0),
        }
    }

    /// A number that nothing else of this account has in its name.
    pub(super) fn number(&self) -> u64 {
        self.last_number.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody who was there from the beginning.
    pub(super) fn some_seed(chance: &mut Chance) -> String {
        seed(chance.below(SEEDS))
    }
}

fn account_file() -> String {
    let person = |email: &str| json!({"email": email, "firstName": "Old", "status": "active"});
    let seeds: Vec<String> = (0..SEEDS).map(seed).collect();
    let users: Vec<_> = [ADMIN, TAKEN].into_iter().chain(seeds.iter().map(String::as_str)).map(person).collect();
    let group = |number: usize| {
        // The first contains the second: whoever puts it the other way round as well closes a circle.
        let children: &[&str] = if number == 0 { &["base-1"] } else { &[] };
        json!({"id": group_id(number), "name": format!("base-{number}"), "groups": children})
    };
    let role = |number: usize| json!({"kind": "admin", "id": role_id(number), "name": format!("role-{number}")});
    json!({
        "rollcall": 1,
        "account": {"name": "Torture", "owner": ADMIN},
        "users": users,
        "groups": (0..BASE_GROUPS).map(group).collect::<Vec<_>>(),
        "roles": (0..ROLES).map(role).collect::<Vec<_>>(),
        "assignments": [{"role": "admin", "users": [ADMIN]}],
    })
    .to_string()
}
