//! ThreadSanitizer over the tests in which threads share something: the pool, handles, cancelling, whom
//! to tell, the guard.

use crate::install;
use crate::place;
use crate::sh::{self, Result};
use std::process::Command;

const HOST: &str = "x86_64-unknown-linux-gnu";

/// The library asks the program that loads it for the sanitizer.
const FLAGS: &str = "-Zsanitizer=thread -Clink-arg=-rdynamic";

const TESTS: &[&str] = &[
    "cancel",
    "default_client",
    "on_call",
    "reuse",
    "risk",
    "threads",
];

/// Builds std as well, since what it does for a lock has to be seen.
pub(crate) fn run() -> Result {
    install::install(&[install::NATIVE])?;
    sh::show(Command::new("rustup").args(["component", "add", "rust-src"]))?;
    cargo(&[
        "build",
        "--package=evoucher-sandbox",
        "--package=evoucher-tool",
    ])?;
    let tests = TESTS.iter().flat_map(|name| ["--test", name]);
    let arguments: Vec<&str> = ["test", "--no-fail-fast"]
        .into_iter()
        .chain(tests)
        .collect();
    cargo(&arguments)
}

fn cargo(arguments: &[&str]) -> Result {
    let suppressions = place::repository().join("xtask/src/sanitize.supp");
    let mut options = std::ffi::OsString::from("suppressions=");
    options.push(suppressions);
    sh::show(
        sh::cargo(arguments)
            .args(["-Zbuild-std", "--target", HOST, "--target-dir"])
            .arg(sh::target().join("sanitize"))
            // The sanitizer is not stable; the compiler is the one that everything is built with.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", FLAGS)
            .env("TSAN_OPTIONS", options),
    )
}
