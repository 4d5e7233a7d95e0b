//! Every return code of both documents, through every service, with its meaning and what to do.

mod common;

use common::spec::{self, CODES, ID_TYPES, NEXT_LOCAL, table};
use common::{SERVICES, centre, config, config_with, library, request};
use evoucher::catalogue::advice::advice;
use evoucher::catalogue::codes::{self, EV_BUFFER_TOO_SMALL, EV_HTTP_STATUS};
use evoucher::catalogue::next::{self, Next};
use evoucher::catalogue::services;
use evoucher::error::Language;
use serde_json::json;

/// How the simulated centre is asked for a code.
fn token(code: &str) -> String {
    format!("code{}", code.replace('-', "m"))
}

#[test]
fn every_code_comes_through_every_service_unchanged() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    for row in table(CODES).iter().filter(|row| row["code"] != "0") {
        for (service, function) in SERVICES {
            let reply = client.call(function, &request(&token(row["code"])));
            let code = row["code"];
            assert_eq!(reply.returned.to_string(), code, "{service}");
            assert_eq!(reply.at("code"), code);
            assert_eq!(reply.at("source"), "centre");
            assert_eq!(reply.at("delivery"), "answered");
            assert_eq!(reply.at("service"), service);
            assert_eq!(reply.json()["data"], json!(null));
            // The reason in place of xxx is the centre's own.
            let meaning = row["meaning"].trim_end_matches("xxx");
            let message = reply.at("message");
            assert!(message.starts_with(meaning), "{message} for {meaning}");
        }
    }
}

#[test]
fn what_to_do_after_every_code_by_service() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    let documented = table(CODES);
    let documented = documented.iter().filter(|row| row["code"] != "0");
    let documented = documented.map(|row| (row["code"], row));
    let local = table(NEXT_LOCAL);
    let unlisted = local.iter().find(|row| row["code"] == "unlisted").unwrap();
    for (code, row) in documented.chain([("123456", unlisted), ("-7", unlisted)]) {
        for (service, function) in SERVICES {
            let reply = client.call(function, &request(&token(code)));
            let next = spec::cell(row, service);
            assert_eq!(reply.at("next"), next, "{code} from {service}");
        }
    }
}

/// How each of them comes about is tested where it does; here every row of the table is looked at.
#[test]
fn what_to_do_after_every_code_of_our_own() {
    let rows = table(NEXT_LOCAL);
    let own = codes::all().filter(|meaning| meaning.documents.is_empty());
    for code in own
        .map(|meaning| meaning.code)
        .filter(|code| *code != EV_BUFFER_TOO_SMALL)
    {
        let listed = rows.iter().any(|row| row["code"] == code.to_string());
        assert!(listed, "{code} has a row");
    }
    for row in rows {
        // What nobody lists, and an HTTP status below 500, which somebody answered.
        let (code, answered) = match row["code"] {
            "unlisted" => (123_456, true),
            "-10024 4xx" => (EV_HTTP_STATUS, true),
            code => (code.parse().unwrap(), false),
        };
        for service in services::SERVICES {
            let next = next::after_failure(Some(&service.desk), code, answered).as_str();
            let (name, code) = (service.name, row["code"]);
            assert_eq!(next, spec::cell(&row, name), "{code} from {name}");
        }
        let elsewhere = next::after_failure(None, code, answered).as_str();
        assert_eq!(elsewhere, row["path"], "{code}");
    }
}

/// A gateway's 429 is what the centre's own -6 is: it passes by itself.
#[test]
fn who_asks_too_often_asks_again_later() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    for (_, function) in SERVICES {
        for token in [
            "signed-codem6",
            "signed-fault.gateway-429-html",
            "signed-fault.gateway-429-json",
        ] {
            let reply = client.call(function, &request(token));
            assert_eq!(reply.at("next"), "retry_later", "{function} {token}");
        }
    }
}

