//! The configuration: JSON, every field checked and every problem named, before anything is sent.

pub mod fields;
mod headers;
mod key;
mod reader;
mod url;

pub use fields::fields;
pub use key::protected_key_file;
pub use url::BaseUrl;

use crate::catalogue::codes::EV_INVALID_CONFIG;
use crate::charset::{Charset, decode_file};
use crate::envelope::Sealer;
use crate::error::{Failure, Language, Text, text};
use crate::json::Object;
use crate::os::host::beside_program;
use reader::{Reader, read_file, should_be};
use rustls::pki_types::ServerName;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::http::{HeaderName, HeaderValue};
use zeroize::Zeroizing;

/// A configuration that holds together. It has no `Debug`: the key is in it.
#[expect(missing_debug_implementations, reason = "it holds the key")]
pub struct Config {
    /// 地方电子凭证中心's addresses (A and B §1.2), one at least, in the order in which they are tried.
    pub local_urls: Vec<BaseUrl>,
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
    /// Who guards the charge.
    pub risk: RiskSettings,
}

/// Who guards the charge, and where it is remembered.
#[derive(Debug, Default)]
pub struct RiskSettings {
    /// Who guards it.
    pub mode: Mode,
    /// Where it is remembered beyond this process.
    pub journal: Option<JournalSettings>,
}

/// Who guards the charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// This library: what must not go on is refused.
    #[default]
    Guard,
    /// The program: all is noted, and only what is in flight is refused.
    Observe,
}

/// The journal.
#[derive(Debug)]
pub struct JournalSettings {
    /// Its folder, on a disk of this machine.
    pub dir: PathBuf,
    /// For how many days transactions are kept.
    pub keep_days: u64,
}

/// How long the password-check flow waits for the patient.
#[derive(Debug, Clone, Copy)]
pub struct Verify {
    /// Between one question and the next.
    pub interval: Duration,
    /// No question is asked after this.
    pub timeout: Duration,
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

/// Which calls get a line in the log; each level has those of the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What failed on this side of the centre, connections included.
    Error,
    /// What the centre refused.
    Warn,
    /// Every call.
    Info,
}

impl Level {
    fn from_name(name: &str) -> Option<Self> {
        [Self::Error, Self::Warn, Self::Info]
            .into_iter()
            .find(|level| level.as_str() == name)
    }

    /// What a configuration, and the log itself, calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
        }
    }
}

/// Where calls are noted.
#[derive(Debug)]
pub struct LogSettings {
    /// Where the files are.
    pub dir: PathBuf,
    /// Which calls get a line.
    pub level: Level,
    /// For how many days before today files are kept.
    pub keep_days: u64,
}

impl Config {
    /// Reads a configuration from JSON text, or from a file when the text is `@path`.
    ///
    /// Relative paths in a file's fields start at that file's folder, and a relative `@path` at the
    /// program's: never at the current one, which any file dialogue changes.
    pub fn read(source: &[u8]) -> Result<Self, Failure> {
        // It may hold the key: no copy of it is left behind.
        let source = Zeroizing::new(decode_file(source).into_owned());
        match source.trim().strip_prefix('@') {
            Some(path) => Self::read_file(&beside_program(Path::new(path.trim()))),
            None if !source.trim_start().starts_with('{') => Err(refuse(text!(
                "不是 JSON 对象；文件的路径前面要加 @",
                "not a JSON object; a file's path has an @ before it"
            ))),
            None => Self::parse(&source, None),
        }
    }

    /// What fills a field that the caller left out.
    pub fn default_of(&self, field: &str) -> Option<String> {
        let mut defaults = self.defaults.iter();
        let (_, value) = defaults.find(|(name, _)| *name == field)?;
        Some(value.clone())
    }

    /// Reads a configuration file.
    pub fn read_file(path: &Path) -> Result<Self, Failure> {
        let bytes = read_file(path).map(Zeroizing::new).map_err(|reason| {
            let path = path.display();
            let (zh, en) = (reason.zh, reason.en);
            refuse(text!(
                "读不到配置文件 {path}：{zh}",
                "cannot read the configuration file {path}: {en}"
            ))
        })?;
        let json = Zeroizing::new(decode_file(&bytes).into_owned());
        Self::parse(&json, path.parent())
    }

