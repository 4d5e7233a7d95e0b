//! The certificates, looked at by rustls and by OpenSSL.

mod common;

use common::{Wire, body, centre, post, tcp, trusting};
use evoucher_sandbox::{Sandbox, Tls};
use std::io::ErrorKind;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio_rustls::rustls::{CertificateError, Error};

/// What rustls says to a certificate when it trusts the sandbox's authority.
fn verdict(centre: &Sandbox, kind: Tls) -> Result<(), Error> {
    match Wire::try_https(&centre.tls_url(kind), &trusting(&centre.ca_pem())) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.downcast::<Error>().unwrap()),
    }
}

#[test]
fn rustls_tells_them_apart() {
    let centre = centre();
    assert_eq!(verdict(&centre, Tls::Good), Ok(()));
    assert_eq!(centre.tls_url(Tls::Good), centre.https_url());
    let Err(Error::InvalidCertificate(expired)) = verdict(&centre, Tls::Expired) else {
        panic!()
    };
    assert!(
        matches!(expired, CertificateError::ExpiredContext { .. }),
        "{expired:?}"
    );
    let Err(Error::InvalidCertificate(named)) = verdict(&centre, Tls::WrongName) else {
        panic!()
    };
    assert!(
        matches!(named, CertificateError::NotValidForNameContext { .. }),
        "{named:?}"
    );
    let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
    assert_eq!(verdict(&centre, Tls::SelfSigned), Err(unknown));
    let Err(Error::InvalidCertificate(CertificateError::Other(authority))) =
        verdict(&centre, Tls::SelfSignedCa)
    else {
        panic!()
    };
    assert_eq!(authority.to_string(), "CaUsedAsEndEntity");
}

struct Shown {
    der: Vec<u8>,
    verdict: String,
    text: String,
}

/// What OpenSSL is shown, and says to it.
fn openssl(centre: &Sandbox, kind: Tls, ca: &std::path::Path) -> Shown {
    let run = |args: &[&str], input: &str| {
        use std::io::Write;
        let mut openssl = Command::new("openssl")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is needed for this test");
        openssl
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        String::from_utf8(openssl.wait_with_output().unwrap().stdout).unwrap()
    };
    let url = centre.tls_url(kind);
    let address = url.strip_prefix("https://").unwrap();
    let ca = ca.to_str().unwrap();
    let said = run(
        &[
            "s_client",
            "-connect",
            address,
            "-CAfile",
            ca,
            "-verify_hostname",
            "localhost",
        ],
        "",
    );
    let verdict = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("Verify return code: "))
        .unwrap();
    let der = CertificateDer::from_pem_slice(said.as_bytes())
        .unwrap()
        .to_vec();
    Shown {
        der,
        verdict: verdict.to_owned(),
        text: run(&["x509", "-noout", "-text"], &said),
    }
}

#[test]
fn openssl_agrees() {
    let dir = common::Dir::new("tls");
    let centre = Sandbox::start(evoucher_sandbox::Options {
        tls_dir: Some(dir.path.clone()),
        ..Default::default()
    })
    .unwrap();
    let ca = dir.path.join("ca.pem");
    assert_eq!(std::fs::read_to_string(&ca).unwrap(), centre.ca_pem());
    let verdicts = [
        (Tls::Good, "0 (ok)"),
        (Tls::Expired, "10 (certificate has expired)"),
        (Tls::WrongName, "62 (hostname mismatch)"),
        (Tls::SelfSigned, "18 (self-signed certificate)"),
        (Tls::SelfSignedCa, "18 (self-signed certificate)"),
    ];
    for (kind, verdict) in verdicts {
        let shown = openssl(&centre, kind, &ca);
        assert_eq!(shown.verdict, verdict, "{kind:?}");
        assert_eq!(
            shown.text.contains("CA:TRUE"),
            kind == Tls::SelfSignedCa,
            "{}",
            shown.text
        );
        let digest = ring::digest::digest(&ring::digest::SHA256, &shown.der);
        assert_eq!(centre.certificate_sha256(kind), hex::encode(digest));
        let names = "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1";
        assert_eq!(
            shown.text.contains(names),
            kind != Tls::WrongName,
            "{}",
            shown.text
        );
        if kind == Tls::Good {
            let pinned = CertificateDer::from_pem_file(dir.path.join("server.pem")).unwrap();
            assert_eq!(shown.der, pinned.to_vec());
        }
    }
}

#[test]
fn sessions_are_resumed() {
    let centre = centre();
    let config = trusting(&centre.ca_pem());
    for _ in 0..2 {
        let mut wire = Wire::https(&centre.https_url(), &config);
        wire.send(&post("/cfc/api/signedQuery", &body("signed")));
        assert_eq!(wire.reply().json()["code"], 0);
    }
    let resumed: Vec<_> = centre
        .requests()
        .iter()
        .map(|seen| (seen.tls, seen.resumed))
        .collect();
    assert_eq!(resumed, [(true, false), (true, true)]);
}

#[test]
fn ports_that_do_not_answer() {
    let centre = centre();
    assert_eq!(
        tcp(&centre.refusing_url()).unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );

    let mut wire = Wire::http(&centre.slamming_url());
    let (bytes, end) = wire.read_to_end();
    assert!(bytes.is_empty());
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);

    let wire = Wire::http(&centre.silent_tls_url());
    wire.patience(Duration::from_millis(50));
    let mut wire = wire;
    wire.send("not even a handshake");
    let kind = wire.read_some().unwrap_err().kind();
    assert!(
        matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{kind:?}"
    );

    assert_eq!((centre.connections(), centre.seen()), (2, 0));
}
