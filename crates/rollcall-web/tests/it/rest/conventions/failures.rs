//! How a failure of the core is told: the status of its code, every fault, and nothing that only the log may know.

use std::collections::HashMap;

use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use rollcall_core::{Code, Error, Fault};
use rollcall_web::rest::error::{Failure, status};
use serde_json::{Value, json};

async fn told(error: Error) -> (Response<()>, Value) {
    let (parts, body) = Failure::from(error).into_response().into_parts();
    let bytes = body.collect().await.expect("a whole body").to_bytes();
    (Response::from_parts(parts, ()), serde_json::from_slice(&bytes).expect("JSON"))
}

#[tokio::test]
async fn every_code_has_a_status_of_its_own_which_the_body_repeats() {
    let mut seen = HashMap::new();
    for code in Code::ALL {
        let (response, body) = told(Error::new(code, "the tea is cold")).await;
        assert_eq!(response.status(), status(code), "{code:?}");
        // A fault of ours is told with where to look for more.
        let hint = if code == Code::Internal { " The log has the details under this request's id." } else { "" };
        let msg = format!("the tea is cold{hint}");
        let error = match code {
            // The one answer to every token that is not good, or not good any more.
            Code::Unauthenticated => json!({"msg": "Invalid SDK credentials", "code": 4002}),
            _ => json!({"msg": msg, "code": status(code).as_u16()}),
        };
        assert_eq!(body, json!({ "errors": [error] }), "{code:?}");
        assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8", "{code:?}");
        assert_eq!(response.headers().contains_key("retry-after"), code == Code::Busy, "{code:?}");
        if let Some(other) = seen.insert(status(code), code) {
            panic!("{code:?} and {other:?} have one status: a client cannot tell them apart");
        }
    }
}

#[tokio::test]
async fn each_fault_is_told_with_its_place() {
    let faults = vec![Fault::at("users[0].groups[2]", "is cold"), Fault::at("", "is empty")];
    let (response, body) = told(Error::faults(faults)).await;
    let expected =
        json!({"errors": [{"msg": "users[0].groups[2]: is cold", "code": 400}, {"msg": "is empty", "code": 400}]});
    assert_eq!((response.status().as_u16(), body), (400, expected));
}

#[tokio::test]
async fn a_cause_is_for_the_log_alone() {
    for error in [Error::internal("select * from secrets"), Error::busy("select * from secrets")] {
        let (response, body) = told(error).await;
        assert!(response.status().is_server_error());
        assert!(!body.to_string().contains("secrets"), "{body}");
        assert!(body["errors"][0]["msg"].as_str().is_some_and(|msg| msg.contains("nothing was changed")), "{body}");
    }
}
