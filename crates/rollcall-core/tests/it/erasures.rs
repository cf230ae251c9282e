//! Erasing: nothing personal is left but what the audit log has said before; each user once, whoever does it.

use rollcall_core::change::Change;
use rollcall_core::erasures::{self, Asked, Progress, Refusal};
use rollcall_core::id::ErasureId;
use rollcall_core::op::{Mode, Once, Reply};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::sync::{TaskState, UserState};
use rollcall_core::users::{self, NewUser, ProfileField};
use rollcall_core::{HostKey, Result, Rollcall, groups, page::Page};
use rollcall_testkit::TestRollcall;

use crate::setting::{active, app, bot, column, create, given, group, letters, number, state, statements, traces};

fn asked(users: &[&str]) -> Asked {
    let users = users.iter().enumerate().map(|(n, user)| (n, (*user).to_owned())).collect();
    Asked { users, from_all_bots: true, ..Asked::default() }
}

fn request(acme: &TestRollcall, users: &[&str]) -> Result<ErasureId, Vec<Refusal>> {
    let asked = asked(users);
    acme.write(move |op| erasures::request(op, &asked)).unwrap()
}

fn run(acme: &TestRollcall, limit: usize) -> bool {
    acme.write(move |op| erasures::run(op, limit)).unwrap()
}

fn progress(acme: &TestRollcall, id: &ErasureId) -> Vec<Progress> {
    let id = id.to_string();
    let erasure = acme.read(move |view| erasures::status(view, &id)).unwrap();
    erasure.users.into_iter().map(|(_, progress)| progress).collect()
}

fn public_id(acme: &TestRollcall, email: &str) -> String {
    column(acme, &format!("select public_id from users where email = '{email}'")).remove(0)
}

/// An installation with an admin, and as many others, "u0@acme.test" and on.
fn with_users(count: usize) -> (TestRollcall, Vec<String>) {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let emails: Vec<String> = (0..count).map(|n| format!("u{n}@acme.test")).collect();
    let users = emails.iter().map(|email| active(email)).collect();
    acme.apply(rollcall_core::sync::State { users, ..state() }).unwrap();
    (acme, emails)
}

fn refs(emails: &[String]) -> Vec<&str> {
    emails.iter().map(String::as_str).collect()
}

/// What is told of the erasing itself: all that the audit log says from there on.
fn events(acme: &TestRollcall) -> Vec<String> {
    let sql = "select concat_ws(' ', name, target, description, state_before, state_after) from audit_events \
               where name like 'User Data%' order by id";
    column(acme, sql)
}

#[test]
fn nothing_personal_is_left_but_what_the_audit_log_has_said_before() {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let profile = ProfileField::ALL.into_iter().map(|field| (field, Change::Set(format!("canary {}", field.column()))));
    let canary = UserState {
        org_user_id: Change::Set("canary org id".into()),
        profile: profile.collect(),
        can_create_bot: Some(true),
        is_developer: Some(true),
        data_tables: Some(true),
        tasks: Some(vec![TaskState { bot: "Helper".into(), dialogs: None }]),
        ..active("Canary@Bücher.example")
    };
    let described = rollcall_core::sync::State {
        bots: vec![bot("Helper", true, &["One"])],
        users: vec![canary],
        groups: vec![group("Birds", &["Canary@Bücher.example"], &[])],
        assignments: vec![
            given("admin", None, &["Canary@Bücher.example"], &[]),
            given("Bot Tester", Some("Helper"), &["Canary@Bücher.example"], &[]),
        ],
        ..state()
    };
    acme.apply(described).unwrap();
    acme.database().execute("update users set last_login_at = 1 where email_key like 'canary%'");
    acme.database().execute("update assignments set expires_at = 1 where bot_id is not null");
    // Somebody invited, with a letter that waits; and a reply that repeats the address in letters of its own.
    let caller = app(&acme, &Scope::ALL);
    let invited = NewUser { org_user_id: Some("canary too".into()), ..NewUser::with_email("canary2@acme.test") };
    create(acme.rollcall(), &caller, Mode::Real, &[invited]).unwrap();
    let token = letters(&acme).remove(0).1;
    for (key, body) in [
        ("mine", "{\"emailId\":\"CANARY@bücher.EXAMPLE\"}"),
        ("by org id", "{\"orgUserId\":\"canary org id\",\"firstName\":\"Canary\"}"),
        ("within", "{\"msg\":\"The org user id \\\"canary org id\\\" belongs to another user\"}"),
        ("other", "{\"emailId\":\"bo@acme.test\"}"),
    ] {
        let (once, reply) = (Once { key: key.into(), fingerprint: [7; 32] }, body.as_bytes().to_vec());
        let work = move |op: &mut rollcall_core::op::Op<'_>| {
            users::create_many(op, Vec::new())?;
            Ok(Reply { status: 200, body: reply.clone(), replayed: false })
        };
        acme.rollcall()
            .write_once(caller.clone(), Permission::ManageUsers, Mode::Real, Some(once), work)
            .wait()
            .unwrap();
    }
    let (one, two) = (public_id(&acme, "Canary@Bücher.example"), public_id(&acme, "canary2@acme.test"));
    let id = request(&acme, &["canary@xn--bcher-kva.example", &two]).unwrap();
    assert!(!run(&acme, 100));
    assert_eq!(progress(&acme, &id), [Progress::Done, Progress::Done]);

    for needle in ["canary", "Canary", "CANARY"] {
        let left = traces(&acme, needle);
        // Files of SQLite hold what was there until it is written over.
        let left: Vec<&String> = left.iter().filter(|place| !place.starts_with("rollcall.db")).collect();
        assert!(left.iter().all(|place| place.starts_with("audit_events.")), "{needle} is left in {left:?}");
    }
    let told = events(&acme).join("\n");
    assert!(!told.to_lowercase().contains("canary") && told.contains(&one) && told.contains(&two), "{told}");
    assert!(told.contains("Birds") && told.contains("Bot Tester") && told.contains("\"admin\""), "{told}");
    let left = "select email, status, can_create_bot or is_developer or data_tables, last_login_at from users \
                where email like 'erased-%@erased.invalid' and email = email_key and length(email) = 54";
    let left = acme.database().query(left);
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|row| row[1].as_deref() == Some("suspended") && row[3].is_none()), "{left:?}");
    assert!(left.iter().all(|row| matches!(row[2].as_deref(), Some("0" | "f" | "false"))), "{left:?}");
    for table in ["memberships", "task_grants", "outbox"] {
        assert_eq!(number(&acme, &format!("select count(*) from {table}")), 0, "{table}");
    }
    assert_eq!(number(&acme, "select count(*) from assignments"), 1, "the admin's own");
    assert_eq!(column(&acme, "select idempotency_key from idempotency_keys"), ["other"]);
    assert_eq!(column(&acme, "select state from invitations"), ["revoked"]);
    assert!(acme.rollcall().recognise_invitation(token, None).wait().unwrap().is_none());
    acme.sealed_events();
    // The account goes on, and the address is free.
    acme.read(|view| groups::page(view, Page::new(0, 50).unwrap())).unwrap();
    acme.apply(rollcall_core::sync::State { users: vec![active("canary@bücher.example")], ..state() }).unwrap();
}

