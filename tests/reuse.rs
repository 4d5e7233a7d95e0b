//! Connections are shared where that is safe, and no call suffers from one that the other side
//! closed.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::wire::*;
use common::*;
use evoucher_sandbox::Sandbox;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread;

fn calls() -> usize {
    if everything() { 300 } else { 60 }
}

fn https(centre: &Sandbox) -> (Folder, Value) {
    let folder = Folder::new("reuse");
    let ca = folder.file("ca.pem", centre.ca_pem());
    (folder, json!({ "tls": { "caFile": ca } }))
}

/// A server that closes after each reply: at once, a little later, and without a goodbye.
#[test]
fn no_call_fails_when_the_other_side_closes_after_each_reply() {
    thread::scope(|scope| {
        for fault in ["close-after", "close-later", "reset-after"] {
            for secure in [false, true] {
                scope.spawn(move || {
                    let centre = centre();
                    let (_folder, more) = https(&centre);
                    let url = if secure {
                        centre.https_url()
                    } else {
                        centre.url()
                    };
                    let client =
                        &library().open(&config_with(format!("{url}/fault/{fault}"), more));
                    // Alone, and then with others that take from the same pool.
                    for threads in [1, 4] {
                        centre.clear();
                        thread::scope(|scope| {
                            for thread in 0..threads {
                                scope.spawn(move || {
                                    for call in 0..calls() / threads {
                                        for service in NAMES {
                                            let token = format!("signed-{thread}-{call}");
                                            let reply = client.service(service, &token);
                                            let text = reply.text();
                                            assert_eq!(
                                                reply.returned, 0,
                                                "{fault} {service}: {text}"
                                            );
                                        }
                                    }
                                });
                            }
                        });
                        let mut times = BTreeMap::new();
                        for entry in centre.ledger() {
                            *times.entry((entry.service, entry.token)).or_insert(0) += 1;
                        }
                        assert_eq!(times.len(), calls() / threads * threads * NAMES.len());
                        let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
                        assert!(twice.is_empty(), "{fault}: {twice:?}");
                    }
                });
            }
        }
    });
}

/// The connections that the calls of a service came on, in order.
fn connections(centre: &Sandbox, service: &str) -> Vec<u64> {
    let ledger = centre.ledger();
    let entries = ledger.iter().filter(|entry| entry.service == service);
    entries.map(|entry| entry.connection).collect()
}

#[test]
fn what_reads_shares_connections_and_what_changes_something_never_does() {
    let centre = centre();
    let (_folder, more) = https(&centre);
    for url in [centre.url(), centre.https_url()] {
        centre.clear();
        let client = library().open(&config_with(&url, more.clone()));
        for call in 0..50 {
            for service in NAMES {
                let reply = client.service(service, &format!("signed-{call}"));
                assert_eq!(reply.returned, 0, "{}", reply.text());
            }
        }
        let reading: BTreeSet<u64> = READING
            .iter()
            .flat_map(|service| connections(&centre, service))
            .collect();
        assert_eq!(reading.len(), 1, "{url}");
        let mut fresh = reading;
        for service in ["tokenPwdCheckNotc", "genPayCert", "echo"] {
            for connection in connections(&centre, service) {
                assert!(fresh.insert(connection), "{service} on a used connection");
            }
        }
        assert_eq!(fresh.len(), 151);
        assert_eq!(centre.connections(), 151);
    }
}

#[test]
fn threads_share_a_pool() {
    let centre = centre();
    let client = &library().open(&config(centre.url()));
    thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                for call in 0..100 {
                    let reply = client.stas(&format!("pwd-{thread}-{call}"));
                    assert_eq!(reply.returned, 0, "{}", reply.text());
                }
            });
        }
    });
    assert_eq!(centre.ledger().len(), 800);
    // No more than there ever were calls at once.
    assert!(centre.connections() <= 8, "{}", centre.connections());
}

#[test]
fn fresh_connections_resume_the_tls_session() {
    let centre = centre();
    let (_folder, more) = https(&centre);
    let client = library().open(&config_with(centre.https_url(), more));
    for call in 0..10 {
        for service in NAMES {
            let reply = client.service(service, &format!("signed-{call}"));
            assert_eq!(reply.returned, 0, "{}", reply.text());
        }
    }
    let mut resumed = BTreeMap::new();
    for seen in centre.requests() {
        resumed.insert(seen.connection, seen.resumed);
    }
    assert_eq!(resumed.len(), 31);
    let whole = resumed.values().filter(|resumed| !**resumed).count();
    assert_eq!(whole, 1, "whole handshakes: {resumed:?}");
}

/// In a process of its own: the test harness starts threads as it likes.
#[test]
fn a_call_starts_no_thread() {
    let centre = centre();
    let url = ("EVOUCHER_TEST_URL", centre.url());
    alone("in_a_process_of_its_own", [url]);
}

#[test]
#[ignore = "run by a_call_starts_no_thread"]
fn in_a_process_of_its_own() {
    let url = env::var("EVOUCHER_TEST_URL").unwrap();
    let call_all = |client: &Client, calls| {
        for call in 0..calls {
            for service in NAMES {
                let reply = client.service(service, &format!("signed-{call}"));
                assert_eq!(reply.returned, 0, "{}", reply.text());
            }
        }
    };

    let over = &AtomicBool::new(false);
    let (begin, begun) = mpsc::channel();
    let (before, seen) = thread::scope(|scope| {
        // Looks at the threads all the time, so that one that lives for a moment is seen in one of
        // some thousand looks.
        let watcher = scope.spawn(move || {
            let before = threads();
            let mut seen = before.clone();
            begin.send(()).unwrap();
            while !over.load(SeqCst) {
                seen.extend(threads());
            }
            (before, seen)
        });
        begun.recv().unwrap();
        call_all(&library().open(&config(&url)), 400);
        over.store(true, SeqCst);
        watcher.join().unwrap()
    });
    assert_eq!(seen, before, "calls to an address started threads");

    // A name is looked up by a thread that is gone afterwards.
    let named = url.replace("127.0.0.1", "localhost");
    for _ in 0..5 {
        call_all(&library().open(&config(&named)), 2);
    }
    wait_for("the look-up's end", || threads().is_subset(&before));
}
