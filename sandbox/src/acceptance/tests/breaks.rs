//! How each rule that is judged from the traffic is broken, and nothing else.

use super::super::evidence::{CERTIFICATE, Charged, NOTICE, Record, SIGNED, STATUS};
use super::talk::{Talk, bill, set_inner, set_outer};
use serde_json::json;

/// The last request to a service.
fn last<'a>(talk: &'a mut Talk, service: &str) -> &'a mut Record {
    let mut records = talk.records.iter_mut();
    records.rfind(|record| record.is(service)).unwrap()
}

fn charge(talk: &mut Talk) {
    let charged = Charged {
        time: talk.now,
        serial: "SN-0".to_owned(),
        amount: "12.50".to_owned(),
        certificate: "PC1".to_owned(),
    };
    talk.charges.push(charged);
}

/// A request right behind the last one.
fn at_once(talk: &mut Talk, service: &str) {
    talk.ask(service, 0);
    let end = talk.records[talk.records.len() - 2].end();
    last(talk, service).time = end + 5;
}

pub(super) fn break_rule(talk: &mut Talk, case: &str, rule: &str) {
    match (case, rule) {
        ("P01", "verified-first") => last(talk, STATUS).state = "0".to_owned(),
        ("P01", "same-token") => last(talk, STATUS).token = "another".to_owned(),
        ("P01", "fresh") => talk.words.iter_mut().for_each(|word| word.time += 32_000),
        ("P03" | "P10" | "P11", "one-notice") => drop(talk.ask(NOTICE, 0).clone()),
        // Faster than the tester, who resent later.
        ("P05", "one-notice") => {
            let first = talk.records[0].end();
            talk.records[1].time = first + 10;
        }
        ("P06", "no-polling") => drop(talk.ask(STATUS, 0).clone()),
        ("P07", "same-token") => last(talk, NOTICE).token = "another".to_owned(),
        ("P08" | "P09", "new-token") => drop(talk.ask(STATUS, 0).clone()),
        ("P12", "asked-again") => drop(talk.records.pop()),
        ("P14", "no-giving-up") => drop(talk.records.pop()),
        ("P17", "pace") => {
            talk.records.truncate(1);
            let time = talk.records[0].time;
            talk.ask(STATUS, 0).time = time + 500;
        }
        ("P17", "slower") => {
            talk.records.truncate(2);
            let time = talk.records[1].time;
            talk.ask(STATUS, 0).time = time + 3000;
        }
        ("P18", "quiet") => drop(talk.ask(STATUS, 0).clone()),
        ("P19", "sent") => set_inner(last(talk, NOTICE), |inner| {
            inner.as_object_mut().unwrap().remove("totalAmount");
        }),
        ("P19", "right") => set_inner(last(talk, NOTICE), |inner| {
            inner["totalAmount"] = json!(100.51)
        }),
        ("P19", "number") => set_inner(last(talk, NOTICE), |inner| {
            inner["totalAmount"] = json!("100.50")
        }),
        ("P20" | "P21", "silent") => drop(talk.ask(NOTICE, 0).clone()),
        ("P22", "no-notice") => drop(talk.ask(NOTICE, 0).clone()),
        ("P23", "windows") => talk.records[2].dev_id = "window-0".to_owned(),
        ("C01", "signed-first") => last(talk, SIGNED).time += 60_000,
        ("C01", "amount") => bill(last(talk, CERTIFICATE), "SN-0", "12.05"),
        ("C02" | "C03", "no-certificate") => drop(talk.ask(CERTIFICATE, 0).clone()),
        ("C04", "silent") => drop(talk.ask(SIGNED, 0).clone()),
        ("C05" | "C18", "not-at-once") => at_once(talk, CERTIFICATE),
        ("C06" | "C07" | "C08", "one-serial") | ("C10" | "C17", "same-bill") => {
            bill(talk.ask(CERTIFICATE, 0), "SN-other", "12.50");
        }
        ("C06" | "C07" | "C08", "one-amount") => bill(last(talk, CERTIFICATE), "SN-0", "12.60"),
        ("C09", "once") => at_once(talk, CERTIFICATE),
        ("C11" | "E14", "channel") => (0..2).for_each(|_| charge(talk)),
        ("C12", "new-serial") => bill(last(talk, CERTIFICATE), "SN-0", "9.00"),
        ("C13", "own-serial") => bill(last(talk, CERTIFICATE), "SN-0", "12.50"),
        ("C14", "decimal") => set_inner(last(talk, CERTIFICATE), |inner| {
            inner["ownPaySetlAmt"] = json!(12.5)
        }),
        ("C14", "two-decimals") => set_inner(last(talk, CERTIFICATE), |inner| {
            inner["ownPaySetlAmt"] = json!("12.5")
        }),
        ("C19", "no-certificate") => drop(talk.ask(CERTIFICATE, 0).clone()),
        ("E01", "sealed") => set_outer(last(talk, STATUS), |outer| {
            outer["encData"] = json!("0a1b2c")
        }),
        ("E02", "timestamp") => set_outer(last(talk, STATUS), |outer| {
            outer["timestamp"] = json!("1700000000")
        }),
        ("E02", "clock") => last(talk, STATUS).time += 61_000,
        ("E03", "version") => {
            set_outer(last(talk, STATUS), |outer| outer["version"] = json!("1.0"))
        }
        ("E03", "reqtType") => last(talk, STATUS).registered = false,
        ("E03", "all-five") => set_outer(last(talk, STATUS), |outer| outer["orgId"] = json!(1)),
        ("E04", "form") => last(talk, STATUS).method = "PUT".to_owned(),
        ("E04", "charset") => last(talk, STATUS).content_type = "application/json".to_owned(),
        ("E05", "fields") => set_inner(last(talk, SIGNED), |inner| {
            inner["opterId"] = json!("7".repeat(41))
        }),
        ("E05", "orgCodg") => set_inner(last(talk, SIGNED), |inner| {
            inner["orgCodg"] = json!("X350100")
        }),
        ("E06", "names") => set_inner(last(talk, SIGNED), |inner| {
            inner["opterName"] = json!("阿依古丽.𠮷䶮")
        }),
        ("E09", "refused") => last_on_port(talk),
        ("E10", "not-followed") => {
            talk.ask(STATUS, 0).path = "/fault/none/cfc/api/tokenPwdStas".to_owned()
        }
        other => panic!("nothing breaks {other:?}"),
    }
}

fn last_on_port(talk: &mut Talk) {
    talk.ask(STATUS, 0).port = "expired".to_owned();
}
