//! C: how the pay cases are gone through.

use super::{AMOUNT, Ask, CERT, IMPATIENCE, Program, SIGNED};
use serde_json::json;
use std::time::{Duration, Instant};

impl Program<'_> {
    pub(super) fn pay(&self) {
        let serial = format!("SN-{}", self.case);
        let other = format!("SN-{}-other", self.case);
        let signed = || self.ask(SIGNED, 0);
        // Where the bill is paid a second time: as before, or with what the rule forbids.
        let again = || match self.bad {
            "one-serial" | "same-bill" => self.cert(&other, AMOUNT),
            "one-amount" => self.cert(&serial, "12.60"),
            _ => self.cert(&serial, AMOUNT),
        };
        match self.case {
            "C01" => {
                let amount = if self.is("amount") { "12.51" } else { AMOUNT };
                if !self.is("signed-first") {
                    assert_eq!(signed().data["stasFlag"], "1");
                }
                let cert = self.cert(&serial, amount);
                assert!(self.tester.charge(&cert, &serial, amount));
            }
            "C02" | "C03" => {
                signed();
                if self.is("no-certificate") {
                    again();
                }
            }
            "C04" if self.is("silent") => drop(signed()),
            "C04" => self.press(),
            "C05" => {
                signed();
                let codes = [(); 3].map(|()| {
                    let heard = again();
                    if !self.is("not-at-once") {
                        self.press();
                    }
                    heard.code
                });
                assert_eq!(codes, [500_243, 500_244, 500_242].map(Some));
            }
            "C06" | "C07" => {
                signed();
                let first = Ask::new(CERT, &self.tokens[0]).bill(&serial, AMOUNT);
                let first = first.patient(IMPATIENCE).send(self.tester.centre);
                assert!(!first.success);
                assert!(again().success);
            }
            "C08" => {
                signed();
                let statuses = [(); 3].map(|()| self.cert(&serial, AMOUNT).status);
                assert_eq!(statuses, [504, 502, 200]);
                again();
            }
            "C09" => {
                signed();
                let pay = || {
                    let ask = Ask::new(CERT, &self.tokens[0]).bill(&serial, AMOUNT);
                    ask.send(self.tester.centre)
                };
                let first = Instant::now();
                std::thread::scope(|scope| {
                    let clicks = if self.is("once") { 2 } else { 1 };
                    (0..clicks).for_each(|_| drop(scope.spawn(pay)));
                });
                assert!(first.elapsed() >= Duration::from_secs(2), "time to click");
            }
            "C10" => {
                signed();
                self.cert(&serial, AMOUNT);
                again();
            }
            "C11" | "C17" => {
                signed();
                let first = self.cert(&serial, AMOUNT);
                // C17's first one is void.
                let is_charged = self.tester.charge(&first, &serial, AMOUNT);
                assert_eq!(is_charged, self.case == "C11");
                if self.case == "C17" || self.is("channel") {
                    let second = again();
                    let of = if self.is("same-bill") {
                        &other
                    } else {
                        &serial
                    };
                    assert!(self.tester.charge(&second, of, AMOUNT));
                }
            }
            "C12" => {
                signed();
                self.cert(&serial, AMOUNT);
                let figure = json!({"figure": {"name": "corrected", "value": "9.00"}});
                self.tester.say(self.case, figure);
                self.cert(
                    if self.is("new-serial") {
                        &serial
                    } else {
                        &other
                    },
                    "9.00",
                );
            }
            "C13" => {
                for scan in 0..2 {
                    self.ask(SIGNED, scan);
                    let of = if scan == 0 || self.is("own-serial") {
                        &serial
                    } else {
                        &other
                    };
                    let ask = Ask::new(CERT, &self.tokens[scan]).bill(of, AMOUNT);
                    ask.send(self.tester.centre);
                }
            }
            "C14" => {
                let ask = Ask::new(CERT, "signed-loose");
                let amount = if self.is("decimal") {
                    json!(12.5)
                } else {
                    json!("12.5")
                };
                if !self.bad.is_empty() {
                    ask.with("ownPaySetlAmt", amount).send(self.tester.centre);
                }
            }
            "C15" => {
                signed();
                let certs = [(); 2].map(|()| {
                    self.press();
                    again().data["payCert"].clone()
                });
                assert_eq!(certs, ["", "   "]);
            }
            "C18" => {
                assert_eq!(signed().code, Some(-6));
                if !self.is("not-at-once") {
                    self.press();
                }
                signed();
                assert_eq!(again().code, Some(500_084));
                self.press();
                assert!(again().success);
            }
            "C19" => {
                assert!(!signed().success);
                if self.is("no-certificate") {
                    again();
                }
                assert!(self.ask(SIGNED, 1).success);
                assert!(!self.ask(CERT, 1).success);
            }
            _ => {
                signed();
                again();
            }
        }
    }
}
