//! The example payment (`examples/c/payment.c`, and the page that explains it): whenever it is
//! killed and however often it is started, a bill is charged once, and ends paid when it was
//! charged (A §1.4.3.3).
//!
//! `EVOUCHER_PAYMENT` is another binding's example to run in its place, a program and arguments with
//! blanks between, with `EVOUCHER_PAYMENT_CHARSET` as its charset; `EVOUCHER_PAYMENT_DRIVE` is what stands before a path that it is given ("Z:" under
//! Wine, where no signal reaches it: `--skip the_power_fails`).

mod common;

use common::c::{compile_with, without_cargos};
use common::wire::wait_for;
use common::{Folder, centre, config_with, library_dir};
use evoucher_sandbox::{Mode, Sandbox};
use rusqlite::Connection;
use serde_json::json;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

const PAGE: &str = include_str!("../docs/no-double-charge.zh-CN.md");
const PROGRAM: &str = include_str!("../examples/c/payment.c");

/// How it ends: all is paid, the bill is certainly not paid, and nobody knows yet.
const PAID: i32 = 0;
const UNPAID: i32 = 1;
const OPEN: i32 = 3;

/// One counter: the program, its configuration with a journal, and its file of bills.
struct Counter {
    centre: Sandbox,
    folder: Folder,
    config: String,
}

/// Compiled once: the tests run side by side.
fn program() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    if let Ok(other) = env::var("EVOUCHER_PAYMENT") {
        let mut words = other.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command.args(words);
        return command;
    }
    // Nobody wants to wait half a minute for a channel that is silent.
    Command::new(PROGRAM.get_or_init(|| {
        let quick = ["-DCHANNEL_SECONDS=1"];
        compile_with("examples/c/payment.c", "-std=gnu99", true, &quick)
    }))
}

/// A path as the program sees it.
fn shown(path: &Path) -> String {
    let drive = env::var("EVOUCHER_PAYMENT_DRIVE").unwrap_or_default();
    format!("{drive}{}", path.display())
}

impl Counter {
    fn new() -> Self {
        Self::patient(60_000)
    }

    /// `patience` is how many milliseconds its calls may take.
    fn patient(patience: u32) -> Self {
        let centre = centre();
        let folder = Folder::new("payment");
        let config = config_with(
            centre.url(),
            json!({
                "timeoutMs": patience,
                "charset": env::var("EVOUCHER_PAYMENT_CHARSET").unwrap_or("utf-8".into()),
                "defaults": {
                    "orgCodg": "H35010000001", "orgName": "测试医院", "opterId": "0001",
                    "opterName": "张三", "devId": "AA-BB-CC-DD-EE-FF", "devIP": "10.1.2.3",
                },
                "journal": { "dir": shown(&folder.path().join("journal")) },
            }),
        );
        fs::create_dir(folder.path().join("journal")).unwrap();
        let config = folder.file("evoucher.json", config.to_string());
        let config = format!("@{}", shown(Path::new(&config)));
        Self {
            centre,
            folder,
            config,
        }
    }

