//! `TestRollcall`: an installation in a folder of its own, gone when it is dropped.

use std::sync::Arc;

use axum::Router;
use rollcall_core::accounts::AccountInfo;
use rollcall_core::actor::Actor;
use rollcall_core::apps::{self, Algorithm, Credential, NewApp};
use rollcall_core::chance::Secret;
use rollcall_core::clock::ManualClock;
use rollcall_core::id::ClientId;
use rollcall_core::limits::RateLimit;
use rollcall_core::op::{Mode, Op, View};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::seal::InstallationKey;
use rollcall_core::sync::{AppState, AssignmentState, Report, State, UserState};
use rollcall_core::users::Status;
use rollcall_core::{HostKey, Open, Result, Rollcall, Threads, audit, change::Change, sync};
use rollcall_web::Site;

use crate::{Caller, START, TestDatabase, canary};

/// A real installation with one account, "Acme", and a hand on its clock.
pub struct TestRollcall {
    router: Option<Router>,
    rollcall: Option<Arc<Rollcall>>,
    host: Option<HostKey>,
    /// The clock: it moves only when a test moves it.
    pub clock: Arc<ManualClock>,
    /// The account "Acme".
    pub account: AccountInfo,
    key: Secret,
    database: TestDatabase,
    rate_limit: Option<RateLimit>,
    _last_look: canary::LastLook,
}

impl Default for TestRollcall {
    fn default() -> Self {
        Self::new()
    }
}

impl TestRollcall {
    /// An account "Acme" with nothing but what every account has.
    pub fn new() -> Self {
        Self::on(TestDatabase::migrated())
    }

    /// The same, on a database of the caller's choice.
    pub fn on(database: TestDatabase) -> Self {
        Self::made(database, None)
    }

    /// As [`Self::new`], with a rate limit, such as `2/min`: all others have none.
    pub fn limited(rate_limit: &str) -> Self {
        Self::made(TestDatabase::migrated(), RateLimit::parse(rate_limit).expect("a rate limit"))
    }

    fn made(database: TestDatabase, rate_limit: Option<RateLimit>) -> Self {
        canary::listen();
        let key = InstallationKey::generate();
        canary::plant("an installation key", key.expose());
        let clock = Arc::new(ManualClock::at(START));
        let (rollcall, host) = open(&database, &key, &clock, rate_limit.as_ref()).expect("a new database opens");
        let account = rollcall.found_account(&host, "Acme").wait().expect("an account is founded");
        let (rollcall, host) = (Arc::new(rollcall), Some(host));
        let router = Some(rollcall_web::router(Arc::clone(&rollcall), Site::default()));
        let rollcall = Some(rollcall);
        Self { router, rollcall, host, clock, account, key, database, rate_limit, _last_look: canary::LastLook }
    }

    /// Closes the installation and opens it again, as after a restart. Callers made before keep the old one alive.
    pub fn reopen(&mut self) {
        (self.router, self.rollcall, self.host) = (None, None, None);
        let (rollcall, host) = self.replica();
        let rollcall = Arc::new(rollcall);
        self.router = Some(rollcall_web::router(Arc::clone(&rollcall), Site::default()));
        self.rollcall = Some(rollcall);
        self.host = Some(host);
    }

    /// As [`Self::reopen`], with another rate limit from now on, or `off`.
    pub fn reopen_limited(&mut self, rate_limit: &str) {
        self.rate_limit = RateLimit::parse(rate_limit).expect("a rate limit");
        self.reopen();
    }

    /// The installation.
    pub fn rollcall(&self) -> &Arc<Rollcall> {
        self.rollcall.as_ref().expect("open")
    }

    /// The host's own key.
    pub fn host(&self) -> &HostKey {
        self.host.as_ref().expect("open")
    }

    /// The database, for a look or a hand past Rollcall.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// The installation key.
    pub fn key(&self) -> &Secret {
        &self.key
    }

    /// A further process on the same database, as far as a thread can be one.
    pub fn replica(&self) -> (Rollcall, HostKey) {
        open(&self.database, &self.key, &self.clock, self.rate_limit.as_ref()).expect("it opens again")
    }

    /// The host's hand on "Acme".
    pub fn host_actor(&self) -> Actor {
        self.host().actor(&self.account, "test")
    }

    /// Founds a further account.
    pub fn found(&self, name: &str) -> AccountInfo {
        self.rollcall().found_account(self.host(), name).wait().expect("an account is founded")
    }

