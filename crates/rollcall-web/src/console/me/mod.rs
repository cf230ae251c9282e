//! What one sees to oneself: the password, the second factor, the sessions.

mod codes;
mod factor;
mod page;
mod password;
mod sessions;
mod sign_out;

use rollcall_core::admins::own::{self, Proof};
use rollcall_core::policy::Permission;

use super::failure::Failure;
use super::route::{Needs, Route, row};
use super::sign_in::{apart, secret};
use super::visit::Visit;

/// Whoever is in the console sees to themselves.
const OWN: Needs = Needs::Permission(Permission::UseConsole);

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[
    row!("GET", "/console/me", OWN, page::show),
    row!("POST", "/console/me/password", OWN, password::change),
    row!("GET", "/console/me/second-factor", OWN, factor::show),
    row!("POST", "/console/me/second-factor", OWN, factor::begin),
    row!("GET", "/console/me/second-factor/code.svg", OWN, factor::picture),
    row!("POST", "/console/me/second-factor/confirm", OWN, factor::confirm),
    row!("POST", "/console/me/second-factor/remove", OWN, factor::remove),
    row!("POST", "/console/me/recovery-codes", OWN, codes::renew),
    row!("POST", "/console/me/sessions/end-others", OWN, sessions::end_others),
    row!("POST", "/console/me/sessions/{id}/end", OWN, sessions::end),
    row!("POST", "/console/sign-out", OWN, sign_out::sign_out),
];

/// Where all of this is.
const ADDRESS: &str = "/console/me";

/// The password of the form, compared; none where it is not asked for.
async fn proof(visit: &Visit) -> Result<Proof, Failure> {
    if !visit.form().has("password") {
        return Ok(None);
    }
    let record = visit.read(Permission::UseConsole, own::record).await?;
    let password = secret(visit, "password");
    Ok(Some(apart(move || record.compare(&password)).await?))
}
