//! What an app proves itself by: a client secret that both know, or the public half of its own key pair. How they are
//! sealed, and what they verify.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{self, PublicEncryptingKey};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject as _;

use super::Algorithm;
use crate::chance::Secret;
use crate::error::{Error, Result};
use crate::seal::{InstallationKey, hex, sha256};

/// What seals client secrets.
const SECRET_SEAL: &str = "app secret";
/// What seals public keys: whoever can write to the database alone cannot put one in the place of a secret, or of another.
const PUBLIC_KEY_SEAL: &str = "app public key";
/// Shorter secrets are refused: HMAC with SHA-256 is as good as 32 random bytes (RFC 7518 §3.2).
const MIN_SECRET: usize = 32;
/// RSA keys from this many bits on (RFC 7518 §3.3) to that many, which still verify in less than a millisecond.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// What stands in the head of every private key in PEM (RFC 7468 §10 and §11, and openssl's older forms).
const PRIVATE_KEY: &str = "PRIVATE KEY-----";
const PRIVATE_KEY_HERE: &str = "this is a private key, which nobody but the client should have; give its public half: \
                                openssl pkey -in KEY.pem -pubout";

/// A credential of an app.
#[derive(Debug, Clone)]
pub enum Credential {
    /// For HS256 and HS512: the client secret, whose UTF-8 text is the key.
    Secret(Secret),
    /// For RS256 and RS512: the public key; only the client has the private one.
    PublicKey(PublicKey),
}

impl Credential {
    /// Opens a sealed one, as the algorithm's family has it.
    pub(crate) fn open(key: &InstallationKey, algorithm: Algorithm, sealed: &[u8]) -> Result<Self> {
        if algorithm.is_hmac() {
            return key.open_text(SECRET_SEAL, sealed).map(Self::Secret);
        }
        let der = key.open(PUBLIC_KEY_SEAL, sealed)?;
        PublicKey::from_der(&der).map(Self::PublicKey).map_err(Error::internal)
    }

    /// For what the credentials of such apps are sealed.
    pub(crate) fn seal_of(algorithm: Algorithm) -> &'static str {
        if algorithm.is_hmac() { SECRET_SEAL } else { PUBLIC_KEY_SEAL }
    }

    /// Seals it for the database.
    pub(crate) fn seal(&self, key: &InstallationKey) -> Vec<u8> {
        match self {
            Self::Secret(secret) => key.seal(SECRET_SEAL, secret.expose().as_bytes()),
            Self::PublicKey(public) => key.seal(PUBLIC_KEY_SEAL, &public.0),
        }
    }

    /// One that nobody has.
    pub(crate) fn decoy(algorithm: Algorithm) -> Self {
        if algorithm.is_hmac() {
            return Self::generate();
        }
        // A number of the right size; nobody knows its factors, and it need not have two.
        let mut modulus = crate::chance::bytes::<256>();
        modulus[0] |= 0x80;
        modulus[255] |= 1;
        let numbers = rsa::PublicKeyComponents { n: modulus.as_slice(), e: [1, 0, 1].as_slice() };
        let public: PublicEncryptingKey = numbers.try_into().expect("an odd number of 2048 bits is a modulus");
        let der: PublicKeyX509Der<'_> = public.as_der().expect("a key is written as DER");
        Self::PublicKey(PublicKey(der.as_ref().to_vec()))
    }

    /// A fresh secret.
    pub(crate) fn generate() -> Self {
        Self::Secret(Secret::client_secret())
    }

    /// Whether the algorithm's tokens are proved by such a one.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        matches!(self, Self::Secret(_)) == algorithm.is_hmac()
    }

    /// What is wrong with it.
    ///
    /// # Errors
    /// A sentence, where somebody could guess it.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Secret(secret) if secret.expose().len() < MIN_SECRET => Err(format!(
                "the client secret has {} characters; at least {MIN_SECRET} are needed",
                secret.expose().len()
            )),
            Self::Secret(secret) if secret.expose().contains(PRIVATE_KEY) => Err(PRIVATE_KEY_HERE.into()),
            Self::Secret(_) | Self::PublicKey(_) => Ok(()),
        }
    }

    /// The secret, where it is one.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Secret(secret) => Some(secret),
            Self::PublicKey(_) => None,
        }
    }

    /// The public key, where it is one.
    pub fn public_key(&self) -> Option<&PublicKey> {
        match self {
            Self::Secret(_) => None,
            Self::PublicKey(public) => Some(public),
        }
    }

    /// Whether both are the same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Secret(one), Self::Secret(other)) => one.expose() == other.expose(),
            (Self::PublicKey(one), Self::PublicKey(other)) => one == other,
            _ => false,
        }
    }

    /// What checks signatures made with it.
    pub(crate) fn verifier(&self, algorithm: Algorithm) -> Result<Verifier> {
        let wrong = || Error::internal("an app's credential is not of its algorithm's family");
        match self {
            Self::Secret(secret) => {
                let hash = algorithm.hmac().ok_or_else(wrong)?;
                Ok(Verifier::Hmac(Box::new(hmac::Key::new(hash, secret.expose().as_bytes()))))
            }
            Self::PublicKey(public) => {
                let rule = match algorithm {
                    Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
                    Algorithm::Hs256 | Algorithm::Hs512 => return Err(wrong()),
                };
                ParsedPublicKey::new(rule, &public.0).map(Verifier::Rsa).map_err(Error::internal)
            }
        }
    }
}

