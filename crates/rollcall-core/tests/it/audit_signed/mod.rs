//! The signed audit log: when checkpoints are made, and that whatever is done to the log, in the database or in an export,
//! is found. The chain and what is signed are worked out here once more, by what docs/audit-log.md says.

mod checkpoints;
mod file;
mod forger;
mod live;
mod newest;

use rollcall_core::audit::{self, Checked, Pin, Verification};
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;
use rollcall_core::sync::State;
use rollcall_testkit::TestRollcall;

use crate::setting::{HOUR, active, state};

/// As many stretches, each with a checkpoint at its end and as many events.
const STRETCHES: usize = 4;
const EACH: usize = 4;

/// "Acme" with a log of [`STRETCHES`], an hour apart, all of it signed; and "Beta" with the same.
fn signed() -> TestRollcall {
    let acme = TestRollcall::new();
    let beta = acme.found("Beta");
    for stretch in 0..STRETCHES {
        // The founding is the first event.
        let users = (usize::from(stretch == 0)..EACH).map(|n| format!("u{stretch}-{n}@acme.test"));
        let users: Vec<_> = users.map(|email| active(&email)).collect();
        acme.apply(State { users: users.clone(), ..state() }).unwrap();
        acme.apply(State { name: "Beta".into(), users, ..State::default() }).unwrap();
        sign(&acme);
        let host = acme.host().actor(&beta, "test");
        acme.rollcall().write(host, Permission::RunJobs, Mode::Real, audit::seal_and_sign).wait().unwrap();
        acme.clock.advance(HOUR);
    }
    acme
}

fn sign(acme: &TestRollcall) {
    while acme.write(audit::seal_and_sign).unwrap() > 0 {}
}

fn verify(acme: &TestRollcall) -> Verification {
    acme.read(audit::verify).unwrap()
}

/// What is broken, in short.
fn broken(acme: &TestRollcall) -> Option<(i64, &'static str)> {
    verify(acme).broken.map(|broken| (broken.seq, broken.kind.name()))
}

fn export(acme: &TestRollcall) -> Vec<u8> {
    let written = acme.read(|view| {
        let mut out = Vec::new();
        audit::export(view, &mut out)?;
        Ok(out)
    });
    written.unwrap()
}

fn check(file: &[u8]) -> Checked {
    check_by(file, &[])
}

fn check_by(mut file: &[u8], keys: &[&str]) -> Checked {
    let pins: Vec<Pin> = keys.iter().map(|key| Pin::parse(key).unwrap()).collect();
    audit::check(&mut file, &pins).unwrap()
}

/// Whether the log goes on from an export.
fn continues(acme: &TestRollcall, earlier: &Checked) -> Option<(i64, &'static str)> {
    let earlier = earlier.clone();
    let broken = acme.read(move |view| audit::continues(view, &earlier)).unwrap();
    broken.map(|broken| (broken.seq, broken.kind.name()))
}
