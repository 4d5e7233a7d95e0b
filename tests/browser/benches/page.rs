//! What the page costs the centre, in one run: how many requests it answers with the page open against
//! without, how long the page is busy while somebody scrolls, and what a hundred thousand exchanges leave
//! in the memory. `cargo xtask bench --page`; it fails where a bound is missed.
#![allow(missing_docs, clippy::print_stdout, reason = "a benchmark")]

use evoucher::envelope::{KeyFormat, Sealer};
use evoucher_browser::{Look, Page, station};
use evoucher_sandbox::Sandbox;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// As many windows as the machine has cores here and at a small hospital's joint test.
const WINDOWS: usize = 4;
const SLICE: Duration = Duration::from_secs(3);
const SLICES: usize = 7;

/// What is held to: the share of the rate that is left, milliseconds, and MiB.
const SHARE: f64 = 0.8;
const TASK: f64 = 50.0;
const MEMORY: usize = 256;

fn request(window: usize) -> Vec<u8> {
    let sealer = Sealer::new("0123456789ABCDEFFEDCBA9876543210", KeyFormat::Hex).expect("a key");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time");
    let inner = json!({
        "token": format!("signed-{window}"), "orgCodg": "H35010000001", "orgName": "福州第一医院",
        "opterId": "0001", "opterName": "张三", "devId": format!("WINDOW-{window}"), "devIP": "10.0.0.9",
    });
    let body = json!({
        "orgId": "testOrgId", "encData": sealer.seal(inner.to_string().as_bytes()), "version": "1.0.0",
        "timestamp": now.as_millis().to_string(), "reqtType": "sys&350000",
    });
    let body = body.to_string();
    format!(
        "POST /cfc/api/signedQuery HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json;charset=UTF-8\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Asks at every window, over a connection that is kept, until this says no; how often it was answered.
fn asks(station: &Sandbox, goes_on: impl Fn(usize) -> bool + Sync) -> usize {
    let host = station.url().replace("http://", "");
    let window = |window| {
        let request = request(window);
        let stream = TcpStream::connect(&host).expect("the centre answers");
        stream.set_nodelay(true).expect("a socket");
        let mut replies = BufReader::new(stream.try_clone().expect("a socket"));
        let mut stream = stream;
        let mut answered = 0;
        while goes_on(answered) {
            stream.write_all(&request).expect("the centre reads");
            let mut length = 0;
            loop {
                let mut line = String::new();
                replies.read_line(&mut line).expect("a reply");
                if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = value.trim().parse().expect("a length");
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            replies.read_exact(&mut body).expect("a body");
            answered += 1;
        }
        answered
    };
    thread::scope(|scope| {
        let windows: Vec<_> = (0..WINDOWS)
            .map(|n| scope.spawn(move || window(n)))
            .collect();
        windows
            .into_iter()
            .map(|one| one.join().expect("a window"))
            .sum()
    })
}

fn exchanges(station: &Sandbox, number: usize) {
    asks(station, |answered| answered < number / WINDOWS);
}

/// Answers in a second.
fn rate(station: &Sandbox) -> f64 {
    let started = Instant::now();
    let answered = asks(station, |_| started.elapsed() < SLICE);
    answered as f64 / started.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What the process has in memory, in MiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kib.expect("VmRSS") / 1024
}

/// The longest task of the page while its list is scrolled from one end to the other, in milliseconds.
const SCROLLS: &str = "
    const done = arguments[0];
    const list = document.querySelector('#live-list');
    let longest = 0;
    const observer = new PerformanceObserver(all => { for (const one of all.getEntries()) longest = Math.max(longest, one.duration); });
    observer.observe({ type: 'longtask' });
    let steps = 0;
    const step = () => {
      list.scrollTop = steps < 200 ? list.scrollHeight * steps / 200 : list.scrollTop - 28 * 5;
      if (++steps < 400) requestAnimationFrame(step);
      else setTimeout(() => { observer.disconnect(); done(longest); }, 200);
    };
    step();";

/// Until the page has, once it is quiet, every exchange up to its newest.
fn whole(page: &Page) {
    const HAS_ALL: &str = "
        const done = arguments[0];
        import('/sandbox/page/store.js').then(({ store }) => {
          const waits = setInterval(() => {
            const ids = store.exchanges.map(one => one.id);
            if (ids.length >= 9000 && ids.at(-1) - ids[0] === ids.length - 1) { clearInterval(waits); done(ids.length); }
          }, 100);
        });";
    let has = page.script(HAS_ALL);
    assert!(has.is_number(), "{has}");
}

fn main() {
    let station = station();
    let empty = resident();
    exchanges(&station, 10_000);
    let page = Page::open(&station.url(), "/sandbox/live", Look::DESKTOP);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..SLICES {
        page.go("/sandbox/live");
        page.until(
            "it has them",
            "Number(document.querySelector('#live-list').dataset.count) >= 9000",
        );
        with.push(rate(&station));
        whole(&page);
        page.cdp("Page.navigate", json!({"url": "about:blank"}));
        without.push(rate(&station));
    }
    let (with, without) = (median(with), median(without));
    let share = with / without;
    println!(
        "answers a second: {with:.0} with the page open, {without:.0} without: {share:.2} (at least {SHARE})"
    );

    page.go("/sandbox/live");
    page.until(
        "it has them",
        "Number(document.querySelector('#live-list').dataset.count) >= 9000",
    );
    let longest = match page.script(SCROLLS) {
        Value::Number(longest) => longest.as_f64().unwrap_or(f64::MAX),
        other => panic!("{other}"),
    };
    println!(
        "the longest task while it is scrolled: {longest:.0} ms (at most {TASK}; 0: none over 50)"
    );

    let some = resident();
    exchanges(&station, 100_000);
    let many = resident();
    println!(
        "memory: {empty} MiB at first, {some} MiB, {many} MiB after 100,000 more exchanges (at most {MEMORY})"
    );
    let is_kept = share >= SHARE && longest <= TASK && many <= MEMORY;
    std::process::exit(i32::from(!is_kept));
}
