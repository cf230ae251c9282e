//! The harness's own callers: so many connections, each with one request under way at any time, for so long. They are for what
//! a public load generator cannot say, and for machines that have none; who makes the load else lives in `oha`. Nothing that
//! goes wrong is counted as fast: the first reply that is not as expected ends the measurement.

use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};

use crate::question::{Fetched, Question};

/// The body of a request.
pub(crate) type Body = Full<Bytes>;

/// A reply that takes longer than this is a failure.
const PATIENCE: Duration = Duration::from_secs(60);
/// As much of a reply is kept for looking at.
const KEPT: usize = 4 * 1024;

/// How much load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) length: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    pub(crate) replies: usize,
    /// From the first request to the last reply.
    pub(crate) took: Duration,
    /// Replies a second; where something is made ready before each request, by the time of these alone.
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p90: Duration,
    pub(crate) p99: Duration,
    /// The bodies of all replies together.
    pub(crate) bytes: u64,
}

impl Sample {
    fn of(mut times: Vec<Duration>, took: Duration, per_second: f64, bytes: u64) -> Result<Self> {
        if times.is_empty() {
            bail!("not one reply in {} s", took.as_secs_f64());
        }
        times.sort_unstable();
        let [p50, p90, p99] = [50, 90, 99].map(|part| percentile(&times, part));
        Ok(Self { replies: times.len(), took, per_second, p50, p90, p99, bytes })
    }
}

/// A reply: its status, its beginning and its length.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) start: Vec<u8>,
    pub(crate) length: usize,
}

/// Puts a server under load, or several at once, each with its part of the connections.
pub(crate) async fn load(addresses: &[SocketAddr], load: Load, question: &Rc<Question>) -> Result<Sample> {
    LocalSet::new().run_until(drive(addresses, load, question)).await
}

async fn drive(addresses: &[SocketAddr], load: Load, question: &Rc<Question>) -> Result<Sample> {
    let mut callers = JoinSet::new();
    let started = Instant::now();
    for address in addresses.iter().cycle().take(load.connections) {
        let connection = Connection::open(*address).await?;
        callers.spawn_local(call(connection, address.to_string(), load, Rc::clone(question)));
    }
    let (mut all, mut bytes, mut per_second) = (Vec::new(), 0, 0.0);
    while let Some(caller) = callers.join_next().await {
        let (times, length) = caller??;
        // Each caller's own time: it ends with a reply, not in the middle of one.
        per_second += times.len() as f64 / times.iter().sum::<Duration>().as_secs_f64();
        all.extend(times);
        bytes += length;
    }
    Sample::of(all, started.elapsed(), per_second, bytes)
}

/// One caller: asks, waits, asks again. The latencies, and the length of all replies.
async fn call(
    mut connection: Connection,
    host: String,
    load: Load,
    question: Rc<Question>,
) -> Result<(Vec<Duration>, u64)> {
    let (started, mut times, mut bytes) = (Instant::now(), Vec::with_capacity(4_096), 0);
    while times.is_empty() || started.elapsed() < load.length {
        let asked = Instant::now();
        let reply = connection.exchange(question.request(&host), KEPT).await?;
        if !question.is_right(&reply) {
            return Err(wrong(&reply));
        }
        bytes += reply.length as u64;
        times.push(asked.elapsed());
    }
    Ok((times, bytes))
}

fn wrong(reply: &Reply) -> anyhow::Error {
    let start = String::from_utf8_lossy(&reply.start[..reply.start.len().min(KEPT)]);
    anyhow::anyhow!("a wrong reply: {} {start}", reply.status)
}

/// What is made ready anew before each request, and not measured.
pub(crate) trait Prepared {
    /// Makes everything ready with other requests, and gives the one that is measured.
    async fn next(&self, caller: usize, connection: &mut Connection) -> Result<Request<Body>>;
    /// Whether the reply is the right one, by as much of its beginning as [`Self::kept`] says.
    fn is_right(&self, caller: usize, reply: &Reply) -> bool;
    /// How much of a reply is kept for looking at.
    fn kept(&self) -> usize {
        KEPT
    }
}

/// Callers whose requests alone are timed and not what they need: for so long in all, and at least three of each.
pub(crate) async fn prepared(address: SocketAddr, load: Load, work: Rc<impl Prepared + 'static>) -> Result<Sample> {
    let asking = async {
        let mut callers = JoinSet::new();
        let started = Instant::now();
        for caller in 0..load.connections {
            callers.spawn_local(prepare(caller, address, load, Rc::clone(&work)));
        }
        let (mut all, mut bytes, mut per_second) = (Vec::new(), 0, 0.0);
        while let Some(caller) = callers.join_next().await {
            let (times, length) = caller??;
            per_second += times.len() as f64 / times.iter().sum::<Duration>().as_secs_f64();
            all.extend(times);
            bytes += length;
        }
        Sample::of(all, started.elapsed(), per_second, bytes)
    };
    LocalSet::new().run_until(asking).await
}

async fn prepare(
    caller: usize,
    address: SocketAddr,
    load: Load,
    work: Rc<impl Prepared>,
) -> Result<(Vec<Duration>, u64)> {
    let mut connection = Connection::open(address).await?;
    let (started, mut times, mut bytes) = (Instant::now(), Vec::new(), 0);
    while times.len() < 3 || started.elapsed() < load.length {
        let request = work.next(caller, &mut connection).await?;
        let asked = Instant::now();
        let reply = connection.exchange(request, work.kept()).await?;
        times.push(asked.elapsed());
        if !work.is_right(caller, &reply) {
            return Err(wrong(&reply));
        }
        bytes += reply.length as u64;
    }
    Ok((times, bytes))
}

/// The smallest of the sorted times that `part` percent are not above.
fn percentile(times: &[Duration], part: usize) -> Duration {
    times[(times.len() * part).div_ceil(100).saturating_sub(1)]
}

/// A connection that is kept alive.
pub(crate) struct Connection(SendRequest<Body>);

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // An error of the connection is an error of the request under way, which is told there.
        tokio::task::spawn_local(async { drop(connection.await) });
        Ok(Self(sender))
    }

    /// Asks, and keeps so much of the reply.
    pub(crate) async fn exchange(&mut self, request: Request<Body>, kept: usize) -> Result<Reply> {
        patiently(async {
            self.0.ready().await?;
            let response = self.0.send_request(request).await?;
            let (parts, mut body) = response.into_parts();
            let mut reply = Reply { status: parts.status, start: Vec::new(), length: 0 };
            while let Some(frame) = body.frame().await {
                if let Some(data) = frame?.data_ref() {
                    let room = kept.saturating_sub(reply.start.len()).min(data.len());
                    reply.start.extend_from_slice(&data[..room]);
                    reply.length += data.len();
                }
            }
            Ok(reply)
        })
        .await
    }
}

/// One request by itself, and the whole of its reply.
pub(crate) async fn fetch(address: SocketAddr, request: Request<Body>) -> Result<Fetched> {
    let what = format!("{} {}", request.method(), request.uri());
    let fetching = async {
        let mut connection = Connection::open(address).await?;
        let (parts, body) = connection.0.send_request(request).await?.into_parts();
        Ok((parts.status, parts.headers, body.collect().await?.to_bytes()))
    };
    patiently(LocalSet::new().run_until(fetching)).await.with_context(|| what)
}

async fn patiently<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(PATIENCE, work).await.context("no reply in a minute")?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times[..1], 99), Duration::from_millis(1));
    }
}
