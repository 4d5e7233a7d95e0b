//! Several addresses of one centre: the next is tried only after one to which nothing was sent, and
//! what is `auto` in a request is that of the way that it goes.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::wire::*;
use common::*;
use evoucher::catalogue::codes::*;
use evoucher::envelope::{KeyFormat, Sealer};
use evoucher_sandbox::Sandbox;
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// An address that nobody has (RFC 5737): it cannot be connected to, with a route there or without.
const NOWHERE: &str = "http://192.0.2.1:9";

fn open(urls: &[String], more: Value) -> Client {
    let mut config = config_with("", more);
    config["localUrl"] = json!(urls);
    library().open(&config)
}

/// A port that takes a connection and ends its handshake: nothing can be sent there, and who came
/// is counted.
fn no_tls() -> Server {
    Server::start(|_, _| {})
}

fn https(server: &Server) -> String {
    server.url().replace("http://", "https://")
}

#[test]
fn the_next_is_tried_when_nothing_was_sent() {
    let centre = centre();
    let no_tls = no_tls();
    for first in [
        centre.refusing_url(),
        https(&no_tls),
        "http://no-such-host.invalid:8080".to_owned(),
    ] {
        for service in NAMES {
            centre.clear();
            let client = open(&[first.clone(), centre.url()], json!({}));
            let reply = client.service(service, "signed-1");
            is(&reply, 0, "answered");
            assert_eq!(centre.ledger().len(), 1, "{service} after {first}");
        }
        for function in ["ev_verify_password", "ev_one_code_pay"] {
            let fast = json!({ "verify": { "intervalMs": 1, "timeoutMs": 60_000 } });
            let client = open(&[first.clone(), centre.url()], fast);
            let reply = client.call(function, &request("auto1-signed"));
            assert_eq!(reply.returned, 0, "{}", reply.text());
        }
    }
}

#[test]
fn the_one_that_answered_last_is_asked_first() {
    let (centre, other) = (centre(), common::centre());
    let no_tls = no_tls();
    let client = open(&[https(&no_tls), centre.url(), other.url()], json!({}));
    for n in 1..=3 {
        for service in NAMES {
            is(&client.service(service, "signed-1"), 0, "answered");
        }
        assert_eq!(centre.ledger().len(), n * NAMES.len());
    }
    assert_eq!(
        no_tls.accepted(),
        1,
        "one that failed is asked after the others"
    );
    assert_eq!(other.ledger(), []);
}

#[test]
fn nothing_goes_to_a_second_address_once_it_may_have_arrived() {
    let (centre, other) = (centre(), common::centre());
    for name in [
        "process-close",
        "close-early",
        "half",
        "500-empty",
        "not-json",
        "silence",
    ] {
        for service in NAMES {
            let urls = [fault(&centre, name), other.url()];
            let client = open(&urls, json!({ "timeoutMs": 500 }));
            let reply = client.service(service, "signed-1");
            assert_eq!(reply.at("delivery"), "unknown", "{}", reply.text());
            let first = centre.url().replace("http://", "");
            let message = reply.at("message");
            assert!(
                message.contains(&first),
                "{message} does not say which it was"
            );
        }
    }
    assert_eq!(other.ledger(), []);
    assert_eq!(other.connections(), 0);
}

#[test]
fn when_none_can_be_connected_to_each_is_named() {
    let (centre, other) = (centre(), common::centre());
    let dead = [centre.refusing_url(), other.refusing_url()];
    let client = open(&dead, json!({}));
    for service in NAMES {
        let reply = client.service(service, "signed-1");
        is(&reply, EV_CONNECT, "not_sent");
        for url in &dead {
            let authority = url.strip_prefix("http://").unwrap();
            assert!(reply.at("message").contains(authority), "{}", reply.text());
        }
    }
}

#[test]
fn all_of_them_share_the_calls_own_time() {
    let holes = [black_hole(), black_hole(), black_hole()];
    let urls = holes
        .each_ref()
        .map(|(listener, _)| format!("http://{}", listener.local_addr().unwrap()));
    for (connect, whole, most) in [(60_000, 500, 500), (200, 60_000, 600)] {
        let times = json!({ "connectTimeoutMs": connect, "timeoutMs": whole });
        let client = open(&urls, times);
        let started = Instant::now();
        is(&client.cert("signed-1"), EV_CONNECT, "not_sent");
        assert!(started.elapsed() < Duration::from_millis(most) + MARGIN);
    }
}

#[test]
fn the_log_says_which_address_failed() {
    let centre = centre();
    let folder = Folder::new("addresses");
    let file = folder.file("evoucher.json", "");
    let dir = file.strip_suffix("/evoucher.json").unwrap().to_owned() + "/log";
    let dead = centre.refusing_url();
    let urls = [dead.clone(), centre.url()];
    let client = open(&urls, json!({ "log": { "dir": dir } }));
    is(&client.stas("pwd"), 0, "answered");
    is(&client.stas("pwd"), 0, "answered");
    let log = fs::read_dir(dir).unwrap().next().unwrap().unwrap();
    let log = fs::read_to_string(log.path()).unwrap();
    let details: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["detail"].clone())
        .collect();
    let authority = dead.strip_prefix("http://").unwrap();
    let first = details[0].as_str().unwrap();
    assert!(first.contains(authority), "{first}");
    assert_eq!(details[1], json!(null), "the other is asked first now");
}

