//! What the walk sends to the lists of users, bots and audit events.

use super::table::{Request, Row, Things};

/// What a list by pages says of a page that makes no sense.
fn wrong_page() -> (Request, Vec<&'static str>) {
    let faults = vec![
        "offset: expected a whole number from 0 on, found \"-1\"",
        "limit: expected a whole number from 1 on, found \"0\"",
    ];
    (Request::query("?offset=-1&limit=0"), faults)
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "GET alluserroles",
            good: Request::query("?offset=1&limit=2"),
            faulty: wrong_page(),
            naming: |_| vec![Request::query(""), Request::query("?offset=2&limit=1")],
        },
        Row {
            name: "GET bots",
            good: Request::query("?offset=0&limit=2"),
            faulty: wrong_page(),
            naming: |_| vec![Request::query(""), Request::query("?offset=1&limit=1")],
        },
        Row {
            name: "GET auditlogs",
            good: Request::query("?offset=0&size=2&fromDate=2026-01-05&toDate=2026-01-05"),
            faulty: (
                Request::query("?offset=x&size=0&fromDate=2026-02-30&toDate=yesterday&fetchAfter=7"),
                vec![
                    "offset: expected a whole number from 0 on, found \"x\"",
                    "size: expected a whole number from 1 on, found \"0\"",
                    "fromDate: \"2026-02-30\" is neither a date like 2026-11-21 nor a time like 2026-11-21T08:00:00.000Z",
                    "toDate: \"yesterday\" is neither a date like 2026-11-21 nor a time like 2026-11-21T08:00:00.000Z",
                    "fetchAfter: \"7\" is not an AuditLogId of 24 lower-case hex digits",
                ],
            ),
            naming: name_events,
        },
    ]
}

/// Ids of the other account's events; its roles have ids of the same form.
fn name_events(things: &Things) -> Vec<Request> {
    let events = (1..=9).map(|number| format!("?fetchAfter={number:024x}"));
    let roles = things.roles.iter().map(|role| format!("?fetchAfter={role}"));
    events.chain(roles).chain([String::new()]).map(Request::query).collect()
}
