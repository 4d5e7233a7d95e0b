//! For every fault × every service × fresh and kept-alive connection × HTTP and HTTPS: the answer
//! comes within the deadline, what changes something is processed at most once, and `delivery`
//! never says `not_sent` when the centre says otherwise.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::outcomes::FAULTS;
use common::outcomes::Outcome::{self, All, Four, Good};
use common::wire::*;
use common::*;
use evoucher_sandbox::{Entry, Sandbox};
use serde_json::json;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::Shutdown;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// What a good reply says to do next: the patient of these tests has verified and has signed up.
fn next_of(service: &str) -> &'static str {
    let services = spec::services();
    let row = services.iter().find(|row| row["service"] == service);
    // Nobody knows what a service is about that no document lists.
    let first = row.map(|row| spec::outcomes(row).next().unwrap());
    first.map_or("null", |(_, next)| next)
}

/// Sends nothing twice: the two services that change something, and what nobody knows.
fn goes_out_once(service: &str) -> bool {
    changes(service) || service == "echo"
}

/// For the faults that end by the clock; the others must never come near theirs.
const SHORT: u64 = 700;
const LONG: u64 = 20_000;

/// Takes the entry of a token out of the ledger.
fn entries(centre: &Sandbox, service: &str, token: &str) -> Vec<Entry> {
    let mut entries = centre.ledger();
    entries.retain(|entry| entry.service == service && entry.token == token);
    entries
}

/// One fault over one scheme: a line of the table, and what was not as promised.
fn run(fault: &str, outcome: Outcome, takes_effect: bool, https: bool) -> (String, Vec<String>) {
    let centre = centre();
    let folder = Folder::new("faults");
    let ca = folder.file("ca.pem", centre.ca_pem());
    let base = if https {
        centre.https_url()
    } else {
        centre.url()
    };
    let timeout = match outcome {
        All(-10022, _) => SHORT,
        _ => LONG,
    };
    let open = |url: &str| {
        let more = json!({
            "timeoutMs": timeout, "connectTimeoutMs": LONG, "language": "en",
            "tls": { "caFile": ca },
        });
        library().open(&config_with(url, more))
    };
    let good = open(&format!("{}/fault/none", centre.url()));

    let mut wrong = Vec::new();
    let mut line = format!("{fault:<14} {:<5}", if https { "https" } else { "http" });
    for service in NAMES {
        for kept in [false, true] {
            let mut wrong = |what: String| {
                let connection = if kept { "kept" } else { "fresh" };
                wrong.push(format!(
                    "{fault} {service} {connection} https={https}: {what}"
                ));
            };
            // The path's fault meets a client's first call, the token's one that has called before.
            let (client, token) = if kept {
                (open(&base), format!("signed-k-fault.{fault}"))
            } else {
                (
                    open(&format!("{base}/fault/{fault}")),
                    "signed-f".to_owned(),
                )
            };
            let mut before = 0;
            if service == "tokenPwdStas" {
                // So that the truth is "settle", and only the fault stands before it.
                assert_eq!(good.notc(&token).at("next"), "wait");
                assert!(centre.verify(&token));
            }
            if kept {
                let reply = client.service(service, "signed-warm");
                assert_eq!(reply.returned, 0, "{}", reply.text());
                before = centre.ledger().last().unwrap().connection;
            }

            let started = Instant::now();
            let reply = client.service(service, &token);
            let took = started.elapsed();
            // A late reply of a service that reads may still be on its way; what counts is here.
            let processed = entries(&centre, service, &token);
            let (delivery, next) = (reply.at("delivery"), reply.at("next"));
            write!(
                line,
                " | {:>6} {delivery:<8} {next:<15} {}",
                reply.returned,
                processed.len()
            )
            .unwrap();

            let expected = match outcome {
                Four(..) if service == "echo" => Good,
                Four(code, delivery) => All(code, delivery),
                other => other,
            };
            match expected {
                Good => {
                    if reply.returned != 0 || delivery != "answered" || next != next_of(service) {
                        wrong(format!("should be good: {}", reply.text()));
                    }
                    if processed.len() != 1 {
                        wrong(format!("processed {} times", processed.len()));
                    }
                }
                All(code, expected) | Four(code, expected) => {
                    if reply.returned != code || delivery != expected {
                        wrong(format!("should be {code} {expected}: {}", reply.text()));
                    }
                    if next == "settle" || next == "charge" {
                        wrong(format!("a fault lets somebody {next}: {}", reply.text()));
                    }
                }
            }
            if reply.at("code") != reply.returned.to_string() {
                wrong(format!("returned {}: {}", reply.returned, reply.text()));
            }
            if took > Duration::from_millis(timeout) + MARGIN {
                wrong(format!("took {took:?} of {timeout} ms"));
            }
            if delivery == "not_sent" && !processed.is_empty() {
                wrong("not_sent, and yet it was processed".to_owned());
            }
            if takes_effect == processed.is_empty() {
                wrong(format!("processed {} times", processed.len()));
            }
            // Repeated once at most, and only what reads, and only what a reused connection broke.
            let most = if kept && !goes_out_once(service) {
                2
            } else {
                1
            };
            if processed.len() > most {
                wrong(format!("processed {} times", processed.len()));
            }
            let seen = centre.requests();
            let mut seen = seen.iter().filter(|seen| {
                let opened = seen.opened.as_deref().unwrap_or_default();
                opened.contains(&format!("\"{token}\"")) && seen.path.ends_with(service)
            });
            if let Some(seen) = seen.next().filter(|_| kept)
                && (seen.connection == before) == goes_out_once(service)
            {
                wrong(format!("connection {} after {before}", seen.connection));
            }
        }
    }
    (line, wrong)
}

