//! Risk control that outlives the process (A §1.4.3.3): cashiers that are killed at any moment and
//! go by `next` never charge a bill twice. And many processes on one journal, whose books agree.
//!
//! `cargo test --test kills` kills 500 times; `EVOUCHER_KILLS=2500 cargo test --test kills killed` as
//! often as it says, for a release and after a change of risk control. `EVOUCHER_KILLS_SEED` repeats
//! a run's choices, though not its timing. `EVOUCHER_COUNTER` is a program to run in place of the
//! compiled `tests/c/counter.c`, with `EVOUCHER_COUNTER_LIBRARY` as its library: the Windows half
//! runs `counter.exe` so, which then kills itself, for no signal reaches a program under Wine.

mod common;

use common::c::{compile, run, without_cargos};
use common::{Folder, centre, config_with, library_dir, program, show};
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
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How many cashiers work, and are killed, side by side.
const CASHIERS: usize = 4;

/// The steps that a cashier notes, and what comes before the first one: a kill has to land in each.
const STEPS: [&str; 8] = [
    START,
    "bill",
    "asking",
    "charging",
    "confirming",
    "reporting",
    "paid",
    "unpaid",
];

const START: &str = "start";

/// The journal's folder, in the test's own.
const JOURNAL: &str = "journal";

