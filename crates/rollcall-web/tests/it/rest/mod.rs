//! The vendor-compatible API, sentence by sentence of its contract.

mod admin_roles;
mod audit;
mod bot_roles;
mod conventions;
mod groups;
mod lists;
mod users;
mod users_info;
mod users_refused;
