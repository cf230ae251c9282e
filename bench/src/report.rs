//! The results: a table for people, in Markdown, and JSON for programs.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use crate::load::Sample;
use crate::results::{Measure, Results, Row, Size, Turn, mib};
use crate::thresholds::Thresholds;

const HEADING: [&str; 19] = [
    "Scenario",
    "Callers",
    "Users",
    "Rollcall/s",
    "Baseline/s",
    "Ratio",
    "Target",
    "p50 ms",
    "p90 ms",
    "p99 ms",
    "p99/p50",
    "CPU µs",
    "CPU ×",
    "DB µs",
    "Statements",
    "RSS MiB",
    "Own MiB",
    "Peak MiB",
    "Put off s",
];

/// With fewer cores the database, two servers and the load stand in each other's way.
const ENOUGH_FOR_REPLICAS: usize = 8;

/// The table, and what is measured once.
pub(crate) fn table(results: &Results, thresholds: &Thresholds) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(HEADING);
    for row in &results.rows {
        table.add_row(cells(row, results, thresholds));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = format!("{table}\n\n{}\n", once(results, thresholds));
    for row in results.rows.iter().filter(|row| row.scenario.has_plain_loop(results.engine)) {
        let rate = row.median(|turn| turn.plain.unwrap_or_default());
        text.push_str(&format!("plain SQLite loop, {}: {} users/s\n", grouped(row.users as f64), grouped(rate)));
    }
    if results.cores < ENOUGH_FOR_REPLICAS && results.rows.iter().any(|row| row.scenario.replicas > 1) {
        text.push_str(&format!(
            "{} cores: the ratio of two replicas to one says nothing about replicas\n",
            results.cores
        ));
    }
    text.push_str(&format!(
        "{} cores, {:.0} % of them taken by other programs; {}; medians of {} rounds of {} s, Rollcall and baseline in turns;\n\
         latencies at half of the rate that was reached, in brackets at the whole of it\n",
        results.cores,
        results.others * 100.0,
        results.generator,
        results.rounds,
        results.seconds
    ));
    text
}

