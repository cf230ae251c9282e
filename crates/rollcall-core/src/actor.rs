//! Who acts. An actor comes from a verified token, from the host itself, or from an invitation's token; from nowhere else.

use std::net::IpAddr;
use std::sync::Arc;

use crate::apps::Algorithm;
use crate::id::ClientId;
use crate::policy::Scope;
use crate::roles::rights::AdminRights;
use crate::store::{AccountKey, AppKey, SessionKey, UserKey};

/// Somebody who asks for something, in one account.
#[derive(Debug, Clone)]
pub enum Actor {
    /// A client app, proved by its signed token.
    App(App),
    /// Whoever runs the program on its host: the command line, and Rollcall's own jobs.
    Host(Host),
    /// Somebody who holds the token of an open invitation.
    Invitee(Invitee),
    /// A user with admin rights who has signed in to the console.
    Admin(Admin),
    /// Somebody who is about to sign in, and has not shown yet who they are.
    Visitor(Visitor),
}

/// A client app that has proved who it is: only [`crate::apps::token`] makes one.
#[derive(Debug, Clone)]
pub struct App {
    pub(crate) account: AccountKey,
    pub(crate) key: AppKey,
    pub(crate) client_id: ClientId,
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) proof: Proof,
}

/// What an app's token proved, and when: enough to ask in a later transaction whether it would prove it still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    /// The stamp of the account's apps under which its record was read.
    pub(crate) stamp: i64,
    /// The id of the secret, or public key, that its signature was made with.
    pub(crate) secret: Arc<str>,
    /// How it was signed: with another algorithm the same secret proves nothing.
    pub(crate) algorithm: Algorithm,
    pub(crate) had_token_id: bool,
    pub(crate) was_encrypted: bool,
}

impl App {
    /// Whether the app was given the scope.
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// What administrators call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its public id.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }
}

/// The host's own hand on one account.
#[derive(Debug, Clone)]
pub struct Host {
    pub(crate) account: AccountKey,
    pub(crate) job: &'static str,
}

/// The holder of an invitation's token: only [`crate::users::invitation`] makes one.
#[derive(Debug, Clone)]
pub struct Invitee {
    pub(crate) account: AccountKey,
    pub(crate) user: UserKey,
    pub(crate) public_id: String,
    pub(crate) token_hash: [u8; 32],
    pub(crate) ip: Option<IpAddr>,
}

/// A user who has signed in to the console: only [`crate::admins::session`] makes one, of a live session.
#[derive(Debug, Clone)]
pub struct Admin {
    pub(crate) account: AccountKey,
    pub(crate) user: UserKey,
    pub(crate) public_id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) session: SessionKey,
    pub(crate) session_id: String,
    /// What their roles give them, by all ways.
    pub(crate) rights: AdminRights,
    /// The revision of the account as of which all of this is so.
    pub(crate) revision: i64,
    pub(crate) ip: Option<IpAddr>,
}

impl Admin {
    /// Their public id.
    pub fn id(&self) -> &str {
        &self.public_id
    }

    /// Their address.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// What they are called: their name, or else their address.
    pub fn name(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }

    /// What their roles give them.
    pub fn rights(&self) -> AdminRights {
        self.rights
    }

    /// The public id of their session.
    pub fn session(&self) -> &str {
        &self.session_id
    }
}

/// Somebody before the door of the console: only [`crate::admins`] makes one.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub(crate) account: AccountKey,
    /// Who they say, or have shown, that they are: public id and address; none for whoever sets the account up.
    pub(crate) user: Option<(String, String)>,
    pub(crate) ip: Option<IpAddr>,
}

impl Actor {
    /// The account in which everything happens.
    pub(crate) fn account(&self) -> AccountKey {
        match self {
            Self::App(App { account, .. })
            | Self::Host(Host { account, .. })
            | Self::Invitee(Invitee { account, .. })
            | Self::Admin(Admin { account, .. })
            | Self::Visitor(Visitor { account, .. }) => *account,
        }
    }

