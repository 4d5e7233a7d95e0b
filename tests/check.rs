//! The self-test says in one line which it is.

mod common;

use common::{Folder, KEY, centre, config, config_with, fault, library};
use evoucher::catalogue::codes::EV_JOURNAL;
use evoucher_sandbox::{Options, Sandbox, Tls};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

const OTHER_KEY: &str = "FEDCBA98765432100123456789ABCDEF";

/// What the test asks about: of the documents' shape (VARCHAR2 40).
const TOKEN: &str = "0000000000000000000000000000000000000000";

/// What `ev_check` returned, and its reply.
fn check(config: &Value) -> (i32, Value) {
    let client = library().open(config);
    let reply = library().check(client.handle, 8192);
    let json = reply.json();
    assert_eq!(json["code"], reply.returned, "{json}");
    (reply.returned, json)
}

/// The steps by name, and whether each went well.
fn steps(reply: &Value) -> Vec<(String, bool)> {
    let steps = reply["data"]["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| {
            let name = step["step"].as_str().unwrap().to_owned();
            assert!(step["ms"].is_u64(), "{name}");
            assert_ne!(step["finding"], "", "{name}");
            (name, step["ok"].as_bool().unwrap())
        })
        .collect()
}

fn all_well(names: &[&str]) -> Vec<(String, bool)> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), true))
        .collect()
}

const HTTP: [&str; 6] = ["config", "key", "name", "connect", "call", "clock"];
const HTTPS: [&str; 7] = ["config", "key", "name", "connect", "tls", "call", "clock"];

/// One failing step after others that went well, in one line, without a secret.
#[track_caller]
fn fails(config: &Value, code: i32, next: &str, step: &str, says: &[&str]) -> Value {
    let (returned, reply) = check(config);
    assert_eq!(returned, code, "{reply}");
    assert_eq!(reply["next"], next, "{reply}");
    assert_eq!(reply["service"], Value::Null);
    let failed: Vec<_> = steps(&reply).into_iter().filter(|(_, ok)| !ok).collect();
    assert_eq!(failed[0].0, step, "{reply}");
    let message = reply["message"].as_str().unwrap();
    assert!(!message.contains('\n'), "{message}");
    for words in says {
        assert!(message.contains(words), "{words} in {message}");
    }
    let whole = reply.to_string();
    for secret in [KEY, OTHER_KEY, TOKEN] {
        assert!(!whole.contains(secret), "{whole}");
    }
    reply
}

/// A key in the wrong form is the commonest mistake: it is said how it was read.
#[test]
fn how_the_key_was_read() {
    for (key, form) in [
        (KEY, "按 hex 读取"),
        ("0123456789abcdef", "按 text 读取"),
        ("MDEyMzQ1Njc4OWFiY2RlZg==", "按 base64 读取"),
    ] {
        let (_, reply) = check(&config_with("http://127.0.0.1:9", json!({ "sm4Key": key })));
        let step = &reply["data"]["steps"][1];
        assert_eq!(
            (&step["step"], &step["finding"]),
            (&json!("key"), &json!(form))
        );
    }
}

#[test]
fn a_good_centre_over_http() {
    let centre = centre();
    let (code, reply) = check(&config(centre.url()));
    assert_eq!(code, 0, "{reply}");
    assert_eq!(steps(&reply), all_well(&HTTP));
    assert_eq!(reply["next"], Value::Null);
    assert_eq!(reply["delivery"], "answered");
    let message = reply["message"].as_str().unwrap();
    assert!(message.contains("中心已接受 orgId 和密钥"), "{message}");
    // One harmless call, and nothing else.
    let ledger = centre.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(ledger[0].service, "tokenPwdStas");
    assert_eq!(ledger[0].code, 500001);
    assert_eq!(ledger[0].token, TOKEN);
}

