//! The judge: with each rule, a well-behaved program and one that breaks just this rule.

mod breaks;
mod more;
mod run;
mod talk;

use super::cases::{self, Check, Scope, Weight};
use super::evidence::{Said, Word};
use super::judge::{self, State};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use talk::Talk;

/// What every case comes to: what is broken, by case and rule, and what is missing.
fn judged(
    talks: &BTreeMap<&'static str, Talk>,
) -> (BTreeSet<(&'static str, &'static str)>, Vec<String>) {
    let mut broken = BTreeSet::new();
    let mut missing = Vec::new();
    for case in cases::all() {
        let talk = &talks[case.id];
        let records: Vec<_> = match case.scope {
            Scope::Run => talks.values().flat_map(|talk| &talk.records).collect(),
            _ => talk.records.iter().collect(),
        };
        let records: Vec<_> = records
            .into_iter()
            .filter(|record| case.scope != Scope::Run || judge::is_of_run(record))
            .collect();
        let view = talk.view(&records);
        let findings = judge::findings(case, &view);
        let lacks = judge::missing(case, &view);
        missing.extend(lacks.iter().map(|text| format!("{}: {}", case.id, text.en)));
        if findings.is_empty() && lacks.is_empty() {
            assert_eq!(judge::verdict(&findings, &lacks), Some(State::Passed));
        }
        broken.extend(findings.iter().map(|finding| (case.id, finding.rule)));
    }
    (broken, missing)
}

/// A program that does everything as it should.
fn well_behaved() -> BTreeMap<&'static str, Talk> {
    cases::all()
        .map(|case| (case.id, talk::good(case)))
        .collect()
}

/// The tester gives the wrong answer to a rule's question.
fn answer_wrongly(talk: &mut Talk, rule: &str, wrong: bool) {
    for word in &mut talk.words {
        if let Said::Answer { question, value } = &mut word.said
            && question == rule
        {
            *value = wrong;
        }
    }
}

#[test]
fn a_well_behaved_program_passes_everything() {
    let (broken, missing) = judged(&well_behaved());
    assert!(broken.is_empty(), "{broken:?}");
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(cases::all().count(), 56);
}

#[test]
#[allow(
    clippy::print_stdout,
    reason = "the matrix is for whoever runs this test"
)]
fn each_rule_is_broken_by_itself_alone() {
    let mut matrix = String::from("case rule                 weight good bad\n");
    let mut cells = 0;
    for case in cases::all() {
        for rule in case.rules {
            let mut talks = well_behaved();
            let talk = talks.get_mut(case.id).unwrap();
            match rule.check {
                Check::Asked(_, wrong) => answer_wrongly(talk, rule.id, wrong),
                Check::Traffic(..) => breaks::break_rule(talk, case.id, rule.id),
            }
            let (broken, _) = judged(&talks);
            let expected = BTreeSet::from([(case.id, rule.id)]);
            assert_eq!(broken, expected, "{} {}", case.id, rule.id);
            let letter = match rule.weight {
                Weight::Fails => "F",
                Weight::Warns => "W",
            };
            let _ = writeln!(
                matrix,
                "{}  {:<20} {letter}      pass {letter}",
                case.id, rule.id
            );
            cells += 1;
        }
    }
    println!("{matrix}{cells} cells, {} cases", cases::all().count());
}

#[test]
fn a_rule_that_asks_for_several_things_is_broken_by_each() {
    for (case, rule, way, change) in more::WAYS {
        let mut talks = well_behaved();
        change(talks.get_mut(case).unwrap());
        let (broken, _) = judged(&talks);
        assert_eq!(
            broken,
            BTreeSet::from([(*case, *rule)]),
            "{case} {rule}: {way}"
        );
    }
}

#[test]
fn what_a_good_program_may_do_is_nothing_to_find() {
    for (case, what, change) in more::FINE {
        let mut talks = well_behaved();
        change(talks.get_mut(case).unwrap());
        let (broken, missing) = judged(&talks);
        assert!(
            broken.is_empty() && missing.is_empty(),
            "{case}, {what}: {broken:?} {missing:?}"
        );
    }
}

