//! Rule 10 and bad input: what is wrong is named, what would be right is said, and nothing is sent.

mod common;
#[path = "../xtask/src/gen/contract.rs"]
#[expect(dead_code, reason = "the generator needs more")]
mod contract;

use common::{Reply, SERVICES, centre, config, config_with, library, request};
use contract::Kind;
use evoucher::catalogue::codes::*;
use serde_json::{Value, json};
use std::ffi::c_char;
use std::ptr;

type Four = unsafe extern "C" fn(i32, *const c_char, *mut c_char, i32) -> i32;
type Five = unsafe extern "C" fn(i32, *const c_char, *const c_char, *mut c_char, i32) -> i32;

const TEXT: *const c_char = c"{}".as_ptr();

/// The functions that take just these.
fn functions(kinds: &[Kind]) -> Vec<String> {
    let all = contract::functions(evoucher::HEADER).unwrap();
    let takes = |arguments: &[(Kind, String)]| arguments.iter().map(|one| one.0).eq(kinds.to_vec());
    let these = all
        .into_iter()
        .filter(|function| takes(&function.arguments));
    let names: Vec<_> = these.map(|function| function.name).collect();
    assert!(names.len() > 1, "{names:?}");
    names
}

#[test]
#[expect(
    unsafe_code,
    reason = "calls C functions with pointers that they must refuse"
)]
fn null_pointers_and_negative_sizes() {
    let client = library().open(&config("http://127.0.0.1:9"));
    let handle = client.handle;
    let mut buffer = [0x55 as c_char; 2048];
    for name in functions(&[Kind::Number, Kind::Text, Kind::Buffer, Kind::Number]) {
        let function = library().function::<Four>(&name);
        for handle in [handle, 12345, 0] {
            // SAFETY: what the function must bear.
            let null = unsafe { function(handle, ptr::null(), buffer.as_mut_ptr(), 2048) };
            assert_eq!(null, EV_INVALID_ARGUMENT, "{name}");
            assert!(library().last_reply().at("message").contains("NULL"));
            // SAFETY: what the function must bear.
            let no_buffer = unsafe { function(handle, TEXT, ptr::null_mut(), 2048) };
            assert_eq!(no_buffer, EV_INVALID_ARGUMENT, "{name}");
            buffer.fill(0x55);
            // SAFETY: what the function must bear.
            let negative = unsafe { function(handle, TEXT, buffer.as_mut_ptr(), -1) };
            assert_eq!(negative, EV_INVALID_ARGUMENT, "{name}");
            assert!(buffer.iter().all(|byte| *byte == 0x55), "{name} wrote");
        }
    }
    let five = [
        Kind::Number,
        Kind::Text,
        Kind::Text,
        Kind::Buffer,
        Kind::Number,
    ];
    for name in functions(&five) {
        let function = library().function::<Five>(&name);
        for (first, second) in [(ptr::null(), TEXT), (TEXT, ptr::null())] {
            // SAFETY: what the function must bear.
            let null = unsafe { function(handle, first, second, buffer.as_mut_ptr(), 2048) };
            assert_eq!(null, EV_INVALID_ARGUMENT, "{name}");
        }
        // SAFETY: what the function must bear.
        let negative = unsafe { function(handle, TEXT, TEXT, buffer.as_mut_ptr(), -5) };
        assert_eq!(negative, EV_INVALID_ARGUMENT, "{name}");
    }
    type Open = unsafe extern "C" fn(*const c_char, *mut i32) -> i32;
    let open = library().function::<Open>("ev_open");
    let mut opened = 7;
    // SAFETY: what the function must bear.
    let code = unsafe { open(ptr::null(), &raw mut opened) };
    assert_eq!(code, EV_INVALID_ARGUMENT);
    assert_eq!(opened, -1);
    // SAFETY: what the function must bear.
    assert_eq!(unsafe { open(TEXT, ptr::null_mut()) }, EV_INVALID_ARGUMENT);
    type Last = unsafe extern "C" fn(*mut c_char, i32) -> i32;
    let last = library().function::<Last>("ev_last_reply");
    // SAFETY: what the function must bear.
    assert_eq!(unsafe { last(ptr::null_mut(), 10) }, EV_INVALID_ARGUMENT);
    // SAFETY: what the function must bear.
    let code = unsafe { last(buffer.as_mut_ptr(), -10) };
    assert_eq!(code, EV_INVALID_ARGUMENT);
}

