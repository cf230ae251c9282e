//! A password in the address of a database is seen by nobody: not in what is printed, not in what is logged.

use rollcall_testkit::TestDatabase;

use super::{Kind, Place, create, files, stop, text};

const PASSWORD: &str = "s3cr3t-canary";
/// The same, as an address may have to spell it.
const SPELT: &str = "s3cr3t%2Dcanary";

/// The address with a password in it, in both places where it can be.
fn with_password(url: &str) -> [String; 2] {
    let and = if url.contains('?') { '&' } else { '?' };
    [url.replacen('@', &format!(":{SPELT}@"), 1), format!("{url}{and}password={PASSWORD}")]
}

fn is_silent(what: &[&str], said: &str) {
    assert!(!said.contains(PASSWORD) && !said.contains(SPELT), "{what:?}: {said}");
}

/// Runs a command with every log and trace there is; gives what it said.
fn say(place: &Place, code: i32, arguments: &[&str]) -> String {
    let mut command = place.command();
    command.args(arguments).env("ROLLCALL_LOG", "trace").env("RUST_BACKTRACE", "1");
    let done = command.output().expect("the binary runs");
    let said = [done.stdout, done.stderr].map(|said| String::from_utf8(said).expect("text")).concat();
    assert_eq!(done.status.code(), Some(code), "{arguments:?}: {said}");
    is_silent(arguments, &said);
    said
}

#[test]
fn no_command_says_the_password_of_its_database() {
    let acme = Place::filled(Kind::Postgres);
    for (n, form) in [[].as_slice(), &["--json"]].into_iter().enumerate() {
        let url = &with_password(&acme.url())[n];
        let say = |place, code, arguments: &[&str]| say(place, code, &[form, arguments].concat());
        let (restored, copied) = (acme.twin(Kind::Postgres), acme.twin(Kind::Postgres));
        let (into, to) = (&with_password(&restored.url())[n], &with_password(&copied.url())[n]);
        let file = acme.path(&format!("{n}.db"));
        say(&acme, 0, &["--database", url, "backup", text(&file)]);
        let bytes = std::fs::read(&file).expect("a file");
        assert!(!bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()), "it is in the file");
        say(&acme, 0, &["--database", url, "audit", "verify"]);
        say(&restored, 0, &["--database", into, "restore", text(&file)]);
        assert!(say(&acme, 0, &["--database", url, "copy", "--to", to]).contains("***"), "it says where to");
        // The targets are full now.
        assert!(say(&restored, 1, &["--database", into, "restore", text(&file)]).contains("***"));
        assert!(say(&acme, 1, &["--database", url, "copy", "--to", to]).contains("***"));
        assert!(say(&acme, 2, &["--database", url, "copy", "--to", url]).contains("***"));
    }
}

#[test]
fn a_server_logs_no_password_and_neither_do_commands_beside_it() {
    let mut acme = Place::filled(Kind::Postgres);
    let [url, _] = with_password(&acme.url());
    acme.program.set("ROLLCALL_DATABASE", &url);
    acme.program.set("ROLLCALL_LOG", "trace");
    let (server, token) = (acme.serve(&[]), acme.token());
    is_silent(&["serve"], &server.greeting.to_string());
    create(&server, &token, &["new@acme.test"], &[]);
    say(&acme, 0, &["audit", "verify"]);
    acme.run(&["backup", "a.db"]).ok();
    // It has something to say of a connection that breaks.
    let broken = "select pg_terminate_backend(pid) from pg_stat_activity \
                  where application_name = 'rollcall' and datname = current_database()";
    assert!(!acme.database.query(broken).is_empty());
    create(&server, &token, &["newer@acme.test"], &[]);
    stop(server);
    let log = acme.log();
    assert!(log.lines().count() > 5, "{log}");
    is_silent(&["serve"], &log);
}

#[test]
fn no_error_says_the_password() {
    let acme = Place::filled(Kind::Sqlite);
    let (file, cluster) = (acme.path("a.db"), super::shared());
    acme.run(&["backup", text(&file)]).ok();
    let gone = cluster.url("no_such_database");
    let nobody = gone.replacen("rollcall@", "nobody@", 1);
    let exists = TestDatabase::on(&cluster.url("postgres"));
    let parameter = |pair: &str| format!("{}?{pair}", exists.url());
    for (url, code) in [
        (gone, 1),
        (nobody, 1),
        ("postgres://rollcall@127.0.0.1:1/rollcall".to_owned(), 1),
        (parameter("colour=red"), 2),
        (parameter("sslmode=allow"), 2),
        (parameter("sslmode=verify-full&sslrootcert=/no/such.pem"), 1),
        ("postgres://rollcall@127.0.0.1:99999/rollcall".to_owned(), 2),
        ("mysql://rollcall@db/rollcall".to_owned(), 2),
    ] {
        let [one, other] = with_password(&url);
        for arguments in [
            ["copy", "--to", &one].as_slice(),
            &["--database", &one, "backup", "b.db"],
            &["--json", "copy", "--to", &other],
            &["--database", &other, "restore", text(&file)],
            &["--json", "--database", &other, "audit", "verify"],
        ] {
            let said = say(&acme, code, arguments);
            assert!(said.contains("***") || !arguments.contains(&"--to"), "it says which database: {said}");
        }
    }
    assert!(!files(acme.data().parent().expect("a folder")).contains(&"b.db".to_owned()));
}
