//! The program, as a person or a test in another language starts it.

mod common;

use common::{body, exchange, post};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_evoucher-sandbox");

struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    out: BufReader<ChildStdout>,
    lines: HashMap<String, String>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args([
                "--listen",
                "127.0.0.1:0",
                "--tls",
                "127.0.0.1:0",
                "--until-stdin-closes",
            ])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut lines = HashMap::new();
        while !lines.contains_key("ready") {
            let mut line = String::new();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "ended: {lines:?}");
            let (name, value) = line.split_once(' ').unwrap();
            lines.insert(name.to_owned(), value.trim().to_owned());
        }
        Self {
            stdin: child.stdin.take(),
            child,
            out,
            lines,
        }
    }

    /// Closes its input, and gives what it printed since.
    fn end(mut self) -> String {
        drop(self.stdin.take());
        assert!(self.child.wait().unwrap().success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        rest
    }
}

#[test]
fn it_says_where_it_is() {
    let dir = common::Dir::new("program");
    let program = Program::start(&["--tls-dir", dir.path.to_str().unwrap()]);
    let lines = &program.lines;
    assert!(lines["http"].starts_with("http://127.0.0.1:"), "{lines:?}");
    assert_eq!(
        exchange(
            &lines["http"],
            &post("/cfc/api/signedQuery", &body("signed"))
        )
        .json()["code"],
        0
    );

    let ca = std::fs::read_to_string(&lines["ca"]).unwrap();
    let mut wire = common::Wire::https(&lines["https"], &common::trusting(&ca));
    wire.send(&post("/cfc/api/signedQuery", &body("signed")));
    assert_eq!(wire.reply().json()["code"], 0);
    assert!(std::fs::exists(&lines["cert"]).unwrap());
    assert_eq!(lines["sha256"].len(), 64);
    for kind in [
        "expired",
        "wrong-name",
        "self-signed",
        "self-signed-ca",
        "silent",
    ] {
        assert!(
            lines[&format!("https-{kind}")].starts_with("https://localhost:"),
            "{lines:?}"
        );
    }
    assert!(common::tcp(&lines["http-refusing"]).is_err());
    assert!(common::tcp(&lines["http-slamming"]).is_ok());
    assert_eq!(
        program.end(),
        "",
        "nothing of a conversation is printed unasked"
    );
}

#[test]
fn it_shows_every_conversation_when_asked() {
    let program = Program::start(&["--show"]);
    let url = program.lines["http"].clone();
    let sent = body("signed-77");
    exchange(&url, &post("/fault/lower-hex/cfc/api/signedQuery", &sent));
    exchange(&url, &post("/cfc/api/signedQuery", &body("code500244-78")));
    let mut early = common::Wire::http(&url);
    early.send(&post("/fault/close-early/cfc/api/signedQuery", &sent));
    let _ = early.read_to_end();
    let text = program.end();
    for shown in [
        "> POST /fault/lower-hex/cfc/api/signedQuery",
        "> content-type: application/json;charset=UTF-8",
        &sent,
        r#""token":"signed-77""#,
        "lower-hex: encData in lower case",
        r#"< sealing  {"stasFlag":"1""#,
        "< HTTP 200",
        "close-early: closes (FIN) after the head; nothing is processed\n< no reply\n",
        r#"{"code":500244,"type":"error","message":"该支付渠道暂未接入","data":null}"#,
    ] {
        assert!(text.contains(shown), "{shown} is not in {text}");
    }
}

#[test]
fn its_account_is_what_the_options_say() {
    let key = "MDEyMzQ1Njc4OWFiY2RlZg==";
    let program = Program::start(&[
        "--org-id",
        "h7",
        "--key",
        key,
        "--key-format",
        "base64",
        "--reqt-type",
        "h7&350000",
    ]);
    let sealer =
        evoucher::envelope::Sealer::new(key, evoucher::envelope::KeyFormat::Base64).unwrap();
    let mut body = common::parameters("");
    body["orgId"] = "h7".into();
    body["reqtType"] = "h7&350000".into();
    body["encData"] = sealer
        .seal(common::request("signed").to_string().as_bytes())
        .into();
    let url = &program.lines["http"];
    assert_eq!(
        exchange(url, &post("/cfc/api/signedQuery", &body.to_string())).json()["code"],
        0
    );
    program.end();
}

#[test]
fn help_and_both_readmes_name_every_word_fault_and_option() {
    let output = Command::new(PROGRAM).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    let table = evoucher_sandbox::help();
    assert!(help.contains(table.trim_end()));
    let readmes = [
        ("README.md", include_str!("../README.md")),
        ("README.zh-CN.md", include_str!("../README.zh-CN.md")),
    ];
    let names = table
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    let options = help
        .split_whitespace()
        .filter(|word| word.starts_with("--"));
    for name in names.chain(options) {
        for (file, readme) in readmes {
            assert!(
                readme.contains(&format!("`{name}")),
                "{file} does not name {name}"
            );
        }
    }
}

#[test]
fn unusable_options_are_said() {
    for (arguments, said) in [
        (&["--key", "short"][..], "SM4"),
        (&["--key-format", "rot13"], "base64"),
        (&["--listen", "nowhere"], "--listen"),
    ] {
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(said), "{text}");
        assert!(!text.contains("short"), "a key is not printed: {text}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(PROGRAM)
        .args(["--tls", "127.0.0.1:0", "--listen", &address])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&address), "{text}");
}
