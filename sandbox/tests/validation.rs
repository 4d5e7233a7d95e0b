//! What the centre refuses, and that it says why.

mod common;

use common::{body, centre, exchange, now, parameters, post, request, seal};
use evoucher_sandbox::Sandbox;
use serde_json::{Value, json};

/// Sends public parameters as they are.
fn outer(centre: &Sandbox, body: &str) -> (i64, String) {
    let reply = exchange(&centre.url(), &post("/cfc/api/signedQuery", body));
    assert_eq!(reply.status, 200);
    let json = reply.json();
    assert_eq!(
        (&json["type"], &json["data"]),
        (&json!("error"), &Value::Null)
    );
    assert!(json.get("success").is_none());
    (
        json["code"].as_i64().unwrap(),
        json["message"].as_str().unwrap().to_owned(),
    )
}

fn inner(centre: &Sandbox, service: &str, plain: &str) -> (i64, String) {
    let body = parameters(plain).to_string();
    let json = exchange(&centre.url(), &post(&format!("/cfc/api/{service}"), &body)).json();
    (
        json["code"].as_i64().unwrap(),
        json["message"].as_str().unwrap().to_owned(),
    )
}

fn refused(got: (i64, String), code: i64, naming: &str) {
    assert_eq!(got.0, code, "{}", got.1);
    assert!(got.1.contains(naming), "{} does not name {naming}", got.1);
}

#[test]
fn every_public_parameter_is_required_and_text() {
    let centre = centre();
    let good: Value = serde_json::from_str(&body("signed")).unwrap();
    for name in ["orgId", "encData", "version", "timestamp", "reqtType"] {
        for wrong in [
            None,
            Some(Value::Null),
            Some(json!("")),
            Some(json!(1)),
            Some(json!({})),
            Some(json!(true)),
        ] {
            let mut body = good.clone();
            match wrong {
                None => drop(body.as_object_mut().unwrap().remove(name)),
                Some(value) => body[name] = value,
            }
            refused(outer(&centre, &body.to_string()), -2, name);
        }
    }
    refused(
        outer(&centre, "{}"),
        -2,
        "orgId 必填；encData 必填；version 必填；timestamp 必填；reqtType 必填",
    );
    assert!(centre.ledger().is_empty());
}

#[test]
fn public_parameters_are_checked() {
    let centre = centre();
    let good: Value = serde_json::from_str(&body("signed")).unwrap();
    let with = |name: &str, value: &str| {
        let mut body = good.clone();
        body[name] = json!(value);
        outer(&centre, &body.to_string())
    };
    refused(with("version", "1.0"), -2, "version");
    for timestamp in [
        "1623225113",
        "16232251133400",
        "162322511334x",
        "1623225113340",
    ] {
        refused(with("timestamp", timestamp), -2, "timestamp");
    }
    refused(
        with("timestamp", &(now() + 11 * 60 * 1000).to_string()),
        -2,
        "timestamp",
    );
    refused(with("orgId", "nobody"), -4, "orgId");
    for reqt_type in ["&350000", "sys350000", "sys&3500", "sys&35000x"] {
        refused(with("reqtType", reqt_type), -4, "reqtType");
    }
    for sealed in ["00", "ABC", "not hex", "6502D9D6B07A0C5D06A06E1C1E2DAD66"] {
        refused(with("encData", sealed), -4, "解密失败");
    }
    refused(
        with("encData", &good["encData"].as_str().unwrap().to_lowercase()),
        -2,
        "大写",
    );
    assert!(centre.ledger().is_empty());
}

#[test]
fn the_clock_may_be_a_little_off() {
    let centre = centre();
    for off in [-9 * 60 * 1000, 9 * 60 * 1000] {
        let mut body: Value = serde_json::from_str(&body("signed")).unwrap();
        body["timestamp"] = json!((i128::try_from(now()).unwrap() + off).to_string());
        let reply = exchange(
            &centre.url(),
            &post("/cfc/api/signedQuery", &body.to_string()),
        );
        assert_eq!(reply.json()["code"], 0);
    }
}

#[test]
fn the_body_is_one_json_object() {
    let centre = centre();
    for body in [
        "",
        "[]",
        "null",
        "{",
        "encData=00",
        "{\"orgId\":\"a\",\"orgId\":\"b\"}",
    ] {
        refused(outer(&centre, body), -2, "请求报文");
    }
    for plain in [
        "",
        "[]",
        "\"text\"",
        "{",
        "{\"token\":\"signed\",\"token\":\"blocked\"}",
    ] {
        refused(
            outer(&centre, &parameters(plain).to_string()),
            -2,
            "encData 解密后",
        );
    }
}

