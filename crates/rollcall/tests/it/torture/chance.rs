//! What is random in a run, and for how long it goes on. A seed repeats every choice, though not the machine's own timing.

use std::hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _, RandomState};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Repeats a run.
pub(super) const SEED: &str = "ROLLCALL_TORTURE_SEED";

/// For how many minutes each test goes on; where it is not set, each has a few rounds.
const MINUTES: &str = "ROLLCALL_TORTURE_MINUTES";

/// Told once for all tests, so that whatever fails can be repeated.
static RUN: LazyLock<u64> = LazyLock::new(|| {
    let seed = number(SEED).unwrap_or_else(|| RandomState::new().build_hasher().finish());
    say(&format!("torture: {SEED}={seed} repeats this run's choices"));
    seed
});

/// Tells those who look on.
#[allow(clippy::print_stdout, reason = "the numbers of a run are for people to read")]
pub(super) fn say(line: &str) {
    println!("{line}");
}

/// The number that repeats this run.
pub(super) fn seed() -> u64 {
    *RUN
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not {text:?}")))
}

/// Whether somebody has time: then what takes long is done, too.
pub(super) fn is_long() -> bool {
    number(MINUTES).is_some()
}

/// How many rounds of harm a life has: these few, or more where there is time.
pub(super) fn rounds(few: usize) -> std::ops::Range<usize> {
    0..if is_long() { 5 * few } else { few }
}

/// One life of an installation after the other, until the time is over; one alone where there is no time.
pub(super) fn lives() -> impl Iterator<Item = usize> {
    let until = number(MINUTES).map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    (0..).take_while(move |&life| life == 0 || until.is_some_and(|until| Instant::now() < until))
}

/// A generator of its own for everybody who chooses, so that threads do not change each other's choices (SplitMix64).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(who: impl std::hash::Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        (*RUN, who).hash(&mut hasher);
        Self(hasher.finish())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, and without, `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is smaller than `end`")
    }

    pub(super) fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub(super) fn up_to(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(self.below(1_000) as f64 / 1_000.0)
    }
}
