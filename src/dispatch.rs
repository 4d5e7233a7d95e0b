//! What stands behind each export, in safe Rust: the C interface calls it, and the command-line
//! tool does too.

pub use crate::client::check::check;
pub use crate::risk::Listed;

use crate::catalogue::advice::advice;
use crate::catalogue::codes::{
    self, EV_INVALID_ARGUMENT, EV_INVALID_REQUEST, EV_UNKNOWN_SERVICE, ID_TYPES, UNLISTED, meaning,
};
use crate::catalogue::services::{PATH_PREFIX, SERVICES, Target};
use crate::charset::Charset;
use crate::client::line::{Ended, Entry, Line, serial_ref, token_ref};
use crate::client::{Client, token};
use crate::config::{BaseUrl, Config};
use crate::error::{Failure, Language, Text, text};
use crate::flow::{Event, Progress};
use crate::json::{self, Characters, Object};
use crate::reply::{Reply, Started};
use crate::risk;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

/// The least room for a reply to something that changes something: most replies fit.
const MIN_ROOM: usize = 1024;

/// Who asks.
#[expect(missing_debug_implementations, reason = "a client has none")]
pub struct Caller {
    /// On which client.
    pub client: Arc<Client>,
    /// What the bytes of its texts mean.
    pub charset: Charset,
    /// How many bytes it has for the reply.
    pub room: usize,
    /// What the log is to say beside the reply.
    pub entry: Entry,
}

impl Caller {
    /// A program in Rust: its text is UTF-8, and it takes a reply of any length.
    pub fn in_rust(function: &'static str, client: Client) -> Self {
        Self {
            client: Arc::new(client),
            charset: Charset::Utf8,
            room: usize::MAX,
            entry: Entry::new(function, 0, Started::now()),
        }
    }

    /// The answer to what sends nothing.
    pub fn done(&self, data: Option<String>) -> Reply {
        Reply::local(self.client.config().language, data)
    }

    /// Reads a request, and notes its size and whom it is for.
    fn request<'r>(&mut self, request: &'r [u8], changes: bool) -> Result<Cow<'r, str>, Failure> {
        self.entry.request_bytes = Some(request.len());
        if changes {
            self.check_room()?;
        }
        let request = self.charset.decode(request)?;
        self.note(&request);
        Ok(request)
    }

    /// What changes something is not begun where its reply may not fit.
    fn check_room(&self) -> Result<(), Failure> {
        let room = self.room;
        if room >= MIN_ROOM {
            return Ok(());
        }
        Err(Failure::not_sent(
            EV_INVALID_ARGUMENT,
            text!(
                "此服务会产生业务影响，应答缓冲区至少要 {MIN_ROOM} 字节（现为 {room}），建议 8192",
                "this service changes something: its reply buffer needs {MIN_ROOM} bytes at least (it has {room}); 8192 is a good size"
            ),
        ))
    }

    /// Notes whom a request is for, and which transaction, if anybody reads it.
    fn note(&mut self, request: &str) {
        if !self.entry.is_read {
            return;
        }
        let field = |name| {
            let text = json::at_path(request, name).and_then(json::string);
            text.filter(|text| !text.is_empty())
                .map(|text| text.to_owned())
        };
        self.entry.token_ref = token_ref(&token(request));
        let config = self.client.config();
        let org_codg = || field("orgCodg").or_else(|| config.default_of("orgCodg"));
        self.entry.serial_ref = field("fixmedinsTrnsSn")
            .map(|serial| serial_ref(&config.org_id, &org_codg().unwrap_or_default(), &serial));
    }
}

fn refuse(detail: Text) -> Failure {
    Failure::not_sent(EV_INVALID_REQUEST, detail)
}

/// Opens a client: JSON, or `@path` for a file.
pub fn open(config: &[u8]) -> Result<Client, Failure> {
    Client::open(Config::read(config)?)
}

/// Opens a client by the file that configures it.
pub fn open_file(config: &Path) -> Result<Client, Failure> {
    Client::open(Config::read_file(config)?)
}