/// Requests that no service takes, and what the English message must say of each.
fn bad_requests() -> Vec<(String, &'static [&'static str])> {
    let with = |name: &str, value: Value| {
        let mut request = request("auto1-signed");
        request[name] = value;
        request.to_string()
    };
    let whole = request("auto1-signed").to_string();
    let deep = format!("{{\"token\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    vec![
        ("{}".into(), &["token is missing", "1 to 40 characters"]),
        (
            with("orgCodg", "测".repeat(41).into()),
            &["orgCodg has 41 characters"],
        ),
        (with("orgCodg", json!(null)), &["orgCodg must be a string"]),
        (with("orgCodg", json!("")), &["orgCodg must be a string"]),
        ("".into(), &["not a JSON object"]),
        ("[]".into(), &["not a JSON object"]),
        ("token=1&orgCodg=2".into(), &["not a JSON object"]),
        (whole.replace('}', ""), &["not valid JSON", "line 1"]),
        (format!("{whole} {whole}"), &["not valid JSON"]),
        (whole.replacen('"', "'", 2), &["not valid JSON"]),
        (deep, &["nested too deep"]),
        (
            whole.replacen('{', "{\"orgCodg\":\"P1\",", 1),
            &["field orgCodg comes twice"],
        ),
        (
            whole.replacen('{', "{\"x\":{\"y\":1,\"y\":2},", 1),
            &["field y comes twice"],
        ),
        // More names than are compared each with each.
        (
            whole.replacen('{', &format!("{{{}\"b9\":0,", numbered_fields()), 1),
            &["field b9 comes twice"],
        ),
    ]
}

fn numbered_fields() -> String {
    (0..20).map(|number| format!("\"b{number}\":0,")).collect()
}

/// What is wrong with the code that the patient shows, a new scan puts right; what is wrong beside
/// it, or a program that sends no token, a new scan does not.
#[test]
fn a_bad_token_is_scanned_again() {
    let centre = centre();
    let client = library().open(&config_with(centre.url(), json!({ "language": "en" })));
    let functions = SERVICES.map(|(_, function)| function);
    let flows = ["ev_verify_password", "ev_one_code_pay"];
    let said = |reply: &Reply, next: &str, says: &str| {
        assert_eq!(reply.returned, EV_INVALID_REQUEST, "{reply:?}");
        assert_eq!(reply.at("delivery"), "not_sent");
        assert_eq!(reply.at("next"), next, "{reply:?}");
        assert!(reply.at("message").contains(says), "{says:?} in {reply:?}");
    };
    for (token, says) in [
        (json!("x".repeat(41)), "token has 41 characters, 40 at most"),
        (json!(""), "token must be a string of 1 to 40 characters"),
        (
            json!(" \r\n"),
            "token must be a string of 1 to 40 characters",
        ),
        (
            json!("12 34"),
            "token must be a string of 1 to 40 characters without white space",
        ),
        (json!("12\n34"), "without white space"),
        (json!("12\u{3000}34"), "without white space"),
        (json!(null), "token must be a string"),
        (json!(17), "token must be a string"),
        (json!({"a": 1}), "token must be a string"),
    ] {
        let mut request = request("");
        request["token"] = token.clone();
        for function in functions.into_iter().chain(flows) {
            said(&client.call(function, &request), "rescan", says);
        }
        for (service, _) in SERVICES {
            let reply = client.call_path(service, &request.to_string());
            said(&reply, "rescan", says);
        }
        request["orgCodg"] = json!("");
        for function in functions.into_iter().chain(flows) {
            said(&client.call(function, &request), "fix_request", says);
        }
        request["orgCodg"] = json!("H35010000001");
        let gate = json!({
            "settlement": true, "credential": "qrcode", "method": "online",
            "token": token, "orgCodg": "H35010000001",
        });
        let reply = client.call("ev_settle_gate", &gate);
        assert_eq!(reply.returned, EV_NOT_ALLOWED);
        assert_eq!(reply.at("next"), "rescan", "{reply:?}");
    }
    let mut none = request("");
    none.as_object_mut().unwrap().remove("token");
    for function in functions.into_iter().chain(flows) {
        said(
            &client.call(function, &none),
            "fix_request",
            "token is missing",
        );
    }
    assert_eq!(centre.seen(), 0);
}

