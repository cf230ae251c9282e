//! The vendor-compatible API, sentence by sentence of its contract.

mod admin_roles;
mod bot_roles;
mod conventions;
mod erasures;
mod groups;
pub(crate) mod sso;
mod sso_refused;
mod users;
mod users_info;
mod users_refused;
