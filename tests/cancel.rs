//! `ev_cancel` ends what it is meant for, tells truly whether that had gone out, and touches
//! nothing else.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::wire::*;
use common::*;
use evoucher_sandbox::Sandbox;
use serde_json::json;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any test takes: only a cancel ends these calls.
const LONG: u64 = 300_000;

fn open(url: &str) -> Client {
    let more = json!({ "timeoutMs": LONG, "connectTimeoutMs": LONG });
    library().open(&config_with(url, more))
}

/// Cancels, and gives how many calls that ended.
fn cancel(client: &Client, token: Option<&str>) -> usize {
    let library = client.library;
    let code = library.cancel(client.handle, token);
    let reply = library.last_reply();
    assert_eq!(code, 0, "{}", reply.text());
    reply.at("data.cancelled").parse().unwrap()
}

/// Makes a call, waits until `under_way`, cancels it and gives its reply, which has to come at
/// once.
fn cancelled(
    client: &Client,
    service: &str,
    token: &str,
    under_way: impl FnMut() -> bool,
) -> Reply {
    thread::scope(|scope| {
        let call = scope.spawn(|| client.service(service, token));
        wait_for("the call", under_way);
        let asked = Instant::now();
        assert_eq!(cancel(client, Some(token)), 1);
        let reply = call.join().unwrap();
        let took = asked.elapsed();
        assert!(took < MARGIN, "{took:?}: {}", reply.text());
        reply
    })
}

fn processed(centre: &Sandbox, token: &str) -> usize {
    let ledger = centre.ledger();
    ledger.iter().filter(|entry| entry.token == token).count()
}

#[test]
fn a_call_that_waits_for_its_reply_ends_and_may_have_been_processed() {
    let centre = centre();
    let client = open(&centre.url());
    for (index, service) in NAMES.into_iter().enumerate() {
        for round in 0..2 {
            // What reads waits, but for the first time, on a connection that was kept.
            let token = format!("signed-fault.silence-{index}-{round}");
            let reply = cancelled(&client, service, &token, || processed(&centre, &token) > 0);
            is(&reply, -10009, "unknown");
            assert_eq!(processed(&centre, &token), 1, "{service} was sent again");
            assert_eq!(client.signed("signed-after").returned, 0);
        }
    }
}

#[test]
fn a_call_in_the_middle_of_its_reply_ends_too() {
    for begin in [
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
        "HTTP/1.1 200 OK\r\n\r\n{",
    ] {
        for service in NAMES {
            let answered = Arc::new(AtomicBool::new(false));
            let tell = Arc::clone(&answered);
            let server = Server::start(move |mut stream, _| {
                if read_message(&mut stream).is_some() {
                    stream.write_all(begin.as_bytes()).unwrap();
                    tell.store(true, SeqCst);
                    read_message(&mut stream);
                }
            });
            let client = open(&server.url());
            let reply = cancelled(&client, service, "t", || answered.load(SeqCst));
            is(&reply, -10009, "unknown");
            assert_eq!(server.accepted(), 1, "{service} was sent again");
        }
    }
}

#[test]
fn a_call_without_a_connection_sent_nothing() {
    let centre = centre();
    let folder = Folder::new("cancel");
    let ca = folder.file("ca.pem", centre.ca_pem());
    for service in NAMES {
        // In the TLS handshake.
        let more = json!({ "timeoutMs": LONG, "connectTimeoutMs": LONG, "tls": { "caFile": ca } });
        let client = library().open(&config_with(centre.silent_tls_url(), more));
        let before = centre.connections();
        let reply = cancelled(&client, service, "t", || centre.connections() > before);
        is(&reply, -10009, "not_sent");

        // Waiting for the proxy's tunnel.
        let proxy = Proxy::start(Tunnel::Silent);
        let more = json!({ "timeoutMs": LONG, "connectTimeoutMs": LONG, "proxy": proxy.url() });
        let client = library().open(&config_with(centre.url(), more));
        let reply = cancelled(&client, service, "t", || !proxy.asked().is_empty());
        is(&reply, -10009, "not_sent");
    }
    assert_eq!(centre.seen(), 0);
}

