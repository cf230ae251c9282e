//! What is done with users as they are, one or many: shut out and let in again, invited once more, removed. Each or not, the
//! others unaffected; in one transaction, a part at a time.

use std::collections::HashSet;

use serde_json::json;

use super::invitation::{self, Invitation};
use super::people::barred;
use super::plan::Plan;
use super::search::{self, Filter};
use super::write::write_changes;
use super::{Lookup, Status, UserChange, remove};
use crate::actor::Actor;
use crate::audit::{Event, EventKind};
use crate::error::{Code, Error, Result};
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::store::pages::Kind;
use crate::store::users::UserRow;
use crate::store::{self, UserKey};

/// As many are taken up at once.
const PART: usize = 500;
/// As many who stay as they are, are told of by name.
const TOLD: usize = 50;

/// What is done with a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Shut out, until they are let in again.
    Suspend,
    /// Let in again who was suspended.
    Reactivate,
    /// Let in again whom failed sign-ins have shut out.
    Unlock,
    /// Sent another invitation, in the place of the one before.
    Resend,
    /// Not to come in by their invitation any more.
    Revoke,
    /// Removed, with all that hangs on them.
    Remove,
    /// All their sessions are ended.
    EndSessions,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 7] =
        [Self::Suspend, Self::Reactivate, Self::Unlock, Self::Resend, Self::Revoke, Self::Remove, Self::EndSessions];

    /// The permission that it needs.
    pub fn permission(self) -> Permission {
        match self {
            Self::Resend | Self::Revoke => Permission::InviteUsers,
            Self::Suspend | Self::Reactivate | Self::Unlock | Self::Remove | Self::EndSessions => {
                Permission::ManageUsers
            }
        }
    }

    /// Whether it can be done with a user of this status (domain, Things: status).
    pub fn follows(self, status: Status) -> bool {
        match self {
            Self::Suspend => status == Status::Active,
            Self::Reactivate => status == Status::Suspended,
            Self::Unlock => status == Status::Locked,
            Self::Resend | Self::Revoke => status == Status::Invited,
            Self::EndSessions => status == Status::Active,
            Self::Remove => true,
        }
    }
}

/// With whom something is done.
#[derive(Debug, Clone)]
pub enum Whom {
    /// Those of these public ids.
    These(Vec<String>),
    /// All of whom this is so, if they are as many as was said: nobody is done anything to who came in between.
    All(Filter, u64),
}

/// They are not as many as was said, but so many; nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Other(pub u64);

/// Somebody with whom it was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Their address, or the public id that is nobody's.
    pub who: String,
    /// Why not.
    pub why: String,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acted {
    /// With how many it was done.
    pub done: u64,
    /// With whom it was not, the first of them.
    pub left: Vec<Left>,
    /// With how many it was not.
    pub left_over: u64,
}

impl Acted {
    fn leave(&mut self, who: &str, why: impl Into<String>) {
        self.left_over += 1;
        if self.left.len() < TOLD {
            self.left.push(Left { who: who.to_owned(), why: why.into() });
        }
    }
}

/// Does something with users. The last active admin stays one, and nobody does anything to somebody who may do more than they
/// may themselves ([`crate::policy`]): these are left over, and so is whoever asks, where the action would shut them out.
///
/// # Errors
/// [`Code::NotFound`] for a group or role of the filter that is not there; when the database fails. Nothing is done then.
pub fn act(op: &mut Op<'_>, whom: &Whom, action: Action) -> Result<std::result::Result<Acted, Other>> {
    op.expect(action.permission())?;
    let mut acted = Acted::default();
    match whom {
        Whom::These(ids) => {
            let mut seen = HashSet::new();
            let ids: Vec<&str> = ids.iter().map(|id| id.trim()).filter(|id| seen.insert(*id)).collect();
            for part in ids.chunks(PART) {
                let mut found = store::users::find_by_public_ids(op.tx, op.account, part)?;
                let mut users = Vec::with_capacity(part.len());
                for id in part {
                    match found.remove(*id) {
                        Some(user) => users.push(user),
                        None => acted.leave(id, "There is no such user (any more)"),
                    }
                }
                act_on(op, without_own(op, users, action, &mut acted), action, &mut acted)?;
            }
        }
        Whom::All(filter, said) => {
            let plan = Plan::of(op, filter)?;
            let are = counted(op, filter, &plan)?;
            if are != *said {
                return Ok(Err(Other(are)));
            }
            let mut after = Some(0);
            while let Some(from) = after {
                let (keys, next) = search::each(op, &plan, from)?;
                for part in keys.chunks(PART) {
                    let mut users = store::users::find_by_keys(op.tx, op.account, part)?;
                    users.sort_unstable_by_key(|user| user.key);
                    act_on(op, without_own(op, users, action, &mut acted), action, &mut acted)?;
                }
                after = next;
            }
        }
    }
    Ok(Ok(acted))
}