/// To find fault with the token a centre must have opened the request: the set-up is right.
#[test]
fn a_centre_that_finds_fault_with_the_token_alone() {
    for said in [
        "token 格式不正确",
        "参数校验异常：ecToken 无效",
        "电子凭证令牌长度错误",
    ] {
        let reply = json!({ "code": -2, "message": said }).to_string();
        let (code, reply) = check(&config(answering(reply)));
        assert_eq!(code, 0, "{reply}");
        let message = reply["message"].as_str().unwrap();
        assert!(message.contains("已接受 orgId 和密钥"), "{message}");
        assert!(message.contains(said), "{message}");
        assert!(!message.contains("请核对"), "{message}");
    }
    for said in ["参数校验异常", "encData 无效，取不到 token"] {
        let reply = json!({ "code": -2, "message": said }).to_string();
        fails(
            &config(answering(reply)),
            -2,
            "fix_setup",
            "call",
            &["请核对"],
        );
    }
}

#[test]
fn a_prefix_as_in_the_documents_is_named() {
    let options = Options {
        reqt_type: "sys&350000".to_owned(),
        ..Default::default()
    };
    let centre = Sandbox::start(options).unwrap();
    let mut without = config(centre.url());
    without.as_object_mut().unwrap().remove("reqtPrefix");
    let says = ["-4", "reqtPrefix", "sys", "testOrgId&350000"];
    fails(&without, -4, "fix_setup", "call", &says);
}

#[test]
fn a_division_that_is_no_provinces_is_worth_a_word() {
    let centre = centre();
    for (more, warned) in [
        (json!({ "admdvs": "350100" }), true),
        (json!({ "reqtType": "sys&350102" }), true),
        (json!({ "admdvs": "350000" }), false),
        (json!({ "reqtType": "sys&350000" }), false),
    ] {
        let (code, reply) = check(&config_with(centre.url(), more.clone()));
        assert_eq!(code, 0, "{reply}");
        let steps = reply["data"]["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["step"] == "admdvs");
        assert_eq!(step.is_some(), warned, "{more}: {reply}");
        let message = reply["message"].as_str().unwrap();
        assert_eq!(message.contains("350000"), warned, "{message}");
        if let Some(step) = step {
            assert_eq!(
                (&step["ok"], &step["warning"]),
                (&json!(true), &json!(true))
            );
        }
    }
}

#[test]
fn each_address_is_looked_at() {
    let (centre, other) = (centre(), common::centre());
    let steps_of = |reply: &Value, url: &str| {
        let steps = reply["data"]["steps"].as_array().unwrap();
        let of_it = steps.iter().filter(|step| step["address"] == url);
        of_it
            .map(|step| (step["step"].clone(), step["ok"].clone()))
            .collect::<Vec<_>>()
    };
    let well = HTTP[2..].iter().map(|name| (json!(name), json!(true)));
    let well: Vec<_> = well.collect();
    let (code, reply) = check(&config_with(
        centre.url(),
        json!({ "localUrl": [centre.url(), other.url()] }),
    ));
    assert_eq!(code, 0, "{reply}");
    assert_eq!(steps_of(&reply, &centre.url()), well);
    assert_eq!(steps_of(&reply, &other.url()), well);
    assert_eq!((centre.ledger().len(), other.ledger().len()), (1, 1));

    // One that is dead: calls go to the other, but somebody has to hear of it.
    let dead = centre.refusing_url();
    let authority = dead.strip_prefix("http://").unwrap();
    for urls in [[dead.clone(), other.url()], [other.url(), dead.clone()]] {
        let (code, reply) = check(&config_with(centre.url(), json!({ "localUrl": urls })));
        assert_eq!((code, &reply["next"]), (0, &Value::Null), "{reply}");
        assert_eq!(steps_of(&reply, &other.url()), well);
        let last = steps_of(&reply, &dead).pop();
        assert_eq!(last, Some((json!("connect"), json!(false))), "{reply}");
        let message = reply["message"].as_str().unwrap();
        assert!(
            message.contains("已接受") && message.contains(authority),
            "{message}"
        );
    }
    let dead = json!({ "localUrl": [dead, centre.refusing_url() + "/x"] });
    fails(
        &config_with(centre.url(), dead),
        -10020,
        "fix_setup",
        "connect",
        &[authority],
    );
}

#[test]
fn a_good_centre_over_https() {
    let centre = centre();
    let pin = centre.certificate_sha256(Tls::Good);
    let config = config_with(
        centre.https_url(),
        json!({ "tls": { "pinSha256": [pin] }, "language": "en" }),
    );
    let (code, reply) = check(&config);
    assert_eq!(code, 0, "{reply}");
    assert_eq!(steps(&reply), all_well(&HTTPS));
    let message = reply["message"].as_str().unwrap();
    assert!(message.contains("accepts orgId and key"), "{message}");
    let whole = reply["data"].to_string();
    assert!(whole.contains("TLS 1.3"), "{whole}");
}

/// A client in use resumes its TLS sessions; a check judges the certificate itself.
#[test]
fn nothing_is_taken_from_earlier_calls() {
    let centre = centre();
    let pin = centre.certificate_sha256(Tls::Good);
    let config = config_with(centre.https_url(), json!({ "tls": { "pinSha256": [pin] } }));
    let client = library().open(&config);
    assert_eq!(client.stas("nopwd").returned, 500320);
    assert_eq!(check(&config).0, 0);
    let requests = centre.requests();
    assert!(!requests[1].resumed);
    assert_ne!(requests[0].connection, requests[1].connection);
}

#[test]
fn a_wrong_key() {
    let centre = centre();
    let wrong = config_with(centre.url(), json!({ "sm4Key": OTHER_KEY }));
    let reply = fails(
        &wrong,
        -4,
        "fix_setup",
        "call",
        &["-4", "请核对 sm4Key 和 keyFormat"],
    );
    assert!(!reply["message"].as_str().unwrap().contains("本机时钟"));
    assert_eq!(reply["source"], "centre");
    // A centre that opens what we seal, and seals under another.
    let sealed = "00".repeat(16);
    let reply = format!(r#"{{"code":0,"data":{{"encData":"{sealed}"}}}}"#);
    let says = ["sm4Key", "keyFormat"];
    fails(
        &config(answering(reply)),
        -10026,
        "fix_setup",
        "call",
        &says,
    );
}

#[test]
fn a_refusal_that_gives_no_reason() {
    let reply = r#"{"code":-4,"message":"权限校验\n异常"}"#;
    let url = answering(reply.to_owned());
    let says = [
        "“权限校验 异常”",
        "orgId、sm4Key 和 keyFormat、reqtType",
        "本机时钟",
    ];
    fails(&config(url), -4, "fix_setup", "call", &says);
}

/// A centre that answers one request with this.
fn answering(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        read_head(&mut client);
        let length = body.len();
        let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
        client.write_all(reply.as_bytes()).unwrap();
        let _ = client.read_to_end(&mut Vec::new());
    });
    format!("http://{address}")
}

