//! E: how the envelope cases are gone through.

use super::careless::careless;
use super::{AMOUNT, Ask, CERT, IMPATIENCE, NOTICE, Program, SIGNED, STATUS};
use crate::common::{self, Wire, exchange};
use evoucher_sandbox::Tls;
use serde_json::{Value, json};

impl Program<'_> {
    pub(super) fn envelope(&self) {
        let loose = || Ask::new(SIGNED, "signed-loose");
        let mut odd = loose();
        match (self.case, self.bad) {
            ("E01", "sealed") => {
                let sealed = common::seal(&odd.inner.to_string()).to_lowercase();
                odd = odd.outside("encData", json!(sealed));
            }
            ("E02", "timestamp") => odd = odd.outside("timestamp", json!("1700000000000")),
            ("E02", "clock") => {
                let time = (common::now() + 70_000).to_string();
                odd = odd.outside("timestamp", json!(time));
            }
            ("E03", "version") => odd = odd.outside("version", json!("1.0")),
            ("E03", "reqtType") => odd = odd.outside("reqtType", json!("sys350000")),
            ("E03", "all-five") => odd = odd.outside("orgId", json!(null)),
            ("E04", "form") => odd = odd.by("PUT", "application/json;charset=UTF-8"),
            ("E04", "charset") => odd = odd.by("POST", "application/json"),
            ("E05", "fields") => odd = odd.with("opterId", json!(null)),
            ("E05", "orgCodg") => odd = odd.with("orgCodg", json!("35010000001")),
            ("E01" | "E02" | "E03" | "E04" | "E05", "") => return,
            _ => return self.transport(),
        }
        odd.send(self.tester.centre);
    }

    fn transport(&self) {
        match self.case {
            "E06" => {
                let operator = if self.is("names") {
                    "阿依古丽.𠮷䶮"
                } else {
                    "阿依古丽·𠮷䶮"
                };
                let ask = Ask::new(SIGNED, &self.tokens[0])
                    .with("orgName", json!("测试医院䶮𠮷"))
                    .with("opterName", json!(operator));
                assert!(ask.send(self.tester.centre).success);
            }
            "E07" => assert_eq!(self.ask(NOTICE, 0).code, Some(599_999)),
            "E08" => assert_eq!(self.ask(SIGNED, 0).code, Some(-4)),
            "E09" => {
                for kind in [Tls::Expired, Tls::WrongName, Tls::SelfSigned] {
                    let url = self.tester.centre.tls_url(kind);
                    let careful = common::trusting(&self.tester.centre.ca_pem());
                    let careless = careless();
                    let config = if self.is("refused") {
                        &careless
                    } else {
                        &careful
                    };
                    let wire = Wire::try_https(&url, config);
                    assert_eq!(wire.is_ok(), self.is("refused"));
                    if let Ok(wire) = wire {
                        Ask::new(STATUS, &self.tokens[0]).over(wire);
                    }
                }
            }
            "E10" => {
                let heard = self.ask(STATUS, 0);
                assert_eq!(heard.status, 302);
                if self.is("not-followed") {
                    let (_, path) = heard.location.split_once("://").unwrap();
                    let path = &path[path.find('/').unwrap()..];
                    let request = format!("GET {path} HTTP/1.1\r\nHost: centre.test\r\n\r\n");
                    exchange(&self.tester.centre.url(), &request);
                }
            }
            "E11" => assert_eq!(self.try_ask(STATUS, 0).status, 0),
            "E12" => {
                let heard = [NOTICE, STATUS, SIGNED, CERT].map(|service| self.ask(service, 0));
                assert!(
                    heard
                        .iter()
                        .all(|one| one.success && one.data["province"][0] == 1)
                );
                assert_eq!(heard[1].data["checkStas"], "1");
            }
            "E13" => {
                self.ask(NOTICE, 0);
                for _ in 0..4 {
                    assert_eq!(self.ask(STATUS, 0).data, Value::Null);
                    assert_eq!(self.ask(CERT, 0).data, Value::Null);
                }
            }
            "E14" => self.chaos(),
            other => panic!("nothing plays {other} with {:?}", self.bad),
        }
    }

    fn chaos(&self) {
        let mut faults = 0;
        for scan in 0..10 {
            self.try_ask(NOTICE, scan);
            self.try_ask(STATUS, scan);
            self.try_ask(SIGNED, scan);
            let serial = format!("SN-E14-{scan}");
            let mut charges = if self.is("channel") { 2 } else { 1 };
            for _ in 0..10 {
                let ask = Ask::new(CERT, &self.tokens[scan]).bill(&serial, AMOUNT);
                let cert = ask.patient(IMPATIENCE).send(self.tester.centre);
                faults += u32::from(!cert.success);
                if cert.success && charges > 0 {
                    charges -= 1;
                    assert!(self.tester.charge(&cert, &serial, AMOUNT));
                }
                if charges == 0 {
                    break;
                }
            }
        }
        assert!(faults > 0, "the seed makes some");
    }
}