#[test]
fn what_to_do_after_every_state() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    for (function, token, expected) in [
        ("ev_token_pwd_check_notc", "pwd", "wait"),
        ("ev_token_pwd_check_notc", "notcfail", "resend"),
        ("ev_token_pwd_check_notc", "pwd-flagX", "offline_check"),
        ("ev_token_pwd_check_notc", "nopwd", "settle"),
        ("ev_token_pwd_stas", "pwd", "wait"),
        ("ev_token_pwd_stas", "nopwdstas", "settle"),
        ("ev_token_pwd_stas", "pwd-flagX", "offline_check"),
        ("ev_signed_query", "signed", "get_certificate"),
        ("ev_signed_query", "signed-numflag", "get_certificate"),
        ("ev_signed_query", "unsigned", "other_payment"),
        ("ev_signed_query", "blocked", "other_payment"),
        ("ev_signed_query", "signed-flagX", "other_payment"),
        ("ev_gen_pay_cert", "signed", "charge"),
    ] {
        let reply = client.call(function, &request(token));
        assert_eq!(reply.at("next"), expected, "{function} {token}");
    }
    // Every one of the documents' values is in the library's table, and no other.
    for row in spec::services() {
        let service = services::SERVICES
            .iter()
            .find(|of| of.name == row["service"]);
        let service = service.unwrap();
        let outcomes = service.states.iter().map(|outcome| {
            let state = outcome.state.unwrap_or("*");
            (state, outcome.next.as_str())
        });
        let outcomes: Vec<_> = outcomes.collect();
        let expected: Vec<_> = spec::outcomes(&row).collect();
        assert_eq!(outcomes, expected, "{}", service.name);
        let facts = [service.path, service.section, service.state];
        let expected = [row["path"], row["section"], row["state"]];
        assert_eq!(facts, expected);
        assert_eq!(service.changes, row["changes"] == "Y", "{}", service.name);
    }
    // Verified, as the string and as a number.
    for token in ["auto1", "auto1-numflag"] {
        client.notc(token);
        let reply = client.stas(token);
        assert_eq!(
            (reply.returned, reply.at("next").as_str()),
            (0, "settle"),
            "{token}"
        );
    }
}

#[test]
fn a_missing_state_lets_nobody_settle_or_charge() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    for (service, token, code, next) in [
        ("tokenPwdCheckNotc", "pwd-noflag", -10025, "offline_check"),
        ("tokenPwdStas", "pwd-noflag", -10025, "wait"),
        ("signedQuery", "signed-noflag", -10025, "retry_later"),
        ("genPayCert", "signed-noflag", -10025, "retry"),
        ("genPayCert", "signed-emptycert", -10025, "retry"),
        ("tokenPwdCheckNotc", "pwd-sfalse", -10027, "resend"),
        ("tokenPwdStas", "pwd-sfalse", -10027, "wait"),
        ("signedQuery", "signed-sfalse", -10027, "other_payment"),
        ("genPayCert", "signed-sfalse", -10027, "other_payment"),
    ] {
        let function = SERVICES
            .iter()
            .find(|(name, _)| *name == service)
            .unwrap()
            .1;
        let reply = client.call(function, &request(token));
        assert_eq!(reply.returned, code, "{service} {token} {reply:?}");
        assert_eq!(reply.at("next"), next, "{service} {token}");
    }
}

#[test]
fn the_documents_meaning_of_every_code() {
    let client = library().open(&config("http://127.0.0.1:9"));
    for row in table(CODES) {
        let reply = library().explain(client.handle, row["code"].parse().unwrap());
        assert_eq!(reply.returned, 0);
        for field in ["code", "scope", "documents", "meaning"] {
            assert_eq!(reply.at(&format!("data.{field}")), row[field]);
        }
    }
    let unlisted = library().explain(client.handle, 42);
    assert_eq!(
        (unlisted.returned, unlisted.at("data.scope").as_str()),
        (0, "")
    );
    assert_eq!(
        library().explain(client.handle, -10022).at("data.name"),
        "EV_TIMEOUT"
    );
}

/// Advice stands beside `next` on a screen: it is there for every code, and says nothing else.
#[test]
fn advice_about_every_code() {
    let client = |language| {
        let language = json!({ "language": language });
        library().open(&config_with("http://127.0.0.1:9", language))
    };
    for (client, settle, wanted, [scan, app], otherwise, places, forbidden) in [
        (
            client("zh"),
            ["结算", "扣款"],
            ["时钟", "密钥", "H 或 P"],
            ["重新扫码", "换一个展码应用"],
            ["线下密码核验", "其他支付方式"],
            ["通知栏", "消息中心"],
            ["换流水号", "新流水号", "新的流水号"],
        ),
        (
            client("en"),
            ["settle", "charge"],
            ["clock", "key", "H or P"],
            ["scan again", "another app"],
            ["offline", "another way"],
            ["notifications", "message centre"],
            ["new serial", "another serial", "fresh serial"],
        ),
    ] {
        let advice = |code: i32| {
            let reply = library().explain(client.handle, code);
            assert_eq!(reply.returned, 0);
            [reply.at("data.advice"), reply.at("data.developerAdvice")]
        };
        let documented = table(CODES)
            .into_iter()
            .map(|row| row["code"].parse().unwrap());
        let own = codes::all().map(|meaning| meaning.code);
        for code in documented.chain(own) {
            let [operator, developer] = advice(code);
            let both = operator.clone() + &developer;
            assert!(!both.is_empty(), "{code}");
            let sends_away = forbidden.iter().find(|word| both.contains(**word));
            assert_eq!(sends_away, None, "{code}: {both}");
            // A function's name, or a word of `next`, is no advice to use it.
            let developer = developer.replace("ev_report_charge", "");
            let developer = developer.replace("confirm_charge", "");
            let settles = settle.iter().any(|word| operator.contains(word));
            assert_eq!(settles, code == 500320, "{code}: {operator}");
            let settles = settle.iter().any(|word| developer.contains(word));
            assert!(!settles || code == 500320, "{code}: {developer}");
        }
        let [clock, key, beginning] = wanted;
        for code in [-2, -4] {
            let [_, developer] = advice(code);
            assert!(developer.contains(clock), "{developer}");
            assert!(developer.contains(key), "{developer}");
        }
        let [_, developer] = advice(500316);
        assert!(developer.contains(beginning), "{developer}");
        let [_, developer] = advice(0);
        assert!(developer.contains("next"), "{developer}");
        // Nobody lists it, and the patient is served all the same.
        let [operator, developer] = advice(42);
        for word in otherwise {
            assert!(operator.contains(word), "{operator}");
        }
        assert!(developer.contains("requestId"), "{developer}");
        for code in [500001, 500008] {
            let [operator, _] = advice(code);
            let (scan, app) = (operator.find(scan), operator.find(app));
            assert!(scan.unwrap() < app.unwrap(), "{operator}");
        }
        // Where patients find the notice (B §1.4.4 (5) C).
        for code in [500319, -10030] {
            let [operator, _] = advice(code);
            for word in places {
                assert!(operator.contains(word), "{operator}");
            }
        }
    }
}

