//! Every branch of both documents' flows, through the C interface: 0 only for `settle` and
//! `charge`, and what to do next at every other end.

mod common;

use common::front::{Act, front};
use common::wire::wait_for;
use common::{Client, Reply, centre, config_with, fault, library, request, times, transaction};
use evoucher::catalogue::codes::*;
use evoucher_sandbox::Sandbox;
use serde_json::{Value, json};
use std::ffi::{CStr, c_char, c_void};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// A client that asks every few milliseconds and gives up after a second.
fn client(url: &str) -> Client {
    let verify = json!({ "intervalMs": 5, "timeoutMs": 1000 });
    library().open(&config_with(url, json!({ "verify": verify })))
}

/// The services that took effect, in their order.
fn processed(centre: &Sandbox) -> Vec<String> {
    let ledger = centre.ledger();
    ledger
        .iter()
        .map(|entry| entry.service.to_string())
        .collect()
}

fn ended(reply: &Reply, code: i32, delivery: &str, next: &str) {
    assert_eq!(reply.returned, code, "{reply:?}");
    assert_eq!(reply.at("code"), code.to_string());
    assert_eq!(reply.at("delivery"), delivery, "{reply:?}");
    assert_eq!(reply.at("next"), next, "{reply:?}");
    let is_yes = matches!(next, "settle" | "charge");
    assert_eq!(
        code == 0,
        is_yes,
        "0 for settle and charge, and for nothing else"
    );
}

fn verify(client: &Client, token: &str) -> Reply {
    client.call("ev_verify_password", &request(token))
}

fn pay(client: &Client, token: &str, serial: &str, amount: &str) -> Reply {
    client.call("ev_one_code_pay", &transaction(token, serial, amount))
}

