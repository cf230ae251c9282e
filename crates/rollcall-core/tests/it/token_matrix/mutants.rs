//! Tokens that were tampered with, or made by somebody who has no key: none is taken, and none uses up the id of a good one.

use rollcall_core::apps::token::Refusal;
use rollcall_testkit::{START, TestRollcall};
use serde_json::json;

use super::make::{Recipient, Signer, WAYS, mac, part};
use super::{Cell, OURS, THEIRS, matrix};
use crate::tokens::refusal;

/// Another character of the alphabet in this place.
fn flipped(token: &str, place: usize) -> String {
    let mut bytes = token.as_bytes().to_vec();
    bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

/// Places at which a token is tampered with: all, or some of each part and all around the dots and at both ends.
fn places(token: &str, step: usize) -> impl Iterator<Item = usize> + '_ {
    let near = |place: usize| {
        token[place.saturating_sub(2)..token.len().min(place + 3)].contains('.') || place < 3 || place + 3 > token.len()
    };
    (0..token.len()).filter(move |place| token.as_bytes()[*place] != b'.' && (place % step == 0 || near(*place)))
}

/// What can be done to any token without a key.
fn tampered(token: &str, step: usize) -> Vec<String> {
    let mut out: Vec<String> = places(token, step).map(|place| flipped(token, place)).collect();
    out.extend((0..token.len()).step_by(step).map(|end| token[..end].to_owned()));
    out.extend((1..token.len()).step_by(step * 7).map(|start| token[start..].to_owned()));
    let parts: Vec<&str> = token.split('.').collect();
    for n in 0..parts.len() {
        for other in ["", "A", "e30", "bnVsbA", "W10", "\u{e9}", "%2e", "AAAA=", "+/+/"] {
            let mut parts = parts.clone();
            parts[n] = other;
            out.push(parts.join("."));
        }
        let mut padded = parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        padded[n].push('=');
        out.push(padded.join("."));
        padded[n] = format!("{} ", parts[n]);
        out.push(padded.join("."));
    }
    let mut swapped = parts.clone();
    swapped.reverse();
    out.push(swapped.join("."));
    out.extend([
        format!("Bearer {token}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{token}"),
        format!("{token},{token}"),
        format!("{token}\0"),
        token.to_lowercase(),
        token.to_uppercase(),
        format!("\"{token}\""),
        json!({ "payload": parts[1], "protected": parts[0], "signature": parts[parts.len() - 1] }).to_string(),
    ]);
    out.retain(|mutant| mutant.trim() != token);
    out
}

/// What somebody without the app's key would sign, and what nobody signed.
fn forged(cell: &Cell) -> Vec<String> {
    let claims = cell.claims(true).to_string();
    let good = cell.token(true);
    let tag = good.rsplit('.').next().unwrap();
    let mut out = Vec::new();
    for alg in
        ["none", "None", "NONE", "nOnE", "", "HS384", "RS384", "PS256", "PS512", "ES256", "EdDSA", "hs256", "HS256 "]
    {
        let text = format!("{}.{}", part(json!({ "alg": alg }).to_string()), part(&claims));
        out.extend([format!("{text}."), format!("{text}.{tag}"), text]);
    }
    for header in [r#"{"alg":null}"#, r#"{"alg":["HS256"]}"#, r#"{"alg":0}"#, "{}", "[]", "null", r#"["HS256"]"#] {
        out.push(format!("{}.{}.{tag}", part(header), part(&claims)));
    }
    // Keys that are no secrets: the public key in every form, what stands in the token, nothing.
    let public =
        [OURS.pem().into_bytes(), OURS.pem().trim().as_bytes().to_vec(), OURS.der(), part(OURS.der()).into_bytes()];
    let known =
        [cell.id.clone().into_bytes(), Vec::new(), b"secret".to_vec(), b"null".to_vec(), tag.as_bytes().to_vec()];
    for (alg, is_512) in [("HS256", false), ("HS512", true)] {
        let text = format!("{}.{}", part(json!({ "alg": alg, "typ": "JWT" }).to_string()), part(&claims));
        out.extend(public.iter().chain(&known).map(|key| format!("{text}.{}", part(mac(is_512, key, &text)))));
    }
    // Somebody's own key, and a header that says to take it.
    let theirs = if cell.algorithm.is_hmac() {
        &Signer::Secret("a secret that somebody made up, of length".into())
    } else {
        &*THEIRS
    };
    let alg = cell.algorithm.name();
    for hint in [
        json!({ "alg": alg, "kid": "../../../../dev/null" }),
        json!({ "alg": alg, "kid": "x' union select 'secret' --" }),
        json!({ "alg": alg, "kid": cell.id }),
        json!({ "alg": alg, "jku": "https://evil.example/jwks.json" }),
        json!({ "alg": alg, "x5u": "https://evil.example/cert.pem", "x5c": [part(THEIRS.der())] }),
        json!({ "alg": alg, "jwk": { "kty": "RSA", "n": part(THEIRS.der()), "e": "AQAB" } }),
        json!({ "alg": alg, "jwk": { "kty": "oct", "k": part("a secret that somebody made up, of length") } }),
    ] {
        out.push(theirs.raw(cell.algorithm, &hint.to_string(), &claims));
    }
    out
}

