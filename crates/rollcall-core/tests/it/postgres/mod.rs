//! What PostgreSQL alone can do to us, on real servers that these tests start themselves, whatever the other tests run on.

mod chores;
mod commits;
mod gathering;
mod logins;
mod outages;
mod proxy;
mod races;
mod retries;
mod settings;
mod tls;
mod values;

use std::sync::{Arc, Barrier, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use rollcall_core::accounts::AccountInfo;
use rollcall_core::actor::Actor;
use rollcall_core::op::{Mode, Op, View};
use rollcall_core::policy::Permission;
use rollcall_core::seal::InstallationKey;
use rollcall_core::users::{self, Creation, NewUser, Outcome};
use rollcall_core::{Database, HostKey, Open, Pending, Result, Rollcall, Threads};
use rollcall_testbed::{Cluster, Options};
use rollcall_testkit::{TestDatabase, TestRollcall};

/// As long may anything take that a test waits for; one that reaches it has failed.
const LONG: Duration = Duration::from_secs(60);

/// Deadlocks are looked for soon, and the log says in which database.
const SETTINGS: [(&str, &str); 2] = [("deadlock_timeout", "20ms"), ("log_line_prefix", "[%d] ")];

fn start() -> Cluster {
    Cluster::start(&Options { settings: &SETTINGS, tcp: true, ..Options::default() }).unwrap()
}

/// The cluster of those tests that do it no harm. It goes with the last of them, which a static alone would not.
fn shared() -> Arc<Cluster> {
    static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let cluster = Arc::new(start());
        *shared = Arc::downgrade(&cluster);
        cluster
    })
}

/// "Acme" in a database of its own. Name the cluster before it, so that the database goes first.
fn on(cluster: &Cluster) -> TestRollcall {
    TestRollcall::on(TestDatabase::on(&cluster.url("postgres")))
}

/// The name of its database.
fn name(acme: &TestRollcall) -> String {
    acme.database().url().rsplit_once('/').unwrap().1.to_owned()
}

/// A further process on the database of "Acme", as far as threads can be one.
struct Replica {
    rollcall: Rollcall,
    host: HostKey,
    account: AccountInfo,
}

impl Replica {
    /// Opened at another address of the same database, or with other patience.
    fn open(acme: &TestRollcall, url: &str, patience: Duration) -> Result<Self> {
        let (rollcall, host) = Rollcall::open(Open {
            database: Database::parse(url)?,
            clock: Box::new(Arc::clone(&acme.clock)),
            key: InstallationKey::parse(acme.key().expose())?,
            keys: None,
            threads: Threads { readers: 2, writers: 2, patience },
            rate_limit: None,
        })?;
        Ok(Self { rollcall, host, account: acme.account.clone() })
    }

    fn of(acme: &TestRollcall) -> Self {
        Self::open(acme, &acme.database().url(), LONG).unwrap()
    }

    fn actor(&self) -> Actor {
        self.host.actor(&self.account, "test")
    }

    fn read<T: Send + 'static>(&self, work: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static) -> Pending<T> {
        self.rollcall.read(self.actor(), Permission::AdministerAccount, work)
    }

    fn write<T: Send + 'static>(&self, work: impl Fn(&mut Op<'_>) -> Result<T> + Send + 'static) -> Pending<T> {
        self.rollcall.write(self.actor(), Permission::AdministerAccount, Mode::Real, work)
    }

    fn create(&self, users: Vec<NewUser>) -> Pending<Vec<Outcome>> {
        self.rollcall.create_users(self.actor(), Creation::of(users))
    }
}

/// New users without a letter.
fn new(names: &[&str]) -> Vec<NewUser> {
    let user = |name: &&str| NewUser { invite: false, ..NewUser::with_email(format!("{name}@acme.test")) };
    names.iter().map(user).collect()
}

/// Who is there, past Rollcall.
fn people(acme: &TestRollcall) -> Vec<String> {
    crate::setting::column(acme, "select split_part(email, '@', 1) from users order by 1")
}

/// Both at the same moment.
fn at_once<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    let both = Barrier::new(2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            both.wait();
            other()
        });
        both.wait();
        (one(), other.join().unwrap())
    })
}

/// Asks the server until it says what is waited for.
fn until(cluster: &Cluster, sql: &str, answer: &str) {
    let begin = Instant::now();
    while cluster.psql("postgres", sql).unwrap() != answer {
        assert!(begin.elapsed() < LONG, "{sql} is never {answer}");
    }
}
