//! What is fuzzed: each function takes any bytes and must neither panic nor let anything through that it should not.
//! No mocks: a real installation stands behind them.

mod requests;
mod tokens;

use std::sync::{Mutex, OnceLock};

pub use requests::{audit_export, header, upload};
pub use tokens::{encrypted_token, token};

use rollcall_core::actor::Actor;
use rollcall_core::op::{Mode, Op};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::{RoleKind, assign, import};
use rollcall_core::{Fault, users};
use rollcall_testkit::TestRollcall;
use rollcall_web::http::json;
use rollcall_web::rest::wire;
use serde_json::Value;

/// One installation for all runs of a process; nothing that is fuzzed may change it.
fn world() -> &'static Mutex<TestRollcall> {
    static WORLD: OnceLock<Mutex<TestRollcall>> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = TestRollcall::new();
        world.admin("ada");
        world.app(&Scope::ALL);
        Mutex::new(world)
    })
}

fn with_world<T>(work: impl FnOnce(&TestRollcall) -> T) -> T {
    work(&world().lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// An app that may manage users and roles, but not hand on the master role: the ceiling is always in the way.
fn some_app(world: &TestRollcall) -> Actor {
    let caller = world.app(&[Scope::UserManagement, Scope::RoleManagement]);
    let token = caller.token().expect("an app has a token").to_owned();
    world.rollcall().authenticate(token, None).wait().expect("the database answers").expect("the app is known")
}

/// Any bytes as the bodies of the routes: refused with places, or rehearsed without a trace.
pub fn bodies(data: &[u8]) {
    let Ok(value) = json::parse(data) else { return };
    let told = |faults: Vec<Fault>| assert!(!faults.is_empty() && faults.iter().all(|f| !f.message.is_empty()));
    match wire::users::read_create(&value) {
        Err(faults) => told(faults),
        Ok(asked) => with_world(|world| {
            let rehearsed = world
                .rollcall()
                .write(some_app(world), Permission::ManageUsers, Mode::DryRun, move |op| {
                    users::create_many(op, asked.clone())
                })
                .wait();
            rehearsed.expect("whatever a body says of users is an outcome");
        }),
    }
    changes_of_users(&value, told);
    if let Err(faults) = wire::roles::read_import(&value) {
        told(faults);
    }
    if let Err(faults) = wire::sso::read(&value) {
        assert!(!faults.is_empty());
    }
    if let Err(faults) = wire::erasures::read(&value) {
        assert!(!faults.is_empty());
    }
    match wire::users_info::read(&value) {
        Err(faults) => told(faults),
        Ok((asked, filter)) => with_world(|world| {
            let found = world
                .rollcall()
                .read(some_app(world), Permission::ViewUsers, move |view| users::info(view, &asked, filter));
            wire::users_info::found(&found.wait().expect("unknown users are an answer"));
        }),
    }
    for kind in [RoleKind::Admin, RoleKind::Bot] {
        match wire::assignments::read(kind, &value) {
            Err(faults) => told(faults),
            Ok(operations) => with_world(|world| {
                let rehearsed = world
                    .rollcall()
                    .write(some_app(world), Permission::ManageRoles, Mode::DryRun, move |op| {
                        assign::assign(op, kind, &operations)
                    })
                    .wait();
                rehearsed.expect("whatever a body says of roles is an outcome");
            }),
        }
    }
}

/// A body as those of the routes that change, remove and give access to users.
fn changes_of_users(value: &Value, told: impl Fn(Vec<Fault>)) {
    match wire::users_update::read(value) {
        Err(faults) => told(faults),
        Ok(asked) => {
            let echoes = wire::users_update::echoes(&asked);
            let outcomes = rehearse(Permission::ManageUsers, move |op| users::update(op, &asked));
            assert_eq!(outcomes.len(), echoes.len());
            wire::users_update::updated(&echoes, &outcomes);
        }
    }
    match wire::users_remove::read(value) {
        Err(faults) => told(faults),
        Ok(asked) => {
            wire::users_remove::removed(&rehearse(Permission::ManageUsers, move |op| users::remove(op, &asked)));
        }
    }
    match wire::user_access::read(value) {
        Err(faults) => told(faults),
        Ok((emails, flags)) => {
            let given = rehearse(Permission::ManageAccess, move |op| users::set_access(op, &emails, flags));
            given.unwrap_or_else(|refusal| drop(wire::user_access::refused(&refusal)));
        }
    }
}

/// Any bytes as an uploaded file with roles: refused with places, or rehearsed, and then either done or refused with places.
pub fn role_file(data: &[u8]) {
    for kind in [RoleKind::Admin, RoleKind::Bot] {
        match wire::roles::read_file(kind, data) {
            Err(faults) => assert!(!faults.is_empty() && faults.iter().all(|f| !f.message.is_empty())),
            Ok(roles) => with_world(|world| {
                let rehearsed = world
                    .rollcall()
                    .write(some_app(world), Permission::ManageRoles, Mode::DryRun, move |op| {
                        import::import(op, &roles, true)
                    })
                    .wait();
                match rehearsed {
                    Ok(imported) => assert!(serde_json::from_slice::<Value>(&wire::roles::imported(&imported)).is_ok()),
                    Err(error) => assert!(!error.each_fault().is_empty(), "a file made the core fail: {error:?}"),
                }
            }),
        }
    }
}

/// Does without keeping it what an app may do, whatever a body says.
fn rehearse<T: Send + 'static>(
    permission: Permission,
    work: impl Fn(&mut Op<'_>) -> rollcall_core::Result<T> + Send + 'static,
) -> T {
    with_world(|world| {
        let rehearsed = world.rollcall().write(some_app(world), permission, Mode::DryRun, work).wait();
        rehearsed.expect("whatever a body says is an outcome")
    })
}

/// Any bytes as an account file: refused with lines and columns, or rehearsed without a trace.
pub fn account_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match rollcall::account_file::parse(text) {
        Err(faults) => assert!(!faults.is_empty() && faults.iter().all(|f| f.line > 0 && f.column > 0)),
        Ok(file) => with_world(|world| {
            let answer = world.rollcall().apply(world.host(), file.state.clone(), true, Mode::DryRun).wait();
            for fault in answer.as_ref().err().map(rollcall_core::Error::each_fault).unwrap_or_default() {
                assert!(file.locate(fault).line > 0);
            }
            if let Err(error) = answer {
                assert!(error.cause().is_none(), "a file made the core fail: {:?}", error.cause());
            }
        }),
    }
}
