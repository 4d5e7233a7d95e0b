//! Risk control of the transactions that issue certificates (A §1.4.3.3 (3)): one transaction is
//! never in flight twice, and never asked for with two amounts.
//!
//! There is one guard for each process, whatever clients come and go.

use crate::catalogue::codes::{EV_DUPLICATE, EV_HTTP_STATUS, EV_OK};
use crate::catalogue::next::Next;
use crate::catalogue::services::GEN_PAY_CERT;
use crate::error::{Delivery, Failure, Language, Text, text};
use crate::json::{self, Object};
use crate::os::per_process::PerProcess;
use crate::reply::Reply;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many transactions are remembered. A window's cashier makes a few hundred a day.
const REMEMBERED: usize = 10_000;

/// Whose transaction it is, and its serial number: `orgId`, `orgCodg` and `fixmedinsTrnsSn`.
type Key = (String, String, String);

/// What has become of each transaction of this process.
#[derive(Debug, Default)]
struct Known {
    states: BTreeMap<Key, State>,
    /// In the order in which they are forgotten.
    order: VecDeque<Key>,
}

#[derive(Debug, Clone, Default)]
struct State {
    in_flight: bool,
    /// The amount for which a certificate was, or may have been, issued.
    amount: Option<String>,
}

fn known() -> MutexGuard<'static, Known> {
    static KNOWN: PerProcess<Mutex<Known>> = PerProcess::new();
    let known = KNOWN.get_or_init(Mutex::default);
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a transaction may not begin: nothing may be sent.
#[derive(Debug)]
pub struct Refusal {
    detail: Text,
    next: Next,
}

impl Refusal {
    /// The answer to whoever asked.
    pub(crate) fn reply(&self, language: Language) -> Reply {
        let failure = Failure::not_sent(EV_DUPLICATE, self.detail.clone());
        Reply {
            next: Some(self.next),
            ..Reply::failed(&failure, language, Some(&GEN_PAY_CERT.desk))
        }
    }
}

/// Begins the transaction of a request for a certificate, which was checked.
pub(crate) fn begin(org_id: &str, request: &str) -> Result<Transaction, Refusal> {
    let object = Object::parse(request).ok();
    let field = |name| {
        let value = object.as_ref()?.get(name)?;
        json::string(value)
    };
    let [org_codg, serial, amount] =
        ["orgCodg", "fixmedinsTrnsSn", "ownPaySetlAmt"].map(|name| field(name).unwrap_or_default());
    let key = (org_id.to_owned(), org_codg, serial);
    let amount = plain(&amount);

    let mut known = known();
    let state = known.states.get(&key).cloned().unwrap_or_default();
    if state.in_flight {
        return Err(Refusal {
            detail: text!(
                "同一流水号（fixmedinsTrnsSn）的请求正在处理，请等待其结果",
                "a request with the same fixmedinsTrnsSn is in flight: wait for its reply"
            ),
            next: Next::RetryLater,
        });
    }
    if state
        .amount
        .as_ref()
        .is_some_and(|before| *before != amount)
    {
        return Err(Refusal {
            detail: text!(
                "同一流水号（fixmedinsTrnsSn）已用另一金额请求过付款凭据：继续这笔交易须用原金额；更正后的账单，须待这笔交易了结后另行办理",
                "a certificate was, or may have been, issued for this fixmedinsTrnsSn with another amount: go on with this transaction at the same amount; a corrected bill is a transaction of its own, once this one is settled"
            ),
            next: Next::FixRequest,
        });
    }
    known.put(
        key.clone(),
        State {
            in_flight: true,
            ..state.clone()
        },
    );
    Ok(Transaction {
        key,
        amount,
        before: state.amount,
        is_asked: false,
    })
}

impl Known {
    fn put(&mut self, key: Key, state: State) {
        if self.states.insert(key.clone(), state).is_none() {
            self.order.push_back(key);
        }
        // What is in flight stays, so the bound may be passed by as many as there are threads.
        while self.states.len() > REMEMBERED {
            let Some(oldest) = self.order.pop_front() else {
                return;
            };
            if self
                .states
                .get(&oldest)
                .is_some_and(|state| state.in_flight)
            {
                self.order.push_back(oldest);
                return;
            }
            self.states.remove(&oldest);
        }
    }
}