    fn start(&self, bill: &[&str]) -> Child {
        let mut command = program();
        without_cargos(&mut command)
            // For mono, unless its script says better; the C program has the path in it.
            .env("LD_LIBRARY_PATH", library_dir())
            .arg(&self.config)
            .arg(self.centre.url().replace("http://", ""))
            .arg(shown(&self.folder.path().join("bills")))
            .args(bill)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs it to its end.
    fn run(&self, bill: &[&str]) -> (i32, String) {
        ended(self.start(bill))
    }

    fn charges(&self) -> usize {
        self.centre.channel().charges().len()
    }

    /// What its file says of the bill.
    fn noted(&self) -> String {
        let bills = fs::read_to_string(self.folder.path().join("bills")).unwrap();
        let last = bills.lines().last().unwrap();
        last.split_whitespace().next_back().unwrap().to_owned()
    }

    /// Kills it once this holds: the power fails.
    fn power_fails(&self, bill: &[&str], when: impl Fn() -> bool) {
        let mut child = self.start(bill);
        wait_for("the moment to kill it", when);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn pays_once_when_asked(&self, bill: &[&str]) {
        let (code, said) = self.run(bill);
        assert_eq!((code, self.noted().as_str()), (PAID, "paid"), "{said}");
        assert_eq!(self.charges(), 1, "{said}");
    }
}

fn ended(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let code = output.status.code();
    (code.unwrap_or_else(|| panic!("a signal: {said}")), said)
}

const BILL: [&str; 3] = ["SN-1", "12.30", "signed-1"];

#[test]
fn a_bill_is_paid_once_however_often_the_program_runs() {
    let counter = Counter::new();
    counter.pays_once_when_asked(&BILL);
    counter.pays_once_when_asked(&BILL);
    let (code, said) = counter.run(&[]);
    assert_eq!((code, counter.charges()), (PAID, 1), "{said}");
    let charge = counter.centre.channel().charges().remove(0);
    assert_eq!(
        (charge.serial, charge.amount),
        ("SN-1".into(), "12.30".into())
    );
}

#[test]
fn the_power_fails_while_the_certificate_is_asked_for() {
    let counter = Counter::new();
    let silent = ["SN-1", "12.30", "signed-fault.silence@cert@1-1"];
    counter.power_fails(&silent, || !counter.centre.issued().is_empty());
    assert_eq!(counter.noted(), "asking");
    let (code, said) = counter.run(&[]);
    assert_eq!((code, counter.noted().as_str()), (PAID, "unpaid"), "{said}");
    assert_eq!(counter.charges(), 0);
    counter.pays_once_when_asked(&silent);
}

#[test]
fn the_power_fails_before_the_channel_charges() {
    let counter = Counter::new();
    counter.centre.channel().set_mode(Mode::Silent);
    let bills = counter.folder.path().join("bills");
    counter.power_fails(&BILL, || {
        fs::read_to_string(&bills).is_ok_and(|noted| noted.contains("charging\n"))
    });
    counter.centre.channel().set_mode(Mode::Normal);
    counter.pays_once_when_asked(&BILL);
}

#[test]
fn the_power_fails_after_the_charge_and_before_the_report() {
    let counter = Counter::new();
    counter.centre.channel().set_mode(Mode::SilentAfter);
    counter.power_fails(&BILL, || counter.charges() == 1);
    assert_eq!(counter.noted(), "charging");
    counter.centre.channel().set_mode(Mode::Normal);
    let (code, said) = counter.run(&[]);
    assert_eq!((code, counter.noted().as_str()), (PAID, "paid"), "{said}");
    // The library has been told: it is the second to say so.
    fs::remove_file(counter.folder.path().join("bills")).unwrap();
    let (code, said) = counter.run(&BILL);
    assert_eq!(code, PAID, "{said}");
    assert!(said.contains("next already_paid"), "{said}");
    assert_eq!(counter.charges(), 1);
}

/// The journal still knows.
#[test]
fn the_power_fails_and_the_bills_are_lost() {
    let counter = Counter::new();
    counter.centre.channel().set_mode(Mode::SilentAfter);
    counter.power_fails(&BILL, || counter.charges() == 1);
    counter.centre.channel().set_mode(Mode::Normal);
    fs::remove_file(counter.folder.path().join("bills")).unwrap();
    let (code, said) = counter.run(&BILL);
    assert_eq!(code, PAID, "{said}");
    assert!(said.contains("next confirm_charge"), "{said}");
    assert_eq!(counter.charges(), 1);
}

#[test]
fn a_channel_that_answers_again_is_asked_and_the_bill_is_paid() {
    let counter = Counter::new();
    counter.centre.channel().set_mode(Mode::SilentAfter);
    let child = counter.start(&BILL);
    wait_for("the charge", || counter.charges() == 1);
    counter.centre.channel().set_mode(Mode::Normal);
    let (code, said) = ended(child);
    assert_eq!((code, counter.noted().as_str()), (PAID, "paid"), "{said}");
    assert!(said.contains("report unknown"), "{said}");
    assert_eq!(counter.charges(), 1);
}

#[test]
fn while_the_channel_is_silent_the_bill_stays_open() {
    let counter = Counter::new();
    counter.centre.channel().set_mode(Mode::SilentAfter);
    let (code, said) = counter.run(&BILL);
    assert_eq!((code, counter.charges()), (OPEN, 1), "{said}");
    let (code, said) = counter.run(&[]);
    assert_eq!((code, counter.charges()), (OPEN, 1), "{said}");
    counter.centre.channel().set_mode(Mode::Normal);
    let (code, said) = counter.run(&[]);
    assert_eq!((code, counter.noted().as_str()), (PAID, "paid"), "{said}");
    assert_eq!(counter.charges(), 1);
}

/// `other_payment`, of a journal that fails, is no word about the charge.
#[test]
fn a_bill_that_may_be_charged_stays_open_when_the_journal_fails() {
    let counter = Counter::patient(3000);
    counter.centre.channel().set_mode(Mode::SilentAfter);
    let child = counter.start(&BILL);
    wait_for("the charge", || counter.charges() == 1);
    let journal = counter.folder.path().join("journal/evoucher-journal.db");
    let journal = Connection::open(journal).unwrap();
    journal.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (code, said) = ended(child);
    assert!(said.contains("next other_payment"), "{said}");
    assert_eq!(
        (code, counter.noted().as_str()),
        (OPEN, "charging"),
        "{said}"
    );
    drop(journal);
    counter.centre.channel().set_mode(Mode::Normal);
    counter.pays_once_when_asked(&BILL);
}

#[test]
fn what_is_certainly_not_paid_may_be_paid_later() {
    let counter = Counter::new();
    let poor = ["SN-1", "12.30", "signed-poor1-1"];
    let (code, said) = counter.run(&poor);
    assert_eq!(
        (code, counter.noted().as_str()),
        (UNPAID, "unpaid"),
        "{said}"
    );
    counter.pays_once_when_asked(&poor);

    let other = Counter::new();
    let (code, said) = other.run(&["SN-1", "12.30", "unsigned-1"]);
    assert_eq!((code, other.noted().as_str()), (UNPAID, "unpaid"), "{said}");
    let (code, said) = other.run(&["SN-1", "12.30", "scanned wrongly }"]);
    assert_eq!((code, other.noted().as_str()), (UNPAID, "unpaid"), "{said}");
    assert!(said.contains("next rescan"), "{said}");
    let (code, said) = other.run(&["SN-1", "99.00", "signed-1"]);
    assert_eq!(code, 2, "{said}");
    assert_eq!(other.charges(), 0);
}

/// The page's C is the program that these tests run.
#[test]
fn the_pages_code_is_the_programs() {
    let blocks: Vec<&str> = PAGE
        .split("```c payment\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() >= 3, "the steps are shown");
    for block in blocks {
        assert!(PROGRAM.contains(block), "not in payment.c:\n{block}");
    }
}
