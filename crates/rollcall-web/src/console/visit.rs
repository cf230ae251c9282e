//! A request to the console: who makes it, what it asks for, and the ways in which a handler reads, writes and answers.

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use rollcall_core::actor::{Actor, Admin};
use rollcall_core::admins::session::{Begun, Half, Recognised};
use rollcall_core::admins::{Device, gains};
use rollcall_core::clock::Time;
use rollcall_core::op::{Mode, Op, View};
use rollcall_core::policy::{self, Permission};
use rollcall_core::{Code, Error, Result as CoreResult, Rollcall};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::form::{self, CONFIRMED, Form, MAX_FORM};
use super::route::{self, Needs};
use super::words::{Language, Words};
use super::{cookie, layout};
use crate::http::body::{self, BodyPatience, Unread};
use crate::http::client_ip;
use crate::{Served, Site};

/// What is said once, on the next page: a text by its key, and what stands in it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Flash {
    /// Whether something was done; else it was not.
    pub(super) is_done: bool,
    pub(super) key: String,
    pub(super) with: Vec<(String, String)>,
    /// What undoes it: a form of the console, by its address and fields.
    #[serde(default)]
    pub(super) undo: Option<(String, Vec<(String, String)>)>,
}

impl Flash {
    /// Something was done.
    pub(super) fn done(key: &str, with: &[(&str, &str)]) -> Self {
        let with = with.iter().map(|(name, value)| ((*name).to_owned(), clipped(value))).collect();
        Self { is_done: true, key: key.to_owned(), with, undo: None }
    }

    /// The same, with the form that undoes it.
    pub(super) fn undone_by(self, path: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { undo: Some((path.into(), fields)), ..self }
    }
}