#[test]
fn the_worst_decides_and_nothing_is_said_of_what_was_not_run() {
    let case = cases::find("P10").unwrap();
    let mut talk = talk::good(case);
    let state = |talk: &Talk| {
        let records: Vec<_> = talk.records.iter().collect();
        let view = talk.view(&records);
        judge::verdict(&judge::findings(case, &view), &judge::missing(case, &view))
    };
    assert_eq!(state(&talk), Some(State::Passed));
    let words = std::mem::take(&mut talk.words);
    assert_eq!(state(&talk), None, "a question is open");
    talk.words = words;
    let records = std::mem::take(&mut talk.records);
    assert_eq!(state(&talk), None, "nothing came");
    talk.records = records;
    talk.words.push(Word {
        time: 0,
        said: Said::Answer {
            question: "offline-offered".to_owned(),
            value: false,
        },
    });
    assert_eq!(state(&talk), Some(State::Failed), "the last word counts");
}

#[test]
fn a_double_charge_names_the_requests_of_its_bill() {
    let case = cases::find("E14").unwrap();
    let mut talk = talk::good(case);
    breaks::break_rule(&mut talk, "E14", "channel");
    let records: Vec<_> = talk.records.iter().collect();
    let findings = judge::findings(case, &talk.view(&records));
    let of_bill = records.iter().filter(|record| record.serial == "SN-0");
    let of_bill: Vec<_> = of_bill.map(|record| record.id).collect();
    assert_eq!(of_bill.len(), 1);
    assert_eq!(findings[0].exchanges, of_bill);
}

#[test]
fn what_is_missing_is_named() {
    for (id, change, expected) in more::LACKING {
        let case = cases::find(id).unwrap();
        let mut talk = talk::good(case);
        change(&mut talk);
        let records: Vec<_> = talk.records.iter().collect();
        let missing = judge::missing(case, &talk.view(&records));
        let missing: Vec<_> = missing.iter().map(|text| &*text.en).collect();
        assert_eq!(missing, *expected, "{id}");
    }
}

#[test]
fn answers_alone_say_nothing() {
    for case in cases::all() {
        let mut talk = talk::good(case);
        talk.words
            .retain(|word| matches!(word.said, Said::Answer { .. }));
        let nothing = Talk {
            scans: talk.scans,
            words: talk.words,
            ..Talk::default()
        };
        let is_enough = judge::missing(case, &nothing.view(&[])).is_empty();
        // What the HIS did with the offline check is the tester's to say.
        let offline = matches!(case.id, "P21" | "P22");
        assert_eq!(is_enough, offline, "{}", case.id);
    }
}

#[test]
fn the_table_is_whole() {
    let mut ids = BTreeSet::new();
    for case in cases::all() {
        assert!(ids.insert(case.id), "{}", case.id);
        let mut rules = BTreeSet::new();
        for rule in case.rules {
            assert!(rules.insert(rule.id), "{} {}", case.id, rule.id);
            let (Check::Traffic([zh, en], _) | Check::Asked([zh, en], _)) = rule.check;
            assert!(
                !zh.is_empty() && en.is_ascii(),
                "{} {}: {en}",
                case.id,
                rule.id
            );
        }
        for text in [case.title, case.todo, case.played] {
            assert!(text.iter().all(|text| !text.is_empty()), "{}", case.id);
        }
        for (person, words) in case.scans {
            // The case's number and eight digits follow.
            assert!(words.len() + 13 <= 40, "{} {person} {words}", case.id);
        }
        assert_eq!(
            case.scans.is_empty(),
            case.scope == Scope::Run,
            "{}",
            case.id
        );
        assert!(!case.rules.is_empty(), "{}", case.id);
        assert!(!case.section.is_empty(), "{}", case.id);
    }
    assert_eq!(
        [('P', 23), ('C', 19), ('E', 14)]
            .map(|(part, _)| ids.iter().filter(|id| id.starts_with(part)).count()),
        [23, 19, 14]
    );
}
