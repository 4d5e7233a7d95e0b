//! Replies as centres and gateways really write them: read where nothing has to be guessed, and
//! never a reason to settle or to charge where something would have to be.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::wire::{Server, read_message, sealed};
use common::{Client, KEY, Reply, config, library, request};
use encoding_rs::GB18030;
use evoucher::catalogue::codes::{EV_BAD_REPLY, EV_BUSINESS, EV_DECRYPT, EV_HTTP_STATUS};
use evoucher::envelope::{KeyFormat, Sealer};
use serde_json::{Value, json};
use std::io::Write;

const CERTIFICATE: &str = r#"{"payCert":"C-1","payChnlName":"誠信支付"}"#;

/// A centre that says this to everybody.
fn saying(status: &'static str, body: impl Into<Vec<u8>>) -> Server {
    let body = body.into();
    Server::start(move |mut stream, _| {
        while read_message(&mut stream).is_some() {
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n");
            stream
                .write_all(&[head.as_bytes(), &body].concat())
                .unwrap();
        }
    })
}

fn ask(status: &'static str, body: impl Into<Vec<u8>>, ask: impl Fn(&Client) -> Reply) -> Reply {
    let server = saying(status, body);
    ask(&library().open(&config(server.url())))
}

fn certificate(body: impl Into<Vec<u8>>) -> Reply {
    ask("200 OK", body, |client| client.cert("token"))
}

fn seal(content: &[u8]) -> String {
    Sealer::new(KEY, KeyFormat::Auto).unwrap().seal(content)
}