/// A service by its name, or another path of the centre. Both are ASCII in every charset.
pub fn target(name: &[u8]) -> Result<Target, Failure> {
    let name = String::from_utf8_lossy(name);
    Target::find(&name).ok_or_else(|| {
        let names = SERVICES.map(|service| service.name).join(" | ");
        Failure::not_sent(
            EV_UNKNOWN_SERVICE,
            text!(
                "应为 {names}，或 {PATH_PREFIX} 开头的路径",
                "one of {names}, or a path that begins with {PATH_PREFIX}"
            ),
        )
    })
}

/// Makes one call.
pub fn call(caller: &mut Caller, target: &Target, request: &[u8]) -> Result<Reply, Failure> {
    let request = caller.request(request, target.changes())?;
    Ok(caller.client.call(target, &request, None))
}

/// The service that such a request names, as far as it can be read.
pub fn trans_target(request: &[u8]) -> Option<Target> {
    let request = String::from_utf8_lossy(request);
    let name = json::at_path(&request, "transType").and_then(json::string)?;
    Target::find(&name)
}

/// Makes the call that `{"transType","orgId","data"}` asks for, in the style of the national
/// library; a `url` takes the place of the configured one.
pub fn trans(caller: &mut Caller, url: &[u8], request: &[u8]) -> Result<Reply, Failure> {
    caller.entry.request_bytes = Some(request.len());
    let url = caller.charset.decode(url)?;
    let request = caller.charset.decode(request)?;
    let object = Object::parse_strictly(&request).map_err(refuse)?;
    let name = object.get("transType").and_then(json::string);
    let name = name.ok_or_else(|| {
        refuse(text!(
            "缺少 transType（字符串）",
            "transType (a string) is missing"
        ))
    })?;
    let target = target(name.as_bytes())?;
    if target.changes() {
        caller.check_room()?;
    }
    if let Some(org_id) = object.get("orgId")
        && json::string(org_id).as_deref() != Some(&*caller.client.config().org_id)
    {
        return Err(refuse(text!(
            "orgId 与配置的不同，一个 orgId 须用一个客户端",
            "orgId differs from the configured one; each orgId needs a client of its own"
        )));
    }
    let data = object
        .get("data")
        .ok_or_else(|| refuse(text!("缺少 data（对象）", "data (an object) is missing")))?;
    caller.note(data.get());
    let base = match url.trim() {
        "" => None,
        url => Some(base_url(url)?.without(target.path())),
    };
    Ok(caller.client.call(&target, data.get(), base.as_ref()))
}

fn base_url(url: &str) -> Result<BaseUrl, Failure> {
    BaseUrl::parse(url).map_err(|right| Failure::not_sent(EV_INVALID_ARGUMENT, right.about("url")))
}

/// Notes what became of a charge.
pub fn report_charge(caller: &mut Caller, report: &[u8]) -> Result<Reply, Failure> {
    let report = caller.request(report, false)?;
    caller.client.report_charge(&report)
}

/// Every transaction of the journal, those without an end first.
pub fn journal(client: &Client) -> Result<Vec<Listed>, Failure> {
    risk::list(client.config())
}

/// Makes the journal of a folder where there is none.
pub fn make_journal(folder: &Path) -> Result<(), Text> {
    risk::make(folder)
}

/// One of the flows.
pub type Flow = for<'a> fn(&'a Client, &str, &'a mut Progress<'a>) -> Reply;

