//! A separate browser for each scenario, with a new profile and a free port. It ends when dropped.

use std::net::SocketAddr;
use std::ops::Deref;
use std::process::{Command, Stdio};
use std::time::Duration;

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use poem::http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

use super::chromedriver::Driver;

/// Longer than anything here takes on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

const USUAL: &str = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --disable-background-networking --disable-component-update --disable-sync --no-first-run \
    --no-default-browser-check --window-size=1280,900";

/// How a browser is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As most people use it.
    Usual,
    /// With JavaScript turned off.
    WithoutScripts,
    /// As mail scanners use it: it runs JavaScript and keeps no cookies.
    WithoutCookies,
    /// With neither.
    WithoutScriptsAndCookies,
}

impl Kind {
    fn has_scripts(self) -> bool {
        matches!(self, Self::Usual | Self::WithoutCookies)
    }

    fn has_cookies(self) -> bool {
        matches!(self, Self::Usual | Self::WithoutScripts)
    }
}

/// A running browser.
pub(super) struct Browser {
    client: Client,
    kind: Kind,
    _driver: Driver,
    profile: TempDir,
}

impl Deref for Browser {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Whether a browser is installed. Only outside CI may the tests that need it be skipped.
#[expect(clippy::disallowed_methods, reason = "CI is recognised only by this variable")]
pub(super) fn is_installed() -> bool {
    let can_run = |program| {
        let started = Command::new(program).arg("--version").stdout(Stdio::null()).status();
        started.is_ok_and(|status| status.success())
    };
    let is_there = can_run("chromedriver") && can_run("chromium");
    assert!(is_there || std::env::var_os("CI").is_none(), "chromium or chromedriver is not installed");
    if !is_there {
        println!("skipped: chromium or chromedriver is not installed");
    }
    is_there
}

impl Browser {
    /// Starts a browser.
    pub(super) async fn open(kind: Kind) -> Self {
        Self::open_with(kind, &[]).await
    }

    /// Starts a browser that finds every host at this proxy, and takes its certificate for valid.
    pub(super) async fn open_before(kind: Kind, proxy: SocketAddr) -> Self {
        let resolver = format!("--host-resolver-rules=MAP * {proxy}");
        Self::open_with(kind, &[resolver, "--ignore-certificate-errors".to_owned()]).await
    }

    async fn open_with(kind: Kind, more: &[String]) -> Self {
        let driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let mut prefs = json!({
            "credentials_enable_service": false,
            "download.default_directory": profile.path(),
        });
        for (is_there, what) in [(kind.has_scripts(), "javascript"), (kind.has_cookies(), "cookies")] {
            if !is_there {
                prefs[format!("profile.managed_default_content_settings.{what}")] = json!(2);
            }
        }
        let mut arguments: Vec<String> = USUAL.split_whitespace().map(str::to_owned).collect();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        arguments.extend_from_slice(more);
        let options = json!({
            "args": arguments,
            "prefs": prefs,
        });
        let mut wanted = serde_json::Map::new();
        wanted.insert("goog:chromeOptions".into(), options);
        wanted.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .unwrap();
        Self { client, kind, _driver: driver, profile }
    }

    /// Waits for an element that matches.
    pub(super) async fn see(&self, css: &str) -> Element {
        let found = self.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no {css}: {error}\n{}", self.look().await),
        }
    }

    /// Waits until the page contains a text.
    pub(super) async fn read(&self, text: &str) {
        let says = || async { self.text().await.contains(text) };
        self.until(text, says).await;
    }

    /// Waits until the browser is at a path.
    pub(super) async fn arrive(&self, path: &str) {
        let is_there = || async { self.path().await == path };
        self.until(path, is_there).await;
    }

