//! Administrators: how users with admin roles come into the console, and what they are there.
//!
//! [`link`] is a way in by a link of one use, [`session`] what one has afterwards. Nobody else makes an
//! [`Actor::Admin`](crate::actor::Actor::Admin).

pub mod gains;
pub mod link;
pub mod session;

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
