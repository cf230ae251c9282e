//! Answers that are on their way: `wait` for one on a thread, or `await` it.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::{Error, Result};

/// An answer that is on its way: `wait` for it on a thread, or `await` it.
#[must_use = "the answer says whether it was done"]
pub struct Pending<T>(pub(crate) flume::Receiver<Result<T>>);

impl<T> Pending<T> {
    pub(crate) fn done(result: Result<T>) -> Self {
        let (sender, receiver) = flume::bounded(1);
        let _ = sender.send(result);
        Self(receiver)
    }

    /// Blocks the thread until the answer is there.
    ///
    /// # Errors
    /// What the work answered.
    pub fn wait(self) -> Result<T> {
        self.0.recv().unwrap_or_else(|_| Err(lost()))
    }
}

impl<T: Send + 'static> IntoFuture for Pending<T> {
    type Output = Result<T>;
    type IntoFuture = Waiting<T>;

    fn into_future(self) -> Self::IntoFuture {
        Waiting(self.0.into_recv_async())
    }
}

/// A [`Pending`] that is being awaited.
pub struct Waiting<T: 'static>(flume::r#async::RecvFut<'static, Result<T>>);

impl<T: Send> Future for Waiting<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|answer| answer.unwrap_or_else(|_| Err(lost())))
    }
}

fn lost() -> Error {
    Error::internal("a database job ended without an answer; see the panic's own line in the log")
}
