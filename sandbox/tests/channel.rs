//! The payment channel: what it charges, what it refuses, and how it fails to answer.

mod common;

use common::{Reply, Wire, centre, exchange, parameters, post, request, result, unseal, wait_for};
use evoucher_sandbox::{Channel, Mode, Options, Sandbox};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::time::Duration;

const QUERY: &str = "/sandbox/channel/query?fixmedinsTrnsSn=SN-1";

fn get(centre: &Sandbox, path: &str) -> Reply {
    exchange(&centre.url(), &getting(path))
}

fn getting(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

fn channel(centre: &Sandbox, what: &str, body: &Value) -> Reply {
    let path = format!("{}/{what}", Channel::PATH);
    exchange(&centre.url(), &post(&path, &body.to_string()))
}

/// A certificate of the bill SN-1 over 12.50.
fn certificate(centre: &Sandbox, token: &str) -> String {
    let (code, data) = result(centre, "genPayCert", token);
    assert_eq!(code, 0);
    data["payCert"].as_str().unwrap().to_owned()
}

fn order(certificate: &str) -> Value {
    json!({"payCert": certificate, "amount": "12.50", "fixmedinsTrnsSn": "SN-1"})
}

/// The reason of a refusal.
fn refused(reply: &Reply) -> String {
    let json = reply.json();
    assert_eq!((reply.status, &json["charged"]), (200, &json!(false)));
    assert!(!json["message"].as_str().unwrap().is_empty());
    json["reason"].as_str().unwrap().to_owned()
}

#[test]
fn a_charge_for_each_certificate() {
    let centre = centre();
    let [first, second] = ["signed-1", "signed-1"].map(|token| certificate(&centre, token));
    let reply = channel(&centre, "charge", &order(&first));
    assert_eq!(reply.status, 200);
    let charge = json!({
        "seq": 1, "certificate": first, "org_codg": "H35010000001", "serial": "SN-1",
        "amount": "12.50", "time_ms": reply.json()["charge"]["time_ms"],
    });
    assert_eq!(reply.json(), json!({"charged": true, "charge": charge}));
    assert_eq!(
        refused(&channel(&centre, "charge", &order(&first))),
        "used_certificate"
    );
    // The danger: a real channel knows certificates, and nothing of bills.
    let reply = channel(&centre, "charge", &order(&second));
    assert_eq!(reply.json()["charged"], true);

    let charges = centre.channel().charges();
    let shown: Vec<_> = charges
        .iter()
        .map(|c| (c.seq, &*c.certificate, &*c.serial, &*c.amount))
        .collect();
    assert_eq!(
        shown,
        [
            (1, &*first, "SN-1", "12.50"),
            (2, &*second, "SN-1", "12.50")
        ]
    );
    let asked = get(&centre, QUERY).json();
    assert_eq!(asked, json!({"charged": true, "charges": charges}));
    let other = get(&centre, "/sandbox/channel/query?fixmedinsTrnsSn=SN-2").json();
    assert_eq!(other, json!({"charged": false, "charges": []}));
    assert_eq!(
        get(&centre, "/sandbox/channel").json(),
        json!({"mode": "normal", "charges": charges})
    );
    // None of this is the centre's business.
    assert_eq!((centre.seen(), centre.connections()), (2, 2));
}

#[test]
fn serial_numbers_are_decoded_in_a_query() {
    let centre = centre();
    let mut asked = request("signed-1");
    asked["fixmedinsTrnsSn"] = "号&1=%".into();
    let reply = exchange(
        &centre.url(),
        &post(
            "/cfc/api/genPayCert",
            &parameters(&asked.to_string()).to_string(),
        ),
    );
    let sealed = reply.json()["data"]["encData"].as_str().unwrap().to_owned();
    let data: Value = serde_json::from_str(&unseal(&sealed)).unwrap();
    let mut order = order(data["payCert"].as_str().unwrap());
    order["fixmedinsTrnsSn"] = "号&1=%".into();
    assert_eq!(channel(&centre, "charge", &order).json()["charged"], true);
    let asked = get(
        &centre,
        "/sandbox/channel/query?fixmedinsTrnsSn=%E5%8F%B7%261%3D%25",
    );
    assert_eq!(asked.json()["charged"], true);
}

#[test]
fn what_the_ledger_says_was_issued() {
    let centre = centre();
    let issued = certificate(&centre, "signed-1");
    for token in [
        "unsigned-1",
        "nobody",
        "signed-noflag",
        "emptycert-1",
        "nullcert-1",
        "signed-sfalse",
    ] {
        result(&centre, "genPayCert", token);
    }
    result(&centre, "signedQuery", "signed-1");
    let entries = centre.issued();
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!(
        [
            &entry.certificate,
            &entry.org_codg,
            &entry.serial,
            &entry.amount
        ],
        [&*issued, "H35010000001", "SN-1", "12.50"]
    );
    let ledger = get(&centre, "/sandbox/ledger").json();
    assert_eq!(ledger["processed"][0]["certificate"], *issued);
    assert_eq!(ledger["processed"][1]["certificate"], "");
}

/// Whatever becomes of the reply: the centre does not know that nobody got it.
#[test]
fn a_certificate_whose_reply_was_lost_can_be_charged() {
    let centre = centre();
    let mut wire = Wire::http(&centre.url());
    wire.send(&post(
        "/fault/process-close/cfc/api/genPayCert",
        &common::body("signed-1"),
    ));
    assert!(wire.read_to_end().0.is_empty());
    let lost = centre.issued()[0].certificate.clone();
    assert_eq!(
        channel(&centre, "charge", &order(&lost)).json()["charged"],
        true
    );
}

#[test]
fn what_is_refused() {
    let centre = centre();
    let certificate = certificate(&centre, "signed-1");
    for (field, value, reason) in [
        ("payCert", "PC0000000000000000", "unknown_certificate"),
        ("fixmedinsTrnsSn", "SN-2", "wrong_serial"),
        ("amount", "12.49", "wrong_amount"),
        ("amount", "125.0", "wrong_amount"),
        ("amount", "1250", "wrong_amount"),
    ] {
        let mut order = order(&certificate);
        order[field] = value.into();
        assert_eq!(
            refused(&channel(&centre, "charge", &order)),
            reason,
            "{field} {value}"
        );
    }
    assert!(centre.channel().charges().is_empty());
    // Amounts are numbers.
    let mut same = order(&certificate);
    same["amount"] = "012.5".into();
    assert_eq!(channel(&centre, "charge", &same).json()["charged"], true);
    assert_eq!(
        refused(&channel(&centre, "charge", &same)),
        "used_certificate"
    );
}

#[test]
fn what_is_no_request() {
    let centre = centre();
    let path = "/sandbox/channel/charge";
    let long = "长".repeat(201);
    for (body, names) in [
        ("", vec!["请求体"]),
        ("[]", vec!["请求体"]),
        (
            "{}",
            vec!["payCert 必填", "fixmedinsTrnsSn 必填", "amount 必填"],
        ),
        (
            r#"{"payCert":"P","amount":12.5,"fixmedinsTrnsSn":" "}"#,
            vec!["amount 须为字符串", "fixmedinsTrnsSn 必填"],
        ),
        (
            r#"{"payCert":"P","amount":"12.345","fixmedinsTrnsSn":"S"}"#,
            vec!["amount 须为大于 0"],
        ),
        (
            r#"{"payCert":"P","payCert":"P","amount":"1","fixmedinsTrnsSn":"S"}"#,
            vec!["payCert 重复"],
        ),
        (
            &json!({"payCert": long, "amount": "1", "fixmedinsTrnsSn": long}).to_string(),
            vec!["payCert 最长 200", "fixmedinsTrnsSn 最长 200"],
        ),
    ] {
        let reply = exchange(&centre.url(), &post(path, body));
        let json = reply.json();
        // It says nothing of a charge: whoever takes that for "not charged" would be wrong.
        assert_eq!((reply.status, json.get("charged")), (400, None), "{body}");
        assert_eq!(json["reason"], "bad_request");
        let message = json["message"].as_str().unwrap();
        for name in names {
            assert!(message.contains(name), "{body}: {message}");
        }
    }
    for path in [
        "/sandbox/channel/query",
        "/sandbox/channel/query?fixmedinsTrnsSn=",
    ] {
        let reply = get(&centre, path);
        assert_eq!(
            (reply.status, reply.json().get("charged")),
            (400, None),
            "{path}"
        );
    }
    for path in ["/sandbox/channel/charge", "/sandbox/channel/nothing"] {
        assert_eq!(get(&centre, path).status, 404);
    }
    assert_eq!(channel(&centre, "query", &json!({})).status, 404);
}

#[test]
fn too_little_money() {
    let centre = centre();
    for (token, failing) in [("poor-1", 3), ("signed-poor", 3), ("poor2-1", 2)] {
        let certificate = certificate(&centre, token);
        for attempt in 0..3 {
            let reply = channel(&centre, "charge", &order(&certificate));
            match attempt < failing {
                true => assert_eq!(refused(&reply), "insufficient_funds", "{token}"),
                false => assert_eq!(reply.json()["charged"], true, "{token}"),
            }
        }
        centre.clear();
    }
    // It is the bill that is counted, whatever certificate it is charged with.
    let [first, second] = ["poor1-1", "poor1-2"].map(|token| certificate(&centre, token));
    assert_eq!(
        refused(&channel(&centre, "charge", &order(&first))),
        "insufficient_funds"
    );
    assert_eq!(
        channel(&centre, "charge", &order(&second)).json()["charged"],
        true
    );
}

#[test]
fn a_closed_certificate_is_void() {
    let centre = centre();
    let [first, second] = ["signed-1", "signed-2"].map(|token| certificate(&centre, token));
    let serial = json!({"fixmedinsTrnsSn": "SN-1"});
    assert_eq!(
        channel(&centre, "charge", &order(&first)).json()["charged"],
        true
    );
    let closed = channel(&centre, "close", &serial).json();
    assert_eq!(
        closed,
        json!({"charged": true, "charges": centre.channel().charges()})
    );
    assert_eq!(
        refused(&channel(&centre, "charge", &order(&second))),
        "closed_certificate"
    );
    assert_eq!(
        refused(&channel(&centre, "charge", &order(&first))),
        "used_certificate"
    );
    // What is issued afterwards is not.
    let third = certificate(&centre, "signed-3");
    assert_eq!(
        channel(&centre, "charge", &order(&third)).json()["charged"],
        true
    );
    assert_eq!(channel(&centre, "close", &json!({})).status, 400);
}

/// Sends a request that is never answered, and shows that nothing comes and the connection stays.
fn unanswered(centre: &Sandbox, text: &str) {
    let mut wire = Wire::http(&centre.url());
    wire.send(text);
    wire.patience(Duration::from_millis(100));
    let (bytes, ended) = wire.read_to_end();
    assert!(bytes.is_empty());
    let kind = ended.unwrap_err().kind();
    assert!(
        matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{kind}"
    );
}

#[test]
fn a_channel_that_is_silent() {
    let centre = centre();
    let certificate = certificate(&centre, "signed-1");
    let charge = |query: &str| {
        let path = format!("/sandbox/channel/charge{query}");
        post(&path, &order(&certificate).to_string())
    };
    let switch = |mode: &str| channel(&centre, "mode", &json!({ "mode": mode }));

    assert_eq!(switch("silent").json(), json!({"mode": "silent"}));
    unanswered(&centre, &charge(""));
    unanswered(&centre, &getting(QUERY));
    // One request may have its own mode; and the switch itself always answers.
    let asked = get(&centre, &format!("{QUERY}&mode=normal"));
    assert_eq!(asked.json()["charged"], false);
    assert!(centre.channel().charges().is_empty());

    assert_eq!(switch("silent-after").status, 200);
    unanswered(&centre, &charge(""));
    wait_for(|| centre.channel().charges().len() == 1);

    assert_eq!(switch("normal").status, 200);
    assert_eq!(
        get(&centre, QUERY).json()["charges"][0]["certificate"],
        *certificate
    );
    unanswered(&centre, &charge("?mode=silent"));
    assert_eq!(
        refused(&exchange(&centre.url(), &charge(""))),
        "used_certificate"
    );

    assert_eq!(switch("deaf").status, 400);
    assert_eq!(exchange(&centre.url(), &charge("?mode=deaf")).status, 400);
    assert_eq!(get(&centre, "/sandbox/channel").json()["mode"], "normal");
}

#[test]
fn a_slow_channel_charges_at_once_and_answers_late() {
    let centre = centre();
    let certificate = certificate(&centre, "signed-1");
    centre.channel().set_mode(Mode::Slow(3_600_000));
    unanswered(
        &centre,
        &post("/sandbox/channel/charge", &order(&certificate).to_string()),
    );
    wait_for(|| centre.channel().charges().len() == 1);
    assert_eq!(
        get(&centre, "/sandbox/channel").json()["mode"],
        "slow-3600000"
    );
    // It does answer in the end.
    let asked = get(&centre, &format!("{QUERY}&mode=slow-1"));
    assert_eq!(asked.json()["charges"][0]["certificate"], *certificate);
    assert_eq!(
        channel(&centre, "mode", &json!({"mode": "slow"})).json(),
        json!({"mode": "slow-2000"})
    );
}

#[test]
fn clearing_forgets_the_channel_too() {
    let centre = centre();
    let certificate = certificate(&centre, "signed-1");
    channel(&centre, "charge", &order(&certificate));
    centre.channel().set_mode(Mode::Slow(1));
    centre.clear();
    assert_eq!(
        get(&centre, "/sandbox/channel").json(),
        json!({"mode": "normal", "charges": []})
    );
    assert_eq!(
        refused(&channel(&centre, "charge", &order(&certificate))),
        "unknown_certificate"
    );
}

#[test]
fn a_certificate_is_known_as_long_as_its_entry() {
    let centre = Sandbox::start(Options {
        ledger_max: 2,
        ..Default::default()
    })
    .unwrap();
    let [first, second, third] =
        ["signed-1", "signed-2", "signed-3"].map(|token| certificate(&centre, token));
    assert_eq!(
        refused(&channel(&centre, "charge", &order(&first))),
        "unknown_certificate"
    );
    for certificate in [second, third] {
        assert_eq!(
            channel(&centre, "charge", &order(&certificate)).json()["charged"],
            true
        );
    }
}
