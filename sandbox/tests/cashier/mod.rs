//! A cashier's program of a few lines, and the tester beside it: it goes through the acceptance cases as
//! it should, or breaks one rule.

use crate::common::{self, KEY, Wire, exchange, parameters};
use evoucher::envelope::{KeyFormat, Sealer};
use evoucher_sandbox::{Sandbox, Tls};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::time::{Duration, Instant};

const API: &str = "/sandbox/api";

/// How long the program waits for a reply.
const PATIENCE: Duration = Duration::from_millis(400);

/// What became of a request.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) code: Option<i64>,
    pub(crate) success: bool,
    /// What was sealed.
    pub(crate) data: Value,
    pub(crate) location: String,
}

/// What is asked for.
#[derive(Clone)]
pub(crate) struct Ask {
    service: &'static str,
    pub(crate) inner: Value,
    pub(crate) outer: Value,
    method: &'static str,
    kind: &'static str,
    patience: Duration,
}

impl Ask {
    pub(crate) fn new(service: &'static str, token: &str) -> Self {
        let mut inner = common::request(token);
        let fields = inner.as_object_mut().unwrap();
        if service != "genPayCert" {
            fields.remove("ownPaySetlAmt");
            fields.remove("fixmedinsTrnsSn");
        }
        Self {
            service,
            inner,
            outer: json!({}),
            method: "POST",
            kind: "application/json;charset=UTF-8",
            patience: PATIENCE,
        }
    }

    /// Changes a sealed field; null takes it away.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.inner[name] = value;
        if self.inner[name].is_null() {
            self.inner.as_object_mut().unwrap().remove(name);
        }
        self
    }

    pub(crate) fn outside(mut self, name: &str, value: Value) -> Self {
        self.outer[name] = value;
        self
    }

    pub(crate) fn bill(self, serial: &str, amount: &str) -> Self {
        self.with("fixmedinsTrnsSn", json!(serial))
            .with("ownPaySetlAmt", json!(amount))
    }

    pub(crate) fn by(mut self, method: &'static str, kind: &'static str) -> Self {
        (self.method, self.kind) = (method, kind);
        self
    }

    pub(crate) fn patient(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub(crate) fn send(self, centre: &Sandbox) -> Heard {
        self.over(Wire::http(&centre.url()))
    }

    pub(crate) fn over(self, mut wire: Wire) -> Heard {
        let mut outer = parameters(&self.inner.to_string());
        for (name, value) in self.outer.as_object().unwrap() {
            outer[name] = value.clone();
        }
        let body = outer.to_string();
        let kind = match self.kind {
            "" => String::new(),
            kind => format!("Content-Type: {kind}\r\n"),
        };
        wire.send(&format!(
            "{} /cfc/api/{} HTTP/1.1\r\nHost: centre.test\r\nConnection: close\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            self.method, self.service, body.len()
        ));
        hear(&mut wire, self.patience)
    }
}

/// Reads until the reply is whole, or there is no more patience. What is not whole is not heard.
fn hear(wire: &mut Wire, patience: Duration) -> Heard {
    let end = Instant::now() + patience;
    let mut bytes = Vec::new();
    loop {
        if let Some(heard) = whole(&bytes) {
            return heard;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Heard::default();
        }
        wire.patience(left);
        match wire.read_some() {
            Ok(some) if some.is_empty() => return Heard::default(),
            Ok(some) => bytes.extend(some),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Heard::default(),
        }
    }
}

fn whole(bytes: &[u8]) -> Option<Heard> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let header = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    let length: usize = header("content-length")?.trim().parse().ok()?;
    let body = bytes.get(end..end + length)?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let reply: Value = serde_json::from_slice(body).unwrap_or_default();
    let sealed = reply["data"]["encData"].as_str().unwrap_or_default();
    let opened = Sealer::new(KEY, KeyFormat::Hex)?.unseal(sealed);
    let opened = opened.map_or(Vec::new(), |opened| opened.to_vec());
    Some(Heard {
        status,
        code: reply["code"].as_i64(),
        success: status == 200 && reply["code"] == 0 && reply["success"] != false,
        data: serde_json::from_slice(&opened).unwrap_or_default(),
        location: header("location").unwrap_or_default().to_owned(),
    })
}

/// The tester, who starts cases and says what the program shows.
pub(crate) struct Tester<'a> {
    pub(crate) centre: &'a Sandbox,
}