#[test]
fn a_connect_in_progress_ends_at_its_time_out_at_the_latest() {
    let (listener, _waiting) = black_hole();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let more = json!({ "connectTimeoutMs": 1000, "timeoutMs": LONG });
    let client = library().open(&config_with(&url, more));
    for service in NAMES {
        let started = Instant::now();
        thread::scope(|scope| {
            let call = scope.spawn(|| client.service(service, "t"));
            wait_for("the call", || cancel(&client, Some("t")) == 1);
            is(&call.join().unwrap(), -10009, "not_sent");
        });
        assert!(started.elapsed() < Duration::from_secs(1) + MARGIN);
    }
}

#[test]
fn a_token_names_one_patients_calls_and_no_other() {
    let centre = centre();
    let (client, other) = (open(&centre.url()), open(&centre.url()));
    thread::scope(|scope| {
        let silent = |client, token| {
            let call = scope.spawn(move || Client::signed(client, token));
            wait_for("the call", || processed(&centre, token) > 0);
            call
        };
        let wanted = silent(&client, "signed-fault.silence-1");
        let neighbour = silent(&client, "signed-fault.silence-2");
        let elsewhere = silent(&other, "signed-fault.silence-3");
        let lasting = scope.spawn(|| client.signed("signed-fault.slow-2000-4"));
        wait_for("the call", || {
            processed(&centre, "signed-fault.slow-2000-4") > 0
        });

        // Neither a part of a token nor another letter's case is that token.
        for token in [
            "signed-fault.silence",
            "SIGNED-FAULT.SILENCE-1",
            "signed-fault.silence-3",
        ] {
            assert_eq!(cancel(&client, Some(token)), 0);
        }
        assert_eq!(cancel(&client, Some("signed-fault.silence-1")), 1);
        is(&wanted.join().unwrap(), -10009, "unknown");
        assert_eq!(cancel(&client, Some("signed-fault.silence-1")), 0);
        assert!(!neighbour.is_finished());
        is(&lasting.join().unwrap(), 0, "answered");

        // NULL is all of this client's, and of no other's.
        assert_eq!(cancel(&client, None), 1);
        is(&neighbour.join().unwrap(), -10009, "unknown");
        assert!(!elsewhere.is_finished());
        assert_eq!(cancel(&other, None), 1);
        is(&elsewhere.join().unwrap(), -10009, "unknown");
    });
}

#[test]
fn no_token_means_all_that_is_in_flight_and_nothing_later() {
    let centre = centre();
    let client = open(&centre.url());
    assert_eq!(cancel(&client, None), 0);
    assert_eq!(client.signed("signed-0").returned, 0);
    for _ in 0..3 {
        centre.clear();
        thread::scope(|scope| {
            let calls: Vec<_> = NAMES
                .iter()
                .map(|service| scope.spawn(|| client.service(service, "signed-fault.silence")))
                .collect();
            wait_for("the calls", || centre.ledger().len() == NAMES.len());
            assert_eq!(cancel(&client, None), NAMES.len());
            for call in calls {
                is(&call.join().unwrap(), -10009, "unknown");
            }
        });
        for service in NAMES {
            is(&client.service(service, "signed-fault.none"), 0, "answered");
        }
    }
}

/// A client that is closed while a call runs lets it end.
#[test]
fn closing_cancels_nothing() {
    let centre = centre();
    for service in NAMES {
        let token = "signed-fault.slow-300";
        centre.clear();
        thread::scope(|scope| {
            let client = open(&centre.url());
            let handle = client.handle;
            let call = scope.spawn(move || client.service(service, token));
            wait_for("the call", || processed(&centre, token) > 0);
            assert_eq!(library().close(handle), 0);
            is(&call.join().unwrap(), 0, "answered");
        });
    }
}

/// What a token of the code's own number answers: so a reply that is another call's shows.
fn own_code(thread: usize) -> i32 {
    700_000 + i32::try_from(thread).unwrap()
}

