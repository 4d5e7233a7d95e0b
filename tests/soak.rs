//! A long day in bad weather: eight windows on one journal, four of them open all day and four killed
//! again and again, while the line to the centre falls, replies are lost and the payment channel is
//! silent at times. Nothing that is open all day grows, and the books agree in the evening.
//!
//! `EVOUCHER_SOAK=3600 cargo test --test soak` goes on for so many seconds; `EVOUCHER_SOAK_SEED`
//! repeats a run's choices, though not its timing.

mod common;

use common::cashiers::{
    Bill, Cashier, Chance, Kill, Program, bill, guarded, kind, number, seed, settled, weather,
};
use common::{Folder, centre, everything, show};
use evoucher_sandbox::Sandbox;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{self, AssertUnwindSafe};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

/// How many windows there are of each kind.
const WINDOWS: u64 = 4;

/// A window that is killed again and again has so many bills; then another one takes its place.
const BILLS: usize = 100;

/// What the memory of an open window may grow by from the second quarter of the day to the last: what a
/// heap does with the same load, and no more. What the library remembers of transactions is full before
/// the first bill.
const GROWTH: u64 = 2 << 20;

#[test]
fn what_is_open_all_day_does_not_grow_and_the_books_agree() {
    let short = if everything() { 120 } else { 10 };
    let seconds = number("EVOUCHER_SOAK").unwrap_or(short);
    let seed = seed("EVOUCHER_SOAK_SEED");
    show(&format!("{seconds} s, EVOUCHER_SOAK_SEED={seed}\n"));

    let program = Program::get();
    let centre = centre();
    let folder = Folder::new("soak");
    let day = Day {
        program: &program,
        centre: &centre,
        folder: &folder,
        line: Line::to(&centre),
        seed,
        over: AtomicBool::new(false),
    };
    let is_done = AtomicBool::new(false);
    let ended = thread::scope(|scope| {
        scope.spawn(|| {
            day.line
                .falls_at_times(Chance::new(seed + 100), &day.over, &is_done);
        });
        // Also when something fails.
        let ended = panic::catch_unwind(AssertUnwindSafe(|| {
            let cashiers = day.work(Duration::from_secs(seconds));
            day.line.wait_until_it_stands();
            // What nobody knew by day.
            cashiers.iter().for_each(Cashier::work_to_the_end);
            cashiers
        }));
        is_done.store(true, SeqCst);
        ended
    });
    let cashiers = ended.unwrap_or_else(|failure| panic::resume_unwind(failure));
    let bills: usize = cashiers.iter().map(|cashier| cashier.bills.len()).sum();
    let charges = centre.channel().charges().len();
    show(&format!("{bills} bills, {charges} charges\n"));
    assert!(charges > 0);
    settled(&centre, &folder, &cashiers);
    guarded(&centre, &folder);
}

struct Day<'a> {
    program: &'a Program,
    centre: &'a Sandbox,
    folder: &'a Folder,
    line: Line,
    seed: u64,
    over: AtomicBool,
}

impl<'a> Day<'a> {
    /// The cashiers of all windows, when the day is over and the weather is good.
    fn work(&self, length: Duration) -> Vec<Cashier<'a>> {
        thread::scope(|scope| {
            scope.spawn(|| weather(self.centre, &self.over, self.seed));
            let windows: Vec<_> = (0..2 * WINDOWS)
                .map(|window| {
                    scope.spawn(move || match window < WINDOWS {
                        true => vec![self.open_all_day(window)],
                        false => self.killed(window),
                    })
                })
                .collect();
            thread::sleep(length);
            self.over.store(true, SeqCst);
            let ended = windows.into_iter().map(|window| window.join().unwrap());
            ended.flatten().collect()
        })
    }

    fn cashier(&self, name: &str) -> Cashier<'a> {
        Cashier::new(
            self.program,
            self.centre,
            &self.line.url(),
            self.folder,
            name,
        )
    }

    fn is_over(&self) -> bool {
        self.over.load(SeqCst)
    }

    /// One program, for as long as the day is.
    fn open_all_day(&self, window: u64) -> Cashier<'a> {
        let mut chance = Chance::new(self.seed + 1 + window);
        let name = format!("w{window}");
        let mut cashier = self.cashier(&name);
        let mut open = Window::open(&cashier);
        let mut sizes = Vec::new();
        while !self.is_over() {
            let bill = bill(&mut chance, &name, cashier.bills.len());
            open.works(&bill);
            cashier.bills.push(bill);
            sizes.push(open.size());
        }
        open.close();
        does_not_grow(&sizes);
        cashier.write_bills();
        cashier
    }

    /// One program after the other.
    fn killed(&self, window: u64) -> Vec<Cashier<'a>> {
        let mut chance = Chance::new(self.seed + 1 + window);
        let mut cashiers = Vec::new();
        let mut bills = 0;
        while !self.is_over() {
            let mut cashier = self.cashier(&format!("w{window}-{bills}"));
            while !self.is_over() && cashier.bills.len() < BILLS {
                for _ in cashier.open()..4 {
                    cashier.owe(bill(&mut chance, &format!("w{window}"), bills));
                    bills += 1;
                }
                cashier.run(Some(&Kill::any(&mut chance)));
            }
            cashiers.push(cashier);
        }
        cashiers
    }
}

