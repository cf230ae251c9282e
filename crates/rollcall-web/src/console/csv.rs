//! Lists as files for spreadsheets (RFC 4180), written as they are read: a portion of rows at a time, each in a read of its
//! own, so that a long list takes no more memory than a short one.

use std::future::Future;
use std::io;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::channel::{Channel, Sender};

use super::failure::Failure;

/// As many rows are read at once.
pub(super) const AT_ONCE: u32 = 1_000;
/// As many portions wait at most for whoever takes the file.
const WAITING: usize = 1;

type Row = Vec<String>;

/// Some rows of a list, and behind what the others are.
pub(super) struct Portion<C> {
    rows: Vec<Row>,
    next: Option<C>,
}

impl<C> Portion<C> {
    /// These rows, and where to read on; none at the end of the list.
    pub(super) fn new(rows: impl Iterator<Item = Row>, next: Option<C>) -> Self {
        Self { rows: rows.collect(), next }
    }

    /// What was read of a list of which [`AT_ONCE`] were asked for: there are others behind the last one where there were as
    /// many.
    pub(super) fn of<T>(items: Vec<T>, cursor: impl Fn(&T) -> C, row: impl Fn(T) -> Row) -> Self {
        let next = items.last().filter(|_| items.len() >= AT_ONCE as usize).map(cursor);
        Self::new(items.into_iter().map(row), next)
    }
}

/// A file of this name with these columns, and all rows of a list: `read` reads those behind a cursor, at first those at the
/// beginning. What cannot be read at first is told on a page; once the file has begun the connection breaks instead, so that
/// nobody takes a part for the whole.
///
/// # Errors
/// Those of the first read.
pub(super) async fn file<C, R>(
    name: &str,
    head: &[&str],
    read: impl Fn(Option<C>) -> R + Send + 'static,
) -> Result<Response, Failure>
where
    C: Send + 'static,
    R: Future<Output = Result<Portion<C>, Failure>> + Send + 'static,
{
    let Portion { rows, next } = read(None).await?;
    let head = head.iter().map(|cell| (*cell).to_owned()).collect();
    let first = bytes(std::iter::once(head).chain(rows))?;
    let body = match next {
        None => Body::from(first),
        Some(next) => {
            let (sender, body) = Channel::new(WAITING);
            tokio::spawn(write(Pipe(Some(sender)), first, next, read));
            Body::new(body)
        }
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Where the file goes. Let go before its end, also by a panic, it breaks the connection.
struct Pipe(Option<Sender<Bytes, io::Error>>);

impl Pipe {
    /// False where nobody takes it any more.
    async fn send(&mut self, bytes: Bytes) -> bool {
        match &mut self.0 {
            Some(sender) => sender.send_data(bytes).await.is_ok(),
            None => false,
        }
    }

    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            sender.abort(io::Error::other("the list could not be read to its end"));
        }
    }
}

/// Writes the portions one after the other, each read when the one before was taken.
async fn write<C, R>(mut pipe: Pipe, first: Bytes, next: C, read: impl Fn(Option<C>) -> R)
where
    R: Future<Output = Result<Portion<C>, Failure>>,
{
    let (mut portion, mut next) = (first, Some(next));
    loop {
        if !pipe.send(portion).await {
            return;
        }
        let Some(cursor) = next else { return pipe.finish() };
        let read = read(Some(cursor)).await;
        match read.and_then(|Portion { rows, next }| Ok((bytes(rows.into_iter())?, next))) {
            Ok((bytes, behind)) => (portion, next) = (bytes, behind),
            Err(failure) => {
                tracing::warn!(?failure, "a list could not be written to its end");
                return;
            }
        }
    }
}

fn bytes(rows: impl Iterator<Item = Row>) -> Result<Bytes, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let broken = |error: &dyn std::fmt::Display| Failure::Core(rollcall_core::Error::internal(error));
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell))).map_err(|error| broken(&error))?;
    }
    Ok(writer.into_inner().map_err(|error| broken(&error))?.into())
}

/// A cell that no spreadsheet takes for a formula (OWASP, CSV Injection): an apostrophe before what would begin one.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use http_body_util::BodyExt as _;

    use super::*;

    fn rows(of: std::ops::Range<u32>) -> impl Iterator<Item = Row> {
        of.map(|number| vec![number.to_string()])
    }

    #[tokio::test]
    async fn cells_are_quoted_and_are_no_formulas() {
        let read = |_: Option<()>| async {
            let rows = [["=1+1", "a,\"b\""], ["@SUM", "c\nd"]].map(|row| row.map(str::to_owned).to_vec());
            Ok(Portion::new(rows.into_iter(), None))
        };
        let response = file("users", &["one", "other"], read).await.unwrap();
        assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"users.csv\"");
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(String::from_utf8_lossy(&bytes), "one,other\n'=1+1,\"a,\"\"b\"\"\"\n'@SUM,\"c\nd\"\n");
    }

    #[tokio::test]
    async fn portions_are_read_as_they_are_taken_and_nobody_reads_for_whoever_has_gone() {
        let reads = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&reads);
        let read = move |from: Option<u32>| {
            count.fetch_add(1, Ordering::SeqCst);
            let from = from.unwrap_or(0);
            async move { Ok(Portion::new(rows(from..from + 10), Some(from + 10))) }
        };
        let mut body = file("numbers", &["number"], read).await.unwrap().into_body();
        for _ in 0..20 {
            body.frame().await.unwrap().unwrap();
        }
        let taken = reads.load(Ordering::SeqCst);
        assert!((20..=20 + 3).contains(&taken), "{taken}: no more than wait on the way");
        drop(body);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(reads.load(Ordering::SeqCst) <= taken + 2, "a list without an end is not read to it");
    }

    #[tokio::test]
    async fn a_file_that_is_not_whole_has_no_end() {
        for is_panic in [false, true] {
            let read = move |from: Option<u32>| async move {
                match from {
                    None => Ok(Portion::new(rows(0..10), Some(10))),
                    Some(_) if is_panic => panic!("a fault of ours"),
                    Some(_) => Err(Failure::NotSignedIn),
                }
            };
            let body = file("numbers", &["number"], read).await.unwrap().into_body();
            assert!(body.collect().await.is_err(), "{is_panic}");
        }
        let at_first = |_: Option<u32>| async { Err(Failure::NotSignedIn) };
        assert!(file("numbers", &["number"], at_first).await.is_err(), "a page says so");
    }
}
