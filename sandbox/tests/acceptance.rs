//! The acceptance cases over their interface: a well-behaved program passes every one, and one that
//! breaks a rule is found by this rule alone.

mod cashier;
mod common;

use cashier::{Ask, IMPATIENCE, PATIENCE, Tester, begin, broken, is_right, play};
use common::centre;
use evoucher::envelope::{KeyFormat, Sealer};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Every case whose number begins so.
fn numbers(tester: &Tester<'_>, part: &str) -> Vec<String> {
    let whole = tester.get("/acceptance");
    let cases = whole["cases"].as_array().unwrap().iter();
    let ids = cases.map(|case| case["id"].as_str().unwrap().to_owned());
    ids.filter(|id| id.starts_with(part)).collect()
}

fn just(case: &str, rule: &str) -> BTreeSet<(String, String)> {
    BTreeSet::from([(case.to_owned(), rule.to_owned())])
}

fn is_of_run(tester: &Tester<'_>, case: &str) -> bool {
    tester.get(&format!("/acceptance/cases/{case}"))["ofRun"] == true
}

#[allow(
    clippy::print_stdout,
    reason = "the matrix is for whoever runs this test"
)]
/// Plays every case of a part: as it should be, with every wrong answer, and with every rule broken.
fn go_through(part: &str) {
    let centre = centre();
    let tester = Tester { centre: &centre };
    begin(&tester);
    let none = BTreeSet::new();
    let cases = numbers(&tester, part);
    let mut matrix = Vec::new();
    for case in &cases {
        play(&tester, case, "");
        if is_of_run(&tester, case) {
            continue;
        }
        tester.answer_all(case);
        assert_eq!(broken(&tester), none, "{case}");
        for question in tester.questions(case) {
            let right = is_right(case, &question);
            tester.answer(case, &question, !right);
            assert_eq!(broken(&tester), just(case, &question));
            tester.answer(case, &question, right);
            matrix.push(format!("{case} {question}: asked"));
        }
        assert_eq!(broken(&tester), none, "{case}");
        assert_eq!(tester.close(case)["state"], "passed", "{case}");
    }
    for case in &cases {
        for rule in tester.rules(case) {
            play(&tester, case, &rule);
            let shown = if is_of_run(&tester, case) {
                tester.get(&format!("/acceptance/cases/{case}"))
            } else {
                tester.answer_all(case);
                if (&**case, &*rule) == ("P01", "fresh") {
                    let at = common::now() as u64 + 40_000;
                    let answer = json!({"question": "settled", "value": true});
                    tester.say(case, json!({"answer": answer, "at": at}));
                }
                tester.close(case)
            };
            assert_eq!(broken(&tester), just(case, &rule));
            let rules = shown["rules"].as_array().unwrap();
            let judged = rules.iter().find(|one| one["id"] == *rule).unwrap();
            let state = if judged["weight"] == "fails" {
                "failed"
            } else {
                "warning"
            };
            assert_eq!(shown["state"], state, "{case} {rule}");
            matrix.push(format!("{case} {rule}: {state}"));
        }
        // As it was, for the next.
        play(&tester, case, "");
        if !is_of_run(&tester, case) {
            tester.answer_all(case);
            assert_eq!(tester.close(case)["state"], "passed", "{case}");
        }
    }
    assert_eq!(broken(&tester), none);
    println!(
        "{}\n{} cells of {} cases",
        matrix.join("\n"),
        matrix.len(),
        cases.len()
    );
}

#[test]
fn password_cases_find_just_what_is_broken() {
    go_through("P");
}

#[test]
fn pay_cases_find_just_what_is_broken() {
    go_through("C");
}

#[test]
fn envelope_cases_find_just_what_is_broken() {
    go_through("E");
}

#[test]
fn a_request_is_judged_as_it_was_sent() {
    let signed = || Ask::new("signedQuery", "signed-loose");
    let plain = signed().inner.to_string();
    let (gbk, ..) = encoding_rs::GBK.encode(&plain);
    let sealer = Sealer::new(common::KEY, KeyFormat::Hex).unwrap();
    let of_gbk = json!(sealer.seal(&gbk));
    let long = json!("x".repeat(40_000));
    for (what, ask, expected) in [
        (
            "a long field",
            signed().with("province", long.clone()),
            BTreeSet::new(),
        ),
        (
            "a long envelope",
            signed().outside("province", long),
            BTreeSet::new(),
        ),
        (
            "GBK, sealed",
            signed().outside("encData", of_gbk),
            just("E04", "form"),
        ),
    ] {
        let centre = centre();
        let tester = Tester { centre: &centre };
        begin(&tester);
        ask.send(&centre);
        assert_eq!(broken(&tester), expected, "{what}");
    }
}

