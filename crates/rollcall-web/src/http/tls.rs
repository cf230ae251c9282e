//! TLS by rustls: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN, and a certificate that can be replaced while connections
//! stay. It knows no files; those are the program's.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_cert::der::Decode as _;

/// What the server shows of itself, and how it shakes hands.
pub struct Tls {
    current: Arc<Current>,
    acceptor: TlsAcceptor,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(***)")
    }
}

/// A certificate with its key: whole, and one made for the other.
#[derive(Clone)]
pub struct Pair {
    key: Arc<CertifiedKey>,
    /// When the certificate ends, in seconds since the epoch.
    pub expires: i64,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("expires", &self.expires).finish_non_exhaustive()
    }
}

impl Pair {
    /// Reads a chain of certificates, the server's own first, and its key (PKCS#8, PKCS#1 or SEC1), as PEM.
    ///
    /// # Errors
    /// A sentence about the first of the two that cannot be used, or that they do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("the certificate file cannot be read as PEM: {error}"))?;
        let Some(own) = chain.first() else {
            return Err("the certificate file holds no PEM certificate (-----BEGIN CERTIFICATE-----)".into());
        };
        let own = x509_cert::Certificate::from_der(own)
            .map_err(|error| format!("the first certificate in the certificate file is none: {error}"))?;
        let expires = own.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
            if key.windows(encrypted.len()).any(|window| window == encrypted.as_bytes()) {
                "the key file is locked by a passphrase, which nobody could type at a restart; write it without one: \
                 openssl pkey -in LOCKED -out KEY"
            } else {
                "the key file holds no PEM private key (-----BEGIN PRIVATE KEY-----)"
            }
        })?;
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                "the key does not belong to the certificate; the server's own certificate stands first in its file, \
                 before those that signed it"
                    .to_owned()
            }
            other => format!("the certificate or its key cannot be used: {other}"),
        })?;
        Ok(Self { key: Arc::new(certified), expires: i64::try_from(expires).unwrap_or(i64::MAX) })
    }
}

impl Tls {
    /// Shows this certificate until it is replaced.
    pub fn new(pair: Pair) -> Self {
        let current = Arc::new(Current(RwLock::new(pair.key)));
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()
            .expect("the library's own provider speaks TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self { current, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    /// Shows another certificate from now on. Connections that are there go on with theirs.
    pub fn replace(&self, pair: Pair) {
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = pair.key;
    }

    /// Shakes hands.
    pub(super) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

/// The certificate of the moment, whatever name is asked for: there is one site.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}
