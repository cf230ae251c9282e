//! `rollcall serve`: opens the installation, answers requests, ends gracefully.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rollcall_core::{Code, Database, Threads};
use rollcall_web::Site;
use rollcall_web::http::serve::{self, Edge, Limits};
use rollcall_web::http::tls::Tls;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::admin::{self, Way};
use super::{Context, explain};
use crate::config::{Flags, MIB, Origin, Settings};
use crate::demo;
use crate::installation::{self, IfMissing, Installation};
use crate::telemetry;
use crate::tls_files::{self, TlsFiles};
use crate::usage::Usage;
use crate::worker::Worker;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The address to listen on; port 0 takes any free one [env: ROLLCALL_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<String>,
    /// What links in mails and the addresses of single sign-on begin with [env: ROLLCALL_PUBLIC_URL] [default: http://<listen>, https with TLS]
    #[arg(long, value_name = "URL")]
    pub(super) public_url: Option<String>,
    /// PEM file with the certificate of this server, then those that signed it; speaks HTTPS [env: ROLLCALL_TLS_CERT]
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// PEM file with the certificate's key, mode 0600 [env: ROLLCALL_TLS_KEY]
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Addresses or networks of proxies whose X-Forwarded-For and Forwarded are believed [env: ROLLCALL_TRUSTED_PROXIES]
    #[arg(long, value_name = "ADDRESSES")]
    trusted_proxies: Option<String>,
    /// How many clients may be connected at the same time [env: ROLLCALL_MAX_CONNECTIONS] [default: 4096, or what ulimit -n allows]
    #[arg(long, value_name = "NUMBER")]
    max_connections: Option<String>,
    /// How many MiB of rendered lists are remembered; 0 for none [env: ROLLCALL_REPLY_MEMORY] [default: 32]
    #[arg(long, value_name = "MIB")]
    reply_memory: Option<String>,
    /// Fill an empty database with the built-in demo account and print ready curl commands; loopback only
    #[arg(long)]
    demo: bool,
}

impl Args {
    /// What was said of settings.
    pub(super) fn set(&self, flags: &mut Flags) {
        flags.listen.clone_from(&self.listen);
        flags.public_url.clone_from(&self.public_url);
        flags.trusted_proxies.clone_from(&self.trusted_proxies);
        flags.max_connections.clone_from(&self.max_connections);
        flags.reply_memory.clone_from(&self.reply_memory);
        flags.tls_cert.clone_from(&self.tls_cert);
        flags.tls_key.clone_from(&self.tls_key);
    }
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
    let mut files = context.settings.tls().map(|(certificate, key)| TlsFiles::new(certificate, key));
    let pair = files.as_mut().map(TlsFiles::read).transpose()?;
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
    let url = format!("{}://{address}", context.settings.scheme());
    let public_url = match context.settings.public_url.origin {
        Origin::Default => url.clone(),
        _ => context.settings.public_url.value.clone(),
    };
    let outbox = context.settings.data.value.join("outbox");
    let worker = Worker::start(&installation, outbox, public_url.clone())?;
    let metrics = telemetry::start_metrics()?;
    if let Some(worry) = pair.as_ref().and_then(|pair| tls_files::worry(pair, installation.rollcall.now())) {
        tracing::warn!("TLS: {worry}");
    }
    let edge = Edge {
        limits: Limits { connections: context.settings.max_connections.value, ..Limits::default() },
        proxies: context.settings.trusted_proxies.value.clone(),
        tls: pair.map(|pair| Arc::new(Tls::new(pair))),
        ..Edge::default()
    };
    let site =
        Site { public_url: public_url.clone(), remembered: u64::from(context.settings.reply_memory.value) * MIB };
    let rollcall = Arc::clone(&installation.rollcall);
    let counted = Arc::clone(&rollcall);
    let render = move || {
        telemetry::count_statements(counted.statements());
        metrics.render()
    };
    let router = rollcall_web::router_with_metrics(rollcall, site, render);
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
    if let (Some(files), Some(tls)) = (files, &edge.tls) {
        let _inside = runtime.enter();
        // The signal that otherwise ends a program: it is taken before anybody may send it.
        let hangup = signal(SignalKind::hangup()).context("cannot listen for signals")?;
        runtime.spawn(files.watch(Arc::clone(tls), hangup));
    }
    let ways = admin::ways_in(&installation, demo.as_ref(), &public_url)?;
    greet(context, &url, demo.as_ref(), &ways);
    runtime.block_on(serve::serve(listener, router, edge, stop));
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

fn greet(context: &Context, url: &str, demo: Option<&demo::Demo>, ways: &[Way]) {
    let data = context.settings.data.value.display();
    let mut text = format!("Rollcall {} listens on {url} (data in {data})\n", env!("CARGO_PKG_VERSION"));
    text.push_str(&admin::told_of_ways(ways));
    match demo {
        Some(demo) => text.push_str(&demo.text(url)),
        None => text.push_str(
            "Make a client app with `rollcall app create --name NAME --scope user-management`, fill the account with \
             `rollcall apply FILE`; Ctrl-C stops.\n",
        ),
    }
    let value = json!({
        "listen": url,
        "data": data.to_string(),
        "demo": demo.map(|demo| demo.json(url)),
        "setUp": ways.iter().filter(|way| way.is_set_up).map(|way| json!({ "account": way.account, "url": way.url })).collect::<Vec<_>>(),
        "console": ways.iter().find(|way| !way.is_set_up).map(|way| way.url.as_str()),
    });
    context.out.result(&text, &value);
}
