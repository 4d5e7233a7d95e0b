//! What the words of a token make of a patient.

mod common;

use common::{ask, body, centre, exchange, post, request, result, seal};
use serde_json::{Value, json};

const ALL: [&str; 4] = [
    "tokenPwdCheckNotc",
    "tokenPwdStas",
    "signedQuery",
    "genPayCert",
];

fn state(field: &str, (code, data): (i64, Value)) -> Value {
    assert_eq!(code, 0);
    data[field].clone()
}

#[test]
fn a_password_is_entered_when_the_test_says_so() {
    let centre = centre();
    let status = || state("checkStas", result(&centre, "tokenPwdStas", "pwd-1"));
    assert_eq!(status(), "0");
    assert!(
        !centre.verify("pwd-1"),
        "nothing to answer before the notice"
    );

    assert_eq!(
        state("notcFlag", result(&centre, "tokenPwdCheckNotc", "pwd-1")),
        "1"
    );
    assert_eq!(status(), "0");
    assert!(centre.verify("pwd-1"));
    assert_eq!(status(), "1");
    assert_eq!(status(), "1");

    // The notice may be sent again for the same token; then the password is to be entered again.
    result(&centre, "tokenPwdCheckNotc", "pwd-1");
    assert_eq!(status(), "0");
}

#[test]
fn the_password_is_entered_over_http() {
    let centre = centre();
    let verify = "POST /sandbox/tokens/pwd-%E6%B5%8B/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(exchange(&centre.url(), verify).status, 404);
    result(&centre, "tokenPwdCheckNotc", "pwd-测");
    assert_eq!(
        exchange(&centre.url(), verify).json(),
        json!({"verified": true})
    );
    assert_eq!(
        state("checkStas", result(&centre, "tokenPwdStas", "pwd-测")),
        "1"
    );
}

#[test]
fn a_password_enters_itself_at_the_nth_query_after_the_notice() {
    let centre = centre();
    let status = || state("checkStas", result(&centre, "tokenPwdStas", "x-AUTO3"));
    assert_eq!(
        [status(), status(), status(), status()],
        ["0", "0", "0", "0"],
        "before any notice"
    );
    for _ in 0..2 {
        result(&centre, "tokenPwdCheckNotc", "x-AUTO3");
        assert_eq!(
            [status(), status(), status(), status()],
            ["0", "0", "1", "1"]
        );
    }
}

#[test]
fn no_password_is_needed() {
    let centre = centre();
    for service in ["tokenPwdCheckNotc", "tokenPwdStas"] {
        assert_eq!(result(&centre, service, "nopwd-1"), (500320, Value::Null));
    }
    assert_eq!(
        state(
            "notcFlag",
            result(&centre, "tokenPwdCheckNotc", "nopwdstas")
        ),
        "1"
    );
    assert_eq!(
        result(&centre, "tokenPwdStas", "nopwdstas"),
        (500320, Value::Null)
    );
}

#[test]
fn a_notice_that_fails_reaches_nobody() {
    let centre = centre();
    assert_eq!(
        state(
            "notcFlag",
            result(&centre, "tokenPwdCheckNotc", "auto1-notcfail")
        ),
        "0"
    );
    assert_eq!(
        state(
            "checkStas",
            result(&centre, "tokenPwdStas", "auto1-notcfail")
        ),
        "0"
    );
    assert!(!centre.verify("auto1-notcfail"));
}

#[test]
fn one_code_pay_is_usable_or_not() {
    let centre = centre();
    let (code, data) = result(&centre, "signedQuery", "signed-1");
    assert_eq!(code, 0);
    let usable = json!({"stasFlag": "1", "abnRea": "", "payChnlUserName": "张*三", "payChnlName": "微信支付"});
    assert_eq!(data, usable);

    for (token, flag, refusal) in [("unsigned", "0", 500243), ("blocked", "2", 500242)] {
        let (code, data) = result(&centre, "signedQuery", token);
        assert_eq!((code, &data["stasFlag"]), (0, &json!(flag)));
        assert_ne!(data["abnRea"], "");
        assert_eq!(result(&centre, "genPayCert", token), (refusal, Value::Null));
    }
}

#[test]
fn every_certificate_is_a_new_one() {
    let centre = centre();
    let certificate = || state("payCert", result(&centre, "genPayCert", "signed"));
    let (one, two) = (certificate(), certificate());
    assert_ne!(one, two);
    let digits = one.as_str().unwrap().strip_prefix("PC").unwrap();
    assert!(
        digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_digit()),
        "{one}"
    );
}

