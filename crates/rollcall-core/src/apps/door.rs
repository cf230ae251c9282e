//! Those who wait to be recognised. Whoever comes while others are being recognised goes with the next ones: every
//! request of a busy server needs its app's record of that very moment, and nearly all of them the same record.

use std::sync::Arc;

use parking_lot::Mutex;

use super::token::{self, Presented, Recognised, Refusal};
use crate::error::{Error, Result};
use crate::shared::Shared;
use crate::store::Tx;

/// As many may wait; more are told that the server is busy.
const QUEUE: usize = 4_096;

type Answer = Result<Result<Recognised, Refusal>>;

/// The queue before the database.
#[derive(Default)]
pub(crate) struct Door(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    is_served: bool,
}

struct Waiting {
    presented: Presented,
    answer: flume::Sender<Answer>,
}

/// The turn of whoever serves the door. Where it ends without having served, because its thread does, those who wait are
/// told, and the next one to come sends another.
pub(crate) struct Turn(Arc<Shared>);

impl Door {
    /// Joins those who wait. Whoever gets the turn must have a reader serve it.
    pub(crate) fn wait(shared: &Arc<Shared>, presented: Presented, answer: flume::Sender<Answer>) -> Option<Turn> {
        let mut queue = shared.door.0.lock();
        if queue.waiting.len() >= QUEUE {
            // Nobody waits any more when the receiver is gone: the client hung up.
            let _ = answer.send(Err(Error::busy("too many requests wait to be recognised")));
            return None;
        }
        queue.waiting.push(Waiting { presented, answer });
        let is_served = std::mem::replace(&mut queue.is_served, true);
        (!is_served).then(|| Turn(Arc::clone(shared)))
    }

    /// Those who wait; none end the turn.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.0.lock();
        let those = std::mem::take(&mut queue.waiting);
        queue.is_served = !those.is_empty();
        queue.is_served.then_some(those)
    }

    /// Ends the turn, whoever waits.
    fn close(&self) -> Vec<Waiting> {
        std::mem::take(&mut *self.0.lock()).waiting
    }
}

impl Turn {
    /// Answers those who wait, all at once, as long as there are any and the database answers. What they are told was so
    /// after they had come.
    pub(crate) fn serve(self, tx: &Result<&Tx<'_>>) {
        while let Some(those) = self.0.door.next() {
            let presented: Vec<&Presented> = those.iter().map(|waiting| &waiting.presented).collect();
            let tx = tx.as_ref().map_err(Clone::clone);
            let answers = tx.and_then(|tx| token::recognise_many(tx, &self.0, &presented));
            match answers {
                Ok(answers) => answer(those.into_iter().zip(answers)),
                Err(error) => {
                    // A connection that broke is replaced for those who come from now on, not for us.
                    let late = self.0.door.close();
                    return answer(those.into_iter().chain(late).map(|waiting| (waiting, Err(error.clone()))));
                }
            }
        }
    }
}

fn answer(answers: impl Iterator<Item = (Waiting, Answer)>) {
    for (waiting, answer) in answers {
        let _ = waiting.answer.send(answer);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // At the end of a turn that was served nobody is left, or somebody else has the turn.
        if std::thread::panicking() {
            self.0.door.close();
        }
    }
}
