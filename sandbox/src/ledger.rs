//! What the centre remembers: the ledger, the last requests, and the notices it has sent.

use crate::acceptance::{Charged, Stage};
use crate::centre::now_ms;
use crate::channel::{Channel, Charge, Order, Refusal};
use crate::choice::Choice;
use crate::exchanges::{Exchange, Exchanges};
use crate::fault::Fault;
use crate::patients::{self, Certificate, Patients};
use crate::reply::Answer;
use crate::rules::{Rules, When};
use crate::scenario::Numbers;
use serde::Serialize;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::Notify;

/// A request that took effect: it passed every check and was answered by its scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// 1 for the first one, without gaps.
    pub seq: u64,
    /// `tokenPwdCheckNotc`, `tokenPwdStas`, `signedQuery`, `genPayCert` or `echo`.
    pub service: &'static str,
    /// The patient's token.
    pub token: String,
    /// The institution.
    pub org_codg: String,
    /// `fixmedinsTrnsSn`, or nothing.
    pub serial: String,
    /// `ownPaySetlAmt`, or nothing.
    pub amount: String,
    /// The scenario's return code, before any fault.
    pub code: i32,
    /// The certificate that was issued, or nothing.
    pub certificate: String,
    /// The connection that it came on.
    pub connection: u64,
}

/// A request whose head arrived, as it was on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// `POST`, as a rule.
    pub method: String,
    /// The request target as it was sent.
    pub path: String,
    /// Names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it was read.
    pub body: String,
    /// What `encData` opened to, if it did.
    pub opened: Option<String>,
    /// The connection that it came on.
    pub connection: u64,
    /// Whether the connection is HTTPS.
    pub tls: bool,
    /// Whether its TLS session was resumed from an earlier one.
    pub resumed: bool,
    /// Which certificate its port shows; nothing without TLS.
    pub port: &'static str,
}

/// A ledger entry at rest. There may be a million of them, so the texts are one allocation.
struct Stored {
    seq: u64,
    connection: u64,
    service: &'static str,
    code: i32,
    /// Where the token, the institution, the serial and the amount end in the text; the rest is the
    /// certificate.
    ends: [u16; 4],
    text: Box<str>,
}

impl Stored {
    fn entry(&self) -> Entry {
        let [token, org_codg, serial, amount] = self.ends.map(usize::from);
        Entry {
            seq: self.seq,
            service: self.service,
            token: self.text[..token].to_owned(),
            org_codg: self.text[token..org_codg].to_owned(),
            serial: self.text[org_codg..serial].to_owned(),
            amount: self.text[serial..amount].to_owned(),
            code: self.code,
            certificate: self.certificate().to_owned(),
            connection: self.connection,
        }
    }

    fn serial(&self) -> &str {
        let [_, org_codg, serial, _] = self.ends.map(usize::from);
        &self.text[org_codg..serial]
    }

    fn certificate(&self) -> &str {
        &self.text[usize::from(self.ends[3])..]
    }
}

/// An exchange that is held until a tester lets it go.
pub(crate) struct Held {
    pub(crate) exchange: u64,
    pub(crate) when: When,
    pub(crate) since: u64,
    pub(crate) service: &'static str,
    pub(crate) token: String,
    pub(crate) rule: u64,
    pub(crate) go: Arc<Notify>,
}

/// The identifying fields of a request, for its entry.
pub(crate) struct Texts<'a> {
    pub(crate) token: &'a str,
    pub(crate) org_codg: &'a str,
    pub(crate) serial: &'a str,
    pub(crate) amount: &'a str,
}

/// Everything remembered.
pub(crate) struct Books {
    pub(crate) notices: Notices,
    pub(crate) numbers: Numbers,
    pub(crate) channel: Channel,
    pub(crate) patients: Patients,
    pub(crate) rules: Rules,
    /// What is held for a tester.
    pub(crate) held: Vec<Held>,
    /// How many requests have fitted a choice of one of them, by address or token.
    fitted: Remembered<u64>,
    pub(crate) seen: u64,
    pub(crate) connections: u64,
    entries: VecDeque<Stored>,
    entries_max: usize,
    processed: u64,
    pub(crate) exchanges: Exchanges,
    /// The acceptance run, which no clearing forgets.
    pub(crate) stage: Stage,
}

impl Books {
    pub(crate) fn new(entries_max: usize, exchanges_max: usize, now_ms: u64) -> Self {
        Self {
            notices: Notices::default(),
            numbers: Numbers::new(now_ms),
            channel: Channel::default(),
            patients: Patients::default(),
            rules: Rules::default(),
            held: Vec::new(),
            fitted: Remembered::default(),
            seen: 0,
            connections: 0,
            entries: VecDeque::new(),
            entries_max,
            processed: 0,
            exchanges: Exchanges::new(exchanges_max),
            stage: Stage::default(),
        }
    }

    /// Forgets everything but the numbers that were given out.
    pub(crate) fn clear(&mut self) {
        self.notices = Notices::default();
        self.channel = Channel::default();
        self.patients = Patients::default();
        self.fitted = Remembered::default();
        self.seen = 0;
        self.connections = 0;
        self.processed = 0;
        self.entries = VecDeque::new();
        self.exchanges.clear();
    }

    /// What a request to this service meets, whose address or token makes this choice.
    pub(crate) fn met(&mut self, choice: &Choice, chooser: &str, service: &str) -> Fault {
        choice.met(service, || {
            let count = self.fitted.get(chooser).map_or(1, |count| *count + 1);
            self.fitted.insert(chooser, count);
            count
        })
    }

