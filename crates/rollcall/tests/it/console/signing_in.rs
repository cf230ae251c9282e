//! Signing in, by every way: the link of the first start, a password, a code, a recovery code, a letter; being locked out; the
//! sessions of it. And each page of the door before axe-core, in light and dark.

use std::collections::BTreeSet;
use std::process::Command;

use rollcall_core::clock::{Clock as _, SystemClock};
use rollcall_testkit::TestDatabase;
use thirtyfour::By;

use super::browser::{Browser, Kind};
use super::walk::{doors, look_with_pictures};
use super::{kinds, logged};
use crate::program::{Program, Server};

const ADA: &str = "ada@acme.test";
const BO: &str = "bo@acme.test";
const PASSWORD: &str = "Correct-horse-battery-staple-1";
const OTHER: &str = "Another-horse-battery-staple-2";

/// A browser at the door of a program.
struct Door {
    database: TestDatabase,
    program: Program,
    server: Server,
    browser: Browser,
    /// The patterns of the pages that were looked at.
    seen: BTreeSet<String>,
    faults: Vec<String>,
}

impl Door {
    async fn new(kind: Kind) -> Self {
        let database = TestDatabase::empty();
        let program = Program::on(database.clone());
        let server = program.serve(&[]);
        let browser = Browser::start(kind).await;
        Self { database, program, server, browser, seen: BTreeSet::new(), faults: Vec::new() }
    }

    /// Stops the server, and with it whatever it had to do, and starts another one.
    fn start_again(&mut self) {
        self.server.signal("TERM");
        let server = std::mem::replace(&mut self.server, self.program.serve(&[]));
        assert_eq!(server.ended(), Some(0));
    }

    async fn open(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.server.url)).await;
    }

    /// Looks at the page that is open, of this pattern, and leaves it as it was.
    async fn look(&mut self, pattern: &str) {
        let name = pattern.trim_start_matches("/console/").replace(['/', '{', '}'], "-");
        let found = look_with_pictures(&self.browser, &format!("door-{}", name.trim_end_matches('-'))).await;
        // That page does not know whose password it is for; whoever keeps passwords finds it by the page before.
        let known = |fault: &String| pattern == "/console/sign-in/password" && fault.contains("username fields");
        let found = found.into_iter().filter(|fault| !known(fault));
        self.faults.extend(found.map(|fault| format!("{pattern}: {fault}")));
        self.seen.insert(pattern.to_owned());
        self.browser.width(1280).await;
    }

    /// Sends address and password.
    async fn sign_in(&self, email: &str, password: &str) {
        self.open("/console/sign-in").await;
        self.browser.type_into("#email", email).await;
        self.browser.type_into("#password", password).await;
        self.browser.press("Sign in").await;
    }

    async fn sign_out(&self) {
        self.browser.click("header form[action='/console/sign-out'] button").await;
        self.browser.sees("You are signed out.").await;
    }

    /// Sends a new password.
    async fn set_password(&self, password: &str) {
        self.browser.type_into("#new", password).await;
        self.browser.type_into("#repeat", password).await;
    }

    /// The address of a link that signs in, or sets up, at this server.
    fn here(&self, link: &str) -> String {
        format!("{}/console/{}", self.server.url, link.split_once("/console/").expect("a link into the console").1)
    }

    fn link(&self, email: &str) -> String {
        let told = self.program.run(&["--json", "admin", "link", email]).json();
        self.here(told["url"].as_str().expect("a link"))
    }

    /// The link of the only letter.
    fn letter(&self) -> String {
        let folder = std::fs::read_dir(self.program.data().join("outbox")).expect("letters");
        let letters: Vec<String> =
            folder.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("a letter")).collect();
        assert_eq!(letters.len(), 1, "{letters:?}");
        let text = letters[0].replace("=\r\n", "");
        let (_, rest) = text.split_once("/console/reset/").expect("a link");
        let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        format!("{}/console/reset/{token}", self.server.url)
    }
}

/// The code of an authenticator, so many seconds from now.
fn code(key: &str, later: u64) -> String {
    let secret = totp_rs::Secret::try_from_base32(key).expect("a key");
    let totp = totp_rs::Builder::new().with_secret(secret.as_bytes()).build().expect("a key");
    totp.generate(SystemClock.now().0.unsigned_abs() / 1000 + later).to_string()
}

