//! Tokens of every kind, made by hand from the RFCs: what a client would send, and what somebody who is none would.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey,
    PublicKeyComponents,
};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rollcall_core::apps::{Algorithm, PublicKey};
use serde_json::{Value, json};

/// Base64url without padding.
pub(super) fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What signs tokens.
#[allow(clippy::large_enum_variant, reason = "a handful in a test")]
pub(super) enum Signer {
    Secret(String),
    Pair(KeyPair),
}

impl Signer {
    pub(super) fn pair() -> Self {
        Self::Pair(KeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    /// SubjectPublicKeyInfo.
    pub(super) fn der(&self) -> Vec<u8> {
        let Self::Pair(pair) = self else { panic!("a secret has no public half") };
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        der.as_ref().to_vec()
    }

    pub(super) fn pem(&self) -> String {
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(self.der()))
    }

    pub(super) fn public_key(&self) -> PublicKey {
        PublicKey::parse(&self.pem()).unwrap()
    }

    /// The signature of these bytes, as the algorithm of that name has it.
    pub(super) fn sign(&self, algorithm: Algorithm, text: &str) -> Vec<u8> {
        let is_512 = matches!(algorithm, Algorithm::Hs512 | Algorithm::Rs512);
        match self {
            Self::Secret(secret) => mac(is_512, secret.as_bytes(), text),
            Self::Pair(pair) => {
                let mut signature = vec![0; 256];
                let rule = if is_512 { &RSA_PKCS1_SHA512 } else { &RSA_PKCS1_SHA256 };
                pair.sign(rule, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
                signature
            }
        }
    }

    /// A signed token of exactly this header and these claims.
    pub(super) fn raw(&self, algorithm: Algorithm, header: &str, claims: &str) -> String {
        let text = format!("{}.{}", part(header), part(claims));
        format!("{text}.{}", part(self.sign(algorithm, &text)))
    }

    /// A signed token with the usual header.
    pub(super) fn token(&self, algorithm: Algorithm, claims: &Value) -> String {
        let header = json!({ "alg": algorithm.name(), "typ": "JWT" });
        self.raw(algorithm, &header.to_string(), &claims.to_string())
    }
}

/// An HMAC under any key.
pub(super) fn mac(is_512: bool, key: &[u8], text: &str) -> Vec<u8> {
    let hash = if is_512 { hmac::HMAC_SHA512 } else { hmac::HMAC_SHA256 };
    hmac::sign(&hmac::Key::new(hash, key), text.as_bytes()).as_ref().to_vec()
}

fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).unwrap();
    bytes
}

/// The ways to encrypt that are taken.
pub(super) const WAYS: [(&str, &str); 6] = [
    ("RSA-OAEP", "A128CBC-HS256"),
    ("RSA-OAEP", "A128GCM"),
    ("RSA-OAEP", "A256GCM"),
    ("RSA-OAEP-256", "A128CBC-HS256"),
    ("RSA-OAEP-256", "A128GCM"),
    ("RSA-OAEP-256", "A256GCM"),
];

/// A public key that tokens are encrypted to, from the numbers of a JWK.
pub(super) struct Recipient {
    pub(super) kid: String,
    key: OaepPublicEncryptingKey,
}

impl Recipient {
    pub(super) fn of(kid: &str, n: &[u8], e: &[u8]) -> Self {
        let key: PublicEncryptingKey = PublicKeyComponents { n, e }.try_into().unwrap();
        Self { kid: kid.to_owned(), key: OaepPublicEncryptingKey::new(key).unwrap() }
    }

    /// A compact JWE with the usual header.
    pub(super) fn seal(&self, way: (&str, &str), plain: &str) -> String {
        let header = json!({ "alg": way.0, "enc": way.1, "kid": self.kid, "cty": "JWT" });
        self.raw(way, &header.to_string(), plain)
    }

    /// A compact JWE of exactly this header; `way` says how it is really encrypted.
    pub(super) fn raw(&self, (alg, enc): (&str, &str), header: &str, plain: &str) -> String {
        let header = part(header);
        let key = random(if enc == "A128GCM" { 16 } else { 32 });
        let rule = if alg == "RSA-OAEP" { &OAEP_SHA1_MGF1SHA1 } else { &OAEP_SHA256_MGF1SHA256 };
        let mut encrypted = vec![0; self.key.ciphertext_size()];
        let encrypted = self.key.encrypt(rule, &key, &mut encrypted, None).unwrap();
        let (iv, text, tag) = if enc == "A128CBC-HS256" {
            cbc(&key, header.as_bytes(), plain)
        } else {
            gcm(&key, header.as_bytes(), plain)
        };
        [header, part(encrypted), part(iv), part(text), part(tag)].join(".")
    }
}

type Sealed = (Vec<u8>, Vec<u8>, Vec<u8>);

fn gcm(key: &[u8], beside: &[u8], plain: &str) -> Sealed {
    let cipher = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
    let (iv, mut text) = (random(12), plain.as_bytes().to_vec());
    let key = LessSafeKey::new(UnboundKey::new(cipher, key).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(&iv).unwrap();
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(beside), &mut text).unwrap();
    (iv, text, tag.as_ref().to_vec())
}

fn cbc(key: &[u8], beside: &[u8], plain: &str) -> Sealed {
    let iv: [u8; 16] = random(16).try_into().unwrap();
    let mut text = plain.as_bytes().to_vec();
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, &key[16..]).unwrap()).unwrap();
    cipher.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::from(iv))).unwrap();
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key[..16]));
    for part in [beside, &iv, &text, &(beside.len() as u64 * 8).to_be_bytes()] {
        mac.update(part);
    }
    (iv.to_vec(), text, mac.sign().as_ref()[..16].to_vec())
}
