//! Reading the audit log: by page, by time and on from an event, while others write; against a plain list in memory.

use proptest::prelude::*;
use rollcall_core::audit::{self, By, Entry, Wanted};
use rollcall_core::clock::Time;
use rollcall_core::op::Mode;
use rollcall_core::page::{Page, Paged};
use rollcall_core::policy::Scope;
use rollcall_core::users::NewUser;
use rollcall_testkit::TestRollcall;

use crate::setting::{app, create, state, statements};

/// The first hundred of all.
fn all() -> Wanted {
    Wanted { after: 0, from: None, to: None, page: page(0, 100) }
}

fn find(acme: &TestRollcall, wanted: Wanted) -> Paged<Entry> {
    acme.read(move |view| audit::find(view, &wanted)).unwrap()
}

fn page(number: u64, size: u64) -> Page {
    Page::of(number, size, audit::MAX_SIZE).unwrap()
}

/// Writes events as an audit log would have them, past Rollcall: times in milliseconds after 1,000,000, in order.
fn write(acme: &TestRollcall, times: &[i64]) {
    let account = acme.database().number("select id from accounts");
    for chunk in times.chunks(500) {
        let rows: Vec<String> = chunk
            .iter()
            .map(|time| format!("({account}, {}, 'app', 'cs-1', 'ci', 'Test', 'Tested', 't', 'd')", 1_000_000 + time))
            .collect();
        acme.database().execute(&format!(
            "insert into audit_events (account_id, at, actor_kind, actor_id, actor_name, category, name, target, \
             description) values {}",
            rows.join(", ")
        ));
    }
    while acme.write(audit::seal).unwrap() > 0 {}
}

/// The numbers and times of all that is sealed.
fn sealed(acme: &TestRollcall) -> Vec<(i64, i64)> {
    let rows = acme.database().query("select seq, at from audit_events order by seq");
    let number = |cell: &Option<String>| cell.as_deref().unwrap().parse().unwrap();
    rows.iter().map(|row| (number(&row[0]), number(&row[1]))).collect()
}

#[test]
fn a_page_costs_the_same_at_the_beginning_in_the_middle_and_at_the_end() {
    let acme = TestRollcall::new();
    write(&acme, &(0..5_200).collect::<Vec<_>>());
    let total = sealed(&acme).len() as u64;
    let last = (total - 1) / 50;
    let plain = [0, last / 2, last].map(|number| {
        let (needed, found) = statements(&acme, || find(&acme, Wanted { page: page(number, 50), ..all() }));
        assert_eq!((found.total, found.more), (total, number != last));
        assert_eq!(found.items[0].number, i64::try_from(number).unwrap() * 50 + 1);
        needed
    });
    let (from, to) = (Some(Time(1_000_010)), Some(Time(1_005_000)));
    let between = [0, 50, 99].map(|number| {
        let (needed, found) = statements(&acme, || find(&acme, Wanted { from, to, page: page(number, 50), ..all() }));
        assert_eq!((found.total, found.more), (4_991, number != 99));
        assert_eq!(found.items[0].at, Time(1_000_010 + i64::try_from(number).unwrap() * 50));
        needed
    });
    assert_eq!((plain, between), ([2; 3], [5; 3]), "of the six that its doc comment allows");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Clocks of several machines disagree, and one is set back now and then: times are in no order.
    #[test]
    fn whatever_is_asked_is_what_a_plain_list_would_give(
        steps in proptest::collection::vec((-40i64..60, 1usize..90), 10..60),
        asked in proptest::collection::vec((0i64..4_000, -50i64..3_000, -50i64..3_000, 0u8..4, 0u64..60, 1u64..120), 25),
    ) {
        let acme = TestRollcall::new();
        let (mut now, mut times) = (0, Vec::new());
        for (step, count) in steps {
            now += step;
            times.extend(std::iter::repeat_n(now, count));
        }
        write(&acme, &times);
        let known = sealed(&acme);
        for (after, one, other, ends, number, size) in asked {
            let from = (ends & 1 == 1).then_some(Time(1_000_000 + one));
            let to = (ends & 2 == 2).then_some(Time(1_000_000 + other));
            let matching: Vec<_> = known
                .iter()
                .filter(|(seq, at)| *seq > after && from.is_none_or(|t| *at >= t.0) && to.is_none_or(|t| *at <= t.0))
                .collect();
            let page = page(number, size);
            let skipped = usize::try_from(page.skipped()).unwrap();
            let expected: Vec<i64> =
                matching.iter().skip(skipped).take(page.limit() as usize).map(|(seq, _)| *seq).collect();
            let found = find(&acme, Wanted { after, from, to, page });
            let numbers: Vec<i64> = found.items.iter().map(|entry| entry.number).collect();
            prop_assert_eq!(found.total, matching.len() as u64, "{} {:?} {:?}", after, from, to);
            let more = !expected.is_empty() && skipped + expected.len() < matching.len();
            prop_assert_eq!((numbers, found.more), (expected, more));
        }
    }
}

