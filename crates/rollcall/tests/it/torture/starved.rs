//! A disk that is full, and one that cannot be written: writes are refused and change nothing, reading goes on, and with
//! room again the same process goes on by itself.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use rollcall_testkit::TestDatabase;

use super::chance::{Chance, lives, rounds};
use super::disk::{Disk, IGNORING_LIMITS, a_little, limit_files};
use super::ledger::{Answer, Numbers};
use super::load::{CALLERS, Load};
use super::world::World;
use super::write::What;
use crate::program::Program;

const ROUNDS: usize = 4;

/// What is there can be read: everybody who was created, the groups, and that the server is ready.
fn reading_goes_on(load: &Load<'_>, url: &str) {
    let known = load.world.ledger().iter().rev().find_map(|entry| match (&entry.what, entry.answer) {
        (Some(What::Create(people)), Answer::Done) => Some(people[0].email.clone()),
        _ => None,
    });
    let known = known.expect("somebody was created");
    let found = load.world.look_up(url, &[known]).expect("users are told");
    assert_eq!(found[0]["userInfo"]["status"], "not active", "{found:?}");
    for path in ["/api/public/groups", "/readyz", "/healthz", "/metrics"] {
        let answer = Client::new().get(format!("{url}{path}")).header("auth", &load.world.token).send();
        let status = answer.expect("an answer").status().as_u16();
        assert_eq!(status, 200, "{path}: {}", load.world.logs());
    }
}

#[test]
fn torture_disk_full() {
    let Some(disk) = Disk::for_test("torture::starved::torture_disk_full", 96) else { return };
    let mut numbers = Numbers::default();
    for life in lives() {
        // The database, the outbox and the log lie on the disk.
        let mut world = World::new(TestDatabase::sqlite(), 1);
        world.may_fail = true;
        let mut chance = Chance::of(("disk full", life));
        let mut server = world.programs[0].serve(&[]);
        for round in rounds(ROUNDS) {
            world.under_load(round, |load| {
                load.begins_at(&server.url);
                load.until_done(chance.between(CALLERS, 60));
                let ballast = disk.fill_but_for(a_little(&mut chance));
                load.until_put_off(chance.between(3, 3 * CALLERS));
                reading_goes_on(load, &server.url);
                if chance.one_in(2) {
                    // To the last byte, for a while.
                    ballast.grow();
                    load.for_a_moment(chance.up_to(Duration::from_millis(500)));
                    reading_goes_on(load, &server.url);
                }
                let mut mended = Instant::now();
                if chance.one_in(2) {
                    server.signal("KILL");
                    load.ends_at(&server.url);
                    // While it is full the next one starts, or says why not; neither does harm.
                    if let Err(done) = world.programs[0].try_serve(Path::new("log"), &[]) {
                        assert_eq!(done.code, 1, "{done:?}");
                    }
                    mended = Instant::now();
                    drop(ballast);
                    server = world.programs[0].serve(&[]);
                    load.begins_at(&server.url);
                } else {
                    drop(ballast);
                }
                world.numbers().faults += 1;
                load.back(mended);
            });
            world.verify();
            world.check_up();
        }
        world.check_thoroughly(&server.url);
        drop(server);
        numbers.add(&world.numbers());
    }
    println!("torture_disk_full: {numbers}");
}

#[test]
fn torture_files_that_cannot_be_written() {
    let mut numbers = Numbers::default();
    for life in lives() {
        let mut world = World::with(TestDatabase::sqlite(), 1, |program| program.run_by(&IGNORING_LIMITS));
        world.may_fail = true;
        let mut chance = Chance::of(("no writing", life));
        let server = world.programs[0].serve(&[]);
        for round in rounds(ROUNDS) {
            world.under_load(round, |load| {
                load.begins_at(&server.url);
                load.until_done(chance.between(CALLERS, 60));
                // Not a byte to any file, the log among them; like a file system that has become read-only.
                limit_files(server.pid(), "0");
                reading_goes_on(load, &server.url);
                load.until_put_off(1);
                load.for_a_moment(chance.up_to(Duration::from_millis(500)));
                reading_goes_on(load, &server.url);
                limit_files(server.pid(), "unlimited");
                world.numbers().faults += 1;
                load.back(Instant::now());
            });
            world.verify();
            world.check_up();
        }
        world.check_thoroughly(&server.url);
        drop(server);
        numbers.add(&world.numbers());
    }
    println!("torture_files_that_cannot_be_written: {numbers}");
}

/// Starts it where it cannot start; it must say why.
fn cannot_start(program: &Program) -> String {
    let mut command = program.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("standard output")).read_line(&mut line).expect("a line, or its end");
    let _ = child.kill();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(line, "", "it runs where it can write nothing");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn torture_read_only_data_directory() {
    let Some(disk) = Disk::for_test("torture::starved::torture_read_only_data_directory", 96) else { return };
    let mut numbers = Numbers::default();
    for life in lives() {
        let world = World::new(TestDatabase::sqlite(), 1);
        let mut chance = Chance::of(("read-only", life));
        for round in rounds(ROUNDS) {
            let server = world.programs[0].serve(&[]);
            world.under_load(round, |load| {
                load.begins_at(&server.url);
                load.back(Instant::now());
                load.until_done(chance.between(CALLERS, 60));
            });
            // Ended in order, or so that its log is still to be read.
            server.signal(if round % 2 == 0 { "TERM" } else { "KILL" });
            server.ended();
            disk.remount("ro");
            let told = cannot_start(&world.programs[0]);
            let doctor = world.programs[0].run(&["doctor"]);
            disk.remount("rw");
            for told in [told, doctor.stdout] {
                assert!(told.contains("cannot be written: mend its permissions"), "{told}");
            }
            assert_eq!(doctor.code, 1, "the doctor must see it");
            world.numbers().faults += 1;
            world.verify();
            world.check_up();
        }
        let server = world.programs[0].serve(&[]);
        world.check_thoroughly(&server.url);
        drop(server);
        numbers.add(&world.numbers());
    }
    println!("torture_read_only_data_directory: {numbers}");
}
