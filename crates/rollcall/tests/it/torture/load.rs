//! The load: who serves, who writes, and how those who torture wait for what happens. What is written is in `caller`.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::caller::{Caller, Importer};
use super::chance::Chance;
use super::ledger::Answer;
use super::world::World;

/// As long may anything take that is waited for; what takes longer hangs.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// Writers by HTTP; one more applies account files.
pub(super) const CALLERS: usize = 8;

/// How long somebody waits who was put off.
const PAUSE: Duration = Duration::from_millis(20);

/// Many who write, until it is dropped.
pub(super) struct Load<'w> {
    pub(super) world: &'w World,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Where the servers listen that run.
    servers: Vec<String>,
    is_over: bool,
    /// The test has failed: nobody need be answered any more.
    is_lost: bool,
    done: usize,
    put_off: usize,
}

impl World {
    /// Lets everybody write while the closure does harm. A server must run when it returns: who repeats a write until it
    /// is answered is waited for.
    pub(super) fn under_load<T>(&self, round: usize, harm: impl FnOnce(&Load<'_>) -> T) -> T {
        let load = Load { world: self, state: Mutex::default(), changed: Condvar::new() };
        std::thread::scope(|scope| {
            for number in 0..CALLERS {
                let load = &load;
                scope.spawn(move || Caller::new(load, Chance::of((round, number))).run());
            }
            scope.spawn(|| Importer::new(&load, Chance::of((round, "importer"))).run());
            // Also where the harm is that a test fails.
            let _over = Over(&load);
            harm(&load)
        })
    }
}

struct Over<'l, 'w>(&'l Load<'w>);

impl Drop for Over<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        (state.is_over, state.is_lost) = (true, std::thread::panicking());
        drop(state);
        self.0.changed.notify_all();
    }
}

impl Load<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begins_at(&self, url: &str) {
        self.state().servers.push(url.to_owned());
        self.changed.notify_all();
    }

    pub(super) fn ends_at(&self, url: &str) {
        self.state().servers.retain(|server| server != url);
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// A server that runs, as far as is known; waits for one. None where there will be none.
    pub(super) fn some_server(&self, chance: &mut Chance) -> Option<String> {
        let mut state = self.state();
        while state.servers.is_empty() && !state.is_over {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.servers.is_empty() || state.is_lost {
            return None;
        }
        Some(state.servers[chance.below(state.servers.len())].clone())
    }

    pub(super) fn count(&self, answer: Answer) {
        let mut state = self.state();
        match answer {
            Answer::Done => state.done += 1,
            Answer::PutOff => state.put_off += 1,
            _ => return,
        }
        drop(state);
        self.changed.notify_all();
    }

    /// What a client does that was put off: asks again, but not at once.
    pub(super) fn pause(&self) {
        self.for_a_moment(PAUSE);
    }

    /// Lets so much time pass under load: the random moment of a fault, or its length.
    pub(super) fn for_a_moment(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.state();
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|_| !state.is_over) {
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until so many more writes are done.
    pub(super) fn until_done(&self, many: usize) {
        self.until("writes are done", many, |state| state.done);
    }

    /// Waits until so many more are put off.
    pub(super) fn until_put_off(&self, many: usize) {
        self.until("writes are put off", many, |state| state.put_off);
    }

    /// How long it has taken, since that moment, until writes are done again. Answers to what was asked before the fault do
    /// not count: each caller may have one of them.
    pub(super) fn back(&self, since: Instant) -> Duration {
        self.until_done(CALLERS + 2);
        let time = since.elapsed();
        self.world.numbers().back_after(time);
        time
    }

    fn until(&self, what: &str, many: usize, count: impl Fn(&State) -> usize) {
        let until = Instant::now() + LONG;
        let mut state = self.state();
        let wanted = count(&state) + many;
        while count(&state) < wanted {
            let left = until.checked_duration_since(Instant::now());
            let left = left.unwrap_or_else(|| panic!("not {many} {what} within {LONG:?}: {}", self.world.logs()));
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl World {
    /// The end of what the servers have logged, for whoever reads why a test failed.
    pub(super) fn logs(&self) -> String {
        let end = |log: String| log.lines().rev().take(15).map(|line| format!("\n  {line}")).collect::<String>();
        self.programs.iter().map(|program| end(program.log())).collect::<Vec<_>>().join("\n--")
    }
}
