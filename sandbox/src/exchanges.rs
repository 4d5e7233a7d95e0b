//! What came and what was answered: the last exchanges, each as it was on the wire.

use crate::ledger::Seen;
use crate::texts::{self, Text};
use serde::Serialize;
use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

/// How much text is kept in all.
const KEPT_BYTES: usize = 64 << 20;

/// Who chose what an exchange meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum By {
    Address,
    Token,
    Rule,
    Chaos,
    Rate,
}

/// What is wrong with a request.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Problem {
    /// The field, if it is about one.
    pub(crate) field: Option<String>,
    pub(crate) what: Text,
    pub(crate) section: Option<String>,
}

/// What the centre made of a request.
#[derive(Default, Clone)]
pub(crate) struct Decided {
    pub(crate) service: Option<&'static str>,
    pub(crate) token: String,
    pub(crate) dev_id: String,
    pub(crate) org_codg: String,
    pub(crate) serial: String,
    pub(crate) amount: String,
    pub(crate) fault: Option<(String, By)>,
    pub(crate) code: Option<i32>,
    pub(crate) result: Option<Text>,
    pub(crate) processed: bool,
}

/// A reply as it went out, or would have.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// What is sealed in it.
    pub(crate) plain: Option<String>,
    /// Whether any of it leaves.
    pub(crate) is_sent: bool,
    /// The certificate that was issued, or nothing.
    pub(crate) issued: String,
}

/// One exchange.
pub(crate) struct Exchange {
    pub(crate) seen: Seen,
    pub(crate) body: Vec<u8>,
    pub(crate) decided: Decided,
    pub(crate) reply: Option<Reply>,
    pub(crate) is_held: bool,
    /// When its head was there, in milliseconds since 1970.
    pub(crate) time: u64,
    since: Instant,
    /// How long it took, once it is over.
    ms: Option<f64>,
}

impl Exchange {
    fn bytes(&self) -> usize {
        let reply = self.reply.as_ref().map_or(0, |reply| {
            reply.body.len() + reply.plain.as_ref().map_or(0, String::len)
        });
        self.body.len() + self.seen.opened.as_ref().map_or(0, String::len) + reply
    }

    /// Whether nothing more will come of it.
    pub(crate) fn is_over(&self) -> bool {
        self.ms.is_some()
    }

    /// How long it took, once it is over.
    pub(crate) fn ms(&self) -> Option<f64> {
        self.ms
    }

    /// Whether it came to nothing, or met a fault.
    pub(crate) fn failed(&self) -> bool {
        let refused = self.decided.code.is_some_and(|code| code != 0);
        let lost = self
            .reply
            .as_ref()
            .is_some_and(|reply| !reply.is_sent || !(200..300).contains(&reply.status));
        refused || lost || self.decided.fault.is_some()
    }
}

/// What a list shows of an exchange.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary<'a> {
    id: u64,
    time: u64,
    ms: Option<f64>,
    state: &'static str,
    service: Option<&'a str>,
    token: &'a str,
    dev_id: &'a str,
    org_codg: &'a str,
    serial: &'a str,
    amount: &'a str,
    connection: u64,
    tls: bool,
    method: &'a str,
    path: &'a str,
    fault: Option<&'a str>,
    fault_by: Option<By>,
    status: Option<u16>,
    code: Option<i32>,
    replied: bool,
    processed: bool,
    failed: bool,
    result: Option<&'a Text>,
}

/// The last exchanges. Their numbers begin with 1, and none is given out again.
pub(crate) struct Exchanges {
    kept: VecDeque<Exchange>,
    first: u64,
    bytes: usize,
    most: usize,
    /// What has changed since somebody asked.
    changed: BTreeSet<u64>,
}

