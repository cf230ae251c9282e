//! Two replicas on one database at the same moment: what must not happen twice, or not together, does not.

use std::collections::BTreeSet;

use rollcall_core::actor::Actor;
use rollcall_core::op::{Mode, Once, Reply};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::Operation;
use rollcall_core::sync::{Report, State};
use rollcall_core::users::invitation::{self, Invited};
use rollcall_core::users::{self, Lookup, NewUser, Outcome, Status, UserFault};
use rollcall_core::{Code, Result};
use rollcall_testkit::user;

use super::{Replica, at_once, new, on, people, shared};
use crate::model::role_id;
use crate::setting::{active, app, assign, column, export, given, group, letters, number, state};

fn apply(replica: &Replica, state: State, prune: bool) -> Result<Report> {
    replica.rollcall.apply(&replica.host, state, prune, Mode::Real).wait()
}

#[test]
fn of_two_edges_that_close_a_cycle_exactly_one_is_drawn() {
    let cluster = shared();
    let acme = on(&cluster);
    let (one, other) = (Replica::of(&acme), Replica::of(&acme));
    for round in 0..20 {
        let [upper, lower] = ["upper", "lower"].map(|name| format!("{name} {round}"));
        let groups = vec![group(&upper, &[], &[]), group(&lower, &[], &[])];
        acme.apply(State { groups, ..state() }).unwrap();
        let edge = |from: &str, to: &str| State { groups: vec![group(from, &[], &[to])], ..state() };
        let (down, up) =
            at_once(|| apply(&one, edge(&upper, &lower), false), || apply(&other, edge(&lower, &upper), false));
        let refused = match (down, up) {
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
            both => panic!("round {round}: {both:?}"),
        };
        assert!(refused.to_string().contains("groups would contain each other"), "{refused:?}");
        assert_eq!(number(&acme, "select count(*) from nestings"), round + 1);
    }
}

#[test]
fn of_two_who_each_take_one_of_the_last_two_admins_away_one_is_refused() {
    let cluster = shared();
    let acme = on(&cluster);
    let (one, other) = (Replica::of(&acme), Replica::of(&acme));
    let app = app(&acme, &Scope::ALL);
    let emails = ["ada@acme.test", "bo@acme.test"];
    let take = |replica: &Replica, email: &str| {
        let remove_users = vec![Lookup::Email(email.into())];
        let operation = Operation { role: role_id(RoleKind::Admin, "admin"), remove_users, ..Operation::default() };
        assign(&replica.rollcall, &app, Mode::Real, &[operation]).map(|mut outcomes| outcomes.remove(0))
    };
    let suspend = |replica: &Replica, email: &str| {
        apply(replica, State { users: vec![user(email, Status::Suspended)], ..state() }, false)
    };
    let left =
        "select count(distinct u.id) from users u join assignments a on a.user_id = u.id where u.status = 'active'";
    for round in 0..18 {
        let users = emails.map(active).to_vec();
        acme.apply(State { users, assignments: vec![given("admin", None, &emails, &[])], ..state() }).unwrap();
        let refused = |outcome: Result<_, _>| match outcome {
            Ok(Ok(())) => false,
            Ok(Err(_)) => true,
            Err(error) => {
                let error: rollcall_core::Error = error;
                assert_eq!(error.code(), Code::Conflict, "{error:?}");
                true
            }
        };
        let both = match round % 3 {
            0 => at_once(|| refused(take(&one, emails[0])), || refused(take(&other, emails[1]))),
            1 => {
                let suspend = |replica: &Replica, email: &str| refused(suspend(replica, email).map(|_| Ok(())));
                at_once(|| suspend(&one, emails[0]), || suspend(&other, emails[1]))
            }
            _ => at_once(|| refused(take(&one, emails[0])), || refused(suspend(&other, emails[1]).map(|_| Ok(())))),
        };
        assert_ne!(both.0, both.1, "round {round}: exactly one is refused");
        assert_eq!(number(&acme, left), 1, "round {round}");
    }
}

#[test]
fn one_key_on_two_replicas_is_done_once_and_answered_alike() {
    let cluster = shared();
    let acme = on(&cluster);
    let (one, other) = (Replica::of(&acme), Replica::of(&acme));
    let app = app(&acme, &Scope::ALL);
    let ask = |replica: &Replica, round: usize, who: &'static str| {
        let once = Some(Once { key: format!("k{round}"), fingerprint: [1; 32] });
        let work = move |op: &mut rollcall_core::op::Op<'_>| {
            users::create_many(op, new(&[&format!("{who}{round}")]))?;
            Ok(Reply { status: 201, body: who.as_bytes().to_vec(), replayed: false })
        };
        replica.rollcall.write_once(app.clone(), Permission::ManageUsers, Mode::Real, once, work).wait().unwrap()
    };
    for round in 0..20 {
        let (a, b) = at_once(|| ask(&one, round, "one"), || ask(&other, round, "other"));
        assert_eq!((a.status, &a.body), (b.status, &b.body), "round {round}");
        assert!(a.replayed != b.replayed, "round {round}: one is told what the other was");
        assert_eq!(people(&acme).len(), round + 1);
    }
}