#[test]
fn verified_after_some_questions() {
    let centre = centre();
    let client = client(&centre.url());
    let reply = verify(&client, "auto3-a");
    ended(&reply, 0, "answered", "settle");
    assert_eq!(reply.at("service"), "verifyPassword");
    assert_eq!(reply.at("data.verified"), "true");
    assert_eq!(reply.at("data.attempts"), "3");
    assert_eq!(reply.at("data.notcFlag"), "1");
    assert_eq!(reply.at("data.checkStas"), "1");
    let story = reply.json();
    let steps = story["data"]["steps"].as_array().unwrap();
    let told: Vec<_> = steps
        .iter()
        .map(|step| {
            (
                step["service"].as_str().unwrap(),
                step["state"].as_str(),
                step["times"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("tokenPwdCheckNotc", Some("1"), Some(1)),
            ("tokenPwdStas", Some("0"), Some(2)),
            ("tokenPwdStas", Some("1"), Some(1)),
        ]
    );
    assert_eq!(
        processed(&centre),
        [
            "tokenPwdCheckNotc",
            "tokenPwdStas",
            "tokenPwdStas",
            "tokenPwdStas"
        ]
    );
    assert!(
        centre.ledger().iter().all(|entry| entry.token == "auto3-a"),
        "one token throughout"
    );
    // The status is asked for with what belongs to it.
    let asked: Value = serde_json::from_str(&centre.requests()[1].opened.clone().unwrap()).unwrap();
    assert_eq!(asked.get("orgName"), None);
    assert_eq!(
        asked["opterId"], "0001",
        "what no document lists is passed on"
    );
}

#[test]
fn no_password_needed_at_either_step() {
    let centre = centre();
    let client = client(&centre.url());
    for (token, services) in [("nopwd", 1), ("nopwdstas", 2)] {
        centre.clear();
        let reply = verify(&client, token);
        ended(&reply, 0, "answered", "settle");
        assert!(
            reply.at("message").contains("无需参保人输入密码"),
            "{reply:?}"
        );
        assert_eq!(processed(&centre).len(), services);
    }
}

#[test]
fn a_notice_that_was_not_delivered_ends_it() {
    let centre = centre();
    let client = client(&centre.url());
    for (token, code, next) in [
        ("notcfail", EV_NOT_VERIFIED, "resend"),
        ("pwd-flagX", EV_NOT_VERIFIED, "offline_check"),
        ("code500319", 500_319, "resend"),
        ("code500318", 500_318, "other_app"),
        ("code500321", 500_321, "other_app"),
        ("codem2", -2, "offline_check"),
        ("codem6", -6, "retry_later"),
    ] {
        centre.clear();
        ended(&verify(&client, token), code, "answered", next);
        assert_eq!(processed(&centre), ["tokenPwdCheckNotc"], "{token}");
    }
    let mut request = request("auto1");
    request["orgName"] = "".into();
    ended(
        &client.call("ev_verify_password", &request),
        EV_INVALID_REQUEST,
        "not_sent",
        "fix_request",
    );
}

#[test]
fn out_of_time() {
    let centre = centre();
    let verify = json!({ "verify": { "intervalMs": 20, "timeoutMs": 100 } });
    let client = library().open(&config_with(centre.url(), verify));
    let reply = self::verify(&client, "pwd");
    ended(&reply, EV_NOT_VERIFIED, "answered", "resend");
    assert_eq!(reply.at("data.checkStas"), "0");
}

/// The centre limits how often it is asked (B §1.9: -6, 500084).
#[test]
fn time_that_is_left_is_not_used_for_a_question_too_soon() {
    let centre = centre();
    let quick = json!({ "verify": { "intervalMs": 400, "timeoutMs": 1000 } });
    let client = library().open(&config_with(centre.url(), quick));
    let reply = verify(&client, "pwd-soon");
    assert_eq!(reply.at("next"), "resend");
    // At 400 and at 800 ms, at the soonest.
    let attempts: u32 = reply.at("data.attempts").parse().unwrap();
    assert!((1..=2).contains(&attempts), "{attempts}");
}

#[test]
fn a_notice_of_unknown_outcome_is_asked_for_and_not_sent_again() {
    let centre = centre();
    for (act, token, code, next, delivery) in [
        // It had arrived, and the patient verifies.
        (Act::Swallow, "auto2", 0, "settle", "answered"),
        // It had not: the patient has to be led to the offline check.
        (
            Act::Drop,
            "pwd",
            EV_NOT_VERIFIED,
            "offline_check",
            "answered",
        ),
    ] {
        centre.clear();
        let server = front(&centre.url(), move |service, _| {
            if service == "tokenPwdCheckNotc" {
                act
            } else {
                Act::Pass
            }
        });
        let verify = json!({ "verify": { "intervalMs": 5, "timeoutMs": 300 } });
        let client = library().open(&config_with(server.url(), verify));
        ended(&self::verify(&client, token), code, delivery, next);
        assert!(times(&centre, "tokenPwdCheckNotc") <= 1);
    }
    // Nothing was sent at all: nothing to ask for.
    let client = client(&centre.refusing_url());
    ended(
        &verify(&client, "auto1"),
        EV_CONNECT,
        "not_sent",
        "offline_check",
    );
}

#[test]
fn lost_questions_and_rate_limits_are_got_over() {
    let centre = centre();
    let server = front(&centre.url(), |service, before| match (service, before) {
        ("tokenPwdStas", 0) => Act::Drop,
        ("tokenPwdStas", 1) => Act::Swallow,
        ("tokenPwdStas", 2) => Act::Say(-6),
        ("tokenPwdStas", 3) => Act::Say(500_084),
        ("tokenPwdStas", 4) => Act::Say(-3),
        _ => Act::Pass,
    });
    let client = client(&server.url());
    let reply = verify(&client, "auto3");
    ended(&reply, 0, "answered", "settle");
    // A question that can never be answered ends it.
    let server = front(&centre.url(), |service, _| match service {
        "tokenPwdStas" => Act::Say(-4),
        _ => Act::Pass,
    });
    ended(
        &verify(&self::client(&server.url()), "pwd"),
        -4,
        "answered",
        "offline_check",
    );
}

#[test]
fn the_gate() {
    let centre = centre();
    let client = client(&centre.url());
    client.notc("auto1-ok");
    let gate = |request: &Value| client.call("ev_settle_gate", request);
    let base = json!({ "settlement": true, "orgCodg": "H35010000001" });
    for (more, code, next, reason) in [
        (
            json!({"settlement": false}),
            0,
            "settle",
            "not_a_settlement",
        ),
        (
            json!({"credential": "terminal_face"}),
            0,
            "settle",
            "terminal_face",
        ),
        (
            json!({"credential": "card", "method": "terminal", "offlineVerified": true}),
            0,
            "settle",
            "offline_verified",
        ),
        (
            json!({"credential": "card", "method": "library", "offlineVerified": true}),
            0,
            "settle",
            "offline_verified",
        ),
        (
            json!({"credential": "qrcode", "method": "terminal", "offlineVerified": true}),
            0,
            "settle",
            "offline_verified",
        ),
        (
            json!({"credential": "qrcode", "method": "library", "offlineVerified": true}),
            0,
            "settle",
            "offline_verified",
        ),
        (
            json!({"credential": "qrcode", "method": "online", "token": "auto1-ok"}),
            0,
            "settle",
            "verified",
        ),
        (
            json!({"credential": "qrcode", "method": "online", "token": "nopwd"}),
            0,
            "settle",
            "no_password_needed",
        ),
        (
            json!({"credential": "qrcode", "method": "online", "token": "pwd"}),
            EV_NOT_ALLOWED,
            "wait",
            "not_verified",
        ),
        (
            json!({"credential": "qrcode", "method": "online", "token": "pwd-flagX"}),
            EV_NOT_ALLOWED,
            "offline_check",
            "not_verified",
        ),
        // What the terminal says does not count where the online method was chosen.
        (
            json!({"credential": "qrcode", "method": "online", "token": "pwd", "offlineVerified": true}),
            EV_NOT_ALLOWED,
            "wait",
            "not_verified",
        ),
        (
            json!({"credential": "qrcode", "method": "online", "token": "code500001"}),
            EV_NOT_ALLOWED,
            "rescan",
            "no_answer",
        ),
        (
            json!({"credential": "qrcode", "method": "online", "token": "pwd-noflag"}),
            EV_NOT_ALLOWED,
            "wait",
            "no_answer",
        ),
        (
            json!({"credential": "qrcode", "method": "online", "token": "auto1-fault.process-close"}),
            EV_NOT_ALLOWED,
            "wait",
            "no_answer",
        ),
        (
            json!({"credential": "qrcode", "method": "online", "token": "auto1-fault.duplicate-key"}),
            EV_NOT_ALLOWED,
            "wait",
            "no_answer",
        ),
        (
            json!({"credential": "qrcode", "method": "online"}),
            EV_NOT_ALLOWED,
            "fix_request",
            "no_answer",
        ),
        (
            json!({"credential": "card", "method": "online", "token": "auto1-ok"}),
            EV_NOT_ALLOWED,
            "offline_check",
            "online_needs_qrcode",
        ),
        (
            json!({"credential": "card", "method": "terminal"}),
            EV_NOT_ALLOWED,
            "offline_check",
            "offline_not_verified",
        ),
        (
            json!({"credential": "card", "method": "terminal", "offlineVerified": "true"}),
            EV_NOT_ALLOWED,
            "offline_check",
            "offline_not_verified",
        ),
        (
            json!({"credential": "card", "method": "terminal", "offlineVerified": 1}),
            EV_NOT_ALLOWED,
            "offline_check",
            "offline_not_verified",
        ),
        (
            json!({"credential": "card", "method": "fax", "offlineVerified": true}),
            EV_NOT_ALLOWED,
            "fix_request",
            "unknown_method",
        ),
        (
            json!({"credential": "qrcode"}),
            EV_NOT_ALLOWED,
            "fix_request",
            "unknown_method",
        ),
        (
            json!({"credential": "QRCODE", "method": "terminal", "offlineVerified": true}),
            EV_NOT_ALLOWED,
            "fix_request",
            "unknown_credential",
        ),
        (
            json!({"offlineVerified": true}),
            EV_NOT_ALLOWED,
            "fix_request",
            "unknown_credential",
        ),
    ] {
        let mut request = base.clone();
        request
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let reply = gate(&request);
        assert_eq!(reply.returned, code, "{more}: {reply:?}");
        assert_eq!(reply.at("next"), next, "{more}");
        assert_eq!(reply.at("data.reason"), reason, "{more}");
        assert_eq!(reply.at("data.allow"), (code == 0).to_string(), "{more}");
    }
    for wrong in [
        json!({}),
        json!({"settlement": "true"}),
        json!({"settlement": 1}),
        json!({"settlement": null}),
    ] {
        assert_eq!(gate(&wrong).returned, EV_INVALID_REQUEST, "{wrong}");
    }
    let dead = self::client(&centre.refusing_url());
    let online = json!({"settlement": true, "credential": "qrcode", "method": "online",
        "token": "auto1-ok", "orgCodg": "H35010000001"});
    let reply = dead.call("ev_settle_gate", &online);
    ended(&reply, EV_NOT_ALLOWED, "not_sent", "wait");
    assert_eq!(reply.at("data.statusCode"), EV_CONNECT.to_string());
}

#[test]
fn one_code_pay() {
    let centre = centre();
    let client = client(&centre.url());
    let reply = pay(&client, "signed", "SN-5", "12.30");
    ended(&reply, 0, "answered", "charge");
    assert!(!reply.at("data.payCert").is_empty());
    assert_eq!(
        reply.at("data.ownPaySetlAmt"),
        "12.30",
        "the caller's own digits"
    );
    assert_eq!(reply.at("data.fixmedinsTrnsSn"), "SN-5");
    assert_eq!(reply.at("data.payChnlName"), "微信支付");
    assert_eq!(processed(&centre), ["signedQuery", "genPayCert"]);
    let asked: Value = serde_json::from_str(&centre.requests()[0].opened.clone().unwrap()).unwrap();
    assert_eq!(
        asked.get("ownPaySetlAmt"),
        None,
        "what belongs to genPayCert only"
    );

    for (token, code, next) in [
        ("unsigned", EV_CANNOT_PAY, "other_payment"),
        ("blocked", EV_CANNOT_PAY, "other_payment"),
        ("signed-flagX", EV_CANNOT_PAY, "other_payment"),
        ("code500243", 500_243, "other_payment"),
        ("code500244", 500_244, "other_payment"),
        ("codem6", -6, "retry_later"),
    ] {
        centre.clear();
        let reply = pay(&client, token, "SN-2", "12.30");
        ended(&reply, code, "answered", next);
        assert_eq!(reply.json()["data"]["payCert"], json!(null));
        assert_eq!(reply.at("data.charge"), "false");
        assert_eq!(
            processed(&centre),
            ["signedQuery"],
            "{token}: no certificate was asked for"
        );
    }
    assert!(pay(&client, "blocked", "SN-3", "1").at("data.abnRea").len() > 1);
    // What stasFlag says, in the documents' words (A 1.5.1).
    for (token, says) in [
        ("unsigned", "未签约"),
        ("blocked", "已签约但不可用"),
        ("signed-flagX", "不在文档之列"),
    ] {
        let message = pay(&client, token, "SN-3", "1").at("message");
        assert!(message.contains(says), "{token}: {message}");
    }
    // The amount is judged before anything is sent.
    centre.clear();
    for amount in ["0", "12.345", ""] {
        ended(
            &pay(&client, "signed", "SN-4", amount),
            EV_INVALID_REQUEST,
            "not_sent",
            "fix_request",
        );
    }
    assert_eq!(centre.seen(), 0);
}

#[test]
fn the_centre_dies_at_each_step_of_paying() {
    for (victim, act, code, delivery, next, certificates) in [
        (
            "signedQuery",
            Act::Drop,
            EV_CONNECTION_LOST,
            "unknown",
            "retry_later",
            0,
        ),
        (
            "signedQuery",
            Act::Swallow,
            EV_CONNECTION_LOST,
            "unknown",
            "retry_later",
            0,
        ),
        (
            "genPayCert",
            Act::Drop,
            EV_CONNECTION_LOST,
            "unknown",
            "retry",
            0,
        ),
        (
            "genPayCert",
            Act::Swallow,
            EV_CONNECTION_LOST,
            "unknown",
            "retry",
            1,
        ),
    ] {
        let centre = centre();
        let alive = Arc::new(Mutex::new(false));
        let back = Arc::clone(&alive);
        let server = front(&centre.url(), move |service, _| {
            if service == victim && !*alive.lock().unwrap() {
                act
            } else {
                Act::Pass
            }
        });
        let client = client(&server.url());
        let serial = format!("dies-{victim}-{act:?}");
        ended(
            &pay(&client, "signed", &serial, "12.30"),
            code,
            delivery,
            next,
        );
        let issued = || times(&centre, "genPayCert");
        assert_eq!(issued(), certificates, "{victim} {act:?}");

        *back.lock().unwrap() = true;
        if victim == "genPayCert" {
            // A certificate may be out there for 12.30: nothing else may be asked for.
            let other = pay(&client, "signed", &serial, "12.31");
            ended(&other, EV_DUPLICATE, "not_sent", "fix_request");
            assert_eq!(issued(), certificates);
        }
        ended(
            &pay(&client, "signed", &serial, "12.3"),
            0,
            "answered",
            "charge",
        );
    }
}

#[test]
fn the_same_transaction_with_another_amount() {
    let centre = centre();
    let client = client(&centre.url());
    let certificate = |token: &str, serial: &str, amount: &str| {
        client.call("ev_gen_pay_cert", &transaction(token, serial, amount))
    };
    assert_eq!(certificate("signed", "A", "1").returned, 0);
    assert_eq!(
        certificate("signed", "A", "1.00").returned,
        EV_ISSUED_BEFORE,
        "nobody said what became of it"
    );
    assert_eq!(certificate("signed", "A", "2").returned, EV_DUPLICATE);
    assert_eq!(
        pay(&client, "signed", "A", "2").returned,
        EV_DUPLICATE,
        "service and flow alike"
    );
    assert_eq!(
        certificate("signed", "B", "2").returned,
        0,
        "another transaction"
    );
    // After the centre's refusal the amount may change, and before anything was sent.
    assert_eq!(certificate("unsigned", "C", "1").returned, 500_243);
    assert_eq!(certificate("unsigned", "C", "2").returned, 500_243);
    assert_eq!(certificate("signed", "C", "3").returned, 0);
    // But a refusal does not undo what was issued before.
    let failed = json!({
        "orgCodg": "H35010000001", "fixmedinsTrnsSn": "A",
        "ownPaySetlAmt": "1", "outcome": "failed",
    });
    assert_eq!(client.call("ev_report_charge", &failed).returned, 0);
    assert_eq!(certificate("unsigned", "A", "1").returned, 500_243);
    assert_eq!(certificate("signed", "A", "2").returned, EV_DUPLICATE);
    // The path is the service.
    let other = transaction("signed", "A", "12.30").to_string();
    let reply = client.call_path("/cfc/api/genPayCert", &other);
    assert_eq!(reply.returned, EV_DUPLICATE);
}

#[test]
fn a_double_click_reaches_the_centre_once() {
    let centre = centre();
    let client = client(&fault(&centre, "slow-300"));
    let barrier = std::sync::Barrier::new(5);
    let codes: Vec<i32> = thread::scope(|scope| {
        let clicks: Vec<_> = (0..5)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    let request = transaction("signed", "clicked", "12.30");
                    client.call("ev_gen_pay_cert", &request).returned
                })
            })
            .collect();
        clicks
            .into_iter()
            .map(|click| click.join().unwrap())
            .collect()
    });
    assert_eq!(processed(&centre), ["genPayCert"]);
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [EV_DUPLICATE, EV_DUPLICATE, EV_DUPLICATE, EV_DUPLICATE, 0]
    );
}

