//! What is known of one transaction: its events, folded.

use super::amount::Amount;
use super::state::{Event, State};
use crate::moment::{Moment, milliseconds_since_epoch};
use serde::Serialize;
use std::collections::VecDeque;

/// Whose transaction it is, and its serial number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// 业务系统编码.
    pub org_id: String,
    /// 定点医药机构编码.
    pub org_codg: String,
    /// 定点机构交易流水号.
    pub serial: String,
}

/// How many certificates of one transaction a reply tells of: the last ones.
const TOLD: usize = 8;

/// One event.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When, in milliseconds since 1970.
    pub time: u64,
    /// What.
    pub event: Event,
    /// The amount that it was about.
    pub amount: Amount,
    /// Which process noted it.
    pub process: String,
}

/// What became of a certificate that was asked for before.
#[derive(Debug, Clone)]
struct Past {
    time: u64,
    outcome: &'static str,
}

/// What is in flight.
#[derive(Debug, Clone)]
pub struct Flight {
    /// Whether the certificate itself is asked for.
    pub asked: bool,
    /// Whose it is.
    pub process: String,
    amount: Amount,
    time: u64,
}

/// A transaction.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// What is known apart from what is in flight.
    pub state: State,
    /// The amount that this state is about.
    pub amount: Option<Amount>,
    /// How often in a row no usable answer came.
    pub unanswered: u32,
    /// What is in flight.
    pub flight: Option<Flight>,
    past: VecDeque<Past>,
}

impl Record {
    /// Adds an event.
    pub fn add(&mut self, entry: &Entry) {
        match entry.event {
            Event::Begun | Event::Asked => {
                // One that asked already came to no end.
                if self.flight.as_ref().is_some_and(|flight| flight.asked) {
                    self.settle();
                }
                self.flight = Some(Flight {
                    asked: entry.event == Event::Asked,
                    process: entry.process.clone(),
                    amount: entry.amount.clone(),
                    time: entry.time,
                });
            }
            Event::Released => self.flight = None,
            Event::Unsent => {
                self.flight = None;
                self.unanswered += 1;
            }
            Event::Refused => {
                self.flight = None;
                self.unanswered = 0;
            }
            event => {
                self.flight = None;
                self.note(event, entry.time, &entry.amount);
            }
        }
    }

    /// What is in flight came to no end, since its process is gone: no certificate that was asked
    /// for reached anybody.
    pub fn settle(&mut self) {
        if let Some(flight) = self.flight.take()
            && flight.asked
        {
            self.note(Event::Unanswered, flight.time, &flight.amount);
        }
    }

    fn note(&mut self, event: Event, time: u64, amount: &Amount) {
        self.state = self.state.after(event);
        self.amount = Some(amount.clone());
        self.unanswered = match event {
            Event::Unanswered => self.unanswered + 1,
            _ => 0,
        };
        let (outcome, is_report) = match event {
            Event::Issued => ("issued", false),
            Event::Paid => ("paid", true),
            Event::Failed => ("failed", true),
            Event::Doubtful => ("unknown", true),
            _ => ("unknown", false),
        };
        // A report is about the certificate that was handed out last.
        match self.past.back_mut() {
            Some(last) if is_report => last.outcome = outcome,
            _ => self.past.push_back(Past { time, outcome }),
        }
        if self.past.len() > TOLD {
            self.past.pop_front();
        }
    }

    /// The same for the event that ends what is in flight, now.
    pub fn end(&mut self, event: Event, amount: &Amount) {
        self.add(&Entry {
            time: milliseconds_since_epoch(),
            event,
            amount: amount.clone(),
            process: String::new(),
        });
    }

    /// Whether there is anything to know of it.
    pub fn is_known(&self) -> bool {
        self.state != State::None || self.unanswered > 0 || self.flight.is_some()
    }

    /// Whether it came before with another amount.
    pub fn has_other(&self, amount: &Amount) -> bool {
        self.state != State::None && self.amount.as_ref().is_some_and(|before| before != amount)
    }

    /// `issuedBefore` of replies: when each certificate was asked for, and what became of it.
    pub fn issued_before(&self) -> Vec<IssuedBefore> {
        let past = self.past.iter();
        past.map(|past| IssuedBefore {
            time: Moment::at(past.time).rfc3339(),
            outcome: past.outcome,
        })
        .collect()
    }
}

/// One of `issuedBefore`.
#[derive(Debug, Clone, Serialize)]
pub struct IssuedBefore {
    time: String,
    outcome: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(events: &[(Event, &str)]) -> Record {
        let mut record = Record::default();
        for (event, amount) in events {
            record.add(&Entry {
                time: 0,
                event: *event,
                amount: Amount::new(amount),
                process: "1-a".to_owned(),
            });
        }
        record
    }

    fn outcomes(record: &Record) -> Vec<&'static str> {
        record.past.iter().map(|past| past.outcome).collect()
    }

    #[test]
    fn asked_without_an_end_is_unknown_and_begun_is_nothing() {
        let mut asked = record(&[(Event::Begun, "1"), (Event::Asked, "1")]);
        assert!(asked.flight.as_ref().unwrap().asked);
        asked.settle();
        assert_eq!(asked.state, State::Unknown);
        assert!(asked.has_other(&Amount::new("2")));
        assert_eq!(outcomes(&asked), ["unknown"]);

        let mut begun = record(&[(Event::Begun, "1")]);
        begun.settle();
        assert_eq!(begun.state, State::None);
        assert!(!begun.has_other(&Amount::new("2")));
    }

    #[test]
    fn what_was_lost_before_is_settled_by_the_next_question() {
        let again = record(&[
            (Event::Asked, "1"),
            (Event::Asked, "1"),
            (Event::Refused, "1"),
        ]);
        assert_eq!(again.state, State::Unknown);
    }

    #[test]
    fn a_refusal_leaves_what_was_before() {
        let refused = record(&[
            (Event::Asked, "1"),
            (Event::Unanswered, "1"),
            (Event::Asked, "1"),
            (Event::Refused, "1"),
        ]);
        assert_eq!(refused.state, State::Unknown);
        assert_eq!(refused.unanswered, 0);
        assert!(refused.has_other(&Amount::new("2")));
    }

    #[test]
    fn a_report_is_about_the_last_certificate() {
        let failed = record(&[
            (Event::Asked, "1"),
            (Event::Unanswered, "1"),
            (Event::Asked, "1"),
            (Event::Issued, "1"),
            (Event::Doubtful, "1"),
            (Event::Failed, "1"),
        ]);
        assert_eq!(failed.state, State::Failed);
        assert_eq!(outcomes(&failed), ["unknown", "failed"]);
    }
}
