//! What is answered when the connection breaks while a commit is on its way: the truth, or that it cannot be told.

use std::time::Instant;

use rollcall_core::op::{Mode, Once, Reply};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::assign::{self, Operation};
use rollcall_core::sync::State;
use rollcall_core::users::{self, Lookup, Outcome};
use rollcall_core::{Code, Pending};
use rollcall_testkit::TestRollcall;

use super::proxy::{Cut, Proxy};
use super::{Cluster, LONG, Replica, new, on, people, shared, until};
use crate::setting::{active, app, column, number, state};

/// "Acme", and a replica whose way to the server can be cut.
fn on_a_bad_way(cluster: &Cluster) -> (TestRollcall, Proxy, Replica) {
    let acme = on(cluster);
    let url = format!("{}?sslmode=disable", cluster.tcp_url(&super::name(&acme)));
    let proxy = Proxy::before(&url);
    let replica = Replica::open(&acme, &proxy.url(&url), LONG).unwrap();
    (acme, proxy, replica)
}

fn creation(replica: &Replica, name: &str) -> Pending<Vec<Outcome>> {
    replica.create(new(&[name]))
}

fn file(replica: &Replica, name: &str) -> Pending<rollcall_core::sync::Report> {
    let users = vec![active(&format!("{name}@acme.test"))];
    replica.rollcall.apply(&replica.host, State { users, ..state() }, false, Mode::Real)
}

#[test]
fn a_commit_whose_answer_is_lost_is_answered_as_done() {
    let cluster = shared();
    let (acme, proxy, replica) = on_a_bad_way(&cluster);
    let (met, _) = proxy.arm(Cut::After);
    let outcomes = creation(&replica, "ada").wait().unwrap();
    assert!(met.try_recv().is_ok() && matches!(outcomes[0], Outcome::Created(_)), "{outcomes:?}");
    let (met, _) = proxy.arm(Cut::After);
    file(&replica, "bo").wait().unwrap();
    assert_eq!((met.try_recv(), people(&acme)), (Ok(()), vec!["ada".to_owned(), "bo".into()]));
    assert_eq!(number(&acme, "select count(*) from audit_events where name = 'User Created'"), 2, "done once each");
}

#[test]
fn a_commit_that_did_not_arrive_is_answered_as_not_done() {
    let cluster = shared();
    let (acme, proxy, replica) = on_a_bad_way(&cluster);
    for round in 0..2 {
        let (met, _) = proxy.arm(Cut::Before);
        let error = if round == 0 {
            creation(&replica, "ada").wait().unwrap_err()
        } else {
            file(&replica, "ada").wait().unwrap_err()
        };
        assert_eq!((met.try_recv(), error.code()), (Ok(()), Code::Busy));
        assert!(error.to_string().contains("nothing was changed"), "{error}");
        assert_eq!(people(&acme), [""; 0]);
    }
    creation(&replica, "ada").wait().unwrap();
    assert_eq!(people(&acme), ["ada"]);
}

#[test]
fn a_commit_that_did_not_arrive_is_not_taken_for_another_one_like_it() {
    let cluster = shared();
    let (acme, proxy, replica) = on_a_bad_way(&cluster);
    replica.create(new(&["ada", "bo"])).wait().unwrap();
    let role = column(&acme, "select public_id from roles where name_key = 'admin'").remove(0);
    // The clock stands still: both are given the role in the same millisecond, by the same hand.
    let give = |name: &str| {
        let add_users = vec![Lookup::Email(format!("{name}@acme.test"))];
        let operation = Operation { role: role.clone(), add_users, ..Operation::default() };
        replica.write(move |op| assign::assign_admin(op, std::slice::from_ref(&operation))).wait()
    };
    assert_eq!(give("ada").unwrap(), [Ok(())]);
    let (met, _) = proxy.arm(Cut::Before);
    let answer = give("bo");
    assert_eq!((met.try_recv(), answer.map_err(|error| error.code())), (Ok(()), Err(Code::Busy)));
    assert_eq!(number(&acme, "select count(*) from assignments"), 1);
}

