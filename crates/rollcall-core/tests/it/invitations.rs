//! Invitations: the letter that waits, the link that works once.

use std::sync::Barrier;

use rollcall_core::Code;
use rollcall_core::actor::Actor;
use rollcall_core::clock::Time;
use rollcall_core::mail::{self, Due};
use rollcall_core::op::Mode;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::sync::State;
use rollcall_core::users::invitation::{self, Invited, LIFE_MILLIS};
use rollcall_core::users::{self, Lookup, NewUser, Profile, ProfileField, Status};
use rollcall_testkit::{START, TestRollcall, user};

use crate::setting::{DAY, app, column, create, details, letters, number, prune, state, traces};

/// "Acme" with Bo, who is invited, and the token of the invitation.
fn invited() -> (TestRollcall, String) {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let mut profile = Profile::default();
    profile.set(ProfileField::FirstName, Some("Bo".into()));
    let bo = NewUser { profile, ..NewUser::with_email("Bo@acme.test") };
    let quiet = NewUser { invite: false, ..NewUser::with_email("cy@acme.test") };
    create(acme.rollcall(), &app(&acme, &Scope::ALL), Mode::Real, &[bo, quiet]).unwrap();
    let (to, token) = letters(&acme).remove(0);
    assert_eq!((to.as_str(), letters(&acme).len()), ("Bo@acme.test", 1), "one letter, to the one who is to be told");
    (acme, token)
}

fn recognise(acme: &TestRollcall, token: &str) -> Option<Actor> {
    acme.rollcall().recognise_invitation(token.to_owned(), None).wait().unwrap()
}

fn accept(acme: &TestRollcall, actor: &Actor) -> rollcall_core::Result<Invited> {
    acme.rollcall().write(actor.clone(), Permission::AcceptInvitation, Mode::Real, invitation::accept).wait()
}

