//! A user's page: who they are, what they have and why, and what can be done.

use askama::Template;
use axum::response::Response;
use rollcall_core::audit::{self, Found};
use rollcall_core::policy::Permission;
use rollcall_core::users::ProfileField;
use rollcall_core::users::act::Action;
use rollcall_core::users::one::{self, InvitationInfo, InvitationState, One};

use super::{StatusTag, action_text, action_word, field_text};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::reach;
use crate::console::visit::Visit;

/// As many events are shown.
const EVENTS: u32 = 5;
/// As many are looked through for them.
const NEWEST: &u64 = &audit::NEWEST;

/// A button.
struct Button {
    action: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "console/users/show.html")]
struct Page<'v> {
    l: Layout<'v>,
    one: One,
    status: StatusTag,
    fields: Vec<(String, String)>,
    buttons: Vec<Button>,
    can_remove: bool,
    can_edit: bool,
    can_set_data_tables: bool,
    can_end_sessions: bool,
    sees_groups: bool,
    sees_roles: bool,
    sees_bots: bool,
    /// What happened to them last, for whoever may see the log.
    events: Option<Vec<Found>>,
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let one = visit.read(Permission::ViewUsers, move |view| one::one(view, &id)).await?;
    let events = match visit.can(Permission::ViewAuditLog) {
        true => {
            let target = one.user.id.to_string();
            let look = move |view: &rollcall_core::op::View<'_>| audit::about(view, &target, EVENTS);
            Some(visit.read(Permission::ViewAuditLog, look).await?)
        }
        false => None,
    };
    let words = visit.words;
    let buttons = one.can.iter().filter(|action| !matches!(action, Action::Remove | Action::EndSessions));
    let known =
        one.profile.known().filter(|(field, _)| !matches!(field, ProfileField::FirstName | ProfileField::LastName));
    let title = if one.user.name.is_empty() { one.user.email.clone() } else { one.user.name.clone() };
    visit.page(&Page {
        l: Layout::of(&visit, title),
        status: StatusTag::of(words, one.user.status),
        fields: known.map(|(field, text)| (field_text(words, field), text.to_owned())).collect(),
        buttons: buttons
            .map(|action| Button { action: action_word(*action), text: action_text(words, *action) })
            .collect(),
        can_remove: one.can.contains(&Action::Remove),
        can_end_sessions: one.can.contains(&Action::EndSessions) && !one.sessions.is_empty(),
        can_edit: visit.can(Permission::ManageUsers) && !one.is_barred,
        can_set_data_tables: visit.can(Permission::ManageAccess) && !one.is_barred,
        sees_groups: visit.can(Permission::ViewGroups),
        sees_roles: visit.can(Permission::ViewRoles),
        sees_bots: visit.can(Permission::ViewBots),
        events,
        one,
    })
}

impl Page<'_> {
    fn invitation(&self, invitation: &InvitationInfo) -> String {
        match invitation.state {
            InvitationState::Open => self.l.t("users-invitation-open"),
            InvitationState::Expired => self.l.t("users-invitation-expired"),
            InvitationState::Accepted => self.l.t("users-invitation-accepted"),
            InvitationState::Revoked => self.l.t("users-invitation-revoked"),
        }
    }

    fn audit(&self) -> String {
        let target: String = form_urlencoded::byte_serialize(self.one.user.id.as_str().as_bytes()).collect();
        format!("/console/audit?target={target}")
    }
}
