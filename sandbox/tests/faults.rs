//! Every fault, as a client meets it, over HTTP and HTTPS alike.

mod common;

use common::{Wire, body, centre, post, trusting, unseal};
use evoucher::envelope::{KeyFormat, Sealer, UnsealError};
use evoucher_sandbox::Sandbox;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::time::Duration;

/// The faults that must leave nothing in the ledger.
const NOT_PROCESSED: [&str; 5] = [
    "close-early",
    "reset-early",
    "redirect",
    "redirect307",
    "404-html",
];

/// Runs a test on a plain and on an encrypted connection, with a centre of its own each.
fn both(test: impl Fn(&Sandbox, &dyn Fn() -> Wire)) {
    let plain = centre();
    test(&plain, &|| Wire::http(&plain.url()));
    let secure = centre();
    let config = trusting(&secure.ca_pem());
    test(&secure, &|| Wire::https(&secure.https_url(), &config));
}

/// A certificate request that meets the fault by its path.
fn by_path(fault: &str) -> String {
    post(
        &format!("/fault/{fault}/cfc/api/genPayCert"),
        &body("signed-1"),
    )
}

/// The same by a word of its token.
fn by_token(fault: &str) -> String {
    post(
        "/cfc/api/genPayCert",
        &body(&format!("signed-fault.{fault}-1")),
    )
}

/// The names, as `--help` prints them.
fn names() -> Vec<String> {
    let help = evoucher_sandbox::help();
    let (_, faults) = help.split_once("Faults").unwrap();
    let lines = faults.lines().filter_map(|line| line.strip_prefix("  "));
    lines
        .map(|line| {
            line.split_whitespace()
                .next()
                .unwrap()
                .replace("slow-N", "slow-1")
                .replace("NNN", "504")
        })
        .collect()
}

#[test]
fn a_request_takes_effect_once_or_not_at_all() {
    let names = names();
    assert!(names.len() >= 40, "{names:?}");
    for name in names {
        for text in [by_path(&name), by_token(&name)] {
            let centre = centre();
            let mut wire = Wire::http(&centre.url());
            wire.send(&text);
            // The first byte or the end: what is decided has been decided by then.
            match name.as_str() {
                "silence" => common::wait_for(|| !centre.ledger().is_empty()),
                _ => drop(wire.read_some()),
            }
            let expected = usize::from(!NOT_PROCESSED.contains(&name.as_str()));
            assert_eq!(centre.ledger().len(), expected, "{name}");
            assert_eq!(centre.seen(), 1, "{name}");
        }
    }
}

#[test]
fn ended_after_the_head() {
    both(|centre, connect| {
        // The body never comes.
        let head = |fault: &str| {
            by_path(fault)
                .split_inclusive("\r\n\r\n")
                .next()
                .unwrap()
                .to_owned()
        };
        let mut wire = connect();
        wire.send(&head("close-early"));
        let (bytes, end) = wire.read_to_end();
        assert!(bytes.is_empty());
        end.unwrap();

        let mut wire = connect();
        wire.send(&head("reset-early"));
        let (bytes, end) = wire.read_to_end();
        assert!(bytes.is_empty());
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);

        assert_eq!(centre.requests()[0].body, "");
        assert!(centre.ledger().is_empty());
    });
}

#[test]
fn closed_or_reset_without_a_reply() {
    both(|_, connect| {
        for fault in ["close-early", "process-close"] {
            for text in [by_path(fault), by_token(fault)] {
                let mut wire = connect();
                wire.send(&text);
                let (bytes, end) = wire.read_to_end();
                assert!(bytes.is_empty());
                end.unwrap();
            }
        }
        for fault in ["reset-early", "process-reset"] {
            for text in [by_path(fault), by_token(fault)] {
                let mut wire = connect();
                wire.send(&text);
                let (bytes, end) = wire.read_to_end();
                assert!(bytes.is_empty());
                assert_eq!(
                    end.unwrap_err().kind(),
                    ErrorKind::ConnectionReset,
                    "{fault}"
                );
            }
        }
    });
}

