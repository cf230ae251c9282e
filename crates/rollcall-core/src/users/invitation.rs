//! Invitations: a single-use link for each new user, queued with the user's own transaction, and its redemption.

use std::net::IpAddr;

use serde_json::json;

use super::{CheckedUser, ProfileField, Status};
use crate::actor::{Actor, Invitee};
use crate::audit::{Event, EventKind};
use crate::chance::Secret;
use crate::error::{Code, Error, Result};
use crate::mail::{Draft, LetterKind, OUTBOX_SEAL};
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::seal::sha256;
use crate::shared::Shared;
use crate::store::users::UserRow;
use crate::store::{self, Tx, UserKey, WriteTx};

/// How long an invitation is good for: 15 days (domain, Things: Invitation).
pub const LIFE_MILLIS: i64 = 15 * 24 * 3600 * 1000;

/// An invitation about to be queued.
pub(crate) struct Invitation<'a> {
    user: UserKey,
    token: Secret,
    email: &'a str,
    first_name: Option<&'a str>,
}

impl<'a> Invitation<'a> {
    pub(crate) fn new(user: UserKey, of: &'a CheckedUser) -> Self {
        let first_name = of.profile.get(ProfileField::FirstName);
        Self { user, token: Secret::link_token(), email: of.email.as_str(), first_name }
    }

    pub(super) fn again(of: &'a UserRow) -> Self {
        let first_name = of.profile.get(ProfileField::FirstName);
        Self { user: of.key, token: Secret::link_token(), email: &of.email, first_name }
    }
}

/// Queues invitations. The token itself is kept only sealed, in the outbox, until it is sent; its hash stays.
pub(crate) fn send_many(tx: &WriteTx<'_>, view: &View<'_>, invitations: &[Invitation<'_>]) -> Result<()> {
    let expires = view.now.plus_millis(LIFE_MILLIS);
    let rows: Vec<(UserKey, [u8; 32])> =
        invitations.iter().map(|i| (i.user, sha256(i.token.expose().as_bytes()))).collect();
    store::invitations::insert_many(tx, view.account, &rows, view.now, expires)?;
    if invitations.is_empty() {
        return Ok(());
    }
    let key = view.sealing_key(tx)?;
    let letters: Vec<(UserKey, Vec<u8>)> = invitations
        .iter()
        .map(|i| {
            let draft = Draft { to: i.email, first_name: i.first_name, token: &i.token, expires };
            (i.user, key.seal(OUTBOX_SEAL, &draft.to_bytes()))
        })
        .collect();
    store::outbox::insert_many(tx, view.account, LetterKind::Invitation.word(), &letters, view.now)
}

/// Whose open invitation this token is, if it is one.
pub(crate) fn recognise(tx: &Tx<'_>, shared: &Shared, token: &str, ip: Option<IpAddr>) -> Result<Option<Actor>> {
    let hash = sha256(token.as_bytes());
    let found = store::invitations::find_open(tx, &hash, shared.clock.now())?;
    Ok(found
        .map(|(account, user, public_id)| Actor::Invitee(Invitee { account, user, public_id, token_hash: hash, ip })))
}

/// Whom an invitation is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// The invited address.
    pub email: String,
    /// The account that invites.
    pub account_name: String,
}

/// Whom the invitation at hand is for.
///
/// # Errors
/// When it is not good any more.
pub fn show(view: &View<'_>) -> Result<Invited> {
    view.expect(Permission::AcceptInvitation)?;
    let invitee = invitee(view)?;
    let email = store::users::email(view.tx, view.account, invitee.user)?.ok_or_else(gone)?;
    Ok(Invited { email, account_name: store::accounts::get(view.tx, view.account)?.name })
}

/// Accepts the invitation at hand: the user is active from now on. Of two redemptions one wins.
///
/// # Errors
/// [`Code::NotFound`] when it was used, revoked or has expired, or its user is not waiting for it (any more).
pub fn accept(op: &mut Op<'_>) -> Result<Invited> {
    op.expect(Permission::AcceptInvitation)?;
    let invited = show(op)?;
    let invitee = invitee(op)?;
    op.change(|tx, view| {
        // Both must be so: the link unused, and its user still invited. Nobody comes back from suspension by an old link.
        let is_open = store::invitations::close(tx, &invitee.token_hash, view.now)?;
        if !is_open || store::users::activate(tx, view.account, invitee.user, view.now)? == 0 {
            return Err(gone());
        }
        let event = Event::new(
            EventKind::InvitationAccepted,
            &invitee.public_id,
            format!("{} accepted the invitation", invited.email),
        );
        let (before, after) = (Status::Invited.label(), Status::Active.label());
        Ok(((), vec![event.before(json!({"status": before})).after(json!({"status": after}))]))
    })?;
    Ok(invited)
}

fn invitee(view: &View<'_>) -> Result<Invitee> {
    match &view.actor {
        Actor::Invitee(invitee) => Ok(invitee.clone()),
        Actor::App(_) | Actor::Host(_) | Actor::Admin(_) | Actor::Visitor(_) => {
            Err(Error::internal("only an invitee accepts an invitation"))
        }
    }
}

/// What is said of every invitation that is not good (any more).
pub fn gone() -> Error {
    Error::new(Code::NotFound, "This invitation has been used or has expired. Ask your administrator for a new one.")
}
