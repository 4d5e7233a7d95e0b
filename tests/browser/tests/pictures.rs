//! The pictures of the guides, as the page looks now: into `EVOUCHER_PICTURES`, which
//! `cargo xtask pictures` sets to where they stand; else into the target folder.
#![allow(missing_docs, reason = "a test")]

use evoucher_browser::tester::{Desk, Script, introduce};
use evoucher_browser::{Counter, Look, Page, send, station};
use evoucher_sandbox::Sandbox;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    let folder = std::env::var_os("EVOUCHER_PICTURES").map(PathBuf::from);
    folder.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures"))
}

fn post(station: &Sandbox, path: &str, body: Value) -> Value {
    send(station, "POST", path, &body)
}

/// Some patients with their traffic; the token of the last, whose phone shows a notice.
fn traffic(station: &Sandbox) -> String {
    let mut counter = Counter::open(station, json!({}));
    let paying = post(station, "/patients", json!({"words": ["auto1", "signed"]}));
    let odd = post(station, "/patients", json!({"words": ["signed", "sfalse"]}));
    let waiting = post(station, "/patients", json!({"words": ["pwd", "signed"]}));
    for (n, patient) in [&odd, &paying, &waiting].into_iter().enumerate() {
        let token = &patient["token"];
        let notice = json!({"token": token, "totalAmount": "128.50"});
        counter.call("tokenPwdCheckNotc", &notice);
        counter.call("tokenPwdStas", &json!({"token": token}));
        counter.call("signedQuery", &json!({"token": token}));
        let bill = json!({"token": token, "ownPaySetlAmt": "12.30", "fixmedinsTrnsSn": format!("SN-2026-{n}")});
        counter.call("genPayCert", &bill);
    }
    let certificate = station.issued()[0].certificate.clone();
    let charge = json!({"payCert": certificate, "amount": "12.30", "fixmedinsTrnsSn": "SN-2026-2"});
    post(station, "/channel/charge", charge);
    waiting["token"].as_str().unwrap().to_owned()
}

/// An acceptance case that waits for the patient, and some that are over.
fn acceptance(station: &Sandbox) {
    introduce(station);
    let desk = Script(station);
    let mut counter = Counter::open(station, json!({}));
    let mut goes = |case: &str, settled: bool| {
        let token = desk.start(case).swap_remove(0);
        counter.call(
            "tokenPwdCheckNotc",
            &json!({"token": token, "totalAmount": "100.50"}),
        );
        counter.call("tokenPwdStas", &json!({"token": token}));
        desk.answer(case, "settled", settled);
    };
    goes("P02", true);
    desk.answer("P02", "reason", true);
    desk.close("P02");
    goes("P04", true);
    desk.close("P04");
    goes("P01", false);
}

#[test]
fn the_pictures_of_the_guides() {
    let station = station();
    let patient = format!("/sandbox/patients/{}", traffic(&station));
    acceptance(&station);
    let held = json!({"hold": "after", "service": "genPayCert"});
    post(&station, "/faults/rules", held);
    std::fs::create_dir_all(folder()).unwrap();
    for language in ["zh-CN", "en"] {
        let look = Look {
            height: 760,
            width: 1280,
            language,
            ..Look::DESKTOP
        };
        let page = Page::open(&station.url(), "/sandbox/live", look);
        for (name, address, there) in [
            ("live", "/sandbox/live/12", "#reply"),
            ("patients", &*patient, "#phone [data-answer]"),
            ("faults", "/sandbox/faults", "#rules tr[data-rule]"),
            ("case", "/sandbox/acceptance/P01", "#phone [data-answer]"),
            ("verdict", "/sandbox/acceptance/P02", "#findings"),
            ("setup", "/sandbox/setup", "#first-call"),
        ] {
            page.go(address);
            page.text(there);
            page.until(
                "every image is there",
                "[...document.images].every(image => image.complete && image.naturalWidth > 0)",
            );
            let file = folder().join(format!("{name}.{language}.webp"));
            std::fs::write(file, page.picture()).unwrap();
        }
        page.close();
    }
}