/// A program that is open, and works up one bill after the other.
struct Window {
    child: Child,
    bills: ChildStdin,
    steps: BufReader<ChildStdout>,
}

impl Window {
    fn open(cashier: &Cashier<'_>) -> Self {
        let mut command = cashier.command("-");
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        Self {
            bills: child.stdin.take().unwrap(),
            steps: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Until it is paid, openly unpaid, or left open.
    fn works(&mut self, bill: &Bill) {
        self.bills.write_all(bill.line().as_bytes()).unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.steps.read_line(&mut line).unwrap(), 0, "it ended");
            let step = line.trim_end().split(' ').next_back().unwrap();
            if matches!(kind(step), "paid" | "unpaid" | "open") {
                return;
            }
        }
    }

    fn size(&self) -> Size {
        let process = format!("/proc/{}", self.child.id());
        let entries = |kind: &str| fs::read_dir(format!("{process}/{kind}")).unwrap().count();
        let status = fs::read_to_string(format!("{process}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = resident.unwrap().trim().trim_end_matches(" kB");
        Size {
            memory: kilobytes.parse::<u64>().unwrap() << 10,
            files: entries("fd"),
            threads: entries("task"),
        }
    }

    fn close(self) {
        let Self {
            mut child, bills, ..
        } = self;
        drop(bills);
        let status = child.wait().unwrap();
        assert!(matches!(status.code(), Some(0 | 3)), "{status}");
    }
}

/// What a program has of the machine between two bills.
#[derive(Debug, Clone, Copy)]
struct Size {
    memory: u64,
    files: usize,
    threads: usize,
}

/// The first quarter of the day is for warming up.
fn does_not_grow(sizes: &[Size]) {
    let quarter = sizes.len() / 4;
    assert!(quarter > 0, "{} bills", sizes.len());
    let most = |sizes: &[Size], of: fn(&Size) -> u64| sizes.iter().map(of).max().unwrap();
    let early = &sizes[quarter..2 * quarter];
    let late = &sizes[3 * quarter..];
    for (what, of, growth) in [
        ("memory", (|size| size.memory) as fn(&Size) -> u64, GROWTH),
        // A connection more or less that is kept.
        ("files", |size| size.files as u64, 2),
        ("threads", |size| size.threads as u64, 0),
    ] {
        let (before, after) = (most(early, of), most(late, of));
        assert!(after <= before + growth, "{what}: {before}, then {after}");
    }
}

/// The line to the centre.
struct Line {
    here: SocketAddr,
    centre: String,
}

impl Line {
    fn to(centre: &Sandbox) -> Self {
        // None that the system gives to whoever connects, nor another soak looks for: while the line is
        // down nobody else may take it.
        let ports = (0..10_000).map(|other| 20_000 + (std::process::id() + other) % 10_000);
        let mut ports = ports.filter_map(|port| u16::try_from(port).ok());
        let port = ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
        Self {
            here: SocketAddr::from(([127, 0, 0, 1], port.unwrap())),
            centre: centre.url().replace("http://", ""),
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.here)
    }

    fn wait_until_it_stands(&self) {
        while TcpStream::connect(self.here).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Stands for a second or two, and falls, with all that is on it, until the day is over; then it stands
    /// until everything is done.
    fn falls_at_times(&self, mut chance: Chance, is_over: &AtomicBool, is_done: &AtomicBool) {
        while !is_done.load(SeqCst) {
            // A program that is just being started may still have the one before it.
            let listener = loop {
                match TcpListener::bind(self.here) {
                    Ok(listener) => break listener,
                    Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                        thread::sleep(Duration::from_millis(1));
                    }
                    Err(error) => panic!("{}: {error}", self.here),
                }
            };
            listener.set_nonblocking(true).unwrap();
            let falls = Instant::now() + Duration::from_millis(500 + chance.below(2000));
            let mut ends = Vec::new();
            while !is_done.load(SeqCst) && (is_over.load(SeqCst) || Instant::now() < falls) {
                match listener.accept() {
                    Ok((near, _)) => {
                        let both = self.carry(near);
                        // In the evening nothing falls any more, and nothing is held.
                        if !is_over.load(SeqCst) {
                            ends.extend(both);
                        }
                    }
                    Err(_) => thread::sleep(Duration::from_millis(1)),
                }
            }
            drop(listener);
            for end in ends {
                let _ = end.shutdown(Shutdown::Both);
            }
            thread::sleep(Duration::from_millis(chance.below(100)));
        }
    }

    /// Both ends of a connection, between which everything is carried.
    fn carry(&self, near: TcpStream) -> [TcpStream; 2] {
        near.set_nonblocking(false).unwrap();
        let far = TcpStream::connect(&self.centre).unwrap();
        for (from, to) in [(&near, &far), (&far, &near)] {
            let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            to.set_nodelay(true).unwrap();
            thread::spawn(move || {
                let _ = io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Write);
            });
        }
        [near, far]
    }
}
