//! Public keys of apps: which are taken, what is said of others, and what they are exchanged for.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rollcall_core::apps::token::Refusal;
use rollcall_core::apps::{self, Algorithm, Credential, NewApp, PublicKey, Rotation};
use rollcall_core::{Code, Error};
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::setting::HOUR;
use crate::tokens::{SECRET, refusal};

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

pub(crate) fn pair() -> (KeyPair, PublicKey) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let public = PublicKey::parse(&pem("PUBLIC KEY", der.as_ref())).unwrap();
    (pair, public)
}

/// An element in DER.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_be_bytes();
    let skipped = length.iter().take_while(|byte| **byte == 0).count().min(3);
    let mut out = vec![tag];
    if content.len() >= 0x80 {
        out.push(0x80 | (4 - skipped) as u8);
    }
    out.extend(&length[skipped..]);
    out.extend(content);
    out
}

/// A public key of so many bits in PEM; nobody has the private one.
fn of_bits(bits: usize) -> String {
    let mut modulus = vec![0_u8];
    modulus.extend(std::iter::repeat_n(0xc5, bits / 8));
    let numbers = element(0x30, &[element(2, &modulus), element(2, &[1, 0, 1])].concat());
    let rsa = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let bits = element(3, &[&[0][..], &numbers].concat());
    pem("PUBLIC KEY", &element(0x30, &[element(0x30, &rsa), bits].concat()))
}

#[test]
fn rsa_keys_of_2048_to_8192_bits_are_taken_and_told_as_they_came() {
    for bits in [2_048, 3_072, 4_096, 8_192] {
        let key = PublicKey::parse(&of_bits(bits)).unwrap_or_else(|why| panic!("{bits}: {why}"));
        assert_eq!(PublicKey::parse(&key.pem()).unwrap(), key);
        assert_eq!(key.fingerprint().len(), 64);
    }
    let text = of_bits(2_048);
    let comments = format!("a word before\n{}", text.replace('\n', "\r\n"));
    assert_eq!(PublicKey::parse(&comments).unwrap(), PublicKey::parse(&text).unwrap());
}

#[test]
fn what_is_no_such_key_is_refused_with_what_it_is_and_never_shown() {
    let pair = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["acme.test".into()]).unwrap().self_signed(&pair).unwrap();
    let hush = "aHVzaC1odXNoLWh1c2gtaHVzaC1odXNo";
    let private = |label: &str| format!("-----BEGIN {label}-----\n{hush}\n-----END {label}-----\n");
    let table = [
        (private("PRIVATE KEY"), "this is a private key"),
        (private("RSA PRIVATE KEY"), "this is a private key"),
        (private("ENCRYPTED PRIVATE KEY"), "this is a private key"),
        (private("OPENSSH PRIVATE KEY"), "this is a private key"),
        (format!("{}{}", of_bits(2_048), private("PRIVATE KEY")), "this is a private key"),
        (private("RSA PUBLIC KEY"), "PKCS #1"),
        (certificate.pem(), "this is a certificate"),
        (pair.public_key_pem(), "no RSA public key of 2048 to 8192 bits"),
        (of_bits(1_024), "no RSA public key of 2048 to 8192 bits"),
        (of_bits(16_384), "no RSA public key of 2048 to 8192 bits"),
        (private("PUBLIC KEY"), "no RSA public key of 2048 to 8192 bits"),
        (of_bits(2_048).replace("-----END", ""), "no public key in PEM"),
        (hush.into(), "no public key in PEM"),
        (String::new(), "no public key in PEM"),
    ];
    for (text, why) in table {
        let told = PublicKey::parse(&text).unwrap_err();
        assert!(told.contains(why) && told.contains("openssl"), "{text}\n{told}");
        assert!(!told.contains("aHVz"), "{told}");
    }
}

/// "Acme" with an app "ci" that signs with RS256.
fn signing() -> (TestRollcall, KeyPair, PublicKey) {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let (pair, public) = pair();
    let credential = Some(Credential::PublicKey(public.clone()));
    let new = NewApp { name: "ci".into(), algorithm: Algorithm::Rs256, credential, ..NewApp::default() };
    let (_, secret) = acme.write(move |op| apps::create(op, new.clone())).unwrap();
    assert!(secret.is_none(), "there is none to show");
    (acme, pair, public)
}

fn signed(acme: &TestRollcall, pair: &KeyPair) -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "appId": crate::setting::client_id(acme, "ci") });
    let text = format!("{}.{}", part(json!({ "alg": "RS256" })), part(claims));
    let mut tag = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut tag).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn rotate(acme: &TestRollcall, credential: Option<Credential>) -> Result<(), Error> {
    let rotation = Rotation { overlap: HOUR, credential, ..Rotation::default() };
    acme.write(move |op| apps::rotate(op, "ci", &rotation)).map(|_| ())
}

#[test]
fn a_public_key_is_exchanged_for_another_without_a_gap() {
    let (acme, old, public) = signing();
    let (new, next) = pair();
    assert_eq!(rotate(&acme, None).unwrap_err().code(), Code::Invalid, "nobody here can make one");
    let secret = Credential::Secret(rollcall_core::chance::Secret::new(SECRET));
    assert_eq!(rotate(&acme, Some(secret)).unwrap_err().code(), Code::Invalid);
    assert_eq!(rotate(&acme, Some(Credential::PublicKey(public.clone()))).unwrap_err().code(), Code::Invalid);
    rotate(&acme, Some(Credential::PublicKey(next.clone()))).unwrap();
    assert_eq!([&old, &new].map(|pair| refusal(&acme, signed(&acme, pair))), [None, None]);
    let keys = acme.read(|view| apps::show(view, "ci")).unwrap().secrets;
    assert_eq!(keys.into_iter().filter_map(|key| key.public_key).collect::<Vec<_>>(), [next, public]);
    acme.clock.advance(HOUR);
    assert_eq!([&old, &new].map(|pair| refusal(&acme, signed(&acme, pair))), [Some(Refusal::SecretExpired), None]);
}

#[test]
fn a_private_key_is_no_client_secret() {
    let acme = TestRollcall::new();
    let key = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n");
    let credential = Some(Credential::Secret(rollcall_core::chance::Secret::new(key)));
    let new = NewApp { name: "ci".into(), credential, ..NewApp::default() };
    let error = acme.write(move |op| apps::create(op, new.clone())).unwrap_err();
    assert!(error.to_string().contains("private key") && !error.to_string().contains(SECRET), "{error}");
}
