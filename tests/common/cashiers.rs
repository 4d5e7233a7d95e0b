//! Cashiers that work through bills, each a program of its own (`tests/c/counter.c`), and the books that
//! have to agree when they are done.

use super::c::{compile, run, without_cargos};
use super::{Folder, config_with, library_dir, program};
use evoucher_sandbox::{Mode, Sandbox};
use rusqlite::Connection;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The journal's folder, in the test's own.
pub const JOURNAL: &str = "journal";

/// What patients and their lines are like, by the words of their tokens.
pub const PATIENTS: [&str; 15] = [
    "signed",
    "signed",
    "signed",
    "signed",
    "signed-fault.slow-20@cert",
    "signed-fault.process-close@cert@1",
    "signed-fault.process-reset@cert@1",
    "signed-fault.half@cert@1",
    "signed-fault.gateway-504-json@cert@1",
    "signed-fault.503-html@cert@1",
    "signed-fault.reset-early@cert@1",
    "poor1",
    "poor",
    "unsigned",
    "unsigned",
];

/// Chances that a seed decides (xorshift).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below this one.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    pub fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

pub fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// The scripted cashier as a program, and the library that it loads.
pub struct Program {
    pub path: PathBuf,
    pub library: PathBuf,
    /// Whether a signal reaches it.
    pub native: bool,
}

impl Program {
    pub fn get() -> Self {
        match env::var_os("EVOUCHER_COUNTER") {
            Some(path) => Self {
                path: path.into(),
                library: env::var_os("EVOUCHER_COUNTER_LIBRARY").unwrap().into(),
                native: false,
            },
            None => Self {
                path: compile("tests/c/counter.c", "-std=gnu99", false),
                library: library_dir().join("libevoucher.so"),
                native: true,
            },
        }
    }

    /// A path as this program sees it.
    pub fn shown(&self, path: &str) -> String {
        // Under Wine the whole system is on a drive.
        let drive = if self.native { "" } else { "Z:" };
        format!("{drive}{path}")
    }
}

/// When a cashier is killed: so long after it noted so many steps.
pub struct Kill {
    pub steps: u64,
    pub after: Duration,
}

impl Kill {
    pub fn any(chance: &mut Chance) -> Self {
        let micros = match chance.below(3) {
            0 => chance.below(20_000),
            _ => chance.below(2_000),
        };
        Self {
            steps: chance.below(18),
            after: Duration::from_micros(micros),
        }
    }
}

#[derive(Clone)]
pub struct Bill {
    pub serial: String,
    pub amount: String,
    pub token: String,
    pub way: &'static str,
}

impl Bill {
    /// As the program reads it.
    pub fn line(&self) -> String {
        let Self {
            serial,
            amount,
            token,
            way,
        } = self;
        format!("{serial} {amount} {token} {way}\n")
    }
}

/// A cashier: what the hospital's program would have on disk.
pub struct Cashier<'a> {
    pub program: &'a Program,
    pub bills: Vec<Bill>,
    pub config: String,
    pub channel: String,
    /// The paths of its bills and its book.
    pub files: [String; 2],
}

impl<'a> Cashier<'a> {
    /// It finds the centre at `url`, and the channel where the centre is.
    pub fn new(
        program: &'a Program,
        centre: &Sandbox,
        url: &str,
        folder: &Folder,
        name: &str,
    ) -> Self {
        let journal = folder.path().join(JOURNAL);
        let config = json!({
            // A disk that stalls under other work is no part of this.
            "timeoutMs": 60_000,
            "journal": { "dir": program.shown(journal.to_str().unwrap()) },
        });
        let config = config_with(url, config).to_string();
        let config = folder.file(&format!("{name}.json"), config);
        let file = |kind: &str| folder.file(&format!("{name}.{kind}"), "");
        Self {
            program,
            bills: Vec::new(),
            config: format!("@{}", program.shown(&config)),
            channel: centre.url().replace("http://", ""),
            files: [file("bills"), file("book")],
        }
    }

    pub fn owe(&mut self, bill: Bill) {
        self.bills.push(bill);
        self.write_bills();
    }

    /// For its next run.
    pub fn write_bills(&self) {
        let lines: String = self.bills.iter().map(Bill::line).collect();
        fs::write(&self.files[0], lines).unwrap();
    }

    /// The program with its arguments; `bills` is their file, or "-".
    pub fn command(&self, bills: &str) -> Command {
        let Program { path, library, .. } = self.program;
        let mut command = Command::new(path);
        command
            .arg(self.program.shown(library.to_str().unwrap()))
            .args([&self.config, &self.channel, bills])
            .arg(self.program.shown(&self.files[1]))
            .stdout(Stdio::piped());
        without_cargos(&mut command);
        command
    }

