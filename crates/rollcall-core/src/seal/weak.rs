//! Keys that no generator makes: whoever has the program or its documents knows them, or guesses them soon.

use super::{hex, sha256};

/// Keys that stand in documents that everybody has, as hex: nobody's secret.
const DOCUMENTED: [&str; 3] = [
    // AES-256 in NIST SP 800-38A, appendix F.
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    // RFC 8032 §7.1, the first two tests.
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
];

/// Their SHA-256 is what comes out where a key is made of a word, or of a variable that is not set.
const WORDS: [&str; 16] = [
    "",
    "password",
    "secret",
    "changeme",
    "change-me",
    "test",
    "testing",
    "rollcall",
    "rollcall-key",
    "admin",
    "key",
    "default",
    "example",
    "123456",
    "0",
    "installation key",
];

/// A random key has about thirty different bytes; with fewer than this it is none.
const DIFFERENT: usize = 10;

/// What gives the key away; none where it may have been drawn by lot. `text` is how it was written down.
pub(super) fn fault(text: &str, key: &[u8]) -> Option<&'static str> {
    let step = |pair: &[u8]| pair[1].wrapping_sub(pair[0]);
    let is_repeated = |period: usize| key.iter().zip(&key[period..]).all(|(one, next)| one == next);
    let different: std::collections::BTreeSet<u8> = key.iter().copied().collect();
    let letters = || text.chars().filter(char::is_ascii_alphabetic);
    if key.windows(2).all(|pair| step(pair) == step(key)) {
        Some("its bytes are all the same, or a plain sequence")
    } else if (1..=key.len() / 2).any(is_repeated) {
        Some("it is a short pattern, repeated")
    } else if different.len() < DIFFERENT {
        Some("it is made of a few different bytes")
    } else if key.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')) {
        Some("it is a phrase, and phrases can be guessed")
    } else if letters().all(|c| c.is_ascii_lowercase()) || letters().all(|c| c.is_ascii_uppercase()) {
        Some("it was typed in, with letters of one case")
    } else if DOCUMENTED.contains(&hex(key).as_str()) {
        Some("it stands in documents that everybody can read")
    } else if WORDS.iter().any(|word| sha256(word.as_bytes()) == key || sha256(format!("{word}\n").as_bytes()) == key) {
        Some("it is the hash of a word that is tried first")
    } else {
        None
    }
}