#[test]
fn cut_replies() {
    both(|_, connect| {
        let mut wire = connect();
        wire.send(&by_path("half"));
        let (bytes, end) = wire.read_to_end();
        end.unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let (head, cut) = text.split_once("\r\n\r\n").unwrap();
        let length: usize = head
            .rsplit_once("content-length: ")
            .unwrap()
            .1
            .parse()
            .unwrap();
        assert_eq!(cut.len(), length / 2);

        let mut wire = connect();
        wire.send(&by_path("half-head"));
        let (bytes, end) = wire.read_to_end();
        end.unwrap();
        assert_eq!(bytes, b"HTTP/1.");
    });
}

#[test]
fn dripping_replies() {
    both(|_, connect| {
        let mut wire = connect();
        wire.send(&by_path("drip"));
        let mut text = Vec::new();
        while text.len() < 8 {
            let some = wire.read_some().unwrap();
            // The whole would take half a minute to come.
            assert!(some.len() < 100, "{}", some.len());
            text.extend(some);
        }
        assert!(text.starts_with(b"HTTP/1.1"));
    });
}

#[test]
fn silence_and_slowness_come_after_the_processing() {
    both(|centre, connect| {
        for (count, fault) in ["silence", "slow-3600000"].into_iter().enumerate() {
            let mut wire = connect();
            wire.send(&by_path(fault));
            common::wait_for(|| centre.ledger().len() == count + 1);
            wire.patience(Duration::from_millis(50));
            let kind = wire.read_some().unwrap_err().kind();
            assert!(
                matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut),
                "{kind:?}"
            );
        }
        let mut wire = connect();
        wire.send(&by_path("slow-20"));
        assert_eq!(wire.reply().json()["code"], 0);
    });
}

#[test]
fn redirects_lead_to_the_same_service() {
    both(|centre, connect| {
        for (name, status) in [("redirect", 302), ("redirect307", 307)] {
            for text in [by_path(name), by_token(name)] {
                let mut wire = connect();
                wire.send(&text);
                let reply = wire.reply();
                assert_eq!(reply.status, status);
                let location = reply.header("location").unwrap();
                let (scheme, rest) = location.split_once("://").unwrap();
                assert_eq!(scheme == "https", centre.requests()[0].tls);
                let path = rest.strip_prefix("centre").unwrap();
                assert!(centre.ledger().is_empty());
                let (_, body) = text.split_once("\r\n\r\n").unwrap();
                wire.send(&post(path, body));
                assert_eq!(wire.reply().json()["code"], 0, "{location}");
                centre.clear();
            }
        }
        let mut wire = connect();
        wire.send(&post(
            "/a/fault/redirect/b/cfc/api/signedQuery",
            &body("signed"),
        ));
        assert!(
            wire.reply()
                .header("location")
                .unwrap()
                .ends_with("centre/a/b/cfc/api/signedQuery")
        );
    });
}

#[test]
fn statuses_and_pages() {
    both(|_, connect| {
        let mut wire = connect();
        let mut get = |fault: &str| {
            wire.send(&by_path(fault));
            wire.reply()
        };
        for (fault, status) in [
            ("500-text", 500),
            ("503-html", 503),
            ("404-html", 404),
            ("html", 200),
        ] {
            let reply = get(fault);
            assert_eq!(
                (reply.status, reply.header("content-type")),
                (status, Some("text/html;charset=UTF-8"))
            );
            assert!(reply.text().starts_with("<html>"));
        }
        let reply = get("500-empty");
        assert_eq!((reply.status, reply.body.len()), (500, 0));
        let reply = get("empty");
        assert_eq!((reply.status, reply.body.len()), (200, 0));
        let reply = get("500-json");
        assert_eq!((reply.status, &reply.json()["code"]), (500, &json!(-1)));
        let reply = get("not-json");
        assert_eq!(
            reply.header("content-type"),
            Some("application/json;charset=UTF-8")
        );
        assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
    });
}