/// What a flow tells whoever asked for it.
#[derive(Debug)]
pub enum Told<'a> {
    /// An event for the program, as JSON; `false` cancels the flow.
    Progress(&'a str),
    /// The line of a step.
    Line(&'a Line),
}

/// Runs a flow, which may change something.
pub fn flow(
    caller: &mut Caller,
    flow: Flow,
    request: &[u8],
    tell: &mut dyn FnMut(&Client, Told<'_>) -> bool,
) -> Result<Reply, Failure> {
    let request = caller.request(request, true)?;
    let Caller { client, entry, .. } = caller;
    let mut hear = |event: Event<'_>| match event {
        Event::Progress(event) => tell(client, Told::Progress(event)),
        Event::Step { .. } if !entry.is_read => true,
        Event::Step {
            reply,
            request_bytes,
            elapsed_ms,
        } => {
            let line = entry.line_of_step(&Ended {
                reply,
                elapsed_ms,
                request_bytes: Some(request_bytes),
                reply_bytes: None,
                buffer_bytes: None,
            });
            tell(client, Told::Line(&line))
        }
    };
    Ok(flow(client, &request, &mut hear))
}

/// Ends what is in flight for a patient's token, or everything.
pub fn cancel(caller: &mut Caller, token: Option<&[u8]>) -> Result<Reply, Failure> {
    let token = token
        .map(|token| caller.charset.decode(token))
        .transpose()?;
    // Written as a scanner gave it, as in a request.
    let token = token.as_deref().map(str::trim);
    caller.entry.token_ref = token.and_then(token_ref);
    let cancelled = caller.client.cancel(token);
    Ok(caller.done(Some(json!({ "cancelled": cancelled }).to_string())))
}

/// Seals a text: the whole request body.
pub fn seal(caller: &mut Caller, text: &[u8]) -> Result<Reply, Failure> {
    caller.entry.request_bytes = Some(text.len());
    let text = caller.charset.decode(text)?;
    let body = String::from_utf8(caller.client.seal(&text)).unwrap_or_default();
    Ok(caller.done(Some(body)))
}

/// Opens an `encData`, or a whole body that holds one.
pub fn unseal(caller: &mut Caller, text: &[u8]) -> Result<Reply, Failure> {
    caller.entry.request_bytes = Some(text.len());
    let text = caller.charset.decode(text)?;
    let opened = caller.client.unseal(&text)?;
    Ok(caller.done(Some(json!({ "text": *opened }).to_string())))
}

/// What a code means, and what to do about it.
pub fn explain(code: i32, language: Language) -> Reply {
    let known = meaning(code).unwrap_or(&UNLISTED);
    let (operator, developer) = advice(code, language);
    let data = json!({
        "code": code,
        "name": known.name,
        "scope": known.scope,
        "documents": known.documents,
        "meaning": match language {
            Language::Zh => known.zh,
            Language::En => known.en,
        },
        "advice": operator,
        "developerAdvice": developer,
    });
    Reply::local(language, Some(data.to_string()))
}

/// One of the documents' tables.
pub fn dictionary(caller: &mut Caller, name: &[u8]) -> Result<Reply, Failure> {
    let name = caller.charset.decode(name)?;
    let items: Vec<Value> = match &*name {
        "code" => codes::all()
            .filter(|meaning| !meaning.documents.is_empty())
            .map(|meaning| {
                json!({
                    "code": meaning.code,
                    "scope": meaning.scope,
                    "documents": meaning.documents,
                    "meaning": meaning.zh,
                })
            })
            .collect(),
        "idType" => ID_TYPES
            .iter()
            .map(|(code, meaning)| json!({ "code": code, "meaning": meaning }))
            .collect(),
        _ => {
            let detail = text!("name 应为 code 或 idType", "name must be code or idType");
            return Err(refuse(detail));
        }
    };
    Ok(caller.done(Some(json!({ name: items }).to_string())))
}

/// What this library is.
pub fn version() -> Reply {
    let data = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "target": env!("EVOUCHER_TARGET"),
        "build": if cfg!(debug_assertions) { "debug" } else { "release" },
        "features": ["tls1.2", "tls1.3", "gb18030"],
    });
    Reply::local(Language::default(), Some(data.to_string()))
}

/// One field of a reply, as plain text.
pub fn field(charset: Charset, json: &[u8], path: &[u8]) -> Result<Vec<u8>, Failure> {
    let (json, path) = (charset.decode(json)?, charset.decode(path)?);
    let value =
        json::at_path(&json, &path).ok_or_else(|| refuse(text!("没有该字段", "no such field")))?;
    let plain = match value.get() {
        "null" => Characters::default(),
        other => json::string_to_show(value).unwrap_or(Characters::AsTheyStand(other)),
    };
    Ok(charset.encode_plain(&plain))
}
