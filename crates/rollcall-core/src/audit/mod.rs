//! The audit log: events written with their changes, the chain that seals them, and the checkpoints that sign it.

mod chain;
mod checkpoint;
mod event;
mod export;
mod file;
mod find;
mod lines;
mod newest;
mod seal;
mod search;
mod verify;
mod walk;

pub use checkpoint::{SIGNED_AFTER_EVENTS, SIGNED_AFTER_MILLIS};
pub use event::{Event, EventKind};
pub use export::{events, export};
pub use file::{BrokenLine, Checked, Pin, check};
pub use find::{By, Entry, MAX_SIZE, Wanted, find, mark, unsealed};
pub use lines::{EventLine, Hash};
pub use newest::{CHECKED_AT_ONCE, Newest, check_newest};
pub use seal::{SEALED_AT_ONCE, is_sealing_due, seal, seal_and_sign};
pub use search::{Chain, Found, LOOKED_AT, Look, NEWEST, Sought, about, chain, one, search};
pub use verify::{Verification, chain_name, continues, verify};
pub use walk::{Broken, FaultKind};

pub(crate) use chain::Link;
pub(crate) use checkpoint::Checkpoint;
pub(crate) use seal::{Sealed, StoredEvent};
pub(crate) use verify::walk;