#[test]
fn a_gateway_answers_in_the_centres_place() {
    both(|centre, connect| {
        let mut wire = connect();
        for status in [200, 201, 299, 302, 400, 404, 413, 500, 502, 504, 599] {
            for text in [
                by_path(&format!("gateway-{status}-json")),
                by_token(&format!("gateway-{status}-JSON")),
            ] {
                wire.send(&text);
                let reply = wire.reply();
                assert_eq!(
                    (reply.status, reply.header("content-type")),
                    (status, Some("application/json;charset=UTF-8"))
                );
                let json = reply.json();
                assert_eq!(json["code"], status);
                assert!(json["message"].is_string());
                assert_eq!(json.as_object().unwrap().len(), 2, "{json}");
            }
            wire.send(&by_path(&format!("gateway-{status}-html")));
            let reply = wire.reply();
            assert_eq!(
                (reply.status, reply.header("content-type")),
                (status, Some("text/html;charset=UTF-8"))
            );
            assert!(reply.text().starts_with("<html>"));
            assert_eq!(centre.ledger().len(), 3, "{status}");
            assert!(centre.ledger().iter().all(|entry| entry.code == 0));
            centre.clear();
        }
    });
}

#[test]
fn statuses_without_a_body_have_none() {
    both(|_, connect| {
        for status in ["204", "304"] {
            for fault in ["gateway-NNN-json", "gateway-NNN-html", "late-NNN"] {
                let mut wire = connect();
                wire.send(&by_path(&fault.replace("NNN", status)));
                wire.send(&by_path("process-close"));
                let (bytes, end) = wire.read_to_end();
                end.unwrap();
                let text = String::from_utf8(bytes).unwrap();
                let (head, rest) = text.split_once("\r\n\r\n").unwrap();
                assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
                match fault {
                    "late-NNN" => assert!(rest.starts_with("HTTP/1.1 200 OK\r\n"), "{rest}"),
                    _ => assert_eq!(rest, ""),
                }
            }
        }
    });
}

#[test]
fn the_centres_answer_comes_late_behind_a_gateways() {
    both(|centre, connect| {
        for text in [by_path("late-504"), by_token("late-504@cert@1")] {
            let mut wire = connect();
            wire.send(&text);
            let gateway = wire.reply();
            assert_eq!(
                (gateway.status, &gateway.json()["code"]),
                (504, &json!(504))
            );
            assert_eq!(gateway.header("connection"), None);
            // Nobody asked for this one.
            let late = wire.reply();
            assert_eq!((late.status, &late.json()["code"]), (200, &json!(0)));
            assert!(late.plain().contains("payCert"));
            assert_eq!(centre.ledger().len(), 1);

            // The next patient's own answer comes behind it, whenever the request was sent.
            wire.send(&format!("{text}{}", by_path("none")));
            let other = post("/cfc/api/signedQuery", &body("blocked-2"));
            wire.send(&other);
            if text.contains("/fault/late-504/") {
                assert_eq!(wire.reply().status, 504);
            }
            for part in ["payCert", "payCert", r#""stasFlag":"2""#] {
                let reply = wire.reply();
                assert_eq!(reply.status, 200);
                assert!(reply.plain().contains(part), "{}", reply.plain());
            }
            assert_eq!(centre.ledger().len(), 4);
            assert_eq!(centre.connections(), 1);
            centre.clear();
        }
    });
}

#[test]
fn a_late_answer_is_also_a_refusal() {
    let centre = centre();
    let mut wire = Wire::http(&centre.url());
    wire.send(&post(
        "/fault/late-200/cfc/api/genPayCert",
        &body("unsigned"),
    ));
    assert_eq!(wire.reply().json()["code"], 200);
    assert_eq!(wire.reply().json()["code"], 500243);
}