#[test]
fn an_amount_that_is_a_number_is_an_amount() {
    let centre = centre();
    let tester = Tester { centre: &centre };
    begin(&tester);
    let token = tester.start("C01").remove(0);
    Ask::new("signedQuery", &token).send(&centre);
    let cert = Ask::new("genPayCert", &token).with("ownPaySetlAmt", json!(12.5));
    cert.send(&centre);
    assert_eq!(broken(&tester), just("C14", "decimal"));
}

#[test]
fn what_did_not_arrive_lets_nobody_settle() {
    let none = BTreeSet::new();
    let unverified = just("P01", "verified-first");
    for (fault, patience, expected) in [
        ("half", PATIENCE, &unverified),
        ("slow-60000", IMPATIENCE, &unverified),
        ("slow-300", PATIENCE, &none),
    ] {
        let centre = centre();
        let tester = Tester { centre: &centre };
        begin(&tester);
        let token = tester.start("P01").remove(0);
        Ask::new("tokenPwdCheckNotc", &token).send(&centre);
        tester.phone(&token, "right");
        let status = Ask::new("tokenPwdStas", &token).meeting(fault);
        status.patient(patience).send(&centre);
        tester.answer("P01", "settled", true);
        assert_eq!(broken(&tester), *expected, "{fault}");
    }
}

#[test]
fn what_cannot_be_said_is_refused_in_words() {
    let centre = centre();
    let tester = Tester { centre: &centre };
    let ask = |method: &str, path: &str, body: Value| {
        let reply = tester.ask(method, &format!("/acceptance{path}"), &body.to_string());
        if reply.status != 200 {
            assert!(!reply.json()["error"]["zh"].as_str().unwrap().is_empty());
        }
        (reply.status, reply.json()["field"].clone())
    };
    assert_eq!(ask("GET", "", json!({})).0, 200);
    assert_eq!(tester.get("/acceptance")["begun"], false);
    let answer = |question: &str| json!({"answer": {"question": question, "value": true}});
    assert_eq!(
        ask("POST", "/cases/P10/word", answer("offline-offered")).0,
        409,
        "not started"
    );
    assert_eq!(ask("POST", "/cases/Z01/start", json!({})).0, 404);
    tester.start("P10");
    assert_eq!(
        ask("POST", "/cases/P10/close", json!({})).0,
        409,
        "nothing was run"
    );
    for (path, body, status, field) in [
        ("/cases/P10/word", answer("settled"), 400, json!("question")),
        (
            "/cases/P10/word",
            answer("one-notice"),
            400,
            json!("question"),
        ),
        ("/cases/P10/word", json!({}), 400, Value::Null),
        (
            "/cases/P10/word",
            json!({"pressed": true, "answer": null}),
            400,
            Value::Null,
        ),
        (
            "/cases/P10/word",
            json!({"pressed": false}),
            400,
            Value::Null,
        ),
        (
            "/cases/P10/word",
            json!({"pressed": true, "cancelled": true}),
            400,
            Value::Null,
        ),
        (
            "/cases/P10/word",
            json!({"figure": {"name": "x", "value": "1"}}),
            400,
            json!("name"),
        ),
        (
            "/cases/P10/word",
            json!({"figure": {"name": "amount", "value": "x"}}),
            400,
            json!("value"),
        ),
        (
            "/cases/P10/not-applicable",
            json!({"reason": " "}),
            400,
            json!("reason"),
        ),
    ] {
        assert_eq!(ask("POST", path, body.clone()), (status, field), "{body}");
    }
    assert_eq!(
        ask("PUT", "", json!({"amount": "-1"})),
        (400, json!("amount"))
    );
    assert_eq!(ask("PUT", "", json!({"nobody": "x"})).0, 400);
    // From another page.
    let request = "DELETE /sandbox/api/acceptance HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(common::exchange(&centre.url(), request).status, 403);
}
