//! The C header: made by build.rs with every build, copied to `include/` on demand.

use crate::sh::{self, Result};
use std::path::{Path, PathBuf};

fn committed() -> PathBuf {
    sh::root().join("include/evoucher.h")
}

/// The header that the present sources make.
fn current() -> Result<String> {
    let messages = sh::output(&mut sh::cargo(&[
        "check",
        "--quiet",
        "--package",
        "evoucher",
        "--message-format=json",
    ]))?;
    let folder = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "build-script-executed")
        .filter_map(|message| message["out_dir"].as_str().map(str::to_owned))
        .find(|folder| Path::new(folder).join("evoucher.h").is_file())
        .ok_or("build.rs made no header")?;
    sh::read(&Path::new(&folder).join("evoucher.h"))
}

/// Writes `include/evoucher.h`.
pub fn write() -> Result {
    sh::write(&committed(), &current()?)
}

/// Fails if `include/evoucher.h` is not what the sources make.
pub fn check() -> Result {
    if sh::read(&committed())? == current()? {
        return Ok(());
    }
    Err("include/evoucher.h is not current: cargo xtask header".to_owned())
}
