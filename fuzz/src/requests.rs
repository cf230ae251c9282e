//! What else comes with requests: forms, addresses in headers, times and ids in queries, and exports of the audit log.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue};
use rollcall_core::audit;
use rollcall_core::limits::RateLimit;
use rollcall_web::http::client::Proxies;
use rollcall_web::rest::wire;

/// The address from which all requests come here.
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// Any bytes as a form with a file in it: read, or refused with a status.
pub fn upload(data: &[u8]) {
    let (kind, body) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (String::from_utf8_lossy(&data[..end]).into_owned(), &data[end + 1..]),
        None => ("multipart/form-data; boundary=x".to_owned(), data),
    };
    let reading = wire::files::read_upload(&kind, Bytes::copy_from_slice(body));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let _ = runtime.block_on(reading);
}

/// Any text as headers of proxies, settings, times and ids: what is no address leaves the peer's.
pub fn header(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut faults = Vec::new();
    wire::audit::times(Some(&text), Some(&text), &mut faults);
    wire::audit::after(Some(&text), &mut faults);
    assert!(faults.iter().all(|fault| !fault.message.is_empty()));
    let _ = (RateLimit::parse(&text), Proxies::parse(&text));
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    for name in ["forwarded", "x-forwarded-for"] {
        let headers = HeaderMap::from_iter([(name.parse().expect("a header's name"), value.clone())]);
        let stranger = Proxies::parse("198.51.100.0/24").expect("a network");
        assert_eq!(stranger.client(PEER, &headers), PEER, "a stranger is believed");
        let ours = Proxies::parse("192.0.2.0/24").expect("a network");
        let _ = ours.client(PEER, &headers);
    }
}

/// Any bytes as an export of the audit log: whoever wants a key that nobody has finds none whole.
pub fn audit_export(data: &[u8]) {
    let nobodys = audit::Pin::parse(&"A".repeat(43)).expect("32 bytes");
    if let Ok(checked) = audit::check(&mut &*data, &[nobodys]) {
        assert!(checked.broken.is_some(), "an export by a key that nobody has");
    }
    let _ = audit::check(&mut &*data, &[]);
}
