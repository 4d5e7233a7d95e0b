//! The reply: the one shape in which every function answers.

use crate::catalogue::codes::EV_HTTP_STATUS;
use crate::catalogue::hints::{self, Cause};
use crate::catalogue::next::{self, Next};
use crate::catalogue::services::Desk;
use crate::error::{Delivery, Failure, Language};
use crate::json;
use crate::moment::milliseconds_since_epoch;
use crate::os::per_process::PerProcess;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use zeroize::Zeroizing;

/// The most that a reply comes to without its texts and its data.
const REST: usize = 320;

/// The most bytes that a byte of text has as JSON: an escape.
const ESCAPE: usize = 6;

/// When a call began, and by what it is known in a log.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    at: Instant,
    millis: u64,
    process: u32,
    count: u32,
}

impl Started {
    /// Now.
    pub fn now() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        static PROCESS: PerProcess<u32> = PerProcess::new();
        Self {
            at: Instant::now(),
            millis: milliseconds_since_epoch(),
            process: *PROCESS.get_or_init(std::process::id),
            count: COUNT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// `requestId` of a reply: the time, the process and the call, each in hex.
    pub fn request_id(&self) -> String {
        let mut id = Vec::with_capacity(32);
        self.write_id(&mut id);
        String::from_utf8(id).unwrap_or_default()
    }

    /// The same, written behind something.
    fn write_id(&self, to: &mut Vec<u8>) {
        let (process, count) = (self.process.into(), self.count.into());
        for (part, end) in [(self.millis, "-"), (process, "-"), (count, "")] {
            let digits = (u64::BITS - part.leading_zeros()).div_ceil(4).max(1);
            for at in (0..digits).rev() {
                to.push(b"0123456789abcdef"[(part >> (4 * at)) as usize & 15]);
            }
            to.extend_from_slice(end.as_bytes());
        }
    }

    /// `elapsedMs` of a reply that ends now.
    pub fn elapsed_ms(&self) -> u128 {
        self.at.elapsed().as_millis()
    }
}

/// Who asked, and why `next` is what it is.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// The service or the flow; `None` where nobody stands at a counter.
    pub desk: Option<&'static Desk>,
    /// Why.
    pub cause: Cause,
    /// In which language it is said.
    pub language: Language,
}

/// What a function answers, before it is written as JSON.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The number that the function returns, too.
    pub code: i32,
    /// The centre's own words, or this library's: for the details, and for the log.
    pub message: String,
    /// What the log says in its place, where it is this library's own.
    pub log_detail: Option<String>,
    /// Whether the centre said it, or this library.
    pub from_centre: bool,
    /// What is known of the request.
    pub delivery: Delivery,
    /// What to do now; `None` where the documents have nothing to say.
    pub next: Option<Next>,
    /// What the sentence for the operator's screen goes by, beside `next`.
    pub ground: Ground,
    /// The service's name or path; `None` for functions that speak to nobody.
    pub service: Option<Cow<'static, str>>,
    /// A JSON object, as it came.
    pub data: Option<Zeroizing<String>>,
}

impl Reply {
    /// The answer of a function that sends nothing.
    pub fn local(language: Language, data: Option<String>) -> Self {
        let message = match language {
            Language::Zh => "成功",
            Language::En => "success",
        };
        Self {
            code: 0,
            message: message.to_owned(),
            log_detail: None,
            from_centre: false,
            delivery: Delivery::NotSent,
            next: None,
            ground: Ground {
                language,
                ..Ground::default()
            },
            service: None,
            data: data.map(Zeroizing::new),
        }
    }

    /// The answer of a call that failed; without a desk, of a function that is no service and no
    /// flow.
    pub fn failed(failure: &Failure, language: Language, desk: Option<&'static Desk>) -> Self {
        let code = failure.code;
        let answered = failure.delivery == Delivery::Answered;
        let cause = match code {
            EV_HTTP_STATUS if answered => Cause::Gateway,
            code => Cause::Code(code),
        };
        Self {
            code,
            message: failure.message(language),
            log_detail: Some(failure.message_for_log(language)),
            from_centre: false,
            delivery: failure.delivery,
            next: Some(
                failure
                    .next
                    .unwrap_or_else(|| next::after_failure(desk, code, answered)),
            ),
            ground: Ground {
                desk,
                cause,
                language,
            },
            service: desk.map(|desk| desk.name.into()),
            data: None,
        }
    }

    /// The same reply with something else to do now, and why.
    pub fn advising(self, next: Next, cause: Cause) -> Self {
        let ground = Ground {
            cause,
            ..self.ground
        };
        Self {
            next: Some(next),
            ground,
            ..self
        }
    }

    /// The sentence for the operator's screen.
    pub fn hint(&self) -> String {
        let ground = &self.ground;
        hints::hint(ground.desk, self.next, &ground.cause, ground.language)
    }

    /// Who said it, as replies spell it.
    pub fn source(&self) -> &'static str {
        if self.from_centre { "centre" } else { "local" }
    }

    /// Writes it as JSON in UTF-8, with always the same keys.
    pub fn to_json(&self, started: &Started) -> Zeroizing<Vec<u8>> {
        let hint = self.hint();
        let data = self.data.as_deref().map_or("null", |data| data.trim());
        let service = self.service.as_deref();
        // Room for all of it, so that no copy is left behind unwiped.
        let texts = ESCAPE * (self.message.len() + hint.len());
        let room = REST + texts + service.map_or(0, str::len) + data.len();
        let mut json = Zeroizing::new(Vec::with_capacity(room));
        json.extend_from_slice(br#"{"code":"#);
        json::write(&mut json, &self.code);
        json.extend_from_slice(br#","message":"#);
        json::write(&mut json, &self.message);
        json.extend_from_slice(br#","hint":"#);
        json::write(&mut json, &hint);
        // Our own words have nothing to escape.
        let word = |json: &mut Vec<u8>, name, value: Option<&str>| {
            let parts = match value {
                Some(value) => [name, "\"", value, "\""],
                None => [name, "null", "", ""],
            };
            for part in parts {
                json.extend_from_slice(part.as_bytes());
            }
        };
        word(&mut json, r#","source":"#, Some(self.source()));
        word(&mut json, r#","delivery":"#, Some(self.delivery.as_str()));
        word(&mut json, r#","next":"#, self.next.map(Next::as_str));
        word(&mut json, r#","service":"#, service);
        json.extend_from_slice(br#","data":"#);
        // It is JSON already.
        json.extend_from_slice(data.as_bytes());
        json.extend_from_slice(br#","requestId":""#);
        started.write_id(&mut json);
        json.extend_from_slice(br#"","elapsedMs":"#);
        // Longer numbers take longer to write, and nothing takes that long.
        json::write(&mut json, &(started.elapsed_ms() as u64));
        json.push(b'}');
        json
    }
}
