//! One client, and one call: service + request → envelope → transport → envelope → reply.

pub mod check;
mod clock;
pub mod log;
mod request;

use request::Draft;
pub use request::{Request, token};

use crate::catalogue::codes::EV_BAD_REPLY;
use crate::catalogue::services::{GEN_PAY_CERT, REPORT_CHARGE, Service, Target};
use crate::client::log::Log;
use crate::config::{BaseUrl, Config};
use crate::envelope;
use crate::error::{Failure, Text, text};
use crate::moment::milliseconds_since_epoch;
use crate::os::addresses::hardware_address;
use crate::os::per_process::PerProcess;
use crate::reply::Reply;
use crate::risk::{self, Beginning, Transaction};
use crate::transport::{self, Call, HttpReply, Transport};
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

    fn make(
        &self,
        target: &Target,
        request: &str,
        base: Option<&BaseUrl>,
        flow: Option<&Call>,
        transaction: impl FnOnce(&Request) -> Result<Option<Transaction>, Reply>,
    ) -> Reply {
        let base = base.unwrap_or(&self.config.local_url);
        let uri = base.join(target.path());
        let made = self
            .prepare_for(target, request, &uri, flow)
            .and_then(|(request, begun)| match transaction(&request) {
                Ok(transaction) => self.converse(target, &request, &uri, &begun.call, transaction),
                Err(refusal) => Ok(refusal),
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
        let transaction = transaction.map(Transaction::ask).transpose()?;
        let result = transport
            .post(&self.config, call, uri, &body, target.changes())
            .and_then(|answer| {
                let reply = self.read(target.known(), &answer)?;
                if envelope::reply::is_success(answer.status) && !target.changes() {
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
        match transaction {
            Some(transaction) => transaction.end(result),
            None => result,
        }
    }

    /// Begins the transaction of a request for a certificate, before anything of it is sent; or the
    /// answer, since it may not begin.
    pub fn begin_transaction(
        &self,
        request: &Request,
        beginning: Beginning,
    ) -> Result<Transaction, Reply> {
        risk::begin(&self.config, &request.json, beginning)
    }

    /// Notes what became of a charge: nothing is sent.
    pub fn report_charge(&self, report: &str) -> Result<Reply, Failure> {
        let draft = Draft::read(&Target::Known(&REPORT_CHARGE), report)?;
        let configured = self.config.defaults.iter().cloned();
        let defaults = configured.map(|(name, value)| (name, Ok(value))).collect();
        let report = draft.finish(defaults)?;
        Ok(risk::report(&self.config, &report.json))
    }

    /// A request as it would go out, with the defaults, or what is wrong with it. What ends the
    /// flow ends the look-up of what is `auto`, too.
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
        let draft = Draft::read(target, request)?;
        let mut begun = None;
        let defaults: Vec<_> = draft
            .left_out()
            .filter_map(|field| {
                let value = self.default(field.name, uri, || {
                    let begin = || self.begin(draft.token().clone(), flow);
                    let begun: &InFlight<'_> = begun.get_or_insert_with(begin);
                    Arc::clone(&begun.call)
                });
                Some((field.name, value.transpose()?))
            })
            .collect();
        let prepared = draft.finish(defaults);
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
        let config = &self.config;
        let now = milliseconds_since_epoch();
        envelope::request::seal(&config.sealer, &config.org_id, &config.reqt_type, json, now)
    }

    /// Opens sealed text: the hex itself, or a request or reply that holds it.
    pub fn unseal(&self, sealed: &str) -> Result<Zeroizing<String>, Failure> {
        envelope::reply::unseal(&self.config.sealer, sealed)
    }

    /// What a reply of the centre's means.
    fn read(&self, service: Option<&Service>, reply: &HttpReply) -> Result<Reply, Failure> {
        envelope::reply::read(&self.config.sealer, service, reply.status, &reply.body)
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