fn read_head(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn a_wrong_org_id() {
    let centre = centre();
    let wrong = config_with(centre.url(), json!({ "orgId": "nobody" }));
    let reply = fails(&wrong, -4, "fix_setup", "call", &["-4", "请核对 orgId"]);
    assert!(!reply["message"].as_str().unwrap().contains("sm4Key"));
}

#[test]
fn a_wrong_division() {
    let options = Options {
        reqt_type: "sys&350000".to_owned(),
        ..Default::default()
    };
    let centre = Sandbox::start(options).unwrap();
    let wrong = config_with(
        centre.url(),
        json!({ "admdvs": "110000", "language": "en" }),
    );
    fails(
        &wrong,
        -4,
        "fix_setup",
        "call",
        &["check reqtType (or reqtPrefix and admdvs)"],
    );
}

#[test]
fn a_wrong_institution() {
    let centre = centre();
    let wrong = config_with(centre.url(), json!({ "defaults": { "orgCodg": "12345" } }));
    fails(
        &wrong,
        500316,
        "fix_setup",
        "call",
        &["500316", "defaults.orgCodg"],
    );
}

#[test]
fn a_dead_port() {
    let centre = centre();
    let port = config(centre.refusing_url());
    let reply = fails(
        &port,
        -10020,
        "fix_setup",
        "connect",
        &["127.0.0.1", "拒绝"],
    );
    assert_eq!(reply["delivery"], "not_sent");
    let names: Vec<_> = steps(&reply).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["config", "key", "name", "connect"]);
}

