//! What is asked of the guard, and how it is looked at: certificates and reports, the journal's rows,
//! other processes.
#![allow(dead_code, reason = "every test program uses its own part")]

use crate::common::{Client, Folder, Reply, config_with, is, library, show, transaction};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Lines, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub const DATABASE: &str = "evoucher-journal.db";

pub fn certificate(client: &Client, serial: &str, amount: &str) -> Reply {
    client.call("ev_gen_pay_cert", &transaction("signed", serial, amount))
}

pub fn pay(client: &Client, serial: &str, amount: &str) -> Reply {
    client.call("ev_one_code_pay", &transaction("signed", serial, amount))
}

pub fn report(client: &Client, serial: &str, amount: &str, outcome: &str) -> Reply {
    let report = json!({
        "orgCodg": "H35010000001",
        "fixmedinsTrnsSn": serial,
        "ownPaySetlAmt": amount,
        "outcome": outcome,
    });
    let reply = client.call("ev_report_charge", &report);
    // It goes to nobody.
    assert!(reply.json()["service"].is_null(), "{}", reply.text());
    reply
}

pub fn outcomes(reply: &Reply) -> Vec<String> {
    let json = reply.json();
    let before = json["data"]["issuedBefore"].as_array().cloned();
    let before = before.unwrap_or_default();
    for one in &before {
        let time = one["time"].as_str().unwrap();
        assert!(time.ends_with("+08:00") && time.len() == 29, "{time}");
    }
    before
        .iter()
        .map(|one| one["outcome"].as_str().unwrap().to_owned())
        .collect()
}

pub fn refused(reply: &Reply, code: i32, next: &str, reason: &str) {
    is(reply, code, "not_sent");
    assert_eq!(reply.at("next"), next, "{}", reply.text());
    assert_eq!(reply.at("data.reason"), reason, "{}", reply.text());
}

pub fn charges(reply: &Reply) {
    is(reply, 0, "answered");
    assert_eq!(reply.at("next"), "charge", "{}", reply.text());
    assert!(!reply.at("data.payCert").is_empty());
}

/// A folder for a journal, and a configuration that has it.
pub fn journal(url: &str) -> (Folder, PathBuf, Value) {
    let folder = Folder::new("journal");
    let dir = folder.path().join("journal");
    let config = config_with(url, json!({ "journal": { "dir": dir } }));
    (folder, dir, config)
}

pub fn wait_until(done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "it never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs SQL on the journal in a process of its own: the library's SQLite and this test's would each
/// give up the other's locks within one process.
pub fn sql(dir: &Path, statements: &str) -> Vec<Vec<String>> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "guard::run_sql", "--ignored", "--nocapture"])
        .env("RISK_DIR", dir)
        .env("RISK_SQL", statements)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    let rows = printed
        .lines()
        .filter_map(|line| line.strip_prefix("row\t"));
    rows.map(|row| row.split('\t').map(str::to_owned).collect())
        .collect()
}

#[test]
#[ignore = "a process of its own: see `sql`"]
fn run_sql() {
    let variable = |name| std::env::var(name).unwrap();
    let database = Connection::open(Path::new(&variable("RISK_DIR")).join(DATABASE)).unwrap();
    for statement in variable("RISK_SQL").split(';') {
        let mut statement = database.prepare(statement).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..columns).map(|column| match row.get_ref(column).unwrap() {
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                ValueRef::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            });
            let cells: Vec<_> = cells.collect();
            show(&format!("row\t{}\n", cells.join("\t")));
        }
    }
}

/// What the journal has, in its order: event and amount.
pub fn rows(dir: &Path) -> Vec<Vec<String>> {
    sql(dir, "SELECT event, amount FROM events ORDER BY id")
}

/// Another program that holds the journal until this is dropped.
pub struct Holder(Child, Lines<BufReader<ChildStdout>>);

impl Holder {
    pub fn new(dir: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "guard::hold", "--ignored", "--nocapture"])
            .env("RISK_DIR", dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.by_ref().any(|line| line.unwrap() == "held"));
        Self(child, lines)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.1.by_ref().for_each(drop);
        self.0.wait().unwrap();
    }
}

#[test]
#[ignore = "a process of its own: see `Holder`"]
fn hold() {
    let dir = std::env::var("RISK_DIR").unwrap();
    let mut database = Connection::open(Path::new(&dir).join(DATABASE)).unwrap();
    let _held = database
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    show("\nheld\n");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// One call in a process of its own.
pub struct Process {
    child: Child,
    reply: PathBuf,
}

impl Process {
    pub fn start(folder: &Folder, config: &Value, function: &str, request: &Value) -> Self {
        let program = Command::new(std::env::current_exe().unwrap());
        Self::run(program, folder, config, function, request)
    }

    pub fn run(
        mut program: Command,
        folder: &Folder,
        config: &Value,
        function: &str,
        request: &Value,
    ) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let reply = folder.path().join(format!("reply-{count}"));
        let child = program
            .args(["--exact", "guard::one_call", "--ignored"])
            .env("RISK_CONFIG", config.to_string())
            .env("RISK_FUNCTION", function)
            .env("RISK_REQUEST", request.to_string())
            .env("RISK_REPLY", &reply)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, reply }
    }

    pub fn end(mut self) -> Reply {
        assert!(self.child.wait().unwrap().success());
        let bytes = fs::read(&self.reply).unwrap();
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        let code = json["code"].as_i64().unwrap();
        Reply {
            returned: i32::try_from(code).unwrap(),
            bytes,
        }
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
#[ignore = "a process of its own: see `Process`"]
fn one_call() {
    let variable = |name| std::env::var(name).unwrap();
    let client = library().open(&serde_json::from_str(&variable("RISK_CONFIG")).unwrap());
    let reply = client.call_text(&variable("RISK_FUNCTION"), &variable("RISK_REQUEST"));
    // Whole, or not there.
    let path = PathBuf::from(variable("RISK_REPLY"));
    let part = path.with_extension("part");
    fs::write(&part, &reply.bytes).unwrap();
    fs::rename(part, path).unwrap();
}
