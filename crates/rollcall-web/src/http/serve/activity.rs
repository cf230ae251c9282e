//! What happens on one connection: requests at work, answers on their way, and how long nothing has moved.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::{PIECE, Patience};

/// What happens on a connection.
#[derive(Debug)]
pub(super) struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    has_spoken: bool,
    working: usize,
    /// The answers on their way.
    answers: BTreeMap<u64, Taken>,
    next: u64,
    /// When something last ended.
    last: Instant,
}

/// How far an answer has got.
#[derive(Debug)]
struct Taken {
    /// When a piece of it was last taken.
    at: Instant,
    way: Way,
}

/// In which portions an answer is handed to the HTTP library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// In pieces, each of which is asked for: many answers share the connection.
    Pieces,
    /// As it is but for its end, so that it goes out in as few writes as the socket takes it: it is alone on the connection,
    /// and watched by what goes out.
    Whole,
}

/// What is to be done about a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Look again then.
    Wait(Instant),
    /// No request came in time.
    Idle,
    /// An answer is not taken.
    Stuck,
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        let state = State { has_spoken: false, working: 0, answers: BTreeMap::new(), next: 0, last: Instant::now() };
        Arc::new(Self(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request has come.
    pub(super) fn begin(self: &Arc<Self>) -> Working {
        let mut state = self.state();
        state.has_spoken = true;
        state.working += 1;
        Working(Arc::clone(self))
    }

    /// A piece's worth of bytes went out.
    pub(super) fn piece_went_out(&self) {
        let now = Instant::now();
        let mut state = self.state();
        state.answers.values_mut().filter(|taken| taken.way == Way::Whole).for_each(|taken| taken.at = now);
    }

    pub(super) fn judge(&self, now: Instant, patience: &Patience) -> Judgement {
        let state = self.state();
        let (until, then) = match state.answers.values().map(|taken| taken.at).min() {
            Some(oldest) => (oldest + patience.answer, Judgement::Stuck),
            // The work itself has limits of its own.
            None if state.working > 0 => (now + patience.idle, Judgement::Idle),
            None if state.has_spoken => (state.last + patience.idle, Judgement::Idle),
            None => (state.last + patience.header, Judgement::Idle),
        };
        if until > now { Judgement::Wait(until) } else { then }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Working(Arc<Activity>);

impl Working {
    /// The answer is there: its body, which is watched until it has been taken.
    pub(super) fn answer(self, body: Body, way: Way) -> Answer {
        let mut state = self.0.state();
        let number = state.next;
        state.next += 1;
        state.answers.insert(number, Taken { at: Instant::now(), way });
        drop(state);
        Answer { body, rest: Bytes::new(), way, number, activity: Arc::clone(&self.0) }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.working -= 1;
        state.last = Instant::now();
    }
}

/// An answer's body, handed out in pieces: that the next one is asked for says that the one before was taken.
#[derive(Debug)]
pub(super) struct Answer {
    body: Body,
    rest: Bytes,
    way: Way,
    number: u64,
    activity: Arc<Activity>,
}

impl Answer {
    /// The next piece. The last one is a copy, so that who never takes it does not hold the whole answer in memory.
    fn piece(&mut self) -> Bytes {
        if self.rest.len() > PIECE {
            let portion = match self.way {
                Way::Pieces => PIECE,
                Way::Whole => self.rest.len() - PIECE,
            };
            self.rest.split_to(portion)
        } else {
            Bytes::copy_from_slice(&std::mem::take(&mut self.rest))
        }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(taken) = self.activity.state().answers.get_mut(&self.number) {
            taken.at = Instant::now();
        }
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(self.piece()))));
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            other => return Poll::Ready(other),
        };
        Poll::Ready(Some(Ok(match frame.into_data() {
            Ok(data) if data.len() > PIECE => {
                self.rest = data;
                Frame::data(self.piece())
            }
            Ok(data) => Frame::data(data),
            Err(frame) => frame,
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(inner.lower() + rest);
        hint
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.answers.remove(&self.number);
        state.last = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt as _;

    use super::*;

    const PATIENCE: Patience = Patience {
        handshake: Duration::from_secs(1),
        header: Duration::from_secs(2),
        body: Duration::from_secs(3),
        answer: Duration::from_secs(4),
        idle: Duration::from_secs(5),
        grace: Duration::from_secs(6),
    };

    #[tokio::test(start_paused = true)]
    async fn each_state_of_a_connection_has_its_own_patience() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let activity = Activity::new();
        assert_eq!(activity.judge(at(0), &PATIENCE), Judgement::Wait(at(2)));
        assert_eq!(activity.judge(at(2), &PATIENCE), Judgement::Idle);
        let working = activity.begin();
        assert_eq!(activity.judge(at(100), &PATIENCE), Judgement::Wait(at(105)), "work is waited for");
        let mut answer = working.answer(Body::from(vec![0; 2 * PIECE + 1]), Way::Pieces);
        assert_eq!(activity.judge(at(4), &PATIENCE), Judgement::Stuck);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(answer.frame().await.unwrap().unwrap().into_data().unwrap().len(), PIECE);
        assert_eq!(activity.judge(at(4), &PATIENCE), Judgement::Wait(at(7)), "a piece was taken");
        let other = activity.begin().answer(Body::from("a"), Way::Pieces);
        tokio::time::advance(Duration::from_secs(3)).await;
        drop(other);
        assert_eq!(activity.judge(at(7), &PATIENCE), Judgement::Stuck, "another answer is no excuse");
        assert_eq!(answer.size_hint().exact(), Some(PIECE as u64 + 1));
        assert_eq!(answer.collect().await.unwrap().to_bytes().len(), PIECE + 1);
        assert_eq!(activity.judge(at(7), &PATIENCE), Judgement::Wait(at(11)), "everything was taken at second 6");
        assert_eq!(activity.judge(at(11), &PATIENCE), Judgement::Idle);
    }

    #[tokio::test(start_paused = true)]
    async fn a_whole_answer_is_watched_by_what_goes_out_until_its_end_is_asked_for() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let activity = Activity::new();
        let mut answer = activity.begin().answer(Body::from(vec![0; 10 * PIECE]), Way::Whole);
        let other = activity.begin().answer(Body::from(vec![0; 10 * PIECE]), Way::Pieces);
        assert_eq!(answer.frame().await.unwrap().unwrap().into_data().unwrap().len(), 9 * PIECE);
        tokio::time::advance(Duration::from_secs(3)).await;
        activity.piece_went_out();
        assert_eq!(activity.judge(at(4), &PATIENCE), Judgement::Stuck, "what is asked for in pieces was not");
        drop(other);
        assert_eq!(activity.judge(at(4), &PATIENCE), Judgement::Wait(at(7)), "a piece went out");
        assert_eq!(activity.judge(at(7), &PATIENCE), Judgement::Stuck);
        assert_eq!(answer.collect().await.unwrap().to_bytes().len(), PIECE);
    }
}
