//! The tool, started as a person does it.
#![allow(dead_code, reason = "every test program uses its own part")]

use evoucher_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_evoucher-tool");
pub(crate) const KEY: &str = "0123456789ABCDEFFEDCBA9876543210";

pub(crate) struct Output {
    pub(crate) exit: i32,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Output {
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }
}

pub(crate) fn run(program: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Output {
        exit: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn tool(arguments: &[&str]) -> Output {
    run(Path::new(PROGRAM), arguments, b"")
}

/// A folder of this test's own, made anew.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes a configuration, and gives its path.
pub(crate) fn config(name: &str, url: &str, more: Value) -> String {
    let mut config = json!({
        "localUrl": url, "orgId": "testOrgId", "reqtType": "sys&350000", "sm4Key": KEY,
    });
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    let path = folder(name).join("evoucher.json");
    fs::write(&path, config.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

pub(crate) fn centre() -> Sandbox {
    Sandbox::start(Options::default()).unwrap()
}
