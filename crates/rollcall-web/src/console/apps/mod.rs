//! Client apps: making them, their secrets, why their tokens were refused, and how to call the API as one.

use super::route::Route;

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[];
