//! The first administrator of an account: by a link that the host prints as long as there is none.

use serde_json::json;

use super::link::{Purpose, activated, created, gone, make_admin};
use super::password::{self, NewPassword};
use crate::audit::{Event, EventKind};
use crate::chance::Secret;
use crate::error::{Code, Error, Result};
use crate::op::Op;
use crate::policy::Permission;
use crate::seal::sha256;
use crate::store;
use crate::text::Email;
use crate::users::{Profile, ProfileField};

/// How long a set-up link is good for: 24 hours.
pub const LIFE_MILLIS: i64 = 24 * 3600 * 1000;

/// Makes a link by which whoever has it becomes the account's first administrator; none where it has one. Those from before
/// are of no use any more.
///
/// # Errors
/// When the database fails.
pub fn make(op: &mut Op<'_>) -> Result<Option<Secret>> {
    op.expect(Permission::AdministerAccount)?;
    if !store::assignments::active_admins(op.tx, op.account, op.now)?.is_empty() {
        return Ok(None);
    }
    let token = Secret::link_token();
    op.change(|tx, view| {
        store::links::revoke_set_up(tx, view.account)?;
        let (hash, expires) = (sha256(token.expose().as_bytes()), view.now.plus_millis(LIFE_MILLIS));
        store::links::insert(tx, view.account, None, Purpose::SetUp, &hash, view.now, expires)?;
        let account = store::accounts::get(tx, view.account)?;
        let text = "A link was made by which the first administrator sets the account up".to_owned();
        let event = Event::new(EventKind::SignInLinkMade, &account.id, text);
        Ok(((), vec![event.after(json!({ "expires": expires.to_string() }))]))
    })?;
    Ok(Some(token))
}

/// Who the first administrator is.
#[derive(Debug, Clone)]
pub struct First {
    /// Their address.
    pub email: Email,
    /// What they are called.
    pub first_name: String,
    /// And further.
    pub last_name: String,
}

/// Makes the first administrator by a link, and uses it up.
///
/// # Errors
/// [`Code::NotFound`] where it is not good (any more), [`Code::Conflict`] where the account has an administrator.
pub(crate) fn take(op: &mut Op<'_>, token: &str, first: &First, new: &NewPassword) -> Result<()> {
    op.expect(Permission::AdministerAccount)?;
    let hash = sha256(token.as_bytes());
    let open = store::links::find_open(op.tx, &hash, op.now)?;
    if !open.is_some_and(|open| open.purpose == Purpose::SetUp && open.account == op.account) {
        return Err(gone());
    }
    if !store::assignments::active_admins(op.tx, op.account, op.now)?.is_empty() {
        let text = "The account has an administrator already, who can let you in. On the host, `rollcall admin link EMAIL` \
            makes a link for signing in.";
        return Err(Error::new(Code::Conflict, text));
    }
    let found = store::users::find_by_emails(op.tx, op.account, &[first.email.key()])?.remove(first.email.key());
    let user = match found {
        Some(user) => activated(op, user)?,
        None => {
            let mut profile = Profile::default();
            let names = [(ProfileField::FirstName, &first.first_name), (ProfileField::LastName, &first.last_name)];
            for (field, name) in names {
                profile.set(field, Some(name.clone()).filter(|name| !name.is_empty()));
            }
            created(op, first.email.clone(), profile, "host")?
        }
    };
    make_admin(op, &user)?;
    let has = store::credentials::find(op.tx, op.account, user.key)?;
    op.change(|tx, view| {
        if !store::links::close(tx, &hash, view.now)? {
            return Err(gone());
        }
        password::write(tx, view, user.key, has, &new.first())?;
        let text = format!("{} set the account up as its first administrator, with a password", user.email);
        Ok(((), vec![Event::new(EventKind::PasswordChanged, &user.id, text)]))
    })
}
