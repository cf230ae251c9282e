//! The first administrator.

use std::sync::Barrier;

use rollcall_core::admins::password::Record;
use rollcall_core::admins::set_up::{self, First, LIFE_MILLIS};
use rollcall_core::chance::Secret;
use rollcall_core::text::Email;
use rollcall_core::users::Status;
use rollcall_core::{Code, Result};
use rollcall_testkit::{TestRollcall, user};

use super::{ADA, PASSWORD, comes_in, recognise_link, secret, status, whole};
use crate::setting::{details, state};

fn take(acme: &TestRollcall, token: &Secret, email: &str) -> Result<()> {
    let link = recognise_link(acme, token).ok_or_else(rollcall_core::admins::link::gone)?;
    let first = First { email: Email::parse(email).unwrap(), first_name: "Ada".into(), last_name: String::new() };
    let new = Record::default().renew(&secret(PASSWORD)).unwrap();
    acme.rollcall().set_up_by_link(token.expose().to_owned(), &link.actor, first, new).wait()
}

#[test]
fn the_first_administrator_comes_by_the_newest_link_once() {
    let acme = TestRollcall::new();
    let first = acme.write(set_up::make).unwrap().unwrap();
    let token = acme.write(set_up::make).unwrap().unwrap();
    assert_eq!(take(&acme, &first, ADA).unwrap_err().code(), Code::NotFound, "one from before");
    take(&acme, &token, ADA).unwrap();
    let ada = details(&acme, ADA);
    assert_eq!((ada.status, ada.first_name.as_deref()), (Status::Active, Some("Ada")));
    whole(acme.rollcall(), &comes_in(acme.rollcall(), ADA, PASSWORD).unwrap());
    assert_eq!(take(&acme, &token, "eve@acme.test").unwrap_err().code(), Code::NotFound);
    assert!(acme.write(set_up::make).unwrap().is_none(), "there is one now");
    acme.sealed_events();
}

#[test]
fn a_link_that_an_administrator_came_before_sets_nothing_up() {
    let acme = TestRollcall::new();
    let token = acme.write(set_up::make).unwrap().unwrap();
    acme.admin("bo");
    assert_eq!(take(&acme, &token, ADA).unwrap_err().code(), Code::Conflict);
    assert!(comes_in(acme.rollcall(), ADA, PASSWORD).is_none());
}

#[test]
fn of_two_with_one_link_one_is_the_first() {
    let acme = TestRollcall::new();
    let token = acme.write(set_up::make).unwrap().unwrap();
    let both = Barrier::new(2);
    let done: Vec<bool> = std::thread::scope(|scope| {
        let threads = [ADA, "eve@acme.test"].map(|email| {
            let (acme, token, both) = (&acme, &token, &both);
            scope.spawn(move || {
                both.wait();
                take(acme, token, email).is_ok()
            })
        });
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(done.iter().filter(|is_done| **is_done).count(), 1, "{done:?}");
    assert_eq!(acme.read(rollcall_core::accounts::active_admins).unwrap(), 1);
}

#[test]
fn a_link_is_good_for_a_day_and_makes_whoever_is_there_active() {
    let acme = TestRollcall::new();
    acme.apply(rollcall_core::sync::State { users: vec![user(ADA, Status::Suspended)], ..state() }).unwrap();
    let late = acme.write(set_up::make).unwrap().unwrap();
    acme.clock.advance(LIFE_MILLIS);
    assert_eq!(take(&acme, &late, ADA).unwrap_err().code(), Code::NotFound);
    let token = acme.write(set_up::make).unwrap().unwrap();
    acme.clock.advance(LIFE_MILLIS - 1);
    take(&acme, &token, ADA).unwrap();
    assert_eq!(status(&acme, ADA), Status::Active);
}
