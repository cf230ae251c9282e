//! The audit log: events written with their changes, and the chain that seals them.

mod chain;
mod event;
mod find;
mod seal;

pub use event::{Event, EventKind};
pub use find::{By, Entry, MAX_SIZE, Wanted, find, mark, unsealed};
pub use seal::{Broken, SEALED_AT_ONCE, Verification, pending, seal, verify};

pub(crate) use chain::Link;
pub(crate) use seal::{Sealed, StoredEvent, walk};
