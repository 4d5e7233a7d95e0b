//! An acceptance run: it survives restarts, tells what changes, and its report says what happened.

mod cashier;
mod common;

use cashier::{Ask, Tester, begin, broken, play};
use common::{Dir, Wire, centre};
use evoucher_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

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
    // Two of P16's three odd states were seen, a notice waits for P14's patient, and P06's has none.
    let (before_p16, waiting, none) = {
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
        let none = tester.start("P06").remove(0);
        let refused = Ask::new("tokenPwdCheckNotc", &none).send(&centre);
        assert_eq!(refused.data["notcFlag"], "0");
        (token, waiting, none)
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
    let patient = tester.get(&format!("/patients/{none}"));
    assert_eq!(patient["notices"], json!([]));
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

/// What was answered is saved, however the program ends.
#[test]
fn a_run_survives_the_task_manager() {
    let dir = Dir::new("acceptance-killed");
    let file = dir.path.join("run.json");
    let mut program = Command::new(env!("CARGO_BIN_EXE_evoucher-sandbox"))
        .args([
            "--listen",
            "127.0.0.1:0",
            "--tls",
            "127.0.0.1:0",
            "--acceptance",
        ])
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let http = lines.find(|line| line.starts_with("http ")).unwrap();
    let url = http.rsplit_once(' ').unwrap().1;
    for (method, path, body) in [
        ("PUT", "", r#"{"tester":"李四"}"#),
        ("POST", "/cases/P10/start", "{}"),
        ("POST", "/cases/P10/word", r#"{"pressed":true}"#),
    ] {
        let request = format!(
            "{method} /sandbox/api/acceptance{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(common::exchange(url, &request).status, 200);
    }
    program.kill().unwrap();
    program.wait().unwrap();
    let centre = with_file(&file);
    let tester = Tester { centre: &centre };
    assert_eq!(tester.get("/acceptance")["about"]["tester"], "李四");
    let case = tester.get("/acceptance/cases/P10");
    assert_eq!(
        (&case["state"], &case["words"][0]["pressed"]),
        (&json!("running"), &json!(true))
    );
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
        "核验通知发送失败",
        ">P21 不适用<",
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
fn the_stream_tells_how_cases_stand() {
    let centre = centre();
    let tester = Tester { centre: &centre };
    let mut wire = Wire::http(&centre.url());
    wire.send("GET /sandbox/api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut told = String::new();
    let mut until = |what: &str| {
        while !told.contains(what) {
            told.push_str(&String::from_utf8_lossy(&wire.read_some().unwrap()));
        }
    };
    until("event: hello");
    tester.start("P10");
    until("event: acceptance");
    until(r#"{"id":"P10","state":"running"}"#);
    play(&tester, "P10", "");
    tester.answer_all("P10");
    // Nobody closes it: its patient has been quiet.
    until(r#"{"id":"P10","state":"passed"}"#);
}
