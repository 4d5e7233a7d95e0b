//! The configuration: JSON, every field checked and every problem named, before anything is sent.

use crate::catalogue::codes::EV_INVALID_CONFIG;
use crate::envelope::{KeyFormat, Sealer};
use crate::error::{Failure, Language, Text, text};
// Against the direction of calls: `unsafe` is allowed nowhere else.
use crate::catalogue::services::DEFAULTABLE;
use crate::charset::{Charset, decode_file};
use crate::client::log::{Level, LogSettings};
use crate::json::Object;
use crate::os::dpapi::{self, Scope};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::http::{HeaderName, HeaderValue, Uri};
use zeroize::Zeroizing;

/// A configuration that holds together. It has no `Debug`: the key is in it.
#[expect(missing_debug_implementations, reason = "it holds the key")]
pub struct Config {
    /// 地方电子凭证中心's address (A and B §1.2).
    pub local_url: BaseUrl,
    /// 业务系统编码.
    pub org_id: String,
    /// 请求方标识, made of `reqtPrefix` and `admdvs` where it was not given.
    pub reqt_type: String,
    /// The issued key.
    pub sealer: Sealer,
    /// Of requests and replies.
    pub charset: Charset,
    /// Of this library's own messages.
    pub language: Language,
    /// For a connection to stand: name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// For the whole call.
    pub timeout: Duration,
    /// What fills a request's field that the caller left out, by field.
    pub defaults: Vec<(&'static str, String)>,
    /// How long the password-check flow waits for the patient.
    pub verify: Verify,
    /// How the centre's certificate is judged.
    pub tls: TlsSettings,
    /// The HTTP proxy to go through.
    pub proxy: Option<ureq::Proxy>,
    /// Sent with every request, for a gateway that asks for them.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Where calls are noted, if anywhere.
    pub log: Option<LogSettings>,
}

/// How long the password-check flow waits for the patient.
#[derive(Debug, Clone, Copy)]
pub struct Verify {
    /// Between one question and the next.
    pub interval: Duration,
    /// No question is asked after this.
    pub timeout: Duration,
}

impl Verify {
    fn read(section: &mut Reader<'_>) -> Self {
        let Self { interval, timeout } = Self::default();
        let or = |number: Option<u64>, default| number.map_or(default, Duration::from_millis);
        Self {
            interval: or(section.number("intervalMs", 1..=MAX_MS), interval),
            timeout: or(section.number("timeoutMs", 1..=MAX_MS), timeout),
        }
    }
}

impl Default for Verify {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(2_000),
            timeout: Duration::from_millis(120_000),
        }
    }
}

/// How the centre's certificate is judged. There is no way to switch that off.
#[derive(Debug, Default)]
pub struct TlsSettings {
    /// Trusted beside the operating system's authorities: PEM text.
    pub ca: Option<String>,
    /// Exactly these certificates are trusted, whatever their names: SHA-256 of their DER.
    pub pins: Vec<[u8; 32]>,
    /// The name to expect in place of the address's host.
    pub server_name: Option<String>,
}

/// An address in front of the services' paths: scheme, host, and a path without a slash at its
/// end.
#[derive(Debug, Clone)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads an address; `Err` says what is wrong with it.
    pub fn parse(url: &str) -> Result<Self, Text> {
        let right = || {
            text!(
                "应为 http:// 或 https:// 开头的地址，如 http://10.0.0.1:8080，不带参数和账号",
                "an address that begins with http:// or https://, such as http://10.0.0.1:8080, without query or user"
            )
        };
        let url = url.trim().trim_end_matches('/');
        let (scheme, rest) = url.split_once("://").ok_or_else(right)?;
        let url = format!("{}://{rest}", scheme.to_ascii_lowercase());
        let uri: Uri = url.parse().map_err(|_| right())?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let host = uri.host().unwrap_or_default();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if !is_http || host.is_empty() || authority.contains('@') || url.contains(['?', '#']) {
            return Err(right());
        }
        if !has_port_or_none(authority) {
            return Err(no_port());
        }
        Ok(Self(url))
    }

    /// The same without a service's path at its end, for callers that pass whole addresses.
    pub fn without(self, path: &str) -> Self {
        match self.0.strip_suffix(path) {
            Some(base) => Self(base.to_owned()),
            None => self,
        }
    }

    /// The whole address of a service.
    pub fn join(&self, path: &str) -> Uri {
        // Both were checked on their way in, and a path only ever lengthens the address's path.
        Uri::try_from(format!("{}{path}", self.0)).unwrap_or_default()
    }

    /// Whether it asks for TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

