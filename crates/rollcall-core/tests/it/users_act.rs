//! What is done with users as they are, by the host and by administrators of whom some may do more than others.

use rollcall_core::actor::Actor;
use rollcall_core::admins::{Device, link};
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_core::users::act::{self, Acted, Action, Whom};
use rollcall_core::users::one::{self, InvitationState};
use rollcall_core::users::search::Filter;
use rollcall_core::users::{Lookup, NewUser, Status};
use rollcall_core::{Code, Result};
use rollcall_testkit::{TestRollcall, user};
use serde_json::json;

use crate::setting::{active, audit_texts, create, details, given, letters, number, role, state, statements};
use crate::users::furnished;

/// An administrator who has signed in: the custom role "Deputy" of these rights alone.
fn deputy(acme: &TestRollcall, name: &str, rights: &[&str]) -> Actor {
    let email = format!("{name}@acme.test");
    let permissions = rights.iter().map(|right| ((*right).to_owned(), json!("YES"))).collect();
    acme.apply(State {
        users: vec![active(&email)],
        roles: vec![role(RoleKind::Admin, name, &serde_json::Value::Object(permissions))],
        assignments: vec![given(name, None, &[&email], &[])],
        ..state()
    })
    .unwrap();
    signed_in(acme, &email, true)
}

/// Signs in by a link, and takes from them the role that links give where they are not to keep it.
fn signed_in(acme: &TestRollcall, email: &str, without_admin: bool) -> Actor {
    let to = email.to_owned();
    let token = acme.write(move |op| link::make(op, &to)).unwrap().expose().to_owned();
    let visitor = acme.rollcall().recognise_link(token.clone(), None).wait().unwrap().unwrap().actor;
    let begun = acme
        .rollcall()
        .write(visitor, Permission::SignIn, Mode::Real, move |op| link::sign_in(op, &token, &Device::default()))
        .wait()
        .unwrap();
    if without_admin {
        let operation = rollcall_core::roles::assign::Operation {
            role: crate::model::role_id(RoleKind::Admin, "admin"),
            remove_users: vec![Lookup::Email(email.to_owned())],
            ..Default::default()
        };
        let outcome =
            acme.write(move |op| rollcall_core::roles::assign::assign_admin(op, std::slice::from_ref(&operation)));
        assert_eq!(outcome.unwrap(), [Ok(())]);
    }
    let session = acme.rollcall().recognise_session(begun.token.expose().to_owned(), None).wait().unwrap();
    let Some(rollcall_core::admins::session::Recognised::Whole { actor, .. }) = session else {
        panic!("a session that is good for everything")
    };
    actor
}

fn id(acme: &TestRollcall, email: &str) -> String {
    details(acme, email).id.to_string()
}

fn do_to(acme: &TestRollcall, actor: &Actor, email: &str, action: Action) -> Result<()> {
    let id = id(acme, email);
    let work = move |op: &mut rollcall_core::op::Op<'_>| act::act_on_one(op, &id, action);
    acme.rollcall().write(actor.clone(), action.permission(), Mode::Real, work).wait()
}

fn do_to_all(acme: &TestRollcall, actor: &Actor, whom: Whom, action: Action) -> Result<Acted> {
    let work = move |op: &mut rollcall_core::op::Op<'_>| act::act(op, &whom, action);
    let done = acme.rollcall().write(actor.clone(), action.permission(), Mode::Real, work).wait()?;
    Ok(done.expect("as many as was said"))
}

/// All of a filter, as many as there are.
fn all_of(acme: &TestRollcall, filter: Filter) -> Whom {
    let of = filter.clone();
    Whom::All(filter, acme.read(move |view| act::count(view, &of)).unwrap())
}

fn status(acme: &TestRollcall, email: &str) -> Status {
    details(acme, email).status
}

