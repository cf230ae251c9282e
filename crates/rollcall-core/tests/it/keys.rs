//! The installation key: everything that is sealed is sealed anew when it is rotated, nothing under the old one after that,
//! and processes that run meanwhile go on with the new one, or say that they cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rollcall_core::actor::Actor;
use rollcall_core::apps::{self, NewApp};
use rollcall_core::chance::Secret;
use rollcall_core::keys::{Resealed, columns};
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::seal::InstallationKey;
use rollcall_core::users::{self, NewUser};
use rollcall_core::{Code, HostKey, KeyReader, Open, Result, Rollcall, Threads, audit, mail};
use rollcall_testkit::{TestDatabase, TestRollcall};

use crate::admins;

/// What a key file would say.
#[derive(Clone, Default)]
struct Place(Arc<Mutex<Vec<Secret>>>);

impl Place {
    fn put(&self, key: &Secret) {
        self.0.lock().unwrap().push(key.clone());
    }

    fn reader(&self) -> KeyReader {
        let keys = Arc::clone(&self.0);
        Box::new(move || keys.lock().unwrap().iter().map(parsed).collect())
    }
}

fn parsed(key: &Secret) -> InstallationKey {
    InstallationKey::parse(key.expose()).unwrap()
}

/// A further process, as far as a thread can be one.
fn process(acme: &TestRollcall, key: &Secret, keys: Option<KeyReader>) -> Result<(Rollcall, HostKey)> {
    Rollcall::open(Open {
        database: acme.database().database(),
        clock: Box::new(Arc::clone(&acme.clock)),
        key: parsed(key),
        keys,
        threads: Threads::default(),
        rate_limit: None,
    })
}

fn invited(n: usize) -> NewUser {
    NewUser { invite: true, ..NewUser::with_email(format!("user-{n}@acme.test")) }
}

fn create(rollcall: &Rollcall, actor: Actor, n: usize) -> Result<()> {
    let create = move |op: &mut Op<'_>| users::create_many(op, vec![invited(n)]).map(|_| ());
    rollcall.write(actor, Permission::ManageUsers, Mode::Real, create).wait()
}

fn actor(rollcall: &Rollcall, token: &str) -> Result<Actor> {
    let asked = rollcall.authenticate(token.to_owned(), None).needing(Permission::ManageUsers);
    Ok(asked.wait()?.expect("the token is good"))
}

/// "Acme" with something in every column that is sealed.
fn filled() -> (TestRollcall, String) {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let caller = acme.app(&[Scope::UserManagement]);
    let token = caller.token().unwrap().to_owned();
    let pem = public_key();
    acme.write(move |op| {
        let credential = Some(apps::Credential::PublicKey(apps::PublicKey::parse(&pem).unwrap()));
        let new = NewApp { name: "rsa".into(), algorithm: apps::Algorithm::Rs256, credential, ..NewApp::default() };
        apps::create(op, new).map(|_| ())
    })
    .unwrap();
    create(acme.rollcall(), actor(acme.rollcall(), &token).unwrap(), 0).unwrap();
    acme.rollcall().make_encryption_key().wait().unwrap();
    let ada = admins::by_link(&acme, admins::ADA);
    admins::set_password(&acme, &ada, None, admins::PASSWORD).unwrap();
    admins::add_factor(&acme, &admins::by_link(&acme, admins::ADA));
    (acme, token)
}

fn public_key() -> String {
    // Made for this test with openssl genrsa 2048; its private half was thrown away.
    include_str!("keys.pem").to_owned()
}

/// The sealed values of each column.
fn sealed(database: &TestDatabase) -> BTreeMap<String, BTreeSet<String>> {
    let column = |(table, name, _): (&str, &str, bool)| {
        let rows = database.query(&format!("select {name} from {table}"));
        (format!("{table}.{name}"), rows.into_iter().flatten().flatten().collect())
    };
    columns().into_iter().filter(|(_, _, is_sealed)| *is_sealed).map(column).collect()
}

fn rotate(acme: &TestRollcall) -> (Secret, Resealed) {
    let key = InstallationKey::generate();
    let resealed = acme.rollcall().rotate_key(acme.host(), parsed(&key)).unwrap();
    (key, resealed)
}

