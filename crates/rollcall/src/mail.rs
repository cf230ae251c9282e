//! How a letter looks (text and HTML) and how it is written to the outbox folder. SMTP is not here yet.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use askama::Template;
use lettre::Message;
use lettre::message::{Mailbox, MultiPart};
use rollcall_core::mail::{Due, LetterKind};
use rollcall_core::text::Email;

/// What stands in a letter.
struct Said<'a> {
    greeting: &'a str,
    account: &'a str,
    link: &'a str,
    expires: &'a str,
}

/// A letter in one form.
macro_rules! form {
    ($name:ident, $path:literal) => {
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'a>(&'a Said<'a>);
    };
}
form!(InvitationText, "invitation.txt");
form!(InvitationHtml, "invitation.html");
form!(ResetText, "reset.txt");
form!(ResetHtml, "reset.html");

/// Renders a letter as a message (RFC 5322, text and HTML as alternatives).
pub(crate) fn render(due: &Due, public_url: &str) -> Result<Vec<u8>> {
    let letter = &due.letter;
    let token = letter.token.expose();
    let link = match letter.kind {
        LetterKind::Invitation => format!("{public_url}/activate/{token}"),
        LetterKind::Reset => format!("{public_url}/console/reset/{token}"),
    };
    let greeting = letter.first_name.as_ref().map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"));
    let expires = letter.expires.to_string();
    let (day, time) = expires.split_once('T').unwrap_or_default();
    let account = letter.account_name.as_str();
    let (name, subject, text, html) = match letter.kind {
        LetterKind::Invitation => {
            let said = Said { greeting: &greeting, account, link: &link, expires: day };
            let subject = format!("You are invited to {account}");
            ("invitation", subject, InvitationText(&said).render()?, InvitationHtml(&said).render()?)
        }
        LetterKind::Reset => {
            // A quarter of an hour: the minute matters.
            let minute = format!("{day} {} UTC", time.get(..5).unwrap_or_default());
            let said = Said { greeting: &greeting, account, link: &link, expires: &minute };
            (
                "reset",
                format!("Set a new password for {account}"),
                ResetText(&said).render()?,
                ResetHtml(&said).render()?,
            )
        }
    };
    let host = public_url.split("://").nth(1).unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    // An address in numbers is no mail domain.
    let is_name = host.contains(|c: char| c.is_ascii_alphabetic()) && !host.starts_with('[');
    let host = if is_name { host } else { "localhost" };
    let written = SystemTime::UNIX_EPOCH + Duration::from_millis(due.written.0.unsigned_abs());
    let address = Email::parse(&letter.to).map_or_else(|_| letter.to.clone(), |email| email.mailbox());
    let to = Mailbox::new(None, address.parse().with_context(|| format!("{} cannot be written to", letter.to))?);
    let message = Message::builder()
        .from(Mailbox::new(Some("Rollcall".into()), format!("no-reply@{host}").parse()?))
        .to(to)
        .subject(subject)
        .date(written)
        .message_id(Some(format!("<{name}-{}-{}@{host}>", due.written.0, due.id)))
        .multipart(MultiPart::alternative_plain_html(text, html))?;
    Ok(message.formatted())
}

/// Writes a message into the outbox folder: whole or not at all, and once, however often it is delivered.
pub(crate) fn write(folder: &Path, due: &Due, message: &[u8]) -> Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let name = format!("{}-{}.eml", due.written.0, due.id);
    let temporary = folder.join(format!(".{name}.part"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(message)?;
    file.sync_all()?;
    std::fs::rename(&temporary, folder.join(name))?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rollcall_core::chance::Secret;
    use rollcall_core::clock::Time;
    use rollcall_core::mail::Letter;

    use super::*;

    fn due(first_name: Option<&str>, account: &str) -> Due {
        let letter = Letter {
            kind: LetterKind::Invitation,
            to: "ada@acme.test".into(),
            first_name: first_name.map(str::to_owned),
            account_name: account.into(),
            token: Secret::new("t0ken"),
            expires: Time(1_700_000_000_000),
        };
        Due { id: 7, attempts: 0, written: Time(1_690_000_000_000), letter }
    }

    #[test]
    fn an_invitation_has_text_and_html_with_the_link() {
        let message = String::from_utf8(render(&due(Some("Ada"), "Acme"), "https://rc.example").unwrap()).unwrap();
        for part in ["To: ada@acme.test", "text/plain", "text/html", "no-reply@rc.example", "Hello Ada"] {
            assert!(message.contains(part), "{part} is missing in\n{message}");
        }
        assert_eq!(message.replace("=\r\n", "").matches("https://rc.example/activate/t0ken").count(), 3, "{message}");
    }

    #[test]
    fn a_letter_for_a_new_password_says_so_and_leads_to_its_page() {
        let mut due = due(Some("Ada"), "Acme");
        due.letter.kind = LetterKind::Reset;
        let message = String::from_utf8(render(&due, "https://rc.example").unwrap()).unwrap();
        for part in
            ["Subject: Set a new password for Acme", "<reset-1690000000000-7@rc.example>", "2023-11-14 22:13 UTC"]
        {
            assert!(message.contains(part), "{part} is missing in\n{message}");
        }
        let whole = message.replace("=\r\n", "");
        assert_eq!(whole.matches("https://rc.example/console/reset/t0ken").count(), 3, "{message}");
    }

    #[test]
    fn names_cannot_inject_headers_or_markup() {
        let message = render(&due(Some("<b>Eve</b>"), "Acme\r\nBcc: all@acme.test"), "https://rc.example").unwrap();
        let message = String::from_utf8(message).unwrap();
        let headers = &message[..message.find("\r\n\r\n").unwrap()];
        assert!(!headers.contains("\r\nBcc:"), "{headers}");
        let html = &message[message.find("text/html").unwrap()..];
        assert!(!html.contains("<b>Eve"), "{html}");
    }

    #[test]
    fn delivering_twice_leaves_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let due = due(None, "Acme");
        for _ in 0..2 {
            write(folder.path(), &due, b"x").unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
