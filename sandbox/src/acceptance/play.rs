//! The run that is under way: what its patients meet, what is kept of it, and what others are told.

use super::cases::{Act, Case, Play};
use super::evidence::{Charged, Record, Scan};
use super::run::{QUIET, Run};
use crate::exchanges::Exchange;
use crate::fault::Fault;
use crate::ledger::Books;
use crate::options::Account;
use crate::rules;

/// What is played to a case's patients, and how often each part of it was asked for.
struct Playing {
    case: &'static Case,
    scans: Vec<Scan>,
    fitted: Vec<u64>,
}

/// What a patient of the run meets.
pub(crate) enum Met {
    /// Nothing but what the token says.
    Nothing,
    Fault(Fault),
    /// An answer as to a token of these words.
    Words(&'static str),
    /// A certificate that is void.
    Void,
}

/// A run, if there is one.
#[derive(Default)]
pub(crate) struct Stage {
    pub(crate) run: Option<Run>,
    playing: Vec<Playing>,
    /// Whether something has changed since it was told, and since it was saved.
    pub(crate) changed: bool,
    pub(crate) unsaved: bool,
    /// When a case will have been quiet for long enough.
    due: Option<u64>,
}

impl Stage {
    /// The run, begun if there is none.
    pub(crate) fn begun(&mut self, now: u64) -> &mut Run {
        self.touch();
        self.run.get_or_insert_with(|| Run::new(now))
    }

    /// The run, if there is one, to be changed.
    pub(crate) fn known(&mut self) -> Option<&mut Run> {
        self.touch();
        self.run.as_mut()
    }

    /// Begins another one.
    pub(crate) fn renew(&mut self, now: u64) {
        self.touch();
        self.playing.clear();
        self.run = Some(Run::new(now));
    }

    fn touch(&mut self) {
        self.changed = true;
        self.unsaved = true;
    }

    /// Begins a case, with its patients' tokens.
    pub(crate) fn start(&mut self, case: &'static Case, scans: Vec<Scan>, now: u64) {
        self.playing.retain(|playing| playing.case.id != case.id);
        self.playing.push(Playing::of(case, scans.clone()));
        self.begun(now).start(case, scans, now);
    }

    /// Nothing more is played of a case.
    pub(crate) fn end(&mut self, id: &str) {
        self.playing.retain(|playing| playing.case.id != id);
    }

    /// What a request meets; asked once for each. `None`: it is not a patient of the run.
    pub(crate) fn meet(&mut self, token: &str, service: &str) -> Option<Met> {
        let seed = self.run.as_ref()?.about.seed;
        let of_it = |playing: &&mut Playing| playing.scans.iter().any(|scan| scan.token == token);
        let playing = self.playing.iter_mut().find(of_it)?;
        Some(playing.meet(token, service, seed))
    }

    /// Keeps what an exchange has come to.
    pub(crate) fn take(&mut self, id: u64, exchange: &Exchange, account: &Account, now: u64) {
        let Some(run) = &mut self.run else {
            return;
        };
        run.take(Record::of(id, exchange, account));
        self.due = Some(now + QUIET);
        self.touch();
    }

    pub(crate) fn phone(&mut self, token: &str, right: bool, now: u64) {
        let run = self.run.as_mut();
        if run.is_some_and(|run| run.phone(token, right, now)) {
            self.touch();
        }
    }

    pub(crate) fn charged(&mut self, charged: Charged) {
        let run = self.run.as_mut();
        if run.is_some_and(|run| run.charged(charged)) {
            self.touch();
        }
    }

    pub(crate) fn knock(&mut self, port: &str) {
        let run = self.run.as_mut();
        if run.is_some_and(|run| run.knock(port)) {
            self.touch();
        }
    }

    /// Whether there is news since this was asked last: a change, or enough quiet.
    pub(crate) fn take_changed(&mut self, now: u64) -> bool {
        if self.due.is_some_and(|due| due <= now) {
            self.due = None;
            self.changed = true;
        }
        std::mem::take(&mut self.changed)
    }
}

impl Playing {
    fn of(case: &'static Case, scans: Vec<Scan>) -> Self {
        Self {
            case,
            scans,
            fitted: vec![0; case.plays.len()],
        }
    }

    fn meet(&mut self, token: &str, service: &str, seed: u64) -> Met {
        let scan = self.scans.iter().find(|scan| scan.token == token);
        let person = scan.map_or("", |scan| &scan.person);
        let mut met = None;
        // Each counts, also when another comes first: so that "the second" is the second.
        for (play, fitted) in self.case.plays.iter().zip(&mut self.fitted) {
            if !fits(play, person, service) {
                continue;
            }
            *fitted += 1;
            if met.is_none() && play.nth.is_none_or(|nth| nth == *fitted) {
                met = Some(match play.act {
                    Act::Meet(fault) => Met::Fault(fault),
                    Act::Say(words) => Met::Words(words),
                    Act::Void => Met::Void,
                    Act::Chance(share) => chance(seed, share, *fitted),
                });
            }
        }
        met.unwrap_or(Met::Nothing)
    }
}

fn fits(play: &Play, person: &str, service: &str) -> bool {
    play.person.is_none_or(|of| of == person) && play.service.is_none_or(|of| of == service)
}

fn chance(seed: u64, share: u8, k: u64) -> Met {
    let fault = rules::chance(seed, f64::from(share) / 100.0, k);
    fault.map_or(Met::Nothing, Met::Fault)
}

/// Takes up a run where it was saved: its patients are known again, their notices too, and what was
/// played goes on where it was.
pub(crate) fn resume(books: &mut Books, mut run: Run, now: u64) {
    books.exchanges.begin_behind(run.last_id());
    let seed = run.about.seed;
    for (id, played) in &mut run.cases {
        // Nobody will tell how those ended that were under way.
        for record in &mut played.records {
            record.ms.get_or_insert(0.0);
        }
        let Some(case) = super::cases::find(id).filter(|_| played.is_running()) else {
            continue;
        };
        let mut playing = Playing::of(case, played.scans.clone());
        for scan in &played.scans {
            books.patients.remember(&scan.token, now);
        }
        for record in &played.records {
            let is_known = played.scans.iter().any(|scan| scan.token == record.token);
            if is_known && !record.service.is_empty() {
                playing.meet(&record.token, &record.service, seed);
            }
            if record.notified {
                let inner = record.inner();
                let texts = ["orgCodg", "orgName", "totalAmount"];
                let texts = texts.map(|name| match &inner[name] {
                    serde_json::Value::String(text) => text.clone(),
                    serde_json::Value::Null => String::new(),
                    other => other.to_string(),
                });
                books.notices.send(&record.token);
                books.patients.notified(&record.token, texts, record.time);
            }
        }
        for answer in played.phone.iter().filter(|answer| answer.right) {
            books.verify(&answer.token);
        }
        books.stage.playing.push(playing);
    }
    for record in &mut run.loose {
        record.ms.get_or_insert(0.0);
    }
    books.stage.run = Some(run);
}
