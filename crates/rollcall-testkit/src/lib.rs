//! What the tests share: a real Rollcall on a database of its own, a clock that stands still, callers as values.
//! No mocks: what is tested is what runs.

mod caller;
pub mod canary;
mod database;
mod described;
mod world;

pub use caller::{Caller, PEER, Reply};
pub use database::TestDatabase;
pub use described::takes;
pub use world::{TestRollcall, user, whole};

use rollcall_core::clock::Time;

/// When every test begins: 2026-01-05T09:00:00Z.
pub const START: Time = Time(1_767_603_600_000);
