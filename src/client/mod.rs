//! One client, and one call: service + request → envelope → transport → envelope → reply.

pub mod check;
pub mod log;
mod request;

pub use request::Request;

use crate::catalogue::codes::*;
use crate::catalogue::next;
use crate::catalogue::services::{GEN_PAY_CERT, Service, Target};
use crate::client::log::Log;
use crate::config::{BaseUrl, Config};
use crate::envelope::{RequestBody, UnsealError, VERSION};
use crate::error::{Delivery, Failure, Text, text};
use crate::json::{self, Object};
use crate::os::per_process::PerProcess;
use crate::reply::{Reply, milliseconds_since_epoch};
use crate::risk::{self, Refusal, Transaction};
use crate::transport::{self, Answer, Call, Transport};
use network_interface::{NetworkInterface, NetworkInterfaceConfig};
use serde_json::value::RawValue;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use ureq::http::Uri;
use zeroize::Zeroizing;

/// A client: one `orgId` at one centre, shared by any number of threads.
#[expect(
    missing_debug_implementations,
    reason = "its configuration holds the key"
)]
pub struct Client {
    config: Config,
    log: Option<Arc<Log>>,
    own: PerProcess<Own>,
}

/// What is not shared with a child of `fork`.
struct Own {
    transport: Result<Transport, Failure>,
    /// The calls in flight, for [`Client::cancel`].
    calls: Mutex<Vec<Arc<Call>>>,
}

impl Client {
    /// Opens a client. No connection is made yet.
    pub fn open(mut config: Config) -> Result<Self, Failure> {
        let client = Self {
            log: config.log.take().map(Log::new).map(Arc::new),
            config,
            own: PerProcess::new(),
        };
        let language = client.config.language;
        client
            .transport()
            .map_err(|failure| failure.in_language(language))?;
        Ok(client)
    }

    fn own(&self) -> &Own {
        self.own.get_or_init(|| Own {
            transport: Transport::new(&self.config),
            calls: Mutex::default(),
        })
    }

    fn transport(&self) -> Result<&Transport, Failure> {
        self.own().transport.as_ref().map_err(Clone::clone)
    }

    /// What it was opened with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where its calls are noted, if anywhere.
    pub fn log(&self) -> Option<&Arc<Log>> {
        self.log.as_ref()
    }

    /// Makes one call, whatever comes of it. `base` takes the place of the configured address.
    pub fn call(&self, target: &Target, request: &str, base: Option<&BaseUrl>) -> Reply {
        let issues = target.known() == Some(&GEN_PAY_CERT);
        self.make(target, request, base, None, |request| {
            let begun = issues.then(|| self.begin_transaction(request));
            begun.transpose()
        })
    }

    /// Makes a call as a step of a flow: what ends the flow ends the call. The flow has begun its
    /// transaction, if it is part of one.
    pub fn step(
        &self,
        service: &'static Service,
        request: &str,
        flow: &Call,
        transaction: Option<Transaction>,
    ) -> Reply {
        let target = Target::Known(service);
        self.make(&target, request, None, Some(flow), |_| Ok(transaction))
    }

    fn make(
        &self,
        target: &Target,
        request: &str,
        base: Option<&BaseUrl>,
        flow: Option<&Call>,
        transaction: impl FnOnce(&Request) -> Result<Option<Transaction>, Refusal>,
    ) -> Reply {
        let base = base.unwrap_or(&self.config.local_url);
        let uri = base.join(target.path());
        let made = self
            .prepare_for(target, request, &uri, flow)
            .and_then(|(request, begun)| match transaction(&request) {
                Ok(transaction) => self.converse(target, &request, &uri, &begun.call, transaction),
                Err(refusal) => Ok(refusal.reply(self.config.language)),
            });
        let mut reply = made.unwrap_or_else(|failure| {
            Reply::failed(&failure, self.config.language, target.known())
        });
        reply.service = Some(target.name().to_owned());
        reply
    }

    fn converse(
        &self,
        target: &Target,
        request: &Request,
        uri: &Uri,
        call: &Arc<Call>,
        transaction: Option<Transaction>,
    ) -> Result<Reply, Failure> {
        let transport = self.transport()?;
        let body = self.seal(&request.json);
        let transaction = transaction.map(Transaction::ask);
        let result = transport
            .post(&self.config, call, uri, &body, target.changes())
            .and_then(|answer| {
                let reply = self.judge(target, &answer)?;
                if answer.is_success() && !target.changes() {
                    transport.keep_connection(call);
                }
                Ok(reply)
            })
            .map_err(|failure| {
                // A reply without a length ends where its connection does, and a cancel ended that.
                if failure.code == EV_BAD_REPLY && call.is_cancelled() {
                    transport::cancelled(call)
                } else {
                    failure
                }
            });
        if let Some(transaction) = transaction {
            transaction.end(&result);
        }
        result
    }

