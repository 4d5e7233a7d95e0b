//! libFuzzer with AddressSanitizer over the targets of `fuzz/`, from the committed corpus on.

use crate::install;
use crate::place;
use crate::sh::{self, Result};
use std::process::Command;

const HOST: &str = "x86_64-unknown-linux-gnu";

/// What tells libFuzzer which code was reached, and finds what lies beside a buffer.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address -Cdebug-assertions";

/// Searches with one target for so many seconds. What it found new stays in the target folder; an input
/// that breaks something is written there, and named.
pub(crate) fn run(name: &str, seconds: &str) -> Result {
    install::install(&[install::NATIVE])?;
    if seconds.parse::<u32>().is_err() {
        return Err(format!("{seconds} is no number of seconds"));
    }
    let repository = place::repository();
    let target = sh::target().join("fuzz");
    let found = target.join("corpus").join(name);
    sh::make_dir(&found)?;
    sh::show(
        sh::cargo(&["build", "--release", "--target", HOST, "--bin", name])
            .arg("--manifest-path")
            .arg(repository.join("fuzz/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            // The sanitizer and the coverage are not stable; the compiler is the one that everything is built with.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", FLAGS),
    )?;
    let program = target.join(HOST).join("release").join(name);
    let prefix = format!("-artifact_prefix={}/", target.display());
    sh::show(
        Command::new(program)
            .arg(&found)
            .arg(repository.join("fuzz/corpus").join(name))
            .args([
                "-max_len=2048",
                "-timeout=20",
                "-print_final_stats=1",
                &prefix,
            ])
            .arg(format!("-max_total_time={seconds}"))
            // What the library keeps as long as it is loaded is no leak.
            .env("ASAN_OPTIONS", "detect_leaks=0"),
    )
}
