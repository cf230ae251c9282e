//! Work of the host that stands for no account, as a job of the writer. What is kept of it is said in `op.rs`.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::op::{Answer, Mode, verdict_of};
use crate::shared::Shared;
use crate::store::{Job, Verdict, WriteTx};

/// Work that has no account to begin with: the key check at open, founding an account and filling it.
pub(crate) struct SetupJob<T, F> {
    shared: Arc<Shared>,
    work: F,
    mode: Mode,
    result: Option<Result<T>>,
    answer: Answer<T>,
}

impl<T, F> SetupJob<T, F> {
    pub(crate) fn new(shared: Arc<Shared>, mode: Mode, work: F, answer: Answer<T>) -> Self {
        Self { shared, work, mode, result: None, answer }
    }
}

impl<T, F> Job for SetupJob<T, F>
where
    T: Send + 'static,
    F: Fn(&WriteTx<'_>, &Arc<Shared>) -> Result<T> + Send + 'static,
{
    fn run(&mut self, tx: &WriteTx<'_>) -> Verdict {
        let result = (self.work)(tx, &self.shared);
        let verdict = verdict_of(&result, self.mode);
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>, fate: Result<()>) {
        self.shared.wake_jobs();
        let Self { result, answer, .. } = *self;
        let _ = answer.send(fate.and_then(|()| result.unwrap_or_else(|| Err(Error::internal("a job was never run")))));
    }
}