#[test]
fn of_two_creations_of_one_address_one_is_told_that_it_exists() {
    let cluster = shared();
    let acme = on(&cluster);
    let (one, other) = (Replica::of(&acme), Replica::of(&acme));
    for round in 0..20 {
        let name = format!("u{round:02}");
        let create = |replica: &Replica| replica.create(new(&[&name])).wait().unwrap().remove(0);
        let both = at_once(|| create(&one), || create(&other));
        let ((Outcome::Created(_), Outcome::Refused(why)) | (Outcome::Refused(why), Outcome::Created(_))) = &both
        else {
            panic!("round {round}: {both:?}");
        };
        assert_eq!(*why, [UserFault::Exists(format!("{name}@acme.test"))]);
        assert_eq!(people(&acme).len(), round + 1);
    }
    let events = "select count(*) from audit_events where name = 'User Created'";
    assert_eq!(number(&acme, events), 20);
}

#[test]
fn who_joins_a_group_that_another_replica_removes_goes_with_it_or_finds_it_gone() {
    let cluster = shared();
    let acme = on(&cluster);
    let (one, other) = (Replica::of(&acme), Replica::of(&acme));
    acme.admin("ada");
    let mut seen = BTreeSet::new();
    for round in 0..20 {
        acme.apply(State { groups: vec![group("Ops", &["ada@acme.test"], &[])], ..state() }).unwrap();
        let id = column(&acme, "select public_id from groups").remove(0);
        let joining = NewUser { groups: vec![id.clone()], ..new(&[&format!("u{round}")]).remove(0) };
        let without = State { groups: Vec::new(), ..export(&acme) };
        let (joined, removed) = at_once(|| one.create(vec![joining]).wait(), || apply(&other, without, true));
        removed.unwrap();
        match joined.unwrap().remove(0) {
            Outcome::Created(_) => seen.insert("joined"),
            Outcome::Refused(why) => {
                assert_eq!(why, [UserFault::UnknownGroup(id)]);
                seen.insert("refused")
            }
        };
        let left = "select (select count(*) from groups) + (select count(*) from memberships)";
        assert_eq!(number(&acme, left), 0, "round {round}");
    }
    acme.sealed_events();
}

#[test]
fn a_file_and_a_creation_of_the_same_address_do_not_trip_each_other() {
    let cluster = shared();
    let acme = on(&cluster);
    let (one, other) = (Replica::of(&acme), Replica::of(&acme));
    for round in 0..20 {
        let name = format!("u{round:02}");
        let described = State { users: vec![active(&format!("{name}@acme.test"))], ..state() };
        let (created, applied) = at_once(|| one.create(new(&[&name])).wait(), || apply(&other, described, false));
        created.unwrap();
        applied.unwrap();
        assert_eq!(people(&acme).len(), round + 1);
        assert_eq!(export(&acme).users.last().unwrap().status, Some(Status::Active), "the file has the last word");
    }
    acme.sealed_events();
}

#[test]
fn an_invitation_that_two_replicas_redeem_at_once_is_good_for_one() {
    let cluster = shared();
    let acme = on(&cluster);
    let (one, other) = (Replica::of(&acme), Replica::of(&acme));
    let invited: Vec<NewUser> = (0..12).map(|n| NewUser::with_email(format!("u{n}@acme.test"))).collect();
    one.create(invited).wait().unwrap();
    for (_, token) in letters(&acme) {
        let recognised = |replica: &Replica| {
            let actor: Option<Actor> = replica.rollcall.recognise_invitation(token.clone(), None).wait().unwrap();
            actor.unwrap()
        };
        let (here, there) = (recognised(&one), recognised(&other));
        let accept = |replica: &Replica, actor: Actor| -> Result<Invited> {
            replica.rollcall.write(actor, Permission::AcceptInvitation, Mode::Real, invitation::accept).wait()
        };
        let both = at_once(|| accept(&one, here), || accept(&other, there));
        let ((Ok(_), Err(refused)) | (Err(refused), Ok(_))) = both else { panic!("{both:?}") };
        assert_eq!(refused.code(), Code::NotFound, "{refused:?}");
    }
    assert_eq!(number(&acme, "select count(*) from audit_events where name = 'Invitation Accepted'"), 12);
    assert_eq!(export(&acme).users.iter().filter(|u| u.status == Some(Status::Active)).count(), 12);
}
