//! That nobody learns by how long a refusal takes whether an app is known.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use rollcall_core::policy::Scope;
use rollcall_testkit::{Caller, TestRollcall};
use serde_json::json;

/// As many of each are timed.
const SAMPLES: usize = 500;

/// How likely one of the first takes longer than one of the second: a half where nobody can tell them apart (the statistic of
/// Mann and Whitney; it asks for ranks alone, and so does not mind the machine's hiccups).
fn longer(first: &[Duration], second: &[Duration]) -> f64 {
    let pairs = first.iter().flat_map(|a| second.iter().map(move |b| a.cmp(b)));
    let wins = pairs.map(|order| match order {
        Ordering::Greater => 1.0,
        Ordering::Equal => 0.5,
        Ordering::Less => 0.0,
    });
    wins.sum::<f64>() / (first.len() * second.len()) as f64
}

async fn timed(caller: &Caller) -> Duration {
    let started = Instant::now();
    let reply = caller.get("groups").await;
    let took = started.elapsed();
    assert_eq!(reply.status, 401);
    took
}

#[tokio::test]
async fn a_bad_secret_and_an_unknown_app_take_equally_long() {
    let acme = TestRollcall::new();
    let app = acme.app(&Scope::ALL);
    assert_eq!(app.get("groups").await.status, 200, "its record is remembered");
    let id = app.client_id().as_str();
    let token = app.with_claims(&json!({ "appId": id })).token().expect("a token").to_owned();
    let (text, _) = token.rsplit_once('.').expect("a signature");
    let bad = app.with_token(format!("{text}.{}", "A".repeat(43)));
    let unknown = app.with_claims(&json!({ "appId": "cs-00000000-0000-5000-8000-000000000000" }));
    let (mut known, mut nobody) = (Vec::new(), Vec::new());
    for n in 0..SAMPLES {
        // Whoever comes second may find something warm: they take turns.
        if n % 2 == 0 {
            known.push(timed(&bad).await);
            nobody.push(timed(&unknown).await);
        } else {
            nobody.push(timed(&unknown).await);
            known.push(timed(&bad).await);
        }
    }
    let share = longer(&known, &nobody);
    // By chance alone it is within 0.07 of a half, but for once in ten thousand runs.
    assert!((share - 0.5).abs() < 0.1, "a bad secret takes longer in {share:.3} of all pairs");
    let least = known.iter().chain(&nobody).min().copied().unwrap_or_default();
    assert!(least >= Duration::from_millis(4), "a refusal came after {least:?}: nothing waits for its time");
}
