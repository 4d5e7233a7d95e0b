//! What the centre remembers, in the process and over HTTP.

mod common;

use common::{Wire, ask, body, centre, exchange, post, request};
use evoucher_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::thread;

const GET: &str = "GET /sandbox/ledger HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn an_entry_for_each_request_that_took_effect() {
    let centre = centre();
    let mut wire = Wire::http(&centre.url());
    for (service, token) in [
        ("genPayCert", "signed-1"),
        ("tokenPwdStas", "nopwd"),
        ("genPayCert", "nobody"),
    ] {
        wire.send(&post(&format!("/cfc/api/{service}"), &body(token)));
        wire.reply();
    }
    // Refused, so it took no effect.
    wire.send(&post("/cfc/api/genPayCert", "{}"));
    wire.reply();

    let ledger = centre.ledger();
    let connection = ledger[0].connection;
    let shown: Vec<_> = ledger
        .iter()
        .map(|e| (e.seq, e.service, e.token.as_str(), e.code))
        .collect();
    let expected = [
        (1, "genPayCert", "signed-1", 0),
        (2, "tokenPwdStas", "nopwd", 500320),
        (3, "genPayCert", "nobody", 500001),
    ];
    assert_eq!(shown, expected);
    assert!(ledger.iter().all(|entry| entry.connection == connection));
    let texts = (&*ledger[0].org_codg, &*ledger[0].serial, &*ledger[0].amount);
    assert_eq!(texts, ("H35010000001", "SN-1", "12.50"));

    assert_eq!((centre.seen(), centre.connections()), (4, 1));
    let json = exchange(&centre.url(), GET).json();
    assert_eq!(
        (&json["seen"], &json["connections"]),
        (&json!(4), &json!(1)),
        "asking does not count"
    );
    let entry = json!({
        "seq": 1, "service": "genPayCert", "token": "signed-1", "org_codg": "H35010000001", "serial": "SN-1",
        "amount": "12.50", "code": 0, "certificate": ledger[0].certificate, "connection": connection,
    });
    assert_eq!(json["processed"][0], entry);
    assert_eq!(json["processed"].as_array().unwrap().len(), 3);
}

#[test]
fn entries_have_only_the_fields_that_the_request_has() {
    let centre = centre();
    let plain = json!({"token": "长令牌-nopwd", "orgCodg": "P1"}).to_string();
    exchange(
        &centre.url(),
        &post(
            "/cfc/api/tokenPwdStas",
            &common::parameters(&plain).to_string(),
        ),
    );
    let entry = &centre.ledger()[0];
    let texts = (
        &*entry.token,
        &*entry.org_codg,
        &*entry.serial,
        &*entry.amount,
    );
    assert_eq!(texts, ("长令牌-nopwd", "P1", "", ""));
}

#[test]
fn requests_are_kept_as_they_were_on_the_wire() {
    let centre = centre();
    let sent = body("signed-1");
    let mut wire = Wire::http(&centre.url());
    let text = post("/p/cfc/api/signedQuery?q=1", &sent).replacen(
        "\r\n",
        "\r\nX-Mine: One\r\nX-Mine: two\r\n",
        1,
    );
    wire.send(&text);
    wire.reply();
    wire.send(&post("/cfc/api/signedQuery", "not JSON"));
    wire.reply();

    let seen = centre.requests();
    assert_eq!(
        (seen[0].method.as_str(), seen[0].path.as_str()),
        ("POST", "/p/cfc/api/signedQuery?q=1")
    );
    let mine: Vec<_> = seen[0]
        .headers
        .iter()
        .filter(|(name, _)| name == "x-mine")
        .map(|(_, v)| v.as_str())
        .collect();
    assert_eq!(mine, ["One", "two"]);
    assert_eq!(seen[0].body, sent);
    assert_eq!(
        seen[0].opened.as_deref(),
        Some(request("signed-1").to_string().as_str())
    );
    assert_eq!(
        (seen[1].body.as_str(), &seen[1].opened),
        ("not JSON", &None)
    );
    assert_eq!(seen[0].connection, seen[1].connection);
    assert!(!seen[0].tls);
}