/// The second click comes a quarter of a second later, when the first one's question is still in
/// the centre: nothing of it may be sent.
#[test]
fn a_double_click_on_the_flow_gets_one_certificate() {
    let centre = centre();
    let client = client(&fault(&centre, "slow-300"));
    thread::scope(|scope| {
        let first = scope.spawn(|| pay(&client, "signed", "click", "12.30"));
        wait_for("the first click's question", || {
            !processed(&centre).is_empty()
        });
        for amount in ["12.30", "12.31"] {
            let second = pay(&client, "signed", "click", amount);
            ended(&second, EV_DUPLICATE, "not_sent", "retry_later");
            assert_eq!(second.json()["data"]["charge"], false);
        }
        ended(&first.join().unwrap(), 0, "answered", "charge");
    });
    assert_eq!(processed(&centre), ["signedQuery", "genPayCert"]);
}

/// PowerBuilder and VB6 windows open and close a client of their own.
#[test]
fn closing_a_client_forgets_no_amount() {
    let centre = centre();
    let ask = |amount: &str| {
        let client = client(&centre.url());
        pay(&client, "signed", "closed", amount)
    };
    ended(&ask("12.30"), 0, "answered", "charge");
    ended(&ask("12.31"), EV_DUPLICATE, "not_sent", "confirm_charge");
    // Another orgId's transactions are its own.
    let other = json!({ "orgId": "other" });
    let client = library().open(&config_with(centre.url(), other));
    assert_eq!(pay(&client, "signed", "closed", "12.31").returned, -4);
}

