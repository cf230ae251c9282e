//! What Rollcall is: the domain and its rules, on a real database. No HTTP, no wire formats, no async.
//!
//! Reading order: [`rollcall`] is the way in (no right, no transaction), [`op`] the way out (no audit, no commit),
//! [`policy`] the only decisions. Then the nouns: [`users`], [`groups`], [`roles`], [`bots`], [`apps`], [`files`], [`sso`],
//! [`erasures`], and what is computed over them, [`access`]. [`limits`] counts calls. [`sync`] brings a whole account to a
//! described state. `store` is private.
//!
//! ```no_run
//! # use rollcall_core::{op::Mode, policy::Permission, users, Open, Rollcall};
//! # fn main() -> rollcall_core::Result<()> {
//! # let (open, actor): (Open, rollcall_core::actor::Actor) = unimplemented!();
//! let (rollcall, _host) = Rollcall::open(open)?;
//! let user = users::NewUser::with_email("ada@acme.test");
//! let outcomes = rollcall
//!     .write(actor, Permission::ManageUsers, Mode::Real, move |op| users::create_many(op, vec![user.clone()]))
//!     .wait()?;
//! # Ok(())
//! # }
//! ```

pub mod rollcall;

pub mod op;

pub mod policy;

pub mod actor;

pub mod users;

pub mod groups;

pub mod roles;

pub mod bots;

pub mod apps;

pub mod files;

pub mod find;

pub mod access;

pub mod accounts;

pub mod admins;

pub mod audit;

pub mod mail;

pub mod erasures;

pub mod sso;

pub mod limits;

pub mod sync;

pub mod transfer;

pub mod chance;
pub mod change;
pub mod clock;
pub mod error;
pub mod id;
pub mod keys;
pub mod page;
pub mod seal;
pub mod text;
mod together;
pub mod who;

mod once;
mod pending;
mod setup;
mod shared;
mod store;
mod view;

pub use error::{Code, Error, Fault, Result};
pub use keys::KeyReader;
pub use pending::Pending;
pub use rollcall::{HostKey, Open, Rollcall};
pub use store::{Database, PostgresAddress, Threads, mask};
