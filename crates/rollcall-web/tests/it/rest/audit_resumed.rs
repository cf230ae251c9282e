//! `GET /auditlogs` for a client that goes on from the last event it has seen, while others write on two replicas.

use std::collections::BTreeSet;
use std::sync::Arc;

use rollcall_core::policy::Scope;
use rollcall_testkit::{Caller, TestRollcall};
use serde_json::{Value, json};

const WRITERS: usize = 32;
const EACH: usize = 6;

/// Creates users one by one, one event each; how often the database was busy is not what is asked here.
async fn write(app: Caller, writer: usize) {
    for n in 0..EACH {
        let email = format!("w{writer}-{n}@acme.test");
        let body = json!({"users": [{"userInfo": {"emailId": email}, "sendEmail": false}]});
        let keyed = app.with_header("idempotency-key", email.clone());
        loop {
            let reply = keyed.post("users", &body).await;
            if reply.status != 503 {
                assert!(reply.text.contains("Successfully"), "{}", reply.text);
                break;
            }
        }
    }
}

/// The events after that one.
async fn after(app: &Caller, last: &str, size: usize) -> Vec<Value> {
    let reply = app.get(&format!("auditlogs?fetchAfter={last}&size={size}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["auditlogs"].as_array().expect("a list").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_resumes_by_id_sees_every_event_once_in_order_while_thirty_two_write_on_two_replicas() {
    let acme = TestRollcall::new();
    let (writer, reader) = (acme.app(&[Scope::UserManagement]), acme.app(&[Scope::AuditLogs]));
    let before = acme.sealed_events();
    let (replica, _host) = acme.replica();
    let replicas = [Arc::clone(acme.rollcall()), Arc::new(replica)];
    let readers = replicas.each_ref().map(|replica| reader.on(Arc::clone(replica)));
    let writers: Vec<_> =
        (0..WRITERS).map(|place| tokio::spawn(write(writer.on(Arc::clone(&replicas[place % 2])), place))).collect();
    let expected = before + (WRITERS * EACH) as u64;
    let (mut number, mut last, mut told) = (0_u64, "0".repeat(24), BTreeSet::new());
    for round in 0.. {
        let are_done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let rows = after(&readers[round % 2], &last, [100, 7][round / 2 % 2]).await;
        for row in &rows {
            let id = row["AuditLogId"].as_str().expect("an id");
            assert_eq!(u64::from_str_radix(id, 16), Ok(number + 1), "no number is left out, and none comes twice");
            number += 1;
            assert!(id > last.as_str());
            id.clone_into(&mut last);
            if row["Name"] == "User Created" {
                let is_new = told.insert(row["Description"].as_str().expect("a sentence").to_owned());
                assert!(is_new, "told twice: {row}");
            }
        }
        if number == expected {
            break;
        }
        assert!(!(are_done && rows.is_empty()), "all is written, and {number} of {expected} are seen");
    }
    for writer in writers {
        writer.await.expect("a writer ends well");
    }
    assert_eq!(told.len(), WRITERS * EACH);
    for reader in &readers {
        assert_eq!(
            after(reader, &last, 100).await,
            Vec::<Value>::new(),
            "nothing comes after the last, and nothing before"
        );
    }
    assert_eq!(acme.sealed_events(), expected);
}
