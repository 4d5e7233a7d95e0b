//! Between a hospital and its centre stand gateways. What they say is not the centre's word: it
//! frees no amount, settles nothing, and what comes behind it is no other patient's answer.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::wire::*;
use common::*;
use evoucher::catalogue::codes::{
    EV_BAD_REPLY, EV_BUSINESS, EV_DUPLICATE, EV_HTTP_STATUS, EV_UNKNOWN_SERVICE,
};
use evoucher_sandbox::Sandbox;
use serde_json::Value;
use std::io::Write;

/// A transaction, asked for at this amount.
fn certificate(client: &Client, serial: &str, amount: &str) -> Reply {
    client.call("ev_gen_pay_cert", &transaction("signed", serial, amount))
}

fn certificates(centre: &Sandbox) -> usize {
    times(centre, "genPayCert")
}

fn is(reply: &Reply, code: i32, delivery: &str, next: &str) {
    let text = reply.text();
    assert_eq!(
        (
            reply.returned,
            reply.at("delivery").as_str(),
            reply.at("next").as_str()
        ),
        (code, delivery, next),
        "{text}"
    );
}

/// `504 {"code":504}` and its like: the centre may have issued a certificate behind it.
#[test]
fn what_a_gateway_says_holds_the_amount() {
    for (reply, code) in [
        ("500-json", EV_HTTP_STATUS),
        ("502-json", EV_HTTP_STATUS),
        ("502-html", EV_HTTP_STATUS),
        ("504-json", EV_HTTP_STATUS),
        ("504-html", EV_HTTP_STATUS),
        ("200-json", EV_BAD_REPLY),
        ("200-html", EV_BAD_REPLY),
    ] {
        let centre = centre();
        let url = fault(&centre, &format!("gateway-{reply}@genPayCert@1"));
        let client = library().open(&config(url));
        let serial = format!("gateway-{reply}");
        let first = certificate(&client, &serial, "12.30");
        is(&first, code, "unknown", "retry");
        assert_eq!(certificates(&centre), 1, "{reply}: it was processed");
        let other = certificate(&client, &serial, "12.31");
        is(&other, EV_DUPLICATE, "not_sent", "fix_request");
        assert_eq!(certificates(&centre), 1, "{reply}: two amounts");
        let again = certificate(&client, &serial, "12.3");
        is(&again, 0, "answered", "charge");
    }
}

/// Nor is a gateway's 0 the centre's refusal: only the centre can seal.
#[test]
fn a_gateways_failure_with_code_0_holds_the_amount() {
    for body in [r#"{"code":0,"success":false}"#, r#"{"code":0}"#] {
        let server = Server::start(move |mut stream, _| {
            if read_message(&mut stream).is_some() {
                let said = page(body).replace("200 OK", "503 Unavailable");
                stream.write_all(said.as_bytes()).unwrap();
            }
        });
        let client = library().open(&config(server.url()));
        let first = certificate(&client, body, "1");
        is(&first, EV_HTTP_STATUS, "unknown", "retry");
        let other = certificate(&client, body, "2");
        is(&other, EV_DUPLICATE, "not_sent", "fix_request");
        assert_eq!(client.echo("t").returned, EV_HTTP_STATUS);
    }
}

