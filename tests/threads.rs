//! Sixteen threads on one client: no call is lost, none is doubled, every reply is its own call's,
//! and the library's memory stays what it was once it had warmed up.
//!
//! The centre runs as a program of its own, so that this process's memory is the library's, and
//! its ledger is not.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::wire::wait_for;
use common::*;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

const THREADS: usize = 16;

/// A tenth of them where everything has to be quick.
fn calls() -> usize {
    if everything() { 10_000 } else { 1_000 }
}

/// What memory may grow by between a quarter of the calls and their end. What a heap does with the
/// same load is no more than a few pages here and there; what each call kept would be: with 10,000
/// calls a thread, 70 bytes a call are more than this.
const GROWTH: usize = 8 << 20;

/// The simulated centre as a process.
struct Centre {
    child: Child,
    /// It ends when this does.
    stdin: Option<ChildStdin>,
    url: String,
}

impl Centre {
    fn start() -> Self {
        let mut child = Command::new(program("evoucher-sandbox"))
            .args(["--listen", "127.0.0.1:0", "--tls", "127.0.0.1:0"])
            .arg("--until-stdin-closes")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.by_ref().map(Result::unwrap);
        let url = lines.find_map(|line| Some(line.strip_prefix("http ")?.trim().to_owned()));
        let url = url.unwrap();
        while !lines.next().unwrap().starts_with("ready") {}
        Self { child, stdin, url }
    }

    /// What it has processed and how many connections came.
    fn ledger(&self) -> Value {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let request =
            format!("GET /sandbox/ledger HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// What of this process is in memory, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<usize>().unwrap() * 1024
}

/// Which service a call of a thread is for: most ask for a status.
fn service(call: usize) -> &'static str {
    match call % 20 {
        0 | 1 => "tokenPwdCheckNotc",
        2 | 3 => "genPayCert",
        4..8 => "signedQuery",
        _ => "tokenPwdStas",
    }
}

/// Every other token makes the centre answer with a code of the call's own, so that a reply that is
/// another call's shows; the rest have a sealed result.
fn own(thread: usize, call: usize) -> (i32, String) {
    if call % 2 == 1 {
        return (0, format!("signed-{thread}-{call}"));
    }
    let code = 600_000 + thread * 10_000 + call;
    (
        code.try_into().unwrap(),
        format!("code{code}-{thread}-{call}"),
    )
}

#[test]
fn nothing_is_lost_and_nothing_doubled() {
    let centre = Centre::start();
    let more = json!({ "timeoutMs": 60_000, "connectTimeoutMs": 60_000 });
    let client = &library().open(&config_with(&centre.url, more));
    let calls = calls();
    let before = threads();
    let done = &AtomicUsize::new(0);
    let (quarter, end) = (&Barrier::new(THREADS + 1), &Barrier::new(THREADS + 1));

    let (warm, last) = thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for call in 0..calls {
                    if call == calls / 4 {
                        quarter.wait();
                        quarter.wait();
                    }
                    let (code, token) = own(thread, call);
                    let reply = client.service(service(call), &token);
                    assert_eq!(reply.returned, code, "{}", reply.text());
                    assert_eq!(reply.at("delivery"), "answered", "{}", reply.text());
                    done.fetch_add(1, SeqCst);
                }
                end.wait();
                end.wait();
            });
        }
        // Nobody is in the middle of a call at either look.
        quarter.wait();
        let warm = resident();
        quarter.wait();
        end.wait();
        let last = resident();
        end.wait();
        (warm, last)
    });
    show(&format!(
        "\n{THREADS} threads, {calls} calls each: resident {} KiB after a quarter, {} KiB at the end\n",
        warm / 1024,
        last / 1024
    ));
    assert_eq!(done.load(SeqCst), THREADS * calls);
    assert!(last < warm + GROWTH, "from {warm} to {last} bytes");
    wait_for("the threads' end", || threads().is_subset(&before));

    let ledger = centre.ledger();
    let mut times: HashMap<(String, String), u32> = HashMap::new();
    for entry in ledger["processed"].as_array().unwrap() {
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        *times.entry((text("service"), text("token"))).or_default() += 1;
    }
    for thread in 0..THREADS {
        for call in 0..calls {
            let (_, token) = own(thread, call);
            let times = times.remove(&(service(call).to_owned(), token));
            assert_eq!(times, Some(1), "{} {:?}", service(call), own(thread, call));
        }
    }
    assert!(times.is_empty(), "nobody asked for {times:?}");
    // Those that change something had one each; the others took what these left, or one for each thread
    // at most, or two where the wait for the slowest was longer than one is kept.
    let fresh = THREADS * calls / 20 * 4;
    let connections = ledger["connections"].as_u64().unwrap() as usize;
    assert!(
        (fresh..=fresh + 2 * THREADS).contains(&connections),
        "{connections}"
    );
}