#[test]
fn spellings_of_success() {
    both(|centre, connect| {
        let mut wire = connect();
        for (name, shown) in [
            ("success-zero", json!(0)),
            ("success-zerotext", json!("0")),
            ("success-False", json!("False")),
            ("success-truetext", json!("True")),
            ("success-null", Value::Null),
            ("success-one", json!(1)),
        ] {
            for text in [by_path(name), by_token(name)] {
                wire.send(&text);
                let reply = wire.reply();
                assert_eq!(reply.status, 200);
                let json = reply.json();
                assert_eq!(json["code"], 0);
                assert_eq!(json.get("success"), Some(&shown), "{name}");
                assert!(reply.plain().contains("payCert"));
            }
            wire.send(&post(
                &format!("/fault/{name}/cfc/api/genPayCert"),
                &body("unsigned"),
            ));
            let json = wire.reply().json();
            assert_eq!((&json["code"], json.get("success")), (&json!(500243), None));
            assert_eq!(centre.ledger().len(), 3);
            centre.clear();
        }
    });
}

/// The documents' services by both their names, and the one that no document lists.
fn services() -> Vec<(&'static str, &'static str)> {
    let table = include_str!("../../spec/services.tsv");
    let (table, _) = table.split_once("\n\n").unwrap();
    let rows = table.lines().filter(|line| line.contains("/cfc/api/"));
    let names = rows.map(|row| {
        let mut cells = row.split('\t');
        (cells.next().unwrap(), cells.next().unwrap())
    });
    names.chain([("echo", "echo")]).collect()
}

#[test]
fn a_fault_for_one_service() {
    let centre = centre();
    let status =
        |path: &str, token: &str| common::exchange(&centre.url(), &post(path, &body(token))).status;
    for (chosen, short) in services() {
        for name in [chosen, &chosen.to_uppercase(), short] {
            for (service, _) in services() {
                let expected = if service == chosen { 504 } else { 200 };
                let fault = format!("late-504@{name}");
                assert_eq!(
                    status(&format!("/fault/{fault}/cfc/api/{service}"), "signed"),
                    expected,
                    "{fault} {service}"
                );
                assert_eq!(
                    status(
                        &format!("/cfc/api/{service}"),
                        &format!("signed-fault.{fault}-7")
                    ),
                    expected,
                    "{fault} {service}"
                );
            }
        }
    }
    // Not the token's fault either: the address has precedence.
    assert_eq!(
        status(
            "/fault/half@cert/cfc/api/signedQuery",
            "signed-fault.500-empty"
        ),
        200
    );
}

#[test]
fn a_fault_for_the_nth_request() {
    let centre = centre();
    let url = centre.url();
    let status = |path: &str, token: &str| {
        let exchange = common::exchange(&url, &post(path, &body(token)));
        exchange.status
    };
    let thrice = |path: &str, token: &str| [(); 3].map(|()| status(path, token));
    for _ in 0..2 {
        // By the address, however many tokens meet it; each spelling counts for itself.
        let by_address = |prefix: &str, service: &str, token: &str| {
            let fault = "fault/gateway-504-json@2";
            status(&format!("{prefix}/{fault}/cfc/api/{service}"), token)
        };
        assert_eq!(by_address("", "signedQuery", "signed-1"), 200);
        assert_eq!(by_address("/a", "signedQuery", "signed-1"), 200);
        assert_eq!(by_address("", "genPayCert", "signed-2"), 504);
        assert_eq!(by_address("", "signedQuery", "signed-1"), 200);
        assert_eq!(by_address("/a", "signedQuery", "signed-1"), 504);

        // By the token, whatever the service.
        let token = "signed-fault.500-empty@2-1";
        assert_eq!(status("/cfc/api/signedQuery", token), 200);
        assert_eq!(
            thrice("/cfc/api/genPayCert", "signed-fault.500-empty@2-2"),
            [200, 500, 200]
        );
        assert_eq!(status("/fault/none/cfc/api/genPayCert", token), 200);
        assert_eq!(status("/cfc/api/genPayCert", token), 500);
        assert_eq!(status("/cfc/api/genPayCert", token), 200);

        // Both selectors: others than this service's do not count.
        let path = "/fault/gateway-504-html@genPayCert@1/cfc/api";
        assert_eq!(
            thrice(&format!("{path}/signedQuery"), "signed"),
            [200, 200, 200]
        );
        assert_eq!(
            thrice(&format!("{path}/genPayCert"), "signed"),
            [504, 200, 200]
        );
        let token = "signed-fault.gateway-502-json@cert@2-7";
        assert_eq!(thrice("/cfc/api/signedQuery", token), [200, 200, 200]);
        assert_eq!(thrice("/cfc/api/genPayCert", token), [200, 502, 200]);

        // From the beginning again.
        centre.clear();
    }
}