#[test]
fn half_a_body_is_kept_too() {
    let centre = centre();
    let mut wire = Wire::http(&centre.url());
    wire.send(
        &post("/cfc/api/signedQuery", "twelve bytes")[..]
            .replace("Content-Length: 12", "Content-Length: 1000"),
    );
    common::wait_for(|| {
        centre
            .requests()
            .first()
            .is_some_and(|seen| seen.body == "twelve bytes")
    });
    drop(wire);
    assert_eq!((centre.seen(), centre.ledger().len()), (1, 0));
}

#[test]
fn the_last_requests_are_kept() {
    let centre = Sandbox::start(Options {
        exchanges_max: 1000,
        ..Options::default()
    });
    let centre = centre.unwrap();
    let mut wire = Wire::http(&centre.url());
    for n in 0..1005 {
        wire.send(&post(&format!("/{n}"), ""));
        wire.reply();
    }
    let seen = centre.requests();
    assert_eq!(
        (seen.len(), seen[0].path.as_str(), seen[999].path.as_str()),
        (1000, "/5", "/1004")
    );
    assert_eq!(centre.seen(), 1005);
}

#[test]
fn clearing_forgets_everything() {
    let centre = centre();
    let delete = "DELETE /sandbox/ledger HTTP/1.1\r\nHost: x\r\n\r\n";
    for over_http in [false, true] {
        ask(&centre, "tokenPwdCheckNotc", "pwd");
        assert_eq!((centre.ledger().len(), centre.requests().len()), (1, 1));
        match over_http {
            true => assert_eq!(exchange(&centre.url(), delete).status, 200),
            false => centre.clear(),
        }
        assert_eq!((centre.seen(), centre.connections()), (0, 0));
        assert!(centre.ledger().is_empty() && centre.requests().is_empty());
        assert!(!centre.verify("pwd"));
    }
    ask(&centre, "tokenPwdCheckNotc", "pwd");
    assert_eq!(centre.ledger()[0].seq, 1);
}

#[test]
fn the_oldest_entries_go_first() {
    let centre = Sandbox::start(Options {
        ledger_max: 2,
        ..Default::default()
    })
    .unwrap();
    for token in ["a-pwd", "b-pwd", "c-pwd"] {
        ask(&centre, "tokenPwdStas", token);
    }
    let kept: Vec<_> = centre
        .ledger()
        .into_iter()
        .map(|entry| (entry.seq, entry.token))
        .collect();
    assert_eq!(kept, [(2, "b-pwd".to_owned()), (3, "c-pwd".to_owned())]);
}

#[test]
fn help_stands_at_the_root() {
    let centre = centre();
    for (path, status) in [
        ("/sandbox/", 200),
        ("/sandbox", 200),
        ("/sandbox/nothing", 404),
    ] {
        let reply = exchange(
            &centre.url(),
            &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"),
        );
        assert_eq!(reply.status, status);
        assert!(reply.text().contains("/sandbox/ledger"));
    }
    assert_eq!(centre.seen(), 0);
}

#[test]
fn sixteen_threads_on_keep_alive_connections() {
    const THREADS: usize = 16;
    const CALLS: usize = 100;
    let centre = centre();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let centre = &centre;
            scope.spawn(move || {
                let mut wire = Wire::http(&centre.url());
                for call in 0..CALLS {
                    wire.send(&post(
                        "/cfc/api/genPayCert",
                        &body(&format!("signed-{thread}-{call}")),
                    ));
                    assert_eq!(wire.reply().json()["code"], 0);
                }
            });
        }
    });
    let ledger = centre.ledger();
    assert_eq!((ledger.len(), centre.connections()), (THREADS * CALLS, 16));
    assert!(ledger.iter().zip(1..).all(|(entry, seq)| entry.seq == seq));
    let mut tokens: Vec<_> = ledger.iter().map(|entry| &entry.token).collect();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), THREADS * CALLS);
}

#[test]
fn dropping_closes_the_ports() {
    let centre = centre();
    let url = centre.url();
    let mut open = Wire::http(&url);
    drop(centre);
    assert!(common::tcp(&url).is_err());
    let (bytes, _) = open.read_to_end();
    assert!(bytes.is_empty());
}

#[test]
fn two_centres_do_not_meet() {
    let (one, two) = (centre(), centre());
    ask(&one, "signedQuery", "signed");
    assert_eq!((one.ledger().len(), two.ledger().len()), (1, 0));
    assert_eq!(
        exchange(&two.url(), GET).json()["processed"],
        Value::Array(Vec::new())
    );
}