#[test]
fn a_commit_that_is_still_on_its_way_is_waited_for() {
    let cluster = shared();
    let (acme, proxy, replica) = on_a_bad_way(&cluster);
    let waits = format!(
        "select count(*) from pg_locks l join pg_database d on d.oid = l.database \
         where d.datname = '{}' and l.locktype = 'advisory' and not l.granted",
        super::name(&acme)
    );
    for name in ["ada", "bo"] {
        let (met, go_on) = proxy.arm(Cut::Late);
        let answer: Box<dyn FnOnce() -> rollcall_core::Result<()>> = if name == "ada" {
            let pending = creation(&replica, name);
            Box::new(|| pending.wait().map(|_| ()))
        } else {
            let pending = file(&replica, name);
            Box::new(|| pending.wait().map(|_| ()))
        };
        met.recv_timeout(LONG).unwrap();
        until(&cluster, &waits, "1");
        drop(go_on);
        answer().unwrap();
        assert!(people(&acme).contains(&name.to_owned()));
    }
}

#[test]
fn whatever_becomes_of_a_commit_the_answer_is_true() {
    let cluster = shared();
    let (acme, proxy, replica) = on_a_bad_way(&cluster);
    for round in 0..12 {
        let name = format!("u{round:02}");
        let (met, _) = proxy.arm(Cut::Along);
        let answer = creation(&replica, &name).wait();
        met.try_recv().unwrap();
        let is_there = people(&acme).contains(&name);
        assert_eq!(
            answer.as_ref().map(|_| true).map_err(|e| e.code()),
            if is_there { Ok(true) } else { Err(Code::Busy) }
        );
    }
}

#[test]
fn what_cannot_be_looked_up_is_uncertain_and_the_key_tells_it_later() {
    let cluster = shared();
    let (acme, proxy, replica) = on_a_bad_way(&cluster);
    let app = app(&acme, &Scope::ALL);
    let ask = || {
        let once = Some(Once { key: "k".into(), fingerprint: [7; 32] });
        replica.rollcall.write_once(app.clone(), Permission::ManageUsers, Mode::Real, once, |op| {
            users::create_many(op, new(&["ada"]))?;
            Ok(Reply { status: 200, body: b"done".to_vec(), replayed: false })
        })
    };
    let (met, _) = proxy.arm(Cut::Gone);
    let begin = Instant::now();
    let error = ask().wait().unwrap_err();
    assert_eq!((met.try_recv(), error.code()), (Ok(()), Code::Uncertain));
    assert!(error.to_string().contains("Idempotency-Key") && begin.elapsed() < LONG, "{error}");
    assert_eq!(people(&acme), ["ada"], "nobody could know");
    proxy.open();
    let reply = (0..100).find_map(|_| {
        let answer = ask().wait();
        // Until the next attempt to connect is due everybody is told at once.
        cluster.psql("postgres", "select pg_sleep(0.1)").unwrap();
        answer.ok()
    });
    assert_eq!(reply, Some(Reply { status: 200, body: b"done".to_vec(), replayed: true }));
    assert_eq!(people(&acme), ["ada"]);
}

#[test]
fn a_commit_that_the_server_refuses_is_not_reported_as_done() {
    let cluster = shared();
    let acme = on(&cluster);
    cluster
        .psql(
            &super::name(&acme),
            "create function no() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$; \
             create constraint trigger late after insert on users deferrable initially deferred for each row \
             when (new.email = 'ada@acme.test') execute function no(); \
             create trigger now before insert on users for each row \
             when (new.email = 'bo@acme.test') execute function no();",
        )
        .unwrap();
    let before = acme.snapshot();
    let error = acme.write(|op| users::create_many(op, new(&["ada"]))).unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(error.cause().unwrap().contains("not this one"), "{error:?}");
    // Of a transaction in which something failed PostgreSQL makes a rollback, and calls the commit a success.
    let error = acme.write(|op| users::create_many(op, new(&["bo"])).or(Ok(Vec::new()))).unwrap_err();
    assert_eq!(error.code(), Code::Internal, "{error:?}");
    let error = acme
        .write(|op| {
            users::create_many(op, new(&["cy"]))?;
            users::create_many(op, new(&["bo"])).or(Ok(Vec::new()))
        })
        .unwrap_err();
    assert_eq!(error.code(), Code::Internal, "{error:?}");
    assert_eq!((people(&acme), acme.snapshot()), (column(&acme, "select '' where false"), before));
    acme.write(|op| users::create_many(op, new(&["dee"]))).unwrap();
    assert_eq!(people(&acme), ["dee"]);
}
