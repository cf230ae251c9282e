//! The results: a table for people, in Markdown, and JSON for programs.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use crate::Engine;
use crate::run::{Results, Row};

const HEADING: [&str; 13] = [
    "Scenario",
    "Callers",
    "Users",
    "Rollcall/s",
    "Baseline/s",
    "Ratio",
    "p50 ms",
    "p99 ms",
    "CPU µs",
    "DB µs",
    "RSS MiB",
    "Own MiB",
    "Put off s",
];

/// With fewer cores the database, two servers and the load stand in each other's way.
const ENOUGH_FOR_REPLICAS: usize = 8;

/// The table.
pub(crate) fn table(results: &Results) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(HEADING);
    for row in &results.rows {
        table.add_row(cells(row));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = format!("{table}\n\n");
    for (users, took) in &results.fills {
        let rate = *users as f64 / took.as_secs_f64();
        text.push_str(&format!(
            "rollcall apply, {}: {:.1} s, {} users/s\n",
            grouped(*users as f64),
            took.as_secs_f64(),
            grouped(rate)
        ));
    }
    for row in results.rows.iter().filter(|row| row.scenario.has_plain_loop(results.engine)) {
        let rate = row.median(|turn| turn.plain.unwrap_or_default());
        text.push_str(&format!("plain SQLite loop, {}: {} users/s\n", grouped(row.users as f64), grouped(rate)));
    }
    for ratio in results.ratios().iter().filter(|ratio| ratio.users.is_none()) {
        text.push_str(&format!("{}: {}\n", ratio.name, figure(ratio.value)));
    }
    if results.cores < ENOUGH_FOR_REPLICAS && results.rows.iter().any(|row| row.scenario.replicas > 1) {
        text.push_str(&format!(
            "{} cores: the ratio of two replicas to one says nothing about replicas\n",
            results.cores
        ));
    }
    text.push_str(&format!(
        "{} cores, {:.0} % of them taken by other programs; medians of {} rounds of {} s, Rollcall and baseline in turns\n",
        results.cores, results.others * 100.0, results.rounds, results.seconds
    ));
    text
}

fn cells(row: &Row) -> [String; HEADING.len()] {
    [
        row.scenario.title.to_owned(),
        row.scenario.connections.to_string(),
        grouped(row.users as f64),
        grouped(row.median(|t| t.rollcall)),
        grouped(row.median(|t| t.baseline)),
        figure(row.ratio()),
        millis(row.median(|t| t.sample.p50)),
        millis(row.median(|t| t.sample.p99)),
        grouped(micros(row.median(|t| t.cpu))),
        row.median(|t| t.database_cpu).map_or_else(String::new, |cpu| grouped(micros(cpu))),
        (row.median(|t| t.memory.resident) / 1024).to_string(),
        (row.median(|t| t.memory.anonymous) / 1024).to_string(),
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
    let fills = results.fills.iter().map(|(users, took)| json!({ "users": users, "seconds": took.as_secs_f64() }));
    let ratios = results.ratios().into_iter().map(|r| json!({ "name": r.name, "users": r.users, "value": r.value }));
    json!({
        "database": match results.engine {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        },
        "cores": results.cores,
        "seconds": results.seconds,
        "rounds": results.rounds,
        "others": results.others,
        "apply": fills.collect::<Vec<_>>(),
        "scenarios": results.rows.iter().map(|row| scenario(row, results.engine)).collect::<Vec<_>>(),
        "ratios": ratios.collect::<Vec<_>>(),
    })
}

fn scenario(row: &Row, engine: Engine) -> Value {
    let turns = row.turns.iter().map(|turn| {
        json!({
            "rollcall": turn.rollcall,
            "baseline": turn.baseline,
            "plainLoop": turn.plain,
            "replies": turn.sample.replies,
            "p50Micros": micros(turn.sample.p50),
            "p99Micros": micros(turn.sample.p99),
            "cpuMicrosPerRequest": micros(turn.cpu),
            "databaseCpuMicrosPerRequest": turn.database_cpu.map(micros),
            "rssKib": turn.memory.resident,
            "anonymousKib": turn.memory.anonymous,
            "putOffSeconds": turn.aftermath.map(|t| t.as_secs_f64()),
        })
    });
    json!({
        "name": row.scenario.name,
        "connections": row.scenario.connections,
        "users": row.users,
        "unit": if row.scenario.is_read() { "requests/s" } else { "users/s" },
        "baseline": row.scenario.baseline(engine),
        "ratio": row.ratio(),
        "turns": turns.collect::<Vec<_>>(),
    })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    if millis < 10.0 { format!("{millis:.2}") } else { format!("{millis:.0}") }
}

/// A ratio with as many digits as it deserves.
pub(crate) fn figure(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.3}") } else { format!("{ratio:.2}") }
}

/// A whole number in groups of three digits.
fn grouped(number: f64) -> String {
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

    #[test]
    fn numbers_are_grouped_and_ratios_rounded() {
        assert_eq!([grouped(7.4), grouped(1234.0), grouped(1_234_567.0)], ["7", "1 234", "1 234 567"]);
        assert_eq!([figure(0.0312), figure(5.018)], ["0.031", "5.02"]);
        assert_eq!([millis(Duration::from_micros(815)), millis(Duration::from_millis(240))], ["0.81", "240"]);
    }
}
