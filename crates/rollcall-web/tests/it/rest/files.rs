//! `POST /uploadfile`: what is kept of a form, what is refused of it, and that a half of one leaves nothing.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::Method;
use hyper::body::Frame;
use proptest::prelude::*;
use proptest::test_runner::Config;
use rollcall_core::files::{KEPT_MILLIS, MAX_KEPT, MAX_SIZE};
use rollcall_core::policy::Scope;
use rollcall_testkit::{Caller, Reply, TestRollcall};
use serde_json::json;

use crate::acme::everything;
use crate::form::{BOUNDARY, CONTENT_TYPE, Part, form, parts, send, uploaded};

fn told(reply: &Reply) -> (u16, Vec<String>) {
    (reply.status.as_u16(), reply.messages())
}

/// What is kept of the files, oldest first.
fn kept(acme: &TestRollcall) -> Vec<Vec<String>> {
    let sql = "select public_id, name, context, extension, content, size from files order by id";
    let cells = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect();
    acme.database().query(sql).into_iter().map(cells).collect()
}

#[tokio::test]
async fn any_app_uploads_a_file_and_gets_its_id() {
    let acme = TestRollcall::new();
    let reply = send(&acme.app(&[]), "", form(BOUNDARY, &parts(b"[1]"))).await;
    let id = reply.json()["fileId"].as_str().expect("an id").to_owned();
    assert_eq!(reply.told(), json!({"status": 200, "body": {"fileId": id}}));
    assert!(id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()), "{id}");
    assert_eq!(kept(&acme), [[id.as_str(), "roles.json", "bulkImport", "json", "5b315d", "3"]]);
}

