//! `hint`: the sentence for the operator's screen, for everything that may come of a call.

mod common;

use common::spec;
use common::{
    Client, Reply, SERVICES, centre, config, config_with, fault, library, request, transaction,
};
use evoucher::catalogue::codes;
use evoucher::catalogue::hints::{Cause, hint};
use evoucher::catalogue::next::{self, Next};
use evoucher::catalogue::services::{self, Desk, ONE_CODE_PAY, SETTLE_GATE, VERIFY_PASSWORD};
use evoucher::error::Language;
use serde_json::json;

/// How the patient is served without each.
const FLOWS: [(&str, &str); 3] = [
    ("ev_verify_password", "offline_check"),
    ("ev_settle_gate", "offline_check"),
    ("ev_one_code_pay", "other_payment"),
];

fn desks() -> Vec<&'static Desk> {
    let services = services::SERVICES.iter().map(|service| &service.desk);
    let flows = [&VERIFY_PASSWORD, &SETTLE_GATE, &ONE_CODE_PAY];
    services.chain(flows).collect()
}

fn causes() -> Vec<Cause> {
    let codes = codes::all().map(|known| Cause::Code(known.code));
    let states = services::SERVICES.iter().flat_map(|service| service.states);
    let states = states.map(|outcome| Cause::Known(outcome.known));
    let others = [
        Cause::Unsaid,
        Cause::Unlisted,
        Cause::Code(123_456),
        Cause::Gateway,
        Cause::NotAsked,
        Cause::InFlight,
        Cause::OtherAmount {
            before: "12.30".to_owned(),
            now: "45.60".to_owned(),
        },
        Cause::Paid,
        Cause::Unanswered,
    ];
    codes.chain(states).chain(others).collect()
}

/// One sentence.
fn is_sentence(text: &str, language: Language) -> bool {
    let (end, within) = match language {
        Language::Zh => ("。", "。"),
        Language::En => (".", ". "),
    };
    let before = text.strip_suffix(end);
    before.is_some_and(|text| !text.is_empty() && !text.contains(within))
        && !text.contains(['{', '}', '\n', '`'])
}

#[test]
fn there_is_a_sentence_for_everything() {
    for desk in desks().into_iter().map(Some).chain([None]) {
        for next in Next::ALL {
            for cause in causes() {
                let said = |language| hint(desk, Some(*next), &cause, language);
                let (zh, en) = (said(Language::Zh), said(Language::En));
                assert!(is_sentence(&zh, Language::Zh), "{desk:?} {next:?}: {zh}");
                assert!(is_sentence(&en, Language::En), "{desk:?} {next:?}: {en}");
                assert!(
                    en.starts_with(|first: char| first.is_ascii_uppercase()),
                    "{en}"
                );
                // Nothing is said to have succeeded, and nobody is sent to a new serial number.
                for word in ["成功", "流水号", "新单", "重新开单"] {
                    assert!(!zh.contains(word), "{zh}");
                }
                for word in ["success", "serial"] {
                    assert!(!en.to_lowercase().contains(word), "{en}");
                }
                // Who says "settle" or "charge" says it because `next` does.
                let settles = zh.contains("请继续结算");
                assert_eq!(settles, *next == Next::Settle, "{next:?}: {zh}");
                let charges = zh.contains("原额扣款");
                assert_eq!(charges, *next == Next::Charge, "{next:?}: {zh}");
            }
        }
        assert_eq!(hint(desk, None, &Cause::Unsaid, Language::Zh), "");
    }
}

/// What a cashier reads after each code, where somebody else has something to put right, is both.
#[test]
fn support_is_called_and_the_patient_is_served() {
    for desk in desks() {
        for known in codes::all() {
            let next = next::after_code(Some(desk), known.code);
            let elsewhere = next::after_code(None, known.code);
            let said = hint(
                Some(desk),
                Some(next),
                &Cause::Code(known.code),
                Language::Zh,
            );
            let is_for_support = matches!(elsewhere, Next::FixSetup | Next::FixRequest);
            assert_eq!(said.contains("联系信息科"), is_for_support, "{said}");
            let word = match next {
                Next::OfflineCheck => "线下密码核验",
                Next::OtherPayment => "其他支付方式",
                Next::Rescan | Next::OtherApp => "重新扫码",
                Next::Retry => "原金额再取",
                _ => continue,
            };
            assert!(said.contains(word), "{}: {said}", known.code);
        }
    }
}

