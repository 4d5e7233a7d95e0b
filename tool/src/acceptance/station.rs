//! The station of a running sandbox, over its interface.

use crate::{Problem, Tongue};
use serde_json::Value;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE};
use ureq::http::{Method, Request, Response, Uri};
use ureq::{Agent, Body};

/// How long the station has to accept a connection, and to answer in full.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(120);

/// What the station said of a request.
pub enum Answer {
    Done(Value),
    /// It is not time for that: why.
    NotYet(String),
    /// Something in the request is wrong: what.
    Wrong(String),
}

/// A station that answers.
pub struct Station {
    agent: Agent,
    /// Scheme and authority.
    base: String,
    key: Option<String>,
    pub tongue: Tongue,
}

impl Station {
    /// Takes the sandbox's address, or the page's that it printed: there, the key is in the query.
    pub fn at(url: &str, tongue: Tongue) -> Result<Self, Problem> {
        let wrong = || {
            let text = [
                "须为模拟中心的地址，如 http://127.0.0.1:18080，或它启动时打印的 page 地址",
                "is the sandbox's address, such as http://127.0.0.1:18080, or its page's as printed",
            ];
            Problem::new(format!("URL {}", tongue.of(text)))
        };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().map(|authority| authority.as_str());
        let is_page = ["", "/"].contains(&uri.path()) || uri.path().starts_with("/sandbox");
        let (Some("http"), Some(authority), true) = (uri.scheme_str(), authority, is_page) else {
            return Err(wrong());
        };
        let mut parts = uri.query().unwrap_or_default().split('&');
        let key = parts.find_map(|part| part.strip_prefix("key="));
        // It stands on this network, whatever proxy others are reached by; and a connection that was
        // kept while the tester was at the HIS would be closed by now.
        let config = Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER));
        Ok(Self {
            agent: config.build().into(),
            base: format!("http://{authority}"),
            key: key.map(str::to_owned),
            tongue,
        })
    }

    /// Where the page is: without its key, which is nothing to be printed.
    pub fn page(&self) -> String {
        format!("{}/sandbox/", self.base)
    }

    /// The run as it is.
    pub fn run(&self) -> Result<Value, Problem> {
        let whole = self.done(self.ask(Method::GET, "", None)?)?;
        match whole["cases"].is_array() {
            true => Ok(whole),
            false => Err(self.foreign()),
        }
    }

    /// Says who is tested.
    pub fn change(&self, about: &Value) -> Result<(), Problem> {
        self.done(self.ask(Method::PUT, "", Some(about))?)?;
        Ok(())
    }

    /// A case as it is.
    pub fn case(&self, id: &str) -> Result<Value, Problem> {
        self.done(self.ask(Method::GET, &format!("/cases/{id}"), None)?)
    }

    /// Does something to a case.
    pub fn act(&self, id: &str, what: &str, body: &Value) -> Result<Answer, Problem> {
        self.ask(Method::POST, &format!("/cases/{id}/{what}"), Some(body))
    }

    /// What must have been done.
    pub fn done(&self, answer: Answer) -> Result<Value, Problem> {
        match answer {
            Answer::Done(value) => Ok(value),
            Answer::NotYet(why) | Answer::Wrong(why) => Err(Problem::new(why)),
        }
    }

    fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Problem> {
        let mut response = self.send(method, path, body)?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(u64::MAX);
        let text = text.read_to_vec().map_err(|error| self.lost(&error))?;
        let value: Value = serde_json::from_slice(&text).map_err(|_| self.foreign())?;
        let why = || {
            let why = self.tongue.text(&value["error"]);
            match value["field"].as_str() {
                Some(field) => format!("{field}: {why}"),
                None => why.to_owned(),
            }
        };
        match status {
            200 => Ok(Answer::Done(value)),
            409 => Ok(Answer::NotYet(why())),
            400 => Ok(Answer::Wrong(why())),
            _ if value["error"].is_object() => Err(Problem::new(why())),
            _ => Err(self.foreign()),
        }
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response<Body>, Problem> {
        let uri = format!("{}/sandbox/api/acceptance{path}", self.base);
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        let response = match body {
            Some(body) => {
                let request = request.header(CONTENT_TYPE, "application/json");
                let request = request.body(body.to_string());
                request
                    .map_err(ureq::Error::from)
                    .and_then(|request| self.agent.run(request))
            }
            None => {
                let request = request.body(());
                request
                    .map_err(ureq::Error::from)
                    .and_then(|request| self.agent.run(request))
            }
        };
        response.map_err(|error| self.lost(&error))
    }

    fn lost(&self, error: &ureq::Error) -> Problem {
        let text = ["连接不上模拟中心", "the sandbox cannot be reached"];
        Problem::new(format!("{}: {} ({error})", self.base, self.tongue.of(text)))
    }

    fn foreign(&self) -> Problem {
        let text = [
            "应答的不是模拟中心，或版本太旧",
            "what answers is no evoucher-sandbox, or too old",
        ];
        Problem::new(format!("{}: {}", self.base, self.tongue.of(text)))
    }

    /// Writes the report as a file: whole beside the old one, which it then replaces.
    pub fn save(&self, format: &str, path: &Path) -> Result<(), Problem> {
        let mut response = self.send(Method::GET, &format!("/report?format={format}"), None)?;
        if response.status().as_u16() != 200 {
            return Err(self.foreign());
        }
        let new = beside(path);
        let saved =
            write(&new, &mut response.body_mut().as_reader()).and_then(|()| fs::rename(&new, path));
        saved.map_err(|error| {
            // What is half written is of use to nobody.
            let _ = fs::remove_file(&new);
            unwritten(path, &error)
        })
    }
}

fn write(new: &Path, report: &mut impl io::Read) -> io::Result<()> {
    let mut file = File::create(new)?;
    io::copy(report, &mut file)?;
    file.sync_all()
}

/// Whether a report can be written there.
pub fn check_writable(path: &Path) -> Result<(), Problem> {
    let new = beside(path);
    let made = match path.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => File::create(&new),
    };
    made.and_then(|_| fs::remove_file(&new))
        .map_err(|error| unwritten(path, &error))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

fn unwritten(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("{}: {error}", path.display()))
}