#[test]
fn a_token_of_one_kind_is_a_patient_to_the_other() {
    let centre = centre();
    assert_eq!(
        state("stasFlag", result(&centre, "signedQuery", "auto1")),
        "0"
    );
    assert_eq!(result(&centre, "genPayCert", "auto1").0, 500243);
    assert_eq!(
        state("notcFlag", result(&centre, "tokenPwdCheckNotc", "signed")),
        "1"
    );
    assert_eq!(
        state("checkStas", result(&centre, "tokenPwdStas", "signed")),
        "0"
    );
    assert!(centre.verify("signed"));
    assert_eq!(
        state("checkStas", result(&centre, "tokenPwdStas", "signed")),
        "1"
    );
}

#[test]
fn any_code_from_any_service() {
    let centre = centre();
    let expected = [
        (
            "code500319",
            500319,
            "通知渠道为参保人发起密码核验认证服务失败，请重试或采用线下密码核验认证。通知失败原因：",
        ),
        ("codem6-signed", -6, "触发限流"),
        ("signed-code500244", 500244, "该支付渠道暂未接入"),
        ("code777", 777, "规范未列出的返回码 777"),
        ("codem10020", -10020, "规范未列出的返回码 -10020"),
    ];
    for (token, code, message) in expected {
        for service in ALL.into_iter().chain(["echo"]) {
            let reply = ask(&centre, service, token);
            assert_eq!(reply.status, 200);
            let json = reply.json();
            assert_eq!(json["code"], code);
            assert_eq!(json["type"], "error");
            let text = json["message"].as_str().unwrap();
            assert!(text.starts_with(message) && !text.contains("xxx"), "{text}");
            assert_eq!(json["data"], Value::Null);
            assert!(json.get("success").is_none());
        }
    }
}

#[test]
fn a_token_without_a_word_does_not_exist() {
    let centre = centre();
    for token in ["0123456789", "codex", "auto", "signedx", "fault.none", "-"] {
        for service in ALL {
            assert_eq!(
                result(&centre, service, token),
                (500001, Value::Null),
                "{token}"
            );
        }
    }
}

#[test]
fn states_in_forms_that_a_centre_may_have() {
    let centre = centre();
    let fields = ["notcFlag", "checkStas", "stasFlag"];
    for (service, field) in ALL.into_iter().zip(fields) {
        let shown = |token: &str| state(field, result(&centre, service, token));
        assert!(shown("signed-auto1-numflag").is_u64());
        assert_eq!(shown("flagx"), json!("9"));
        assert_eq!(shown("signed-FlagX-numflag"), json!(9));
        assert_eq!(shown("flag03"), json!("03"));
        assert_eq!(shown("noflag"), Value::Null);
    }
    assert_eq!(
        state("payCert", result(&centre, "genPayCert", "noflag-signed")),
        Value::Null
    );
    assert_eq!(
        state("payCert", result(&centre, "genPayCert", "emptycert")),
        json!("")
    );
    for (token, shown) in [("BlankCert-1", "   "), ("nullcert-1", "null")] {
        assert_eq!(
            state("payCert", result(&centre, "genPayCert", token)),
            json!(shown)
        );
        assert_eq!(
            state("stasFlag", result(&centre, "signedQuery", token)),
            "1"
        );
    }
}

#[test]
fn a_business_failure_has_code_0() {
    let centre = centre();
    for (service, carries) in ALL.into_iter().zip([true, true, true, false]) {
        let json = ask(&centre, service, "sfalse").json();
        assert_eq!(
            (&json["code"], &json["success"]),
            (&json!(0), &json!(false))
        );
        assert_eq!(json["data"].is_object(), carries, "{service}");
    }
    assert!(ask(&centre, "genPayCert", "signed-sfalse").json()["data"].is_object());
}