/// A log of more than two blocks, whose clock was set back by an hour in the middle of each, and by a day in the third.
#[test]
fn in_a_long_log_whose_clock_was_set_back_totals_and_pages_are_exact() {
    let acme = TestRollcall::new();
    let mut times: Vec<i64> = (0..100_000).map(|n| n * 100 - if n % 40_000 < 20_000 { 0 } else { 3_600_000 }).collect();
    times[90_000] -= 86_400_000;
    write(&acme, &times);
    let known = sealed(&acme);
    let blocks = acme.database().number("select count(*) from audit_blocks");
    assert_eq!((blocks, known.len()), (3, 100_001));
    let wholes = [(-3_700_000, 10_000_000), (-3_700_000, 7_950_000), (1_000_000, 9_000_000), (3_999_950, 8_000_050)];
    let few = [(5_000_000, 5_000_900), (-90_000_000, -70_000_000), (9_999_000, 99_999_000), (20_000_000, 30_000_000)];
    for (from, to) in wholes.into_iter().chain(few) {
        let (from, to) = (1_000_000 + from, 1_000_000 + to);
        for after in [0, 30_000, 79_999] {
            let is_wanted = |(seq, at): &&(i64, i64)| *seq > after && (from..=to).contains(at);
            let matching: Vec<i64> = known.iter().filter(is_wanted).map(|(seq, _)| *seq).collect();
            let last = matching.len().saturating_sub(1) as u64 / 100;
            for number in [0, last / 2, last] {
                let wanted = Wanted { after, from: Some(Time(from)), to: Some(Time(to)), page: page(number, 100) };
                let (needed, found) = statements(&acme, || find(&acme, wanted));
                let numbers: Vec<i64> = found.items.iter().map(|entry| entry.number).collect();
                let skipped = number as usize * 100;
                assert_eq!(found.total, matching.len() as u64, "from {from} to {to} after {after}");
                assert_eq!(numbers, matching.iter().skip(skipped).take(100).copied().collect::<Vec<_>>());
                assert!(needed <= 5, "of the six that its doc comment allows: {needed}");
            }
        }
    }
}

#[test]
fn runs_that_are_sealed_in_several_goes_know_their_first_and_last_time() {
    let acme = TestRollcall::new();
    write(&acme, &[500; 700]);
    write(&acme, &[100; 200]);
    write(&acme, &[900; 700]);
    let from = |millis: i64| Some(Time(1_000_000 + millis));
    let total = |from, to| find(&acme, Wanted { from, to, ..all() }).total;
    assert_eq!((total(from(50), from(150)), total(from(500), from(500)), total(from(900), None)), (200, 700, 701));
}

#[test]
fn what_a_replica_of_a_version_without_runs_has_sealed_is_found_by_its_time() {
    let acme = TestRollcall::new();
    write(&acme, &[100; 900]);
    // It seals what comes next, and begins another run, without a note.
    let noted = acme.database().query("select run, first_at, last_at from audit_runs order by run");
    write(&acme, &[500; 700]);
    acme.database().execute("delete from audit_runs where run > 0");
    acme.database().execute(&format!("update audit_runs set last_at = {}", noted[0][2].as_deref().unwrap()));
    write(&acme, &[900]);
    let total = |millis: i64| {
        let time = Some(Time(1_000_000 + millis));
        find(&acme, Wanted { from: time, to: time, ..all() }).total
    };
    assert_eq!((total(100), total(500), total(900)), (900, 700, 1));
}

#[test]
fn who_resumes_from_the_last_event_misses_none_and_sees_none_twice_while_others_write() {
    let acme = TestRollcall::new();
    acme.apply(state()).unwrap();
    let writers: u64 = 4;
    let each: u64 = 60;
    let actor = app(&acme, &[Scope::UserManagement]);
    let seen = std::thread::scope(|scope| {
        for writer in 0..writers {
            let (rollcall, actor) = (acme.rollcall(), &actor);
            scope.spawn(move || {
                for n in 0..each {
                    let user = NewUser::with_email(format!("w{writer}-{n}@acme.test"));
                    create(rollcall, actor, Mode::Real, &[user]).unwrap();
                }
            });
        }
        let mut seen: Vec<Entry> = Vec::new();
        let created = |seen: &[Entry]| seen.iter().filter(|entry| entry.name == "User Created").count() as u64;
        while created(&seen) < writers * each {
            acme.write(audit::seal).unwrap();
            let after = seen.last().map_or(0, |entry| entry.number);
            seen.extend(find(&acme, Wanted { after, page: page(0, 7), ..all() }).items);
        }
        seen
    });
    let numbers: Vec<i64> = seen.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>(), "each once, in order");
    let mut told: Vec<&str> =
        seen.iter().filter(|e| e.name == "User Created").map(|e| e.description.as_str()).collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len() as u64, writers * each);
    assert!(
        seen.iter()
            .filter(|e| e.name == "User Created")
            .all(|e| matches!(&e.by, By::App(name) if name.starts_with("app")))
    );
}
