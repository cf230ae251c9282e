//! Secrets stay where they belong. That no reply and no line of the log tells one is seen to in every test by the testkit
//! (`canary`); here: which columns hold secrets, that nothing of them lies in the database in clear, and that the search finds.

use std::collections::BTreeSet;

use rollcall_core::policy::Scope;
use rollcall_testkit::{TestDatabase, TestRollcall, canary};
use serde_json::json;

use crate::acme::letters;
use crate::isolation::theirs::strangers;

/// Columns with secrets in them, and how one comes into each that tests could recognise.
const SECRET: [(&str, &str); 8] = [
    ("credentials.password_hash", "the passwords of the administrators of these tests are planted"),
    ("earlier_passwords.password_hash", "the same"),
    ("credentials.totp", "the key of the factor is planted; sealed as the others are"),
    ("sign_in_links.token_hash", "the token of the link that nobody has used is planted"),
    ("app_secrets.sealed", "every app of the testkit has a secret of `canary::secret`"),
    ("outbox.payload", "the tokens of the letters that wait are planted as they are read"),
    ("invitations.token_hash", "the hash of such a token"),
    ("server_keys.sealed", "the private half of a key pair, of which no code makes a text; sealed as the others are"),
];

/// Columns of bytes, and texts that are called like secrets, that hold none; and why.
const NO_SECRET: [(&str, &str); 24] = [
    ("sessions.token_hash", "of 32 random bytes that the browser alone has"),
    ("recovery_codes.code_hash", "of random bytes that were shown once"),
    ("search_grams.users", "in which users of a block three characters stand"),
    ("users.name_key", NAME),
    ("server_keys.public_key", "everybody may have it"),
    ("token_ids.jti_hash", "of an id that a client chose, and that is good for nothing once it was seen"),
    ("audit_checkpoints.hash", "of an event; whoever may read the log may know it"),
    ("audit_checkpoints.signature", "vouches for an event to whoever has the public key"),
    ("installation.value", "by which a key or a copy of the database is known again, and nothing is opened"),
    ("idempotency_keys.idempotency_key", "chosen by a client to tell its own requests apart"),
    ("idempotency_keys.fingerprint", "a hash of a request, which the app itself has sent"),
    ("idempotency_keys.body", "a reply, which was sent to the app and tells no secret"),
    ("audit_events.previous_hash", "vouches for the event before; whoever may read the log may know it"),
    ("audit_events.hash", "vouches for the event; whoever may read the log may know it"),
    ("files.content", "what an app uploaded for others of its account to take up"),
    ("accounts.name_key", NAME),
    ("users.email_key", NAME),
    ("groups.name_key", NAME),
    ("roles.name_key", NAME),
    ("bots.name_key", NAME),
    ("dialogs.name_key", NAME),
    ("apps.name_key", NAME),
    ("page_counts.kind", "a word"),
    ("accounts.chain_id", "where an audit chain begins: random, and the callback of single sign-on is a hash of it"),
];
const NAME: &str = "a name in the form by which it is compared";

/// Whether a text may be a secret, by its name.
fn is_called_secret(column: &str) -> bool {
    ["secret", "token", "key", "password", "sealed", "private", "hash"].into_iter().any(|word| column.contains(word))
}

#[test]
fn every_column_of_bytes_is_known_to_be_secret_or_not() {
    let listed: Vec<&str> = SECRET.into_iter().chain(NO_SECRET).map(|(column, _)| column).collect();
    for database in [TestDatabase::migrated(), sqlite()] {
        let columns = database.readable_columns();
        for (table, column, is_bytes) in &columns {
            let count = listed.iter().filter(|known| **known == format!("{table}.{column}")).count();
            assert!(
                count == 1 || (count == 0 && !is_bytes && !is_called_secret(column)),
                "{table}.{column} stands in SECRET and NO_SECRET of crates/rollcall-web/tests/it/canaries.rs {count} times: say \
                 there how a secret is planted in it, or why it holds none"
            );
        }
        for known in &listed {
            let is_column = columns.iter().any(|(table, column, _)| *known == format!("{table}.{column}"));
            assert!(is_column, "{known} is no column (any more): remove it");
        }
    }
}

fn sqlite() -> TestDatabase {
    let database = TestDatabase::sqlite();
    rollcall_core::Rollcall::migrate(&database.database(), &rollcall_core::clock::SystemClock).expect("it is migrated");
    database
}

/// The bytes of a cell that was read as hex digits.
fn bytes_of(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
}