#[test]
fn a_batch_is_done_at_a_time_and_all_of_it_in_the_end() {
    let (acme, emails) = with_users(5);
    let id = request(&acme, &refs(&emails)).unwrap();
    let waits = || acme.read(erasures::is_any_pending).unwrap();
    let done = || progress(&acme, &id).iter().filter(|p| **p == Progress::Done).count();
    assert_eq!((waits(), run(&acme, 2), done()), (true, true, 2));
    assert_eq!((waits(), run(&acme, 2), done()), (true, true, 4));
    assert_eq!((waits(), run(&acme, 2), done(), waits()), (true, false, 5, false));
    let before = acme.sealed_events();
    assert!(!run(&acme, 2));
    assert_eq!(acme.sealed_events(), before, "nothing is done twice");
    assert_eq!(number(&acme, "select count(*) from audit_events where name = 'User Data Erased'"), 5);
}

#[test]
fn what_has_changed_meanwhile_counts() {
    let (acme, emails) = with_users(4);
    let id = request(&acme, &refs(&emails)).unwrap();
    let again = request(&acme, &["u3@acme.test"]).unwrap();
    acme.apply(rollcall_core::sync::State { owner: Some("u0@acme.test".into()), ..state() }).unwrap();
    let owned = rollcall_core::sync::BotState { owner: Change::Set("u1@acme.test".into()), ..bot("Helper", true, &[]) };
    acme.apply(rollcall_core::sync::State { bots: vec![owned], ..state() }).unwrap();
    acme.database().execute("delete from users where email = 'u2@acme.test'");
    let third = public_id(&acme, "u3@acme.test");
    assert!(!run(&acme, 100));
    let failed = |why: &str| Progress::Failed(why.to_owned());
    assert_eq!(
        progress(&acme, &id),
        [
            failed("the user owns the account; make somebody else its owner first"),
            failed("the user owns the bot \"Helper\"; give it to somebody else first"),
            Progress::Done,
            Progress::Done,
        ]
    );
    assert_eq!(progress(&acme, &again), [Progress::Done]);
    assert_eq!(number(&acme, "select count(*) from users where email in ('u0@acme.test', 'u1@acme.test')"), 2);
    let told: Vec<String> = events(&acme).into_iter().filter(|event| event.contains(&third)).collect();
    let erased: Vec<&String> = told.iter().filter(|event| event.starts_with("User Data Erased")).collect();
    assert!(erased.len() == 1 && erased[0].contains(id.as_str()) && erased[0].contains(again.as_str()), "{told:?}");
    acme.sealed_events();
}

#[test]
fn of_two_replicas_that_do_it_at_once_one_does_each() {
    let (acme, emails) = with_users(40);
    let id = request(&acme, &refs(&emails)).unwrap();
    let other = acme.replica();
    let work = |rollcall: &Rollcall, host: &HostKey| loop {
        let actor = host.actor(&acme.account, "worker");
        let done = rollcall.write(actor, Permission::RunJobs, Mode::Real, |op| erasures::run(op, 3)).wait();
        if matches!(done, Ok(false)) {
            return;
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| work(&other.0, &other.1));
        work(acme.rollcall(), acme.host());
    });
    assert!(progress(&acme, &id).iter().all(|p| *p == Progress::Done));
    assert_eq!(number(&acme, "select count(*) from audit_events where name = 'User Data Erased'"), 40);
    acme.sealed_events();
}

#[test]
fn however_many_are_erased_it_takes_as_many_statements() {
    let (acme, emails) = with_users(60);
    let (few, many) = emails.split_at(2);
    let (asking, _) = statements(&acme, || request(&acme, &refs(few)).unwrap());
    let (erasing, _) = statements(&acme, || run(&acme, 100));
    assert_eq!(statements(&acme, || request(&acme, &refs(many)).unwrap()).0, asking);
    assert_eq!(statements(&acme, || run(&acme, 100)).0, erasing);
}
