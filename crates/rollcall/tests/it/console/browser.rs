//! A real browser: Debian's Chromium by its driver, on loopback, gone with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::mem::ManuallyDrop;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::{By, ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver, WebElement};

/// How long the browser looks for something that a page is about to show.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a browser differs from a plain one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// Whether pages may run script.
    pub(super) script: bool,
    /// The languages that its reader prefers, the best first.
    pub(super) languages: &'static str,
    /// What it calls itself, if not by its own name.
    pub(super) agent: Option<&'static str>,
}

impl Default for Kind {
    fn default() -> Self {
        Self { script: true, languages: "en", agent: None }
    }
}

/// A browser with one window.
pub(super) struct Browser {
    // Never dropped: it would wait for a driver that is gone.
    pub(super) driver: ManuallyDrop<WebDriver>,
    process: Child,
    port: u16,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser; then it is ended itself.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(PATIENCE));
            let session = self.driver.session_id();
            let _ =
                write!(stream, "DELETE /session/{session} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
            let _ = stream.read(&mut [0; 512]);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    /// Starts one.
    pub(super) async fn start(kind: Kind) -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver runs: `cargo xtask test --only needs` installs it");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok())
            .expect("chromedriver says where it listens");
        // What it says afterwards is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let mut wanted = DesiredCapabilities::chrome();
        for argument in
            ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900", "--lang=en"]
        {
            wanted.add_arg(argument).expect("an argument");
        }
        if let Some(agent) = kind.agent {
            wanted.add_arg(&format!("--user-agent={agent}")).expect("an argument");
        }
        let mut settings = json!({"intl.accept_languages": kind.languages});
        if !kind.script {
            settings["profile.managed_default_content_settings.javascript"] = json!(2);
        }
        wanted.add_experimental_option("prefs", settings).expect("a setting");
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a setting");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.expect("a browser");
        driver.set_implicit_wait_timeout(PATIENCE).await.expect("a setting");
        Self { driver: ManuallyDrop::new(driver), process, port }
    }

    pub(super) async fn open(&self, address: &str) {
        self.driver.goto(address).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    pub(super) async fn find(&self, css: &str) -> WebElement {
        match self.driver.find(By::Css(css)).await {
            Ok(found) => found,
            Err(error) => panic!("{css}: {error}\n{}", self.driver.source().await.unwrap_or_default()),
        }
    }

    pub(super) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Clicks on what has this text.
    pub(super) async fn press(&self, text: &str) {
        let found = self.at(&format!("//main//*[self::a or self::button][normalize-space()=\"{text}\"]")).await;
        found.click().await.unwrap_or_else(|error| panic!("{text}: {error}"));
    }

    pub(super) async fn type_into(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("a field");
        field.send_keys(text).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Waits until the page has this.
    pub(super) async fn at(&self, path: &str) -> WebElement {
        match self.driver.find(By::XPath(path)).await {
            Ok(found) => found,
            Err(error) => panic!("{path}: {error}\n{}", self.text("main").await),
        }
    }

    /// Waits until the page says this, wherever.
    pub(super) async fn sees(&self, text: &str) {
        self.at(&format!("//main[contains(normalize-space(.), \"{text}\")]")).await;
    }

    /// Waits until the first row of a list is that of this.
    pub(super) async fn lists(&self, text: &str) {
        self.at(&format!("//main//tbody/tr[1]/th[normalize-space(.)=\"{text}\"]")).await;
    }

    /// What a reader sees of an element.
    pub(super) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.expect("text")
    }

    pub(super) async fn address(&self) -> String {
        self.driver.current_url().await.expect("an address").to_string()
    }

    /// Runs a script in the page, as a developer's tool would: the page's own policy does not forbid it.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.expect("a script").json().clone()
    }

    /// Light or dark, as the system would say; nothing moves from the one to the other.
    pub(super) async fn dark(&self, is_dark: bool) {
        let scheme = if is_dark { "dark" } else { "light" };
        let media = json!({"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.expect("a setting");
    }

    pub(super) async fn width(&self, width: u32) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await.expect("a setting");
    }

    /// From now on everything comes over a slow line, and anew with each page: a page is shown before its script has come.
    pub(super) async fn slow_line(&self) {
        let line = json!({"offline": false, "latency": 40, "downloadThroughput": -1, "uploadThroughput": -1});
        for (command, how) in [
            ("Network.enable", json!({})),
            ("Network.setCacheDisabled", json!({"cacheDisabled": true})),
            ("Network.emulateNetworkConditions", line),
        ] {
            self.driver.cdp().send_raw(command, how).await.expect("a setting");
        }
    }

    /// A picture of the page, for a person to look at; once is enough, and that is on SQLite.
    pub(super) async fn picture(&self, name: &str) {
        if std::env::var_os("ROLLCALL_TEST_DATABASE").is_some() {
            return;
        }
        let folder = pictures();
        std::fs::create_dir_all(&folder).expect("a folder");
        self.driver.screenshot(&folder.join(format!("{name}.png"))).await.expect("a picture");
    }

    /// What the browser has complained of since it was last asked: scripts and styles that the policy of a page forbids, and
    /// scripts that failed.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("a log");
        // That a page has a status of its own is no fault of it.
        let told = log.into_iter().filter(|entry| !entry.message.contains("Failed to load resource"));
        told.map(|entry| entry.message).collect()
    }

    /// How far the page has moved under its reader since it was opened (<https://web.dev/articles/cls>).
    pub(super) async fn shift(&self) -> f64 {
        let script = "const done = arguments[arguments.length - 1]; const seen = []; const observer = new \
                      PerformanceObserver((list) => seen.push(...list.getEntries())); \
                      observer.observe({type: 'layout-shift', buffered: true}); \
                      requestAnimationFrame(() => requestAnimationFrame(() => { seen.push(...observer.takeRecords()); \
                      done(seen.reduce((sum, entry) => sum + entry.value, 0)); }));";
        let told = self.driver.execute_async(script, Vec::new()).await.expect("a script").json().clone();
        told.as_f64().expect("a number")
    }

    /// What axe-core finds wrong with the page: each rule with where it is broken. By all its rules, or by that of colours
    /// alone, where all else was looked at before.
    pub(super) async fn violations(&self, rules: Rules) -> Vec<String> {
        if self.run("return typeof axe").await == "undefined" {
            self.run(axe()).await;
        }
        let only = match rules {
            Rules::All => "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']",
            Rules::Colours => "{type: 'rule', values: ['color-contrast', 'link-in-text-block']}",
        };
        let script = format!(
            "const done = arguments[arguments.length - 1]; axe.run(document, {{runOnly: {only}, resultTypes: \
             ['violations']}}).then((found) => done(found.violations), (error) => done([{{id: String(error), nodes: []}}]));"
        );
        let found = self.driver.execute_async(script, Vec::new()).await.expect("a script").json().clone();
        let told = |violation: &Value| {
            let nodes = violation["nodes"].as_array().into_iter().flatten();
            let places: Vec<String> = nodes.map(|node| node["html"].to_string()).take(3).collect();
            format!("{}: {}", violation["id"].as_str().unwrap_or_default(), places.join(" "))
        };
        found.as_array().expect("a list").iter().map(told).collect()
    }
}

/// By which rules a page is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rules {
    All,
    Colours,
}

/// axe-core.
fn axe() -> &'static str {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| std::fs::read_to_string(tool("axe/node_modules/axe-core/axe.min.js")).expect("axe-core"));
    &TEXT
}

/// Where pictures are put.
pub(super) fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("console")
}

/// Where `cargo xtask` installs a tool.
pub(super) fn tool(path: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools").join(path);
    assert!(
        place.exists(),
        "{} is missing: run `cargo xtask test --only needs`, or the command that the test is for",
        place.display()
    );
    place
}
