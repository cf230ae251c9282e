//! The load: so many connections, each with one request under way at any time, for so long. Nothing that goes wrong is
//! counted as fast: the first reply that is not as expected ends the measurement.

use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};

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
    pub(crate) warm_up: Duration,
    pub(crate) length: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    /// Replies after the warm-up.
    pub(crate) replies: usize,
    /// All replies, those of the warm-up included.
    pub(crate) all: usize,
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// A reply: its status, its beginning and its length.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) start: Vec<u8>,
    pub(crate) length: usize,
}

/// What is asked and what must come back.
pub(crate) trait Talk {
    /// The next request.
    fn ask(&self) -> Request<Body>;
    /// Whether the reply is the right one.
    fn is_right(&self, reply: &Reply) -> bool;
}

/// Puts a server under load, or several at once, each with its part of the connections.
pub(crate) async fn load(addresses: &[SocketAddr], load: Load, talk: Rc<dyn Talk>) -> Result<Sample> {
    LocalSet::new().run_until(drive(addresses, load, talk)).await
}

async fn drive(addresses: &[SocketAddr], load: Load, talk: Rc<dyn Talk>) -> Result<Sample> {
    let mut callers = JoinSet::new();
    for address in addresses.iter().cycle().take(load.connections) {
        let connection = Connection::open(*address).await?;
        callers.spawn_local(call(connection, load, Rc::clone(&talk)));
    }
    let mut sample = Sample::default();
    let mut times = Vec::new();
    while let Some(caller) = callers.join_next().await {
        let (latencies, took, warm) = caller??;
        sample.all += latencies.len() + warm;
        // Each caller's own time: it ends with a reply, not in the middle of one.
        sample.per_second += latencies.len() as f64 / took.as_secs_f64();
        times.extend(latencies);
    }
    if times.is_empty() {
        bail!("not one reply in {} s", load.length.as_secs_f64());
    }
    times.sort_unstable();
    sample.replies = times.len();
    sample.p50 = percentile(&times, 50);
    sample.p99 = percentile(&times, 99);
    Ok(sample)
}

/// What is made ready anew before each request, and not measured.
pub(crate) trait Prepared {
    /// Makes everything ready with other requests, and gives the one that is measured.
    async fn next(&self, connection: &mut Connection) -> Result<Request<Body>>;
    /// Whether the reply is the right one.
    fn is_right(&self, reply: &Reply) -> bool;
}

/// One caller, whose requests alone are measured and not what they need: for so long in all, and at least three of them.
pub(crate) async fn prepared(address: SocketAddr, length: Duration, work: &impl Prepared) -> Result<Sample> {
    let asking = async {
        let mut connection = Connection::open(address).await?;
        let (started, mut times) = (Instant::now(), Vec::new());
        while times.len() < 3 || started.elapsed() < length {
            let request = work.next(&mut connection).await?;
            let asked = Instant::now();
            let reply = connection.exchange(request).await?;
            if !work.is_right(&reply) {
                bail!("a wrong reply: {} {}", reply.status, String::from_utf8_lossy(&reply.start));
            }
            times.push(asked.elapsed());
        }
        Ok(times)
    };
    let mut times: Vec<Duration> = LocalSet::new().run_until(asking).await?;
    let per_second = times.len() as f64 / times.iter().sum::<Duration>().as_secs_f64();
    times.sort_unstable();
    let (p50, p99) = (percentile(&times, 50), percentile(&times, 99));
    Ok(Sample { replies: times.len(), all: times.len(), per_second, p50, p99 })
}

/// One caller: asks, waits, asks again. The latencies after the warm-up, how long that part took, and how many replies
/// came before it.
async fn call(mut connection: Connection, load: Load, talk: Rc<dyn Talk>) -> Result<(Vec<Duration>, Duration, usize)> {
    let mut one = async || {
        let asked = Instant::now();
        let reply = connection.exchange(talk.ask()).await?;
        if !talk.is_right(&reply) {
            bail!("a wrong reply: {} {}", reply.status, String::from_utf8_lossy(&reply.start));
        }
        Ok(asked.elapsed())
    };
    let (started, mut warm) = (Instant::now(), 0);
    while started.elapsed() < load.warm_up {
        one().await?;
        warm += 1;
    }
    let (started, mut latencies) = (Instant::now(), Vec::with_capacity(4_096));
    while latencies.is_empty() || started.elapsed() < load.length {
        latencies.push(one().await?);
    }
    Ok((latencies, started.elapsed(), warm))
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

    pub(crate) async fn exchange(&mut self, request: Request<Body>) -> Result<Reply> {
        patiently(async {
            self.0.ready().await?;
            let response = self.0.send_request(request).await?;
            let (parts, mut body) = response.into_parts();
            let mut reply = Reply { status: parts.status, start: Vec::new(), length: 0 };
            while let Some(frame) = body.frame().await {
                if let Some(data) = frame?.data_ref() {
                    let room = KEPT.saturating_sub(reply.start.len()).min(data.len());
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
pub(crate) async fn fetch(address: SocketAddr, request: Request<Body>) -> Result<(StatusCode, HeaderMap, Bytes)> {
    let fetching = async {
        let mut connection = Connection::open(address).await?;
        let (parts, body) = connection.0.send_request(request).await?.into_parts();
        Ok((parts.status, parts.headers, body.collect().await?.to_bytes()))
    };
    patiently(LocalSet::new().run_until(fetching)).await
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
