//! Who calls the API of either replica, over HTTP.

use reqwest::blocking::Client;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::program::Server;

/// An app with its token.
pub(super) struct Caller {
    client: Client,
    token: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// A header's text; empty where it is missing.
    pub(super) fn header(&self, name: &str) -> String {
        self.headers.get(name).map_or_else(String::new, |value| value.to_str().expect("text").to_owned())
    }

    /// Whether all users that were to be created were.
    pub(super) fn created(&self) -> bool {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["msg"] == "Users are created Successfully"
    }

    /// Those users that could not be created: address and first fault.
    pub(super) fn failed(&self) -> Vec<(String, String)> {
        let failed = self.json()["failedUserDetails"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let one = |user: &Value| {
            let user = &user["userInfo"];
            (text(&user["emailId"]), text(&user["reason"]["errors"][0]["msg"]))
        };
        failed.iter().map(one).collect()
    }
}

/// New users who are invited.
pub(super) fn invited(emails: &[String]) -> Value {
    json!({ "users": emails.iter().map(|email| json!({"userInfo": {"emailId": email}})).collect::<Vec<_>>() })
}

/// New users who get no letter.
pub(super) fn silent(emails: &[String]) -> Value {
    let mut body = invited(emails);
    body["sendEmail"] = json!(false);
    body
}

impl Caller {
    pub(super) fn new(token: &str) -> Self {
        Self { client: Client::new(), token: token.to_owned() }
    }

    /// None where the server did not answer.
    pub(super) fn try_post(
        &self,
        server: &Server,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Option<Answer> {
        let url = format!("{}/api/public/{path}", server.url);
        let request = self.client.post(url).header("auth", &self.token).json(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().ok()?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Some(Answer { status, headers, text: answer.text().ok()? })
    }

    pub(super) fn post(&self, server: &Server, path: &str, body: &Value) -> Answer {
        self.try_post(server, path, body, &[]).expect("an answer")
    }

    pub(super) fn post_once(&self, server: &Server, key: &str, path: &str, body: &Value) -> Answer {
        self.try_post(server, path, body, &[("idempotency-key", key)]).expect("an answer")
    }

    /// The first page of groups, or 304 where the tag is still good.
    pub(super) fn groups(&self, server: &Server, tag: Option<&str>) -> Answer {
        let request = self.client.get(format!("{}/api/public/groups", server.url)).header("auth", &self.token);
        let request = tag.into_iter().fold(request, |request, tag| request.header("if-none-match", tag));
        let answer = request.send().expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().expect("text") }
    }

    /// What the server knows of these users, in this order.
    pub(super) fn info(&self, server: &Server, emails: &[String]) -> Vec<Value> {
        let answer = self.post(server, "usersInfo", &json!({ "emailIds": emails }));
        assert_eq!(answer.status, 200, "{answer:?}");
        let found = answer.json().as_array().cloned().expect("a list");
        assert_eq!(found.len(), emails.len());
        found
    }

    /// Which of these users the server does not know.
    pub(super) fn unknown(&self, server: &Server, emails: &[String]) -> Vec<String> {
        let found = emails.chunks(500).flat_map(|emails| self.info(server, emails));
        let failed = found.filter(|user| user["userInfo"]["status"] == "failure");
        failed.map(|user| user["userInfo"]["emailId"].to_string()).collect()
    }

    /// One operation on a role: what became of it.
    pub(super) fn assign(&self, server: &Server, operation: &Value) -> Value {
        let answer = self.post(server, "adminroles/assignments", &json!([operation]));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()[0].clone()
    }

    /// As [`Self::assign`], for one that must succeed.
    pub(super) fn assigned(&self, server: &Server, operation: &Value) {
        let outcome = self.assign(server, operation);
        assert_eq!(outcome["status"], "success", "{outcome}");
    }

    /// Presses the button of an invitation.
    pub(super) fn activate(&self, server: &Server, token: &str) -> u16 {
        self.client.post(format!("{}/activate/{token}", server.url)).send().expect("an answer").status().as_u16()
    }
}
