//! Text that people type: trimming, what is refused, and the keys by which names and addresses are compared.

use icu_casemap::CaseMapper;
use unicode_normalization::UnicodeNormalization as _;

/// Trims a text and refuses control characters and anything longer than `max` characters, naming `field`.
///
/// # Errors
/// A sentence with the field's name.
pub fn clean(field: &str, text: &str, max: usize) -> Result<String, String> {
    let text = text.trim();
    if let Some(c) = text.chars().find(|c| c.is_control() || is_override(*c)) {
        return Err(format!("{field} holds the control character U+{:04X}", u32::from(c)));
    }
    let length = text.chars().count();
    if length > max {
        return Err(format!("{field} is {length} characters long; at most {max} are allowed"));
    }
    Ok(text.to_owned())
}

/// As [`clean`], and refuses the empty text.
///
/// # Errors
/// A sentence with the field's name.
pub fn required(field: &str, text: &str, max: usize) -> Result<String, String> {
    let text = clean(field, text, max)?;
    if text.is_empty() { Err(format!("{field} is empty")) } else { Ok(text) }
}

/// Characters that turn the direction of what follows: a name that holds one can look like another (UAX #9 §2).
fn is_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that nobody sees (Default_Ignorable_Code_Point of the scripts in use): they make no two names differ.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The key by which names are compared: Unicode compatibility form, case folded, without what nobody sees. "Audit",
/// "AUDIT" and "Ａudit" are one.
pub fn key(text: &str) -> String {
    if text.is_ascii() {
        // The same, at a hundredth of the time: most texts are, and some are whole replies.
        return text.trim().to_ascii_lowercase();
    }
    unicode_key(text)
}

fn unicode_key(text: &str) -> String {
    let visible: String = text.trim().nfkc().filter(|c| !is_ignorable(*c)).collect();
    CaseMapper::new().fold_string(&visible).nfkc().collect()
}

/// An e-mail address: as it was first written, and the key by which it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email {
    text: String,
    key: String,
}

impl Email {
    /// Reads an address (RFC 5321 §4.1.2 without quoted local parts, address literals and display names; at most 254
    /// characters).
    /// The domain is compared in its ASCII form (UTS #46), the local part without regard to case.
    ///
    /// # Errors
    /// Why it is no address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = clean("the e-mail address", text, 254)?;
        let options = email_address::Options::default().without_display_text().without_domain_literal();
        let address =
            email_address::EmailAddress::parse_with_options(&text, options).map_err(|e| format!("{text:?}: {e}"))?;
        if address.local_part().starts_with('"') {
            return Err(format!("{text:?}: quoted local parts are not supported"));
        }
        let domain = idna::domain_to_ascii_strict(address.domain())
            .map_err(|_| format!("{text:?}: {:?} is not a domain name", address.domain()))?;
        let key = format!("{}@{domain}", key(address.local_part()));
        Ok(Self { text, key })
    }

    /// The key under which an address is looked up, also where the text is no address (which then finds nothing).
    pub fn lookup_key(text: &str) -> String {
        Self::parse(text).map_or_else(|_| text.trim().to_owned(), |email| email.key)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// As mail is sent to it: the domain in its ASCII form (RFC 5890 §2.3.2.1).
    pub fn mailbox(&self) -> String {
        let local = self.text.rsplit_once('@').map_or("", |(local, _)| local);
        let domain = self.key.rsplit_once('@').map_or("", |(_, domain)| domain);
        format!("{local}@{domain}")
    }

    /// By which it is compared.
    pub fn key(&self) -> &str {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_ascii_is_that_of_unicode() {
        let all: String = (0..128_u8).map(char::from).collect();
        for text in [all.as_str(), " Audit\t", "\u{b}A\u{c}", "\u{1c}a\u{1f}", ""] {
            assert_eq!(key(text), unicode_key(text), "{text:?}");
        }
    }

    #[test]
    fn addresses_compare_without_case_and_by_ascii_domain() {
        let email = Email::parse(" Ada.Obi@BÜCHER.example ").unwrap();
        assert_eq!(email.as_str(), "Ada.Obi@BÜCHER.example");
        assert_eq!(email.key(), "ada.obi@xn--bcher-kva.example");
        assert_eq!(Email::lookup_key("ADA.obi@bücher.EXAMPLE"), email.key());
        assert_eq!(email.mailbox(), "Ada.Obi@xn--bcher-kva.example");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "deskkore1",
            "a3q4",
            "@acme.test",
            "a@",
            "a b@acme.test",
            "Ada <ada@acme.test>",
            "a@[127.0.0.1]",
            "a\u{0}@acme.test",
            "a@b..c",
            "\"a b\"@acme.test",
            "a\u{202E}b@acme.test",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Email::parse(&format!("{}@acme.test", "a".repeat(300))).unwrap_err().contains("254"));
    }

    #[test]
    fn names_compare_folded() {
        assert_eq!(key("  Straße "), key("STRASSE"));
        assert_eq!(key("Ａudit"), key("audit"));
        assert_eq!(key("Au\u{200B}dit"), key("audit"));
        assert_ne!(key("Audit"), key("Audits"));
    }

    #[test]
    fn text_is_refused_by_name() {
        assert_eq!(clean("lastName", "  Obi ", 10), Ok("Obi".into()));
        assert_eq!(clean("lastName", "O\u{7}bi", 10).unwrap_err(), "lastName holds the control character U+0007");
        assert_eq!(clean("lastName", "Obiwan", 3).unwrap_err(), "lastName is 6 characters long; at most 3 are allowed");
        assert_eq!(required("name", "  ", 3).unwrap_err(), "name is empty");
    }
}
