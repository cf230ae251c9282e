//! A clock that is set back, and forth, while everybody writes: libfaketime tells the program another time.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rollcall_testkit::TestDatabase;

use super::chance::{Chance, lives, rounds};
use super::ledger::Numbers;
use super::load::CALLERS;
use super::world::World;

const ROUNDS: usize = 5;

/// How many seconds the clock is off, in the order in which it is set. They lie within a day, after which a key is forgotten.
const STEPS: [i64; ROUNDS] = [-3_600, 0, -7_200, 70_000, -20];

/// Where Debian and others put it, below the folders for libraries.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

fn library() -> PathBuf {
    let folders = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(Path::new);
    let below = folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
    let mut all = folders.iter().map(|folder| folder.to_path_buf()).chain(below.map(|entry| entry.path()));
    let found = all.find_map(|folder| Some(folder.join(LIBRARY)).filter(|path| path.exists()));
    found.expect("libfaketime is there (Debian: libfaketime)")
}

/// Sets the clock, in one step: a file is never half written.
fn set(clock: &Path, seconds: i64) {
    let next = clock.with_extension("next");
    std::fs::write(&next, format!("{seconds:+}")).expect("a file is written");
    std::fs::rename(next, clock).expect("it takes its place");
}

#[test]
fn torture_clock_set_back() {
    let library = library();
    let mut numbers = Numbers::default();
    for life in lives() {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = folder.path().join("clock");
        set(&clock, 0);
        let mut world = World::with(TestDatabase::sqlite(), 1, |program| {
            program.set("LD_PRELOAD", &library.to_string_lossy());
            program.set("FAKETIME_TIMESTAMP_FILE", &clock.to_string_lossy());
            program.set("FAKETIME_NO_CACHE", "1");
            // Only the time of day is set; how much time passes is another clock, which never goes back.
            program.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            program.set("DONT_FAKE_MONOTONIC", "1");
            program.set("NO_FAKE_STAT", "1");
        });
        world.letters_may_wait = false;
        let mut chance = Chance::of(("clock", life));
        let server = world.programs[0].serve(&[]);
        for round in rounds(ROUNDS) {
            world.under_load(round, |load| {
                load.begins_at(&server.url);
                load.until_done(chance.between(CALLERS, 40));
                let seconds = STEPS.get(round).copied().unwrap_or_else(|| STEPS[chance.below(ROUNDS)]);
                set(&clock, seconds);
                world.numbers().faults += 1;
                load.back(Instant::now());
                load.until_done(chance.between(CALLERS, 40));
            });
            world.verify();
            world.check_up();
            // Letters that were put off, or taken, by the other clock are found by this one.
            world.check_thoroughly(&server.url);
        }
        numbers.add(&world.numbers());
    }
    println!("torture_clock_set_back: {numbers}");
}