/// What patients and their lines are like, by the words of their tokens.
const PATIENTS: [&str; 15] = [
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
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below this one.
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// One at a time: each of these tests has the machine for itself.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The scripted cashier as a program, and the library that it loads.
struct Program {
    path: PathBuf,
    library: PathBuf,
    /// Whether a signal reaches it.
    native: bool,
}

impl Program {
    fn get() -> Self {
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
    fn shown(&self, path: &str) -> String {
        // Under Wine the whole system is on a drive.
        let drive = if self.native { "" } else { "Z:" };
        format!("{drive}{path}")
    }
}

/// When a cashier is killed: so long after it noted so many steps.
struct Kill {
    steps: u64,
    after: Duration,
}

impl Kill {
    fn any(chance: &mut Chance) -> Self {
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
struct Bill {
    serial: String,
    amount: String,
    token: String,
    way: &'static str,
}

/// A cashier: what the hospital's program would have on disk.
struct Cashier<'a> {
    program: &'a Program,
    bills: Vec<Bill>,
    config: String,
    channel: String,
    /// The paths of its bills and its book.
    files: [String; 2],
}

impl<'a> Cashier<'a> {
    fn new(program: &'a Program, centre: &Sandbox, folder: &Folder, name: &str) -> Self {
        let journal = folder.path().join(JOURNAL);
        let config = json!({
            // A disk that stalls under other work is no part of this.
            "timeoutMs": 60_000,
            "journal": { "dir": program.shown(journal.to_str().unwrap()) },
        });
        let config = config_with(centre.url(), config).to_string();
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

    fn owe(&mut self, bill: Bill) {
        self.bills.push(bill);
        let line = |bill: &Bill| {
            let Bill {
                serial,
                amount,
                token,
                way,
            } = bill;
            format!("{serial} {amount} {token} {way}\n")
        };
        let lines: String = self.bills.iter().map(line).collect();
        fs::write(&self.files[0], lines).unwrap();
    }

    /// Runs it, to the end or until it is killed.
    fn run(&self, kill: Option<&Kill>) -> End {
        let mut command = Command::new(&self.program.path);
        command
            .arg(self.program.shown(self.program.library.to_str().unwrap()))
            .args([&self.config, &self.channel])
            .args(self.files.each_ref().map(|file| self.program.shown(file)))
            .stdout(Stdio::piped());
        if let (Some(kill), false) = (kill, self.program.native) {
            command.arg(kill.steps.to_string());
            command.arg(kill.after.as_millis().to_string());
        }
        let mut child = without_cargos(&mut command).spawn().unwrap();
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
    fn book(&self) -> Vec<(String, String)> {
        let book = fs::read_to_string(&self.files[1]).unwrap();
        let step = |line: &str| {
            let (serial, step) = line.split_once(' ')?;
            Some((serial.to_owned(), step.to_owned()))
        };
        book.lines().filter_map(step).collect()
    }

    /// How many of its bills are neither paid nor openly unpaid.
    fn open(&self) -> usize {
        let book = self.book();
        let is_end = |step: &str| matches!(kind(step), "paid" | "unpaid");
        self.bills.len() - book.iter().filter(|(_, step)| is_end(step)).count()
    }

    /// Works without being killed until nothing is left open.
    fn work_to_the_end(&self) {
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
fn kind(step: &str) -> &str {
    step.split('-').next().unwrap()
}

/// How a cashier ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// With every bill paid or openly unpaid.
    Done,
    /// With a bill left open.
    Open,
    Killed,
}

impl End {
    fn of(status: ExitStatus) -> Self {
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
fn bury(mut child: Child) {
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
fn weather(centre: &Sandbox, over: &AtomicBool, seed: u64) {
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
fn settled(centre: &Sandbox, folder: &Folder, cashiers: &[Cashier<'_>]) {
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
                    "{} over {} ({}): charged {amounts:?}; the cashier: {steps:?}; the journal: {events:?}",
                    bill.serial, bill.amount, bill.token
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

#[test]
fn killed_at_any_moment_no_bill_is_charged_twice() {
    let _alone = alone();
    let kills = number("EVOUCHER_KILLS").unwrap_or(500);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = number("EVOUCHER_KILLS_SEED").unwrap_or(now.as_secs());
    show(&format!("{kills} kills, EVOUCHER_KILLS_SEED={seed}\n"));

    let program = Program::get();
    let centre = centre();
    let folder = Folder::new("kills");
    let over = AtomicBool::new(false);
    let landed = Mutex::new(Landed::default());
    let cashiers = thread::scope(|scope| {
        let weather = scope.spawn(|| weather(&centre, &over, seed));
        let workers: Vec<_> = (0..CASHIERS)
            .map(|name| {
                let (program, centre, folder, landed) = (&program, &centre, &folder, &landed);
                let mut chance = Chance::new(seed + 1 + name as u64);
                scope.spawn(move || {
                    let name = format!("c{name}");
                    let mut cashier = Cashier::new(program, centre, folder, &name);
                    while !landed.lock().unwrap().is_enough(kills) {
                        for _ in cashier.open()..4 {
                            let bill = bill(&mut chance, &name, cashier.bills.len());
                            cashier.owe(bill);
                        }
                        let before = cashier.book().len();
                        if cashier.run(Some(&Kill::any(&mut chance))) == End::Killed {
                            let book = cashier.book();
                            let step = book[before..].last().map(|(_, step)| &**step);
                            landed.lock().unwrap().count(step.unwrap_or(START));
                        }
                    }
                    cashier
                })
            })
            .collect();
        let ended: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        over.store(true, SeqCst);
        weather.join().unwrap();
        let cashiers = ended.into_iter().map(Result::unwrap);
        cashiers.collect::<Vec<_>>()
    });
    for cashier in &cashiers {
        cashier.work_to_the_end();
    }
    show(&format!(
        "killed in {:?}; {} bills, {} charges\n",
        landed.into_inner().unwrap().0,
        cashiers
            .iter()
            .map(|cashier| cashier.bills.len())
            .sum::<usize>(),
        centre.channel().charges().len()
    ));
    settled(&centre, &folder, &cashiers);
    let listed = listed(&folder);
    for (serial, known) in accounts(&centre, &folder) {
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

/// How many kills landed in each step.
#[derive(Default)]
struct Landed(BTreeMap<String, u64>);

impl Landed {
    /// Counts a kill by the step that was noted last.
    fn count(&mut self, step: &str) {
        let kind = kind(step);
        assert!(STEPS.contains(&kind), "a step of no name: {step}");
        *self.0.entry(kind.to_owned()).or_default() += 1;
    }

    /// So many, and one in each step at least.
    fn is_enough(&self, kills: u64) -> bool {
        let all: u64 = self.0.values().sum();
        let everywhere = STEPS.iter().all(|step| self.0.contains_key(*step));
        assert!(everywhere || all < kills * 5 + 500, "{:?}", self.0);
        all >= kills && everywhere
    }
}

/// A bill of this cashier's own.
fn bill(chance: &mut Chance, cashier: &str, number: usize) -> Bill {
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

/// Processes on one journal, and the bills of each; every third bill is every process's.
const PROCESSES: usize = 8;
const BILLS: usize = 200;

#[test]
fn many_processes_on_one_journal() {
    let _alone = alone();
    let program = Program::get();
    let bills = if program.native { BILLS } else { BILLS / 4 };
    let centre = centre();
    let folder = Folder::new("many");
    let cashiers: Vec<_> = (0..PROCESSES)
        .map(|process| {
            let name = format!("p{process}");
            let mut cashier = Cashier::new(&program, &centre, &folder, &name);
            for number in 0..bills {
                let is_shared = number % 3 == 0;
                let owner = if is_shared { "all" } else { &*name };
                // A few of the replies are lost, the first one of a token.
                let words = match number % 20 {
                    0 => "signed-fault.process-close@cert@1",
                    10 => "signed-fault.half@cert@1",
                    _ => "signed",
                };
                cashier.owe(Bill {
                    serial: format!("{owner}-{number}"),
                    amount: format!("{}.50", number + 1),
                    token: format!("{words}-{}{number}", &owner[1..]),
                    way: match number % 3 {
                        0 => "shared",
                        1 => "flow",
                        _ => "calls",
                    },
                });
            }
            cashier
        })
        .collect();
    thread::scope(|scope| {
        for cashier in &cashiers {
            scope.spawn(|| cashier.work_to_the_end());
        }
    });
    settled(&centre, &folder, &cashiers);
    let accounts = accounts(&centre, &folder);
    let listed = listed(&folder);
    assert!(listed.keys().eq(accounts.keys()), "the same serial numbers");
    let owed = cashiers.iter().flat_map(|cashier| &cashier.bills);
    let amounts: BTreeSet<_> = owed
        .map(|bill| (bill.serial.clone(), bill.amount.clone()))
        .collect();
    for (serial, known) in accounts {
        let Account {
            asked,
            processed,
            answered,
            issued,
            certificates,
            paid,
            charges,
        } = known;
        assert_eq!(
            (asked, answered),
            (processed, certificates),
            "{serial}: {known:?}"
        );
        assert_eq!((charges, paid > 0), (1, true), "{serial}: {known:?}");
        let listed = &listed[&serial];
        let (state, handed_out) = (&*listed["state"], &*listed["certificates"]);
        assert_eq!(
            (state, handed_out),
            ("paid", &*issued.to_string()),
            "{serial}"
        );
        assert!(amounts.contains(&(serial, listed["ownPaySetlAmt"].clone())));
    }
}

/// One serial number in the three books: the journal's, the centre's and the channel's.
#[derive(Debug, Default, Clone, Copy)]
struct Account {
    /// The journal: requests that were to leave, but for those that did not.
    asked: usize,
    /// The journal: certificates that were handed out.
    issued: usize,
    /// The journal: answers with a certificate, those that never came in included.
    answered: usize,
    /// The journal: charges that were reported.
    paid: usize,
    /// The centre: requests that took effect.
    processed: usize,
    /// The centre: certificates.
    certificates: usize,
    /// The channel: charges.
    charges: usize,
}

/// The three books by serial number; they must have the same amounts.
fn accounts(centre: &Sandbox, folder: &Folder) -> BTreeMap<String, Account> {
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
fn listed(folder: &Folder) -> BTreeMap<String, BTreeMap<String, String>> {
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
fn journal(folder: &Folder) -> Vec<[String; 3]> {
    let database = folder.path().join(JOURNAL).join("evoucher-journal.db");
    let database = Connection::open(database).unwrap();
    let mut rows = database
        .prepare("SELECT fixmedinsTrnsSn, event, amount FROM events ORDER BY id")
        .unwrap();
    let rows = rows.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]));
    rows.unwrap().map(Result::unwrap).collect()
}
