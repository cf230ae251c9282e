//! Certificates of a provider: read as they are pasted, kept as the base64 of their DER. Whether they are good is for
//! the sign-in to say; an expired one is taken.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

/// The longest certificate, in characters.
const MAX: usize = 20_000;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// With or without the `=` at its end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads one certificate, with or without the lines that begin and end it, and gives its body on one line.
///
/// # Errors
/// What it is not. The text is not repeated: it may be a key that was pasted by mistake.
pub(super) fn parse(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.len() > MAX {
        return Err(format!("the certificate is {} characters long; at most {MAX} are allowed", text.len()));
    }
    let body = match text.strip_prefix(BEGIN) {
        Some(rest) => {
            rest.strip_suffix(END).ok_or("the certificate does not end with its END line, or is not alone")?
        }
        None if text.starts_with("-----") => {
            return Err("this begins like a PEM file, but not like a certificate".into());
        }
        None => text,
    };
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = LENIENT.decode(body).map_err(|_| "the certificate is not base64")?;
    if is_certificate(&der) {
        Ok(STANDARD.encode(der))
    } else {
        Err("this is base64, but not of an X.509 certificate".into())
    }
}

/// The bytes of a certificate that [`parse`] gave.
pub(super) fn der(body: &str) -> Vec<u8> {
    STANDARD.decode(body).unwrap_or_default()
}

/// The outermost form of an X.509 certificate (RFC 5280 §4.1): a sequence of what is signed, by which algorithm, and the
/// signature; nothing before, between and after.
fn is_certificate(der: &[u8]) -> bool {
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 0x03;
    let parts = || {
        let content = take(SEQUENCE, der).filter(|(_, rest)| rest.is_empty())?.0;
        let (_, rest) = take(SEQUENCE, content)?;
        let (_, rest) = take(SEQUENCE, rest)?;
        take(BIT_STRING, rest).map(|(_, rest)| rest.is_empty())
    };
    parts() == Some(true)
}

/// The content of a DER element of this tag, and what follows it (X.690 §8.1, §10.1).
fn take(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    (*found == tag).then(|| rest.split_at_checked(length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a certificate looks like from outside.
    fn der() -> Vec<u8> {
        let mut signed = vec![0x30, 0x81, 0x82];
        signed.extend([7; 0x82]);
        let inside = [&signed[..], &[0x30, 0x02, 0x05, 0x00], &[0x03, 0x03, 0x00, 0xab, 0xcd]].concat();
        [&[0x30, 0x81, u8::try_from(inside.len()).unwrap()], &inside[..]].concat()
    }

    #[test]
    fn a_certificate_is_read_however_it_is_pasted() {
        let body = STANDARD.encode(der());
        let (first, second) = body.split_at(64);
        let bare = body.trim_end_matches('=');
        for text in [
            body.clone(),
            bare.to_owned(),
            format!("{first}\r\n{second}\n"),
            format!("{BEGIN}\n{first}\n{second}\n{END}\n"),
            format!("  {BEGIN}{body}{END}"),
        ] {
            assert_eq!(parse(&text).as_ref(), Ok(&body), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused_and_not_repeated() {
        let (whole, key) = (der(), [0x30, 0x06, 0x02, 0x01, 0x00, 0x30, 0x01, 0x00]);
        let longer = [&whole[..], &[0]].concat();
        let pem = format!("{BEGIN}\n{}\n{END}", STANDARD.encode(&whole));
        let table = [
            ("!!!!".to_owned(), "not base64"),
            (STANDARD.encode(b"canary canary canary"), "not of an X.509"),
            (STANDARD.encode(key), "not of an X.509"),
            (STANDARD.encode(&whole[..whole.len() - 1]), "not of an X.509"),
            (STANDARD.encode(longer), "not of an X.509"),
            (format!("{pem}\n{pem}"), "not base64"),
            (format!("{BEGIN}\n{}", STANDARD.encode(&whole)), "END line"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----".to_owned(), "not like a certificate"),
            ("A".repeat(MAX + 1), "20001 characters"),
            (String::new(), "not of an X.509"),
        ];
        for (text, part) in table {
            let why = parse(&text).unwrap_err();
            assert!(why.contains(part) && (text.is_empty() || !why.contains(&text)), "{text}: {why}");
        }
    }
}
