//! A server that is away, dead or mute: everybody is told in time, and when it is back all goes on by itself.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rollcall_core::apps::token::Refusal;
use rollcall_core::{Code, Error};
use rollcall_testbed::Cluster;

use super::{Replica, name, new, on, people, shared, start};

/// How long a server that does not answer is waited for in these tests.
const PATIENCE: Duration = Duration::from_secs(1);

/// By when everybody is told of a mute server. A job may wait behind one whose statement is not answered, be gathered and
/// not answered itself, be passed on to a writer whose connection is mute, too, and be the one that tries to connect: four
/// times the patience, and two seconds for all the rest.
const TOLD: Duration = PATIENCE.saturating_mul(4).saturating_add(Duration::from_secs(2));

/// `{"alg":"HS256"}` and `{"appId":"nobody"}`, with a signature of nothing.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJhcHBJZCI6Im5vYm9keSJ9.AAAA";

/// Everybody asks at the same time, to read, to write, or to be recognised; all are told that the database is away, in
/// time.
fn all_are_told(replica: &Replica, in_time: Duration) {
    let begin = Instant::now();
    let late: Mutex<Vec<Duration>> = Mutex::default();
    let told = |error: &Error| {
        late.lock().unwrap().push(begin.elapsed());
        assert_eq!(error.code(), Code::Busy, "{error:?}");
        assert!(error.to_string().contains("cannot be reached"), "{error:?}");
    };
    std::thread::scope(|scope| {
        for n in 0..64 {
            let told = &told;
            scope.spawn(move || match n % 3 {
                0 => told(&replica.read(|view| view.mark()).wait().unwrap_err()),
                // A token has to have a form for the database to be asked.
                1 => told(&replica.rollcall.authenticate(TOKEN.into(), None).wait().unwrap_err()),
                _ => told(&replica.create(new(&[&format!("never{n}")])).wait().unwrap_err()),
            });
        }
    });
    let late = late.into_inner().unwrap().into_iter().max().unwrap();
    assert!(late < in_time, "the last answer came after {late:?}");
}

/// Tries until both reading and writing work again. The server is asked in between, so that it has a moment, too.
fn all_goes_on(cluster: &Cluster, replica: &Replica, name: &str) {
    let mut tries = (0..200).map(|_| cluster.psql("postgres", "select pg_sleep(0.05)").unwrap());
    tries.find(|_| replica.create(new(&[name])).wait().is_ok()).expect("writing works again");
    tries.find(|_| replica.read(|view| view.mark()).wait().is_ok()).expect("reading works again");
    let recognised = || replica.rollcall.authenticate(TOKEN.into(), None).wait();
    tries.find(|_| matches!(recognised(), Ok(Err(Refusal::UnknownApp)))).expect("apps are recognised again");
}

#[test]
fn while_the_server_is_away_all_are_told_at_once_and_afterwards_all_goes_on() {
    let mut cluster = start();
    let acme = on(&cluster);
    let replica = Replica::open(&acme, &acme.database().url(), PATIENCE).unwrap();
    let mut expected = Vec::new();
    for (round, end) in [Cluster::stop, Cluster::kill, Cluster::kill].into_iter().enumerate() {
        let name = format!("u{round}");
        replica.create(new(&[&format!("{name}before")])).wait().unwrap();
        end(&mut cluster).unwrap();
        all_are_told(&replica, Duration::from_secs(5));
        all_are_told(&replica, Duration::from_secs(5));
        cluster.start_again().unwrap();
        all_goes_on(&cluster, &replica, &name);
        expected.extend([name.clone(), format!("{name}before")]);
    }
    assert_eq!(people(&acme), expected, "what was answered is there, and nothing else");
}

/// A frozen server, which goes on even where a test fails.
struct Frozen<'a>(&'a Cluster);

impl<'a> Frozen<'a> {
    fn now(cluster: &'a Cluster) -> Self {
        cluster.freeze().unwrap();
        Self(cluster)
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        self.0.thaw().unwrap();
    }
}

#[test]
fn a_server_that_is_mute_is_not_waited_for_longer_than_patience_allows() {
    let cluster = start();
    let acme = on(&cluster);
    let replica = Replica::open(&acme, &acme.database().url(), PATIENCE).unwrap();
    for has_rested in [true, false] {
        let name = format!("rested-{has_rested}");
        replica.create(new(&[&format!("{name}-before")])).wait().unwrap();
        if has_rested {
            cluster.psql("postgres", "select pg_sleep(0.2)").unwrap();
        }
        let frozen = Frozen::now(&cluster);
        all_are_told(&replica, TOLD);
        // Nobody queues behind those who find out whether it is back.
        all_are_told(&replica, TOLD);
        drop(frozen);
        all_goes_on(&cluster, &replica, &name);
    }
    assert_eq!(people(&acme), ["rested-false", "rested-false-before", "rested-true", "rested-true-before"]);
}

#[test]
fn a_connection_that_died_while_it_rested_is_replaced_before_anybody_notices() {
    let cluster = shared();
    let acme = on(&cluster);
    let replica = Replica::of(&acme);
    let kill = format!(
        "select pg_sleep(0.2); select count(pg_terminate_backend(pid, 5000)) > 0 from pg_stat_activity \
         where datname = '{}' and application_name = 'rollcall'",
        name(&acme)
    );
    for round in 0..4 {
        replica.read(|view| view.mark()).wait().unwrap();
        assert_eq!(cluster.psql("postgres", &kill).unwrap(), "\nt");
        if round % 2 == 0 {
            replica.create(new(&[&format!("u{round}")])).wait().unwrap();
        }
        for _ in 0..4 {
            replica.read(|view| view.mark()).wait().unwrap();
        }
    }
    assert_eq!(people(&acme), ["u0", "u2"]);
}