#[tokio::test]
async fn names_are_texts_and_whatever_else_is_sent_is_ignored() {
    let acme = TestRollcall::new();
    let app = acme.app(&[]);
    let forms: [&[Part<'_>]; 3] = [
        &[
            ("fileExtension", None, b"csv"),
            ("x", Some("y"), b"z"),
            ("fileContext", None, b" findly "),
            ("file", Some("../../etc/a b"), b"1"),
        ],
        &[("file", None, b"2"), ("fileContext", Some("c"), b"bulkImport"), ("fileExtension", None, b" .JS ")],
        &[
            ("file", Some("\u{5e9}.json"), b"\r\n--\0\xff"),
            ("fileContext", None, b"c"),
            ("fileExtension", None, b"json"),
        ],
    ];
    for parts in forms {
        assert_eq!(send(&app, "", form(BOUNDARY, parts)).await.status, 200);
    }
    let rows: Vec<_> = kept(&acme).into_iter().map(|row| row[1..].to_vec()).collect();
    assert_eq!(
        rows,
        [
            ["../../etc/a b", "findly", "csv", "31", "1"],
            ["", "bulkImport", "JS", "32", "1"],
            ["\u{5e9}.json", "c", "json", "0d0a2d2d00ff", "6"],
        ]
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_told_by_the_names_of_its_fields() {
    let acme = TestRollcall::new();
    let app = acme.app(&[]);
    let before = everything(&acme);
    let (long_name, long) = ("n".repeat(301), "c".repeat(101));
    let file: Part<'_> = ("file", Some("a"), b"1");
    let (context, extension): (Part<'_>, Part<'_>) = (("fileContext", None, b"c"), ("fileExtension", None, b"e"));
    let table: [(&[Part<'_>], &[&str]); 8] = [
        (&[], &["file: is missing", "fileContext: is missing", "fileExtension: is missing"]),
        (&[("file", Some("a"), b""), context, extension], &["file: the file is empty"]),
        (
            &[file, ("fileContext", None, b""), ("fileExtension", None, b".")],
            &["fileContext: the file context is empty", "fileExtension: the file extension is empty"],
        ),
        (
            &[file, context, context, extension, extension],
            &["fileContext: is given more than once", "fileExtension: is given more than once"],
        ),
        (
            &[file, ("fileContext", None, b"\xff"), ("fileExtension", None, b"a\x00b")],
            &[
                "fileContext: is not text in UTF-8",
                "fileExtension: the file extension holds the control character U+0000",
            ],
        ),
        (
            &[("file", Some("a\u{202e}b"), b"1"), context, extension],
            &["file: the file name holds the control character U+202E"],
        ),
        (
            &[("file", Some(&long_name), b"1"), context, extension],
            &["file: the file name is 301 characters long; at most 300 are allowed"],
        ),
        (
            &[file, ("fileContext", None, long.as_bytes()), ("fileExtension", None, long.as_bytes())],
            &[
                "fileContext: the file context is 101 characters long; at most 100 are allowed",
                "fileExtension: the file extension is 101 characters long; at most 50 are allowed",
            ],
        ),
    ];
    for (parts, faults) in table {
        let reply = send(&app, "", form(BOUNDARY, parts)).await;
        assert_eq!(told(&reply), (400, faults.iter().map(|fault| (*fault).to_owned()).collect()));
    }
    let many = vec![("x", None, &b""[..]); 21];
    assert_eq!(
        told(&send(&app, "", form(BOUNDARY, &many)).await),
        (400, vec!["The form has more than 20 parts".into()])
    );
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn what_is_no_form_is_refused_with_what_was_expected() {
    let acme = TestRollcall::new();
    let app = acme.app(&[]);
    for kind in ["application/json", "multipart/form-data", "multipart/mixed; boundary=x", "text", ""] {
        let app = app.with_header("content-type", kind);
        let reply = app.ask(Method::POST, "uploadfile", form(BOUNDARY, &parts(b"1"))).await;
        let expected = format!("Content-Type: expected multipart/form-data with a boundary, found {kind:?}");
        assert_eq!(told(&reply), (400, vec![expected]));
    }
    assert_eq!(kept(&acme).len(), 0);
}

#[tokio::test]
async fn a_form_that_is_cut_off_anywhere_is_refused_and_nothing_is_kept() {
    let acme = TestRollcall::new();
    let app = acme.app(&[]);
    let whole = form(BOUNDARY, &parts(b"[1, 2]"));
    // The last line break is no part of the form.
    for end in 0..whole.len() - 2 {
        let reply = send(&app, "", whole[..end].to_vec()).await;
        assert_eq!(reply.status, 400, "{end}: {}", reply.text);
        assert!(reply.messages()[0].contains("ended before it was complete"), "{end}: {}", reply.text);
    }
    assert_eq!(kept(&acme).len(), 0);
    uploaded(&app, b"[1, 2]").await;
}

#[test]
fn a_form_that_was_meddled_with_is_kept_or_refused() {
    let acme = TestRollcall::new();
    let app = acme.app(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let whole = form(BOUNDARY, &parts(b"[1, 2]"));
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..8),
        prop::sample::select(vec![
            "\r\n",
            "\r\n\r\n",
            "--",
            ";",
            "\"",
            "------of-a-test\r\n",
            "name=\"file\"",
            "filename*=utf-8''%ff"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let edit = (0..whole.len(), 0..20_usize, bytes);
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    proptest!(config, |(edits in prop::collection::vec(edit, 1..4))| {
        let mut body = whole.clone();
        for (at, gone, bytes) in edits {
            let at = at.min(body.len());
            let end = (at + gone).min(body.len());
            body.splice(at..end, bytes);
        }
        let before = kept(&acme).len();
        let reply = runtime.block_on(send(&app, "", body));
        prop_assert!([200, 400].contains(&reply.status.as_u16()), "{}", reply.text);
        prop_assert_eq!(kept(&acme).len() - before, usize::from(reply.status == 200));
    });
}

#[tokio::test]
async fn a_connection_that_ends_early_leaves_nothing() {
    struct Broken(Option<Bytes>);
    impl HttpBody for Broken {
        type Data = Bytes;
        type Error = std::io::Error;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            let next = self.0.take().map(Frame::data).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into());
            Poll::Ready(Some(next))
        }
    }
    let acme = TestRollcall::new();
    let body = Body::new(Broken(Some(form(BOUNDARY, &parts(b"[1]")).into())));
    let app = acme.app(&[]).with_header("content-type", CONTENT_TYPE);
    let reply = app.ask(Method::POST, "uploadfile", body).await;
    assert_eq!(told(&reply), (400, vec!["The body ended before it was complete".into()]));
    assert_eq!(kept(&acme).len(), 0);
}

#[tokio::test]
async fn a_file_has_ten_mebibytes_and_no_byte_more() {
    let acme = TestRollcall::new();
    let app = acme.app(&[]);
    let content = vec![b'x'; MAX_SIZE + 1];
    let too_large =
        (413, vec!["The file is larger than the 10 MiB (10485760 bytes) that an upload may have".to_owned()]);
    assert_eq!(told(&send(&app, "", form(BOUNDARY, &parts(&content))).await), too_large);
    // So much around it that the body is refused before it is looked at.
    let padded: [Part<'_>; 2] = [("x", None, &content[..70_000]), ("file", Some("a"), &content[1..])];
    assert_eq!(told(&send(&app, "", form(BOUNDARY, &padded)).await), too_large);
    let announced = app.with_header("content-length", (MAX_SIZE + 70_000).to_string());
    assert_eq!(told(&send(&announced, "", Vec::new()).await), too_large);
    assert_eq!(kept(&acme).len(), 0);
    uploaded(&app, &content[1..]).await;
    assert_eq!(kept(&acme)[0][5], MAX_SIZE.to_string());
}

#[tokio::test]
async fn a_retry_is_known_again_though_its_boundary_is_another() {
    let acme = TestRollcall::new();
    let app = acme.app(&[]).with_header("idempotency-key", "k-1");
    let ask = async |boundary: &str, query: &str, parts: &[Part<'_>]| {
        let app = app.with_header("content-type", format!("multipart/form-data; boundary={boundary}"));
        app.ask(Method::POST, &format!("uploadfile{query}"), form(boundary, parts)).await
    };
    let first = ask("one", "", &parts(b"[1]")).await;
    let again = ask("two", "", &parts(b"[1]")).await;
    assert_eq!((again.status.as_u16(), &again.text, again.header("idempotency-replayed")), (200, &first.text, "true"));
    let [file, context, extension] = parts(b"[1]");
    for other in [
        [("file", Some("roles.json"), &b"[2]"[..]), context, extension],
        [("file", Some("rolesx.json"), b"[1]"), context, extension],
        [file, ("fileContext", None, b"findly"), extension],
        [file, context, ("fileExtension", None, b"csv")],
    ] {
        assert_eq!(ask("one", "", &other).await.status, 422, "{other:?}");
    }
    assert_eq!(ask("one", "?x=1", &parts(b"[1]")).await.status, 422);
    assert_eq!(kept(&acme).len(), 1);
}

#[tokio::test]
async fn a_rehearsal_keeps_nothing() {
    let acme = TestRollcall::new();
    let app = acme.app(&[]);
    let before = everything(&acme);
    let reply = send(&app, "?dryRun=true", form(BOUNDARY, &parts(b"[1]"))).await;
    assert_eq!((reply.status.as_u16(), reply.json()["fileId"].as_str().map(str::len)), (200, Some(24)));
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn a_full_account_is_told_when_there_is_room() {
    let acme = TestRollcall::new();
    let app: Caller = acme.app(&[Scope::AuditLogs]);
    uploaded(&app, b"[1]").await;
    acme.database().execute(&format!("update files set size = {MAX_KEPT}, created_by = 'cs-another'"));
    let reply = send(&app, "", form(BOUNDARY, &parts(b"[1]"))).await;
    let room = acme.rollcall().now().plus_millis(KEPT_MILLIS).to_string();
    assert_eq!(reply.status, 409);
    assert!(reply.messages()[0].contains("256 MiB") && reply.messages()[0].contains(&room), "{}", reply.text);
}
