//! What a run comes to, to be shown or handed in: from the run alone, so that a saved one says the same.

use super::cases::{self, Case, Check, Scope, Weight};
use super::evidence::{CERTIFICATE, Record, Scan, Word};
use super::judge::{Finding, State};
use super::run::{About, Played, Run, Verdict};
use crate::texts::Text;
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<'a> {
    pub(crate) about: &'a About,
    /// When this was made, and by which version of the sandbox.
    pub(crate) made: u64,
    pub(crate) sandbox: &'static str,
    pub(crate) counts: Vec<Count>,
    pub(crate) cases: Vec<Shown<'a>>,
    pub(crate) matrix: Vec<Row>,
    pub(crate) serials: Vec<Serial>,
    /// How many requests belong to no case.
    pub(crate) loose: usize,
    pub(crate) left_out: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Count {
    pub(crate) state: State,
    pub(crate) title: Text,
    pub(crate) cases: usize,
}

/// A case, and what it has come to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown<'a> {
    pub(crate) id: &'static str,
    pub(crate) section: &'static str,
    pub(crate) title: Text,
    pub(crate) todo: Text,
    pub(crate) played: Text,
    /// Whether it is judged by every request of the run, and needs no start.
    pub(crate) of_run: bool,
    /// Whether the tester calls something off in it.
    pub(crate) cancels: bool,
    pub(crate) patients: &'a [Scan],
    pub(crate) rules: Vec<Asks>,
    pub(crate) questions: Vec<Question>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) state: State,
    pub(crate) state_title: Text,
    /// What is still to be done or said.
    pub(crate) waiting: Vec<Text>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) started: Option<u64>,
    pub(crate) closed: Option<u64>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) words: &'a [Word],
    pub(crate) exchanges: Vec<Brief<'a>>,
    pub(crate) left_out: u64,
    /// The same exchanges, opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) evidence: Option<Vec<&'a Record>>,
}

/// A rule that is judged from the traffic.
#[derive(Serialize)]
pub(crate) struct Asks {
    pub(crate) id: &'static str,
    pub(crate) weight: Weight,
    pub(crate) section: &'static str,
    pub(crate) expected: Text,
}

/// What the tester is asked.
#[derive(Serialize)]
pub(crate) struct Question {
    pub(crate) id: &'static str,
    pub(crate) weight: Weight,
    pub(crate) section: &'static str,
    pub(crate) text: Text,
    pub(crate) answer: Option<bool>,
}

/// What the tester reads from the HIS.
#[derive(Serialize)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) title: Text,
    pub(crate) value: String,
}

/// An exchange in a line.
#[derive(Serialize)]
pub(crate) struct Brief<'a> {
    pub(crate) id: u64,
    pub(crate) time: u64,
    pub(crate) ms: Option<f64>,
    pub(crate) service: &'a str,
    pub(crate) token: &'a str,
    pub(crate) serial: &'a str,
    pub(crate) amount: &'a str,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<i64>,
    pub(crate) fault: &'a str,
    pub(crate) result: &'a str,
}

/// A section, and what became of each case that judges by it.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) section: &'static str,
    pub(crate) cases: Vec<Cell>,
}

#[derive(Serialize)]
pub(crate) struct Cell {
    pub(crate) id: &'static str,
    pub(crate) state: State,
}

/// What happened under one serial number.
#[derive(Serialize)]
pub(crate) struct Serial {
    pub(crate) serial: String,
    pub(crate) case: String,
    pub(crate) amounts: Vec<String>,
    /// How often a certificate was asked for, and issued, and charged at the sandbox's channel.
    pub(crate) asked: usize,
    pub(crate) issued: usize,
    pub(crate) charged: usize,
}

/// The figures that may be told, with what they are.
pub(crate) const FIGURES: &[(&str, &str, &str)] = &[
    ("amount", "应付金额", "the amount to be paid"),
    ("total", "医疗费总额", "the bill's total"),
    ("corrected", "更正后的金额", "the corrected amount"),
];

impl<'a> Report<'a> {
    /// As of now; with the exchanges opened, if that is asked for.
    pub(crate) fn of(run: &'a Run, now: u64, opened: bool) -> Self {
        let show = |case: &'static Case| shown(run, case, now, opened);
        let cases: Vec<_> = cases::all().map(show).collect();
        let counts = State::ALL.iter().map(|(state, zh, en)| Count {
            state: *state,
            title: Text::new(*zh, *en),
            cases: cases.iter().filter(|case| case.state == *state).count(),
        });
        Self {
            about: &run.about,
            made: now,
            sandbox: env!("CARGO_PKG_VERSION"),
            counts: counts.collect(),
            matrix: matrix(&cases),
            serials: serials(run),
            loose: run.loose.len(),
            left_out: run.loose_left_out,
            cases,
        }
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Shown<'a>> {
        self.cases.iter().find(|case| case.id == id)
    }
}

fn pair([zh, en]: cases::Pair) -> Text {
    Text::new(zh, en)
}

