//! A table that nobody can write to: how two replicas are brought to the middle of their work at the same moment.

use std::time::{Duration, Instant};

use rollcall_testkit::TestDatabase;

/// As long may anything take that a test waits for; one that reaches it has failed.
const LONG: Duration = Duration::from_secs(60);

/// Nobody can write to the table until this is dropped; everybody can read it.
pub(super) struct Held<'d>(&'d TestDatabase);

impl<'d> Held<'d> {
    pub(super) fn table(database: &'d TestDatabase, name: &str) -> Self {
        database.execute("begin");
        let held = Self(database);
        database.execute(&format!("lock table {name} in share mode"));
        held
    }

    /// Waits until so many connections stand in line, for the table or for each other.
    pub(super) fn until_waiting(&self, count: usize) {
        let begin = Instant::now();
        while self.waiting().len() < count {
            assert!(begin.elapsed() < LONG, "{:?} of {count} wait", self.waiting());
            std::thread::yield_now();
        }
    }

    /// The server's processes that stand in line.
    fn waiting(&self) -> Vec<String> {
        let sql = "select distinct pid::text from pg_locks where not granted \
                   and database = (select oid from pg_database where datname = current_database())";
        self.0.query(sql).into_iter().flatten().flatten().collect()
    }

    /// Cuts the connections of those who stand in line, as the server does when it finds their clients dead; it looks
    /// only when it has something to tell them.
    pub(super) fn cut_off(&self) {
        for pid in self.waiting() {
            self.0.query(&format!("select pg_terminate_backend({pid}, 60000)"));
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.execute("commit");
    }
}
