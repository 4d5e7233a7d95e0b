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
use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
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
        // What changes something came first on its connection, and nothing that reads needed one of
        // its own: the notice of the same round had come before it.
        let mut used = BTreeSet::new();
        for entry in centre.ledger() {
            let is_new = used.insert(entry.connection);
            let reads = READING.contains(&entry.service);
            assert_eq!(is_new, !reads, "{} on {}", entry.service, entry.connection);
        }
        assert_eq!(centre.connections(), 150);
    }
}

#[test]
fn the_patients_answer_is_asked_for_on_the_notices_connection() {
    let centre = centre();
    let (_folder, more) = https(&centre);
    for url in [centre.url(), centre.https_url()] {
        centre.clear();
        let client = library().open(&config_with(&url, more.clone()));
        let reply = client.call("ev_verify_password", &request("auto1"));
        assert_eq!(reply.returned, 0, "{}", reply.text());
        assert_eq!(centre.connections(), 1);
    }
}

/// The connections of the flow's two steps, in order.
fn of_a_payment(client: &Client, centre: &Sandbox, token: &str) -> [u64; 2] {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    centre.clear();
    let serial = format!("reuse-{}", SERIAL.fetch_add(1, SeqCst));
    let reply = client.call("ev_one_code_pay", &transaction(token, &serial, "1"));
    assert_eq!(reply.returned, 0, "{}", reply.text());
    ["signedQuery", "genPayCert"].map(|service| connections(centre, service)[0])
}

#[test]
fn the_certificates_connection_is_opened_while_the_centre_is_asked() {
    let centre = centre();
    let (_folder, more) = https(&centre);
    for url in [centre.url(), centre.https_url()] {
        let client = library().open(&config_with(&url, more.clone()));
        // The centre is slow to answer: the connection has come by then, and no other comes.
        let [question, certificate] = of_a_payment(&client, &centre, "signed-fault.slow-300@sign");
        assert_eq!(certificate, question + 1);
        assert_eq!(centre.connections(), 2);
        // A connection that was kept is for the question alone.
        let [question, certificate] = of_a_payment(&client, &centre, "signed-2");
        assert!(certificate > question);
        assert_eq!(centre.connections(), 1);
    }
}

#[test]
fn what_was_opened_ahead_is_not_used_when_it_is_old_or_closed() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    let [question, certificate] = of_a_payment(&client, &centre, "signed-fault.slow-2100@sign");
    assert_eq!(certificate, question + 2, "it was older than two seconds");
    assert_eq!(centre.connections(), 3);

    // A server that closes the second connection at once, before the question's answer is out.
    let upstream = centre.url().replace("http://", "");
    let (closed, is_closed) = mpsc::channel();
    let is_closed = Mutex::new(is_closed);
    let server = Server::start(move |mut stream, number| {
        if number == 1 {
            drop(stream);
            return closed.send(()).unwrap();
        }
        while let Some(request) = read_message(&mut stream) {
            if number == 0 {
                is_closed.lock().unwrap().recv().unwrap();
            }
            let mut upstream = TcpStream::connect(&upstream).unwrap();
            upstream.write_all(request.as_bytes()).unwrap();
            let reply = read_message(&mut upstream).unwrap();
            stream.write_all(reply.as_bytes()).unwrap();
        }
    });
    let client = library().open(&config(server.url()));
    let reply = client.call("ev_one_code_pay", &transaction("signed", "closed", "1"));
    assert_eq!(reply.returned, 0, "{}", reply.text());
    assert_eq!(server.accepted(), 3);
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
    assert_eq!(resumed.len(), 30);
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
