//! What is noted of a call: one line of JSON, for the log and for whoever asked to be told.
//!
//! A line says when, what, how it ended and how large it was, and nothing of what was said: no
//! request, no reply, no message of the centre's. Of a patient's token it has a salted hash, by
//! which the calls for one patient can be found; of a serial number a plain one, by which a line is
//! found for a transaction. The one text in it is this library's own account of a failure, a
//! [`crate::error::Text`], which never holds a secret.

use crate::catalogue::codes::{EV_OK, NO_PASSWORD_NEEDED};
use crate::catalogue::next::Next;
use crate::config::Level;
use crate::moment::Moment;
use crate::os::per_process::PerProcess;
use crate::reply::{Reply, Started};
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;

/// How many bytes of a hash a line has.
const REF: usize = 4;

/// What the log says of a call beside its reply.
#[derive(Debug)]
pub struct Entry {
    function: &'static str,
    client: i32,
    started: Started,
    /// Whether anybody reads lines: without, nothing is hashed.
    pub is_read: bool,
    /// The request's size as it came.
    pub request_bytes: Option<usize>,
    /// [`token_ref`] of the patient's token.
    pub token_ref: Option<String>,
    /// [`serial_ref`] of the transaction.
    pub serial_ref: Option<String>,
    /// Where this library panicked, in place of the message.
    pub fault: Option<String>,
    /// How many steps of a flow have a line.
    steps: u32,
}

/// What has ended, and how.
#[derive(Debug)]
pub struct Ended<'a> {
    /// The answer.
    pub reply: &'a Reply,
    /// How long it took.
    pub elapsed_ms: u128,
    /// The size of its request.
    pub request_bytes: Option<usize>,
    /// The size of the text that goes to the caller; a step has none.
    pub reply_bytes: Option<usize>,
    /// The size of the caller's buffer, if it has one.
    pub buffer_bytes: Option<usize>,
}

/// One line.
#[derive(Debug)]
pub struct Line {
    /// The first level at which a log has it.
    pub level: Level,
    /// The day that it is of, since 1 January 1970, in China.
    pub(super) day: u64,
    /// JSON, without an end of line.
    pub text: String,
}

impl Entry {
    /// A call of that function with that handle.
    pub fn new(function: &'static str, client: i32, started: Started) -> Self {
        Self {
            function,
            client,
            started,
            is_read: false,
            request_bytes: None,
            token_ref: None,
            serial_ref: None,
            fault: None,
            steps: 0,
        }
    }

    /// The line of the call itself.
    pub fn line(&self, reply: &Reply, reply_bytes: usize, buffer_bytes: Option<usize>) -> Line {
        let ended = Ended {
            reply,
            elapsed_ms: self.started.elapsed_ms(),
            request_bytes: self.request_bytes,
            reply_bytes: Some(reply_bytes),
            buffer_bytes,
        };
        self.compose(&ended, None)
    }

    /// The line of a flow's next step.
    pub fn line_of_step(&mut self, ended: &Ended<'_>) -> Line {
        self.steps += 1;
        self.compose(ended, Some(self.steps))
    }

    fn compose(&self, ended: &Ended<'_>, step: Option<u32>) -> Line {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Json<'a> {
            time: String,
            level: &'static str,
            request_id: String,
            client: i32,
            function: &'static str,
            step: Option<u32>,
            service: Option<&'a str>,
            token_ref: Option<&'a str>,
            serial_ref: Option<&'a str>,
            code: i32,
            source: &'static str,
            delivery: &'static str,
            next: Option<&'static str>,
            detail: Option<&'a str>,
            elapsed_ms: u128,
            request_bytes: Option<usize>,
            reply_bytes: Option<usize>,
            buffer_bytes: Option<usize>,
        }
        let reply = ended.reply;
        let level = level_of(reply);
        let now = Moment::now();
        let fault = self.fault.as_deref().filter(|_| step.is_none());
        let line = Json {
            time: now.rfc3339(),
            level: level.as_str(),
            request_id: self.started.request_id(),
            client: self.client,
            function: self.function,
            step,
            service: reply.service.as_deref(),
            token_ref: self.token_ref.as_deref(),
            serial_ref: self.serial_ref.as_deref(),
            code: reply.code,
            source: reply.source(),
            delivery: reply.delivery.as_str(),
            next: reply.next.map(Next::as_str),
            // Never the message: it may be the centre's, which may hold a name.
            detail: fault.or(reply.log_detail.as_deref()),
            elapsed_ms: ended.elapsed_ms,
            request_bytes: ended.request_bytes,
            reply_bytes: ended.reply_bytes,
            buffer_bytes: ended.buffer_bytes,
        };
        Line {
            level,
            day: now.day,
            // Strings and numbers: there is nothing that could fail.
            text: serde_json::to_string(&line).unwrap_or_default(),
        }
    }
}

fn level_of(reply: &Reply) -> Level {
    match reply.code {
        EV_OK | NO_PASSWORD_NEEDED => Level::Info,
        _ if reply.from_centre => Level::Warn,
        _ => Level::Error,
    }
}

/// By what a patient's token is known in the log of this process: no other process gives it the
/// same one, and nobody can try tokens against it.
pub fn token_ref(token: &str) -> Option<String> {
    static SALT: PerProcess<Option<[u8; 16]>> = PerProcess::new();
    let salt = SALT.get_or_init(|| {
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt).ok()?;
        Some(salt)
    });
    let salt = salt.as_ref().filter(|_| !token.is_empty())?;
    Some(hashed(&[salt, token.as_bytes()]))
}

/// By what a transaction is known in the log of every process and machine: 8 hex digits of the
/// SHA-256 of `orgId`, `orgCodg` and `fixmedinsTrnsSn`, with a line feed between them. Whoever has
/// the serial number finds its lines; nobody else needs to be kept from it.
pub fn serial_ref(org_id: &str, org_codg: &str, serial: &str) -> String {
    let parts = [org_id, "\n", org_codg, "\n", serial];
    hashed(&parts.map(str::as_bytes))
}

fn hashed(parts: &[&[u8]]) -> String {
    let mut hash = Context::new(&SHA256);
    for part in parts {
        hash.update(part);
    }
    hex::encode(&hash.finish().as_ref()[..REF])
}
