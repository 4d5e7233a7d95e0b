//! Risk control that outlives the process (A §1.4.3.3): cashiers that are killed at any moment and
//! go by `next` never charge a bill twice. And many processes on one journal, whose books agree.
//!
//! `cargo test --test kills` kills 500 times; `EVOUCHER_KILLS=2500 cargo test --test kills killed` as
//! often as it says, for a release and after a change of risk control. `EVOUCHER_KILLS_SEED` repeats
//! a run's choices, though not its timing. `EVOUCHER_COUNTER` is a program to run in place of the
//! compiled `tests/c/counter.c`, with `EVOUCHER_COUNTER_LIBRARY` as its library: the Windows half
//! runs `counter.exe` so, which then kills itself, for no signal reaches a program under Wine.

mod common;

use common::cashiers::{
    Account, Bill, Cashier, Chance, End, Kill, Program, accounts, bill, guarded, kind, listed,
    number, seed, settled, weather,
};
use common::{Folder, centre, show};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

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

/// One at a time: each of these tests has the machine for itself.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn killed_at_any_moment_no_bill_is_charged_twice() {
    let _alone = alone();
    let kills = number("EVOUCHER_KILLS").unwrap_or(500);
    let seed = seed("EVOUCHER_KILLS_SEED");
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
                    let mut cashier = Cashier::new(program, centre, &centre.url(), folder, &name);
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
    guarded(&centre, &folder);
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
            let mut cashier = Cashier::new(&program, &centre, &centre.url(), &folder, &name);
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
