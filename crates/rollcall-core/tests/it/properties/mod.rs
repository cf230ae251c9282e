//! The rules that hold after every transaction, tried with random sequences of operations: what a real installation
//! does is compared with the model, step by step.

mod isolation;
mod steps;
mod world;

use proptest::prelude::*;
use proptest::test_runner::Config;

use steps::{Step, steps};
use world::World;

/// Few cases with many steps each: a case costs a database. The seed is fixed by the environment where it must be.
fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn an_account_is_what_the_model_says_after_every_step(begins_with_admin: bool, steps in steps(10..=40)) {
        let mut world = World::new(begins_with_admin);
        for step in steps {
            world.step(step);
        }
    }
}

/// What shrinking found before, kept so that it is tried every time.
#[test]
fn sequences_that_were_wrong_once_are_right() {
    for sequence in steps::remembered() {
        let mut world = World::new(true);
        sequence.into_iter().for_each(|step: Step| world.step(step));
    }
}
