//! Real C++ programs against the built library: `evoucher.hpp` in every dialect, with exceptions and
//! without, every function of it; and under valgrind, where `cargo xtask test` asks for it.

mod common;

use common::c::{CPP_WARNINGS, compile_cpp, run, run_checked};
use common::{centre, config_with};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const STANDARDS: [&str; 4] = ["-std=c++11", "-std=c++14", "-std=c++17", "-std=c++20"];

/// With and without exceptions.
const MODES: [&str; 2] = ["-fexceptions", "-fno-exceptions"];

#[test]
fn the_header_compiles_alone_in_every_dialect() {
    for standard in STANDARDS {
        for mode in MODES {
            let mut command = Command::new("c++");
            command.args(["-x", "c++", "-fsyntax-only", standard, mode]);
            run(command.args(CPP_WARNINGS).arg("include/evoucher.hpp"));
        }
    }
}

#[test]
fn an_older_compiler_is_told_what_is_missing() {
    let mut command = Command::new("c++");
    command.args(["-x", "c++", "-fsyntax-only", "-std=c++98"]);
    let output = command.arg("include/evoucher.hpp").output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("evoucher.hpp needs C++11"), "{said}");
}

/// Visual C++ on Chinese Windows reads a file without a mark as GBK.
#[test]
fn the_header_and_the_example_are_ascii() {
    assert!(include_str!("../include/evoucher.hpp").is_ascii());
    assert!(include_str!("../examples/cpp/cashier.cpp").is_ascii());
}

#[test]
fn every_function_from_cpp11_with_exceptions() {
    everything("everything-cpp11", &["-std=c++11"]);
}

#[test]
fn every_function_from_cpp17_without_exceptions() {
    everything("everything-cpp17", &["-std=c++17", "-fno-exceptions"]);
}

fn everything(name: &str, dialect: &[&str]) {
    let sources = ["tests/cpp/everything.cpp", "tests/cpp/other_file.cpp"];
    let program = compile_cpp(name, &sources, dialect);
    let centre = centre();
    // valgrind is slow, and a handshake under it takes seconds on a busy machine.
    let patient =
        json!({ "connectTimeoutMs": 60_000, "timeoutMs": 60_000, "verify": { "intervalMs": 100 } });
    let utf8 = config_with(centre.url(), patient.clone());
    let mut gbk = config_with(centre.url(), patient);
    gbk["charset"] = "gbk".into();
    let configs = [utf8, gbk].map(|config: Value| config.to_string());
    run_checked(&program, &[&configs[0], &configs[1], name]);
}

/// What a reader of the example sees, and what it ends with.
#[test]
fn the_example_settles_and_charges_only_after_next_says_so() {
    let program = compile_cpp(
        "cashier-cpp",
        &["examples/cpp/cashier.cpp"],
        &["-std=c++11"],
    );
    let centre = centre();
    let counter = json!({
        "verify": { "intervalMs": 50, "timeoutMs": 60_000 },
        "defaults": {
            "orgCodg": "H35010000001", "orgName": "hospital", "opterId": "1", "opterName": "clerk",
            "devId": "AA-BB-CC-DD-EE-FF", "devIP": "10.1.2.3",
        },
    });
    let config = config_with(centre.url(), counter).to_string();
    for (token, settles, charges) in [
        ("auto2-signed-example", true, true),
        ("nopwd-unsigned-example", true, false),
        ("code500003-example", false, false),
    ] {
        let said = cashier(&program, &config, token, settles && charges);
        assert_eq!(said.contains("==> settle"), settles, "{said}");
        assert_eq!(said.contains("==> charge 12.30 at "), charges, "{said}");
    }
    let said = cashier(&program, "{}", "nopwd-closed", false);
    assert!(said.contains("localUrl"), "{said}");
}

fn cashier(program: &Path, config: &str, token: &str, paid: bool) -> String {
    let mut command = Command::new(program);
    let serial = format!("SN-{token}");
    let arguments = [config, token, "12.30", &serial];
    let output = common::c::without_cargos(command.args(arguments));
    let output = output.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(i32::from(!paid)), "{said}");
    said
}