/// The networks' failures say nothing of the patient.
#[test]
fn no_patient_is_blamed_for_the_network() {
    let asks = desks()
        .into_iter()
        .filter(|desk| desk.name != "tokenPwdCheckNotc");
    for desk in asks {
        for code in [-10020, -10021, -10022, -10023, -10024, -10025, -1, -3] {
            let next = next::after_code(Some(desk), code);
            let said = hint(Some(desk), Some(next), &Cause::Code(code), Language::Zh);
            // Paying in another way is no blame.
            let said = said.replace("请参保人换其他支付方式", "");
            assert!(!said.contains("参保人"), "{} {code}: {said}", desk.name);
        }
    }
    for next in [Next::Resend, Next::OfflineCheck] {
        let said = hint(
            Some(&VERIFY_PASSWORD),
            Some(next),
            &Cause::NotAsked,
            Language::Zh,
        );
        assert!(said.contains("没能向中心查到"), "{said}");
        assert!(!said.contains("参保人"), "{said}");
    }
}

#[test]
fn risk_control_says_what_is_known() {
    let said = |next, cause: Cause| hint(Some(&ONE_CODE_PAY), Some(next), &cause, Language::Zh);
    let amounts = Cause::OtherAmount {
        before: "12.30".to_owned(),
        now: "45.60".to_owned(),
    };
    let other = said(Next::FixRequest, amounts.clone());
    assert!(
        other.contains("12.30") && other.contains("45.60"),
        "{other}"
    );
    assert!(other.contains("原来的金额继续"), "{other}");
    assert!(!other.contains("信息科"), "{other}");
    let other = said(Next::ConfirmCharge, amounts);
    assert!(other.contains("支付渠道核对"), "{other}");
    let before = said(Next::ConfirmCharge, Cause::Code(codes::EV_ISSUED_BEFORE));
    assert!(
        before.contains("可能已经扣款") && before.contains("支付渠道核对"),
        "{before}"
    );
    let flying = said(Next::RetryLater, Cause::InFlight);
    assert!(
        flying.contains("正在办理") && flying.contains("重复点击"),
        "{flying}"
    );
    let paid = said(Next::AlreadyPaid, Cause::Paid);
    assert!(
        paid.contains("已经付过") && paid.contains("不要再收费"),
        "{paid}"
    );
    let thrice = said(Next::OtherPayment, Cause::Unanswered);
    assert!(
        thrice.contains("多次") && thrice.contains("别的方式收费"),
        "{thrice}"
    );
    let journal = said(Next::OtherPayment, Cause::Code(codes::EV_JOURNAL));
    assert!(
        journal.contains("流水库不可用") && journal.contains("其他支付方式"),
        "{journal}"
    );
}

/// Right after `message`, in every reply.
fn is_in_its_place(reply: &Reply) {
    let text = reply.text();
    let keys = [
        "code", "message", "hint", "source", "delivery", "next", "service", "data",
    ];
    let places = keys.map(|key| text.find(&format!("\"{key}\":")).unwrap());
    assert!(places.is_sorted(), "{text}");
}

