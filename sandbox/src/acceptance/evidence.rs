//! What a run keeps of what happened: all that a verdict stands on, so that it can be judged again.

use crate::exchanges::{By, Exchange};
use crate::options::Account;
use crate::reply::Answer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) const NOTICE: &str = "tokenPwdCheckNotc";
pub(crate) const STATUS: &str = "tokenPwdStas";
pub(crate) const SIGNED: &str = "signedQuery";
pub(crate) const CERTIFICATE: &str = "genPayCert";

/// The longest text that is kept of a body.
const LONGEST: usize = 16 << 10;

/// One exchange.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Record {
    pub(crate) id: u64,
    /// When its head was there, in milliseconds since 1970.
    pub(crate) time: u64,
    /// How long it took, once it is over.
    pub(crate) ms: Option<f64>,
    /// One of the documents' services, or nothing.
    pub(crate) service: String,
    pub(crate) token: String,
    pub(crate) dev_id: String,
    pub(crate) serial: String,
    pub(crate) amount: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Which certificate its port shows, or nothing.
    pub(crate) port: String,
    pub(crate) content_type: String,
    pub(crate) body: String,
    /// The body is longer than what is kept, so that what there is of it need not be JSON.
    pub(crate) cut: bool,
    /// Whether the body, and what it seals, are UTF-8.
    pub(crate) utf8: bool,
    /// What `encData` opens to under the key, in whatever case its digits are.
    pub(crate) opened: Option<String>,
    /// Whether `reqtType` is of the form that is registered.
    pub(crate) registered: bool,
    pub(crate) fault: String,
    pub(crate) result: String,
    pub(crate) status: Option<u16>,
    /// The reply as it went out, and what is sealed in it.
    pub(crate) reply: String,
    pub(crate) plain: Option<String>,
    /// The patient's phone has shown a notice.
    pub(crate) notified: bool,
    /// The reply arrived, and was one of the centre's.
    pub(crate) heard: bool,
    /// What it said: its code, whether it was a failure of the business, its state field.
    pub(crate) code: Option<i64>,
    pub(crate) refused: bool,
    pub(crate) state: String,
    /// The certificate that the centre issued, heard or not.
    pub(crate) issued: String,
}

impl Record {
    /// What is kept of an exchange, whether it is over or not.
    pub(crate) fn of(id: u64, exchange: &Exchange, account: &Account) -> Self {
        let (seen, decided) = (&exchange.seen, &exchange.decided);
        let outer: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
        let text = |name: &str| outer[name].as_str().unwrap_or_default();
        let sealed = text("encData").to_ascii_uppercase();
        let opened = account.sealer.unseal(&sealed).ok();
        let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
        let utf8 = is_text(&exchange.body) && opened.as_deref().is_none_or(|plain| is_text(plain));
        let opened = opened.map(|plain| String::from_utf8_lossy(&plain).into_owned());
        let inner: Value = opened
            .as_deref()
            .and_then(|opened| serde_json::from_str(opened).ok())
            .unwrap_or_default();
        let shown = |name: &str| match &inner[name] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let service = decided.service.unwrap_or_default();
        let mut record = Self {
            id,
            time: exchange.time,
            ms: exchange.ms(),
            service: service.to_owned(),
            token: shown("token"),
            dev_id: shown("devId"),
            serial: shown("fixmedinsTrnsSn"),
            amount: shown("ownPaySetlAmt"),
            method: seen.method.clone(),
            path: clip(&seen.path),
            port: seen.port.to_owned(),
            content_type: header(&seen.headers, "content-type"),
            body: clip(&String::from_utf8_lossy(&exchange.body)),
            cut: exchange.body.len() > LONGEST,
            utf8,
            opened: opened.map(|opened| clip(&opened)),
            registered: account.reqt_type.matches(text("reqtType")),
            fault: decided
                .fault
                .as_ref()
                .map_or(String::new(), |(name, _): &(String, By)| name.clone()),
            result: decided
                .result
                .as_ref()
                .map_or(String::new(), |result| result.zh.to_string()),
            ..Self::default()
        };
        if let Some(reply) = &exchange.reply {
            record.status = Some(reply.status);
            record.reply = clip(&String::from_utf8_lossy(&reply.body));
            record.plain = reply.plain.as_deref().map(clip);
            // What was not processed carries neither.
            record.notified = record.is(NOTICE) && state_of(&record) == "1";
            record.issued.clone_from(&reply.issued);
            if reply.is_sent && is_whole(&record) {
                record.hear(&reply.body, account);
            }
        }
        record
    }

