//! A certificate is trusted for a reason, or the call ends before a byte of the request went out
//! and says what is wrong with it.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::wire::*;
use common::*;
use evoucher_sandbox::Tls;
use rcgen::{CertificateParams, KeyPair};
use ring::digest::{SHA256, digest};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use serde_json::{Value, json};
use std::env;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

fn open(url: &str, tls: Value) -> Client {
    library().open(&config_with(url, json!({ "language": "en", "tls": tls })))
}

/// Calls every service; each has to be refused with a message that has these words.
fn is_refused(client: &Client, words: &[&str]) {
    for service in NAMES {
        let reply = client.service(service, "signed-1");
        let text = reply.text();
        assert_eq!(reply.returned, -10021, "{text}");
        assert_eq!(reply.at("delivery"), "not_sent", "{text}");
        for word in words {
            assert!(reply.at("message").contains(word), "no {word} in {text}");
        }
    }
}

fn works(client: &Client) {
    for service in NAMES {
        let reply = client.service(service, "signed-1");
        assert_eq!(reply.returned, 0, "{}", reply.text());
    }
}

#[test]
fn a_certificate_is_trusted_for_a_reason() {
    let centre = centre();
    let folder = Folder::new("tls");
    let ca = folder.file("ca.pem", centre.ca_pem());
    let pin = |kind| centre.certificate_sha256(kind);
    let good = centre.tls_url(Tls::Good);

    let of = |kind| centre.tls_url(kind);
    is_refused(&open(&good, json!({})), &["tls.caFile", &pin(Tls::Good)]);
    is_refused(
        &open(&of(Tls::Expired), json!({ "caFile": ca })),
        &["expired"],
    );
    is_refused(
        &open(&of(Tls::WrongName), json!({ "caFile": ca })),
        &["another name", "tls.serverName"],
    );
    for kind in [Tls::SelfSigned, Tls::SelfSignedCa] {
        for tls in [json!({}), json!({ "caFile": ca })] {
            let words = ["self-signed", "tls.pinSha256", &pin(kind)];
            is_refused(&open(&of(kind), tls), &words);
        }
    }
    // A name is the one to expect, and no other.
    is_refused(
        &open(
            &good,
            json!({ "caFile": ca, "serverName": "elsewhere.example" }),
        ),
        &["another name"],
    );
    // A pin trusts what it names, and nothing else, whoever signed that.
    for kind in Tls::ALL {
        let other = if kind == Tls::Good {
            Tls::Expired
        } else {
            Tls::Good
        };
        is_refused(
            &open(
                &of(kind),
                json!({ "caFile": ca, "pinSha256": [pin(other)] }),
            ),
            &["tls.pinSha256", &pin(kind)],
        );
    }
    assert_eq!(centre.seen(), 0, "something was sent to whom nobody trusts");
    assert_eq!(centre.ledger(), []);

    works(&open(&good, json!({ "caFile": ca })));
    works(&open(
        &good.replace("localhost", "127.0.0.1"),
        json!({ "caFile": ca }),
    ));
    works(&open(
        &of(Tls::WrongName),
        json!({ "caFile": ca, "serverName": "elsewhere.example" }),
    ));
    for kind in Tls::ALL {
        works(&open(&of(kind), json!({ "pinSha256": [pin(kind)] })));
        // As certificate viewers show it, and as one of several.
        let pairs: Vec<_> = pin(kind)
            .to_uppercase()
            .as_bytes()
            .chunks(2)
            .map(|pair| String::from_utf8(pair.to_vec()).unwrap())
            .collect();
        works(&open(
            &of(kind),
            json!({ "pinSha256": ["00".repeat(32), pairs.join(":")] }),
        ));
    }
    assert_eq!(
        centre.ledger().len(),
        NAMES.len() * (3 + 2 * Tls::ALL.len())
    );
}

/// Other programs' set-ups leave these variables behind. In a process of its own, since all tests
/// share their environment.
#[test]
fn whom_to_trust_is_no_matter_of_the_environment() {
    let centre = centre();
    let folder = Folder::new("tls");
    let ca = folder.file("ca.pem", centre.ca_pem());
    let folder = ca.strip_suffix("/ca.pem").unwrap().to_owned();
    let environment = [
        ("EVOUCHER_TEST_URL", centre.https_url()),
        ("SSL_CERT_DIR", folder),
        ("SSL_CERT_FILE", ca),
    ];
    alone("in_an_environment_with_authorities", environment);
    assert_eq!(centre.seen(), 0);
}