impl Tester<'_> {
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> common::Reply {
        let request = format!(
            "{method} {API}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        exchange(&self.centre.url(), &request)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.send("GET", path, json!({}))
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let reply = self.ask(method, path, &body.to_string());
        assert_eq!(reply.status / 100, 2, "{method} {path}: {}", reply.text());
        reply.json()
    }

    /// Starts a case; its patients' tokens in order.
    pub(crate) fn start(&self, case: &str) -> Vec<String> {
        let shown = self.send(
            "POST",
            &format!("/acceptance/cases/{case}/start"),
            json!({}),
        );
        let patients = shown["patients"].as_array().unwrap().iter();
        patients
            .map(|one| one["token"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn say(&self, case: &str, word: Value) {
        self.send("POST", &format!("/acceptance/cases/{case}/word"), word);
    }

    pub(crate) fn press(&self, case: &str) {
        self.say(case, json!({ "pressed": true }));
    }

    pub(crate) fn answer(&self, case: &str, question: &str, value: bool) {
        self.say(
            case,
            json!({"answer": {"question": question, "value": value}}),
        );
    }

    /// The answers of a tester whose program does everything as it should.
    pub(crate) fn answer_all(&self, case: &str) {
        for question in self.questions(case) {
            self.answer(case, &question, is_right(case, &question));
        }
    }

    pub(crate) fn questions(&self, case: &str) -> Vec<String> {
        self.ids(case, "questions")
    }

    /// The rules that are judged from the traffic.
    pub(crate) fn rules(&self, case: &str) -> Vec<String> {
        self.ids(case, "rules")
    }

    fn ids(&self, case: &str, of: &str) -> Vec<String> {
        let shown = self.get(&format!("/acceptance/cases/{case}"));
        let ids = shown[of].as_array().unwrap().iter();
        ids.map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn close(&self, case: &str) -> Value {
        self.send(
            "POST",
            &format!("/acceptance/cases/{case}/close"),
            json!({}),
        )
    }

    fn phone(&self, token: &str, answer: &str) {
        self.send(
            "POST",
            &format!("/patients/{token}/answer"),
            json!({ "answer": answer }),
        );
    }

    /// The channel's answer to a charge: whether it charged.
    fn charge(&self, cert: &Heard, serial: &str, amount: &str) -> bool {
        let order =
            json!({"payCert": cert.data["payCert"], "amount": amount, "fixmedinsTrnsSn": serial});
        self.send("POST", "/channel/charge", order)["charged"] == true
    }
}

/// What a tester of a good program says: yes to these, no to all others.
pub(crate) fn is_right(case: &str, question: &str) -> bool {
    match question {
        "settled" => matches!(case, "P01" | "P03" | "P04"),
        "reason" | "refusal-shown" | "resend-possible" | "other-app" | "scan-again"
        | "offline-offered" | "usable" | "number" | "other-payment" | "asked-first"
        | "name-shown" | "first-not-charged" | "message" | "whom-to-call" | "understood" => true,
        _ => false,
    }
}

const NOTICE: &str = "tokenPwdCheckNotc";
const STATUS: &str = "tokenPwdStas";
const SIGNED: &str = "signedQuery";
const CERT: &str = "genPayCert";

const AMOUNT: &str = "12.50";

/// Goes through a case, breaking this rule, or none. Questions are not answered here.
pub(crate) fn play(tester: &Tester<'_>, case: &str, bad: &str) {
    let tokens = tester.start(case);
    let program = Program {
        tester,
        case,
        bad,
        tokens,
    };
    match case.as_bytes()[0] {
        b'P' => program.password(),
        b'C' => program.pay(),
        _ => program.envelope(),
    }
}

struct Program<'a> {
    tester: &'a Tester<'a>,
    case: &'a str,
    bad: &'a str,
    tokens: Vec<String>,
}

impl Program<'_> {
    fn is(&self, bad: &str) -> bool {
        self.bad == bad
    }

    fn ask(&self, service: &'static str, scan: usize) -> Heard {
        Ask::new(service, &self.tokens[scan]).send(self.tester.centre)
    }

    fn cert(&self, serial: &str, amount: &str) -> Heard {
        let ask = Ask::new(CERT, &self.tokens[0]).bill(serial, amount);
        ask.send(self.tester.centre)
    }

    fn stranger(&self, service: &'static str) {
        Ask::new(service, "pwd-signed-stranger").send(self.tester.centre);
    }

    fn wait(&self, ms: u64) {
        std::thread::sleep(Duration::from_millis(ms));
    }

    fn press(&self) {
        self.tester.press(self.case);
    }

    fn password(&self) {
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
                self.ask(NOTICE, 0);
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
            "P20" | "P22" if !self.bad.is_empty() => drop(self.ask(NOTICE, 0)),
            "P21" if self.is("silent") => self.stranger(NOTICE),
            "P20" | "P21" | "P22" => {}
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
        let codes = match self.bad {
            "pace" => [0, 0, 600, 2200],
            "slower" => [0, 1100, 1100, 1100],
            _ => [0, 1100, 2200, 2200],
        };
        self.ask(NOTICE, 0);
        let heard = codes.map(|wait| {
            self.wait(wait);
            self.ask(STATUS, 0)
        });
        assert_eq!(
            heard.each_ref().map(|one| one.code),
            [0, -6, 500_084, 0].map(Some)
        );
        assert_eq!(heard[3].data["checkStas"], "1");
    }

    fn pay(&self) {
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
            "C04" => {}
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
                assert!(!self.cert(&serial, AMOUNT).success);
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
                    ask.patient(Duration::from_secs(60))
                        .send(self.tester.centre)
                };
                std::thread::scope(|scope| {
                    let clicks = if self.is("once") { 2 } else { 1 };
                    (0..clicks).for_each(|_| drop(scope.spawn(pay)));
                });
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

    fn envelope(&self) {
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
                    let careless = super::careless();
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
            "E11" => assert_eq!(self.ask(STATUS, 0).status, 0),
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
            self.ask(NOTICE, scan);
            self.ask(STATUS, scan);
            self.ask(SIGNED, scan);
            let serial = format!("SN-E14-{scan}");
            let mut charges = if self.is("channel") { 2 } else { 1 };
            for _ in 0..10 {
                let ask = Ask::new(CERT, &self.tokens[scan]).bill(&serial, AMOUNT);
                let cert = ask.send(self.tester.centre);
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