    /// Reads a reply as a careful program would.
    fn hear(&mut self, body: &[u8], account: &Account) {
        let reply: Value = serde_json::from_slice(body).unwrap_or_default();
        // A gateway's own reply looks like the centre's, but for its status.
        let is_well = self
            .status
            .is_some_and(|status| (200..300).contains(&status));
        let Some(code) = reply["code"].as_i64().filter(|_| is_well) else {
            return;
        };
        self.heard = true;
        self.code = Some(code);
        self.refused = reply["success"] == Value::Bool(false);
        let sealed = reply["data"]["encData"].as_str().unwrap_or_default();
        let Ok(plain) = account.sealer.unseal(sealed) else {
            return;
        };
        let answer = Answer::done(String::from_utf8_lossy(&plain).into_owned());
        self.state = answer.state(Some(&self.service));
    }

    /// When it was over, or when it began while it is not.
    pub(crate) fn end(&self) -> u64 {
        self.time + self.ms.map_or(0, |ms| ms as u64)
    }

    pub(crate) fn is(&self, service: &str) -> bool {
        self.service == service
    }

    /// What was sealed, as JSON.
    pub(crate) fn inner(&self) -> Value {
        let opened = self.opened.as_deref().unwrap_or_default();
        serde_json::from_str(opened).unwrap_or_default()
    }

    /// The reply arrived, said that all is well, and carries this state.
    pub(crate) fn says(&self, state: &str) -> bool {
        self.heard && self.code == Some(0) && !self.refused && self.state == state
    }

    /// The patient need not, or need no longer, enter a password.
    pub(crate) fn lets_settle(&self) -> bool {
        let is_free = self.heard && self.code == Some(500_320);
        (self.is(STATUS) && self.says("1")) || ((self.is(STATUS) || self.is(NOTICE)) && is_free)
    }

    /// It was told that it asks too often.
    pub(crate) fn is_limited(&self) -> bool {
        self.heard && matches!(self.code, Some(-6 | 500_084))
    }
}

/// The state that the centre has answered with, heard or not.
fn state_of(record: &Record) -> String {
    let plain = record.plain.clone().unwrap_or_default();
    Answer::done(plain).state(Some(&record.service))
}

/// Whether all of a reply can have arrived before the client was gone.
fn is_whole(record: &Record) -> bool {
    let wait = record.fault.strip_prefix("slow-");
    match wait.and_then(|wait| wait.parse::<f64>().ok()) {
        Some(wait) => record.ms.is_some_and(|ms| ms >= wait),
        None => !matches!(&*record.fault, "half" | "half-head" | "drip-cut"),
    }
}

fn header(headers: &[(String, String)], name: &str) -> String {
    let found = headers.iter().find(|(known, _)| known == name);
    found.map_or(String::new(), |(_, value)| clip(value))
}

fn clip(text: &str) -> String {
    let end = text.floor_char_boundary(LONGEST);
    text[..end].to_owned()
}

/// What the tester said, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Word {
    pub(crate) time: u64,
    #[serde(flatten)]
    pub(crate) said: Said,
}

/// The tester's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Said {
    /// What the program sends next is what the tester asked for.
    Pressed(bool),
    /// The tester has called it off.
    Cancelled(bool),
    Answer {
        question: String,
        value: bool,
    },
    /// What the program showed: an amount.
    Figure {
        name: String,
        value: String,
    },
}

/// What a patient did on the phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Phone {
    pub(crate) time: u64,
    pub(crate) token: String,
    /// The password was right.
    pub(crate) right: bool,
}

/// What the sandbox's payment channel took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Charged {
    pub(crate) time: u64,
    pub(crate) serial: String,
    pub(crate) amount: String,
    pub(crate) certificate: String,
}

/// A token of a case's, and whose it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scan {
    pub(crate) person: String,
    pub(crate) token: String,
}