/// What goes out for a request that is as good as right.
#[test]
fn what_means_nothing_does_not_go_out() {
    let centre = centre();
    let defaults = json!({ "opterId": "9", "opterName": "\"李四\"" });
    let client = library().open(&config_with(centre.url(), json!({ "defaults": defaults })));
    let sent = |function: &str, request: &str| {
        centre.clear();
        let reply = client.call_text(function, request);
        let seen = centre.requests().pop();
        seen.unwrap_or_else(|| panic!("{reply:?}")).opened.unwrap()
    };
    let notice = "ev_token_pwd_check_notc";
    // A scanner ends with CR LF; the other values stay to the letter, in their order.
    for space in ["\\r\\n", " ", "\\t", "\\u3000", "  "] {
        let given = format!(
            "{{ \"token\":\"{space}pwd-1{space}\", \"x\" : [1E5, 12.30] ,\"orgCodg\":\" H1 \",\"orgName\":\"测\\u8bd5\"}}"
        );
        assert_eq!(
            sent(notice, &given),
            "{\"token\":\"pwd-1\",\"x\":[1E5, 12.30],\"orgCodg\":\" H1 \",\"orgName\":\"测\\u8bd5\"}"
        );
    }
    // An optional field of nothing is none.
    for nothing in ["null", "\"\"", "\" \""] {
        for (given, expected) in [
            (
                "{\"totalAmount\":?,\"token\":\"pwd\",\"orgCodg\":\"H1\",\"orgName\":\"n\"}",
                "",
            ),
            (
                "{\"token\":\"pwd\",\"totalAmount\":?,\"orgCodg\":\"H1\",\"orgName\":\"n\"}",
                "",
            ),
            (
                "{\"token\":\"pwd\",\"orgCodg\":\"H1\",\"orgName\":\"n\",\"totalAmount\":?,\"y\":null}",
                ",\"y\":null",
            ),
        ] {
            assert_eq!(
                sent(notice, &given.replace('?', nothing)),
                format!("{{\"token\":\"pwd\",\"orgCodg\":\"H1\",\"orgName\":\"n\"{expected}}}")
            );
        }
    }
    // A BigDecimal (B 1.7.1) goes out as a number, with its own digits.
    for (given, number) in [
        ("\"100.50\"", "100.50"),
        ("\" 0012.300\\r\\n\"", "12.300"),
        ("\"00.5\"", "0.5"),
        ("\"000\"", "0"),
        ("1234567890123456789.10", "1234567890123456789.10"),
    ] {
        let written = |total: &str| {
            format!(
                "{{\"token\":\"pwd\",\"totalAmount\":{total},\"orgCodg\":\"H1\",\"orgName\":\"n\"}}"
            )
        };
        assert_eq!(sent(notice, &written(given)), written(number));
    }
    // A null that has a default is filled, in its place.
    let given = "{\"token\":\"signed\",\"opterName\":null,\"orgCodg\":\"H1\",\"orgName\":\"n\",\"devId\":\"d\",\"devIP\":\"i\"}";
    assert_eq!(
        sent("ev_signed_query", given),
        given
            .replace("null", "\"\\\"李四\\\"\"")
            .replace('}', ",\"opterId\":\"9\"}")
    );
    // The name of a hospital is as long as it is.
    let long = "院".repeat(200);
    for function in [
        notice,
        "ev_signed_query",
        "ev_gen_pay_cert",
        "ev_verify_password",
    ] {
        let mut request = request("nopwd");
        request["orgName"] = long.clone().into();
        let reply = client.call(function, &request);
        assert_ne!(reply.returned, EV_INVALID_REQUEST, "{reply:?}");
        request["orgName"] = format!("{long}院").into();
        let reply = client.call(function, &request);
        assert_eq!(reply.returned, EV_INVALID_REQUEST, "{reply:?}");
    }
}

/// The caller's own digits go out, and they alone.
#[test]
fn amounts_go_out_as_they_were_given() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    for (name, function, given, expected) in [
        (
            "ownPaySetlAmt",
            "ev_gen_pay_cert",
            json!("12.3000"),
            json!("12.3000"),
        ),
        (
            "ownPaySetlAmt",
            "ev_gen_pay_cert",
            json!(" 12.3 \r\n"),
            json!("12.3"),
        ),
        (
            "ownPaySetlAmt",
            "ev_gen_pay_cert",
            json!("012.30"),
            json!("012.30"),
        ),
        (
            "ownPaySetlAmt",
            "ev_gen_pay_cert",
            json!("\t1234567890123456.780 "),
            json!("1234567890123456.780"),
        ),
        (
            "totalAmount",
            "ev_token_pwd_check_notc",
            json!(" 12.345\n"),
            json!(12.345),
        ),
        (
            "totalAmount",
            "ev_token_pwd_check_notc",
            json!(12.5),
            json!(12.5),
        ),
    ] {
        let mut request = request("auto1-signed");
        request[name] = given;
        centre.clear();
        client.call(function, &request);
        let seen = centre.requests().pop().unwrap().opened.unwrap();
        request[name] = expected;
        let seen: Value = serde_json::from_str(&seen).unwrap();
        assert_eq!(seen, request);
    }
}