/// Whether what follows the host is a port, or nothing: what is no port would be passed over, and
/// the scheme's own connected to.
fn has_port_or_none(authority: &str) -> bool {
    // The colons of an IPv6 address stand within brackets.
    let behind_host = authority.rsplit(']').next().unwrap_or(authority);
    behind_host
        .split_once(':')
        .is_none_or(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn no_port() -> Text {
    text!("端口应为 1 到 65535", "a port is a number from 1 to 65535")
}

/// The longest time that can be configured, in milliseconds.
const MAX_MS: u64 = 600_000;

/// The largest configuration and key file.
const MAX_FILE: u64 = 1 << 20;

impl Config {
    /// Reads a configuration from JSON text, or from a file when the text is `@path`.
    ///
    /// Relative paths in a file's fields start at that file's folder, never at the current one.
    pub fn read(source: &[u8]) -> Result<Self, Failure> {
        let source = decode_file(source);
        match source.trim().strip_prefix('@') {
            Some(path) => Self::read_file(Path::new(path.trim())),
            None => Self::parse(&source, None),
        }
    }

    /// Reads a configuration file.
    pub fn read_file(path: &Path) -> Result<Self, Failure> {
        let bytes = read_limited(path).map_err(|reason| {
            let path = path.display();
            let (zh, en) = (reason.zh, reason.en);
            refuse(text!(
                "读不到配置文件 {path}：{zh}",
                "cannot read the configuration file {path}: {en}"
            ))
        })?;
        Self::parse(&decode_file(&bytes), path.parent())
    }

    fn parse(json: &str, folder: Option<&Path>) -> Result<Self, Failure> {
        // Object names a field that comes twice; Value would take the last.
        Object::parse_strictly(json).map_err(refuse)?;
        let fields = match serde_json::from_str(json) {
            Ok(Value::Object(fields)) => fields,
            _ => return Err(refuse(text!("不是 JSON 对象", "not a JSON object"))),
        };
        let mut reader = Reader {
            fields,
            prefix: String::new(),
            folder,
            problems: Vec::new(),
        };
        let language = read_language(&mut reader);
        let config = Self::from_reader(&mut reader, language);
        reader.finish();
        match config {
            Some(config) if reader.problems.is_empty() => Ok(config),
            _ => Err(refuse(Text::join(&reader.problems)).in_language(language)),
        }
    }

    /// `None` only where a problem was noted.
    fn from_reader(reader: &mut Reader<'_>, language: Language) -> Option<Self> {
        let local_url = reader.required("localUrl").and_then(|url| {
            BaseUrl::parse(&url)
                .map_err(|right| reader.wrong("localUrl", right))
                .ok()
        });
        let org_id = reader.required("orgId");
        let reqt_type = read_reqt_type(reader, org_id.as_deref());
        let sealer = read_key(reader);
        let charset = reader.choice(
            "charset",
            &["utf-8", "gbk", "gb18030", "ascii"],
            Charset::from_name,
        );
        let connect_timeout = reader.milliseconds("connectTimeoutMs", 3_000);
        let timeout = reader.milliseconds("timeoutMs", 15_000);
        let defaults = read_defaults(reader);
        let mut verify = Verify::default();
        reader.section("verify", |section| verify = Verify::read(section));
        let tls = read_tls(reader);
        let proxy = read_proxy(reader);
        let headers = read_headers(reader);
        let log = read_log(reader);
        Some(Self {
            local_url: local_url?,
            org_id: org_id?,
            reqt_type: reqt_type?,
            sealer: sealer?,
            charset: charset.unwrap_or(Charset::Utf8),
            language,
            connect_timeout,
            timeout,
            defaults,
            verify,
            tls,
            proxy,
            headers,
            log,
        })
    }
}

fn refuse(detail: Text) -> Failure {
    Failure::not_sent(EV_INVALID_CONFIG, detail)
}

fn read_language(reader: &mut Reader<'_>) -> Language {
    let language = reader.choice("language", &["zh", "en"], |name| match name {
        "zh" => Some(Language::Zh),
        "en" => Some(Language::En),
        _ => None,
    });
    language.unwrap_or_default()
}

/// `reqtType` as it is, else `{reqtPrefix}&{admdvs}` with `orgId` for a prefix (§1.3.2.1).
fn read_reqt_type(reader: &mut Reader<'_>, org_id: Option<&str>) -> Option<String> {
    let reqt_type = reader.text("reqtType");
    let prefix = reader.text("reqtPrefix");
    let admdvs = reader.text("admdvs");
    if let Some(admdvs) = &admdvs
        && (admdvs.len() != 6 || !admdvs.bytes().all(|byte| byte.is_ascii_digit()))
    {
        reader.wrong(
            "admdvs",
            text!(
                "应为 6 位数字的医保区划代码，如 350000",
                "a division code of six digits, such as 350000"
            ),
        );
        return None;
    }
    match (reqt_type, admdvs) {
        (Some(reqt_type), _) => Some(reqt_type),
        (None, Some(admdvs)) => Some(format!("{}&{admdvs}", prefix.as_deref().or(org_id)?)),
        (None, None) => {
            reader.problems.push(text!(
                "缺少 reqtType 或 admdvs，须有其一",
                "one of reqtType and admdvs is needed"
            ));
            None
        }
    }
}

fn read_key(reader: &mut Reader<'_>) -> Option<Sealer> {
    let format = reader
        .choice(
            "keyFormat",
            &["auto", "hex", "text", "base64"],
            KeyFormat::from_name,
        )
        .unwrap_or(KeyFormat::Auto);
    let inline = reader.text("sm4Key").map(Zeroizing::new);
    let file = reader.path("sm4KeyFile");
    let variable = reader.text("sm4KeyEnv");
    let (field, key) = match (inline, file, variable) {
        (Some(key), None, None) => ("sm4Key", key),
        (None, Some(path), None) => ("sm4KeyFile", read_key_file(reader, &path)?),
        (None, None, Some(name)) => match std::env::var(&name) {
            Ok(key) => ("sm4KeyEnv", Zeroizing::new(key.trim().to_owned())),
            Err(_) => {
                reader.wrong(
                    "sm4KeyEnv",
                    text!("环境变量 {name} 不存在", "there is no variable {name}"),
                );
                return None;
            }
        },
        _ => {
            reader.problems.push(text!(
                "sm4Key、sm4KeyFile、sm4KeyEnv 须有且只有其一",
                "exactly one of sm4Key, sm4KeyFile and sm4KeyEnv is needed"
            ));
            return None;
        }
    };
    let sealer = Sealer::new(&key, format);
    if sealer.is_none() {
        let length = key.chars().count();
        reader.wrong(
            field,
            text!(
                "密钥有 {length} 个字符，与 keyFormat 不符；应为 32 位十六进制、16 个 ASCII 字符或 24 位 Base64",
                "the key has {length} characters and does not fit keyFormat: 32 hex digits, 16 ASCII characters, or 24 of Base64"
            ),
        );
    }
    sealer
}

fn read_key_file(reader: &mut Reader<'_>, path: &Path) -> Option<Zeroizing<String>> {
    let key = only_for_its_owner(path)
        .and_then(|()| read_limited(path))
        .map(Zeroizing::new);
    let key = key.and_then(|bytes| {
        let text = Zeroizing::new(decode_file(&bytes).trim().to_owned());
        match text.strip_prefix(PROTECTED) {
            Some(blob) => unprotect(blob),
            None => Ok(text),
        }
    });
    match key {
        Ok(key) => Some(key),
        Err(reason) => {
            let path = path.display();
            let (zh, en) = (reason.zh, reason.en);
            reader.wrong("sm4KeyFile", text!("{path}：{zh}", "{path}: {en}"));
            None
        }
    }
}

/// What a key file begins with whose key Windows protects; the rest is Base64.
const PROTECTED: &str = "dpapi:";

/// The text of a key file that only this machine, or this user, can open.
pub fn protected_key_file(key: &str, scope: Scope) -> std::io::Result<String> {
    let blob = dpapi::protect(key.as_bytes(), scope)?;
    Ok(format!("{PROTECTED}{}", BASE64_STANDARD.encode(blob)))
}

fn unprotect(blob: &str) -> Result<Zeroizing<String>, Text> {
    let blob = BASE64_STANDARD.decode(blob.trim()).map_err(|_| {
        text!(
            "{PROTECTED} 之后应为 Base64，请用 evoucher-tool protect 重新生成",
            "what follows {PROTECTED} is no Base64: make it again with evoucher-tool protect"
        )
    })?;
    let key = dpapi::unprotect(&blob).map_err(|error| match error.kind() {
        std::io::ErrorKind::Unsupported => text!(
            "{PROTECTED} 开头的密钥文件只能在 Windows 上使用",
            "a key file that begins with {PROTECTED} can be used on Windows only"
        ),
        _ => text!(
            "Windows 打不开受保护的密钥（{error}），应在本机、以运行 HIS 的用户执行 evoucher-tool protect 生成",
            "Windows cannot open the protected key ({error}): make it with evoucher-tool protect on this machine, as the user that runs the HIS"
        ),
    })?;
    let key = std::str::from_utf8(&key).map_err(|_| {
        text!(
            "受保护的密钥不是 UTF-8 文本，请用 evoucher-tool protect 重新生成",
            "the protected key is no UTF-8 text: make it again with evoucher-tool protect"
        )
    })?;
    Ok(Zeroizing::new(key.trim().to_owned()))
}

/// A key that every user of the machine can read is no secret.
#[cfg(unix)]
fn only_for_its_owner(path: &Path) -> Result<(), Text> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)
        .map_err(|error| describe_io(&error))?
        .permissions()
        .mode();
    if mode & 0o007 == 0 {
        return Ok(());
    }
    Err(text!(
        "密钥文件对所有用户开放，请执行 chmod 600",
        "every user may read the key file: chmod 600 it"
    ))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature everywhere")]
fn only_for_its_owner(_: &Path) -> Result<(), Text> {
    Ok(())
}

fn read_limited(path: &Path) -> Result<Vec<u8>, Text> {
    let length = fs::metadata(path)
        .map_err(|error| describe_io(&error))?
        .len();
    if length > MAX_FILE {
        return Err(text!(
            "文件有 {length} 字节，最多 {MAX_FILE}",
            "the file has {length} bytes, {MAX_FILE} at most"
        ));
    }
    fs::read(path).map_err(|error| describe_io(&error))
}

fn describe_io(error: &std::io::Error) -> Text {
    match error.kind() {
        std::io::ErrorKind::NotFound => text!("文件不存在", "no such file"),
        std::io::ErrorKind::PermissionDenied => text!("没有读取权限", "no permission to read it"),
        _ => text!("{error}", "{error}"),
    }
}

fn read_defaults(reader: &mut Reader<'_>) -> Vec<(&'static str, String)> {
    let mut defaults = Vec::new();
    reader.section("defaults", |section| {
        for (name, max) in DEFAULTABLE {
            let Some(value) = section.text(name) else {
                continue;
            };
            let count = value.chars().count();
            if count > max {
                section.wrong(
                    name,
                    text!(
                        "有 {count} 个字符，最多 {max} 个",
                        "{count} characters, {max} at most"
                    ),
                );
            }
            defaults.push((name, value));
        }
    });
    defaults
}

fn read_tls(reader: &mut Reader<'_>) -> TlsSettings {
    let mut tls = TlsSettings::default();
    reader.section("tls", |section| {
        if let Some(path) = section.path("caFile") {
            match read_limited(&path) {
                Ok(pem) => tls.ca = Some(decode_file(&pem).into_owned()),
                Err(reason) => {
                    let path = path.display();
                    let (zh, en) = (reason.zh, reason.en);
                    section.wrong("caFile", text!("{path}：{zh}", "{path}: {en}"));
                }
            }
        }
        for pin in section.texts("pinSha256") {
            let mut sha256 = [0; 32];
            match hex::decode_to_slice(pin.replace([':', ' '], ""), &mut sha256) {
                Ok(()) => tls.pins.push(sha256),
                Err(_) => section.wrong(
                    "pinSha256",
                    text!(
                        "应为证书（DER）SHA-256 的 64 位十六进制",
                        "64 hex digits, the SHA-256 of the certificate's DER"
                    ),
                ),
            }
        }
        tls.server_name = section.text("serverName");
        if let Some(name) = &tls.server_name
            && rustls::pki_types::ServerName::try_from(name.as_str()).is_err()
        {
            section.wrong(
                "serverName",
                text!("应为主机名或 IP 地址", "a host name or an IP address"),
            );
        }
    });
    tls
}

fn read_proxy(reader: &mut Reader<'_>) -> Option<ureq::Proxy> {
    let proxy = reader.text("proxy")?;
    let right = text!("应为 http://主机:端口 或 null", "http://host:port, or null");
    let Some(rest) = proxy.strip_prefix("http://") else {
        reader.wrong("proxy", right);
        return None;
    };
    // A user and a password may stand before the host.
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let read = match ureq::Proxy::new(&proxy) {
        _ if !has_port_or_none(host) => Err(no_port()),
        read => read.map_err(|_| right),
    };
    read.map_err(|wrong| reader.wrong("proxy", wrong)).ok()
}

/// What the transport sets itself, and nobody else may.
const OWN_HEADERS: [&str; 7] = [
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "transfer-encoding",
    "accept-encoding",
];

fn read_headers(reader: &mut Reader<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let Some(value) = reader.take("headers") else {
        return Vec::new();
    };
    let mut headers = Vec::new();
    let Value::Object(fields) = value else {
        reader.wrong("headers", text!("应为对象", "an object"));
        return headers;
    };
    for (name, value) in fields {
        let parsed = (
            name.parse::<HeaderName>(),
            value.as_str().map(str::parse::<HeaderValue>),
        );
        match parsed {
            (Ok(header), _) if OWN_HEADERS.contains(&header.as_str()) => reader.wrong(
                "headers",
                text!(
                    "{name} 由动态库设置，不能改",
                    "{name} is set by the library"
                ),
            ),
            (Ok(header), Some(Ok(value))) => headers.push((header, value)),
            _ => reader.wrong(
                "headers",
                text!(
                    "{name} 不是合法的 HTTP 头名或其值不是合法的字符串",
                    "{name} is no valid header name, or its value no valid string"
                ),
            ),
        }
    }
    headers
}

fn read_log(reader: &mut Reader<'_>) -> Option<LogSettings> {
    let mut settings = None;
    reader.section("log", |log| {
        let dir = log.path("dir");
        let level = log.choice("level", &["error", "warn", "info"], Level::from_name);
        let keep_days = log.number("keepDays", 1..=3650);
        settings = dir.map(|dir| LogSettings {
            dir,
            level: level.unwrap_or_default(),
            keep_days: keep_days.unwrap_or(30),
        });
    });
    settings
}

/// Takes fields out of an object and notes what is wrong with them, by the name that whoever wrote
/// the configuration sees there.
struct Reader<'a> {
    fields: Map<String, Value>,
    prefix: String,
    folder: Option<&'a Path>,
    problems: Vec<Text>,
}

