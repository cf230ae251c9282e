//! SIGKILL of the server at any moment: on SQLite, and on PostgreSQL with another replica beside it.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rollcall_testbed::{Cluster, Options};
use rollcall_testkit::TestDatabase;

use super::chance::{Chance, lives, rounds};
use super::ledger::Numbers;
use super::load::Load;
use super::world::World;
use crate::program::Server;

const ROUNDS: usize = 6;

/// A server of one of the replicas; the callers know of it.
fn begin(load: &Load<'_>, replica: usize, round: usize) -> Server {
    let server = load.world.programs[replica].serve_on(Path::new(&format!("log{round}")), &[]);
    load.begins_at(&server.url);
    server
}

/// Kills it at some moment.
fn kill(load: &Load<'_>, chance: &mut Chance, server: Server) {
    match chance.below(3) {
        // While a burst of answers is on its way; in the middle of anything; almost at once.
        0 => load.until_done(chance.between(1, 150)),
        1 => load.for_a_moment(chance.up_to(Duration::from_millis(700))),
        _ => load.for_a_moment(chance.up_to(Duration::from_millis(60))),
    }
    server.signal("KILL");
    load.ends_at(&server.url);
    assert_eq!(server.ended(), None, "it was killed");
    load.world.numbers().faults += 1;
}

/// One more that is killed while it starts, or soon after.
fn kill_at_start(load: &Load<'_>, chance: &mut Chance, replica: usize) {
    let mut command = load.world.programs[replica].command();
    command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the server starts");
    load.for_a_moment(chance.up_to(Duration::from_millis(150)));
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    load.world.numbers().faults += 1;
}

#[test]
fn torture_sqlite_server_killed() {
    let mut numbers = Numbers::default();
    for life in lives() {
        let world = World::new(TestDatabase::sqlite(), 1);
        let mut chance = Chance::of(("sqlite", life));
        for round in rounds(ROUNDS) {
            let server = world.under_load(round, |load| {
                kill(load, &mut chance, begin(load, 0, 0));
                if chance.one_in(2) {
                    kill_at_start(load, &mut chance, 0);
                }
                let start = Instant::now();
                let server = begin(load, 0, 0);
                load.back(start);
                server
            });
            world.verify();
            world.check_up();
            drop(server);
        }
        let server = world.programs[0].serve(&[]);
        world.check_thoroughly(&server.url);
        drop(server);
        numbers.add(&world.numbers());
    }
    println!("torture_sqlite_server_killed: {numbers}");
}

#[test]
fn torture_postgres_server_killed() {
    let cluster = Cluster::start(&Options::default()).expect("a server");
    let mut numbers = Numbers::default();
    for life in lives() {
        let world = World::new(TestDatabase::on(&cluster.url("postgres")), 2);
        let mut chance = Chance::of(("postgres", life));
        let mut servers = world.programs.iter().map(|program| Some(program.serve(&[]))).collect::<Vec<_>>();
        for round in rounds(ROUNDS) {
            world.under_load(round, |load| {
                servers.iter().flatten().for_each(|server| load.begins_at(&server.url));
                for _ in 0..2 {
                    let replica = chance.below(2);
                    kill(load, &mut chance, servers[replica].take().expect("it runs"));
                    // The other one goes on alone.
                    load.back(Instant::now());
                    servers[replica] = Some(begin(load, replica, replica));
                }
                load.back(Instant::now());
            });
            world.verify();
            world.check_up();
        }
        world.check_thoroughly(&servers[0].as_ref().expect("it runs").url);
        drop(servers);
        numbers.add(&world.numbers());
    }
    println!("torture_postgres_server_killed: {numbers}");
}