/// Where planted secrets lie in clear: in cells, and on SQLite in the files as they are.
fn in_clear(database: &TestDatabase) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    for (table, column, is_bytes) in database.readable_columns() {
        let cells = database.query(&format!("select {column} from {table} where {column} is not null"));
        for cell in cells.into_iter().flatten().flatten() {
            let bytes = if is_bytes { bytes_of(&cell) } else { cell.into_bytes() };
            places.extend(canary::found_in(&bytes).map(|what| format!("{what} in {table}.{column}")));
        }
    }
    for file in database.folder().into_iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder")) {
        let path = file.expect("a file").path();
        let found = canary::found_in(&std::fs::read(&path).expect("a file is read"));
        places.extend(found.map(|what| format!("{what} in a file, {:?}", path.extension())));
    }
    places
}

/// A text for a statement, in pieces too short to be recognised: the driver's log has the statements of tests, too.
fn in_pieces(text: &str) -> String {
    let pieces = text.as_bytes().chunks(8).map(|piece| format!("'{}'", std::str::from_utf8(piece).expect("ASCII")));
    format!("({})", pieces.collect::<Vec<_>>().join(" || "))
}

/// An installation with a secret in every column that can have one, all of them planted.
async fn planted() -> TestRollcall {
    let acme = strangers().await;
    assert!(!letters(&acme).is_empty(), "a letter waits");
    for (column, how) in SECRET {
        let (table, column) = column.split_once('.').expect("a table and a column");
        let count = acme.database().number(&format!("select count(*) from {table} where {column} is not null"));
        assert!(count > 0, "nothing is in {table}.{column}, though: {how}");
    }
    acme
}

#[tokio::test]
async fn no_secret_lies_in_the_database_in_clear() {
    let acme = planted().await;
    assert_eq!(in_clear(acme.database()), BTreeSet::new());
    // The search finds what lies there: in a cell, and where there are files, in them.
    let canary = canary::secret("something in clear");
    let canary = in_pieces(canary.expose());
    acme.database().execute(&format!("update users set job_title = {canary} where email = 'ada@acme.test'"));
    let bytes = if TestDatabase::is_postgres() { "bytea" } else { "blob" };
    acme.database().execute(&format!("update files set content = cast({canary} as {bytes})"));
    let found = in_clear(acme.database());
    let expected = ["something in clear in files.content", "something in clear in users.job_title"];
    assert!(expected.iter().all(|place| found.contains(*place)), "{found:?}");
    assert_eq!(found.iter().any(|place| place.contains("in a file")), acme.database().folder().is_some(), "{found:?}");
}

#[tokio::test]
#[should_panic(expected = "the reply tells something in clear")]
async fn a_reply_that_tells_a_planted_secret_fails_its_test() {
    let acme = TestRollcall::new();
    let email = acme.admin("ada");
    let canary = canary::secret("something in clear");
    acme.database().execute(&format!("update users set first_name = {}", in_pieces(canary.expose())));
    acme.app(&[Scope::UserManagement]).post("usersInfo", &json!({ "emailIds": [email] })).await;
}

/// Tokens that are refused for whatever reason are told to nobody, nor is what they would have been checked with.
#[tokio::test]
async fn no_refusal_tells_the_token_or_the_secret() {
    let acme = planted().await;
    let app = acme.app(&Scope::ALL);
    let id = app.client_id().as_str();
    let token = app.token().expect("a token");
    let (body, _) = token.rsplit_once('.').expect("three parts");
    let secret = canary::secret("what somebody took for a token");
    for wrong in [
        app.with_claims(&json!({"appId": id, "exp": 1})),
        app.with_claims(&json!({"appId": id, "nbf": 4_000_000_000_u32})),
        app.with_claims(&json!({"appId": "cs-nobody"})),
        app.with_token(format!("{body}.{}", secret.expose())),
        app.with_token(secret.expose()),
        app.with_header("authorization", format!("Bearer {}", secret.expose())).with_token(""),
        app.with_header("x-request-id", "one").with_header("idempotency-key", "two").with_token(format!("{token}x")),
    ] {
        let reply = wrong.post("users", &json!({"users": []})).await;
        assert_eq!(reply.status, 401, "{}", reply.text);
    }
    let link = format!("/activate/{}", letters(&acme)[0].token.expose());
    for path in [link.clone(), format!("{link}x"), link.replace("activate", "Activate"), format!("/x{link}")] {
        acme.visitor().get(&path).await;
    }
    canary::check_log();
}
