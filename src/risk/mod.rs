//! Risk control of the transactions that issue certificates (A §1.4.3.3 (3)): no transaction is in
//! flight twice, asked for with two amounts, or charged twice.
//!
//! There is one guard for each process, whatever clients come and go; with a journal, one for the
//! machine.

mod amount;
mod journal;
mod listing;
mod memory;
mod owner;
mod place;
mod record;
mod refusal;
mod report;
pub mod state;
mod trouble;

pub use listing::{Finding, Listed, Row, examine, list, make};
pub use record::Key;
pub use report::report;

use crate::catalogue::codes::{EV_HTTP_STATUS, EV_OK};
use crate::catalogue::hints::Cause;
use crate::catalogue::next::Next;
use crate::catalogue::services::GEN_PAY_CERT;
use crate::config::{Config, RiskSettings};
use crate::error::{Delivery, Failure, Language};
use crate::json::{self, Object};
use crate::reply::Reply;
use amount::Amount;
use journal::{Durable, Journal};
use memory::Reserved;
use record::Record;
use refusal::Refusal;
use serde_json::Value;
use state::{Event, may_ask, may_retry};
use std::time::{Duration, Instant};
use trouble::Trouble;
use zeroize::Zeroizing;

/// How long the journal is waited for at the end of a call that has used its time up: a reply that
/// may be paid for is not lost for that.
const GRACE: Duration = Duration::from_secs(2);

/// How a transaction begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// With the question for the certificate.
    Asked,
    /// With what comes before it.
    Begun,
}

/// Begins the transaction of a request for a certificate, which was checked; or says why it may not
/// begin, and nothing may be sent.
pub(crate) fn begin(
    config: &Config,
    request: &str,
    beginning: Beginning,
) -> Result<Transaction, Box<Reply>> {
    let (key, amount) = transaction_of(config, request);
    let language = config.language;
    match Transaction::begin(
        &config.risk,
        key,
        amount.clone(),
        beginning,
        config.timeout,
        language,
    ) {
        Ok(transaction) => Ok(transaction),
        Err(Stop::Refused(refusal)) => Err(Box::new(refusal.reply(&amount, language))),
        Err(Stop::Trouble(trouble)) => {
            let failure = trouble.failure(Delivery::NotSent);
            Err(Box::new(Reply::failed(
                &failure,
                language,
                Some(&GEN_PAY_CERT.desk),
            )))
        }
    }
}

/// Which transaction a request is about, and its amount.
fn transaction_of(config: &Config, request: &str) -> (Key, Amount) {
    let object = Object::parse(request).ok();
    let field = |name| {
        let value = object.as_ref()?.get(name)?;
        json::string(value)
    };
    let [org_codg, serial, amount] =
        ["orgCodg", "fixmedinsTrnsSn", "ownPaySetlAmt"].map(|name| field(name).unwrap_or_default());
    let key = Key {
        org_id: config.org_id.clone(),
        org_codg: org_codg.to_owned(),
        serial: serial.to_owned(),
    };
    (key, Amount::new(&amount))
}

/// Why something does not go on.
enum Stop {
    Refused(Refusal),
    Trouble(Trouble),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// A transaction in flight. When it is dropped it is so no more: then nothing has changed if the
/// certificate was never asked for, and without an end (a fault of ours) its outcome is unknown.
#[derive(Debug)]
pub struct Transaction {
    key: Key,
    amount: Amount,
    language: Language,
    deadline: Instant,
    /// What was known of it before.
    before: Record,
    journal: Option<Journal>,
    /// What becomes of it if nothing else is said.
    last: Event,
    reserved: Reserved,
}

impl Transaction {
    fn begin(
        settings: &RiskSettings,
        key: Key,
        amount: Amount,
        beginning: Beginning,
        within: Duration,
        language: Language,
    ) -> Result<Self, Stop> {
        let deadline = Instant::now() + within;
        let (reserved, known) =
            Reserved::new(&key).ok_or_else(|| Stop::Refused(Refusal::in_flight(&amount)))?;
        let journal = settings.journal.as_ref().map(Journal::new).transpose()?;
        let check = |record: &Record| {
            let in_flight = record.flight.is_some();
            may_ask(
                record.state,
                in_flight,
                record.has_other(&amount),
                settings.mode,
            )
            .map_err(|reason| Refusal::new(reason, record))
        };
        let (event, durable, last) = match beginning {
            Beginning::Asked => (Event::Asked, Durable::Yes, Event::Unanswered),
            Beginning::Begun => (Event::Begun, Durable::No, Event::Released),
        };
        let before = match &journal {
            None => check(&known).map(|()| known),
            Some(journal) => journal.step(within, durable, |step| {
                let record = step.record(&key)?;
                // What clients of this process did without the journal counts, too.
                let record = if record.is_known() { record } else { known };
                if let Err(refusal) = check(&record) {
                    return Ok(Err(refusal));
                }
                step.add(&key, event, &amount)?;
                step.prune()?;
                Ok(Ok(record))
            })?,
        };
        Ok(Self {
            before: before.map_err(Stop::Refused)?,
            key,
            amount,
            language,
            deadline,
            journal,
            last,
            reserved,
        })
    }

