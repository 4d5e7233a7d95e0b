//! Other ways to break a rule that asks for several things, and what a good program may well do.

use super::super::evidence::{CERTIFICATE, NOTICE, Record, SIGNED, STATUS, Said};
use super::talk::{Talk, bill, set_inner, set_outer};
use serde_json::{Value, json};

type Change = fn(&mut Talk);

fn last<'a>(talk: &'a mut Talk, service: &str) -> &'a mut Record {
    let mut records = talk.records.iter_mut();
    records.rfind(|record| record.is(service)).unwrap()
}

fn outer(talk: &mut Talk, name: &str, value: Value) {
    set_outer(last(talk, STATUS), |outer| outer[name] = value);
}

fn inner(talk: &mut Talk, service: &str, name: &str, value: Value) {
    set_inner(last(talk, service), |inner| inner[name] = value);
}

fn answer(talk: &mut Talk, question: &str, value: bool) {
    let question = question.to_owned();
    talk.say(Said::Answer { question, value });
}

fn press(talk: &mut Talk) {
    talk.say(Said::Pressed(true));
}

#[rustfmt::skip] // A row is read at a glance.
pub(super) const WAYS: &[(&str, &str, &str, Change)] = &[
    ("P01", "verified-first", "verified after it had settled", |talk| last(talk, STATUS).time += 60_000),
    ("P01", "verified-first", "success is false", |talk| last(talk, STATUS).refused = true),
    ("P01", "verified-first", "the reply was lost", |talk| last(talk, STATUS).heard = false),
    ("P01", "verified-first", "another code", |talk| last(talk, STATUS).code = Some(-1)),
    ("P01", "verified-first", "another question answered behind it", |talk| { last(talk, STATUS).state = "0".to_owned(); answer(talk, "another", false); }),
    ("P03", "one-notice", "after a while", |talk| { talk.wait(60_000); talk.ask(NOTICE, 0); }),
    ("P05", "one-notice", "twice for one press", |talk| drop(talk.ask(NOTICE, 0).clone())),
    ("P23", "windows", "one token in two windows", |talk| talk.records[1].dev_id = "window-9".to_owned()),
    ("C01", "signed-first", "not signed", |talk| last(talk, SIGNED).state = "0".to_owned()),
    ("C01", "signed-first", "the reply was lost", |talk| last(talk, SIGNED).heard = false),
    ("C01", "signed-first", "never asked", |talk| { talk.records.remove(0); talk.ask(SIGNED, 0); }),
    ("C09", "once", "both under way, one refused", |talk| {
        talk.refused(CERTIFICATE, 0, -1);
        let time = talk.records[1].time;
        last(talk, CERTIFICATE).time = time + 5;
    }),
    ("C09", "once", "under two serial numbers", |talk| bill(talk.ask(CERTIFICATE, 0), "SN-other", "12.50")),
    ("C10", "same-bill", "another amount", |talk| bill(talk.ask(CERTIFICATE, 0), "SN-0", "12.60")),
    ("C17", "same-bill", "another amount", |talk| bill(talk.ask(CERTIFICATE, 0), "SN-0", "12.60")),
    ("C14", "decimal", "an exponent", |talk| inner(talk, CERTIFICATE, "ownPaySetlAmt", json!("1e3"))),
    ("C14", "decimal", "a comma", |talk| inner(talk, CERTIFICATE, "ownPaySetlAmt", json!("12,50"))),
    ("C14", "decimal", "21 characters", |talk| inner(talk, CERTIFICATE, "ownPaySetlAmt", json!("123456789012345678.00"))),
    ("C14", "two-decimals", "three", |talk| inner(talk, CERTIFICATE, "ownPaySetlAmt", json!("12.500"))),
    ("C14", "two-decimals", "none", |talk| inner(talk, CERTIFICATE, "ownPaySetlAmt", json!("12"))),
    ("E01", "sealed", "another key", |talk| last(talk, STATUS).opened = None),
    ("E01", "sealed", "Base64", |talk| outer(talk, "encData", json!("Ch4sDg=="))),
    ("E02", "timestamp", "a number", |talk| { let time = last(talk, STATUS).time; outer(talk, "timestamp", json!(time)); }),
    ("E02", "timestamp", "a date", |talk| outer(talk, "timestamp", json!("2026-11-25 10:00"))),
    ("E02", "timestamp", "eleven minutes off", |talk| last(talk, STATUS).time += 660_000),
    ("E02", "clock", "slow", |talk| last(talk, STATUS).time -= 61_000),
    ("E03", "all-five", "null", |talk| outer(talk, "version", json!(null))),
    ("E03", "all-five", "empty", |talk| outer(talk, "reqtType", json!(""))),
    ("E04", "form", "another type", |talk| last(talk, STATUS).content_type = "text/plain;charset=UTF-8".to_owned()),
    ("E04", "form", "another charset", |talk| last(talk, STATUS).content_type = "application/json;charset=GBK".to_owned()),
    ("E04", "form", "bytes of GBK", |talk| last(talk, STATUS).utf8 = false),
    ("E04", "form", "a form", |talk| last(talk, STATUS).body = "orgId=1".to_owned()),
    ("E04", "form", "an array", |talk| last(talk, STATUS).body = "[1]".to_owned()),
    ("E05", "fields", "missing", |talk| inner(talk, STATUS, "token", json!(null))),
    ("E05", "fields", "blank", |talk| inner(talk, SIGNED, "devId", json!(" "))),
    ("E05", "fields", "a number", |talk| inner(talk, SIGNED, "opterId", json!(7))),
    ("E05", "fields", "no amount", |talk| inner(talk, CERTIFICATE, "ownPaySetlAmt", json!(null))),
    ("E05", "fields", "no object", |talk| last(talk, SIGNED).opened = Some("[]".to_owned())),
    ("E06", "names", "the institution's", |talk| inner(talk, SIGNED, "orgName", json!("测试医院?𠮷"))),
    ("E06", "names", "an entity", |talk| inner(talk, SIGNED, "opterName", json!("阿依古丽&#183;𠮷䶮"))),
];

