//! The simulated centre, running while tests call it.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::place;
use crate::sh::{Result, make_dir, run};

pub(crate) struct Sandbox {
    child: Child,
    addresses: BTreeMap<String, String>,
}

impl Sandbox {
    /// Builds it, starts it on free ports, and waits until it says that it is ready.
    pub(crate) fn start(tls_dir: &Path) -> Result<Self> {
        run(Command::new("cargo")
            .current_dir(place::repository())
            .args([
                "build",
                "--quiet",
                "--locked",
                "--package",
                "evoucher-sandbox",
            ]))?;
        make_dir(tls_dir)?;
        let program = std::env::current_exe()
            .map_err(|error| format!("xtask's own path: {error}"))?
            .with_file_name("evoucher-sandbox");
        Self::of(Command::new(&program).arg("--tls-dir").arg(tls_dir))
    }

    /// Starts this program of it.
    pub(super) fn of(program: &mut Command) -> Result<Self> {
        let mut child = program
            .args([
                "--listen",
                "127.0.0.1:0",
                "--tls",
                "127.0.0.1:0",
                "--until-stdin-closes",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program:?}: {error}"))?;
        let output = child.stdout.take().ok_or("the sandbox has no output")?;
        let mut addresses = BTreeMap::new();
        for line in BufReader::new(output).lines() {
            let line = line.map_err(|error| format!("evoucher-sandbox: {error}"))?;
            if let Some((name, value)) = line.split_once(' ') {
                addresses.insert(name.to_owned(), value.trim().to_owned());
            }
            if addresses.contains_key("ready") {
                break;
            }
        }
        Ok(Self { child, addresses })
    }

    /// What it printed under a name: `http`, `https`, `ca`, `http-refusing` …
    pub(crate) fn address(&self, name: &str) -> Result<&str> {
        self.addresses
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| format!("evoucher-sandbox did not say its {name} address"))
    }

    /// How many requests for a token took effect.
    pub(crate) fn processed(&self, token: &str) -> Result<usize> {
        Ok(self.connections(token)?.len())
    }

    /// The connections that requests for a token came on, in order. Those to the two services of a
    /// payment are a question's and a certificate's.
    pub(super) fn connections(&self, token: &str) -> Result<Vec<u64>> {
        let answer = self.ask("GET", "/sandbox/ledger")?;
        let ledger = answer.split_once("\r\n\r\n").map(|(_, body)| body);
        let ledger: Value = serde_json::from_str(ledger.unwrap_or_default())
            .map_err(|error| format!("the ledger: {error}"))?;
        let processed = ledger["processed"].as_array().into_iter().flatten();
        let of_token = processed.filter(|entry| entry["token"] == token);
        Ok(of_token
            .filter_map(|entry| entry["connection"].as_u64())
            .collect())
    }

    /// What it answers, from the status line on.
    pub(super) fn ask(&self, method: &str, path: &str) -> Result<String> {
        let url = self.address("http")?;
        let host = url.trim_start_matches("http://");
        let failed = |error| format!("{url}{path}: {error}");
        let mut stream = TcpStream::connect(host).map_err(failed)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
        .map_err(failed)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(failed)?;
        Ok(answer)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
