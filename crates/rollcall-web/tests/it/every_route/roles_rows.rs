//! What the walk sends to the routes of roles, and to the one by which files come.

use rollcall_core::files::{self, NewFile};
use rollcall_testkit::TestRollcall;
use serde_json::json;

use super::table::{Request, Row};
use crate::form::{BOUNDARY, CONTENT_TYPE, form, parts};

/// The id of a file that Acme has here.
const UPLOADED: &str = "66e0430359593a57768e456b";

/// Acme, with a file that waits to be imported.
pub(super) fn acme() -> TestRollcall {
    let acme = crate::acme::acme();
    let file = NewFile::check("roles.json", "bulkImport", "json", br#"[{"role": "Imported"}]"#.to_vec());
    let file = file.expect("a file");
    acme.write(move |op| files::upload(op, &file)).expect("it is uploaded");
    assert_eq!(acme.database().execute(&format!("update files set public_id = '{UPLOADED}'")), 1);
    acme
}

fn upload(parts: &[crate::form::Part<'_>]) -> Request {
    Request { content_type: CONTENT_TYPE, body: form(BOUNDARY, parts), ..Request::query("") }
}

fn import(query: &str, file: &str) -> Request {
    Request { query: query.into(), ..Request::body(&json!({ "fileId": file })) }
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "GET roles",
            good: Request::query("?roleType=bot&limit=2&offset=1"),
            faulty: (
                Request::query("?roleType=Admin&offset=-1&limit=0"),
                vec![
                    "roleType: expected admin or bot, found \"Admin\"",
                    "offset: expected a whole number from 0 on, found \"-1\"",
                    "limit: expected a whole number from 1 on, found \"0\"",
                ],
            ),
            naming: |_| vec![Request::query("?roleType=admin"), Request::query("?roleType=bot&offset=1&limit=1")],
        },
        Row {
            name: "GET roles/export",
            good: Request::query("?roleType=admin"),
            faulty: (Request::query(""), vec!["roleType: is missing: expected admin or bot"]),
            naming: |_| vec![Request::query("?roleType=admin"), Request::query("?roleType=bot")],
        },
        Row {
            name: "POST roles/import",
            good: import("?roleType=admin", UPLOADED),
            faulty: (
                Request { query: "?roleType=&fullImport=yes".into(), ..Request::body(&json!({"fileId": 5})) },
                vec![
                    "roleType: expected admin or bot, found \"\"",
                    "fullImport: expected true or false, found \"yes\"",
                    "fileId: expected text, found a number",
                ],
            ),
            naming: |things| {
                let files = things.words.iter().map(String::as_str).chain([UPLOADED]);
                let queries = ["?roleType=admin", "?roleType=bot&fullImport=true"];
                files.flat_map(|file| queries.map(|query| import(query, file))).collect()
            },
        },
        Row {
            name: "POST uploadfile",
            good: upload(&parts(b"[]")),
            faulty: (
                upload(&[("file", Some("a"), b"1"), ("file", Some("b"), b"2"), ("fileContext", None, b" ")]),
                vec![
                    "file: is given more than once",
                    "fileExtension: is missing",
                    "fileContext: the file context is empty",
                ],
            ),
            // Nothing in it names anything.
            naming: |_| Vec::new(),
        },
    ]
}
