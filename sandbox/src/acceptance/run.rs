//! A run: who is tested, what was started, and everything that a verdict stands on.

use super::cases::{self, Case, Scope};
use super::evidence::{Charged, Phone, Record, Scan, Word};
use super::judge::{self, Finding, State};
use crate::texts::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many exchanges are kept for one case, and how many that belong to none.
const MOST: usize = 500;

/// How long a patient is quiet before the case is judged, in milliseconds.
pub(crate) const QUIET: u64 = 5000;

/// Who is tested.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct About {
    pub(crate) started: u64,
    pub(crate) institution: String,
    pub(crate) program: String,
    pub(crate) version: String,
    pub(crate) tester: String,
    /// What is to be paid, and the bill's total: as the HIS shows them.
    pub(crate) amount: String,
    pub(crate) total: String,
    /// Of the chaos.
    pub(crate) seed: u64,
}

/// A case that was started, or put aside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Played {
    pub(crate) started: u64,
    /// Which start of the run this was: the highest is the last.
    pub(crate) turn: u64,
    pub(crate) closed: Option<u64>,
    /// Why it does not apply.
    pub(crate) reason: Option<String>,
    pub(crate) scans: Vec<Scan>,
    pub(crate) records: Vec<Record>,
    /// How many came that are not kept.
    pub(crate) left_out: u64,
    pub(crate) words: Vec<Word>,
    pub(crate) phone: Vec<Phone>,
    pub(crate) charges: Vec<Charged>,
    pub(crate) knocks: Vec<String>,
}

impl Played {
    pub(crate) fn is_running(&self) -> bool {
        self.closed.is_none() && self.reason.is_none()
    }

    /// Whether nothing is under way, and nothing came for a while.
    fn is_quiet(&self, now: u64) -> bool {
        let is_over = |record: &Record| record.ms.is_some() && record.end() + QUIET <= now;
        !self.records.is_empty() && self.records.iter().all(is_over)
    }
}

/// Everything of a run: what is saved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Run {
    pub(crate) about: About,
    /// By number.
    pub(crate) cases: BTreeMap<String, Played>,
    /// Requests that belong to no case.
    pub(crate) loose: Vec<Record>,
    pub(crate) loose_left_out: u64,
}

/// What a case has come to, and why.
pub(crate) struct Verdict {
    pub(crate) state: State,
    pub(crate) findings: Vec<Finding>,
    /// What is still to be done or said.
    pub(crate) waiting: Vec<Text>,
}

impl Run {
    pub(crate) fn new(now: u64) -> Self {
        let about = About {
            started: now,
            seed: now % 1_000_000,
            ..About::default()
        };
        Self {
            about,
            ..Self::default()
        }
    }

