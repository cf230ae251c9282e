//! Whether pages are flat: first, middle and last page of large lists, one caller, on either database. The lists are put into the
//! database by [`crate::pages_fill`].

use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use comfy_table::{CellAlignment, Table, presets};
use hyper::Method;

use crate::load::{self, Load};
use crate::pages_fill::{self, Sizes};
use crate::report::{figure, grouped, measures};
use crate::results::{Measure, median};
use crate::rollcall::Rollcall;
use crate::{Common, Place, account, until_stopped};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,
    /// How many users there are
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    users: usize,
    /// How many groups there are
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    groups: usize,
    /// How many events there are
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    events: usize,
}

/// A list: its name, its path, how many fit on a page, and whether `offset` counts records.
struct List {
    name: &'static str,
    path: &'static str,
    size: &'static str,
    page: u64,
    by_record: bool,
}

#[rustfmt::skip]
const LISTS: [List; 3] = [
    List { name: "groups_page",    path: "groups",       size: "limit", page: 50,  by_record: false },
    List { name: "all_user_roles", path: "alluserroles", size: "limit", page: 50,  by_record: true },
    List { name: "audit_logs",     path: "auditlogs",    size: "size",  page: 100, by_record: false },
];

/// A page of a list.
#[derive(Default)]
struct Page {
    list: &'static str,
    at: &'static str,
    total: u64,
    cpu: Duration,
    p50: Duration,
    statements: Option<f64>,
}

/// How often each page is measured; the medians count.
const ROUNDS: usize = 3;

/// Measures; false where a bound is lost and that counts.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let place = Place { forgets: true, ..Place::new(&args.common, false)? };
    let pages = until_stopped(all(args, &place));
    drop(place);
    let pages = pages?;
    let mut table = Table::new();
    let heading = ["List", "Rows", "Page", "CPU µs", "p50 µs", "Statements"];
    table.load_style(presets::ASCII_MARKDOWN).set_header(heading);
    let micros = |time: Duration| grouped(time.as_secs_f64() * 1e6);
    for Page { list, at, total, cpu, p50, statements } in &pages {
        let statements = statements.map_or_else(String::new, |count| format!("{count:.1}"));
        table.add_row([
            (*list).to_owned(),
            grouped(*total as f64),
            (*at).to_owned(),
            micros(*cpu),
            micros(*p50),
            statements,
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    let all = spreads(&pages);
    for measure in &all {
        println!("{}.{}: {}", measure.subject, measure.what, figure(measure.value));
    }
    let run = format!("pages-{}", args.common.database.name());
    args.common.judge(&run, &measures(&all), &all)
}

/// How much dearer, and how much slower, the worst page of each list is than its best.
fn spreads(pages: &[Page]) -> Vec<Measure> {
    let spread = |list: &str, of: fn(&Page) -> Duration| {
        let times = || pages.iter().filter(|page| page.list == list).map(of);
        let (most, least) = (times().max().unwrap_or_default(), times().min().unwrap_or_default());
        most.as_secs_f64() / least.as_secs_f64().max(1e-9)
    };
    let of = |list: &List| {
        let cpu = Measure::new(list.name, "spread", None, spread(list.name, |page| page.cpu));
        [cpu, Measure::new(list.name, "p50_spread", None, spread(list.name, |page| page.p50))]
    };
    LISTS.iter().flat_map(of).collect()
}

async fn all(args: &Args, place: &Place) -> Result<Vec<Page>> {
    let sizes = Sizes { users: args.users, groups: args.groups, events: args.events };
    eprintln!("filling: {} users, {} groups, {} events", args.users, args.groups, args.events);
    // One user and no group: what is on a page is the same everywhere.
    let write = |out: &mut _| Ok(serde_json::to_writer(out, &account::empty())?);
    let rollcall = Rollcall::start_with(place, args.users, write, |filled| pages_fill::fill(filled, sizes)).await?;
    rollcall.replica.process.settle(Duration::from_secs(300)).await?;
    let mut asked = Vec::new();
    for list in &LISTS {
        let first = rollcall.ask(&format!("/api/public/{}?{}={}", list.path, list.size, list.page)).await?;
        let total = first["total"].as_u64().context("a list without a total")?;
        let count = total.div_ceil(list.page);
        for (at, page) in [("first", 0), ("middle", count / 2), ("last", count - 1)] {
            let offset = if list.by_record { page * list.page } else { page };
            let path = format!("/api/public/{}?{}={}&offset={offset}", list.path, list.size, list.page);
            asked.push((Page { list: list.name, at, total, ..Page::default() }, path, Vec::new()));
        }
    }
    // In turns, so that a machine that does something else meanwhile does it to all of them.
    for _ in 0..ROUNDS {
        for (page, path, turns) in &mut asked {
            turns.push(one(args, &rollcall, page.total, path).await?);
        }
    }
    let middle = |(page, _, turns): (Page, String, Vec<Turn>)| Page {
        cpu: median(turns.iter().map(|turn| turn.cpu).collect()),
        p50: median(turns.iter().map(|turn| turn.p50).collect()),
        statements: median(turns.iter().map(|turn| turn.statements).collect()),
        ..page
    };
    Ok(asked.into_iter().map(middle).collect())
}

/// What one measurement of a page tells.
struct Turn {
    cpu: Duration,
    p50: Duration,
    statements: Option<f64>,
}

async fn one(args: &Args, rollcall: &Rollcall, total: u64, path: &str) -> Result<Turn> {
    let told = rollcall.ask(path).await?;
    let rows = told.as_object().and_then(|told| told.values().find_map(|value| value.as_array()));
    ensure!(rows.is_some_and(|rows| !rows.is_empty()), "nothing is on {path}");
    ensure!(told["total"] == total, "{path} tells another total than the first page");
    let question = Rc::new(rollcall.question(Method::GET, path.to_owned(), Vec::new()));
    let length = Duration::from_secs_f64(args.common.seconds);
    let (address, load) = ([rollcall.replica.address], Load { connections: 1, length });
    load::load(&address, Load { length: length / 5, ..load }, &question).await?;
    let cpu = || -> Result<Duration> {
        let database = rollcall.postgres().map(|postgres| postgres.cpu()).transpose()?;
        Ok(rollcall.replica.process.cpu()? + database.unwrap_or_default())
    };
    let (before, statements) = (cpu()?, rollcall.replica.statements().await?);
    let sample = load::load(&address, load, &question).await?;
    let replies = u32::try_from(sample.replies)?;
    let statements = rollcall.replica.statements().await?.zip(statements);
    let statements = statements.map(|(now, then)| (now - then) as f64 / f64::from(replies));
    Ok(Turn { cpu: cpu()?.saturating_sub(before) / replies, p50: sample.p50, statements })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dearest_page_of_a_list_is_compared_with_its_cheapest() {
        let page = |list, cpu, p50| Page {
            list,
            cpu: Duration::from_micros(cpu),
            p50: Duration::from_micros(p50),
            ..Page::default()
        };
        let pages = [page("groups_page", 10, 40), page("groups_page", 15, 20), page("groups_page", 12, 20)];
        let told = spreads(&pages);
        assert_eq!((told[0].what, told[0].value, told[1].what, told[1].value), ("spread", 1.5, "p50_spread", 2.0));
    }
}
