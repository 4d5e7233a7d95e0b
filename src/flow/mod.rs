//! The documents' flows, from the first question to what may be done: nobody judges by eye.
//!
//! A flow answers 0 only when `next` is `settle` or `charge`, so that a program that looks at
//! nothing but the number is safe, too.

mod one_code_pay;
mod settle_gate;
mod verify_password;

pub use one_code_pay::one_code_pay;
pub use settle_gate::settle_gate;
pub use verify_password::verify_password;

use crate::catalogue::codes::{EV_CANCELLED, EV_OK};
use crate::catalogue::next::Next;
use crate::catalogue::services::{Desk, Service, Target};
use crate::client::{Client, InFlight, Purpose, Request, token};
use crate::error::{Delivery, Failure, Text, text};
use crate::json::{self, Object};
use crate::reply::Reply;
use crate::risk::Transaction;
use serde::Serialize;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// What a flow tells while it runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// For the program, as JSON.
    Progress(&'a str),
    /// A step has been made; its answer has the service's name.
    Step {
        /// The answer.
        reply: &'a Reply,
        /// The size of the step's request.
        request_bytes: usize,
        /// How long the step took.
        elapsed_ms: u128,
    },
}

/// Told of each event; `false` cancels the flow.
pub type Progress<'a> = dyn FnMut(Event<'_>) -> bool + 'a;

/// While a flow waits, its progress is told so often.
const TICK: Duration = Duration::from_secs(1);

/// One service call of a flow, or several in a row that came to the same.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    service: &'static str,
    code: i32,
    /// The value of the service's state field.
    state: Option<String>,
    delivery: &'static str,
    next: Option<&'static str>,
    /// From the flow's beginning, in milliseconds: when the first of them was asked, and when the
    /// last was answered.
    from_ms: u128,
    to_ms: u128,
    /// How many they were.
    times: u32,
}

impl Step {
    fn is_like(&self, other: &Self) -> bool {
        self.service == other.service
            && self.code == other.code
            && self.state == other.state
            && self.delivery == other.delivery
            && self.next == other.next
    }
}

/// A flow under way.
struct Run<'a> {
    client: &'a Client,
    /// The flow itself.
    desk: &'static Desk,
    /// Cancelled by the patient's token, as a whole.
    whole: InFlight<'a>,
    started: Instant,
    progress: &'a mut Progress<'a>,
    steps: Vec<Step>,
    /// What the last step leaves for the flow's own line in the log.
    last: Option<String>,
}

impl<'a> Run<'a> {
    /// Begins a flow for the token that its request names. It can be cancelled from here on, and
    /// says so before anything is looked up or sent: whoever pressed "cancel" before this thread
    /// ran ends it now.
    fn start(
        client: &'a Client,
        desk: &'static Desk,
        request: &str,
        progress: &'a mut Progress<'a>,
    ) -> Self {
        let mut run = Self {
            client,
            desk,
            whole: client.begin(token(request), Purpose::Call),
            started: Instant::now(),
            progress,
            steps: Vec::new(),
            last: None,
        };
        run.tell(&serde_json::json!({ "step": "begin", "elapsedMs": 0 }));
        run
    }

    /// The request of the flow's first service with the defaults; or the flow's answer, since it is
    /// wrong or the flow was cancelled.
    fn prepare(&self, service: &'static Service, request: &str) -> Result<Request, Failure> {
        let prepared = self.client.prepare(&Target::Known(service), request);
        if self.is_cancelled() {
            return Err(cancelled(Delivery::NotSent));
        }
        prepared
    }

    fn is_cancelled(&self) -> bool {
        self.whole.call.is_cancelled()
    }

    /// Asks a service, keeps the step and tells of it.
    fn ask(&mut self, service: &'static Service, request: &str) -> Reply {
        self.ask_within(service, request, None)
    }

