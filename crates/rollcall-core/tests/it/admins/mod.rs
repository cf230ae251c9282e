//! How administrators come into the console: what each step asks for, counts and tells.

mod password;
mod reset;
mod second;
mod set_up;

use rollcall_core::actor::Actor;
use rollcall_core::admins::link::{self, Recognised};
use rollcall_core::admins::own::{self, Own};
use rollcall_core::admins::session::{self, Begun, Half};
use rollcall_core::admins::sign_in::Entered;
use rollcall_core::admins::{Device, attempt, second as factor};
use rollcall_core::chance::Secret;
use rollcall_core::op::{Mode, Op, View};
use rollcall_core::policy::Permission;
use rollcall_core::users::Status;
use rollcall_core::{Result, Rollcall};
use rollcall_testkit::TestRollcall;

use crate::setting::{column, details};

pub(crate) const ADA: &str = "ada@acme.test";
pub(crate) const PASSWORD: &str = "Correct-horse-1";
pub(crate) const OTHER: &str = "Battery-staple-2";

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text)
}

pub(crate) fn recognise_link(acme: &TestRollcall, token: &Secret) -> Option<Recognised> {
    acme.rollcall().recognise_link(token.expose().to_owned(), None).wait().unwrap()
}

/// Somebody who has come in by a link from the host, which makes them an administrator.
pub(crate) fn by_link(acme: &TestRollcall, email: &str) -> Actor {
    let email = email.to_owned();
    let token = acme.write(move |op| link::make(op, &email)).unwrap();
    let visitor = recognise_link(acme, &token).expect("a good link").actor;
    let sign_in = move |op: &mut Op<'_>| link::sign_in(op, token.expose(), &Device::default());
    let begun = acme.rollcall().write(visitor, Permission::SignIn, Mode::Real, sign_in).wait().unwrap();
    whole(acme.rollcall(), &begun)
}

/// Whose session this is, whole.
pub(crate) fn whole(rollcall: &Rollcall, begun: &Begun) -> Actor {
    match recognise(rollcall, &begun.token) {
        Some(session::Recognised::Whole { actor, .. }) => actor,
        other => panic!("no whole session: {other:?}"),
    }
}

pub(crate) fn half(rollcall: &Rollcall, begun: &Begun) -> Half {
    match recognise(rollcall, &begun.token) {
        Some(session::Recognised::Half(half)) => half,
        other => panic!("no session that lacks something: {other:?}"),
    }
}

pub(crate) fn recognise(rollcall: &Rollcall, token: &Secret) -> Option<session::Recognised> {
    rollcall.recognise_session(token.expose().to_owned(), None).wait().unwrap()
}

/// Does something of one's own.
pub(crate) fn own_change<T: Send + 'static>(
    acme: &TestRollcall,
    actor: &Actor,
    work: impl Fn(&mut Op<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    acme.rollcall().write(actor.clone(), Permission::UseConsole, Mode::Real, work).wait()
}

pub(crate) fn own_read<T: Send + 'static>(
    acme: &TestRollcall,
    actor: &Actor,
    work: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    acme.rollcall().read(actor.clone(), Permission::UseConsole, work).wait()
}

pub(crate) fn own_page(acme: &TestRollcall, actor: &Actor) -> Own {
    own_read(acme, actor, own::show).unwrap()
}

/// Sets a password, showing another where one is given.
pub(crate) fn set_password(
    acme: &TestRollcall,
    actor: &Actor,
    shown: Option<&str>,
    new: &str,
) -> Result<Option<Begun>> {
    let record = own_read(acme, actor, own::record)?;
    let proof = shown.map(|shown| record.compare(&secret(shown)));
    let new = record.renew(&secret(new)).expect("a password that can be taken");
    own_change(acme, actor, move |op| own::change_password(op, &proof, &new))
}

/// Adds a second factor; gives its key, and the recovery codes.
pub(crate) fn add_factor(acme: &TestRollcall, actor: &Actor) -> (String, Vec<Secret>) {
    assert!(begin_factor(acme, actor, None).unwrap());
    let key = own_read(acme, actor, factor::pending).unwrap().unwrap().expose().to_owned();
    let shown = code(acme, &key);
    let added = own_change(acme, actor, move |op| factor::confirm(op, &shown)).unwrap().unwrap();
    (key, added.codes)
}

/// Begins to add a second factor, showing a password where one is given.
pub(crate) fn begin_factor(acme: &TestRollcall, actor: &Actor, shown: Option<&str>) -> Result<bool> {
    let record = own_read(acme, actor, own::record)?;
    let proof = shown.map(|shown| record.compare(&secret(shown)));
    own_change(acme, actor, move |op| factor::begin(op, &proof))
}

/// The code of the present time.
pub(crate) fn code(acme: &TestRollcall, key: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(key).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret.as_bytes()).build().unwrap();
    totp.generate(acme.rollcall().now().0.unsigned_abs() / 1000).to_string()
}

/// Asks for a letter that resets a password.
pub(crate) fn ask_for_reset(acme: &TestRollcall, email: &str) {
    let knock = acme.rollcall().knock(email.to_owned(), String::new(), None).wait().unwrap();
    acme.rollcall().ask_for_reset(knock).wait().unwrap();
}

/// Ada, an administrator with [`PASSWORD`], and Bo, another.
pub(crate) fn with_password() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("bo");
    let ada = by_link(&acme, ADA);
    set_password(&acme, &ada, None, PASSWORD).unwrap().expect("no password is asked for");
    acme
}

pub(crate) fn try_in(rollcall: &Rollcall, email: &str, password: &str) -> Entered {
    let knock = rollcall.knock(email.to_owned(), String::new(), None).wait().unwrap();
    rollcall.enter(knock.try_password(&secret(password)), Device::default()).wait().unwrap()
}

pub(crate) fn comes_in(rollcall: &Rollcall, email: &str, password: &str) -> Option<Begun> {
    match try_in(rollcall, email, password) {
        Entered::In(begun) => Some(begun),
        Entered::Refused => None,
    }
}

/// Fails as often as bars.
pub(crate) fn fail_often(acme: &TestRollcall, email: &str) {
    for _ in 0..attempt::MAX_FAILURES {
        assert!(comes_in(acme.rollcall(), email, "wrong").is_none());
    }
}

pub(crate) fn status(acme: &TestRollcall, email: &str) -> Status {
    details(acme, email).status
}

/// The names of the events of the console, oldest first.
pub(crate) fn events(acme: &TestRollcall, since: usize) -> Vec<String> {
    column(acme, "select name from audit_events order by id").split_off(since)
}

pub(crate) fn event_count(acme: &TestRollcall) -> usize {
    events(acme, 0).len()
}
