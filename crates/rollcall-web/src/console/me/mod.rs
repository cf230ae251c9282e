//! What one sees to oneself: the password, the second factor, the sessions.

mod sign_out;

use rollcall_core::policy::Permission;

use super::route::{Needs, Route, row};

/// The routes of this noun.
pub(super) const ROUTES: &[Route] =
    &[row!("POST", "/console/sign-out", Needs::Permission(Permission::UseConsole), sign_out::sign_out)];
