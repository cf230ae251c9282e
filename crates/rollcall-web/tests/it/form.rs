//! Forms with files in them, as clients send them (RFC 7578).

use axum::http::Method;
use rollcall_testkit::{Caller, Reply};

/// What stands between the parts.
pub(crate) const BOUNDARY: &str = "----of-a-test";

/// The header of a form.
pub(crate) const CONTENT_TYPE: &str = "multipart/form-data; boundary=----of-a-test";

/// A part: its name, the name of its file where it is one, what is in it.
pub(crate) type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

/// The bytes of a form.
pub(crate) fn form(boundary: &str, parts: &[Part<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        let kind = if file.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n{kind}\r\n");
        out.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    out.extend(format!("--{boundary}--\r\n").as_bytes());
    out
}

/// The three parts of an upload.
pub(crate) fn parts(content: &[u8]) -> [Part<'_>; 3] {
    [("file", Some("roles.json"), content), ("fileContext", None, b"bulkImport"), ("fileExtension", None, b".json")]
}

/// Sends a form.
pub(crate) async fn send(app: &Caller, query: &str, body: Vec<u8>) -> Reply {
    app.with_header("content-type", CONTENT_TYPE).ask(Method::POST, &format!("uploadfile{query}"), body).await
}

/// Uploads a file, and gives its id.
pub(crate) async fn uploaded(app: &Caller, content: &[u8]) -> String {
    let reply = send(app, "", form(BOUNDARY, &parts(content))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["fileId"].as_str().expect("an id").to_owned()
}