#[test]
fn only_what_may_follow_a_status_follows_it() {
    let acme = furnished();
    let emails = Status::ALL.map(|status| format!("{}@acme.test", status.label().replace(' ', "-")));
    let set = |acme: &TestRollcall| {
        let users = Status::ALL.iter().zip(&emails).map(|(status, email)| user(email, *status)).collect();
        acme.apply(State { users, ..state() }).unwrap();
    };
    let table = [
        (Action::Suspend, [None, Some(Status::Suspended), None, None]),
        (Action::Reactivate, [None, None, Some(Status::Active), None]),
        (Action::Unlock, [None, None, None, Some(Status::Active)]),
    ];
    for (action, expected) in table {
        for ((email, was), becomes) in emails.iter().zip(Status::ALL).zip(expected) {
            set(&acme);
            let done = do_to(&acme, &acme.host_actor(), email, action);
            assert_eq!(
                done.as_ref().err().map(rollcall_core::Error::code),
                becomes.is_none().then_some(Code::Conflict)
            );
            assert_eq!(status(&acme, email), becomes.unwrap_or(was), "{action:?} {was}");
        }
    }
}

#[test]
fn an_invitation_sent_once_more_is_the_only_one_and_a_revoked_one_is_none() {
    let acme = furnished();
    create(acme.rollcall(), &acme.host_actor(), Mode::Real, &[NewUser::with_email("jo@acme.test")]).unwrap();
    let first = letters(&acme);
    do_to(&acme, &acme.host_actor(), "jo@acme.test", Action::Resend).unwrap();
    let second = letters(&acme);
    assert_eq!((first.len(), second.len()), (1, 1), "the letter that was not sent yet is not sent any more");
    let good = |token: &str| acme.rollcall().recognise_invitation(token.to_owned(), None).wait().unwrap().is_some();
    assert_eq!((good(&first[0].1), good(&second[0].1)), (false, true));
    do_to(&acme, &acme.host_actor(), "jo@acme.test", Action::Revoke).unwrap();
    assert!(!good(&second[0].1));
    let again = do_to(&acme, &acme.host_actor(), "jo@acme.test", Action::Revoke).unwrap_err();
    assert_eq!(again.to_string(), "jo@acme.test has no open invitation");
    let jo = id(&acme, "jo@acme.test");
    let one = acme.read(move |view| one::one(view, &jo)).unwrap();
    let states: Vec<_> = one.invitations.iter().map(|invitation| invitation.state).collect();
    assert_eq!(states, [InvitationState::Revoked, InvitationState::Revoked]);
    let told = audit_texts(&acme);
    assert!(told.contains("Invitation Sent") && told.contains("Invitation Revoked"), "{told}");
}

#[test]
fn nobody_does_anything_to_somebody_who_may_do_more() {
    let acme = furnished();
    let less = deputy(&acme, "less", &["Manage Users"]);
    let more = deputy(&acme, "more", &["Manage Users", "Manage Groups"]);
    for action in [Action::Suspend, Action::EndSessions, Action::Remove] {
        for email in ["ada@acme.test", "more@acme.test"] {
            let error = do_to(&acme, &less, email, action).unwrap_err();
            assert_eq!((error.code(), status(&acme, email)), (Code::Forbidden, Status::Active), "{action:?}");
            let whom = Whom::These(vec![id(&acme, email)]);
            let acted = do_to_all(&acme, &less, whom, action).unwrap();
            assert_eq!((acted.done, acted.left_over, acted.left[0].who.as_str()), (0, 1, email), "{action:?}");
        }
    }
    assert_eq!(number(&acme, "select count(*) from sessions"), 2);
    do_to(&acme, &more, "less@acme.test", Action::Suspend).unwrap();
    assert_eq!(number(&acme, "select count(*) from sessions"), 1, "who is shut out has no session");
    // Whoever was suspended is not there any more to do anything.
    let error = do_to(&acme, &less, "more@acme.test", Action::Suspend).unwrap_err();
    assert_eq!(error.code(), Code::Unauthenticated);
    // A page offers what can be done.
    let offered = |actor: &Actor, email: &str| {
        let id = id(&acme, email);
        let read = acme.rollcall().read(actor.clone(), Permission::ViewUsers, move |view| one::one(view, &id)).wait();
        read.unwrap().can
    };
    assert_eq!(offered(&more, "ada@acme.test"), []);
    assert_eq!(offered(&more, "less@acme.test"), [Action::Reactivate, Action::Remove]);
}

