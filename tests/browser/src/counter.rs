//! Programs at the counter, through the library as it is released.

use crate::interface;
use crate::till::lines_of;
use crate::{PATIENCE, wait_for};
use evoucher::envelope::{KeyFormat, Sealer};
use evoucher_sandbox::Sandbox;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The simulated centre's, unless it is told otherwise.
const KEY: &str = "0123456789ABCDEFFEDCBA9876543210";

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where `libevoucher.so` is: `cargo xtask test` says where the released one is.
pub(crate) fn library() -> PathBuf {
    std::env::var_os("EVOUCHER_LIBRARY_DIR").map_or_else(built, PathBuf::from)
}

/// Where cargo puts what it builds for this test.
pub(crate) fn built() -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    let deps = test.parent().and_then(Path::parent);
    deps.expect("it is in a folder of the target's").to_owned()
}

fn run(command: &mut Command) {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{command:?}: {said}");
}

fn compiled_c(name: &str, source: &str) -> PathBuf {
    let program = built().join(name);
    let mut cc = Command::new("cc");
    cc.args([
        "-std=gnu99",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-D_GNU_SOURCE",
        "-I",
    ])
    .arg(root().join("include"))
    .arg(root().join(source))
    .arg("-L")
    .arg(library())
    .args(["-levoucher", "-o"])
    .arg(&program)
    .arg(format!("-Wl,-rpath,{}", library().display()));
    run(&mut cc);
    program
}

fn compiled_csharp() -> PathBuf {
    let program = built().join("browser-cashier.exe");
    let mut mcs = Command::new("mcs");
    mcs.arg(format!("-out:{}", program.display()))
        .args(["Evoucher.cs", "Program.cs"].map(|file| root().join("examples/csharp").join(file)));
    run(&mut mcs);
    program
}

/// The configuration for this centre; `more` is put over it.
fn config(station: &Sandbox, more: Value) -> String {
    let mut config = json!({
        "localUrl": station.url(),
        "orgId": "testOrgId",
        "admdvs": "350000",
        "sm4Key": KEY,
        "language": "en",
        "defaults": {
            "orgCodg": "H35010000001", "orgName": "福州第一医院", "opterId": "0001", "opterName": "张三",
            "devId": "WINDOW-3", "devIP": "10.0.0.9",
        },
    });
    let (Value::Object(whole), Value::Object(more)) = (&mut config, more) else {
        unreachable!("both are objects");
    };
    whole.extend(more);
    config.to_string()
}

/// A program that runs, and what it has said so far.
pub struct Counter {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Counter {
    /// A window that calls whatever it is told, in C.
    pub fn open(station: &Sandbox, more: Value) -> Self {
        static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
        let program =
            PROGRAM.get_or_init(|| compiled_c("browser-window", "tests/browser/window.c"));
        Self::start(Command::new(program).arg(config(station, more)))
    }

    fn start(command: &mut Command) -> Self {
        let mut child = command
            // cargo points it at the debug build, and it would come before the program's own path.
            .env("LD_LIBRARY_PATH", library())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = lines_of(&mut child);
        Self {
            input: child.stdin.take(),
            child,
            lines,
        }
    }

    /// Makes a call; its reply comes when it comes.
    pub fn send(&mut self, service: &str, request: &Value) {
        let input = self.input.as_mut().expect("its input is open");
        writeln!(input, "{service} {request}").expect("the program reads");
    }

    /// The reply to the call that was made.
    pub fn reply(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("a reply");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Whether the call is still waiting for its reply.
    pub fn waits(&self) -> bool {
        matches!(self.lines.try_recv(), Err(TryRecvError::Empty))
    }

    /// A call and its reply.
    pub fn call(&mut self, service: &str, request: &Value) -> Value {
        self.send(service, request);
        self.reply()
    }

    /// Everything that the program says until it ends, and whether it was content.
    pub fn to_the_end(mut self) -> (bool, String) {
        drop(self.input.take());
        let status = wait_for("the program's end", || {
            self.child.try_wait().expect("it is ours")
        });
        (
            status.success(),
            self.lines.iter().collect::<Vec<_>>().join("\n"),
        )
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The C example, which goes through both conversations.
pub fn cashier(station: &Sandbox, token: &str, amount: &str, serial: &str) -> Counter {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| compiled_c("browser-cashier", "examples/c/cashier.c"));
    let config = config(station, json!({}));
    Counter::start(Command::new(program).args([&config, token, amount, serial]))
}

/// The C# example: `password TOKEN AMOUNT` or `pay TOKEN AMOUNT SERIAL`.
pub fn csharp(station: &Sandbox, arguments: &[&str]) -> Counter {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(compiled_csharp);
    let mut mono = Command::new("mono");
    Counter::start(
        mono.arg(program)
            .arg(config(station, json!({})))
            .args(arguments),
    )
}

/// Asks the station's interface as a team's own tests would.
pub fn api(station: &Sandbox, path: &str) -> Value {
    send(station, "GET", path, &Value::Null)
}

/// Tells the station's interface something.
pub fn send(station: &Sandbox, method: &str, path: &str, body: &Value) -> Value {
    interface::ask(&station.url(), method, path, body)
}

/// A request that no well-behaved program makes: sealed as it should be, whatever is in it.
pub fn raw_call(station: &Sandbox, service: &str, request: &Value) {
    let sealer = Sealer::new(KEY, KeyFormat::Hex).expect("the key is one");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is later");
    let body = json!({
        "orgId": "testOrgId", "encData": sealer.seal(request.to_string().as_bytes()),
        "version": "1.0.0", "timestamp": now.as_millis().to_string(), "reqtType": "sys&350000",
    });
    interface::exchange(
        &station.url(),
        "POST",
        &format!("/cfc/api/{service}"),
        &body.to_string(),
    );
}
