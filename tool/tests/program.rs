//! The tool as a person starts it, against the simulated centre.

mod common;

use common::{KEY, PROGRAM, centre, config, folder, run, tool};
use evoucher_sandbox::Tls;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

#[test]
fn check_says_in_one_line_which_it_is() {
    let centre = centre();
    let dir = folder("check-ca");
    fs::write(dir.join("ca.pem"), centre.ca_pem()).unwrap();
    let tls = json!({ "tls": { "caFile": dir.join("ca.pem") } });
    let http = centre.url();
    let cases: [(&str, String, Value, &str, &str); 6] = [
        (
            "key",
            http.clone(),
            json!({ "sm4Key": "0".repeat(32) }),
            "call",
            "sm4Key 和 keyFormat",
        ),
        (
            "org",
            http.clone(),
            json!({ "orgId": "nobody" }),
            "call",
            "请核对 orgId",
        ),
        (
            "port",
            centre.refusing_url(),
            json!({}),
            "connect",
            "连接被拒绝",
        ),
        (
            "expired",
            centre.tls_url(Tls::Expired),
            tls.clone(),
            "tls",
            "已过期",
        ),
        (
            "name",
            centre.tls_url(Tls::WrongName),
            tls.clone(),
            "tls",
            "主机名不符",
        ),
        (
            "host",
            "http://no-such-host.invalid".into(),
            json!({}),
            "name",
            "无法解析",
        ),
    ];
    for (name, url, more, step, says) in cases {
        let output = tool(&["check", &config(&format!("check-{name}"), &url, more)]);
        assert_eq!(output.exit, 1, "{name}: {}", output.out);
        let lines = output.lines();
        let (last, steps) = lines.split_last().unwrap();
        assert!(
            last.starts_with('-') && last.contains(says),
            "{name}: {last}"
        );
        let failed: Vec<_> = steps
            .iter()
            .filter(|line| line.starts_with("FAIL"))
            .collect();
        assert_eq!(failed.len(), 1, "{name}: {steps:?}");
        assert!(
            failed[0].starts_with(&format!("FAIL  {step} ")),
            "{name}: {failed:?}"
        );
        assert!(!output.out.contains(KEY), "{name}");
        assert_eq!(output.error, "");
    }
    for (url, steps) in [(http, 6), (centre.https_url(), 7)] {
        let output = tool(&["check", &config("check-good", &url, tls.clone())]);
        assert_eq!(output.exit, 0, "{}", output.out);
        let lines = output.lines();
        assert_eq!(lines.len(), steps + 1, "{lines:?}");
        assert!(lines[..steps].iter().all(|line| line.starts_with("ok ")));
        assert!(lines[steps].contains("中心已接受 orgId 和密钥"));
    }
}

#[test]
fn check_names_what_is_wrong_with_the_configuration() {
    let path = config("check-config", "ftp://x", json!({ "adress": 1 }));
    let output = tool(&["check", &path]);
    assert_eq!(output.exit, 1);
    let lines = output.lines();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("FAIL  config "), "{lines:?}");
    assert!(
        lines[1].contains("localUrl") && lines[1].contains("adress"),
        "{lines:?}"
    );
}

/// Without CONFIG it is evoucher.json beside the program.
#[test]
fn the_configuration_beside_the_program() {
    let centre = centre();
    let path = config("beside", &centre.url(), json!({}));
    let program = Path::new(&path).with_file_name("evoucher-tool");
    // Not copied: another test's child may hold what was written open, and then it cannot be run.
    fs::hard_link(PROGRAM, &program).unwrap();
    assert_eq!(run(&program, &["check"], b"").exit, 0);
    let request = r#"{"token":"nopwd","orgCodg":"H1"}"#;
    let output = run(&program, &["call", "tokenPwdStas", request], b"");
    assert_eq!(output.exit, 1);
    assert!(output.out.contains("500320"), "{}", output.out);
    assert_eq!(run(&program, &["seal", "x"], b"").exit, 0);
    fs::remove_file(path).unwrap();
    let output = run(&program, &["check"], b"");
    assert!(output.out.contains("evoucher.json"), "{}", output.out);
}