/// Through the library, with what the simulated centre says.
#[test]
fn after_what_the_centre_says() {
    let centre = centre();
    let zh = library().open(&config(centre.url()));
    let en = library().open(&config_with(centre.url(), json!({ "language": "en" })));
    for (function, token, chinese, english) in [
        (
            "ev_token_pwd_check_notc",
            "pwd-1",
            ["通知已发出", "消息中心"],
            ["notice was sent", "message centre"],
        ),
        (
            "ev_token_pwd_check_notc",
            "notcfail-1",
            ["没有送出", "重新发送"],
            ["could not be sent", "again"],
        ),
        (
            "ev_token_pwd_check_notc",
            "nopwd-1",
            ["无需输入密码", "请继续结算"],
            ["No password", "settle"],
        ),
        (
            "ev_token_pwd_stas",
            "pwd-1",
            ["还没有", "再查一次"],
            ["not verified", "ask again"],
        ),
        (
            "ev_token_pwd_stas",
            "pwd-flagX",
            ["不在规范之列", "线下"],
            ["not one of", "offline"],
        ),
        (
            "ev_signed_query",
            "signed-1",
            ["可以用一码付", "取付款凭据"],
            ["can be used", "certificate"],
        ),
        (
            "ev_signed_query",
            "unsigned-1",
            ["未签约", "其他支付方式"],
            ["not signed up", "another way"],
        ),
        (
            "ev_signed_query",
            "blocked-1",
            ["不可用", "其他支付方式"],
            ["cannot use", "another way"],
        ),
        (
            "ev_gen_pay_cert",
            "signed-1",
            ["已取得付款凭据", "原额扣款"],
            ["certificate is there", "exactly the amount"],
        ),
        (
            "ev_gen_pay_cert",
            "signed-noflag",
            ["可能已被处理", "原金额再取"],
            ["may have been processed", "same amount"],
        ),
        (
            "ev_gen_pay_cert",
            "unsigned-1",
            ["未签约", "其他支付方式"],
            ["not signed up", "another way"],
        ),
        (
            "ev_token_pwd_check_notc",
            "code500002",
            ["未激活", "换一个应用"],
            ["not activated", "another app"],
        ),
        (
            "ev_signed_query",
            "code500042",
            ["密码未设置", "其他支付方式"],
            ["No password is set", "another way"],
        ),
        (
            "ev_token_pwd_stas",
            "code500001",
            ["查不到", "重新扫码"],
            ["does not know", "scan again"],
        ),
        (
            "ev_signed_query",
            "no token",
            ["扫码得到的内容有误", "重新扫码"],
            ["no patient's code", "scan again"],
        ),
        (
            "ev_token_pwd_stas",
            "codem4",
            ["线下", "信息科"],
            ["offline", "IT support"],
        ),
        (
            "ev_signed_query",
            "code123456",
            ["123456", "其他支付方式"],
            ["123456", "another way"],
        ),
    ] {
        for (client, words) in [(&zh, chinese), (&en, english)] {
            let reply = client.call(function, &request(token));
            is_in_its_place(&reply);
            for word in words {
                assert!(reply.at("hint").contains(word), "{word}: {}", reply.text());
            }
        }
    }
    // The centre's word is no success while nothing is verified.
    let reply = zh.stas("pwd-2");
    assert_eq!(reply.at("message"), "成功");
    assert!(!reply.at("hint").contains("成功"));
}

#[test]
fn after_what_the_network_does() {
    let centre = centre();
    for (name, function, words) in [
        (
            "500-empty",
            "ev_gen_pay_cert",
            ["可能已被处理", "原金额再取"],
        ),
        (
            "503-html",
            "ev_gen_pay_cert",
            ["可能已被处理", "原金额再取"],
        ),
        (
            "process-close",
            "ev_gen_pay_cert",
            ["可能已被处理", "原金额再取"],
        ),
        ("404-html", "ev_gen_pay_cert", ["网关", "其他支付方式"]),
        (
            "process-close",
            "ev_token_pwd_check_notc",
            ["可能已经发出", "线下"],
        ),
        (
            "process-close",
            "ev_token_pwd_stas",
            ["没能向中心查到", "再查一次"],
        ),
        ("404-html", "ev_token_pwd_stas", ["网关", "线下"]),
    ] {
        let client = library().open(&config(fault(&centre, name)));
        let reply = client.call(function, &request("signed-pwd-1"));
        for word in words {
            assert!(reply.at("hint").contains(word), "{name}: {}", reply.text());
        }
    }
    let client = library().open(&config("http://127.0.0.1:9"));
    for (_, function) in SERVICES {
        let reply = client.call(function, &request("signed-1"));
        assert!(reply.at("hint").contains("连不上"), "{}", reply.text());
    }
}