#[test]
fn selectors_hold_for_what_is_decided_at_the_head() {
    both(|centre, connect| {
        let mut wire = connect();
        wire.send(&by_path("close-early@cert@2"));
        assert_eq!(wire.reply().json()["code"], 0);
        wire.send(&by_path("close-early@cert@2"));
        let (bytes, end) = wire.read_to_end();
        assert!(bytes.is_empty());
        end.unwrap();
        let mut wire = connect();
        wire.send(&by_path("close-early@cert@2"));
        assert_eq!(wire.reply().json()["code"], 0);
        assert_eq!((centre.seen(), centre.ledger().len()), (3, 2));
    });
}

#[test]
fn refused_requests_count() {
    let centre = centre();
    let path = "/fault/gateway-504-json@2/cfc/api/genPayCert";
    let refused = common::exchange(&centre.url(), &post(path, "{}"));
    assert_eq!((refused.status, &refused.json()["code"]), (200, &json!(-2)));
    assert_eq!(
        common::exchange(&centre.url(), &post(path, &body("signed"))).status,
        504
    );
    assert_eq!(centre.ledger().len(), 1);
}

#[test]
fn choices_that_are_none_are_refused() {
    let centre = centre();
    for choice in [
        "half@nobody",
        "half-head@nobody",
        "half@0",
        "half@cert@0",
        "half@",
        "half@cert@",
        "half@1@cert",
        "half@cert@1@1",
        "nothing@cert",
        "gateway-199-json",
        "gateway-600-html",
        "gateway-504",
        "late-99",
        "late-1000",
        "success-maybe",
    ] {
        for text in [by_path(choice), by_token(choice)] {
            let json = common::exchange(&centre.url(), &text).json();
            assert_eq!(json["code"], -2, "{choice}");
            assert!(json["message"].as_str().unwrap().contains(choice), "{json}");
        }
    }
    assert!(centre.ledger().is_empty());
}

#[test]
fn seals_that_do_not_open() {
    let sealer = Sealer::new(common::KEY, KeyFormat::Hex).unwrap();
    both(|_, connect| {
        let mut wire = connect();
        // Certificates differ from call to call, so a fault by chance would show.
        for _ in 0..50 {
            let mut error = |fault: &str| {
                wire.send(&by_path(fault));
                let json = wire.reply().json();
                assert_eq!(json["code"], 0);
                sealer
                    .unseal(json["data"]["encData"].as_str().unwrap())
                    .unwrap_err()
            };
            assert_eq!(error("wrong-key"), UnsealError::Padding);
            assert_eq!(error("bad-hex"), UnsealError::NotHex);
            assert_eq!(error("odd-hex"), UnsealError::NotHex);
            assert_eq!(error("bad-padding"), UnsealError::Padding);
        }
    });
}