#[test]
fn every_fault_has_an_honest_end() {
    let known = evoucher_sandbox::help();
    let jobs: VecDeque<_> = FAULTS
        .iter()
        .flat_map(|fault| [(fault, false), (fault, true)])
        .collect();
    let jobs = Mutex::new(jobs);
    let (lines, wrong) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let Some((&(fault, outcome, takes_effect), https)) =
                        jobs.lock().unwrap().pop_front()
                    else {
                        return;
                    };
                    let (line, mut more) = run(fault, outcome, takes_effect, https);
                    lines.lock().unwrap().push(line);
                    wrong.lock().unwrap().append(&mut more);
                }
            });
        }
    });
    let mut lines = lines.into_inner().unwrap();
    lines.sort();
    let columns = NAMES.map(|name| format!(" | {name:<33} | {:<33}", "the same, kept alive"));
    show(&format!(
        "\ncode, delivery, next, times processed\n{:<20}{}\n{}\n",
        "fault",
        columns.concat(),
        lines.join("\n")
    ));

    // The table above is all of them.
    let listed = |line: &&str| line.starts_with("  ");
    let faults = known.split("Faults,").nth(1).unwrap();
    for line in faults.lines().filter(listed) {
        let name = line.split_whitespace().next().unwrap();
        // Those with a number in their name are tried with some.
        let (begin, end) = name.split_once('N').map_or((name, None), |(begin, end)| {
            (begin, Some(end.trim_start_matches('N')))
        });
        let is_tried = |tried: &str| match end {
            Some(end) => tried.starts_with(begin) && tried.ends_with(end),
            None => tried == name,
        };
        assert!(
            FAULTS.iter().any(|(tried, ..)| is_tried(tried)),
            "{name} is not tried"
        );
    }
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong before anything can be sent, and a door that is slammed.
#[test]
fn no_centre_at_all() {
    let centre = centre();
    let unknown = "http://no-such-host.invalid:8080".to_owned();
    let mut table = String::new();
    for (name, url) in [
        ("refusing", centre.refusing_url()),
        ("slamming", centre.slamming_url()),
        ("unknown name", unknown),
    ] {
        write!(table, "\n{name:<20}").unwrap();
        let client = library().open(&config_with(
            &url,
            json!({ "timeoutMs": LONG, "connectTimeoutMs": SHORT }),
        ));
        for service in NAMES {
            let started = Instant::now();
            let reply = client.service(service, "signed-1");
            let took = started.elapsed();
            let (delivery, next) = (reply.at("delivery"), reply.at("next"));
            write!(table, " | {:>6} {delivery:<8} {next:<15}  ", reply.returned).unwrap();
            match (name, reply.returned) {
                // Whether the reset comes before the connection is seen to stand is chance: only
                // then may it be said that nothing was sent.
                ("slamming", -10023) => assert_eq!(delivery, "unknown", "{}", reply.text()),
                (_, code) => {
                    assert_eq!(code, -10020, "{}", reply.text());
                    assert_eq!(delivery, "not_sent", "{}", reply.text());
                }
            }
            assert!(next != "settle" && next != "charge", "{}", reply.text());
            assert!(took < Duration::from_millis(SHORT) + MARGIN, "{took:?}");
        }
    }
    show(&format!("{table}\n"));
    assert_eq!(centre.seen(), 0);
    assert_eq!(centre.ledger(), []);
}