#[test]
fn a_name_that_does_not_resolve() {
    let unknown = config("http://no-such-host.invalid:8080");
    let reply = fails(
        &unknown,
        -10020,
        "fix_setup",
        "name",
        &["no-such-host.invalid", "无法解析"],
    );
    assert_eq!(steps(&reply).len(), 3);
}

#[test]
fn certificates() {
    let centre = centre();
    let ca = std::env::temp_dir().join(format!("evoucher-check-{}.pem", std::process::id()));
    std::fs::write(&ca, centre.ca_pem()).unwrap();
    let with = |url: String| config_with(url, json!({ "tls": { "caFile": ca } }));
    for (kind, says) in [
        (Tls::Expired, "已过期"),
        (Tls::WrongName, "主机名不符"),
        (Tls::SelfSigned, "自签名"),
    ] {
        let reply = fails(
            &with(centre.tls_url(kind)),
            -10021,
            "fix_setup",
            "tls",
            &[says],
        );
        assert_eq!(reply["delivery"], "not_sent");
    }
    let mut silent = with(centre.silent_tls_url());
    silent["connectTimeoutMs"] = json!(300);
    fails(&silent, -10021, "fix_setup", "tls", &["超时"]);
    // The good one, by the same authority.
    assert_eq!(check(&with(centre.https_url())).0, 0);
    std::fs::remove_file(ca).unwrap();
}

#[test]
fn the_wrong_scheme() {
    let centre = centre();
    let https = centre.url().replace("http:", "https:");
    fails(&config(https), -10021, "fix_setup", "tls", &[]);
    let http = centre.https_url().replace("https:", "http:");
    let (code, reply) = check(&config(http));
    assert!([-10023, -10025].contains(&code), "{reply}");
    let message = reply["message"].as_str().unwrap();
    assert!(message.contains("请核对 localUrl 的协议"), "{message}");
}

#[test]
fn what_is_no_centre() {
    let centre = centre();
    for (name, code) in [("html", -10025), ("404-html", -10024), ("redirect", -10024)] {
        let config = config(fault(&centre, name));
        fails(&config, code, "fix_setup", "call", &["请核对 localUrl"]);
    }
    let mut slow = config(fault(&centre, "silence"));
    slow["timeoutMs"] = json!(300);
    let reply = fails(&slow, -10022, "retry_later", "call", &["127.0.0.1"]);
    assert_eq!(reply["delivery"], "unknown");
}

#[test]
fn a_centre_with_troubles_of_its_own() {
    let centre = centre();
    let reply = fails(
        &config(fault(&centre, "500-json")),
        -1,
        "ask_centre",
        "call",
        &["看不出是否接受"],
    );
    assert_eq!(reply["source"], "centre");
}

fn with_clock(clock_offset: i64) -> Sandbox {
    Sandbox::start(Options {
        clock_offset,
        ..Default::default()
    })
    .unwrap()
}

#[test]
fn a_clock_that_is_off() {
    // The centre refuses the timestamp, and tells why.
    for (offset, says) in [(3600, "本机时钟比中心慢 3"), (-3600, "本机时钟比中心快 3")]
    {
        let centre = with_clock(offset);
        let says = ["-2", "请核对 本机时钟", says];
        let reply = fails(&config(centre.url()), -2, "fix_setup", "call", &says);
        assert_eq!(steps(&reply).last(), Some(&("clock".to_owned(), false)));
    }
    // It accepts it: no failure, but worth a word.
    let centre = with_clock(300);
    let (code, reply) = check(&config(centre.url()));
    assert_eq!(code, 0, "{reply}");
    assert_eq!(steps(&reply), all_well(&HTTP));
    let message = reply["message"].as_str().unwrap();
    assert!(message.contains("本机时钟比中心慢"), "{message}");
    // No Date, no step.
    let centre = common::centre();
    let (code, reply) = check(&config(fault(&centre, "no-length")));
    assert_eq!(code, 0, "{reply}");
    assert_eq!(steps(&reply), all_well(&HTTP[..5]));
}

