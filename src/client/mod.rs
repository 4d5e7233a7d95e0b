//! One client, and one call: service + request → envelope → transport → envelope → reply.

pub mod check;
mod clock;
pub mod line;
pub mod log;
mod request;

pub use crate::transport::Purpose;
use request::Draft;
pub use request::{Request, token};

use crate::catalogue::codes::{EV_BAD_REPLY, EV_CONNECT, EV_TLS};
use crate::catalogue::services::{GEN_PAY_CERT, REPORT_CHARGE, Service, Target};
use crate::client::line::Line;
use crate::client::log::Log;
use crate::config::{BaseUrl, Config};
use crate::envelope;
use crate::error::{Failure, Text, text};
use crate::moment::milliseconds_since_epoch;
use crate::os::addresses::hardware_address;
use crate::os::per_process::PerProcess;
use crate::reply::{Ground, Reply};
use crate::risk::{self, Beginning, Transaction};
use crate::transport::{self, Call, HttpReply, Transport};
use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    /// Which of the addresses answered last.
    preferred: AtomicUsize,
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
            preferred: AtomicUsize::new(0),
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

    /// Writes a line to the log, if there is one.
    pub fn write(&self, line: &Line) {
        if let Some(log) = &self.log {
            log.write(line);
        }
    }

    /// Makes one call, whatever comes of it. `base` takes the place of the configured address.
    pub fn call(&self, target: &Target, request: &str, base: Option<&BaseUrl>) -> Reply {
        let issues = target.known() == Some(&GEN_PAY_CERT);
        self.make(target, request, base, None, |request| {
            let begin = || self.begin_transaction(request, Beginning::Asked);
            issues.then(begin).transpose()
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

    /// Has the next step of a flow open a connection for the step that is likely to follow it.
    pub fn connect_ahead(&self, service: &Service, flow: &Call) {
        let urls = &self.config.local_urls;
        let preferred = self.own().preferred.load(Ordering::Relaxed);
        // Where the client cannot send, the step itself will say so.
        if let (Some(base), Ok(transport)) = (urls.get(preferred), self.transport()) {
            transport.connect_ahead(&self.config, flow, &base.join(service.path));
        }
    }

    fn make(
        &self,
        target: &Target,
        request: &str,
        base: Option<&BaseUrl>,
        flow: Option<&Call>,
        transaction: impl FnOnce(&Request) -> Result<Option<Transaction>, Box<Reply>>,
    ) -> Reply {
        let made = self.prepare(target, request).and_then(|mut request| {
            let purpose = flow.map_or(Purpose::Call, Purpose::Step);
            let begun = self.begin(std::mem::take(&mut request.token), purpose);
            match transaction(&request) {
                Ok(transaction) => self.converse(target, &request, base, &begun.call, transaction),
                Err(refusal) => Ok(*refusal),
            }
        });
        let desk = target.known().map(|service| &service.desk);
        let mut reply =
            made.unwrap_or_else(|failure| Reply::failed(&failure, self.config.language, desk));
        reply.service = Some(target.name());
        reply
    }

    fn converse(
        &self,
        target: &Target,
        request: &Request,
        base: Option<&BaseUrl>,
        call: &Arc<Call>,
        transaction: Option<Transaction>,
    ) -> Result<Reply, Failure> {
        let transaction = transaction.map(Transaction::ask).transpose()?;
        let result = match base {
            Some(base) => self.send(target, request, base, call),
            None => self.send_to_one(target, request, call),
        };
        match transaction {
            Some(transaction) => Ok(transaction.end(result)),
            None => result,
        }
    }

    /// Begins the transaction of a request for a certificate, before anything of it is sent; or the
    /// answer, since it may not begin.
    pub fn begin_transaction(
        &self,
        request: &Request,
        beginning: Beginning,
    ) -> Result<Transaction, Box<Reply>> {
        risk::begin(&self.config, &request.json, beginning)
    }

    /// Notes what became of a charge: nothing is sent.
    pub fn report_charge(&self, report: &str) -> Result<Reply, Failure> {
        let report = self.prepare(&Target::Known(&REPORT_CHARGE), report)?;
        Ok(risk::report(&self.config, &report.json))
    }

    /// Sends to the configured addresses, the one that answered last before the others. The next is
    /// tried only when nothing was sent to those before it: they could not be connected to.
    fn send_to_one(
        &self,
        target: &Target,
        request: &Request,
        call: &Arc<Call>,
    ) -> Result<Reply, Failure> {
        let (urls, preferred) = (&self.config.local_urls, &self.own().preferred);
        let first = preferred.load(Ordering::Relaxed);
        let others = (0..urls.len()).filter(|index| *index != first);
        let mut unreached: Vec<Failure> = Vec::new();
        for index in std::iter::once(first).chain(others) {
            match self.send(target, request, &urls[index], call) {
                Ok(reply) => {
                    preferred.store(index, Ordering::Relaxed);
                    let log_detail = match unreached.as_slice() {
                        [] => reply.log_detail,
                        some => Some(said_of(some).in_language(self.config.language).to_owned()),
                    };
                    return Ok(Reply {
                        log_detail,
                        ..reply
                    });
                }
                Err(failure) => {
                    let is_unreached = matches!(failure.code, EV_CONNECT | EV_TLS);
                    unreached.push(failure);
                    if !is_unreached || call.is_over() {
                        break;
                    }
                }
            }
        }
        Err(ended(unreached))
    }

    /// Sends to one address.
    fn send(
        &self,
        target: &Target,
        request: &Request,
        base: &BaseUrl,
        call: &Arc<Call>,
    ) -> Result<Reply, Failure> {
        let transport = self.transport()?;
        let uri = base.join(target.path());
        let json = self.fill(request, &uri, call)?;
        if call.is_cancelled() {
            return Err(transport::cancelled(call));
        }
        let body = self.seal(&json);
        let answer = transport.post(&self.config, call, &uri, &body, target.changes())?;
        let reply = self.read(target.known(), &answer).map_err(|failure| {
            // A reply without a length ends where its connection does, and a cancel ended that.
            if failure.code == EV_BAD_REPLY && call.is_cancelled() {
                return transport::cancelled(call);
            }
            match uri.authority() {
                Some(authority) if self.config.local_urls.len() > 1 => Failure {
                    detail: failure.detail.about(authority),
                    ..failure
                },
                _ => failure,
            }
        })?;
        // Of a path that no document lists nobody knows what follows a reply.
        if envelope::reply::is_success(answer.status) && target.known().is_some() {
            transport.keep_connection(call, target.changes());
        }
        Ok(reply)
    }

    /// The request's JSON with what is `auto`: it depends on the way that the request goes.
    fn fill<'r>(
        &self,
        request: &'r Request,
        uri: &Uri,
        call: &Arc<Call>,
    ) -> Result<Cow<'r, Zeroizing<String>>, Failure> {
        if request.auto.is_empty() {
            return Ok(Cow::Borrowed(&request.json));
        }
        let address = self.transport()?.local_address(&self.config, call, uri)?;
        let found = request.auto.iter().map(|field| match *field {
            "devIP" => Ok((*field, address.to_string())),
            _ => match hardware_address(address) {
                Some(found) => Ok((*field, found)),
                None => Err(Failure::not_sent(
                    EV_CONNECT,
                    text!(
                        "{field} 配置为 auto，但查不到本机网卡地址，请直接填写",
                        "{field} is auto, but this machine's hardware address cannot be found: give it outright"
                    ),
                )),
            },
        });
        let found: Vec<_> = found.collect::<Result<_, _>>()?;
        request.with(&found).map(Cow::Owned)
    }

    /// A request as it would go out, with the defaults but for what is `auto`; or what is wrong with
    /// it.
    pub fn prepare(&self, target: &Target, request: &str) -> Result<Request, Failure> {
        let draft = Draft::read(target, request)?;
        let defaults = draft.left_out().filter_map(|field| {
            let value = self.config.default_of(field.name)?;
            let is_auto = value == "auto" && matches!(field.name, "devId" | "devIP");
            Some((field.name, (!is_auto).then_some(value)))
        });
        let defaults = defaults.collect();
        draft.finish(defaults)
    }

    /// The request body that goes out (A and B §1.3.2.1).
    pub fn seal(&self, json: &str) -> Vec<u8> {
        let config = &self.config;
        let now = milliseconds_since_epoch();
        envelope::request::seal(&config.sealer, &config.org_id, &config.reqt_type, json, now)
    }

    /// Opens sealed text: the hex itself, or a request or reply that holds it.
    pub fn unseal(&self, sealed: &str) -> Result<Zeroizing<String>, Failure> {
        envelope::reply::unseal(&self.config.sealer, sealed)
    }

    /// What a reply of the centre's means.
    fn read(&self, service: Option<&'static Service>, reply: &HttpReply) -> Result<Reply, Failure> {
        let sealer = &self.config.sealer;
        let reply = envelope::reply::read(sealer, service, reply.status, &reply.body)?;
        Ok(Reply {
            ground: Ground {
                desk: service.map(|service| &service.desk),
                language: self.config.language,
                ..reply.ground
            },
            ..reply
        })
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
    pub fn begin(&self, token: Zeroizing<String>, purpose: Purpose<'_>) -> InFlight<'_> {
        let config = &self.config;
        let call = Arc::new(Call::start(
            token,
            purpose,
            config.connect_timeout,
            config.timeout,
        ));
        let mut calls = self.calls();
        if matches!(purpose, Purpose::Step(flow) if flow.is_cancelled()) {
            call.cancel();
        }
        calls.push(Arc::clone(&call));
        drop(calls);
        InFlight { client: self, call }
    }
}

/// What is left when the last address that was tried did not answer: `failures` has one at least.
/// That nothing was sent holds for all of them, or for all but the last.
fn ended(mut failures: Vec<Failure>) -> Failure {
    let detail = said_of(&failures);
    let last = failures.len() - 1;
    Failure {
        detail,
        ..failures.swap_remove(last)
    }
}

/// What became of each.
fn said_of(failures: &[Failure]) -> Text {
    let details: Vec<_> = failures
        .iter()
        .map(|failure| failure.detail.clone())
        .collect();
    Text::join(&details)
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