#[test]
fn call() {
    let centre = centre();
    let path = config("call", &centre.url(), json!({}));
    let request = r#"{"token":"auto1-pwd","orgCodg":"H1","orgName":"第一医院"}"#;
    // From standard input, GBK as a Chinese Windows writes it.
    let gbk = [
        &request.as_bytes()[..request.find('第').unwrap()],
        b"\xB5\xDA\xD2\xBB\xD2\xBD\xD4\xBA\"}",
    ]
    .concat();
    for input in [request.as_bytes(), &gbk] {
        let output = run(
            Path::new(PROGRAM),
            &["call", &path, "tokenPwdCheckNotc", "-"],
            input,
        );
        assert_eq!(output.exit, 0, "{} {}", output.out, output.error);
        let reply: Value = serde_json::from_str(&output.out).unwrap();
        assert_eq!(reply["next"], "wait");
        let opened = centre.requests().pop().unwrap().opened.unwrap();
        assert!(opened.contains("第一医院"), "{opened}");
    }
    let output = tool(&["call", &path, "/cfc/api/echo", r#"{"字":"值"}"#, "--ascii"]);
    assert_eq!(output.exit, 0, "{}", output.error);
    assert!(output.out.is_ascii(), "{}", output.out);
    let reply: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(reply["data"]["echo"]["字"], "值");
    let output = tool(&["call", &path, "nothing", "{}"]);
    assert_eq!((output.exit, output.out.as_str()), (1, ""));
    assert!(output.error.contains("tokenPwdStas"), "{}", output.error);
}

#[test]
fn seal_and_unseal() {
    let path = config("seal", "http://127.0.0.1:9", json!({}));
    let plain = r#"{"token":"号"}"#;
    let output = tool(&["seal", &path, plain]);
    assert_eq!(output.exit, 0, "{}", output.error);
    let body: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(body["orgId"], "testOrgId");
    let sealed = body["encData"].as_str().unwrap();
    for text in [sealed, output.out.trim()] {
        assert_eq!(tool(&["unseal", &path, text]).out.trim_end(), plain);
        let piped = run(Path::new(PROGRAM), &["unseal", &path, "-"], text.as_bytes());
        assert_eq!(piped.out.trim_end(), plain);
    }
    let ascii = tool(&["--ascii", "unseal", &path, sealed]);
    assert_eq!(ascii.out.trim_end(), r#"{"token":"\u53f7"}"#);
    let other = config(
        "seal-other",
        "http://127.0.0.1:9",
        json!({ "sm4Key": "0".repeat(32) }),
    );
    let output = tool(&["unseal", &other, sealed]);
    assert_eq!((output.exit, output.out.as_str()), (1, ""));
    assert!(output.error.contains("sm4Key"), "{}", output.error);
}

#[test]
fn explain() {
    let says = |arguments: &[&str]| {
        let output = tool(&[&["explain"], arguments].concat());
        assert_eq!(output.exit, 0, "{}", output.error);
        output.out
    };
    let first = |said: String| said.lines().next().unwrap_or_default().to_owned();
    assert_eq!(
        first(says(&["500320"])),
        "500320  电子凭证中心  该笔结算业务无需参保人输入密码，可直接办理"
    );
    assert_eq!(
        first(says(&["-4", "--language", "en"])),
        "-4  permission check failed"
    );
    // And what to do about it.
    assert!(says(&["-4"]).contains("时钟"));
    assert!(says(&["-4", "--language", "en"]).contains("clock"));
    assert!(says(&["-10022"]).starts_with("-10022  EV_TIMEOUT  "));
    assert!(says(&["42"]).contains("咨询电子凭证中心"));
    assert!(says(&["42", "--ascii"]).is_ascii());
}

#[cfg(not(windows))]
#[test]
fn protect_is_for_windows() {
    let output = run(
        Path::new(PROGRAM),
        &["protect", "--machine"],
        KEY.as_bytes(),
    );
    assert_eq!((output.exit, output.out.as_str()), (2, ""));
    assert_eq!(output.error.lines().count(), 1);
    assert!(output.error.contains("Windows"), "{}", output.error);
}

#[test]
fn called_wrongly() {
    for arguments in [
        &[][..],
        &["call"],
        &["call", "x"],
        &["seal"],
        &["protect", "--user", "--machine"],
    ] {
        assert_eq!(tool(arguments).exit, 2, "{arguments:?}");
    }
}

/// What an accountant sees of a transaction's life, and can say of its end.
#[test]
fn the_journal_from_its_making_to_its_end() {
    let centre = centre();
    let dir = folder("journal").join("made");
    let made = tool(&["journal", "init", dir.to_str().unwrap()]);
    assert_eq!((made.exit, made.error.as_str()), (0, ""), "{}", made.out);
    let more = json!({ "journal": { "dir": dir } });
    let config = config("journal", &centre.url(), more);
    let check = tool(&["check", &config]);
    assert_eq!(check.exit, 0, "{}", check.out);
    assert!(check.out.contains("ok    journal"), "{}", check.out);

    let request = json!({
        "token": "signed-1", "orgCodg": "H35010000001", "orgName": "测试医院",
        "opterId": "1", "opterName": "张三", "devId": "D", "devIP": "10.0.0.1",
        "ownPaySetlAmt": "12.3", "fixmedinsTrnsSn": "SN,1",
    });
    let call = tool(&["call", &config, "genPayCert", &request.to_string()]);
    assert_eq!(call.exit, 0, "{}", call.out);
    let row = |state: &str| {
        let listed = tool(&["journal", "list", "--csv", &config]);
        let lines = listed.lines();
        assert_eq!(lines.len(), 2, "{}", listed.out);
        let begins = format!("testOrgId,H35010000001,\"SN,1\",12.30,{state},1,");
        assert!(lines[1].starts_with(&begins), "{}", listed.out);
    };
    row("issued");
    let open = tool(&["journal", "list", "--open", &config]);
    assert!(
        open.out.contains("SN,1") && open.out.contains("结果未知"),
        "{}",
        open.out
    );

    let report = json!({
        "orgCodg": "H35010000001", "fixmedinsTrnsSn": "SN,1",
        "ownPaySetlAmt": "12.30", "outcome": "paid",
    });
    let reported = tool(&["journal", "report", &config, &report.to_string()]);
    assert_eq!(reported.exit, 0, "{}", reported.out);
    row("paid");
    let open = tool(&["journal", "list", "--open", &config]);
    assert!(!open.out.contains("SN,1"), "{}", open.out);
    let shown = tool(&["journal", "show", &config, "SN,1"]);
    let positions = ["asked", "issued", "paid "].map(|event| shown.out.find(event));
    assert!(
        positions.iter().all(Option::is_some) && positions.is_sorted(),
        "{}",
        shown.out
    );
    let other = tool(&["journal", "show", &config, "SN2"]);
    assert_eq!(other.exit, 1);
    let wrong = tool(&["journal", "report", &config, "{}"]);
    assert_eq!(wrong.exit, 1);
    assert!(wrong.error.contains("outcome"), "{}", wrong.error);
}

/// The serial numbers that are listed, in order, and how each of them stands.
fn listed(config: &str) -> Vec<(String, String)> {
    let listed = tool(&["journal", "list", "--csv", config]);
    let rows = listed.out.lines().skip(1).map(|line| {
        let cells: Vec<_> = line.split(',').collect();
        (cells[2].to_owned(), cells[4].to_owned())
    });
    rows.collect()
}

#[test]
fn what_has_no_end_is_listed_first_and_the_oldest_before_the_others() {
    let dir = folder("order").join("journal");
    assert_eq!(tool(&["journal", "init", dir.to_str().unwrap()]).exit, 0);
    let more = json!({ "journal": { "dir": dir } });
    let config = config("order-config", "http://127.0.0.1:9", more);
    for (serial, outcome) in [("SN3", "paid"), ("SN2", "unknown"), ("SN1", "unknown")] {
        let report = json!({
            "orgCodg": "H35010000001", "fixmedinsTrnsSn": serial,
            "ownPaySetlAmt": "1", "outcome": outcome,
        });
        let reported = tool(&["journal", "report", &config, &report.to_string()]);
        assert_eq!(reported.exit, 0, "{}", reported.out);
    }
    let serials: Vec<_> = listed(&config).into_iter().map(|row| row.0).collect();
    assert_eq!(serials, ["SN2", "SN1", "SN3"]);
}

/// Nobody knows whether a certificate was issued to a program that is gone.
#[test]
fn what_is_under_way_and_what_was_killed_is_listed_as_that() {
    let centre = centre();
    let dir = folder("killed").join("journal");
    assert_eq!(tool(&["journal", "init", dir.to_str().unwrap()]).exit, 0);
    let more = json!({ "journal": { "dir": dir }, "timeoutMs": 60_000 });
    let url = format!("{}/fault/slow-60000", centre.url());
    let config = config("killed-config", &url, more);
    let request = json!({
        "token": "signed-1", "orgCodg": "H35010000001", "orgName": "测试医院",
        "opterId": "1", "opterName": "张三", "devId": "D", "devIP": "10.0.0.1",
        "ownPaySetlAmt": "12.3", "fixmedinsTrnsSn": "SN1",
    });
    let mut call = Command::new(PROGRAM)
        .args(["call", &config, "genPayCert", &request.to_string()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while centre.seen() == 0 {
        assert!(call.try_wait().unwrap().is_none(), "it ended");
        thread::yield_now();
    }
    let row = |state: &str| vec![("SN1".to_owned(), state.to_owned())];
    assert_eq!(listed(&config), row("in_flight"));
    call.kill().unwrap();
    call.wait().unwrap();
    assert_eq!(listed(&config), row("unknown"));
}

/// Every cashier of the machine may write there, whoever made it.
#[cfg(unix)]
#[test]
fn a_made_journal_is_its_groups() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder("rights").join("journal");
    assert_eq!(tool(&["journal", "init", dir.to_str().unwrap()]).exit, 0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&dir), 0o2770);
    assert_eq!(mode(&dir.join("owners")), 0o2770);
    assert_eq!(mode(&dir.join("evoucher-journal.db")), 0o660);
}

#[test]
fn bundle_has_what_helps_and_nothing_that_may_not_leave() {
    let centre = centre();
    let dir = folder("bundle");
    let journal = dir.join("journal");
    let init = tool(&["journal", "init", journal.to_str().unwrap()]);
    assert_eq!(init.exit, 0, "{}", init.error);
    let log = dir.join("log");
    let more = json!({
        "log": { "dir": log }, "journal": { "dir": journal },
        "headers": { "X-Gateway": "gateway-secret" },
        "defaults": {
            "orgCodg": "H35010000001", "orgName": "测试医院", "opterId": "0001", "opterName": "张三丰",
            "devId": "AA-BB", "devIP": "10.1.2.3",
        },
    });
    let config = config("bundle-config", &centre.url(), more);
    let request =
        r#"{"token":"signed-bundle","ownPaySetlAmt":"12.30","fixmedinsTrnsSn":"SN-BUNDLE"}"#;
    let called = tool(&["call", &config, "genPayCert", request]);
    assert!(called.out.contains("\"next\":\"charge\""), "{}", called.out);
    // As the library writes it; of long ago; and not ours.
    fs::create_dir(&log).unwrap();
    fs::write(log.join("evoucher-20261122-42.log"), "{\"code\":0}\n").unwrap();
    fs::write(log.join("evoucher-20200101-1.log"), "old").unwrap();
    fs::write(log.join("patients.log"), "patients").unwrap();

    let archive = dir.join("help.zip");
    let arguments = ["bundle", &config, "--out", archive.to_str().unwrap()];
    let written = tool(&arguments);
    assert_eq!(written.exit, 0, "{}{}", written.out, written.error);
    let parts = unzip(&archive);
    let names: Vec<_> = parts.iter().map(|(name, _)| name.as_str()).collect();
    let logs: Vec<_> = names
        .iter()
        .filter(|name| name.starts_with("log/"))
        .collect();
    assert_eq!(logs.len(), 1, "{names:?}");
    for name in [
        "README.txt",
        "config.json",
        "version.txt",
        "check.txt",
        "journal.txt",
        logs[0],
    ] {
        assert!(names.contains(&name), "{names:?}");
        assert!(written.out.contains(name), "{}", written.out);
    }
    assert_eq!(names.len(), 6, "{names:?}");
    let part = |wanted: &str| &parts.iter().find(|(name, _)| name == wanted).unwrap().1;
    let shown: Value = serde_json::from_str(part("config.json")).unwrap();
    assert_eq!(shown["orgId"], "testOrgId");
    assert_eq!(shown["defaults"]["orgCodg"], "H35010000001");
    assert!(part("check.txt").contains("中心已接受 orgId 和密钥"));
    assert_eq!(part("log/evoucher-20261122-42.log"), "{\"code\":0}\n");
    // printf 'testOrgId\nH35010000001\nSN-BUNDLE' | sha256sum | cut -c1-8
    assert!(part("journal.txt").contains("cbec24f2  issued"));
    let whole: String = parts.iter().map(|(_, text)| text.as_str()).collect();
    for secret in [
        KEY,
        "gateway-secret",
        "张三丰",
        "signed-bundle",
        "SN-BUNDLE",
        "\"PC",
    ] {
        assert!(!whole.contains(secret), "{secret}");
    }

    // Nobody's file is written over.
    let again = tool(&arguments);
    assert_eq!(again.exit, 1);
    assert!(again.error.contains("help.zip"), "{}", again.error);

    // What cannot be opened is what help is wanted with. A misspelt name may have the key behind it.
    let broken =
        format!(r#"{{"localUrl":"http://a:pass@b","orgId":"testOrgId","sm4key":"{KEY}"}}"#);
    fs::write(dir.join("broken.json"), broken).unwrap();
    let second = dir.join("broken.zip");
    let path = dir.join("broken.json");
    let written = tool(&[
        "bundle",
        path.to_str().unwrap(),
        "--out",
        second.to_str().unwrap(),
    ]);
    assert_eq!(written.exit, 0, "{}", written.error);
    let parts = unzip(&second);
    let whole: String = parts.iter().map(|(_, text)| text.as_str()).collect();
    assert!(whole.contains("sm4key"), "{whole}");
    assert!(!whole.contains(KEY) && !whole.contains("pass"), "{whole}");
}

/// What is in an archive, read by another program than the one that made it.
fn unzip(archive: &Path) -> Vec<(String, String)> {
    let program = "
import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print(json.dumps([[name, archive.read(name).decode('utf-8')] for name in archive.namelist()]))";
    let mut python = Command::new("python3");
    let output = python.args(["-c", program]).arg(archive).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}