#[test]
fn every_column_of_bytes_is_sealed_anew_or_said_to_hold_no_secret() {
    let database = TestDatabase::migrated();
    let sql = match TestDatabase::is_postgres() {
        true => {
            "select table_name::text, column_name::text from information_schema.columns \
             where table_schema = current_schema() and data_type = 'bytea'"
        }
        false => {
            "select m.name, c.name from sqlite_schema as m join pragma_table_info(m.name) as c \
             where m.type = 'table' and lower(c.type) = 'blob'"
        }
    };
    let cell = |row: &[Option<String>], n: usize| row[n].clone().unwrap();
    let there: BTreeSet<_> = database.query(sql).iter().map(|row| (cell(row, 0), cell(row, 1))).collect();
    let known: BTreeSet<_> =
        columns().iter().map(|(table, name, _)| ((*table).to_owned(), (*name).to_owned())).collect();
    assert!(there.len() > 8, "{there:?}");
    assert_eq!(there.symmetric_difference(&known).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
}

#[test]
fn a_rotation_seals_everything_anew_and_loses_nothing() {
    let (acme, token) = filled();
    let (secrets, before) = (acme.snapshot(), sealed(acme.database()));
    assert!(before.values().all(|values| !values.is_empty()), "something is in each: {before:?}");
    let (key, first) = rotate(&acme);
    let after = sealed(acme.database());
    for (column, values) in &before {
        assert!(after[column].is_disjoint(values), "{column} is sealed anew");
        assert_eq!(after[column].len(), values.len(), "{column}");
    }
    assert_eq!(first.unreadable, []);
    assert_eq!(
        first.values.iter().map(|(_, count)| *count).sum::<usize>(),
        before.values().map(BTreeSet::len).sum::<usize>()
    );
    assert_eq!(
        (first.fingerprint.as_str(), acme.rollcall().key_fingerprint()),
        (parsed(&key).fingerprint(), first.fingerprint.clone())
    );
    assert_eq!(acme.snapshot(), secrets, "every secret is what it was");
    assert!(actor(acme.rollcall(), &token).is_ok());
    let letters =
        acme.rollcall().read(acme.host_actor(), Permission::RunJobs, |view| mail::due(view, 10)).wait().unwrap();
    assert_eq!(letters.iter().map(|due| due.letter.to.as_str()).collect::<Vec<_>>(), ["user-0@acme.test"]);

    // What the next one can open was sealed for its right purpose.
    let (last, second) = rotate(&acme);
    assert_eq!((second.unreadable, second.values), (Vec::new(), first.values));
    let refused = process(&acme, &key, None).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("not the one this database was made with"), "{refused}");
    assert!(process(&acme, &last, None).is_ok());
    assert!(acme.sealed_events() > 0);
}

#[test]
fn a_rotation_is_told_in_the_log_of_every_account() {
    let acme = TestRollcall::new();
    acme.found("Other");
    let (_, resealed) = rotate(&acme);
    let events = acme.database().query(
        "select state_before, state_after from audit_events where name = 'Installation Key Rotated' order by account_id",
    );
    let told = |print: &str| Some(format!("{{\"key\":\"{print}\"}}"));
    assert_eq!(
        events,
        [[told(&resealed.before), told(&resealed.fingerprint)], [told(&resealed.before), told(&resealed.fingerprint)]]
    );
    acme.rollcall().renew_encryption_key(acme.host(), 0).unwrap();
    let renewed = "select count(*) from audit_events where name = 'Encryption Key Renewed'";
    assert_eq!(acme.database().number(renewed), 2);
    while acme.write(audit::seal).unwrap() > 0 {}
}

#[test]
fn no_key_is_used_twice() {
    let acme = TestRollcall::new();
    let (first, before) = (acme.key().clone(), sealed(acme.database()));
    for again in [first.clone(), first.clone()] {
        let refused = acme.rollcall().rotate_key(acme.host(), parsed(&again)).unwrap_err();
        assert_eq!(refused.code(), Code::Conflict, "{refused}");
        rotate(&acme);
    }
    assert_eq!(sealed(acme.database()), before, "nothing was sealed");
    let history = acme.rollcall().key_history(acme.host()).wait().unwrap();
    assert_eq!((history.len(), history[0].fingerprint.as_str()), (3, parsed(&first).fingerprint()));
}

#[test]
fn a_value_that_is_lost_already_holds_nothing_up_and_is_named() {
    let (acme, _) = filled();
    let broken = acme.database().bytes(&[7; 40]);
    acme.database().execute(&format!("update outbox set payload = {broken}"));
    let (_, resealed) = rotate(&acme);
    assert_eq!(resealed.unreadable.iter().map(|(table, _)| *table).collect::<Vec<_>>(), ["outbox"]);
    assert_eq!(sealed(acme.database())["outbox.payload"], BTreeSet::from(["07".repeat(40)]), "it is as it was");
}

#[test]
fn a_running_process_goes_on_with_the_new_key_and_seals_nothing_with_the_old_one() {
    let (acme, token) = filled();
    let place = Place::default();
    let (running, host) = process(&acme, acme.key(), Some(place.reader())).unwrap();
    create(&running, actor(&running, &token).unwrap(), 1).unwrap();
    let recognised_before = actor(&running, &token).unwrap();
    let key = InstallationKey::generate();
    place.put(&key);
    acme.rollcall().rotate_key(acme.host(), parsed(&key)).unwrap();
    // An app that was recognised before, one that is recognised now, and the host.
    create(&running, recognised_before, 2).unwrap();
    create(&running, actor(&running, &token).unwrap(), 3).unwrap();
    let hosts = host.actor(&acme.account, "test");
    let made = move |op: &mut Op<'_>| apps::create(op, NewApp { name: "late".into(), ..NewApp::default() }).map(|_| ());
    running.write(hosts, Permission::AdministerAccount, Mode::Real, made).wait().unwrap();
    running.ping().wait().unwrap();
    assert_eq!(running.key_fingerprint(), parsed(&key).fingerprint());
    assert_eq!(rotate(&acme).1.unreadable, [], "all of it opens with the key of then");
}