impl Exchanges {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            kept: VecDeque::new(),
            first: 1,
            bytes: 0,
            most: most.max(1),
            changed: BTreeSet::new(),
        }
    }

    /// Begins the numbers behind this one, before any was given out.
    pub(crate) fn begin_behind(&mut self, last: u64) {
        self.first = self.first.max(last + 1);
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.first += self.kept.len() as u64;
        self.kept.clear();
        self.changed.clear();
        self.bytes = 0;
    }

    /// Begins one with its head; the number is for telling more of it.
    pub(crate) fn begin(&mut self, seen: Seen, now_ms: u64) -> u64 {
        self.kept.push_back(Exchange {
            seen,
            body: Vec::new(),
            decided: Decided::default(),
            reply: None,
            is_held: false,
            time: now_ms,
            since: Instant::now(),
            ms: None,
        });
        let id = self.first + self.kept.len() as u64 - 1;
        self.changed.insert(id);
        self.forget();
        id
    }

    /// Changes one, if it is still kept.
    pub(crate) fn tell(&mut self, id: u64, change: impl FnOnce(&mut Exchange)) {
        let Some(exchange) = self.get_mut(id) else {
            return;
        };
        let before = exchange.bytes();
        change(exchange);
        let after = exchange.bytes();
        self.bytes = self.bytes + after - before;
        self.changed.insert(id);
        self.forget();
    }

    /// Ends one: nothing more will be told of it.
    pub(crate) fn end(&mut self, id: u64) {
        self.tell(id, |exchange| {
            exchange.ms = Some(exchange.since.elapsed().as_secs_f64() * 1000.0);
        });
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Exchange> {
        let index = usize::try_from(id.checked_sub(self.first)?).ok()?;
        self.kept.get(index)
    }

    fn get_mut(&mut self, id: u64) -> Option<&mut Exchange> {
        let index = usize::try_from(id.checked_sub(self.first)?).ok()?;
        self.kept.get_mut(index)
    }

    /// All that are kept, the oldest first, with their numbers.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = (u64, &Exchange)> {
        let first = self.first;
        let numbered = move |(index, exchange)| (first + index as u64, exchange);
        self.kept.iter().enumerate().map(numbered)
    }

    /// What has changed since this was asked last: the newest, at most so many, in the order of their
    /// numbers; and how many others, which are let go of.
    pub(crate) fn take_changed(&mut self, most: usize) -> (Vec<u64>, usize) {
        let others = self.changed.len().saturating_sub(most);
        let taken = self.changed.iter().copied().skip(others).collect();
        self.changed.clear();
        (taken, others)
    }

    /// What a list shows of it.
    pub(crate) fn summary(&self, id: u64) -> Option<Summary<'_>> {
        self.get(id).map(|exchange| exchange.summary(id))
    }

    fn forget(&mut self) {
        while self.kept.len() > self.most || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.kept.pop_front() else {
                return;
            };
            self.changed.remove(&self.first);
            self.first += 1;
            self.bytes -= oldest.bytes();
        }
    }
}

impl Exchange {
    pub(crate) fn summary(&self, id: u64) -> Summary<'_> {
        let decided = &self.decided;
        let reply = self.reply.as_ref();
        Summary {
            id,
            time: self.time,
            ms: self.ms,
            state: match (self.ms, self.is_held) {
                (Some(_), _) => "done",
                (None, true) => "held",
                (None, false) => "open",
            },
            service: decided.service,
            token: &decided.token,
            dev_id: &decided.dev_id,
            org_codg: &decided.org_codg,
            serial: &decided.serial,
            amount: &decided.amount,
            connection: self.seen.connection,
            tls: self.seen.tls,
            method: &self.seen.method,
            path: &self.seen.path,
            fault: decided.fault.as_ref().map(|(name, _)| &**name),
            fault_by: decided.fault.as_ref().map(|(_, by)| *by),
            status: reply.map(|reply| reply.status),
            code: decided.code,
            replied: reply.is_some_and(|reply| reply.is_sent),
            processed: decided.processed,
            failed: self.failed(),
            result: decided.result.as_ref(),
        }
    }
}

/// What an answer comes to, in words.
pub(crate) fn result(service: Option<&str>, answer: &crate::reply::Answer, state: &str) -> Text {
    texts::result(
        service.unwrap_or_default(),
        answer.code,
        &answer.message,
        state,
    )
}