/// Checks signatures: the algorithm is a part of it, and nothing that a token says changes it.
pub(crate) enum Verifier {
    /// Boxed: it is a kilobyte.
    Hmac(Box<hmac::Key>),
    Rsa(ParsedPublicKey),
}

impl Verifier {
    /// Whether the signature over these bytes is right; for secrets in a time that does not depend on them.
    pub(crate) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(key) => hmac::verify(key, signed, signature).is_ok(),
            Self::Rsa(key) => key.verify_sig(signed, signature).is_ok(),
        }
    }

    /// One whose signatures nobody can make: for the tokens of apps that there are not, which take as long as others.
    pub(crate) fn decoy(algorithm: Algorithm) -> Self {
        Credential::decoy(algorithm).verifier(algorithm).expect("it was made for this algorithm")
    }
}

/// An RSA public key, as SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7).
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----` (RFC 7468 §13).
    ///
    /// # Errors
    /// A sentence that says what it is instead, or what is wrong with it, and how to make a good one.
    pub fn parse(pem: &str) -> Result<Self, String> {
        if pem.contains(PRIVATE_KEY) {
            return Err(PRIVATE_KEY_HERE.into());
        }
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
            if pem.contains("-----BEGIN RSA PUBLIC KEY-----") {
                "this is a public key in the older form of PKCS #1; convert it with: openssl rsa -RSAPublicKey_in -in KEY.pem \
                 -pubout"
            } else if pem.contains("-----BEGIN CERTIFICATE-----") {
                "this is a certificate; take the public key out of it with: openssl x509 -in CERTIFICATE.pem -noout -pubkey"
            } else {
                "this is no public key in PEM (-----BEGIN PUBLIC KEY-----); make one with: openssl pkey -in KEY.pem -pubout"
            }
        })?;
        Self::from_der(&der)
    }

    fn from_der(der: &[u8]) -> Result<Self, String> {
        let wrong = || {
            format!(
                "this is no RSA public key of {} to {} bits, which RS256 and RS512 need; make a pair with: openssl genrsa -out \
                 KEY.pem 2048",
                RSA_BITS.start(),
                RSA_BITS.end()
            )
        };
        let key = PublicEncryptingKey::from_der(der).map_err(|_| wrong())?;
        if !RSA_BITS.contains(&key.key_size_bits()) {
            return Err(wrong());
        }
        Ok(Self(der.to_vec()))
    }

    /// The key in PEM (RFC 7468 §13).
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(&self.0);
        let lines: Vec<&str> = (0..text.len()).step_by(64).map(|n| &text[n..text.len().min(n + 64)]).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// SHA-256 of the key, in hex: to tell it from others.
    pub fn fingerprint(&self) -> String {
        hex(&sha256(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}
