//! Everything of another database as a job of the writer.

use super::{Copied, Target};
use crate::error::{Error, Result};
use crate::op::{Answer, verdict};
use crate::store::{Job, Lock, Verdict, WriteTx};

/// Everything of another database as a job of the writer: what is received is kept whole, or not at all.
pub(crate) struct CopyJob {
    target: Target,
    result: Option<Result<Copied>>,
    answer: Answer<Copied>,
}

impl CopyJob {
    pub(crate) fn new(target: Target, answer: Answer<Copied>) -> Self {
        Self { target, result: None, answer }
    }
}

impl Job for CopyJob {
    fn run(&mut self, tx: &WriteTx<'_>) -> Verdict {
        let result = tx.lock(Lock::Installation).and_then(|()| self.target.receive(tx));
        let verdict = verdict(&result);
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>, fate: Result<()>) {
        let Self { result, answer, .. } = *self;
        let _ = answer.send(fate.and_then(|()| result.unwrap_or_else(|| Err(Error::internal("a job was never run")))));
    }
}
