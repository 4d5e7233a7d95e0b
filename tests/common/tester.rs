//! A tester who goes through the acceptance cases with the example's window, and answers by what is
//! seen there: at a desk, which is the station's interface or its page.

use super::interface::ask;
use super::till::Till;
use evoucher_sandbox::{Mode, Sandbox, Tls};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What the bills of the test come to, as the tester tells it to begin with.
pub const AMOUNT: &str = "12.50";
pub const TOTAL: &str = "100.50";

/// What the tester does at the station.
pub trait Desk {
    /// Starts a case, and reads its patients' codes.
    fn start(&self, case: &str) -> Vec<String>;
    /// "I pressed it."
    fn press(&self, case: &str);
    /// "Called off."
    fn call_off(&self, case: &str);
    fn answer(&self, case: &str, question: &str, value: bool);
    fn figure(&self, case: &str, name: &str, value: &str);
    /// Plays the patient: `right` or `wrong`.
    fn phone(&self, token: &str, answer: &str);
    /// Has the case judged; its state.
    fn close(&self, case: &str) -> String;
}

/// The desk as a script has it.
pub struct Script<'a>(pub &'a Sandbox);

impl Script<'_> {
    fn post(&self, case: &str, what: &str, body: &Value) -> Value {
        let path = format!("/acceptance/cases/{case}/{what}");
        ask(&self.0.url(), "POST", &path, body)
    }
}

impl Desk for Script<'_> {
    fn start(&self, case: &str) -> Vec<String> {
        let shown = self.post(case, "start", &Value::Null);
        let patients = shown["patients"].as_array().expect("patients").iter();
        let tokens = patients.map(|one| one["token"].as_str().expect("a token").to_owned());
        tokens.collect()
    }

    fn press(&self, case: &str) {
        self.post(case, "word", &json!({"pressed": true}));
    }

    fn call_off(&self, case: &str) {
        self.post(case, "word", &json!({"cancelled": true}));
    }

    fn answer(&self, case: &str, question: &str, value: bool) {
        let answer = json!({"answer": {"question": question, "value": value}});
        self.post(case, "word", &answer);
    }

    fn figure(&self, case: &str, name: &str, value: &str) {
        let figure = json!({"figure": {"name": name, "value": value}});
        self.post(case, "word", &figure);
    }

    fn phone(&self, token: &str, answer: &str) {
        let path = format!("/patients/{token}/answer");
        ask(&self.0.url(), "POST", &path, &json!({ "answer": answer }));
    }

    fn close(&self, case: &str) -> String {
        let shown = self.post(case, "close", &Value::Null);
        shown["state"].as_str().expect("a state").to_owned()
    }
}

/// Where the library and the program are, and a folder for what they keep.
pub struct Place {
    pub program: PathBuf,
    pub library: PathBuf,
    pub folder: PathBuf,
}

/// The tester, the desk and the window.
pub struct Tester<'a> {
    pub station: &'a Sandbox,
    pub desk: &'a dyn Desk,
    place: &'a Place,
    till: Till,
    case: String,
    tokens: Vec<String>,
}

/// A window that is configured for this address of the centre.
fn open(place: &Place, station: &Sandbox, address: &str) -> Till {
    std::fs::create_dir_all(place.folder.join("journal")).expect("a folder");
    let config = json!({
        "localUrl": address, "orgId": "testOrgId", "admdvs": "350000",
        "sm4Key": "0123456789ABCDEFFEDCBA9876543210",
        // Quicker than at a counter, and longer than two seconds, after which one case answers.
        "timeoutMs": 4000, "verify": {"intervalMs": 1100, "timeoutMs": 12000},
        "journal": {"dir": place.folder.join("journal")},
        "defaults": {
            // What has to arrive as it is.
            "orgCodg": "H35010000001", "orgName": "测试医院䶮𠮷", "opterId": "0001",
            "opterName": "阿依古丽·𠮷䶮", "devId": "WINDOW-1", "devIP": "10.0.0.9",
        },
    });
    let channel = station.url().replace("http://", "");
    let bills = place.folder.join("bills");
    let arguments = [
        &config.to_string(),
        &channel,
        bills.to_str().expect("a path"),
    ];
    let mut till = Till::open(&place.program, &place.library, &arguments);
    till.sees(&["ready"]);
    till
}

impl<'a> Tester<'a> {
    pub fn new(station: &'a Sandbox, desk: &'a dyn Desk, place: &'a Place) -> Self {
        Self {
            station,
            desk,
            place,
            till: open(place, station, &station.url()),
            case: String::new(),
            tokens: Vec::new(),
        }
    }

