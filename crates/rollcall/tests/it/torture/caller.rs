//! Those who write: callers of the API, each with a mixture of requests, and one who applies account files.

use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

use super::chance::Chance;
use super::ledger::{Answer, Entry};
use super::load::{LONG, Load};
use super::world::{ROLES, World};
use super::write::{Group, What, Write};

/// Who waits longer than this for an answer has met a server that hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody who writes by the API.
pub(super) struct Caller<'l, 'w> {
    load: &'l Load<'w>,
    chance: Chance,
    client: Client,
    /// Users of their own who hold nothing yet.
    free: Vec<String>,
    /// Who was given what by them.
    given: Vec<(usize, Vec<String>)>,
    /// A key under which something was done.
    used_key: Option<String>,
}

impl<'l, 'w> Caller<'l, 'w> {
    pub(super) fn new(load: &'l Load<'w>, chance: Chance) -> Self {
        let client = Client::builder().timeout(PATIENCE).build().expect("a client");
        Self { load, chance, client, free: Vec::new(), given: Vec::new(), used_key: None }
    }

    pub(super) fn run(mut self) {
        while !self.load.is_over() {
            let write = self.think();
            let answer = self.get_answer(&write);
            self.note(write, answer);
        }
    }

    fn think(&mut self) -> Write {
        let (world, chance) = (self.load.world, &mut self.chance);
        match chance.below(20) {
            0..=7 => Write::create(world, chance, 1),
            8..=11 => {
                let count = if chance.one_in(8) { 150 } else { chance.between(0, 12) };
                Write::create(world, chance, count)
            }
            12..=15 if self.free.len() > 3 => {
                let emails = self.free.split_off(self.free.len() - chance.between(1, 3));
                let role = chance.below(ROLES);
                Write::assign(world, chance, role, &emails, true)
            }
            16..=17 if !self.given.is_empty() => {
                let (role, emails) = self.given.swap_remove(chance.below(self.given.len()));
                Write::assign(world, chance, role, &emails, false)
            }
            18 => Write::refused(world),
            19 if self.used_key.is_some() => {
                Write::under_used_key(world, self.used_key.as_deref().expect("it is some"))
            }
            _ => Write::create(world, chance, 1),
        }
    }

    /// Asks; where there is a key, until there is an answer that says whether it was done.
    fn get_answer(&mut self, write: &Write) -> Answer {
        let begin = Instant::now();
        let mut was_unknown = false;
        loop {
            let Some(url) = self.load.some_server(&mut self.chance) else {
                return if was_unknown { Answer::Unknown } else { Answer::Unsent };
            };
            let answer = self.ask(&url, write, was_unknown);
            self.load.count(answer);
            match answer {
                Answer::Done | Answer::Refused => {
                    self.load.world.numbers().repeated += usize::from(was_unknown);
                    if write.key.is_some() && self.chance.one_in(4) {
                        // It is told again, and not done again.
                        self.ask(&url, write, true);
                    }
                    return answer;
                }
                _ => self.load.pause(),
            }
            if write.key.is_none() {
                return answer;
            }
            was_unknown |= answer == Answer::Unknown;
            assert!(begin.elapsed() < 2 * LONG, "not answered in {LONG:?}: {write:?}: {}", self.load.world.logs());
        }
    }

    fn ask(&self, url: &str, write: &Write, was_unknown: bool) -> Answer {
        let begin = Instant::now();
        let answer = self.post(url, write.path, write.key.as_deref(), write.body.clone());
        let answer = answer.and_then(|answer| {
            let (status, is_timed) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
            Ok((status, is_timed, answer.text()?))
        });
        let mut numbers = self.load.world.numbers();
        numbers.slowest = numbers.slowest.max(begin.elapsed());
        drop(numbers);
        let (status, is_timed, text) = match answer {
            Ok(answer) => answer,
            Err(error) if error.is_connect() => return Answer::Unsent,
            Err(error) => {
                assert!(!error.is_timeout(), "no answer within {PATIENCE:?}: {}", self.load.world.logs());
                return Answer::Unknown;
            }
        };
        let body: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {status} {text:?}"));
        match status {
            503 => {
                assert!(is_timed, "503 without Retry-After: {text}");
                Answer::PutOff
            }
            500 if self.load.world.may_fail => Answer::PutOff,
            504 => Answer::Unknown,
            _ => {
                let told =
                    || format!("{status} {text}; repeated: {was_unknown}; {write:?}: {}", self.load.world.logs());
                assert!(write.expected.is_met(status, &body), "{}", told());
                if write.what.is_some() { Answer::Done } else { Answer::Refused }
            }
        }
    }