    /// Runs it, to the end or until it is killed.
    pub fn run(&self, kill: Option<&Kill>) -> End {
        let mut command = self.command(&self.program.shown(&self.files[0]));
        if let (Some(kill), false) = (kill, self.program.native) {
            command.arg(kill.steps.to_string());
            command.arg(kill.after.as_millis().to_string());
        }
        let mut child = command.spawn().unwrap();
        let mut steps = BufReader::new(child.stdout.take().unwrap());
        if let (Some(kill), true) = (kill, self.program.native) {
            let mut line = String::new();
            for _ in 0..kill.steps {
                steps.read_line(&mut line).unwrap();
            }
            thread::sleep(kill.after);
            child.kill().unwrap();
        }
        let mut line = String::new();
        while steps.read_line(&mut line).unwrap() > 0 {
            if line == "killed\n" {
                bury(child);
                return End::Killed;
            }
            line.clear();
        }
        End::of(child.wait().unwrap())
    }

    /// The steps of its book, in order: serial number and step.
    pub fn book(&self) -> Vec<(String, String)> {
        let book = fs::read_to_string(&self.files[1]).unwrap();
        let step = |line: &str| {
            let (serial, step) = line.split_once(' ')?;
            Some((serial.to_owned(), step.to_owned()))
        };
        book.lines().filter_map(step).collect()
    }

    /// How many of its bills are neither paid nor openly unpaid.
    pub fn open(&self) -> usize {
        let book = self.book();
        let is_end = |step: &str| matches!(kind(step), "paid" | "unpaid");
        self.bills.len() - book.iter().filter(|(_, step)| is_end(step)).count()
    }

    /// Works without being killed until nothing is left open.
    pub fn work_to_the_end(&self) {
        for _ in 0..10 {
            match self.run(None) {
                End::Done => return,
                End::Open => {}
                End::Killed => panic!("nobody killed it"),
            }
        }
        panic!("bills are left open");
    }
}

/// A step without its outcome.
pub fn kind(step: &str) -> &str {
    step.split('-').next().unwrap()
}

/// How a cashier ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// With every bill paid or openly unpaid.
    Done,
    /// With a bill left open.
    Open,
    Killed,
}

impl End {
    pub fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(0), _) => Self::Done,
            (Some(3), _) => Self::Open,
            // As counter.c ends itself on Windows.
            (Some(137), _) | (_, Some(9)) => Self::Killed,
            _ => panic!("ended with {status}"),
        }
    }
}

