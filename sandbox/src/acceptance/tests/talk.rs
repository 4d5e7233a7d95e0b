//! Conversations of a well-behaved program, as a run records them.

use super::super::cases::{self, Check, Scope};
use super::super::evidence::{
    CERTIFICATE, Charged, NOTICE, Phone, Record, SIGNED, STATUS, Said, Scan, Word,
};
use super::super::judge;
use serde_json::{Value, json};

pub(super) const AMOUNT: &str = "12.50";

/// What happened in one case.
#[derive(Default)]
pub(super) struct Talk {
    pub(super) scans: Vec<Scan>,
    pub(super) records: Vec<Record>,
    pub(super) words: Vec<Word>,
    pub(super) phone: Vec<Phone>,
    pub(super) charges: Vec<Charged>,
    pub(super) knocks: Vec<String>,
    pub(super) now: u64,
}

impl Talk {
    pub(super) fn view<'a>(&'a self, records: &'a [&'a Record]) -> judge::Story<'a> {
        judge::Story {
            scans: &self.scans,
            records,
            words: &self.words,
            phone: &self.phone,
            charges: &self.charges,
            knocks: &self.knocks,
            amount: AMOUNT,
            total: "100.50",
        }
    }

    pub(super) fn wait(&mut self, ms: u64) {
        self.now += ms;
    }

    /// A request and a reply that says all is well, three seconds after the last.
    pub(super) fn ask(&mut self, service: &str, scan: usize) -> &mut Record {
        let token = self
            .scans
            .get(scan)
            .map_or("pwd-elsewhere", |scan| &scan.token);
        let token = token.to_owned();
        self.wait(3000);
        let inner = json!({
            "token": token, "orgCodg": "H35010000001", "orgName": "第一医院", "opterId": "001",
            "opterName": "张三", "devId": format!("window-{scan}"), "devIP": "10.0.0.9",
        });
        let (state, issued) = match service {
            CERTIFICATE => ("PC1", format!("PC{}", self.now)),
            _ => ("1", String::new()),
        };
        let mut record = Record {
            id: self.now,
            time: self.now,
            ms: Some(10.0),
            service: service.to_owned(),
            token,
            dev_id: format!("window-{scan}"),
            method: "POST".to_owned(),
            path: format!("/cfc/api/{service}"),
            content_type: "application/json;charset=UTF-8".to_owned(),
            utf8: true,
            registered: true,
            status: Some(200),
            heard: true,
            code: Some(0),
            state: state.to_owned(),
            issued,
            ..Record::default()
        };
        set_outer(&mut record, |outer| {
            *outer = json!({"orgId": "testOrgId", "encData": "0A1B2C", "version": "1.0.0", "reqtType": "sys&350000"});
        });
        set_inner(&mut record, |fields| *fields = inner);
        let time = record.time.to_string();
        set_outer(&mut record, |outer| outer["timestamp"] = json!(time));
        if service == NOTICE {
            set_inner(&mut record, |fields| fields["totalAmount"] = json!(100.5));
        }
        if service == CERTIFICATE {
            bill(&mut record, &format!("SN-{scan}"), AMOUNT);
        }
        self.records.push(record);
        self.records.last_mut().unwrap()
    }

    /// The same, refused with a code.
    pub(super) fn refused(&mut self, service: &str, scan: usize, code: i64) -> &mut Record {
        let record = self.ask(service, scan);
        record.code = Some(code);
        record.state.clear();
        record.issued.clear();
        record
    }

    /// The same, though its reply never came.
    pub(super) fn lost(&mut self, service: &str, scan: usize) -> &mut Record {
        let record = self.ask(service, scan);
        (record.heard, record.code) = (false, None);
        record.state.clear();
        record
    }

    pub(super) fn say(&mut self, said: Said) {
        self.wait(10);
        let time = self.now;
        self.words.push(Word { time, said });
    }
}

/// Changes what a request seals.
pub(super) fn set_inner(record: &mut Record, change: impl FnOnce(&mut Value)) {
    let mut inner = record.inner();
    change(&mut inner);
    record.opened = Some(inner.to_string());
}

/// Changes what stands around it.
pub(super) fn set_outer(record: &mut Record, change: impl FnOnce(&mut Value)) {
    let mut outer = serde_json::from_str(&record.body).unwrap_or_default();
    change(&mut outer);
    record.body = outer.to_string();
}

/// What is paid, and under which serial number.
pub(super) fn bill(record: &mut Record, serial: &str, amount: &str) {
    (record.serial, record.amount) = (serial.to_owned(), amount.to_owned());
    set_inner(record, |inner| {
        inner["fixmedinsTrnsSn"] = json!(serial);
        inner["ownPaySetlAmt"] = json!(amount);
    });
}

