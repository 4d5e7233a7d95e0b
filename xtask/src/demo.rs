//! The newcomer's first look: the simulated centre, the C example, and everything they say.

use crate::sh::{self, Result};
use std::io::{self, BufRead, BufReader, PipeWriter};
use std::path::Path;
use std::process::{Child, Command};
use std::thread;

/// The one that `evoucher-sandbox` expects unless told otherwise.
const SM4_KEY: &str = "0123456789ABCDEFFEDCBA9876543210";

/// Builds, starts the simulated centre, compiles the C example, and runs both conversations.
pub fn run() -> Result {
    if !sh::has("cc") {
        return Err(
            "the demo needs a C compiler (cc); on Debian: apt-get install gcc libc6-dev".to_owned(),
        );
    }
    // Not for release, which takes four times as long: whoever looks for the first time waits for it.
    let both = ["build", "--package=evoucher", "--package=evoucher-sandbox"];
    sh::show(&mut sh::cargo(&both))?;
    let built = sh::target().join("debug");
    let cashier = built.join("cashier");
    let mut cc = sh::command("cc", &["-I", "include", "examples/c/cashier.c", "-o"]);
    cc.arg(&cashier).arg("-L").arg(&built).arg("-levoucher");
    sh::show(cc.arg(format!("-Wl,-rpath,{}", built.display())))?;

    // Both write to one pipe, each line before the other side goes on: the order is the true one.
    let (output, input) = io::pipe().map_err(|error| error.to_string())?;
    let mut centre = Command::new(built.join("evoucher-sandbox"))
        .args(["--listen", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--show"])
        .stdout(input.try_clone().map_err(|error| error.to_string())?)
        .spawn()
        .map_err(|error| format!("the simulated centre did not start: {error}"))?;
    let mut lines = BufReader::new(output).lines().map_while(io::Result::ok);
    let program = start_cashier(&cashier, input, &mut lines);
    let printer = thread::spawn(move || {
        for line in lines {
            let of_centre = ["────", "> ", "< ", "! "]
                .iter()
                .any(|mark| line.starts_with(mark));
            println!("{}{line}", if of_centre { "    " } else { "" });
        }
    });
    let ended = program.and_then(|mut program| program.wait().map_err(|error| error.to_string()));
    // It has nothing left to do but to be ended, and with it the pipe.
    let _ = centre.kill();
    let _ = centre.wait();
    let _ = printer.join();
    if !ended?.success() {
        return Err("the example did not come to its end".to_owned());
    }
    println!("\nBoth conversations went through. The program is examples/c/cashier.c.");
    Ok(())
}

/// Waits for the centre's address and starts the example with it.
fn start_cashier(
    cashier: &Path,
    input: PipeWriter,
    lines: &mut impl Iterator<Item = String>,
) -> Result<Child> {
    let mut url = None;
    for line in lines.by_ref() {
        if let Some(address) = line.strip_prefix("http ") {
            url = Some(address.trim().to_owned());
        }
        if line.starts_with("ready ") {
            break;
        }
    }
    let url = url.ok_or("the simulated centre did not say where it listens")?;
    println!("\nThe simulated centre listens at {url}; what it sees and says is indented.\n");
    let config = serde_json::json!({
        "localUrl": url,
        "orgId": "testOrgId",
        "admdvs": "350000",
        "sm4Key": SM4_KEY,
        "defaults": {
            "orgCodg": "H35010000001",
            "orgName": "测试医院",
            "opterId": "0001",
            "opterName": "张三",
            "devId": "AA-BB-CC-DD-EE-FF",
            "devIP": "auto",
        },
    });
    Command::new(cashier)
        .args([&config.to_string(), "auto2-signed-0001", "12.30", "SN-0001"])
        .stdout(input)
        .spawn()
        .map_err(|error| format!("the example did not start: {error}"))
}
