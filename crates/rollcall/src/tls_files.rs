//! The certificate and its key on disk: read at the start, and again when they change or a SIGHUP comes.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use rollcall_core::clock::Time;
use rollcall_web::http::tls::{Pair, Tls};
use tokio::signal::unix::Signal;

use crate::key_file;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(3);
/// How long before its end a certificate is worth a warning: renewal is usually tried a month before.
const SOON_SECONDS: i64 = 14 * 24 * 3600;

/// The two files, and what was in them last.
#[derive(Debug)]
pub(crate) struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
    seen: Option<u64>,
}

impl TlsFiles {
    pub(crate) fn new(certificate: &Path, key: &Path) -> Self {
        Self { certificate: certificate.to_owned(), key: key.to_owned(), seen: None }
    }

    /// Reads them.
    ///
    /// # Errors
    /// A file that cannot be read, a key that others can read, or two that are no certificate with its key; with the paths.
    pub(crate) fn read(&mut self) -> Result<Pair> {
        let contents = self.contents();
        self.seen = Some(mark(&contents));
        self.pair(contents)
    }

    /// Reads them again; nothing where they are as they were at the last look, good or bad.
    pub(crate) fn read_anew(&mut self) -> Option<Result<Pair>> {
        let contents = self.contents();
        let mark = Some(mark(&contents));
        let is_new = std::mem::replace(&mut self.seen, mark) != mark;
        is_new.then(|| self.pair(contents))
    }

    fn pair(&self, contents: Result<(Vec<u8>, Vec<u8>)>) -> Result<Pair> {
        let (certificate, key) = contents?;
        Pair::from_pem(&certificate, &key).map_err(|why| {
            anyhow!("TLS with the certificate {} and the key {}: {why}", self.certificate.display(), self.key.display())
        })
    }

    fn contents(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let read =
            |path: &Path, what| fs::read(path).with_context(|| format!("cannot read the {what} {}", path.display()));
        let certificate = read(&self.certificate, "certificate file")?;
        let key = read(&self.key, "key file of the certificate")?;
        let metadata = fs::metadata(&self.key).with_context(|| format!("cannot look at {}", self.key.display()))?;
        key_file::check(&self.key, &metadata)?;
        Ok((certificate, key))
    }

    /// Shows what is in the files from then on, whenever they have changed; a pair that cannot be used is said once, and the
    /// one before stays in force.
    pub(crate) async fn watch(mut self, tls: Arc<Tls>, mut hangup: Signal) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = hangup.recv() => {
                    // Whoever asks is told in any case.
                    self.seen = None;
                }
            }
            // A disk may be slow.
            let looked = tokio::task::spawn_blocking(move || {
                let found = self.read_anew();
                (self, found)
            });
            let Ok((files, found)) = looked.await else { return };
            self = files;
            match found {
                None => {}
                Some(Ok(pair)) => {
                    tracing::info!(until = %end(&pair), "the TLS certificate was read anew and is in force");
                    tls.replace(pair);
                }
                Some(Err(error)) => {
                    tracing::error!(error = format!("{error:#}"), "the TLS certificate before stays in force");
                }
            }
        }
    }
}

/// What tells contents, and ways of failing, apart.
fn mark(contents: &Result<(Vec<u8>, Vec<u8>)>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match contents {
        Ok(contents) => contents.hash(&mut hasher),
        Err(error) => format!("{error:#}").hash(&mut hasher),
    }
    hasher.finish()
}

/// When a certificate ends.
pub(crate) fn end(pair: &Pair) -> Time {
    Time(pair.expires.saturating_mul(1_000))
}

/// What is to be said of how long a certificate is still good.
pub(crate) fn worry(pair: &Pair, now: Time) -> Option<String> {
    let left = pair.expires - now.seconds();
    match left {
        ..=0 => Some(format!("the certificate has expired ({}): clients refuse it; renew it", end(pair))),
        1..=SOON_SECONDS => Some(format!("the certificate ends soon ({}); renew it", end(pair))),
        _ => None,
    }
}