fn gbk(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

/// Hex in lines, as Base64 libraries of the 1990s wrap text.
fn in_lines(hex: &str) -> String {
    let lines = hex.as_bytes().chunks(30);
    let lines: Vec<_> = lines
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(" {}\r\n", lines.join("\r\n\t"))
}

/// Whole replies that say the same in a way of their own.
fn ways_to_say(content: &str) -> Vec<Vec<u8>> {
    let hex = seal(content.as_bytes());
    let in_data = |hex: &str| json!({ "code": 0, "data": { "encData": hex } }).to_string();
    let bare = |hex: &str| json!({ "code": 0, "data": hex }).to_string();
    let mut ways: Vec<Vec<u8>> = [
        in_data(&in_lines(&hex)),
        in_data(&hex.to_lowercase()),
        bare(&hex),
        bare(&in_lines(&hex.to_lowercase())),
        bare(&json!({ "encData": hex }).to_string()),
        json!({ "code": 0, "encData": hex }).to_string(),
        json!({ "code": 0, "encData": in_lines(&hex), "data": null }).to_string(),
        json!({ "code": 0, "encData": hex, "data": {} }).to_string(),
        in_data(&hex).replace("\"code\":0", "\"code\":0.0"),
        in_data(&hex).replace("\"code\":0", "\"code\":\"0.00\""),
        in_data(&seal(&gbk(content))),
    ]
    .map(String::into_bytes)
    .to_vec();
    let message = json!({ "code": 0, "message": "誠", "data": { "encData": hex } });
    ways.push(gbk(&message.to_string()));
    ways
}

#[test]
fn what_is_said_in_another_way_is_understood() {
    for body in ways_to_say(CERTIFICATE) {
        let reply = certificate(body.clone());
        let said = String::from_utf8_lossy(&body);
        assert_eq!(reply.returned, 0, "{said}: {}", reply.text());
        assert_eq!(reply.at("next"), "charge", "{said}");
        assert_eq!(reply.at("data.payChnlName"), "誠信支付", "{said}");
    }
    for body in ways_to_say(r#"{"checkStas":"1"}"#) {
        let reply = ask("200 OK", body, |client| client.stas("token"));
        assert_eq!((reply.returned, reply.at("next").as_str()), (0, "settle"));
    }
    // And so does whoever looks at it by hand.
    let client = library().open(&config("http://127.0.0.1:9"));
    for body in ways_to_say(CERTIFICATE) {
        if let Ok(body) = String::from_utf8(body) {
            let opened = client.call_text("ev_unseal", &body).at("data.text");
            assert_eq!(opened, CERTIFICATE, "{body}");
        }
    }
    let opened = client.call_text("ev_unseal", &in_lines(&seal(b"{}")));
    assert_eq!(opened.at("data.text"), "{}");
}

/// Nobody charges on what might be a certificate.
#[test]
fn nothing_is_guessed() {
    let hex = seal(CERTIFICATE.as_bytes());
    let other = Sealer::new("0123456789abcdef", KeyFormat::Text).unwrap();
    let foreign = other.seal(CERTIFICATE.as_bytes());
    let bare = |data: &str| json!({ "code": 0, "data": data }).to_string();
    let in_data = |hex: &str| json!({ "code": 0, "data": { "encData": hex } }).to_string();
    for (body, code, delivery) in [
        (bare("ok"), EV_BAD_REPLY, "unknown"),
        (bare(""), EV_BAD_REPLY, "unknown"),
        (bare("00"), EV_BAD_REPLY, "unknown"),
        // Not a block of SM4's.
        (bare(&hex[..31]), EV_BAD_REPLY, "unknown"),
        (bare(&hex[..32]), EV_DECRYPT, "answered"),
        (bare(&format!("x{hex}")), EV_BAD_REPLY, "unknown"),
        (bare(&hex[..hex.len() - 1]), EV_DECRYPT, "answered"),
        (bare(&foreign), EV_DECRYPT, "answered"),
        (in_data(&hex[1..]), EV_DECRYPT, "answered"),
        // GBK, but no JSON; JSON that says two things; neither charset.
        (in_data(&seal(&gbk("誠信支付"))), EV_DECRYPT, "answered"),
        (
            in_data(&seal(&gbk(
                r#"{"payChnlName":"誠","payCert":"1","payCert":"2"}"#,
            ))),
            EV_BAD_REPLY,
            "unknown",
        ),
        (
            in_data(&seal(&gbk(r#"{"payChnlName":"誠","payCert":" "}"#))),
            EV_BAD_REPLY,
            "unknown",
        ),
        (
            in_data(&seal(b"{\"payCert\":\"C-1\",\"x\":\"\xFF\"}")),
            EV_DECRYPT,
            "answered",
        ),
        (
            in_data(&hex).replace(":0,", ":0.5,"),
            EV_BAD_REPLY,
            "unknown",
        ),
        (
            in_data(&hex).replace(":0,", ":\"0.\","),
            EV_BAD_REPLY,
            "unknown",
        ),
        (
            in_data(&hex).replace(":0,", ":0e0,"),
            EV_BAD_REPLY,
            "unknown",
        ),
        (
            in_data(&hex).replace(":0,", ":200.0,"),
            EV_BAD_REPLY,
            "unknown",
        ),
        (
            in_data(&hex).replace(":0,", ":-10020.0,"),
            EV_BAD_REPLY,
            "unknown",
        ),
    ] {
        let reply = certificate(body.clone());
        assert_eq!(reply.returned, code, "{body}: {}", reply.text());
        assert_eq!(reply.at("delivery"), delivery, "{body}");
        assert_ne!(reply.at("next"), "charge", "{body}");
    }
}

/// A and B §1.1: whatever else stands for `success` is no success.
#[test]
fn success_is_said_or_not_there() {
    let hex = seal(CERTIFICATE.as_bytes());
    for (success, passes) in [
        ("true", true),
        ("\"true\"", true),
        ("\"TRUE\"", true),
        ("\"True\"", true),
        ("null", true),
        ("false", false),
        ("\"false\"", false),
        ("0", false),
        ("1", false),
        ("\"1\"", false),
        ("\"\"", false),
        ("\"yes\"", false),
        ("\"null\"", false),
        ("[]", false),
        ("{}", false),
    ] {
        let body = format!(r#"{{"code":0,"success":{success},"data":{{"encData":"{hex}"}}}}"#);
        let reply = certificate(body);
        let expected = if passes {
            (0, "charge")
        } else {
            (EV_BUSINESS, "other_payment")
        };
        assert_eq!(
            (reply.returned, reply.at("next").as_str()),
            expected,
            "{success}"
        );
    }
}

#[test]
fn a_certificate_is_something() {
    for nothing in [
        "\"\"",
        "\" \"",
        "\"\\t\\r\\n\"",
        "\"\u{3000}\"",
        "\"null\"",
        "\" NULL \"",
        "\"Null\"",
        "\"nULL\"",
        "null",
        "true",
        "[]",
        "{}",
    ] {
        let reply = certificate(sealed(&format!("{{\"payCert\":{nothing}}}")));
        let said = (reply.returned, reply.at("delivery"), reply.at("next"));
        let expected = (EV_BAD_REPLY, "unknown".to_owned(), "retry".to_owned());
        assert_eq!(said, expected, "{nothing}");
    }
}

/// What a gateway says with another status is none of these, either.
#[test]
fn another_status_wants_the_documents_form() {
    for (body, code) in [
        (
            json!({ "code": 0, "data": "0".repeat(64) }).to_string(),
            EV_HTTP_STATUS,
        ),
        (json!({ "code": 503.0 }).to_string(), EV_HTTP_STATUS),
        (sealed(CERTIFICATE).replace(":0,", ":0.0,"), 0),
        ("{\"code\":500243.0}".to_owned(), 500_243),
    ] {
        let reply = ask("503 Unavailable", body.clone(), |client| {
            client.cert("token")
        });
        assert_eq!(reply.returned, code, "{body}: {}", reply.text());
    }
}

/// Of a path that no document lists nothing is known: digits may be just digits, or not there.
#[test]
fn digits_of_an_unlisted_path_are_no_fault() {
    for (data, opened) in [
        (json!("0".repeat(32)), Value::Null),
        (json!("0123456789ABCDEFFEDCBA9876543210"), Value::Null),
        (Value::Null, Value::Null),
        (json!(seal(b"{\"a\":1}")), json!({ "a": 1 })),
    ] {
        let body = json!({ "code": 0, "data": data }).to_string();
        let reply = ask("200 OK", body, |client| client.echo("token"));
        assert_eq!(reply.returned, 0, "{data}: {}", reply.text());
        assert_eq!(reply.json()["data"], opened, "{data}");
        assert_eq!(reply.json()["next"], Value::Null);
    }
}

/// What a listed code asks for, it asks for there, too (B §1.9: 500002, 该电子凭证未激活).
#[test]
fn a_listed_code_of_an_unlisted_path_says_what_to_do() {
    let body = json!({ "code": 500_002 }).to_string();
    let reply = ask("200 OK", body, |client| client.echo("token"));
    assert_eq!(reply.returned, 500_002, "{}", reply.text());
    assert_eq!(reply.at("next"), "other_app");
}

/// What is sealed in its reply is an object, or is not handed on: the whole would be no JSON.
#[test]
fn what_an_unlisted_path_opens_to_is_an_object() {
    for (content, code, delivery) in [
        (b"paid".to_vec(), EV_DECRYPT, "answered"),
        (b"[1]".to_vec(), EV_DECRYPT, "answered"),
        (gbk("{\"a\":\"誠\""), EV_DECRYPT, "answered"),
        (b"{\"a\":1".to_vec(), EV_BAD_REPLY, "unknown"),
    ] {
        let body = json!({ "code": 0, "data": { "encData": seal(&content) } }).to_string();
        let reply = ask("200 OK", body, |client| client.echo("token"));
        let said = (reply.returned, reply.at("delivery"));
        assert_eq!(said, (code, delivery.to_owned()), "{}", reply.text());
        assert_eq!(reply.json()["data"], Value::Null);
    }
}

#[test]
fn the_centres_own_words() {
    let is = |body: &[u8], message: &str| {
        let reply = ask("200 OK", body, |client| client.stas("token"));
        let said = String::from_utf8_lossy(body);
        assert_eq!(reply.returned, 500_319, "{said}: {}", reply.text());
        assert_eq!(reply.at("message"), message, "{said}");
    };
    is(br#"{"code":500319,"msg":"said"}"#, "said");
    is(br#"{"code":"500319.0","message":" ","msg":"said"}"#, "said");
    is(br#"{"code":500319,"message":null,"msg":"said"}"#, "said");
    is(
        br#"{"code":500319,"message":"first","msg":"second"}"#,
        "first",
    );
    is(
        br#"{"code":500319,"message":"\ud83d said \ud83d\ude00"}"#,
        "\u{fffd} said 😀",
    );
    // The second byte of 誠 is a backslash in GBK: read byte by byte, the text would not end here.
    is(&gbk(r#"{"code":500319,"message":"誠"}"#), "誠");
    // Neither charset: as far as it goes.
    is(b"{\"code\":500319,\"message\":\"\xFF\"}", "\u{fffd}");
}

/// What comes twice may have any name; what a log says of it is that it comes twice.
#[test]
fn a_name_that_comes_twice_is_not_for_the_log() {
    let folder = common::Folder::new("names");
    let server = saying("200 OK", sealed(r#"{"payCert":"1","Zhang3":1,"Zhang3":2}"#));
    let log = json!({ "dir": folder.file("log", "").trim_end_matches("log") });
    let client = library().open(&common::config_with(server.url(), json!({ "log": log })));
    let reply = client.cert("token");
    assert_eq!(reply.returned, EV_BAD_REPLY);
    assert!(reply.at("message").contains("Zhang3"), "{reply:?}");
    let twice = request("token")
        .to_string()
        .replacen('{', "{\"Li4\":1,\"Li4\":2,", 1);
    for function in ["ev_gen_pay_cert", "ev_one_code_pay"] {
        let reply = client.call_text(function, &twice);
        assert!(reply.at("message").contains("Li4"), "{reply:?}");
    }

    let files = std::fs::read_dir(log["dir"].as_str().unwrap()).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let log: String = paths
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3, "{log}");
    for line in &lines {
        assert!(
            line["detail"].as_str().unwrap().contains("重复出现"),
            "{line}"
        );
    }
    assert!(!log.contains("Zhang3") && !log.contains("Li4"), "{log}");
}