/// What the operator reads is what `next` says, after whatever service.
#[test]
fn advice_agrees_with_next() {
    let not_of_a_service = [0, EV_BUFFER_TOO_SMALL];
    let codes = codes::all().map(|meaning| meaning.code);
    for code in codes.filter(|code| !not_of_a_service.contains(code)) {
        let (operator, _) = advice(code, Language::Zh);
        let all = services::SERVICES.map(|of| next::after_code(Some(&of.desk), code));
        for next in all {
            let words: &[&str] = match next {
                Next::Settle => &["结算"],
                Next::Wait => &["再查"],
                Next::Resend => &["重新发送"],
                Next::OfflineCheck => &["线下"],
                Next::OtherApp | Next::Rescan => &["重新扫码"],
                Next::ConfirmCharge => &["支付渠道"],
                Next::OtherPayment => &["其他支付方式"],
                Next::RetryLater => &["再试", "再查"],
                Next::Retry => &["流水号"],
                Next::FixRequest => &["信息科"],
                Next::AskCentre | Next::FixSetup => panic!("{code}: not for a counter"),
                Next::GetCertificate | Next::Charge | Next::AlreadyPaid => {
                    panic!("{code} is no state")
                }
            };
            let agrees = words.iter().any(|word| operator.contains(word));
            assert!(agrees, "{code}, {next:?}: {operator}");
        }
    }
}

#[test]
fn the_documents_fields_of_every_service() {
    let kind = |kind| match kind {
        "text" => services::Kind::Text,
        "amount" => services::Kind::Payment,
        "decimal" => services::Kind::Decimal,
        other => panic!("{other}"),
    };
    let rows = spec::fields();
    for service in services::SERVICES {
        let part = |part| {
            rows.iter()
                .filter(move |row| row["service"] == service.name && row["part"] == part)
        };
        let requests: Vec<_> = part("request").collect();
        assert_eq!(requests.len(), service.fields.len(), "{}", service.name);
        for (field, row) in service.fields.iter().zip(requests) {
            assert_eq!(field.name, row["field"], "{}", service.name);
            assert_eq!(field.required, row["required"] == "Y", "{row:?}");
            assert_eq!(field.kind, kind(row["kind"]), "{row:?}");
            let length: Option<usize> = row["length"].parse().ok();
            assert!(length.is_none_or(|length| field.max == length), "{row:?}");
        }
        let replies: Vec<_> = part("reply").map(|row| row["field"]).collect();
        assert_eq!(service.reply, replies, "{}", service.name);
        assert!(service.reply.contains(&service.state));
    }
}

#[test]
fn the_documents_dictionaries() {
    let client = library().open(&config("http://127.0.0.1:9"));
    for (name, text) in [("code", CODES), ("idType", ID_TYPES)] {
        let reply = library().call4("ev_dictionary", client.handle, name.as_bytes(), 65_536);
        let json = reply.json();
        let items = json["data"][name].as_array().unwrap();
        let rows = table(text);
        assert_eq!(items.len(), rows.len());
        for (item, row) in items.iter().zip(rows) {
            let code = item["code"].to_string();
            assert_eq!(code.trim_matches('"'), row["code"]);
            assert_eq!(item["meaning"], row["meaning"]);
        }
    }
    let unknown = library().call4("ev_dictionary", client.handle, b"codes", 8192);
    assert_eq!(unknown.returned, -10005);
}