/// Calls on shared connections, while others are cancelled at every moment of theirs, and again
/// when they are over.
#[test]
fn a_cancel_never_breaks_another_call() {
    const CALLERS: usize = 4;
    const VICTIMS: usize = 4;
    let calls = if everything() { 3000 } else { 500 };
    let centre = centre();
    let client = open(&centre.url());
    let over = AtomicBool::new(false);
    let (ended, came) = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|thread| {
                let client = &client;
                scope.spawn(move || {
                    for call in 0..calls {
                        let token = format!("code{}-{call}", own_code(thread));
                        let service = READING[call % 2];
                        let reply = client.service(service, &token);
                        assert_eq!(reply.returned, own_code(thread), "{}", reply.text());
                        // Its token is cancelled now that it is over, while the connection is
                        // somebody else's.
                        assert_eq!(cancel(client, Some(&token)), 0);
                    }
                })
            })
            .collect();
        let victims: Vec<_> = (CALLERS..CALLERS + VICTIMS)
            .map(|thread| {
                let (client, over) = (&client, &over);
                scope.spawn(move || {
                    let (mut ended, mut came) = (0, 0);
                    let token = format!("code{}-victim", own_code(thread));
                    while !over.load(SeqCst) {
                        let reply = client.service("tokenPwdStas", &token);
                        match reply.returned {
                            -10009 => ended += 1,
                            code => {
                                assert_eq!(code, own_code(thread), "{}", reply.text());
                                came += 1;
                            }
                        }
                    }
                    (ended, came)
                })
            })
            .collect();
        let canceller = scope.spawn(|| {
            while !over.load(SeqCst) {
                for thread in CALLERS..CALLERS + VICTIMS {
                    cancel(&client, Some(&format!("code{}-victim", own_code(thread))));
                }
            }
        });
        let results: Vec<_> = callers.into_iter().map(|caller| caller.join()).collect();
        over.store(true, SeqCst);
        canceller.join().unwrap();
        let counts: Vec<(u32, u32)> = victims.into_iter().map(|v| v.join().unwrap()).collect();
        for result in results {
            result.unwrap();
        }
        let sum = |part: fn(&(u32, u32)) -> u32| counts.iter().map(part).sum::<u32>();
        (sum(|count| count.0), sum(|count| count.1))
    });
    // A connection that was broken under a call that reads would not show in its reply, which is
    // asked for again, but here.
    let mut times = std::collections::HashMap::new();
    for entry in centre.ledger() {
        *times.entry(entry.token).or_insert(0) += 1;
    }
    for thread in 0..CALLERS {
        for call in 0..calls {
            let token = format!("code{}-{call}", own_code(thread));
            assert_eq!(times.get(&token), Some(&1), "{token}");
        }
    }
    // Both ways it went, or nothing was tried.
    assert!(
        ended > 0 && came > 0,
        "{ended} were cancelled, {came} answered"
    );
}

/// A call that has its reply has given its connection up, though it is not over yet: a long reply
/// takes a while to be judged and written. A cancel in that moment must not end whoever has the
/// connection now.
#[test]
fn a_cancel_after_the_reply_touches_no_connection() {
    const CALLERS: usize = 3;
    const CALLS: usize = 500;
    let long = page(&json!({ "code": 700_001, "message": "长".repeat(100_000) }).to_string());
    let short = page(r#"{"code":700002,"message":""}"#);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = Server::start(move |mut stream, _| {
        while let Some(request) = read_message(&mut stream) {
            let reply = if request.contains("signedQuery") {
                count.fetch_add(1, SeqCst);
                &short
            } else {
                &long
            };
            if stream.write_all(reply.as_bytes()).is_err() {
                return;
            }
        }
    });
    let client = open(&server.url());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..CALLS {
                        let reply = client.signed("caller");
                        assert_eq!(reply.returned, 700_002, "{}", reply.text());
                    }
                })
            })
            .collect();
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(SeqCst) {
                    let request = request("victim").to_string();
                    let code = client
                        .library
                        .call4(
                            "ev_token_pwd_stas",
                            client.handle,
                            request.as_bytes(),
                            1 << 20,
                        )
                        .returned;
                    assert!([700_001, -10009].contains(&code), "{code}");
                }
            });
        }
        scope.spawn(|| {
            while !over.load(SeqCst) {
                cancel(&client, Some("victim"));
            }
        });
        let results: Vec<_> = callers.into_iter().map(|caller| caller.join()).collect();
        over.store(true, SeqCst);
        for result in results {
            result.unwrap();
        }
    });
    // Not even one that was asked for again, so that the caller saw nothing of it.
    assert_eq!(asked.load(SeqCst), CALLERS * CALLS);
}