#[test]
#[ignore = "run by whom_to_trust_is_no_matter_of_the_environment"]
fn in_an_environment_with_authorities() {
    let url = env::var("EVOUCHER_TEST_URL").unwrap();
    is_refused(&open(&url, json!({})), &["tls.caFile"]);
}

#[test]
fn what_is_no_tls_is_refused_before_anything_is_sent() {
    let centre = centre();
    let plain = centre.url().replace("http://", "https://");
    is_refused(&open(&plain, json!({})), &[]);
    let slamming = centre.slamming_url().replace("http://", "https://");
    let client = open(&slamming, json!({}));
    for service in NAMES {
        // The reset may come before the connection is seen to stand.
        let reply = client.service(service, "signed-1");
        assert!(
            [-10020, -10021].contains(&reply.returned),
            "{}",
            reply.text()
        );
        assert_eq!(reply.at("delivery"), "not_sent", "{}", reply.text());
    }
    let closing = Server::start(|_, _| {});
    is_refused(
        &open(&closing.url().replace("http://", "https://"), json!({})),
        &[],
    );
    assert_eq!(centre.ledger(), []);
}

#[test]
fn a_handshake_ends_at_the_connect_time_out() {
    let centre = centre();
    // A port that says nothing, and one that says a byte of its first record now and then.
    let dripping = Server::start(|mut stream, _| {
        let _ = stream.write_all(&[22, 3, 3, 0x3F, 0xFF]);
        while stream.write_all(&[2]).is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let urls = [
        centre.silent_tls_url(),
        dripping.url().replace("http://", "https://"),
    ];
    thread::scope(|scope| {
        for url in &urls {
            for (connect, whole) in [(500, 60_000), (60_000, 500)] {
                scope.spawn(move || {
                    let more = json!({ "connectTimeoutMs": connect, "timeoutMs": whole });
                    let client = library().open(&config_with(url, more));
                    for service in NAMES {
                        let started = Instant::now();
                        let reply = client.service(service, "signed-1");
                        let took = started.elapsed();
                        assert_eq!(reply.returned, -10021, "{}", reply.text());
                        assert_eq!(reply.at("delivery"), "not_sent", "{}", reply.text());
                        assert!(took >= Duration::from_millis(500), "gave up after {took:?}");
                        assert!(took < Duration::from_millis(500) + MARGIN, "took {took:?}");
                    }
                });
            }
        }
    });
}

#[test]
fn a_ca_file_that_cannot_be_used_is_named() {
    let folder = Folder::new("tls");
    let torn = "-----BEGIN CERTIFICATE-----\nTm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    for (name, file) in [
        ("missing", folder.file("here.pem", "") + ".not"),
        ("empty", folder.file("empty.pem", "")),
        ("no PEM", folder.file("no.pem", "certificate")),
        (
            "DER",
            folder.file("der.pem", [0x30, 0x82, 0x01, 0x0A, 0, 0xFF]),
        ),
        ("torn", folder.file("torn.pem", torn)),
    ] {
        let config = config_with("https://127.0.0.1:1", json!({ "tls": { "caFile": file } }));
        let (code, client) = library().open_bytes(config.to_string().as_bytes());
        let reply = library().last_reply();
        assert_eq!((code, client), (-10003, -1), "{name}: {}", reply.text());
        assert_eq!(reply.at("delivery"), "not_sent");
        assert!(
            reply.at("message").contains("tls.caFile"),
            "{name}: {}",
            reply.text()
        );
    }
}

/// A server with a certificate of its own, and that one's fingerprint.
fn serve(
    version: &'static SupportedProtocolVersion,
    converse: impl Fn(StreamOwned<ServerConnection, TcpStream>) + Send + Sync + 'static,
) -> (Server, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    serve_with(version, certificate, key, converse)
}

/// The same with a certificate that was made elsewhere.
fn serve_with(
    version: &'static SupportedProtocolVersion,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    converse: impl Fn(StreamOwned<ServerConnection, TcpStream>) + Send + Sync + 'static,
) -> (Server, String) {
    let pin = hex::encode(digest(&SHA256, &certificate));
    let provider = default_provider();
    // rustls' own constructor would have read the certificate, of X.509 v1 too.
    let key = provider.key_provider.load_private_key(key.into()).unwrap();
    let shown = CertifiedKey::new(vec![certificate], key);
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
    let config = Arc::new(config);
    let server = Server::start(move |stream, _| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        converse(StreamOwned::new(connection, stream));
    });
    (server, pin)
}