    /// Notes that the certificate is asked for now.
    pub(crate) fn ask(mut self) -> Result<Self, Failure> {
        if self.last == Event::Released {
            self.note(Event::Asked, Durable::Yes)
                .map_err(|trouble| trouble.failure(Delivery::NotSent))?;
            self.last = Event::Unanswered;
        }
        Ok(self)
    }

    /// Notes what has become of it, and says what the caller is told: a certificate that cannot be
    /// noted is not handed out, and one without an answer is not asked for endlessly.
    pub(crate) fn end(mut self, result: Result<Reply, Failure>) -> Reply {
        self.last = event_of(&result);
        let result = match self.note(self.last, Durable::Yes) {
            Err(trouble) if self.last == Event::Issued => {
                self.last = Event::Unanswered;
                Err(trouble.failure(Delivery::Answered))
            }
            // Nothing is handed out, and without a note its outcome is unknown: that is safe.
            _ => result,
        };
        let mut reply = result.unwrap_or_else(|failure| {
            Reply::failed(&failure, self.language, Some(&GEN_PAY_CERT.desk))
        });
        if reply.next == Some(Next::Retry) && !may_retry(self.before.unanswered) {
            reply = reply.advising(Next::OtherPayment, Cause::Unanswered);
        }
        self.tell_of_before(&mut reply);
        reply
    }

    fn note(&self, event: Event, durable: Durable) -> Result<(), Trouble> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let left = self.deadline.saturating_duration_since(Instant::now());
        journal.step(left.max(GRACE), durable, |step| {
            step.add(&self.key, event, &self.amount)
        })
    }

    /// `data.issuedBefore`, where there was anything.
    fn tell_of_before(&self, reply: &mut Reply) {
        let before = self.before.issued_before();
        let data = reply.data.as_deref().filter(|_| !before.is_empty());
        let data = data.and_then(|data| serde_json::from_str(data).ok());
        let Some(Value::Object(mut data)) = data else {
            return;
        };
        data.insert("issuedBefore".to_owned(), serde_json::json!(before));
        reply.data = Some(Zeroizing::new(Value::Object(data).to_string()));
    }
}

/// What an answer, or none, means for the transaction.
fn event_of(result: &Result<Reply, Failure>) -> Event {
    match result {
        Ok(reply) if reply.next == Some(Next::Charge) => Event::Issued,
        // The outcome is as unknown to the centre as it is to us.
        Ok(reply) if reply.code == EV_OK || reply.next == Some(Next::Retry) => Event::Unanswered,
        Ok(_) => Event::Refused,
        Err(failure) => match failure.delivery {
            Delivery::NotSent => Event::Unsent,
            // A gateway's 3xx or 4xx: it did not let the request through.
            Delivery::Answered if failure.code == EV_HTTP_STATUS => Event::Refused,
            Delivery::Answered | Delivery::Unknown => Event::Unanswered,
        },
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.last == Event::Released {
            // Without it other processes wait until this one ends; nothing worse.
            let _ = self.note(Event::Released, Durable::No);
        }
        let mut record = std::mem::take(&mut self.before);
        record.end(self.last, &self.amount);
        self.reserved.give_back(record);
    }
}