    /// Begins the transaction of a request for a certificate: before anything of it is sent.
    pub fn begin_transaction(&self, request: &Request) -> Result<Transaction, Refusal> {
        risk::begin(&self.config.org_id, &request.json)
    }

    /// A request as it would go out, with the defaults, or what is wrong with it. What ends the flow
    /// ends the look-up of what is `auto`, too.
    pub fn prepare(
        &self,
        service: &'static Service,
        request: &str,
        flow: &Call,
    ) -> Result<Request, Failure> {
        let target = Target::Known(service);
        let uri = self.config.local_url.join(target.path());
        let (request, _) = self.prepare_for(&target, request, &uri, Some(flow))?;
        Ok(request)
    }

    /// Looking up what is `auto` is part of the call: within its time, and ended with it.
    fn prepare_for(
        &self,
        target: &Target,
        request: &str,
        uri: &Uri,
        flow: Option<&Call>,
    ) -> Result<(Request, InFlight<'_>), Failure> {
        let mut begun = None;
        let prepared = Request::prepare(target, request, |token, field| {
            self.default(field, uri, || {
                let begin = || self.begin(Zeroizing::new(token.to_owned()), flow);
                let begun: &InFlight<'_> = begun.get_or_insert_with(begin);
                Arc::clone(&begun.call)
            })
        });
        match (prepared, begun) {
            (_, Some(begun)) if begun.call.is_cancelled() => Err(transport::cancelled(&begun.call)),
            (Ok(request), Some(begun)) => Ok((request, begun)),
            (Ok(request), None) => {
                let begun = self.begin(request.token.clone(), flow);
                Ok((request, begun))
            }
            (Err(failure), _) => Err(failure),
        }
    }

