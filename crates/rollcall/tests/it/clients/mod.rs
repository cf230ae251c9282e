//! docs/clients.md: its examples run as they stand and print what it says, wait as long as they are told, and do once what they had to send twice.

mod examples;
mod lossy;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use self::examples::Example;
use self::lossy::Lossy;
use crate::program::{Program, Server};

const PAGE: &str = include_str!("../../../../../docs/clients.md");

#[test]
fn every_example_of_the_page_prints_what_the_page_says() {
    let (program, server) = demo();
    let reader = Reader::new(&program, &server);
    let wrong: Vec<_> = examples::of(PAGE).iter().filter_map(|example| reader.differs(example, &server.url)).collect();
    assert!(wrong.is_empty(), "docs/clients.md says otherwise:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_sent_again_after_a_lost_answer_is_done_once() {
    let (program, server) = demo();
    let reader = Reader::new(&program, &server);
    let before = users(&server);
    let examples = examples::of(PAGE);
    let mut created = 0;
    for (title, users, after) in [("bulk.py", 600, 2), ("bulk.mjs", 600, 2), ("bulk.sh", 250, 0), ("again.sh", 1, 0)] {
        let example = examples.iter().find(|example| example.title == title).expect("an example");
        let (wrong, story) = Lossy::before(&server, |url| reader.differs(example, url));
        assert_eq!(wrong, None, "{title}: {story:?}");
        let told: Vec<_> = story.iter().map(String::as_str).collect();
        let [limited, busy] = ["429 without being asked", "503 without being asked, after Retry-After"];
        assert_eq!(told[..4], [limited, busy, "200 lost", "200 replayed"], "{title}: {story:?}");
        assert_eq!(told[4..], ["200"].repeat(after), "{title}: {story:?}");
        created += users;
    }
    assert_eq!(users(&server), before + created);
}

/// A server as the page has it.
fn demo() -> (Program, Server) {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    (program, server)
}

/// How many users there are.
fn users(server: &Server) -> u64 {
    let token = server.greeting["demo"]["token"].as_str().expect("a token");
    let request = reqwest::blocking::Client::new().get(format!("{}/api/public/alluserroles?limit=1", server.url));
    let answer: Value = request.header("auth", token).send().expect("an answer").json().expect("JSON");
    answer["total"].as_u64().expect("a number")
}

/// Somebody who copies examples into a folder and runs them.
struct Reader<'a> {
    program: &'a Program,
    folder: PathBuf,
    /// Client id and secret.
    app: [&'a str; 2],
}

impl<'a> Reader<'a> {
    fn new(program: &'a Program, server: &'a Server) -> Self {
        let folder = program.path("examples");
        let programs = folder.join("bin");
        fs::create_dir_all(&programs).expect("a folder");
        // The system's own Python has the modules; whichever is first in the path may not.
        symlink("/usr/bin/python3", programs.join("python3")).expect("a link");
        symlink(env!("CARGO_BIN_EXE_rollcall"), programs.join("rollcall")).expect("a link");
        // Modules of `import` are looked for beside the script, whatever NODE_PATH says.
        symlink(node_modules(), folder.join("node_modules")).expect("a link");
        let text = |key: &str| server.greeting["demo"][key].as_str().expect("text");
        Self { program, folder, app: [text("clientId"), text("clientSecret")] }
    }

    /// Runs an example; what is not as the page says, if anything.
    fn differs(&self, example: &Example<'_>, url: &str) -> Option<String> {
        fs::write(self.folder.join(example.title), example.text).expect("a file is written");
        let path = std::env::var("PATH").expect("a path");
        let mut command = self.program.other("env");
        command
            .args([example.language.program(), example.title])
            .current_dir(&self.folder)
            .env("PATH", format!("{}:{path}", self.folder.join("bin").display()))
            .env("ROLLCALL_URL", url)
            .env("ROLLCALL_CLIENT_ID", self.app[0])
            .env("ROLLCALL_CLIENT_SECRET", self.app[1]);
        let Output { status, stdout, stderr } = command.output().expect("env runs");
        let (printed, complaints) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        let is_as_told = status.success() && examples::is_as_told(example.printed, &printed);
        (!is_as_told).then(|| format!("== {}: {status}\n{printed}{complaints}", example.title))
    }
}

/// The folder with the module `jose`: where Node looks by itself, or where Debian's package has put it.
fn node_modules() -> PathBuf {
    let paths = [std::env::var("NODE_PATH").unwrap_or_default(), "/usr/share/nodejs".to_owned()].join(":");
    let mut node = Command::new("node");
    node.args(["-p", "require.resolve('jose/package.json')"]).env("NODE_PATH", paths);
    let found = node.output().expect("node runs; `cargo xtask test` installs it");
    assert!(found.status.success(), "node has no module jose; `cargo xtask test` installs it: {found:?}");
    let file = String::from_utf8(found.stdout).expect("text");
    Path::new(file.trim_end()).ancestors().nth(2).expect("a folder above that of the module").to_owned()
}