/// What was never asked for holds no amount.
#[test]
fn a_flow_that_ends_before_the_certificate_leaves_the_amount_free() {
    let centre = centre();
    let client = client(&centre.url());
    assert_eq!(
        pay(&client, "unsigned", "free", "1").returned,
        EV_CANNOT_PAY
    );
    let stop = |event: &Value| i32::from(event["step"] == "signedQuery");
    let (reply, _) = listening(&client, stop, || pay(&client, "signed", "free", "2"));
    ended(&reply, EV_CANCELLED, "answered", "retry_later");
    ended(
        &pay(&client, "signed", "free", "3"),
        0,
        "answered",
        "charge",
    );
}

/// Pressed before the flow's thread ran: its progress function sees that before anything is sent.
#[test]
fn a_cancel_before_the_flow_began_is_not_lost() {
    let centre = centre();
    let client = client(&centre.url());
    for (function, next) in [
        ("ev_verify_password", "resend"),
        ("ev_settle_gate", "wait"),
        ("ev_one_code_pay", "retry_later"),
    ] {
        let stop = |event: &Value| i32::from(event["step"] == "begin");
        let mut request = request("auto1-signed");
        request["settlement"] = true.into();
        request["credential"] = "qrcode".into();
        request["method"] = "online".into();
        let (reply, events) = listening(&client, stop, || client.call(function, &request));
        ended(&reply, EV_CANCELLED, "not_sent", next);
        assert_eq!(events.len(), 1, "{function}");
    }
    assert_eq!(centre.seen(), 0);
}