#[test]
fn replies_of_odd_shapes() {
    both(|_, connect| {
        let mut wire = connect();
        let mut get = |fault: &str| {
            wire.send(&by_path(fault));
            wire.reply()
        };
        assert_eq!(get("no-encdata").json()["data"], json!({}));
        assert_eq!(get("data-null").json()["data"], Value::Null);
        assert_eq!(get("data-null").json()["code"], 0);
        let json = get("data-string").json();
        let inside: Value = serde_json::from_str(json["data"].as_str().unwrap()).unwrap();
        assert!(unseal(inside["encData"].as_str().unwrap()).contains("payCert"));
        assert_eq!(get("code-string").json()["code"], "0");
        let json = get("reserved-code").json();
        assert_eq!(
            (&json["code"], &json["type"]),
            (&json!(-10020), &json!("error"))
        );
        let sealed = get("lower-hex").json()["data"]["encData"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(sealed, sealed.to_lowercase());
        assert!(unseal(&sealed).contains("payCert"));
        assert_eq!(get("not-object").plain(), r#"["not","an","object"]"#);

        let reply = get("bom");
        assert_eq!(reply.body[..3], [0xef, 0xbb, 0xbf]);
        assert_eq!(
            serde_json::from_slice::<Value>(&reply.body[3..]).unwrap()["code"],
            0
        );
        let reply = get("gbk");
        assert!(std::str::from_utf8(&reply.body).is_err());
        assert!(
            reply
                .body
                .windows(4)
                .any(|four| four == b"\xb3\xc9\xb9\xa6"),
            "成功 in GBK"
        );
        let reply = get("huge");
        assert!(reply.body.len() > 2 << 20);
        assert_eq!(reply.json()["code"], 0);
        let reply = get("chunked");
        assert_eq!(reply.header("content-length"), None);
        assert_eq!(reply.json()["code"], 0);
    });
}

#[test]
fn a_field_that_stands_twice() {
    let centre = centre();
    let plain = |service: &str, token: &str| {
        let path = format!("/fault/duplicate-key/cfc/api/{service}");
        common::exchange(&centre.url(), &post(&path, &body(token))).plain()
    };
    let text = plain("tokenPwdCheckNotc", "pwd");
    assert!(
        text.ends_with(r#","notcFlag":"1","notcFlag":"0"}"#),
        "{text}"
    );
    let text = plain("tokenPwdStas", "pwd");
    assert!(
        text.starts_with(r#"{"checkStas":"0","#) && text.ends_with(r#","checkStas":"1"}"#),
        "{text}"
    );
    let text = plain("signedQuery", "signed-numflag");
    assert!(
        text.starts_with(r#"{"stasFlag":1,"#) && text.ends_with(r#","stasFlag":"0"}"#),
        "{text}"
    );
    let text = plain("genPayCert", "signed");
    assert_eq!(text.matches(r#""payCert":"PC"#).count(), 2, "{text}");
    assert!(text.ends_with("-2\"}"), "{text}");
}

#[test]
fn a_body_that_ends_with_the_connection() {
    both(|_, connect| {
        let mut wire = connect();
        wire.send(&by_path("no-length"));
        let (bytes, end) = wire.read_to_end();
        end.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            !head.contains("content-length") && !head.contains("transfer-encoding"),
            "{head}"
        );
        assert_eq!(serde_json::from_str::<Value>(body).unwrap()["code"], 0);
    });
}

#[test]
fn connections_that_end_unannounced_after_the_reply() {
    both(|centre, connect| {
        for fault in ["close-after", "close-later", "reset-after"] {
            centre.clear();
            let mut wire = connect();
            wire.send(&by_path(fault));
            let reply = wire.reply();
            assert_eq!(reply.json()["code"], 0);
            assert_eq!(reply.header("connection"), None);
            let (bytes, end) = wire.read_to_end();
            assert!(bytes.is_empty());
            match fault {
                "reset-after" => assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset),
                _ => end.unwrap(),
            }
            assert_eq!(centre.ledger().len(), 1);
        }
    });
}

#[test]
fn a_second_request_on_an_ending_connection_does_not_take_effect() {
    both(|centre, connect| {
        for fault in ["close-after", "close-later", "reset-after"] {
            centre.clear();
            let mut wire = connect();
            // Both at once: the second one is there when the first one's connection ends.
            wire.send(&format!("{}{}", by_path(fault), by_path("none")));
            let _ = wire.read_to_end();
            assert_eq!((centre.seen(), centre.ledger().len()), (1, 1), "{fault}");
        }
    });
}

#[test]
fn the_path_has_precedence_over_the_token() {
    let centre = centre();
    let at =
        |path: &str| common::exchange(&centre.url(), &post(path, &body("signed-fault.500-empty")));
    assert_eq!(at("/cfc/api/signedQuery").status, 500);
    assert_eq!(at("/fault/none/cfc/api/signedQuery").status, 200);
    assert_eq!(
        at("/FAULT/none/cfc/api/signedQuery").status,
        500,
        "only the name has any case"
    );
    assert_eq!(at("/fault/503-HTML/cfc/api/signedQuery").status, 503);
}