    /// Enters a request that takes effect, and what it was answered.
    pub(crate) fn enter(
        &mut self,
        service: &'static str,
        connection: u64,
        answer: &Answer,
        texts: &Texts<'_>,
    ) {
        if self.entries.len() == self.entries_max
            && let Some(oldest) = self.entries.pop_front()
        {
            self.channel.forget(oldest.certificate());
        }
        if self.entries_max == 0 {
            return;
        }
        self.processed += 1;
        let mut text = String::new();
        let end = |text: &String| u16::try_from(text.len()).unwrap_or(u16::MAX);
        text.push_str(texts.token);
        let token = end(&text);
        text.push_str(texts.org_codg);
        let org_codg = end(&text);
        text.push_str(texts.serial);
        let serial = end(&text);
        text.push_str(texts.amount);
        let amount = end(&text);
        if let Some(issued) = &answer.issued {
            text.push_str(&issued.certificate);
            let seq = self.processed;
            self.channel.issued(&issued.certificate, seq, issued.poor);
            self.patients.certified(
                texts.token,
                Certificate {
                    pay_cert: issued.certificate.clone(),
                    serial: texts.serial.to_owned(),
                    amount: texts.amount.to_owned(),
                    time: now_ms(),
                },
            );
        }
        self.entries.push_back(Stored {
            seq: self.processed,
            connection,
            service,
            code: answer.code,
            ends: [token, org_codg, serial, amount],
            text: text.into(),
        });
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.entries.iter().map(Stored::entry).collect()
    }

    /// The last entries that issued a certificate, the newest first.
    pub(crate) fn issued(&self, most: usize) -> impl Iterator<Item = Entry> {
        let issued = self.entries.iter().rev();
        let issued = issued.filter(|entry| !entry.certificate().is_empty());
        issued.take(most).map(Stored::entry)
    }

    /// The entry of this number, if it is still remembered.
    fn entry(&self, seq: u64) -> Option<Entry> {
        let first = self.entries.front()?.seq;
        let index = usize::try_from(seq.checked_sub(first)?).ok()?;
        self.entries.get(index).map(Stored::entry)
    }

    /// The patient enters the password; `false` without a notice to answer.
    pub(crate) fn verify(&mut self, token: &str) -> bool {
        if self
            .patients
            .answer(token, patients::Answer::Right, now_ms())
        {
            self.stage.phone(token, true, now_ms());
        }
        self.notices.verify(token)
    }

    /// Has the channel charge, or say why not.
    pub(crate) fn charge(&mut self, order: Order, now_ms: u64) -> Result<Charge, Refusal> {
        let seq = self.channel.seq(&order.certificate);
        let issued = seq.and_then(|seq| self.entry(seq));
        self.patients.touch(&order.certificate);
        let charge = self.channel.charge(order, issued, now_ms)?;
        self.stage.charged(Charged {
            time: charge.time_ms,
            serial: charge.serial.clone(),
            amount: charge.amount.clone(),
            certificate: charge.certificate.clone(),
        });
        Ok(charge)
    }

    /// Has the channel close the certificates of a serial number.
    pub(crate) fn close(&mut self, serial: &str) {
        for entry in self.entries.iter().filter(|entry| entry.serial() == serial) {
            self.channel.close(entry.certificate());
        }
    }

    /// Notes the head of a request; the number is for telling more of it.
    pub(crate) fn see(&mut self, seen: Seen, now_ms: u64) -> u64 {
        self.seen += 1;
        self.exchanges.begin(seen, now_ms)
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        let whole = |(_, exchange): (u64, &Exchange)| Seen {
            body: String::from_utf8_lossy(&exchange.body).into_owned(),
            ..exchange.seen.clone()
        };
        self.exchanges.all().map(whole).collect()
    }
}

/// What is remembered of the last so many tokens.
struct Remembered<T> {
    /// Two generations: when the young one is full, the old one is forgotten.
    young: HashMap<Box<str>, T>,
    old: HashMap<Box<str>, T>,
}

/// How many a generation holds.
const GENERATION: usize = 500_000;

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }
}

impl<T> Remembered<T> {
    fn insert(&mut self, token: &str, value: T) {
        if self.young.len() == GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(token.into(), value);
    }

    fn get(&mut self, token: &str) -> Option<&mut T> {
        match self.young.get_mut(token) {
            None => self.old.get_mut(token),
            found => found,
        }
    }
}

/// The notices that patients have got, and what they did about them.
#[derive(Default)]
pub(crate) struct Notices(Remembered<Notice>);

#[derive(Default)]
struct Notice {
    queries: u32,
    verified: bool,
}

impl Notices {
    /// A notice reaches the patient; the password is to be entered, also if it was before.
    pub(crate) fn send(&mut self, token: &str) {
        self.0.insert(token, Notice::default());
    }

    /// A status query: whether the patient has entered the password. With `auto` the patient does
    /// so at that many queries.
    pub(crate) fn ask(&mut self, token: &str, auto: Option<u32>) -> bool {
        self.0.get(token).is_some_and(|notice| {
            notice.queries += 1;
            notice.verified |= auto.is_some_and(|n| notice.queries >= n);
            notice.verified
        })
    }

    /// The patient enters the password; `false` without a notice to answer.
    pub(crate) fn verify(&mut self, token: &str) -> bool {
        self.0
            .get(token)
            .map(|notice| notice.verified = true)
            .is_some()
    }
}