/// From the link of the first start to a second factor; what a stranger to it meets.
async fn from_the_first_start(kind: Kind) {
    let mut door = Door::new(kind).await;
    let set_up = door.server.greeting["setUp"][0]["url"].as_str().map(|url| door.here(url)).expect("a link");
    door.browser.open(&set_up).await;
    if kind.script {
        door.look("/console/set-up/{token}").await;
    }
    door.browser.type_into("#email", ADA).await;
    door.browser.type_into("#first-name", "Ada").await;
    door.set_password("short").await;
    door.browser.press("Become the administrator").await;
    door.browser.sees("It is too short.").await;
    door.set_password(PASSWORD).await;
    door.browser.press("Become the administrator").await;
    door.browser.sees("You are the administrator. Sign in with your password.").await;
    door.sign_in(ADA, PASSWORD).await;
    door.browser.find(".ways").await;

    door.open("/console/me").await;
    door.browser.type_into("#factor-password", "Not-th3-one!").await;
    door.browser.press("Add a second factor").await;
    door.browser.find("#factor-fault").await;
    door.browser.type_into("#factor-password", PASSWORD).await;
    door.browser.press("Add a second factor").await;
    if kind.script {
        door.look("/console/me/second-factor").await;
    }
    let key = door.browser.text(".secret").await.replace(char::is_whitespace, "");
    // A code is good for once: this one is used up, the next one is a little early.
    door.browser.type_into("#code", &code(&key, 0)).await;
    door.browser.press("Use it from now on").await;
    let codes = door.browser.text("#codes").await;
    if kind.script {
        door.look("/console/me/second-factor/confirm").await;
    }
    let recovery = codes.lines().next().expect("a code").to_owned();
    door.browser.press("I have kept them").await;
    door.sign_out().await;

    door.sign_in(ADA, PASSWORD).await;
    if kind.script {
        door.browser.sees("One more step").await;
        door.look("/console/sign-in/code").await;
    }
    door.open("/console/users").await;
    door.browser.sees("One more step").await;
    door.browser.type_into("#code", "000000").await;
    door.browser.press("Sign in").await;
    door.browser.sees("This code is not right").await;
    door.browser.type_into("#code", &code(&key, 30)).await;
    door.browser.press("Sign in").await;
    door.browser.find(".ways a[href='/console/users'][aria-current]").await;
    door.sign_out().await;

    door.sign_in(ADA, PASSWORD).await;
    door.browser.type_into("#code", &recovery).await;
    door.browser.press("Sign in").await;
    door.browser.find(".ways").await;
    door.open("/console/me").await;
    door.browser.at("//dt[.='Recovery codes left']/following-sibling::dd[1][.='9']").await;
    door.sign_out().await;
    door.sign_in(ADA, PASSWORD).await;
    door.browser.type_into("#code", &recovery).await;
    door.browser.press("Sign in").await;
    door.browser.sees("This code is not right").await;

    // Who has the host comes in, whatever was lost.
    let link = door.link(ADA);
    door.browser.open(&link).await;
    if kind.script {
        door.look("/console/link/{token}").await;
    }
    door.browser.press("Sign in").await;
    door.browser.find(".ways").await;
    door.open("/console/me").await;
    door.browser.press("Remove the second factor").await;
    door.browser.sees("The second factor is removed.").await;
    door.sign_out().await;

    if kind.script {
        door.open("/console/sign-in").await;
        door.look("/console/sign-in").await;
        // The time of a password is over after 90 days.
        door.database.execute("update credentials set password_at = password_at - 7862400000");
        door.sign_in(ADA, PASSWORD).await;
        door.browser.sees("The time of your password is over.").await;
        door.look("/console/sign-in/password").await;
        door.set_password(OTHER).await;
        door.browser.press("Set the password").await;
    } else {
        door.sign_in(ADA, PASSWORD).await;
    }
    door.browser.find(".ways").await;
    let events = ["Signed In", "Signed Out", "Second Factor Added", "Second Factor Removed", "Sign-in Failed"];
    logged(&door.browser, &door.server, ADA, &events).await;
    if kind.script {
        door.sign_out().await;
        by_letter(&mut door).await;
        let left: Vec<&str> = doors().into_iter().filter(|path| !door.seen.contains(*path)).collect();
        assert!(left.is_empty(), "nobody has looked at {left:?}");
    }
    assert!(door.faults.is_empty(), "{}", door.faults.join("\n"));
}

