//! How a text is written as a YAML scalar: plain where every reader of YAML takes it for that text, else in quotes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Where a scalar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// After a key or a dash.
    Block,
    /// Between brackets or braces.
    Flow,
}

/// Words that some version of YAML takes for null or a flag.
const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// The text as a scalar, on one line.
pub(super) fn scalar(text: &str, spot: Spot) -> Cow<'_, str> {
    if is_safe(text, spot) { Cow::Borrowed(text) } else { Cow::Owned(quoted(text)) }
}

fn is_safe(text: &str, spot: Spot) -> bool {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else { return false };
    (first.is_alphanumeric() || matches!(first, '_' | '/'))
        && !matches!(last, ' ' | '-')
        && text.chars().all(|c| is_safe_inside(c, spot))
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        && !(first.is_ascii_digit() && looks_like_a_number(text))
}

fn is_safe_inside(c: char, spot: Spot) -> bool {
    c.is_alphanumeric()
        || matches!(
            c,
            ' ' | '_'
                | '-'
                | '.'
                | '/'
                | '@'
                | '+'
                | '&'
                | '('
                | ')'
                | '\''
                | '!'
                | '?'
                | ';'
                | '='
                | '~'
                | '*'
                | '%'
                | '$'
        )
        || (spot == Spot::Block && matches!(c, ',' | '[' | ']'))
}

/// Numbers in any base and with any separator, dates and times: whatever has no letter but those that numbers have.
fn looks_like_a_number(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_ascii_hexdigit()
            || matches!(c, 'x' | 'X' | 'o' | 'O' | '_' | '.' | ',' | '+' | '-' | 't' | 'T' | 'z' | 'Z' | ' ')
    })
}

/// The text in quotes, as in JSON; what is no visible character, or may be taken for a line break, is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                // None of these is beyond the basic plane. Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_every_reader_takes_for_text_stays_plain() {
        for text in [
            "Audit",
            "not active",
            "O'Brien & Sons",
            "ada@acme.test",
            "24/7 support",
            "A-1",
            "st-1f0c",
            "Zoë",
            "x y  z",
            "/a",
            "HS256",
            "e9",
            "profile.png",
        ] {
            assert_eq!(scalar(text, Spot::Flow), text);
        }
        for text in [
            "",
            " ",
            " a",
            "a ",
            "-a",
            "- a",
            "?",
            "a: b",
            "a:",
            "#x",
            "a #b",
            "#ffd700",
            "yes",
            "No",
            "NULL",
            "~",
            "true",
            "1",
            "1e3",
            "0x1F",
            "0o17",
            "1_000",
            "1.5",
            ".5",
            "-1",
            "+1",
            "02139",
            "2026-11-21",
            "12:30",
            "5d9d920dabdc1e6e8ec99342",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "|",
            ">",
            "<<",
            "=",
            "a\tb",
            "a\nb",
            "\u{a0}a",
            "a\u{2028}b",
            "{a}",
            "\"a\"",
            "a\"b",
            "'a'",
            "a\\b",
            "---",
            "...",
            "😀",
            "a\u{85}b",
            "a -",
            "a-",
        ] {
            assert!(scalar(text, Spot::Block).starts_with('"'), "{text:?}");
        }
        assert_eq!(scalar("Reads, [writes]", Spot::Block), "Reads, [writes]");
        assert_eq!(scalar("Reads, [writes]", Spot::Flow), "\"Reads, [writes]\"");
        assert_eq!(
            scalar("\u{feff}\u{7}\u{9f}\r\n\t\"\\é", Spot::Block),
            "\"\\ufeff\\u0007\\u009f\\r\\n\\t\\\"\\\\é\""
        );
    }
}
