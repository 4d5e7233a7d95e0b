//! Client 0 and the one-function style: `ev_trans`, on the client that a file configures. One test,
//! since the environment is the process's own.

mod common;

use common::{KEY, ORG_ID, SERVICES, centre, config, config_with, library, request};
use evoucher::catalogue::codes::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

#[test]
#[expect(
    unsafe_code,
    reason = "sets an environment variable, before there is a second thread"
)]
fn the_default_client_and_the_one_function_style() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("默认 客户端.json");
    let _ = fs::remove_file(&file);
    // SAFETY: this is the process's only test, and nothing else runs yet.
    unsafe { std::env::set_var("EVOUCHER_CONFIG", &file) };
    let status = json!({ "transType": "tokenPwdStas", "data": request("pwd") });

    // No file yet: said so, and the next use looks again.
    let missing = library().trans(None, &status.to_string());
    assert_eq!(missing.returned, EV_INVALID_CONFIG);
    assert!(missing.at("message").contains("默认 客户端.json"));
    // The patient is served in another way, and IT support is called.
    assert_eq!(missing.at("next"), "offline_check");
    assert!(missing.at("hint").contains("信息科"), "{}", missing.text());

    let first = centre();
    let logs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("default client logs");
    let _ = fs::remove_dir_all(&logs);
    let more = json!({ "log": { "dir": "default client logs" } });
    fs::write(&file, config_with(first.url(), more).to_string()).unwrap();
    for url in [None, Some("")] {
        assert_eq!(library().trans(url, &status.to_string()).returned, 0);
    }
    for (service, _) in SERVICES {
        let request = json!({
            "transType": service, "orgId": ORG_ID, "data": request("auto1-signed"),
        });
        let reply = library().trans(None, &request.to_string());
        assert_eq!((reply.returned, reply.at("service").as_str()), (0, service));

        let file = fs::read_dir(&logs).unwrap().next().unwrap().unwrap();
        let log = fs::read_to_string(file.path()).unwrap();
        let line: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        assert_eq!(line["requestId"], reply.json()["requestId"]);
        assert_eq!(line["client"], 0);
        assert_eq!(line["function"], "ev_trans");
        assert_eq!(line["service"], service);
        assert!(line["tokenRef"].is_string(), "{line}");
        assert!(!log.contains("auto1-signed"), "{log}");
    }

    // Another address for one call: the base, or the whole address of the service.
    let other = centre();
    for url in [
        other.url().to_owned(),
        format!("{}/", other.url()),
        format!("{}/cfc/api/tokenPwdStas", other.url()),
    ] {
        other.clear();
        let reply = library().trans(Some(&url), &status.to_string());
        assert_eq!((reply.returned, other.seen()), (0, 1), "{url}: {reply:?}");
        assert_eq!(
            other.requests().pop().unwrap().path,
            "/cfc/api/tokenPwdStas"
        );
    }

    // However the address or the service is spelt: risk control stands before it.
    let mut certificate = json!({ "transType": "genPayCert", "data": request("signed-spelt") });
    let charged = library().trans(None, &certificate.to_string());
    assert_eq!(charged.at("next"), "charge", "{charged:?}");
    certificate["data"]["ownPaySetlAmt"] = "12.31".into();
    other.clear();
    for end in [
        "/cfc/api/genPayCert/",
        "//cfc/api/genPayCert",
        "/./cfc/api/genPayCert",
    ] {
        let url = format!("{}{end}", other.url());
        let reply = library().trans(Some(&url), &certificate.to_string());
        assert_eq!(reply.returned, EV_DUPLICATE, "{url}: {reply:?}");
    }
    for path in [
        "/cfc/api/genPayCert/",
        "/cfc/api//genPayCert",
        "/cfc/api/./genPayCert",
    ] {
        certificate["transType"] = path.into();
        let reply = library().trans(Some(&other.url()), &certificate.to_string());
        assert_eq!(reply.returned, EV_UNKNOWN_SERVICE, "{path}: {reply:?}");
    }
    assert_eq!(other.seen(), 0);

    // What is wrong is named, and nothing is sent.
    first.clear();
    let with = |name: &str, value: Value| {
        let mut request = status.clone();
        request[name] = value;
        request.to_string()
    };
    for (url, request, code, says) in [
        (
            None,
            with("orgId", json!("other")),
            EV_INVALID_REQUEST,
            "orgId",
        ),
        (None, with("orgId", json!(7)), EV_INVALID_REQUEST, "orgId"),
        (
            None,
            with("transType", json!(null)),
            EV_INVALID_REQUEST,
            "transType",
        ),
        (
            None,
            with("transType", json!("ec.query")),
            EV_UNKNOWN_SERVICE,
            "tokenPwdStas",
        ),
        (
            None,
            with("data", json!("x")),
            EV_INVALID_REQUEST,
            "JSON 对象",
        ),
        (
            None,
            json!({ "transType": "tokenPwdStas" }).to_string(),
            EV_INVALID_REQUEST,
            "data",
        ),
        (None, "x".to_owned(), EV_INVALID_REQUEST, "JSON 对象"),
        (
            Some("10.0.0.1"),
            status.to_string(),
            EV_INVALID_ARGUMENT,
            "url",
        ),
    ] {
        let reply = library().trans(url, &request);
        assert_eq!(reply.returned, code, "{request}: {reply:?}");
        assert!(reply.at("message").contains(says), "{says} in {reply:?}");
        assert_eq!(reply.at("delivery"), "not_sent");
    }
    assert_eq!(first.seen(), 0);

    // Closing 0 makes the next use read the file again: a new key without restarting the program.
    let new_key = "00112233445566778899AABBCCDDEEFF";
    fs::write(&file, config(first.url()).to_string().replace(KEY, new_key)).unwrap();
    assert_eq!(
        library().trans(None, &status.to_string()).returned,
        0,
        "the old key"
    );
    assert_eq!(library().close(0), 0);
    assert_eq!(
        library().trans(None, &status.to_string()).returned,
        -4,
        "the new, wrong one"
    );
}
