//! Tokens: signed ones that nobody signed, and encrypted ones whatever is in them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_core::keys::Purpose;
use rollcall_testkit::TestRollcall;

use super::with_world;

/// Any text as a token: refused, for nobody here has signed it.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    with_world(|world| is_refused(world, text));
}

/// Any text inside an envelope that is as it should be, and as the header of one: refused, for nobody has signed it.
pub fn encrypted_token(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    with_world(|world| {
        world.rollcall().make_encryption_key().wait().expect("a key pair");
        let keys = world.rollcall().server_keys().wait().expect("the database answers");
        let key = keys.iter().find(|key| key.purpose == Purpose::Encryption).expect("a key pair was made");
        let numbers = PublicKeyComponents { n: key.numbers[0].as_slice(), e: key.numbers[1].as_slice() };
        let to: PublicEncryptingKey = numbers.try_into().expect("the numbers of a key");
        let to = OaepPublicEncryptingKey::new(to).expect("a key for OAEP");
        is_refused(world, sealed(&to, r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#, &text));
        is_refused(world, sealed(&to, &text, "a.b.c"));
        is_refused(world, text);
    });
}

fn is_refused(world: &TestRollcall, token: String) {
    let answer = world.rollcall().authenticate(token, None).wait().expect("a refusal is no failure of the database");
    assert!(answer.is_err(), "a token that nobody signed was taken");
}

/// A compact JWE with this header around this text. Its content key is always the same: nothing is kept secret here.
fn sealed(to: &OaepPublicEncryptingKey, header: &str, plain: &str) -> String {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (header, key, iv) = (part(header.as_bytes()), [7; 32], [9; 12]);
    let mut encrypted = vec![0; to.ciphertext_size()];
    let encrypted = to.encrypt(&OAEP_SHA256_MGF1SHA256, &key, &mut encrypted, None).expect("a key is encrypted");
    let mut text = plain.as_bytes().to_vec();
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("32 bytes are a key"));
    let aad = Aad::from(header.as_bytes());
    let tag = cipher.seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), aad, &mut text).expect("it is short");
    [header.clone(), part(encrypted), part(&iv), part(&text), part(tag.as_ref())].join(".")
}
