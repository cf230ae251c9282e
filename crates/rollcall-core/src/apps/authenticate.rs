//! The whole way from a token to an actor: decrypted where it is encrypted, proved, and its id seen for the first time.
//! What is waited for on the way is waited for by whoever asks.

use std::future::{Future, IntoFuture};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use futures_util::FutureExt as _;

use super::replay::Noted;
use super::token::compact::Unverified;
use super::token::jwe::{self, Encrypted};
use super::token::{Presented, Recognised, Refusal, recognise_known};
use crate::actor::Actor;
use crate::error::{Code, Error, Result};
use crate::pending::Pending;
use crate::policy::{self, Permission};
use crate::rollcall::Rollcall;

/// A token whose owner is being found out: `wait` for it on a thread, or `await` it. The refusal is for the log and the
/// app's record; outsiders get one answer for nearly all.
#[must_use = "the answer says whose token it is"]
pub struct Authenticating<'r> {
    rollcall: &'r Rollcall,
    token: String,
    ip: Option<IpAddr>,
    needed: Option<Permission>,
}

type Answer = Result<Result<Actor, Refusal>>;

impl<'r> Authenticating<'r> {
    pub(crate) fn of(rollcall: &'r Rollcall, mut token: String, ip: Option<IpAddr>) -> Self {
        let trimmed = token.trim();
        if trimmed.len() < token.len() {
            token = trimmed.to_owned();
        }
        Self { rollcall, token, ip, needed: None }
    }

    /// Tells what the token is needed for. An app that is remembered with this permission need not be looked up then: no
    /// statement is needed, and what has changed since is found by the transaction of whoever acts by it. One that is
    /// remembered without it may have been given it since, and is looked up.
    pub fn needing(self, permission: Permission) -> Self {
        Self { needed: Some(permission), ..self }
    }

    /// Blocks the thread until the answer is there.
    ///
    /// # Errors
    /// Where the database cannot tell.
    pub fn wait(self) -> Answer {
        block_on(self.into_future())
    }

    fn begin(self) -> Finding<'r> {
        let was_encrypted = jwe::is_encrypted(&self.token);
        let mut finding =
            Finding { asked: self, was_encrypted, has_loaded: false, actor: None, step: Step::Done(None) };
        finding.step = if was_encrypted { finding.open() } else { finding.prove(finding.asked.token.clone()) };
        finding
    }
}

impl<'r> IntoFuture for Authenticating<'r> {
    type Output = Answer;
    type IntoFuture = Finding<'r>;

    fn into_future(self) -> Self::IntoFuture {
        self.begin()
    }
}

/// An [`Authenticating`] that is being awaited.
pub struct Finding<'r> {
    asked: Authenticating<'r>,
    was_encrypted: bool,
    /// Whether the keys were looked up for this token.
    has_loaded: bool,
    /// Whose token it is, while its id is noted.
    actor: Option<Actor>,
    step: Step,
}

/// How far it is.
enum Step {
    /// It waits for this.
    Waits(Pin<Box<dyn Future<Output = Result<Event>> + Send>>),
    /// It is known; none once that has been told.
    Done(Option<Answer>),
}

/// What was waited for.
enum Event {
    /// The keys are as the database has them.
    Loaded,
    /// The token was decrypted.
    Opened(Result<String, Refusal>),
    /// The app's record of the moment says so.
    Recognised(Result<Recognised, Refusal>),
    /// What became of the token's id.
    Noted(Result<Noted>),
}

impl Step {
    fn refused(refusal: Refusal) -> Self {
        Self::Done(Some(Ok(Err(refusal))))
    }

    fn waits<T: Send + 'static>(pending: Pending<T>, event: impl FnOnce(T) -> Event + Send + 'static) -> Self {
        Self::Waits(Box::pin(pending.into_future().map(|answer| answer.map(event))))
    }
}

