//! Requests that come at the same time and are done as one: a statement for each kind of row of all of them, in the place of
//! one for each of theirs. None of them notices: where they cannot be done together, they are done one after the other.

use std::any::Any;
use std::sync::Arc;

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::op::{self, Answer, OnceKept, Op};
use crate::policy::Permission;
use crate::shared::Shared;
use crate::store::{AccountKey, Job, Verdict, WriteTx};

/// As much is done at once: what waits for it stays bounded.
const LARGEST: usize = 1_000;

/// A request that can be done together with others like it.
pub(crate) trait Together: Send + Sized + 'static {
    /// What one of them is answered.
    type Answer: Send + 'static;

    /// The permission that it takes.
    const PERMISSION: Permission;

    /// How much it asks for.
    fn size(&self) -> usize;

    /// Does them all, and what one after the other would do: the same answers, rows and events.
    fn run(op: &mut Op<'_>, requests: &[&Self]) -> Result<Vec<Self::Answer>>;
}

/// Requests of one actor, in the order in which they came, as one job.
pub(crate) struct JobTogether<R: Together> {
    shared: Arc<Shared>,
    actor: Actor,
    requests: Vec<(R, Answer<R::Answer>)>,
    result: Option<Result<Vec<R::Answer>>>,
    changed: bool,
    once_kept: Vec<OnceKept>,
}

impl<R: Together> JobTogether<R> {
    pub(crate) fn new(shared: Arc<Shared>, actor: Actor, request: R, answer: Answer<R::Answer>) -> Self {
        Self { shared, actor, requests: vec![(request, answer)], result: None, changed: false, once_kept: Vec::new() }
    }

    fn size(&self) -> usize {
        self.requests.iter().map(|(request, _)| request.size()).sum()
    }
}

impl<R: Together> Job for JobTogether<R> {
    fn run(&mut self, tx: &WriteTx<'_>) -> Verdict {
        let requests: Vec<&R> = self.requests.iter().map(|(request, _)| request).collect();
        let work = |op: &mut Op<'_>| R::run(op, &requests);
        let outcome = if requests.len() > 1 {
            // Where the actor is not who they were, each is asked for itself.
            op::attempt(tx, &self.shared, &self.actor, R::PERMISSION, work)
                .unwrap_or_else(|| Err(Error::busy("the account's apps were changed")))
        } else {
            op::attempt_renewed(tx, &self.shared, &mut self.actor, R::PERMISSION, work)
        };
        (self.changed, self.once_kept) = (false, Vec::new());
        let verdict = op::verdict(&outcome);
        self.result = Some(outcome.map(|(answers, changed, once_kept)| {
            (self.changed, self.once_kept) = (changed, once_kept);
            answers
        }));
        verdict
    }

    fn account(&self) -> Option<AccountKey> {
        Some(self.actor.account())
    }

    fn absorb(&mut self, next: Box<dyn Job>) -> Option<Box<dyn Job>> {
        let is_alike = (next.as_ref() as &dyn Any)
            .downcast_ref::<Self>()
            .is_some_and(|next| self.actor.is_as_good_as(&next.actor) && self.size() + next.size() <= LARGEST);
        if !is_alike {
            return Some(next);
        }
        if let Ok(next) = (next as Box<dyn Any>).downcast::<Self>() {
            self.requests.extend(next.requests);
        }
        None
    }

    fn take_apart(&mut self) -> Vec<Box<dyn Job>> {
        let others = self.requests.split_off(1);
        let job = |(request, answer)| -> Box<dyn Job> {
            Box::new(Self::new(Arc::clone(&self.shared), self.actor.clone(), request, answer))
        };
        others.into_iter().map(job).collect()
    }

    fn answer(self: Box<Self>, fate: Result<()>) {
        let Self { requests, result, once_kept, changed, shared, .. } = *self;
        if fate.is_ok() {
            once_kept.into_iter().for_each(|work| work());
            if changed {
                shared.wake_jobs();
            }
        }
        let result = fate.and_then(|()| result.unwrap_or_else(|| Err(Error::internal("a job was never run"))));
        match result {
            // Nobody waits any more when the receiver is gone: the client hung up.
            Ok(answers) => requests.into_iter().zip(answers).for_each(|((_, answer), told)| {
                let _ = answer.send(Ok(told));
            }),
            Err(error) => requests.into_iter().for_each(|(_, answer)| {
                let _ = answer.send(Err(error.clone()));
            }),
        }
    }
}
