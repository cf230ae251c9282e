//! The vendor-compatible API, sentence by sentence of its contract.

mod admin_roles;
mod audit;
mod audit_resumed;
mod bot_roles;
mod conventions;
mod erasures;
mod files;
mod groups;
mod lists;
mod rate_limit;
mod remembered;
mod role_import;
mod role_round_trip;
mod roles;
pub(crate) mod sso;
mod sso_refused;
mod user_access;
mod users;
mod users_info;
mod users_refused;
mod users_remove;
mod users_update;
mod users_update_refused;