    /// The request body that goes out (A and B §1.3.2.1).
    pub fn seal(&self, json: &str) -> String {
        let body = RequestBody {
            org_id: &self.config.org_id,
            enc_data: self.config.sealer.seal(json.as_bytes()),
            version: VERSION,
            timestamp: milliseconds_since_epoch().to_string(),
            reqt_type: &self.config.reqt_type,
        };
        // Strings only: there is nothing that could fail.
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// Opens sealed text: the hex itself, or a request or reply that holds it.
    pub fn unseal(&self, sealed: &str) -> Result<Zeroizing<String>, Failure> {
        let sealed = sealed.trim();
        if !sealed.starts_with('{') {
            return self.open_sealed(sealed);
        }
        let refuse = |detail| Failure::not_sent(EV_INVALID_REQUEST, detail);
        let object = Object::parse(sealed).map_err(refuse)?;
        let sealed = match object.get("encData") {
            Some(sealed) => json::string(sealed),
            None => object.get("data").and_then(enc_data),
        };
        let sealed = sealed.ok_or_else(|| {
            refuse(text!(
                "缺少 encData（字符串）",
                "encData (a string) is missing"
            ))
        })?;
        self.open_sealed(&sealed)
    }

    fn open_sealed(&self, sealed: &str) -> Result<Zeroizing<String>, Failure> {
        let fail = |detail| Failure::new(EV_DECRYPT, Delivery::Answered, detail);
        let plain = self.config.sealer.unseal(sealed).map_err(|error| {
            fail(match error {
                UnsealError::NotHex => text!("encData 不是十六进制", "encData is not hex"),
                UnsealError::Length => text!(
                    "encData 的长度不是 16 字节的整数倍",
                    "encData is not a whole number of 16-byte blocks"
                ),
                UnsealError::Padding => text!(
                    "填充不对，请核对 sm4Key 和 keyFormat",
                    "the padding is wrong: check sm4Key and keyFormat"
                ),
            })
        })?;
        match std::str::from_utf8(&plain) {
            Ok(plain) => Ok(Zeroizing::new(plain.to_owned())),
            Err(_) => Err(fail(text!(
                "内容不是 UTF-8，请核对 sm4Key 和 keyFormat",
                "the content is not UTF-8: check sm4Key and keyFormat"
            ))),
        }
    }

    /// Ends what is in flight for a patient's token, or everything: how many calls that was, a flow
    /// being one. Later calls are not touched.
    pub fn cancel(&self, token: Option<&str>) -> usize {
        let calls = self.calls();
        let mut ended = 0;
        for call in calls.iter() {
            if token.is_none_or(|token| token == call.token()) {
                call.cancel();
                ended += usize::from(!call.is_step());
            }
        }
        ended
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Call>>> {
        let calls = &self.own().calls;
        calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something that can be cancelled by the patient's token. As a step of a flow it is ended with
    /// that, even by a cancel that came just before.
    pub fn begin(&self, token: Zeroizing<String>, flow: Option<&Call>) -> InFlight<'_> {
        let config = &self.config;
        let call = Call::start(
            token,
            flow.is_some(),
            config.connect_timeout,
            config.timeout,
        );
        let call = Arc::new(call);
        let mut calls = self.calls();
        if flow.is_some_and(Call::is_cancelled) {
            call.cancel();
        }
        calls.push(Arc::clone(&call));
        drop(calls);
        InFlight { client: self, call }
    }

    /// The configured value of a field, if there is one. `auto` is found out here.
    fn default(
        &self,
        field: &str,
        uri: &Uri,
        call: impl FnOnce() -> Arc<Call>,
    ) -> Result<Option<String>, Text> {
        let configured = self.config.defaults.iter().find(|(name, _)| *name == field);
        let Some((_, value)) = configured else {
            return Ok(None);
        };
        if value != "auto" || !matches!(field, "devId" | "devIP") {
            return Ok(Some(value.clone()));
        }
        let transport = self.transport().map_err(|failure| failure.detail)?;
        let address = transport
            .local_address(&call(), uri)
            .map_err(|error| {
                text!(
                    "{field} 配置为 auto，但查不到本机地址（{error}），请直接填写",
                    "{field} is auto, but this machine's address cannot be found ({error}): give it outright"
                )
            })?;
        if field == "devIP" {
            return Ok(Some(address.to_string()));
        }
        hardware_address(address).map(Some).ok_or_else(|| {
            text!(
                "devId 配置为 auto，但查不到本机网卡地址，请直接填写",
                "devId is auto, but this machine's hardware address cannot be found: give it outright"
            )
        })
    }

    /// Judges a reply in the documents' order: code, then success, then the state (§1.1).
    pub(crate) fn judge(&self, target: &Target, answer: &Answer) -> Result<Reply, Failure> {
        // A byte-order mark is passed over; what is not UTF-8 may still have a readable code.
        let body = String::from_utf8_lossy(&answer.body);
        let body = body.trim_start_matches('\u{feff}');
        let outer = match Outer::read(body) {
            // A gateway on the way answers in JSON, too: with another status only a code that the
            // documents list is the centre's.
            Ok(outer) if answer.is_success() || is_documented(outer.code) => outer,
            Err(detail) if answer.is_success() => return Err(bad_reply(detail)),
            _ => return Err(http_status(answer.status)),
        };
        let service = target.known();
        let reply = |data| Reply {
            code: outer.code,
            message: outer.message(),
            from_centre: true,
            delivery: Delivery::Answered,
            next: None,
            service: None,
            data,
        };
        if outer.code != 0 || outer.failed {
            // Whatever came with it is passed on if it opens, and is no matter if it does not.
            let data = outer
                .enc_data
                .as_deref()
                .and_then(|sealed| self.open_sealed(sealed).ok())
                .filter(|data| Object::parse(data).is_ok());
            let code = if outer.code == 0 {
                EV_BUSINESS
            } else {
                outer.code
            };
            return Ok(Reply {
                code,
                next: Some(next::after_code(service, code)),
                ..reply(data)
            });
        }
        let data = match &outer.enc_data {
            Some(sealed) => Some(self.open_sealed(sealed)?),
            None if service.is_none() => None,
            None => {
                return Err(bad_reply(text!(
                    "code 为 0 但没有 data.encData",
                    "code is 0 without data.encData"
                )));
            }
        };
        let next = match (service, &data) {
            (Some(service), Some(data)) => {
                Some(next::after_state(service, &state(data, service.state)?))
            }
            (None, Some(data)) => {
                // Passed on as it is; but `data` of a reply is an object, or nothing.
                json::whole_object(data).map_err(|detail| bad_content(data, detail))?;
                None
            }
            _ => None,
        };
        Ok(Reply {
            next,
            ..reply(data)
        })
    }
}

/// A call, or a flow of calls, that can be cancelled for as long as this lives.
#[expect(missing_debug_implementations, reason = "a client has none")]
pub struct InFlight<'a> {
    client: &'a Client,
    /// What is known of it.
    pub call: Arc<Call>,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.client
            .calls()
            .retain(|call| !Arc::ptr_eq(call, &self.call));
    }
}

