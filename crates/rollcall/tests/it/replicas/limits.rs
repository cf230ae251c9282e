//! What an account may call, asked of both replicas by many at the same moment.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Pair;

const CALLERS: usize = 8;
const EACH: usize = 10;
const LIMIT: usize = 25;

#[test]
fn both_together_let_through_what_the_limit_allows() {
    let mut pair = Pair::stopped();
    for program in &mut pair.programs {
        program.set("ROLLCALL_RATE_LIMIT", &format!("{LIMIT}/h"));
    }
    pair.start();
    let caller = pair.caller();
    let (passed, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for n in 0..CALLERS {
            let (server, caller, passed, refused) = (pair.sides(n).0, &caller, &passed, &refused);
            scope.spawn(move || {
                for _ in 0..EACH {
                    let answer = caller.groups(server, None);
                    match answer.status {
                        200 => passed.fetch_add(1, Ordering::SeqCst),
                        429 if !answer.header("retry-after").is_empty() => refused.fetch_add(1, Ordering::SeqCst),
                        _ => panic!("{answer:?}"),
                    };
                }
            });
        }
    });
    assert_eq!((passed.into_inner(), refused.into_inner()), (LIMIT, CALLERS * EACH - LIMIT));
    assert_eq!(pair.database().number("select count(*) from rate_limits"), LIMIT as i64);
}

#[test]
fn calls_that_no_window_reaches_any_more_are_forgotten_by_the_worker() {
    let mut pair = Pair::stopped();
    pair.programs.iter_mut().for_each(|program| program.set("ROLLCALL_RATE_LIMIT", "9/h"));
    pair.start();
    let caller = pair.caller();
    assert_eq!([0, 1].map(|n| caller.groups(&pair.servers[n], None).status), [200, 200]);
    pair.stop();
    // An hour goes by for the first call: the times are the database's, so it is they that are moved.
    pair.database().execute("update rate_limits set at = at - 3600000 where number = 1");
    // Both look for old calls when they start.
    pair.start();
    pair.stop();
    let left = pair.database().query("select number from rate_limits");
    assert_eq!(left, [[Some("2".to_owned())]]);
}
