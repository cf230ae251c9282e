//! While a server takes writes on many connections: whole transactions, all that was answered before, and nobody fails.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use reqwest::blocking::Client;

use super::{Kind, Place, groups, stop, text, try_create};
use crate::program::Server;

/// Connections that create users.
const CALLERS: usize = 3;
/// How many creations are answered before a copy begins.
const ROUND: usize = 20;

/// Ends the callers, also where the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What is written meanwhile, and which of it was answered.
struct Load<'a> {
    acme: &'a Place,
    server: &'a Server,
    token: String,
    /// The id of a group in which all are.
    group: String,
    /// Names: "w…" of a pair of users created at once, "g…" of a group with its two members.
    answered: Mutex<BTreeSet<String>>,
    count: AtomicUsize,
    names: AtomicUsize,
    is_over: AtomicBool,
}

impl Load<'_> {
    fn answered(&self, name: String) {
        self.answered.lock().expect("no panic").insert(name);
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    /// A number for a new name.
    fn next(&self) -> usize {
        self.names.fetch_add(1, Ordering::SeqCst)
    }

    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::SeqCst)
    }

    /// Two users and their membership, in one request.
    fn create_pairs(&self, caller: usize) {
        let client = Client::new();
        while self.goes_on() {
            let name = format!("w{caller}x{}", self.next());
            let emails = ["a", "b"].map(|half| format!("{name}-{half}@acme.test"));
            let emails = [emails[0].as_str(), &emails[1]];
            assert!(try_create(&client, self.server, &self.token, &emails, &[&self.group]), "{name} is created");
            self.answered(name);
        }
    }

    /// Two users and a group of theirs, by another process beside the server.
    fn apply_groups(&self) {
        while self.goes_on() {
            let name = format!("g{}", self.next());
            let emails = ["a", "b"].map(|half| format!("{name}-{half}@acme.test")).join(", ");
            let users = emails.split(", ").map(|email| format!("{{ email: {email} }}")).collect::<Vec<_>>().join(", ");
            let file = format!(
                "rollcall: 1\naccount: {{ name: Acme }}\nusers: [{users}]\n\
                 groups: [{{ name: {name}, members: [{emails}] }}]\n"
            );
            self.acme.run_with_input(&["apply", "-"], &file).ok();
            self.answered(name);
        }
    }
}

/// The first cells of an answer.
fn column(place: &Place, sql: &str) -> BTreeSet<String> {
    place.database.query(sql).into_iter().filter_map(|row| row.into_iter().next()?).collect()
}

/// What a backup must hold that began when these had been answered.
fn is_consistent(acme: &Place, copy: &Place, answered: &BTreeSet<String>) {
    let emails =
        column(copy, "select email from users where email like 'w%-_@acme.test' or email like 'g%-_@acme.test'");
    let names: BTreeSet<String> =
        emails.iter().map(|email| email.rsplit_once('-').expect("a half").0.to_owned()).collect();
    assert_eq!(emails.len(), 2 * names.len(), "a transaction is there whole or not at all");
    let lost: Vec<_> = answered.difference(&names).collect();
    assert!(lost.is_empty(), "answered before, and not there: {lost:?}");
    let members = "select count(*) from memberships as m join users as u on u.id = m.user_id where u.email like";
    assert_eq!(
        copy.database.number(&format!("{members} 'w%-_@acme.test' or u.email like 'g%-_@acme.test'")) as usize,
        emails.len()
    );
    let created = "select count(*) from audit_events where name = 'User Created' and (description like '%w%-_@acme.test%' \
                   or description like '%g%-_@acme.test%')";
    assert_eq!(copy.database.number(created) as usize, emails.len(), "each with its event");
    let applied: BTreeSet<String> = names.iter().filter(|name| name.starts_with('g')).cloned().collect();
    assert_eq!(column(copy, "select name from groups where name like 'g%'"), applied);

    // What is in it is what the original has, up to what is done to events and apps after the fact.
    for (table, columns) in [
        ("users", "id, public_id, email, created_at"),
        ("groups", "id, public_id, name, created_at"),
        ("memberships", "group_id, user_id, since, added_by"),
        ("audit_events", "id, at, actor_id, name, target, description, state_after"),
        ("app_secrets", "id, sealed"),
    ] {
        let rows = |place: &Place| -> BTreeSet<_> {
            place.database.query(&format!("select {columns} from {table}")).into_iter().collect()
        };
        assert!(rows(copy).is_subset(&rows(acme)), "{table}");
    }
    let whole = copy.verified();
    assert_eq!(whole["whole"], true, "{whole}");
    let seen = copy.export();
    assert!(emails.iter().all(|email| seen.contains(email.as_str())));
}

/// Does the work while everybody writes; gives what had been answered when it began.
fn under_load(load: &Load<'_>, work: impl FnOnce()) -> BTreeSet<String> {
    load.is_over.store(false, Ordering::SeqCst);
    let begun = load.count.load(Ordering::SeqCst);
    std::thread::scope(|scope| {
        let _over = Over(&load.is_over);
        for caller in 0..CALLERS {
            scope.spawn(move || load.create_pairs(caller));
        }
        let groups = scope.spawn(move || load.apply_groups());
        while load.count.load(Ordering::SeqCst) < begun + ROUND && !groups.is_finished() {
            std::thread::yield_now();
        }
        let before = load.answered.lock().expect("no panic").clone();
        work();
        before
    })
}

fn copied_under_load(kind: Kind, other: Kind) {
    let acme = Place::filled(kind);
    let (server, token) = (acme.serve(&[]), acme.token());
    let group = groups(&server, &token)["groups"][0]["_id"].as_str().expect("an id").to_owned();
    let load = Load {
        acme: &acme,
        server: &server,
        token,
        group,
        answered: Mutex::default(),
        count: AtomicUsize::new(0),
        names: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
    };
    // By a file into the other kind, straight into the same: with those of the other kind, all ways.
    let (file, restored, copied) = (acme.path("a.db"), acme.twin(other), acme.twin(kind));
    let before = under_load(&load, || {
        acme.run(&["backup", text(&file)]).ok();
        let told = acme.verified();
        assert_eq!(told["whole"], true, "also while events are sealed: {told}");
    });
    restored.run(&["restore", text(&file)]).ok();
    is_consistent(&acme, &restored, &before);
    let before = under_load(&load, || drop(acme.run(&["copy", "--to", &copied.url()]).ok()));
    is_consistent(&acme, &copied, &before);
    let answered = load.answered.into_inner().expect("no panic");
    stop(server);
    // Once all is quiet, a backup has all that was ever answered, and nothing else.
    let (file, copy) = (acme.path("quiet.db"), acme.twin(Kind::Sqlite));
    acme.run(&["backup", text(&file)]).ok();
    copy.run(&["restore", text(&file)]).ok();
    is_consistent(&acme, &copy, &answered);
    assert_eq!(copy.export(), acme.export());
    assert_eq!(copy.verified(), acme.verified());
    assert_eq!(copy.run(&["doctor"]).code, 0);
}

#[test]
fn a_backup_of_sqlite_at_work_has_all_that_was_answered() {
    copied_under_load(Kind::Sqlite, Kind::Postgres);
}

#[test]
fn a_backup_of_postgresql_at_work_has_all_that_was_answered() {
    copied_under_load(Kind::Postgres, Kind::Sqlite);
}