#[test]
fn gbk_is_not_utf8() {
    let centre = centre();
    let mut wire = common::Wire::http(&centre.url());
    let mut text = post("/cfc/api/signedQuery", "\0\0\0\0").into_bytes();
    let end = text.len() - 4;
    text[end..].copy_from_slice(&[0xb2, 0xe2, 0xca, 0xd4]);
    wire.send_bytes(&text);
    assert!(wire.reply().text().contains("UTF-8"));

    let sealer =
        evoucher::envelope::Sealer::new(common::KEY, evoucher::envelope::KeyFormat::Hex).unwrap();
    let mut body = parameters("");
    body["encData"] = json!(sealer.seal(b"{\"token\":\"\xb2\xe2\"}"));
    refused(outer(&centre, &body.to_string()), -2, "UTF-8");
}

/// The documents' tables, copied out once more: field, longest, required.
const TABLES: &[(&str, &[(&str, usize)])] = &[
    (
        "tokenPwdCheckNotc",
        &[("token", 40), ("orgCodg", 40), ("orgName", 200)],
    ),
    ("tokenPwdStas", &[("token", 40), ("orgCodg", 40)]),
    (
        "signedQuery",
        &[
            ("token", 40),
            ("orgCodg", 40),
            ("orgName", 200),
            ("opterId", 40),
            ("opterName", 40),
            ("devId", 40),
            ("devIP", 40),
        ],
    ),
    (
        "genPayCert",
        &[
            ("token", 40),
            ("ownPaySetlAmt", 20),
            ("orgCodg", 40),
            ("orgName", 200),
            ("opterId", 40),
            ("opterName", 40),
            ("devId", 40),
            ("devIP", 40),
            ("fixmedinsTrnsSn", 200),
        ],
    ),
];

#[test]
fn every_field_of_every_service() {
    let centre = centre();
    for (service, fields) in TABLES {
        let mut least = serde_json::Map::new();
        for (name, _) in *fields {
            least.insert((*name).to_owned(), request("signed-auto1")[name].clone());
        }
        let with = |name: &str, value: Option<Value>| {
            let mut request = least.clone();
            match value {
                None => drop(request.remove(name)),
                Some(value) => drop(request.insert(name.to_owned(), value)),
            }
            inner(&centre, service, &Value::Object(request).to_string())
        };
        assert_eq!(
            with("a province's own field", Some(json!({}))).0,
            0,
            "{service}"
        );
        for (name, longest) in *fields {
            for wrong in [
                None,
                Some(Value::Null),
                Some(json!("")),
                Some(json!("  ")),
                Some(json!(7)),
                Some(json!([])),
            ] {
                refused(with(name, wrong), -2, name);
            }
            if *name == "ownPaySetlAmt" {
                refused(with(name, Some(json!("1".repeat(longest + 1)))), -2, name);
                continue;
            }
            let filled = |count: usize| {
                let start = if *name == "orgCodg" { "H" } else { "signed-" };
                // Characters are counted, not bytes.
                json!(format!("{start}{}", "长".repeat(count - start.len())))
            };
            assert_eq!(with(name, Some(filled(*longest))).0, 0, "{service} {name}");
            refused(with(name, Some(filled(longest + 1))), -2, name);
        }
    }
    let (code, message) = inner(&centre, "tokenPwdStas", "{}");
    assert_eq!(code, -2);
    assert!(message.contains("token 必填；orgCodg 必填"), "{message}");
}

#[test]
fn amounts() {
    let centre = centre();
    let mut request = request("signed-auto1");
    for good in ["1", "0.01", "12345678901234567.89"] {
        request["ownPaySetlAmt"] = json!(good);
        assert_eq!(
            inner(&centre, "genPayCert", &request.to_string()).0,
            0,
            "{good}"
        );
    }
    for bad in [
        json!("0"),
        json!("0.00"),
        json!("-1"),
        json!("1.005"),
        json!("1e3"),
        json!("123456789012345678"),
        json!(12.5),
    ] {
        request["ownPaySetlAmt"] = bad;
        refused(
            inner(&centre, "genPayCert", &request.to_string()),
            -2,
            "ownPaySetlAmt",
        );
    }
    for good in [Value::Null, json!(0), json!(100.25), json!("100.25")] {
        request["totalAmount"] = good;
        assert_eq!(
            inner(&centre, "tokenPwdCheckNotc", &request.to_string()).0,
            0
        );
    }
    for bad in [
        json!(""),
        json!("a lot"),
        json!("1,000"),
        json!(true),
        json!([]),
    ] {
        request["totalAmount"] = bad;
        refused(
            inner(&centre, "tokenPwdCheckNotc", &request.to_string()),
            -2,
            "totalAmount",
        );
    }
}