/// A certificate of `tests/certificates`, or its key.
fn pem<T: PemObject>(name: &str) -> T {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates");
    T::from_pem_file(format!("{folder}/{name}.pem")).unwrap()
}

/// Without alternative names there is nothing to hold an address against, and X.509 v1 has no place
/// for them: the message says how to trust such a certificate, and it works then.
#[test]
fn certificates_without_names_can_be_pinned() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates");
    let ca = format!("{folder}/authority.pem");
    let answer = page(&sealed(
        r#"{"checkStas":"1","stasFlag":"1","notcFlag":"1","payCert":"1"}"#,
    ));
    for version in VERSIONS {
        for (name, key, why) in [
            ("ec-nameless", "ec.key", "no alternative names"),
            ("ec-v1", "ec.key", "X.509 v1"),
            ("rsa-v1", "rsa.key", "self-signed"),
        ] {
            let answer = answer.clone();
            let (server, pin) = serve_with(version, pem(name), pem(key), move |mut tls| {
                while read_message(&mut tls).is_some() {
                    tls.write_all(answer.as_bytes()).unwrap();
                }
            });
            let url = server.url().replace("http://", "https://");
            // Its authority is trusted: that is not what is wrong with it.
            let words = [why, "tls.pinSha256", pin.as_str()];
            is_refused(&open(&url, json!({ "caFile": ca })), &words);
            is_refused(
                &open(&url, json!({ "pinSha256": ["00".repeat(32)] })),
                &[&pin],
            );
            works(&open(&url, json!({ "pinSha256": [pin] })));
        }
    }
}

/// A pin trusts a certificate and its key: to show the certificate alone is not enough.
#[test]
fn a_pinned_certificate_without_its_key_is_worth_nothing() {
    for version in VERSIONS {
        for certificate in ["ec-v1", "ec-nameless"] {
            let other = KeyPair::generate().unwrap().serialize_der();
            let (server, pin) = serve_with(version, pem(certificate), other.into(), |mut tls| {
                assert!(read_message(&mut tls).is_none(), "it was trusted");
            });
            let url = server.url().replace("http://", "https://");
            is_refused(&open(&url, json!({ "pinSha256": [pin] })), &[]);
        }
    }
}

const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

/// TLS 1.2 is what many gateways still speak; and some of them end a reply by closing, without
/// TLS's own goodbye. The reply is whole all the same, or its JSON would not be.
#[test]
fn a_reply_that_ends_without_a_goodbye_is_not_lost() {
    for version in VERSIONS {
        let content = spec::every_state();
        let body = sealed(&content);
        let (server, pin) = serve(version, move |mut tls| {
            if read_message(&mut tls).is_some() {
                let reply =
                    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{body}");
                tls.write_all(reply.as_bytes()).unwrap();
                tls.sock.shutdown(Shutdown::Write).unwrap();
                let _ = tls.sock.read(&mut [0; 1024]);
            }
        });
        let url = server.url().replace("http://", "https://");
        works(&open(&url, json!({ "pinSha256": [pin] })));
    }
}

/// What comes behind a reply is nobody's reply, even where it has been decrypted along with it and
/// the socket has nothing left to show.
#[test]
fn a_second_reply_is_never_the_next_ones() {
    for version in VERSIONS {
        // The true reply fills the space that is read at once to the last byte.
        let sealed_truth = sealed(r#"{"checkStas":"0"}"#);
        let head = "HTTP/1.1 200 OK\r\ncontent-length: ";
        let length = 16 * 1024 - head.len() - "16000\r\n\r\n".len();
        let space = " ".repeat(length - sealed_truth.len());
        let truth = format!("{head}{length}\r\n\r\n{sealed_truth}{space}");
        assert_eq!(truth.len(), 16 * 1024);
        let forged = page(&sealed(r#"{"checkStas":"1"}"#));
        let (server, pin) = serve(version, move |mut tls| {
            while read_message(&mut tls).is_some() {
                tls.conn.writer().write_all(truth.as_bytes()).unwrap();
                tls.conn.writer().write_all(forged.as_bytes()).unwrap();
                let mut bytes = Vec::new();
                while tls.conn.wants_write() {
                    tls.conn.write_tls(&mut bytes).unwrap();
                }
                if tls.sock.write_all(&bytes).is_err() {
                    return;
                }
            }
        });
        let url = server.url().replace("http://", "https://");
        let client = open(&url, json!({ "pinSha256": [pin] }));
        for n in 0..20 {
            let reply = client.stas(&format!("signed-{n}"));
            assert_eq!(reply.at("next"), "wait", "{}", reply.text());
        }
    }
}