#[test]
fn all_of_a_filter_are_done_in_parts_and_the_last_admin_and_who_cannot_be_stay() {
    let acme = furnished();
    let users = (0..1203).map(|n| active(&format!("u{n}@acme.test"))).collect();
    acme.apply(State { users, ..state() }).unwrap();
    let events = number(&acme, "select count(*) from audit_events where name = 'User Modified'");
    let all = all_of(&acme, Filter::default());
    let acted = do_to_all(&acme, &acme.host_actor(), all.clone(), Action::Suspend).unwrap();
    assert_eq!((acted.done, acted.left_over, acted.left[0].who.as_str()), (1203, 1, "ada@acme.test"));
    assert_eq!(number(&acme, "select count(*) from users where status = 'suspended'"), 1203);
    assert_eq!(number(&acme, "select count(*) from audit_events where name = 'User Modified'"), events + 1203);
    let some = all_of(&acme, Filter { text: "u12".into(), ..Filter::default() });
    let acted = do_to_all(&acme, &acme.host_actor(), some, Action::Reactivate).unwrap();
    assert_eq!((acted.done, acted.left_over), (14, 0), "u12, u120 to u129, u1200 to u1202");
    let acted = do_to_all(&acme, &acme.host_actor(), all, Action::Remove).unwrap();
    assert_eq!((acted.done, acted.left_over), (1203, 1));
    assert_eq!(number(&acme, "select count(*) from users"), 1);
    assert_eq!(status(&acme, "ada@acme.test"), Status::Active);
}

#[test]
fn all_of_a_filter_are_done_where_they_are_as_many_as_was_said() {
    let acme = furnished();
    acme.apply(State { users: vec![active("bo@acme.test"), active("cy@acme.test")], ..state() }).unwrap();
    let filters = [
        Filter::default(),
        Filter { text: "acme.test".into(), ..Filter::default() },
        Filter { status: Some(Status::Active), ..Filter::default() },
    ];
    let said: Vec<Whom> = filters.iter().map(|filter| all_of(&acme, filter.clone())).collect();
    assert!(said.iter().all(|whom| matches!(whom, Whom::All(_, 3))), "{said:?}");
    acme.apply(State { users: vec![active("di@acme.test")], ..state() }).unwrap();
    let before = acme.snapshot();
    for whom in said {
        let done = acme.write(move |op| act::act(op, &whom, Action::Remove)).unwrap();
        assert_eq!(done, Err(act::Other(4)));
        assert_eq!(acme.snapshot(), before);
    }
}

#[test]
fn whoever_asks_is_left_out_where_they_would_shut_themselves_out() {
    let acme = furnished();
    acme.apply(State { users: vec![active("bo@acme.test")], ..state() }).unwrap();
    let cy = signed_in(&acme, "cy@acme.test", false);
    for (action, whom) in [
        (Action::Suspend, all_of(&acme, Filter::default())),
        (Action::Remove, Whom::These(["bo", "cy"].map(|name| id(&acme, &format!("{name}@acme.test"))).into())),
    ] {
        let acted = do_to_all(&acme, &cy, whom, action).unwrap();
        let why = "cy@acme.test is who asks for it".to_owned();
        assert!(acted.left.iter().any(|left| left.why == why), "{action:?}: {acted:?}");
        assert!(acted.done > 0 && status(&acme, "cy@acme.test") == Status::Active, "{action:?}: {acted:?}");
    }
}

#[test]
fn two_of_one_name_and_nobody_at_all_are_told_apart() {
    let acme = furnished();
    acme.apply(State { users: vec![active("bo@acme.test")], ..state() }).unwrap();
    let bo = id(&acme, "bo@acme.test");
    let whom = Whom::These(vec![bo.clone(), "u-none".into(), bo]);
    let acted = do_to_all(&acme, &acme.host_actor(), whom, Action::Suspend).unwrap();
    assert_eq!((acted.done, acted.left_over, acted.left[0].who.as_str()), (1, 1, "u-none"));
    let gone = acme.write(|op| act::act_on_one(op, "u-none", Action::Suspend)).unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
}

#[test]
fn many_take_the_statements_of_one() {
    let acme = furnished();
    let users = (0..400).map(|n| active(&format!("u{n}@acme.test"))).collect();
    acme.apply(State { users, ..state() }).unwrap();
    let ids: Vec<String> = (0..400).map(|n| id(&acme, &format!("u{n}@acme.test"))).collect();
    let [one, many] = [&ids[..1], &ids[1..]].map(|ids| {
        let whom = Whom::These(ids.to_vec());
        statements(&acme, || do_to_all(&acme, &acme.host_actor(), whom, Action::Suspend).unwrap()).0
    });
    assert_eq!(one, many);
}
