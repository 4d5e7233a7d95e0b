//! Risk control of the transactions that issue certificates (A §1.4.3.3 (3)): one transaction is
//! never in flight twice, and never asked for with two amounts.

use crate::code::EV_DUPLICATE;
use crate::error::{Delivery, Failure, text};
use crate::json::{self, Object};
use crate::next::Next;
use crate::reply::Reply;
use crate::service::{GEN_PAY_CERT, Target};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many transactions are remembered. A window's cashier makes a few hundred a day.
const REMEMBERED: usize = 10_000;

/// An institution's own serial number: `orgCodg` and `fixmedinsTrnsSn`.
type Key = (String, String);

/// What has become of each transaction of a client.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    known: Mutex<Known>,
}

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

impl Transactions {
    /// Begins a transaction, if the request is one that issues a certificate. A refusal means that
    /// nothing may be sent.
    pub(crate) fn begin(
        &self,
        target: &Target,
        request: &str,
    ) -> Result<Option<Transaction<'_>>, Failure> {
        if target.known() != Some(&GEN_PAY_CERT) {
            return Ok(None);
        }
        let refuse = |detail| Err(Failure::not_sent(EV_DUPLICATE, detail));
        // The request was checked: all three are there.
        let object = Object::parse(request).ok();
        let field = |name| {
            let value = object.as_ref()?.get(name)?;
            json::string(value)
        };
        let [org_codg, serial, amount] = ["orgCodg", "fixmedinsTrnsSn", "ownPaySetlAmt"]
            .map(|name| field(name).unwrap_or_default());
        let key = (org_codg, serial);
        let amount = plain(&amount);

        let mut known = self.known();
        let state = known.states.get(&key).cloned().unwrap_or_default();
        if state.in_flight {
            return refuse(text!(
                "同一流水号（fixmedinsTrnsSn）的请求正在处理，请等待其结果",
                "a request with the same fixmedinsTrnsSn is in flight: wait for its reply"
            ));
        }
        if state
            .amount
            .as_ref()
            .is_some_and(|before| *before != amount)
        {
            return refuse(text!(
                "同一流水号（fixmedinsTrnsSn）已用另一金额请求过付款凭据，金额须与上次一致，否则请用新的流水号",
                "a certificate was, or may have been, issued for this fixmedinsTrnsSn with another amount: use the same amount, or a new serial number for a new transaction"
            ));
        }
        known.put(
            key.clone(),
            State {
                in_flight: true,
                ..state.clone()
            },
        );
        Ok(Some(Transaction {
            transactions: self,
            key,
            amount,
            before: Some(state),
        }))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

/// A transaction in flight. Dropped without an end (a fault of ours), its outcome is unknown.
pub(crate) struct Transaction<'a> {
    transactions: &'a Transactions,
    key: Key,
    amount: String,
    /// What it was before; `None` once it has ended.
    before: Option<State>,
}

impl Transaction<'_> {
    /// Notes what has become of it.
    pub(crate) fn end(mut self, result: &Result<Reply, Failure>) {
        let untouched = match result {
            // The centre refused: whatever was before holds, and the amount may change.
            Ok(reply) => !matches!(reply.next, Some(Next::Charge | Next::Retry)) && reply.code != 0,
            Err(failure) => failure.delivery == Delivery::NotSent,
        };
        let Some(before) = self.before.take() else {
            return;
        };
        self.leave(if untouched {
            before.amount
        } else {
            Some(self.amount.clone())
        });
    }

    fn leave(&self, amount: Option<String>) {
        let mut known = self.transactions.known();
        known.put(
            self.key.clone(),
            State {
                in_flight: false,
                amount,
            },
        );
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.before.is_some() {
            self.leave(Some(self.amount.clone()));
        }
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

    fn begin(transactions: &Transactions, serial: usize, amount: &str) -> bool {
        let target = Target::Known(&GEN_PAY_CERT);
        // Dropped at once: its outcome is unknown.
        transactions
            .begin(&target, &request(serial, amount))
            .is_ok()
    }

    #[test]
    fn equal_amounts_are_equal_however_written() {
        let transactions = Transactions::default();
        assert!(begin(&transactions, 1, "12.3"));
        for (amount, same) in [
            ("12.30", true),
            ("012.3", true),
            ("12.31", false),
            ("1.23", false),
        ] {
            assert_eq!(begin(&transactions, 1, amount), same, "{amount}");
        }
        assert!(begin(&transactions, 2, "0.50"));
        assert!(begin(&transactions, 2, "00.5"));
    }

    #[test]
    fn ten_thousand_are_remembered_and_not_more() {
        let transactions = Transactions::default();
        for serial in 0..=REMEMBERED {
            assert!(begin(&transactions, serial, "1"));
        }
        assert_eq!(transactions.known().states.len(), REMEMBERED);
        assert_eq!(transactions.known().order.len(), REMEMBERED);
        assert!(
            !begin(&transactions, 1, "2"),
            "the second one is still known"
        );
        assert!(begin(&transactions, 0, "2"), "the first one was forgotten");
    }
}
