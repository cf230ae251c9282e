//! A question as it is put to a server over and over, and what must come back. Who puts it lives in `load` and `oha`.

use std::cell::Cell;

use anyhow::{Result, ensure};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Request, StatusCode};

use crate::load::{Body, Reply};

/// What is asked, and what must come back.
#[derive(Debug, Default)]
pub(crate) struct Question {
    pub(crate) verb: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// None: there is no body. Several: each request takes one of them.
    pub(crate) bodies: Vec<Bytes>,
    pub(crate) status: StatusCode,
    /// How the replies must begin; nothing where nothing is known.
    pub(crate) begins: &'static str,
    /// The body that is next in turn.
    pub(crate) next: Cell<usize>,
}

/// A whole reply.
pub(crate) type Fetched = (StatusCode, HeaderMap, Bytes);

impl Question {
    /// The request with the body that is next in turn, as one server of this address is asked.
    pub(crate) fn request(&self, host: &str) -> Request<Body> {
        let turn = self.next.replace(self.next.get() + 1);
        let body = if self.bodies.is_empty() { Bytes::new() } else { self.bodies[turn % self.bodies.len()].clone() };
        self.with(host, body)
    }

    /// The request that shows what the replies are like: always the same.
    pub(crate) fn example(&self, host: &str) -> Request<Body> {
        self.with(host, self.bodies.first().cloned().unwrap_or_default())
    }

    fn with(&self, host: &str, body: Bytes) -> Request<Body> {
        let mut request = Request::builder().method(&self.verb).uri(&self.path).header("host", host);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.body(Body::new(body)).expect("a request of known parts")
    }

    /// Asks for replies in this encoding.
    pub(crate) fn accept(&mut self, encoding: &str) {
        self.headers.retain(|(name, _)| *name != "accept-encoding");
        self.headers.push(("accept-encoding", encoding.to_owned()));
        // It begins as the encoding will have it.
        self.begins = "";
    }

    /// Whether every request is the same, and with it every reply of a server that nobody changes.
    pub(crate) fn is_constant(&self) -> bool {
        self.bodies.len() < 2
    }

    /// Whether the reply is the right one, as far as its beginning tells.
    pub(crate) fn is_right(&self, reply: &Reply) -> bool {
        reply.status == self.status && reply.start.starts_with(self.begins.as_bytes())
    }

    /// Looks at a whole reply.
    ///
    /// # Errors
    /// Where it is not as expected.
    pub(crate) fn check(&self, (status, _, body): &Fetched) -> Result<()> {
        ensure!(
            *status == self.status && body.starts_with(self.begins.as_bytes()),
            "{} {} is answered {status} {}",
            self.verb,
            self.path,
            String::from_utf8_lossy(&body[..body.len().min(2_000)])
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn bodies_come_in_turn_and_the_example_is_always_the_first() {
        let bodies = vec![Bytes::from("a"), Bytes::from("b")];
        let question = Question { verb: Method::POST, path: "/x".into(), bodies, ..Question::default() };
        let mut said = String::new();
        for request in [question.example("h"), question.request("h"), question.request("h"), question.request("h")] {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            said.push_str(std::str::from_utf8(&body).unwrap());
        }
        assert_eq!(said, "aaba");
        assert!(!question.is_constant());
    }

    #[test]
    fn a_reply_of_another_status_or_beginning_is_wrong() {
        let question = Question { begins: "{\"msg\"", ..Question::default() };
        let reply =
            |status: u16, text: &str| (StatusCode::from_u16(status).unwrap(), HeaderMap::new(), text.to_owned().into());
        assert!(question.check(&reply(200, "{\"msg\":1}")).is_ok());
        assert!(question.check(&reply(429, "{\"msg\":1}")).is_err());
        let told = question.check(&reply(200, "{\"failedUserDetails\"")).unwrap_err().to_string();
        assert!(told.contains("200 OK {\"failedUserDetails\""), "{told}");
    }
}
