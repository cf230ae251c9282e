//! A real browser: Debian's Chromium by its driver, on loopback, gone with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::mem::ManuallyDrop;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::{By, ChromiumLikeCapabilities as _, DesiredCapabilities, WebDriver, WebElement};

/// How long the browser looks for something that a page is about to show.
const PATIENCE: Duration = Duration::from_secs(20);

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
    /// Starts one; with or without script.
    pub(super) async fn start(with_script: bool) -> Self {
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
        if !with_script {
            let off = json!({"profile.managed_default_content_settings.javascript": 2});
            wanted.add_experimental_option("prefs", off).expect("a setting");
        }
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
        let path = format!("//main//*[self::a or self::button][normalize-space()='{text}']");
        match self.driver.find(By::XPath(path)).await {
            Ok(found) => found.click().await.unwrap_or_else(|error| panic!("{text}: {error}")),
            Err(error) => panic!("{text}: {error}\n{}", self.driver.source().await.unwrap_or_default()),
        }
    }

    pub(super) async fn type_into(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("a field");
        field.send_keys(text).await.unwrap_or_else(|error| panic!("{css}: {error}"));
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

    /// Light or dark, as the system would say.
    pub(super) async fn dark(&self, is_dark: bool) {
        let scheme = if is_dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.expect("a setting");
    }

    pub(super) async fn width(&self, width: u32) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await.expect("a setting");
    }

    /// A picture of the page, for a person to look at.
    pub(super) async fn picture(&self, name: &str) {
        let folder = pictures();
        std::fs::create_dir_all(&folder).expect("a folder");
        self.driver.screenshot(&folder.join(format!("{name}.png"))).await.expect("a picture");
    }

    /// What axe-core finds wrong with the page: each rule with where it is broken.
    pub(super) async fn violations(&self) -> Vec<String> {
        let axe = std::fs::read_to_string(tool("axe/node_modules/axe-core/axe.min.js")).expect("axe-core");
        self.run(&axe).await;
        let script = "const done = arguments[arguments.length - 1]; axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', \
                      'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then((found) => done(found.violations), \
                      (error) => done([{id: String(error), nodes: []}]));";
        let found = self.driver.execute_async(script, Vec::new()).await.expect("a script").json().clone();
        let told = |violation: &Value| {
            let nodes = violation["nodes"].as_array().into_iter().flatten();
            let places: Vec<String> = nodes.map(|node| node["html"].to_string()).take(3).collect();
            format!("{}: {}", violation["id"].as_str().unwrap_or_default(), places.join(" "))
        };
        found.as_array().expect("a list").iter().map(told).collect()
    }
}

/// Where pictures are put.
pub(super) fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("console")
}

/// Where `cargo xtask` installs a tool.
fn tool(path: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools").join(path);
    assert!(place.exists(), "{} is missing: run `cargo xtask test --only needs`", place.display());
    place
}
