//! P: how the password cases are gone through.

use super::{Ask, NOTICE, Program, STATUS};
use crate::common;
use serde_json::{Value, json};

impl Program<'_> {
    pub(super) fn password(&self) {
        let status = |scan| self.ask(STATUS, scan).data["checkStas"].clone();
        match self.case {
            "P01" => {
                self.ask(NOTICE, 0);
                if self.is("verified-first") {
                    assert_eq!(status(0), "0");
                    return;
                }
                self.tester.phone(&self.tokens[0], "right");
                assert_eq!(status(0), "1");
                if self.is("same-token") {
                    self.stranger(STATUS);
                }
            }
            "P03" | "P10" | "P11" => {
                let heard = self.try_ask(NOTICE, 0).code;
                assert_eq!(heard, (self.case == "P03").then_some(500_320));
                if self.is("one-notice") {
                    self.ask(NOTICE, 0);
                }
            }
            "P05" => {
                assert_eq!(self.ask(NOTICE, 0).code, Some(500_319));
                if !self.is("one-notice") {
                    self.press();
                }
                self.ask(NOTICE, 0);
            }
            "P06" => {
                assert_eq!(self.ask(NOTICE, 0).data["notcFlag"], "0");
                if self.is("no-polling") {
                    self.ask(STATUS, 0);
                }
            }
            "P07" => {
                self.ask(NOTICE, 0);
                self.press();
                if self.is("same-token") {
                    self.stranger(NOTICE);
                } else {
                    self.ask(NOTICE, 0);
                }
            }
            "P08" | "P09" => {
                for scan in 0..3 {
                    self.ask(NOTICE, scan);
                }
                assert_eq!(status(2), "1");
                if self.is("new-token") {
                    self.ask(STATUS, 0);
                }
            }
            "P12" => {
                self.ask(NOTICE, 0);
                assert_eq!(status(0), Value::Null);
                if !self.is("asked-again") {
                    assert_eq!(status(0), "1");
                }
            }
            "P13" => {
                self.ask(NOTICE, 0);
                assert_eq!(
                    [0; 4].map(status),
                    [json!(null), json!(null), json!(null), json!("1")]
                );
            }
            "P14" => {
                self.ask(NOTICE, 0);
                for answer in ["wrong", "wrong"] {
                    self.tester.phone(&self.tokens[0], answer);
                    assert_eq!(status(0), "0");
                }
                self.tester.phone(&self.tokens[0], "right");
                if !self.is("no-giving-up") {
                    assert_eq!(status(0), "1");
                }
            }
            "P15" => {
                self.ask(NOTICE, 0);
                let heard = self.ask(STATUS, 0);
                assert_eq!((heard.code, heard.success), (Some(0), false));
                assert_eq!(heard.data["checkStas"], "1");
            }
            "P16" => {
                self.ask(NOTICE, 0);
                assert_eq!([0; 3].map(status), [json!("9"), json!(null), json!(1)]);
            }
            "P17" => self.poll(),
            "P18" => {
                self.ask(NOTICE, 0);
                if self.is("quiet") {
                    let at = common::now() as u64 - 3000;
                    self.tester
                        .say(self.case, json!({"cancelled": true, "at": at}));
                    self.ask(STATUS, 0);
                } else {
                    self.ask(STATUS, 0);
                    self.tester.say(self.case, json!({ "cancelled": true }));
                }
            }
            "P19" => {
                let total = match self.bad {
                    "sent" => Value::Null,
                    "right" => json!(100.51),
                    "number" => json!("100.50"),
                    _ => json!(100.5),
                };
                let ask = Ask::new(NOTICE, &self.tokens[0]).with("totalAmount", total);
                ask.send(self.tester.centre);
                let figure = json!({"figure": {"name": "total", "value": "100.50"}});
                self.tester.say(self.case, figure);
            }
            "P22" if !self.bad.is_empty() => drop(self.ask(NOTICE, 0)),
            "P20" | "P21" if self.is("silent") => self.stranger(NOTICE),
            "P20" | "P21" | "P22" => self.press(),
            "P23" => {
                let ask = |service, scan: usize, window: &str| {
                    let ask = Ask::new(service, &self.tokens[scan]).with("devId", json!(window));
                    ask.send(self.tester.centre)
                };
                ask(NOTICE, 0, "window-1");
                ask(NOTICE, 1, "window-2");
                ask(STATUS, 0, "window-1");
                let window = if self.is("windows") {
                    "window-1"
                } else {
                    "window-2"
                };
                assert_eq!(ask(STATUS, 1, window).data["checkStas"], "0");
            }
            // P02, P04: a notice and a query, whatever comes of it.
            _ => {
                self.ask(NOTICE, 0);
                self.ask(STATUS, 0);
            }
        }
    }

    fn poll(&self) {
        let waits = match self.bad {
            "pace" => [0, 0, 600, 600],
            "slower" => [0, 1500, 1500, 1500],
            _ => [0, 1500, 3500, 3500],
        };
        self.ask(NOTICE, 0);
        let heard = waits.map(|wait| {
            self.wait(wait);
            self.ask(STATUS, 0)
        });
        assert_eq!(
            heard.each_ref().map(|one| one.code),
            [0, -6, 500_084, 0].map(Some)
        );
        assert_eq!(heard[3].data["checkStas"], "1");
    }
}
