//! All about one user, for whoever looks after them.

use super::Profile;
use super::act::Action;
use super::people::barred;
use super::search::{Listed, listed};
use crate::access::explain::{self, Explained, Makers, Origin};
use crate::admins::session::{self, Session};
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::id::GroupId;
use crate::op::View;
use crate::policy::{self, Permission};
use crate::store;
use crate::store::users_search as rows;

/// As many invitations are told, the newest ones.
const INVITATIONS: i64 = 10;

/// A bot of which somebody may use tasks: its public id and name, and the names of the tasks; none for all of them.
pub type TasksOf = (String, String, Option<Vec<String>>);

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationInfo {
    /// What became of it.
    pub state: InvitationState,
    /// When it was made.
    pub created: Time,
    /// Until when it is good.
    pub expires: Time,
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// It waits.
    Open,
    /// It was not used in its time.
    Expired,
    /// Its user came in by it.
    Accepted,
    /// It was taken back, or another one was sent.
    Revoked,
}

/// A user with all that is known of them.
#[derive(Debug, Clone)]
pub struct One {
    /// What lists say of them.
    pub user: Listed,
    /// The texts about them.
    pub profile: Profile,
    /// From where they came.
    pub source: String,
    /// When anything about them was changed last.
    pub updated: Time,
    /// Whether the account is theirs.
    pub owns_account: bool,
    /// The groups that they are a direct member of, by name, and how they came into each.
    pub groups: Vec<(GroupId, String, Origin)>,
    /// What they have, and why.
    pub access: Explained,
    /// Of which bots they may use tasks.
    pub tasks: Vec<TasksOf>,
    /// Their invitations, the newest first.
    pub invitations: Vec<InvitationInfo>,
    /// Their sessions, for whoever may end them.
    pub sessions: Vec<Session>,
    /// What the one who asks can do with them now.
    pub can: Vec<Action>,
    /// Whether they may do more than the actor, who changes nothing about them then.
    pub is_barred: bool,
}

/// The user of this public id. Twenty statements at most.
///
/// # Errors
/// [`Code::NotFound`] where there is none.
pub fn one(view: &View<'_>, id: &str) -> Result<One> {
    view.expect(Permission::ViewUsers)?;
    let gone = || Error::new(Code::NotFound, "There is no such user (any more).");
    let row = store::users::find_by_public_ids(view.tx, view.account, &[id])?.remove(id).ok_or_else(gone)?;
    let found = rows::of_ids(view.tx, view.account, &[row.key.0], rows::Conditions::default())?;
    let user = listed(found.into_iter().next().ok_or_else(gone)?);
    let (source, updated) = rows::kept(view.tx, view.account, row.key)?.ok_or_else(gone)?;
    let access = explain::of_users(view, &[row.key])?.remove(&row.key).unwrap_or_default();
    let joined = store::explain::groups_of(view.tx, view.account, row.key)?;
    let makers = Makers::look_up(view, joined.iter().map(|(.., came)| came))?;
    let groups = joined.into_iter().map(|(id, name, came)| (id, name, makers.origin(&came))).collect();
    let invitations = store::invitations::of_user(view.tx, view.account, row.key, INVITATIONS)?;
    let may_end = policy::allows(&view.actor, Permission::ManageUsers);
    let is_barred = !barred(view, std::iter::once(&row))?.is_empty();
    let offered =
        |action: &Action| !is_barred && action.follows(row.status) && policy::allows(&view.actor, action.permission());
    Ok(One {
        can: Action::ALL.into_iter().filter(offered).collect(),
        is_barred,
        sessions: if may_end { session::list(view, row.key, None)? } else { Vec::new() },
        owns_account: store::accounts::owner(view.tx, view.account)? == Some(row.key),
        tasks: tasks(store::explain::tasks_of(view.tx, view.account, row.key)?),
        invitations: invitations.into_iter().map(|row| invitation(row, view.now)).collect(),
        profile: row.profile,
        user,
        source,
        updated,
        groups,
        access,
    })
}

fn invitation((state, created, expires): (String, Time, Time), now: Time) -> InvitationInfo {
    let state = match state.as_str() {
        "accepted" => InvitationState::Accepted,
        "revoked" => InvitationState::Revoked,
        _ if expires <= now => InvitationState::Expired,
        _ => InvitationState::Open,
    };
    InvitationInfo { state, created, expires }
}

fn tasks(granted: Vec<(String, String, Option<String>)>) -> Vec<TasksOf> {
    let mut out = Vec::<TasksOf>::new();
    for (bot, name, task) in granted {
        if out.last().is_none_or(|(last, ..)| *last != bot) {
            out.push((bot, name, Some(Vec::new())));
        }
        if let Some((.., all)) = out.last_mut() {
            match (task, all.as_mut()) {
                (None, _) => *all = None,
                (Some(task), Some(tasks)) => tasks.push(task),
                (Some(_), None) => {}
            }
        }
    }
    out
}
