//! The acceptance run over its interface: a well-behaved program passes every case, one that breaks a
//! rule is found by this rule alone, a run survives restarts, and its report says what happened.

mod cashier;
mod common;

use cashier::{Ask, Tester, is_right, play};
use common::{Dir, centre};
use evoucher_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every case whose number begins so.
fn numbers(tester: &Tester<'_>, part: &str) -> Vec<String> {
    let whole = tester.get("/acceptance");
    let cases = whole["cases"].as_array().unwrap().iter();
    let ids = cases.map(|case| case["id"].as_str().unwrap().to_owned());
    ids.filter(|id| id.starts_with(part)).collect()
}

/// What is broken in all of the run: case and rule.
fn broken(tester: &Tester<'_>) -> BTreeSet<(String, String)> {
    let whole = tester.get("/acceptance");
    let mut broken = BTreeSet::new();
    for case in whole["cases"].as_array().unwrap() {
        for finding in case["findings"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            broken.insert((text(&case["id"]), text(&finding["rule"])));
        }
    }
    broken
}

fn just(case: &str, rule: &str) -> BTreeSet<(String, String)> {
    BTreeSet::from([(case.to_owned(), rule.to_owned())])
}

fn is_of_run(tester: &Tester<'_>, case: &str) -> bool {
    tester.get(&format!("/acceptance/cases/{case}"))["ofRun"] == true
}

fn begin(tester: &Tester<'_>) {
    let about = json!({
        "institution": "测试医院", "program": "样例 HIS", "version": "3.1", "tester": "李四",
        "amount": "12.50", "total": "100.50", "seed": 7,
    });
    tester.send("PUT", "/acceptance", about);
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

fn with_file(path: &Path) -> Sandbox {
    Sandbox::start(Options {
        acceptance: Some(path.to_owned()),
        ..Options::default()
    })
    .unwrap()
}

/// What a run says, without what depends on when it is asked.
fn verdicts(tester: &Tester<'_>) -> Value {
    let mut report = tester.get("/acceptance/report?format=json");
    report.as_object_mut().unwrap().remove("made");
    report
}

#[test]
fn a_run_survives_a_restart_and_is_judged_the_same_again() {
    let dir = Dir::new("acceptance");
    let file = dir.path.join("run.json");
    let before = {
        let centre = with_file(&file);
        let tester = Tester { centre: &centre };
        begin(&tester);
        for (case, bad) in [
            ("P10", ""),
            ("P06", "no-polling"),
            ("C06", "one-serial"),
            ("E05", "fields"),
        ] {
            play(&tester, case, bad);
            if case != "E05" {
                tester.answer_all(case);
                tester.close(case);
            }
        }
        tester.send(
            "POST",
            "/acceptance/cases/P21/not-applicable",
            json!({"reason": "没有医保终端"}),
        );
        verdicts(&tester)
    };
    // Two of P16's three odd states were seen, and a notice waits for P14's patient.
    let (before_p16, waiting) = {
        let centre = with_file(&file);
        let tester = Tester { centre: &centre };
        assert_eq!(verdicts(&tester), before, "a saved run is judged the same");
        let token = tester.start("P16").remove(0);
        Ask::new("tokenPwdCheckNotc", &token).send(&centre);
        for expected in [json!("9"), Value::Null] {
            let heard = Ask::new("tokenPwdStas", &token).send(&centre);
            assert_eq!(heard.data["checkStas"], expected);
        }
        let waiting = tester.start("P14").remove(0);
        Ask::new("tokenPwdCheckNotc", &waiting).send(&centre);
        (token, waiting)
    };
    let centre = with_file(&file);
    let tester = Tester { centre: &centre };
    let heard = Ask::new("tokenPwdStas", &before_p16).send(&centre);
    assert_eq!(
        heard.data["checkStas"], 1,
        "what is played goes on where it was"
    );
    let patient = tester.get(&format!("/patients/{waiting}"));
    assert_eq!(patient["notices"][0]["state"], "waiting");
    tester.answer_all("P16");
    let shown = tester.close("P16");
    assert_eq!(
        (
            &shown["state"],
            shown["exchanges"].as_array().unwrap().len()
        ),
        (&json!("passed"), 4)
    );
    let ids: BTreeSet<_> = verdicts(&tester)["cases"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|case| case["exchanges"].as_array().unwrap().clone())
        .map(|one| one["id"].as_u64().unwrap())
        .collect();
    let listed = tester.get("/exchanges")["newest"].as_u64().unwrap();
    assert_eq!(
        ids.last(),
        Some(&listed),
        "numbers go on behind those that are kept"
    );
    // Another run begins; the old file stays beside it.
    tester.send("DELETE", "/acceptance", json!({}));
    assert!(broken(&tester).is_empty());
    assert!(fs::exists(dir.path.join("run.json.previous")).unwrap());
}

#[test]
fn a_file_that_is_no_run_is_left_alone() {
    let dir = Dir::new("acceptance-foreign");
    let file = dir.path.join("run.json");
    let good = {
        let centre = with_file(&file);
        begin(&Tester { centre: &centre });
        drop(centre);
        fs::read_to_string(&file).unwrap()
    };
    for damaged in [
        "",
        "{}",
        "not a run",
        &good[..good.len() - 5],
        &good.replace("evoucher-acceptance", "something-else"),
        &good.replace("\"version\":1,", "\"version\":2,"),
        &good.replace("\"cases\":{}", "\"cases\":{\"Z99\":{}}"),
    ] {
        assert_ne!(damaged, good);
        fs::write(&file, damaged).unwrap();
        let options = Options {
            acceptance: Some(file.clone()),
            ..Options::default()
        };
        let Err(refused) = Sandbox::start(options) else {
            panic!("taken: {damaged}");
        };
        assert!(
            refused
                .to_string()
                .contains("run.json is no acceptance run"),
            "{refused}"
        );
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            damaged,
            "never overwritten"
        );
    }
}