/// A cookie has room for a name, and not for everything that may be one.
fn clipped(text: &str) -> String {
    let mut out: String = text.chars().take(120).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

/// A request to the console.
#[derive(Clone)]
pub(super) struct Visit {
    served: Served,
    parameters: Vec<(String, String)>,
    query: Vec<(String, String)>,
    form: Form,
    headers: HeaderMap,
    patience: BodyPatience,
    actor: Option<Actor>,
    half: Option<Half>,
    device: Device,
    /// Whether a form was sent, and no page asked for.
    is_form: bool,
    /// Path and query, as they came.
    pub(super) target: String,
    pub(super) words: Words,
    pub(super) flash: Option<Flash>,
}

impl Visit {
    pub(super) fn begin(served: Served, parameters: Vec<(String, String)>, request: &Request) -> Self {
        let headers = request.headers().clone();
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let device = Device { ip: client_ip(request.extensions()), agent: agent.to_owned() };
        let query = request.uri().query().unwrap_or_default();
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let target = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
        let (words, flash) = (Words::of(Language::chosen(&headers)), cookie::flash(&headers));
        let patience = BodyPatience::of(request.extensions());
        let form = Form::default();
        Self {
            served,
            parameters,
            query,
            form,
            headers,
            patience,
            actor: None,
            half: None,
            device,
            is_form: !request.method().is_safe(),
            target,
            words,
            flash,
        }
    }

    /// What can be asked for again once whoever asks has signed in: the same, or the page of the form that was sent.
    pub(super) fn comes_back_to(&self) -> &str {
        match self.is_form {
            true => route::page_of(self.target.split('?').next().unwrap_or_default()),
            false => &self.target,
        }
    }

    /// The same visit in the same session, which has another token from now on: for a page that is shown at once.
    pub(super) fn in_session(&self, begun: &Begun) -> Self {
        let mut visit = self.clone();
        visit.headers.insert(header::COOKIE, cookie::as_sent(begun.token.expose()));
        visit
    }

    /// Finds out whose session it is, where there is one.
    pub(super) async fn recognise(&mut self) -> Result<(), Failure> {
        let Some(token) = cookie::session(&self.headers).map(str::to_owned) else { return Ok(()) };
        let recognised = self.rollcall().recognise_session(token, self.device.ip).await?;
        match recognised {
            None => {}
            Some(Recognised::Half(half)) => self.half = Some(half),
            Some(Recognised::Whole { actor, is_due }) => {
                if is_due {
                    // That it was seen is noted beside the answer; where that fails, it is noted the next time.
                    drop(self.rollcall().touch_session(&actor));
                }
                self.actor = Some(actor);
            }
        }
        Ok(())
    }

    /// Lets in whom the route is for.
    pub(super) fn let_in(&self, needs: Needs) -> Result<(), Failure> {
        let Needs::Permission(permission) = needs else { return Ok(()) };
        match &self.actor {
            None => Err(Failure::NotSignedIn),
            Some(actor) => Ok(policy::require(actor, permission)?),
        }
    }

    /// Reads the form that was sent, if it is of one of our pages.
    pub(super) async fn take_form(&mut self, request: Request) -> Result<(), Failure> {
        let read = body::read(request.into_body(), MAX_FORM, self.patience).await;
        let body = read.map_err(|unread| match unread {
            Unread::TooLarge => Failure::TooLarge,
            Unread::TooSlow(_) | Unread::Broken => Failure::Unread,
        })?;
        let token = self.form_token();
        self.form = Form::read(&self.headers, &body, token.as_deref()).ok_or(Failure::NotOurs)?;
        Ok(())
    }

    /// What the forms of this page say, so that they are taken.
    pub(super) fn form_token(&self) -> Option<String> {
        let is_known = self.actor.is_some() || self.half.is_some();
        cookie::session(&self.headers).filter(|_| is_known).map(form::token_of)
    }

    /// Whether the browser will keep a cookie of ours: it does where nobody listens, on the way by TLS or on this machine.
    /// There it tells of where a request comes from, and nowhere else (Fetch Metadata, §2).
    pub(super) fn keeps_cookies(&self) -> bool {
        let text = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let host = text("host");
        let host = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
        let is_here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        is_here || self.site().public_url.starts_with("https:") || !text("sec-fetch-site").is_empty()
    }

    /// A session that lacks something yet, where the browser has one.
    pub(super) fn half(&self) -> Option<&Half> {
        self.half.as_ref()
    }

    pub(super) fn rollcall(&self) -> Arc<Rollcall> {
        Arc::clone(&self.served.rollcall)
    }

    pub(super) fn site(&self) -> &Site {
        &self.served.site
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    pub(super) fn now(&self) -> Time {
        self.served.rollcall.now()
    }

    /// The administrator who asks, where one is signed in.
    pub(super) fn admin(&self) -> Option<&Admin> {
        match &self.actor {
            Some(Actor::Admin(admin)) => Some(admin),
            _ => None,
        }
    }

    /// Whether they may do this: for what a page offers. Whether they do is asked again by whatever does it.
    pub(super) fn can(&self, permission: Permission) -> bool {
        self.actor.as_ref().is_some_and(|actor| policy::allows(actor, permission))
    }

    /// What the path has for the `{name}` of the route.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A value of the query; empty where it is missing.
    pub(super) fn query(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// The form that was sent; empty where none was.
    pub(super) fn form(&self) -> &Form {
        &self.form
    }

    /// Path and query with other values in the query: those that are empty are left out.
    pub(super) fn address_with(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let kept = self.query.iter().filter(|(key, _)| changes.iter().all(|(name, _)| name != key));
        let mut out = form_urlencoded::Serializer::new(String::new());
        let changed = changes.iter().map(|(key, value)| (*key, *value));
        let pairs = kept.map(|(key, value)| (key.as_str(), value.as_str())).chain(changed);
        out.extend_pairs(pairs.filter(|(_, value)| !value.is_empty()));
        match out.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    fn actor(&self) -> Result<Actor, Failure> {
        self.actor.clone().ok_or(Failure::NotSignedIn)
    }

    /// Reads in one snapshot, with this permission.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        permission: Permission,
        work: impl FnOnce(&View<'_>) -> CoreResult<T> + Send + 'static,
    ) -> Result<T, Failure> {
        Ok(self.rollcall().read(self.actor()?, permission, work).await?)
    }

    /// Writes in one transaction, with this permission.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        permission: Permission,
        mode: Mode,
        work: impl Fn(&mut Op<'_>) -> CoreResult<T> + Send + 'static,
    ) -> Result<T, Failure> {
        Ok(self.rollcall().write(self.actor()?, permission, mode, work).await?)
    }

    /// Seals what is pending of the audit log; tells how much is left over.
    pub(super) async fn seal_log(&self) -> Result<usize, Failure> {
        Ok(self.rollcall().seal_log(&self.actor()?).await?)
    }

    /// Changes something, as [`Self::write`]; where anybody would gain an admin right by it, they are shown first, and the
    /// same form is to be sent once more.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        permission: Permission,
        work: impl Fn(&mut Op<'_>) -> CoreResult<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let confirmed = self.form.get(CONFIRMED).to_owned();
        let asked = Arc::new(Mutex::new(None));
        let ask = Arc::clone(&asked);
        let done = self.write(permission, Mode::Real, move |op| {
            // The work may be done again, and then come to something else.
            let mut ask = ask.lock().unwrap_or_else(PoisonError::into_inner);
            *ask = None;
            let (value, gains) = gains::of(op, |op| work(op))?;
            if gains.is_empty() || gains.digest() == confirmed {
                return Ok(value);
            }
            *ask = Some(gains);
            Err(Error::new(Code::Conflict, "who gains admin rights is to be seen first"))
        });
        match (done.await, asked.lock().unwrap_or_else(PoisonError::into_inner).take()) {
            (Err(_), Some(gains)) => Err(Failure::Unconfirmed(gains)),
            (done, _) => done,
        }
    }

    /// A page.
    pub(super) fn page(&self, page: &impl Template) -> Result<Response, Failure> {
        self.page_of(StatusCode::OK, page)
    }

    /// A page with a status.
    pub(super) fn page_of(&self, status: StatusCode, page: &impl Template) -> Result<Response, Failure> {
        let html = page.render().map_err(|error| Failure::broken(&error))?;
        let mut response = (status, Html(html)).into_response();
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(layout::POLICY));
        if self.flash.is_some() {
            response.headers_mut().append(header::SET_COOKIE, cookie::drop_flash());
        }
        Ok(response)
    }

    /// On to another page, after something was done.
    pub(super) fn go(&self, to: &str, flash: Option<&Flash>) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        let to = HeaderValue::from_str(to).unwrap_or_else(|_| HeaderValue::from_static("/console"));
        response.headers_mut().insert(header::LOCATION, to);
        if let Some(flash) = flash {
            response.headers_mut().append(header::SET_COOKIE, cookie::keep_flash(flash));
        }
        response
    }
}
