//! The console at the level of HTTP.

mod activate;
mod bots;
mod groups;
mod person;
mod roles;