    /// Goes through a case, and has it judged; what it came to.
    pub fn plays(&mut self, case: &str) -> String {
        case.clone_into(&mut self.case);
        self.till.forgets();
        self.tokens = self.desk.start(case);
        match case.as_bytes()[0] {
            b'P' => self.password(),
            b'C' => self.pay(),
            _ => self.envelope(),
        }
        self.desk.close(case)
    }

    fn token(&self, n: usize) -> String {
        self.tokens[n].clone()
    }

    fn answer(&self, question: &str, value: bool) {
        self.desk.answer(&self.case, question, value);
    }

    fn press(&self) {
        self.desk.press(&self.case);
    }

    fn checks(&mut self, token: &str, window: &str) {
        self.till.types(&format!("check {token} {TOTAL} {window}"));
    }

    /// Waits until the patient has been told.
    fn waits(&mut self, token: &str) {
        self.till.sees(&[&format!("waiting {token}")]);
    }

    /// How the check ended: what to do next, and all that the window says.
    fn checked(&mut self, token: &str) -> (String, String) {
        let line = self.till.sees(&[&format!("checked {token} ")]);
        let next = line.split(' ').nth(2).unwrap_or_default();
        (next.to_owned(), line)
    }

    fn cancels(&mut self, token: &str) {
        self.till.types(&format!("cancel {token}"));
        self.checked(token);
    }

    /// Tries to settle; whether the window did, and what it said.
    fn settles(&mut self, token: &str, how: &str) -> (bool, String) {
        self.till.types(&format!("settle {token} {how}"));
        let [yes, no] = ["settled", "refused"].map(|word| format!("{word} {token}"));
        let line = self.till.sees(&[&yes, &no, &format!("error {token}")]);
        (line.starts_with("settled"), line)
    }

    fn online(&mut self, token: &str) -> bool {
        self.settles(token, "qrcode online").0
    }

    /// What the centre was asked for with this token.
    fn asked(&self, token: &str, service: &str) -> usize {
        let ledger = self.station.ledger();
        let its = ledger.iter().filter(|entry| entry.token == token);
        its.filter(|entry| entry.service == service).count()
    }