#[test]
fn a_flow_that_is_cancelled_counts_once() {
    let centre = centre();
    let client = client(&fault(&centre, "silence"));
    for (function, code) in [
        ("ev_verify_password", EV_CANCELLED),
        ("ev_settle_gate", EV_CANCELLED),
        ("ev_one_code_pay", EV_CANCELLED),
    ] {
        centre.clear();
        let mut request = request("auto1-signed");
        request["settlement"] = true.into();
        request["credential"] = "qrcode".into();
        request["method"] = "online".into();
        let client = &client;
        thread::scope(|scope| {
            let flow = scope.spawn(move || client.call(function, &request));
            wait_for(function, || centre.seen() > 0);
            library().cancel(client.handle, Some("auto1-signed"));
            assert_eq!(library().last_reply().at("data.cancelled"), "1");
            assert_eq!(flow.join().unwrap().returned, code, "{function}");
        });
    }
}

type Events = Mutex<(Vec<Value>, Box<dyn FnMut(&Value) -> i32 + Send>)>;

/// The progress function of these tests: keeps what it is told, and answers as it was made to.
#[expect(unsafe_code, reason = "called by C code")]
unsafe extern "C" fn listen(user: *mut c_void, event: *const c_char) -> i32 {
    // SAFETY: `user` is what `listening` gave, and alive while the flow runs.
    let events = unsafe { &*user.cast::<Events>() };
    // SAFETY: the library's text has its NUL.
    let event = unsafe { CStr::from_ptr(event) }.to_str().unwrap();
    let event: Value = serde_json::from_str(event).unwrap();
    let (told, answer) = &mut *events.lock().unwrap();
    let code = answer(&event);
    told.push(event);
    code
}

