//! Users: the list, a user's page, what they may do and why, and everything that is done with them.

mod act;
mod edit;
mod list;
mod new;
mod show;

use rollcall_core::policy::Permission;
use rollcall_core::users::act::Action;
use rollcall_core::users::search::{Filter, Flag, Sort};
use rollcall_core::users::{ProfileField, Status};

use super::route::{Needs, Route, row};
use super::words::Words;

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[
    row!("GET", "/console/users", Needs::Permission(Permission::ViewUsers), list::show),
    row!("POST", "/console/users", Needs::Permission(Permission::InviteUsers), act::many),
    row!("GET", "/console/users/new", Needs::Permission(Permission::ManageUsers), new::show),
    row!("POST", "/console/users/new", Needs::Permission(Permission::ManageUsers), new::create),
    row!("GET", "/console/users/{id}", Needs::Permission(Permission::ViewUsers), show::show),
    row!("POST", "/console/users/{id}", Needs::Permission(Permission::InviteUsers), act::one),
    row!("GET", "/console/users/{id}/edit", Needs::Permission(Permission::ManageUsers), edit::show),
    row!("POST", "/console/users/{id}/edit", Needs::Permission(Permission::ManageUsers), edit::save),
    row!("GET", "/console/users/{id}/remove", Needs::Permission(Permission::ManageUsers), act::confirm),
    row!("POST", "/console/users/{id}/data-tables", Needs::Permission(Permission::ManageAccess), edit::data_tables),
];

/// What a query, or a form, calls a status, and the text for it; and how it is coloured.
fn status_word(status: Status) -> &'static str {
    match status {
        Status::Invited => "invited",
        Status::Active => "active",
        Status::Suspended => "suspended",
        Status::Locked => "locked",
    }
}

/// A status as a tag shows it.
pub(super) struct StatusTag {
    pub(super) text: String,
    pub(super) class: &'static str,
}

impl StatusTag {
    pub(super) fn of(words: Words, status: Status) -> Self {
        let (key, class) = match status {
            Status::Invited => ("users-invited", "accent"),
            Status::Active => ("users-active", "good"),
            Status::Suspended => ("users-suspended", "warn"),
            Status::Locked => ("users-locked", "bad"),
        };
        Self { text: words.t(key), class }
    }
}

fn action_word(action: Action) -> &'static str {
    match action {
        Action::Suspend => "suspend",
        Action::Reactivate => "reactivate",
        Action::Unlock => "unlock",
        Action::Resend => "resend",
        Action::Revoke => "revoke",
        Action::Remove => "remove",
        Action::EndSessions => "end-sessions",
    }
}

fn action_of(word: &str) -> Option<Action> {
    Action::ALL.into_iter().find(|action| action_word(*action) == word)
}

/// The text of the button that does it.
fn action_text(words: Words, action: Action) -> String {
    match action {
        Action::Suspend => words.t("users-do-suspend"),
        Action::Reactivate => words.t("users-do-reactivate"),
        Action::Unlock => words.t("users-do-unlock"),
        Action::Resend => words.t("users-do-resend"),
        Action::Revoke => words.t("users-do-revoke"),
        Action::Remove => words.t("users-do-remove"),
        Action::EndSessions => words.t("users-do-end-sessions"),
    }
}

fn flag_word(flag: Flag) -> &'static str {
    match flag {
        Flag::Develops => "builder",
        Flag::CreatesBots => "bots",
        Flag::UsesDataTables => "data-tables",
    }
}

fn flag_text(words: Words, flag: Flag) -> String {
    match flag {
        Flag::Develops => words.t("users-flag-builder"),
        Flag::CreatesBots => words.t("users-flag-bots"),
        Flag::UsesDataTables => words.t("users-flag-data-tables"),
    }
}

const SORTS: [(&str, Sort); 4] =
    [("name", Sort::Name), ("email", Sort::Email), ("created", Sort::Created), ("signed-in", Sort::LastSignIn)];

/// The filter that a query or a form names; what is not known of it filters nothing.
fn filter_of<'a>(get: impl Fn(&str) -> &'a str) -> Filter {
    let some = |name: &str| Some(get(name).trim().to_owned()).filter(|text| !text.is_empty());
    Filter {
        text: get("q").trim().to_owned(),
        status: Status::ALL.into_iter().find(|status| status_word(*status) == get("status")),
        group: some("group"),
        role: some("role"),
        flag: Flag::ALL.into_iter().find(|flag| flag_word(*flag) == get("flag")),
    }
}

/// The fields of the query that make the filter.
const FILTER: [&str; 5] = ["q", "status", "group", "role", "flag"];

/// The text for a field of the profile.
fn field_text(words: Words, field: ProfileField) -> String {
    match field {
        ProfileField::FirstName => words.t("users-field-first-name"),
        ProfileField::LastName => words.t("users-field-last-name"),
        ProfileField::Company => words.t("users-field-company"),
        ProfileField::Department => words.t("users-field-department"),
        ProfileField::CompanyPhone => words.t("users-field-company-phone"),
        ProfileField::WorkNumber => words.t("users-field-work-number"),
        ProfileField::Street => words.t("users-field-street"),
        ProfileField::Suite => words.t("users-field-suite"),
        ProfileField::City => words.t("users-field-city"),
        ProfileField::Zip => words.t("users-field-zip"),
        ProfileField::State => words.t("users-field-state"),
        ProfileField::Country => words.t("users-field-country"),
        ProfileField::JobTitle => words.t("users-field-job-title"),
        ProfileField::Picture => words.t("users-field-picture"),
        ProfileField::Colour => words.t("users-field-colour"),
    }
}