    /// Whether all that they do is done, and told, as the other's: the same right, proved at the same time, from the same
    /// place.
    pub(crate) fn is_as_good_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::App(a), Self::App(b)) => {
                // The whole proof: where their apps are looked at again, one secret may be there still and the other not.
                (a.account, a.key, a.ip, &a.proof) == (b.account, b.key, b.ip, &b.proof)
                    && (&a.client_id, &a.name, &a.scopes) == (&b.client_id, &b.name, &b.scopes)
            }
            (Self::Host(a), Self::Host(b)) => (a.account, a.job) == (b.account, b.job),
            _ => false,
        }
    }

    /// Where the request came from, where it came over a network.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::App(App { ip, .. })
            | Self::Invitee(Invitee { ip, .. })
            | Self::Admin(Admin { ip, .. })
            | Self::Visitor(Visitor { ip, .. }) => *ip,
            Self::Host(_) => None,
        }
    }

    /// Through what comes what they make so (domain, Things: Membership).
    pub(crate) fn via(&self) -> &'static str {
        match self {
            Self::Admin(_) => "manual",
            Self::App(_) | Self::Host(_) | Self::Invitee(_) | Self::Visitor(_) => "api",
        }
    }

    /// How the audit log names the actor: kind, public id, name.
    pub(crate) fn signature(&self) -> (&'static str, String, String) {
        match self {
            Self::App(app) => ("app", app.client_id.to_string(), app.name.clone()),
            Self::Host(host) => ("host", host.job.to_owned(), host.job.to_owned()),
            Self::Invitee(invitee) => ("user", invitee.public_id.clone(), "invitee".to_owned()),
            Self::Admin(admin) => ("user", admin.public_id.clone(), admin.email.clone()),
            Self::Visitor(Visitor { user: Some((id, email)), .. }) => ("user", id.clone(), email.clone()),
            Self::Visitor(_) => ("visitor", String::new(), "visitor".to_owned()),
        }
    }

    /// The actor as the subject of a sentence.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::App(app) => format!("The app {:?} ({})", app.name, app.client_id),
            Self::Host(host) => format!("The host ({})", host.job),
            Self::Invitee(_) => "The holder of an invitation".to_owned(),
            Self::Admin(admin) => format!("The admin {}", admin.email),
            Self::Visitor(_) => "Who has not signed in".to_owned(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    //! Actors for the truth tables of `policy.rs`.
    use super::*;

    pub(crate) fn app(scopes: &[Scope]) -> Actor {
        Actor::App(App {
            account: AccountKey(1),
            key: AppKey(1),
            client_id: ClientId::derive("Acme", "ci"),
            name: "ci".into(),
            scopes: scopes.to_vec(),
            ip: None,
            proof: Proof {
                stamp: 0,
                secret: "1".into(),
                algorithm: Algorithm::Hs256,
                had_token_id: false,
                was_encrypted: false,
            },
        })
    }

    pub(crate) fn host() -> Actor {
        Actor::Host(Host { account: AccountKey(1), job: "test" })
    }

    pub(crate) fn admin(rights: AdminRights) -> Actor {
        Actor::Admin(Admin {
            account: AccountKey(1),
            user: UserKey(1),
            public_id: "u-1".into(),
            email: "ada@acme.test".into(),
            name: String::new(),
            session: SessionKey(1),
            session_id: "s-1".into(),
            rights,
            revision: 0,
            ip: None,
        })
    }

    pub(crate) fn visitor() -> Actor {
        Actor::Visitor(Visitor { account: AccountKey(1), user: None, ip: None })
    }

    pub(crate) fn invitee() -> Actor {
        Actor::Invitee(Invitee {
            account: AccountKey(1),
            user: UserKey(1),
            public_id: "u-1".into(),
            token_hash: [0; 32],
            ip: None,
        })
    }
}
