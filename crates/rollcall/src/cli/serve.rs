//! `rollcall serve`: opens the installation, answers requests, ends gracefully.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rollcall_core::{Code, Database, Threads};
use rollcall_web::Site;
use rollcall_web::http::serve::{self, Patience};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Context, explain};
use crate::config::{Origin, Settings};
use crate::demo;
use crate::installation::{self, IfMissing, Installation};
use crate::telemetry;
use crate::usage::Usage;
use crate::worker::Worker;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The address to listen on; port 0 takes any free one [env: ROLLCALL_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<String>,
    /// What links in mails and the addresses of single sign-on begin with [env: ROLLCALL_PUBLIC_URL] [default: http://<listen>]
    #[arg(long, value_name = "URL")]
    pub(super) public_url: Option<String>,
    /// Fill an empty database with the built-in demo account and print ready curl commands; loopback only
    #[arg(long)]
    demo: bool,
}

/// How long PostgreSQL may work on one statement of a request: a client that waits longer has gone.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode> {
    telemetry::start();
    let address = context.settings.listen.value;
    if args.demo && !address.ip().is_loopback() {
        return Err(Usage(format!(
            "--demo listens on this machine only, and {address} can be reached from others; use --listen 127.0.0.1:{}",
            address.port()
        ))
        .into());
    }
    let mut settings = context.settings.clone();
    if args.demo {
        // Whoever tries things out is not stopped (API contract §1, Rate limit).
        if let (Some(limit), true) = (&settings.rate_limit.value, settings.rate_limit.origin != Origin::Default) {
            let (limit, origin) = (limit.to_string(), settings.rate_limit.origin.to_string());
            tracing::warn!(limit, origin, "--demo limits no calls: the rate limit has no effect");
        }
        settings.rate_limit.value = None;
    }
    // The listener first: a port that is taken must not leave a half-made installation behind.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    let listener = runtime
        .block_on(TcpListener::bind(address))
        .with_context(|| format!("cannot listen on {address}; choose another address with --listen"))?;
    let address = listener.local_addr()?;
    let installation = open(&settings)?;
    let demo = if args.demo { Some(demo::prepare(&installation)?) } else { None };
    if installation.accounts()?.is_empty() {
        installation.account(None, IfMissing::Make)?;
    }
    // A port that was chosen just now is part of the links, unless somebody said otherwise.
    let public_url = match context.settings.public_url.origin {
        Origin::Default => format!("http://{address}"),
        _ => context.settings.public_url.value.clone(),
    };
    let outbox = context.settings.data.value.join("outbox");
    let worker = Worker::start(&installation, outbox, public_url.clone())?;
    let metrics = telemetry::start_metrics()?;
    let (rollcall, site) = (Arc::clone(&installation.rollcall), Site { public_url });
    let router = rollcall_web::router_with_metrics(rollcall, site, move || metrics.render());
    // Before anybody is told that it runs: whoever stops it then is heard.
    let stop = {
        let _inside = runtime.enter();
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
        async move {
            tokio::select! {
                _ = terminate.recv() => {},
                _ = interrupt.recv() => {},
            }
            tracing::info!("stopping: no new connections, requests under way may finish");
        }
    };
    greet(context, address, demo.as_ref());
    runtime.block_on(serve::serve(listener, router, Patience::default(), stop));
    drop(worker);
    drop(installation);
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// How long a database that is still starting is waited for.
const START: Duration = Duration::from_secs(30);

/// Opens the installation; waits a while for a database that cannot be reached, because it may be starting, too.
fn open(settings: &Settings) -> Result<Installation> {
    let connections = settings.connections.value;
    let readers = match installation::database(settings)? {
        Database::Sqlite(_) => std::thread::available_parallelism().map_or(2, usize::from).max(2),
        Database::Postgres(_) => connections.div_ceil(4),
    };
    let threads = Threads { readers, writers: connections.saturating_sub(readers), patience: PATIENCE };
    let until = Instant::now() + START;
    loop {
        let error = match installation::open_with(settings, IfMissing::Make, threads) {
            Ok(installation) => return Ok(installation),
            Err(error) => error,
        };
        let is_away = error.downcast_ref().is_some_and(|e: &rollcall_core::Error| e.code() == Code::Busy);
        if !is_away || Instant::now() >= until {
            return Err(error);
        }
        tracing::warn!(error = explain(&error), "the database cannot be reached yet; trying again");
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn greet(context: &Context, address: SocketAddr, demo: Option<&demo::Demo>) {
    let data = context.settings.data.value.display();
    let mut text = format!("Rollcall {} listens on http://{address} (data in {data})\n", env!("CARGO_PKG_VERSION"));
    match demo {
        Some(demo) => text.push_str(&demo.text(address)),
        None => text.push_str(
            "Make a client app with `rollcall app create --name NAME --scope user-management`, fill the account with \
             `rollcall apply FILE`; Ctrl-C stops.\n",
        ),
    }
    let value = json!({
        "listen": format!("http://{address}"),
        "data": data.to_string(),
        "demo": demo.map(|demo| demo.json(address)),
    });
    context.out.result(&text, &value);
}