/// How many there are of whom a filter is so: what is said of them before something is done with all. It looks at each, but
/// for all users together.
///
/// # Errors
/// [`Code::NotFound`] for a group or role of the filter that is not there.
pub fn count(view: &View<'_>, filter: &Filter) -> Result<u64> {
    view.expect(Permission::ViewUsers)?;
    counted(view, filter, &Plan::of(view, filter)?)
}

fn counted(view: &View<'_>, filter: &Filter, plan: &Plan) -> Result<u64> {
    if *filter == Filter::default() {
        return Ok(store::pages::seek(view.tx, view.account, Kind::Users, 0)?.total.unsigned_abs());
    }
    let (mut count, mut after) = (0, Some(0));
    while let Some(from) = after {
        let (keys, next) = search::each(view, plan, from)?;
        (count, after) = (count + keys.len() as u64, next);
    }
    Ok(count)
}

/// Whoever asks, where they would shut themselves out by something that is done with many.
fn own(view: &View<'_>, action: Action) -> Option<UserKey> {
    match (&view.actor, action) {
        (Actor::Admin(admin), Action::Suspend | Action::Remove) => Some(admin.user),
        _ => None,
    }
}

/// As [`act`], for one user, of whom it is said why it was not done.
///
/// # Errors
/// [`Code::NotFound`] where there is no such user, [`Code::Conflict`] where it cannot be done with them.
pub fn act_on_one(op: &mut Op<'_>, id: &str, action: Action) -> Result<()> {
    op.expect(action.permission())?;
    let Some(user) = store::users::find_by_public_ids(op.tx, op.account, &[id])?.remove(id) else {
        return Err(Error::new(Code::NotFound, "There is no such user (any more)."));
    };
    if let Some(why) = barred(op, std::iter::once(&user))?.remove(&user.key) {
        return Err(Error::new(Code::Forbidden, why));
    }
    let mut acted = Acted::default();
    act_on(op, vec![user], action, &mut acted)?;
    acted.left.pop().map_or(Ok(()), |left| Err(Error::new(Code::Conflict, left.why)))
}

fn without_own(view: &View<'_>, mut users: Vec<UserRow>, action: Action, acted: &mut Acted) -> Vec<UserRow> {
    if let Some(own) = own(view, action) {
        let asks = users.extract_if(.., |user| user.key == own);
        asks.for_each(|user| acted.leave(&user.email, format!("{} is who asks for it", user.email)));
    }
    users
}

/// A part of them; a fixed number of statements.
fn act_on(op: &mut Op<'_>, users: Vec<UserRow>, action: Action, acted: &mut Acted) -> Result<()> {
    let barred = barred(op, users.iter())?;
    let mut admins: HashSet<UserKey> = match action {
        Action::Suspend => store::assignments::active_admins(op.tx, op.account, op.now)?.into_iter().collect(),
        _ => HashSet::new(),
    };
    let mut ready = Vec::with_capacity(users.len());
    for user in users {
        if let Some(why) = barred.get(&user.key) {
            acted.leave(&user.email, why);
        } else if !action.follows(user.status) {
            acted.leave(&user.email, format!("{} is {}", user.email, user.status));
        } else if admins.len() == 1 && admins.contains(&user.key) {
            acted.leave(&user.email, super::UserFault::LastAdmin(user.email.clone()).to_string());
        } else {
            admins.remove(&user.key);
            ready.push(user);
        }
    }
    match action {
        Action::Suspend => turn(op, &ready, Status::Suspended, acted),
        Action::Reactivate | Action::Unlock => turn(op, &ready, Status::Active, acted),
        Action::Resend => resend(op, &ready, acted),
        Action::Revoke => revoke(op, ready, acted),
        Action::Remove => take_away(op, &ready, acted),
        Action::EndSessions => end_sessions(op, ready, acted),
    }
}

