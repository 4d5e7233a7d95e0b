//! The reply: the one shape in which every function answers.

use crate::catalogue::codes::EV_HTTP_STATUS;
use crate::catalogue::hints::{self, Cause};
use crate::catalogue::next::{self, Next};
use crate::catalogue::services::Desk;
use crate::error::{Delivery, Failure, Language};
use crate::json;
use crate::moment::milliseconds_since_epoch;
use crate::os::per_process::PerProcess;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use zeroize::Zeroizing;

/// The most that a reply comes to without its texts and its data.
const REST: usize = 320;

/// The most bytes that a text has as JSON: an escape has six.
fn escaped(text: &str) -> usize {
    let is_escaped = |byte: &u8| matches!(byte, ..b' ' | b'"' | b'\\');
    text.len()
        + 5 * text
            .as_bytes()
            .iter()
            .filter(|byte| is_escaped(byte))
            .count()
}

/// When a call began, and by what it is known in a log.
#[derive(Debug, Clone)]
pub struct Started {
    at: Instant,
    request_id: String,
}

impl Started {
    /// Now.
    pub fn now() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        static PROCESS: PerProcess<u32> = PerProcess::new();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let millis = milliseconds_since_epoch();
        let process = *PROCESS.get_or_init(std::process::id);
        Self {
            at: Instant::now(),
            request_id: format!("{millis:x}-{process:x}-{count:x}"),
        }
    }

    /// `requestId` of a reply.
    pub fn request_id(&self) -> &str {
        &self.request_id
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
    pub service: Option<String>,
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
            service: desk.map(|desk| desk.name.to_owned()),
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

    /// Writes it as JSON, with always the same keys.
    pub fn to_json(&self, started: &Started) -> Zeroizing<String> {
        let hint = self.hint();
        // Room for all of it, so that no copy is left behind unwiped, and no more: small memory comes
        // cheaper.
        let data = self.data.as_deref().map(String::as_str);
        let texts = [
            &self.message,
            &hint,
            self.service.as_deref().unwrap_or_default(),
        ];
        let room = data.map_or(0, str::len) + texts.map(escaped).iter().sum::<usize>() + REST;
        let mut json = Vec::with_capacity(room);
        let member = |json: &mut Vec<u8>, name: &str, value: Option<&str>| {
            json.extend_from_slice(name.as_bytes());
            match value {
                Some(value) => json::write_string(json, value),
                None => json.extend_from_slice(b"null"),
            }
        };
        json.extend_from_slice(br#"{"code":"#);
        json.extend_from_slice(self.code.to_string().as_bytes());
        member(&mut json, r#","message":"#, Some(&self.message));
        member(&mut json, r#","hint":"#, Some(&hint));
        member(&mut json, r#","source":"#, Some(self.source()));
        member(&mut json, r#","delivery":"#, Some(self.delivery.as_str()));
        member(&mut json, r#","next":"#, self.next.map(Next::as_str));
        member(&mut json, r#","service":"#, self.service.as_deref());
        json.extend_from_slice(br#","data":"#);
        // It is JSON already.
        json.extend_from_slice(data.map_or("null", str::trim).as_bytes());
        member(&mut json, r#","requestId":"#, Some(started.request_id()));
        json.extend_from_slice(br#","elapsedMs":"#);
        json.extend_from_slice(started.elapsed_ms().to_string().as_bytes());
        json.push(b'}');
        Zeroizing::new(String::from_utf8(json).unwrap_or_default())
    }
}
