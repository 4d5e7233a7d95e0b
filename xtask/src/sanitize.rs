//! ThreadSanitizer over the tests in which threads share something: the pool, handles, cancelling, whom
//! to tell, the guard. AddressSanitizer and LeakSanitizer over the C and C++ programs.

use crate::install;
use crate::place;
use crate::sh::{self, Result};
use std::process::Command;

const HOST: &str = "x86_64-unknown-linux-gnu";

/// The library asks the program that loads it for the sanitizer.
const THREAD: &str = "-Zsanitizer=thread -Clink-arg=-rdynamic";

const SHARING: [&str; 6] = [
    "cancel",
    "default_client",
    "on_call",
    "reuse",
    "risk",
    "threads",
];

/// Builds std as well, since what it does for a lock has to be seen.
pub(crate) fn threads() -> Result {
    install::install(&[install::NATIVE])?;
    sh::show(Command::new("rustup").args(["component", "add", "rust-src"]))?;
    let mut suppressions = std::ffi::OsString::from("suppressions=");
    suppressions.push(place::repository().join("xtask/src/sanitize.supp"));
    let cargo = |arguments: &[&str]| {
        let mut cargo = cargo(arguments, THREAD);
        sh::show(cargo.arg("-Zbuild-std").env("TSAN_OPTIONS", &suppressions))
    };
    cargo(&[
        "build",
        "--package=evoucher-sandbox",
        "--package=evoucher-tool",
    ])?;
    let tests = SHARING.iter().flat_map(|name| ["--test", name]);
    let arguments: Vec<&str> = ["test", "--no-fail-fast"]
        .into_iter()
        .chain(tests)
        .collect();
    cargo(&arguments)
}

/// What the programs, SQLite and ring's C are compiled with, too.
const C_FLAGS: [(&str, &str); 2] = [
    ("CFLAGS", "-fsanitize=address"),
    ("CXXFLAGS", "-fsanitize=address"),
];

/// Programs that bring a sanitizer of gcc's, and load the library with rustc's checks in it.
pub(crate) fn addresses() -> Result {
    install::install(&[install::NATIVE])?;
    let cargo = |arguments: &[&str]| {
        let mut cargo = cargo(arguments, "-Zsanitizer=address");
        sh::show(cargo.envs(C_FLAGS))
    };
    cargo(&["build", "--package=evoucher-panics"])?;
    cargo(&[
        "test",
        "--no-fail-fast",
        "--test=c_programs",
        "--test=cpp_programs",
        "--",
        // The sanitizer's own allocator does not know of fork: its child waits for the parent's threads.
        "--skip=a_child_of_fork_waits_for_no_lock_of_its_parents",
    ])
}

fn cargo(arguments: &[&str], flags: &str) -> Command {
    let (command, rest) = arguments.split_at(1);
    let mut cargo = sh::cargo(command);
    cargo
        .args(["--target", HOST, "--target-dir"])
        .arg(sh::target().join("sanitize"))
        .args(rest)
        // Sanitizers are not stable; the compiler is the one that everything is built with.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", flags);
    cargo
}
