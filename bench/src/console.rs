//! What the pages of the console cost on a large account: each by itself, one caller, signed in as the owner. The account is put
//! into the database by [`crate::pages_fill`], beside a small one of which everything is in use.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use comfy_table::{CellAlignment, Table, presets};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Request, StatusCode, header};

use crate::load::{self, Body, Load};
use crate::pages_fill::{self, Sizes};
use crate::question::Question;
use crate::report::{figure, grouped, measures};
use crate::results::{Measure, median};
use crate::rollcall::Rollcall;
use crate::{Common, Place, account, until_stopped};

/// The users of the small account.
const SMALL: usize = account::LEAST;
/// How long the worker may take to index and count what was filled in.
const INDEXING: Duration = Duration::from_secs(600);
/// A search that takes no longer finds all it looks through in the index.
const INDEXED: Duration = Duration::from_millis(150);
/// How often each page is measured; the medians count.
const ROUNDS: usize = 3;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,
    /// How many users there are besides
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    users: usize,
    /// How many groups there are besides
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    groups: usize,
    /// How many events there are besides
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    events: usize,
    /// Only the pages whose names contain this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
}

/// A page: its name, and its address; `{}` stands for the address, or the id, of the first thing that another page has a link to.
struct Asked {
    name: &'static str,
    path: &'static str,
    /// The page that links to it, and how the address begins.
    by: Option<(&'static str, &'static str)>,
}

const fn at(name: &'static str, path: &'static str) -> Asked {
    Asked { name, path, by: None }
}

const fn behind(name: &'static str, page: &'static str, begins: &'static str) -> Asked {
    Asked { name, path: "{}", by: Some((page, begins)) }
}

#[rustfmt::skip]
const PAGES: [Asked; 25] = [
    at("dashboard", "/console"),
    at("users", "/console/users"),
    at("users_by_last_sign_in", "/console/users?sort=-signed-in"),
    at("users_of_a_status", "/console/users?status=active&sort=-created"),
    at("users_found_by_three_letters", "/console/users?q=pri"),
    at("users_found_by_two_letters", "/console/users?q=zz"),
    at("users_found_by_address", "/console/users?q=page.00999"),
    at("users_not_found", "/console/users?q=nobody-is-called-so"),
    Asked { name: "users_of_a_role", path: "/console/users?role={}", by: Some(("/console/roles?q=auditor", "/console/roles/")) },
    behind("user", "/console/users?q=person.000000", "/console/users/u-"),
    behind("user_of_groups", "/console/users?q=page.00000007", "/console/users/u-"),
    at("groups", "/console/groups"),
    at("groups_found", "/console/groups?q=page+00099"),
    behind("group", "/console/groups?q=page+00000", "/console/groups/e-"),
    at("roles", "/console/roles"),
    behind("role", "/console/roles?q=auditor", "/console/roles/"),
    at("bots", "/console/bots"),
    behind("bot", "/console/bots", "/console/bots/st-"),
    at("apps", "/console/apps"),
    behind("app", "/console/apps", "/console/apps/cs-"),
    at("audit", "/console/audit"),
    at("audit_of_an_event", "/console/audit?event=User+Modified"),
    behind("audit_one", "/console/audit", "/console/audit/"),
    at("settings", "/console/settings"),
    at("palette", "/console/find?q=page.0009"),
];

/// What a page costs.
struct Page {
    name: &'static str,
    cpu: Duration,
    p50: Duration,
    p99: Duration,
    bytes: usize,
    statements: Option<f64>,
}