/// What happened but for something, and what that is.
type Lack = (&'static str, Change, &'static [&'static str]);

#[rustfmt::skip] // A row is read at a glance.
pub(super) const LACKING: &[Lack] = &[
    ("P10", |talk| talk.records.clear(), &["still missing: a notice"]),
    ("P10", |talk| talk.words.clear(), &["please answer: Did the HIS offer the offline check?"]),
    ("P08", |talk| talk.records.retain(|record| record.token != talk.scans[1].token), &["still missing: a request with each of the codes"]),
    ("E01", |talk| talk.records.clear(), &["still missing: a notice, or a status query, or a query of the one-code state, or a request for a certificate"]),
    ("E09", |talk| talk.knocks.retain(|knock| knock == "wrong-name"), &[
        "still missing: a connection to the address whose certificate has expired",
        "still missing: a connection to the address with a self-signed certificate",
    ]),
    ("E14", |talk| talk.records.retain(|record| record.token != talk.scans[1].token), &["still missing: a request for each patient"]),
];

#[rustfmt::skip] // A row is read at a glance.
pub(super) const FINE: &[(&str, &str, Change)] = &[
    ("P01", "asks again before it settles", |talk| { talk.words[0].time += 20_000; talk.ask(STATUS, 0); }),
    ("P01", "the last query lost, an earlier one verified", |talk| { talk.lost(STATUS, 0); talk.words[0].time += 10_000; }),
    ("P01", "no password is asked for after all", |talk| last(talk, STATUS).code = Some(500_320)),
    ("P01", "the notice says that no password is needed", |talk| { last(talk, NOTICE).code = Some(500_320); last(talk, STATUS).state = "0".to_owned(); }),
    ("P02", "polls for as long as it likes", |talk| (0..50).for_each(|_| talk.ask(STATUS, 0).state = "0".to_owned())),
    ("P05", "notified again for each press", |talk| (0..3).for_each(|_| { press(talk); talk.refused(NOTICE, 0, 500_319); })),
    ("P05", "again a second later", |talk| { talk.words[0].time = 0; let end = talk.records[0].end(); talk.records[1].time = end + 1000; }),
    ("P07", "pressed before and after", |talk| { press(talk); talk.ask(NOTICE, 0); press(talk); }),
    ("P10", "asks for the status meanwhile", |talk| drop(talk.ask(STATUS, 0).clone())),
    ("P14", "called off instead", |talk| { talk.records.pop(); talk.say(Said::Cancelled(true)); }),
    ("P17", "fast where the tester pressed", |talk| { press(talk); let time = talk.now; talk.ask(STATUS, 0).time = time + 1; }),
    ("P17", "half as slow again", |talk| { let time = talk.records[1].time; talk.records[2].time = time + 4500; }),
    ("P17", "a second apart", |talk| { talk.records.truncate(1); let time = talk.records[0].time; talk.ask(STATUS, 0).time = time + 1000; }),
    ("P18", "one that was under way", |talk| { let cancelled = talk.words[0].time; talk.ask(STATUS, 0).time = cancelled + 2000; }),
    ("P19", "without its last zero", |talk| inner(talk, NOTICE, "totalAmount", json!(100.5))),
    ("P23", "no window is told", |talk| talk.records.iter_mut().for_each(|record| record.dev_id.clear())),
    ("C01", "asks again for what it knows", |talk| { talk.ask(SIGNED, 0); bill(talk.ask(CERTIFICATE, 0), "SN-0", "12.50"); }),
    ("C01", "another figure is told behind it", |talk| talk.say(Said::Figure { name: "total".to_owned(), value: "99.00".to_owned() })),
    ("C05", "again at once for a press", |talk| { press(talk); let time = talk.now; talk.refused(CERTIFICATE, 0, 500_242).time = time + 1; }),
    ("C05", "again a second later", |talk| { let end = talk.records[2].end(); talk.records[3].time = end + 1000; }),
    ("C06", "asks for the same until it is heard", |talk| (0..5).for_each(|_| drop(talk.lost(CERTIFICATE, 0).clone()))),
    ("C08", "the same amount in other digits", |talk| bill(last(talk, CERTIFICATE), "SN-0", "012.50")),
    ("C09", "one after the other, the first in vain", |talk| { talk.records[1].issued.clear(); talk.ask(CERTIFICATE, 0); }),
    ("C09", "again as soon as it is over", |talk| { talk.records[1].issued.clear(); let end = talk.records[1].end(); talk.ask(CERTIFICATE, 0).time = end; }),
    ("C14", "the longest amount", |talk| inner(talk, CERTIFICATE, "ownPaySetlAmt", json!("12345678901234567.00"))),
    ("E02", "a minute off", |talk| last(talk, STATUS).time += 60_000),
    ("E04", "the charset in quotes", |talk| last(talk, STATUS).content_type = "Application/JSON; Charset=\"utf-8\"".to_owned()),
    ("E05", "a province's own field", |talk| inner(talk, STATUS, "province", json!({"a": 1}))),
    ("E05", "a pharmacy", |talk| inner(talk, STATUS, "orgCodg", json!("P35010000001"))),
    ("E05", "forty characters beyond the plane", |talk| inner(talk, SIGNED, "opterName", json!("𠮷".repeat(40)))),
];
