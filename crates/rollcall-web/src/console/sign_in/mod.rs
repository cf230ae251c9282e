//! Signing in by a password, and what leads to a new one.

mod link;

use super::route::{Needs, Route, row};

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[
    row!("GET", "/console/link/{token}", Needs::Nothing, link::show),
    row!("POST", "/console/link/{token}", Needs::Nothing, link::sign_in),
];
