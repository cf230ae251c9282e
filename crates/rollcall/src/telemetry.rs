//! Logs and metrics. Logs: for people on a terminal, JSON lines otherwise; always to standard error, never with a secret in them.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Starts logging. `ROLLCALL_LOG` filters, as `info` or `rollcall_web=debug` (default `info`).
pub fn start() {
    let filter = EnvFilter::try_from_env("ROLLCALL_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A line that cannot be written is lost. Said on standard error it would be a second failure there, which is a panic,
    // and the end of the program while it logs that: a full disk must not take the server along.
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false).with_writer(std::io::stderr);
    // A panic is a log line like any other; its job or request is answered as a fault of ours.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let what = panic.payload_as_str().unwrap_or("(no message)");
        tracing::error!(place, what, "a thread panicked");
    }));
    // A second start (in tests) finds the first one in place.
    let _ = if std::io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).with_span_list(false).try_init()
    };
}

/// Starts counting; the handle renders what was counted.
///
/// # Errors
/// When something in this process counts already.
pub fn start_metrics() -> Result<PrometheusHandle> {
    PrometheusBuilder::new().install_recorder().context("metrics cannot be started")
}

/// Brings the metric `rollcall_statements_total` up to what the store has counted by itself.
pub fn count_statements(so_far: u64) {
    metrics::counter!("rollcall_statements_total").absolute(so_far);
}