#[test]
fn a_call_with_an_address_of_its_own_goes_to_no_other() {
    let centre = centre();
    let folder = Folder::new("addresses");
    let urls = [centre.url(), centre.refusing_url()];
    let file = config_with("", json!({ "localUrl": urls })).to_string();
    let file = folder.file("evoucher.json", file);
    let environment = [
        ("EVOUCHER_CONFIG", file),
        ("EVOUCHER_TEST_DEAD", centre.refusing_url()),
    ];
    alone("with_an_address_of_its_own", environment);
    assert_eq!(centre.ledger(), []);
}

#[test]
#[ignore = "run by a_call_with_an_address_of_its_own_goes_to_no_other"]
fn with_an_address_of_its_own() {
    let dead = env::var("EVOUCHER_TEST_DEAD").unwrap();
    let request = json!({ "transType": "genPayCert", "data": request("signed") });
    let reply = library().trans(Some(&dead), &request.to_string());
    is(&reply, EV_CONNECT, "not_sent");
}

#[test]
fn a_list_that_is_none_is_refused() {
    let nine = vec!["http://10.0.0.1"; 9];
    for (urls, wrong) in [
        (json!([]), "1 至 8"),
        (json!(nine), "1 至 8"),
        (json!(["http://10.0.0.1", 1]), "http://"),
        (json!(["http://10.0.0.1", "ftp://10.0.0.2"]), "http://"),
        (json!([["http://10.0.0.1"]]), "http://"),
        (json!({ "first": "http://10.0.0.1" }), "http://"),
        (json!(["http://10.0.0.1", "http://10.0.0.2:99999"]), "65535"),
    ] {
        let config = config_with("", json!({ "localUrl": urls })).to_string();
        let (code, client) = library().open_bytes(config.as_bytes());
        assert_eq!((code, client), (EV_INVALID_CONFIG, -1), "{urls}");
        let message = library().last_reply().at("message");
        assert!(
            message.contains("localUrl") && message.contains(wrong),
            "{urls}: {message}"
        );
    }
}

/// A request without what `defaults` have.
fn without_device(token: &str) -> Value {
    let mut request = request(token);
    for name in ["devId", "devIP"] {
        request.as_object_mut().unwrap().remove(name);
    }
    request
}

fn auto() -> Value {
    // The hardware address is given: a machine without a network has none.
    json!({
        "defaults": { "devId": "AA-BB-CC-DD-EE-FF", "devIP": "auto" },
        "connectTimeoutMs": 1000,
    })
}

fn device_addresses(centre: &Sandbox) -> Vec<String> {
    let opened = centre.requests().into_iter().filter_map(|seen| seen.opened);
    opened
        .map(|request| serde_json::from_str::<Value>(&request).unwrap()["devIP"].to_string())
        .collect()
}

#[test]
fn the_own_address_is_that_of_the_way_that_the_request_goes() {
    let centre = centre();
    let client = open(&[NOWHERE.to_owned(), centre.url()], auto());
    for function in ["ev_signed_query", "ev_gen_pay_cert", "ev_one_code_pay"] {
        let reply = client.call(function, &without_device("signed"));
        assert_eq!(reply.returned, 0, "{}", reply.text());
    }
    assert_eq!(device_addresses(&centre), ["\"127.0.0.1\""; 4]);
}

#[test]
fn through_a_proxy_it_is_that_of_the_way_to_the_proxy() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    // A proxy that is the centre as well: nobody else is behind the address.
    let proxy = Server::start(move |mut stream, _| {
        let asked = read_message(&mut stream).unwrap();
        assert!(asked.starts_with("CONNECT 192.0.2.1:9 "), "{asked}");
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let request = read_message(&mut stream).unwrap();
        let body = request.split_once("\r\n\r\n").unwrap().1;
        let body: Value = serde_json::from_str(body).unwrap();
        let sealer = Sealer::new(KEY, KeyFormat::Auto).unwrap();
        let opened = sealer.unseal(body["encData"].as_str().unwrap()).unwrap();
        let opened: Value = serde_json::from_slice(&opened).unwrap();
        hears.lock().unwrap().push(opened["devIP"].clone());
        let answer = page(&sealed(r#"{"stasFlag":"1"}"#));
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let mut config = config_with(NOWHERE, auto());
    config["proxy"] = json!(proxy.url());
    let client = library().open(&config);
    let reply = client.call("ev_signed_query", &without_device("signed"));
    is(&reply, 0, "answered");
    assert_eq!(*heard.lock().unwrap(), ["127.0.0.1"]);
}

/// What is wrong is the connection, and not the request.
#[test]
fn an_own_address_that_cannot_be_found_is_a_centre_that_cannot_be_reached() {
    let client = library().open(&config_with("http://no-such-host.invalid:8080", auto()));
    for function in ["ev_signed_query", "ev_gen_pay_cert", "ev_one_code_pay"] {
        let reply = client.call(function, &without_device("signed"));
        is(&reply, EV_CONNECT, "not_sent");
        let message = reply.at("message");
        assert!(message.contains("no-such-host.invalid"), "{message}");
    }
    // The request is looked at first, all of it.
    let reply = client.call("ev_gen_pay_cert", &json!({ "token": "t" }));
    is(&reply, EV_INVALID_REQUEST, "not_sent");
    for field in ["orgCodg", "ownPaySetlAmt", "fixmedinsTrnsSn"] {
        assert!(reply.at("message").contains(field), "{}", reply.text());
    }
}