    /// The same as part of a transaction.
    fn ask_within(
        &mut self,
        service: &'static Service,
        request: &str,
        transaction: Option<Transaction>,
    ) -> Reply {
        let from = self.started.elapsed();
        let reply = self
            .client
            .step(service, request, &self.whole.call, transaction);
        let told = Event::Step {
            reply: &reply,
            request_bytes: request.len(),
            elapsed_ms: (self.started.elapsed() - from).as_millis(),
        };
        if !(self.progress)(told) {
            self.whole.call.cancel();
        }
        let (name, code) = (service.name, reply.code);
        self.last = Some(match &reply.log_detail {
            Some(detail) => format!("{name} {code}: {detail}"),
            None => format!("{name} {code}"),
        });
        let step = Step {
            service: service.name,
            code: reply.code,
            state: state_of(&reply, service),
            delivery: reply.delivery.as_str(),
            next: reply.next.map(Next::as_str),
            from_ms: from.as_millis(),
            to_ms: self.started.elapsed().as_millis(),
            times: 1,
        };
        self.tell(&serde_json::json!({
            "step": service.name,
            "code": step.code,
            "state": step.state,
            "next": step.next,
            "message": reply.message,
            "hint": reply.hint(),
            "elapsedMs": step.to_ms,
        }));
        match self.steps.last_mut() {
            Some(last) if last.is_like(&step) => {
                last.to_ms = step.to_ms;
                last.times += 1;
            }
            _ => self.steps.push(step),
        }
        reply
    }

    /// Waits before the next question; `false` if the flow was cancelled.
    fn wait(&mut self, within: Duration, deadline: Instant) -> bool {
        let end = Instant::now() + within;
        loop {
            let now = Instant::now();
            if now >= end || self.is_cancelled() {
                return !self.is_cancelled();
            }
            self.tell(&serde_json::json!({
                "step": "waiting",
                "elapsedMs": self.started.elapsed().as_millis(),
                "remainingMs": deadline.saturating_duration_since(now).as_millis(),
            }));
            let left = end.saturating_duration_since(Instant::now());
            self.whole.call.wait(left.min(TICK));
        }
    }

    fn tell(&mut self, event: &serde_json::Value) {
        if !(self.progress)(Event::Progress(&event.to_string())) {
            self.whole.call.cancel();
        }
    }

    /// The flow's own answer, on the ground of its last step.
    fn end(self, reply: Reply, story: serde_json::Value) -> Reply {
        let mut data = story;
        data["steps"] = serde_json::json!(self.steps);
        // A flow's own words may repeat the centre's; which step ended it, and how, says as much.
        let log_detail = match self.last {
            Some(last) => (reply.code != EV_OK).then_some(last),
            None => reply.log_detail,
        };
        Reply {
            service: Some(self.desk.name.into()),
            data: Some(Zeroizing::new(data.to_string())),
            log_detail,
            ..reply
        }
    }

    /// The flow's answer when it has nothing to tell: it ended before its first step.
    fn refused(self, failure: &Failure) -> Reply {
        Reply::failed(failure, self.client.config().language, Some(self.desk))
    }

    /// The flow's answer with a code of its own, in place of its last step's: `delivery` is as that
    /// one ended.
    fn failed(&self, code: i32, detail: Text, last: &Reply) -> Reply {
        let failure = Failure::new(code, last.delivery, detail);
        Reply::failed(&failure, self.client.config().language, Some(self.desk))
    }

    fn cancelled(&self, last: &Reply) -> Reply {
        let language = self.client.config().language;
        Reply::failed(&cancelled(last.delivery), language, Some(self.desk))
    }
}

/// Somebody ended the flow.
fn cancelled(delivery: Delivery) -> Failure {
    let detail = text!("已停止等待", "no longer waiting");
    Failure::new(EV_CANCELLED, delivery, detail)
}

/// The value of a service's state field.
fn state_of(reply: &Reply, service: &Service) -> Option<String> {
    // A certificate is worth money: that there is one is all that a step tells.
    if service.state == "payCert" {
        return None;
    }
    field(reply, service.state)
}

/// A field of a reply's data, as text.
fn field(reply: &Reply, name: &str) -> Option<String> {
    let object = Object::parse(reply.data.as_deref()?).ok()?;
    json::string_or_number(object.get(name)?).map(|text| text.to_owned())
}

/// Fields of a reply's data, each as text; null where there is none.
fn fields(reply: &Reply, names: &[&str]) -> serde_json::Value {
    names
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                serde_json::Value::from(field(reply, name)),
            )
        })
        .collect()
}

/// A request of one service as one of another: without the fields that only the first one has.
fn request_for(other: &Service, request: &Request, of: &Service) -> Zeroizing<String> {
    let belongs = |name: &str| {
        let is_field = |service: &Service| service.fields.iter().any(|field| field.name == name);
        is_field(other) || !is_field(of)
    };
    // It was checked: it is an object.
    let json = match Object::parse(&request.json) {
        Ok(object) => object.keep(belongs),
        Err(_) => request.json.to_string(),
    };
    Zeroizing::new(json)
}