    fn post(&self, url: &str, path: &str, key: Option<&str>, body: String) -> reqwest::Result<Response> {
        let request = self.client.post(format!("{url}/api/public/{path}")).header("auth", &self.load.world.token);
        let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
        request.header("content-type", "application/json").body(body).send()
    }

    fn note(&mut self, write: Write, answer: Answer) {
        self.load.world.numbers().count(answer);
        if let (Answer::Done, Some(what)) = (answer, &write.what) {
            self.used_key = write.key.clone().or_else(|| self.used_key.take());
            match what {
                What::Create(people) => {
                    self.free.extend(people.iter().map(|person| person.email.clone()));
                    if self.chance.one_in(4) {
                        self.see(&people[0].email);
                    }
                }
                What::Give { role, emails } => self.given.push((*role, emails.clone())),
                What::Take { .. } | What::Group(_) => {}
            }
        }
        self.load.world.ledger().push(Entry { answer, what: write.what, never: write.never });
    }

    /// What was answered is seen by whoever asks next, on whichever replica. It may have died meanwhile.
    fn see(&mut self, email: &str) {
        let Some(url) = self.load.some_server(&mut self.chance) else { return };
        let asked = self.post(&url, "usersInfo", None, json!({"emailIds": [email]}).to_string());
        let Ok(answer) = asked.and_then(Response::error_for_status) else { return };
        let Ok(found) = answer.json::<Value>() else { return };
        assert_eq!(found[0]["userInfo"]["status"], "not active", "{email} was answered before it was there: {found}");
    }
}

/// Somebody who applies account files, as fast as they can, and sometimes changes their mind in the middle of it.
pub(super) struct Importer<'l, 'w> {
    load: &'l Load<'w>,
    chance: Chance,
    /// Groups that are there: they become children of later ones.
    made: Vec<String>,
    /// Groups that no other file has changed yet.
    unchanged: Vec<String>,
}

impl<'l, 'w> Importer<'l, 'w> {
    pub(super) fn new(load: &'l Load<'w>, chance: Chance) -> Self {
        Self { load, chance, made: Vec::new(), unchanged: Vec::new() }
    }

    pub(super) fn run(mut self) {
        while !self.load.is_over() {
            let group = self.think();
            let is_circular = self.chance.one_in(5);
            let answer = self.apply(&group.file(is_circular), is_circular);
            self.load.count(answer);
            self.load.world.numbers().count(answer);
            if answer == Answer::Done {
                self.made.push(group.name.clone());
                self.unchanged.push(group.name.clone());
            } else {
                self.load.pause();
            }
            self.load.world.ledger().push(Entry { answer, what: Some(What::Group(group)), never: Vec::new() });
        }
    }

    fn think(&mut self) -> Group {
        let chance = &mut self.chance;
        let mut members: Vec<String> = (0..chance.below(4)).map(|_| World::some_seed(chance)).collect();
        members.sort_unstable();
        members.dedup();
        let child = (!self.made.is_empty()).then(|| self.made[chance.below(self.made.len())].clone());
        // What becomes of a change that nobody heard of cannot be told from a second change: each is changed once.
        let changes = self.unchanged.pop();
        let name = format!("g{}", self.load.world.number());
        Group { name, members, children: child.into_iter().collect(), changes }
    }

    fn apply(&mut self, file: &str, is_circular: bool) -> Answer {
        let world = self.load.world;
        let mut command = world.programs[0].command();
        command.args(["apply", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        // It may have ended before it read everything.
        let _ = std::io::Write::write_all(&mut child.stdin.take().expect("standard input"), file.as_bytes());
        if self.chance.one_in(4) {
            self.load.for_a_moment(self.chance.up_to(Duration::from_millis(150)));
            let _ = child.kill();
        }
        let output = child.wait_with_output().expect("the command ends");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_put_off = || ["Try again in a moment", "cannot be reached"].iter().any(|words| told.contains(words));
        match output.status.code() {
            None => Answer::Unknown,
            Some(0) if !is_circular => Answer::Done,
            Some(1) if is_circular && told.contains("nothing was changed") => Answer::Refused,
            Some(1) if told.contains("cannot be told whether") => Answer::Unknown,
            Some(1) if is_put_off() || world.may_fail => Answer::PutOff,
            code => panic!("apply ended with {code:?}: {told}; circular: {is_circular}; {file}"),
        }
    }
}