/// What a case has come to.
fn shown<'a>(run: &'a Run, case: &'static Case, now: u64, opened: bool) -> Shown<'a> {
    let Verdict {
        state,
        findings,
        waiting,
    } = run.verdict(case, now);
    let played = run.cases.get(case.id);
    let records = match case.scope {
        // Of all requests only those that something is wrong with.
        Scope::Run => of_findings(run, &findings),
        _ => played.map_or(Vec::new(), |played| played.records.iter().collect()),
    };
    Shown {
        id: case.id,
        section: case.section,
        title: pair(case.title),
        todo: pair(case.todo),
        played: pair(case.played),
        of_run: case.scope == Scope::Run,
        cancels: case.needs.contains(&"cancelled"),
        patients: played.map_or(&[], |played| &played.scans),
        rules: rules(case),
        questions: questions(case, run, played),
        figures: figures(case, run, played),
        state,
        state_title: state.title(),
        waiting,
        reason: played.and_then(|played| played.reason.as_deref()),
        started: played.map(|played| played.started).filter(|time| *time > 0),
        closed: played.and_then(|played| played.closed),
        findings,
        words: played.map_or(&[], |played| &played.words),
        exchanges: records.iter().map(|record| brief(record)).collect(),
        left_out: played.map_or(0, |played| played.left_out),
        evidence: opened.then_some(records),
    }
}

/// The exchanges that findings stand on.
fn of_findings<'a>(run: &'a Run, findings: &[Finding]) -> Vec<&'a Record> {
    let kept = run.cases.values().flat_map(|played| &played.records);
    let named = |record: &&Record| {
        let mut findings = findings.iter();
        findings.any(|finding| finding.exchanges.contains(&record.id))
    };
    kept.chain(&run.loose).filter(named).collect()
}

fn rules(case: &Case) -> Vec<Asks> {
    let rules = case.rules.iter().filter_map(|rule| match rule.check {
        Check::Traffic(expected, _) => Some(Asks {
            id: rule.id,
            weight: rule.weight,
            section: rule.section,
            expected: pair(expected),
        }),
        Check::Asked(..) => None,
    });
    rules.collect()
}

fn questions(case: &Case, run: &Run, played: Option<&Played>) -> Vec<Question> {
    let questions = case.rules.iter().filter_map(|rule| match rule.check {
        Check::Asked(text, _) => Some(Question {
            id: rule.id,
            weight: rule.weight,
            section: rule.section,
            text: pair(text),
            answer: played.and_then(|played| run.view(played, &[]).answer(rule.id)),
        }),
        Check::Traffic(..) => None,
    });
    questions.collect()
}

fn figures(case: &Case, run: &Run, played: Option<&Played>) -> Vec<Figure> {
    let none = Played::default();
    let needed = FIGURES
        .iter()
        .filter(|(name, ..)| case.needs.contains(name));
    let figures = needed.map(|(name, zh, en)| Figure {
        name,
        title: Text::new(*zh, *en),
        value: run
            .view(played.unwrap_or(&none), &[])
            .figure(name)
            .to_owned(),
    });
    figures.collect()
}

fn brief(record: &Record) -> Brief<'_> {
    Brief {
        id: record.id,
        time: record.time,
        ms: record.ms,
        service: &record.service,
        token: &record.token,
        serial: &record.serial,
        amount: &record.amount,
        status: record.status,
        code: record.code,
        fault: &record.fault,
        result: &record.result,
    }
}

/// Every section that something is judged by, and the cases that do, each with what it came to there.
fn matrix(shown: &[Shown<'_>]) -> Vec<Row> {
    let mut rows: BTreeMap<&str, Vec<Cell>> = BTreeMap::new();
    for case in shown {
        let sections = case.rules.iter().map(|rule| rule.section);
        let asked = case.questions.iter().map(|question| question.section);
        for section in sections.chain(asked) {
            let cells = rows.entry(section).or_default();
            if cells.last().is_none_or(|cell| cell.id != case.id) {
                let state = state_at(case, section);
                cells.push(Cell { id: case.id, state });
            }
        }
    }
    let rows = rows.into_iter();
    rows.map(|(section, cases)| Row { section, cases })
        .collect()
}

/// What a case came to by one section.
fn state_at(case: &Shown<'_>, section: &str) -> State {
    if !matches!(case.state, State::Failed | State::Warning) {
        return case.state;
    }
    let here = case
        .findings
        .iter()
        .filter(|finding| finding.section == section);
    match here.map(|finding| finding.weight).max() {
        Some(Weight::Fails) => State::Failed,
        Some(Weight::Warns) => State::Warning,
        // What else the case asks may not have been seen to its end.
        None if case.waiting.is_empty() => State::Passed,
        None => State::Running,
    }
}

fn serials(run: &Run) -> Vec<Serial> {
    let mut serials: Vec<Serial> = Vec::new();
    for (case, played) in &run.cases {
        for record in played
            .records
            .iter()
            .filter(|record| record.is(CERTIFICATE))
        {
            let known = serials
                .iter()
                .position(|known| known.serial == record.serial && known.case == *case);
            let at = known.unwrap_or_else(|| {
                let charges = played.charges.iter();
                let its = charges.filter(|charge| charge.serial == record.serial);
                serials.push(Serial {
                    serial: record.serial.clone(),
                    case: case.clone(),
                    amounts: Vec::new(),
                    asked: 0,
                    issued: 0,
                    charged: its.count(),
                });
                serials.len() - 1
            });
            let serial = &mut serials[at];
            serial.asked += 1;
            serial.issued += usize::from(!record.issued.is_empty());
            if !serial.amounts.contains(&record.amount) {
                serial.amounts.push(record.amount.clone());
            }
        }
    }
    serials
}
