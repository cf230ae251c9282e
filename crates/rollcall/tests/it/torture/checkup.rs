//! What Rollcall says of itself after all that: its own checks, its letters, and its answers about everybody.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Instant;

use reqwest::blocking::Client;
use rollcall_core::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::ledger::Answer;
use super::load::LONG;
use super::world::World;
use super::write::What;

/// As many users are asked for at once.
const MANY: usize = 500;

impl World {
    /// What can be asked after every fault, quickly: the audit chain and the doctor.
    pub(super) fn check_up(&self) {
        let program = &self.programs[0];
        let chain = program.run(&["--json", "audit", "verify"]).json();
        assert_eq!(chain["whole"], true, "{chain}");
        let found = program.run(&["--json", "doctor"]);
        assert_eq!(found.code, 0, "{found:?}");
        if self.database.folder().is_some() {
            let integrity = self.database.query("pragma integrity_check");
            assert_eq!(integrity, [[Some("ok".to_owned())]]);
            assert!(self.database.query("pragma foreign_key_check").is_empty(), "an edge without an end");
        }
    }

    /// What is asked at the end of a life, while a server runs: it seals and delivers all that is left by itself, and
    /// what it exports is what is there.
    pub(super) fn check_thoroughly(&self, url: &str) {
        self.until_nothing_is_left();
        self.check_up();
        self.check_letters();
        self.check_answers(url);
        let program = &self.programs[0];
        let file = program.run(&["--json", "export"]).ok();
        let plan = program.run_with_input(&["apply", "-", "--plan"], &file);
        assert_eq!(plan.code, 0, "the export is not what is there: {plan:?}");
    }

    fn until_nothing_is_left(&self) {
        let begin = Instant::now();
        let left = || {
            // What a killed server took with it comes back after half a minute, for which only a long run has time.
            let now = SystemClock.now().0;
            let is_due = if self.letters_may_wait { format!("where next_at <= {now}") } else { String::new() };
            let unsealed = "select count(*) from audit_events where seq is null";
            self.database.number(&format!("select ({unsealed}) + (select count(*) from outbox {is_due})"))
        };
        while left() > 0 {
            assert!(begin.elapsed() < LONG, "not sealed and delivered within {LONG:?}: {}", self.logs());
        }
    }

    /// Who was invited has one letter, whichever replicas have delivered it; nobody else has any.
    fn check_letters(&self) {
        let mut letters = HashMap::<String, HashSet<String>>::new();
        for program in &self.programs {
            for (name, to) in letters_in(&program.data().join("outbox")) {
                letters.entry(to).or_default().insert(name);
            }
        }
        let mut expected = HashSet::new();
        for row in self.database.query("select u.email from invitations as i join users as u on u.id = i.user_id") {
            expected.extend(row.into_iter().flatten());
        }
        let waiting = self.database.query("select u.email from outbox as o join users as u on u.id = o.user_id");
        let waiting: HashSet<String> = waiting.into_iter().flatten().flatten().collect();
        let is_lost = |email: &&String| !letters.contains_key(*email) && !waiting.contains(*email);
        let lost: Vec<_> = expected.iter().filter(is_lost).collect();
        assert!(lost.is_empty(), "without a letter: {lost:?}");
        let wrong: Vec<_> = letters.iter().filter(|(to, names)| names.len() != 1 || !expected.contains(*to)).collect();
        assert!(wrong.is_empty(), "letters for nothing: {wrong:?}");
    }

    /// Everybody who was created is known to the API, and nobody who was refused.
    fn check_answers(&self, url: &str) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for entry in self.ledger().iter() {
            unknown.extend(entry.never.iter().cloned());
            match (&entry.what, entry.answer) {
                (Some(What::Create(people)), Answer::Done) => known.extend(people.iter().map(|p| p.email.clone())),
                (Some(What::Create(people)), Answer::Refused | Answer::PutOff | Answer::Unsent) => {
                    unknown.extend(people.iter().map(|p| p.email.clone()));
                }
                _ => {}
            }
        }
        for (emails, status) in [(known, "not active"), (unknown, "failure")] {
            for batch in emails.chunks(MANY) {
                let found = self.look_up(url, batch).expect("the server answers");
                let told = found.iter().filter(|user| user["userInfo"]["status"] == status).count();
                assert_eq!(told, batch.len(), "not all of them are {status}: {found:?}");
            }
        }
    }

    /// What the API says of users; none where it says something else.
    pub(super) fn look_up(&self, url: &str, emails: &[String]) -> Option<Vec<Value>> {
        let request = Client::new().post(format!("{url}/api/public/usersInfo")).header("auth", &self.token);
        let answer = request.json(&json!({ "emailIds": emails })).send().ok()?.error_for_status().ok()?;
        answer.json().ok()
    }
}

/// The letters of a folder: their names, and to whom they are. None that is half written is among them.
fn letters_in(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let letters = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "eml"));
    let read = |entry: std::fs::DirEntry| {
        let text = std::fs::read_to_string(entry.path()).expect("a letter");
        assert!(text.contains("text/html") && text.contains("/activate/"), "half a letter: {text}");
        let to = text.lines().find_map(|line| line.strip_prefix("To: ")).expect("it is to somebody");
        (entry.file_name().to_string_lossy().into_owned(), to.trim_matches(['<', '>']).to_owned())
    };
    letters.map(read).collect()
}