/// What a well-behaved program does in a case, and what its tester says.
pub(super) fn good(case: &cases::Case) -> Talk {
    let mut talk = Talk {
        now: 1_700_000_000_000,
        ..Talk::default()
    };
    let scan = |(at, (person, words)): (usize, &(&str, &str))| Scan {
        person: (*person).to_owned(),
        token: format!("{words}-{}-{at}", case.id),
    };
    talk.scans = case.scans.iter().enumerate().map(scan).collect();
    conversation(&mut talk, case);
    for rule in case.rules {
        if let Check::Asked(_, wrong) = rule.check {
            talk.say(Said::Answer {
                question: rule.id.to_owned(),
                value: !wrong,
            });
        }
    }
    talk
}

fn conversation(talk: &mut Talk, case: &cases::Case) {
    match case.id {
        "P20" | "P21" | "P22" | "C04" => talk.say(Said::Pressed(true)),
        "P02" | "P15" | "P18" => {
            talk.ask(NOTICE, 0);
            talk.ask(STATUS, 0).state = "0".to_owned();
            if case.id == "P18" {
                talk.say(Said::Cancelled(true));
            }
        }
        "P03" => drop(talk.refused(NOTICE, 0, 500_320).clone()),
        "P04" => {
            talk.ask(NOTICE, 0);
            talk.refused(STATUS, 0, 500_320);
        }
        "P05" => {
            talk.refused(NOTICE, 0, 500_319);
            talk.wait(5000);
            talk.say(Said::Pressed(true));
            talk.refused(NOTICE, 0, 500_319);
        }
        "P06" => talk.ask(NOTICE, 0).state = "0".to_owned(),
        "P07" => {
            talk.ask(NOTICE, 0);
            talk.say(Said::Pressed(true));
            talk.ask(NOTICE, 0);
        }
        "P08" | "P09" => {
            for (scan, code) in [(0, 500_001), (1, 500_008)] {
                talk.refused(NOTICE, scan, code);
            }
            talk.ask(NOTICE, 2);
            talk.ask(STATUS, 2);
        }
        "P10" | "P11" => drop(talk.lost(NOTICE, 0).clone()),
        "P12" | "P13" | "P16" => {
            talk.lost(STATUS, 0);
            talk.ask(STATUS, 0);
        }
        "P14" => {
            talk.ask(NOTICE, 0);
            talk.ask(STATUS, 0).state = "0".to_owned();
            talk.wait(10);
            let (time, token) = (talk.now, talk.scans[0].token.clone());
            talk.phone.push(Phone {
                time,
                token,
                right: true,
            });
            talk.ask(STATUS, 0);
        }
        "P17" => {
            talk.ask(STATUS, 0).state = "0".to_owned();
            talk.refused(STATUS, 0, -6);
            talk.wait(3000);
            talk.refused(STATUS, 0, 500_084);
            talk.wait(3000);
            talk.ask(STATUS, 0);
        }
        "C02" | "C03" => talk.ask(SIGNED, 0).state = "0".to_owned(),
        "C05" => {
            talk.ask(SIGNED, 0);
            for code in [500_243, 500_244, 500_242] {
                talk.refused(CERTIFICATE, 0, code);
            }
        }
        "C06" | "C07" | "C08" | "C17" => {
            talk.ask(SIGNED, 0);
            talk.lost(CERTIFICATE, 0);
            talk.ask(CERTIFICATE, 0);
        }
        "C12" => {
            talk.ask(SIGNED, 0);
            talk.ask(CERTIFICATE, 0);
            talk.say(Said::Figure {
                name: "corrected".to_owned(),
                value: "9.00".to_owned(),
            });
            bill(talk.ask(CERTIFICATE, 0), "SN-new", "9.00");
        }
        "C18" => {
            talk.refused(SIGNED, 0, -6);
            talk.ask(SIGNED, 0);
            talk.refused(CERTIFICATE, 0, 500_084);
            talk.ask(CERTIFICATE, 0);
        }
        "C19" => {
            talk.ask(SIGNED, 0).refused = true;
            talk.ask(SIGNED, 1);
            talk.ask(CERTIFICATE, 1).refused = true;
        }
        "E06" => set_inner(talk.ask(SIGNED, 0), |inner| {
            inner["orgName"] = json!("测试医院䶮𠮷");
            inner["opterName"] = json!("阿依古丽·𠮷䶮");
        }),
        "E09" => {
            talk.knocks = ["expired", "wrong-name", "self-signed"]
                .map(str::to_owned)
                .to_vec()
        }
        id if case.scope == Scope::Run || id.starts_with('E') => {
            for scan in 0..case.scans.len().max(1) {
                for service in [NOTICE, STATUS, SIGNED, CERTIFICATE] {
                    talk.ask(service, scan);
                }
            }
        }
        id => {
            let services = if id.starts_with('P') {
                [NOTICE, STATUS]
            } else {
                [SIGNED, CERTIFICATE]
            };
            for scan in 0..case.scans.len() {
                services
                    .into_iter()
                    .for_each(|service| drop(talk.ask(service, scan).clone()));
            }
        }
    }
}