    /// Every request of the run that is judged as such, the oldest first.
    fn all(&self) -> Vec<&Record> {
        let kept = self.cases.values().flat_map(|played| &played.records);
        let all = kept
            .chain(&self.loose)
            .filter(|record| judge::is_of_run(record));
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|record| (record.time, record.id));
        all
    }

    /// What a case is judged by.
    pub(crate) fn view<'a>(
        &'a self,
        played: &'a Played,
        records: &'a [&'a Record],
    ) -> judge::Story<'a> {
        judge::Story {
            scans: &played.scans,
            records,
            words: &played.words,
            phone: &played.phone,
            charges: &played.charges,
            knocks: &played.knocks,
            amount: &self.about.amount,
            total: &self.about.total,
        }
    }

    /// Judges a case as of now.
    pub(crate) fn verdict(&self, case: &Case, now: u64) -> Verdict {
        let none = Played::default();
        let known = self.cases.get(case.id);
        let played = known.unwrap_or(&none);
        let is_of_run = case.scope == Scope::Run;
        let records: Vec<&Record> = match is_of_run {
            true => self.all(),
            false => played.records.iter().collect(),
        };
        let still = |state| Verdict {
            state,
            findings: Vec::new(),
            waiting: Vec::new(),
        };
        if played.reason.is_some() {
            return still(State::NotApplicable);
        }
        let is_open = if is_of_run {
            records.is_empty()
        } else {
            known.is_none()
        };
        if is_open {
            return still(State::Open);
        }
        let judged = self.view(played, &records);
        let findings = judge::findings(case, &judged);
        let waiting = judge::missing(case, &judged);
        let is_due = is_of_run || played.closed.is_some() || played.is_quiet(now);
        let verdict = judge::verdict(&findings, &waiting).filter(|_| is_due);
        let state = match (verdict, is_of_run) {
            (Some(state), _) => state,
            (None, true) => State::Open,
            (None, false) => State::Running,
        };
        Verdict {
            state,
            findings,
            waiting,
        }
    }

    /// Begins a case, or begins it again; of one that all requests are judged by, those that belong to
    /// no case are forgotten.
    pub(crate) fn start(&mut self, case: &Case, scans: Vec<Scan>, now: u64) {
        if case.scope == Scope::Run {
            self.loose.clear();
            self.loose_left_out = 0;
            self.cases.remove(case.id);
            return;
        }
        let turns = self.cases.values().map(|played| played.turn);
        let played = Played {
            started: now,
            turn: turns.max().unwrap_or_default() + 1,
            scans,
            ..Played::default()
        };
        self.cases.insert(case.id.to_owned(), played);
    }

    /// Whose token that is, if its case is under way.
    fn of_token(&self, token: &str) -> Option<&'static Case> {
        let has = |played: &Played| {
            played.is_running() && played.scans.iter().any(|scan| scan.token == token)
        };
        let (id, _) = self.cases.iter().find(|(_, played)| has(played))?;
        cases::find(id)
    }

    fn knows(&self, token: &str) -> bool {
        let mut scans = self.cases.values().flat_map(|played| &played.scans);
        scans.any(|scan| scan.token == token)
    }

    fn is_running(&self, id: &str) -> bool {
        self.cases.get(id).is_some_and(Played::is_running)
    }

    /// Which case an exchange belongs to.
    fn owner(&self, record: &Record) -> Option<&'static Case> {
        let of_scope = |scope: Scope| {
            let mut running = cases::all().filter(|case| self.is_running(case.id));
            running.find(|case| case.scope == scope)
        };
        if let Some(ports) = of_scope(Scope::Ports)
            && judge::takes(Scope::Ports, record)
        {
            return Some(ports);
        }
        if judge::is_led_away(record) && self.is_running(REDIRECTED) {
            return cases::find(REDIRECTED);
        }
        let of_token = self.of_token(&record.token);
        if let Some(case) = of_token.filter(|case| case.scope != Scope::Ports) {
            return Some(case);
        }
        let running = self.cases.iter().filter(|(_, played)| played.is_running());
        let (last, _) = running.max_by_key(|(_, played)| played.turn)?;
        let last = cases::find(last)?;
        let is_strange = !self.knows(&record.token);
        (is_strange && judge::takes(last.scope, record) && last.scope == Scope::Strangers)
            .then_some(last)
    }

    /// Keeps an exchange, or what has become of it since.
    pub(crate) fn take(&mut self, record: Record) {
        let kept = self.cases.values_mut().map(|played| &mut played.records);
        let kept = kept.chain([&mut self.loose]);
        let known = kept
            .filter_map(|records| records.iter_mut().rfind(|known| known.id == record.id))
            .next();
        if let Some(known) = known {
            *known = record;
            return;
        }
        let owner = self.owner(&record).map(|case| case.id);
        let (records, left_out) = match owner.and_then(|id| self.cases.get_mut(id)) {
            Some(played) => (&mut played.records, &mut played.left_out),
            None => (&mut self.loose, &mut self.loose_left_out),
        };
        match records.len() < MOST {
            true => records.push(record),
            false => *left_out += 1,
        }
    }

    /// A case that is under way.
    pub(crate) fn running(&mut self, id: &str) -> Option<&mut Played> {
        self.cases.get_mut(id).filter(|played| played.is_running())
    }

    /// A patient entered a password on the phone.
    pub(crate) fn phone(&mut self, token: &str, right: bool, time: u64) -> bool {
        let case = self.of_token(token);
        let Some(played) = case.and_then(|case| self.running(case.id)) else {
            return false;
        };
        played.phone.push(Phone {
            time,
            token: token.to_owned(),
            right,
        });
        true
    }

    /// The payment channel charged with a certificate that a case issued.
    pub(crate) fn charged(&mut self, charged: Charged) -> bool {
        let issued = |played: &Played| {
            let mut records = played.records.iter();
            records.any(|record| record.issued == charged.certificate)
        };
        let found = self.cases.values_mut().find(|played| issued(played));
        let Some(played) = found.filter(|played| played.charges.len() < MOST) else {
            return false;
        };
        played.charges.push(charged);
        true
    }

    /// Somebody has connected to a port with a bad certificate.
    pub(crate) fn knock(&mut self, port: &str) -> bool {
        let ports = cases::all().find(|case| case.scope == Scope::Ports);
        let Some(played) = ports.and_then(|case| self.running(case.id)) else {
            return false;
        };
        let is_new = !played.knocks.iter().any(|known| known == port);
        if is_new {
            played.knocks.push(port.to_owned());
        }
        is_new
    }

    /// The highest number of an exchange that is kept.
    pub(crate) fn last_id(&self) -> u64 {
        let kept = self.cases.values().flat_map(|played| &played.records);
        let ids = kept.chain(&self.loose).map(|record| record.id);
        ids.max().unwrap_or_default()
    }
}

/// The case that takes what a redirection brings.
const REDIRECTED: &str = "E10";
