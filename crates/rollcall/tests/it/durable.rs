//! Killed under load, nothing that was answered is lost, and what is there is whole. That an answer also waits for the
//! disk is a setting of the database, which the core's own tests look at.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::blocking::Client;
use rollcall_core::clock::SystemClock;
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;
use rollcall_core::seal::InstallationKey;
use rollcall_core::{Open, Rollcall, Threads, audit};
use serde_json::{Value, json};

use crate::program::{Program, Server};

const CALLERS: usize = 16;

/// How many answers come before each kill: different places in the life of the log file.
const KILLS: [usize; 4] = [5, 60, 333, 150];

fn app(program: &Program) -> String {
    let scopes = ["--scope", "user-management", "--scope", "role-management"];
    let app = program.run(&[["--json", "app", "create", "--name", "load"].as_slice(), &scopes].concat()).json();
    let id = app["clientId"].as_str().expect("an id").to_owned();
    program.run(&["app", "token", &id]).ok().trim().to_owned()
}

fn create(client: &Client, server: &Server, token: &str, email: &str) -> Option<bool> {
    let body = json!({"users": [{"userInfo": {"emailId": email}}]});
    let answer =
        client.post(format!("{}/api/public/users", server.url)).header("auth", token).json(&body).send().ok()?;
    let body: Value = answer.json().ok()?;
    Some(body["msg"] == "Users are created Successfully")
}

/// Creates users on many connections until the server is killed; gives the addresses that were answered.
fn load_until_killed(server: &Server, token: &str, round: usize, kill_after: usize) -> HashSet<String> {
    let answered = Mutex::new(HashSet::new());
    let count = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (answered, count) = (&answered, &count);
            scope.spawn(move || {
                let client = Client::new();
                for n in 0.. {
                    let email = format!("user-{round}-{caller}-{n}@acme.test");
                    match create(&client, server, token, &email) {
                        Some(created) => {
                            assert!(created, "{email} is new");
                            // Answered means committed: whoever asks next sees it. (The server may die meanwhile.)
                            let lost = look_up(&client, server, token, &[&email]);
                            assert_eq!(lost.unwrap_or_default(), Vec::<String>::new(), "answered before it was there");
                            answered.lock().expect("no panic").insert(email);
                        }
                        None => return,
                    }
                    if count.fetch_add(1, Ordering::SeqCst) + 1 == kill_after {
                        server.signal("KILL");
                    }
                }
            });
        }
    });
    answered.into_inner().expect("no panic")
}

/// Which of these addresses the server does not know; none where it did not answer.
fn look_up(client: &Client, server: &Server, token: &str, emails: &[&String]) -> Option<Vec<String>> {
    let url = format!("{}/api/public/usersInfo", server.url);
    let found: Value =
        client.post(url).header("auth", token).json(&json!({ "emailIds": emails })).send().ok()?.json().ok()?;
    let found = found.as_array().expect("a list");
    assert_eq!(found.len(), emails.len());
    let failed = found.iter().filter(|user| user["userInfo"]["status"] == "failure");
    Some(failed.map(|user| user["userInfo"]["emailId"].to_string()).collect())
}

/// Opens the database in this process and walks the audit chain; gives the number of events.
fn verified_events(program: &Program) -> u64 {
    let key = std::fs::read_to_string(program.data().join("rollcall.key")).expect("a key");
    let (rollcall, host) = Rollcall::open(Open {
        database: program.database(),
        clock: Box::new(SystemClock),
        key: InstallationKey::parse(&key).expect("a key"),
        threads: Threads::default(),
    })
    .expect("the database opens");
    let account = rollcall.accounts(&host).wait().expect("accounts").remove(0);
    let actor = || host.actor(&account, "test");
    while rollcall.write(actor(), Permission::RunJobs, Mode::Real, audit::seal).wait().expect("sealing") > 0 {}
    let walked = rollcall.read(actor(), Permission::RunJobs, audit::verify).wait().expect("a walk");
    assert_eq!(walked.broken, None);
    walked.sealed
}

#[test]
fn a_server_killed_under_load_has_lost_nothing_that_it_answered() {
    let program = Program::new();
    let token = app(&program);
    let mut answered = HashSet::new();
    for (round, kill_after) in KILLS.into_iter().enumerate() {
        let server = program.serve(&[]);
        answered.extend(load_until_killed(&server, &token, round, kill_after));
        assert_eq!(server.ended(), None, "it was killed");
        let server = program.serve(&[]);
        let emails: Vec<&String> = answered.iter().collect();
        for batch in emails.chunks(500) {
            assert_eq!(look_up(&Client::new(), &server, &token, batch), Some(Vec::new()), "round {round}");
        }
        server.signal("TERM");
        assert_eq!(server.ended(), Some(0));
    }
    // Each creation has its event; what was committed and not answered any more may be there besides.
    let events = verified_events(&program);
    let others = 2; // the account and the app
    let most = answered.len() + KILLS.len() * CALLERS;
    assert!(
        (answered.len()..=most).contains(&(events as usize - others)),
        "{events} events for {} users",
        answered.len()
    );
}
