//! Administrators: how users with admin roles come into the console, and what they are there.
//!
//! [`sign_in`] and [`second`] are the way in by a password and a code, [`link`] the one by a link of one use, [`session`] what
//! one has afterwards. Nobody else makes an [`Actor::Admin`](crate::actor::Actor::Admin).

pub mod attempt;
pub mod gains;
pub mod link;
pub mod own;
pub mod password;
pub mod reset;
pub mod second;
pub mod session;
pub mod set_up;
pub mod sign_in;
mod ways;

use std::net::IpAddr;

/// For what the secret of a second factor is sealed.
pub(crate) const FACTOR_SEAL: &str = "second factor";

/// The browser that a session begins in.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// Where it is.
    pub ip: Option<IpAddr>,
    /// What it calls itself; a hint for people.
    pub agent: String,
}