/// A flow whose questions were all lost does not say that the patient was too slow.
#[test]
fn after_a_flow() {
    let centre = centre();
    let quick = json!({ "verify": { "intervalMs": 20, "timeoutMs": 300 } });
    let open = |url: &str| library().open(&config_with(url, quick.clone()));
    let verify = |url: &str, token: &str| open(url).call("ev_verify_password", &request(token));

    let slow = verify(&centre.url(), "pwd-1");
    assert_eq!(
        (slow.returned, slow.at("next").as_str()),
        (-10030, "resend")
    );
    assert!(
        slow.at("hint").contains("参保人没有在限定的时间内"),
        "{}",
        slow.text()
    );
    is_in_its_place(&slow);

    let unsent = verify(&centre.url(), "notcfail-2");
    assert_eq!(unsent.returned, -10030);
    assert!(unsent.at("hint").contains("没有送出"), "{}", unsent.text());

    for name in ["process-close", "gateway-504-json", "404-html"] {
        let lost = verify(&fault(&centre, &format!("{name}@stas")), "pwd-2");
        assert_eq!(lost.returned, -10030, "{}", lost.text());
        let attempts: u32 = lost.at("data.attempts").parse().unwrap();
        assert!(attempts > 1, "it goes on asking: {}", lost.text());
        for text in [lost.at("hint"), lost.at("message")] {
            assert!(text.contains("没能向中心查到"), "{text}");
            assert!(!text.contains("参保人"), "{text}");
        }
    }

    let client = open(&centre.url());
    let gate_of = |client: &Client, more| {
        let mut request = request("pwd-3");
        request["settlement"] = true.into();
        for (name, value) in json!(more).as_object().unwrap() {
            request[name] = value.clone();
        }
        client.call("ev_settle_gate", &request)
    };
    let gate = |more| gate_of(&client, more);
    let online = gate(json!({ "credential": "qrcode", "method": "online" }));
    assert!(
        online.at("hint").contains("还没有在应用里核验通过"),
        "{}",
        online.text()
    );
    let offline = gate(json!({ "credential": "card", "method": "terminal" }));
    assert_eq!(offline.at("next"), "offline_check");
    assert!(
        offline.at("hint").contains("还没有通过线下密码核验"),
        "{}",
        offline.text()
    );
    let face = gate(json!({ "credential": "terminal_face" }));
    assert_eq!((face.returned, face.at("next").as_str()), (0, "settle"));
    assert!(face.at("hint").contains("请继续结算"), "{}", face.text());
    let en = library().open(&config_with(centre.url(), json!({ "language": "en" })));
    let face = gate_of(&en, json!({ "credential": "terminal_face" }));
    assert!(face.at("hint").contains("by face"), "{}", face.text());
    let wrong = gate(json!({ "credential": "thumb" }));
    assert!(wrong.at("hint").contains("联系信息科"), "{}", wrong.text());
    assert!(
        wrong.at("hint").contains("程序传入的内容有误"),
        "{}",
        wrong.text()
    );

    let pay = |token| client.call("ev_one_code_pay", &request(token));
    let paid = pay("signed-4");
    assert_eq!(paid.at("next"), "charge");
    assert!(paid.at("hint").contains("原额扣款"), "{}", paid.text());
    let unsigned = pay("unsigned-4");
    assert_eq!(unsigned.returned, -10032);
    assert!(
        unsigned.at("hint").contains("未签约"),
        "{}",
        unsigned.text()
    );

    let serial = "SN-hint-other";
    let lost = open(&fault(&centre, "process-close@genPayCert"));
    lost.call("ev_gen_pay_cert", &transaction("signed-5", serial, "1.00"));
    let other = client.call("ev_gen_pay_cert", &transaction("signed-5", serial, "2.00"));
    assert_eq!(other.returned, -10008, "{}", other.text());
    assert!(!other.at("hint").is_empty());
}

/// A client that does not exist: the patient is served, and IT support is called.
#[test]
fn without_a_client() {
    let text = request("signed-1").to_string();
    let local = spec::table(spec::NEXT_LOCAL);
    let row = local.iter().find(|row| row["code"] == "-10004").unwrap();
    let services = SERVICES.map(|(service, function)| (function, spec::cell(row, service)));
    for (function, next) in services.into_iter().chain(FLOWS) {
        let reply = library().call4(function, 987_654, text.as_bytes(), 8192);
        assert_eq!(reply.returned, -10004);
        assert_eq!(reply.at("next"), next, "{function}");
        assert!(reply.at("hint").contains("联系信息科"), "{}", reply.text());
    }
    // Nobody stands at a counter there.
    for function in ["ev_seal", "ev_unseal", "ev_dictionary"] {
        let reply = library().call4(function, 987_654, b"{}", 8192);
        assert_eq!(reply.at("next"), "fix_request", "{function}");
        assert!(reply.at("hint").contains("联系信息科"), "{}", reply.text());
    }
    let (code, _) = library().open_bytes(b"{}");
    let reply = library().last_reply();
    assert_eq!((code, reply.at("next").as_str()), (-10003, "fix_setup"));
    assert!(reply.at("hint").contains("联系信息科"), "{}", reply.text());
}

/// Where there is nothing to do there is an empty text, and not none.
#[test]
fn where_nobody_has_anything_to_do() {
    let client = library().open(&config("http://127.0.0.1:9"));
    let sealed = library().call4("ev_seal", client.handle, b"{}", 8192);
    let explained = library().explain(client.handle, 500_320);
    for reply in [sealed, explained] {
        assert_eq!((reply.returned, reply.at("hint").as_str()), (0, ""));
        is_in_its_place(&reply);
    }
}