#[test]
fn the_report_claims_nothing_that_was_not_run() {
    let centre = centre();
    let tester = Tester { centre: &centre };
    begin(&tester);
    let hostile = "</pre><script>alert(1)</script>&\"'";
    let token = tester.start("P06").remove(0);
    let ask = Ask::new("tokenPwdCheckNotc", &token).with("orgName", json!(hostile));
    ask.send(&centre);
    tester.answer_all("P06");
    tester.close("P06");
    play(&tester, "C01", "amount");
    tester.answer_all("C01");
    tester.close("C01");
    tester.send(
        "POST",
        "/acceptance/cases/P21/not-applicable",
        json!({"reason": "没有医保终端 <b>"}),
    );
    tester.send(
        "PUT",
        "/acceptance",
        json!({"institution": "一院<script>", "program": "A&B"}),
    );

    let reply = tester.ask("GET", "/acceptance/report?format=html", "");
    assert_eq!(
        reply.header("content-type"),
        Some("text/html;charset=UTF-8")
    );
    let html = reply.text();
    assert!(
        !html.contains("<script") && !html.contains("<b>没有"),
        "all of it is text"
    );
    for shown in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "一院&lt;script&gt;",
        "没有医保终端 &lt;b&gt;",
        "未进行，不作结论",
        "ownPaySetlAmt 为 12.51，HIS 显示 12.50",
        "签字",
        "SN-C01",
        "lang=\"zh-CN\"",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
    assert!(
        !html.contains("http://") && !html.contains("src="),
        "one file, and nothing from elsewhere"
    );

    let report = tester.get("/acceptance/report?format=json");
    let count = |state: &str| {
        let counts = report["counts"].as_array().unwrap().iter();
        let found = counts.clone().find(|count| count["state"] == state);
        found.unwrap()["cases"].as_u64().unwrap()
    };
    assert_eq!((count("failed"), count("notApplicable")), (1, 1));
    // P06, and of the five of all requests: their form is fine.
    assert_eq!((count("passed"), count("open")), (7, 47));
    let serials = report["serials"].as_array().unwrap();
    assert_eq!(serials[0]["amounts"], json!(["12.51"]));
    assert_eq!(
        ["asked", "issued", "charged"].map(|name| serials[0][name].as_u64()),
        [Some(1); 3]
    );

    let reply = tester.ask("GET", "/acceptance/report?format=junit", "");
    let xml = reply.text();
    assert!(
        xml.contains("tests=\"56\" failures=\"1\" errors=\"0\" skipped=\"48\""),
        "{xml}"
    );
    assert!(xml.contains("value=\"A&amp;B\"") && !xml.contains("<b>"));
    assert_eq!(xml.matches("<testcase ").count(), 56);
    assert_eq!(
        tester
            .ask("GET", "/acceptance/report?format=pdf", "")
            .status,
        400
    );
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