    fn parse(json: &str, folder: Option<&Path>) -> Result<Self, Failure> {
        // Object names a field that comes twice; Value would take the last.
        Object::parse_strictly(json).map_err(refuse)?;
        let Ok(Value::Object(values)) = serde_json::from_str(json) else {
            return Err(refuse(text!("不是 JSON 对象", "not a JSON object")));
        };
        let mut reader = Reader::new(values, folder);
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
        let local_urls = reader.one_or_more("localUrl", BaseUrl::parse);
        let org_id = reader.text("orgId");
        let reqt_type = read_reqt_type(reader, org_id.as_deref());
        let sealer = key::read(reader);
        let charset = reader.choice("charset", Charset::from_name);
        let connect_timeout = reader.milliseconds("connectTimeoutMs");
        let timeout = reader.milliseconds("timeoutMs");
        let defaults = reader.section("defaults", read_defaults);
        let verify = reader.section("verify", |section| Verify {
            interval: section.milliseconds("intervalMs"),
            timeout: section.milliseconds("timeoutMs"),
        });
        let tls = reader.section("tls", read_tls);
        let proxy = reader.form("proxy", url::proxy);
        let headers = headers::read(reader);
        let log = reader.section("log", read_log);
        let mode = reader.choice("riskControl", |name| match name {
            "guard" => Some(Mode::Guard),
            "observe" => Some(Mode::Observe),
            _ => None,
        });
        let journal = reader.section("journal", |section| {
            let (dir, keep_days) = (section.path("dir"), section.number("keepDays"));
            Some(JournalSettings {
                dir: dir?,
                keep_days,
            })
        });
        Some(Self {
            local_urls,
            org_id: org_id?,
            reqt_type: reqt_type?,
            sealer: sealer?,
            charset: charset?,
            language,
            connect_timeout,
            timeout,
            defaults,
            verify,
            tls,
            proxy,
            headers,
            log,
            risk: RiskSettings {
                mode: mode?,
                journal,
            },
        })
    }
}

fn refuse(detail: Text) -> Failure {
    Failure::not_sent(EV_INVALID_CONFIG, detail)
}

fn read_language(reader: &mut Reader<'_>) -> Language {
    let language = reader.choice("language", |name| match name {
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
        reader.wrong("admdvs", should_be(fields::DIVISION));
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

fn read_defaults(section: &mut Reader<'_>) -> Vec<(&'static str, String)> {
    let names = fields()
        .iter()
        .filter_map(|row| row.name.strip_prefix("defaults."));
    names
        .filter_map(|name| Some((name, section.text(name)?)))
        .collect()
}

fn read_tls(section: &mut Reader<'_>) -> TlsSettings {
    let ca = section.path("caFile").and_then(|path| {
        let pem = read_file(&path).map_err(|reason| reason.about(path.display()));
        let pem = section.noted("caFile", pem)?;
        Some(decode_file(&pem).into_owned())
    });
    let pins = section.forms("pinSha256", |pin| {
        let mut sha256 = [0; 32];
        hex::decode_to_slice(pin.replace([':', ' '], ""), &mut sha256)
            .map(|()| sha256)
            .map_err(|_| should_be(fields::PINS))
    });
    let server_name = section.form("serverName", |name| {
        ServerName::try_from(name)
            .map(|_| name.to_owned())
            .map_err(|_| should_be(fields::HOST))
    });
    TlsSettings {
        ca,
        pins,
        server_name,
    }
}

fn read_log(section: &mut Reader<'_>) -> Option<LogSettings> {
    let dir = section.path("dir");
    let level = section.choice("level", Level::from_name);
    let keep_days = section.number("keepDays");
    Some(LogSettings {
        dir: dir?,
        level: level?,
        keep_days,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::services::SERVICES;
    use fields::{Field, Kind};
    use serde_json::json;

    /// What is said of a configuration with this one field.
    fn problems(field: &Field, value: &Value) -> String {
        let (section, name) = field.name.split_once('.').unwrap_or(("", field.name));
        let config = match section {
            "" => json!({ name: value }),
            section => json!({ section: { name: value } }),
        };
        let folder = Some(Path::new("/no/such/folder"));
        let failure = Config::parse(&config.to_string(), folder).err();
        failure.unwrap().detail.zh
    }

    #[test]
    fn the_reader_takes_what_the_table_has() {
        for field in fields() {
            let mut values = vec![serde_json::from_str(field.example).unwrap()];
            match field.kind {
                Kind::Choice(words, default) => {
                    values.extend(words.iter().map(|word| json!(word)));
                    values.push(json!(default));
                }
                Kind::Number(from, to, default) => {
                    values.extend([from, to, default].map(Value::from))
                }
                _ => {}
            }
            for value in values {
                let said = problems(field, &value);
                let is_right = !said.contains("没有这个配置项") && !said.contains("应为");
                assert!(is_right, "{} is {value}: {said}", field.name);
            }
        }
    }

    #[test]
    fn a_secret_is_not_repeated() {
        for field in fields().iter().filter(|field| field.secret) {
            for value in [
                json!("5ecret"),
                json!({ "x": "5ecret\n" }),
                json!(["5ecret"]),
            ] {
                let said = problems(field, &value);
                assert!(!said.contains("5ecret"), "{}: {said}", field.name);
            }
        }
    }

    #[test]
    fn defaults_are_as_long_as_any_service_takes_them() {
        for field in fields() {
            let Some(name) = field.name.strip_prefix("defaults.") else {
                continue;
            };
            let fields = SERVICES.iter().flat_map(|service| service.fields);
            let longest = fields
                .filter(|field| field.name == name)
                .map(|field| field.max);
            let is_longest = matches!(field.kind, Kind::Limited(max) if Some(max) == longest.max());
            assert!(is_longest, "{name}");
        }
    }
}
