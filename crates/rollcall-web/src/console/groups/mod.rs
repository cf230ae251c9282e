//! Groups: the list, who is in one and where it is used, and everything that is done with them.

use super::route::Route;

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[];
