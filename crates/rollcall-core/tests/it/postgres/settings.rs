//! Servers and databases that are set up otherwise than we need: made right for our sessions, or refused.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;
use rollcall_core::{Code, audit};
use rollcall_testkit::TestDatabase;

use super::{LONG, Replica, name, new, on, people, shared};

#[test]
fn a_commit_is_on_the_disk_even_where_the_server_would_not_wait_for_it() {
    let cluster = shared();
    let acme = on(&cluster);
    for (theirs, ours) in [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")] {
        cluster.psql("postgres", &format!("alter database {} set synchronous_commit = {theirs}", name(&acme))).unwrap();
        let replica = Replica::of(&acme);
        // What the session that writes has: a trigger sees it.
        cluster
            .psql(
                &name(&acme),
                "create table if not exists seen (setting text); create or replace function see() returns trigger \
                 language plpgsql as $$ begin insert into seen values (current_setting('synchronous_commit')); \
                 return new; end $$; create or replace trigger see before insert on users execute function see();",
            )
            .unwrap();
        replica.create(new(&[theirs])).wait().unwrap();
        assert_eq!(cluster.psql(&name(&acme), "select distinct setting from seen").unwrap(), ours);
        cluster.psql(&name(&acme), "delete from seen").unwrap();
    }
}

#[test]
fn plans_use_keys_alone_whatever_the_server_prefers() {
    let cluster = shared();
    let acme = on(&cluster);
    cluster
        .psql(
            &name(&acme),
            "create table seen (settings text); create function see() returns trigger language plpgsql as $$ begin \
             insert into seen values (concat_ws(' ', current_setting('enable_seqscan'), current_setting('enable_hashjoin'), \
             current_setting('enable_mergejoin'), current_setting('jit'))); return new; end $$; \
             create trigger see before insert on users execute function see();",
        )
        .unwrap();
    Replica::of(&acme).create(new(&["keys"])).wait().unwrap();
    assert_eq!(cluster.psql(&name(&acme), "select distinct settings from seen").unwrap(), "off off off off");
}

#[test]
fn a_server_whose_advisory_locks_lock_nothing_is_refused() {
    let cluster = shared();
    let acme = on(&cluster);
    let database = TestDatabase::on(&cluster.url("postgres"));
    let name = database.url().rsplit_once('/').unwrap().1.to_owned();
    // As engines have them that speak PostgreSQL's language and keep no locks.
    let functions = [
        ("pg_advisory_lock", "void", "select"),
        ("pg_advisory_xact_lock", "void", "select"),
        ("pg_advisory_xact_lock_shared", "void", "select"),
        ("pg_try_advisory_lock", "boolean", "select true"),
        ("pg_advisory_unlock", "boolean", "select true"),
    ];
    for (function, answer, body) in functions {
        let made = format!("create function public.{function}(bigint) returns {answer} language sql as '{body}'");
        cluster.psql(&name, &made).unwrap();
    }
    cluster.psql("postgres", &format!("alter database {name} set search_path = public, pg_catalog")).unwrap();
    let error = Replica::open(&acme, &database.url(), LONG).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
    assert!(error.to_string().contains("advisory locks lock nothing"), "{error}");
    let tables = "select count(*) from pg_tables where schemaname = 'public'";
    assert_eq!(cluster.psql(&name, tables).unwrap(), "0", "nothing was made there");
}

#[test]
fn a_server_that_can_only_be_read_is_not_taken_for_the_one_to_write_to() {
    let cluster = shared();
    let acme = on(&cluster);
    cluster
        .psql("postgres", &format!("alter database {} set default_transaction_read_only = on", name(&acme)))
        .unwrap();
    let error = Replica::open(&acme, &acme.database().url(), LONG).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::Busy, "{error:?}: it may become the primary");
    cluster.psql("postgres", &format!("alter database {} reset default_transaction_read_only", name(&acme))).unwrap();
    Replica::of(&acme).create(new(&["ada"])).wait().unwrap();
    assert_eq!(people(&acme), ["ada"]);
}

#[test]
fn two_installations_in_two_schemas_do_not_hold_each_other_up() {
    let cluster = shared();
    let acme = on(&cluster);
    cluster.psql(&name(&acme), "create schema other").unwrap();
    let url = format!("{}?options=-csearch_path%3Dother", acme.database().url());
    let other = Replica::open(&acme, &url, LONG).unwrap();
    let account = other.rollcall.found_account(&other.host, "Acme").wait().unwrap();
    let (holds, held) = channel();
    let (go, goes_on) = channel::<()>();
    let goes_on = Mutex::new(goes_on);
    let held_up = acme.rollcall().write(acme.host_actor(), Permission::RunJobs, Mode::Real, move |op| {
        audit::seal(op)?;
        holds.send(()).unwrap();
        let _ = goes_on.lock().unwrap().recv();
        Ok(())
    });
    held.recv_timeout(LONG).unwrap();
    // The account has the same number in both.
    let theirs = other.host.actor(&account, "test");
    let sealed = other.rollcall.write(theirs, Permission::RunJobs, Mode::Real, audit::seal).wait();
    assert_eq!(sealed.unwrap(), 0);
    drop(go);
    held_up.wait().unwrap();
    assert_eq!(
        cluster.psql(&name(&acme), "select count(*) from accounts; select count(*) from other.accounts").unwrap(),
        "1\n1"
    );
}