fn turn(op: &mut Op<'_>, users: &[UserRow], status: Status, acted: &mut Acted) -> Result<()> {
    let changes: Vec<UserChange> =
        users.iter().filter_map(|user| UserChange::between(user, UserRow { status, ..user.clone() })).collect();
    acted.done += changes.len() as u64;
    let locked: Vec<UserKey> = users.iter().filter(|u| u.status == Status::Locked).map(|u| u.key).collect();
    op.change(|tx, view| {
        store::users::forget_failures(tx, view.account, &locked)?;
        Ok(((), write_changes(tx, view, &changes)?))
    })
}

fn resend(op: &mut Op<'_>, users: &[UserRow], acted: &mut Acted) -> Result<()> {
    acted.done += users.len() as u64;
    op.change(|tx, view| {
        let keys: Vec<UserKey> = users.iter().map(|user| user.key).collect();
        store::invitations::revoke_of_users(tx, view.account, &keys)?;
        // A letter that was not sent yet would lead nowhere.
        store::outbox::remove_of_users(tx, view.account, &keys)?;
        let invitations: Vec<Invitation<'_>> = users.iter().map(Invitation::again).collect();
        invitation::send_many(tx, view, &invitations)?;
        let expires = view.now.plus_millis(invitation::LIFE_MILLIS).to_string();
        let event = |user: &UserRow| {
            Event::new(EventKind::InvitationSent, &user.id, format!("{} was invited once more", user.email))
                .after(json!({ "expires": expires }))
        };
        Ok(((), users.iter().map(event).collect()))
    })
}

fn revoke(op: &mut Op<'_>, users: Vec<UserRow>, acted: &mut Acted) -> Result<()> {
    let keys: Vec<UserKey> = users.iter().map(|user| user.key).collect();
    let open: HashSet<UserKey> = store::invitations::open_of(op.tx, op.account, &keys)?.into_iter().collect();
    let (users, without): (Vec<_>, Vec<_>) = users.into_iter().partition(|user| open.contains(&user.key));
    without.iter().for_each(|user| acted.leave(&user.email, format!("{} has no open invitation", user.email)));
    acted.done += users.len() as u64;
    op.change(|tx, view| {
        let keys: Vec<UserKey> = users.iter().map(|user| user.key).collect();
        store::invitations::revoke_of_users(tx, view.account, &keys)?;
        // A letter that was not sent yet would lead nowhere.
        store::outbox::remove_of_users(tx, view.account, &keys)?;
        let event = |user: &UserRow| {
            Event::new(EventKind::InvitationRevoked, &user.id, format!("The invitation of {} was revoked", user.email))
        };
        Ok(((), users.iter().map(event).collect()))
    })
}

fn take_away(op: &mut Op<'_>, users: &[UserRow], acted: &mut Acted) -> Result<()> {
    let asked: Vec<Lookup> = users.iter().map(|user| Lookup::Email(user.email.clone())).collect();
    let stays = remove(op, &asked)?;
    acted.done += (users.len() - stays.len()) as u64;
    for stay in stays {
        let (Lookup::Email(who) | Lookup::OrgUserId(who)) = &stay.asked;
        let why: Vec<String> = stay.faults.iter().map(ToString::to_string).collect();
        acted.leave(who, why.join("; "));
    }
    Ok(())
}

fn end_sessions(op: &mut Op<'_>, users: Vec<UserRow>, acted: &mut Acted) -> Result<()> {
    let keys: Vec<UserKey> = users.iter().map(|user| user.key).collect();
    let having: HashSet<UserKey> = store::sessions::having(op.tx, op.account, &keys)?.into_iter().collect();
    let (users, without): (Vec<_>, Vec<_>) = users.into_iter().partition(|user| having.contains(&user.key));
    without.iter().for_each(|user| acted.leave(&user.email, format!("{} has no session", user.email)));
    acted.done += users.len() as u64;
    op.change(|tx, view| {
        let keys: Vec<UserKey> = users.iter().map(|user| user.key).collect();
        store::sessions::end_of_users(tx, view.account, &keys)?;
        let event = |user: &UserRow| {
            Event::new(EventKind::SessionEnded, &user.id, format!("All sessions of {} were ended", user.email))
        };
        Ok(((), users.iter().map(event).collect()))
    })
}
