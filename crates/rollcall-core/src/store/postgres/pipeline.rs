//! Several statements in one go: all are sent before the first answer is waited for, and answered in order.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use futures_util::TryStreamExt as _;
use futures_util::future::{MaybeDone, maybe_done};
use tokio_postgres::{Client, Error, Row, RowStream, Statement};

use super::Owned;
use super::parameter::Parameter;

/// As many statements are on their way at once: what is waited for stays bounded, and so does what both ends hold.
const WINDOW: usize = 1_000;

/// A statement that is sent with the next one.
pub(super) struct Waiting {
    pub(super) statement: Statement,
    pub(super) values: Vec<Owned>,
}

type Answer<'a> = Pin<Box<MaybeDone<Pin<Box<dyn Future<Output = Result<RowStream, Error>> + 'a>>>>>;

/// Sends what waits, then `statement` once for each of `batch`; hands over each row with the place in the batch. Gives
/// how many rows each of the batch changed or returned.
///
/// # Errors
/// The first failure; what was sent after it has failed with it, as the transaction had.
pub(super) async fn run(
    client: &Client,
    waiting: &[Waiting],
    statement: &Statement,
    batch: &[Vec<Parameter<'_>>],
    mut each: impl FnMut(usize, &Row),
) -> Result<Vec<u64>, Error> {
    let mut on_their_way: VecDeque<(Option<usize>, Answer<'_>)> = VecDeque::new();
    let mut counts = Vec::with_capacity(batch.len());
    for w in waiting {
        let parameters = w.values.iter().map(Owned::as_parameter);
        on_their_way.push_back((None, sent(client.query_raw(&w.statement, parameters)).await));
    }
    for (place, parameters) in batch.iter().enumerate() {
        if on_their_way.len() >= WINDOW
            && let Some((place, answer)) = on_their_way.pop_front()
        {
            received(place, answer, &mut each, &mut counts).await?;
        }
        on_their_way.push_back((Some(place), sent(client.query_raw(statement, parameters)).await));
    }
    while let Some((place, answer)) = on_their_way.pop_front() {
        received(place, answer, &mut each, &mut counts).await?;
    }
    Ok(counts)
}

/// Polls once: that sends the request, behind all that were sent before.
async fn sent<'a>(request: impl Future<Output = Result<RowStream, Error>> + 'a) -> Answer<'a> {
    let request: Pin<Box<dyn Future<Output = _> + 'a>> = Box::pin(request);
    let mut answer = Box::pin(maybe_done(request));
    poll_fn(|context| {
        let _ = answer.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
    answer
}

async fn received(
    place: Option<usize>,
    mut answer: Answer<'_>,
    each: &mut impl FnMut(usize, &Row),
    counts: &mut Vec<u64>,
) -> Result<(), Error> {
    answer.as_mut().await;
    let rows = answer.as_mut().take_output().expect("it was awaited just now")?;
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.try_next().await? {
        if let Some(place) = place {
            each(place, &row);
        }
    }
    if place.is_some() {
        counts.push(rows.rows_affected().unwrap_or(0));
    }
    Ok(())
}