/// Replies that only a server of our own gives: what has to come of them.
#[test]
fn odd_replies_have_an_honest_end() {
    let cookie = |length| format!("x-cookie: {}\r\n", "c".repeat(length));
    let body = sealed(&spec::every_state());
    let whole = page(&body);
    let (head, _) = whole.split_once("\r\n\r\n").unwrap();
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let lost = (-10023, "unknown");
    let bad = (-10025, "unknown");
    let good = (0, "answered");
    for (name, reply, (code, delivery)) in [
        ("as it should be", whole.clone(), good),
        ("LF alone", whole.replace("\r\n", "\n"), good),
        (
            "informational heads first",
            format!(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n{whole}"
            ),
            good,
        ),
        (
            "chunks without their end",
            format!("{chunked}{:x}\r\n{body}\r\n0\r\n", body.len()),
            good,
        ),
        ("HTTP/1.0", whole.replace("HTTP/1.1", "HTTP/1.0"), good),
        (
            "a long head",
            format!("{head}\r\n{}\r\n{body}", cookie(8_000)),
            good,
        ),
        (
            "too long a head",
            format!("{head}\r\n{}\r\n{body}", cookie(100_000)),
            bad,
        ),
        (
            "an endless head",
            format!("{head}\r\n{}", cookie(5_000_000)),
            bad,
        ),
        ("a head without its end", head.to_owned(), lost),
        ("nothing", String::new(), lost),
        (
            "half of a chunk",
            format!("{chunked}{:x}\r\n{}", body.len(), &body[..40]),
            lost,
        ),
        ("half of a chunk's size", format!("{chunked}1"), lost),
        ("chunks that stop", format!("{chunked}1\r\n{{\r\n"), lost),
        (
            "no number for a chunk",
            format!("{chunked}zz\r\n{body}\r\n0\r\n\r\n"),
            bad,
        ),
        (
            "a giant's chunk",
            format!("{chunked}ffffffffffffffff\r\n{body}"),
            lost,
        ),
        (
            "two lengths",
            whole.replace("content-length", "content-length: 5\r\ncontent-length"),
            bad,
        ),
        (
            "a length that is none",
            whole.replace("content-length: ", "content-length: -"),
            bad,
        ),
        (
            "a giant's length",
            whole.replace("content-length: ", "content-length: 9999999"),
            lost,
        ),
        (
            "no version of HTTP",
            whole.replace("HTTP/1.1", "HTTP/3.7"),
            bad,
        ),
        ("a banner", "220 mail.example ESMTP\r\n".to_owned(), bad),
        (
            "another protocol",
            "\0\x01\x02\u{7f}\0\0\0\0\r\n\r\n".to_owned(),
            bad,
        ),
        (
            "no content",
            "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            bad,
        ),
        (
            "not modified",
            "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(),
            (-10024, "answered"),
        ),
        (
            "another protocol from here on",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n".to_owned(),
            (-10024, "answered"),
        ),
        (
            "an error in the centre's own words",
            page(r#"{"code":"500001","message":"m"}"#).replace("200 OK", "404 Not Found"),
            (500_001, "answered"),
        ),
        ("nested without end", page(&"[".repeat(500_000)), bad),
        (
            "an object nested without end",
            page(&format!("{}1", "{\"code\":".repeat(100_000))),
            bad,
        ),
        ("a code too large", page(r#"{"code":99999999999}"#), bad),
        ("a code of our own", page(r#"{"code":-10099}"#), bad),
    ] {
        let server = Server::start(move |mut stream, _| {
            if read_message(&mut stream).is_some() {
                let _ = stream.write_all(reply.as_bytes());
                let _ = stream.shutdown(Shutdown::Write);
                let _ = io::copy(&mut stream, &mut io::sink());
            }
        });
        let client = library().open(&config_with(server.url(), json!({ "timeoutMs": LONG })));
        for service in NAMES {
            let reply = client.service(service, "signed-1");
            let text = reply.text();
            assert_eq!(reply.returned, code, "{name}, {service}: {text}");
            assert_eq!(reply.at("delivery"), delivery, "{name}, {service}: {text}");
        }
        assert_eq!(server.accepted(), NAMES.len(), "{name}");
    }
}

/// What comes behind a reply is nobody's reply, least of all the next patient's.
#[test]
fn a_second_reply_is_never_the_next_ones() {
    let truth = page(&sealed(r#"{"checkStas":"0"}"#));
    let forged = page(&sealed(r#"{"checkStas":"1"}"#));
    let server = Server::start(move |mut stream, _| {
        while read_message(&mut stream).is_some() {
            let _ = stream.write_all(format!("{truth}{forged}").as_bytes());
        }
    });
    let client = library().open(&config(server.url()));
    for n in 0..20 {
        let reply = client.stas(&format!("signed-{n}"));
        assert_eq!(reply.at("next"), "wait", "{}", reply.text());
    }
}
