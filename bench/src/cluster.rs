//! The PostgreSQL that is measured: a cluster of its own on the disk that is being measured, which loses nothing that it
//! has confirmed. The databases in it belong to `rollcall` and `pgbench`.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use rollcall_testbed::{Cluster, Options};

use crate::process;

/// What a server of somebody's own has: durable, with room for both sizes of account. The rest is as PostgreSQL comes.
const SETTINGS: [(&str, &str); 6] = [
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("synchronous_commit", "on"),
    ("shared_buffers", "512MB"),
    // Checkpoints by the clock, or every other turn would pay for one.
    ("max_wal_size", "8GB"),
    ("max_connections", "200"),
];

/// A running cluster. Dropped, it is gone.
pub(crate) struct Postgres {
    cluster: Cluster,
    databases: Cell<u32>,
}

/// A database of a cluster, gone when it is dropped.
pub(crate) struct Database {
    postgres: Rc<Postgres>,
    name: String,
}

impl Postgres {
    /// Makes one in the directory and starts it.
    pub(crate) fn start(dir: &Path) -> Result<Rc<Self>> {
        let options = Options { settings: &SETTINGS, parent: Some(dir), ..Options::default() };
        let cluster = Cluster::start(&options).map_err(|error| anyhow!("no PostgreSQL to measure: {error}"))?;
        Ok(Rc::new(Self { cluster, databases: Cell::new(0) }))
    }

    /// A new and empty database.
    pub(crate) fn database(self: &Rc<Self>) -> Result<Database> {
        let name = format!("bench_{}", self.databases.replace(self.databases.get() + 1));
        self.psql("postgres", &format!("create database {name}"))?;
        Ok(Database { postgres: Rc::clone(self), name })
    }

    /// The CPU time of all its processes so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        process::cpu_of_family(self.cluster.pid().context("the cluster does not run")?)
    }

    fn psql(&self, database: &str, sql: &str) -> Result<String> {
        self.cluster.psql(database, sql).map_err(|error| anyhow!("psql: {error}"))
    }
}

impl Database {
    /// How a client finds it.
    pub(crate) fn url(&self) -> String {
        self.postgres.cluster.url(&self.name)
    }

    /// Runs statements in it.
    pub(crate) fn run(&self, sql: &str) -> Result<String> {
        self.postgres.psql(&self.name, sql)
    }

    /// The cluster that it is in.
    pub(crate) fn postgres(&self) -> &Rc<Postgres> {
        &self.postgres
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The cluster goes soon, and whatever is left in it.
        let _ = self.postgres.psql("postgres", &format!("drop database {} with (force)", self.name));
    }
}