    fn password(&mut self) {
        let token = self.token(0);
        match &*self.case.clone() {
            "P01" => {
                self.checks(&token, "WINDOW-1");
                self.waits(&token);
                self.desk.phone(&token, "right");
                self.checked(&token);
                let settled = self.online(&token);
                self.answer("settled", settled);
            }
            "P02" => {
                self.checks(&token, "WINDOW-1");
                self.waits(&token);
                self.cancels(&token);
                let (settled, said) = self.settles(&token, "qrcode online");
                self.answer("settled", settled);
                self.answer("reason", explains(&said));
            }
            "P03" | "P04" => {
                self.checks(&token, "WINDOW-1");
                let (next, _) = self.checked(&token);
                let settled = self.online(&token);
                self.answer("settled", settled);
                if self.case == "P03" {
                    self.answer("password-asked", next != "settle");
                }
            }
            "P05" => {
                self.checks(&token, "WINDOW-1");
                let (next, said) = self.checked(&token);
                self.answer("refusal-shown", next != "wait" && explains(&said));
                self.press();
                self.checks(&token, "WINDOW-1");
                self.checked(&token);
                let (unchecked, _) = self.settles(&token, "qrcode terminal");
                self.answer("settled-unchecked", unchecked);
                assert!(self.settles(&token, "qrcode terminal checked").0);
            }
            "P06" => {
                self.checks(&token, "WINDOW-1");
                let (next, _) = self.checked(&token);
                self.answer("taken-as-delivered", matches!(&*next, "wait" | "settle"));
            }
            "P07" => {
                for _ in 0..2 {
                    self.checks(&token, "WINDOW-1");
                    self.waits(&token);
                    self.cancels(&token);
                    self.press();
                }
                let notices = self.asked(&token, "tokenPwdCheckNotc");
                self.answer("resend-possible", notices == 2);
            }
            "P08" | "P09" => {
                let mut proposed = true;
                let wanted = if self.case == "P08" {
                    "other_app"
                } else {
                    "rescan"
                };
                for token in self.tokens.clone() {
                    self.checks(&token, "WINDOW-1");
                    let (next, _) = self.checked(&token);
                    proposed &= next == wanted || token == self.tokens[2];
                }
                let last = self.token(2);
                assert!(self.online(&last));
                let question = if self.case == "P08" {
                    "other-app"
                } else {
                    "scan-again"
                };
                self.answer(question, proposed);
            }
            "P10" | "P11" => {
                self.checks(&token, "WINDOW-1");
                if self.case == "P11" {
                    self.uses_the_window(&format!("checked {token}"));
                }
                let (next, _) = self.checked(&token);
                self.answer("offline-offered", next == "offline_check");
            }
            "P12" | "P13" => {
                self.checks(&token, "WINDOW-1");
                self.checked(&token);
                let settled = self.online(&token);
                assert!(settled);
                let queries = self.asked(&token, "tokenPwdStas");
                if self.case == "P12" {
                    self.answer("settled-after-first", queries < 2);
                } else {
                    self.answer("settled-on-gateway", queries < 4);
                }
            }
            "P14" => {
                self.checks(&token, "WINDOW-1");
                self.waits(&token);
                self.cancels(&token);
                let mut early = false;
                for _ in 0..2 {
                    self.desk.phone(&token, "wrong");
                    early |= self.online(&token);
                }
                self.desk.phone(&token, "right");
                assert!(self.online(&token));
                self.answer("settled-early", early);
            }
            "P15" => {
                self.checks(&token, "WINDOW-1");
                self.waits(&token);
                self.till.types(&format!("cancel {token}"));
                self.checked(&token);
                let settled = self.online(&token);
                self.answer("settled", settled);
            }
            "P16" => {
                self.checks(&token, "WINDOW-1");
                self.waits(&token);
                self.cancels(&token);
                let settled = (0..4).find(|_| self.online(&token));
                let queries = self.asked(&token, "tokenPwdStas");
                self.answer("settled-on-nothing", settled.is_some() && queries < 3);
                self.answer("number", settled.is_some());
            }
            "P17" => {
                self.checks(&token, "WINDOW-1");
                let (next, _) = self.checked(&token);
                self.answer("gave-up", next != "settle");
            }
            "P18" => {
                self.checks(&token, "WINDOW-1");
                self.waits(&token);
                self.till.types(&format!("cancel {token}"));
                self.desk.call_off(&self.case);
                self.checked(&token);
                let settled = self.till.has_seen("settled");
                self.answer("settled", settled);
            }
            "P19" => {
                self.checks(&token, "WINDOW-1");
                self.checked(&token);
                assert!(self.online(&token));
            }
            "P20" => {
                self.till.types(&format!("service {token}"));
                self.till.sees(&[&format!("served {token}")]);
                self.press();
            }
            "P21" => {
                let (unchecked, _) = self.settles("card-1", "card terminal");
                assert!(self.settles("card-1", "card terminal checked").0);
                assert!(self.settles("face-1", "terminal_face -").0);
                self.answer("settled-unchecked", unchecked);
            }
            "P22" => {
                let (unchecked, _) = self.settles(&token, "qrcode library");
                assert!(self.settles(&token, "qrcode library checked").0);
                self.answer("settled-unchecked", unchecked);
            }
            "P23" => {
                let other = self.token(1);
                self.checks(&token, "WINDOW-1");
                self.checks(&other, "WINDOW-2");
                self.checked(&token);
                self.waits(&other);
                self.cancels(&other);
                assert!(self.online(&token));
                let settled = self.online(&other);
                self.answer("other-settled", settled);
            }
            case => panic!("nobody knows how to go through {case}"),
        }
    }

    /// Tries to use the window before this is shown.
    fn uses_the_window(&mut self, end: &str) {
        self.till.types("bills");
        self.till.sees(&["bills "]);
        let is_over = self.till.has_seen(end);
        self.answer("usable", !is_over);
    }

    fn serial(&self, n: usize) -> String {
        format!("SN-{}-{n}", self.case)
    }

    /// Presses "pay"; how it ended.
    fn pays(&mut self, serial: &str, amount: &str, token: &str) -> String {
        self.till.types(&format!("pay {serial} {amount} {token}"));
        self.ended(serial)
    }

    fn ended(&mut self, serial: &str) -> String {
        let line = self.till.sees(&[&format!("ended {serial} ")]);
        line.rsplit(' ').next().unwrap_or_default().to_owned()
    }

    /// What the channel charged for a bill.
    fn charged(&self, serial: &str) -> Vec<String> {
        let charges = self.station.channel().charges();
        // A program that takes another number for the same bill puts something behind it.
        let its = charges
            .into_iter()
            .filter(|one| one.serial.starts_with(serial));
        its.map(|one| one.amount).collect()
    }