/// Measures; false where a bound is lost and that counts.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let place = Place::new(&args.common, false)?;
    let told = until_stopped(all(args, &place));
    drop(place);
    let (pages, assets) = told?;
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(["Page", "CPU µs", "p50 µs", "p99 µs", "KB", "Statements"]);
    let micros = |time: Duration| grouped(time.as_secs_f64() * 1e6);
    for page in &pages {
        let statements = page.statements.map_or_else(String::new, |count| format!("{count:.0}"));
        let bytes = format!("{:.1}", page.bytes as f64 / 1e3);
        table.add_row([page.name.to_owned(), micros(page.cpu), micros(page.p50), micros(page.p99), bytes, statements]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    println!("style and script: {:.1} KB", assets as f64 / 1e3);
    let all: Vec<Measure> = pages.iter().flat_map(|page| measured(page, assets)).collect();
    for what in ["p50_ms", "first_view_kb"] {
        let worst = all.iter().filter(|measure| measure.what == what).max_by(|a, b| a.value.total_cmp(&b.value));
        if let Some(worst) = worst {
            println!("the most: {}.{what}: {}", worst.subject, figure(worst.value));
        }
    }
    args.common.judge(&format!("console-{}", args.common.database.name()), &measures(&all), &all)
}

fn measured(page: &Page, assets: usize) -> [Measure; 2] {
    let first_view = (page.bytes + assets) as f64 / 1e3;
    let p50 = Measure::new(page.name, "p50_ms", None, page.p50.as_secs_f64() * 1e3);
    [p50, Measure::new(page.name, "first_view_kb", None, first_view)]
}

async fn all(args: &Args, place: &Place) -> Result<(Vec<Page>, usize)> {
    let sizes = Sizes { users: args.users, groups: args.groups, events: args.events };
    eprintln!("filling: {} users, {} groups, {} events besides {SMALL}", args.users, args.groups, args.events);
    let write = |out: &mut _| account::write(SMALL, out);
    let rollcall = Rollcall::start_with(place, SMALL, write, |filled| pages_fill::fill(filled, sizes)).await?;
    let guest = Guest::sign_in(&rollcall, place).await?;
    guest.wait_for_the_index().await?;
    rollcall.replica.process.settle(INDEXING).await?;
    let (mut asked, assets) = (Vec::new(), guest.assets().await?);
    for page in PAGES.iter().filter(|page| page.name.contains(&args.only)) {
        let path = match page.by {
            None => page.path.to_owned(),
            Some((from, begins)) => {
                let link = guest.first_link(from, begins).await?;
                // By itself the whole link; behind anything else the id at its end.
                let id = if page.path == "{}" { link.as_str() } else { &link[begins.len()..] };
                page.path.replace("{}", id)
            }
        };
        asked.push((page.name, path, Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (name, path, turns) in &mut asked {
            turns.push(guest.one(args, name, path).await?);
        }
    }
    let middle = |(name, _, turns): (&'static str, String, Vec<Page>)| Page {
        name,
        cpu: median(turns.iter().map(|turn| turn.cpu).collect()),
        p50: median(turns.iter().map(|turn| turn.p50).collect()),
        p99: median(turns.iter().map(|turn| turn.p99).collect()),
        bytes: median(turns.iter().map(|turn| turn.bytes).collect()),
        statements: median(turns.iter().map(|turn| turn.statements).collect()),
    };
    Ok((asked.into_iter().map(middle).collect(), assets))
}

/// Somebody who is signed in.
struct Guest<'r> {
    rollcall: &'r Rollcall,
    cookie: String,
}

impl<'r> Guest<'r> {
    async fn sign_in(rollcall: &'r Rollcall, place: &Place) -> Result<Self> {
        let path = rollcall.way_in(place, &account::address(0)).await?;
        let request = Request::post(&path)
            .header(header::HOST, rollcall.replica.address.to_string())
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::default())?;
        let (status, headers, _) = load::fetch(rollcall.replica.address, request).await?;
        ensure!(status == StatusCode::SEE_OTHER, "the link into the console is answered {status}");
        let cookie = session(&headers).context("the link into the console set no cookie")?;
        Ok(Self { rollcall, cookie })
    }

    fn question(&self, path: &str) -> Question {
        let headers = vec![("cookie", self.cookie.clone()), ("accept-encoding", "gzip, deflate, br, zstd".to_owned())];
        Question { verb: Method::GET, path: path.to_owned(), headers, ..Question::default() }
    }

    async fn fetch(&self, path: &str) -> Result<Bytes> {
        let address = self.rollcall.replica.address;
        let question = self.question(path);
        let fetched = load::fetch(address, question.example(&address.to_string())).await?;
        question.check(&fetched)?;
        Ok(fetched.2)
    }

    /// The worker indexes what users are searched by; until then they are looked at one by one.
    async fn wait_for_the_index(&self) -> Result<()> {
        let (began, mut quick) = (Instant::now(), 0);
        while quick < 3 {
            ensure!(began.elapsed() < INDEXING, "users are not indexed after {INDEXING:?}");
            let asked = Instant::now();
            self.fetch("/console/users?q=nobody-is-called-so").await?;
            quick = if asked.elapsed() < INDEXED { quick + 1 } else { 0 };
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        eprintln!("indexed after {:.0} s", began.elapsed().as_secs_f64());
        Ok(())
    }

    /// The style and the script, which come once for all pages.
    async fn assets(&self) -> Result<usize> {
        let page = self.fetch("/console").await?;
        let page = String::from_utf8_lossy(&page);
        let mut bytes = 0;
        for path in page.split('"').filter(|text| text.starts_with("/static/")) {
            bytes += self.fetch(path).await?.len();
        }
        ensure!(bytes > 0, "the console has neither style nor script");
        Ok(bytes)
    }

    async fn first_link(&self, from: &str, begins: &str) -> Result<String> {
        let page = self.fetch(from).await?;
        let page = String::from_utf8_lossy(&page);
        first_link(&page, begins).with_context(|| format!("{from} has no link to {begins}…"))
    }

    async fn one(&self, args: &Args, name: &'static str, path: &str) -> Result<Page> {
        let bytes = self.fetch(path).await?.len();
        let question = Rc::new(self.question(path));
        let length = Duration::from_secs_f64(args.common.seconds);
        let (address, load) = ([self.rollcall.replica.address], Load { connections: 1, length });
        load::load(&address, Load { length: length / 5, ..load }, &question).await?;
        let cpu = || -> Result<Duration> {
            let database = self.rollcall.postgres().map(|postgres| postgres.cpu()).transpose()?;
            Ok(self.rollcall.replica.process.cpu()? + database.unwrap_or_default())
        };
        let (before, statements) = (cpu()?, self.rollcall.replica.statements().await?);
        let sample = load::load(&address, load, &question).await?;
        let replies = u32::try_from(sample.replies)?;
        let statements = self.rollcall.replica.statements().await?.zip(statements);
        let statements = statements.map(|(now, then)| (now - then) as f64 / f64::from(replies));
        let cpu = cpu()?.saturating_sub(before) / replies;
        Ok(Page { name, cpu, p50: sample.p50, p99: sample.p99, bytes, statements })
    }
}

/// The session's cookie, as it is sent back.
fn session(headers: &HeaderMap) -> Option<String> {
    let set = headers.get_all(header::SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    set.filter_map(|cookie| cookie.split(';').next())
        .find(|pair| pair.starts_with("__Host-rollcall="))
        .map(str::to_owned)
}

/// The first address on a page that begins so and names one thing.
fn first_link(page: &str, begins: &str) -> Option<String> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut named =
        links.filter(|link| link.strip_prefix(begins).is_some_and(|id| !id.is_empty() && !id.contains(['/', '?'])));
    named.find(|link| !link.ends_with("/new")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_one_thing_and_is_no_list_nor_a_form() {
        let page = r#"<a href="/console/roles"> <a href="/console/roles/new"> <a href="/console/roles/?q=1">
            <a href="/console/roles/r-1/edit"> <a href="/console/roles/r-1"> <a href="/console/roles/r-2">"#;
        assert_eq!(first_link(page, "/console/roles/").as_deref(), Some("/console/roles/r-1"));
        assert_eq!(first_link(page, "/console/bots/"), None);
    }

    #[test]
    fn the_session_is_the_cookie_of_that_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::SET_COOKIE, "__Host-rollcall-flash=x; Path=/".parse().unwrap());
        headers.append(header::SET_COOKIE, "__Host-rollcall=abc; Path=/; Secure".parse().unwrap());
        assert_eq!(session(&headers).as_deref(), Some("__Host-rollcall=abc"));
    }
}
