//! The core against a real database: what each use-case promises, and the rules that hold after every transaction.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the answer, in its own words")]

mod apps;
mod apps_changed;
mod apps_keys;
mod apps_rotated;
mod assignments;
mod audit;
mod audit_find;
mod audit_signed;
mod catalogues;
mod erasures;
mod files;
mod groups;
mod invitations;
mod keys;
mod limits;
mod lists;
mod model;
mod once;
mod postgres;
mod properties;
mod role_import;
mod role_pages;
mod setting;
mod store;
mod sync;
mod sync_apps;
mod sync_faults;
mod sync_rules;
mod together;
mod token_matrix;
mod tokens;
mod transfer;
mod users;
mod users_info;
mod users_update;
