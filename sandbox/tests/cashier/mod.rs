//! A cashier's program of a few lines, and the tester beside it: it goes through the acceptance cases as
//! it should, or breaks one rule.
#![allow(dead_code, reason = "every test program uses its own part")]

mod careless;
mod envelope;
mod password;
mod pay;

use crate::common::{self, KEY, Wire, exchange, parameters};
use evoucher::envelope::{KeyFormat, Sealer};
use evoucher_sandbox::Sandbox;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

const API: &str = "/sandbox/api";

/// How long the program waits for a reply: longer than any machine takes, and where none is to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const IMPATIENCE: Duration = Duration::from_millis(400);

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
    /// In front of the service's path.
    meeting: String,
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
            meeting: String::new(),
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

    pub(crate) fn meeting(mut self, fault: &str) -> Self {
        self.meeting = format!("/fault/{fault}");
        self
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
            "{} {}/cfc/api/{} HTTP/1.1\r\nHost: centre.test\r\nConnection: close\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            self.method, self.meeting, self.service, body.len()
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

    pub(crate) fn phone(&self, token: &str, answer: &str) {
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

    /// The same, where a reply may not come.
    fn try_ask(&self, service: &'static str, scan: usize) -> Heard {
        let ask = Ask::new(service, &self.tokens[scan]).patient(IMPATIENCE);
        ask.send(self.tester.centre)
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
}

/// What is broken in all of the run: case and rule.
pub(crate) fn broken(tester: &Tester<'_>) -> BTreeSet<(String, String)> {
    let whole = tester.get("/acceptance");
    let mut broken = BTreeSet::new();
    for case in whole["cases"].as_array().unwrap() {
        for finding in case["findings"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            broken.insert((text(&case["id"]), text(&finding["rule"])));
        }
    }
    broken
}

/// Who is tested.
pub(crate) fn begin(tester: &Tester<'_>) {
    let about = json!({
        "institution": "测试医院", "program": "样例 HIS", "version": "3.1", "tester": "李四",
        "amount": "12.50", "total": "100.50", "seed": 7,
    });
    tester.send("PUT", "/acceptance", about);
}