    /// Waits for a charge to be on its way, ends the program, and starts it again.
    fn restarts_at_the_charge(&mut self, serial: &str, mode: Mode) {
        self.station.channel().set_mode(mode);
        let token = self.token(0);
        self.till.types(&format!("pay {serial} {AMOUNT} {token}"));
        self.till.sees_that("the charge", |line| {
            line.starts_with(serial) && line.ends_with(" charging")
        });
        if mode == Mode::SilentAfter {
            let started = Instant::now();
            while self.charged(serial).is_empty() {
                assert!(started.elapsed() < Duration::from_secs(20), "not charged");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        self.till.kill();
        self.station.channel().set_mode(Mode::Normal);
        self.till = open(self.place, self.station, &self.station.url());
    }

    fn pay(&mut self) {
        let case = self.case.clone();
        let serial = self.serial(1);
        let token = self.token(0);
        match &*case {
            "C01" => {
                self.pays(&serial, AMOUNT, &token);
                let charged = self.charged(&serial);
                self.answer("charged-otherwise", charged != [AMOUNT]);
            }
            "C02" | "C03" => {
                let state = self.pays(&serial, AMOUNT, &token);
                assert_eq!(state, "unpaid");
                if case == "C02" {
                    let offered = self.till.has_seen("next other_payment");
                    self.answer("other-payment", offered);
                } else {
                    let said = self.till.sees(&["hint "]);
                    self.answer("reason", said.contains("不可用"));
                }
            }
            "C04" => {
                self.pays(&serial, "0.00", &token);
                self.press();
            }
            "C05" | "C15" => {
                for _ in 0..3 {
                    self.press();
                    self.pays(&serial, AMOUNT, &token);
                }
                let charged = self.charged(&serial);
                self.answer("charged", !charged.is_empty());
            }
            "C06" | "C07" | "C08" => {
                self.till.types(&format!("pay {serial} {AMOUNT} {token}"));
                if case == "C07" {
                    self.uses_the_window(&format!("ended {serial}"));
                }
                assert_eq!(self.ended(&serial), "paid");
                let is_certain = self.charged(&serial) == [AMOUNT];
                self.answer("charged-without", !is_certain);
            }
            "C09" => {
                for _ in 0..2 {
                    self.till.types(&format!("pay {serial} {AMOUNT} {token}"));
                }
                assert_eq!(self.ended(&serial), "paid");
                assert_eq!(self.charged(&serial), [AMOUNT]);
            }
            "C10" => {
                self.restarts_at_the_charge(&serial, Mode::Silent);
                let asked = self.till.has_seen("report ");
                assert_eq!(self.pays(&serial, AMOUNT, &token), "paid");
                assert_eq!(self.charged(&serial), [AMOUNT]);
                self.answer("asked-first", asked);
            }
            "C11" => {
                self.restarts_at_the_charge(&serial, Mode::SilentAfter);
                assert_eq!(self.pays(&serial, AMOUNT, &token), "paid");
                let charged = self.charged(&serial);
                self.answer("charged-twice", charged.len() > 1);
            }
            "C12" => {
                self.restarts_at_the_charge(&serial, Mode::Silent);
                self.desk.figure(&case, "corrected", "9.00");
                let state = self.pays(&serial, "9.00", &token);
                assert_eq!(state, "another-amount-is-another-bill");
                let other = self.serial(2);
                assert_eq!(self.pays(&other, "9.00", &token), "paid");
                let first = self.charged(&serial);
                self.answer("both-charged", !first.is_empty());
            }
            "C13" => {
                for (n, token) in self.tokens.clone().iter().enumerate() {
                    let serial = self.serial(n);
                    assert_eq!(self.pays(&serial, AMOUNT, token), "paid");
                }
            }
            "C16" => {
                let paid = self.pays(&serial, AMOUNT, &token) == "paid";
                let shown = self.till.has_seen("account 张*三");
                self.answer("refused", !paid);
                self.answer("name-shown", shown);
            }
            "C17" => {
                assert_eq!(self.pays(&serial, AMOUNT, &token), "paid");
                let charged = self.charged(&serial);
                self.answer("first-not-charged", charged.len() == 1);
            }
            "C18" => {
                assert_eq!(self.pays(&serial, AMOUNT, &token), "paid");
                let is_certain = self.charged(&serial) == [AMOUNT];
                self.answer("charged", !is_certain);
            }
            "C19" => {
                let mut charged = false;
                for (n, token) in self.tokens.clone().iter().enumerate() {
                    let serial = self.serial(n);
                    self.pays(&serial, AMOUNT, token);
                    charged |= !self.charged(&serial).is_empty();
                }
                self.answer("charged", charged);
            }
            case => panic!("nobody knows how to go through {case}"),
        }
    }

    fn envelope(&mut self) {
        let case = self.case.clone();
        let serial = self.serial(1);
        let token = self.token(0);
        match &*case {
            "E06" | "E10" | "E12" => {
                self.checks(&token, "WINDOW-1");
                self.checked(&token);
                let settled = self.online(&token);
                if case != "E10" {
                    assert_eq!(self.pays(&serial, AMOUNT, &token), "paid");
                }
                if case == "E12" {
                    self.answer("understood", settled);
                }
            }
            "E07" | "E08" => {
                self.checks(&token, "WINDOW-1");
                let (_, said) = self.checked(&token);
                let settled = self.online(&token);
                let paid = self.pays(&serial, AMOUNT, &token) == "paid";
                self.answer("done", settled || paid);
                if case == "E07" {
                    self.answer("message", said.contains("规范未列出的返回码"));
                } else {
                    self.answer("whom-to-call", said.contains("中心"));
                }
            }
            "E09" => {
                for kind in [Tls::Expired, Tls::WrongName, Tls::SelfSigned] {
                    let address = self.station.tls_url(kind);
                    let mut other = open(self.place, self.station, &address);
                    other.types(&format!("check {token} {TOTAL} WINDOW-1"));
                    other.sees(&[&format!("checked {token} ")]);
                }
            }
            "E11" => {
                self.checks(&token, "WINDOW-1");
                self.uses_the_window(&format!("checked {token}"));
                self.checked(&token);
                let settled = self.online(&token);
                self.answer("done", settled);
            }
            "E13" => {
                let settled = (0..4).any(|_| self.online(&token));
                let paid = self.pays(&serial, AMOUNT, &token) == "paid";
                self.answer("done", settled || paid);
            }
            "E14" => {
                let mut harm = false;
                for (n, token) in self.tokens.clone().iter().enumerate() {
                    harm |= self.harms(&self.serial(n), token);
                }
                self.answer("harm", harm);
            }
            case => panic!("nobody knows how to go through {case}"),
        }
    }

    /// Goes through both conversations as the window says, again and again; whether somebody was
    /// settled who had not verified, or charged wrongly.
    fn harms(&mut self, serial: &str, token: &str) -> bool {
        let mut settled = false;
        for _ in 0..5 {
            self.checks(token, "WINDOW-1");
            self.checked(token);
            settled = self.online(token);
            if settled {
                break;
            }
            self.press();
        }
        for _ in 0..5 {
            if self.pays(serial, AMOUNT, token) == "paid" {
                break;
            }
            self.press();
        }
        // The patient has confirmed by the first question: nobody is settled who was never asked.
        let unasked = settled && self.asked(token, "tokenPwdStas") == 0;
        let charged = self.charged(serial);
        unasked || charged.len() > 1 || charged.iter().any(|amount| amount != AMOUNT)
    }
}

/// Whether the window says more than what to do next.
fn explains(line: &str) -> bool {
    line.splitn(4, ' ')
        .nth(3)
        .is_some_and(|text| !text.trim().is_empty())
}

/// Who is tested.
pub fn introduce(station: &Sandbox) {
    let about = json!({
        "institution": "测试医院", "program": "examples/csharp/Cashier.cs", "version": "0.2.0",
        "tester": "李四", "amount": AMOUNT, "total": TOTAL, "seed": 7,
    });
    ask(&station.url(), "PUT", "/acceptance", &about);
}

/// A case as it stands.
#[derive(Debug)]
pub struct Case {
    pub id: String,
    pub state: String,
    /// Judged by every request of the run, and not gone through by itself.
    pub is_of_run: bool,
    /// The rules that were broken.
    pub broken: Vec<String>,
}

/// The run as it stands.
pub fn stands(station: &Sandbox) -> Vec<Case> {
    let run = ask(&station.url(), "GET", "/acceptance", &Value::Null);
    let cases = run["cases"].as_array().expect("cases").iter();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    cases
        .map(|case| {
            let findings = case["findings"].as_array().expect("findings").iter();
            Case {
                id: text(&case["id"]),
                state: text(&case["state"]),
                is_of_run: case["ofRun"] == true,
                broken: findings.map(|one| text(&one["rule"])).collect(),
            }
        })
        .collect()
}

/// A folder of a name, empty.
pub fn empty(folder: &Path) -> PathBuf {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).expect("a folder");
    folder.to_owned()
}
