//! Lists as files for spreadsheets (RFC 4180).

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::failure::Failure;

/// As many rows are exported at most: a spreadsheet takes no more.
pub(super) const MAX_ROWS: usize = 1_000_000;

/// A file of this name with these columns and rows.
///
/// # Errors
/// None that anybody has seen: rows are as long as the head.
pub(super) fn file(name: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Response, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let broken = |error: &dyn std::fmt::Display| Failure::Core(rollcall_core::Error::internal(error));
    writer.write_record(head).map_err(|error| broken(&error))?;
    for row in rows.take(MAX_ROWS) {
        writer.write_record(row.iter().map(|cell| harmless(cell))).map_err(|error| broken(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| broken(&error))?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// A cell that no spreadsheet takes for a formula (OWASP, CSV Injection): an apostrophe before what would begin one.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn cells_are_quoted_and_are_no_formulas() {
        let rows = [["=1+1", "a,\"b\""], ["@SUM", "c\nd"]].map(|row| row.map(str::to_owned).to_vec());
        let response = file("users", &["one", "other"], rows.into_iter()).unwrap();
        assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"users.csv\"");
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(String::from_utf8_lossy(&bytes), "one,other\n'=1+1,\"a,\"\"b\"\"\"\n'@SUM,\"c\nd\"\n");
    }
}
