//! PostgreSQL itself killed, frozen and away: the program tells everybody in time, and comes back by itself.

use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use rollcall_testbed::{Cluster, Options};
use rollcall_testkit::TestDatabase;
use serde_json::json;

use super::chance::{Chance, is_long, lives, rounds};
use super::ledger::Numbers;
use super::load::{CALLERS, Load};
use super::world::World;

const ROUNDS: usize = 6;

/// How long an answer may take while the database is away, to requests that came when it was away already.
const AT_ONCE: Duration = Duration::from_secs(3);

/// How long it may take until everything works again. The program tries every two seconds.
const BACK: Duration = Duration::from_secs(4);

/// One of each kind; every one must be told that the database is away, and when to come again.
fn all_are_told(url: &str, world: &World) {
    let client = Client::builder().timeout(AT_ONCE).build().expect("a client");
    let user = json!({"users": [{"userInfo": {"emailId": "never@torture.test"}}]});
    let ask = |path: &str| match path {
        "users" => client.post(format!("{url}/api/public/users")).json(&user),
        path => client.get(format!("{url}{path}")),
    };
    for path in ["users", "/api/public/groups", "/readyz"] {
        let answer = ask(path).header("auth", &world.token).send().expect("an answer, in time");
        assert_eq!(answer.status().as_u16(), 503, "{path}");
        assert!(path == "/readyz" || answer.headers().contains_key("retry-after"), "{path} without Retry-After");
    }
    let answer = client.get(format!("{url}/healthz")).send().expect("an answer, in time");
    assert_eq!(answer.status().as_u16(), 200, "the process itself is well");
}

/// The server is there again: how long it takes until all goes on.
fn all_goes_on(load: &Load<'_>, url: &str) {
    let begin = Instant::now();
    let time = load.back(begin);
    assert!(time < BACK, "writing worked again after {time:?}: {}", load.world.logs());
    while load.world.look_up(url, &["nobody@torture.test".to_owned()]).is_none() {
        assert!(begin.elapsed() < BACK, "reading does not work again: {}", load.world.logs());
    }
}

#[test]
fn torture_postgres_itself_killed() {
    let mut cluster = Cluster::start(&Options::default()).expect("a server");
    let mut numbers = Numbers::default();
    for life in lives() {
        let world = World::new(TestDatabase::on(&cluster.url("postgres")), 1);
        let mut chance = Chance::of(("postgres itself", life));
        let server = world.programs[0].serve(&[]);
        for round in rounds(ROUNDS) {
            world.under_load(round, |load| {
                load.begins_at(&server.url);
                load.until_done(chance.between(1, 100));
                if is_long() && chance.one_in(4) {
                    // Longer than a statement is waited for; sometimes also longer than a commit is looked for.
                    let time = Duration::from_secs(11) + chance.up_to(Duration::from_secs(24));
                    freeze(load, &cluster, time);
                } else if chance.one_in(3) {
                    freeze(load, &cluster, chance.up_to(Duration::from_millis(500)));
                } else {
                    cluster.kill().expect("it is killed");
                    if chance.one_in(2) {
                        load.until_put_off(chance.between(1, 3 * CALLERS));
                        all_are_told(&server.url, &world);
                    }
                    cluster.start_again().expect("it starts again");
                }
                world.numbers().faults += 1;
                all_goes_on(load, &server.url);
            });
            world.verify();
            world.check_up();
        }
        world.check_thoroughly(&server.url);
        drop(server);
        numbers.add(&world.numbers());
    }
    println!("torture_postgres_itself_killed: {numbers}");
}

/// Nothing answers for so long.
fn freeze(load: &Load<'_>, cluster: &Cluster, time: Duration) {
    cluster.freeze().expect("it freezes");
    load.for_a_moment(time);
    cluster.thaw().expect("it goes on");
}

#[test]
fn torture_postgres_gone_ten_seconds() {
    let mut cluster = Cluster::start(&Options::default()).expect("a server");
    let mut numbers = Numbers::default();
    for _ in lives() {
        let world = World::new(TestDatabase::on(&cluster.url("postgres")), 2);
        let servers: Vec<_> = world.programs.iter().map(|program| program.serve(&[])).collect();
        world.under_load(0, |load| {
            servers.iter().for_each(|server| load.begins_at(&server.url));
            load.until_done(50);
            cluster.stop().expect("it stops");
            world.numbers().faults += 1;
            let begin = Instant::now();
            // Connections that were cut off are noticed with the next request.
            load.until_put_off(1);
            while begin.elapsed() < Duration::from_secs(10) {
                servers.iter().for_each(|server| all_are_told(&server.url, &world));
            }
            cluster.start_again().expect("it starts again");
            servers.iter().for_each(|server| all_goes_on(load, &server.url));
        });
        world.verify();
        world.check_thoroughly(&servers[0].url);
        drop(servers);
        numbers.add(&world.numbers());
    }
    println!("torture_postgres_gone_ten_seconds: {numbers}");
}
