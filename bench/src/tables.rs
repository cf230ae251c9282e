//! Databases with the product's own tables and indexes, for baselines that insert into the same: made by the product, so that
//! they never differ from it.

use std::path::Path;

use anyhow::Result;
use rollcall_core::clock::SystemClock;
use rollcall_core::seal::InstallationKey;
use rollcall_core::{Database, Open, Rollcall, Threads};

/// Makes the tables in a new database, and an account whose internal id is 1.
///
/// # Errors
/// Where the database cannot be reached, or is not empty.
pub(crate) fn make(database: Database) -> Result<()> {
    let key = InstallationKey::parse(InstallationKey::generate().expose())?;
    let clock = Box::new(SystemClock);
    let open = Open { database, clock, key, keys: None, threads: Threads::default(), rate_limit: None };
    let (rollcall, host) = Rollcall::open(open)?;
    rollcall.found_account(&host, "Bench").wait()?;
    Ok(())
}

/// As [`make`], in a file.
///
/// # Errors
/// As there.
pub(crate) fn make_file(file: &Path) -> Result<()> {
    make(Database::Sqlite(file.to_owned()))
}

/// What an event says of a new user, but for what is different for each: `u-0` and `new.0@bench.example` stand for that.
pub(crate) const EVENT: [&str; 9] = [
    "app",
    "cs-5b1d3c52-6f0e-5d6c-9a41-2f7d1c0be5a1",
    "bench",
    "127.0.0.1",
    "User Management",
    "User Created",
    "u-0",
    "User new.0@bench.example was created",
    r#"{"email":"new.0@bench.example","firstName":"Priya","lastName":"Ramírez"}"#,
];