/// Waits for a Windows program that has killed itself. Under Wine its last thread sometimes waits for a
/// lock that another one had when it was killed, and has to be ended by hand.
pub fn bury(mut child: Child) {
    for _ in 0..100 {
        if child.try_wait().unwrap().is_some() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    // The program is a child of `timeout`, which hands the signal on.
    let pid = child.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    child.wait().unwrap();
}

/// The channel has good and bad moments until the work is over.
pub fn weather(centre: &Sandbox, over: &AtomicBool, seed: u64) {
    let mut chance = Chance::new(seed);
    while !over.load(SeqCst) {
        let mode = match chance.below(10) {
            0 => Mode::Silent,
            1 => Mode::SilentAfter,
            2 | 3 => Mode::Slow(20),
            _ => Mode::Normal,
        };
        centre.channel().set_mode(mode);
        thread::sleep(Duration::from_millis(40));
    }
    centre.channel().set_mode(Mode::Normal);
}

/// No bill was charged twice or wrongly, and each says truly whether it is paid.
pub fn settled(centre: &Sandbox, folder: &Folder, cashiers: &[Cashier<'_>]) {
    let mut charged = BTreeMap::<String, Vec<String>>::new();
    for charge in centre.channel().charges() {
        charged
            .entry(charge.serial)
            .or_default()
            .push(charge.amount);
    }
    let journal = journal(folder);
    let mut wrong = Vec::new();
    for cashier in cashiers {
        let book = cashier.book();
        let last: BTreeMap<_, _> = book.iter().cloned().collect();
        for bill in &cashier.bills {
            let amounts = charged.get(&bill.serial).map_or(&[][..], Vec::as_slice);
            let step = last
                .get(&bill.serial)
                .map_or("never touched", String::as_str);
            let is_true = match kind(step) {
                "paid" => amounts == [&*bill.amount],
                // EV_JOURNAL: nothing here is wrong with the journal.
                "unpaid" => amounts.is_empty() && !step.ends_with("(-10010)"),
                _ => false,
            };
            if !is_true {
                let steps: Vec<_> = book
                    .iter()
                    .filter(|(serial, _)| *serial == bill.serial)
                    .map(|(_, step)| step)
                    .collect();
                let events: Vec<_> = journal
                    .iter()
                    .filter(|[serial, ..]| *serial == bill.serial)
                    .map(|[_, event, _]| event)
                    .collect();
                wrong.push(format!(
                    "{} over {} ({}, {}): charged {amounts:?}; the cashier: {steps:?}; the journal: {events:?}",
                    bill.serial, bill.amount, bill.token, bill.way
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let owed: BTreeSet<_> = cashiers
        .iter()
        .flat_map(|cashier| &cashier.bills)
        .map(|bill| &bill.serial)
        .collect();
    assert!(charged.keys().all(|serial| owed.contains(serial)));
}

/// A bill of this cashier's own.
pub fn bill(chance: &mut Chance, cashier: &str, number: usize) -> Bill {
    // A token has 40 characters at most, and the longest words leave three.
    let digits = |n: usize| char::from_digit(u32::try_from(n % 36).unwrap(), 36).unwrap();
    let unique: String = [number / 36, number].map(digits).into_iter().collect();
    Bill {
        serial: format!("{cashier}-{number}"),
        amount: format!("{}.{:02}", 1 + chance.below(900), chance.below(100)),
        token: format!("{}-{}{unique}", chance.one_of(&PATIENTS), &cashier[1..]),
        way: chance.one_of(&["flow", "calls"]),
    }
}

/// Of bills whose cashiers were killed, the journal guards each that was charged.
pub fn guarded(centre: &Sandbox, folder: &Folder) {
    let listed = listed(folder);
    for (serial, known) in accounts(centre, folder) {
        // A report that found the journal busy leaves "issued", which guards as well.
        let is_guarded = match &*listed[&serial]["state"] {
            "paid" => known.charges == 1,
            "issued" => true,
            _ => known.charges == 0,
        };
        assert!(is_guarded, "{serial}: {known:?}, {:?}", listed[&serial]);
        // Whenever it is killed: noted before it leaves, and before it is handed out.
        assert!(known.asked >= known.processed, "{serial}: {known:?}");
        assert!(known.issued >= known.charges, "{serial}: {known:?}");
    }
}

/// The seed that is asked for in this variable, or another one each time.
pub fn seed(variable: &str) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    number(variable).unwrap_or(now.as_secs())
}

/// One serial number in the three books: the journal's, the centre's and the channel's.
#[derive(Debug, Default, Clone, Copy)]
pub struct Account {
    /// The journal: requests that were to leave, but for those that did not.
    pub asked: usize,
    /// The journal: certificates that were handed out.
    pub issued: usize,
    /// The journal: answers with a certificate, those that never came in included.
    pub answered: usize,
    /// The journal: charges that were reported.
    pub paid: usize,
    /// The centre: requests that took effect.
    pub processed: usize,
    /// The centre: certificates.
    pub certificates: usize,
    /// The channel: charges.
    pub charges: usize,
}

/// The three books by serial number; they must have the same amounts.
pub fn accounts(centre: &Sandbox, folder: &Folder) -> BTreeMap<String, Account> {
    let mut accounts = BTreeMap::<String, Account>::new();
    let mut amounts = BTreeSet::new();
    for entry in centre.ledger() {
        if entry.service == "genPayCert" {
            let account = accounts.entry(entry.serial.clone()).or_default();
            account.processed += 1;
            account.certificates += usize::from(!entry.certificate.is_empty());
            amounts.insert((entry.serial, entry.amount));
        }
    }
    for charge in centre.channel().charges() {
        accounts.entry(charge.serial.clone()).or_default().charges += 1;
        amounts.insert((charge.serial, charge.amount));
    }
    for [serial, event, amount] in journal(folder) {
        let account = accounts.entry(serial.clone()).or_default();
        match &*event {
            "asked" => account.asked += 1,
            "unsent" => account.asked -= 1,
            "issued" => {
                account.issued += 1;
                account.answered += 1;
            }
            "unanswered" => account.answered += 1,
            "paid" => account.paid += 1,
            _ => {}
        }
        amounts.insert((serial, amount));
    }
    assert_eq!(
        amounts.len(),
        accounts.len(),
        "one amount for each serial number"
    );
    accounts
}

/// What `evoucher-tool journal list --csv` says of each serial number, by the names of its columns.
pub fn listed(folder: &Folder) -> BTreeMap<String, BTreeMap<String, String>> {
    let config = json!({ "journal": { "dir": folder.path().join(JOURNAL) } });
    // Nothing is asked of the centre.
    let config = config_with("http://127.0.0.1:9", config).to_string();
    let config = folder.file("tool.json", config);
    let mut tool = Command::new(program("evoucher-tool"));
    let said = run(tool.args(["journal", "list", &config, "--csv"]));
    // No cell of these has a comma in it.
    let mut lines = said.lines().map(|line| line.split(',').map(str::to_owned));
    let names: Vec<_> = lines.next().unwrap().collect();
    let lines = lines.map(|cells| names.iter().cloned().zip(cells).collect());
    lines
        .map(|line: BTreeMap<_, _>| (line["fixmedinsTrnsSn"].clone(), line))
        .collect()
}

/// The rows of the journal: serial number, event and amount.
pub fn journal(folder: &Folder) -> Vec<[String; 3]> {
    let database = folder.path().join(JOURNAL).join("evoucher-journal.db");
    let database = Connection::open(database).unwrap();
    let mut rows = database
        .prepare("SELECT fixmedinsTrnsSn, event, amount FROM events ORDER BY id")
        .unwrap();
    let rows = rows.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]));
    rows.unwrap().map(Result::unwrap).collect()
}