/// What is measured once for each size, and what is compared between rows.
fn once(results: &Results, thresholds: &Thresholds) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(["What", "Users", "Figure", "Target"]);
    let measures = results.measures();
    let named = ["cpu_growth", "spread", "vs_plain_sqlite_loop"];
    for Measure { subject, what, users, value } in
        measures.iter().filter(|m| m.subject == "server" || named.contains(&m.what))
    {
        let users = users.map_or_else(String::new, |users| grouped(users as f64));
        let target = thresholds.target(subject, what).map_or_else(String::new, figure);
        table.add_row([format!("{subject}.{what}"), users, figure(*value), target]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn cells(row: &Row, results: &Results, thresholds: &Thresholds) -> [String; HEADING.len()] {
    let title = match &row.encoding {
        Some(encoding) => format!("{} ({encoding})", row.scenario.title),
        None => row.scenario.title.to_owned(),
    };
    let latency = |of: fn(&Sample) -> Duration| match &row.half {
        Some(half) => millis(of(half)),
        None => format!("({})", millis(row.median(|turn| of(&turn.sample)))),
    };
    let target = thresholds.target(row.scenario.name, row.scenario.ratio_name(results.engine));
    [
        title,
        row.scenario.connections.to_string(),
        grouped(row.users as f64),
        grouped(row.median(|t| t.rollcall)),
        grouped(row.median(|t| t.baseline.per_second)),
        figure(row.ratio()),
        target.map_or_else(String::new, figure),
        latency(|sample| sample.p50),
        latency(|sample| sample.p90),
        latency(|sample| sample.p99),
        row.half.as_ref().map_or_else(String::new, |half| figure(half.p99.as_secs_f64() / half.p50.as_secs_f64())),
        grouped(micros(row.median(|t| t.cpu))),
        Some(row.cpu_ratio()).filter(|ratio| ratio.is_finite()).map_or_else(String::new, figure),
        row.median(|t| t.database_cpu).map_or_else(String::new, |cpu| grouped(micros(cpu))),
        row.median(|t| t.statements).map_or_else(String::new, |count| format!("{count:.1}")),
        format!("{:.0}", mib(row.median(|t| t.memory.resident))),
        format!("{:.0}", mib(row.median(|t| t.memory.anonymous))),
        format!("{:.0}", mib(row.turns.iter().map(|t| t.memory.peak).max().unwrap_or(0))),
        aftermath(row).map_or_else(|| "?".to_owned(), |s| format!("{s:.1}")),
    ]
}

/// Seconds; none where once it did not end.
fn aftermath(row: &Row) -> Option<f64> {
    let ended = row.turns.iter().all(|turn| turn.aftermath.is_some());
    ended.then(|| row.median(|turn| turn.aftermath.unwrap_or_default()).as_secs_f64())
}

/// Everything, each round by itself.
pub(crate) fn json(results: &Results) -> Value {
    let size = |Size { users, filled_in, start }: &Size| {
        json!({
            "users": users,
            "applySeconds": filled_in.as_secs_f64(),
            "startToHealthMillis": start.health.as_secs_f64() * 1e3,
            "startToPageMillis": start.page.as_secs_f64() * 1e3,
        })
    };
    json!({
        "database": results.engine.name(),
        "generator": results.generator,
        "cores": results.cores,
        "seconds": results.seconds,
        "rounds": results.rounds,
        "others": results.others,
        "binaryBytes": results.binary,
        "idleRssKib": results.idle.resident,
        "sizes": results.sizes.iter().map(size).collect::<Vec<_>>(),
        "scenarios": results.rows.iter().map(|row| scenario(row, results)).collect::<Vec<_>>(),
        "measures": measures(&results.measures()),
    })
}

/// Figures by their names.
pub(crate) fn measures(measures: &[Measure]) -> Value {
    let of = |m: &Measure| json!({ "name": format!("{}.{}", m.subject, m.what), "users": m.users, "value": m.value });
    measures.iter().map(of).collect()
}

fn scenario(row: &Row, results: &Results) -> Value {
    json!({
        "name": row.scenario.name,
        "connections": row.scenario.connections,
        "users": row.users,
        "unit": row.scenario.unit(),
        "contentEncoding": row.encoding,
        "ratioName": row.scenario.ratio_name(results.engine),
        "ratio": row.ratio(),
        "atHalf": row.half.as_ref().map(sample),
        "turns": row.turns.iter().map(turn).collect::<Vec<_>>(),
    })
}

fn turn(turn: &Turn) -> Value {
    json!({
        "rollcall": turn.rollcall,
        "baseline": turn.baseline.per_second,
        "baselineCpuMicros": turn.baseline.cpu.map(micros),
        "plainLoop": turn.plain,
        "whole": sample(&turn.sample),
        "cpuMicrosPerRequest": micros(turn.cpu),
        "databaseCpuMicrosPerRequest": turn.database_cpu.map(micros),
        "statementsPerRequest": turn.statements,
        "rssKib": turn.memory.resident,
        "anonymousKib": turn.memory.anonymous,
        "peakKib": turn.memory.peak,
        "putOffSeconds": turn.aftermath.map(|t| t.as_secs_f64()),
    })
}

fn sample(sample: &Sample) -> Value {
    json!({
        "replies": sample.replies,
        "requestsPerSecond": sample.per_second,
        "p50Micros": micros(sample.p50),
        "p90Micros": micros(sample.p90),
        "p99Micros": micros(sample.p99),
        "bodyBytes": sample.bytes,
    })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    if millis < 10.0 { format!("{millis:.2}") } else { format!("{millis:.0}") }
}

/// A figure with as many digits as it deserves.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        size if size < 0.1 => format!("{value:.3}"),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => grouped(value),
    }
}

/// A whole number in groups of three digits.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::results;

    #[test]
    fn numbers_are_grouped_and_figures_rounded() {
        assert_eq!([grouped(7.4), grouped(1234.0), grouped(1_234_567.0)], ["7", "1 234", "1 234 567"]);
        assert_eq!([0.0312, 5.018, 43.21, 1234.5].map(figure), ["0.031", "5.02", "43.2", "1 234"]);
        assert_eq!([millis(Duration::from_micros(815)), millis(Duration::from_millis(240))], ["0.81", "240"]);
    }

    #[test]
    fn a_row_has_its_ratio_beside_the_target_and_the_json_has_units() {
        let results = results();
        let text = table(&results, &Thresholds::shipped("sqlite").unwrap());
        let line = text.lines().find(|line| line.starts_with("| GET /groups, first page")).unwrap();
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        assert_eq!(cells[2..8], ["32", "10 000", "50", "100", "0.50", "0.70"], "{line}");
        assert_eq!(cells[11], "4.00", "{line}");
        assert!(text.contains("| groups_page.spread "), "{text}");
        let told = json(&results);
        assert_eq!(told["scenarios"][0]["turns"][0]["cpuMicrosPerRequest"], 20.0);
        assert_eq!(told["scenarios"][4]["unit"], "users/s");
    }
}
