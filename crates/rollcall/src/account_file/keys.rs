//! The keys of account files, each list in the order in which messages show it. What they mean is in `read`.

use rollcall_core::users::ProfileField;

/// The version of the format that this program reads and writes.
pub(super) const VERSION: &str = "1";

pub(super) const ROOT: [&str; 8] = ["rollcall", "account", "bots", "roles", "users", "groups", "assignments", "apps"];
pub(super) const ACCOUNT: [&str; 2] = ["name", "owner"];
pub(super) const BOT: [&str; 7] = ["id", "name", "description", "owner", "published", "audience", "dialogs"];
pub(super) const DIALOG: [&str; 2] = ["id", "name"];
pub(super) const ROLE: [&str; 6] = ["id", "refId", "kind", "name", "description", "permissions"];
pub(super) const GROUP: [&str; 5] = ["id", "name", "description", "members", "groups"];
pub(super) const ASSIGNMENT: [&str; 5] = ["role", "bot", "users", "groups", "expires"];
pub(super) const APP: [&str; 10] = [
    "clientId",
    "clientSecret",
    "publicKey",
    "credentials",
    "name",
    "algorithm",
    "scopes",
    "enforceJti",
    "enforceJwe",
    "expires",
];
pub(super) const CREDENTIAL: [&str; 3] = ["clientSecret", "publicKey", "expires"];
pub(super) const TASK: [&str; 2] = ["bot", "dialogs"];
/// The keys of a user that are no texts of the profile.
const USER_WITHOUT_PROFILE: [&str; 8] =
    ["id", "email", "orgUserId", "status", "canCreateBot", "isDeveloper", "dataTables", "tasks"];

/// The vendor's key of a text of the profile.
pub(super) fn profile(field: ProfileField) -> &'static str {
    match field {
        ProfileField::FirstName => "firstName",
        ProfileField::LastName => "lastName",
        ProfileField::Company => "companyName",
        ProfileField::Department => "dept",
        ProfileField::CompanyPhone => "companyContactPhone",
        ProfileField::WorkNumber => "worknumber",
        ProfileField::Street => "street",
        ProfileField::Suite => "suiteNo",
        ProfileField::City => "city",
        ProfileField::Zip => "zip",
        ProfileField::State => "state",
        ProfileField::Country => "country",
        ProfileField::JobTitle => "jTitle",
        ProfileField::Picture => "profImage",
        ProfileField::Colour => "profColour",
    }
}

/// Every key of a user.
pub(super) fn user() -> Vec<&'static str> {
    USER_WITHOUT_PROFILE.into_iter().chain(ProfileField::ALL.into_iter().map(profile)).collect()
}

/// A place of the core, whose last step may be the core's own word for a text of the profile.
pub(super) fn in_the_files_words(place: &str) -> String {
    if let Some((before, last)) = place.rsplit_once('.').filter(|(before, _)| before.starts_with("users["))
        && let Some(field) = ProfileField::ALL.into_iter().find(|field| field.column() == last)
    {
        return format!("{before}.{}", profile(field));
    }
    place.to_owned()
}
