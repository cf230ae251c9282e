//! Safe retries: an idempotency key is answered from memory, and nothing is remembered that was not done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rollcall_core::actor::Actor;
use rollcall_core::op::{Mode, Once, Reply};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::users::{self, NewUser};
use rollcall_core::{Code, Error, Pending, Result};
use rollcall_testkit::TestRollcall;

use crate::setting::{DAY, app, export, number};

/// An installation, an app, and how often the work has been done.
struct Setting {
    acme: TestRollcall,
    app: Actor,
    done: Arc<AtomicUsize>,
}

impl Setting {
    fn new() -> Self {
        let acme = TestRollcall::new();
        acme.admin("ada");
        let app = app(&acme, &Scope::ALL);
        Self { acme, app, done: Arc::new(AtomicUsize::new(0)) }
    }

    /// Asks for a user with a number of its own; the reply says which.
    fn start(&self, actor: &Actor, mode: Mode, key: &str, body: u8, fails: bool) -> Pending<Reply> {
        let once = Some(Once { key: key.to_owned(), fingerprint: [body; 32] });
        let done = Arc::clone(&self.done);
        self.acme.rollcall().write_once(actor.clone(), Permission::ManageUsers, mode, once, move |op| {
            let n = done.fetch_add(1, Ordering::SeqCst);
            users::create_many(op, vec![NewUser::with_email(format!("u{n}@acme.test"))])?;
            match fails {
                true => Err(Error::new(Code::Conflict, "on purpose")),
                false => Ok(Reply { status: 201, body: format!("u{n} \u{e9}").into_bytes(), replayed: false }),
            }
        })
    }

    fn ask(&self, key: &str, body: u8) -> Result<Reply> {
        self.start(&self.app, Mode::Real, key, body, false).wait()
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }
}

fn reply(text: &str, replayed: bool) -> Reply {
    Reply { status: 201, body: format!("{text} \u{e9}").into_bytes(), replayed }
}

#[test]
fn the_same_request_again_is_answered_from_memory() {
    let mut setting = Setting::new();
    assert_eq!(setting.ask("k", 1).unwrap(), reply("u0", false));
    let before = setting.acme.snapshot();
    assert_eq!(setting.ask("k", 1).unwrap(), reply("u0", true));
    setting.acme.reopen();
    assert_eq!(setting.ask("k", 1).unwrap(), reply("u0", true), "also after a restart");
    assert_eq!((setting.done(), setting.acme.snapshot()), (1, before));
    assert_eq!(setting.ask("K", 1).unwrap(), reply("u1", false), "another key is another request");
}

#[test]
fn a_key_is_for_one_request_alone() {
    let setting = Setting::new();
    setting.ask("k", 1).unwrap();
    let error = setting.ask("k", 2).unwrap_err();
    assert_eq!(error.code(), Code::KeyReused);
    assert!(error.to_string().contains("\"k\""), "{error}");
    let rehearsed = setting.start(&setting.app, Mode::DryRun, "k", 2, false).wait().unwrap();
    assert!(!rehearsed.replayed, "a rehearsal neither remembers nor is remembered");
    assert_eq!(setting.ask("k", 1).unwrap(), reply("u0", true));
}

#[test]
fn every_app_has_keys_of_its_own() {
    let setting = Setting::new();
    let other = app(&setting.acme, &[Scope::UserManagement]);
    let first = setting.ask("k", 1).unwrap();
    let others = setting.start(&other, Mode::Real, "k", 2, false).wait().unwrap();
    assert!(!others.replayed && others.body != first.body, "{others:?}");
    assert_eq!(setting.ask("k", 1).unwrap(), Reply { replayed: true, ..first });
}

#[test]
fn a_reply_is_forgotten_after_a_day() {
    let setting = Setting::new();
    let forget = || setting.acme.write(Once::forget_expired).unwrap();
    setting.ask("k", 1).unwrap();
    setting.ask("l", 1).unwrap();
    setting.acme.clock.advance(DAY - 1);
    assert_eq!((forget(), setting.ask("k", 1).unwrap()), (0, reply("u0", true)));
    setting.acme.clock.advance(1);
    assert_eq!(setting.ask("k", 2).unwrap(), reply("u2", false), "a forgotten key is free");
    assert_eq!(setting.ask("k", 2).unwrap(), reply("u2", true));
    assert_eq!((forget(), number(&setting.acme, "select count(*) from idempotency_keys")), (1, 1));
}

#[test]
fn what_was_refused_or_rehearsed_is_not_remembered() {
    let setting = Setting::new();
    let refused = setting.start(&setting.app, Mode::Real, "k", 1, true).wait().unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);
    assert!(!setting.start(&setting.app, Mode::DryRun, "k", 1, false).wait().unwrap().replayed);
    assert_eq!(number(&setting.acme, "select count(*) from idempotency_keys"), 0);
    assert_eq!(export(&setting.acme).users.len(), 1);
    assert_eq!(setting.ask("k", 1).unwrap(), reply("u2", false));
}

#[test]
fn concurrent_requests_of_one_key_do_the_work_once() {
    let setting = Setting::new();
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| setting.ask("k", 1).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!((setting.done(), export(&setting.acme).users.len()), (1, 2));
    assert_eq!(replies.iter().filter(|r| !r.replayed).count(), 1);
    assert!(replies.iter().all(|r| r.body == replies[0].body && r.status == 201));
}
