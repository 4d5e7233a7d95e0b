//! A run: which exchange belongs where, when a case is judged, and what is not kept.

use super::super::cases;
use super::super::evidence::{Record, STATUS, Said, Scan, Word};
use super::super::judge::State;
use super::super::run::Run;
use super::super::store;
use serde_json::json;

const NOW: u64 = 1_700_000_000_000;

fn record(id: u64, token: &str) -> Record {
    Record {
        id,
        time: NOW + id,
        ms: Some(1.0),
        service: STATUS.to_owned(),
        token: token.to_owned(),
        path: "/cfc/api/tokenPwdStas".to_owned(),
        ..Record::default()
    }
}

fn started(run: &mut Run, id: &str) {
    let case = cases::find(id).unwrap();
    let scan = |(at, (person, words)): (usize, &(&str, &str))| Scan {
        person: (*person).to_owned(),
        token: format!("{words}-{id}-{at}"),
    };
    let scans = case.scans.iter().enumerate().map(scan).collect();
    run.start(case, scans, NOW);
}

fn kept(run: &Run, id: &str) -> Vec<u64> {
    let records = run.cases[id].records.iter();
    records.map(|record| record.id).collect()
}

fn state(run: &Run, id: &str, now: u64) -> State {
    run.verdict(cases::find(id).unwrap(), now).state
}

#[test]
fn an_exchange_belongs_to_its_patients_case() {
    let mut run = Run::new(NOW);
    for id in ["E09", "E10", "P21", "P20", "P02"] {
        started(&mut run, id);
    }
    let mut led_away = record(1, "");
    led_away.path = "/fault/none/cfc/api/tokenPwdStas".to_owned();
    run.take(led_away);
    let mut bad_port = record(2, "pwd-P02-0");
    bad_port.port = "expired".to_owned();
    run.take(bad_port);
    run.take(record(3, "pwd-P02-0"));
    // Nobody's token, while a case that takes such is not the last one.
    run.take(record(4, "nobody"));
    // What a case of its own does not take: E09's patient at the good port.
    run.take(record(5, "auto1-signed-E09-0"));
    assert_eq!(kept(&run, "E10"), [1]);
    assert_eq!(kept(&run, "E09"), [2]);
    assert_eq!(kept(&run, "P02"), [3]);
    started(&mut run, "P21");
    run.take(record(6, "a-card-number"));
    run.take(record(7, "pwd-P02-0"));
    assert_eq!(kept(&run, "P21"), [6]);
    assert_eq!(kept(&run, "P20"), Vec::<u64>::new());
    assert_eq!(kept(&run, "P02"), [3, 7]);
    // Over: what comes now is of no case, but of the run.
    run.running("P02").unwrap().closed = Some(NOW);
    run.take(record(8, "pwd-P02-0"));
    let loose: Vec<_> = run.loose.iter().map(|record| record.id).collect();
    assert_eq!(loose, [4, 5, 8]);
    // What becomes of one later stays where it is.
    let later = Record {
        ms: Some(99.0),
        ..record(3, "pwd-P02-0")
    };
    run.take(later);
    assert_eq!(
        (kept(&run, "P02").len(), run.cases["P02"].records[0].ms),
        (2, Some(99.0))
    );
    assert_eq!(run.last_id(), 8);
}

#[test]
fn what_is_no_request_to_the_centre_is_not_judged() {
    let mut run = Run::new(NOW);
    started(&mut run, "P20");
    let icon = Record {
        method: "GET".to_owned(),
        path: "/favicon.ico".to_owned(),
        status: Some(404),
        ..record(1, "")
    };
    run.take(icon);
    // The program was ended while it sent.
    let broken_off = Record {
        body: "{\"orgId\":".to_owned(),
        ..record(2, "pwd-elsewhere")
    };
    run.running("P20").unwrap().closed = Some(NOW);
    run.take(broken_off);
    let unread = Record {
        status: Some(200),
        fault: "close-early".to_owned(),
        ..record(3, "")
    };
    run.take(unread);
    assert_eq!((kept(&run, "P20"), run.loose.len()), (Vec::new(), 3));
    for id in ["E01", "E02", "E03", "E04", "E05"] {
        assert_eq!(state(&run, id, NOW + 60_000), State::Open, "{id}");
    }
    // The sandbox has read it, and there was nothing.
    let empty = Record {
        status: Some(200),
        ..record(4, "")
    };
    run.take(empty);
    assert_eq!(state(&run, "E04", NOW + 60_000), State::Failed);
}

#[test]
fn a_case_is_judged_once_its_patient_is_quiet() {
    let mut run = Run::new(NOW);
    assert_eq!(state(&run, "P13", NOW), State::Open);
    started(&mut run, "P13");
    let answer = |value| Word {
        time: NOW,
        said: Said::Answer {
            question: "settled-on-gateway".to_owned(),
            value,
        },
    };
    let played = run.cases.get_mut("P13").unwrap();
    played.words.push(answer(false));
    assert_eq!(
        state(&run, "P13", NOW + 60_000),
        State::Running,
        "nothing came"
    );
    run.take(record(1, "auto1-P13-0"));
    assert_eq!(state(&run, "P13", NOW + 5001), State::Running);
    assert_eq!(state(&run, "P13", NOW + 5002), State::Passed);
    // One that is under way.
    let under_way = Record {
        ms: None,
        ..record(2, "auto1-P13-0")
    };
    run.take(under_way);
    assert_eq!(state(&run, "P13", NOW + 60_000), State::Running);
    run.take(record(2, "auto1-P13-0"));
    let played = run.cases.get_mut("P13").unwrap();
    played.words.push(answer(true));
    assert_eq!(state(&run, "P13", NOW + 60_000), State::Failed);
    let played = run.cases.get_mut("P13").unwrap();
    played.reason = Some("no code".to_owned());
    assert_eq!(state(&run, "P13", NOW + 60_000), State::NotApplicable);
    started(&mut run, "P13");
    assert_eq!(
        state(&run, "P13", NOW + 60_000),
        State::Running,
        "begun again"
    );
}

#[test]
fn what_is_kept_has_an_end() {
    let mut run = Run::new(NOW);
    started(&mut run, "P02");
    for id in 1..=1500 {
        run.take(record(id, if id % 2 == 0 { "pwd-P02-0" } else { "nobody" }));
    }
    assert_eq!(
        (run.cases["P02"].records.len(), run.cases["P02"].left_out),
        (500, 250)
    );
    assert_eq!((run.loose.len(), run.loose_left_out), (500, 250));
    let case = cases::find("E01").unwrap();
    run.start(case, Vec::new(), NOW);
    assert_eq!((run.loose.len(), run.loose_left_out), (0, 0));
}

#[test]
fn what_is_saved_is_read_as_it_was() {
    let mut run = Run::new(NOW);
    started(&mut run, "P02");
    run.take(record(1, "pwd-P02-0"));
    let played = run.running("P02").unwrap();
    for said in [
        Said::Pressed(true),
        Said::Cancelled(true),
        Said::Figure {
            name: "total".to_owned(),
            value: "1.00".to_owned(),
        },
        Said::Answer {
            question: "settled".to_owned(),
            value: false,
        },
    ] {
        played.words.push(Word { time: NOW, said });
    }
    let saved = json!({"format": "evoucher-acceptance", "version": 1, "run": run}).to_string();
    assert_eq!(store::read(saved.as_bytes()), Ok(run));
}
