//! The vendor-compatible API, sentence by sentence of its contract.

mod admin_roles;
mod bot_roles;
mod conventions;
mod files;
mod groups;
mod role_import;
mod role_round_trip;
mod roles;
mod users;
mod users_info;
mod users_refused;