#[test]
fn an_institution_code_begins_with_h_or_p() {
    let centre = centre();
    let mut request = request("signed");
    for (code, expected) in [
        ("H1", 0),
        ("P1", 0),
        ("h1", 500316),
        ("35H", 500316),
        ("医院", 500316),
    ] {
        request["orgCodg"] = json!(code);
        assert_eq!(
            inner(&centre, "signedQuery", &request.to_string()).0,
            expected,
            "{code}"
        );
    }
    assert_eq!(
        centre.ledger().len(),
        2,
        "a refused request did not take effect"
    );
}

#[test]
fn paths_methods_and_content_types() {
    let centre = centre();
    let body = body("signed");
    let at = |path: &str| exchange(&centre.url(), &post(path, &body));
    for path in [
        "/cfc/api/nothing",
        "/cfc/api/",
        "/cfc/api/signedQuery/",
        "/x/cfc/api/signedquery",
    ] {
        let reply = at(path);
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (200, &json!(-5)),
            "{path}"
        );
    }
    // A doubled slash is a localUrl joined wrongly.
    for path in [
        "/",
        "/signedQuery",
        "//cfc/api/signedQuery",
        "/x//cfc/api/signedQuery",
    ] {
        let reply = at(path);
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (404, &json!(-5)),
            "{path}"
        );
    }
    for method in ["GET", "PUT", "DELETE"] {
        let reply = exchange(
            &centre.url(),
            &post("/cfc/api/signedQuery", &body).replacen("POST", method, 1),
        );
        assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
        assert_eq!(reply.json()["code"], -2);
    }
    let kind = "application/json;charset=UTF-8";
    for (other, code) in [
        ("application/json", 0),
        ("Application/JSON; Charset=\"utf-8\"", 0),
        ("text/plain", -2),
        ("application/x-www-form-urlencoded", -2),
        ("application/json;charset=GBK", -2),
        ("application/jsonp", -2),
        ("", -2),
    ] {
        let reply = exchange(
            &centre.url(),
            &post("/cfc/api/signedQuery", &body).replacen(kind, other, 1),
        );
        assert_eq!(reply.json()["code"], code, "{other}");
    }
    let without = post("/cfc/api/signedQuery", &body).replacen("Content-Type", "X-Type", 1);
    assert_eq!(exchange(&centre.url(), &without).json()["code"], -2);
}

#[test]
fn a_fault_that_does_not_exist_is_named() {
    let centre = centre();
    let path = "/fault/halff/cfc/api/signedQuery";
    let json = exchange(&centre.url(), &post(path, &body("signed"))).json();
    refused(
        (json["code"].as_i64().unwrap(), json["message"].to_string()),
        -2,
        "halff",
    );
    let mut request = request("signed");
    request["token"] = json!("signed-fault.halff-1");
    refused(
        inner(&centre, "signedQuery", &request.to_string()),
        -2,
        "halff-1",
    );
    assert!(centre.ledger().is_empty());
}

/// The seal is checked from outside: OpenSSL seals, the centre opens.
#[test]
fn the_centre_opens_what_openssl_seals() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let centre = centre();
    let plain = request("signed").to_string();
    let mut openssl = Command::new("openssl")
        .args(["enc", "-sm4-ecb", "-K", common::KEY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl is needed for this test");
    openssl
        .stdin
        .take()
        .unwrap()
        .write_all(plain.as_bytes())
        .unwrap();
    let sealed = hex::encode_upper(openssl.wait_with_output().unwrap().stdout);
    assert_eq!(sealed, seal(&plain));
    let mut body = parameters("");
    body["encData"] = json!(sealed);
    let reply = exchange(
        &centre.url(),
        &post("/cfc/api/signedQuery", &body.to_string()),
    );
    assert_eq!(reply.json()["code"], 0);
    assert_eq!(centre.requests()[0].opened.as_deref(), Some(plain.as_str()));
}