/// A transaction in flight. When it is dropped it is so no more: then nothing has changed if the
/// certificate was never asked for, and without an end (a fault of ours) its outcome is unknown.
#[derive(Debug)]
pub struct Transaction {
    key: Key,
    amount: String,
    /// The amount for which a certificate may have been issued before.
    before: Option<String>,
    is_asked: bool,
}

impl Transaction {
    /// Notes that the certificate is asked for now.
    pub(crate) fn ask(self) -> Self {
        let mut asked = self;
        asked.is_asked = true;
        asked
    }

    /// Notes what has become of it: whether a certificate may have been issued.
    pub(crate) fn end(mut self, result: &Result<Reply, Failure>) {
        self.is_asked = match result {
            // After a refusal of the centre whatever was before holds, and the amount may change.
            Ok(reply) => {
                reply.code == EV_OK || matches!(reply.next, Some(Next::Charge | Next::Retry))
            }
            Err(failure) => match failure.delivery {
                Delivery::NotSent => false,
                // A gateway's 3xx or 4xx: it did not let the request through.
                Delivery::Answered => failure.code != EV_HTTP_STATUS,
                Delivery::Unknown => true,
            },
        };
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let amount = if self.is_asked {
            Some(self.amount.clone())
        } else {
            self.before.take()
        };
        let state = State {
            in_flight: false,
            amount,
        };
        known().put(self.key.clone(), state);
    }
}

/// An amount's digits in the one way in which equal amounts are equal: 12.3 is 12.30.
fn plain(amount: &str) -> String {
    let (whole, decimals) = amount.split_once('.').unwrap_or((amount, ""));
    let whole = whole.trim_start_matches('0');
    format!("{whole}.{decimals:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(serial: usize, amount: &str) -> String {
        format!(
            "{{\"orgCodg\":\"H1\",\"fixmedinsTrnsSn\":\"{serial}\",\"ownPaySetlAmt\":\"{amount}\"}}"
        )
    }

    fn begin(org_id: &str, serial: usize, amount: &str) -> bool {
        let begun = super::begin(org_id, &request(serial, amount));
        // Dropped at once: its outcome is unknown.
        begun.map(Transaction::ask).is_ok()
    }

    #[test]
    fn equal_amounts_are_equal_however_written() {
        let begin = |serial, amount| begin("equal", serial, amount);
        assert!(begin(1, "12.3"));
        for (amount, same) in [
            ("12.30", true),
            ("012.3", true),
            ("12.31", false),
            ("1.23", false),
        ] {
            assert_eq!(begin(1, amount), same, "{amount}");
        }
        assert!(begin(2, "0.50"));
        assert!(begin(2, "00.5"));
    }

    #[test]
    fn what_was_never_asked_for_leaves_nothing_behind() {
        drop(super::begin("never", &request(1, "1")).unwrap());
        assert!(begin("never", 1, "2"));
        drop(super::begin("never", &request(1, "2")).unwrap());
        assert!(!begin("never", 1, "3"), "it was asked for before");
    }

    #[test]
    fn ten_thousand_are_remembered_and_not_more() {
        let mut known = Known::default();
        let key = |serial: usize| (String::new(), String::new(), serial.to_string());
        let state = |in_flight| State {
            in_flight,
            amount: Some("1".to_owned()),
        };
        known.put(key(0), state(true));
        for serial in 1..=REMEMBERED + 1 {
            known.put(key(serial), state(false));
        }
        assert_eq!(known.states.len(), REMEMBERED);
        assert_eq!(known.order.len(), REMEMBERED);
        assert!(known.states.contains_key(&key(0)), "in flight");
        assert!(!known.states.contains_key(&key(1)), "the oldest");
        assert!(known.states.contains_key(&key(REMEMBERED + 1)));
    }
}