#[test]
fn an_invitation_makes_its_user_active_once() {
    let (acme, token) = invited();
    let actor = recognise(&acme, &token).unwrap();
    let expected = Invited { email: "Bo@acme.test".into(), account_name: "Acme".into() };
    let shown = acme.rollcall().read(actor.clone(), Permission::AcceptInvitation, invitation::show).wait();
    assert_eq!(shown.unwrap(), expected);
    assert_eq!(details(&acme, "bo@acme.test").status, Status::Invited, "looking is not accepting");
    assert_eq!(accept(&acme, &actor).unwrap(), expected);
    assert_eq!(details(&acme, "bo@acme.test").status, Status::Active);
    let again = accept(&acme, &actor).unwrap_err();
    assert_eq!((again.code(), recognise(&acme, &token).is_none()), (Code::NotFound, true));
    let sql = "select concat_ws('|', actor_kind, name, target, state_before, state_after) from audit_events order by id desc limit 1";
    let told = column(&acme, sql).remove(0);
    let id = details(&acme, "bo@acme.test").id;
    assert_eq!(told, format!(r#"user|Invitation Accepted|{id}|{{"status":"not active"}}|{{"status":"active"}}"#));
}

#[test]
fn of_concurrent_redemptions_exactly_one_wins() {
    let (acme, token) = invited();
    let events = acme.sealed_events();
    let both = Barrier::new(2);
    let results: Vec<_> = std::thread::scope(|scope| {
        let redeem = || {
            let actor = recognise(&acme, &token).unwrap();
            both.wait();
            accept(&acme, &actor).map_err(|e| e.code())
        };
        let threads = [scope.spawn(redeem), scope.spawn(redeem)];
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let won = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!((won, results.contains(&Err(Code::NotFound))), (1, true), "{results:?}");
    assert_eq!(acme.sealed_events(), events + 1);
}

#[test]
fn an_invitation_is_good_for_fifteen_days() {
    let (acme, token) = invited();
    assert_eq!(LIFE_MILLIS, 15 * DAY);
    acme.clock.advance(15 * DAY - 1);
    let actor = recognise(&acme, &token).unwrap();
    acme.clock.advance(1);
    assert!(recognise(&acme, &token).is_none());
    assert_eq!(
        accept(&acme, &actor).unwrap_err().code(),
        Code::NotFound,
        "also where it was still good when recognised"
    );
    assert_eq!(details(&acme, "bo@acme.test").status, Status::Invited);
    acme.clock.advance(-DAY);
    accept(&acme, &actor).unwrap();
}

#[test]
fn an_old_link_brings_nobody_back() {
    for status in [Status::Suspended, Status::Locked, Status::Active] {
        let (acme, token) = invited();
        let actor = recognise(&acme, &token).unwrap();
        acme.apply(State { users: vec![user("bo@acme.test", status)], ..state() }).unwrap();
        let (before, events) = (acme.snapshot(), acme.sealed_events());
        assert!(recognise(&acme, &token).is_none());
        assert_eq!(accept(&acme, &actor).unwrap_err().code(), Code::NotFound);
        assert_eq!((acme.snapshot(), acme.sealed_events()), (before, events));
        acme.apply(State { users: vec![user("bo@acme.test", Status::Invited)], ..state() }).unwrap();
        accept(&acme, &actor).unwrap();
    }
}

#[test]
fn an_invitation_goes_with_its_user() {
    let (acme, token) = invited();
    let actor = recognise(&acme, &token).unwrap();
    let mut without = crate::setting::export(&acme);
    without.users.retain(|u| u.email != "Bo@acme.test");
    prune(&acme, without).unwrap();
    assert!(recognise(&acme, &token).is_none());
    assert_eq!(accept(&acme, &actor).unwrap_err().code(), Code::NotFound);
    let again = [NewUser::with_email("bo@acme.test")];
    create(acme.rollcall(), &app(&acme, &Scope::ALL), Mode::Real, &again).unwrap();
    assert!(recognise(&acme, &token).is_none(), "a namesake is somebody else");
    assert_eq!(letters(&acme).len(), 1, "the old letter went with the old user");
}

#[test]
fn a_token_stands_nowhere_in_clear_and_no_other_text_is_one() {
    let (acme, token) = invited();
    assert!(!traces(&acme, "Bo@acme.test").is_empty(), "what is in clear is found");
    assert_eq!(traces(&acme, &token), [""; 0]);
    assert!(token.len() >= 43, "256 bits");
    for wrong in ["", " ", &token[1..], &format!("{token} "), &token.to_lowercase()] {
        assert!(recognise(&acme, wrong).is_none(), "{wrong:?}");
    }
    acme.sealed_events();
    accept(&acme, &recognise(&acme, &token).unwrap()).unwrap();
    assert_eq!(traces(&acme, &token), [""; 0]);
}

#[test]
fn an_invitee_may_do_nothing_else() {
    let (acme, token) = invited();
    let actor = recognise(&acme, &token).unwrap();
    for permission in Permission::ALL {
        let asked = acme.rollcall().read(actor.clone(), permission, |_| Ok(())).wait().map_err(|e| e.code());
        let expected = if permission == Permission::AcceptInvitation { Ok(()) } else { Err(Code::Forbidden) };
        assert_eq!(asked, expected, "{permission:?}");
    }
    let host = acme.host_actor();
    let asked = acme.rollcall().write(host, Permission::AcceptInvitation, Mode::Real, invitation::accept).wait();
    assert_eq!(asked.unwrap_err().code(), Code::Forbidden, "and nobody does it for them");
}

#[test]
fn a_letter_that_went_with_its_user_while_it_was_delivered_takes_no_other_with_it() {
    let acme = TestRollcall::new();
    let actor = app(&acme, &[Scope::UserManagement]);
    create(acme.rollcall(), &actor, Mode::Real, &[NewUser::with_email("bo@acme.test")]).unwrap();
    let claimed = acme.write(|op| mail::claim(op, 10)).unwrap();
    acme.write(|op| users::remove(op, &[Lookup::Email("bo@acme.test".into())])).unwrap();
    acme.clock.advance(1);
    create(acme.rollcall(), &actor, Mode::Real, &[NewUser::with_email("jo@acme.test")]).unwrap();
    let delivered: Vec<_> = claimed.letters.iter().map(|due| (due.id, due.written)).collect();
    acme.write(move |op| mail::settle(op, &delivered, &[])).unwrap();
    let left: Vec<String> = letters(&acme).into_iter().map(|(to, _)| to).collect();
    assert_eq!(left, ["jo@acme.test"]);
}

#[test]
fn a_letter_waits_until_it_is_delivered_and_longer_after_each_failure() {
    let (acme, token) = invited();
    let due = || acme.read(|view| mail::due(view, 10)).unwrap();
    let settle = |delivered: Vec<(i64, Time)>, failed: Vec<&Due>| {
        let failed: Vec<_> = failed.iter().map(|d| (d.id, d.attempts, "no route to host".to_owned())).collect();
        acme.write(move |op| mail::settle(op, &delivered, &failed)).unwrap();
    };
    let first = due().remove(0);
    let letter = &first.letter;
    assert_eq!((letter.first_name.as_deref(), letter.account_name.as_str()), (Some("Bo"), "Acme"));
    assert_eq!((letter.expires, letter.token.expose()), (START.plus_millis(LIFE_MILLIS), token.as_str()));
    assert!(!format!("{letter:?}").contains(&token));
    let events = acme.sealed_events();
    for (attempts, wait) in [(0, 1_000), (1, 2_000), (2, 4_000), (3, 8_000)] {
        let letter = due().remove(0);
        assert_eq!((letter.id, letter.attempts), (first.id, attempts));
        settle(vec![], vec![&letter]);
        acme.clock.advance(wait - 1);
        assert!(due().is_empty(), "attempt {attempts}");
        acme.clock.advance(1);
    }
    let mut late = due().remove(0);
    late.attempts = 60;
    settle(vec![], vec![&late]);
    acme.clock.advance(3_600_000);
    assert_eq!(due().len(), 1, "an hour is the longest wait");
    settle(vec![(first.id, first.written)], vec![]);
    assert_eq!((acme.read(mail::waiting).unwrap(), due().len()), (0, 0));
    assert_eq!(number(&acme, "select count(*) from invitations where state = 'open'"), 1, "the link stays good");
    assert_eq!(acme.sealed_events(), events);
}

#[test]
fn a_letter_that_cannot_be_read_holds_up_no_other() {
    let (acme, _) = invited();
    let both = [NewUser::with_email("dee@acme.test"), NewUser::with_email("ed@acme.test")];
    create(acme.rollcall(), &app(&acme, &Scope::ALL), Mode::Real, &both).unwrap();
    let dees = acme.read(|view| mail::due(view, 10)).unwrap()[1].id;
    let broken = format!("update outbox set payload = {} where id = {dees}", acme.database().bytes(&[0; 99]));
    assert_eq!(acme.database().execute(&broken), 1);
    let to: Vec<String> = letters(&acme).into_iter().map(|(to, _)| to).collect();
    assert_eq!(to, ["Bo@acme.test", "ed@acme.test"]);
    assert_eq!(acme.read(|view| mail::unreadable(view, 10)).unwrap(), [(dees, 0)]);
}
