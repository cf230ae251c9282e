//! From a description to the account, noun by noun: what is missing is made and what differs is changed.

mod apps;
mod assignments;
mod bots;
mod groups;
mod roles;
mod users;

pub(super) use apps::bring_apps;
pub(super) use assignments::{bring_assignments, bring_tasks, task_names};
pub(super) use bots::bring_bots;
pub(super) use groups::{bring_groups, bring_members};
pub(super) use roles::bring_roles;
pub(super) use users::bring_users;