/// Runs something while this thread's flows on the client tell `answer` of their steps.
#[expect(unsafe_code, reason = "calls C functions")]
fn listening(
    client: &Client,
    answer: impl FnMut(&Value) -> i32 + Send + 'static,
    work: impl FnOnce() -> Reply,
) -> (Reply, Vec<Value>) {
    type Function = Option<unsafe extern "C" fn(*mut c_void, *const c_char) -> i32>;
    type OnProgress = unsafe extern "C" fn(i32, Function, *mut c_void) -> i32;
    let on_progress = library().function::<OnProgress>("ev_on_progress");
    let events: Events = Mutex::new((Vec::new(), Box::new(answer)));
    let user = (&raw const events).cast_mut().cast();
    // SAFETY: `events` outlives the flow, and the function is ended below.
    assert_eq!(unsafe { on_progress(client.handle, Some(listen), user) }, 0);
    let reply = work();
    // SAFETY: NULL ends it.
    let ended = unsafe { on_progress(client.handle, None, std::ptr::null_mut()) };
    assert_eq!(ended, 0);
    (reply, events.into_inner().unwrap().0)
}

#[test]
fn progress_is_told_on_the_callers_thread() {
    let centre = centre();
    let client = client(&centre.url());
    let here = thread::current().id();
    let (reply, events) = listening(
        &client,
        move |_| {
            assert_eq!(thread::current().id(), here);
            0
        },
        || verify(&client, "auto2"),
    );
    assert_eq!(reply.returned, 0);
    let steps: Vec<_> = events
        .iter()
        .map(|event| event["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        steps,
        [
            "begin",
            "tokenPwdCheckNotc",
            "waiting",
            "tokenPwdStas",
            "waiting",
            "tokenPwdStas"
        ]
    );
    assert_eq!(events[5]["next"], "settle");
    assert!(events[2]["remainingMs"].as_u64().unwrap() <= 1000);
    // Nobody listens any more.
    assert_eq!(verify(&client, "auto1-b").returned, 0);
}

#[test]
fn a_progress_function_can_end_the_flow() {
    let centre = centre();
    let client = client(&centre.url());
    let stop = |event: &Value| i32::from(event["step"] == "waiting");
    let (reply, _) = listening(&client, stop, || verify(&client, "pwd"));
    ended(&reply, EV_CANCELLED, "answered", "resend");
    assert_eq!(processed(&centre), ["tokenPwdCheckNotc"]);
}

#[test]
fn a_cancel_ends_a_wait_and_no_other_patients() {
    let centre = centre();
    let verify = json!({ "verify": { "intervalMs": 60_000, "timeoutMs": 60_000 } });
    let client = library().open(&config_with(centre.url(), verify));
    let (begun, waiting) = mpsc::channel();
    thread::scope(|scope| {
        let flow = |token: &'static str| {
            let (client, begun) = (&client, begun.clone());
            scope.spawn(move || {
                let tell = move |event: &Value| {
                    if event["step"] == "waiting" {
                        let _ = begun.send(());
                    }
                    0
                };
                listening(client, tell, || self::verify(client, token)).0
            })
        };
        let (first, second) = (flow("pwd-first"), flow("pwd-second"));
        // Each tells once that it waits, and then every second.
        for _ in 0..2 {
            waiting.recv_timeout(Duration::from_secs(30)).unwrap();
        }
        while processed(&centre).len() < 2 {
            waiting.recv_timeout(Duration::from_secs(30)).unwrap();
        }
        library().cancel(client.handle, Some("pwd-first"));
        ended(&first.join().unwrap(), EV_CANCELLED, "answered", "resend");
        assert!(!second.is_finished(), "another patient's flow goes on");
        library().cancel(client.handle, None);
        assert_eq!(second.join().unwrap().returned, EV_CANCELLED);
    });
    // What comes later is not touched.
    assert_eq!(client.stas("pwd-first").returned, 0);
}

#[test]
fn flows_want_a_buffer_for_their_reply() {
    let centre = centre();
    let client = client(&centre.url());
    for function in ["ev_verify_password", "ev_settle_gate", "ev_one_code_pay"] {
        let request = request("auto1-signed").to_string();
        let reply = library().call4(function, client.handle, request.as_bytes(), 1023);
        assert_eq!(reply.returned, EV_INVALID_ARGUMENT, "{function}");
    }
    assert_eq!(centre.seen(), 0);
}