    /// Reads as the host.
    pub fn read<T: Send + 'static>(&self, work: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        self.rollcall().read(self.host_actor(), Permission::AdministerAccount, work).wait()
    }

    /// Writes as the host.
    pub fn write<T: Send + 'static>(&self, work: impl Fn(&mut Op<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        self.rollcall().write(self.host_actor(), Permission::AdministerAccount, Mode::Real, work).wait()
    }

    /// Brings an account to a description.
    pub fn apply(&self, state: State) -> Result<Report> {
        self.rollcall().apply(self.host(), state, false, Mode::Real).wait()
    }

    /// "Acme" as a description with all its secrets: two are equal where nothing differs.
    pub fn snapshot(&self) -> String {
        let state = self.read(|view| sync::export(view, true)).expect("an export");
        whole(&state)
    }

    /// Makes sure that "Acme" has an active admin of this name, `NAME@acme.test`.
    pub fn admin(&self, name: &str) -> String {
        let email = format!("{name}@acme.test");
        let state = State {
            name: "Acme".into(),
            users: vec![user(&email, Status::Active)],
            assignments: vec![AssignmentState {
                role: "admin".into(),
                bot: None,
                users: vec![email.clone()],
                groups: Vec::new(),
                expires: None,
            }],
            ..State::default()
        };
        self.apply(state).expect("an admin is made");
        email
    }

    /// A client app of "Acme" with these scopes, as a caller of the API.
    pub fn app(&self, scopes: &[Scope]) -> Caller {
        self.app_of(&self.account.clone(), scopes)
    }

    /// A client app of any account, as a caller of the API. Its client id is the same in every test, its secret is not:
    /// it is planted, and no reply and no line of the log may tell it.
    pub fn app_of(&self, account: &AccountInfo, scopes: &[Scope]) -> Caller {
        let name = format!("app {}", scopes.iter().map(|s| s.id()).collect::<Vec<_>>().join(" "));
        let actor = self.host().actor(account, "test");
        let new = NewApp {
            name: name.clone(),
            scopes: scopes.to_vec(),
            algorithm: Algorithm::Hs256,
            client_id: Some(ClientId::derive(&account.name, &name)),
            credential: Some(Credential::Secret(canary::secret("the secret of an app"))),
            ..NewApp::default()
        };
        let made = self
            .rollcall()
            .write(actor.clone(), Permission::AdministerAccount, Mode::Real, move |op| apps::create(op, new.clone()))
            .wait();
        let (client_id, secret) = match made {
            Ok((app, secret)) => (app.client_id, secret.expect("an app of HS256 has a secret")),
            // An app with these scopes was asked for before: the same one.
            Err(_) => self
                .rollcall()
                .read(actor, Permission::AdministerAccount, move |view| {
                    Ok((apps::show(view, &name)?.client_id, apps::secret(view, &name)?))
                })
                .wait()
                .expect("the app that is there"),
        };
        self.visitor().app(client_id, secret)
    }

    /// Nobody, as a caller of the API.
    pub fn visitor(&self) -> Caller {
        let router = self.router.clone().expect("open");
        Caller::visitor(Arc::clone(self.rollcall()), router, self.database.clone())
    }

    /// Seals what is pending and walks the chain of "Acme"; panics where it is broken. Gives the number of events.
    pub fn sealed_events(&self) -> u64 {
        while self.write(audit::seal).expect("sealing") > 0 {}
        let walked = self.read(audit::verify).expect("a walk along the chain");
        assert_eq!((walked.broken, walked.pending), (None, 0), "the audit chain is whole and complete");
        walked.sealed
    }
}

/// A description as text, with all its secrets.
pub fn whole(state: &State) -> String {
    let of = |app: &AppState| {
        let further = app.credentials.iter().flatten().map(|credential| credential.client_secret.clone());
        further.chain([app.client_secret.clone()]).collect::<Vec<_>>()
    };
    let secrets = state.apps.iter().flat_map(of).map(|secret| secret.map(|s| s.expose().to_owned()));
    format!("{state:?} {:?}", secrets.collect::<Vec<_>>())
}

/// A user of a description, with nothing said but address and status.
pub fn user(email: &str, status: Status) -> UserState {
    UserState {
        id: None,
        email: email.into(),
        org_user_id: Change::Keep,
        profile: Vec::new(),
        status: Some(status),
        can_create_bot: None,
        is_developer: None,
        data_tables: None,
        tasks: None,
    }
}

fn open(
    database: &TestDatabase,
    key: &Secret,
    clock: &Arc<ManualClock>,
    rate_limit: Option<&RateLimit>,
) -> Result<(Rollcall, HostKey)> {
    Rollcall::open(Open {
        database: database.database(),
        clock: Box::new(Arc::clone(clock)),
        key: InstallationKey::parse(key.expose())?,
        keys: None,
        threads: Threads::default(),
        rate_limit: rate_limit.cloned(),
    })
}