/// Whoever scans the token scans it again to cancel.
#[test]
fn a_token_is_cancelled_as_it_was_scanned() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    for (asked, cancelled) in [("pwd-1\r\n", "pwd-1"), ("pwd-2", "pwd-2\r\n")] {
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| client.call("ev_verify_password", &request(asked)));
            while library().cancel(client.handle, Some(cancelled)) == 0
                && library().last_reply().at("data.cancelled") == "0"
            {
                std::thread::yield_now();
            }
            assert_eq!(waiting.join().unwrap().returned, EV_CANCELLED);
        });
    }
}

#[test]
fn bad_requests_are_named_and_nothing_is_sent() {
    let centre = centre();
    let client = library().open(&config_with(centre.url(), json!({ "language": "en" })));
    for (request, says) in bad_requests() {
        for (_, function) in SERVICES {
            refused(
                &client.call_text(function, &request),
                EV_INVALID_REQUEST,
                says,
            );
        }
    }
    for amount in [
        json!("0"),
        json!(12.30),
        json!("12.345"),
        json!("12.3450"),
        json!("0.000"),
        json!("1 2.30"),
        json!("12.300000000000000000"),
        json!(" "),
        json!(""),
        json!("-1"),
        json!(null),
    ] {
        let mut request = request("auto1-signed");
        request["ownPaySetlAmt"] = amount;
        let reply = client.call("ev_gen_pay_cert", &request);
        refused(
            &reply,
            EV_INVALID_REQUEST,
            &["ownPaySetlAmt must be", "\"12.30\""],
        );
    }
    let mut request = request("auto1-signed");
    request["totalAmount"] = json!("1e3");
    let reply = client.call("ev_token_pwd_check_notc", &request);
    refused(
        &reply,
        EV_INVALID_REQUEST,
        &["totalAmount must be a decimal", "123.45"],
    );

    let two_mib = format!("{{\"token\":\"{}\"}}", "x".repeat(2 << 20));
    for (_, function) in SERVICES {
        let reply = client.call_text(function, &two_mib);
        refused(
            &reply,
            EV_INVALID_ARGUMENT,
            &["request has more than 1048576 bytes"],
        );
    }
    let reply = client.call_path("signedquery", "{}");
    refused(&reply, EV_UNKNOWN_SERVICE, &["signedQuery", "/cfc/api/"]);
    assert_eq!(centre.seen(), 0);
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let centre = centre();
    let client = library().open(&config_with(centre.url(), json!({ "language": "en" })));
    let reply = client.call_text("ev_gen_pay_cert", r#"{"token":"","orgCodg":1}"#);
    // A §1.5.2.
    let fields = [
        "token",
        "ownPaySetlAmt",
        "orgCodg",
        "orgName",
        "opterId",
        "opterName",
        "devId",
        "devIP",
        "fixmedinsTrnsSn",
    ];
    refused(&reply, EV_INVALID_REQUEST, &fields);
    assert_eq!(centre.seen(), 0);
}

#[test]
fn dead_handles() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    let dead = library().open(&config(centre.url())).handle;
    // Its number is nobody's again.
    let next = library().open(&config(centre.url()));
    assert_ne!(next.handle, dead);
    for handle in [dead, -1, 99_999, i32::MAX, i32::MIN] {
        for (_, function) in SERVICES {
            let request = request("auto1-signed").to_string();
            let reply = library().call4(function, handle, request.as_bytes(), 8192);
            refused(&reply, EV_INVALID_CLIENT, &["ev_open"]);
        }
        assert_eq!(library().cancel(handle, None), EV_INVALID_CLIENT);
    }
    assert_eq!(
        library().close(dead),
        0,
        "closing a closed client does nothing"
    );
    assert_eq!(library().close(99_999), EV_INVALID_CLIENT);
    assert_eq!(centre.seen(), 0);
    assert_eq!(client.stas("pwd").returned, 0, "and the others go on");
}

fn refused(reply: &Reply, code: i32, says: &[&str]) {
    assert_eq!(reply.returned, code, "{reply:?}");
    assert_eq!(reply.at("code"), code.to_string());
    assert_eq!(reply.at("delivery"), "not_sent");
    assert_eq!(reply.at("source"), "local");
    // Without a client the patient is served in another way.
    let fixable = code != EV_INVALID_CLIENT;
    assert_eq!(reply.at("next") == "fix_request", fixable, "{reply:?}");
    for part in says {
        assert!(reply.at("message").contains(part), "{part:?} in {reply:?}");
    }
}
