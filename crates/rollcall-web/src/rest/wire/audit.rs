//! `GET /auditlogs`: what is asked for, and rows with the vendor's capitals and slashes.

use rollcall_core::Fault as Place;
use rollcall_core::audit::{By, Entry, Wanted};
use rollcall_core::clock::Time;
use rollcall_core::page::Paged;
use serde::Serialize;

/// A day less a millisecond.
const REST_OF_DAY: i64 = 24 * 3600 * 1000 - 1;

/// Reads `fromDate` and `toDate`: a bare date is the whole day in UTC, both ends are included, and where the one comes
/// after the other they change places (the vendor's own sample has them so).
pub fn times(from: Option<&str>, to: Option<&str>, faults: &mut Vec<Place>) -> (Option<Time>, Option<Time>) {
    let mut read = |key: &str, text: Option<&str>| {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        span(text).map_err(|why| faults.push(Place::at(key, why))).ok()
    };
    match (read("fromDate", from), read("toDate", to)) {
        (Some(from), Some(to)) if from.0 > to.1 => (Some(to.0), Some(from.1)),
        (from, to) => (from.map(|span| span.0), to.map(|span| span.1)),
    }
}

/// From when to when a date, or a time, is.
fn span(text: &str) -> Result<(Time, Time), String> {
    let is_date = text.len() == 10 && !text.contains([':', 'T']);
    let time = if is_date { Time::parse(&format!("{text}T00:00:00Z")) } else { Time::parse(text) };
    let time = time
        .map_err(|_| format!("{text:?} is neither a date like 2026-11-21 nor a time like 2026-11-21T08:00:00.000Z"))?;
    Ok((time, if is_date { time.plus_millis(REST_OF_DAY) } else { time }))
}

/// Reads `fetchAfter`, an `AuditLogId`: the number of an event.
pub fn after(id: Option<&str>, faults: &mut Vec<Place>) -> i64 {
    let Some(text) = id.map(str::trim).filter(|text| !text.is_empty()) else { return 0 };
    if text.len() == 24 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        // A number too large for us is after everything.
        return i64::from_str_radix(text, 16).unwrap_or(i64::MAX);
    }
    faults.push(Place::at("fetchAfter", format!("{text:?} is not an AuditLogId of 24 lower-case hex digits")));
    0
}

/// What was asked for, in a few characters.
pub fn words(wanted: &Wanted) -> String {
    let time = |time: Option<Time>| time.map_or_else(|| "x".to_owned(), |time| time.0.to_string());
    let Wanted { after, from, to, page } = wanted;
    format!("{after}-{}-{}-{}-{}", time(*from), time(*to), page.skipped(), page.limit())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    total: u64,
    auditlogs: Vec<Row<'a>>,
    more_available: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    #[serde(rename = "timestampValue")]
    millis: i64,
    #[serde(rename = "Date/Time")]
    at: String,
    description: &'a str,
    name: &'a str,
    category: &'a str,
    audit_log_id: String,
    /// Ours, like the rest: the vendor's console shows them and its API does not.
    user: Option<&'a str>,
    email: Option<&'a str>,
    #[serde(rename = "IP")]
    ip: Option<&'a str>,
    app: Option<&'a str>,
}

/// The bytes of a page.
pub fn page(events: &Paged<Entry>) -> Vec<u8> {
    let auditlogs = events.items.iter().map(row).collect();
    super::bytes(&Page { total: events.total, auditlogs, more_available: events.more })
}

fn row(event: &Entry) -> Row<'_> {
    let (user, email, app) = match &event.by {
        By::App(name) => (None, None, Some(name.as_str())),
        By::User(id, email) => (Some(id.as_str()), email.as_deref(), None),
        By::Host(job) => (Some(job.as_str()), None, None),
    };
    Row {
        millis: event.at.0,
        at: event.at.to_string(),
        description: &event.description,
        name: &event.name,
        category: &event.category,
        audit_log_id: format!("{:024x}", event.number),
        user,
        email,
        ip: event.ip.as_deref(),
        app,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(from: &str, to: &str) -> (Option<String>, Option<String>, Vec<String>) {
        let mut faults = Vec::new();
        let (from, to) = times(Some(from), Some(to), &mut faults);
        let text = |time: Option<Time>| time.map(|time| time.to_string());
        (text(from), text(to), faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_bare_date_is_the_whole_day_and_inverted_ends_change_places() {
        let first = Some("2021-06-30T00:00:00.000Z".to_owned());
        let last = Some("2021-07-07T23:59:59.999Z".to_owned());
        assert_eq!(told("2021-06-30", "2021-07-07"), (first.clone(), last.clone(), vec![]));
        assert_eq!(told("2021-07-07", "2021-06-30"), (first, last, vec![]));
        // The day of a time that stands before it is not inverted: the rest of the day is meant.
        let noon = Some("2026-01-05T12:00:00.000Z".to_owned());
        let night = Some("2026-01-05T23:59:59.999Z".to_owned());
        assert_eq!(told("2026-01-05T12:00:00.000Z", "2026-01-05"), (noon, night, vec![]));
        assert_eq!(told("", " "), (None, None, vec![]));
    }

    #[test]
    fn what_is_no_date_is_told_by_its_name() {
        for bad in ["2026-02-30", "yesterday", "2026-1-5", "2026-01-05T25:00:00Z", "1767603600000", "2026-01-05 09:00"]
        {
            let (from, to, faults) = told(bad, bad);
            assert_eq!((from, to, faults.len()), (None, None, 2), "{bad}");
            assert!(faults[0].starts_with("fromDate: ") && faults[0].contains(bad), "{faults:?}");
        }
    }

    #[test]
    fn an_id_is_the_number_of_its_event() {
        let read = |text: &str| {
            let mut faults = Vec::new();
            (after(Some(text), &mut faults), faults.len())
        };
        assert_eq!(read("0000000000000000000003e8"), (1_000, 0));
        assert_eq!(read("ffffffffffffffffffffffff"), (i64::MAX, 0));
        for bad in ["1", "0000000000000000000003E8", "0000000000000000000003e", "u-1"] {
            assert_eq!(read(bad), (0, 1), "{bad}");
        }
    }
}
