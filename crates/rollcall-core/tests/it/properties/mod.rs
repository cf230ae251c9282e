//! The rules that hold after every transaction, tried with random sequences of operations: what a real installation
//! does is compared with the model, step by step.

mod isolation;
mod look;
mod steps;
mod world;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use rollcall_testkit::TestDatabase;

use steps::steps;
use world::World;

/// A step takes five times as long there, most of it on the way to the server and back. The rules are the same code, and
/// all cases go through it on SQLite; what can differ is the statements, and a few cases come by each of them many times.
const FEWER_ON_POSTGRES: u32 = 3;

/// Few cases with many steps each: a case costs a database. The same ones every time, so that a run is like the last;
/// `PROPTEST_RNG_SEED` and `PROPTEST_CASES` look further. What they find is written as a test of its own, with words.
pub(crate) fn config(cases: u32) -> Config {
    let asked = Config::default();
    let cases = if TestDatabase::is_postgres() { cases / FEWER_ON_POSTGRES } else { cases };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { cases };
    let rng_seed = if asked.rng_seed == RngSeed::Random { RngSeed::Fixed(2026) } else { asked.rng_seed };
    Config { cases, rng_seed, failure_persistence: None, max_shrink_iters: 400, ..asked }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn an_account_is_what_the_model_says_after_every_step(begins_with_admin: bool, steps in steps(10..=40)) {
        let mut world = World::new(begins_with_admin);
        for step in steps {
            world.step(step);
        }
    }
}
