//! Settings of the account and of the installation, to be read.

use super::route::Route;

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[];
