//! Bots: the list, and who may do what with one.

use super::route::Route;

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[];