#[test]
fn the_reply_is_the_documents() {
    let centre = centre();
    let reply = ask(&centre, "tokenPwdCheckNotc", "pwd");
    assert_eq!(
        reply.header("content-type"),
        Some("application/json;charset=UTF-8")
    );
    let sealed = reply.json()["data"]["encData"].as_str().unwrap().to_owned();
    let expected = format!(
        r#"{{"code":0,"type":"success","message":"成功","data":{{"encData":"{sealed}"}},"success":true}}"#
    );
    assert_eq!(reply.text(), expected);
    let plain = reply.plain();
    let number = plain
        .strip_prefix(r#"{"resBizNo":""#)
        .unwrap()
        .strip_suffix(r#"","notcFlag":"1"}"#)
        .unwrap();
    assert!(number.bytes().all(|byte| byte.is_ascii_digit()), "{plain}");
}

/// A hand on the scale that is not ours: OpenSSL opens what the centre seals.
#[test]
fn openssl_opens_the_reply() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let centre = centre();
    let reply = ask(&centre, "signedQuery", "signed");
    let sealed = hex::decode(reply.json()["data"]["encData"].as_str().unwrap()).unwrap();
    let mut openssl = Command::new("openssl")
        .args(["enc", "-d", "-sm4-ecb", "-K", common::KEY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl is needed for this test");
    openssl.stdin.take().unwrap().write_all(&sealed).unwrap();
    let opened = openssl.wait_with_output().unwrap().stdout;
    let expected =
        r#"{"stasFlag":"1","abnRea":"","payChnlUserName":"张*三","payChnlName":"微信支付"}"#;
    assert_eq!(String::from_utf8(opened).unwrap(), expected);
}

#[test]
fn the_undocumented_service_says_what_it_was_asked() {
    let centre = centre();
    let plain = r#"{"z":1.10,"a":[true,null],"token":"t"}"#;
    let body = common::parameters(plain).to_string();
    let reply = exchange(&centre.url(), &post("/cfc/api/echo", &body));
    assert_eq!(reply.json()["code"], 0);
    assert_eq!(reply.plain(), format!("{{\"echo\":{plain}}}"));
    let ledger = centre.ledger();
    assert_eq!((ledger[0].service, ledger[0].token.as_str()), ("echo", "t"));
}

#[test]
fn a_prefix_may_stand_before_the_path() {
    let centre = centre();
    let path = "/gateway/one/cfc/api/signedQuery?trace=1";
    assert_eq!(
        exchange(&centre.url(), &post(path, &body("signed"))).json()["code"],
        0
    );
}

#[test]
fn another_key_and_another_account() {
    let options = evoucher_sandbox::Options {
        org_id: "hospital7".to_owned(),
        key: "0123456789abcdef".to_owned(),
        reqt_type: "sys&350000".to_owned(),
        ..Default::default()
    };
    let centre = evoucher_sandbox::Sandbox::start(options).unwrap();
    let send = |org_id: &str, reqt_type: &str, sealed: String| {
        let mut body = common::parameters("");
        body["orgId"] = json!(org_id);
        body["reqtType"] = json!(reqt_type);
        body["encData"] = json!(sealed);
        exchange(
            &centre.url(),
            &post("/cfc/api/signedQuery", &body.to_string()),
        )
        .json()["code"]
            .clone()
    };
    let plain = request("signed").to_string();
    let sealer =
        evoucher::envelope::Sealer::new("0123456789abcdef", evoucher::envelope::KeyFormat::Text)
            .unwrap();
    let sealed = || sealer.seal(plain.as_bytes());
    assert_eq!(send("hospital7", "sys&350000", sealed()), 0);
    assert_eq!(send("testOrgId", "sys&350000", sealed()), -4);
    assert_eq!(send("hospital7", "sys&350001", sealed()), -4);
    assert_eq!(send("hospital7", "sys&350000", seal(&plain)), -4);
}

#[test]
fn a_clock_of_its_own() {
    let centre = evoucher_sandbox::Sandbox::start(evoucher_sandbox::Options {
        clock_offset: -3600,
        ..Default::default()
    })
    .unwrap();
    let ask = |seconds_behind: u128| {
        let mut body = common::parameters(&request("nopwd").to_string());
        let timestamp = common::now() - seconds_behind * 1000;
        body["timestamp"] = json!(timestamp.to_string());
        exchange(
            &centre.url(),
            &post("/cfc/api/tokenPwdStas", &body.to_string()),
        )
    };
    assert_eq!(ask(0).json()["code"], -2);
    let reply = ask(3600);
    assert_eq!(reply.json()["code"], 500320);
    let date = httpdate::parse_http_date(reply.header("date").unwrap()).unwrap();
    let behind = std::time::SystemTime::now().duration_since(date).unwrap();
    assert!(behind.as_secs().abs_diff(3600) < 60, "{behind:?}");
}