/// Who forgot their password sets another one, by a letter.
async fn by_letter(door: &mut Door) {
    door.open("/console/sign-in").await;
    door.browser.press("Forgotten your password?").await;
    door.look("/console/forgotten").await;
    door.browser.type_into("#email", ADA).await;
    door.browser.press("Send the link").await;
    door.browser.sees("a letter is on its way").await;
    // What is to be sent is sent before a server ends.
    door.start_again();
    let link = door.letter();
    door.browser.open(&link).await;
    door.look("/console/reset/{token}").await;
    let newest = "Third-horse-battery-staple-3";
    door.set_password(newest).await;
    door.browser.press("Set the password").await;
    door.browser.sees("Your password is set, and all sessions have ended.").await;
    door.browser.open(&link).await;
    door.browser.sees("Not found").await;
    door.sign_in(ADA, OTHER).await;
    door.browser.sees("You are not signed in").await;
    door.sign_in(ADA, newest).await;
    door.browser.find(".ways").await;
    logged(&door.browser, &door.server, ADA, &["Password Changed"]).await;
}

/// Ada and Bo, each an administrator with [`PASSWORD`]; nobody is signed in.
async fn two(kind: Kind) -> Door {
    let door = Door::new(kind).await;
    for email in [ADA, BO] {
        let link = door.link(email);
        door.browser.open(&link).await;
        door.browser.press("Sign in").await;
        door.browser.find(".ways").await;
        door.open("/console/me").await;
        door.set_password(PASSWORD).await;
        door.browser.press("Set the password").await;
        door.browser.sees("Your password is changed").await;
        door.sign_out().await;
    }
    door
}

#[tokio::test]
async fn from_the_link_of_the_first_start_to_codes_and_letters() {
    from_the_first_start(kinds()[0]).await;
}

#[tokio::test]
async fn from_the_link_of_the_first_start_to_codes_without_script() {
    from_the_first_start(kinds()[1]).await;
}

#[tokio::test]
async fn who_fails_five_times_is_locked_until_another_unlocks_them_and_sessions_are_ended() {
    let door = two(Kind::default()).await;
    for _ in 0..5 {
        door.sign_in(BO, OTHER).await;
        door.browser.sees("After five failures in a row, nobody is let in for 30 minutes.").await;
    }
    door.sign_in(BO, PASSWORD).await;
    door.browser.sees("You are not signed in").await;
    door.sign_in(ADA, PASSWORD).await;
    door.open("/console/users?status=locked").await;
    door.browser.lists(BO).await;
    door.browser.click("tbody th a").await;
    door.browser.press("Unlock").await;
    door.browser.sees(&format!("Unlocked: {BO}.")).await;
    logged(&door.browser, &door.server, BO, &["Sign-in Failed"]).await;
    logged(&door.browser, &door.server, ADA, &["User Modified"]).await;

    // Another session of Ada's, of another program.
    let jar = door.program.path("jar");
    let curl = |path: &str, data: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "-A", "another browser", "-b"]);
        command.arg(&jar).arg("-c").arg(&jar).args(["-H", "Sec-Fetch-Site: same-origin"]).args(data);
        let output = command.arg(format!("{}{path}", door.server.url)).output().expect("curl runs");
        String::from_utf8(output.stdout).expect("a status")
    };
    let form = ["--data-urlencode", &format!("email={ADA}"), "--data-urlencode", &format!("password={PASSWORD}")];
    assert_eq!(curl("/console/sign-in", &form), "303");
    assert_eq!(curl("/console", &[]), "200");
    door.open("/console/me").await;
    door.browser
        .at("//main//tbody/tr[th[contains(., 'another browser')]]//button[.='End']")
        .await
        .click()
        .await
        .expect("a click");
    door.browser.sees("The session has ended.").await;
    assert_eq!(door.browser.driver.find_all(By::Css("tbody tr")).await.expect("sessions").len(), 1);
    assert_eq!(curl("/console", &[]), "303", "it has ended");
    logged(&door.browser, &door.server, ADA, &["Session Ended"]).await;
}