    /// Waits until a condition is true.
    pub(super) async fn until<F: Future<Output = bool>>(&self, what: &str, holds: impl Fn() -> F) {
        let wait = async {
            while !holds().await {
                tokio::task::yield_now().await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, wait).await;
        assert!(found.is_ok(), "timed out waiting for {what}\n{}", self.look().await);
    }

    /// The visible text of the page.
    pub(super) async fn text(&self) -> String {
        match self.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The path of the current page.
    pub(super) async fn path(&self) -> String {
        self.current_url().await.unwrap().path().to_owned()
    }

    async fn look(&self) -> String {
        format!("{}\n{}", self.current_url().await.unwrap(), self.text().await)
    }

    /// Waits for a field and enters a text.
    pub(super) async fn fill(&self, css: &str, text: &str) {
        let field = self.see(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits for an element and clicks it.
    pub(super) async fn press(&self, css: &str) {
        self.see(css).await.click().await.unwrap();
    }

    /// Enters a code and sends it. With scripts a complete code is sent by itself.
    pub(super) async fn enter_code(&self, code: &str) {
        self.fill("#code", code).await;
        if !self.kind.has_scripts() {
            self.press("#code-form button[type=submit]").await;
        }
    }

    /// Presses keys, wherever the focus is.
    pub(super) async fn keys(&self, keys: &str) {
        self.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Waits until the element with this id has the focus.
    pub(super) async fn focus_is_on(&self, id: &str) {
        let has_focus = || async { self.run("return document.activeElement.id").await == id };
        self.until(&format!("the focus on {id}"), has_focus).await;
    }

    /// Waits for a download and returns its content.
    pub(super) async fn downloaded(&self, name: &str) -> String {
        let file = self.profile.path().join(name);
        // The file is empty until the download is complete.
        let is_whole = || async { std::fs::metadata(&file).is_ok_and(|file| file.len() > 0) };
        self.until(name, is_whole).await;
        std::fs::read_to_string(&file).unwrap()
    }

    /// The id of the element that has the focus.
    pub(super) async fn focused(&self) -> Option<String> {
        self.active_element().await.unwrap().attr("id").await.unwrap()
    }

    /// The number of elements that match.
    pub(super) async fn count(&self, css: &str) -> usize {
        self.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// Clicks twice, as quickly as a person double-clicks.
    pub(super) async fn press_twice(&self, css: &str) {
        let element = self.see(css).await;
        let down = || PointerAction::Down { button: MOUSE_BUTTON_LEFT };
        let up = || PointerAction::Up { button: MOUSE_BUTTON_LEFT };
        let to = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        let mouse = MouseActions::new("mouse".into()).then(to);
        let mouse = mouse.then(down()).then(up()).then(down()).then(up());
        self.perform_actions(mouse).await.unwrap();
    }

    /// Waits until the page is idle.
    pub(super) async fn rest(&self) {
        let idle = "const done = arguments[0]; requestIdleCallback(() => requestIdleCallback(() => done()));";
        self.execute_async(idle, vec![]).await.unwrap();
    }

    /// Sends a command of the Chrome `DevTools` protocol.
    pub(super) async fn devtools(&self, cmd: &str, params: Value) -> Value {
        self.issue_cmd(Devtools { cmd: cmd.to_owned(), params }).await.unwrap()
    }

    /// The messages on the browser's console since the last call.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let lines = self.issue_cmd(ConsoleLog).await.unwrap();
        let message = |line: &Value| line["message"].as_str().unwrap().to_owned();
        lines.as_array().unwrap().iter().map(message).collect()
    }

    /// Cuts the browser off from the network.
    pub(super) async fn go_offline(&self) {
        let nothing =
            json!({ "offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0 });
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.emulateNetworkConditions", nothing).await;
    }

    /// The value of a field.
    pub(super) async fn typed(&self, css: &str) -> String {
        self.see(css).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Runs a script in the page.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.execute(script, vec![]).await.unwrap()
    }
}

#[derive(Debug)]
struct ConsoleLog;

impl WebDriverCompatibleCommand for ConsoleLog {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

#[derive(Debug)]
struct Devtools {
    cmd: String,
    params: Value,
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.cmd, "params": self.params }).to_string()))
    }
}