#[test]
fn the_host_is_the_first_to_notice_where_nobody_else_asks() {
    for step in 0..4 {
        let acme = TestRollcall::new();
        let place = Place::default();
        let (running, host) = process(&acme, acme.key(), Some(place.reader())).unwrap();
        let (key, _) = rotate(&acme);
        place.put(&key);
        let hosts = host.actor(&acme.account, "test");
        let made =
            move |op: &mut Op<'_>| apps::create(op, NewApp { name: "late".into(), ..NewApp::default() }).map(|_| ());
        match step {
            0 => running.write(hosts, Permission::AdministerAccount, Mode::Real, made).wait().unwrap(),
            1 => create(&running, hosts, 1).unwrap(),
            2 => running.make_encryption_key().wait().unwrap(),
            _ => drop(running.renew_encryption_key(&host, 0).unwrap()),
        }
        assert_eq!(rotate(&acme).1.unreadable, [], "step {step}");
    }
}

#[test]
fn a_process_that_cannot_read_the_new_key_says_so_and_does_nothing() {
    let (acme, token) = filled();
    let (running, host) = process(&acme, acme.key(), None).unwrap();
    let recognised_before = actor(&running, &token).unwrap();
    rotate(&acme);
    let (before, rows) = (sealed(acme.database()), acme.database().number("select count(*) from users"));
    let hosts = || host.actor(&acme.account, "test");
    let late = |op: &mut Op<'_>| apps::create(op, NewApp { name: "late".into(), ..NewApp::default() }).map(|_| ());
    let failures = [
        create(&running, recognised_before, 2).unwrap_err(),
        actor(&running, &token).map(|actor| create(&running, actor, 3)).and_then(|done| done).unwrap_err(),
        running.write(hosts(), Permission::AdministerAccount, Mode::Real, late).wait().unwrap_err(),
        create(&running, hosts(), 4).unwrap_err(),
        running.renew_encryption_key(&host, 0).unwrap_err(),
        running.read(hosts(), Permission::RunJobs, |view| mail::due(view, 10)).wait().map(|_| ()).unwrap_err(),
        running.ping().wait().unwrap_err(),
    ];
    for (n, failure) in failures.iter().enumerate() {
        assert_eq!(failure.code(), Code::Busy, "{n}: {failure} {:?}", failure.cause());
        assert!(failure.cause().is_some_and(|cause| cause.contains("start this server again")), "{n}: {failure:?}");
    }
    assert!(running.lacks_key());
    assert_eq!(sealed(acme.database()), before);
    assert_eq!(acme.database().number("select count(*) from users"), rows);
}

/// Ends the others' work when one of them fails.
struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Writers are in the middle of their work, and waiting for their locks, when the key is replaced; again and again.
#[test]
fn nothing_is_sealed_with_the_old_key_by_writers_who_waited_for_the_rotation() {
    let (acme, token) = filled();
    let place = Place::default();
    let (running, host) = process(&acme, acme.key(), Some(place.reader())).unwrap();
    let (is_over, made) = (AtomicBool::new(false), Mutex::new(0_usize));
    std::thread::scope(|scope| {
        for writer in 1..=3 {
            let (running, host, token, is_over, made, acme) = (&running, &host, &token, &is_over, &made, &acme);
            scope.spawn(move || {
                let _over = Over(is_over);
                for n in 0.. {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    // Two apps and the host.
                    let who = if writer == 3 { Ok(host.actor(&acme.account, "test")) } else { actor(running, token) };
                    create(running, who.expect("recognised"), writer * 100_000 + n).expect("created");
                    *made.lock().unwrap() += 1;
                }
            });
        }
        let _over = Over(&is_over);
        for _ in 0..6 {
            let reached = *made.lock().unwrap() + 5;
            while *made.lock().unwrap() < reached {
                assert!(!is_over.load(Ordering::SeqCst), "a writer failed");
                std::thread::yield_now();
            }
            let key = InstallationKey::generate();
            place.put(&key);
            let resealed = acme.rollcall().rotate_key(acme.host(), parsed(&key)).unwrap();
            assert_eq!(resealed.unreadable, []);
        }
    });
    let (_, last) = rotate(&acme);
    assert_eq!(last.unreadable, []);
    let letters = last.values.iter().find(|(table, _)| *table == "outbox").unwrap().1;
    assert_eq!(letters, *made.lock().unwrap() + 1, "each has its letter");
}
