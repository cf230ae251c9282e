//! Those who wait to be recognised. Whoever comes while others are being recognised goes with the next ones: every
//! request of a busy server needs its app's record of that very moment, and nearly all of them the same record.

use parking_lot::Mutex;

use super::token::{self, Presented, Refusal};
use crate::actor::Actor;
use crate::error::Result;
use crate::rollcall::Shared;
use crate::store::Tx;

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
    answer: flume::Sender<Result<Result<Actor, Refusal>>>,
}

impl Door {
    /// Joins those who wait. Where nobody serves them, this is true, and a reader must be sent to [`Self::serve`].
    pub(crate) fn wait(&self, presented: Presented, answer: flume::Sender<Result<Result<Actor, Refusal>>>) -> bool {
        let mut queue = self.0.lock();
        queue.waiting.push(Waiting { presented, answer });
        !std::mem::replace(&mut queue.is_served, true)
    }

    /// Answers those who wait, all at once, as long as there are any. What they are told was so after they had come.
    pub(crate) fn serve(&self, tx: &Result<&Tx<'_>>, shared: &Shared) {
        let _left = Left(self);
        while let Some(those) = self.next() {
            let presented: Vec<&Presented> = those.iter().map(|waiting| &waiting.presented).collect();
            let answers =
                tx.as_ref().map_err(Clone::clone).and_then(|tx| token::authenticate_many(tx, shared, &presented));
            let answers: Vec<_> = match answers {
                Ok(answers) => answers.into_iter().map(Ok).collect(),
                Err(error) => those.iter().map(|_| Err(error.clone())).collect(),
            };
            for (waiting, answer) in those.into_iter().zip(answers) {
                // Nobody waits any more when the receiver is gone: the client hung up.
                let _ = waiting.answer.send(answer);
            }
        }
    }

    fn next(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.0.lock();
        let those = std::mem::take(&mut queue.waiting);
        queue.is_served = !those.is_empty();
        queue.is_served.then_some(those)
    }
}

/// A reader that left by a panic: who waits for it must not wait for ever, and the next one needs another.
struct Left<'d>(&'d Door);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.0.0.lock() = Queue::default();
        }
    }
}