impl Finding<'_> {
    /// What is inside an encrypted token.
    fn open(&mut self) -> Step {
        let encrypted = match Encrypted::read(&self.asked.token) {
            Ok(encrypted) => encrypted,
            Err(refusal) => return Step::refused(refusal),
        };
        if self.asked.rollcall.shared().encryption_keys.get(encrypted.kid.as_deref()).is_empty() {
            // Made since, perhaps by another replica.
            return self.load();
        }
        self.decipher()
    }

    fn load(&mut self) -> Step {
        self.has_loaded = true;
        Step::waits(self.asked.rollcall.load_encryption_keys(), |()| Event::Loaded)
    }

    fn names_no_key(&self) -> bool {
        Encrypted::read(&self.asked.token).is_ok_and(|encrypted| encrypted.kid.is_none())
    }

    fn decipher(&self) -> Step {
        let (token, rollcall) = (&self.asked.token, self.asked.rollcall);
        let keys = Encrypted::read(token).map(|e| rollcall.shared().encryption_keys.get(e.kid.as_deref()));
        match keys {
            Ok(keys) if !keys.is_empty() => Step::waits(rollcall.decipher(token.clone(), keys), Event::Opened),
            _ => Step::refused(Refusal::Undecipherable),
        }
    }

    /// Whose a signed token is.
    fn prove(&mut self, token: String) -> Step {
        let Authenticating { rollcall, ip, needed, .. } = self.asked;
        let presented = Presented { token, was_encrypted: self.was_encrypted, ip };
        let known = match Unverified::read(&presented.token) {
            Ok(token) => needed.and_then(|_| recognise_known(rollcall.shared(), &token, &presented)),
            Err(refusal) => return Step::refused(refusal),
        };
        match known {
            Some(known) if needed.is_some_and(|permission| policy::allows(&known.actor, permission)) => {
                self.redeem(known)
            }
            _ => Step::waits(rollcall.recognise(presented), Event::Recognised),
        }
    }

    /// An id passes once.
    fn redeem(&mut self, recognised: Recognised) -> Step {
        let Recognised { actor, token_id } = recognised;
        let Some(id) = token_id else { return Step::Done(Some(Ok(Ok(actor)))) };
        let noted = self.asked.rollcall.note_token_id(&actor, id);
        self.actor = Some(actor);
        Step::Waits(Box::pin(noted.into_future().map(|answer| Ok(Event::Noted(answer)))))
    }

    fn next(&mut self, event: Event) -> Step {
        match event {
            Event::Loaded => self.decipher(),
            Event::Opened(Ok(token)) => self.prove(token),
            // It does not say to which key it is encrypted: perhaps to one that was made since.
            Event::Opened(Err(Refusal::Undecipherable)) if !self.has_loaded && self.names_no_key() => self.load(),
            Event::Recognised(Ok(recognised)) => self.redeem(recognised),
            Event::Opened(Err(refusal)) | Event::Recognised(Err(refusal)) => Step::refused(refusal),
            Event::Noted(answer) => Step::Done(Some(self.noted(answer))),
        }
    }

    fn noted(&mut self, answer: Result<Noted>) -> Answer {
        let actor = self.actor.take().ok_or_else(|| Error::internal("the id of nobody's token was noted"))?;
        match answer {
            Ok(Noted::New) => Ok(Ok(actor)),
            Ok(Noted::Seen) => {
                self.asked.rollcall.shared().note_refusal(&actor, Refusal::Replayed);
                Ok(Err(Refusal::Replayed))
            }
            Ok(Noted::AppGone) => {
                if let Actor::App(app) = &actor {
                    self.asked.rollcall.shared().known.forget(app.client_id.as_str());
                }
                Ok(Err(Refusal::UnknownApp))
            }
            // Where it was kept after all, the next try is told that it is a replay: a new token is needed, no harm done.
            Err(error) if error.code() == Code::Uncertain => Err(Error::busy(error.cause().unwrap_or_default())),
            Err(error) => Err(error),
        }
    }
}

impl Future for Finding<'_> {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        loop {
            let event = match &mut self.step {
                Step::Done(answer) => {
                    let told = || Err(Error::internal("an answer was asked for twice"));
                    return Poll::Ready(answer.take().unwrap_or_else(told));
                }
                Step::Waits(pending) => match pending.as_mut().poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(event) => event,
                },
            };
            self.step = match event {
                Ok(event) => self.next(event),
                Err(error) => Step::Done(Some(Err(error))),
            };
        }
    }
}

/// Wakes a thread.
struct Sleeper(Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Sleeper(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}