impl Reader<'_> {
    /// A field's value; null is the same as leaving it out.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    fn wrong(&mut self, name: &str, right: Text) {
        let prefix = &self.prefix;
        let (zh, en) = (right.zh, right.en);
        let problem = text!("{prefix}{name}：{zh}", "{prefix}{name}: {en}");
        self.problems.push(problem);
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => {
                self.wrong(name, text!("应为非空字符串", "a string that is not empty"));
                None
            }
        }
    }

    fn required(&mut self, name: &str) -> Option<String> {
        if self.fields.get(name).is_none_or(Value::is_null) {
            self.problems
                .push(text!("缺少 {name}", "{name} is missing"));
        }
        self.text(name)
    }

    fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(value) = self.take(name) else {
            return Vec::new();
        };
        let texts: Option<Vec<String>> = value.as_array().and_then(|items| {
            items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect()
        });
        texts.unwrap_or_else(|| {
            self.wrong(name, text!("应为字符串数组", "an array of strings"));
            Vec::new()
        })
    }

    fn number(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let value = self.take(name)?;
        let number = value.as_u64().filter(|number| range.contains(number));
        if number.is_none() {
            let (from, to) = range.into_inner();
            self.wrong(
                name,
                text!(
                    "应为 {from} 到 {to} 的整数",
                    "a whole number from {from} to {to}"
                ),
            );
        }
        number
    }

    fn milliseconds(&mut self, name: &str, default: u64) -> Duration {
        Duration::from_millis(self.number(name, 1..=MAX_MS).unwrap_or(default))
    }

    fn choice<T>(
        &mut self,
        name: &str,
        names: &[&str],
        choose: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let known = names.contains(&text.as_str());
        let choice = known.then(|| choose(&text)).flatten();
        if choice.is_none() {
            let names = names.join(" | ");
            self.wrong(name, text!("应为 {names}", "one of {names}"));
        }
        choice
    }

    /// A path, from the configuration file's folder if it is relative.
    fn path(&mut self, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.text(name)?);
        if path.is_absolute() {
            return Some(path);
        }
        if let Some(folder) = self.folder {
            return Some(folder.join(path));
        }
        self.wrong(
            name,
            text!(
                "配置不是从文件读取的，此处须用绝对路径",
                "an absolute path, since this configuration does not come from a file"
            ),
        );
        None
    }

    fn section(&mut self, name: &str, read: impl FnOnce(&mut Reader<'_>)) {
        let Some(value) = self.take(name) else {
            return;
        };
        let Value::Object(fields) = value else {
            self.wrong(name, text!("应为对象", "an object"));
            return;
        };
        let mut section = Reader {
            fields,
            prefix: format!("{name}."),
            folder: self.folder,
            problems: Vec::new(),
        };
        read(&mut section);
        section.finish();
        self.problems.append(&mut section.problems);
    }

    /// Whatever was not taken is not known: a slip of the pen must not be a silent default.
    fn finish(&mut self) {
        for name in std::mem::take(&mut self.fields).keys() {
            self.wrong(name, text!("没有这个配置项", "no such field"));
        }
    }
}
