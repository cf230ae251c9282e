//! The audit log: events written with their changes, and the chain that seals them.

mod chain;
mod event;
mod seal;

pub use event::{Event, EventKind};
pub use seal::{Broken, Verification, pending, seal, verify};

pub(crate) use chain::Link;
pub(crate) use seal::{Sealed, StoredEvent, walk};
