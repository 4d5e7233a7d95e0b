//! The table of cases: what is played, what the tester does, and what is judged, with its section.

mod envelope;
mod password;
mod pay;

use super::judge::{Seen, Story};
use crate::fault::Fault;

/// A text in Chinese and English.
pub(crate) type Pair = [&'static str; 2];

/// What a broken rule comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Weight {
    /// Our advice, or what only happens to be usual.
    Warns,
    /// A document demands it, or a patient would be harmed or charged wrongly.
    Fails,
}

/// What is judged, and how.
pub(crate) struct Rule {
    /// Its name within the case.
    pub(crate) id: &'static str,
    pub(crate) weight: Weight,
    pub(crate) section: &'static str,
    pub(crate) check: Check,
}

/// How a rule is judged.
pub(crate) enum Check {
    /// From what came: what is wrong with it, if anything.
    Traffic(Pair, fn(&Story<'_>) -> Option<Seen>),
    /// By asking the tester: the question, and the answer that is wrong.
    Asked(Pair, bool),
}

/// Fails, by what came.
const fn f(
    id: &'static str,
    section: &'static str,
    expected: Pair,
    check: fn(&Story<'_>) -> Option<Seen>,
) -> Rule {
    rule(id, Weight::Fails, section, Check::Traffic(expected, check))
}

/// Warns, by what came.
const fn w(
    id: &'static str,
    section: &'static str,
    expected: Pair,
    check: fn(&Story<'_>) -> Option<Seen>,
) -> Rule {
    rule(id, Weight::Warns, section, Check::Traffic(expected, check))
}

/// Fails when the tester says yes.
const fn f_yes(id: &'static str, section: &'static str, question: Pair) -> Rule {
    rule(id, Weight::Fails, section, Check::Asked(question, true))
}

/// Fails when the tester says no.
const fn f_no(id: &'static str, section: &'static str, question: Pair) -> Rule {
    rule(id, Weight::Fails, section, Check::Asked(question, false))
}

/// Warns when the tester says no.
const fn w_no(id: &'static str, section: &'static str, question: Pair) -> Rule {
    rule(id, Weight::Warns, section, Check::Asked(question, false))
}

const fn rule(id: &'static str, weight: Weight, section: &'static str, check: Check) -> Rule {
    Rule {
        id,
        weight,
        section,
        check,
    }
}

/// Where no document demands it.
const ADVICE: &str = "–";

/// What the centre plays to one patient of a case.
pub(crate) struct Play {
    /// `None`: to all of them.
    pub(crate) person: Option<&'static str>,
    /// `None`: whatever is asked.
    pub(crate) service: Option<&'static str>,
    /// Which of those requests: all, or this one.
    pub(crate) nth: Option<u64>,
    pub(crate) act: Act,
}

/// What a request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Meet(Fault),
    /// It is answered as to a token of these words.
    Say(&'static str),
    /// The certificate that it gets is void from the beginning.
    Void,
    /// Some fault for so many of a hundred, decided by the run's seed.
    Chance(u8),
}

/// The nth request to a service.
const fn nth(service: &'static str, nth: u64, act: Act) -> Play {
    let play = always(Some(service), act);
    Play {
        nth: Some(nth),
        ..play
    }
}

const fn always(service: Option<&'static str>, act: Act) -> Play {
    Play {
        person: None,
        service,
        nth: None,
        act,
    }
}

/// Every request of this patient's to a service.
const fn to(person: &'static str, service: &'static str, act: Act) -> Play {
    let play = always(Some(service), act);
    Play {
        person: Some(person),
        ..play
    }
}

/// Which requests a case is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those of its patients.
    Patients,
    /// Those, and any that name a token that the run does not know.
    Strangers,
    /// What comes to the ports whose certificates are bad.
    Ports,
    /// Every request of the run.
    Run,
}

/// One row of the table.
pub(crate) struct Case {
    pub(crate) id: &'static str,
    pub(crate) section: &'static str,
    pub(crate) title: Pair,
    /// What the tester does at the HIS.
    pub(crate) todo: Pair,
    /// What the centre plays.
    pub(crate) played: Pair,
    /// Whose codes are shown, in order, and of which words; several of one person are rescans.
    pub(crate) scans: &'static [(&'static str, &'static str)],
    pub(crate) plays: &'static [Play],
    pub(crate) scope: Scope,
    /// What must have happened before anything can be said: words of `judge::has`; what one `|` parts
    /// are alternatives.
    pub(crate) needs: &'static [&'static str],
    pub(crate) rules: &'static [Rule],
}

/// What rows leave out.
const ROW: Case = Case {
    id: "",
    section: "",
    title: ["", ""],
    todo: ["", ""],
    played: ["", ""],
    scans: &[],
    plays: &[],
    scope: Scope::Patients,
    needs: &[],
    rules: &[],
};

/// Every case, in the table's order.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    let parts = [password::CASES, pay::CASES, envelope::CASES];
    parts.into_iter().flatten()
}

/// The case of this number.
pub(crate) fn find(id: &str) -> Option<&'static Case> {
    all().find(|case| case.id == id)
}
