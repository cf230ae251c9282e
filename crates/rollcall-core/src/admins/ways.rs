//! What the faces ask of a [`Rollcall`] to let administrators in: the steps that come before there is an actor.

use std::net::IpAddr;
use std::sync::Arc;

use super::password::NewPassword;
use super::set_up::First;
use super::sign_in::{self, Entered, Knock, Tried};
use super::{Device, link, reset, session, set_up};
use crate::actor::{Actor, Host};
use crate::op::Mode;
use crate::pending::Pending;
use crate::policy::Permission;
use crate::rollcall::Rollcall;
use crate::store::Extent;

impl Rollcall {
    /// Recognises the session of the console with this token; none where it is over, or its user may not be in the
    /// console (any more).
    pub fn recognise_session(&self, token: String, ip: Option<IpAddr>) -> Pending<Option<session::Recognised>> {
        let shared = Arc::clone(self.shared());
        self.snapshot(move |tx| session::recognise(tx, &shared, &token, ip))
    }

    /// Notes that the admin's session was seen just now. Nobody needs to wait for it.
    pub fn touch_session(&self, actor: &Actor) -> Pending<()> {
        let Actor::Admin(admin) = actor else { return Pending::done(Ok(())) };
        let (account, key) = (admin.account, admin.session);
        let host = Actor::Host(Host { account, job: "sessions" });
        self.write(host, Permission::RunJobs, Mode::Real, move |op| session::touch(op, account, key))
    }

    /// Recognises a link of one use into the console; none where it is not good (any more).
    pub fn recognise_link(&self, token: String, ip: Option<IpAddr>) -> Pending<Option<link::Recognised>> {
        let shared = Arc::clone(self.shared());
        self.look(Extent::Moment, move |tx| link::recognise(tx, &shared, &token, ip))
    }

    /// Whether whoever signs in must be able to say in which account.
    pub fn asks_for_account(&self) -> Pending<bool> {
        self.look(Extent::Moment, sign_in::asks_for_account)
    }

    /// Looks up who may have this address, in the account of this name or, where that is empty, in any. What comes back does
    /// not tell whether there is anybody.
    pub fn knock(&self, email: String, account: String, ip: Option<IpAddr>) -> Pending<Knock> {
        let shared = Arc::clone(self.shared());
        self.snapshot(move |tx| sign_in::knock(tx, &shared, &email, &account, ip))
    }

    /// Lets in whoever has shown the right password, or counts a failure.
    pub fn enter(&self, tried: Tried, device: Device) -> Pending<Entered> {
        self.write(tried.actor(), Permission::SignIn, Mode::Real, move |op| sign_in::enter(op, &tried, &device))
    }

    /// Sends whoever knocked a letter by which they set a new password, if they are an administrator.
    pub fn ask_for_reset(&self, knock: Knock) -> Pending<()> {
        self.write(knock.actor(), Permission::SignIn, Mode::Real, move |op| reset::ask(op, &knock))
    }

    /// Makes the first administrator of an account, by the link that the host has printed: as the host, who let them.
    pub fn set_up_by_link(&self, token: String, visitor: &Actor, first: First, new: NewPassword) -> Pending<()> {
        let host = Actor::Host(Host { account: visitor.account(), job: "set-up link" });
        self.write(host, Permission::AdministerAccount, Mode::Real, move |op| set_up::take(op, &token, &first, &new))
    }
}
