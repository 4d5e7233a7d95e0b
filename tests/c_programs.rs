//! Real C programs against the built library: the header in every dialect, every function, rule 6,
//! rule 9; and under valgrind, where `cargo xtask test` asks for it.

mod common;

use common::c::{compile, compile_with, run, run_checked, without_cargos};
use common::wire::wait_for;
use common::{centre, config, config_with, library_dir};
use evoucher_sandbox::{Sandbox, Tls};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn the_header_compiles_alone_in_every_dialect() {
    let strict = ["-pedantic", "-Wall", "-Werror", "-fsyntax-only"];
    for (compiler, language, standard) in [
        ("cc", "c", "-std=c89"),
        ("cc", "c", "-std=c11"),
        ("c++", "c++", "-std=c++98"),
        ("c++", "c++", "-std=c++17"),
    ] {
        let mut command = Command::new(compiler);
        run(command
            .args(["-x", language, standard])
            .args(strict)
            .arg("include/evoucher.h"));
    }
    // As Visual C++ before 2010 sees it: there is no <stdint.h>.
    let mut old = Command::new("cc");
    run(old
        .args(["-x", "c", "-std=c89", "-nostdinc", "-D_MSC_VER=1200"])
        .args(strict)
        .arg("include/evoucher.h"));
}

#[test]
fn the_header_is_ascii_and_current() {
    let committed = include_str!("../include/evoucher.h");
    assert!(committed.is_ascii());
    let current = include_str!(concat!(env!("OUT_DIR"), "/evoucher.h"));
    assert!(committed == current, "cargo xtask gen");
}

#[test]
fn every_function_from_c89() {
    let centre = centre();
    let program = compile("tests/c/everything.c", "-std=c89", true);
    // valgrind is slow, and a handshake under it takes seconds on a busy machine.
    let patient = json!({ "connectTimeoutMs": 60_000, "timeoutMs": 60_000 });
    let http = config_with(centre.url(), patient.clone()).to_string();
    run_checked(&program, &[&http, "auto1-signed-1"]);
    let mut https = config_with(centre.https_url(), patient);
    https["tls"] = json!({ "pinSha256": [centre.certificate_sha256(Tls::Good)] });
    run_checked(&program, &[&https.to_string(), "auto1-signed-2"]);
}

/// Not under valgrind, whose processor has no unmasked exceptions.
#[test]
fn the_callers_floating_point_environment_is_its_own() {
    let centre = centre();
    let program = compile("tests/c/float_env.c", "-std=gnu99", false);
    let library = library_dir().join("libevoucher.so");
    let panics = library_dir().join("libevoucher_panics.so");
    let config = config(centre.url()).to_string();
    run(Command::new(program).arg(library).arg(panics).arg(config));
}

#[test]
fn loading_and_unloading_500_times() {
    let program = compile("tests/c/reload.c", "-std=gnu99", false);
    let library = library_dir().join("libevoucher.so");
    run_checked(&program, &[library.to_str().unwrap()]);
}

/// What a child of `fork` inherits is its parent's: the ledger has the connections.
#[test]
fn a_child_of_fork_has_nothing_of_its_parents() {
    let centre = centre();
    let program = compile("tests/c/fork.c", "-std=gnu99", true);
    let long = json!({ "timeoutMs": 300_000 });
    let mut parent = Command::new(&program);
    let mut parent = without_cargos(&mut parent)
        .arg(config_with(centre.url(), long).to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("the parent's call", || {
        centre
            .ledger()
            .iter()
            .any(|entry| entry.service == "genPayCert")
    });
    parent.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    let output = parent.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let connection = |token: &str| {
        let ledger = centre.ledger();
        let entry = ledger.iter().find(|entry| entry.token == token).unwrap();
        entry.connection
    };
    assert_ne!(connection("nopwd-child"), connection("pwd-before"));
    assert_eq!(connection("pwd-parent"), connection("pwd-before"));
}

/// Starts a program, and lets it go on once its call is in the centre.
fn run_with_a_call(centre: &Sandbox, program: &Path, config: &serde_json::Value) {
    let mut child = Command::new(program);
    let mut child = without_cargos(&mut child)
        .arg(config.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("the call", || centre.seen() > 0);
    child.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}: {said}", output.status);
}

#[test]
fn a_thread_that_is_cancelled_in_a_call_ends_after_it() {
    let centre = centre();
    let program = compile("tests/c/thread_cancel.c", "-std=gnu99", true);
    let long = json!({ "timeoutMs": 300_000 });
    run_with_a_call(&centre, &program, &config_with(centre.url(), long));
}

#[test]
fn a_child_of_fork_waits_for_no_lock_of_its_parents() {
    let program = compile("tests/c/busy_fork.c", "-std=gnu99", true);
    let config = config("http://127.0.0.1:9").to_string();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("busy_fork.json");
    std::fs::write(&file, &config).unwrap();
    let mut command = Command::new(program);
    let output = without_cargos(&mut command)
        .env("EVOUCHER_CONFIG", file)
        .arg(config)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}: {said}", output.status);
}

#[test]
fn one_look_up_serves_every_call_that_waits_for_it() {
    let centre = centre();
    // Its getaddrinfo has to be found before the system's.
    let program = compile_with("tests/c/one_look_up.c", "-std=gnu99", true, &["-rdynamic"]);
    let named = centre.url().replace("127.0.0.1", "localhost");
    let long = json!({ "connectTimeoutMs": 60_000, "timeoutMs": 60_000 });
    run(Command::new(program).arg(config_with(named, long).to_string()));
}

#[test]
fn a_cancel_during_a_look_up_ends_the_flow() {
    let centre = centre();
    // Its getaddrinfo has to be found before the system's.
    let program = compile_with("tests/c/slow_names.c", "-std=gnu99", true, &["-rdynamic"]);
    let named = centre.url().replace("127.0.0.1", "localhost");
    let automatic = json!({ "defaults": { "devId": "AA-BB-CC-DD-EE-FF", "devIP": "auto" } });
    run(Command::new(program).arg(config_with(named, automatic).to_string()));
    assert_eq!(centre.seen(), 0);
}
