//! Every return code of both documents, through every service, with its meaning and what to do.

mod common;

use common::{SERVICES, centre, config, config_with, library, request};
use evoucher::catalogue::advice::advice;
use evoucher::catalogue::codes::{self, EV_BUFFER_TOO_SMALL};
use evoucher::catalogue::next::{self, Next};
use evoucher::catalogue::services;
use evoucher::error::Language;
use serde_json::json;
use std::collections::HashMap;

/// The documents' tables: what the library is held against.
const CODES: &str = include_str!("../spec/codes.tsv");
const ID_TYPES: &str = include_str!("../spec/id-types.tsv");
const FIELDS: &str = include_str!("../spec/services.tsv");

/// What to do after each of this library's own codes, by service.
const NEXT_LOCAL: &str = include_str!("../spec/next-local.tsv");

/// The rows of a table by its column names.
fn table(text: &'static str) -> Vec<HashMap<&'static str, &'static str>> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<_> = lines.next().unwrap().split('\t').collect();
    lines
        .map(|line| names.iter().copied().zip(line.split('\t')).collect())
        .collect()
}

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
    let documented = documented.map(|row| (row["code"], Some(row)));
    for (code, row) in documented.chain([("123456", None)]) {
        for (service, function) in SERVICES {
            let reply = client.call(function, &request(&token(code)));
            let next = row.map_or("ask_centre", |row| row[service]);
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
        let code = row["code"].parse().unwrap();
        for service in services::SERVICES {
            let next = next::after_code(Some(service), code).as_str();
            assert_eq!(next, row[service.name], "{code} from {}", service.name);
        }
        assert_eq!(next::after_code(None, code).as_str(), row["path"], "{code}");
    }
}

#[test]
fn what_to_do_after_every_state() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    for (function, token, expected) in [
        ("ev_token_pwd_check_notc", "pwd", "wait"),
        ("ev_token_pwd_check_notc", "notcfail", "resend"),
        ("ev_token_pwd_check_notc", "pwd-flagX", "ask_centre"),
        ("ev_token_pwd_check_notc", "nopwd", "settle"),
        ("ev_token_pwd_stas", "pwd", "wait"),
        ("ev_token_pwd_stas", "nopwdstas", "settle"),
        ("ev_token_pwd_stas", "pwd-flagX", "ask_centre"),
        ("ev_signed_query", "signed", "get_certificate"),
        ("ev_signed_query", "signed-numflag", "get_certificate"),
        ("ev_signed_query", "unsigned", "other_payment"),
        ("ev_signed_query", "blocked", "other_payment"),
        ("ev_signed_query", "signed-flagX", "ask_centre"),
        ("ev_gen_pay_cert", "signed", "charge"),
    ] {
        let reply = client.call(function, &request(token));
        assert_eq!(reply.at("next"), expected, "{function} {token}");
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
    for (client, settle, wanted) in [
        (client("zh"), ["结算", "扣款"], ["时钟", "密钥", "H 或 P"]),
        (
            client("en"),
            ["settle", "charge"],
            ["clock", "key", "H or P"],
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
            // A function's name is no advice to use it.
            let developer = developer.replace("ev_report_charge", "");
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
        assert_eq!(advice(42), ["", ""]);
    }
}

/// What the operator reads is what `next` says, after whatever service.
#[test]
fn advice_agrees_with_next() {
    let not_of_a_service = [0, EV_BUFFER_TOO_SMALL];
    let codes = codes::all().map(|meaning| meaning.code);
    for code in codes.filter(|code| !not_of_a_service.contains(code)) {
        let (operator, _) = advice(code, Language::Zh);
        let all = services::SERVICES.map(|service| next::after_code(Some(service), code));
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
                Next::FixRequest | Next::FixSetup => &["信息科"],
                // Of services that the documents do not have this code for, too.
                Next::AskCentre if all.iter().any(|other| *other != next) => continue,
                Next::AskCentre => &["电子凭证中心"],
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
    let rows = table(FIELDS);
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
