//! The baseline for reads: an HTTP server that does nothing but send bytes. They are the bytes that Rollcall sent, to
//! every request, so that what Rollcall adds is the difference.

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

use crate::Place;
use crate::process::Process;
use crate::question::Fetched;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to answer
    reply: PathBuf,
}

/// The head of a reply of Rollcall's, as it is handed to the process that repeats it: a line, and after it the body.
#[derive(Serialize, Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
}

/// A running bare handler.
pub(crate) struct BareHandler {
    pub(crate) address: SocketAddr,
    // Before the file that it was started with.
    pub(crate) process: Process,
    _reply: NamedTempFile,
}

impl BareHandler {
    /// Starts one that repeats this reply.
    pub(crate) async fn start(place: &Place, reply: &Fetched) -> Result<Self> {
        let (status, headers, body) = reply;
        // What the HTTP library writes by itself is left to it.
        let own = ["content-length", "date", "connection", "transfer-encoding"];
        let headers = headers
            .iter()
            .filter(|(name, _)| !own.contains(&name.as_str()))
            .map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())))
            .collect::<Result<_>>()?;
        let mut file = NamedTempFile::new_in(&place.dir)?;
        writeln!(file, "{}", serde_json::to_string(&Head { status: status.as_u16(), headers })?)?;
        file.write_all(body)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare-handler").arg(file.path());
        let (process, address) = Process::start_server("the bare handler", &mut command).await?;
        Ok(Self { address, process, _reply: file })
    }
}

/// The process: serves until its standard input ends, which is when whoever started it is gone.
pub(crate) fn serve(args: &Args) -> Result<()> {
    let reply = Bytes::from(std::fs::read(&args.reply)?);
    let end = reply.iter().position(|byte| *byte == b'\n').context("a reply without a head")?;
    let (head, body) = (serde_json::from_slice::<Head>(&reply[..end])?, reply.slice(end + 1..));
    let mut response = Response::builder().status(head.status);
    for (name, value) in head.headers {
        response = response.header(name, value);
    }
    let (head, ()) = response.body(())?.into_parts();
    std::thread::spawn(|| {
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", json!({ "listen": format!("http://{}", listener.local_addr()?) }));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (head, body) = (head.clone(), body.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let response = Response::from_parts(head.clone(), Full::new(body.clone()));
                async move {
                    // Like anybody who answers, it takes the request first.
                    let _ = request.into_body().collect().await;
                    Ok::<_, Infallible>(response)
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}