/// What the app's own key signed, and is nevertheless no token.
fn signed_nonsense(cell: &Cell) -> Vec<String> {
    let (id, alg, now) = (&cell.id, cell.algorithm.name(), START.seconds());
    let header = json!({ "alg": alg }).to_string();
    let claims = cell.claims(true).to_string();
    let mut out = Vec::new();
    for claims in [
        format!(r#"{{"appId":"{id}","appId":"{id}","exp":{now}}}"#),
        format!(r#"{{"appId":"cs-1","\u0061ppId":"{id}"}}"#),
        format!(r#"{{"appId":"{id}","exp":1,"exp":{}}}"#, now + 600),
        format!(r#"{{"appId":"{id}","nbf":{},"nbf":1}}"#, now + 9_000),
        format!(r#"{{"appId":"{id}","jti":"a","jti":"b","exp":{}}}"#, now + 600),
        format!(r#"{{"appId":"{id}","exp":1e400}}"#),
        format!(r#"{{"appId":"{id}","exp":-1e400}}"#),
        format!(r#"{{"appId":"{id}","exp":1{}}}"#, "0".repeat(400)),
        format!(r#"{{"appId":"{id}","nbf":1e308}}"#),
        format!(r#"{{"appId":"{id}","exp":-1e308}}"#),
        format!(r#"{{"appId":"{id}","exp":"{}"}}"#, now + 600),
        format!(r#"{{"appId":"{id}","exp":true}}"#),
        format!(r#"{{"appId":"{id}","exp":NaN}}"#),
        format!(r#"{{"appId":"{id}","exp":Infinity}}"#),
        format!(r#"{{"appId":["{id}"]}}"#),
        format!(r#"{{"appId":{{"$ne":1}},"iss":"{id}"}}"#),
        format!(r#"["{id}"]"#),
        format!(r#""{id}""#),
        format!(r#"{{"appId":"{id}"}}{{}}"#),
        format!("\u{feff}{claims}"),
        claims.replace('"', "'"),
        String::new(),
        "null".into(),
    ] {
        out.push(cell.signer().raw(cell.algorithm, &header, &claims));
    }
    for header in [
        format!(r#"{{"alg":"{alg}","alg":"{alg}"}}"#),
        format!(r#"{{"alg":"none","\u0061lg":"{alg}"}}"#),
        format!(r#"{{"alg":"{alg}","crit":["exp"],"exp":1}}"#),
        format!(r#"{{"alg":"{alg}","crit":[]}}"#),
        format!(r#"{{"alg":"{alg}","b64":false,"crit":["b64"]}}"#),
        format!(r#"{{"alg":"{alg}","b64":false}}"#),
        format!(r#"{{"alg":"{alg}","zip":"DEF"}}"#),
        format!(r#"["{alg}",null,null,null]"#),
    ] {
        out.push(cell.signer().raw(cell.algorithm, &header, &claims));
    }
    out
}

/// Envelopes around what is no signed token of the app, and envelopes that are none.
fn sealed_nonsense(cell: &Cell, to: &Recipient) -> Vec<String> {
    let (good, claims) = (cell.token(true), cell.claims(true).to_string());
    let unsigned = format!("{}.{}.", part(r#"{"alg":"none"}"#), part(&claims));
    let forged = THEIRS.token(rollcall_core::apps::Algorithm::Rs256, &cell.claims(true));
    let mut out: Vec<String> = WAYS
        .iter()
        .flat_map(|way| {
            let twice = to.seal(*way, &to.seal(*way, &good));
            let inside = [claims.as_str(), &unsigned, &forged, "", "a.b.c", &good[..good.len() - 1]];
            inside.map(|inside| to.seal(*way, inside)).into_iter().chain([twice])
        })
        .collect();
    let way = WAYS[1];
    for (alg, enc, more) in [
        ("RSA1_5", way.1, ""),
        ("dir", way.1, ""),
        ("none", way.1, ""),
        ("A128KW", way.1, ""),
        ("ECDH-ES", way.1, ""),
        ("RSA-OAEP-384", way.1, ""),
        ("rsa-oaep", way.1, ""),
        (way.0, "A192GCM", ""),
        (way.0, "A256CBC-HS512", ""),
        (way.0, "none", ""),
        (way.0, "", ""),
        (way.0, way.1, r#","zip":"DEF""#),
        (way.0, way.1, r#","crit":["exp"]"#),
        (way.0, way.1, r#","alg":"RSA-OAEP""#),
        (way.0, way.1, r#","kid":"nobody's""#),
        (way.0, way.1, r#","kid":7"#),
        // Encrypted in one way, and said to be in another.
        ("RSA-OAEP-256", way.1, ""),
        (way.0, "A256GCM", ""),
        (way.0, "A128CBC-HS256", ""),
    ] {
        out.push(to.raw(way, &format!(r#"{{"alg":"{alg}","enc":"{enc}"{more}}}"#), &good));
    }
    // Parts of one in another, and tags that are shorter than they should be.
    for way in WAYS {
        let (one, other) = (to.seal(way, &good), to.seal(way, &good));
        let (one, other): (Vec<&str>, Vec<&str>) = (one.split('.').collect(), other.split('.').collect());
        out.extend((1..5).map(|n| {
            let mut mixed = one.clone();
            mixed[n] = other[n];
            mixed.join(".")
        }));
        for length in [0, 2, 6, 11, 16] {
            let mut short = one.clone();
            short[4] = &one[4][..length];
            out.push(short.join("."));
        }
    }
    out
}

fn none_is_taken(acme: &TestRollcall, cell: &Cell, mutants: &[String], kind: &str) {
    for mutant in mutants {
        let why = refusal(acme, mutant.clone());
        let shown: String = mutant.chars().take(300).collect();
        assert!(why.is_some(), "{}: {kind} was taken: {shown}", cell.name());
        assert_ne!(why, Some(Refusal::Replayed), "{}: {kind} was taken before: {shown}", cell.name());
    }
}

#[test]
fn no_mutant_of_a_signed_token_is_taken() {
    let (acme, cells, to) = matrix();
    for cell in cells.iter().filter(|cell| !cell.enforce_jwe) {
        let good = cell.good(&to);
        none_is_taken(&acme, cell, &tampered(&good, 1), "a tampered token");
        none_is_taken(&acme, cell, &forged(cell), "a forged token");
        none_is_taken(&acme, cell, &signed_nonsense(cell), "nonsense");
        assert_eq!(refusal(&acme, good), None, "{}: what they were made from is good still", cell.name());
    }
}

#[test]
fn no_mutant_of_an_encrypted_token_is_taken_and_all_are_told_the_same() {
    let (acme, cells, to) = matrix();
    for cell in cells.iter().filter(|cell| cell.enforce_jwe) {
        let good = cell.good(&to);
        let step = if cell.enforce_jti && cell.algorithm.is_hmac() { 5 } else { 61 };
        none_is_taken(&acme, cell, &tampered(&good, step), "a tampered token");
        none_is_taken(&acme, cell, &sealed_nonsense(cell, &to), "an envelope");
        let inside: Vec<String> =
            forged(cell).iter().chain(&signed_nonsense(cell)).map(|t| to.seal(WAYS[1], t)).collect();
        none_is_taken(&acme, cell, &inside, "what is inside");
        none_is_taken(&acme, cell, &forged(cell), "a forged token without an envelope");
        assert_eq!(refusal(&acme, good), None, "{}: what they were made from is good still", cell.name());
    }
    // Whatever of an envelope is wrong has one answer: nobody learns what decrypts.
    let cell = cells.iter().find(|cell| cell.enforce_jwe).unwrap();
    for way in WAYS {
        let good = to.seal(way, &cell.token(true));
        for place in places(&good, 40) {
            assert_eq!(refusal(&acme, flipped(&good, place)), Some(Refusal::Undecipherable), "{way:?} {place}");
        }
    }
}

#[test]
fn claims_that_nobody_knows_are_ignored_however_deep_they_are() {
    let (acme, cells, _) = matrix();
    let (cell, header) = (&cells[0], r#"{"alg":"HS256"}"#);
    let deep = format!(r#"{{"appId":"{}","x":{}1{}}}"#, cell.id, "[".repeat(2_000), "]".repeat(2_000));
    assert_eq!(refusal(&acme, cell.signer().raw(cell.algorithm, header, &deep)), None);
}

#[test]
fn hints_in_a_good_tokens_header_change_nothing() {
    let (acme, cells, _) = matrix();
    for cell in cells.iter().filter(|cell| !cell.enforce_jti && !cell.enforce_jwe) {
        let header = json!({
            "alg": cell.algorithm.name(), "typ": "at+jwt", "kid": "../x", "jku": "https://evil.example", "x5c": ["AA"],
            "jwk": { "kty": "oct", "k": "AA" }, "cty": "JWT",
        });
        let token = cell.signer().raw(cell.algorithm, &header.to_string(), &cell.claims(false).to_string());
        assert_eq!(refusal(&acme, token), None, "{}", cell.name());
    }
}
