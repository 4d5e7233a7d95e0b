//! The log: a line for each call, nothing of what was said in it, and never a reason for a call to
//! fail.

mod common;

use common::{
    Client, ECHO, KEY, ORG_ID, Reply, SERVICES, centre, config_with, fault, library, request,
};
use evoucher::catalogue::codes::*;
use evoucher_sandbox::Tls;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::{c_char, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// A folder for this test, made anew.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("logs")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// What all files of a folder say, in the order of their days.
fn text(folder: &Path) -> String {
    let names = names(folder);
    names
        .iter()
        .map(|name| fs::read_to_string(folder.join(name)).unwrap())
        .collect()
}

fn lines(folder: &Path) -> Vec<Value> {
    text(folder)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

fn open(url: &str, log: Value) -> Client {
    library().open(&config_with(url, json!({ "log": log })))
}

fn last_line(folder: &Path) -> Value {
    lines(folder).pop().expect("a line")
}

#[test]
fn a_line_says_how_a_call_ended() {
    let centre = centre();
    let folder = folder("lines");
    let client = open(&centre.url(), json!({ "dir": folder }));
    let refusing = open(&centre.refusing_url(), json!({ "dir": folder }));
    assert_eq!(names(&folder), BTreeSet::new(), "before the first call");

    let mut calls = Vec::new();
    for (_, function) in SERVICES {
        let request = request("auto1-signed").to_string();
        calls.push((&client, function, request, "info"));
    }
    let text = |token: &str| request(token).to_string();
    calls.push((&client, "ev_token_pwd_stas", text("nopwd"), "info"));
    calls.push((&client, "ev_signed_query", text("code500319"), "warn"));
    calls.push((&client, "ev_signed_query", text("sfalse-signed"), "warn"));
    calls.push((&client, "ev_signed_query", "{}".to_owned(), "error"));
    calls.push((&client, "ev_signed_query", "x".to_owned(), "error"));
    calls.push((&refusing, "ev_gen_pay_cert", text("signed"), "error"));
    for (number, (client, function, request, level)) in calls.iter().enumerate() {
        let reply = client.call_text(function, request);
        let lines = lines(&folder);
        assert_eq!(lines.len(), number + 1);
        let line = &lines[number];
        let said = reply.json();
        assert_eq!(line["level"], *level, "{reply:?}");
        assert_eq!(line["client"], client.handle);
        assert_eq!(line["function"], *function);
        assert_eq!(line["requestBytes"], request.len());
        assert_eq!(line["replyBytes"], reply.bytes.len());
        assert_eq!(line["bufferBytes"], 65_536);
        for same in ["requestId", "service", "code", "source", "delivery", "next"] {
            assert_eq!(line[same], said[same], "{same}");
        }
        let detail = if *level == "error" {
            said["message"].clone()
        } else {
            json!(null)
        };
        assert_eq!(line["detail"], detail);
        assert!(line["elapsedMs"].is_u64());
        let (date, time) = line["time"].as_str().unwrap().split_once('T').unwrap();
        assert_eq!((date.len(), time.len()), ("2026-11-22".len(), 18), "{line}");
        assert!(time.ends_with("+08:00"), "{line}");
        let name = format!(
            "evoucher-{}-{}.log",
            date.replace('-', ""),
            std::process::id()
        );
        assert!(folder.join(name).is_file());
        let keys: Vec<_> = line.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 18, "always the same keys: {keys:?}");
        assert_eq!(line["step"], json!(null), "a call of its own");
    }
}

#[test]
fn every_function_that_has_a_client_is_named() {
    let centre = centre();
    let folder = folder("functions");
    let client = open(&centre.url(), json!({ "dir": folder }));
    let handle = client.handle;
    let sealed = client.call_text("ev_seal", "text").at("data.encData");
    client.call_text("ev_unseal", &sealed);
    client.call_text("ev_unseal", "nonsense");
    library().explain(handle, 0);
    client.call_text("ev_dictionary", "code");
    library().cancel(handle, None);
    client.call_path(ECHO, "{}");
    client.call_path("no such service", "{}");
    // None of these is a call of its own.
    client.field(b"{\"a\":1}", "a", 16);
    library().last_reply();
    let said: Vec<_> = lines(&folder)
        .into_iter()
        .map(|line| {
            (
                line["function"].clone(),
                line["code"].clone(),
                line["service"].clone(),
            )
        })
        .collect();
    let expected = [
        ("ev_seal", 0, None),
        ("ev_unseal", 0, None),
        ("ev_unseal", EV_DECRYPT, None),
        ("ev_explain", 0, None),
        ("ev_dictionary", 0, None),
        ("ev_cancel", 0, None),
        ("ev_call", 0, Some("/cfc/api/echo")),
        ("ev_call", EV_UNKNOWN_SERVICE, None),
    ]
    .map(|(function, code, service)| (json!(function), json!(code), json!(service)));
    assert_eq!(said, expected);
}

#[test]
#[expect(unsafe_code, reason = "calls a C function with NULL")]
fn arguments_that_cannot_be_used_have_a_line_too() {
    let folder = folder("arguments");
    let client = open("http://127.0.0.1:9", json!({ "dir": folder }));
    type Four = unsafe extern "C" fn(i32, *const c_char, *mut c_char, i32) -> i32;
    let query = library().function::<Four>("ev_signed_query");
    let mut buffer = [0_u8; 2048];
    let nothing = std::ptr::null();
    // SAFETY: as the header says.
    let code = unsafe { query(client.handle, nothing, buffer.as_mut_ptr().cast(), 2048) };
    assert_eq!(code, EV_INVALID_ARGUMENT);
    library().call4("ev_signed_query", client.handle, b"\xFF\xFE\xFF", 8192);
    library().call4("ev_gen_pay_cert", client.handle, b"{}", 100);
    let said = lines(&folder);
    let codes: Vec<_> = said.iter().map(|line| line["code"].clone()).collect();
    assert_eq!(
        codes,
        [EV_INVALID_ARGUMENT, EV_INVALID_TEXT, EV_INVALID_ARGUMENT]
    );
    assert_eq!(said[0]["service"], "signedQuery");
    assert_eq!(said[2]["bufferBytes"], 100);
}

#[test]
fn a_buffer_that_was_too_small_can_be_seen() {
    let folder = folder("small");
    let client = open("http://127.0.0.1:9", json!({ "dir": folder }));
    let small = library().call4("ev_dictionary", client.handle, b"code", 512);
    assert_eq!(small.returned, EV_BUFFER_TOO_SMALL);
    let needed = library().last_reply_size() - 1;
    let line = last_line(&folder);
    assert_eq!((&line["code"], &line["level"]), (&json!(0), &json!("info")));
    assert_eq!(line["replyBytes"], needed);
    assert_eq!(line["bufferBytes"], 512);
}

#[test]
fn each_level_has_those_before_it() {
    let centre = centre();
    for (level, expected) in [
        (json!("error"), &[EV_INVALID_REQUEST][..]),
        (json!("warn"), &[500_319, EV_INVALID_REQUEST]),
        (json!("info"), &[0, 500_320, 500_319, EV_INVALID_REQUEST]),
        (json!(null), &[0, 500_320, 500_319, EV_INVALID_REQUEST]),
    ] {
        let folder = folder("levels");
        let client = open(&centre.url(), json!({ "dir": folder, "level": level }));
        for token in ["pwd", "nopwd", "code500319", ""] {
            client.stas(token);
        }
        let codes: Vec<_> = lines(&folder).iter().map(|l| l["code"].clone()).collect();
        assert_eq!(codes, expected, "{level}");
    }
}

#[test]
fn the_calls_for_one_patient_can_be_found() {
    let centre = centre();
    let folder = folder("patients");
    let client = open(&centre.url(), json!({ "dir": folder }));
    let other = open(&centre.refusing_url(), json!({ "dir": folder }));
    client.notc("auto1-1");
    client.notc("auto1-2");
    client.stas("auto1-1");
    other.stas("auto1-1");
    library().cancel(client.handle, Some("auto1-1"));
    library().cancel(client.handle, None);
    client.call("ev_token_pwd_stas", &json!({ "token": "auto1-1" }));
    client.call("ev_token_pwd_stas", &json!({ "orgCodg": "H1" }));
    client.stas("");
    let refs: Vec<_> = lines(&folder)
        .iter()
        .map(|l| l["tokenRef"].clone())
        .collect();
    let (first, second) = (&refs[0], &refs[1]);
    assert_ne!(first, second);
    assert_eq!(first.as_str().unwrap().len(), 8);
    let null = &json!(null);
    let expected = [first, second, first, first, first, null, first, null, null];
    assert_eq!(refs.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn off_unless_a_folder_is_named() {
    let here = names(Path::new("."));
    let folder = folder("off");
    let file = folder.join("evoucher.json");
    for log in [
        json!(null),
        json!({}),
        json!({ "level": "info", "keepDays": 1 }),
    ] {
        let config = config_with("http://127.0.0.1:9", json!({ "log": log }));
        fs::write(&file, config.to_string()).unwrap();
        let at = format!("@{}", file.display());
        let (code, handle) = library().open_bytes(at.as_bytes());
        assert_eq!(code, 0);
        library().explain(handle, 0);
        library().close(handle);
    }
    assert_eq!(names(&folder), BTreeSet::from(["evoucher.json".to_owned()]));
    assert_eq!(names(Path::new(".")), here);
}

#[test]
fn a_folder_beside_the_configuration_is_made() {
    let folder = folder("beside");
    let file = folder.join("evoucher.json");
    let more = json!({ "log": { "dir": "日志/电子凭证" } });
    fs::write(&file, config_with("http://127.0.0.1:9", more).to_string()).unwrap();
    let (code, handle) = library().open_bytes(format!("@{}", file.display()).as_bytes());
    assert_eq!(code, 0);
    library().explain(handle, 0);
    library().close(handle);
    assert_eq!(lines(&folder.join("日志/电子凭证")).len(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_fails_no_call() {
    let centre = centre();
    let folder = folder("unwritable");
    let file = folder.join("file");
    fs::write(&file, "not a log").unwrap();
    let missing = folder.join("made of nothing\0").display().to_string();
    for dir in [
        file.clone(),
        file.join("below"),
        // Not even root can make a file here.
        "/proc/self".into(),
        "/proc/no such folder".into(),
        missing.into(),
    ] {
        let client = open(&centre.url(), json!({ "dir": dir }));
        for (_, function) in SERVICES {
            let reply = client.call(function, &request("auto1-signed"));
            assert_eq!(reply.returned, 0, "{dir:?}: {reply:?}");
        }
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a log");
    assert_eq!(names(&folder), BTreeSet::from(["file".to_owned()]));
}

#[test]
fn a_full_disk_fails_no_call() {
    let folder = folder("full");
    // The name of today's file, as another client makes it.
    let client = open("http://127.0.0.1:9", json!({ "dir": folder }));
    library().explain(client.handle, 0);
    let name = names(&folder).pop_first().unwrap();
    let full = folder.join("full");
    fs::create_dir(&full).unwrap();
    std::os::unix::fs::symlink("/dev/full", full.join(name)).unwrap();
    let client = open("http://127.0.0.1:9", json!({ "dir": full }));
    for _ in 0..3 {
        assert_eq!(library().explain(client.handle, 0).returned, 0);
    }
}

#[test]
fn the_log_goes_on_after_somebody_removed_it() {
    let folder = folder("removed").join("log");
    let client = open("http://127.0.0.1:9", json!({ "dir": folder }));
    let call = || assert_eq!(library().explain(client.handle, 0).returned, 0);
    call();
    call();
    assert_eq!(lines(&folder).len(), 2);
    fs::remove_dir_all(&folder).unwrap();
    call();
    assert_eq!(lines(&folder).len(), 1);
    // Something else in its place, and then gone again.
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    call();
    fs::remove_file(&folder).unwrap();
    call();
    assert_eq!(lines(&folder).len(), 1);
}

/// The date of so many days ago, as file names have it: `date` knows the calendar.
fn days_ago(days: u32) -> String {
    let date = Command::new("date")
        .env("TZ", "Asia/Shanghai")
        .args(["-d", &format!("{days} days ago"), "+%Y%m%d"])
        .output()
        .unwrap();
    String::from_utf8(date.stdout).unwrap().trim().to_owned()
}

#[test]
fn only_old_files_of_this_library_are_removed() {
    let folder = folder("old");
    let (old, older) = (days_ago(3), days_ago(4));
    let foreign = [
        format!("evoucher-{old}.log"),
        format!("evoucher-{old}-77.log.bak"),
        format!("evoucher-{}-01-01-77.log", &old[..4]),
        format!("evoucher-{old}-7x.log"),
        format!("other-{old}-77.log"),
        "evoucher.json".to_owned(),
        // Of a day to come: some clock is wrong, and nobody knows which.
        "evoucher-29991231-77.log".to_owned(),
    ];
    for name in &foreign {
        fs::write(folder.join(name), "{}\n").unwrap();
    }
    // It cannot be removed as a file is, and that is no matter.
    fs::create_dir(folder.join(format!("evoucher-{older}-77.log"))).unwrap();
    for process in ["77", "1234567"] {
        fs::write(folder.join(format!("evoucher-{old}-{process}.log")), "{}\n").unwrap();
    }
    let client = open(
        "http://127.0.0.1:9",
        json!({ "dir": folder, "keepDays": 1 }),
    );
    library().explain(client.handle, 0);
    let left = names(&folder);
    for name in &foreign {
        assert!(left.contains(name), "{name}");
    }
    assert!(left.contains(&format!("evoucher-{older}-77.log")));
    assert_eq!(left.len(), foreign.len() + 2, "and today's: {left:?}");
}

/// Today may be wrong: a clock that has leapt must not cost the log of months.
#[test]
fn nothing_goes_while_today_is_implausibly_late() {
    let folder = folder("leap");
    let kept = [days_ago(400), days_ago(401), days_ago(60)];
    let kept = kept.map(|date| format!("evoucher-{date}-77.log"));
    for name in &kept {
        fs::write(folder.join(name), "{}\n").unwrap();
    }
    let client = open(
        "http://127.0.0.1:9",
        json!({ "dir": folder, "keepDays": 7 }),
    );
    library().explain(client.handle, 0);
    let left = names(&folder);
    for name in &kept {
        assert!(left.contains(name), "{name}");
    }
}

/// Every step of a flow has a line, by the flow's requestId; the flow's own says why it ended.
#[test]
fn a_flow_has_a_line_for_each_step() {
    let centre = centre();
    let folder = folder("flows");
    let config = json!({
        "log": { "dir": folder },
        "verify": { "intervalMs": 1, "timeoutMs": 60_000 },
    });
    let client = library().open(&config_with(centre.url(), config));
    let steps_of = |function: &str, token: &str| {
        let before = lines(&folder).len();
        let request = request(token);
        let reply = client.call(function, &request);
        let mut lines = lines(&folder).split_off(before);
        let own = lines.pop().unwrap();
        assert_eq!(
            (&own["step"], &own["code"]),
            (&json!(null), &json!(reply.returned))
        );
        assert_eq!(own["requestId"], reply.json()["requestId"]);
        for (index, line) in lines.iter().enumerate() {
            assert_eq!(line["step"], index + 1);
            for same in ["requestId", "client", "function", "tokenRef", "serialRef"] {
                assert_eq!(line[same], own[same], "{same}");
            }
            assert!(line["requestBytes"].is_u64(), "{line}");
            assert_eq!(line["bufferBytes"], json!(null));
            assert_eq!(
                line.as_object().unwrap().len(),
                own.as_object().unwrap().len()
            );
        }
        let taken = |line: &Value| line["elapsedMs"].as_u64().unwrap();
        assert!(lines.iter().map(taken).sum::<u64>() <= taken(&own));
        let steps: Vec<_> = lines
            .iter()
            .map(|line| {
                (
                    line["service"].clone(),
                    line["code"].clone(),
                    line["next"].clone(),
                )
            })
            .collect();
        (steps, own)
    };
    let step = |service: &str, code: i32, next: &str| (json!(service), json!(code), json!(next));

    let (steps, own) = steps_of("ev_verify_password", "auto2");
    let notice = step("tokenPwdCheckNotc", 0, "wait");
    let status = |next| step("tokenPwdStas", 0, next);
    assert_eq!(steps, [notice, status("wait"), status("settle")]);
    assert_eq!(
        (&own["detail"], &own["level"]),
        (&json!(null), &json!("info"))
    );

    let (steps, _) = steps_of("ev_one_code_pay", "signed");
    let query = step("signedQuery", 0, "get_certificate");
    assert_eq!(steps, [query, step("genPayCert", 0, "charge")]);

    // What the centre refuses, and what broke on the way: 0.1 said neither.
    let (_, own) = steps_of("ev_one_code_pay", "unsigned");
    assert_eq!(own["code"], EV_CANNOT_PAY);
    assert_eq!(own["detail"], "signedQuery 0");
    let (steps, own) = steps_of("ev_one_code_pay", "signed-fault.503-html@cert");
    assert_eq!(steps[1].1, EV_HTTP_STATUS);
    let detail = own["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("genPayCert -10024: ") && detail.contains("HTTP 503"),
        "{detail}"
    );
}

/// What is set is no call of the program's.
#[test]
#[expect(unsafe_code, reason = "calls C functions with NULL")]
fn nobody_is_told_that_somebody_listens() {
    let folder = folder("progress");
    let client = open("http://127.0.0.1:9", json!({ "dir": folder }));
    for function in ["ev_on_progress", "ev_on_call"] {
        type On = unsafe extern "C" fn(i32, *const c_void, *const c_void) -> i32;
        let set = library().function::<On>(function);
        let nothing = std::ptr::null();
        // SAFETY: NULL ends what was set.
        assert_eq!(unsafe { set(client.handle, nothing, nothing) }, 0);
    }
    assert_eq!(names(&folder), BTreeSet::new());
}

/// From a transaction's number to its lines, whichever process wrote them: what stands in the manual.
#[test]
fn the_lines_of_a_transaction_can_be_found() {
    let centre = centre();
    let folder = folder("serials");
    let defaults = json!({ "orgCodg": "H35010000001" });
    let config = json!({ "log": { "dir": folder }, "defaults": defaults });
    let client = library().open(&config_with(centre.url(), config));
    let request = common::transaction("signed", "SN-20261125-0001", "12.30");
    client.call("ev_gen_pay_cert", &request);
    let mut left_out = request.clone();
    left_out.as_object_mut().unwrap().remove("orgCodg");
    client.call("ev_one_code_pay", &left_out);
    client.call(
        "ev_gen_pay_cert",
        &common::transaction("signed", "SN-other", "1"),
    );
    client.stas("pwd");
    // printf 'testOrgId\nH35010000001\nSN-20261125-0001' | sha256sum | cut -c1-8
    let wanted = "b6881d53";
    let refs: Vec<_> = lines(&folder)
        .iter()
        .map(|l| l["serialRef"].clone())
        .collect();
    let (other, none) = refs.split_at(refs.len() - 2);
    assert!(other.iter().all(|found| *found == wanted), "{refs:?}");
    assert!(none[0].is_string() && none[0] != wanted, "{refs:?}");
    // A request of all services' fields has a serial number, whatever service it is for.
    assert!(none[1].is_string() && none[1] != wanted);
    client.call(
        "ev_token_pwd_stas",
        &json!({ "token": "pwd", "orgCodg": "H1" }),
    );
    assert_eq!(last_line(&folder)["serialRef"], json!(null));
}

#[test]
fn lines_of_several_threads_and_clients_do_not_mix() {
    let folder = folder("threads");
    let log = json!({ "dir": folder });
    let clients = [
        open("http://127.0.0.1:9", log.clone()),
        open("http://127.0.0.1:9", log),
    ];
    thread::scope(|scope| {
        for thread in 0..4 {
            let client = &clients[thread % 2];
            scope.spawn(move || {
                for code in 0..500 {
                    assert_eq!(library().explain(client.handle, code).returned, 0);
                }
            });
        }
    });
    let ids: BTreeSet<_> = lines(&folder)
        .iter()
        .map(|line| line["requestId"].to_string())
        .collect();
    assert_eq!((ids.len(), text(&folder).lines().count()), (2000, 2000));
}

/// Every text in a JSON value that is long enough to be told from anything else.
fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() >= 4 => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        _ => {}
    }
}

/// Everything that must not be in a log, gathered while calls are made.
#[derive(Default)]
struct Secrets(BTreeSet<String>);

impl Secrets {
    fn call(&mut self, client: &Client, function: &str, request: &Value) {
        texts(request, &mut self.0);
        let reply = client.call(function, request);
        self.heard(&reply);
    }

    fn heard(&mut self, reply: &Reply) {
        let reply = reply.json();
        texts(&reply["data"], &mut self.0);
        if reply["source"] == "centre" && reply["code"] != 0 {
            texts(&reply["message"], &mut self.0);
        }
    }
}

#[test]
fn nothing_that_was_said_is_in_it() {
    let centre = centre();
    let folder = folder("secrets");
    let log = json!({ "dir": folder, "level": "info" });
    let mut secrets = Secrets::default();
    let more = |more: Value| {
        let mut more = more;
        more["log"] = log.clone();
        more["timeoutMs"] = json!(300);
        more["connectTimeoutMs"] = json!(300);
        more
    };
    let patient = |token: &str| {
        let mut request = request(token);
        request["orgName"] = json!("上海市某某医院");
        request["opterId"] = json!("OPERATOR-77");
        request["opterName"] = json!("欧阳某某");
        request["ownPaySetlAmt"] = json!("98765432.10");
        request["totalAmount"] = json!("198765432.10");
        request["certNo"] = json!("350102199001010011");
        request["psnName"] = json!({ "family": "司马", "given": "相如" });
        request
    };

    // Every scenario, in each charset.
    let mut number = 0;
    for charset in ["utf-8", "ascii"] {
        let client = library().open(&config_with(
            centre.url(),
            more(json!({ "charset": charset, "headers": { "x-gateway": "GATEWAY-PASS" } })),
        ));
        for words in [
            "signed",
            "auto1",
            "nopwd",
            "nopwdstas",
            "notcfail",
            "unsigned",
            "blocked",
            "emptycert",
            "numflag-signed",
            "flagX-signed",
            "noflag-signed",
            "sfalse-signed",
            "code500319",
            "codem6",
            "unknown",
        ] {
            number += 1;
            let token = format!("{words}-{number:06}");
            for (_, function) in SERVICES {
                secrets.call(&client, function, &patient(&token));
            }
            library().cancel(client.handle, Some(&token));
        }
    }
    // Every fault, and what goes wrong before HTTP.
    let mut addresses: Vec<String> = [
        "close-early",
        "reset-early",
        "process-close",
        "process-reset",
        "half",
        "half-head",
        "drip",
        "silence",
        "redirect",
        "500-empty",
        "500-text",
        "500-json",
        "503-html",
        "404-html",
        "html",
        "not-json",
        "empty",
        "wrong-key",
        "bad-hex",
        "odd-hex",
        "bad-padding",
        "no-encdata",
        "data-null",
        "data-string",
        "lower-hex",
        "bom",
        "gbk",
        "huge",
        "chunked",
        "close-after",
        "duplicate-key",
        "not-object",
        "reserved-code",
    ]
    .map(|name| fault(&centre, name))
    .into();
    addresses.extend(Tls::ALL.map(|kind| centre.tls_url(kind)));
    addresses.push(centre.refusing_url());
    addresses.push(centre.slamming_url());
    addresses.push(centre.silent_tls_url());
    for address in addresses {
        let client = library().open(&config_with(&address, more(json!({}))));
        for (_, function) in SERVICES {
            number += 1;
            let token = format!("auto1-signed-{number:06}");
            secrets.call(&client, function, &patient(&token));
        }
    }
    // A key that is wrong here, and a proxy that has a password and is not there.
    let mut wrong = config_with(centre.url(), more(json!({})));
    wrong["sm4Key"] = json!("WRONG-KEY-123456");
    let proxy = centre
        .refusing_url()
        .replace("http://", "http://PROXYUSER:PROXYPASS@");
    for config in [
        wrong,
        config_with(centre.url(), more(json!({ "proxy": proxy }))),
    ] {
        let client = library().open(&config);
        for (_, function) in SERVICES {
            secrets.call(&client, function, &patient("signed-proxied"));
        }
    }
    // Requests that are refused.
    let client = library().open(&config_with(centre.url(), more(json!({}))));
    let whole = patient("auto1-refused").to_string();
    for (_, function) in SERVICES {
        for field in ["token", "orgCodg", "ownPaySetlAmt", "fixmedinsTrnsSn"] {
            for value in [json!(["欧阳某某"]), json!("X".repeat(201)), json!(null)] {
                let mut request = patient("auto1-refused");
                request[field] = value;
                secrets.call(&client, function, &request);
            }
        }
        for text in [
            whole.replace('}', ""),
            whole.replace(":", ""),
            whole.replacen('{', "{\"token\":\"auto1-twice\",", 1),
            "auto1-bare".to_owned(),
        ] {
            let reply = client.call_text(function, &text);
            secrets.heard(&reply);
        }
        let gbk = encoding_rs::GB18030.encode(&whole).0;
        library().call4(function, client.handle, &gbk, 8192);
    }
    secrets
        .0
        .extend(["auto1-twice", "auto1-bare"].map(str::to_owned));
    for service in ["/cfc/api/echo", "auto1-bare", "/cfc/api/auto1-bare?x"] {
        let reply = client.call_path(service, &whole);
        secrets.heard(&reply);
    }
    for text in [&whole, &"A".repeat(64), "欧阳某某"] {
        let reply = client.call_text("ev_seal", text);
        secrets.heard(&reply);
        let reply = client.call_text("ev_unseal", &reply.at("data.encData"));
        secrets.heard(&reply);
        let reply = client.call_text("ev_unseal", text);
        secrets.heard(&reply);
    }
    for seen in centre.requests() {
        if let Ok(body) = serde_json::from_str(&seen.body) {
            texts(&body, &mut secrets.0);
        }
    }

    let given = [
        KEY,
        ORG_ID,
        "GATEWAY-PASS",
        "PROXYUSER",
        "PROXYPASS",
        "WRONG-KEY-123456",
    ];
    secrets.0.extend(given.map(str::to_owned));
    secrets.0.insert(hex::encode(KEY));
    let must_be_known = [
        "auto1-signed-000031",
        "上海市某某医院",
        "欧阳某某",
        "司马",
        "350102199001010011",
        "98765432.10",
        // As the simulated centre says it.
        "张*三",
        "微信支付",
    ];
    for known in must_be_known {
        assert!(secrets.0.contains(known), "{known} was not gathered");
    }
    assert!(secrets.0.len() > 500, "{}", secrets.0.len());

    let log = text(&folder);
    let lines = lines(&folder);
    let codes: BTreeSet<_> = lines
        .iter()
        .filter_map(|line| line["code"].as_i64())
        .collect();
    for code in [
        0,
        -6,
        EV_INVALID_TEXT,
        EV_INVALID_REQUEST,
        EV_UNKNOWN_SERVICE,
        EV_CONNECT,
    ] {
        assert!(codes.contains(&code.into()), "no {code} in {codes:?}");
    }
    for code in [
        EV_TLS,
        EV_TIMEOUT,
        EV_CONNECTION_LOST,
        EV_HTTP_STATUS,
        EV_BAD_REPLY,
        EV_DECRYPT,
    ] {
        assert!(codes.contains(&code.into()), "no {code} in {codes:?}");
    }
    assert!(lines.len() > 400, "{}", lines.len());
    // As they are, in another case, and as JSON escapes them.
    let lower = log.to_lowercase();
    for secret in &secrets.0 {
        assert!(
            !lower.contains(&secret.to_lowercase()),
            "{secret} is in the log"
        );
        let escaped: String = secret
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        assert!(!lower.contains(&escaped), "{secret} is in the log");
    }
    for line in &lines {
        let mut values = BTreeSet::new();
        texts(line, &mut values);
        for value in values {
            assert!(
                !secrets
                    .0
                    .iter()
                    .any(|secret| value.contains(secret.as_str())),
                "{value}"
            );
        }
    }
}
