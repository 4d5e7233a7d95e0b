//! Time-outs cover the whole call, slow drips included; a connection has its own; and a proxy is
//! the configured one or none.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::wire::*;
use common::*;
use serde_json::json;
use std::env;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

const SHORT: u64 = 600;
const LONG: u64 = 60_000;

/// Calls, and holds the call to what it may take: no less, or it gave up too early.
fn call_within(client: &Client, service: &str, token: &str, millis: u64) -> Reply {
    let started = Instant::now();
    let reply = client.service(service, token);
    let (took, promised) = (started.elapsed(), Duration::from_millis(millis));
    let text = reply.text();
    assert!(took < promised + MARGIN, "took {took:?}: {text}");
    assert!(took >= promised, "gave up after {took:?}: {text}");
    reply
}

/// Sends the same bytes again and again, each as a packet of its own.
fn drip(mut stream: TcpStream, begin: &str, again: &str) {
    let _ = stream.set_nodelay(true);
    if read_message(&mut stream).is_none() || stream.write_all(begin.as_bytes()).is_err() {
        return;
    }
    while stream.write_all(again.as_bytes()).is_ok() {
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn drips_end_at_the_time_out() {
    let head = "HTTP/1.1 200 OK\r\n";
    let kinds = [
        ("head", format!("{head}x: "), "a"),
        (
            "informational heads",
            String::new(),
            "HTTP/1.1 102 Processing\r\n\r\n",
        ),
        (
            "body",
            format!("{head}content-length: 1000000\r\n\r\n{{"),
            " ",
        ),
        ("body without length", format!("{head}\r\n{{"), " "),
        (
            "chunks",
            format!("{head}transfer-encoding: chunked\r\n\r\n"),
            "1\r\n \r\n",
        ),
        (
            "chunk size",
            format!("{head}transfer-encoding: chunked\r\n\r\n"),
            "0",
        ),
        (
            "trailers",
            format!("{head}transfer-encoding: chunked\r\n\r\n0\r\n"),
            "a: b\r\n",
        ),
    ];
    thread::scope(|scope| {
        for (kind, begin, again) in &kinds {
            scope.spawn(move || {
                let (begin, again) = (begin.clone(), *again);
                let server = Server::start(move |stream, _| drip(stream, &begin, again));
                let client =
                    library().open(&config_with(server.url(), json!({ "timeoutMs": SHORT })));
                for service in NAMES {
                    let reply = call_within(&client, service, "signed-1", SHORT);
                    assert_eq!(reply.returned, -10022, "{kind}: {}", reply.text());
                    is(&reply, -10022, "unknown");
                }
                // Nor was any of them sent again when its time was over.
                assert_eq!(server.accepted(), NAMES.len(), "{kind}");
            });
        }
    });
}

/// A server that reads nothing: the request itself finds no way out.
#[test]
fn a_request_that_nobody_reads_ends_at_the_time_out() {
    let server = Server::start(|stream, _| {
        thread::sleep(Duration::from_secs(30));
        drop(stream);
    });
    let client = library().open(&config_with(server.url(), json!({ "timeoutMs": 5000 })));
    // As much as the library takes, twice that when it is sealed: no socket buffer holds it.
    let mut request = request("signed-1");
    request["more"] = json!("x".repeat(1_000_000));
    let started = Instant::now();
    let reply = client.call_path(ECHO, &request.to_string());
    assert!(started.elapsed() < Duration::from_secs(5) + MARGIN);
    is(&reply, -10022, "unknown");
}

#[test]
fn a_connection_that_does_not_stand_in_time_sent_nothing() {
    let (listener, _waiting) = black_hole();
    let address = listener.local_addr().unwrap();
    thread::scope(|scope| {
        for scheme in ["http", "https"] {
            for (connect, whole) in [(SHORT, LONG), (LONG, SHORT)] {
                scope.spawn(move || {
                    let more = json!({ "connectTimeoutMs": connect, "timeoutMs": whole });
                    let client =
                        library().open(&config_with(format!("{scheme}://{address}"), more));
                    for service in NAMES {
                        let reply = call_within(&client, service, "signed-1", SHORT);
                        is(&reply, -10020, "not_sent");
                    }
                });
            }
        }
    });
}

/// What carries requests by itself is not asked for in this process, whose environment all tests
/// share, but in one of its own.
#[test]
fn proxies_of_the_environment_are_ignored() {
    let centre = centre();
    let trap = Server::start(|_, _| {});
    let proxy = Proxy::start(Tunnel::Open);
    let mut environment = vec![
        ("EVOUCHER_TEST_URL", centre.url()),
        ("EVOUCHER_TEST_PROXY", proxy.url()),
        // Nor does the environment keep anything away from the configured one.
        ("no_proxy", "*".to_owned()),
        ("NO_PROXY", "*".to_owned()),
    ];
    for name in [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ] {
        environment.push((name, trap.url()));
    }
    alone("in_an_environment_with_proxies", environment);

    assert_eq!(trap.accepted(), 0);
    let ledger = centre.ledger();
    let directly = ledger.iter().filter(|entry| entry.token == "signed-direct");
    assert_eq!(directly.count(), NAMES.len());
    let through = ledger.iter().filter(|entry| entry.token == "signed-proxy");
    assert_eq!(through.count(), NAMES.len());
    // One for each of the three that may change something, and the two that read need no more.
    assert_eq!(proxy.asked().len(), 3);
}

#[test]
#[ignore = "run by proxies_of_the_environment_are_ignored"]
fn in_an_environment_with_proxies() {
    let url = env::var("EVOUCHER_TEST_URL").unwrap();
    let proxy = env::var("EVOUCHER_TEST_PROXY").unwrap();
    let direct = library().open(&config(&url));
    let through = library().open(&config_with(&url, json!({ "proxy": proxy })));
    for service in NAMES {
        is(&direct.service(service, "signed-direct"), 0, "answered");
        is(&through.service(service, "signed-proxy"), 0, "answered");
    }
}

#[test]
fn the_configured_proxy_is_used() {
    let centre = centre();
    let folder = Folder::new("deadlines");
    let ca = folder.file("ca.pem", centre.ca_pem());
    for url in [centre.url(), centre.https_url()] {
        centre.clear();
        let proxy = Proxy::start(Tunnel::Open);
        let more = json!({ "proxy": proxy.url(), "tls": { "caFile": ca } });
        let client = library().open(&config_with(&url, more));
        for round in 0..3 {
            for service in NAMES {
                let reply = client.service(service, &format!("signed-{round}"));
                is(&reply, 0, "answered");
            }
        }
        assert_eq!(centre.ledger().len(), 3 * NAMES.len());
        let authority = url.split("//").nth(1).unwrap();
        // A fresh one for each that changes something, or may; the others need no more.
        assert_eq!(
            proxy.asked(),
            vec![format!("CONNECT {authority} HTTP/1.1"); 3 * (NAMES.len() - READING.len())]
        );
        assert_eq!(centre.connections(), 9);
    }
}

#[test]
fn a_proxy_that_opens_no_tunnel_sent_nothing() {
    let centre = centre();
    let refusing = centre.refusing_url();
    let denied = Proxy::start(Tunnel::Refuse(
        "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
    ));
    let asking = Proxy::start(Tunnel::Refuse(
        "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
    ));
    let closing = Proxy::start(Tunnel::Refuse(""));
    let odd = Proxy::start(Tunnel::Refuse("no HTTP at all\r\n\r\n"));
    for proxy in [
        refusing,
        denied.url(),
        asking.url(),
        closing.url(),
        odd.url(),
    ] {
        for url in [centre.url(), centre.https_url()] {
            let client = library().open(&config_with(
                &url,
                json!({ "proxy": proxy, "language": "en" }),
            ));
            for service in NAMES {
                let reply = client.service(service, "signed-1");
                is(&reply, -10020, "not_sent");
                // Whoever reads it must not go and look for the fault at the centre.
                let authority = proxy.trim_start_matches("http://");
                assert!(reply.at("message").contains(authority), "{}", reply.text());
            }
        }
    }
    assert_eq!(centre.seen(), 0);
}

#[test]
fn a_proxy_that_says_nothing_ends_at_the_connect_time_out() {
    let centre = centre();
    let proxy = Proxy::start(Tunnel::Silent);
    thread::scope(|scope| {
        for url in [centre.url(), centre.https_url()] {
            let proxy = proxy.url();
            scope.spawn(move || {
                let more = json!({ "proxy": proxy, "connectTimeoutMs": SHORT, "timeoutMs": LONG });
                let client = library().open(&config_with(&url, more));
                for service in NAMES {
                    let reply = call_within(&client, service, "signed-1", SHORT);
                    is(&reply, -10020, "not_sent");
                }
            });
        }
    });
    assert_eq!(centre.seen(), 0);
}

/// Once the tunnel stands, the request may have arrived, whatever the proxy does.
#[test]
fn a_proxy_that_breaks_the_tunnel_leaves_it_unknown() {
    let centre = centre();
    for service in NAMES {
        let part = Proxy::start(Tunnel::CloseAfter(40));
        let client = library().open(&config_with(centre.url(), json!({ "proxy": part.url() })));
        is(&client.service(service, "signed-1"), -10023, "unknown");
        assert_eq!(part.asked().len(), 1, "{service} was sent again");

        let mute = Proxy::start(Tunnel::Mute);
        let more = json!({ "proxy": mute.url(), "timeoutMs": SHORT });
        let client = library().open(&config_with(centre.url(), more));
        let reply = call_within(&client, service, "signed-2", SHORT);
        is(&reply, -10022, "unknown");
        assert_eq!(mute.asked().len(), 1, "{service} was sent again");
    }
    // The centre had them all the same.
    let ledger = centre.ledger();
    assert_eq!(ledger.len(), NAMES.len());
    assert!(ledger.iter().all(|entry| entry.token == "signed-2"));
}

/// A proxy that lets the request through and drops the reply.
#[test]
fn a_proxy_that_drops_the_reply_leaves_it_unknown() {
    let centre = centre();
    let address = centre.url().trim_start_matches("http://").to_owned();
    for service in NAMES {
        let to = address.clone();
        let server = Server::start(move |mut client, _| {
            read_message(&mut client).unwrap();
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let request = read_message(&mut client).unwrap();
            let mut centre = TcpStream::connect(&to).unwrap();
            centre.write_all(request.as_bytes()).unwrap();
            centre.read_exact(&mut [0]).unwrap();
            let _ = client.shutdown(Shutdown::Both);
        });
        let more = json!({ "proxy": server.url() });
        let client = library().open(&config_with(centre.url(), more));
        is(&client.service(service, "signed-1"), -10023, "unknown");
        assert_eq!(server.accepted(), 1, "{service} was sent again");
    }
    assert_eq!(centre.ledger().len(), NAMES.len());
}

/// What comes behind a reply is nobody's reply, even where the tunnel has read it along with that
/// and the socket has nothing left to show.
#[test]
fn a_second_reply_through_a_tunnel_is_never_the_next_ones() {
    const READ_AT_ONCE: usize = 16 * 1024;
    let forged = page(&sealed(r#"{"checkStas":"1"}"#));
    // The true reply's head comes in two parts, of which the first is as long as the forged reply.
    let first = format!("HTTP/1.1 200 OK\r\nx: {:x<1$}", "", forged.len() - 20);
    assert_eq!(first.len(), forged.len());
    let truth = sealed(r#"{"checkStas":"0"}"#);
    let length = READ_AT_ONCE - first.len() - "\r\ncontent-length: 16000\r\n\r\n".len();
    let space = " ".repeat(length - truth.len());
    let rest = format!("\r\ncontent-length: {length}\r\n\r\n{truth}{space}{forged}");
    assert_eq!(rest.len(), READ_AT_ONCE);
    let server = Server::start(move |mut stream, _| {
        stream.set_nodelay(true).unwrap();
        while read_message(&mut stream).is_some() {
            // Most of the time the first part is read alone.
            let _ = stream.write_all(first.as_bytes());
            thread::sleep(Duration::from_millis(20));
            let _ = stream.write_all(rest.as_bytes());
        }
    });
    let proxy = Proxy::start(Tunnel::Open);
    let client = library().open(&config_with(server.url(), json!({ "proxy": proxy.url() })));
    for n in 0..30 {
        let reply = client.stas(&format!("signed-{n}"));
        assert_eq!(reply.at("next"), "wait", "{}", reply.text());
    }
}

/// Neither the end of the time nor a rate limit has the centre asked sooner than was configured.
#[test]
fn a_flow_asks_no_sooner_than_was_configured() {
    let centre = centre();
    for (interval, whole, most) in [(100, 250, 2), (100, 199, 1), (500, 100, 1)] {
        let verify = json!({ "verify": { "intervalMs": interval, "timeoutMs": whole } });
        let client = library().open(&config_with(centre.url(), verify));
        for token in ["pwd", "pwd-codem6"] {
            let reply = client.call("ev_verify_password", &request(token));
            let asked = times(&centre, "tokenPwdStas");
            assert!(
                asked <= most,
                "{asked} times in {whole} ms: {}",
                reply.text()
            );
            centre.clear();
        }
    }
}
