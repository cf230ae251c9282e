//! Links of one use into the console: for whoever has the host, and for whoever has forgotten a password.

use std::net::IpAddr;

use serde_json::json;

use super::Device;
use super::session::{self, Begun};
use super::sign_in::came_in;
use crate::actor::{Actor, Visitor};
use crate::audit::{Event, EventKind};
use crate::chance::Secret;
use crate::error::{Code, Error, Result};
use crate::id::UserId;
use crate::op::Op;
use crate::policy::Permission;
use crate::roles::{self, RoleKind};
use crate::seal::sha256;
use crate::shared::Shared;
use crate::store::assignments::{Holder, NewAssignment};
use crate::store::users::UserRow;
use crate::store::{self, Tx, UserKey};
use crate::text::Email;
use crate::users::{self, CheckedUser, Profile, Status, UserChange};

/// How long a link from the host is good for: 15 minutes.
pub const LIFE_MILLIS: i64 = 15 * 60 * 1000;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Signing in, from the host.
    SignIn,
    /// Making the account's first administrator.
    SetUp,
    /// A new password.
    Reset,
}

impl Purpose {
    /// The store's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::SetUp => "set-up",
            Self::Reset => "reset",
        }
    }

    /// Reads the store's word; its check allows these three only.
    pub(crate) fn stored(word: &str) -> Self {
        match word {
            "set-up" => Self::SetUp,
            "reset" => Self::Reset,
            _ => Self::SignIn,
        }
    }

    /// Whether a user of this status comes in by such a link. Who is locked may show with their mail that it is they.
    pub(crate) fn suits(self, status: &str) -> bool {
        match Status::stored(status) {
            Status::Active => true,
            Status::Locked => self == Self::Reset,
            Status::Invited | Status::Suspended => false,
        }
    }
}

/// Makes a link by which whoever has it signs in as this user, once; the user is made an active holder of the built-in
/// admin role where they are not. Links of theirs from before are of no use any more.
///
/// # Errors
/// An address that is none.
pub fn make(op: &mut Op<'_>, email: &str) -> Result<Secret> {
    op.expect(Permission::AdministerAccount)?;
    let email = Email::parse(email).map_err(Error::invalid)?;
    let found = store::users::find_by_emails(op.tx, op.account, &[email.key()])?.remove(email.key());
    let user = match found {
        Some(user) => activated(op, user)?,
        None => created(op, email, Profile::default(), "host")?,
    };
    make_admin(op, &user)?;
    let token = Secret::link_token();
    op.change(|tx, view| {
        store::links::revoke_of_user(tx, view.account, user.key)?;
        let hash = sha256(token.expose().as_bytes());
        let expires = view.now.plus_millis(LIFE_MILLIS);
        store::links::insert(tx, view.account, Some(user.key), Purpose::SignIn, &hash, view.now, expires)?;
        let what = format!("A link was made by which {} can sign in once", user.email);
        let event = Event::new(EventKind::SignInLinkMade, &user.id, what);
        Ok(((), vec![event.after(json!({ "expires": expires.to_string() }))]))
    })?;
    Ok(token)
}

/// A user as an administrator is looked up.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) key: UserKey,
    pub(super) id: UserId,
    pub(super) email: String,
}

/// An active user who is new.
pub(super) fn created(op: &mut Op<'_>, email: Email, profile: Profile, source: &'static str) -> Result<Who> {
    let new = CheckedUser {
        id: UserId::random(),
        email,
        org_user_id: None,
        profile,
        can_create_bot: false,
        is_developer: false,
        data_tables: false,
        status: Status::Active,
        source,
    };
    let key = users::insert_checked(op, std::slice::from_ref(&new))?;
    let key = *key.first().ok_or_else(|| Error::internal("a user was not made"))?;
    Ok(Who { key, id: new.id, email: new.email.as_str().to_owned() })
}

/// The user, active.
pub(super) fn activated(op: &mut Op<'_>, user: UserRow) -> Result<Who> {
    let wants = UserRow { status: Status::Active, ..user.clone() };
    if let Some(change) = UserChange::between(&user, wants) {
        users::update_many(op, &[change])?;
    }
    Ok(Who { key: user.key, id: user.id, email: user.email })
}

/// Gives a user the built-in admin role, where they do not hold it directly.
pub(super) fn make_admin(op: &mut Op<'_>, user: &Who) -> Result<()> {
    let admin = store::roles::list(op.tx, op.account)?
        .into_iter()
        .find(|role| role.kind == RoleKind::Admin && role.built_in)
        .ok_or_else(|| Error::internal("an account without its built-in roles"))?;
    let held = store::assignments::held_directly(op.tx, &[user.key], op.now)?;
    if held.get(&user.key).is_some_and(|roles| roles.iter().any(|given| given.role == admin.id)) {
        return Ok(());
    }
    let row = NewAssignment { role: admin.key, bot: None, holder: Holder::User(user.key), expires: None };
    let change = roles::HeldChange {
        row,
        role_id: admin.id.to_string(),
        role_name: admin.name.clone(),
        kind: admin.kind,
        built_in: true,
        bot_name: None,
        holder_name: user.email.clone(),
    };
    // One whose time is over stands in the way of one that has none.
    let all = store::assignments::given_to(op.tx, op.account, &[user.key])?;
    let is_over = all.contains_key(&(admin.key, None, Holder::User(user.key)));
    let over = if is_over { vec![change.clone()] } else { Vec::new() };
    roles::change_held(op, std::slice::from_ref(&change), &over, "host")
}

/// Whom a link is for.
#[derive(Debug)]
pub struct Recognised {
    /// Whoever has it.
    pub actor: Actor,
    /// What it is for.
    pub purpose: Purpose,
    /// The address of its user; none where it is for setting up.
    pub email: Option<String>,
}

pub(crate) fn recognise(tx: &Tx<'_>, shared: &Shared, token: &str, ip: Option<IpAddr>) -> Result<Option<Recognised>> {
    let found = store::links::find_open(tx, &sha256(token.as_bytes()), shared.clock.now())?;
    Ok(found.map(|store::links::Open { account, purpose, user }| {
        let email = user.as_ref().map(|(_, _, email)| email.clone());
        let user = user.map(|(_, id, email)| (id, email));
        Recognised { actor: Actor::Visitor(Visitor { account, user, ip }), purpose, email }
    }))
}

/// Signs in by a link from the host, and uses it up. Of two who have it one comes in.
///
/// # Errors
/// [`Code::NotFound`] where it is not good (any more).
pub fn sign_in(op: &mut Op<'_>, token: &str, device: &Device) -> Result<Begun> {
    op.expect(Permission::SignIn)?;
    let hash = sha256(token.as_bytes());
    let open = store::links::find_open(op.tx, &hash, op.now)?;
    let user = match open {
        Some(store::links::Open { account, purpose: Purpose::SignIn, user: Some(user) }) if account == op.account => {
            let (key, id, email) = user;
            Who { key, id: UserId::stored(id), email }
        }
        _ => return Err(gone()),
    };
    op.change(|tx, view| {
        if !store::links::close(tx, &hash, view.now)? {
            return Err(gone());
        }
        let begun = session::begin(tx, view, user.key, None, true, device)?;
        let has = store::credentials::find(tx, view.account, user.key)?;
        let text = format!("{} signed in by a link from the host", user.email);
        Ok((begun, vec![came_in(tx, view, &user, has, text)?]))
    })
}

/// What is said of every link that is not good (any more).
pub fn gone() -> Error {
    Error::new(
        Code::NotFound,
        "This link has been used or has expired. On the host, `rollcall admin link EMAIL` makes a new one.",
    )
}