/// What a gateway turned away did not get through.
#[test]
fn what_a_gateway_refuses_frees_the_amount() {
    for reply in ["301-html", "403-json", "404-html", "429-json"] {
        let server = Server::start(move |mut stream, number| {
            if read_message(&mut stream).is_none() {
                return;
            }
            let (status, kind) = reply.split_once('-').unwrap();
            let body = match kind {
                "json" => format!("{{\"code\":{status},\"message\":\"no\"}}"),
                _ => "<html></html>".to_owned(),
            };
            let said = if number == 0 {
                page(&body).replace("200 OK", &format!("{status} No"))
            } else {
                page(&sealed(r#"{"payCert":"C-1","payChnlName":"x"}"#))
            };
            stream.write_all(said.as_bytes()).unwrap();
        });
        let client = library().open(&config(server.url()));
        let serial = format!("refused-{reply}");
        let refused = certificate(&client, &serial, "1");
        assert_eq!(refused.returned, EV_HTTP_STATUS, "{}", refused.text());
        assert_eq!(refused.at("delivery"), "answered");
        let other = certificate(&client, &serial, "2");
        is(&other, 0, "answered", "charge");
    }
}

/// A code that no document lists may be anybody's: with a 2xx it is taken for the centre's.
#[test]
fn an_unlisted_code_frees_the_amount_with_a_2xx_or_a_refusal() {
    for (status, code, delivery, frees) in [
        ("200 OK", 77_777, "answered", true),
        ("400 Bad", EV_HTTP_STATUS, "answered", true),
        ("302 Found", EV_HTTP_STATUS, "answered", true),
        ("500 Error", EV_HTTP_STATUS, "unknown", false),
        ("503 Unavailable", EV_HTTP_STATUS, "unknown", false),
    ] {
        let server = Server::start(move |mut stream, number| {
            if read_message(&mut stream).is_some() {
                let said = match number {
                    0 => page("{\"code\":77777}").replace("200 OK", status),
                    _ => page(&sealed("{\"payCert\":\"C-1\"}")),
                };
                stream.write_all(said.as_bytes()).unwrap();
            }
        });
        let client = library().open(&config(server.url()));
        let serial = format!("unlisted-{status}");
        let first = certificate(&client, &serial, "1");
        assert_eq!(first.returned, code, "{status}: {}", first.text());
        assert_eq!(first.at("delivery"), delivery, "{status}");
        let other = certificate(&client, &serial, "2");
        let expected = if frees { 0 } else { EV_DUPLICATE };
        assert_eq!(other.returned, expected, "{status}: {}", other.text());
    }
}

/// The patient's verification does not hang on a gateway.
#[test]
fn the_password_flow_goes_on_asking_behind_a_gateway() {
    let centre = centre();
    for said in ["504-json", "503-html", "200-json"] {
        let url = fault(&centre, &format!("gateway-{said}@tokenPwdStas@1"));
        let quick = serde_json::json!({ "verify": { "intervalMs": 1 } });
        let client = library().open(&config_with(url, quick));
        let token = format!("auto2-{said}");
        let flow = client.call("ev_verify_password", &request(&token));
        is(&flow, 0, "answered", "settle");
        let steps = flow.json()["data"]["steps"].to_string();
        assert!(steps.contains("-1002"), "{said}: {steps}");
    }
}

/// A code that the documents list is the centre's, whatever the status: A and B §1.3.2.2 know none.
#[test]
fn a_listed_code_is_the_centres_whatever_the_status() {
    for (status, body, code, next) in [
        (503, r#"{"code":-6}"#.to_owned(), -6, "retry_later"),
        (
            500,
            r#"{"code":"500243"}"#.to_owned(),
            500_243,
            "other_payment",
        ),
        (500, sealed(r#"{"payCert":"C-1"}"#), 0, "charge"),
    ] {
        let server = Server::start(move |mut stream, _| {
            if read_message(&mut stream).is_some() {
                let said = page(&body).replace("200 OK", &format!("{status} Status"));
                stream.write_all(said.as_bytes()).unwrap();
            }
        });
        let client = library().open(&config(server.url()));
        let reply = certificate(&client, &format!("listed-{code}"), "1");
        is(&reply, code, "answered", next);
    }
}

/// A and B §1.1, the order of judgement: `success` is a boolean, and what is no true is no success.
#[test]
fn success_is_only_what_says_so() {
    let centre = centre();
    for (name, passes) in [
        ("success-zero", false),
        ("success-zerotext", false),
        ("success-false", false),
        ("success-one", false),
        ("success-truetext", true),
        ("success-null", true),
    ] {
        let client = library().open(&config(fault(&centre, name)));
        let token = format!("auto1-signed-{name}");
        assert_eq!(client.notc(&token).returned == 0, passes, "{name}");
        let status = client.stas(&token);
        let paid = client.cert(&token);
        if passes {
            is(&status, 0, "answered", "settle");
            is(&paid, 0, "answered", "charge");
        } else {
            is(&status, EV_BUSINESS, "answered", "wait");
            is(&paid, EV_BUSINESS, "answered", "other_payment");
        }
    }
}

#[test]
fn a_certificate_of_nothing_is_none() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    for token in ["blankcert", "nullcert", "emptycert"] {
        is(&client.cert(token), EV_BAD_REPLY, "unknown", "retry");
        let flow = client.call("ev_one_code_pay", &request(token));
        is(&flow, EV_BAD_REPLY, "unknown", "retry");
        assert_eq!(flow.json()["data"]["payCert"], Value::Null, "{token}");
    }
}

/// The gateway gives up, and the centre's answer follows on the same connection: it is about
/// another patient than the next question.
#[test]
fn a_late_answer_is_not_the_next_patients() {
    let centre = centre();
    for status in ["504", "502", "404"] {
        let late = config(fault(&centre, &format!("late-{status}@tokenPwdStas@1")));
        let client = library().open(&late);
        let (first, second) = (format!("auto1-{status}"), format!("pwd-{status}"));
        assert_eq!(client.notc(&first).returned, 0);
        assert_eq!(client.notc(&second).returned, 0);
        let cut = client.stas(&first);
        assert_eq!(cut.returned, EV_HTTP_STATUS, "{}", cut.text());
        // The first one has verified the password, the second one has not.
        is(&client.stas(&second), 0, "answered", "wait");
        let asked: Vec<_> = centre
            .ledger()
            .into_iter()
            .filter(|entry| entry.service == "tokenPwdStas")
            .map(|entry| entry.connection)
            .collect();
        assert_ne!(
            asked[0], asked[1],
            "{status}: the gateway's connection was used again"
        );
        centre.clear();
    }
}

/// Whatever was not understood, its connection carries no other request.
#[test]
fn a_connection_is_kept_for_what_was_understood_alone() {
    for (body, kept) in [
        (sealed(r#"{"checkStas":"0"}"#), true),
        (r#"{"code":500319,"message":"x"}"#.to_owned(), true),
        (r#"{"code":504}"#.to_owned(), false),
        ("<html></html>".to_owned(), false),
        (r#"{"code":0,"data":{}}"#.to_owned(), false),
        (sealed(r#"{"checkStas":""}"#), false),
        (r#"{"code":0,"data":{"encData":"AB"}}"#.to_owned(), false),
    ] {
        let said = body.clone();
        let server = Server::start(move |mut stream, _| {
            while read_message(&mut stream).is_some() {
                stream.write_all(page(&said).as_bytes()).unwrap();
            }
        });
        let client = library().open(&config(server.url()));
        client.stas("first");
        client.stas("second");
        assert_eq!(server.accepted(), if kept { 1 } else { 2 }, "{body}");
    }
}

#[test]
fn no_spelling_of_a_path_goes_round_risk_control() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    for path in [
        "/cfc/api/genPayCert/",
        "/cfc/api//genPayCert",
        "/cfc/api/./genPayCert",
        "/cfc/api/x/../genPayCert",
        "/cfc/api/genPayCert/.",
        "/cfc/api/genpaycert",
        "/cfc/api/genPayCert%2F",
        "/cfc/api/genPayCert.json",
    ] {
        let request = request("signed-path").to_string();
        let reply = client.call_path(path, &request);
        assert_eq!(reply.returned, EV_UNKNOWN_SERVICE, "{path}");
    }
    assert_eq!(centre.seen(), 0);
}