fn bad_reply(detail: Text) -> Failure {
    Failure::new(EV_BAD_REPLY, Delivery::Unknown, detail)
}

fn http_status(status: u16) -> Failure {
    let delivery = if status >= 500 {
        Delivery::Unknown
    } else {
        Delivery::Answered
    };
    Failure::new(
        EV_HTTP_STATUS,
        delivery,
        text!("HTTP {status}", "HTTP {status}"),
    )
}

/// What is wrong with the opened content of a reply.
fn bad_content(data: &str, detail: Text) -> Failure {
    let (zh, en) = (detail.zh, detail.en);
    if json::is_object(data) {
        return bad_reply(text!("应答内容：{zh}", "the reply's content: {en}"));
    }
    let detail = text!(
        "解密后的内容{zh}，请核对 sm4Key 和 keyFormat",
        "the opened content is {en}: check sm4Key and keyFormat"
    );
    Failure::new(EV_DECRYPT, Delivery::Answered, detail)
}

/// The opened reply's state field. It is there, once, and a string or a number that says something,
/// or nobody settles or charges on it.
fn state(data: &str, field: &str) -> Result<String, Failure> {
    let object = Object::parse(data).map_err(|detail| bad_content(data, detail))?;
    object
        .get(field)
        .and_then(json::string_or_number)
        .filter(|state| !matches!(state.trim(), "" | "null" | "NULL" | "Null"))
        .ok_or_else(|| bad_reply(text!("应答中没有 {field}", "the reply has no {field}")))
}

/// The public parameters of a reply (A and B §1.3.2.2), read tolerantly.
struct Outer {
    code: i32,
    message: Option<String>,
    failed: bool,
    enc_data: Option<String>,
}

impl Outer {
    fn read(body: &str) -> Result<Self, Text> {
        let object = Object::parse(body)?;
        let code = object
            .get("code")
            .and_then(json::string_or_number)
            .and_then(|code| code.trim().parse().ok())
            .ok_or_else(|| text!("没有整数 code", "there is no whole number code"))?;
        if is_reserved(code) {
            return Err(text!(
                "code {code} 属于本动态库的号段",
                "code {code} is of this library's own range"
            ));
        }
        if (100..1000).contains(&code) {
            return Err(text!(
                "code {code} 是 HTTP 状态码，像是网关的应答，不是中心的",
                "code {code} is an HTTP status: a gateway's answer, not the centre's"
            ));
        }
        Ok(Self {
            code,
            message: object.get("message").and_then(json::string),
            failed: object.get("success").is_some_and(|value| !is_true(value)),
            enc_data: object.get("data").and_then(enc_data),
        })
    }

    /// The centre's own text; where it has none, the documents' for the code.
    fn message(&self) -> String {
        self.message
            .clone()
            .filter(|message| !message.trim().is_empty())
            .or_else(|| meaning(self.code).map(|meaning| meaning.zh.to_owned()))
            .unwrap_or_default()
    }
}

/// Whether `success` lets a reply pass: whatever else it may be is a failure.
fn is_true(value: &RawValue) -> bool {
    matches!(value.get(), "true" | "null")
        || json::string(value).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// `encData` of a reply's `data`: an object, or an object inside a string.
fn enc_data(data: &RawValue) -> Option<String> {
    let inner = json::string(data);
    let object = Object::parse(inner.as_deref().unwrap_or(data.get())).ok()?;
    object.get("encData").and_then(json::string)
}

/// The hardware address of the interface that has this address; of any, when that has none (the
/// loopback interface).
fn hardware_address(address: IpAddr) -> Option<String> {
    let interfaces = NetworkInterface::show().ok()?;
    let has_address =
        |interface: &&NetworkInterface| interface.addr.iter().any(|other| other.ip() == address);
    let usable = |interface: &NetworkInterface| {
        interface
            .mac_addr
            .as_deref()
            .filter(|mac| mac.bytes().any(|byte| !matches!(byte, b'0' | b':' | b'-')))
            .map(|mac| mac.to_uppercase().replace(':', "-"))
    };
    interfaces
        .iter()
        .find(has_address)
        .and_then(usable)
        .or_else(|| interfaces.iter().find_map(usable))
}
