//! The patients that a tester looks after: what their phones show, and what they answer.
//!
//! What a patient is like is in the token's words; what is here is what happened to one.

use crate::scenario::Standing;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// How many are known: whoever was heard of last.
const KNOWN: usize = 1000;

/// How many notices and certificates of one are shown.
const SHOWN: usize = 20;

/// What the patient did about a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    Waiting,
    Right,
    Wrong,
    Ignored,
}

/// A notice as the phone shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notice {
    id: u64,
    time: u64,
    pub(crate) org_codg: String,
    pub(crate) org_name: String,
    pub(crate) amount: String,
    state: Answer,
    answered: Option<u64>,
    /// Status queries since.
    asked: u32,
}

/// A certificate that was issued for the patient.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    pub(crate) pay_cert: String,
    pub(crate) serial: String,
    pub(crate) amount: String,
    pub(crate) time: u64,
}

/// One patient.
#[derive(Debug, Clone)]
pub(crate) struct Patient {
    pub(crate) time: u64,
    /// The newest first.
    pub(crate) notices: VecDeque<Notice>,
    /// Signed up or off on the phone, whatever the token says.
    pub(crate) standing: Option<Standing>,
    /// The newest first.
    pub(crate) certificates: VecDeque<Certificate>,
}

/// All that are known.
#[derive(Default)]
pub(crate) struct Patients {
    known: HashMap<String, Patient>,
    /// In the order in which they were first heard of.
    order: VecDeque<String>,
    made: u64,
    notices: u64,
    /// Whose story has changed since somebody asked.
    changed: BTreeSet<String>,
}

impl Patients {
    /// A token for a new patient of these words.
    pub(crate) fn make(&mut self, words: &[String], now_ms: u64) -> String {
        self.made += 1;
        let mut parts = words.to_vec();
        // The clock keeps tokens of one run from being those of the last.
        parts.push(format!(
            "{}{:03}",
            now_ms / 1000 % 100_000,
            self.made % 1000
        ));
        let token = parts.join("-");
        self.patient(&token, now_ms);
        token
    }

    /// Knows a patient again that was made before.
    pub(crate) fn remember(&mut self, token: &str, now_ms: u64) {
        self.patient(token, now_ms);
    }

    fn patient(&mut self, token: &str, now_ms: u64) -> &mut Patient {
        self.changed.insert(token.to_owned());
        if !self.known.contains_key(token) {
            if self.order.len() == KNOWN
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
                self.changed.remove(&oldest);
            }
            self.order.push_back(token.to_owned());
        }
        self.known
            .entry(token.to_owned())
            .or_insert_with(|| Patient {
                time: now_ms,
                notices: VecDeque::new(),
                standing: None,
                certificates: VecDeque::new(),
            })
    }

    /// A notice reaches the phone.
    pub(crate) fn notified(&mut self, token: &str, texts: [String; 3], now_ms: u64) {
        self.notices += 1;
        let [org_codg, org_name, amount] = texts;
        let notice = Notice {
            id: self.notices,
            time: now_ms,
            org_codg,
            org_name,
            amount,
            state: Answer::Waiting,
            answered: None,
            asked: 0,
        };
        let patient = self.patient(token, now_ms);
        for before in &mut patient.notices {
            if before.state == Answer::Waiting {
                before.state = Answer::Ignored;
            }
        }
        patient.notices.push_front(notice);
        patient.notices.truncate(SHOWN);
    }

    /// The centre was asked whether the patient has verified.
    pub(crate) fn asked(&mut self, token: &str, verified: bool, now_ms: u64) {
        let Some(notice) = self.newest(token) else {
            return;
        };
        notice.asked += 1;
        if verified && notice.state == Answer::Waiting {
            notice.state = Answer::Right;
            notice.answered = Some(now_ms);
        }
        self.changed.insert(token.to_owned());
    }

    /// The patient answers the notice that waits; `false` without one.
    pub(crate) fn answer(&mut self, token: &str, answer: Answer, now_ms: u64) -> bool {
        let waiting = self
            .newest(token)
            .filter(|notice| matches!(notice.state, Answer::Waiting | Answer::Wrong));
        let Some(notice) = waiting else {
            return false;
        };
        notice.state = answer;
        notice.answered = Some(now_ms);
        self.changed.insert(token.to_owned());
        true
    }

    fn newest(&mut self, token: &str) -> Option<&mut Notice> {
        self.known.get_mut(token)?.notices.front_mut()
    }

    /// A certificate was issued.
    pub(crate) fn certified(&mut self, token: &str, certificate: Certificate) {
        let patient = self.patient(token, certificate.time);
        patient.certificates.push_front(certificate);
        patient.certificates.truncate(SHOWN);
    }

    /// The patient signs up or off on the phone.
    pub(crate) fn sign(&mut self, token: &str, standing: Standing, now_ms: u64) {
        self.patient(token, now_ms).standing = Some(standing);
    }

    /// Whether the patient has signed up or off on the phone.
    pub(crate) fn standing(&self, token: &str) -> Option<Standing> {
        self.known.get(token)?.standing
    }

    pub(crate) fn get(&self, token: &str) -> Option<&Patient> {
        self.known.get(token)
    }

    /// The tokens of all, those that were heard of last first.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &str> {
        self.order.iter().rev().map(String::as_str)
    }

    /// Something of a certificate of this patient's has changed elsewhere.
    pub(crate) fn touch(&mut self, certificate: &str) {
        let owns = |patient: &Patient| {
            let mut its = patient.certificates.iter();
            its.any(|known| known.pay_cert == certificate)
        };
        let owner = self.known.iter().find(|(_, patient)| owns(patient));
        if let Some((token, _)) = owner {
            self.changed.insert(token.clone());
        }
    }

    /// Whose story has changed since this was asked last: at most so many.
    pub(crate) fn take_changed(&mut self, most: usize) -> Vec<String> {
        let taken: Vec<_> = self.changed.iter().take(most).cloned().collect();
        for token in &taken {
            self.changed.remove(token);
        }
        taken
    }
}
