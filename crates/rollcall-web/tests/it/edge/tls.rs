//! TLS over real sockets: handshakes, HTTP/2 by ALPN, and certificates that are replaced while connections stay.

use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use rollcall_web::http::serve::{Edge, Patience};
use rollcall_web::http::tls::{Pair, Tls};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{CALM, ONCE, SOON, Server, ask, rest, simple};

/// A certificate of its own root for `localhost`.
struct Made {
    certificate: CertificateDer<'static>,
    pem: String,
    key: String,
}

fn made() -> Made {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    Made { certificate: cert.der().clone(), pem: cert.pem(), key: signing_key.serialize_pem() }
}

impl Made {
    fn pair(&self) -> Pair {
        Pair::from_pem(self.pem.as_bytes(), self.key.as_bytes()).unwrap()
    }

    /// Shakes hands, believing in this certificate alone.
    async fn shake(
        &self,
        server: &Server,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await
    }
}

const BOTH: &[&SupportedProtocolVersion] = &[&TLS12, &TLS13];

async fn start(tls: &Arc<Tls>, patience: Patience) -> Server {
    Server::start(simple(), Edge { patience, tls: Some(Arc::clone(tls)), ..Edge::default() }).await
}

#[tokio::test]
async fn both_versions_of_tls_and_both_of_http_are_spoken() {
    let one = made();
    let server = start(&Arc::new(Tls::new(one.pair())), CALM).await;
    for version in [&TLS12, &TLS13] {
        let mut stream = one.shake(&server, &[version], &[]).await.unwrap();
        assert!(ask(&mut stream).await.ends_with("served"));
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
    }
    for (offered, taken) in [(&["h2", "http/1.1"][..], "h2"), (&["http/1.1"], "http/1.1")] {
        let mut stream = one.shake(&server, BOTH, offered).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(taken.as_bytes()));
        if taken == "h2" {
            stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
            let mut head = [0; 9];
            tokio::io::AsyncReadExt::read_exact(&mut stream, &mut head).await.unwrap();
            assert_eq!(head[3], super::frames::SETTINGS, "the server speaks HTTP/2");
        } else {
            assert!(ask(&mut stream).await.ends_with("served"));
        }
    }
    assert!(one.shake(&server, BOTH, &["spdy/1"]).await.is_err(), "nothing in common");
    assert!(made().shake(&server, BOTH, &[]).await.is_err(), "the client of this test looks at certificates");
    server.stop().await;
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections_and_those_that_are_there_go_on() {
    let (old, new) = (made(), made());
    let tls = Arc::new(Tls::new(old.pair()));
    let server = start(&tls, CALM).await;
    let mut stays = old.shake(&server, BOTH, &[]).await.unwrap();
    assert!(ask(&mut stays).await.ends_with("served"));
    tls.replace(new.pair());
    assert!(ask(&mut stays).await.ends_with("served"));
    assert!(old.shake(&server, BOTH, &[]).await.is_err());
    assert!(ask(&mut new.shake(&server, BOTH, &[]).await.unwrap()).await.ends_with("served"));
    assert!(ask(&mut stays).await.ends_with("served"));
    drop(stays);
    server.stop().await;
}

#[tokio::test]
async fn plain_http_and_who_never_shakes_hands_are_closed() {
    let one = made();
    let tls = Arc::new(Tls::new(one.pair()));
    let server = start(&tls, CALM).await;
    assert!(!server.hear(ONCE).await.contains("HTTP/"));
    server.stop().await;
    let server = start(&tls, Patience { handshake: SOON, ..CALM }).await;
    // Nothing; the beginning of a handshake's record.
    for beginning in [&b""[..], &[0x16, 0x03, 0x01, 0x02, 0x00]] {
        assert_eq!(server.hear(beginning).await, "");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_came_by_tls_is_told_to_stay_with_it() {
    let acme = rollcall_testkit::TestRollcall::new();
    let router = rollcall_web::router(Arc::clone(acme.rollcall()), rollcall_web::Site::default());
    let one = made();
    let tls = Some(Arc::new(Tls::new(one.pair())));
    let server = Server::start(router, Edge { patience: CALM, tls, ..Edge::default() }).await;
    let mut stream = one.shake(&server, BOTH, &[]).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let told = rest(&mut stream).await;
    assert!(told.contains("\r\nstrict-transport-security: max-age=31536000\r\n"), "{told}");
    server.stop().await;
}

#[test]
fn what_is_no_certificate_with_its_key_is_said() {
    let (one, other) = (made(), made());
    let locked = one.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (certificate, key, why) in [
        (one.pem.as_str(), other.key.as_str(), "the key does not belong to the certificate"),
        ("", &one.key, "holds no PEM certificate"),
        (&one.key, &one.key, "holds no PEM certificate"),
        (&one.pem, "", "holds no PEM private key"),
        (&one.pem, &one.pem, "holds no PEM private key"),
        (&one.pem, &locked, "locked by a passphrase"),
        (&one.pem[..100], &one.key, "cannot be read as PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &one.key, "is none"),
    ] {
        let error = Pair::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
        assert!(!error.contains(&one.key[40..60]), "{error}");
    }
}

#[test]
fn the_end_of_a_certificate_is_read() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2020, 1, 2);
    let pem = params.self_signed(&key).unwrap().pem();
    let pair = Pair::from_pem(pem.as_bytes(), key.serialize_pem().as_bytes()).unwrap();
    assert_eq!(pair.expires, 1_577_923_200);
}
