//! Chromium through its WebDriver: one session for each test, with what it logged and asked for.

use crate::{PATIENCE, wait_for};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::{self, Runtime};
use url::{ParseError, Url};

/// How somebody looks at the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Of the window, in CSS pixels.
    pub width: u32,
    /// Of the window, in CSS pixels.
    pub height: u32,
    /// The browser's: `zh-CN` or `en`.
    pub language: &'static str,
    /// What the system prefers.
    pub dark: bool,
}

impl Look {
    /// A hospital's desktop.
    pub const DESKTOP: Self = Self {
        width: 1366,
        height: 768,
        language: "zh-CN",
        dark: false,
    };
    /// A telephone.
    pub const SMALL: Self = Self {
        width: 390,
        height: 844,
        ..Self::DESKTOP
    };
}

/// A tab of its own browser, which shows the station of one centre.
pub struct Page {
    runtime: Runtime,
    client: Option<Client>,
    driver: Child,
    /// `http://127.0.0.1:PORT`.
    station: String,
    profile: PathBuf,
}

impl Page {
    /// Opens a part of the station (`/sandbox/live`) and waits until it is drawn.
    pub fn open(station: &str, path: &str, look: Look) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; on Debian: apt-get install chromium-driver");
        let port = port_of(&mut driver);
        let profile = std::env::temp_dir().join(format!("evoucher-browser-{port}"));
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let Value::Object(capabilities) = capabilities(look, &profile) else {
            unreachable!("it is an object");
        };
        let client = runtime.block_on(async {
            ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://127.0.0.1:{port}"))
                .await
        });
        let page = Self {
            runtime,
            client: Some(client.expect("Chromium starts")),
            driver,
            station: station.to_owned(),
            profile,
        };
        page.cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": false}),
        );
        let scheme = if look.dark { "dark" } else { "light" };
        page.cdp(
            "Emulation.setEmulatedMedia",
            json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
        );
        page.go(path);
        page
    }

    /// Goes to a part of the station by its address, and waits until it is drawn and connected.
    pub fn go(&self, path: &str) {
        let url = format!("{}{path}", self.station);
        self.does(async |client| client.goto(&url).await);
        self.until(
            "the page is drawn and connected",
            "document.documentElement.dataset.part && document.documentElement.dataset.connection === 'open'",
        );
    }

    /// Chooses a part of the station by its link.
    pub fn choose(&self, part: &str) {
        self.click(&format!("#nav a[data-part={part}]"));
        self.until(
            "the part is drawn",
            &format!("document.documentElement.dataset.part === '{part}'"),
        );
    }

    fn does<T, E: std::fmt::Display>(&self, what: impl AsyncFnOnce(&Client) -> Result<T, E>) -> T {
        let client = self.client.as_ref().expect("the browser is open");
        match self.runtime.block_on(what(client)) {
            Ok(done) => done,
            Err(error) => panic!("{error}"),
        }
    }

    /// What an expression of the page's scripts comes to.
    pub fn value(&self, expression: &str) -> Value {
        let script = format!("return {expression}");
        self.does(async |client| client.execute(&script, Vec::new()).await)
    }

    /// Runs a whole script.
    pub fn run(&self, script: &str) {
        self.does(async |client| client.execute(script, Vec::new()).await);
    }

    /// Runs statements, which end with `arguments[0](value)`.
    pub fn script(&self, statements: &str) -> Value {
        self.does(async |client| client.execute_async(statements, Vec::new()).await)
    }

    /// Waits until an expression is true, and gives it.
    pub fn until(&self, what: &str, expression: &str) -> Value {
        wait_for(&format!("{what}: {expression}"), || {
            let value = self.value(expression);
            let is_false = matches!(value, Value::Null | Value::Bool(false)) || value == json!(0);
            (!is_false && value != json!("")).then_some(value)
        })
    }

    /// Waits for something to be seen, and gives its text.
    pub fn text(&self, css: &str) -> String {
        let seen = format!(
            "(e => e && !e.closest('[hidden]') && e.textContent)(document.querySelector({}))",
            json!(css)
        );
        match self.until("there is", &seen) {
            Value::String(text) => text,
            other => panic!("{css}: {other}"),
        }
    }

    /// How many there are.
    pub fn count(&self, css: &str) -> u64 {
        let count = self.value(&format!("document.querySelectorAll({}).length", json!(css)));
        count.as_u64().expect("a number")
    }

    /// Waits until it can be clicked, and clicks it with the mouse.
    pub fn click(&self, css: &str) {
        let started = Instant::now();
        loop {
            let clicked = self.runtime.block_on(async {
                let client = self.client.as_ref().expect("the browser is open");
                client.find(Locator::Css(css)).await?.click().await
            });
            match clicked {
                Ok(()) => return,
                Err(error) if started.elapsed() > PATIENCE => {
                    panic!("{css} cannot be clicked: {error}")
                }
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Writes a text where another one stood.
    pub fn write(&self, css: &str, text: &str) {
        self.click(css);
        self.does(async |client| {
            let field = client.find(Locator::Css(css)).await?;
            field.clear().await?;
            field.send_keys(text).await
        });
    }

    /// Chooses from a list.
    pub fn select(&self, css: &str, value: &str) {
        self.until(
            "the list has it",
            &format!(
                "document.querySelector({}) !== null",
                json!(format!("{css} option[value='{value}']"))
            ),
        );
        self.does(async |client| {
            client
                .find(Locator::Css(css))
                .await?
                .select_by_value(value)
                .await
        });
    }

    /// Presses a key as a keyboard does: `Tab`, `Enter`, `ArrowDown` …, or a character.
    pub fn press(&self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            " " => (32, " "),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            "Home" => (36, ""),
            "End" => (35, ""),
            "PageDown" => (34, ""),
            "ArrowDown" => (40, ""),
            one => (0, one),
        };
        let mut event = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code});
        if !text.is_empty() {
            event["text"] = json!(text);
        }
        self.cdp("Input.dispatchKeyEvent", event);
        self.cdp(
            "Input.dispatchKeyEvent",
            json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}),
        );
    }

    /// Tabs to it, as whoever has no mouse must be able to.
    pub fn tab_to(&self, css: &str) {
        let there = format!("document.activeElement.matches({})", json!(css));
        for _ in 0..200 {
            if self.value(&there) == json!(true) {
                return;
            }
            self.press("Tab");
        }
        panic!("the keyboard does not reach {css}");
    }

    /// A command to the browser itself.
    pub fn cdp(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.command("goog/cdp/execute", body)
    }

    /// What the window shows, as WebP: a quarter of what PNG takes.
    pub fn picture(&self) -> Vec<u8> {
        let how = json!({"format": "webp", "quality": 80});
        let taken = self.cdp("Page.captureScreenshot", how);
        let taken = taken["data"].as_str().expect("a picture");
        let taken = STANDARD.decode(taken).expect("base64");
        assert!(taken.starts_with(b"RIFF"), "no picture");
        taken
    }

    fn command(&self, path: &'static str, body: Value) -> Value {
        self.does(async |client| client.issue_cmd(Extra { path, body }).await)
    }

    /// Ends the browser. Nothing was wrong on its console, nobody else was asked for anything, and
    /// every text has both languages.
    pub fn close(self) {
        assert_eq!(
            self.value("document.documentElement.dataset.i18nMissing"),
            json!("0"),
            "texts without a language"
        );
        let console = self.command("se/log", json!({"type": "browser"}));
        let console = console.as_array().expect("a list").iter();
        let wrong: Vec<_> = console
            .filter(|entry| entry["level"] != "INFO" && entry["level"] != "DEBUG")
            .map(|entry| entry["message"].as_str().unwrap_or_default())
            .collect();
        assert!(wrong.is_empty(), "on the console: {wrong:#?}");
        let traffic = self.command("se/log", json!({"type": "performance"}));
        let elsewhere: Vec<_> = traffic
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok())
            .filter(|event| event["message"]["method"] == "Network.requestWillBeSent")
            .filter_map(|event| {
                let url = event["message"]["params"]["request"]["url"]
                    .as_str()?
                    .to_owned();
                // The browser's own pages are no hosts.
                let is_of_a_host = ["http", "ws", "ftp"]
                    .iter()
                    .any(|scheme| url.starts_with(scheme));
                (is_of_a_host && !url.starts_with(&self.station)).then_some(url)
            })
            .collect();
        assert!(elsewhere.is_empty(), "asked elsewhere: {elsewhere:#?}");
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            // It may have died with the test.
            let closed =
                async { tokio::time::timeout(Duration::from_secs(10), client.close()).await };
            let _ = self.runtime.block_on(closed);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// What the WebDriver of Chromium has beyond the standard.
#[derive(Debug)]
struct Extra {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

fn capabilities(look: Look, profile: &Path) -> Value {
    let arguments = [
        "--headless=new".to_owned(),
        // Tests run as root in containers; what the page shows is ours.
        "--no-sandbox".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-gpu".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-background-networking".to_owned(),
        // Nobody else is there to be asked.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1".to_owned(),
        format!("--lang={}", look.language),
        format!("--accept-lang={}", look.language),
        format!("--user-data-dir={}", profile.display()),
    ];
    json!({
        "goog:chromeOptions": {
            "args": arguments,
            "prefs": {"intl.accept_languages": look.language},
        },
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        "timeouts": {"script": u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX)},
    })
}

/// Where the driver listens; what else it says is of no interest, but must go somewhere.
fn port_of(driver: &mut Child) -> u16 {
    let output = driver.stdout.take().expect("it is a pipe");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let port = lines
        .find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        })
        .expect("chromedriver says its port");
    std::thread::spawn(move || lines.for_each(drop));
    port
}