/// A proxy that opens one tunnel.
fn proxy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let head = read_head(&mut client);
        let target = head.strip_prefix("CONNECT ").unwrap();
        let target = target.split(' ').next().unwrap();
        let Ok(mut server) = TcpStream::connect(target) else {
            client
                .write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
                .unwrap();
            return;
        };
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut server, &mut client);
        let _ = client.shutdown(Shutdown::Write);
    });
    format!("http://{address}")
}

#[test]
fn through_a_proxy() {
    let centre = centre();
    let pin = centre.certificate_sha256(Tls::Good);
    let tls = json!({ "pinSha256": [pin] });
    for (url, names) in [(centre.url(), &HTTP[..]), (centre.https_url(), &HTTPS[..])] {
        let config = config_with(url, json!({ "proxy": proxy(), "tls": tls }));
        let (code, reply) = check(&config);
        assert_eq!(code, 0, "{reply}");
        assert_eq!(steps(&reply), all_well(names));
        assert!(reply["data"].to_string().contains("代理"), "{reply}");
    }
    // The proxy is dead, or cannot reach the centre.
    let dead = centre.refusing_url();
    for (url, proxy) in [(centre.url(), dead.clone()), (dead, proxy())] {
        let config = config_with(url, json!({ "proxy": proxy }));
        fails(
            &config,
            -10020,
            "fix_setup",
            "connect",
            &["经代理 127.0.0.1:"],
        );
    }
}

#[test]
fn what_to_do_after_every_code() {
    for (code, next) in [
        (-1, "ask_centre"),
        (-2, "fix_setup"),
        (-3, "retry_later"),
        (-4, "fix_setup"),
        (-5, "fix_setup"),
        (-6, "retry_later"),
        (500316, "fix_setup"),
        (-10003, "fix_setup"),
        (-10009, "retry_later"),
        (-10020, "fix_setup"),
        (-10021, "fix_setup"),
        (-10022, "retry_later"),
        (-10023, "fix_setup"),
        (-10024, "fix_setup"),
        (-10025, "fix_setup"),
        (-10026, "fix_setup"),
        (-10099, "ask_centre"),
        (42, "ask_centre"),
    ] {
        let service = Some(&evoucher::catalogue::services::SELF_TEST.desk);
        let found = evoucher::catalogue::next::after_code(service, code).as_str();
        assert_eq!(found, next, "{code}");
    }
}

#[test]
fn arguments() {
    assert_eq!(library().check(424_242, 0).returned, -10004);
    // It changes nothing, so a small buffer is no reason to refuse.
    let centre = centre();
    let client = library().open(&config(centre.url()));
    assert_eq!(library().check(client.handle, 10).returned, -10006);
    assert_eq!(steps(&library().last_reply().json()), all_well(&HTTP));
}

/// Which mode it is, where the guard reaches, and whether the journal can be relied on.
#[test]
fn risk_control() {
    let centre = centre();
    let folder = Folder::new("check-journal");
    let usable = json!({ "dir": folder.path().join("journal") });
    let file = json!({ "dir": folder.file("file", "") });
    for (more, mode, guard, code) in [
        (json!({}), "guard", "process", 0),
        (json!({ "riskControl": "observe" }), "observe", "process", 0),
        (json!({ "journal": usable }), "guard", "machine", 0),
        (
            json!({ "journal": usable, "riskControl": "observe" }),
            "observe",
            "machine",
            0,
        ),
        (json!({ "journal": file }), "guard", "machine", EV_JOURNAL),
    ] {
        let has_journal = more.get("journal").is_some();
        let (returned, reply) = check(&config_with(centre.url(), more));
        assert_eq!(returned, code, "{reply}");
        assert_eq!(reply["data"]["riskControl"], mode, "{reply}");
        assert_eq!(reply["data"]["guard"], guard, "{reply}");
        let journal = steps(&reply)
            .into_iter()
            .find(|(name, _)| name == "journal");
        let expected = has_journal.then(|| ("journal".to_owned(), code == 0));
        assert_eq!(journal, expected, "{reply}");
    }
    let broken = config_with(centre.url(), json!({ "journal": file }));
    let says = ["流水库", "journal.dir"];
    fails(&broken, EV_JOURNAL, "fix_setup", "journal", &says);
}
